//! STOP, START, HELP, and the wish to be left alone said in a sentence.
//!
//! The single words are the ones that the provider itself obeys; the sentences are only pointed out to the
//! owner, who decides. Source: Twilio's list of opt-out keywords.

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

const STOP: [&str; 8] = ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"];
const START: [&str; 3] = ["START", "YES", "UNSTOP"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// The keyword that `text` consists of, in any case. Only blanks, quotes, a full stop or an exclamation mark
/// may surround it: "Stop!" is meant, "Cancel?" and "stop by the shop" are not.
#[must_use]
pub fn keyword(text: &str) -> Option<Keyword> {
    let word = text.trim_matches(|c: char| c.is_whitespace() || "\"'“”‘’«».!\0".contains(c));
    let among = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    match () {
        () if among(&STOP) => Some(Keyword::Stop),
        () if among(&START) => Some(Keyword::Start),
        () if among(&HELP) => Some(Keyword::Help),
        () => None,
    }
}

/// Phrases by which people ask in English to be left alone, one a line.
///
/// A phrase is compared with the words of one sentence: `a|b` is either word, `a?` may be missing, `^` and
/// `$` are the sentence's ends. Apostrophes are left out ("dont").
const PHRASES: &[&str] = &[
    "^ please|pls|plz|just? stop|quit now|please|pls|plz|already? $",
    "^ stop|quit it|this please|now? $",
    "stop|quit texting|messaging|contacting|smsing|spamming|bothering me|us|this",
    "stop|quit texting|messaging|contacting|smsing|spamming|bothering please|now? $",
    "stop|quit sending me|us|these|this|any|your? the|these|this|your|any|more|so? many? text|texts|messages|msgs|sms|spam",
    "stop all? text|texts|messages|msgs|sms",
    "dont|never text|message|contact|sms|write me|us|this? number? again|anymore|ever",
    "dont|never text|message|contact|sms me|us any more",
    "^ please|pls|plz? dont text|message|contact|sms me|us please|pls? $",
    "do not text|message|contact|sms me|us again|anymore|ever",
    "^ please|pls|plz? do not text|message|contact|sms me|us please|pls? $",
    "remove|take|delete me|us|my|this number|phone? from|off your|the|this|all? texting|mailing|contact|sms|message? list|lists|system|database",
    "delete|remove|lose my number",
    "unsubscribe me|us|from|please|pls",
    "want|like|wish|need to unsubscribe",
    "opt me|us? out",
    "no more texts|messages|msgs|sms",
    "leave me|us alone",
];

/// Words before "stop" that turn it round: "don't stop texting me".
const NEGATIONS: [&str; 8] = ["dont", "not", "never", "didnt", "wont", "cant", "cannot", "doesnt"];

/// Whether `text` asks in an English sentence to be left alone. This is a hint for the owner, not an opt-out:
/// the list of phrases is modest, and may miss or misread one.
#[must_use]
pub fn natural_opt_out(text: &str) -> bool {
    text.split(['.', '!', '?', ';', ',', '\n']).any(|sentence| {
        let words = words(sentence);
        PHRASES.iter().any(|phrase| says(&words, phrase))
    })
}

/// The words of a sentence in lower case, without apostrophes.
fn words(sentence: &str) -> Vec<String> {
    let bare = sentence.to_lowercase().replace(['\'', '’', '‘', '´', '`'], "");
    bare.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether `phrase` begins at any word, and no negation before it.
fn says(words: &[String], phrase: &str) -> bool {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    let (phrase, starts) = match phrase.split_first() {
        Some((&"^", rest)) => (rest, 1),
        _ => (&phrase[..], words.len()),
    };
    (0..starts.min(words.len())).any(|at| {
        let negated = at > 0 && NEGATIONS.contains(&words[at - 1].as_str());
        !negated && follows(&words[at..], phrase)
    })
}

/// Whether `words` begin with `phrase`.
fn follows(words: &[String], phrase: &[&str]) -> bool {
    let Some((first, rest)) = phrase.split_first() else { return true };
    if *first == "$" {
        return words.is_empty();
    }
    let (choices, optional) = first.strip_suffix('?').map_or((*first, false), |choices| (choices, true));
    let taken = words.split_first().is_some_and(|(word, others)| {
        choices.split('|').any(|choice| choice == word) && follows(others, rest)
    });
    taken || (optional && follows(words, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_keyword_stands_alone_in_any_case() {
        for (words, keyword_) in
            [(&STOP[..], Keyword::Stop), (&START[..], Keyword::Start), (&HELP[..], Keyword::Help)]
        {
            for word in words {
                assert_eq!(keyword(word), Some(keyword_));
                assert_eq!(keyword(&format!(" {}\r\n", word.to_lowercase())), Some(keyword_));
            }
        }
        assert_eq!(keyword("“Stop!”"), Some(Keyword::Stop));
        assert_eq!(keyword("Stop."), Some(Keyword::Stop));
        for other in ["", "stop it", "STOP HELP", "non-stop", "cancel?", "yes please", "stop,", "ſtop", "!!"]
        {
            assert_eq!(keyword(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_wish_to_be_left_alone_is_noticed() {
        for text in [
            "please stop",
            "Stop please!",
            "Just stop already",
            "please stop texting me",
            "STOP TEXTING ME",
            "stop texting, ok?",
            "Hi, could you please quit messaging this number?",
            "Don't text me again",
            "don’t contact us anymore",
            "do not message me ever",
            "never text this number again",
            "Do not contact me",
            "please dont text me",
            "stop sending me these messages",
            "stop sending so many texts",
            "Stop all messages",
            "Remove me from your list",
            "take my number off the mailing list pls",
            "Thanks. Lose my number.",
            "unsubscribe me",
            "I want to unsubscribe",
            "I'd like to opt out",
            "opt me out",
            "no more texts",
            "leave me alone",
        ] {
            assert!(natural_opt_out(text), "{text:?}");
        }
    }

    #[test]
    fn an_ordinary_sentence_is_not_taken_for_it() {
        for text in [
            "",
            "stop by the shop",
            "I'll stop by the shop to pick it up",
            "please stop by tomorrow",
            "which bus stop",
            "Please don't stop texting me",
            "never stop messaging me",
            "don't text me before nine, call instead",
            "please do not contact my neighbour",
            "can you stop the delivery",
            "please stop the payment",
            "stop sending me to the wrong address",
            "stop bothering my neighbours",
            "remove the item from my order",
            "take me off hold",
            "there are no more tickets",
            "text me again tomorrow",
            "the non-stop flight",
        ] {
            assert!(!natural_opt_out(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_may_come(text in any::<String>()) {
            let _ = (keyword(&text), natural_opt_out(&text));
        }
    }
}
