//! Typographic characters that phones show as well in a plain form. Each of them alone makes a whole text
//! UCS-2, in which a segment holds less than half as much.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

use super::count::septets;

/// A character, what stands for it in GSM-7, and what it is called.
type Plain = (char, &'static str, &'static str);

/// Only what says the same in its plain form: no letter loses its accent.
#[rustfmt::skip]
const PLAIN: &[Plain] = &[
    ('‘', "'", "curly quote"), ('’', "'", "curly apostrophe"), ('‚', "'", "low quote"), ('‛', "'", "reversed quote"),
    ('“', "\"", "curly quote"), ('”', "\"", "curly quote"), ('„', "\"", "low quote"), ('‟', "\"", "reversed quote"),
    ('«', "\"", "angle quote"), ('»', "\"", "angle quote"), ('‹', "'", "angle quote"), ('›', "'", "angle quote"),
    ('′', "'", "prime"), ('″', "\"", "double prime"), ('´', "'", "acute accent"), ('`', "'", "backtick"),
    ('ʼ', "'", "apostrophe letter"),
    ('‐', "-", "hyphen"), ('‑', "-", "non-breaking hyphen"), ('‒', "-", "figure dash"), ('–', "-", "en dash"),
    ('—', "-", "em dash"), ('―', "-", "horizontal bar"), ('−', "-", "minus sign"), ('•', "*", "bullet"),
    ('…', "...", "ellipsis"), ('⁄', "/", "fraction slash"),
    ('\u{a0}', " ", "non-breaking space"), ('\u{2002}', " ", "en space"), ('\u{2003}', " ", "em space"),
    ('\u{2007}', " ", "figure space"), ('\u{2008}', " ", "punctuation space"), ('\u{2009}', " ", "thin space"),
    ('\u{200a}', " ", "hair space"), ('\u{202f}', " ", "narrow non-breaking space"), ('\t', " ", "tab"),
    ('\u{3000}', " ", "ideographic space"), ('\u{2028}', "\n", "line separator"), ('\u{2029}', "\n", "paragraph separator"),
    ('\u{ad}', "", "soft hyphen"), ('\u{200b}', "", "zero-width space"), ('\u{2060}', "", "word joiner"),
    ('\u{feff}', "", "zero-width space"),
];

fn plain(c: char) -> Option<&'static Plain> {
    PLAIN.iter().find(|(of, ..)| *of == c)
}

/// What a typographic character is called.
pub(super) fn name_of(c: char) -> Option<&'static str> {
    plain(c).map(|(_, _, name)| *name)
}

/// The text with its typographic characters in their plain form, and accents joined with their letters, if
/// that makes all of it GSM-7; else the text as it is.
#[must_use]
pub fn smart(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| septets(c).is_some()) {
        return text.into();
    }
    let mut made = String::with_capacity(text.len());
    for c in text.nfc() {
        match plain(c) {
            Some((_, plain, _)) => made.push_str(plain),
            None if septets(c).is_some() => made.push(c),
            None => return text.into(),
        }
    }
    if made.trim().is_empty() { text.into() } else { made.into() }
}
