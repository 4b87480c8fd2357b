//! What whoever texts a contact first is told.

use serde::{Deserialize, Serialize};

use crate::domain::outbound::{NotTexted, Warning};

/// A text to a contact is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsCard {
    /// The contact's name.
    pub contact: String,
    /// Their number.
    pub number: String,
    /// The number of ours that it comes from.
    pub our_number: String,
    /// What goes before it, because they have heard nothing from that number before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it says, where that is a standard response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// For how many seconds it can still be taken back.
    pub undo_secs: u64,
}

/// A text to a contact is not sent before its writer says that it is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsQuestion {
    /// The contact's name.
    pub contact: String,
    /// Their number.
    pub number: String,
    /// The text.
    pub text: String,
    /// What there is to be thought of.
    pub warnings: Vec<Warning>,
}

/// A text to a contact is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsRefusal {
    /// The contact's name, or what was typed.
    pub contact: String,
    /// The contact's id, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// Why not.
    pub why: NotTexted,
    /// The number of ours that it would have come from, where one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub our_number: Option<String>,
}
