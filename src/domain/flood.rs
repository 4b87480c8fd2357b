//! Floods: an address from which more texts come than anyone can read. What goes beyond is kept, and told of
//! once a minute.
//!
//! Texts are counted from one on until the window is over; then the next begins a new count. Who sends more
//! than the limit is muted. Counting goes on meanwhile, and the mute is over when no text was too many for
//! long enough: so whoever goes on, but within the limit, is heard again.

use std::time::Duration;

use crate::clock::Millis;

/// How often what comes meanwhile is told of.
pub const TOLD_EVERY: Duration = Duration::from_mins(1);

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodLimits {
    /// How many texts of an address are shown one by one within the window; 0: as many as come.
    pub texts: u32,
    /// The window, from the first of them on.
    pub window: Duration,
    /// How long no text must have been too many before texts are shown one by one again.
    pub mute: Duration,
}

impl Default for FloodLimits {
    fn default() -> Self {
        Self { texts: 30, window: Duration::from_mins(1), mute: Duration::from_hours(1) }
    }
}

impl FloodLimits {
    /// How many texts are not too many.
    #[must_use]
    pub fn most(&self) -> i64 {
        if self.texts == 0 { i64::MAX } else { self.texts.into() }
    }

    /// After which moment a text must have been too many, for those written at another to be muted.
    #[must_use]
    pub fn mutes_after(&self, at: Millis) -> Millis {
        if self.texts == 0 { Millis(i64::MAX) } else { at - self.mute }
    }

    fn is_mute_since(&self, over_at: Millis, at: Millis) -> bool {
        over_at > self.mutes_after(at)
    }
}

/// What is known of the texts from an address to one of ours, with the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// When the first text of the window was written.
    pub since: Millis,
    /// How many came in the window.
    pub texts: i64,
    /// When the last one was written that was too many in its window; the beginning of time for none.
    pub over_at: Millis,
    /// How many were not shown since the address was muted; 0: it is not muted.
    pub muted: i64,
    /// How many of those nobody was told of yet. These outlast the mute.
    pub untold: i64,
}

/// What becomes of the last text of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It is shown.
    Shown,
    /// It is the first that is too much: that is told at once.
    TooMuch,
    /// It is the first since that was told last: it is told of in a moment, with those behind it.
    Collected,
    /// It is told of with those before it.
    Counted,
}

impl Burst {
    /// The first text of an address.
    #[must_use]
    pub fn first(written_at: Millis) -> Self {
        Self { since: written_at, texts: 1, over_at: Millis(0), muted: 0, untold: 0 }
    }

    /// What is known after one more text, which may have been written before others.
    #[must_use]
    pub fn then(self, written_at: Millis, limits: &FloodLimits) -> Self {
        let in_window = self.is_in_window(written_at, limits);
        // What comes so late belongs to no window of now. It neither ends a flood nor adds to one.
        let is_aside = !in_window && written_at < self.since && self.is_muted(written_at, limits);
        let (since, texts) = match (in_window, is_aside) {
            (true, _) => (self.since, self.texts + 1),
            (_, true) => (self.since, self.texts),
            _ => (written_at, 1),
        };
        let is_over = in_window && texts > limits.most();
        let over_at = if is_over { self.over_at.max(written_at) } else { self.over_at };
        let (muted, untold) = if self.is_muted(written_at, limits) {
            (self.muted + 1, self.untold + 1)
        } else if is_over {
            (1, self.untold + 1)
        } else {
            (0, self.untold)
        };
        Self { since, texts, over_at, muted, untold }
    }

    /// Whether the address is muted for what is written at a moment.
    #[must_use]
    pub fn is_muted(self, at: Millis, limits: &FloodLimits) -> bool {
        let is_over = self.is_in_window(at, limits) && self.texts > limits.most();
        is_over || limits.is_mute_since(self.over_at, at)
    }

    /// What becomes of its last text.
    #[must_use]
    pub fn course(self) -> Course {
        match (self.muted, self.untold) {
            (0, _) => Course::Shown,
            (1, _) => Course::TooMuch,
            (_, 1) => Course::Collected,
            _ => Course::Counted,
        }
    }

