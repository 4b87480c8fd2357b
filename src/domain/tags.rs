//! Words that agents put on conversations, to find and count them by.

use unicode_normalization::UnicodeNormalization as _;

use super::text::sanitize;

/// How many tags a conversation has at most.
pub const MOST: usize = 20;
/// How long a tag is at most, in characters.
pub const LONGEST: usize = 32;
/// How far a person may move a conversation in its queue, in points of a minute each, either way.
pub const MOST_POINTS: i64 = 1_440;

/// Why a word is no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTag {
    /// There is no word.
    Missing,
    /// It is longer than [`LONGEST`].
    TooLong,
    /// It holds something else than letters, digits, `-`, `_` and `.`.
    BadLetter,
}

/// A tag as it is kept, however it was typed: in small letters, without `#` before it, blanks as dashes.
///
/// # Errors
/// [`NoTag`].
pub fn tag(typed: &str) -> Result<String, NoTag> {
    let line = sanitize::one_line(typed).nfkc().collect::<String>().to_lowercase();
    let line = line.trim().trim_start_matches('#').trim();
    let word: Vec<&str> = line.split_whitespace().collect();
    let word: String = word.join("-").nfc().collect();
    // Marks belong to the letters of many scripts.
    let is_mark = |c: char| unicode_normalization::char::is_combining_mark(c);
    let fits = |c: char| c.is_alphanumeric() || is_mark(c) || "-_.".contains(c);
    match word.chars().count() {
        0 => Err(NoTag::Missing),
        length if length > LONGEST => Err(NoTag::TooLong),
        _ if !word.chars().all(fits) || !word.chars().any(char::is_alphanumeric) => Err(NoTag::BadLetter),
        _ => Ok(word),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tag_is_the_same_however_it_is_typed() {
        for typed in ["Refund", " #refund ", "REFUND", "ｒｅｆｕｎｄ", "ref\u{200b}und"] {
            assert_eq!(tag(typed).as_deref(), Ok("refund"), "{typed:?}");
        }
        assert_eq!(tag("late  Delivery").as_deref(), Ok("late-delivery"));
        assert_eq!(tag("Ru\u{308}ckgabe"), tag("rückgabe"));
        assert_eq!(tag("v1.2_x-3").as_deref(), Ok("v1.2_x-3"));
        assert_eq!(tag("हिन्दी").as_deref(), Ok("हिन्दी"));
    }

    #[test]
    fn what_is_no_word_is_no_tag() {
        let long = "x".repeat(LONGEST + 1);
        let table = [
            ("", NoTag::Missing),
            (" # ", NoTag::Missing),
            (long.as_str(), NoTag::TooLong),
            ("<b>", NoTag::BadLetter),
            ("a,b", NoTag::BadLetter),
            ("=cmd()", NoTag::BadLetter),
            ("--", NoTag::BadLetter),
        ];
        for (typed, why) in table {
            assert_eq!(tag(typed), Err(why), "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn a_tag_stays_itself(typed in "\\PC{0,40}") {
            if let Ok(once) = tag(&typed) {
                prop_assert_eq!(tag(&once), Ok(once.clone()));
                prop_assert!(once.chars().count() <= LONGEST);
            }
        }
    }
}
