//! A contact: who a customer is, as the desk knows them. What an address of theirs is stands in
//! [`super::address`]; what is said with them, in their interactions.

pub mod language;
pub mod merge;
pub mod words;

use serde::{Deserialize, Serialize};

use super::address::{Address, Channel};
use super::ids::ContactId;
use super::text::sanitize;
use crate::clock::Millis;

/// The longest name, in characters.
pub const NAME_CHARS: usize = 100;
/// What someone is called who wrote from an address of which nothing can be seen.
const UNKNOWN: &str = "unknown";
/// How many digits make a number: those of a short code.
const SHORTEST_NUMBER: usize = 5;
/// How many e-mail addresses a contact has at most.
pub const MOST_EMAILS: usize = 20;
/// How many attributes a contact has at most.
pub const MOST_ATTRIBUTES: usize = 50;
/// How many names a contact had before are remembered, the latest ones.
pub const MOST_FORMER_NAMES: usize = 20;
/// The longest e-mail address, in characters (RFC 5321, 4.5.3.1.3).
pub const EMAIL_CHARS: usize = 254;
/// The longest key of an attribute, in characters.
pub const KEY_CHARS: usize = 64;
/// The longest value of an attribute, in characters.
pub const VALUE_CHARS: usize = 2_000;
/// The longest notes, in characters.
pub const NOTES_CHARS: usize = 4_000;

/// The fields of a contact that are not attributes, as people type them.
pub const FIELDS: [&str; 5] = ["name", "email", "language", "note", "number"];

/// The channel of the addresses that a field holds, by the name people give it: `Phone 2`, `mobile`,
/// `WhatsApp`. Nothing where it holds something else.
#[must_use]
pub fn channel_of_field(name: &str) -> Option<Channel> {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match plain.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "number" | "numbers" | "phone" | "phones" | "mobile" | "tel" | "telephone" | "sms"
        | "phonenumber" => Some(Channel::Sms),
        "whatsapp" => Some(Channel::Whatsapp),
        _ => None,
    }
}

/// Who a customer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Their opaque id.
    pub id: ContactId,
    /// Their name, or their number while nobody has named them.
    pub name: String,
    /// What they were called before, the latest last: rooms and what colleagues wrote may still say so, and
    /// whoever erases them has that erased too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_names: Vec<String>,
    /// Their e-mail addresses, in the order they were added.
    #[serde(default)]
    pub emails: Vec<String>,
    /// The language they speak, a BCP 47 tag.
    #[serde(default)]
    pub language: Option<String>,
    /// What else is known of them: keys and values, in the order they were added.
    #[serde(default)]
    pub attributes: Vec<(String, String)>,
    /// What agents should know of them.
    #[serde(default)]
    pub notes: String,
    /// When they first wrote, or were made.
    pub created_at: Millis,
}

/// What is wrong with a value of a contact: each tells how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing of the name can be seen.
    #[error("the name is missing")]
    NameMissing,
    /// A name is to be taken away.
    #[error("a customer is always called something; write another name with “contact set name”")]
    NameStays,
    /// The name is too long.
    #[error("a name has at most {NAME_CHARS} characters")]
    NameTooLong,
    /// It is a number, so that the contact would look like somebody whom nobody has named.
    #[error("“{0}” is a number, not a name; write what the customer is called")]
    NameIsNumber(String),
    /// It is no e-mail address.
    #[error("“{0}” is not an e-mail address; write it like jane@example.com")]
    Email(String),
    /// There are too many e-mail addresses.
    #[error("there are {MOST_EMAILS} e-mail addresses already; remove one first")]
    TooManyEmails,
    /// It is not said which of several e-mail addresses is meant.
    #[error("say which e-mail address; the contact has {0}")]
    WhichEmail(usize),
    /// There is none.
    #[error("the contact has no e-mail address")]
    NoEmail,
    /// There is no such e-mail address.
    #[error("the contact does not have the e-mail address “{0}”")]
    NoSuchEmail(String),
    /// It is no language.
    #[error("“{0}” is not a language tag; write it like en, de or pt-BR")]
    Language(String),
    /// The key is missing.
    #[error("the name of the attribute is missing")]
    KeyMissing,
    /// The key is too long.
    #[error("the name of an attribute has at most {KEY_CHARS} characters")]
    KeyTooLong,
    /// The key means something else.
    #[error("an attribute cannot be called “{0}”, because the contact has a field of that name")]
    KeyTaken(String),
    /// The value is missing.
    #[error("the value is missing")]
    ValueMissing,
    /// The value is too long.
    #[error("a value has at most {VALUE_CHARS} characters")]
    ValueTooLong,
    /// There are too many attributes.
    #[error("there are {MOST_ATTRIBUTES} attributes already; remove one first")]
    TooManyAttributes,
    /// The attribute has another value than the one that is to be taken away.
    #[error("“{0}” holds something else; leave out what stands behind it to take it away")]
    OtherValue(String),
    /// There is no such attribute.
    #[error("the contact has no attribute “{0}”")]
    NoSuchAttribute(String),
    /// The notes are too long.
    #[error("the notes have at most {NOTES_CHARS} characters")]
    NotesTooLong,
}

