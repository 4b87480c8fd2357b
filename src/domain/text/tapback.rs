//! Reactions that a phone sends as a text: `Liked “See you at nine”`, `👍 to “See you at nine”`.
//!
//! iPhones write them in the language of their owner; here are the wordings that are known for certain, in
//! English, Spanish and French. Google's Messages writes the emoji itself.

use unicode_segmentation::UnicodeSegmentation as _;

use super::sanitize;

/// The wordings of iPhones, each with the emoji it stands for.
const WORDS: [(&str, &str); 17] = [
    ("Liked", "👍"),
    ("Loved", "❤️"),
    ("Disliked", "👎"),
    ("Laughed at", "😂"),
    ("Emphasized", "‼️"),
    ("Questioned", "❓"),
    ("Le gustó", "👍"),
    ("Le encantó", "❤️"),
    ("No le gustó", "👎"),
    ("Le dio risa", "😂"),
    ("Exclamó por", "‼️"),
    ("Dudó sobre", "❓"),
    ("A aimé", "👍"),
    ("A adoré", "❤️"),
    ("N’a pas aimé", "👎"),
    ("N'a pas aimé", "👎"),
    ("A ri de", "😂"),
];
/// How iPhones say that a reaction was taken back.
const REMOVED: [&str; 6] = [
    "Removed a like from",
    "Removed a heart from",
    "Removed a dislike from",
    "Removed a laugh from",
    "Removed an exclamation from",
    "Removed a question mark from",
];
/// What stands before the emoji of a reaction and behind it.
const AROUND: [(&str, &str); 4] =
    [("Reacted ", " to"), ("Reaccionó con ", " a"), ("A réagi avec ", " à"), ("", " to")];
/// What stands before the emoji of a reaction that was taken back, and behind it.
const AROUND_REMOVED: [(&str, &str); 2] = [("Removed a ", " from"), ("Removed ", " from")];
/// What opens a quotation, and what closes it.
const QUOTES: [(char, char); 3] = [('“', '”'), ('"', '"'), ('«', '»')];

/// A reaction to a text, sent as a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tapback {
    /// The emoji; nothing where a reaction is taken back.
    pub emoji: Option<String>,
    /// What it is a reaction to, as far as it is quoted.
    quoted: String,
    /// Whether only the beginning is quoted.
    is_cut: bool,
}

impl Tapback {
    /// Reads a text; nothing for one that is no reaction.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = bare(text);
        let (before, quoted) = QUOTES.iter().find_map(|(opens, closes)| {
            let (before, rest) = text.split_once(*opens)?;
            Some((before.trim_end(), rest.strip_suffix(*closes)?))
        })?;
        let emoji = if takes_back(before) { None } else { Some(reaction(before)?.to_owned()) };
        let quoted = quoted.trim();
        let whole = quoted.strip_suffix('…').or_else(|| quoted.strip_suffix("..."));
        let is_cut = whole.is_some();
        let quoted = whole.unwrap_or(quoted).trim_end().to_owned();
        (!quoted.is_empty()).then_some(Self { emoji, quoted, is_cut })
    }

    /// Whether this is the text that it is a reaction to, or may be.
    #[must_use]
    pub fn is_to(&self, text: &str) -> bool {
        let text = bare(text);
        if self.is_cut { text.starts_with(&self.quoted) } else { text == self.quoted }
    }
}

/// The emoji of a reaction, by what is said before the quotation.
fn reaction(before: &str) -> Option<&str> {
    let word = WORDS.iter().find(|(words, _)| is_said(before, words)).map(|(_, emoji)| *emoji);
    word.or_else(|| emoji_in(before, &AROUND))
}

/// Whether what is said before the quotation takes a reaction back.
fn takes_back(before: &str) -> bool {
    REMOVED.iter().any(|words| is_said(before, words)) || emoji_in(before, &AROUND_REMOVED).is_some()
}

fn is_said(before: &str, words: &str) -> bool {
    before.to_lowercase() == words.to_lowercase()
}

