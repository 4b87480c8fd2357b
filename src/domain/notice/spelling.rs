//! What is said of spelling.

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use crate::domain::spelling::check::Found;
use crate::domain::spelling::mode::Spelling;

/// Words of a message that are not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MisspeltCard {
    /// Whether the message waits for its writer's word; else it was sent.
    pub waits: bool,
    /// Who wrote it.
    pub writer: OwnedUserId,
    /// The words.
    #[serde(flatten)]
    pub found: Found,
}

/// How an agent's spelling is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpellingCard {
    /// What happens to words that are not known.
    pub mode: Spelling,
    /// The dictionaries that are asked.
    pub languages: Vec<String>,
    /// How many words of their own they have.
    pub own_words: u32,
    /// A word that was added or taken away just now.
    #[serde(default)]
    pub changed: Option<WordChange>,
}

/// What was done to a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordChange {
    /// The word.
    pub text: String,
    /// What was done to it.
    pub how: WordChanged,
}

/// What may be done to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordChanged {
    /// It is one of the agent's own.
    Added,
    /// It is none of them any more.
    Removed,
    /// It is no mistake in this conversation.
    Ignored,
}
