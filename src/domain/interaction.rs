//! An interaction: one unit of work, from the contact's first text to `!done`.

pub mod begin;
mod emptied;

use ruma::{OwnedRoomId, UserId};
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::agent::AgentRef;
pub use super::auto_answer::Unanswered;
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

/// Where the interaction is in its life. Each phase carries only what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Waiting for an agent.
    Queued {
        /// The agents who were asked in this round and did not take it.
        passed_over: Vec<PassedOver>,
    },
    /// Its queue is asking for an agent.
    Offered {
        /// The offer that is out.
        offer: Offer,
        /// The agents who were asked earlier in this round and did not take it.
        passed_over: Vec<PassedOver>,
    },
    /// An agent has it.
    Owned {
        /// The agent who owns it.
        owner: AgentRef,
        /// While they are not in the room: the time by which they have to come, or it is queued again.
        come_by: Option<Millis>,
        /// What they are doing with it.
        work: Work,
        /// The colleague it is to go to, while they are being asked.
        transfer: Option<Offer>,
    },
    /// Finished; nothing more is said in its room.
    Done {
        /// Its last owner.
        by: AgentRef,
        /// When it was finished.
        at: Millis,
    },
}

/// What an owner is doing with their interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub enum Work {
    /// They and the contact are writing to each other.
    Active,
    /// It is on hold until they resume it, or the contact writes.
    Held,
    /// It is snoozed until a moment, or until the contact writes.
    Snoozed {
        /// The moment until which it is put away.
        until: Millis,
    },
    /// Nothing was said for so long that nothing more is sent; it only has to be closed.
    Expired,
    /// Everything is said; only the disposition is missing.
    WrapUp,
}

/// Someone who did not take an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The agent who did not take it.
    pub agent: AgentId,
    /// When they declined, or the offer ran out.
    pub at: Millis,
}

/// An offer to agents to take the interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The number of the offer, so that a late answer cannot pass for an answer to a newer one.
    pub number: u32,
    /// The agents who are asked: one, unless the queue lets them pick.
    pub to: Vec<AgentRef>,
    /// Whether they are invited into the room, so that joining accepts. If many are asked, only the first to
    /// accept is invited.
    pub invited: bool,
    /// The owner who asks; nobody if it is the queue.
    pub by: Option<AgentRef>,
    /// What happens when it runs out.
    pub then: Unanswered,
    /// When it runs out.
    pub expires_at: Millis,
    /// Whether it was put off, because the homeserver was slow to show it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub put_off: bool,
}

/// What an interaction takes over from its queue and the desk's timers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// How long an offer stands, in milliseconds.
    pub offer_ms: u64,
    /// How long an owner's message can still be taken back, in milliseconds.
    pub undo_ms: u64,
    /// How long a session lives in which nothing is said, in milliseconds.
    pub expiry_ms: u64,
    /// How long before that its owner is warned, in milliseconds; 0 for no warning.
    pub warning_ms: u64,
    /// How long after the first answer to a page a second one may follow, in milliseconds.
    pub page_grace_ms: u64,
    /// Whether it needs a disposition before it is done.
    pub disposition: DispositionRule,
    /// Its priority, in points of a minute each.
    #[serde(default)]
    pub priority: i64,
    /// The skills that an agent needs to be offered it.
    #[serde(default)]
    pub skills: Vec<String>,
    /// From more than how many segments on a message's writer is told what it cost; 0 for never.
    #[serde(default)]
    pub warn_segments: u64,
}

impl Default for Rules {
    /// As from a queue that sets nothing.
    fn default() -> Self {
        Self {
            offer_ms: 60_000,
            undo_ms: 3_000,
            expiry_ms: 86_400_000,
            warning_ms: 300_000,
            page_grace_ms: 10_000,
            disposition: DispositionRule::Optional,
            priority: 0,
            skills: vec![],
            warn_segments: 0,
        }
    }
}

/// Whether an interaction needs a disposition before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DispositionRule {
    /// It may have one.
    Optional,
    /// It must have one.
    Mandatory,
    /// It has none.
    None,
}

/// What an interaction is closed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition {
    /// The code, which people type.
    pub code: String,
    /// The label, which people read.
    pub label: String,
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
    /// The contact.
    pub contact: ContactRef,
    /// The number of ours they wrote to.
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
    /// When its content was erased, if it was: it had been kept for long enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emptied_at: Option<Millis>,
    /// Where it is in its life.
    pub phase: Phase,
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
    /// What kind it is, as people read it and the database keeps it: page, session, or why it is only kept.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kept.map_or(self.mode.as_str(), Kept::as_str)
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

    /// Whether it is open: the contact's next text joins it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Done { .. } | Phase::Owned { work: Work::Expired, .. })
    }
}

impl Offer {
    /// Whether an agent is among those asked.
    #[must_use]
    pub fn asks(&self, agent: &AgentId) -> bool {
        self.to.iter().any(|to| to.id == *agent)
    }
}
