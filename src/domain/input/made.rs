//! What became of a file that was to be made ready for a phone.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::domain::notice::HeldBack;

/// What became of a file that was to be made ready for a phone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "made", rename_all = "snake_case")]
pub enum Made {
    /// It can go.
    File {
        /// Its media type.
        mime: String,
        /// The end of the name it goes by, like `jpg`.
        extension: String,
        /// Whether the contact gets a link to it, because it cannot go as it is.
        as_link: bool,
        /// The file. It is not kept where the input is set aside: it can be made again.
        #[serde(skip)]
        bytes: Bytes,
    },
    /// It cannot.
    Nothing {
        /// Why not.
        why: HeldBack,
    },
}

/// Shows no file.
impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { mime, as_link, bytes, .. } => f
                .debug_struct("File")
                .field("mime", mime)
                .field("as_link", as_link)
                .field("bytes", &bytes.len())
                .finish_non_exhaustive(),
            Self::Nothing { why } => f.debug_struct("Nothing").field("why", why).finish(),
        }
    }
}
