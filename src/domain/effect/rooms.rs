//! Rooms and consoles: made, looked at, left, cleared.

use ruma::{OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::rules::{Rules, at, beside, in_room_of};
use crate::domain::class::Class;
use crate::domain::ids::{AgentId, GhostName, InteractionId};
use crate::domain::lane::Lane;

/// Make the room of an interaction and let the contact's ghost join it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRoom {
    /// The interaction or talk whose room it is.
    pub interaction: InteractionId,
}

impl OpenRoom {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).of(Class::Room).each_time()
    }
}

/// Make an agent's console and invite them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenConsole {
    /// The agent whose console it is.
    pub agent: AgentId,
    /// The local part of the room's alias.
    pub alias: String,
}

impl OpenConsole {
    pub(super) fn rules(&self) -> Rules {
        at(&Place::Console(self.agent.clone())).of(Class::AwaitedRoom).each_time()
    }
}

/// Make an agent's space, or find it, and let their console stand in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSpace {
    /// The agent whose space it is.
    pub agent: AgentId,
    /// The local part of its alias.
    pub alias: String,
}

impl OpenSpace {
    pub(super) fn rules(&self) -> Rules {
        at(&Place::Console(self.agent.clone())).once(format!("space:{}", self.agent))
    }
}

/// A room was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomMade {
    /// The id of the room, new or found again.
    pub room: OwnedRoomId,
    /// What the contact's ghost in it is called now.
    #[serde(default)]
    pub ghost: Option<String>,
}

/// Invite an agent into their console again, if they are not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferConsole {
    /// The agent whose console it is.
    pub agent: AgentId,
}

impl OfferConsole {
    pub(super) fn rules(&self) -> Rules {
        at(&Place::Console(self.agent.clone())).each_time()
    }
}

/// Take someone who is no agent any more out of their console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseConsole {
    /// The agent whose console it is.
    pub agent: AgentId,
    /// Their Matrix account.
    pub user: OwnedUserId,
}

impl CloseConsole {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Console(self.agent.clone())).of(Class::Talk).each_time()
    }
}

/// Let ghost and bot leave and forget the room of an interaction that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveRoom {
    /// The interaction or talk whose room it is.
    pub interaction: InteractionId,
}

impl LeaveRoom {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Room(self.interaction.clone())).each_time()
    }
}

/// Leave a room that is not the desk's, or is no longer known to it, saying why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveForeign {
    /// The id of the room.
    pub room: OwnedRoomId,
    /// What people there read as the reason.
    pub reason: String,
    /// Which ghost leaves it; none for the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ghost: Option<OwnedUserId>,
}

impl LeaveForeign {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Foreign(self.room.clone())).each_time()
    }
}

/// Look whether a room of the desk can still be used, and let the contact's ghost back in where it is
/// out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookAtRoom {
    /// What the room is for.
    pub place: Place,
    /// The id of the room.
    pub room: OwnedRoomId,
}

impl LookAtRoom {
    pub(super) fn rules(&self) -> Rules {
        at(&self.place).once(format!("look:{}", self.room))
    }
}

/// Take everyone out of a room that another has taken the place of, and leave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearRoom {
    /// The id of the room.
    pub room: OwnedRoomId,
    /// The ghost in it.
    pub ghost: Option<GhostName>,
}

impl ClearRoom {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Foreign(self.room.clone())).each_time()
    }
}
