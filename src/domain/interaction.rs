//! An interaction: one unit of work, from the contact's first text to `!done`.

use matrix_sdk::ruma::OwnedRoomId;
use serde::{Deserialize, Serialize};

use super::agent::AgentRef;
use super::ids::{AgentId, ContactId, InteractionId, Number, QueueName};
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

/// Where the interaction is in its life. Each phase carries only what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Phase {
    /// Waiting for an agent.
    Queued {
        /// Who was asked in this round and did not take it.
        asked: Vec<Asked>,
    },
    /// One agent is being asked.
    Offered {
        /// The question.
        offer: Offer,
        /// Who was asked before in this round.
        asked: Vec<Asked>,
    },
    /// An agent owns it and talks with the contact.
    Active {
        /// Whose it is.
        owner: AgentRef,
        /// While they are not in the room: until when they have to come, or it is queued again.
        come_by: Option<Millis>,
    },
    /// Finished; nothing more is said in its room.
    Done {
        /// Who finished it.
        by: AgentRef,
        /// When.
        at: Millis,
    },
}

/// Someone who did not take an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Who.
    pub agent: AgentId,
    /// When they refused or the offer ran out.
    pub at: Millis,
}

/// An offer to one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Which offer of this interaction it is, so that a late answer cannot be taken for an answer to a newer one.
    pub number: u32,
    /// Who is asked.
    pub to: AgentRef,
    /// Until when.
    pub expires_at: Millis,
}

/// The contact, as far as an interaction shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRef {
    /// Their opaque id.
    pub id: ContactId,
    /// Their name, or their number while nobody has named them.
    pub name: String,
    /// The number they wrote from.
    pub number: Number,
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
    pub our_number: Number,
    /// The queue it belongs to.
    pub queue: QueueName,
    /// How long an owner's message can still be taken back, in milliseconds.
    pub undo_ms: u64,
    /// How long an offer stands, in milliseconds.
    pub offer_ms: u64,
    /// Case data, in the order it was filled.
    pub case: Vec<(String, String)>,
    /// The text it began with, cut for the preview.
    pub first_text: String,
    /// When it began.
    pub created_at: Millis,
    /// When its state last changed.
    pub updated_at: Millis,
    /// When it was first queued: a requeue keeps it.
    pub enqueued_at: Millis,
    /// How many offers were made.
    pub offers: u32,
    /// Its room, once it exists.
    pub room: Option<OwnedRoomId>,
    /// The local part of the room's alias, random: by it a room is found whose creation was not heard of.
    pub alias: String,
    /// Whether the next text of the contact makes the owner's phone ring: the first after each reply does.
    pub ring_next: bool,
    /// The `!done` that was refused because the contact had just written, by the time of that text.
    pub done_refused_for: Option<Millis>,
    /// Where it is in its life.
    pub phase: Phase,
}

impl Interaction {
    /// The owner, while there is one.
    #[must_use]
    pub fn owner(&self) -> Option<&AgentRef> {
        match &self.phase {
            Phase::Active { owner, .. } => Some(owner),
            Phase::Queued { .. } | Phase::Offered { .. } | Phase::Done { .. } => None,
        }
    }

    /// The offer that is out, if one is.
    #[must_use]
    pub fn offer(&self) -> Option<&Offer> {
        match &self.phase {
            Phase::Offered { offer, .. } => Some(offer),
            Phase::Queued { .. } | Phase::Active { .. } | Phase::Done { .. } => None,
        }
    }

    /// Who is working on it or being asked to: this counts against an agent's capacity.
    #[must_use]
    pub fn holder(&self) -> Option<&AgentRef> {
        self.owner().or_else(|| self.offer().map(|offer| &offer.to))
    }

    /// The state's name, as the state event and the database write it.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self.phase {
            Phase::Queued { .. } => "queued",
            Phase::Offered { .. } => "offered",
            Phase::Active { .. } => "active",
            Phase::Done { .. } => "done",
        }
    }

    /// Whether it still takes texts.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Done { .. })
    }

    /// The content of its `org.switchroom.interaction` state event. Case data is cut at 16 KiB here.
    #[must_use]
    pub fn state_content(&self) -> serde_json::Value {
        let offer = self.offer().map(|offer| {
            serde_json::json!({
                "to": offer.to.user, "by": null, "reason": "queue", "expires_at": offer.expires_at,
            })
        });
        let mut room_left = CASE_LIMIT_BYTES - "{}".len();
        let case: serde_json::Map<_, _> = self
            .case
            .iter()
            .take_while(|(key, value)| {
                let size = json_bytes(key) + json_bytes(value) + ":,".len();
                let fits = size <= room_left;
                room_left = room_left.saturating_sub(size);
                fits
            })
            .map(|(key, value)| (key.clone(), serde_json::Value::from(value.as_str())))
            .collect();
        serde_json::json!({
            "id": self.id, "kind": "sms", "mode": self.mode, "direction": "inbound", "state": self.state(),
            "queue": self.queue, "owner": self.owner().map(|owner| &owner.user), "offer": offer,
            "contact": self.contact, "number": self.our_number, "parent": null, "disposition": null, "case": case,
            "created_at": self.created_at, "updated_at": self.updated_at, "expires_at": null,
        })
    }
}

/// How much case data the state event shows.
const CASE_LIMIT_BYTES: usize = 16 * 1024;

/// The length of a text as JSON, where one character may take six bytes.
fn json_bytes(text: &str) -> usize {
    serde_json::Value::from(text).to_string().len()
}
