//! The words of a text that could be mistakes. What is written in digits or capitals, links, addresses,
//! shortcuts and names that the desk knows are none.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation as _;

/// Longer words are not looked up: nobody writes them, and a dictionary that puts words together would take
/// long over them. In characters.
const LONGEST: usize = 60;
/// How many capitalised words beside a house number or postcode may be the rest of an address.
const ADDRESS_WORDS: usize = 3;
/// How many digits such a number has at most.
const ADDRESS_DIGITS: usize = 7;

/// What knows the words of one language.
pub trait Speller {
    /// Whether this is a word of it, written like this.
    fn is_word(&self, word: &str) -> bool;

    /// Whether the language is written in letters like this one. Words in other scripts are not looked at.
    fn writes(&self, letter: char) -> bool;
}

/// A word in the form in which known words are compared: in lower case, with straight apostrophes.
#[must_use]
pub fn folded(word: &str) -> String {
    straight(word).to_lowercase()
}

/// With typewriter apostrophes, as dictionaries have them.
fn straight(word: &str) -> String {
    word.replace(['’', 'ʼ', '‘'], "'")
}

/// The known words that a name or a value holds.
pub fn known_in(text: &str) -> impl Iterator<Item = String> + '_ {
    text.unicode_words().map(folded)
}

/// The words of `text` that could be mistakes, each once, in order.
#[must_use]
pub fn doubtful<'t>(text: &'t str, known: &BTreeSet<String>) -> Vec<&'t str> {
    let mut seen = BTreeSet::new();
    let words = places(text).into_iter().map(|at| &text[at]);
    words.filter(|word| !is_known(word, known) && seen.insert(*word)).collect()
}

/// Of several languages the one in which fewest of the `doubtful` words are unknown, by its place, and the
/// words that are unknown in it. The first of those that are as good; nothing of no language.
#[must_use]
pub fn guess<'t>(doubtful: &[&'t str], languages: &[&dyn Speller]) -> Option<(usize, Vec<&'t str>)> {
    let unknown = |speller: &dyn Speller| -> Vec<&'t str> {
        doubtful.iter().copied().filter(|word| !fits(word, speller)).collect()
    };
    let all = languages.iter().map(|speller| unknown(*speller));
    // A text in another script than the language's has no mistakes in it, and is not in it either.
    let strange = |speller: &dyn Speller| {
        doubtful.iter().filter(|word| word.chars().next().is_some_and(|c| !speller.writes(c))).count()
    };
    let foreign = languages.iter().map(|speller| strange(*speller));
    all.zip(foreign)
        .enumerate()
        .min_by_key(|(_, (unknown, foreign))| unknown.len() + foreign)
        .map(|(at, (unknown, _))| (at, unknown))
}

/// Whether a word is no mistake in a language.
fn fits(word: &str, speller: &dyn Speller) -> bool {
    if word.chars().any(|c| c.is_alphabetic() && !speller.writes(c)) {
        return true;
    }
    speller.is_word(&straight(word))
}

/// The text with a word put in the place of another, wherever that stands as a word.
#[must_use]
pub fn corrected(text: &str, word: &str, by: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut from = 0;
    for at in places(text).into_iter().filter(|at| text[at.clone()] == *word) {
        made.push_str(&text[from..at.start]);
        made.push_str(by);
        from = at.end;
    }
    made + &text[from..]
}

/// Whether the desk or the agent knows a word, or what it is the genitive of.
fn is_known(word: &str, known: &BTreeSet<String>) -> bool {
    let word = folded(word);
    let of = word.strip_suffix("'s").or_else(|| word.strip_suffix('\''));
    known.contains(&word) || of.is_some_and(|of| known.contains(of))
}

/// A piece of a text between blanks.
struct Chunk<'t> {
    at: usize,
    text: &'t str,
}

