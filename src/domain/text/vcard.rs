//! Contact cards (`text/vcard`, versions 2.1, 3.0 and 4.0): the names, numbers and e-mail addresses in them.
//!
//! A card comes from a stranger, so nothing here fails: what cannot be understood is left out, and everything
//! is bounded. What is read is made safe to show ([`sanitize`]).
//! RFC 6350 (4.0), RFC 2426 (3.0), and the versit specification of 1996 (2.1).

mod lines;

use serde::{Deserialize, Serialize};

use self::lines::{Lines, Property, percent_decoded};
use super::sanitize;

/// How much of a file is read, in bytes. A card with a photo may have as much.
const READ_BYTES: usize = 2 * 1024 * 1024;
/// How many cards of a file are read.
pub const MOST_CARDS: usize = 10;
/// How many numbers and addresses of a card are read.
pub const MOST_ENTRIES: usize = 10;
/// How much of a value is shown, in characters.
const VALUE_CHARS: usize = 100;

/// The cards of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cards {
    /// The first of them.
    pub cards: Vec<Card>,
    /// How many more there are.
    pub more: usize,
}

/// A contact card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The name; empty for none.
    pub name: String,
    /// The organization; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub organization: String,
    /// Numbers and addresses, in their order.
    pub entries: Vec<Entry>,
    /// How many more of them there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(more: &usize) -> bool {
    *more == 0
}

/// A number or an address of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// As it is written in the card.
    pub value: String,
    /// What it is used for, such as `work`; empty if the card does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// What an entry of a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A telephone number.
    Number,
    /// An e-mail address.
    Email,
}

/// Reads the cards of a file. One that holds nothing to show is left out.
#[must_use]
pub fn read(file: &[u8]) -> Cards {
    let file = &file[..file.len().min(READ_BYTES)];
    let mut reading = Reading::default();
    let mut lines = Lines::of(file);
    while let Some(line) = lines.next_line() {
        // Version 2.1 folds at a blank, which stays; later ones put one in, which goes.
        if line.trim_ascii().eq_ignore_ascii_case(b"VERSION:2.1") {
            lines.keeps_blanks = true;
        } else if line.trim_ascii().eq_ignore_ascii_case(b"BEGIN:VCARD") {
            lines.keeps_blanks = false;
        }
        reading.take(&line);
    }
    reading.close();
    reading.found
}

/// The cards read so far, and the one being read.
#[derive(Default)]
struct Reading {
    found: Cards,
    card: Option<Draft>,
    /// How many cards the one that is passed over stands in.
    inside: u32,
    /// Whether a card may follow that is a part of this one, as 2.1 writes an assistant.
    after_agent: bool,
}

/// A card being read.
#[derive(Default)]
struct Draft {
    card: Card,
    /// The name made of its parts, for a card without another.
    parts: String,
}

impl Reading {
    fn take(&mut self, line: &[u8]) {
        let Some(property) = Property::of(line) else { return };
        let after_agent = std::mem::take(&mut self.after_agent);
        let is_card = property.value.trim_ascii().eq_ignore_ascii_case(b"VCARD");
        match property.name.as_str() {
            "BEGIN" if is_card && (self.inside > 0 || after_agent) => self.inside += 1,
            "BEGIN" if is_card => {
                // The end of the one before it is missing.
                self.close();
                self.card = Some(Draft::default());
            }
            "END" if is_card && self.inside > 0 => self.inside -= 1,
            "END" if is_card => self.close(),
            _ if self.inside > 0 => {}
            "AGENT" => self.after_agent = true,
            _ => {
                if let Some(draft) = &mut self.card {
                    draft.take(&property);
                }
            }
        }
    }

    fn close(&mut self) {
        self.inside = 0;
        let Some(Draft { mut card, parts }) = self.card.take() else { return };
        if card.name.is_empty() {
            card.name = parts;
        }
        if card == Card::default() {
            return;
        }
        if self.found.cards.len() < MOST_CARDS {
            self.found.cards.push(card);
        } else {
            self.found.more += 1;
        }
    }
}

impl Draft {
    fn take(&mut self, property: &Property<'_>) {
        let card = &mut self.card;
        match property.name.as_str() {
            "FN" if card.name.is_empty() => card.name = shown(&unescaped(&property.text())),
            "N" if self.parts.is_empty() => self.parts = person(&property.text()),
            "ORG" if card.organization.is_empty() => {
                let units: Vec<String> = split(&property.text()).map(|unit| unescaped(&unit)).collect();
                card.organization = shown(&units.join(" "));
            }
            "TEL" => self.add(EntryKind::Number, property, "tel:"),
            "EMAIL" => self.add(EntryKind::Email, property, "mailto:"),
            _ => {}
        }
    }

    fn add(&mut self, kind: EntryKind, property: &Property<'_>, scheme: &str) {
        let text = property.text();
        let uri = text.trim();
        let is_uri = uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        let value = if is_uri {
            // What a URI says besides, such as an extension, is not part of the number.
            let bare = uri[scheme.len()..].split([';', '?']).next().unwrap_or_default();
            shown(&percent_decoded(bare))
        } else {
            shown(&unescaped(&text))
        };
        let card = &mut self.card;
        if value.is_empty() || card.entries.iter().any(|known| known.value == value) {
            return;
        }
        if card.entries.len() < MOST_ENTRIES {
            card.entries.push(Entry { kind, value, label: property.label().to_owned() });
        } else {
            card.more += 1;
        }
    }
}

/// A name of its parts: family, given, further names, titles before and behind it.
fn person(text: &str) -> String {
    let parts: Vec<String> = split(text).take(5).map(|part| unescaped(&part).replace(',', " ")).collect();
    let part = |at: usize| parts.get(at).map_or("", |part| part.trim());
    let words: Vec<&str> = [3, 1, 2, 0, 4].map(part).into_iter().filter(|word| !word.is_empty()).collect();
    shown(&words.join(" "))
}

/// A value as it may stand in a room.
fn shown(text: &str) -> String {
    sanitize::short_line(text, VALUE_CHARS)
}

/// The fields of a value, which semicolons part unless they are escaped.
fn split(text: &str) -> impl Iterator<Item = String> {
    let mut fields = vec![String::new()];
    let mut is_escaped = false;
    for c in text.chars() {
        if c == ';' && !is_escaped {
            fields.push(String::new());
            continue;
        }
        is_escaped = c == '\\' && !is_escaped;
        if let Some(field) = fields.last_mut() {
            field.push(c);
        }
    }
    fields.into_iter()
}

/// A value without the backslashes before what would mean something else. RFC 6350, section 3.4.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('\\', Some('n' | 'N')) => {
                plain.push(' ');
                chars.next();
            }
            ('\\', Some(escaped @ ('\\' | ',' | ';' | ':'))) => {
                plain.push(escaped);
                chars.next();
            }
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
