//! The channels the desk depends on: the homeserver, the provider, the database. Does each work?
//!
//! Each replica judges by its own requests ([`Judge`]), and reports what it finds ([`Seen`]). The stored
//! [`State`] decides whether that is news: an outage is told once, whichever replica saw it, also across
//! restarts. A short failure is no outage: it takes three failures in a row, over 20 s. A channel works again
//! after 5 s without a failure.

mod given;
mod which;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::given::TimeGiven;
pub use self::which::Channel;
use super::notice::{ChannelLine, Says};
use crate::clock::Millis;

/// This many failures in a row are an outage, if they go on for [`DOWN_AFTER`].
pub const FAILURES: u32 = 3;
/// How long requests have to fail in a row, at least [`FAILURES`] of them, before that is an outage.
pub const DOWN_AFTER: Duration = Duration::from_secs(20);
/// A channel works again once it answers and nothing has failed for this long.
pub const UP_AFTER: Duration = Duration::from_secs(5);
/// How often a replica repeats an unchanged finding.
pub const AGAIN: Duration = Duration::from_secs(20);
/// If a replica has not repeated for this long that a channel is down, its finding no longer counts.
const STALE: Duration = Duration::from_mins(1);

/// The state of a channel for one replica, by its own requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stands {
    /// Since when all requests fail; nothing while the last one was answered well.
    pub failing_since: Option<Millis>,
    /// How many have failed since the last success.
    pub failures: u32,
    /// Whether any was ever answered well.
    pub has_answered: bool,
}

/// What a replica finds of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The channel.
    pub channel: Channel,
    /// Its name for people, with the provider's.
    pub name: String,
    /// The name of the replica that says so.
    pub by: String,
    /// The replica's finding, by its own requests.
    pub finds: Finds,
}

/// How a replica finds a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Finds {
    /// It does not work.
    Down {
        /// When the first of the failed requests was made.
        since: Millis,
    },
    /// It works.
    Up {
        /// Since when it had been down before, if this replica could not report that.
        after: Option<Millis>,
    },
}

/// Judges one channel for one replica.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judge {
    /// Since when it is down, until it is told that it is up again.
    down_since: Option<Millis>,
    well_since: Option<Millis>,
    /// What was told last, and when.
    told: Option<(Finds, Millis)>,
}

impl Judge {
    /// What to report now, if anything. It is returned again until it was [`Judge::told`].
    pub fn look(&mut self, stands: &Stands, now: Millis) -> Option<Finds> {
        let finds = if let Some(since) = stands.failing_since {
            self.well_since = None;
            let is_outage = stands.failures >= FAILURES && now.since(since) >= DOWN_AFTER;
            if self.down_since.is_none() && !is_outage {
                return None;
            }
            Finds::Down { since: *self.down_since.get_or_insert(since) }
        } else {
            let well_since = *self.well_since.get_or_insert(now);
            if !stands.has_answered || now.since(well_since) < UP_AFTER {
                return None;
            }
            Finds::Up { after: self.down_since }
        };
        let is_known = self.told.is_some_and(|(told, at)| told == finds && now.since(at) < AGAIN);
        (!is_known).then_some(finds)
    }

    /// It was told what was found.
    pub fn told(&mut self, finds: Finds, at: Millis) {
        self.told = Some((finds, at));
        if let Finds::Up { .. } = finds {
            self.down_since = None;
            // From now on the report is that nothing was the matter.
            self.told = Some((Finds::Up { after: None }, at));
        }
    }

    /// Whether it is down, or is up again and that is not reported yet.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.down_since.is_some()
    }
}

/// How a channel stands for the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its name for people.
    pub name: String,
    /// Whether it works, as far as the desk knows.
    pub is_up: bool,
    /// When that began.
    pub since: Millis,
    /// The replica that said so last, if it is down.
    pub by: String,
    /// When that replica said so.
    pub at: Millis,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It stopped working.
    Down {
        /// When it stopped.
        since: Millis,
    },
    /// It works again.
    Up {
        /// When it had stopped.
        from: Millis,
    },
}

impl State {
    /// The state after a replica's finding, and what of that is news.
    #[must_use]
    pub fn after(before: Option<&Self>, seen: &Seen, now: Millis) -> (Self, Option<News>) {
        let state = |is_up, since| {
            let (name, by) = (seen.name.clone(), seen.by.clone());
            Self { name, is_up, since, by, at: now }
        };
        match (before, seen.finds) {
            (Some(before), Finds::Down { .. }) if !before.is_up => (state(false, before.since), None),
            // Another replica has not noticed yet that the reported outage is over.
            (Some(before), Finds::Down { since })
                if before.by != seen.by && since < before.since && now.since(before.since) <= STALE =>
            {
                (before.clone(), None)
            }
            (_, Finds::Down { since }) => (state(false, since), Some(News::Down { since })),
            (Some(before), Finds::Up { .. }) if !before.is_up => {
                if before.by == seen.by || now.since(before.at) > STALE {
                    (state(true, now), Some(News::Up { from: before.since }))
                } else {
                    (before.clone(), None)
                }
            }
            // This replica could not report that it was down; another may have reported since that it is up
            // again.
            (Some(before), Finds::Up { after: Some(from) }) if before.since <= from => {
                (state(true, now), Some(News::Up { from }))
            }
            (Some(before), Finds::Up { .. }) => (before.clone(), None),
            (None, Finds::Up { after }) => (state(true, now), after.map(|from| News::Up { from })),
        }
    }

