//! What happens to an offer that nobody answers.

use serde::{Deserialize, Serialize};

/// What an offer without an answer becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unanswered {
    /// It is withdrawn.
    Withdrawn,
    /// It is accepted for the agent, who can still refuse it before.
    Accepted,
    /// It is accepted for the agent, who cannot refuse it.
    AcceptedInAnyCase,
}

/// Offers are accepted for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoAnswer {
    /// After how long, in milliseconds; 0 for at once.
    pub after_ms: u64,
    /// Whether the agent can refuse before that.
    pub may_reject: bool,
}

impl AutoAnswer {
    /// What happens to an offer that nobody answers.
    #[must_use]
    pub fn unanswered(self) -> Unanswered {
        if self.may_reject { Unanswered::Accepted } else { Unanswered::AcceptedInAnyCase }
    }
}
