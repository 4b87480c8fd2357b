//! The life of a talk: two agents in a room of their own. With a parent it is a consult about that
//! interaction, without one an IM; nothing else tells them apart.
//!
//! [`Talk::begin`] opens one. [`step`] is the table of what may happen in each phase; what follows from an
//! event is in `moves`. A talk may be begun again in the room of an earlier one. Effects on that room
//! therefore name the talk it was made for, the [`Talk::first_talk`].

mod kind;
mod moves;
mod wanted;

use ruma::OwnedRoomId;
use serde::{Deserialize, Serialize};

pub use self::kind::{ImPresence, Kind};
pub use self::wanted::Wanted;
use super::agent::{AgentRef, Readiness};
use super::conversation::offer::Via;
use super::effect::Effect;
use super::ids::{AgentId, InteractionId};
use super::input::Loss;
use super::interaction::ContactRef;
use super::notice::{Refusal, Says, StoryLine};
use super::timer::{Due, LEAVE_AFTER, Timer};
use crate::clock::Millis;

/// The number of a talk's only offer.
pub const OFFER: u32 = 1;

/// Two agents in a room of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// The talk's id, like an interaction's.
    pub id: InteractionId,
    /// The talk its room was made for: itself, or an earlier one of the same two.
    pub first_talk: InteractionId,
    /// The agent who began it.
    pub initiator: AgentRef,
    /// The agent they want to talk to.
    pub invitee: AgentRef,
    /// The interaction it is a consult about; an IM has none.
    pub parent: Option<InteractionId>,
    /// The contact it was begun about.
    pub about: Option<ContactRef>,
    /// The message it began with; empty if there was none.
    pub text: String,
    /// How long the invitee has to answer before the initiator is told that there is no answer, in
    /// milliseconds.
    pub offer_ms: u64,
    /// Its room, once it exists.
    pub room: Option<OwnedRoomId>,
    /// The local part of the room's alias, random. A room whose creation went unheard is found by it.
    pub alias: String,
    /// Who is inside: the initiator from the beginning, the invitee once they accepted.
    pub inside: Vec<AgentId>,
    /// When it began.
    pub created_at: Millis,
    /// When its state last changed.
    pub updated_at: Millis,
    /// Where it is in its life.
    pub phase: Phase,
}

/// Where a talk is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// The initiator has said nothing yet, and nobody is invited.
    NotConnected,
    /// The invitee is invited. The invite stays when the time to answer is over.
    Offered {
        /// When the initiator is told that there is no answer.
        expires_at: Millis,
        /// Whether they were told.
        overdue: bool,
    },
    /// Both are in it.
    Connected,
    /// Nobody can write any more; those inside keep the room to read.
    Ended,
    /// Nobody is inside any more.
    Done,
}

/// The presence of an invitee, as the homeserver tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// They are online or idle.
    There,
    /// They are offline, or nobody may know.
    Away,
    /// It shows nobody as online, not even the initiator.
    Untold,
}

/// A message an IM or consult can begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predefined {
    /// What people type after `#`.
    pub key: String,
    /// The text it stands for.
    pub text: String,
}

/// Something that happens to a talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its room exists.
    RoomOpened {
        /// The id of the new room.
        room: OwnedRoomId,
    },
    /// Its room is of no use any more.
    RoomLost {
        /// The alias of the room that takes its place.
        alias: String,
        /// How it was lost.
        how: Loss,
        /// What is said in the new room first of all.
        says: Box<Says>,
    },
    /// Someone wrote in its room.
    Said {
        /// The agent who wrote.
        by: AgentId,
        /// The text they wrote.
        text: String,
    },
    /// Someone comes: by joining, or by saying yes.
    Accepted {
        /// The agent who comes.
        by: AgentId,
        /// Case data of the parent, as it stands.
        case: Vec<(String, String)>,
    },
    /// Someone does not come.
    Rejected {
        /// The agent who does not come.
        by: AgentId,
        /// How they said no: by declining the invite, which then need not be taken back, or in words.
        via: Via,
        /// Why, if they say so.
        reason: String,
    },
    /// The time for an answer is over.
    OfferExpired,
    /// Someone ends it: nobody writes any more.
    Ended {
        /// The agent who ends it.
        by: AgentId,
    },
    /// Someone closes it for themselves.
    Closed {
        /// The agent who closes it.
        by: AgentId,
        /// Whether they left the room already.
        left: bool,
    },
    /// The interaction it is about is done.
    ParentDone,
    /// One of the two is no agent any more.
    Gone {
        /// The person who is no longer an agent.
        who: AgentId,
    },
}

/// What comes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The talk after it.
    pub next: Talk,
    /// What must happen outside.
    pub effects: Vec<Effect>,
    /// What is to be looked at again.
    pub timers: Vec<Timer>,
    /// What the transcript says of it.
    pub story: Vec<StoryLine>,
    at: Millis,
}

/// Why an event changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing is offered to whoever answers.
    #[error("nothing is offered to them")]
    NothingOffered,
    /// They are not in it.
    #[error("they are not in it")]
    NotInside,
    /// It is over.
    #[error("it is over already")]
    Over,
    /// It was meant for an earlier state.
    #[error("meant for an earlier state")]
    Stale,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NothingOffered => Self::NothingOffered,
            Refused::NotInside => Self::NotInside,
            Refused::Over => Self::TalkOver,
            Refused::Stale => Self::Stale,
        }
    }
}