/// Where the words of a text stand that are looked at.
fn places(text: &str) -> Vec<std::ops::Range<usize>> {
    let chunks: Vec<Chunk<'_>> = text
        .split(char::is_whitespace)
        .filter(|piece| !piece.is_empty())
        .map(|piece| Chunk { at: piece.as_ptr().addr() - text.as_ptr().addr(), text: piece })
        .collect();
    let in_address = addresses(&chunks);
    let mut found = Vec::new();
    for (chunk, in_address) in chunks.iter().zip(in_address) {
        if !in_address && !is_literal(chunk.text) {
            words_of(chunk, &mut found);
        }
    }
    found
}

/// Whether a piece is no word but a link, an address, a number, a mention or a shortcut.
fn is_literal(piece: &str) -> bool {
    let bare = piece.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '#' | '@' | '/' | '\\'));
    let has = |c: char| c.is_numeric() || matches!(c, '@' | '\\' | '_' | '=');
    bare.starts_with(['#', '/'])
        || bare.chars().any(has)
        || bare.contains("://")
        || bare.to_ascii_lowercase().starts_with("www.")
        || is_host(bare)
}

/// Whether it reads like `example.org` or `example.org/path`. A full stop without a blank behind it, as in
/// “done.Next”, does not: what follows begins with a capital.
fn is_host(piece: &str) -> bool {
    let host = piece.split(['/', '?', ':']).next().unwrap_or_default();
    let Some((name, top)) = host.rsplit_once('.') else { return false };
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let is_top = (2..=6).contains(&top.chars().count()) && top.chars().all(|c| c.is_ascii_lowercase());
    is_top && name.split('.').all(|label| is_label(label) && label.chars().count() > 1)
}

