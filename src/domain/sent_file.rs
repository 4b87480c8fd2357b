//! A picture, sound, video or other file that an agent posted in a room.

use ruma::OwnedMxcUri;
use serde::{Deserialize, Serialize};

/// A file that an agent posted, where the homeserver keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    /// Where the homeserver keeps it.
    pub uri: OwnedMxcUri,
    /// The media type that the agent's client claims; empty where it claims none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mime: String,
}
