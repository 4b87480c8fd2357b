//! A response in use: what is kept of it beside the message that it became, and while its blanks are asked.

use ruma::OwnedEventId;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::when::Moment;

/// What a message keeps of the response that it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The shortcut.
    pub shortcut: String,
    /// What it says as people read it, where that is not what the contact reads: numbers are masked in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The commands that follow once the provider has taken the message, without the prefix.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<String>,
    /// Those of them whose moment has come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due: Vec<String>,
    /// Whether it was counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_counted: bool,
}

impl Used {
    /// The same for a message that is sent again: what was due belongs to the first one.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { due: vec![], ..self.clone() }
    }
}

/// Blanks of a response that an agent is being asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// The id of it: 32 hexadecimal digits, random. Questions of another one are not answered.
    pub id: String,
    /// The interaction whose contact is to get it.
    pub interaction: InteractionId,
    /// Who asked for it, and is asked.
    pub agent: AgentId,
    /// The message in which they did.
    pub event: OwnedEventId,
    /// The event which that replies to, if the desk did not know it: it may be internal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<OwnedEventId>,
    /// The shortcut.
    pub shortcut: String,
    /// The blanks, as they were then.
    pub ask: Vec<String>,
    /// What was answered, in their order.
    pub answers: Vec<String>,
    /// When it is to go, if that is not at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<Moment>,
}

impl Asking {
    /// The blank that is asked for now; nothing once all are answered.
    #[must_use]
    pub fn blank(&self) -> Option<&str> {
        self.ask.get(self.answers.len()).map(String::as_str)
    }

    /// The answers by their names.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.ask.iter().cloned().zip(self.answers.iter().cloned()).collect()
    }
}
