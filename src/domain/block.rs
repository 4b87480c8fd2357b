//! Contacts whose texts are kept and shown to nobody.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::agent::AgentRef;
use super::text::sanitize;
use super::when::span;
use crate::clock::Millis;

/// The longest time a contact is blocked for, unless it is for good.
pub const LONGEST: Duration = Duration::from_hours(24 * 3_650);
/// The longest reason kept, in characters.
const REASON_CHARS: usize = 200;

/// A contact is blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Who blocked them.
    pub by: AgentRef,
    /// When.
    pub at: Millis,
    /// Until when; nothing if for good.
    pub until: Option<Millis>,
    /// Why, in the words of whoever did it; empty if they did not say.
    pub reason: String,
    /// The number they wrote from then.
    pub number: Address,
}

/// For how long a contact is to be blocked, and why: `2h`, `7 days`, `forever`, each with a reason behind it;
/// without a time, for good. Nothing if what looks like a time is none, or is too long.
#[must_use]
pub fn typed(line: &str) -> Option<(Option<Duration>, String)> {
    let line = line.trim();
    let mut words = line.split_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let behind = |words: usize| line.split_whitespace().skip(words).collect::<Vec<_>>().join(" ");
    let reason = |words| sanitize::short_line(&behind(words), REASON_CHARS);
    if ["forever", "always"].contains(&first.to_lowercase().as_str()) {
        return Some((None, reason(1)));
    }
    if !first.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((None, reason(0)));
    }
    let both = format!("{first} {second}").to_lowercase();
    let found = span(&first.to_lowercase()).map(|span| (span, 1));
    let (length, words) = found.or_else(|| span(&both).map(|span| (span, 2)))?;
    (length > Duration::ZERO && length <= LONGEST).then(|| (Some(length), reason(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_and_a_reason_are_told_apart() {
        let hours = |hours| Some(Duration::from_hours(hours));
        let table = [
            ("", None, ""),
            ("2h", hours(2), ""),
            ("7d rude words", hours(168), "rude words"),
            ("7 Days rude", hours(168), "rude"),
            ("1d12h", hours(36), ""),
            ("Forever spam", None, "spam"),
            ("spam\u{202e} from a\n robot", None, "spam from a robot"),
        ];
        for (line, length, reason) in table {
            assert_eq!(typed(line), Some((length, reason.to_owned())), "{line}");
        }
    }

    #[test]
    fn what_looks_like_a_time_and_is_none_is_not_taken_for_a_reason() {
        for line in ["7x", "0h", "2", "2 spam", "99999d", "3651 days", "2hh"] {
            assert_eq!(typed(line), None, "{line}");
        }
        let (_, reason) = typed(&"word ".repeat(1_000)).unwrap();
        assert!(reason.chars().count() <= REASON_CHARS);
    }
}
