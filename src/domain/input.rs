//! Everything that can happen to the desk, as it comes through its one door.

use matrix_sdk::ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::ids::Number;
use crate::clock::Millis;

/// A text or MMS of a contact, as the provider handed it over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactText {
    /// The provider's id of the message; the receipt that keeps it single.
    pub sid: String,
    /// Who wrote it.
    pub from: Number,
    /// The number of ours they wrote to.
    pub to: Number,
    /// The text, verbatim; empty for a picture alone.
    pub body: String,
    /// The pictures and other parts, in order.
    pub media: Vec<MediaPart>,
    /// What the provider knows of the sender: `city`, `state`, `zip`, `country`.
    pub origin: Vec<(String, String)>,
    /// What the provider made of an opt-out keyword.
    pub opt_out: Option<OptOut>,
    /// When the provider got it, where it was fetched later instead of being pushed.
    pub fetched_late: Option<Millis>,
}

/// One part of an MMS, still at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaPart {
    /// Where the provider serves it.
    pub url: String,
    /// The media type the provider claims, e.g. `image/jpeg`.
    pub content_type: String,
}

/// An opt-out keyword, as the provider or we recognised it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOut {
    /// The contact wants no more messages.
    Stop,
    /// The contact wants messages again.
    Start,
    /// The contact asks who this is.
    Help,
}

/// An event of a Matrix room, reduced to what the desk acts on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEvent {
    /// The event's id; the receipt that keeps it single.
    pub event_id: OwnedEventId,
    /// The room it happened in.
    pub room_id: OwnedRoomId,
    /// Who did it.
    pub sender: OwnedUserId,
    /// When, by the homeserver's clock.
    pub at: Millis,
    /// What happened.
    pub what: RoomAct,
}

/// What someone did in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum RoomAct {
    /// They wrote something.
    Message {
        /// What kind of message it is.
        kind: MessageKind,
        /// The plain body. For media the caption, if there is one.
        body: String,
        /// The event this one replies to.
        reply_to: Option<OwnedEventId>,
        /// Whether it was written inside a thread.
        in_thread: bool,
        /// Users named by pills, as (user id, name shown), to turn ids back into names.
        pills: Vec<(String, String)>,
    },
    /// They edited an earlier message of theirs.
    Edit {
        /// The message that was edited.
        of: OwnedEventId,
        /// The new kind.
        kind: MessageKind,
        /// The new plain body.
        body: String,
    },
    /// They deleted a message.
    Redaction {
        /// The message that was deleted.
        of: OwnedEventId,
    },
    /// They reacted to a message.
    Reaction {
        /// The message they reacted to.
        of: OwnedEventId,
        /// The emoji or text of the reaction.
        key: String,
    },
    /// A membership changed: the sender's own, or one that the sender changed.
    Member {
        /// Whose membership.
        user: OwnedUserId,
        /// What it became.
        membership: Membership,
        /// What it was before, where the homeserver says so.
        before: Option<Membership>,
        /// The reason given.
        reason: Option<String>,
        /// Whether the invite is for a direct room.
        is_direct: bool,
    },
    /// The bot's own marker came back: all that happened before it has been seen.
    Marker {
        /// The nonce that was sent.
        nonce: String,
    },
    /// Something a person sent that has no meaning for a phone: a sticker, a poll, an unknown event.
    Unsupported {
        /// The Matrix event type.
        event_type: String,
    },
}

/// The kinds of message the desk tells apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MessageKind {
    /// `m.text`.
    Text,
    /// `m.emote`.
    Emote,
    /// `m.notice`, which bots write and nobody answers.
    Notice,
    /// `m.image`, `m.video`, `m.audio`, `m.file`.
    Media,
    /// `m.location`, with its `geo:` URI.
    Location {
        /// The URI, e.g. `geo:52.5,13.4`.
        geo_uri: String,
    },
    /// Any other message type, named.
    Other {
        /// The Matrix message type.
        msgtype: String,
    },
}

/// A room membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// Invited.
    Invite,
    /// In the room.
    Join,
    /// Left, declined or removed.
    Leave,
    /// Banned.
    Ban,
    /// Asked to be let in.
    Knock,
}
