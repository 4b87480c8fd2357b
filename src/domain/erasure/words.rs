//! Whether a text tells of a person: whether it holds one of the words that do.
//!
//! Case does not count, nor do invisible characters, accents' encodings, or how a number is grouped. A word
//! only counts where it stands for itself, not as a piece of a longer word or number.

use std::ops::Range;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Numbers with at least this many digits may be written in groups.
const GROUPED_FROM: usize = 7;
/// At least this many digits make a word a number.
const SHORTEST_NUMBER: usize = 3;
/// At most this many characters stand between two groups of a number, as in `+1 (415) 555`.
const LONGEST_GAP: usize = 3;
/// How deep a content is looked into; what lies deeper counts as telling, so that nobody hides anything
/// there.
pub(super) const DEEPEST: usize = 64;

/// The words that tell of a person, made ready to be looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    texts: Vec<String>,
    numbers: Vec<String>,
}

impl Words {
    /// Of words as people write them.
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for word in words {
            let plain = plain(word);
            let plain = plain.trim();
            if let Some(digits) = number(plain) {
                all.numbers.push(digits);
            } else if !plain.is_empty() {
                all.texts.push(plain.to_owned());
            }
        }
        for words in [&mut all.texts, &mut all.numbers] {
            words.sort_unstable();
            words.dedup();
        }
        all
    }

    /// Whether a JSON document holds one of them, in whatever field, or as a name of one.
    #[must_use]
    pub fn are_in(&self, content: &Value) -> bool {
        self.are_below(content, 0)
    }

    fn are_below(&self, content: &Value, depth: usize) -> bool {
        if depth > DEEPEST {
            return true;
        }
        match content {
            Value::Null | Value::Bool(_) => false,
            Value::Number(number) => self.are_in_text(&number.to_string()),
            Value::String(text) => self.are_in_text(text),
            Value::Array(items) => items.iter().any(|item| self.are_below(item, depth + 1)),
            Value::Object(fields) => {
                fields.iter().any(|(name, item)| self.are_in_text(name) || self.are_below(item, depth + 1))
            }
        }
    }

    /// Whether a text holds one of them, as it stands or as HTML shows it.
    #[must_use]
    pub fn are_in_text(&self, text: &str) -> bool {
        self.are_in_plain(&plain(text))
            || text.contains(['<', '&']) && self.are_in_plain(&plain(&without_markup(text)))
    }

    fn are_in_plain(&self, text: &str) -> bool {
        self.texts.iter().any(|word| stands_in(text, word)) || self.number_is_in(text)
    }

    /// Whether one of the numbers stands in a text, in whatever groups.
    fn number_is_in(&self, text: &str) -> bool {
        if self.numbers.is_empty() {
            return false;
        }
        let mut digits = String::new();
        let mut places = Vec::new();
        for (at, c) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
            digits.push(c);
            places.push(at);
        }
        let is_at = |number: &str, first: usize| {
            let places = &places[first..first + number.len()];
            let gaps_fit = places.windows(2).all(|pair| {
                let gap = &text[pair[0] + 1..pair[1]];
                gap.is_empty() || number.len() >= GROUPED_FROM && is_gap(gap)
            });
            gaps_fit && stands_alone_as_number(text, places[0]..places[number.len() - 1] + 1)
        };
        self.numbers.iter().any(|number| every(&digits, number).any(|first| is_at(number, first)))
    }
}

/// Where a text holds another, overlapping or not.
fn every<'a>(text: &'a str, piece: &'a str) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + text.get(from..)?.find(piece)?;
        from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        Some(at)
    })
}

/// A text as it is compared: composed, in lower case, with single blanks and nothing invisible.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let is_invisible = |c: &char| {
        matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    for c in text.chars().filter(|c| !is_invisible(c)).nfkc().flat_map(char::to_lowercase).nfc() {
        if c.is_whitespace() || c.is_control() {
            if !plain.ends_with(' ') {
                plain.push(' ');
            }
        } else {
            plain.push(digit(c).unwrap_or(c));
        }
    }
    plain
}

