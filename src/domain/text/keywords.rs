//! STOP, START, HELP: words that stand alone and ask for something.

use super::sanitize;

/// What a keyword asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// Send nothing more.
    Stop,
    /// Messages are welcome again.
    Start,
    /// Say who this is.
    Help,
}

/// The longest keyword, in characters.
pub const MOST_CHARS: usize = 40;

/// Words by what they ask for. A word that stands in two lists asks for the first of STOP, START and HELP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keywords {
    /// Those for [`Keyword::Stop`].
    pub stop: Vec<String>,
    /// Those for [`Keyword::Start`].
    pub start: Vec<String>,
    /// Those for [`Keyword::Help`].
    pub help: Vec<String>,
}

impl Keywords {
    /// These, and for what they have no word the words of others.
    #[must_use]
    pub fn or(&self, others: &Self) -> Self {
        let or = |own: &Vec<String>, other: &Vec<String>| if own.is_empty() { other } else { own }.clone();
        Self {
            stop: or(&self.stop, &others.stop),
            start: or(&self.start, &others.start),
            help: or(&self.help, &others.help),
        }
    }

    /// The keyword that `text` consists of, in any case. Only blanks, quotes, a full stop or an exclamation
    /// mark may surround it: "Stop!" is meant, "Cancel?" and "stop by the shop" are not.
    #[must_use]
    pub fn keyword(&self, text: &str) -> Option<Keyword> {
        let said = bare(text)?;
        let among = |words: &[String]| words.iter().any(|word| bare(word).as_ref() == Some(&said));
        match () {
            () if among(&self.stop) => Some(Keyword::Stop),
            () if among(&self.start) => Some(Keyword::Start),
            () if among(&self.help) => Some(Keyword::Help),
            () => None,
        }
    }
}

/// Whether a text may be a keyword at all, as far as its length tells.
#[must_use]
pub fn may_be(text: &str) -> bool {
    bare(text).is_some()
}

/// A word as it is compared: in lower case, with single blanks and nothing around it. Nothing, if it is empty
/// or too long for a keyword.
fn bare(text: &str) -> Option<String> {
    let word = text.trim_matches(|c: char| c.is_whitespace() || "\"'“”‘’«».!¡\0".contains(c));
    if word.is_empty() || word.chars().take(MOST_CHARS + 1).count() > MOST_CHARS {
        return None;
    }
    Some(word.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" "))
}

/// Whether a word can be a keyword.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the word.
pub fn check(word: &str) -> Result<(), String> {
    match bare(word) {
        // What cannot be seen is taken out of texts, so that such a word would never be heard.
        Some(bare) if bare.chars().any(char::is_alphanumeric) && sanitize::one_line(&bare) == bare => Ok(()),
        Some(_) | None => Err(format!("is not a keyword; write 1 to {MOST_CHARS} characters, like STOP")),
    }
}

/// What is wrong with the words of a number of ours, which has those of `others` for what it has none of its
/// own for: each a sentence that begins with the word.
#[must_use]
pub fn problems(own: &Keywords, others: &Keywords) -> Vec<String> {
    let mut words = own.stop.iter().chain(&own.start).chain(&own.help).peekable();
    if words.peek().is_none() {
        return vec![];
    }
    let unfit = |word: &String| check(word).err().map(|problem| format!("\u{22}{word}\u{22} {problem}"));
    let mut problems: Vec<String> = words.filter_map(unfit).collect();
    let all = own.or(others);
    problems.extend(twice(&[&all.stop, &all.start, &all.help]).map(|(_, word)| in_two(word)));
    problems
}

/// That a word stands in two lists.
#[must_use]
pub fn in_two(word: &str) -> String {
    format!("\u{22}{word}\u{22} stands in two of stop, start and help: keep it in one")
}

