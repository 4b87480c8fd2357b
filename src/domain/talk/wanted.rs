//! An IM that has not begun yet.

use ruma::OwnedEventId;
use serde::{Deserialize, Serialize};

use crate::domain::agent::AgentRef;
use crate::domain::effect::Place;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::ContactRef;

/// An IM to begin, while the invitee's presence is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The agent who wants it.
    pub initiator: AgentRef,
    /// The agent they want to talk to.
    pub invitee: AgentRef,
    /// The contact it is about.
    pub about: Option<ContactRef>,
    /// The message it begins with; empty for none.
    pub text: String,
    /// The earlier talk in whose room it goes on.
    pub again: Option<InteractionId>,
    /// Where they asked for it.
    pub place: Place,
    /// The event in which they typed it.
    pub typed: OwnedEventId,
}
