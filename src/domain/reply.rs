//! An owner's message on its way to a phone: one message, sent in one or more parts.
//!
//! A part is submitted to the provider at most once. It is marked `sending` before the request is made; if the answer
//! is not heard of, its fate is [`PartState::Unknown`] until evidence settles it, and nothing submits it again.

use std::time::Duration;

use matrix_sdk::ruma::{OwnedEventId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::effect::{Effect, Place, Role};
use super::ids::InteractionId;
use super::notice::{HeldBack, Says};
use super::timer::{Due, Timer};
use crate::clock::Millis;

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

/// One part: one request to the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its text.
    pub text: String,
    /// What became of it.
    pub state: PartState,
    /// The provider's id of it, once known.
    pub sid: Option<String>,
    /// When the request was made.
    pub sent_at: Option<Millis>,
}

impl Part {
    fn unsent(text: String) -> Self {
        Self { text, state: PartState::Unsent, sid: None, sent_at: None }
    }
}

/// What became of a part. The order is the rank: a part never goes back to a lower one, but for the provider's word that a request
/// was not processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PartState {
    /// Not submitted yet.
    Unsent,
    /// The request is being made.
    Sending,
    /// The answer was not heard of.
    Unknown,
    /// No evidence was found either.
    Unconfirmed,
    /// The provider took it.
    Accepted,
    /// The carrier took it.
    Sent,
    /// The provider refused it, or it did not get there.
    Failed {
        /// The provider's code.
        code: Option<u32>,
    },
    /// It is on the phone.
    Delivered,
}

impl PartState {
    /// Whether nothing more can become of it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Delivered)
    }
}

/// A mark the owner sees at the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// ✓
    Delivered,
    /// ❌
    Failed,
    /// ⚠️
    Unconfirmed,
}

impl Mark {
    /// The reaction that shows it.
    #[must_use]
    pub fn emoji(self) -> &'static str {
        match self {
            Self::Delivered => "✓",
            Self::Failed => "❌",
            Self::Unconfirmed => "⚠️",
        }
    }
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

/// What the provider said to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// It took the message.
    Accepted {
        /// Its id of it.
        sid: String,
    },
    /// It did not process the request; it may be made again.
    NotProcessed,
    /// It refused it for good.
    Rejected {
        /// Its code.
        code: Option<u32>,
        /// Its words.
        why: String,
    },
    /// Nobody knows.
    Unknown,
}

/// What comes of an event: what must happen outside, and what is to be looked at again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What must happen outside.
    pub effects: Vec<Effect>,
    /// What is to be looked at again.
    pub timers: Vec<Timer>,
}

/// When the provider's list is looked at for a part of unknown fate: after its request, and after each look before. A
/// callback that comes later still settles it.
pub const SETTLE_AFTER: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(30)];

/// The provider's code for a number that opted out.
const OPTED_OUT: u32 = 21610;

/// The id of a part, which the provider hands back in its callbacks: the message's id and the part's index.
#[must_use]
pub fn part_id(reply: &str, part: usize) -> String {
    format!("{reply}-{part}")
}

