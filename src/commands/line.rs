//! Reads the arguments of a command, in one way for all commands.
//!
//! Every argument but the last is a word ([`first_word`]). A word ends at a blank; in quotes, straight or
//! curly, it may hold blanks. The last argument is read by what it is:
//!
//! - a name or a value is all that is left, without quotes around the whole of it ([`value`]): `case set
//!   order "47 11"`;
//! - several words to look for, or the items of a list, are words again ([`words`], [`items`], [`pairs`]);
//! - prose, which people read as it is typed – a note, a message, a whisper, the text to count – keeps its
//!   quotes.
//!
//! A quote that nothing closes, or that stands inside a word, is a character like any other: `don't`, `5"
//! screen`.

/// Pairs of opening and closing quotes, as different languages and keyboards set them.
const QUOTES: [(char, char); 11] = [
    ('"', '"'),
    ('“', '”'),
    ('„', '“'),
    ('„', '”'),
    ('”', '”'),
    ('«', '»'),
    ('»', '«'),
    ('‹', '›'),
    ('‘', '’'),
    ('‚', '‘'),
    ('\'', '\''),
];

/// The quoted part at the beginning of a text, and the rest. A quote closes only at the end of a word.
fn quoted(text: &str, is_end: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    QUOTES.iter().find_map(|(open, close)| {
        let inside = text.strip_prefix(*open)?;
        let behind = |at: usize| &inside[at + close.len_utf8()..];
        let mut closing = inside.match_indices(*close).map(|(at, _)| at);
        let at = closing.find(|at| behind(*at).chars().next().is_none_or(&is_end))?;
        Some((inside[..at].trim(), behind(at)))
    })
}

/// The first word of a line, and the rest. A word in quotes may hold blanks.
pub(super) fn first_word(line: &str) -> (&str, &str) {
    let line = line.trim();
    let (word, rest) = quoted(line, char::is_whitespace)
        .or_else(|| line.split_once(char::is_whitespace))
        .unwrap_or((line, ""));
    (word, rest.trim_start())
}

/// What a line begins with that may be a name, and the rest each time, the longest first: up to so many
/// words; a part in quotes alone.
pub(super) fn beginnings(line: &str, most: usize) -> Vec<(&str, &str)> {
    let line = line.trim();
    if let Some((name, rest)) = quoted(line, char::is_whitespace) {
        return vec![(name, rest.trim_start())];
    }
    let is_end = |(at, _): &(usize, char)| !line[..*at].ends_with(char::is_whitespace);
    let blanks = line.char_indices().filter(|(_, c)| c.is_whitespace()).filter(is_end);
    let mut ends: Vec<usize> = blanks.map(|(at, _)| at).chain([line.len()]).take(most).collect();
    ends.reverse();
    ends.into_iter().map(|end| (&line[..end], line[end..].trim_start())).collect()
}

/// All words of a line.
pub(super) fn words(line: &str) -> Vec<&str> {
    items(line, char::is_whitespace)
}

/// The items of a list, between separators, without the blanks around them.
pub(super) fn items(list: &str, is_separator: impl Fn(char) -> bool) -> Vec<&str> {
    let is_end = |c: char| c.is_whitespace() || is_separator(c);
    let mut rest = list;
    let mut items = Vec::new();
    loop {
        rest = rest.trim_start_matches(is_end);
        if rest.is_empty() {
            return items;
        }
        let (item, behind) = quoted(rest, is_end)
            .unwrap_or_else(|| rest.split_at(rest.find(&is_separator).unwrap_or(rest.len())));
        items.extend(Some(item.trim()).filter(|item| !item.is_empty()));
        rest = behind;
    }
}

