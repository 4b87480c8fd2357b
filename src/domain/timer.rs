//! Timers: what the desk looks at again later. A timer that no longer fits is not deleted; it is refused as
//! stale when it fires.

use std::time::Duration;

use ruma::OwnedRoomId;
use serde::{Deserialize, Serialize};

use super::ids::{ErasureId, InteractionId, QueueName};
use super::input::RoomEvent;
use crate::clock::Millis;

/// How long after a conversation is done the bot leaves its room.
pub const LEAVE_AFTER: Duration = Duration::from_hours(30 * 24);

/// A moment at which the desk looks at something again.
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
    /// The time is over for which an interaction was snoozed.
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
    /// A queue is routed again, because agents who refused may be asked anew.
    RouteAgain {
        /// The queue to look at.
        queue: QueueName,
    },
    /// A conversation has been done for so long that bot and ghost leave its room.
    LeaveRoom {
        /// The interaction or talk whose room it is.
        interaction: InteractionId,
    },
    /// Someone reacted to an event that the desk did not know: it may be ours, and not recorded yet.
    ReactedEarly {
        /// The reaction, as the homeserver brought it.
        event: Box<RoomEvent>,
    },
    /// A contact's texts have waited long enough for their pictures.
    PicturesLate {
        /// The interaction in whose room the texts wait.
        interaction: InteractionId,
    },
    /// Texts of a flood came a while ago that nobody was told of.
    Flood {
        /// The interaction they were written down in.
        interaction: InteractionId,
    },
    /// What it is for cannot be read.
    Unreadable,
    /// Something was set aside a moment ago: admins, and who wrote it, are to be told.
    DeadLetters,
    /// An admin wants a dead letter tried again.
    Retry {
        /// The input, as it was kept.
        input: String,
    },
    /// The bot or a ghost left a room a moment ago, in whoever's name: the room has to be checked.
    RoomDoubted {
        /// The id of the room to look at.
        room: OwnedRoomId,
    },
    /// An agent left a room that may be lost: when a room is deleted, everyone leaves it in their own name.
    LeftInDoubt {
        /// How they left.
        event: Box<RoomEvent>,
    },
    /// Rooms were lost a moment ago: admins are to be told.
    RoomsLost,
    /// More of a contact who was erased is to be forgotten.
    Forget {
        /// The erasure.
        erasure: ErasureId,
    },
    /// The provider has taken a standard response: the commands that follow are run.
    Then {
        /// The message, by the desk's id of it.
        reply: String,
    },
    /// The fate of a part is to be looked up at the provider.
    ReconcilePart {
        /// The part, by the id we gave the provider.
        part: String,
        /// How often it was looked for before.
        tries: u32,
    },
}

/// What must have been seen before a timer runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WaitsFor {
    /// Everything that happened meanwhile, and no text of a contact can be missing.
    Texts,
    /// Everything that happened meanwhile.
    Backlog,
    /// It runs when it is due.
    Nothing,
}

impl Due {
    /// Whether it must wait until no text of a contact can be missing.
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
            | Self::ReconcilePart { .. }
            | Self::Then { .. }
            | Self::LeaveRoom { .. }
            | Self::ReactedEarly { .. }
            | Self::PicturesLate { .. }
            | Self::Flood { .. }
            | Self::Unreadable
            | Self::DeadLetters
            | Self::Retry { .. }
            | Self::RoomDoubted { .. }
            | Self::LeftInDoubt { .. }
            | Self::RoomsLost
            | Self::Forget { .. } => WaitsFor::Nothing,
        }
    }

    /// The conversation in which it is a deadline of people. During an outage nobody could do anything, so
    /// the deadline moves by as long. A moment that someone named does not move.
    #[must_use]
    pub fn runs_out_in(&self) -> Option<&InteractionId> {
        match self {
            Self::OfferExpires { interaction, .. }
            | Self::OwnerAway { interaction }
            | Self::Quiet { interaction, .. }
            | Self::PageOver { interaction, .. } => Some(interaction),
            Self::SnoozeOver { .. }
            | Self::RouteAgain { .. }
            | Self::ReconcilePart { .. }
            | Self::Then { .. }
            | Self::LeaveRoom { .. }
            | Self::ReactedEarly { .. }
            | Self::PicturesLate { .. }
            | Self::Flood { .. }
            | Self::Unreadable
            | Self::DeadLetters
            | Self::Retry { .. }
            | Self::RoomDoubted { .. }
            | Self::LeftInDoubt { .. }
            | Self::RoomsLost
            | Self::Forget { .. } => None,
        }
    }
}
