//! The words of a command, as phones type them: with curly quotes, and more blanks than one.

/// Quotes that stand around a word with blanks in it, as they open and close.
const QUOTES: [(char, char); 7] =
    [('"', '"'), ('“', '”'), ('„', '“'), ('”', '”'), ('«', '»'), ('‘', '’'), ('\'', '\'')];

/// The first word of a line and what stands behind it. A word in quotes may hold blanks.
pub(super) fn first_word(line: &str) -> (&str, &str) {
    let line = line.trim();
    for (open, close) in QUOTES {
        let Some(quoted) = line.strip_prefix(open) else { continue };
        // A quote that nothing closes, or that stands inside a word, is an apostrophe.
        let end = quoted
            .match_indices(close)
            .map(|(at, _)| at)
            .find(|at| quoted[at + close.len_utf8()..].chars().next().is_none_or(char::is_whitespace));
        if let Some(end) = end {
            return (quoted[..end].trim(), quoted[end + close.len_utf8()..].trim_start());
        }
    }
    line.split_once(char::is_whitespace).map_or((line, ""), |(word, rest)| (word, rest.trim_start()))
}

/// The user whose pill a line begins with, and what stands behind it. Clients write a pill as its name, or as a link to the
/// user in Markdown.
pub(super) fn pill<'a>(line: &'a str, user: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let line = line.trim_start();
    let behind = |shown: &str| {
        if shown.is_empty() {
            return None;
        }
        if let Some(link) = line.strip_prefix('[').and_then(|line| line.strip_prefix(shown)) {
            return link.strip_prefix("](")?.split_once(')').map(|(_, rest)| rest);
        }
        line.strip_prefix(shown).filter(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let rest = [name, name.trim_start_matches('@'), user].into_iter().find_map(behind)?;
    Some((user, rest.trim_start_matches([':', ',']).trim_start()))
}

/// Whether a word can only be meant as the id of an interaction.
pub(super) fn is_id(word: &str) -> bool {
    word.get(..2).is_some_and(|begin| begin.eq_ignore_ascii_case("i-"))
}

/// A line without the quotes that stand around all of it.
pub(super) fn whole(line: &str) -> &str {
    match first_word(line) {
        (word, "") => word,
        _ => line.trim(),
    }
}

/// The word of those that may stand here which was typed, in any case.
pub(super) fn choose(typed: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().find(|word| word.eq_ignore_ascii_case(typed)).copied()
}

/// What to say of a word that may not stand here: which one was probably meant, or which there are.
pub(super) fn unknown(typed: &str, words: &[&str]) -> String {
    let distance = |word: &&&str| strsim::damerau_levenshtein(word, &typed.to_lowercase());
    match words.iter().min_by_key(distance).filter(|word| distance(word) <= 2) {
        _ if typed.is_empty() => format!("say one of {}", words.join(", ")),
        Some(nearest) => format!("“{typed}” is not known here; did you mean {nearest}?"),
        None => format!("“{typed}” is not known here; there is {}", words.join(", ")),
    }
}

/// A number alone, as it picks a row of a list: `3`, `#3`, `3.`
pub(crate) fn row_number(word: &str) -> Option<usize> {
    let digits = word.trim().trim_start_matches('#').trim_end_matches('.');
    let is_short = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_short { digits.parse().ok().filter(|number| *number > 0) } else { None }
}

/// The number a keycap emoji shows, which clients send with and without its variation selector.
pub(crate) fn keycap(key: &str) -> Option<usize> {
    if key == "🔟" {
        return Some(10);
    }
    let digit = key.strip_suffix('\u{20e3}')?;
    row_number(digit.strip_suffix('\u{fe0f}').unwrap_or(digit)).filter(|number| *number < 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_in_any_quotes_may_hold_blanks() {
        for (line, expected) in [
            ("bob please take it", ("bob", "please take it")),
            ("  bob   please", ("bob", "please")),
            ("\"Bob Roe\" please", ("Bob Roe", "please")),
            ("“Bob Roe” please", ("Bob Roe", "please")),
            ("„Bob Roe“", ("Bob Roe", "")),
            ("«Bob Roe» \nnow", ("Bob Roe", "now")),
            ("‘t is late", ("‘t", "is late")),
            ("'s it", ("'s", "it")),
            ("", ("", "")),
        ] {
            assert_eq!(first_word(line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_pill_is_its_user_however_a_client_writes_it() {
        let user = "@bobby:desk.test";
        for line in [
            "Bob Smith note",
            "Bob Smith: note",
            "[Bob Smith](https://matrix.to/#/@bobby:desk.test) note",
            "[Bob Smith](<https://matrix.to/#/@bobby:desk.test>), note",
            "@bobby:desk.test note",
        ] {
            assert_eq!(pill(line, user, "Bob Smith"), Some((user, "note")), "{line}");
        }
        for line in ["Bob note", "Bob Smithson note", "note for Bob Smith", "[Bob Smith](oops"] {
            assert_eq!(pill(line, user, "Bob Smith"), None, "{line}");
        }
        assert_eq!(pill("anything", user, ""), None);
    }

    #[test]
    fn only_small_numbers_pick_a_row() {
        for (word, row) in
            [("1", Some(1)), ("#12", Some(12)), ("3.", Some(3)), ("0", None), ("1234", None), ("x", None)]
        {
            assert_eq!(row_number(word), row, "{word}");
        }
    }

    #[test]
    fn a_keycap_is_its_number_however_it_is_sent() {
        for (key, number) in [
            ("1\u{fe0f}\u{20e3}", Some(1)),
            ("9\u{20e3}", Some(9)),
            ("🔟", Some(10)),
            ("1", None),
            ("12\u{20e3}", None),
            ("0\u{fe0f}\u{20e3}", None),
            ("*\u{fe0f}\u{20e3}", None),
            ("👍", None),
        ] {
            assert_eq!(keycap(key), number, "{key}");
        }
    }

    #[test]
    fn a_misspelt_argument_is_answered_with_the_right_one() {
        assert_eq!(choose("SET", &["set", "unset"]), Some("set"));
        assert_eq!(choose("sett", &["set", "unset"]), None);
        assert_eq!(unknown("sett", &["set", "unset"]), "“sett” is not known here; did you mean set?");
        assert_eq!(
            unknown("xylophone", &["set", "unset"]),
            "“xylophone” is not known here; there is set, unset"
        );
        assert_eq!(unknown("", &["set", "unset"]), "say one of set, unset");
        assert_eq!((whole("“Jane Doe”"), whole("Jane Doe ")), ("Jane Doe", "Jane Doe"));
    }

    proptest! {
        #[test]
        fn nothing_typed_is_lost_between_the_words(line in any::<String>()) {
            let (word, rest) = first_word(&line);
            prop_assert!(line.contains(word) && line.contains(rest));
        }
    }
}
