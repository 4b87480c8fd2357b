//! Where an interaction is in its life, and the offers by which it gets there.

use serde::{Deserialize, Serialize};

use super::super::agent::AgentRef;
use super::super::auto_answer::Unanswered;
use super::super::ids::AgentId;
use crate::clock::Millis;

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
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, stored by its name")]
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
    /// When it rings once more; nothing where it does not, or has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rings_at: Option<Millis>,
    /// Whether it has rung once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rang: bool,
    /// Whether it is queued again if nobody takes it: the owner who asks has signed off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub or_queue: bool,
}

impl Offer {
    /// Whether an agent is among those asked.
    #[must_use]
    pub fn asks(&self, agent: &AgentId) -> bool {
        self.to.iter().any(|to| to.id == *agent)
    }
}
