//! What a template gets to see of a value: one line, of bounded length, that looks like what it is. Telephone
//! numbers stand there as people read them, in every template; only what somebody wrote is shown as it was
//! written.

use minijinja::Value;
use serde::Serialize;

use crate::domain::masking::VERBATIM;
use crate::domain::text::numbers;

/// How long a name may be, in characters; longer ones are cut.
const NAME_LIMIT: usize = 120;
/// How long what people wrote may be: as long as the desk takes it from them, or says it at a time.
const WRITTEN_LIMIT: usize = 4_000;
/// How long any other text may be, in characters; longer ones are cut.
const TEXT_LIMIT: usize = 1500;
/// Fields that hold a name or a short phrase.
const NAMES: [&str; 7] = ["contact", "queue", "agent", "by", "to", "who", "typed"];
/// Fields that hold what people wrote, at length.
const WRITTEN: [&str; 4] = ["case", "now", "text", "was"];

/// How the strings of a field are shown.
#[derive(Clone, Copy)]
struct Manner {
    /// How long they may be, in characters.
    limit: usize,
    /// Whether numbers in them are written as people read them.
    readable: bool,
}

/// A value as a template's context, each of its strings cleaned. A value that is no JSON becomes none.
pub(super) fn context(value: &impl Serialize) -> Value {
    seen(value, manner_of)
}

/// A value as templates see it that write for programs: cleaned, its numbers left as they are.
pub(super) fn for_programs(value: &impl Serialize) -> Value {
    seen(value, |field| Manner { readable: false, ..manner_of(field) })
}

fn seen(value: &impl Serialize, manner_of: fn(&str) -> Manner) -> Value {
    let clean = |json| clean(json, manner_of(""), manner_of);
    serde_json::to_value(value).map_or(Value::from(()), clean)
}

/// A name or number on one line, cut where it is too long.
pub(super) fn name(text: &str) -> String {
    numbers::readable(&one_line(text, NAME_LIMIT)).into_owned()
}

/// The lines of a text that is shown as it goes, each cleaned by itself.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.trim().lines().map(|line| one_line(line, WRITTEN_LIMIT)).collect()
}

/// A value of a field that is shown in this manner; `manner_of` tells how those inside it are.
fn clean(json: serde_json::Value, manner: Manner, manner_of: fn(&str) -> Manner) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::from(()),
        Json::Bool(yes) => Value::from(yes),
        Json::Number(number) => number
            .as_i64()
            .map(Value::from)
            .or_else(|| number.as_u64().map(Value::from))
            .or_else(|| number.as_f64().map(Value::from))
            .unwrap_or_default(),
        Json::String(text) => {
            let line = one_line(&text, manner.limit);
            Value::from(if manner.readable { numbers::readable(&line).into_owned() } else { line })
        }
        Json::Array(items) => items.into_iter().map(|item| clean(item, manner, manner_of)).collect(),
        Json::Object(fields) => Value::from_pairs(fields.into_iter().map(|(key, value)| {
            let manner = manner_of(&key);
            (key, clean(value, manner, manner_of))
        })),
    }
}

fn manner_of(field: &str) -> Manner {
    let limit = match field {
        field if NAMES.contains(&field) => NAME_LIMIT,
        field if WRITTEN.contains(&field) => WRITTEN_LIMIT,
        _ => TEXT_LIMIT,
    };
    Manner { limit, readable: !VERBATIM.contains(&field) }
}

/// Text on one line of at most `limit` characters: runs of blanks, line ends and control characters become
/// one space, and characters that reorder or hide others are left out.
fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(4 * limit));
    let mut length = 0;
    let mut blank_pending = false;
    for c in text.chars().filter(|c| !is_disguise(*c)) {
        if c.is_whitespace() || c.is_control() {
            blank_pending = length > 0;
            continue;
        }
        let needed = 1 + usize::from(blank_pending);
        if length + needed > limit {
            line.push('…');
            break;
        }
        if std::mem::take(&mut blank_pending) {
            line.push(' ');
        }
        line.push(c);
        length += needed;
    }
    line
}

/// Whether a character only changes how others look: bidi controls, invisible separators, tags. The joiners
/// stay: many scripts and most family emoji are written with them.
fn is_disguise(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_breaks_no_controls_and_no_disguise() {
        assert_eq!(one_line(" a\r\n\u{2028}b\u{0}\tc\u{202e}d\u{200b}e\u{2066} ", 99), "a b cde");
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcdef…");
        assert_eq!(one_line("abc   ", 3), "abc");
        assert_eq!(one_line("Ä👍ßé", 2), "Ä👍…");
    }

    #[test]
    fn joined_emoji_and_persian_stay_whole() {
        for whole in ["👩‍👩‍👧", "می‌خواهم"] {
            assert_eq!(one_line(whole, 99), whole);
        }
    }
}
