//! An agent's answer to an offer, of a session or of a talk.

use crate::domain::text::sanitize;

/// The longest reason kept, in characters.
const REASON_CHARS: usize = 200;

/// How an agent let the desk know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// By the room itself: they joined it, or declined its invite.
    Membership,
    /// By command or reaction, or by somebody else's decision: they have yet to come in, or their invite has
    /// to be taken back.
    Word,
}

/// What an agent makes of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// They take it, or come.
    Accept,
    /// They leave it, or stay away.
    Decline {
        /// Why, see [`Decision::decline`].
        reason: String,
    },
}

/// An agent's answer to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What they decided.
    pub decision: Decision,
    /// How they let the desk know.
    pub via: Via,
    /// The number of the offer they answer, if the answer names one; else it is the one open to them.
    pub number: Option<u32>,
}

impl Decision {
    /// They decline, for a reason in their words: one line, cut if it is long; empty if they give none.
    #[must_use]
    pub fn decline(reason: &str) -> Self {
        Self::Decline { reason: sanitize::short_line(reason, REASON_CHARS) }
    }
}

impl Answer {
    /// They joined the room.
    #[must_use]
    pub fn joined() -> Self {
        Self { decision: Decision::Accept, via: Via::Membership, number: None }
    }

    /// They declined the room's invite, with a reason if they gave one.
    #[must_use]
    pub fn declined(reason: &str) -> Self {
        Self { decision: Decision::decline(reason), via: Via::Membership, number: None }
    }

    /// They said so; `number` is the offer they answer, if they named one.
    #[must_use]
    pub fn said(decision: Decision, number: Option<u32>) -> Self {
        Self { decision, via: Via::Word, number }
    }
}
