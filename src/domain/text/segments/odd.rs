//! What makes a text UCS-2.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation as _;

use super::count::septets;
use super::smart::name_of;

/// How much of one character that is put together of many is shown.
const SHOWN: usize = 8;

/// A character that is not in GSM-7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OddCharacter {
    /// The character, as people see one: an emoji may be put together of several.
    pub text: String,
    /// What it is called, where it is one that people do not see or tell apart; else nothing.
    #[serde(default)]
    pub name: String,
    /// Its code points, as in `U+2019`.
    pub unicode: String,
    /// Where it stands first, in characters from 1.
    pub position: u32,
    /// How often it is there.
    pub times: u32,
}

/// The characters of a text that are not in GSM-7, each once, in the order in which they stand.
#[must_use]
pub fn odd(text: &str) -> Vec<OddCharacter> {
    let mut found: Vec<OddCharacter> = Vec::new();
    for (cluster, position) in text.graphemes(true).zip(1..) {
        if cluster.chars().all(|c| septets(c).is_some()) {
            continue;
        }
        let shown: String = cluster.chars().take(SHOWN).collect();
        if let Some(known) = found.iter_mut().find(|known| known.text == shown) {
            known.times += 1;
            continue;
        }
        let odd = shown.chars().filter(|c| septets(*c).is_none());
        let unicode: Vec<String> = odd.clone().map(|c| format!("U+{:04X}", u32::from(c))).collect();
        let name = odd.clone().find_map(name_of).unwrap_or_default().to_owned();
        found.push(OddCharacter { text: shown, name, unicode: unicode.join(" "), position, times: 1 });
    }
    found
}
