//! A picture, sound, video or other file that goes to a phone: posted in a room by an agent, or of a standard
//! response.

use ruma::OwnedMxcUri;
use serde::{Deserialize, Serialize};

/// The longest name that a file goes by at the phone, without its extension, in characters.
const STEM_CHARS: usize = 30;

/// A file that goes to a phone, where the homeserver keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    /// Where the homeserver keeps it.
    pub uri: OwnedMxcUri,
    /// The media type that the agent's client claims; empty where it claims none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mime: String,
    /// What it is called; empty where that is for nobody to read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

impl SentFile {
    /// What people read of it: its name, or where it is.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.name.is_empty() { self.uri.as_str() } else { &self.name }
    }

    /// What it is called at the phone, without its extension, which may change on the way; nothing if that is
    /// not said. It can stand in an address.
    #[must_use]
    pub fn stem(&self) -> Option<String> {
        let name = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        let stem: String = stem.trim().chars().take(STEM_CHARS).map(plain).collect();
        let stem = stem.trim_matches('-');
        (!stem.is_empty()).then(|| stem.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_one_that_can_stand_in_an_address() {
        for (name, stem) in [
            ("price-list.pdf", Some("price-list")),
            ("Price list (2026).final.PDF", Some("Price-list--2026--final")),
            ("../../etc/passwd", Some("passwd")),
            ("Ärger", Some("rger")),
            ("価格.pdf", None),
            (".pdf", None),
            ("", None),
            (&"x".repeat(99), Some(&"x".repeat(30))),
        ] {
            let file =
                SentFile { uri: "mxc://desk.test/a".into(), mime: String::new(), name: name.to_owned() };
            assert_eq!(file.stem().as_deref(), stem, "{name}");
        }
    }
}