/// Pairs like `key=value, "other key"="a, b"`; nothing where something is no pair.
pub(super) fn pairs(list: &str) -> Option<Vec<(&str, &str)>> {
    let mut rest = list.trim();
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let in_quotes = |text, mark: char| {
            let (inside, behind) = quoted(text, |c| c.is_whitespace() || c == mark)?;
            Some((inside, behind.trim_start()))
        };
        let key = in_quotes(rest, '=').and_then(|(key, behind)| Some((key, behind.strip_prefix('=')?)));
        let (key, behind) = key.or_else(|| rest.split_once('='))?;
        let behind = behind.trim_start();
        let value = in_quotes(behind, ',').filter(|(_, rest)| rest.is_empty() || rest.starts_with(','));
        let (value, behind) =
            value.unwrap_or_else(|| behind.split_at(behind.find(',').unwrap_or(behind.len())));
        pairs.push((key.trim(), value.trim()));
        rest = behind.strip_prefix(',').unwrap_or(behind).trim_start();
    }
    Some(pairs)
}

/// A text with a blank in place of each quote: words are looked for without any.
pub(super) fn unquoted(text: &str) -> String {
    let is_quote = |c| QUOTES.iter().any(|(open, close)| c == *open || c == *close);
    text.chars().map(|c| if is_quote(c) { ' ' } else { c }).collect()
}

/// A word as it has to be typed to be read back whole: in quotes, if it holds blanks.
pub(super) fn as_word(word: &str, is_separator: impl Fn(char) -> bool) -> String {
    let is_whole = !word.chars().any(|c| c.is_whitespace() || is_separator(c));
    let begins_quoted = QUOTES.iter().any(|(open, _)| word.starts_with(*open));
    match (is_whole && !begins_quoted, word.contains('"')) {
        (true, _) => word.to_owned(),
        (false, false) => format!("\"{word}\""),
        (false, true) => format!("“{word}”"),
    }
}

/// An item of a list as it has to be typed to be read back whole: in quotes, if it holds what separates
/// items, or begins with a quote. It may hold blanks.
pub(super) fn as_item(item: &str, separator: char) -> String {
    let begins_quoted = QUOTES.iter().any(|(open, _)| item.starts_with(*open));
    match (item.contains(separator) || begins_quoted, item.contains('"')) {
        (false, _) => item.to_owned(),
        (true, false) => format!("\"{item}\""),
        (true, true) => format!("“{item}”"),
    }
}

/// The user whose pill a line begins with, and the rest. Clients write a pill as its name, or as a link to
/// the user in Markdown.
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

/// A name or value that takes up the whole line, without quotes around the whole of it.
pub(super) fn value(line: &str) -> &str {
    let line = line.trim();
    // A quote of the same kind that closes something before the end: "Yes", she said, "today".
    let closes_before = |word: &str| {
        line.chars().next_back().is_some_and(|close| {
            let mut behind = word.match_indices(close).map(|(at, quote)| &word[at + quote.len()..]);
            behind.any(|behind| behind.chars().next().is_some_and(|next| !next.is_alphanumeric()))
        })
    };
    match first_word(line) {
        (word, "") if word.len() == line.len() || !closes_before(word) => word,
        _ => line,
    }
}

/// The one of the allowed words that was typed, in any case.
pub(super) fn choose(typed: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().find(|word| word.eq_ignore_ascii_case(typed)).copied()
}

/// What to say of a word that is not allowed here: the one that was probably meant, or those there are.
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
    // Nobody counts with noughts before: those begin a telephone number.
    if is_short && !digits.starts_with('0') { digits.parse().ok() } else { None }
}

/// The number a keycap emoji shows, which clients send with and without its variation selector.
pub(crate) fn keycap(key: &str) -> Option<usize> {
    if key == "🔟" {
        return Some(10);
    }
    let digit = key.strip_suffix('\u{20e3}')?;
    row_number(digit.strip_suffix('\u{fe0f}').unwrap_or(digit)).filter(|number| *number < 10)
}

