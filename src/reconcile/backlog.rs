//! Whether everything that happened while we were away has been seen.
//!
//! After a start, and after the homeserver was out of reach, the bot sends a marker to a room of its own. The
//! homeserver delivers in order, so that once the marker comes back, everything before it has come too. The
//! provider's list is read beside that. Until both are in no offer runs out, and no reply goes that may have been
//! taken back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// However long the backlog takes, work goes on after this.
pub const AT_MOST: Duration = Duration::from_mins(10);

/// Since when what is still awaited is awaited.
#[derive(Debug)]
struct Awaited {
    /// The marker.
    marker: Option<Instant>,
    /// The provider's list.
    list: Option<Instant>,
}

/// Whether the backlog is in. Clones share it.
#[derive(Clone, Debug)]
pub struct Backlog {
    awaited: Arc<Mutex<Awaited>>,
}

impl Default for Backlog {
    fn default() -> Self {
        let now = Some(Instant::now());
        Self { awaited: Arc::new(Mutex::new(Awaited { marker: now, list: now })) }
    }
}

impl Backlog {
    /// From now on the marker has to come back, if it had not to before.
    pub fn await_marker(&self) {
        self.awaited().marker.get_or_insert_with(Instant::now);
    }

    /// The marker came back.
    pub fn marker_came(&self) {
        self.awaited().marker = None;
    }

    /// The provider's list has been read.
    pub fn list_was_read(&self) {
        self.awaited().list = None;
    }

    /// Whether everything is in, or has been awaited for long enough.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.is_in_at(Instant::now())
    }

    fn is_in_at(&self, now: Instant) -> bool {
        let awaited = self.awaited();
        [awaited.marker, awaited.list].into_iter().flatten().all(|since| now >= since + AT_MOST)
    }

    fn awaited(&self) -> MutexGuard<'_, Awaited> {
        // Each change is a single assignment: nothing is ever half done.
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
    fn nothing_waits_for_the_backlog_for_ever() {
        let backlog = Backlog::default();
        backlog.list_was_read();
        let late = Instant::now() + AT_MOST;
        // A homeserver that comes and goes does not begin the time anew.
        backlog.await_marker();
        assert!(!backlog.is_in() && backlog.is_in_at(late));
    }
}