/// A word that stands in two lists: which of these comes second, and the word.
#[must_use]
pub fn twice<'w>(lists: &[&'w [String]]) -> Option<(usize, &'w str)> {
    let mut seen: Vec<String> = Vec::new();
    for (index, list) in lists.iter().enumerate() {
        for word in *list {
            if bare(word).is_some_and(|bare| seen.contains(&bare)) {
                return Some((index, word));
            }
        }
        seen.extend(list.iter().filter_map(|word| bare(word)));
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STOP: [&str; 4] = ["STOP", "UNSUBSCRIBE", "STOP ALL", "No más"];
    const START: [&str; 2] = ["START", "YES"];
    const HELP: [&str; 2] = ["HELP", "INFO"];

    fn keywords() -> Keywords {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Keywords { stop: owned(&STOP), start: owned(&START), help: owned(&HELP) }
    }

    fn keyword(text: &str) -> Option<Keyword> {
        keywords().keyword(text)
    }

    #[test]
    fn a_keyword_stands_alone_in_any_case() {
        for (words, asks) in
            [(&STOP[..], Keyword::Stop), (&START[..], Keyword::Start), (&HELP[..], Keyword::Help)]
        {
            for word in words {
                assert_eq!(keyword(word), Some(asks));
                assert_eq!(keyword(&format!(" {}\r\n", word.to_lowercase())), Some(asks));
            }
        }
        assert_eq!(keyword("“Stop!”"), Some(Keyword::Stop));
        assert_eq!(keyword("Stop."), Some(Keyword::Stop));
        assert_eq!(keyword("stop   all"), Some(Keyword::Stop));
        assert_eq!(keyword("NO MÁS"), Some(Keyword::Stop));
        for other in [
            "",
            "stop it",
            "STOP HELP",
            "non-stop",
            "help?",
            "yes please",
            "stop,",
            "ſtop",
            "!!",
            "stopall",
            "no mas",
        ] {
            assert_eq!(keyword(other), None, "{other:?}");
        }
    }

    #[test]
    fn one_without_words_of_its_own_has_those_of_others() {
        let own = Keywords { stop: vec!["BASTA".to_owned()], ..Keywords::default() };
        let both = own.or(&keywords());
        assert_eq!(both.keyword("basta"), Some(Keyword::Stop));
        assert_eq!(both.keyword("stop"), None);
        assert_eq!(both.keyword("start"), Some(Keyword::Start));
    }

    #[test]
    fn a_word_in_two_lists_is_found_and_asks_for_the_first() {
        let [stop, start, help] =
            [["Halt"], ["halt!"], ["Info"]].map(|words| words.map(str::to_owned).to_vec());
        assert_eq!(twice(&[&stop, &start, &help]), Some((1, "halt!")));
        assert_eq!(twice(&[&stop, &[], &help]), None);
        assert_eq!(Keywords { stop, start, help }.keyword("HALT"), Some(Keyword::Stop));
    }

    #[test]
    fn what_can_be_no_keyword_is_refused() {
        for good in ["STOP", "no más", "停止", "STOP ALL", "2"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for good in ["می\u{200c}خواهم", "👍 ok"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", " ", "!!", "a\u{7}b", "ST\u{200b}OP", "\u{202e}POTS", &"x".repeat(MOST_CHARS + 1)] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_words_of_a_number_are_checked_with_those_it_has_from_others() {
        let own = |stop: &[&str], start: &[&str]| Keywords {
            stop: stop.iter().map(|word| (*word).to_owned()).collect(),
            start: start.iter().map(|word| (*word).to_owned()).collect(),
            help: vec![],
        };
        assert_eq!(problems(&own(&[], &[]), &own(&["a"], &["A"])), Vec::<String>::new(), "it has none");
        assert_eq!(problems(&own(&["basta"], &["vuelvo"]), &keywords()), Vec::<String>::new());
        for (stop, start, expected) in [
            (&["!!"][..], &[][..], "\"!!\" is not a keyword"),
            (&["ja"], &["Ja!"], "\"Ja!\" stands in two"),
            (&["yes"], &[], "\"YES\" stands in two"),
        ] {
            let found = problems(&own(stop, start), &keywords());
            assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_may_come(text in any::<String>()) {
            prop_assert_eq!(keyword(&text).is_some() && !may_be(&text), false);
        }
    }
}