/// The keycap emoji of 1 to 9.
pub(crate) fn keycaps() -> impl Iterator<Item = String> {
    (1..=9).map(|number| format!("{number}\u{fe0f}\u{20e3}"))
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
            ("„Bob Roe” now", ("Bob Roe", "now")),
            ("»Bob Roe« now", ("Bob Roe", "now")),
            ("‹Bob Roe› now", ("Bob Roe", "now")),
            ("‘Bob Roe’ now", ("Bob Roe", "now")),
            ("‚Bob Roe‘ now", ("Bob Roe", "now")),
            ("'Bob Roe' now", ("Bob Roe", "now")),
            ("'Bob's order' now", ("Bob's order", "now")),
            ("\"\" now", ("", "now")),
            ("‘t is late", ("‘t", "is late")),
            ("'s it", ("'s", "it")),
            ("don't do it, don't", ("don't", "do it, don't")),
            ("\"never closed", ("\"never", "closed")),
            ("5\" screen\"", ("5\"", "screen\"")),
            ("\"a\"b c", ("\"a\"b", "c")),
            ("", ("", "")),
        ] {
            assert_eq!(first_word(line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_value_loses_the_quotes_around_the_whole_of_it_and_no_others() {
        for (line, expected) in [
            ("\"47 11\"", "47 11"),
            ("“47 11”", "47 11"),
            (" 47 11 ", "47 11"),
            ("the customer's order", "the customer's order"),
            ("\"a\" and \"b\"", "\"a\" and \"b\""),
            ("\"47 11", "\"47 11"),
            ("47\"", "47\""),
            ("", ""),
        ] {
            assert_eq!(value(line), expected, "{line:?}");
        }
    }

    #[test]
    fn what_a_list_holds_may_be_quoted_item_by_item() {
        let commas = |c| c == ',' || c == ' ';
        assert_eq!(items("french, \"sign language\" latin,", commas), ["french", "sign language", "latin"]);
        assert_eq!(items("late “not here” 5\"", char::is_whitespace), ["late", "not here", "5\""]);
        assert_eq!(words("  \"on its way\"  now "), ["on its way", "now"]);
        assert_eq!(
            pairs("brand=Acme, tier = gold , \"order no\" = \"47, 11\", size=5\" wide").unwrap(),
            [("brand", "Acme"), ("tier", "gold"), ("order no", "47, 11"), ("size", "5\" wide")]
        );
        assert_eq!(pairs("a=“b” c").unwrap(), [("a", "“b” c")]);
        assert_eq!(pairs("brand"), None);
        assert_eq!(pairs(""), Some(vec![]));
    }

    #[test]
    fn a_word_is_read_back_as_it_was() {
        for word in ["bob", "queue:support", "Bob Roe", "\"odd", "5\" screen", "‘t", "it's"] {
            let line = format!("{} behind", as_word(word, |_| false));
            assert_eq!(first_word(&line).0, word);
        }
        assert_eq!(items(&as_word("a,b", |c| c == ','), |c| c == ','), ["a,b"]);
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
        for (word, row) in [
            ("1", Some(1)),
            ("#12", Some(12)),
            ("3.", Some(3)),
            ("0", None),
            ("001", None),
            ("1234", None),
            ("x", None),
        ] {
            assert_eq!(row_number(word), row, "{word}");
        }
    }

    #[test]
    fn a_name_may_be_any_of_the_first_words_or_what_is_quoted() {
        assert_eq!(
            beginnings(" Anna  Berg 2h rude", 3),
            [("Anna  Berg 2h", "rude"), ("Anna  Berg", "2h rude"), ("Anna", "Berg 2h rude")]
        );
        assert_eq!(beginnings("Anna", 3), [("Anna", "")]);
        assert_eq!(beginnings("“Anna Berg” 2h", 3), [("Anna Berg", "2h")]);
    }

    #[test]
    fn a_keycap_is_its_number_however_it_is_sent() {
        for (key, number) in [
            ("1\u{fe0f}\u{20e3}", Some(1)),
            (keycaps().nth(1).unwrap().as_str(), Some(2)),
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
    }

    proptest! {
        #[test]
        fn nothing_typed_is_lost_between_the_words(line in any::<String>()) {
            let (word, rest) = first_word(&line);
            prop_assert!(line.contains(word) && line.contains(rest));
            prop_assert!(line.contains(value(&line)));
            for word in words(&line) {
                prop_assert!(!word.is_empty() && line.contains(word));
            }
            let _ = pairs(&line);
        }
    }
}
