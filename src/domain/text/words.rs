//! The words of a text, as a full-text search is given them: the same on both engines.

use unicode_normalization::UnicodeNormalization as _;

/// The words of a text: letters and digits alone, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// A word in lower case as people write it whose keyboard lacks its letters: without the accents of Latin,
/// Greek and Cyrillic letters, and with `ss` for `ß`, `l` for `ł`, `o` for `ø`; nothing if that is the same.
#[must_use]
pub fn plain(word: &str) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    let bare: String = word.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).nfc().collect();
    let mut plain = String::with_capacity(bare.len());
    for c in bare.chars() {
        match c {
            'ß' => plain.push_str("ss"),
            'ł' => plain.push('l'),
            'ø' => plain.push('o'),
            'đ' | 'ð' => plain.push('d'),
            'ħ' => plain.push('h'),
            'ŧ' => plain.push('t'),
            'ı' => plain.push('i'),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            c => plain.push(c),
        }
    }
    (plain != word && !plain.is_empty()).then_some(plain)
}

/// The words of a text that have apostrophes in them, without those: `obrien` of `O’Brien`.
pub fn joined(text: &str) -> impl Iterator<Item = String> {
    let is_apostrophe = |c: char| matches!(c, '\'' | '’' | '‘' | '´' | '`' | 'ʼ');
    text.split(move |c: char| !c.is_alphanumeric() && !is_apostrophe(c))
        .map(move |word| word.trim_matches(is_apostrophe))
        .filter(move |word| word.contains(is_apostrophe))
        .map(move |word| word.replace(is_apostrophe, "").to_lowercase())
}

/// The ends of a word that begin with a Chinese, Japanese or Korean letter: names are written there without
/// blanks between their parts.
pub fn ends(word: &str) -> impl Iterator<Item = &str> {
    word.char_indices().skip(1).filter(|(_, c)| is_cjk(*c)).map(|(at, _)| &word[at..])
}

/// Whether a letter is Chinese, Japanese or Korean: one of them is a word, or a part of a name.
#[must_use]
pub fn is_cjk(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
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
        for (word, typed) in [
            ("müßiggang", "mussiggang"),
            ("łukasz", "lukasz"),
            ("żółć", "zolc"),
            ("søren", "soren"),
            ("æsir", "aesir"),
        ] {
            assert_eq!(plain(word).as_deref(), Some(typed));
        }
        for word in ["zoe", "हिन्दी", "日本"] {
            assert_eq!(plain(word), None, "{word}");
        }
    }

    #[test]
    fn names_are_known_without_apostrophes_and_by_their_parts() {
        assert_eq!(joined("Pat O’Brien, D'Arcy 'x' Doe").collect::<Vec<_>>(), ["obrien", "darcy"]);
        assert_eq!(ends("李小龍").collect::<Vec<_>>(), ["小龍", "龍"]);
        assert_eq!(ends("김철수").collect::<Vec<_>>(), ["철수", "수"]);
        assert_eq!(ends("zoë").count(), 0);
    }
}
