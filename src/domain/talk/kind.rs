//! The kinds of talk, and who can be reached by IM.

use serde::{Deserialize, Serialize};

/// What a talk is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A word between colleagues.
    Im,
    /// Advice about an interaction.
    Consult,
}

impl Kind {
    /// What people call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Im => "IM",
            Self::Consult => "consult",
        }
    }
}

/// The people an IM can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImPresence {
    /// Those who are signed in at the desk, ready or not.
    Desk,
    /// Those whose Matrix presence is online or idle.
    Matrix,
    /// Everyone.
    Off,
}
