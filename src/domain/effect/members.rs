//! Who is in the room of an interaction or talk.

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use super::rules::{Rules, in_room_of};
use crate::domain::ids::InteractionId;

/// Invite an agent into an interaction's room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The interaction or talk whose room it is.
    pub interaction: InteractionId,
    /// The account that is invited.
    pub user: OwnedUserId,
}

impl Invite {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).each_time()
    }
}

/// Let an agent who took an interaction join its room, where the bridge may act for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The interaction or talk whose room it is.
    pub interaction: InteractionId,
    /// The account that joins.
    pub user: OwnedUserId,
}

impl Join {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).each_time()
    }
}

/// Take an agent out of an interaction's room, or their invite back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remove {
    /// The interaction or talk whose room it is.
    pub interaction: InteractionId,
    /// The account that is taken out.
    pub user: OwnedUserId,
    /// What they read as the reason.
    pub reason: String,
}

impl Remove {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).each_time()
    }
}
