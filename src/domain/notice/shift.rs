//! The end of a shift, what supervisors do, and who asks them for help.

use ruma::OwnedRoomId;
use serde::{Deserialize, Serialize};

use super::{CallbackItem, LaterItem, PastLine, Refusal};
use crate::domain::agent::Channels;
use crate::domain::ids::{InteractionId, QueueName};

/// An owner asks the supervisors for help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandCard {
    /// The contact's name.
    pub contact: String,
    /// The contact's number.
    pub number: String,
    /// The name of the owner who asks.
    pub owner: String,
    /// The queue.
    pub queue: QueueName,
    /// How long ago the conversation began, in seconds.
    pub secs: u64,
    /// What the owner says; empty for nothing.
    #[serde(default)]
    pub note: String,
    /// What was said last, or what the owner points at.
    #[serde(default)]
    pub lines: Vec<PastLine>,
    /// Case data, as much of it as a preview shows.
    pub case: Vec<(String, String)>,
    /// How much more there is of it.
    #[serde(default)]
    pub case_more: usize,
    /// Its room, to go to.
    pub room: Option<OwnedRoomId>,
    /// The name of the supervisor who came; nothing while nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<String>,
    /// Whether nobody has to come any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_over: bool,
}

/// Your supervisors know that you ask for help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandRaised {
    /// Their names.
    pub told: Vec<String>,
}

/// A conversation among those that somebody has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    /// Its id.
    pub id: InteractionId,
    /// The contact's name.
    pub contact: String,
    /// Its state, like `active`.
    pub state: String,
    /// Its room, to go to.
    pub room: Option<OwnedRoomId>,
    /// Why it stays as it is, where it was to be moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stays: Option<Refusal>,
}

/// What an agent who has signed off still has, and what may become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWork {
    /// What they have.
    pub items: Vec<WorkItem>,
    /// What may become of all of it, numbered from 1.
    pub choices: Vec<WorkChoice>,
    /// The names of the contacts who were just offered to them, and are not any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<String>,
    /// The callbacks to come for which they would be asked first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callbacks: Vec<CallbackItem>,
    /// The texts that go later, in conversations that they have or had last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<LaterItem>,
    /// The time zone of these times.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zone: String,
}

/// What may become of all that somebody has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "choice", rename_all = "snake_case")]
pub enum WorkChoice {
    /// It is queued again.
    Requeue,
    /// A colleague is asked to take it.
    To {
        /// The colleague's name.
        who: String,
    },
    /// It stays theirs.
    Keep,
}

/// What became of conversations that were to go elsewhere together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkMoved {
    /// The name of whoever had them.
    pub owner: String,
    /// The name of the colleague who is asked to take them; nothing where they are queued again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Those that went.
    pub moved: Vec<WorkItem>,
    /// Those that stay, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stay: Vec<WorkItem>,
}

/// A supervisor closed a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedFor {
    /// Whose conversation it was.
    pub contact: String,
    /// The name of its owner, where it had one.
    pub owner: Option<String>,
    /// The label of what it was closed with.
    pub disposition: Option<String>,
}

/// A supervisor changed what an agent is ready for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateSet {
    /// The agent's name.
    pub agent: String,
    /// The supervisor's name.
    pub by: String,
    /// What the agent is ready for now.
    pub readiness: Channels,
    /// Whether the agent reads it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_you: bool,
}

/// An agent is not ready for longer than the reason they gave allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TooLong {
    /// The agent's name.
    pub agent: String,
    /// The agent's id, for commands.
    pub agent_id: String,
    /// The label of the reason.
    pub reason: String,
    /// For how long it allows, in seconds.
    pub max_secs: u64,
    /// Whether the agent reads it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_you: bool,
}

/// What can be done next in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextSteps {
    /// The steps, numbered from 1.
    pub steps: Vec<NextStep>,
}

/// One thing that can be done next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// The command, without the prefix.
    pub run: String,
    /// What it does, in a few words.
    pub does: String,
}