    fn is_in_window(self, at: Millis, limits: &FloodLimits) -> bool {
        self.since > at - limits.window && self.since < at + limits.window
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Millis = Millis(1_700_000_000_000);

    fn limits(texts: u32, window_secs: u64, mute_secs: u64) -> FloodLimits {
        let (window, mute) = (Duration::from_secs(window_secs), Duration::from_secs(mute_secs));
        FloodLimits { texts, window, mute }
    }

    fn at(secs: u64) -> Millis {
        NOW + Duration::from_secs(secs)
    }

    /// What becomes of texts written at these seconds; whatever is untold then is told when `TooMuch` is, and
    /// at the seconds of `told`.
    fn courses(limits: &FloodLimits, secs: &[u64], told: &[u64]) -> Vec<Course> {
        let mut burst: Option<Burst> = None;
        let mut courses = vec![];
        for secs in secs {
            let mut next =
                burst.map_or_else(|| Burst::first(at(*secs)), |burst| burst.then(at(*secs), limits));
            courses.push(next.course());
            if next.course() == Course::TooMuch || told.contains(secs) {
                next.untold = 0;
            }
            burst = Some(next);
        }
        courses
    }

    #[test]
    fn a_flood_is_told_when_it_begins_and_then_once_for_all_that_came_since() {
        use Course::{Collected, Counted, Shown, TooMuch};
        let limits = limits(3, 60, 600);
        let seen = courses(&limits, &[0, 1, 2, 3, 4, 5, 6, 7, 8], &[6]);
        assert_eq!(seen, [Shown, Shown, Shown, TooMuch, Collected, Counted, Counted, Collected, Counted]);
    }

    #[test]
    fn whoever_goes_on_within_the_limit_is_heard_again() {
        use Course::{Collected, Counted, Shown, TooMuch};
        // One every five minutes after the flood: never quiet for ten.
        let seen = courses(&limits(3, 60, 600), &[0, 1, 2, 3, 303, 602, 603, 900], &[]);
        assert_eq!(seen, [Shown, Shown, Shown, TooMuch, Collected, Counted, Shown, Shown]);
        // Whoever goes on beyond it is not.
        let seen = courses(&limits(1, 60, 600), &[0, 1, 590, 591, 1_180, 1_181], &[]);
        assert_eq!(seen, [Shown, TooMuch, Collected, Counted, Counted, Counted]);
        // A mute shorter than the window lasts as long as more is too many there.
        let seen = courses(&limits(2, 60, 1), &[0, 1, 2, 30, 59, 60], &[]);
        assert_eq!(seen, [Shown, Shown, TooMuch, Collected, Counted, Shown]);
    }

    #[test]
    fn what_was_written_before_the_window_neither_ends_a_flood_nor_adds_to_one() {
        let limits = limits(1, 60, 600);
        let flood = Burst::first(at(1_000)).then(at(1_001), &limits);
        let late = flood.then(at(0), &limits);
        assert_eq!(late, Burst { muted: 2, untold: 2, ..flood });
        // Without a flood it is a count of its own.
        assert_eq!(Burst::first(at(1_000)).then(at(0), &limits), Burst::first(at(0)));
    }

    #[test]
    fn without_a_limit_nothing_is_too_much_and_a_flood_is_over() {
        let none = limits(0, 60, 600);
        let seen = courses(&none, &[0; 1_000], &[]);
        assert!(seen.iter().all(|course| *course == Course::Shown));
        let flood = Burst::first(NOW).then(NOW, &limits(1, 60, 600));
        assert_eq!((flood.then(NOW, &none).course(), flood.then(NOW, &none).untold), (Course::Shown, 1));
    }

    #[test]
    fn a_limit_that_was_lowered_meanwhile_is_told_of_too() {
        let many = Burst { texts: 8, ..Burst::first(NOW) };
        assert_eq!(many.then(NOW, &limits(3, 60, 600)).course(), Course::TooMuch);
    }

    proptest! {
        #[test]
        fn every_text_is_shown_or_told_of_and_a_mute_ends(
            gaps in prop::collection::vec(0_u64..90, 1..200),
            (texts, window, mute) in (1_u32..6, 1_u64..120, 1_u64..300),
        ) {
            let limits = limits(texts, window, mute);
            let mut burst: Option<Burst> = None;
            let (mut secs, mut shown, mut told, mut all): (u64, i64, i64, Vec<u64>) = (0, 0, 0, vec![]);
            for (count, gap) in (1..).zip(gaps) {
                secs += gap;
                all.push(secs);
                let mut next = burst.map_or_else(|| Burst::first(at(secs)), |burst| burst.then(at(secs), &limits));
                let within = |span: u64, until: u64| all.iter().filter(|at| **at + span > until && **at <= until).count();
                let most = usize::try_from(texts).unwrap();
                match next.course() {
                    Course::Shown => {
                        shown += 1;
                        // However they come, not many more than the limit are shown within a window.
                        prop_assert!(next.texts <= limits.most());
                    }
                    Course::TooMuch => {
                        prop_assert!(within(window, secs) > most, "{all:?}");
                        told += next.untold;
                        next.untold = 0;
                    }
                    Course::Collected | Course::Counted => {
                        // For as long as the mute lasts there was once too much within a window.
                        let over = all.iter().filter(|over| **over + mute.max(window) > secs);
                        prop_assert!(over.into_iter().any(|over| within(window, *over) > most), "{all:?}");
                    }
                }
                prop_assert_eq!(shown + told + next.untold, count);
                burst = Some(next);
            }
        }
    }
}
