//! Erasing what tells of a person at the homeserver and the provider, a piece at a time.

use ruma::{OwnedEventId, OwnedMxcUri};
use serde::{Deserialize, Serialize};

use super::rules::{Rules, beside};
use crate::domain::erasure::{Counts, ErasureId, Left, Step};
use crate::domain::lane::Lane;

/// Do the next piece of an erasure. What that is stands in the erasure, so that nothing of the person stands
/// in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erase {
    /// The erasure.
    pub job: ErasureId,
}

impl Erase {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Erasure(self.job.clone())).each_time()
    }
}

/// A piece of an erasure was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// The erasure.
    pub job: ErasureId,
    /// The place of the step that it belongs to.
    pub step: i64,
    /// What becomes of the step.
    pub then: Then,
    /// How much was erased.
    #[serde(default)]
    pub counts: Counts,
    /// What could not be erased.
    #[serde(default)]
    pub left: Vec<Left>,
    /// Events, and messages of the provider, that are to be known again.
    #[serde(default)]
    pub seen: Vec<String>,
    /// Events in rooms of others that were redacted.
    #[serde(default)]
    pub redacted: Vec<String>,
    /// Files that were found, and are to be deleted too.
    #[serde(default)]
    pub files: Vec<OwnedMxcUri>,
}

/// What becomes of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "then", content = "how", rename_all = "snake_case")]
pub enum Then {
    /// It goes on from here.
    GoOn(Step),
    /// It is done for now, and looked at again after all others.
    Later {
        /// From where it goes on then.
        step: Step,
        /// After how many seconds.
        after_secs: u64,
    },
    /// It is done.
    Done,
}

impl Erased {
    /// A piece after which a step stands so, and of which there is nothing else to say.
    #[must_use]
    pub fn nothing(job: &ErasureId, step: i64, then: Then) -> Self {
        let (counts, left, seen, redacted, files) = (Counts::default(), vec![], vec![], vec![], vec![]);
        Self { job: job.clone(), step, then, counts, left, seen, redacted, files }
    }

    /// The same, with an event that is to be known again.
    pub fn see(&mut self, event: &OwnedEventId) {
        self.seen.push(event.to_string());
    }
}
