//! What the contact sent, as their ghost says it.

use ruma::{OwnedEventId, OwnedUserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rules::{Rules, in_room_of};
use crate::clock::Millis;
use crate::domain::ids::InteractionId;
use crate::domain::picture::Picture;

/// Let the contact's ghost say a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GhostText {
    /// The interaction in whose room it is said.
    pub interaction: InteractionId,
    /// The words, as they may stand in a room.
    pub body: String,
    /// Whose phone it makes ring.
    pub mention: Option<OwnedUserId>,
    /// When it was written, where it arrived late.
    pub written_at: Option<Millis>,
}

impl GhostText {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).each_time()
    }
}

/// Let the contact's ghost post one part of an MMS. It stands parked until the part is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GhostMedia {
    /// The part, with where it is to be shown.
    pub picture: Picture,
    /// What is posted, once it is there.
    pub content: Option<Value>,
    /// When it was sent, where it arrived late.
    pub written_at: Option<Millis>,
}

impl GhostMedia {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.picture.interaction).each_time()
    }
}

/// Let the contact's ghost react to a message of ours, as their phone did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GhostReact {
    /// The interaction in whose room it stands.
    pub interaction: InteractionId,
    /// The message.
    pub event: OwnedEventId,
    /// The emoji, which is the key of the reaction.
    pub key: String,
}

impl GhostReact {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).each_time()
    }
}

/// The contact's ghost said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The id of the event.
    pub event: OwnedEventId,
    /// The part of an MMS that it shows, by its [key](Picture::key).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}
