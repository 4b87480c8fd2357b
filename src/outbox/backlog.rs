//! The backlog: has everything that happened while we were away been seen?
//!
//! After a start, and after the homeserver was out of reach, the bot sends a marker to a room of its own. The
//! homeserver delivers in order, so that once the marker comes back, everything before it has come too. The
//! provider's list is read at the same time. Until both are in, no offer runs out and no reply is sent, since
//! it may have been taken back.
//!
//! During an outage of the homeserver or the database, time stands still for everybody. While the provider
//! fails, no session counts as quiet: its contact may have written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::reach::Kept;

/// After this time work goes on, even if the backlog is not in.
pub const AT_MOST: Duration = Duration::from_mins(10);
/// For this long after the marker came back, and after a gap, events may arrive out of order.
const IN_DOUBT: Duration = Duration::from_mins(1);

/// Since when the backlog is awaited.
#[derive(Debug)]
struct Awaited {
    /// The marker.
    marker: Option<Instant>,
    /// The provider's list.
    list: Option<Instant>,
    /// Whether an outage goes on, during which no deadline runs.
    stands: bool,
    /// Whether the provider failed since its list was read.
    texts: bool,
    /// How many gaps of the homeserver were known then.
    gaps: u64,
    /// Until when events may arrive out of order.
    in_doubt_until: Option<Instant>,
}

/// Whether the backlog is in. Clones share it.
#[derive(Clone, Debug)]
pub struct Backlog {
    awaited: Arc<Mutex<Awaited>>,
    kept: Kept,
}

impl Default for Backlog {
    fn default() -> Self {
        let now = Some(Instant::now());
        let awaited =
            Awaited { marker: now, list: now, stands: false, texts: false, gaps: 0, in_doubt_until: None };
        Self { awaited: Arc::new(Mutex::new(awaited)), kept: Kept::default() }
    }
}

impl Backlog {
    /// Whether the homeserver had kept anything for us when we came.
    #[must_use]
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// From now on the marker is awaited, if it was not already.
    pub fn await_marker(&self) {
        self.awaited().marker.get_or_insert_with(Instant::now);
    }

    /// Whether it has to come back.
    #[must_use]
    pub fn awaits_marker(&self) -> bool {
        self.awaited().marker.is_some()
    }

    /// The marker came back.
    pub fn marker_came(&self) {
        let mut awaited = self.awaited();
        awaited.marker = None;
        awaited.in_doubt_until = Some(Instant::now() + IN_DOUBT);
    }

    /// Whether events may still arrive out of order: while the marker is awaited, and for a while after that
    /// and after each gap. `gaps` is how many there have been.
    #[must_use]
    pub fn is_in_doubt(&self, gaps: u64) -> bool {
        let (mut awaited, now) = (self.awaited(), Instant::now());
        if gaps > awaited.gaps {
            awaited.gaps = gaps;
            awaited.in_doubt_until = Some(now + IN_DOUBT);
        }
        awaited.marker.is_some() || awaited.in_doubt_until.is_some_and(|until| now < until)
    }

    /// Nothing arrives out of order any more, until there is another gap.
    pub fn end_doubt(&self) {
        self.awaited().in_doubt_until = None;
    }

    /// The provider's list has been read.
    pub fn list_was_read(&self) {
        let mut awaited = self.awaited();
        (awaited.list, awaited.texts) = (None, false);
    }

    /// The provider fails: until its list has been read again, there may be texts that nobody knows of.
    pub fn await_texts(&self) {
        self.awaited().texts = true;
    }

    /// Whether all texts are known.
    #[must_use]
    pub fn has_texts(&self) -> bool {
        !self.awaited().texts
    }

    /// Sets whether an outage goes on. When one ends, the marker is awaited anew, for its whole time. Returns
    /// whether one has ended.
    #[must_use]
    pub fn time_stands(&self, stands: bool) -> bool {
        let mut awaited = self.awaited();
        let has_ended = awaited.stands && !stands;
        if has_ended {
            awaited.marker = Some(Instant::now());
        }
        awaited.stands = stands;
        has_ended
    }

    /// Whether deadlines of agents run.
    #[must_use]
    pub fn lets_time_run(&self) -> bool {
        !self.awaited().stands && self.is_in()
    }

    /// Whether everything is in, or was awaited for long enough.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.is_in_at(Instant::now())
    }

    fn is_in_at(&self, now: Instant) -> bool {
        let awaited = self.awaited();
        [awaited.marker, awaited.list].into_iter().flatten().all(|since| now >= since + AT_MOST)
    }

    fn awaited(&self) -> MutexGuard<'_, Awaited> {
        // If somebody panics half way, others only wait longer.
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backlog_is_in_when_the_marker_and_the_list_are() {
        let backlog = Backlog::default();
        backlog.list_was_read();
        assert!(!backlog.is_in(), "the marker is still awaited");
        backlog.marker_came();
        assert!(backlog.is_in());
        backlog.await_marker();
        assert!(!backlog.is_in(), "after a gap it is awaited again");
        backlog.marker_came();
        assert!(backlog.is_in());
    }

    #[test]
    fn time_stands_for_as_long_as_an_outage_takes_and_until_the_marker_is_back_after_it() {
        let backlog = Backlog::default();
        backlog.list_was_read();
        backlog.marker_came();
        assert!(backlog.lets_time_run());
        assert!(!backlog.time_stands(true));
        let late = Instant::now() + AT_MOST;
        assert!(
            !backlog.lets_time_run() && backlog.is_in_at(late),
            "replies that were under way go all the same"
        );
        backlog.marker_came();
        assert!(!backlog.lets_time_run());
        assert!(backlog.time_stands(false) && !backlog.time_stands(false));
        assert!(!backlog.lets_time_run(), "what came meanwhile is not in yet");
        backlog.marker_came();
        assert!(backlog.lets_time_run());
    }

    #[test]
    fn texts_may_be_missing_until_the_list_was_read_after_the_provider_failed() {
        let backlog = Backlog::default();
        assert!(backlog.has_texts());
        backlog.await_texts();
        assert!(!backlog.has_texts());
        backlog.list_was_read();
        assert!(backlog.has_texts());
    }

    #[test]
    fn the_order_is_in_doubt_after_a_gap_and_for_a_while() {
        let backlog = Backlog::default();
        assert!(backlog.is_in_doubt(0), "the marker is awaited");
        backlog.marker_came();
        assert!(backlog.is_in_doubt(0));
        backlog.awaited().in_doubt_until = Some(Instant::now());
        assert!(!backlog.is_in_doubt(0));
        assert!(backlog.is_in_doubt(1) && backlog.is_in_doubt(1));
        backlog.awaited().in_doubt_until = Some(Instant::now());
        assert!(!backlog.is_in_doubt(1), "a gap counts once");
    }

    #[test]
    fn nothing_waits_for_the_backlog_for_ever() {
        let backlog = Backlog::default();
        backlog.list_was_read();
        let late = Instant::now() + AT_MOST;
        // A homeserver that comes and goes does not restart the time.
        backlog.await_marker();
        assert!(!backlog.is_in() && backlog.is_in_at(late));
    }
}
