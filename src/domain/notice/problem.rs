//! What was wrong with a command as it was typed: codes with what belongs to them. Their words stand in
//! `problem.txt`.

use serde::{Deserialize, Serialize};

use super::Taken;
use crate::domain::ids::QueueName;
use crate::domain::when::Unfit;

/// What was wrong with a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Problem {
    /// The console takes commands only.
    CommandsOnly,
    /// A file in the console goes to nobody.
    FileInConsole,
    /// The same to an admin, who can have a standard response send it.
    FileForResponse,
    /// It belongs in the room of a conversation.
    NotInConversation,
    /// It belongs in the room of an IM or consult.
    NotInTalk,
    /// What is to be saved is told by a reply, not in words.
    SaveByReply,
    /// The conversation is not named.
    ConversationMissing,
    /// The id of the conversation is missing, which the console needs.
    IdMissing,
    /// Something stands behind an id whose transcript is to be shown; the number below a page leads on.
    PageByRow,
    /// The conversation and the agent to get it are missing.
    AssignmentMissing,
    /// The conversation and the whisper are missing.
    WhisperMissing,
    /// The whisper is too long.
    WhisperTooLong {
        /// How many characters it may have.
        most: usize,
    },
    /// The conversation, or the agent whose conversations are meant, is missing.
    WorkMissing,
    /// The words are too many.
    WordsTooLong {
        /// How many characters there may be.
        most: usize,
    },
    /// The colleague to call is not named.
    CalleeMissing,
    /// The colleague to consult is not named.
    AdviserMissing,
    /// The colleague to write to is not named.
    ReaderMissing,
    /// The colleague or queue to take over is missing.
    TargetMissing,
    /// The agent is not named.
    AgentMissing,
    /// The key of the case data is missing.
    KeyMissing,
    /// The key of the case data is too long.
    KeyTooLong {
        /// How many characters it may have.
        most: usize,
    },
    /// The value of the case data is missing.
    ValueMissing,
    /// The value of the case data is too long.
    ValueTooLong {
        /// How many characters it may have.
        most: usize,
    },
    /// There is too much case data already.
    TooMuchCase,
    /// The tag is missing.
    TagMissing,
    /// The tag is too long.
    TagTooLong {
        /// How many characters it may have.
        most: usize,
    },
    /// The tag holds something that is neither letter nor digit.
    TagLetters,
    /// It is no number of priority points.
    NoPriority {
        /// How many there may be, either way.
        most: i64,
    },
    /// It is no time for which a contact can be blocked.
    NoBlock,
    /// The contact is not named.
    ContactMissing,
    /// The id of the contact to be erased is not repeated.
    IdNotRepeated {
        /// The id that was named first.
        id: String,
    },
    /// The field of the contact is not named.
    FieldMissing,
    /// The number is missing.
    NumberMissing,
    /// The shortcut of the standard response is missing.
    ShortcutMissing,
    /// The note is missing.
    NoteMissing,
    /// The name is missing.
    NameMissing,
    /// It is not said whom to find.
    FindWhom,
    /// It is not said whose record is meant.
    ConsentOfWhom {
        /// Whether they may name anybody.
        names: bool,
    },
    /// The text is missing.
    TextMissing,
    /// The text begins like a command, which is never sent.
    TextIsCommand,
    /// The text begins with a slash, like a command of the client's.
    TextIsSlash,
    /// What the command replies to is no text of the contact's or the agent's.
    NotCounted,
    /// It is no moment to wait for.
    Moment {
        /// Why not.
        moment: Unfit,
    },
    /// It is no period.
    NoPeriod,
    /// A word does not belong there.
    Unknown {
        /// The word that was typed; empty for none.
        typed: String,
        /// The nearest of those that do.
        nearest: Option<String>,
        /// Those that do.
        choices: Vec<String>,
    },
    /// There is something of this name already.
    Exists {
        /// What it is: `queue`, `route` and so on.
        kind: String,
        /// Its name.
        name: String,
    },
    /// There is no such queue.
    NoQueue {
        /// The name that was typed.
        queue: QueueName,
    },
    /// It cannot be the id of an agent.
    BadAgentId,
    /// The Matrix user of the new agent is missing.
    UserMissing,
    /// The bot cannot be an agent.
    UserIsBot,
    /// The agent cannot be added.
    NotNew {
        /// What is in the way.
        #[serde(flatten)]
        taken: Taken,
    },
    /// Admins cannot stop being admins by themselves.
    AdminKeepsRole,
    /// Admins cannot remove themselves.
    AdminStays,
    /// A value cannot be set, in the words of the check that also reads the config.
    BadValue {
        /// What the check says.
        error: String,
    },
}

impl Problem {
    /// A word that is not one of these: the nearest was probably meant.
    #[must_use]
    pub fn unknown(typed: &str, choices: &[&str]) -> Self {
        let typed_low = typed.to_lowercase();
        let distance = |word: &&&str| strsim::damerau_levenshtein(word, &typed_low);
        // Of two that are as near, the one that begins like it.
        let rank = |word: &&&str| (distance(word), !word.starts_with(&typed_low));
        let is_near = |word: &&&str| distance(word) <= 2 && distance(word) < typed.chars().count();
        let nearest = choices.iter().min_by_key(rank).filter(is_near);
        Self::Unknown {
            typed: typed.to_owned(),
            nearest: nearest.filter(|_| !typed.is_empty()).map(|word| (*word).to_owned()),
            choices: choices.iter().map(|word| (*word).to_owned()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_unknown_comes_with_the_one_that_was_probably_meant() {
        let nearest = |typed| match Problem::unknown(typed, &["set", "unset"]) {
            Problem::Unknown { nearest, .. } => nearest,
            other => panic!("{other:?}"),
        };
        assert_eq!(nearest("sett").as_deref(), Some("set"));
        assert_eq!((nearest("xylophone"), nearest("")), (None, None));
        let nearest = |typed| match Problem::unknown(typed, &["on", "off", "lang"]) {
            Problem::Unknown { nearest, .. } => nearest,
            other => panic!("{other:?}"),
        };
        assert_eq!((nearest("of").as_deref(), nearest("Onn").as_deref()), (Some("off"), Some("on")));
        assert_eq!(nearest("go"), None, "nothing of it is left");
    }
}
