//! Telephone calls: phones are called and put on hold, calls are ended and looked at. That a phone is called
//! is an input of its own, as with texts: what is submitted is kept before and after.

use serde::{Deserialize, Serialize};

use super::rules::{Rules, beside};
use crate::domain::call::Side;
use crate::domain::class::Class;
use crate::domain::ids::InteractionId;
use crate::domain::lane::Lane;

/// Call one of the two phones of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dial {
    /// The call.
    pub call: InteractionId,
    /// Whose phone.
    pub side: Side,
}

impl Dial {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Phone(self.call.clone())).of(Class::Send).each_time()
    }
}

/// Put the contact of a call on hold, or take them off it. It is done only if it still is what the agent
/// wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldCall {
    /// The call.
    pub call: InteractionId,
    /// Whether they are to be on hold.
    pub on: bool,
}

impl HoldCall {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Phone(self.call.clone())).of(Class::Send).each_time()
    }
}

/// End a phone's part in a call. It names nobody and no conversation, so that it is done whatever becomes of
/// these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HangUp {
    /// The provider's id of it.
    pub sid: String,
}

impl HangUp {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::HangUp(self.sid.clone())).of(Class::Send).each_time()
    }
}

/// Ask the provider where a call stands, as reports of it may be lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookAtCall {
    /// The call.
    pub call: InteractionId,
    /// How often it was looked at before.
    pub tries: u32,
}

impl LookAtCall {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Phone(self.call.clone())).each_time()
    }
}
