//! One dictionary, ready to be asked.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use icu_properties::props::{EnumeratedProperty as _, Script};

use crate::domain::spelling::check::MOST_SUGGESTED;
use crate::domain::spelling::likely;
use crate::domain::spelling::words::Speller;

/// Of so many letters of a dictionary one must be of a script for that to be a script of its language.
const ONE_IN: usize = 100;

/// Why a dictionary cannot be asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DictionaryError {
    /// There is none for the language.
    #[error("there is no dictionary for {0}")]
    None(String),
    /// The folder cannot be read.
    #[error("the folder {} cannot be read", .0.display())]
    Folder(PathBuf, #[source] std::sync::Arc<io::Error>),
    /// A file cannot be read.
    #[error("{file} cannot be read")]
    Read {
        /// The file.
        file: String,
        /// Why not.
        #[source]
        source: std::sync::Arc<io::Error>,
    },
    /// A file is larger than any dictionary.
    #[error("{file} is larger than {most} bytes, which no dictionary is")]
    TooLarge {
        /// The file.
        file: String,
        /// How large it may be.
        most: u64,
    },
    /// A file is written in an encoding that is not known, or not in the one that it names.
    #[error(
        "{file} is not written in {encoding}, or nobody here reads that; convert both of its files to UTF-8"
    )]
    Encoding {
        /// The file.
        file: String,
        /// The encoding that the dictionary names.
        encoding: String,
    },
    /// It is not written as dictionaries of Hunspell are.
    #[error("{file} is no dictionary of Hunspell: {why}")]
    Broken {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
}

/// A dictionary in memory.
pub struct Dictionary {
    words: spellbook::Dictionary,
    scripts: Vec<Script>,
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dictionary").field("scripts", &self.scripts).finish_non_exhaustive()
    }
}

impl Dictionary {
    /// Reads the two files of a dictionary; `file` names it in errors.
    pub(super) fn parse(file: &str, aff: &str, dic: &str) -> Result<Self, DictionaryError> {
        let words = spellbook::Dictionary::new(aff, dic)
            .map_err(|error| DictionaryError::Broken { file: file.to_owned(), why: error.to_string() })?;
        Ok(Self { words, scripts: scripts(dic) })
    }

    /// What may be meant by a word that is not in it, the likeliest first.
    #[must_use]
    pub fn suggestions(&self, word: &str) -> Vec<String> {
        let mut suggestions = Vec::new();
        self.words.suggest(word, &mut suggestions);
        likely::order(word, &mut suggestions);
        suggestions.truncate(MOST_SUGGESTED);
        suggestions
    }
}

impl Speller for Dictionary {
    fn is_word(&self, word: &str) -> bool {
        self.words.check(word)
    }

    fn writes(&self, letter: char) -> bool {
        let script = Script::for_char(letter);
        script == Script::Common || script == Script::Inherited || self.scripts.contains(&script)
    }
}

/// The scripts that the words of a dictionary are written in.
fn scripts(dic: &str) -> Vec<Script> {
    let mut letters: BTreeMap<Script, usize> = BTreeMap::new();
    let mut all = 0;
    for line in dic.lines().skip(1) {
        // Behind the slash stand flags, in Latin letters.
        let word = line.split(['/', '\t', ' ']).next().unwrap_or_default();
        for letter in word.chars().filter(|c| c.is_alphabetic()) {
            *letters.entry(Script::for_char(letter)).or_default() += 1;
            all += 1;
        }
    }
    letters.into_iter().filter(|(_, count)| count * ONE_IN >= all).map(|(script, _)| script).collect()
}
