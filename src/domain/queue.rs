//! Queues and our numbers: the rules an interaction is begun with.

use serde::{Deserialize, Serialize};

pub use super::auto_answer::AutoAnswer;
use super::hours::Hours;
use super::ids::QueueName;
use super::interaction::{DispositionRule, Mode};
use crate::clock::Millis;

/// How a queue finds an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Routing {
    /// It offers to one agent at a time.
    #[default]
    Push,
    /// It shows to all, and the first who accepts has it.
    Pick,
}

/// What a queue is set to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSettings {
    /// How it finds an agent.
    #[serde(default)]
    pub routing: Routing,
    /// What an agent must know to be offered its interactions.
    #[serde(default)]
    pub skills: Vec<String>,
    /// The priority its interactions begin with, in points of a minute each.
    #[serde(default)]
    pub priority: i64,
    /// How its offers are accepted, where the agent does not do it themselves.
    #[serde(default)]
    pub auto_answer: Option<AutoAnswer>,
    /// How long an offer stands, in milliseconds.
    pub offer_ms: u64,
    /// How long a message can be taken back, in milliseconds.
    pub undo_ms: u64,
    /// How long a session lives in which nothing is said, in milliseconds.
    pub expiry_ms: u64,
    /// Whether an interaction needs a disposition before it is done.
    pub disposition: DispositionRule,
    /// When it is open; always, where nothing is said.
    #[serde(default)]
    pub hours: Option<Hours>,
    /// What contacts are sent for whom nobody is ready: a text for [`crate::domain::text::fill`].
    #[serde(default)]
    pub waiting_text: Option<String>,
    /// What contacts are sent who write outside its hours.
    #[serde(default)]
    pub closed_text: Option<String>,
    /// What a contact is sent whose agent goes to speak with a colleague: a text for [`crate::domain::text::fill`].
    #[serde(default)]
    pub voice_text: Option<String>,
    /// What stands under each owner's first message: a text for [`crate::domain::text::fill`].
    #[serde(default)]
    pub signature: Option<String>,
    /// Case data each interaction of the queue begins with.
    pub case: Vec<(String, String)>,
}

/// A queue of which nothing is said in the config.
impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            routing: Routing::Push,
            skills: vec![],
            priority: 0,
            auto_answer: None,
            offer_ms: 60_000,
            undo_ms: 3_000,
            expiry_ms: 86_400_000,
            disposition: DispositionRule::Optional,
            hours: None,
            waiting_text: None,
            closed_text: None,
            voice_text: None,
            signature: None,
            case: vec![],
        }
    }
}

impl QueueSettings {
    /// Whether it is closed at a moment.
    #[must_use]
    pub fn is_closed(&self, at: Millis) -> bool {
        self.hours.as_ref().is_some_and(|hours| !hours.is_open(at))
    }
}

/// Where something goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Into this queue.
    Queue(QueueName),
    /// Into the queue that the route of this name picks.
    Route(String),
}

/// What a number of ours is set to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberSettings {
    /// Where its interactions go.
    #[serde(flatten)]
    pub target: Target,
    /// How long an interaction lives that begins with a text.
    pub mode: Mode,
    /// How long one lives that begins with an MMS.
    pub mms_mode: Mode,
    /// Case data each interaction of the number begins with.
    pub case: Vec<(String, String)>,
}
