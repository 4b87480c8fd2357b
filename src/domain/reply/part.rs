//! One part of a message: one request to the provider, and what became of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// What people read for the files of a message.
const MEDIA: &str = "(media)";

/// What people read for a message that brings files, here and in the transcript: its text, if it has any, and
/// that there is more.
#[must_use]
pub fn in_words(text: &str) -> Cow<'_, str> {
    if text.is_empty() { MEDIA.into() } else { format!("{text} {MEDIA}").into() }
}

/// The text of a message of which [`in_words`], or the transcript, makes these words.
#[must_use]
pub fn text_of(words: &str) -> &str {
    words.strip_suffix(MEDIA).map_or(words, str::trim_end)
}

/// One part: one request to the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its text.
    pub text: String,
    /// The files that go with it, by their places in [`Reply::enclosures`](super::Reply::enclosures).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<usize>,
    /// What became of it.
    pub state: PartState,
    /// The provider's id of it, once known.
    pub sid: Option<String>,
    /// When the request was made.
    pub sent_at: Option<Millis>,
}

impl Part {
    /// Its text, for people who look for their message.
    #[must_use]
    pub fn in_words(&self) -> Cow<'_, str> {
        if self.files.is_empty() { Cow::from(&self.text) } else { in_words(&self.text) }
    }

    pub(super) fn unsent(text: String) -> Self {
        Self { text, files: vec![], state: PartState::Unsent, sid: None, sent_at: None }
    }
}

/// The state of a part. The order is the rank: a part never goes back to a lower one, except when the
/// provider says that a request was not processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PartState {
    /// Not submitted yet.
    Unsent,
    /// The request is being made.
    Sending,
    /// The answer was not heard of.
    Unknown,
    /// No evidence was found either.
    Unconfirmed,
    /// The provider took it.
    Accepted,
    /// The carrier took it.
    Sent,
    /// The provider refused it, or it did not arrive.
    Failed {
        /// The provider's code, where it gives one.
        code: Option<u32>,
    },
    /// It is on the phone.
    Delivered,
}

impl PartState {
    /// Whether nothing more can become of it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Delivered)
    }
}

/// A mark the owner sees at the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It is on the phone: ✓.
    Delivered,
    /// It did not get there: ❌.
    Failed,
    /// Nobody knows whether it got there: ⚠️.
    Unconfirmed,
}

impl Mark {
    /// The reaction that shows it.
    #[must_use]
    pub fn emoji(self) -> &'static str {
        match self {
            Self::Delivered => "✓",
            Self::Failed => "❌",
            Self::Unconfirmed => "⚠️",
        }
    }
}

/// The id of a part, the message's id and the part's index. The provider hands it back in its callbacks.
#[must_use]
pub fn part_id(reply: &str, part: usize) -> String {
    format!("{reply}-{part}")
}

/// Reads [`part_id`] back.
#[must_use]
pub fn parse_part_id(id: &str) -> Option<(&str, usize)> {
    let (reply, part) = id.split_once('-')?;
    (reply.len() == 32 && reply.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(())?;
    Some((reply, part.parse().ok().filter(|part| *part < 1000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_message_is_found_again_in_its_words() {
        for (text, words) in [("", "(media)"), ("Look", "Look (media)"), ("Look\nhere", "Look\nhere (media)")]
        {
            assert_eq!(in_words(text), words);
            assert_eq!(text_of(words), text);
        }
        assert_eq!(text_of("the media (two)"), "the media (two)");
    }
}
