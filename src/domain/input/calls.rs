//! What happens to a telephone call.

use serde::{Deserialize, Serialize};

use super::Claim;
use crate::domain::call::{CallAnswer, CallReport, HoldAnswer, Side};
use crate::domain::ids::InteractionId;

/// Something happened to a telephone call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum CallInput {
    /// It is the turn of a phone: is it called now?
    Turn {
        /// The effect that calls it.
        claim: Claim,
        /// The call.
        call: InteractionId,
        /// Whose phone.
        side: Side,
    },
    /// The provider responded to the request to call a phone, or did not.
    Answered {
        /// The effect that calls it.
        claim: Claim,
        /// The call.
        call: InteractionId,
        /// Whose phone.
        side: Side,
        /// What the provider answered, if it did.
        said: CallAnswer,
    },
    /// The provider reports how far a phone's part in it has come.
    Reported(CallReport),
    /// The provider responded to the request to put the contact on hold, or to take them off it, or did not.
    Held {
        /// The effect that asked.
        claim: Claim,
        /// The call.
        call: InteractionId,
        /// Whether they were to be on hold.
        on: bool,
        /// What the provider answered, if it did.
        said: HoldAnswer,
    },
    /// The provider was asked where it stands.
    LookedAt {
        /// The effect that looked.
        claim: Claim,
        /// The call.
        call: InteractionId,
        /// How often it was looked at before.
        tries: u32,
        /// What the provider knows of its two parts.
        found: Vec<CallReport>,
        /// The parts that the provider says it does not know, though it gave them their ids.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gone: Vec<Side>,
    },
}

impl CallInput {
    /// The claim to the effect whose outcome it is.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Turn { claim, .. }
            | Self::Answered { claim, .. }
            | Self::Held { claim, .. }
            | Self::LookedAt { claim, .. } => Some(claim),
            Self::Reported(_) => None,
        }
    }
}
