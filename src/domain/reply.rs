//! An owner's message on its way to a phone: one message, sent in one or more parts.
//!
//! A part is submitted to the provider at most once. It is marked `sending` before the request is made; if the answer
//! is not heard of, its fate is [`PartState::Unknown`] until evidence settles it, and nothing submits it again.

mod fate;
mod part;

use matrix_sdk::ruma::{OwnedEventId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::effect::{Effect, Place, Role};
use super::ids::InteractionId;
use super::notice::{HeldBack, Says};
use super::timer::Timer;
use crate::clock::Millis;

use fate::settle;
pub use fate::{Answer, SETTLE_AFTER};
pub use part::{Mark, Part, PartState, parse_part_id, part_id};

/// An owner's message to the contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The desk's id of it: 32 hexadecimal digits, random.
    pub id: String,
    /// The interaction it belongs to.
    pub interaction: InteractionId,
    /// The event it was typed in; delivery marks go there.
    pub event: OwnedEventId,
    /// Who typed it.
    pub by: OwnedUserId,
    /// The text, as it will be sent.
    pub text: String,
    /// What stands under the text; empty for none.
    #[serde(default)]
    pub signature: String,
    /// Where it is on its way.
    pub state: ReplyState,
}

/// Where a message is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ReplyState {
    /// It can still be taken back.
    Waiting,
    /// It was written long ago and waits for its writer to say that it is still to be sent.
    Held,
    /// It was taken back, or held back at the last moment.
    Dropped,
    /// Its parts are on their way, in order.
    Parts {
        /// The parts.
        parts: Vec<Part>,
        /// What was already told about it: each mark is set once.
        told: Vec<Mark>,
    },
}

/// What to do for a message whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Submit this part now; it is marked as being sent.
    Submit {
        /// Which part, from 0.
        part: usize,
        /// Its text.
        text: String,
    },
    /// Nothing is left to submit: the next message may have its turn.
    Over,
}

/// What comes of an event: what must happen outside, and what is to be looked at again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What must happen outside.
    pub effects: Vec<Effect>,
    /// What is to be looked at again.
    pub timers: Vec<Timer>,
}

/// The provider's code for a number that opted out.
const OPTED_OUT: u32 = 21610;

impl Reply {
    /// A message just typed.
    #[must_use]
    pub fn new(
        id: String,
        interaction: InteractionId,
        event: OwnedEventId,
        by: OwnedUserId,
        text: String,
    ) -> Self {
        Self { id, interaction, event, by, text, signature: String::new(), state: ReplyState::Waiting }
    }

    /// The message that sends these parts of this one again. Its marks go where this one's went.
    #[must_use]
    pub fn again(&self, id: String, texts: Vec<String>) -> Self {
        let text = texts.join("\n");
        let state = ReplyState::Parts { parts: texts.into_iter().map(Part::unsent).collect(), told: vec![] };
        Self { id, text, state, ..self.clone() }
    }

    /// Takes it back, if it can still be. False if it is on its way.
    pub fn take_back(&mut self) -> bool {
        if matches!(self.state, ReplyState::Waiting | ReplyState::Held) {
            self.state = ReplyState::Dropped;
        }
        self.state == ReplyState::Dropped
    }

    /// Changes its text, if it can still be. False if it is on its way.
    pub fn rewrite(&mut self, text: String) -> bool {
        let unsent = matches!(self.state, ReplyState::Waiting | ReplyState::Held);
        if unsent {
            self.text = text;
        }
        unsent || self.state == ReplyState::Dropped
    }

    /// Whether it can still be taken back or edited.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state == ReplyState::Waiting
    }

    /// Whether some of it is still to be submitted, or nobody knows yet whether it was.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        let open = |part: &Part| {
            matches!(
                part.state,
                PartState::Unsent | PartState::Sending | PartState::Unknown | PartState::Unconfirmed
            )
        };
        match &self.state {
            ReplyState::Waiting | ReplyState::Held => true,
            ReplyState::Dropped => false,
            ReplyState::Parts { parts, .. } => parts.iter().any(open),
        }
    }

    /// Its turn has come: `split` cuts the text into parts, `opted_out` says that the contact wants none.
    pub fn turn(
        &mut self,
        split: impl Fn(&str) -> Vec<String>,
        opted_out: bool,
        at: Millis,
    ) -> (Turn, Outcome) {
        let mut outcome = Outcome::default();
        if self.is_waiting() {
            let whole = [self.text.as_str(), self.signature.as_str()].join("\n");
            let parts = split(whole.trim_end()).into_iter().map(Part::unsent).collect();
            self.state = ReplyState::Parts { parts, told: vec![] };
        }
        let id = self.id.clone();
        let ReplyState::Parts { parts, .. } = &mut self.state else { return (Turn::Over, outcome) };
        for (index, part) in parts.iter_mut().enumerate() {
            if part.state == PartState::Sending {
                // The program ended between the request and its answer.
                part.state = PartState::Unknown;
                outcome.timers.push(settle(&id, index, 0, at));
            }
        }
        let failed = parts.iter().any(|part| matches!(part.state, PartState::Failed { .. }));
        let next = parts.iter_mut().enumerate().find(|(_, part)| part.state == PartState::Unsent);
        let Some((index, part)) = next.filter(|_| !failed) else { return (Turn::Over, outcome) };
        if opted_out {
            if index == 0 {
                self.state = ReplyState::Dropped;
            } else {
                part.state = PartState::Failed { code: Some(OPTED_OUT) };
            }
            outcome.effects.push(self.hold_back(HeldBack::OptedOut, None));
            return (Turn::Over, outcome);
        }
        part.state = PartState::Sending;
        part.sent_at = Some(at);
        (Turn::Submit { part: index, text: part.text.clone() }, outcome)
    }

    /// One part of it, if it has that many.
    #[must_use]
    pub fn part(&self, index: usize) -> Option<&Part> {
        match &self.state {
            ReplyState::Parts { parts, .. } => parts.get(index),
            ReplyState::Waiting | ReplyState::Held | ReplyState::Dropped => None,
        }
    }

    fn react(&self, mark: Mark) -> Effect {
        let to = Place::Session(self.interaction.clone());
        Effect::React { to, event: self.event.clone(), key: mark.emoji().to_owned() }
    }

    fn hold_back(&self, why: HeldBack, role: Option<Role>) -> Effect {
        self.say(Says::MessageHeldBack { why, writer: self.by.clone() }, role)
    }

    fn say(&self, says: Says, role: Option<Role>) -> Effect {
        Effect::Notify {
            to: Place::Session(self.interaction.clone()),
            notice: says.about(&self.interaction),
            reply_to: Some(self.event.clone()),
            role,
        }
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
