//! What is said of telephone calls.

use serde::{Deserialize, Serialize};

use crate::domain::call::{CallResult, NotDialled};

/// What is told of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallNews {
    /// The agent's phone is called.
    Calling,
    /// The contact has answered.
    Talking,
    /// The contact is on hold.
    OnHold,
    /// The contact is not on hold any more.
    OffHold,
    /// The contact could not be put on hold.
    NotHeld,
    /// The contact could not be taken off hold.
    NotResumed,
    /// It is to end, as the agent wants it.
    HangingUp,
    /// It is over.
    Ended,
}

/// A telephone call to a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCard {
    /// What is told of it.
    pub news: CallNews,
    /// The contact's name.
    pub contact: String,
    /// The number that is called.
    pub number: String,
    /// The same, once it is over, where the conversation it was begun in is with another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_number: Option<String>,
    /// The number of ours that they see.
    pub our_number: String,
    /// How it ended, once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CallResult>,
    /// For how many seconds they spoke.
    #[serde(default)]
    pub secs: u64,
    /// Why the provider did not take it, or not do it, in its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// Whether the contact is on hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_hold: bool,
}

/// A contact is not called, or a call to them not changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRefusal {
    /// The contact's name, or what was typed; empty where nobody was named.
    pub contact: String,
    /// The agent who wanted it, by their id.
    pub agent: String,
    /// Why not.
    pub why: NotDialled,
}
