//! A message that a program brought. It has no event and no room, so that no mark is set and nobody is told:
//! what became of it is kept with it, and whoever has the program ask reads that.

use ruma::{OwnedEventId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::{Held, PartState, Reply, ReplyState};
use crate::domain::ids::InteractionId;
use crate::domain::notice::HeldBack;

/// What is kept of a message that a program brought, besides the state of its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfProgram {
    /// Why it failed, in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Why it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_sent: Option<HeldBack>,
}

/// What became of a message so far, for whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It waits for its turn, or is just being submitted.
    Queued,
    /// It waits until the contact wants texts again.
    Held,
    /// The provider has taken all of it.
    Sent,
    /// All of it is on the phone.
    Delivered,
    /// The provider gave no answer: it is being looked for.
    Unknown,
    /// Nobody knows whether it arrived, and nobody will.
    Unconfirmed,
    /// Some of it did not get there.
    Failed {
        /// The provider's code, where it gives one.
        code: Option<u32>,
        /// Why, in words.
        why: Option<String>,
    },
    /// It was not sent.
    NotSent {
        /// Why not, where that is known.
        why: Option<HeldBack>,
    },
}

impl Delivery {
    /// Its word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Held => "held",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
            Self::Unconfirmed => "unconfirmed",
            Self::Failed { .. } => "failed",
            Self::NotSent { .. } => "not_sent",
        }
    }
}

impl Reply {
    /// A message that a program brought; `id` is its 32 random hexadecimal digits, of which what stands for
    /// its event is made.
    #[must_use]
    pub fn of_program(id: String, interaction: InteractionId, by: OwnedUserId, text: String) -> Self {
        let event = OwnedEventId::try_from(format!("$program-{id}"));
        let event = event.unwrap_or_else(|_| ruma::owned_event_id!("$program"));
        let of_program = Some(OfProgram::default());
        Self { of_program, ..Self::new(id, interaction, event, by, text) }
    }

    /// Keeps why it is not sent, where a program brought it.
    pub fn note_not_sent(&mut self, why: HeldBack) {
        if let Some(of_program) = &mut self.of_program {
            of_program.not_sent = Some(why);
        }
    }

    /// What became of it so far.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        let kept = self.of_program.clone().unwrap_or_default();
        let parts = match (&self.state, self.held) {
            (ReplyState::Dropped | ReplyState::Joined { .. }, _) => {
                return Delivery::NotSent { why: kept.not_sent };
            }
            (_, Some(Held::Word | Held::Spelling | Held::Contact { .. })) => return Delivery::Held,
            (ReplyState::Waiting, None) => return Delivery::Queued,
            (ReplyState::Parts { parts, .. }, None) => parts,
        };
        let failed = parts.iter().find_map(|part| match part.state {
            PartState::Failed { code } => Some(code),
            _ => None,
        });
        if let Some(code) = failed {
            return Delivery::Failed { code, why: kept.failed };
        }
        // The part that is least far says how far all of it is.
        match parts.iter().map(|part| part.state).min() {
            None | Some(PartState::Unsent | PartState::Sending) => Delivery::Queued,
            Some(PartState::Unknown) => Delivery::Unknown,
            Some(PartState::Unconfirmed) => Delivery::Unconfirmed,
            Some(PartState::Accepted | PartState::Sent | PartState::Failed { .. }) => Delivery::Sent,
            Some(PartState::Delivered) => Delivery::Delivered,
        }
    }
}

#[cfg(test)]
mod tests {
    use ruma::owned_user_id;

    use super::*;
    use crate::clock::Millis;
    use crate::domain::reply::Answer;

    const NOW: Millis = Millis(1_700_000_000_000);

    fn brought() -> Reply {
        let by = owned_user_id!("@switchroom:desk.test");
        Reply::of_program("0".repeat(32), InteractionId::new("i-1"), by, "one two".to_owned())
    }

    fn sending() -> Reply {
        let mut reply = brought();
        reply.turn(|text| text.split(' ').map(str::to_owned).collect(), false, NOW);
        reply
    }

    #[test]
    fn what_became_of_it_is_kept_and_nobody_is_told() {
        let mut reply = brought();
        assert_eq!(reply.delivery(), Delivery::Queued);
        reply.turn(|text| text.split(' ').map(str::to_owned).collect(), false, NOW);
        assert_eq!(reply.delivery(), Delivery::Queued);
        for part in [0, 1] {
            assert_eq!(reply.delivery(), Delivery::Queued, "a part is still to go");
            let outcome = reply.reported(part, "SM1", PartState::Sent, None);
            assert!(outcome.effects.is_empty(), "{outcome:?}");
            reply.turn(|_| vec![], false, NOW);
        }
        assert_eq!(reply.delivery(), Delivery::Sent);
        reply.reported(0, "SM1", PartState::Delivered, None);
        assert_eq!(reply.delivery(), Delivery::Sent);
        let outcome = reply.reported(1, "SM2", PartState::Delivered, None);
        assert_eq!((reply.delivery(), outcome.effects), (Delivery::Delivered, vec![]));
    }

    #[test]
    fn a_failure_keeps_its_code_and_the_words_for_it() {
        let mut reply = sending();
        let answer = Answer::Rejected { code: Some(21_211), why: "no such number".to_owned() };
        assert!(reply.answered(0, &answer, NOW).effects.is_empty());
        let failed = Delivery::Failed { code: Some(21_211), why: Some("no such number".to_owned()) };
        assert_eq!(reply.delivery(), failed);
        let read: Reply = serde_json::from_str(&serde_json::to_string(&reply).unwrap()).unwrap();
        assert_eq!(read.delivery(), failed);
    }

    #[test]
    fn what_nobody_knows_is_said_to_be_unknown() {
        let mut reply = sending();
        assert!(reply.answered(0, &Answer::Unknown, NOW).effects.is_empty());
        reply.turn(|_| vec![], false, NOW);
        reply.reported(1, "SM2", PartState::Sent, None);
        assert_eq!(reply.delivery(), Delivery::Unknown);
        let mut outcome = reply.not_listed(0, 100, NOW);
        assert_eq!((reply.delivery(), outcome.effects.pop()), (Delivery::Unconfirmed, None));
    }

    #[test]
    fn what_was_not_sent_says_why() {
        let mut reply = brought();
        reply.note_not_sent(HeldBack::Blocked);
        reply.give_up();
        assert_eq!(reply.delivery(), Delivery::NotSent { why: Some(HeldBack::Blocked) });
        let mut typed = Reply { of_program: None, ..brought() };
        typed.note_not_sent(HeldBack::Blocked);
        assert_eq!(typed.of_program, None);
    }
}
