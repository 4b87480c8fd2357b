//! Whether the other sides answer. The clients of the homeserver and the provider note here what became of
//! each of their requests; whoever has to know of it looks, or waits for it to change.
//!
//! A failure is also a *gap*: while the other side was in trouble it may have had something for us that it
//! will not deliver again. Gaps are counted, so that whoever makes them good can tell whether there was one
//! since.

mod kept;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

pub use self::kept::Kept;
use crate::domain::channel::FAILURES;

/// What a request that failed says of the other side as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// It could not be reached, or did not answer in time.
    NoAnswer,
    /// It answered that it failed, or something that stands before it did.
    Failed,
    /// It does not accept our credential.
    Refused,
    /// It has more to do than it can, and asks us to wait.
    Busy,
    /// It answers, but does not reach us.
    NoWayBack,
}

impl Trouble {
    /// What an HTTP status says, where the answer says nothing more exact.
    #[must_use]
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            401 => Some(Self::Refused),
            429 => Some(Self::Busy),
            408 | 500.. => Some(Self::Failed),
            _ => None,
        }
    }

    /// Whether something may have been missed over it. Who only asks us to wait loses nothing.
    #[must_use]
    pub fn is_gap(self) -> bool {
        self != Self::Busy
    }
}

/// How another side stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// What is wrong, and since when; nothing while its last answer was a good one.
    pub trouble: Option<(Trouble, Instant)>,
    /// How many requests have failed since one succeeded.
    pub failures: u32,
    /// How many gaps there have been since the start.
    pub gaps: u64,
    /// Whether a request has ever succeeded.
    pub has_answered: bool,
}

impl Reach {
    /// Whether it fails altogether: what is sent there now gets lost, or nobody knows. Who is only busy says
    /// so.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.failures >= FAILURES && self.trouble.is_some_and(|(trouble, _)| trouble != Trouble::Busy)
    }
}

/// Watches one other side. Clones share what they know.
#[derive(Clone, Debug)]
pub struct Watch {
    state: Arc<watch::Sender<Reach>>,
    brought: Arc<AtomicU64>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { state: Arc::new(watch::Sender::new(Reach::default())), brought: Arc::default() }
    }
}

impl Watch {
    /// Notes that a request succeeded, or was refused for reasons of its own.
    pub fn well(&self) {
        // Nearly always it was well before; then nobody need be woken.
        let is_news = {
            let reach = self.state.borrow();
            reach.trouble.is_some() || !reach.has_answered
        };
        if is_news {
            self.state.send_modify(|reach| {
                (reach.trouble, reach.failures, reach.has_answered) = (None, 0, true);
            });
        }
    }

    /// Notes that a request failed.
    pub fn failed(&self, what: Trouble) {
        self.state.send_modify(|reach| {
            // Who was only busy worked until now.
            let failing = reach.trouble.filter(|(trouble, _)| *trouble != Trouble::Busy);
            let since = failing.map_or_else(Instant::now, |(_, since)| since);
            reach.trouble = Some((what, since));
            reach.failures = reach.failures.saturating_add(1);
            reach.gaps += u64::from(what.is_gap());
        });
    }

    /// Notes what became of a request, and a gap besides where it took longer than `late`.
    pub fn note(&self, trouble: Option<Trouble>, took: Duration, late: Duration) {
        if let Some(trouble) = trouble {
            return self.failed(trouble);
        }
        self.well();
        if took > late {
            self.note_gap();
        }
    }

    /// Notes that something did not get through, though the other side may be well.
    pub fn note_gap(&self) {
        self.state.send_modify(|reach| reach.gaps += 1);
    }

    /// Begins something whose end is a gap, unless it is told that it ended well: it may fail, panic, or be
    /// given up.
    #[must_use]
    pub fn begin(&self) -> Begun<'_> {
        Begun { watch: self, well: false }
    }

    /// How often the other side has brought us something that was taken well. While this grows, nobody need
    /// ask whether it is there and reaches us.
    #[must_use]
    pub fn brought(&self) -> u64 {
        self.brought.load(Ordering::Relaxed)
    }

    /// How it stands now.
    #[must_use]
    pub fn now(&self) -> Reach {
        *self.state.borrow()
    }

    /// How many gaps there have been.
    #[must_use]
    pub fn gaps(&self) -> u64 {
        self.now().gaps
    }

    /// Tells of every change.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Reach> {
        self.state.subscribe()
    }

    /// Returns when there has been another gap than these.
    pub async fn gap_after(&self, known: u64) {
        // The sender lives as long as we do.
        let _ = self.subscribe().wait_for(|reach| reach.gaps > known).await;
    }

    /// Returns when the other side, being in trouble now, is well again. Where it is in none it never
    /// returns.
    pub async fn recovered(&self) {
        let mut changes = self.subscribe();
        let _ = changes.wait_for(|reach| reach.trouble.is_some()).await;
        let _ = changes.wait_for(|reach| reach.trouble.is_none()).await;
    }
}

/// Something that was begun with the other side. Dropped before it ended well, it is a gap.
#[derive(Debug)]
pub struct Begun<'a> {
    watch: &'a Watch,
    well: bool,
}

impl Begun<'_> {
    /// It ended well.
    pub fn ended_well(mut self) {
        self.well = true;
        self.watch.brought.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.well {
            self.watch.note_gap();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_a_gap_and_who_asks_us_to_wait_loses_nothing() {
        let watch = Watch::default();
        watch.failed(Trouble::Busy);
        assert_eq!((watch.gaps(), watch.now().failures), (0, 1));
        watch.failed(Trouble::NoAnswer);
        let since = watch.now().trouble.unwrap().1;
        watch.failed(Trouble::Failed);
        assert_eq!(watch.now().trouble, Some((Trouble::Failed, since)), "it began with the first");
        assert_eq!((watch.gaps(), watch.now().failures), (2, 3));
        watch.well();
        assert_eq!(watch.now(), Reach { trouble: None, failures: 0, gaps: 2, has_answered: true });
    }

    #[test]
    fn three_failures_in_a_row_are_more_than_bad_luck() {
        let watch = Watch::default();
        for (what, fails) in [(Trouble::Failed, false), (Trouble::NoAnswer, false), (Trouble::Failed, true)] {
            watch.failed(what);
            assert_eq!(watch.now().fails(), fails);
        }
        watch.failed(Trouble::Busy);
        assert!(!watch.now().fails(), "it answers, and asks us to wait");
        watch.well();
        assert!(!watch.now().fails());
    }

    #[test]
    fn an_answer_that_took_too_long_is_a_gap_of_one_who_is_well() {
        let (watch, late) = (Watch::default(), Duration::from_secs(10));
        watch.note(None, late, late);
        assert_eq!(watch.gaps(), 0);
        watch.note(None, late * 2, late);
        assert_eq!((watch.gaps(), watch.now().trouble), (1, None));
    }

    #[test]
    fn what_was_begun_and_given_up_is_a_gap() {
        let watch = Watch::default();
        watch.begin().ended_well();
        assert_eq!((watch.gaps(), watch.brought()), (0, 1));
        drop(watch.begin());
        assert_eq!((watch.gaps(), watch.brought()), (1, 1));
    }

    #[tokio::test]
    async fn whoever_waits_hears_of_a_gap_and_of_the_recovery() {
        let watch = Watch::default();
        watch.note_gap();
        watch.gap_after(0).await;
        let waiting = watch.clone();
        let waits = tokio::spawn(async move { waiting.recovered().await });
        watch.failed(Trouble::NoAnswer);
        while watch.state.receiver_count() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(!waits.is_finished());
        watch.well();
        waits.await.unwrap();
    }
}
