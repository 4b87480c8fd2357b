//! How long contacts wait for an agent, as far as they are told.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ids::{InteractionId, QueueName};
use super::report::Change;

/// How many of the last waits are looked at.
pub const LOOKED_AT: usize = 20;
/// Of fewer nothing is said: one long wait would be everybody's.
pub const LEAST: usize = 3;

/// The median of the last waits in a queue: each from when a conversation began until an agent first took it
/// there. The changes of each conversation come in order. Nothing where there are too few.
#[must_use]
pub fn median(changes: &[Change], queue: &QueueName) -> Option<Duration> {
    let mut of: BTreeMap<&InteractionId, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        of.entry(&change.interaction).or_default().push(change);
    }
    let taken = |changes: &Vec<&Change>| {
        let first = changes.iter().find(|change| change.owner.is_some())?;
        let began = changes.first()?.at;
        (first.queue == *queue).then(|| (first.at, first.at.since(began)))
    };
    let mut waits: Vec<_> = of.values().filter_map(taken).collect();
    waits.sort();
    let last = &waits[waits.len().saturating_sub(LOOKED_AT)..];
    let mut waits: Vec<Duration> = last.iter().map(|(_, wait)| *wait).collect();
    waits.sort();
    let half = waits.len() / 2;
    match waits.len() {
        few if few < LEAST => None,
        even if even % 2 == 0 => Some((waits[half - 1] + waits[half]) / 2),
        _ => Some(waits[half]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;
    use crate::domain::ids::AgentId;

    /// A conversation that began, and was taken so many seconds later.
    fn taken(number: i64, wait_secs: i64, queue: &str) -> [Change; 3] {
        let change = |secs: i64, owner: Option<&str>, state: &str| Change {
            interaction: InteractionId::new(format!("i-{number:04}")),
            at: Millis((number * 1_000 + secs) * 1_000),
            queue: QueueName::new(queue),
            owner: owner.map(AgentId::new),
            state: state.to_owned(),
        };
        [
            change(0, None, "queued"),
            change(wait_secs, Some("alice"), "active"),
            // What comes later is no wait for an agent.
            change(900, Some("alice"), "active"),
        ]
    }

    fn secs(waits: &[i64]) -> Option<u64> {
        let changes: Vec<Change> =
            (0..).zip(waits).flat_map(|(number, secs)| taken(number, *secs, "support")).collect();
        median(&changes, &QueueName::new("support")).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_middle_of_the_last_twenty_waits_is_told_and_nothing_of_two() {
        assert_eq!(secs(&[]), None);
        assert_eq!(secs(&[60, 120]), None);
        assert_eq!(secs(&[60, 600, 120]), Some(120));
        assert_eq!(secs(&[60, 600, 120, 240]), Some(180));
        let long_ago = [800; 10];
        assert_eq!(secs(&[&long_ago[..], &[60; 20]].concat()), Some(60));
    }

    #[test]
    fn who_was_taken_elsewhere_or_not_at_all_does_not_count() {
        let mut changes: Vec<Change> = (0..3).flat_map(|number| taken(number, 60, "support")).collect();
        changes.extend((3..9).flat_map(|number| taken(number, 700, "sales")));
        changes.push(Change { owner: None, ..taken(10, 0, "support")[0].clone() });
        assert_eq!(median(&changes, &QueueName::new("support")), Some(Duration::from_mins(1)));
        assert_eq!(median(&changes, &QueueName::new("billing")), None);
    }
}
