//! An owner who asks the supervisors for help.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::agent::AgentRef;

/// A raised hand. It is kept when somebody came, so that whoever comes later reads who has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// Which one it is in its conversation, from 1: an answer to an earlier one is none to this.
    pub number: u32,
    /// The owner who raised it.
    pub by: AgentRef,
    /// When.
    pub at: Millis,
    /// The supervisors who were told.
    pub told: Vec<AgentRef>,
    /// The supervisor who came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<AgentRef>,
    /// Whether it is down without anybody having come: the conversation is done, or was handed over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_down: bool,
}

impl Hand {
    /// Whether a supervisor is still to come.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.taken_by.is_none() && !self.is_down
    }
}