    /// As `!status` shows it.
    #[must_use]
    pub fn line(&self, channel: Channel, now: Millis) -> ChannelLine {
        ChannelLine {
            channel,
            name: self.name.clone(),
            is_up: self.is_up,
            since: self.since,
            secs: now.since(self.since).as_secs(),
        }
    }
}

impl News {
    /// The news for those concerned. While nobody can be written to, they read of it when it is over.
    #[must_use]
    pub fn says(self, channel: Channel, name: &str, now: Millis) -> Option<Says> {
        let name = name.to_owned();
        match self {
            Self::Down { .. } if channel.stops_agents() => None,
            Self::Down { since } => Some(Says::ChannelDown { channel, name, since }),
            Self::Up { from } => {
                Some(Says::ChannelUp { channel, name, from, to: now, secs: now.since(from).as_secs() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = Millis(1_700_000_000_000);

    fn at(secs: u64) -> Millis {
        START + Duration::from_secs(secs)
    }

    fn well() -> Stands {
        Stands { failing_since: None, failures: 0, has_answered: true }
    }

    fn failing(since: u64, failures: u32) -> Stands {
        Stands { failing_since: Some(at(since)), failures, has_answered: true }
    }

    #[test]
    fn it_takes_three_failures_and_twenty_seconds_to_be_down_and_five_to_be_up_again() {
        let mut judge = Judge::default();
        let never = Stands { has_answered: false, ..well() };
        let (down, up) = (Finds::Down { since: at(20) }, |after| Finds::Up { after });
        let table = [
            (0, never, None),
            (9, never, None),
            (10, well(), Some(up(None))),
            (11, well(), None),
            (20, failing(20, 1), None),
            // A blip.
            (25, well(), None),
            (26, failing(26, 3), None),
            (31, failing(20, 2), None),
            (40, failing(20, 2), None),
            (41, failing(20, 3), Some(down)),
            (42, failing(20, 4), None),
            (61, failing(20, 9), Some(down)),
            // It answers now and then.
            (62, well(), None),
            (64, failing(63, 1), None),
            (82, failing(63, 1), Some(down)),
            (83, well(), None),
            (88, well(), Some(up(Some(at(20))))),
            (89, well(), None),
            (108, well(), Some(up(None))),
        ];
        for (secs, stands, expected) in table {
            let finds = judge.look(&stands, at(secs));
            assert_eq!(finds, expected, "after {secs} s");
            if let Some(finds) = finds {
                judge.told(finds, at(secs));
            }
        }
    }

    #[test]
    fn what_could_not_be_told_is_found_again() {
        let mut judge = Judge::default();
        let down = Some(Finds::Down { since: at(0) });
        assert_eq!(judge.look(&failing(0, 9), at(30)), down);
        assert_eq!(judge.look(&failing(0, 9), at(31)), down);
        assert!(judge.look(&well(), at(40)).is_none() && judge.is_down());
        let up = Finds::Up { after: Some(at(0)) };
        assert_eq!(judge.look(&well(), at(45)), Some(up));
        assert!(judge.is_down(), "until that is told");
        judge.told(up, at(45));
        assert!(!judge.is_down());
    }

    fn seen(by: &str, finds: Finds) -> Seen {
        Seen { channel: Channel::Sms, name: "SMS (Twilio)".to_owned(), by: by.to_owned(), finds }
    }

    #[test]
    fn an_outage_is_news_once_whoever_saw_it() {
        let (down, up, up_after) = (
            |since| Finds::Down { since: at(since) },
            Finds::Up { after: None },
            |since| Finds::Up { after: Some(at(since)) },
        );
        let table = [
            ("a", 0, up, None),
            ("b", 1, up, None),
            ("a", 30, down(10), Some(News::Down { since: at(10) })),
            ("b", 31, down(11), None),
            ("a", 50, down(10), None),
            // One replica's success does not contradict another's failure.
            ("b", 55, up_after(11), None),
            ("a", 90, up_after(10), Some(News::Up { from: at(10) })),
            ("b", 91, down(11), None),
            ("b", 97, up_after(11), None),
            // What could not be said while it was so.
            ("a", 300, up_after(200), Some(News::Up { from: at(200) })),
            ("b", 301, up_after(199), None),
            // The one who said so has gone away.
            ("a", 400, down(380), Some(News::Down { since: at(380) })),
            ("b", 430, up, None),
            ("b", 461, up, Some(News::Up { from: at(380) })),
            ("b", 481, up, None),
        ];
        let mut state: Option<State> = None;
        for (by, secs, finds, expected) in table {
            let (after, news) = State::after(state.as_ref(), &seen(by, finds), at(secs));
            assert_eq!(news, expected, "after {secs} s");
            state = Some(after);
        }
        assert_eq!(state.map(|state| (state.is_up, state.since)), Some((true, at(461))));
    }

    #[test]
    fn a_channel_without_which_nobody_can_be_told_is_told_when_it_is_back() {
        for channel in Channel::ALL {
            let told = News::Down { since: at(0) }.says(channel, "it", at(30)).is_some();
            assert_eq!(told, channel == Channel::Sms);
            let Some(Says::ChannelUp { from, to, secs, .. }) =
                (News::Up { from: at(0) }).says(channel, "it", at(90))
            else {
                panic!("{channel:?} is not told")
            };
            assert_eq!((from, to, secs), (at(0), at(90), 90));
        }
    }
}
