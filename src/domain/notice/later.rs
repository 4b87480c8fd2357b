//! What is said of texts that go to a contact later.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::when::Moment;

/// Why a text did not go at its time: it waits for a word, or is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// The contact has written since it was typed.
    ContactWrote,
    /// The desk could not send it at its time, and that is long ago.
    Late,
    /// Nobody had the conversation then.
    NobodyHadIt,
    /// The contact wants no texts.
    OptedOut,
    /// The contact is blocked.
    Blocked,
    /// The contact was erased.
    Erased,
    /// The conversation has expired.
    Expired,
    /// The contact cannot be answered on their channel until they write again.
    WindowClosed,
    /// The conversation is done, and the contact speaks with another agent by now.
    WithAnother,
    /// Who had the conversation is no agent any more.
    NoAgent,
}

/// A text that goes to a contact later, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterItem {
    /// Whom it is to.
    pub contact: String,
    /// What it says, as people may read it.
    pub text: String,
    /// The shortcut of the standard response that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortcut: Option<String>,
    /// What the files are called that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// When it goes.
    #[serde(flatten)]
    pub when: Moment,
    /// How long that is from now, in seconds.
    pub secs: u64,
    /// Why it waits for somebody's word, if its time has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Stopped>,
}

/// What is told of texts that go later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaterNews {
    /// It is kept until its time.
    Set,
    /// Its time has come, and it goes.
    Goes,
    /// These are still to go, as whoever asks wants to know.
    List,
    /// One is shown whole.
    Shown,
    /// It is still to go as it was typed first, since its command was edited to what cannot be carried out.
    Stays,
    /// These do not go, as an agent wants it.
    Cancelled,
    /// These are still to go, though the conversation is done.
    Outlive,
    /// These came with the conversation to its new owner.
    HandedOver,
}

/// Texts that go to a contact later, and what is told of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// What is told of them.
    pub news: LaterNews,
    /// The texts, the first to go first; numbered from 1 in a list.
    pub items: Vec<LaterItem>,
    /// The zone in which the clocks of the desk are, by its name.
    pub zone: String,
}

/// A text that did not go at its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledDropped {
    /// Why.
    pub why: Stopped,
    /// Whether it waits for a word; else it is not sent.
    pub asks: bool,
    /// Whom it is to; empty where they were erased.
    pub contact: String,
    /// What it says; empty where the contact was erased.
    pub text: String,
    /// When it was to go.
    pub at: Millis,
}
