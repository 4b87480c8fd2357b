//! What a text takes, as phone companies count it.

use serde::{Deserialize, Serialize};

use crate::domain::text::segments::{Encoding, OddCharacter, count, odd};

/// How many characters that make a text long are named.
const NAMED: usize = 5;

/// What a text takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segments {
    /// `GSM-7`, or `UCS-2` where some of it is sent so.
    pub encoding: String,
    /// How many segments carriers make of it, all its messages together.
    pub segments: u32,
    /// How many units it has in its encoding.
    pub units: u32,
    /// How many messages it is sent as.
    #[serde(default = "one")]
    pub messages: u32,
    /// The characters that make it UCS-2.
    #[serde(default)]
    pub odd: Vec<OddCharacter>,
    /// How many more of those there are.
    #[serde(default)]
    pub more_odd: u32,
}

fn one() -> u32 {
    1
}

impl Segments {
    /// What `text` takes when it is sent as these messages.
    #[must_use]
    pub fn of<'t>(text: &str, messages: impl Iterator<Item = &'t str>) -> Self {
        let (mut segments, mut units, mut sent, mut is_gsm) = (0, 0, 0_u32, true);
        for message in messages {
            let counted = count(message);
            segments += counted.segments;
            units += counted.units;
            sent += 1;
            is_gsm &= counted.encoding == Encoding::Gsm7;
        }
        let mut odd = if is_gsm { vec![] } else { odd(text) };
        let more_odd = odd.len().saturating_sub(NAMED);
        odd.truncate(NAMED);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            encoding: if is_gsm { "GSM-7" } else { "UCS-2" }.to_owned(),
            segments: number(segments),
            units: number(units),
            messages: sent,
            odd,
            more_odd: number(more_odd),
        }
    }
}