/// Which pieces belong to a postal address: capitalised words directly beside a house number or postcode, up
/// to the end of the sentence.
fn addresses(chunks: &[Chunk<'_>]) -> Vec<bool> {
    let mut marked = vec![false; chunks.len()];
    let ends = |at: usize| chunks[at].text.ends_with(['.', '!', '?', ';', ':']);
    // “Str.” is short for a street.
    let stops = |at: usize| ends(at) && chunks[at].text.chars().count() > 5;
    for (at, _) in chunks.iter().enumerate().filter(|(_, chunk)| is_house_number(chunk.text)) {
        let before = (0..at).rev().take(ADDRESS_WORDS);
        for word in before.take_while(|word| is_capitalised(chunks[*word].text) && !stops(*word)) {
            marked[word] = true;
        }
        if ends(at) {
            continue;
        }
        for word in (at + 1..chunks.len()).take(ADDRESS_WORDS) {
            if !is_capitalised(chunks[word].text) {
                break;
            }
            marked[word] = true;
            if stops(word) {
                break;
            }
        }
    }
    marked
}

fn is_house_number(piece: &str) -> bool {
    let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
    let digits = bare.chars().filter(char::is_ascii_digit).count();
    let letters = bare.chars().filter(|c| c.is_alphabetic()).count();
    bare.starts_with(|c: char| c.is_ascii_digit()) && (1..=ADDRESS_DIGITS).contains(&digits) && letters <= 1
}

fn is_capitalised(piece: &str) -> bool {
    piece.trim_start_matches(['(', '"', '“', '„']).starts_with(char::is_uppercase)
}

/// Adds where the words of a piece stand. Parts of a word that a dot, colon or hyphen joins are words each.
fn words_of(chunk: &Chunk<'_>, found: &mut Vec<std::ops::Range<usize>>) {
    for (at, joined) in chunk.text.unicode_word_indices() {
        let mut from = at;
        for part in joined.split(['.', ':']) {
            let begin = chunk.at + from;
            if is_looked_at(part) {
                found.push(begin..begin + part.len());
            }
            from += part.len() + 1;
        }
    }
}

fn is_looked_at(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic());
    let is_long_enough = letters.clone().nth(1).is_some() && word.chars().nth(LONGEST).is_none();
    let is_in_capitals = !letters.clone().any(char::is_lowercase) && letters.clone().any(char::is_uppercase);
    is_long_enough && !is_in_capitals
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A language of a few words, in Latin letters or in others.
    struct Words(&'static [&'static str], fn(char) -> bool);

    impl Speller for Words {
        fn is_word(&self, word: &str) -> bool {
            self.0.contains(&word.to_lowercase().as_str())
        }

        fn writes(&self, letter: char) -> bool {
            (self.1)(letter)
        }
    }

    fn latin(c: char) -> bool {
        c < '\u{250}'
    }

    fn cyrillic(c: char) -> bool {
        ('\u{400}'..'\u{500}').contains(&c)
    }

    #[test]
    fn what_is_no_word_of_a_language_is_no_mistake() {
        let known: BTreeSet<String> =
            ["jane", "doe", "acmephone", "o'brien"].map(str::to_owned).into_iter().collect();
        for (text, expected) in [
            ("Hello Jane, helo DOE", vec!["Hello", "helo"]),
            ("Jane's and Doe’s acmephone, O’Brien", vec!["and"]),
            ("A b I see NASA and X99, 4711 and 3rd 2x4 10am", vec!["see", "and"]),
            ("see https://exmaple.org/wrogn or www.Exampel.com or exmaple.org/pth?qq", vec!["see", "or"]),
            ("write jnae.deo@exmaple.org, @bbo or #hlelo", vec!["write", "or"]),
            ("done.Next e.g. this:that well-knwon", vec!["done", "Next", "this", "that", "well", "knwon"]),
            ("don’t “wroking” (tset)...", vec!["don’t", "wroking", "tset"]),
            ("come to 221B Bakre Street, London. Pleese", vec!["come", "to", "Pleese"]),
            ("Hauptstrase 5, 10115 Brelin ist heir", vec!["ist", "heir"]),
            ("Am Alten Makrt 12", vec![]),
            ("at 5. Pleese come", vec!["at", "Pleese", "come"]),
            ("foo_bar a=b C:\\temp /path", vec![]),
            ("😀 👍🏽 ... !?", vec![]),
            ("the the The", vec!["the", "The"]),
        ] {
            assert_eq!(doubtful(text, &known), expected, "{text}");
        }
        let long = "a".repeat(LONGEST + 1);
        assert!(doubtful(&long, &known).is_empty());
    }

    #[test]
    fn the_language_is_the_one_that_knows_most_of_the_words() {
        let english = Words(&["the", "order", "is", "here", "in"], latin);
        let german = Words(&["die", "bestellung", "ist", "hier", "in"], latin);
        let russian = Words(&["заказ", "здесь"], cyrillic);
        let all: [&dyn Speller; 3] = [&english, &german, &russian];
        let none = BTreeSet::new();
        for (text, language, unknown) in [
            ("The ordr is here", 0, vec!["ordr"]),
            ("Die Bestelung ist hier", 1, vec!["Bestelung"]),
            ("Заказ здес", 2, vec!["здес"]),
            ("in", 0, vec![]),
            ("", 0, vec![]),
            ("Заказ is here", 0, vec![]),
        ] {
            let words = doubtful(text, &none);
            assert_eq!(guess(&words, &all), Some((language, unknown)), "{text}");
        }
        assert_eq!(guess(&["word"], &[]), None);
    }

    #[test]
    fn a_correction_takes_the_place_of_the_word_and_of_nothing_else() {
        for (text, word, by, made) in [
            ("I recieve, recieved; recieve!", "recieve", "receive", "I receive, recieved; receive!"),
            ("teh cat: teh", "teh", "the", "the cat: the"),
            ("see teh.org and teh", "teh", "the", "see teh.org and the"),
            ("dont’t", "dont’t", "don't", "don't"),
            ("nothing", "teh", "the", "nothing"),
            ("a lot", "alot", "a lot", "a lot"),
        ] {
            assert_eq!(corrected(text, word, by), made, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_in_order(text in "\\PC{0,200}", word in "\\PC{0,5}") {
            let places = places(&text);
            let mut end = 0;
            for place in &places {
                prop_assert!(place.start >= end && text.get(place.clone()).is_some());
                end = place.end;
            }
            let _ = corrected(&text, &word, "other");
            let words = doubtful(&text, &BTreeSet::new());
            prop_assert!(words.len() <= places.len());
            for word in words {
                prop_assert!(doubtful(&text, &[folded(word)].into()).iter().all(|left| *left != word));
                prop_assert_eq!(corrected(&text, word, word), text.clone());
            }
        }
    }
}
