//! The outcome of an effect, and the claim that lets a worker record it.

use serde::{Deserialize, Serialize};

use crate::domain::effect::{
    Erased, Looked, MediaGone, MediaHad, MediaLost, Met, Noticed, RoomMade, Said, TakenAway, TextRead,
};
use crate::domain::lane::Lane;

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

/// The result of a delivered effect on the other side; what is told of it is defined beside the effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "made", rename_all = "snake_case")]
pub enum Evidence {
    /// Nothing to remember.
    Nothing,
    /// A room.
    Room(RoomMade),
    /// An event of the contact's ghost.
    Said(Said),
    /// A notice of the bot.
    Noticed(Noticed),
    /// Something of ours was taken away.
    TakenAway(TakenAway),
    /// The homeserver said whether there is such a user.
    Met(Met),
    /// The homeserver said what an event brings.
    Looked(Box<Looked>),
    /// A text of the contact was read.
    Read(TextRead),
    /// A part of an MMS was fetched, and can be shown.
    MediaHad(MediaHad),
    /// A part of an MMS cannot be fetched, now or later.
    MediaLost(MediaLost),
    /// A file is not at the homeserver any more.
    MediaGone(MediaGone),
    /// A piece of an erasure was done.
    Erased(Box<Erased>),
}