impl Contact {
    /// A contact of whom nothing but a name is known. The name is one line of what can be seen of the text.
    #[must_use]
    pub fn new(id: ContactId, name: &str, created_at: Millis) -> Self {
        Self {
            id,
            name: sanitize::name(name),
            former_names: vec![],
            emails: vec![],
            language: None,
            attributes: vec![],
            notes: String::new(),
            created_at,
        }
    }

    /// What someone is called of whom nothing is known but the address they wrote from.
    #[must_use]
    pub fn name_of(address: &Address) -> String {
        let name = sanitize::name(&address.shown());
        if name.is_empty() { UNKNOWN.to_owned() } else { name }
    }

    /// Whether what they are called is no name: a number, or a word for having none.
    #[must_use]
    pub fn is_nameless(&self) -> bool {
        let is_code = !self.name.is_empty() && self.name.bytes().all(|byte| byte.is_ascii_digit());
        is_code || is_number(&self.name) || self.name == UNKNOWN
    }

    /// Whether nobody has said who it is: there is nothing but an address.
    #[must_use]
    pub fn is_unknown(&self, addresses: &[Address]) -> bool {
        self.is_only_a_name() && addresses.iter().any(|address| self.name == Self::name_of(address))
    }

    /// Whether nothing is known of them but what they are called.
    #[must_use]
    pub fn is_only_a_name(&self) -> bool {
        self.emails.is_empty()
            && self.language.is_none()
            && self.attributes.is_empty()
            && self.notes.is_empty()
    }

    /// The value of an attribute, whatever the case of its key.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(known, _)| same(known, key))?;
        Some(value)
    }

    /// Whether an e-mail address is theirs, in whatever case.
    #[must_use]
    pub fn has_email(&self, email: &str) -> bool {
        self.emails.iter().any(|known| same(known, email))
    }

    /// Gives them another name. The one before is remembered, unless it was only a number.
    ///
    /// # Errors
    /// [`Unfit`], if nothing of it can be seen, or it is too long, or a number.
    pub fn set_name(&mut self, typed: &str) -> Result<(), Unfit> {
        let name = sanitize::one_line(typed);
        match name.chars().count() {
            0 => return Err(Unfit::NameMissing),
            1..=NAME_CHARS => {}
            _ => return Err(Unfit::NameTooLong),
        }
        if is_number(&name) {
            return Err(Unfit::NameIsNumber(short(&name)));
        }
        let before = std::mem::replace(&mut self.name, name);
        self.former_names.retain(|known| *known != before && *known != self.name);
        if before != self.name && before.chars().any(char::is_alphabetic) {
            self.former_names.push(before);
            let too_many = self.former_names.len().saturating_sub(MOST_FORMER_NAMES);
            self.former_names.drain(..too_many);
        }
        Ok(())
    }

    /// Adds an e-mail address. One that they have already, in whatever case, stays as it is.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn add_email(&mut self, typed: &str) -> Result<(), Unfit> {
        let email = email(typed)?;
        if self.emails.iter().any(|known| same(known, &email)) {
            return Ok(());
        }
        if self.emails.len() >= MOST_EMAILS {
            return Err(Unfit::TooManyEmails);
        }
        self.emails.push(email);
        Ok(())
    }

    /// Takes an e-mail address away.
    ///
    /// # Errors
    /// [`Unfit`], if they do not have it.
    pub fn remove_email(&mut self, typed: &str) -> Result<(), Unfit> {
        let email = sanitize::one_line(typed);
        let before = self.emails.len();
        self.emails.retain(|known| !same(known, &email));
        if before == self.emails.len() { Err(Unfit::NoSuchEmail(short(&email))) } else { Ok(()) }
    }

    /// Sets the language; an empty one takes it away.
    ///
    /// # Errors
    /// [`Unfit`], if it is no BCP 47 tag.
    pub fn set_language(&mut self, typed: &str) -> Result<(), Unfit> {
        let tag = sanitize::one_line(typed);
        self.language = match tag.as_str() {
            "" => None,
            tag => Some(language::read(tag).ok_or_else(|| Unfit::Language(short(tag)))?),
        };
        Ok(())
    }

    /// Sets the notes; empty ones take them away. They keep their lines.
    ///
    /// # Errors
    /// [`Unfit`], if they are too long.
    pub fn set_notes(&mut self, typed: &str) -> Result<(), Unfit> {
        let notes = sanitize::from_contact(typed);
        let notes = notes.trim();
        if notes.chars().count() > NOTES_CHARS {
            return Err(Unfit::NotesTooLong);
        }
        notes.clone_into(&mut self.notes);
        Ok(())
    }

    /// Sets an attribute. A key that is known, in whatever case, keeps its spelling and its place.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn set_attribute(&mut self, key: &str, value: &str) -> Result<(), Unfit> {
        let key = key_of(key)?;
        let value = sanitize::one_line(value);
        match value.chars().count() {
            0 => return Err(Unfit::ValueMissing),
            1..=VALUE_CHARS => {}
            _ => return Err(Unfit::ValueTooLong),
        }
        if let Some((_, known)) = self.attributes.iter_mut().find(|(known, _)| same(known, &key)) {
            *known = value;
            return Ok(());
        }
        if self.attributes.len() >= MOST_ATTRIBUTES {
            return Err(Unfit::TooManyAttributes);
        }
        self.attributes.push((key, value));
        Ok(())
    }

    /// Takes an attribute away.
    ///
    /// # Errors
    /// [`Unfit`], if they do not have it.
    pub fn remove_attribute(&mut self, key: &str) -> Result<(), Unfit> {
        let key = key_of(key)?;
        let before = self.attributes.len();
        self.attributes.retain(|(known, _)| !same(known, &key));
        if before == self.attributes.len() { Err(Unfit::NoSuchAttribute(short(&key))) } else { Ok(()) }
    }

    /// Sets a field by the name people type: one of [`FIELDS`] but `number`, or an attribute. An e-mail
    /// address is added to those there are.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn set(&mut self, field: &str, value: &str) -> Result<(), Unfit> {
        match field.to_lowercase().as_str() {
            "name" => self.set_name(value),
            "email" | "e-mail" | "language" | "note" | "notes" if value.trim().is_empty() => {
                Err(Unfit::ValueMissing)
            }
            "email" | "e-mail" => self.add_email(value),
            "language" => self.set_language(value),
            "note" | "notes" => self.set_notes(value),
            _ => self.set_attribute(field, value),
        }
    }

    /// Takes a field away, by the name people type; of several e-mail addresses the one that is named.
    ///
    /// # Errors
    /// [`Unfit`], as for a name: a contact always has one.
    pub fn unset(&mut self, field: &str, value: &str) -> Result<(), Unfit> {
        match field.to_lowercase().as_str() {
            "name" => Err(Unfit::NameStays),
            "email" | "e-mail" => match (value.trim(), self.emails.as_slice()) {
                ("", [_]) => {
                    self.emails.clear();
                    Ok(())
                }
                ("", []) => Err(Unfit::NoEmail),
                ("", several) => Err(Unfit::WhichEmail(several.len())),
                (value, _) => self.remove_email(value),
            },
            "language" => self.set_language(""),
            "note" | "notes" => self.set_notes(""),
            _ => {
                let value = sanitize::one_line(value);
                if !value.is_empty() && self.attribute(field).is_some_and(|held| !same(held, &value)) {
                    return Err(Unfit::OtherValue(short(field)));
                }
                self.remove_attribute(field)
            }
        }
    }
}

