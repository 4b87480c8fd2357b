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

/// Whether a text asks in a sentence to be left alone. A hint, not an opt-out: it may miss or misread one.
#[must_use]
pub fn wants_to_be_left_alone(text: &str) -> bool {
    let text: String = text.chars().take(LOOKED_AT).collect();
    let sentences: Vec<Vec<String>> =
        text.split(['.', '!', '?', '¡', '¿', ';', ',', ':', '\n']).map(words).collect();
    // Behind the last but a please nothing follows.
    let polite = |words: &&Vec<String>| words.iter().all(|word| POLITE.contains(&word.as_str()));
    let last = sentences.len() - sentences.iter().rev().take_while(polite).count();
    sentences.iter().zip(1..).any(|(words, nth)| {
        let said = Sentence { words, is_last: nth >= last };
        LANGUAGES
            .iter()
            .any(|language| language.phrases.iter().any(|phrase| said.says(phrase, language.negations)))
    })
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
    /// Whether `phrase` begins at any word, and no negation before it.
    fn says(&self, phrase: &str, negations: &[&str]) -> bool {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        let (phrase, starts) = match phrase.split_first() {
            Some((&"^", rest)) => (rest, 1),
            _ => (&phrase[..], self.words.len()),
        };
        (0..starts.min(self.words.len())).any(|at| {
            let negated = at > 0 && negations.contains(&self.words[at - 1].as_str());
            !negated && self.follows(&self.words[at..], phrase)
        })
    }

    /// Whether `words` begin with `phrase`.
    fn follows(&self, words: &[String], phrase: &[&str]) -> bool {
        let Some((first, rest)) = phrase.split_first() else { return true };
        match *first {
            "$" => return words.is_empty(),
            "$$" => return words.is_empty() && self.is_last,
            _ => {}
        }
        let (choices, optional) = first.strip_suffix('?').map_or((*first, false), |choices| (choices, true));
        let taken = words.split_first().is_some_and(|(word, others)| {
            choices.split('|').any(|choice| choice == word) && self.follows(others, rest)
        });
        taken || (optional && self.follows(words, rest))
    }
}

#[cfg(test)]
mod tests;
