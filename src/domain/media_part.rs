//! One part of an MMS.

use serde::{Deserialize, Serialize};

/// One part of an MMS, still at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaPart {
    /// Where the provider serves it.
    pub url: String,
    /// The media type the provider claims, e.g. `image/jpeg`.
    pub content_type: String,
    /// Its number in its message, from 1, if it differs from its index here, because one before it cannot be
    /// fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

/// The prefix of addresses that name a part by its message and its number.
const LISTED: &str = "listed:";

impl MediaPart {
    /// A part of which only the message and the number are known, from 1. Its address comes from the
    /// provider's list of the message's media, when it is fetched.
    #[must_use]
    pub fn listed(sid: &str, number: u32) -> Self {
        Self { url: format!("{LISTED}{sid}/{number}"), content_type: String::new(), number: None }
    }

    /// Its number in its message, if that may differ from its index here.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.number.or_else(|| listed_at(&self.url).map(|(_, number)| number))
    }
}

/// The pictures that every client shows.
const SHOWN: [&str; 4] = ["image/gif", "image/jpeg", "image/png", "image/webp"];

/// The message type of Matrix for a file of this media type. A picture that clients do not show is a file.
#[must_use]
pub fn msgtype(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") if SHOWN.contains(&mime) => "m.image",
        Some("video") => "m.video",
        Some("audio") => "m.audio",
        _ => "m.file",
    }
}

/// The message and the number that an address of this form names.
#[must_use]
pub fn listed_at(url: &str) -> Option<(&str, u32)> {
    let (sid, number) = url.strip_prefix(LISTED)?.split_once('/')?;
    Some((sid, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_picture_that_clients_show_is_shown_as_one() {
        let table = [
            ("image/jpeg", "m.image"),
            ("image/gif", "m.image"),
            ("image/heic", "m.file"),
            ("image/svg+xml", "m.file"),
            ("video/3gpp", "m.video"),
            ("audio/amr", "m.audio"),
            ("application/pdf", "m.file"),
            ("", "m.file"),
        ];
        for (mime, expected) in table {
            assert_eq!(msgtype(mime), expected, "{mime}");
        }
    }

    #[test]
    fn a_part_is_named_by_its_message_and_its_number() {
        let part = MediaPart::listed("MM0123", 2);
        assert_eq!((listed_at(&part.url), part.number()), (Some(("MM0123", 2)), Some(2)));
        for other in ["https://api.test/MM0123/2", "listed:MM0123", "listed:MM0123/x"] {
            assert_eq!(listed_at(other), None, "{other}");
        }
    }
}
