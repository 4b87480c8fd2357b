//! An interaction: one unit of work, from the contact's first text to `!done`.

pub mod begin;
mod emptied;
mod hand;
mod overflow;
mod phase;
mod reply_wait;
mod rules;

use ruma::{OwnedRoomId, UserId};
use serde::{Deserialize, Serialize};

pub use self::hand::Hand;
pub use self::overflow::Overflow;
pub use self::phase::{Offer, PassedOver, Phase, Work};
pub use self::reply_wait::{ReplyStep, ReplyTimes, ReplyWait};
pub use self::rules::{Disposition, DispositionRule, Rules};
use super::address::Address;
use super::agent::AgentRef;
pub use super::auto_answer::Unanswered;
use super::call::{CALL, PhoneCall};
use super::counts::Counts;
use super::forget;
use super::ids::{AgentId, ContactId, ErasureId, InteractionId, QueueName};
use crate::clock::Millis;

/// How long an SMS interaction lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One text and one answer.
    Page,
    /// Until it is closed.
    Session,
}

impl Mode {
    /// The word people read, and the database keeps.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Session => "session",
        }
    }
}

/// Who began an interaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The contact did, by a text.
    #[default]
    Inbound,
    /// An agent or a program did. It has no room, and is done from its beginning: an answer begins another.
    Outbound,
}

impl Direction {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    fn is_inbound(&self) -> bool {
        *self == Self::Inbound
    }
}

/// Why an interaction has no room, was shown to nobody, and is done from its beginning: what came is only
/// kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The contact was blocked.
    Blocked,
    /// More came from them than anyone can read.
    Flood,
}

impl Kept {
    /// The word people read, and the database keeps.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Flood => "flood",
        }
    }
}

/// The contact, as an interaction shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRef {
    /// Their opaque id.
    pub id: ContactId,
    /// Their name, or their number while nobody has named them.
    pub name: String,
    /// The number they wrote from.
    pub number: Address,
}

/// What a callback came of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledBack {
    /// The conversation it was asked for in.
    pub parent: InteractionId,
    /// The name of whoever asked for it.
    pub by: String,
    /// When it was wanted.
    pub wanted_at: Millis,
}

/// The kind of a callback, as people read it and the database keeps it.
pub const CALLBACK: &str = "callback";
/// The kind of an e-mail that an agent began, as people read it and the database keeps it.
pub const EMAIL: &str = "email";

/// A supervisor who is in the room of an interaction that is not theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watcher {
    /// The supervisor.
    pub agent: AgentRef,
    /// Whether what they say goes to the contact too.
    pub barged: bool,
    /// Whether they have come into the room.
    #[serde(default)]
    pub here: bool,
}

