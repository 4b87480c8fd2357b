//! What an admin reads who makes a token for a program.

use serde::{Deserialize, Serialize};

use crate::domain::ids::TokenId;

/// A token was made. It stands in no database: it is put in when the notice is said, and never else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCard {
    /// What it is called.
    pub name: String,
    /// What it lets do.
    pub detail: String,
    /// Its id.
    pub id: TokenId,
    /// The random bits that it is made of, which say nothing without the key.
    pub random: String,
    /// The token itself, once it is put in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// After how many seconds the notice is taken away.
    pub secs: u64,
}
