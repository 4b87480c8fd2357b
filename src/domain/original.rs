//! What a contact sent as they sent it: kept beside the preview that a room shows, for those who may save it.

use ruma::OwnedMxcUri;
use serde::{Deserialize, Serialize};

use super::media_part::msgtype;

/// An attachment as the contact sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// Where the homeserver keeps it; nothing where it did not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<OwnedMxcUri>,
    /// Its file name.
    pub file: String,
    /// Its media type.
    pub mime: String,
    /// How large it is, in bytes.
    pub bytes: u64,
}

impl Original {
    /// The message type of Matrix for it.
    #[must_use]
    pub fn msgtype(&self) -> &'static str {
        msgtype(&self.mime)
    }
}