/// A digit of another script as one of ours.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 12] =
        [0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xe50, 0x1040];
    let zero = ZEROS.into_iter().find(|zero| (*zero..zero + 10).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

/// The digits of a word that is a number; nothing if it is none.
fn number(word: &str) -> Option<String> {
    let is_number = word.chars().all(|c| c.is_ascii_digit() || is_separator(c));
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    (is_number && digits.len() >= SHORTEST_NUMBER).then_some(digits)
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '+' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Whether this may stand between two digits of one number.
fn is_gap(gap: &str) -> bool {
    gap.chars().count() <= LONGEST_GAP && gap.chars().all(|c| is_separator(c) && c != '+')
}

/// Whether a number is not the end or the beginning of a longer one, or a piece of a word. The zeros that a
/// call abroad begins with make no longer one.
fn stands_alone_as_number(text: &str, at: Range<usize>) -> bool {
    let (before, behind) = (&text[..at.start], &text[at.end..]);
    let before = before
        .strip_suffix("011")
        .or_else(|| before.strip_suffix("00"))
        .filter(|rest| !ends_in_word(rest))
        .unwrap_or(before);
    !ends_in_word(before) && !behind.starts_with(is_of_word)
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(is_of_word)
}

/// Whether a word stands in a text for itself.
fn stands_in(text: &str, word: &str) -> bool {
    let is_mail = word.find('@').is_some_and(|at| at > 0);
    every(text, word).any(|at| {
        let (before, behind) = (&text[..at], &text[at + word.len()..]);
        let begins = !word.starts_with(joins) || !before.ends_with(joins);
        let ends = !word.ends_with(joins) || !behind.starts_with(joins);
        begins && ends && !(is_mail && is_in_longer_mail(before, behind))
    })
}

/// Whether what stands around an address of an e-mail makes it a piece of another.
fn is_in_longer_mail(before: &str, behind: &str) -> bool {
    let ties = |c: char| matches!(c, '.' | '-' | '_' | '+' | '%');
    let longer_before = before.strip_suffix(ties).is_some_and(ends_in_word);
    longer_before || behind.strip_prefix(['.', '-']).is_some_and(|rest| rest.starts_with(is_of_word))
}

/// A letter or digit, or what belongs to one.
pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Whether a character makes one word with a letter beside it: not in scripts that are written without
/// blanks between words, or where endings are written onto names.
fn joins(c: char) -> bool {
    let is_unspaced = matches!(u32::from(c),
        0xe00..=0xeff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x1100..=0x11ff | 0x3040..=0x30ff | 0x3130..=0x318f
        | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0x20000..=0x3ffff);
    is_of_word(c) && !is_unspaced
}

/// What HTML shows: without its tags, and with what its entities stand for.
pub(super) fn without_markup(html: &str) -> String {
    const WITHIN_WORDS: [&str; 16] = [
        "a", "b", "i", "u", "s", "em", "strong", "span", "font", "code", "del", "ins", "sub", "sup", "small",
        "mark",
    ];
    let mut shown = String::with_capacity(html.len());
    let mut rest = html;
    // Behind the last of these no tag ends: looking for its end again and again would take for ever.
    let last_end = html.rfind('>').unwrap_or(0);
    while let Some(at) = rest.find(['<', '&']) {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((c, end)) = entity(rest) {
            shown.push(c);
            rest = &rest[end..];
            continue;
        }
        let is_tag = rest.starts_with('<')
            && html.len() - rest.len() < last_end
            && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        if let Some(end) = is_tag.then(|| rest.find('>')).flatten() {
            let tag = rest[1..end].trim_start_matches('/');
            let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            if !WITHIN_WORDS.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                shown.push(' ');
            }
            rest = &rest[end + 1..];
        } else {
            shown.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    shown.push_str(rest);
    shown
}

/// The character that a text begins with as an entity, and where that ends.
fn entity(text: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 10;
    let name = text.strip_prefix('&')?;
    let end = name.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = name.get(..end)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "shy" => '\u{ad}',
        "zwnj" | "zwj" => '\u{200d}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((c, end + 2))
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
