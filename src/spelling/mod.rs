//! Dictionaries, and what they know of a text. They are those of Hunspell: two are built in, others lie in a
//! folder (`source`). Each is read when it is first asked, once for everybody, on a thread that may wait
//! (`shelf`); what is looked at in a text is decided in [`crate::domain::spelling`].
//!
//! A dictionary that cannot be read is named in the log and in `switchroom check`, and nothing waits for it:
//! a text that no dictionary can be asked about has no mistakes.

mod dictionary;
mod shelf;
mod source;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

pub use self::dictionary::{Dictionary, DictionaryError};
use self::shelf::Shelf;
use crate::domain::spelling::check::{Found, MOST_HELPED, Question};
use crate::domain::spelling::words::{self, Speller};

/// How many texts are looked at at once, so that the rest of the program keeps its share of the processors.
const AT_ONCE: usize = 2;
/// How long looking at one text may take, the time to read its dictionaries among it. After that it goes as
/// if all its words were known.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long its suggestions may take. After that there are none.
const PATIENCE_FOR_SUGGESTIONS: Duration = Duration::from_secs(5);

/// The dictionaries there are. Clones share them.
#[derive(Clone, Debug)]
pub struct Dictionaries {
    shelf: Arc<Shelf>,
    turns: Arc<Semaphore>,
}

impl Dictionaries {
    /// Looks which dictionaries there are: those that are built in, and those of a folder. None is read yet.
    ///
    /// # Errors
    /// [`DictionaryError::Folder`] if the folder cannot be read.
    pub fn find(folder: Option<&Path>) -> Result<Self, DictionaryError> {
        let shelf = Arc::new(Shelf::new(source::find(folder)?));
        Ok(Self { shelf, turns: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Only those that are built in.
    #[must_use]
    pub fn built_in() -> Self {
        let shelf = Arc::new(Shelf::new(source::built_in()));
        Self { shelf, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Their languages, by tag, in order.
    #[must_use]
    pub fn languages(&self) -> Vec<String> {
        self.shelf.languages()
    }

    /// The dictionary of a tag, read now if it was not. Waits on the calling thread.
    ///
    /// # Errors
    /// Why it cannot be read, or that there is none.
    pub fn read(&self, language: &str) -> Result<Arc<Dictionary>, DictionaryError> {
        self.shelf.get(language)
    }

    /// Which words of a text are not known, and what may be meant by them.
    pub async fn ask(&self, question: Question) -> Found {
        let read = Arc::clone(&self.shelf);
        let looked = self.in_turn(PATIENCE, move || look(&read, &question)).await.flatten();
        let Some((language, dictionary, unknown)) = looked else { return Found::default() };
        let helped: Vec<String> = unknown.iter().take(MOST_HELPED).cloned().collect();
        let suggest = move || helped.iter().map(|word| dictionary.suggestions(word)).collect::<Vec<_>>();
        let suggested = self.in_turn(PATIENCE_FOR_SUGGESTIONS, suggest).await.unwrap_or_default();
        let suggested = suggested.into_iter().chain(std::iter::repeat_with(Vec::new));
        Found::new(&language, unknown.into_iter().zip(suggested).collect())
    }

    /// Does a piece of work on a thread that may wait, when it is its turn. Nothing if it takes too long or
    /// panics; a thread that takes too long keeps its turn until it ends.
    async fn in_turn<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let work = async {
            let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
            let work = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                work()
            });
            work.await.inspect_err(|error| tracing::error!(%error, "looking at spelling failed")).ok()
        };
        let done = tokio::time::timeout(patience, work).await;
        done.inspect_err(|_| tracing::warn!("looking at spelling took too long")).ok().flatten()
    }
}

/// The language of a text, its dictionary, and the words that are not in it; nothing if none can be asked.
fn look(shelf: &Shelf, question: &Question) -> Option<(String, Arc<Dictionary>, Vec<String>)> {
    let read = |language: &String| Some((language.clone(), shelf.get(language).ok()?));
    let mut dictionaries: Vec<(String, Arc<Dictionary>)> =
        question.languages.iter().filter_map(read).collect();
    let spellers: Vec<&dyn Speller> = dictionaries.iter().map(|(_, dictionary)| &**dictionary as _).collect();
    let doubtful = words::doubtful(&question.text, &question.known);
    let (at, unknown) = words::guess(&doubtful, &spellers)?;
    let unknown = unknown.into_iter().map(str::to_owned).collect();
    let (language, dictionary) = dictionaries.swap_remove(at);
    Some((language, dictionary, unknown))
}

#[cfg(test)]
mod tests;
