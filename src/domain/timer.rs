//! What is to be looked at again later. One that no longer fits is not taken back, but
//! refused as stale.

use std::time::Duration;

use ruma::OwnedRoomId;
use serde::{Deserialize, Serialize};

use super::ids::{InteractionId, QueueName};
use super::input::RoomEvent;
use crate::clock::Millis;

/// How long after a conversation is done the desk leaves its room.
pub const LEAVE_AFTER: Duration = Duration::from_hours(30 * 24);

/// A moment at which something is looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// The moment from which it is due.
    pub due_at: Millis,
    /// What is to be looked at then.
    pub what: Due,
}

/// What a timer is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "due", rename_all = "snake_case")]
pub enum Due {
    /// An offer runs out.
    OfferExpires {
        /// The interaction or talk whose offer it is.
        interaction: InteractionId,
        /// Which of its offers.
        number: u32,
    },
    /// A session may have been quiet for long.
    Quiet {
        /// The session.
        interaction: InteractionId,
        /// The expiry the timer was set for.
        expires_at: Millis,
    },
    /// The time for a second answer to a page is over.
    PageOver {
        /// The page.
        interaction: InteractionId,
        /// The deadline the timer was set for.
        over_at: Millis,
    },
    /// The moment has come until which an interaction was put away.
    SnoozeOver {
        /// The interaction that was put away.
        interaction: InteractionId,
        /// The moment until which it was put away; stale if that has moved.
        until: Millis,
    },
    /// An owner should have come into the room.
    OwnerAway {
        /// The interaction whose owner it is.
        interaction: InteractionId,
    },
    /// A queue is to be looked at again, because who refused may be asked anew.
    RouteAgain {
        /// The queue to look at.
        queue: QueueName,
    },
    /// A room has been done for so long that the bot and the ghost leave it.
    LeaveRoom {
        /// The interaction or talk whose room it is.
        interaction: InteractionId,
    },
    /// Someone reacted to what the desk did not know of: it may have been said by us, and that not been
    /// recorded yet.
    ReactedEarly {
        /// The reaction, as the homeserver brought it.
        event: Box<RoomEvent>,
    },
    /// What a contact wrote has waited long enough for their pictures.
    PicturesLate {
        /// The interaction in whose room the texts wait.
        interaction: InteractionId,
    },
    /// What it is for cannot be read.
    Unreadable,
    /// Something was set aside a moment ago: admins, and who wrote it, are to be told.
    DeadLetters,
    /// A person wants an input tried again that was set aside.
    Retry {
        /// The input, as it was kept.
        input: String,
    },
    /// The bot or a ghost went out of a room a moment ago, in whoever's name: the room is to be looked at.
    RoomDoubted {
        /// The id of the room to look at.
        room: OwnedRoomId,
    },
    /// An agent left a room that may be lost: whoever deletes a room has everyone leave it in their own name.
    LeftInDoubt {
        /// How they left.
        event: Box<RoomEvent>,
    },
    /// Rooms were lost a moment ago: admins are to be told.
    RoomsLost,
    /// The fate of a part is to be looked up at the provider.
    SettlePart {
        /// The part, by the id we gave the provider.
        part: String,
        /// How often it was looked for before.
        tries: u32,
    },
}

/// What a timer must have seen before what it is for is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WaitsFor {
    Texts,
    Backlog,
    Nothing,
}

impl Due {
    /// Whether it must wait until it is certain that no text of a contact is missing.
    #[must_use]
    pub fn waits_for_texts(&self) -> bool {
        self.waits_for() == WaitsFor::Texts
    }

    /// Whether it must wait, after a start or a gap, until everything that happened meanwhile has been seen.
    #[must_use]
    pub fn waits_for_backlog(&self) -> bool {
        self.waits_for() != WaitsFor::Nothing
    }

    fn waits_for(&self) -> WaitsFor {
        match self {
            Self::Quiet { .. } => WaitsFor::Texts,
            Self::OfferExpires { .. }
            | Self::OwnerAway { .. }
            | Self::PageOver { .. }
            | Self::SnoozeOver { .. } => WaitsFor::Backlog,
            Self::RouteAgain { .. }
            | Self::SettlePart { .. }
            | Self::LeaveRoom { .. }
            | Self::ReactedEarly { .. }
            | Self::PicturesLate { .. }
            | Self::Unreadable
            | Self::DeadLetters
            | Self::Retry { .. }
            | Self::RoomDoubted { .. }
            | Self::LeftInDoubt { .. }
            | Self::RoomsLost => WaitsFor::Nothing,
        }
    }

    /// The conversation in which time runs out for people with it: while nobody could do anything, that time
    /// stood still. A moment that someone has named comes when it comes.
    #[must_use]
    pub fn runs_out_in(&self) -> Option<&InteractionId> {
        match self {
            Self::OfferExpires { interaction, .. }
            | Self::OwnerAway { interaction }
            | Self::Quiet { interaction, .. }
            | Self::PageOver { interaction, .. } => Some(interaction),
            Self::SnoozeOver { .. }
            | Self::RouteAgain { .. }
            | Self::SettlePart { .. }
            | Self::LeaveRoom { .. }
            | Self::ReactedEarly { .. }
            | Self::PicturesLate { .. }
            | Self::Unreadable
            | Self::DeadLetters
            | Self::Retry { .. }
            | Self::RoomDoubted { .. }
            | Self::LeftInDoubt { .. }
            | Self::RoomsLost => None,
        }
    }
}
