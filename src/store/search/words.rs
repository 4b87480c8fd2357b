//! The words of what was said with contacts, as the index knows them.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{WORDS, emoji_of};
use crate::domain::address::Address;

/// How long a word may be, in characters; of a longer one the beginning counts.
const WORD_CHARS: usize = 40;

/// What the index keeps of a line that was said with the contact of an address; nothing where it holds no
/// word.
#[must_use]
pub fn words_of_line(address: &Address, body: &str) -> Option<String> {
    let mut words = terms(body, true).take(WORDS).peekable();
    words.peek()?;
    Some(std::iter::once(word_of(address)).chain(words).collect::<Vec<_>>().join(" "))
}

/// The words of a text, in lower case, and one for each emoji. Writing without blanks between words is cut
/// into pairs of characters: any word of two or more is then found in it. Where it is to be indexed, a run of
/// them ends with a single one.
pub(super) fn terms(text: &str, to_index: bool) -> impl Iterator<Item = String> {
    let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.flat_map(move |run| terms_of_run(run, to_index)).chain(emoji_of(text))
}

fn terms_of_run(run: &str, to_index: bool) -> Vec<String> {
    let mut terms = Vec::new();
    let mut rest = run;
    while let Some(first) = rest.chars().next() {
        let dense = is_dense(first);
        let end = rest.find(|c| is_dense(c) != dense).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        rest = behind;
        if !dense {
            terms.push(part.chars().take(WORD_CHARS).flat_map(char::to_lowercase).collect());
            continue;
        }
        let all: Vec<char> = part.chars().collect();
        terms.extend(all.windows(2).map(String::from_iter));
        if to_index || all.len() == 1 {
            terms.extend(all.last().map(char::to_string));
        }
    }
    terms
}

/// Whether a character is of a writing without blanks between words: Chinese and Japanese.
fn is_dense(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a word of a search is only how a word begins: one character stands in many pairs.
pub(super) fn is_begun(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(is_dense) && chars.next().is_none()
}

/// The word that stands for an address, which may hold what is no word, and be longer than one.
pub(super) fn word_of(address: &Address) -> String {
    let hash = Sha256::digest(address.to_string());
    let mut word = "zzat".to_owned();
    for byte in hash.iter().take(10) {
        // Writing to a string cannot fail.
        let _ = write!(word, "{byte:02x}");
    }
    word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str, to_index: bool) -> Vec<String> {
        terms(text, to_index).collect()
    }

    #[test]
    fn a_text_is_cut_into_words_and_writing_without_blanks_into_pairs() {
        assert_eq!(of("Göttingen: \"4711\", AND it's", true), ["göttingen", "4711", "and", "it", "s"]);
        assert_eq!(of("我的订单", true), ["我的", "的订", "订单", "单"]);
        assert_eq!(of("订单", false), ["订单"]);
        assert_eq!(of("订", false), ["订"]);
        assert_eq!(of("iPhoneケース2", false), ["iphone", "ケー", "ース", "2"]);
        assert_eq!(of("👍🏽 ok", true), ["ok", "zzemoji1f44d", "zzemoji1f3fd"]);
        assert_eq!(of(&"x".repeat(10_000), true), ["x".repeat(WORD_CHARS)]);
        assert_eq!(words_of_line(&Address::sms("+14155550100"), "\0 *\"'()&|!: -- "), None);
    }

    proptest! {
        #[test]
        fn what_is_looked_for_holds_nothing_but_letters_and_digits(text in "\\PC*|[\"'*()&|!:^+~{}\\x00-]*") {
            for word in terms(&text, false).chain(terms(&text, true)) {
                prop_assert!(!word.is_empty());
                // The dot of İ in lower case is a mark of its own.
                prop_assert!(word.chars().all(|c| c.is_alphanumeric() || c == '\u{307}'), "{word:?}");
            }
        }

        #[test]
        fn a_part_of_a_writing_without_blanks_is_found_in_the_whole(
            text in "[\u{4e00}-\u{4e10}]{1,12}", from in 0_usize..12, length in 1_usize..5,
        ) {
            let all: Vec<char> = text.chars().collect();
            let part: String = all.iter().skip(from % all.len()).take(length).collect();
            let index = of(&text, true);
            for word in of(&part, false) {
                prop_assert!(index.iter().any(|known| known.starts_with(&word)), "{part} in {text}");
            }
        }
    }
}
