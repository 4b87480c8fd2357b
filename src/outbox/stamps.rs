//! How far back a page of a room's history goes.
//!
//! Each event carries the time of its sender's homeserver. Our own homeserver's clock can be relied on.
//! Another's may be wrong, so its time alone never ends a search.

use std::time::Duration;

use ruma::{OwnedUserId, ServerName};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::clock::Millis;

/// How far behind the clock of another homeserver may be.
pub(super) const SLOW_CLOCK: Duration = Duration::from_hours(24);

/// Whether a page goes back behind a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaches {
    /// Something on it is newer, and nothing proves that anything is older.
    No,
    /// All of it looks older, by the clocks of others.
    Perhaps,
    /// Something on it is older.
    Surely,
}

/// The times of a page's events, the newest event first.
pub(super) struct Stamps(Vec<Stamp>);

struct Stamp {
    at: Millis,
    /// Whether our own homeserver set it.
    is_sure: bool,
}

impl Stamp {
    fn of(event: &RawValue, ours: &ServerName) -> Self {
        #[derive(Deserialize)]
        struct Outside {
            origin_server_ts: i64,
            sender: OwnedUserId,
        }
        match serde_json::from_str::<Outside>(event.get()) {
            Ok(Outside { origin_server_ts, sender }) => {
                Self { at: Millis(origin_server_ts), is_sure: sender.server_name() == ours }
            }
            Err(_) => Self { at: Millis(0), is_sure: false },
        }
    }
}

impl Stamps {
    /// Reads the times of a page's events. `ours` is our homeserver. One that cannot be read tells nothing.
    pub(super) fn of(events: &[Box<RawValue>], ours: &ServerName) -> Self {
        Self(events.iter().map(|event| Stamp::of(event, ours)).collect())
    }

    /// Whether the page goes back behind a moment. One without events does.
    pub(super) fn reach_behind(&self, since: Millis) -> Reaches {
        if self.0.is_empty() || self.0.iter().any(|stamp| stamp.is_sure && stamp.at < since) {
            return Reaches::Surely;
        }
        if self.0.iter().all(|stamp| stamp.at < since) { Reaches::Perhaps } else { Reaches::No }
    }

    /// How many events, from the newest on, certainly came after a moment.
    pub(super) fn after(&self, since: Millis) -> usize {
        self.0.iter().rposition(|stamp| stamp.is_sure && stamp.at >= since).map_or(0, |last| last + 1)
    }
}

#[cfg(test)]
mod tests {
    use ruma::server_name;
    use serde_json::json;

    use super::*;

    fn stamps(events: &[(&str, i64)]) -> Stamps {
        let event = |(server, at): &(&str, i64)| {
            serde_json::value::to_raw_value(
                &json!({"origin_server_ts": at, "sender": format!("@a:{server}")}),
            )
        };
        let events: Result<Vec<_>, _> = events.iter().map(event).collect();
        Stamps::of(&events.unwrap(), server_name!("desk.test"))
    }

    #[test]
    fn a_slow_clock_ends_no_page_and_hides_nothing_between_what_is_new() {
        const OURS: &str = "desk.test";
        const OTHER: &str = "other.test";
        /// Events by their homeserver and time, and what they tell.
        type Row = (&'static [(&'static str, i64)], Reaches, usize);
        let table: [Row; 7] = [
            (&[], Reaches::Surely, 0),
            (&[(OURS, 12), (OURS, 10)], Reaches::No, 2),
            (&[(OURS, 12), (OURS, 9)], Reaches::Surely, 1),
            (&[(OURS, 12), (OTHER, 0), (OURS, 11), (OTHER, 3)], Reaches::No, 3),
            (&[(OTHER, 11), (OTHER, 9)], Reaches::No, 0),
            (&[(OTHER, 9), (OTHER, 8)], Reaches::Perhaps, 0),
            (&[(OTHER, 9), (OURS, 8)], Reaches::Surely, 0),
        ];
        for (events, reaches, after) in table {
            let stamps = stamps(events);
            assert_eq!(
                (stamps.reach_behind(Millis(10)), stamps.after(Millis(10))),
                (reaches, after),
                "{events:?}"
            );
        }
        let garbled = [serde_json::value::to_raw_value(&json!({"sender": 1})).unwrap()];
        assert_eq!(
            Stamps::of(&garbled, server_name!("desk.test")).reach_behind(Millis(10)),
            Reaches::Perhaps
        );
    }
}
