//! The wish to be left alone, said in a sentence: in English, Spanish, French, German and Portuguese.
//!
//! It is pointed out to the owner, who decides. So it is better to miss one than to call every second
//! sentence one: each language is a modest list, in a file of its own.

mod english;
mod french;
mod german;
mod language;
mod portuguese;
mod spanish;

use std::collections::HashMap;
use std::sync::LazyLock;

use self::language::Language;

const LANGUAGES: [&Language; 5] =
    [&english::LANGUAGE, &spanish::LANGUAGE, &french::LANGUAGE, &german::LANGUAGE, &portuguese::LANGUAGE];

/// How much of a text is looked at, in characters: a wish to be left alone is short.
const LOOKED_AT: usize = 2_000;
/// What may stand behind the end of a text, since it asks for nothing else.
const POLITE: [&str; 23] = [
    "please", "pls", "plz", "now", "thanks", "thank", "you", "ok", "okay", "por", "favor", "gracias", "ya",
    "svp", "stp", "merci", "bitte", "danke", "jetzt", "obrigado", "obrigada", "ja", "agora",
];

/// The phrases of all languages, by each word that they can begin with: most texts hold none of these.
static BY_FIRST: LazyLock<HashMap<&str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut by_first: HashMap<&str, Vec<Phrase>> = HashMap::new();
    for language in LANGUAGES {
        for written in language.phrases {
            let phrase = Phrase::read(written, language.negations);
            for first in phrase.firsts() {
                by_first.entry(first).or_default().push(phrase.clone());
            }
        }
    }
    by_first
});

/// Whether a text asks in a sentence to be left alone. A hint, not an opt-out: it may miss or misread one.
#[must_use]
pub fn wants_to_be_left_alone(text: &str) -> bool {
    let text: String = text.chars().take(LOOKED_AT).collect();
    let sentences: Vec<Vec<String>> =
        text.split(['.', '!', '?', '¡', '¿', ';', ',', ':', '\n']).map(words).collect();
    // Behind the last but a please nothing follows.
    let polite = |words: &&Vec<String>| words.iter().all(|word| POLITE.contains(&word.as_str()));
    let last = sentences.len() - sentences.iter().rev().take_while(polite).count();
    sentences.iter().zip(1..).any(|(words, nth)| Sentence { words, is_last: nth >= last }.says_so())
}

/// A way to ask it, as [`Language::phrases`] are written.
#[derive(Clone)]
struct Phrase {
    /// Whether it stands at the beginning of a sentence only.
    begins: bool,
    parts: Vec<Part>,
    negations: &'static [&'static str],
}

/// What a phrase asks for at one place.
#[derive(Clone)]
enum Part {
    /// One of these words, or, where it may be missing, none of them.
    Word { choices: Vec<&'static str>, may_be_missing: bool },
    /// The end of the sentence.
    End,
    /// The end of the text.
    TextEnd,
}

impl Phrase {
    fn read(written: &'static str, negations: &'static [&'static str]) -> Self {
        let (begins, written) = match written.strip_prefix("^ ") {
            Some(rest) => (true, rest),
            None => (false, written),
        };
        let parts = written.split(' ').map(|part| match part {
            "$" => Part::End,
            "$$" => Part::TextEnd,
            words => {
                let optional = words.strip_suffix('?');
                let choices = optional.unwrap_or(words).split('|').collect();
                Part::Word { choices, may_be_missing: optional.is_some() }
            }
        });
        Self { begins, parts: parts.collect(), negations }
    }

    /// The words that it can begin with.
    fn firsts(&self) -> Vec<&'static str> {
        let mut firsts = Vec::new();
        for part in &self.parts {
            let Part::Word { choices, may_be_missing } = part else { break };
            firsts.extend(choices);
            if !may_be_missing {
                break;
            }
        }
        firsts
    }
}

/// A sentence of a text.
struct Sentence<'a> {
    words: &'a [String],
    /// Whether nothing follows but words of courtesy.
    is_last: bool,
}

/// The words of a sentence in lower case, without accents and apostrophes.
fn words(sentence: &str) -> Vec<String> {
    let mut bare = String::with_capacity(sentence.len());
    for c in sentence.chars().flat_map(char::to_lowercase) {
        match c {
            '\'' | '’' | '‘' | '´' | '`' | '\u{300}'..='\u{36f}' => {}
            'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => bare.push('a'),
            'é' | 'è' | 'ê' | 'ë' => bare.push('e'),
            'í' | 'ì' | 'î' | 'ï' => bare.push('i'),
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' => bare.push('o'),
            'ú' | 'ù' | 'û' | 'ü' => bare.push('u'),
            'ç' => bare.push('c'),
            'ñ' => bare.push('n'),
            'ß' => bare.push_str("ss"),
            c => bare.push(c),
        }
    }
    bare.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

impl Sentence<'_> {
    /// Whether a phrase begins at any word, and no negation before it.
    fn says_so(&self) -> bool {
        (0..self.words.len()).any(|at| {
            let (before, from) = self.words.split_at(at);
            let phrases = BY_FIRST.get(from[0].as_str()).into_iter().flatten();
            phrases.filter(|phrase| !phrase.begins || at == 0).any(|phrase| {
                let negated = before.last().is_some_and(|word| phrase.negations.contains(&word.as_str()));
                !negated && self.follows(from, &phrase.parts)
            })
        })
    }

    /// Whether `words` begin with `parts`.
    fn follows(&self, words: &[String], parts: &[Part]) -> bool {
        let Some((first, rest)) = parts.split_first() else { return true };
        match first {
            Part::End => words.is_empty(),
            Part::TextEnd => words.is_empty() && self.is_last,
            Part::Word { choices, may_be_missing } => {
                let taken = words.split_first().is_some_and(|(word, others)| {
                    choices.contains(&word.as_str()) && self.follows(others, rest)
                });
                taken || (*may_be_missing && self.follows(words, rest))
            }
        }
    }
}

#[cfg(test)]
mod tests;
