//! The channels there are.

use serde::{Deserialize, Serialize};

/// What the desk depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// The homeserver.
    #[serde(rename = "matrix")]
    Matrix,
    /// The provider.
    #[serde(rename = "sms")]
    Sms,
    /// The database.
    #[serde(rename = "database")]
    Database,
}

impl Channel {
    /// All of them, in the order they are shown in.
    pub const ALL: [Self; 3] = [Self::Matrix, Self::Sms, Self::Database];

    /// Its name for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Matrix => "matrix",
            Self::Sms => "sms",
            Self::Database => "database",
        }
    }

    /// Whether agents can do nothing while it is down, so that no deadline runs meanwhile.
    #[must_use]
    pub fn stops_agents(self) -> bool {
        match self {
            Self::Matrix | Self::Database => true,
            Self::Sms => false,
        }
    }
}