/// One interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// How long it lives.
    pub mode: Mode,
    /// Who began it.
    #[serde(default, skip_serializing_if = "Direction::is_inbound")]
    pub direction: Direction,
    /// The conversation in whose room it was begun, if it was in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<InteractionId>,
    /// The name of the program that began it by a text, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The contact.
    pub contact: ContactRef,
    /// The number of ours they wrote to, or get texts from.
    pub our_number: Address,
    /// The queue it belongs to.
    pub queue: QueueName,
    /// What it took over from its queue.
    pub rules: Rules,
    /// Case data, in the order it was filled.
    pub case: Vec<(String, String)>,
    /// Words that agents put on it, in the order they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How far people moved it in its queue, in points of a minute each, on top of what its queue gives it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: i64,
    /// Why what came is only kept, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// What it came of, if it is a callback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Box<CalledBack>>,
    /// Whether it is an e-mail, which its agent wrote in a program of their own. It is outbound: the desk
    /// knows that it was begun, and nothing of its words.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_email: bool,
    /// How it goes, if it is a telephone call: then there is nothing else to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Box<PhoneCall>>,
    /// The erasure by which its contact was erased: nothing is left of it but what reports count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<ErasureId>,
    /// The disposition it is closed with, once known.
    pub disposition: Option<Disposition>,
    /// The text it began with, cut for the preview.
    pub first_text: String,
    /// When it began.
    pub created_at: Millis,
    /// When its state last changed.
    pub updated_at: Millis,
    /// When it was first queued: a requeue keeps it.
    pub enqueued_at: Millis,
    /// The agent who handled this contact last, if that was recently: they are asked first.
    #[serde(default)]
    pub last_agent: Option<AgentId>,
    /// Whether it is that agent's from its beginning, so that they are asked even where they are not in its
    /// queue: it answers a text of theirs, or is a callback that they arranged for themselves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_theirs: bool,
    /// How many offers were made.
    pub offers: u32,
    /// Its room, once it exists.
    pub room: Option<OwnedRoomId>,
    /// The local part of the room's alias, random. A room whose creation went unheard is found by it.
    pub alias: String,
    /// Whether the owner has replied since the contact last wrote, or has just come: the next text makes
    /// their phone ring.
    pub owner_replied: bool,
    /// When it expires if nothing more is said, as last computed; it moves on while people write.
    pub expires_at: Option<Millis>,
    /// That the contact waits for an answer, where the queue wants to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_wait: Option<ReplyWait>,
    /// How far the steps are taken that its queue takes while nobody takes it, where the queue has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow: Option<Overflow>,
    /// When an answered page is over, if nothing is said until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_over_at: Option<Millis>,
    /// The time of the text because of which `!done` was refused last: the contact had just written.
    pub done_refused_for: Option<Millis>,
    /// Until when the contact's next texts may have to wait for a picture of theirs.
    pub pictures_until: Option<Millis>,
    /// Until when the contact can be answered, if their channel limits that; their next text moves it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answerable_until: Option<Millis>,
    /// The contact's other interactions when it was last offered, counted.
    #[serde(default, skip_serializing_if = "Counts::is_default")]
    pub others: Counts,
    /// The supervisors who look on, until it is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watchers: Vec<Watcher>,
    /// The last time its owner asked the supervisors for help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand: Option<Hand>,
    /// When its content was erased, if it was: it had been kept for long enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emptied_at: Option<Millis>,
    /// For how many days it had been kept then, if that was why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_days: Option<u64>,
    /// Where it is in its life.
    pub phase: Phase,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(is: &bool) -> bool {
    !is
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(points: &i64) -> bool {
    *points == 0
}

impl ContactRef {
    /// Nobody: the contact of what was theirs who was erased.
    #[must_use]
    pub fn erased() -> Self {
        Self { id: ContactId::new(""), name: forget::NAME.to_owned(), number: Address::sms("") }
    }
}

impl Interaction {
    /// What kind it is, as people read it and the database keeps it: page, session, callback, call, email, or
    /// why it is only kept.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match (self.kept, &self.callback) {
            (Some(kept), _) => kept.as_str(),
            (None, Some(_)) => CALLBACK,
            (None, None) if self.is_email => EMAIL,
            (None, None) if self.call.is_some() => CALL,
            (None, None) => self.mode.as_str(),
        }
    }

    /// Whether an agent or a program began it.
    #[must_use]
    pub fn is_outbound(&self) -> bool {
        self.direction == Direction::Outbound
    }

    /// Who is to be asked before anybody of its queue, while nobody was.
    #[must_use]
    pub fn asked_first(&self) -> Option<&AgentId> {
        let is_fresh = self.offers == 0 && matches!(self.phase, Phase::Queued { .. });
        self.last_agent.as_ref().filter(|_| is_fresh && self.is_theirs)
    }

    /// Whether it is a conversation in which the contact can write, or could.
    #[must_use]
    pub fn takes_texts(&self) -> bool {
        self.kept.is_none() && self.call.is_none() && !self.is_email && self.callback.is_none()
    }

    /// Whether an agent owns it.
    #[must_use]
    pub fn is_owned_by(&self, agent: &AgentId) -> bool {
        self.owner().is_some_and(|owner| owner.id == *agent)
    }

    /// The same, by the account that writes.
    #[must_use]
    pub fn is_owned_by_user(&self, user: &UserId) -> bool {
        self.owner().is_some_and(|owner| owner.user == user)
    }

    /// Whether it is finished.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done { .. })
    }

    /// Whether an agent looks on.
    #[must_use]
    pub fn is_watched_by(&self, agent: &AgentId) -> bool {
        self.watchers.iter().any(|watcher| watcher.agent.id == *agent)
    }

    /// Whether someone is in its room, or invited: its owner, those it is offered to, those who look on.
    #[must_use]
    pub fn has_inside(&self, user: &UserId) -> bool {
        let mut asked = self.offer().into_iter().flat_map(|offer| &offer.to);
        self.is_owned_by_user(user)
            || asked.any(|asked| asked.user == user)
            || self.watchers.iter().any(|watcher| watcher.agent.user == user)
    }

    /// Whether an agent's words go to the contact: the owner's do, and those of a supervisor who barged in.
    #[must_use]
    pub fn hears(&self, agent: &AgentId) -> bool {
        self.is_owned_by(agent)
            || self.watchers.iter().any(|watcher| watcher.barged && watcher.agent.id == *agent)
    }

    /// The same, by the account that writes.
    #[must_use]
    pub fn hears_user(&self, user: &UserId) -> bool {
        self.is_owned_by_user(user)
            || self.watchers.iter().any(|watcher| watcher.barged && watcher.agent.user == *user)
    }

    /// Whether someone may read it and add notes: those in its room or invited, and its last owner.
    #[must_use]
    pub fn is_open_to(&self, agent: &AgentRef) -> bool {
        let had_it = matches!(&self.phase, Phase::Done { by, .. } if by.id == agent.id);
        had_it || self.has_inside(&agent.user)
    }

    /// The owner, while there is one.
    #[must_use]
    pub fn owner(&self) -> Option<&AgentRef> {
        match &self.phase {
            Phase::Owned { owner, .. } => Some(owner),
            Phase::Queued { .. } | Phase::Offered { .. } | Phase::Done { .. } => None,
        }
    }

    /// Who has it, or had it at last.
    #[must_use]
    pub fn handler(&self) -> Option<&AgentRef> {
        match &self.phase {
            Phase::Owned { owner: agent, .. } | Phase::Done { by: agent, .. } => Some(agent),
            Phase::Queued { .. } | Phase::Offered { .. } => None,
        }
    }

    /// Who has it, or had it at last; of what was only kept, who had the one before.
    #[must_use]
    pub fn last_handler(&self) -> Option<&AgentId> {
        match self.kept {
            Some(_) => self.last_agent.as_ref(),
            None => self.handler().map(|agent| &agent.id),
        }
    }

    /// When it was done, or its state last changed.
    #[must_use]
    pub fn last_handled_at(&self) -> Millis {
        match self.phase {
            Phase::Done { at, .. } => at,
            Phase::Queued { .. } | Phase::Offered { .. } | Phase::Owned { .. } => self.updated_at,
        }
    }

    /// What its owner is doing with it.
    #[must_use]
    pub fn work(&self) -> Option<Work> {
        match self.phase {
            Phase::Owned { work, .. } => Some(work),
            Phase::Queued { .. } | Phase::Offered { .. } | Phase::Done { .. } => None,
        }
    }

    /// The open offer, if there is one: of its queue, or of its owner to a colleague.
    #[must_use]
    pub fn offer(&self) -> Option<&Offer> {
        match &self.phase {
            Phase::Offered { offer, .. } => Some(offer),
            Phase::Owned { transfer, .. } => transfer.as_ref(),
            Phase::Queued { .. } | Phase::Done { .. } => None,
        }
    }

    /// Whether it is being offered to an agent.
    #[must_use]
    pub fn is_offered_to(&self, agent: &AgentId) -> bool {
        self.offer().is_some_and(|offer| offer.asks(agent))
    }

    /// Whether an agent was invited into its room to take it: joining accepts, declining the invite rejects.
    #[must_use]
    pub fn is_invited(&self, agent: &AgentId) -> bool {
        self.offer().is_some_and(|offer| offer.invited && offer.asks(agent))
    }

    /// The agent whose capacity it counts against: the owner, or the one agent the queue is asking. Snoozed,
    /// it counts against nobody's.
    #[must_use]
    pub fn holder(&self) -> Option<&AgentRef> {
        match &self.phase {
            Phase::Owned { owner, work: Work::Active | Work::Held | Work::WrapUp, .. } => Some(owner),
            Phase::Offered { offer, .. } if offer.invited => offer.to.first(),
            Phase::Owned { work: Work::Snoozed { .. } | Work::Expired, .. }
            | Phase::Offered { .. }
            | Phase::Queued { .. }
            | Phase::Done { .. } => None,
        }
    }

    /// The state's name, as the state event and the database write it.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self.phase {
            Phase::Queued { .. } => "queued",
            Phase::Offered { .. } => "offered",
            Phase::Owned { work, .. } => match work {
                Work::Active => "active",
                Work::Held => "held",
                Work::Snoozed { .. } => "snoozed",
                Work::Expired => "expired",
                Work::WrapUp => "wrap_up",
            },
            Phase::Done { .. } => "done",
        }
    }

    /// The contact wrote at this moment: they can be answered from then on, for as long as their channel
    /// allows.
    pub fn open_window(&mut self, written_at: Millis) {
        let until = self.contact.number.rules().answer_window.map(|window| written_at + window);
        self.answerable_until = self.answerable_until.max(until);
    }

    /// Whether the contact cannot be answered on their channel until they write again.
    #[must_use]
    pub fn window_is_closed(&self, now: Millis) -> bool {
        self.answerable_until.is_some_and(|until| until < now)
    }

    /// Whether it is open: the contact's next text joins it. Nothing joins a callback.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.callback.is_none()
            && !matches!(self.phase, Phase::Done { .. } | Phase::Owned { work: Work::Expired, .. })
    }
}
