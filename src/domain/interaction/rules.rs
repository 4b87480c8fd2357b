//! What an interaction takes over when it begins, and what it is closed with.

use serde::{Deserialize, Serialize};

use super::reply_wait::ReplyTimes;
use crate::domain::overflow::OverflowStep;

/// What an interaction takes over from its queue and the desk's timers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// How long an offer stands, in milliseconds.
    pub offer_ms: u64,
    /// After how long an offer that nobody has answered rings once more, in milliseconds; 0 for never.
    #[serde(default)]
    pub ring_ms: u64,
    /// How long an owner's message can still be taken back, in milliseconds.
    pub undo_ms: u64,
    /// How long a session lives in which nothing is said, in milliseconds.
    pub expiry_ms: u64,
    /// How long before that its owner is warned, in milliseconds; 0 for no warning.
    pub warning_ms: u64,
    /// How long after the first answer to a page a second one may follow, in milliseconds.
    pub page_grace_ms: u64,
    /// Whether it needs a disposition before it is done.
    pub disposition: DispositionRule,
    /// Its priority, in points of a minute each.
    #[serde(default)]
    pub priority: i64,
    /// The skills that an agent needs to be offered it.
    #[serde(default)]
    pub skills: Vec<String>,
    /// From more than how many segments on a message's writer is told what it cost; 0 for never.
    #[serde(default)]
    pub warn_segments: u64,
    /// By when the contact's texts are to be answered, where that is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<Box<ReplyTimes>>,
    /// What is done for a contact whom nobody takes, step by step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overflow: Vec<OverflowStep>,
}

impl Default for Rules {
    /// As from a queue that sets nothing.
    fn default() -> Self {
        Self {
            offer_ms: 60_000,
            ring_ms: 20_000,
            undo_ms: 3_000,
            expiry_ms: 86_400_000,
            warning_ms: 300_000,
            page_grace_ms: 10_000,
            disposition: DispositionRule::Optional,
            priority: 0,
            skills: vec![],
            warn_segments: 0,
            replies: None,
            overflow: vec![],
        }
    }
}

/// Whether an interaction needs a disposition before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DispositionRule {
    /// It may have one.
    Optional,
    /// It must have one.
    Mandatory,
    /// It has none.
    None,
}

/// What an interaction is closed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition {
    /// The code, which people type.
    pub code: String,
    /// The label, which people read.
    pub label: String,
}
