//! Pictures of contacts, and other parts of an MMS: they are fetched beside the lane of their room. What the
//! contact writes after a picture waits a moment for it; what the desk says does not.

use std::time::Duration;

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use super::ids::InteractionId;
use super::lane::Lane;
use super::media_part::MediaPart;
use super::notice::Attachment;
use crate::clock::Millis;

/// How long the contact's next texts wait for a picture.
pub const IN_PLACE: Duration = Duration::from_secs(5);
/// How long the desk keeps asking for a picture that the provider does not give.
pub const MAY_COME: Duration = Duration::from_mins(2);

/// A part of an MMS that is to be shown in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The interaction in whose room it is shown.
    pub interaction: InteractionId,
    /// The part, and where the provider serves it.
    pub part: MediaPart,
    /// Which part of its message it is, from 1.
    pub number: u32,
    /// The agent whose phone it makes ring.
    pub mention: Option<OwnedUserId>,
    /// When it was sent.
    pub sent_at: Millis,
    /// The beginning of the text it came with; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub beside: String,
    /// Until when the contact's next texts wait for it.
    pub wait_until: Millis,
}

impl Picture {
    /// How people know which attachment is meant: by the text it came with, if there is one.
    #[must_use]
    pub fn which(&self) -> Attachment {
        Attachment { number: self.number, sent_at: self.sent_at, beside: self.beside.clone() }
    }

    /// What it goes by among all there are.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.lane(), self.part.url)
    }

    /// The lane in which it is fetched: its own, so that nothing waits for it.
    #[must_use]
    pub fn lane(&self) -> Lane {
        let Self { interaction, wait_until, number, .. } = self;
        Lane::Media { interaction: interaction.clone(), wait_until: *wait_until, number: *number }
    }
}
