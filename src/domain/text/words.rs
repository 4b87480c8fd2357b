//! The words of a text, as a full-text search is given them: the same on both engines.

use unicode_normalization::UnicodeNormalization as _;

/// The words of a text: letters and digits alone, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// A word in lower case without the accents of Latin, Greek and Cyrillic letters, which people often leave
/// out; nothing if it has none.
#[must_use]
pub fn plain(word: &str) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    let plain: String = word.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).nfc().collect();
    (plain != word && !plain.is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_and_digits_in_lower_case() {
        let found: Vec<String> = words("  Jane O’Doe-Smith, jane@x.COM 4711\u{202e}").collect();
        assert_eq!(found, ["jane", "o", "doe", "smith", "jane", "x", "com", "4711"]);
        assert_eq!(words("  …").count(), 0);
    }

    #[test]
    fn accents_are_left_out_and_nothing_else_is() {
        assert_eq!(plain("zoë").as_deref(), Some("zoe"));
        assert_eq!(plain("ångström").as_deref(), Some("angstrom"));
        for word in ["zoe", "straße", "हिन्दी", "日本"] {
            assert_eq!(plain(word), None, "{word}");
        }
    }
}
