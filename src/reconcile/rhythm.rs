//! When the homeserver is asked what, once its marker is back: often at first, then ever more seldom.

use std::time::Duration;

use tokio::time::Instant;

use super::homeserver::{Looked, Which};
use super::pace::{ASK_AT_LEAST_EVERY, ASK_EVERY, EVERY, EVERY_QUIET, LONGEST_PAUSE, TRY_AGAIN};

/// When what is next.
#[derive(Debug)]
pub(super) struct Rhythm {
    /// A look at all rooms, and the pause before it.
    all: (Instant, Duration),
    /// A look at the rooms that could not be read, if there are some.
    behind: Option<Instant>,
    /// A question who is online.
    presence: Instant,
    /// A ping, and the pause before it.
    ping: (Instant, Duration),
}

impl Rhythm {
    /// Everything is due now.
    pub(super) fn new(now: Instant) -> Self {
        let (all, ping) = ((now, Duration::ZERO), (now, ASK_EVERY));
        Self { all, behind: None, presence: now, ping }
    }

    /// The look that is due. What the homeserver forgot while it delivered its backlog shows only afterwards,
    /// so that there are more soon after the first.
    pub(super) fn look(&self, now: Instant) -> Option<Which> {
        if now >= self.all.0 {
            return Some(Which::All);
        }
        self.behind.is_some_and(|behind| now >= behind).then_some(Which::Behind)
    }

    /// Notes what came of a look; nothing where it was not finished. Rooms that cannot be read are tried
    /// again sooner, alone.
    pub(super) fn looked(&mut self, which: Which, looked: Option<Looked>, now: Instant) {
        let is_behind = looked.is_none_or(|looked| looked.behind > 0);
        self.behind = is_behind.then(|| now + LONGEST_PAUSE);
        if which == Which::All {
            let longest = match looked {
                None => LONGEST_PAUSE,
                Some(Looked { read: 0, .. }) => EVERY_QUIET,
                Some(_) => EVERY,
            };
            let pause = (self.all.1 * 2).clamp(TRY_AGAIN, longest);
            self.all = (now + pause, pause);
        }
    }

    /// Whether it is time to ask who is online.
    pub(super) fn asks_presence(&mut self, now: Instant) -> bool {
        let is_time = now >= self.presence;
        if is_time {
            self.presence = now + EVERY;
        }
        is_time
    }

    /// Whether it is time for a ping, or for something of the homeserver that says the same.
    pub(super) fn pings(&mut self, now: Instant) -> bool {
        let (at, pause) = self.ping;
        let is_time = now >= at;
        if is_time {
            self.ping = (now + pause, (pause * 2).min(ASK_AT_LEAST_EVERY));
        }
        is_time
    }

    /// When the next of it is due.
    pub(super) fn next(&self) -> Instant {
        let behind = self.behind.unwrap_or(self.all.0);
        // Presence is asked for when rooms are looked through.
        self.all.0.min(behind).min(self.ping.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds after the start at which something is done in the first minutes.
    fn seconds(until: u64, mut is_done: impl FnMut(&mut Rhythm, Instant) -> bool) -> Vec<u64> {
        let start = Instant::now();
        let mut rhythm = Rhythm::new(start);
        (0..until).filter(|second| is_done(&mut rhythm, start + Duration::from_secs(*second))).collect()
    }

    fn looks(until: u64, looked: Option<Looked>) -> Vec<u64> {
        seconds(until, |rhythm, now| {
            let which = rhythm.look(now).filter(|which| *which == Which::All);
            which.inspect(|which| rhythm.looked(*which, looked, now)).is_some()
        })
    }

    #[test]
    fn quiet_rooms_are_asked_about_every_minute_and_busy_ones_are_read_ever_more_seldom() {
        let quiet = Looked::default();
        assert_eq!(looks(250, Some(quiet)), [0, 2, 6, 14, 30, 62, 122, 182, 242]);
        let busy = Looked { read: 1, ..Looked::default() };
        assert_eq!(looks(2_000, Some(busy)), [0, 2, 6, 14, 30, 62, 126, 254, 510, 1022, 1922]);
        assert_eq!(looks(120, None), [0, 2, 6, 14, 30, 60, 90]);
    }

    #[test]
    fn rooms_that_could_not_be_read_are_tried_again_alone() {
        let start = Instant::now();
        let mut rhythm = Rhythm::new(start);
        let behind = Looked { behind: 1, read: 1, ..Looked::default() };
        for _ in 0..7 {
            rhythm.looked(Which::All, Some(behind), start);
        }
        assert_eq!(rhythm.look(start), None);
        assert_eq!(rhythm.look(start + LONGEST_PAUSE), Some(Which::Behind));
        rhythm.looked(Which::Behind, Some(Looked::default()), start + LONGEST_PAUSE);
        assert_eq!(rhythm.look(start + LONGEST_PAUSE * 2), None);
    }

    #[test]
    fn who_is_well_is_pinged_ever_more_seldom() {
        assert_eq!(seconds(40, Rhythm::pings), [0, 1, 3, 7, 15, 23, 31, 39]);
    }

    #[test]
    fn who_is_online_is_asked_at_first_and_every_quarter_of_an_hour() {
        assert_eq!(seconds(1_900, Rhythm::asks_presence), [0, 900, 1_800]);
    }
}
