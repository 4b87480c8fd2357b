//! The dictionaries that are in memory: each is read once, and the one that was not asked for longest goes
//! when there are too many.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::dictionary::{Dictionary, DictionaryError};
use super::source::Source;

/// How many dictionaries are in memory at most.
const MOST: usize = 8;

/// All dictionaries there are.
#[derive(Debug)]
pub(super) struct Shelf {
    sources: BTreeMap<String, Source>,
    /// Held while a dictionary is read: whoever wants the same one waits for it anyway.
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// Those in memory; the one asked last stands last.
    read: Vec<(String, Arc<Dictionary>)>,
    /// Those that cannot be read.
    broken: BTreeMap<String, DictionaryError>,
}

impl Shelf {
    pub(super) fn new(sources: BTreeMap<String, Source>) -> Self {
        Self { sources, taken: Mutex::default() }
    }

    pub(super) fn languages(&self) -> Vec<String> {
        self.sources.keys().cloned().collect()
    }

    /// The dictionary of a tag, read if it is not in memory. One that could not be read is not tried again.
    pub(super) fn get(&self, language: &str) -> Result<Arc<Dictionary>, DictionaryError> {
        let source = self.sources.get(language).ok_or_else(|| DictionaryError::None(language.to_owned()))?;
        // What a panic left is whole: things are put there when they are done.
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = taken.broken.get(language) {
            return Err(error.clone());
        }
        let known = taken.read.iter().position(|(tag, _)| tag == language);
        let (tag, dictionary) = match known {
            Some(at) => taken.read.remove(at),
            None => match source.read() {
                Ok(dictionary) => (language.to_owned(), Arc::new(dictionary)),
                Err(error) => {
                    let why = anyhow::Error::from(error.clone());
                    tracing::error!(language, why = format!("{why:#}"), "a dictionary cannot be used");
                    taken.broken.insert(language.to_owned(), error.clone());
                    return Err(error);
                }
            },
        };
        if taken.read.len() >= MOST {
            taken.read.remove(0);
        }
        taken.read.push((tag, Arc::clone(&dictionary)));
        Ok(dictionary)
    }

    /// Which are in memory.
    #[cfg(test)]
    pub(super) fn in_memory(&self) -> Vec<String> {
        self.taken.lock().unwrap().read.iter().map(|(tag, _)| tag.clone()).collect()
    }
}
