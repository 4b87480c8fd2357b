//! What is asked of the dictionaries about one message, and what they find.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// How many words that are not known are told of.
pub const MOST_TOLD: usize = 10;
/// For how many of them something is suggested, and how much for each.
pub const MOST_HELPED: usize = 5;
/// How many suggestions one of them gets.
pub const MOST_SUGGESTED: usize = 3;

/// A message whose spelling is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its text.
    pub text: String,
    /// The dictionaries it may be in, by their tags.
    pub languages: Vec<String>,
    /// Words that are no mistakes, whatever the dictionaries say: in lower case.
    pub known: BTreeSet<String>,
}

/// A word that no dictionary knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misspelt {
    /// The word as it stands in the text.
    pub text: String,
    /// What may be meant.
    #[serde(default)]
    pub suggestions: Vec<Suggestion>,
}

/// What may be meant by a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The number that picks it, among all of its message. It stays when others are gone.
    pub number: usize,
    /// The word.
    pub text: String,
}

/// What the dictionaries found in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The language the text seems to be in; empty if no dictionary could be asked.
    pub language: String,
    /// The words that are not known there, each once, in order.
    pub words: Vec<Misspelt>,
    /// How many more there are.
    #[serde(default)]
    pub more: usize,
}

impl Found {
    /// Words that are not known, each with what may be meant; the suggestions are numbered through.
    #[must_use]
    pub fn new(language: &str, unknown: Vec<(String, Vec<String>)>) -> Self {
        let more = unknown.len().saturating_sub(MOST_TOLD);
        let mut numbers = 1..;
        let numbered = |(text, suggested): (String, Vec<String>)| {
            let suggestions = suggested.into_iter().take(MOST_SUGGESTED);
            let suggestions =
                suggestions.zip(&mut numbers).map(|(text, number)| Suggestion { number, text }).collect();
            Misspelt { text, suggestions }
        };
        let words = unknown.into_iter().take(MOST_TOLD).map(numbered).collect();
        Self { language: language.to_owned(), words, more }
    }

    /// Whether all words are known.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.words.is_empty() && self.more == 0
    }

    /// The word that a number corrects, and what is put in its place.
    #[must_use]
    pub fn correction(&self, number: usize) -> Option<(&str, &str)> {
        self.words.iter().find_map(|word| {
            let picked = word.suggestions.iter().find(|suggestion| suggestion.number == number)?;
            Some((word.text.as_str(), picked.text.as_str()))
        })
    }

    /// A word is none of them any more: it was corrected, or is known now. Whether it was one.
    pub fn settle(&mut self, word: &str) -> bool {
        let (is, before) = (super::words::folded(word), self.words.len());
        self.words.retain(|unknown| super::words::folded(&unknown.text) != is);
        self.words.len() < before
    }

    /// How many suggestions there are.
    #[must_use]
    pub fn numbers(&self) -> Vec<usize> {
        let all = self.words.iter().flat_map(|word| &word.suggestions);
        all.map(|suggestion| suggestion.number).collect()
    }
}

/// How far the spelling of a message was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Spellcheck {
    /// It is looked at when the message has its turn.
    Wanted {
        /// Whether the message waits for its writer's word if a word is not known.
        confirm: bool,
    },
    /// The message waits for its writer's word.
    Asked {
        /// What is not known in it.
        found: Found,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_keep_their_numbers_while_words_are_settled() {
        let strings = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut found = Found::new(
            "en-US",
            vec![
                ("recieve".to_owned(), strings(&["receive", "relieve"])),
                ("Tehre".to_owned(), strings(&["There", "Three", "Theirs", "Tether"])),
                ("qqq".to_owned(), vec![]),
            ],
        );
        assert_eq!(found.numbers(), [1, 2, 3, 4, 5]);
        assert_eq!(found.correction(3), Some(("Tehre", "There")));
        assert!(found.settle("RECIEVE"));
        assert!(!found.settle("recieve"));
        assert_eq!(found.correction(1), None);
        assert_eq!(found.correction(3), Some(("Tehre", "There")));
        assert!(found.settle("Tehre") && found.settle("qqq") && found.is_nothing());
        let many = Found::new("en-US", (0..13).map(|n| (format!("w{n}"), vec![])).collect());
        assert_eq!((many.words.len(), many.more), (MOST_TOLD, 3));
    }
}
