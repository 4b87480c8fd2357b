//! Whether spelling is looked at.

use serde::{Deserialize, Serialize};

use crate::domain::settings::choice::words;

/// What happens to words that are not in the dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// Nothing.
    Off,
    /// The text is sent and a notice lists them.
    Hint,
    /// The text waits until its author confirms it.
    Confirm,
}

words!(Spelling { Off = "off"; Hint = "hint"; Confirm = "confirm"; });

/// What a queue or an agent says of spelling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnSpelling {
    /// Nothing: an agent's is the queue's, and a queue's the desk's.
    #[default]
    Inherit,
    /// It is not looked at.
    Off,
    /// The text is sent and a notice lists words that are not known.
    Hint,
    /// The text waits until its author confirms it.
    Confirm,
}

words!(OwnSpelling { Inherit = "inherit"; Off = "off"; Hint = "hint"; Confirm = "confirm"; });

impl OwnSpelling {
    fn or(self, otherwise: Spelling) -> Spelling {
        match self {
            Self::Inherit => otherwise,
            Self::Off => Spelling::Off,
            Self::Hint => Spelling::Hint,
            Self::Confirm => Spelling::Confirm,
        }
    }
}

/// What an agent chose by `!spell`, for themselves. It goes before what anything else says of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// Whether their spelling is looked at, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// The languages they write in; none if they did not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
}

impl Chosen {
    /// Whether they chose nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What happens to words that are not known: the most specific of those who say something decides. Who turned
/// it on gets what their desk, queue or admin wants, or a hint where those want nothing.
#[must_use]
pub fn mode(desk: Spelling, queue: OwnSpelling, agent: OwnSpelling, chosen: &Chosen) -> Spelling {
    match (chosen.on, agent.or(queue.or(desk))) {
        (Some(false), _) => Spelling::Off,
        (Some(true), Spelling::Off) => Spelling::Hint,
        (Some(true) | None, mode) => mode,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_of_those_who_say_something_decides() {
        use OwnSpelling::{Confirm, Hint, Inherit, Off};
        for (desk, queue, agent, on, expected) in [
            (Spelling::Off, Inherit, Inherit, None, Spelling::Off),
            (Spelling::Hint, Inherit, Inherit, None, Spelling::Hint),
            (Spelling::Hint, Confirm, Inherit, None, Spelling::Confirm),
            (Spelling::Hint, Off, Inherit, None, Spelling::Off),
            (Spelling::Hint, Off, Confirm, None, Spelling::Confirm),
            (Spelling::Confirm, Hint, Off, None, Spelling::Off),
            (Spelling::Confirm, Hint, Hint, Some(false), Spelling::Off),
            (Spelling::Confirm, Inherit, Inherit, Some(true), Spelling::Confirm),
            (Spelling::Off, Inherit, Off, Some(true), Spelling::Hint),
        ] {
            let chosen = Chosen { on, languages: vec![] };
            assert_eq!(mode(desk, queue, agent, &chosen), expected, "{desk:?} {queue:?} {agent:?} {on:?}");
        }
    }
}