/// Applies one event.
///
/// # Errors
/// [`Refused`] names why the event changes nothing in the state the talk is in.
pub fn step(now: &Talk, event: Event, at: Millis) -> Result<Step, Refused> {
    let mut step = Step::new(now, at);
    let is_inside = |who: &AgentId| now.inside.contains(who);
    match (now.phase, event) {
        (_, Event::RoomOpened { room }) => step.room_opened(room),
        (phase, Event::RoomLost { alias, how, says }) => step.room_lost(phase, alias, how, *says),

        (Phase::NotConnected, Event::Said { by, text }) if by == now.initiator.id => {
            step.next.text = text;
            step.ask();
        }

        (Phase::Offered { .. }, Event::Accepted { by, case }) if by == now.invitee.id => step.accept(&case),
        (Phase::Offered { .. }, Event::Rejected { by, via, reason }) if by == now.invitee.id => {
            step.reject(via, reason);
        }
        (_, Event::Accepted { .. } | Event::Rejected { .. }) => return Err(Refused::NothingOffered),
        (Phase::Offered { overdue: false, .. }, Event::OfferExpired) => step.time_out(),

        (Phase::NotConnected | Phase::Offered { .. } | Phase::Connected, Event::Ended { by })
            if is_inside(&by) =>
        {
            step.end(now.names(&by), false);
        }
        (
            Phase::NotConnected | Phase::Offered { .. } | Phase::Connected | Phase::Ended,
            Event::Closed { by, left },
        ) if is_inside(&by) => step.close(&by, left),
        (Phase::Ended | Phase::Done, Event::Ended { .. }) | (Phase::Done, Event::Closed { .. }) => {
            return Err(Refused::Over);
        }
        (_, Event::Ended { .. } | Event::Closed { .. }) => return Err(Refused::NotInside),

        (Phase::NotConnected | Phase::Offered { .. } | Phase::Connected, Event::ParentDone) => {
            step.end(None, false);
        }
        (_, Event::Gone { who }) => step.gone(&who)?,

        (_, Event::Said { .. } | Event::OfferExpired | Event::ParentDone) => return Err(Refused::Stale),
    }
    Ok(step)
}

impl Talk {
    /// Opens it: makes a room for the initiator and, if there is a first message or it is an IM, invites the
    /// other. The invitee's readiness `ready` stops nobody; it tells the initiator what to expect.
    #[must_use]
    pub fn begin(&self, ready: &Readiness) -> Step {
        let mut step = Step::new(self, self.created_at);
        step.open(ready);
        step
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        if self.parent.is_some() { Kind::Consult } else { Kind::Im }
    }

    /// Whether the two can write.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::NotConnected | Phase::Offered { .. } | Phase::Connected)
    }

    /// When it was done, if it is.
    #[must_use]
    pub fn done_at(&self) -> Option<Millis> {
        (self.phase == Phase::Done).then_some(self.updated_at)
    }

    /// The timer by which the bot leaves its room; none before it is done.
    #[must_use]
    pub fn leave_timer(&self) -> Option<Timer> {
        let due_at = self.done_at()? + LEAVE_AFTER;
        Some(Timer { due_at, what: Due::LeaveRoom { interaction: self.id.clone() } })
    }

    /// Whether an agent is being asked to come.
    #[must_use]
    pub fn is_offered_to(&self, agent: &AgentId) -> bool {
        matches!(self.phase, Phase::Offered { .. }) && self.invitee.id == *agent
    }

    /// The one of the two who is not `agent`.
    #[must_use]
    pub fn other(&self, agent: &AgentId) -> &AgentRef {
        if self.initiator.id == *agent { &self.invitee } else { &self.initiator }
    }

    /// The one of the two with an id.
    #[must_use]
    pub fn party(&self, agent: &AgentId) -> Option<&AgentRef> {
        [&self.initiator, &self.invitee].into_iter().find(|party| party.id == *agent)
    }

    fn names(&self, agent: &AgentId) -> Option<String> {
        self.party(agent).map(|party| party.name.clone())
    }

    /// The state's name, as the state event and the database write it.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self.phase {
            Phase::NotConnected => "not_connected",
            Phase::Offered { .. } => "offered",
            Phase::Connected => "connected",
            Phase::Ended => "ended",
            Phase::Done => "done",
        }
    }

    /// The content of its `org.switchroom.interaction` state event.
    #[must_use]
    pub fn state_content(&self) -> serde_json::Value {
        let offer = match self.phase {
            Phase::Offered { expires_at, .. } => Some(serde_json::json!({
                "to": self.invitee.user, "by": self.initiator.user, "reason": self.kind(),
                "expires_at": expires_at,
            })),
            Phase::NotConnected | Phase::Connected | Phase::Ended | Phase::Done => None,
        };
        let contact = self.about.as_ref().map(ContactRef::shown);
        serde_json::json!({
            "id": self.id, "kind": self.kind(), "mode": null, "direction": "internal", "state": self.state(),
            "queue": null, "owner": self.initiator.user, "offer": offer, "contact": contact, "number": null,
            "parent": self.parent, "disposition": null, "case": {}, "created_at": self.created_at,
            "updated_at": self.updated_at, "expires_at": null,
        })
    }
}

#[cfg(test)]
mod tests;
