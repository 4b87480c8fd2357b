//! What a room shows of its conversation, as that stands when it is delivered.

use serde::{Deserialize, Serialize};

use super::rules::{Rules, in_room_of};
use crate::domain::ids::InteractionId;

/// Write the interaction's state event as it stands when this is delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishState {
    /// The interaction or talk whose state it is.
    pub interaction: InteractionId,
}

impl PublishState {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).once(format!("state:{}", self.interaction))
    }
}

/// Give the contact's ghost and the room the contact's name, and write the topic, as they stand when this
/// is delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishContact {
    /// The interaction in whose room the name stands.
    pub interaction: InteractionId,
}

impl PublishContact {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).once(format!("contact:{}", self.interaction))
    }
}

/// Write the room's topic as it stands when this is delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishTopic {
    /// The interaction whose topic it is.
    pub interaction: InteractionId,
}

impl PublishTopic {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).once(format!("topic:{}", self.interaction))
    }
}

/// Write who may write in the room of a talk, as it stands when this is delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishRights {
    /// The talk the room was made for.
    pub interaction: InteractionId,
}

impl PublishRights {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).once(format!("rights:{}", self.interaction))
    }
}