/// Reads [`part_id`] back.
#[must_use]
pub fn parse_part_id(id: &str) -> Option<(&str, usize)> {
    let (reply, part) = id.split_once('-')?;
    (reply.len() == 32 && reply.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(())?;
    Some((reply, part.parse().ok().filter(|part| *part < 1000)?))
}

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
            outcome.effects.push(self.say(Says::MessageHeldBack { why: HeldBack::OptedOut }, None));
            return (Turn::Over, outcome);
        }
        part.state = PartState::Sending;
        part.sent_at = Some(at);
        (Turn::Submit { part: index, text: part.text.clone() }, outcome)
    }

    /// The provider answered the request for a part, or did not.
    pub fn answered(
        &mut self,
        part: usize,
        answer: &Answer,
        meaning: impl Fn(u32) -> String,
        at: Millis,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let id = self.id.clone();
        let ReplyState::Parts { parts, .. } = &mut self.state else { return outcome };
        let Some(the_part) = parts.get_mut(part) else { return outcome };
        match answer {
            Answer::Accepted { sid } => {
                the_part.sid.get_or_insert_with(|| sid.clone());
                the_part.state = the_part.state.max(PartState::Accepted);
            }
            Answer::NotProcessed => {
                if the_part.state == PartState::Sending {
                    the_part.state = PartState::Unsent;
                }
            }
            // A callback may have come first; its word stands.
            Answer::Rejected { .. } if the_part.state.is_final() => {}
            Answer::Rejected { code, why } => {
                the_part.state = PartState::Failed { code: *code };
                let meaning = code.map_or_else(|| why.clone(), meaning);
                self.tell_failed(*code, meaning, &mut outcome);
            }
            Answer::Unknown => {
                if the_part.state == PartState::Sending {
                    the_part.state = PartState::Unknown;
                    outcome.timers.push(settle(&id, part, 0, at));
                }
            }
        }
        outcome
    }

    /// The provider reports, by callback or in its list, what became of a part.
    pub fn reported(
        &mut self,
        part: usize,
        sid: &str,
        state: PartState,
        meaning: impl Fn(u32) -> String,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let ReplyState::Parts { parts, .. } = &mut self.state else { return outcome };
        let Some(the_part) = parts.get_mut(part) else { return outcome };
        the_part.sid.get_or_insert_with(|| sid.to_owned());
        if the_part.state.is_final() || state <= the_part.state {
            return outcome;
        }
        the_part.state = state;
        let all_delivered = parts.iter().all(|part| part.state == PartState::Delivered);
        if let PartState::Failed { code } = state {
            let meaning = code.map_or_else(|| "the carrier did not say why".to_owned(), meaning);
            self.tell_failed(code, meaning, &mut outcome);
        } else if all_delivered && self.first_time(Mark::Delivered) {
            outcome.effects.push(self.react(Mark::Delivered));
        }
        outcome
    }

    /// The provider's list was looked at for a part of unknown fate and does not hold it.
    pub fn not_listed(&mut self, part: usize, tries: u32, at: Millis) -> Outcome {
        let mut outcome = Outcome::default();
        let id = self.id.clone();
        let ReplyState::Parts { parts, .. } = &mut self.state else { return outcome };
        let Some(the_part) = parts.get_mut(part).filter(|part| part.state == PartState::Unknown) else {
            return outcome;
        };
        if (tries as usize) + 1 < SETTLE_AFTER.len() {
            outcome.timers.push(settle(&id, part, tries + 1, at));
            return outcome;
        }
        the_part.state = PartState::Unconfirmed;
        if self.first_time(Mark::Unconfirmed) {
            outcome.effects.push(self.react(Mark::Unconfirmed));
            let role = Role::Failed { reply: id };
            outcome.effects.push(self.say(Says::MessageUnconfirmed, Some(role)));
        }
        outcome
    }

    /// The text that `!resend` sends: the parts that failed or were not sent after one that did, or whose fate is
    /// unconfirmed. Nothing, if there are none.
    #[must_use]
    pub fn to_resend(&self) -> Option<Vec<String>> {
        let ReplyState::Parts { parts, .. } = &self.state else { return None };
        let failed = parts.iter().any(|part| matches!(part.state, PartState::Failed { .. }));
        let again = |part: &&Part| match part.state {
            PartState::Failed { .. } | PartState::Unconfirmed => true,
            PartState::Unsent => failed,
            PartState::Sending
            | PartState::Unknown
            | PartState::Accepted
            | PartState::Sent
            | PartState::Delivered => false,
        };
        let texts: Vec<String> = parts.iter().filter(again).map(|part| part.text.clone()).collect();
        (!texts.is_empty()).then_some(texts)
    }

    /// One part of it, if it has that many.
    #[must_use]
    pub fn part(&self, index: usize) -> Option<&Part> {
        match &self.state {
            ReplyState::Parts { parts, .. } => parts.get(index),
            ReplyState::Waiting | ReplyState::Held | ReplyState::Dropped => None,
        }
    }

    fn tell_failed(&mut self, error: Option<u32>, meaning: String, outcome: &mut Outcome) {
        if !self.first_time(Mark::Failed) {
            return;
        }
        let is_whole = matches!(&self.state, ReplyState::Parts { parts, .. } if parts.len() == 1);
        let unsent = if is_whole { vec![] } else { self.to_resend().unwrap_or_default() };
        outcome.effects.push(self.react(Mark::Failed));
        let role = Role::Failed { reply: self.id.clone() };
        outcome.effects.push(self.say(Says::MessageFailed { error, meaning, unsent }, Some(role)));
    }

    fn first_time(&mut self, mark: Mark) -> bool {
        let ReplyState::Parts { told, .. } = &mut self.state else { return false };
        let first = !told.contains(&mark);
        if first {
            told.push(mark);
        }
        first
    }

    fn react(&self, mark: Mark) -> Effect {
        let to = Place::Session(self.interaction.clone());
        Effect::React { to, event: self.event.clone(), key: mark.emoji().to_owned() }
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

fn settle(reply: &str, part: usize, tries: u32, at: Millis) -> Timer {
    let after = SETTLE_AFTER.get(tries as usize).copied().unwrap_or(SETTLE_AFTER[SETTLE_AFTER.len() - 1]);
    Timer { due_at: at + after, what: Due::SettlePart { part: part_id(reply, part), tries } }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
