//! Samples of what is said of spelling.

use ruma::owned_user_id;

use crate::domain::notice::{MisspeltCard, SpellingCard, WordChange, WordChanged};
use crate::domain::spelling::check::Found;
use crate::domain::spelling::mode::Spelling;

/// Everything that is done to a word.
pub(super) const WORD_CHANGES: [WordChanged; 3] =
    [WordChanged::Added, WordChanged::Removed, WordChanged::Ignored];

/// Words of a message that are not known, each with what may be meant.
pub(super) fn misspelt(waits: bool, words: &[(&str, &[&str])]) -> MisspeltCard {
    let unknown = |(word, meant): &(&str, &[&str])| {
        ((*word).to_owned(), meant.iter().map(|meant| (*meant).to_owned()).collect())
    };
    let found = Found::new("en-US", words.iter().map(unknown).collect());
    MisspeltCard { waits, writer: owned_user_id!("@alice:desk.test"), found }
}

/// How an agent's spelling is looked at, and what was done to a word of theirs.
pub(super) fn spelling_card(mode: Spelling, changed: Option<WordChanged>) -> SpellingCard {
    let languages = if mode == Spelling::Off { vec![] } else { vec!["en-US".to_owned(), "de-DE".to_owned()] };
    let changed = changed.map(|how| WordChange { text: "Kowalczyk".to_owned(), how });
    SpellingCard { mode, languages, own_words: 3, changed }
}
