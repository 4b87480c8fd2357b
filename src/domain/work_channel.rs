//! The kinds of work that reach an agent.

use serde::{Deserialize, Serialize};

/// A kind of work that reaches an agent. Each agent says for each of them whether they are ready, and how
/// much of it they take. The channels that reach a contact are [`super::address::Channel`]; each of them
/// belongs to one kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkChannel {
    /// Conversations with contacts.
    Sms,
    /// IMs of colleagues. Nobody is offered so many, so there is no capacity for them.
    Im,
}

impl WorkChannel {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Sms, Self::Im];

    /// What people type and read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Im => "im",
        }
    }
}
