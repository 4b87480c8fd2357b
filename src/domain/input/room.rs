//! What happens in Matrix rooms, and to them.

use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::sent_file::SentFile;

/// An event of a Matrix room, reduced to what the desk acts on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEvent {
    /// The event's id; the receipt that keeps it single.
    pub event_id: OwnedEventId,
    /// The room it happened in.
    pub room_id: OwnedRoomId,
    /// The user who did it.
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
        /// The client's HTML, in which its formatting is resolved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        formatted: Option<String>,
    },
    /// They edited an earlier message of theirs.
    Edit {
        /// The message that was edited.
        of: OwnedEventId,
        /// The kind of the new message.
        kind: MessageKind,
        /// The new plain body.
        body: String,
        /// Users named by pills, as (user id, name shown).
        pills: Vec<(String, String)>,
        /// The client's HTML, in which its formatting is resolved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        formatted: Option<String>,
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
        /// The user whose membership changed.
        user: OwnedUserId,
        /// What the membership became.
        membership: Membership,
        /// The membership before, if the homeserver says so.
        before: Option<Membership>,
        /// The reason given.
        reason: Option<String>,
        /// Whether the invite is for a direct room.
        is_direct: bool,
    },
    /// The bot's own marker came back: everything that happened before it has been seen.
    Marker {
        /// The nonce that was sent.
        nonce: String,
    },
    /// The room was upgraded: people are to go on in another.
    Upgraded,
    /// Something a person sent that has no meaning for a phone: a sticker, a poll, an unknown event.
    Unsupported {
        /// The Matrix event type.
        event_type: String,
        /// Whether it stands in a thread.
        in_thread: bool,
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
    Media {
        /// The file; nothing where the event does not say where it lies in clear.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<SentFile>,
    },
    /// The same, encrypted for those in the room that it comes from: nothing but their clients can read it.
    EncryptedFile,
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

impl MessageKind {
    /// The file it brings.
    #[must_use]
    pub fn file(&self) -> Option<&SentFile> {
        match self {
            Self::Media { file } => file.as_ref(),
            Self::Text
            | Self::Emote
            | Self::Notice
            | Self::EncryptedFile
            | Self::Location { .. }
            | Self::Other { .. } => None,
        }
    }
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

/// How a room of ours was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The homeserver does not know that the bot was ever in it: it was deleted.
    Gone,
    /// The bot was taken out of it.
    Removed,
    /// It was upgraded.
    Upgraded,
}

impl Loss {
    /// What happened, as a sentence without its end.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Gone => "the room was deleted",
            Self::Removed => "the room was deleted, or the bot taken out of it",
            Self::Upgraded => "the room was upgraded",
        }
    }
}
