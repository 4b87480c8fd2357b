//! How long a contact has waited for an answer, as far as it counts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::hours::Hours;

/// What a contact's wait for an answer leads to, step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyStep {
    /// The owner is reminded.
    Remind,
    /// The queue's supervisors are told.
    Tell,
    /// It is queued again.
    Requeue,
}

/// By when a queue's texts are to be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTimes {
    /// After how long each step is taken, in milliseconds, each later than the one before.
    pub after_ms: Vec<u64>,
    /// When the time counts; always, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

/// A contact who waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyWait {
    /// When they wrote the oldest text that is not answered.
    pub since: Millis,
    /// How much of the owner's time was used up until it last stopped, in milliseconds.
    #[serde(default)]
    pub used_ms: u64,
    /// Since when the owner's time runs; nothing while nobody owns it, or it is put aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_from: Option<Millis>,
    /// How many steps were taken.
    #[serde(default)]
    pub taken: usize,
}

impl ReplyStep {
    /// The steps, in order.
    const ALL: [Self; 3] = [Self::Remind, Self::Tell, Self::Requeue];
}

impl ReplyTimes {
    /// How many steps there may be.
    pub const MOST: usize = ReplyStep::ALL.len();

    /// When the next step is due, and which; nothing if none is, or the time does not run.
    #[must_use]
    pub fn next(&self, wait: &ReplyWait) -> Option<(Millis, ReplyStep)> {
        let step = *ReplyStep::ALL.get(wait.taken)?;
        let left = Duration::from_millis(self.after_ms.get(wait.taken)?.saturating_sub(wait.used_ms));
        let from = wait.runs_from?;
        let at = match &self.hours {
            None => from + left,
            Some(hours) => hours.after_open(from, left)?,
        };
        Some((at, step))
    }

    /// How much of the owner's time is used up at a moment, in milliseconds.
    #[must_use]
    pub fn used_ms(&self, wait: &ReplyWait, at: Millis) -> u64 {
        let Some(from) = wait.runs_from else { return wait.used_ms };
        let ran = match &self.hours {
            None => at.since(from),
            Some(hours) => hours.open_between(from, at),
        };
        wait.used_ms.saturating_add(u64::try_from(ran.as_millis()).unwrap_or(u64::MAX))
    }
}

impl ReplyWait {
    /// A wait that begins with a text of this moment. Nobody's time runs yet.
    #[must_use]
    pub fn since(since: Millis) -> Self {
        Self { since, used_ms: 0, runs_from: None, taken: 0 }
    }

    /// Whether supervisors were told of it, and nobody has seen to it yet.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        self.taken > 1
    }
}
