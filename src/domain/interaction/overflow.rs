//! How far the steps of overflow are taken of an interaction.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Rules;
use crate::clock::Millis;
use crate::domain::ids::QueueName;
use crate::domain::overflow::{OverflowStep, OverflowWhen};

/// How far an interaction's steps are taken. Each is taken once, whatever happens to it in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflow {
    /// Since when it has waited for an agent, or did at last.
    pub since: Millis,
    /// The steps that were taken, by their place, from 0.
    #[serde(default)]
    pub taken: Vec<usize>,
    /// The queues whose members are asked besides those of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<QueueName>,
}

impl Overflow {
    /// That of an interaction that begins to wait under these rules; nothing where they have no steps.
    #[must_use]
    pub fn of(rules: &Rules, since: Millis) -> Option<Self> {
        (!rules.overflow.is_empty()).then(|| Self { since, taken: vec![], also: vec![] })
    }

    /// The steps that are left, each with its place and the moment it comes; nothing where that is no moment.
    fn left<'s>(
        &'s self,
        steps: &'s [OverflowStep],
    ) -> impl Iterator<Item = (usize, &'s OverflowStep, Option<Millis>)> {
        let left = steps.iter().enumerate().filter(move |(place, _)| !self.taken.contains(place));
        left.map(move |(place, step)| match step.when {
            OverflowWhen::After { ms } => (place, step, Some(self.since + Duration::from_millis(ms))),
            OverflowWhen::NobodyReady => (place, step, None),
        })
    }

    /// When the next step comes that has a moment.
    #[must_use]
    pub fn next_at(&self, steps: &[OverflowStep]) -> Option<Millis> {
        self.left(steps).filter_map(|(.., at)| at).min()
    }

    /// The first step that has come by now, by its place.
    #[must_use]
    pub fn due(&self, steps: &[OverflowStep], now: Millis) -> Option<usize> {
        self.left(steps).find(|(.., at)| at.is_some_and(|at| at <= now)).map(|(place, ..)| place)
    }

    /// The first step that comes when nobody is ready, by its place.
    #[must_use]
    pub fn if_nobody(&self, steps: &[OverflowStep]) -> Option<usize> {
        self.left(steps).find(|(.., at)| at.is_none()).map(|(place, ..)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timed_steps_come_in_order_and_each_once() {
        let typed = ["60 to billing", "nobody_ready to sales", "60 drop_skills french", "120 to night"];
        let steps: Vec<OverflowStep> = typed.iter().map(|step| OverflowStep::parse(step).unwrap()).collect();
        let rules = Rules { overflow: steps.clone(), ..Rules::default() };
        let at = |secs: i64| Millis(secs * 1_000);
        let mut overflow = Overflow::of(&rules, at(0)).unwrap();
        assert_eq!((overflow.next_at(&steps), overflow.due(&steps, at(59))), (Some(at(60)), None));
        let mut came = vec![];
        while let Some(place) = overflow.due(&steps, at(119)) {
            overflow.taken.push(place);
            came.push(place);
        }
        assert_eq!((came, overflow.next_at(&steps)), (vec![0, 2], Some(at(120))));
        assert_eq!(overflow.if_nobody(&steps), Some(1));
        overflow.taken.extend([1, 3]);
        assert_eq!((overflow.if_nobody(&steps), overflow.next_at(&steps)), (None, None));
        assert_eq!(overflow.due(&steps, at(9_999)), None);
        assert_eq!(Overflow::of(&Rules::default(), at(0)), None);
    }
}
