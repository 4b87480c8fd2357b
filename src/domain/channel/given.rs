//! Time that was given back to agents after outages. Two outages may overlap, say of the homeserver and of
//! the database, and each ends by itself; the time they have in common is given back only once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// This many spans are remembered, the newest: more than there are outages that overlap.
const KEPT: usize = 32;

/// The spans of time that were given back, apart from each other and in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeGiven(Vec<(Millis, Millis)>);

impl TimeGiven {
    /// Gives back the time between two moments. Returns how much of it had not been given before.
    pub fn give(&mut self, from: Millis, to: Millis) -> Duration {
        if to <= from {
            return Duration::ZERO;
        }
        let before: Duration = self.0.iter().map(|(begin, end)| to.min(*end).since(from.max(*begin))).sum();
        let touches = |(begin, end): &(Millis, Millis)| *end >= from && *begin <= to;
        let (joined, mut apart): (Vec<_>, Vec<_>) = self.0.drain(..).partition(touches);
        apart.push(joined.into_iter().fold((from, to), |all, one| (all.0.min(one.0), all.1.max(one.1))));
        apart.sort_unstable();
        self.0 = apart.split_off(apart.len().saturating_sub(KEPT));
        to.since(from).saturating_sub(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Millis {
        Millis(1_700_000_000_000) + Duration::from_secs(secs)
    }

    fn given(spans: &[(u64, u64)]) -> Vec<u64> {
        let mut given = TimeGiven::default();
        spans.iter().map(|(from, to)| given.give(at(*from), at(*to)).as_secs()).collect()
    }

    #[test]
    fn time_is_given_once_however_outages_overlap() {
        assert_eq!(given(&[(0, 100), (200, 250)]), [100, 50], "one after the other");
        assert_eq!(given(&[(0, 100), (1, 102)]), [100, 2], "both at once");
        assert_eq!(given(&[(0, 100), (50, 300)]), [100, 200], "one goes on");
        assert_eq!(given(&[(20, 50), (60, 70), (0, 100)]), [30, 10, 60], "some within another");
        assert_eq!(given(&[(0, 100), (20, 50), (0, 100)]), [100, 0, 0]);
        assert_eq!(given(&[(0, 10), (10, 20), (0, 20)]), [10, 10, 0]);
        assert_eq!(given(&[(10, 5)]), [0], "a clock that was set back gives nothing");
    }

    #[test]
    fn no_more_is_remembered_than_is_needed() {
        let mut all = TimeGiven::default();
        for outage in 0..100 {
            all.give(at(outage * 10), at(outage * 10 + 5));
        }
        assert_eq!(all.0.len(), KEPT);
        assert_eq!(all.0.last(), Some(&(at(990), at(995))));
    }
}
