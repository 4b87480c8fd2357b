//! What is to be looked at again later. One that no longer fits is not taken back, but
//! refused as stale.

use ruma::OwnedRoomId;
use serde::{Deserialize, Serialize};

use super::ids::{InteractionId, QueueName};
use super::input::RoomEvent;
use crate::clock::Millis;

/// A moment at which something is looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// When.
    pub due_at: Millis,
    /// What.
    pub what: Due,
}

/// What a timer is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "due", rename_all = "snake_case")]
pub enum Due {
    /// An offer runs out.
    OfferExpires {
        /// Of which interaction.
        interaction: InteractionId,
        /// Which of its offers.
        number: u32,
    },
    /// A session may have been quiet for long.
    Quiet {
        /// Which one.
        interaction: InteractionId,
        /// The expiry that is known.
        expires_at: Millis,
    },
    /// The time for a second answer to a page is over.
    PageOver {
        /// Which one.
        interaction: InteractionId,
        /// When it is over, as far as was known.
        over_at: Millis,
    },
    /// The moment has come until which an interaction was put away.
    SnoozeOver {
        /// Which one.
        interaction: InteractionId,
        /// That moment.
        until: Millis,
    },
    /// An owner should have come into the room.
    OwnerAway {
        /// Of which interaction.
        interaction: InteractionId,
    },
    /// A queue is to be looked at again, because who refused may be asked anew.
    RouteAgain {
        /// Which queue.
        queue: QueueName,
    },
    /// A room has been done for so long that the bot and the ghost leave it.
    LeaveRoom {
        /// Whose room.
        interaction: InteractionId,
    },
    /// Someone reacted to what the desk did not know of: it may have been said by us, and that not been recorded yet.
    ReactedEarly {
        /// The reaction.
        event: Box<RoomEvent>,
    },
    /// What a contact wrote has waited long enough for their pictures.
    PicturesLate {
        /// In which interaction.
        interaction: InteractionId,
    },
    /// What it is for cannot be read.
    Unreadable,
    /// Something was set aside a moment ago: admins, and who wrote it, are to be told.
    SetAside,
    /// The bot or a ghost went out of a room a moment ago, in whoever's name: the room is to be looked at.
    RoomDoubted {
        /// The room.
        room: OwnedRoomId,
    },
    /// Rooms were lost a moment ago: admins are to be told.
    RoomsLost,
    /// The fate of a part is to be looked up at the provider.
    SettlePart {
        /// Which part.
        part: String,
        /// How often it was looked for before.
        tries: u32,
    },
}

impl Due {
    /// Whether it must wait until it is certain that no text of a contact is missing.
    #[must_use]
    pub fn waits_for_texts(&self) -> bool {
        matches!(self, Self::Quiet { .. })
    }

    /// Whether it must wait, after a start or a gap, until everything that happened meanwhile has been seen.
    #[must_use]
    pub fn waits_for_backlog(&self) -> bool {
        match self {
            Self::OfferExpires { .. }
            | Self::OwnerAway { .. }
            | Self::Quiet { .. }
            | Self::PageOver { .. }
            | Self::SnoozeOver { .. } => true,
            Self::RouteAgain { .. }
            | Self::SettlePart { .. }
            | Self::LeaveRoom { .. }
            | Self::ReactedEarly { .. }
            | Self::PicturesLate { .. }
            | Self::Unreadable
            | Self::SetAside
            | Self::RoomDoubted { .. }
            | Self::RoomsLost => false,
        }
    }
}
