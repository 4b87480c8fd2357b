//! One part of an MMS.

use serde::{Deserialize, Serialize};

/// One part of an MMS, still at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaPart {
    /// Where the provider serves it.
    pub url: String,
    /// The media type the provider claims, e.g. `image/jpeg`.
    pub content_type: String,
    /// Its number in its message, from 1, where that is not its place among those that came: one before it
    /// cannot be fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

/// What addresses begin with that name a part by its message and its number in it.
const LISTED: &str = "listed:";

impl MediaPart {
    /// A part of which only its message is known, and its number from 1: where it lies tells the provider's
    /// list of the message's media, once it is fetched.
    #[must_use]
    pub fn listed(sid: &str, number: u32) -> Self {
        Self { url: format!("{LISTED}{sid}/{number}"), content_type: String::new(), number: None }
    }

    /// Its number in its message, where that may not be its place among those that came.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.number.or_else(|| listed_at(&self.url).map(|(_, number)| number))
    }
}

/// The message and the number in it of the part that an address names, if it does that.
#[must_use]
pub fn listed_at(url: &str) -> Option<(&str, u32)> {
    let (sid, number) = url.strip_prefix(LISTED)?.split_once('/')?;
    Some((sid, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_by_its_message_and_its_number() {
        let part = MediaPart::listed("MM0123", 2);
        assert_eq!((listed_at(&part.url), part.number()), (Some(("MM0123", 2)), Some(2)));
        for other in ["https://api.test/MM0123/2", "listed:MM0123", "listed:MM0123/x"] {
            assert_eq!(listed_at(other), None, "{other}");
        }
    }
}
