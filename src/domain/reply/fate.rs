//! What the provider says of a message, and what its list shows: evidence of what became of its parts.

use serde::{Deserialize, Serialize};

use super::look_up::{RECONCILE_AFTER, look_up};
use super::{Mark, Outcome, Part, PartState, Reply, ReplyState};
use crate::clock::Millis;
use crate::domain::effect::{Effect, Role};
use crate::domain::notice::Says;

/// What the provider said to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// It took the message.
    Accepted {
        /// Its id of it.
        sid: String,
        /// What became of it already.
        state: PartState,
        /// Why it failed, in words for the message's writer; nothing if it did not fail, or nobody said why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// It did not process the request; it may be made again.
    NotProcessed,
    /// It refused it for good.
    Rejected {
        /// The provider's code, where it gives one.
        code: Option<u32>,
        /// Why, in words for the message's writer.
        why: String,
    },
    /// No response was heard, so nobody knows whether it was processed.
    Unknown,
}

impl Reply {
    /// The provider responded to the request for a part, or did not.
    pub fn answered(&mut self, part: usize, answer: &Answer, at: Millis) -> Outcome {
        let mut outcome = Outcome::default();
        let id = self.id.clone();
        let ReplyState::Parts { parts, .. } = &mut self.state else { return outcome };
        let Some(the_part) = parts.get_mut(part) else { return outcome };
        match answer {
            // It may be final at once, and then no callback comes.
            Answer::Accepted { sid, state, why } => return self.reported(part, sid, *state, why.as_deref()),
            Answer::NotProcessed => {
                if the_part.state == PartState::Sending {
                    the_part.state = PartState::Unsent;
                }
            }
            // A callback may have come first; then that one counts.
            Answer::Rejected { .. } if the_part.state.is_final() => {}
            Answer::Rejected { code, why } => {
                the_part.state = PartState::Failed { code: *code };
                self.tell_failed(*code, why.clone(), &mut outcome);
            }
            Answer::Unknown => {
                if the_part.state == PartState::Sending {
                    the_part.state = PartState::Unknown;
                    outcome.timers.push(look_up(&id, part, 0, at));
                }
            }
        }
        outcome
    }

    /// The provider reports the fate of a part, by callback or in its list, and why it failed.
    pub fn reported(&mut self, part: usize, sid: &str, state: PartState, why: Option<&str>) -> Outcome {
        let mut outcome = Outcome::default();
        let ReplyState::Parts { parts, .. } = &mut self.state else { return outcome };
        let Some(the_part) = parts.get_mut(part) else { return outcome };
        if !sid.is_empty() {
            the_part.sid.get_or_insert_with(|| sid.to_owned());
        }
        if the_part.state.is_final() || state <= the_part.state {
            return outcome;
        }
        the_part.state = state;
        let all_delivered = parts.iter().all(|part| part.state == PartState::Delivered);
        if let PartState::Failed { code } = state {
            let why = why.unwrap_or("the carrier did not say why").to_owned();
            self.tell_failed(code, why, &mut outcome);
        } else if all_delivered && self.first_time(Mark::Delivered) {
            outcome.effects.extend(self.react(Mark::Delivered));
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
        if (tries as usize) + 1 < RECONCILE_AFTER.len() {
            outcome.timers.push(look_up(&id, part, tries + 1, at));
            return outcome;
        }
        the_part.state = PartState::Unconfirmed;
        if self.first_time(Mark::Unconfirmed) {
            outcome.effects.extend(self.react(Mark::Unconfirmed));
            let role = Role::Failed { reply: id };
            outcome.effects.extend(self.tell(Says::MessageUnconfirmed { of: None }, role));
        }
        outcome
    }

    /// What `!resend` sends: the parts that failed, those not sent after a failed one, and those unconfirmed.
    /// Nothing if there are none.
    #[must_use]
    pub fn to_resend(&self) -> Option<Vec<Part>> {
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
        let parts: Vec<Part> = parts.iter().filter(again).cloned().collect();
        (!parts.is_empty()).then_some(parts)
    }

    fn tell_failed(&mut self, error: Option<u32>, meaning: String, outcome: &mut Outcome) {
        if !self.first_time(Mark::Failed) {
            return;
        }
        if let Some(of_program) = &mut self.of_program {
            of_program.failed = Some(meaning);
            return;
        }
        let is_whole = matches!(&self.state, ReplyState::Parts { parts, .. } if parts.len() == 1);
        let unsent = if is_whole { vec![] } else { self.to_resend().unwrap_or_default() };
        let unsent = unsent.iter().map(|part| part.in_words().into_owned()).collect();
        outcome.effects.extend(self.react(Mark::Failed));
        let role = Role::Failed { reply: self.id.clone() };
        outcome.effects.extend(self.tell(Says::MessageFailed { error, meaning, unsent, of: None }, role));
    }

    /// Tells its writer, where it has one who reads that.
    fn tell(&self, says: Says, role: Role) -> Option<Effect> {
        self.of_program.is_none().then(|| self.say(says, Some(role)))
    }

    fn first_time(&mut self, mark: Mark) -> bool {
        let ReplyState::Parts { told, .. } = &mut self.state else { return false };
        let first = !told.contains(&mark);
        if first {
            told.push(mark);
        }
        first
    }
}