/// Whether two keys or e-mail addresses are the same: case means nothing.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Whether a name is nothing but a telephone number or short code, in whatever spelling, with its channel or
/// without.
fn is_number(name: &str) -> bool {
    let bare = name.rsplit_once(':').map_or(name, |(channel, number)| {
        if channel.trim().chars().all(char::is_alphabetic) { number } else { name }
    });
    let is_spelling = |c: char| c.is_whitespace() || "+-()./‐‑–".contains(c);
    bare.chars().all(|c| c.is_numeric() || is_spelling(c))
        && bare.chars().filter(|c| c.is_numeric()).count() >= SHORTEST_NUMBER
}

/// What is shown of a value that does not fit.
fn short(typed: &str) -> String {
    sanitize::cut(typed, 60)
}

/// The key of an attribute.
fn key_of(typed: &str) -> Result<String, Unfit> {
    let key = sanitize::one_line(typed);
    match key.chars().count() {
        0 => Err(Unfit::KeyMissing),
        1..=KEY_CHARS if FIELDS.iter().any(|field| same(field, &key)) => Err(Unfit::KeyTaken(key)),
        1..=KEY_CHARS => Ok(key),
        _ => Err(Unfit::KeyTooLong),
    }
}

/// An e-mail address as it is kept: something before the last `@`, and behind it what can be a host.
///
/// # Errors
/// [`Unfit::Email`].
pub fn email(typed: &str) -> Result<String, Unfit> {
    let email = sanitize::one_line(typed);
    let unfit = || Unfit::Email(short(&email));
    let (local, host) = email.rsplit_once('@').ok_or_else(unfit)?;
    let label = |label: &str| {
        let is_edge = |c: Option<char>| c == Some('-');
        !label.is_empty()
            && !is_edge(label.chars().next())
            && !is_edge(label.chars().next_back())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '\u{200d}')
    };
    let local_fits = !local.is_empty()
        && local
            .chars()
            .all(|c| !c.is_whitespace() && !matches!(c, '<' | '>' | '"' | '@' | ',' | ';' | '&' | '\\'));
    let host_fits = host.contains('.') && host.split('.').all(label);
    if local_fits && host_fits && email.chars().count() <= EMAIL_CHARS { Ok(email) } else { Err(unfit()) }
}

#[cfg(test)]
mod tests;
