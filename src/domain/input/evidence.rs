//! The outcome of an effect, and the claim that lets a worker record it.

use ruma::{OwnedEventId, OwnedRoomId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::agent::Agent;
use crate::domain::effect::Role;
use crate::domain::ids::AgentId;
use crate::domain::lane::Lane;
use crate::domain::notice::NotShown;
use crate::domain::picture::Picture;

/// The right to record the outcome of an effect: its position, and the epoch under which its lane is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The lane.
    pub lane: Lane,
    /// The place in it.
    pub seq: i64,
    /// The version that was delivered.
    pub version: i64,
    /// The epoch of the lane's lease.
    pub epoch: i64,
}

/// The result of a delivered effect on the other side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "made", rename_all = "snake_case")]
pub enum Evidence {
    /// Nothing to remember.
    Nothing,
    /// A room.
    Room {
        /// The id of the room, new or found again.
        room: OwnedRoomId,
        /// The name of the contact's ghost in it.
        #[serde(default)]
        ghost: Option<String>,
    },
    /// An event of the contact's ghost.
    Said {
        /// The id of that event.
        event: OwnedEventId,
    },
    /// A notice of the bot.
    Noticed {
        /// The id of that event.
        event: OwnedEventId,
        /// What answering it means.
        role: Option<Role>,
    },
    /// The homeserver said whether there is such a user.
    Met {
        /// The agent they are to be.
        agent: Box<Agent>,
        /// The admin who adds them.
        by: AgentId,
        /// Whether there is such a user.
        is_known: bool,
    },
    /// A part of an MMS was fetched, and can be shown.
    MediaHad {
        /// The part, with where it is to be shown.
        picture: Box<Picture>,
        /// What is posted of it.
        content: Value,
    },
    /// A part of an MMS cannot be fetched, now or later.
    MediaLost {
        /// The part, with where it was to be shown.
        picture: Box<Picture>,
        /// Why it cannot be had.
        why: NotShown,
    },
}