/// The emoji that stands between one of these.
fn emoji_in<'a>(before: &'a str, around: &[(&str, &str)]) -> Option<&'a str> {
    let between = |(opens, closes): &(&str, &str)| before.strip_prefix(*opens)?.strip_suffix(*closes);
    around.iter().filter_map(between).map(str::trim).find(|emoji| is_emoji(emoji))
}

/// Whether a text is one emoji.
fn is_emoji(text: &str) -> bool {
    text.chars().all(sanitize::is_of_emoji) && text.graphemes(true).count() == 1
}

/// A text in one line, without what Google's Messages puts around its parts and nobody sees.
fn bare(text: &str) -> String {
    let seen = text.chars().filter(|c| !matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}'));
    let seen: String = seen.collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Option<String>, String, bool)> {
        Tapback::read(text).map(|tapback| (tapback.emoji, tapback.quoted, tapback.is_cut))
    }

    #[test]
    fn reactions_are_read_as_phones_write_them() {
        for (text, emoji, quoted, is_cut) in [
            ("Liked “See you at nine”", Some("👍"), "See you at nine", false),
            ("Loved “See you at nine”", Some("❤️"), "See you at nine", false),
            ("Disliked “No”", Some("👎"), "No", false),
            ("Laughed at “ha”", Some("😂"), "ha", false),
            ("Emphasized “Now!”", Some("‼️"), "Now!", false),
            ("Questioned \"Now?\"", Some("❓"), "Now?", false),
            ("Liked “A long text that is…”", Some("👍"), "A long text that is", true),
            ("Liked “It is “quoted” itself”", Some("👍"), "It is “quoted” itself", false),
            ("Liked “one\ntwo”", Some("👍"), "one two", false),
            ("Removed a like from “Yes”", None, "Yes", false),
            ("Removed an exclamation from “Yes”", None, "Yes", false),
            ("Reacted 😮 to “Yes”", Some("😮"), "Yes", false),
            ("Removed a 😮 from “Yes”", None, "Yes", false),
            ("👍 to “Yes”", Some("👍"), "Yes", false),
            ("\u{200b}👍\u{200b} to “\u{200a}Yes\u{200a}”", Some("👍"), "Yes", false),
            ("👨‍👩‍👧‍👦 to “Yes”", Some("👨‍👩‍👧‍👦"), "Yes", false),
            ("Le encantó “Hola”", Some("❤️"), "Hola", false),
            ("No le gustó “Hola”", Some("👎"), "Hola", false),
            ("A adoré « Bonjour »", Some("❤️"), "Bonjour", false),
            ("N’a pas aimé « bof »", Some("👎"), "bof", false),
        ] {
            let expected = (emoji.map(str::to_owned), quoted.to_owned(), is_cut);
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_reaction_is_a_text() {
        for text in [
            "",
            "Liked",
            "Liked it",
            "Liked “”",
            "Liked “…”",
            "Liked “Yes” and more",
            "I liked “Yes”",
            "Liked an image",
            "to “Yes”",
            "go to “Main Street”",
            "5 to “Yes”",
            "Removed a rug from “Main Street”",
            "Reacted badly to “Yes”",
            "👍👍 to “Yes”",
            "👍 “Yes”",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_reaction_fits_the_text_that_it_quotes() {
        for (text, of, fits) in [
            ("Liked “Yes”", "Yes", true),
            ("Liked “Yes”", " Yes\n", true),
            ("Liked “one two”", "one\ntwo", true),
            ("Liked “Yes”", "Yes, sure", false),
            ("Liked “yes”", "Yes", false),
            ("Liked “Yes…”", "Yes, sure", true),
            ("Liked “Yes…”", "Yes…", true),
            ("Liked “Yes...”", "Yes...", true),
            ("Liked “Yes…”", "Yes", true),
            ("Liked “Sure…”", "Yes, sure", false),
        ] {
            assert_eq!(Tapback::read(text).unwrap().is_to(of), fits, "{text} {of}");
        }
    }
}
