//! Where effects happen.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::lane::Lane;

/// A room, by what it is for: it may not exist yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "in", content = "of", rename_all = "snake_case")]
pub enum Place {
    /// The room of an interaction.
    Session(InteractionId),
    /// The room of talks, by the talk it was made for.
    Talk(InteractionId),
    /// The console of an agent.
    Console(AgentId),
}

impl Place {
    /// The lane of what is done there.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Self::Session(interaction) | Self::Talk(interaction) => Lane::Room(interaction.clone()),
            Self::Console(agent) => Lane::Console(agent.clone()),
        }
    }
}
