//! Dead letters: inputs and effects that could not be applied or delivered, set aside for a person.

use std::fmt;

use super::lane::Lane;

/// The kind of a dead letter. It is kept as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadLetterKind {
    /// An effect, which is still in the outbox.
    Effect {
        /// Its lane.
        lane: Lane,
        /// Its place in it.
        seq: i64,
    },
    /// A text of a contact.
    Text,
    /// An input of the desk.
    Input,
    /// A timer whose row cannot be read.
    Timer,
    /// A kind that this version does not know.
    Unknown(String),
}

const EFFECT: &str = "effect ";
const TEXT: &str = "text";
const INPUT: &str = "input";
const TIMER: &str = "timer";

impl DeadLetterKind {
    /// What it is, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Effect { lane: Lane::Room(room), .. } => format!("something for the room of {room}"),
            Self::Effect { lane: Lane::Console(agent), .. } => {
                format!("something for the console of {agent}")
            }
            Self::Effect { lane: Lane::Phone(_), .. } => "a message to a phone".to_owned(),
            Self::Effect { .. } => "something to be done".to_owned(),
            Self::Text => "a text of a contact".to_owned(),
            Self::Input | Self::Timer | Self::Unknown(_) => "something that happened".to_owned(),
        }
    }

    /// The text of an effect's place.
    fn effect(text: &str) -> Option<Self> {
        let (lane, seq) = text.strip_prefix(EFFECT)?.rsplit_once('/')?;
        Some(Self::Effect { lane: lane.parse().ok()?, seq: seq.parse().ok()? })
    }
}

impl fmt::Display for DeadLetterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Effect { lane, seq } => write!(f, "{EFFECT}{lane}/{seq}"),
            Self::Text => f.write_str(TEXT),
            Self::Input => f.write_str(INPUT),
            Self::Timer => f.write_str(TIMER),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

impl From<String> for DeadLetterKind {
    fn from(text: String) -> Self {
        match text.as_str() {
            TEXT => Self::Text,
            INPUT => Self::Input,
            TIMER => Self::Timer,
            _ => Self::effect(&text).unwrap_or(Self::Unknown(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_aside_is_read_back_and_called_by_what_it_is() {
        for (text, words) in [
            ("effect room:i-1/3", "something for the room of i-1"),
            ("effect console:alice/3", "something for the console of alice"),
            ("effect sms:i-1/3", "a message to a phone"),
            ("effect media:i-1/5/2/3", "something to be done"),
            ("text", "a text of a contact"),
            ("input", "something that happened"),
            ("timer", "something that happened"),
            ("effect of a later version", "something that happened"),
        ] {
            let what = DeadLetterKind::from(text.to_owned());
            assert_eq!((what.to_string().as_str(), what.describe().as_str()), (text, words));
        }
        let media = DeadLetterKind::from("effect media:i-1/5/2/3".to_owned());
        assert!(matches!(media, DeadLetterKind::Effect { lane: Lane::Media { number: 2, .. }, seq: 3 }));
    }
}
