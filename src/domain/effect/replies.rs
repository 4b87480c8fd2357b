//! What goes to phones, and what became of it. The outcomes are inputs of their own: what is submitted is
//! kept before and after each part.

use serde::{Deserialize, Serialize};

use super::rules::{Rules, beside};
use crate::domain::class::Class;
use crate::domain::ids::InteractionId;
use crate::domain::lane::Lane;

/// Send an owner's message to the contact's phone, part by part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendReply {
    /// The interaction the message belongs to.
    pub interaction: InteractionId,
    /// The message, by the desk's id of it.
    pub reply: String,
}

impl SendReply {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Phone(self.interaction.clone())).of(Class::Send).each_time()
    }
}

/// Look at the provider's list whether a part of unknown fate got there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcilePart {
    /// The part, by the id we gave the provider.
    pub part: String,
    /// How often it was looked for before.
    pub tries: u32,
}

impl ReconcilePart {
    #[expect(clippy::unused_self, reason = "each effect is asked for its rules")]
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Reconcile).each_time()
    }
}
