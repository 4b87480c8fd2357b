//! Floods: an address from which more texts come than anyone can read. What goes beyond is kept, and told of
//! once a minute.
//!
//! Texts are counted from one on until the window is over; then the next begins a new count. Once there were
//! more than the limit, the address is muted until nothing came from it for long enough.

use std::time::Duration;

/// How often what comes meanwhile is told of.
pub const TOLD_EVERY: Duration = Duration::from_mins(1);

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodLimits {
    /// How many texts of an address are shown one by one within the window; 0: as many as come.
    pub texts: u32,
    /// The window, from the first of them on.
    pub window: Duration,
    /// How long nothing must come before texts are shown one by one again.
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
}

/// How many texts have come from an address without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// How many, with the last one.
    pub texts: i64,
    /// How many there were when that was told last; 0 if it was not.
    pub told: i64,
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
    /// Whether its address is muted.
    #[must_use]
    pub fn is_flood(self, limits: &FloodLimits) -> bool {
        self.texts > limits.most()
    }

    /// What becomes of its last text.
    #[must_use]
    pub fn course(self, limits: &FloodLimits) -> Course {
        if !self.is_flood(limits) {
            Course::Shown
        } else if self.told == 0 {
            Course::TooMuch
        } else if self.texts == self.told + 1 {
            Course::Collected
        } else {
            Course::Counted
        }
    }

    /// How many texts have not been told of.
    #[must_use]
    pub fn untold(self, limits: &FloodLimits) -> u32 {
        let seen = if self.told == 0 { limits.most() } else { self.told };
        u32::try_from(self.texts.saturating_sub(seen)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_when_it_begins_and_then_once_for_all_that_came_since() {
        use Course::{Collected, Counted, Shown, TooMuch};
        let limits = FloodLimits { texts: 3, ..FloodLimits::default() };
        let courses = |told, texts: std::ops::RangeInclusive<i64>| -> Vec<Course> {
            texts.map(|texts| Burst { texts, told }.course(&limits)).collect()
        };
        assert_eq!(courses(0, 1..=4), [Shown, Shown, Shown, TooMuch]);
        assert_eq!(courses(4, 5..=7), [Collected, Counted, Counted]);
        assert_eq!(Burst { texts: 7, told: 4 }.untold(&limits), 3);
        assert_eq!(Burst { texts: 4, told: 0 }.untold(&limits), 1);
        assert_eq!(Burst { texts: 7, told: 7 }.untold(&limits), 0);
    }

    #[test]
    fn without_a_limit_nothing_is_too_much() {
        let limits = FloodLimits { texts: 0, ..FloodLimits::default() };
        assert_eq!(Burst { texts: 1_000_000, told: 0 }.course(&limits), Course::Shown);
    }

    #[test]
    fn a_limit_that_was_lowered_meanwhile_is_told_of_too() {
        let limits = FloodLimits { texts: 3, ..FloodLimits::default() };
        assert_eq!(Burst { texts: 9, told: 0 }.course(&limits), Course::TooMuch);
    }
}
