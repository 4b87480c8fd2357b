//! Timers: what the desk looks at again later. A timer that no longer fits is not deleted; it is refused as
//! stale when it fires.

use std::time::Duration;

use ruma::{OwnedEventId, OwnedRoomId};
use serde::{Deserialize, Serialize};

use super::ids::{AgentId, ErasureId, InteractionId, QueueName, TokenId};
use super::input::RoomEvent;
use crate::clock::Millis;

/// How long after a conversation is done the bot leaves its room.
pub const LEAVE_AFTER: Duration = Duration::from_hours(30 * 24);

/// For how long a token is shown to whoever made it.
pub const SHOW_TOKEN_FOR: Duration = Duration::from_mins(10);

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
    /// An offer that nobody has answered rings once more.
    OfferRings {
        /// The interaction whose offer it is.
        interaction: InteractionId,
        /// Which of its offers.
        number: u32,
        /// The moment for which the timer was set; stale if that has moved.
        rings_at: Millis,
    },
    /// The next step of overflow may have come: nobody has taken it.
    Overflow {
        /// The interaction that waits.
        interaction: InteractionId,
        /// The moment for which the timer was set.
        at: Millis,
    },
    /// The contact may have waited for too long for an answer.
    ReplyWait {
        /// The interaction they wrote in.
        interaction: InteractionId,
        /// When they wrote the oldest text that was not answered.
        since: Millis,
        /// How many steps had been taken.
        taken: usize,
        /// The moment for which the timer was set.
        at: Millis,
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
    /// A text goes to a contact that was typed for this moment.
    Later {
        /// The command it was typed in.
        event: OwnedEventId,
        /// The moment; stale if that has changed.
        at: Millis,
    },
    /// A contact is to be called.
    Callback {
        /// The command in which that was asked for.
        event: OwnedEventId,
        /// When it is due; stale if that has changed.
        at: Millis,
    },
    /// A call is to be looked at: reports of it may be lost.
    CallLook {
        /// The call.
        call: InteractionId,
        /// How often it was looked at before.
        tries: u32,
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
    /// The time that an agent's reason not to be ready allows may be over.
    NotReadyTooLong {
        /// The agent.
        agent: AgentId,
        /// Since when they are not ready; stale if something has changed since.
        since: Millis,
    },
    /// A token was shown for long enough: what shows it is taken away.
    TokenShown {
        /// Which token.
        token: TokenId,
        /// In whose console it is shown.
        agent: AgentId,
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
            Self::Quiet { .. } | Self::Later { .. } => WaitsFor::Texts,
            Self::Callback { .. }
            | Self::OfferExpires { .. }
            | Self::OfferRings { .. }
            | Self::Overflow { .. }
            | Self::ReplyWait { .. }
            | Self::OwnerAway { .. }
            | Self::PageOver { .. }
            | Self::SnoozeOver { .. }
            | Self::NotReadyTooLong { .. } => WaitsFor::Backlog,
            Self::CallLook { .. }
            | Self::RouteAgain { .. }
            | Self::ReconcilePart { .. }
            | Self::TokenShown { .. }
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
            | Self::Overflow { interaction, .. }
            | Self::OwnerAway { interaction }
            | Self::ReplyWait { interaction, .. }
            | Self::Quiet { interaction, .. }
            | Self::PageOver { interaction, .. } => Some(interaction),
            Self::OfferRings { .. }
            | Self::CallLook { .. }
            | Self::Callback { .. }
            | Self::Later { .. }
            | Self::SnoozeOver { .. }
            | Self::NotReadyTooLong { .. }
            | Self::RouteAgain { .. }
            | Self::ReconcilePart { .. }
            | Self::TokenShown { .. }
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
