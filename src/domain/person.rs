//! What a table says of a person: a row of it, read, before anybody knows whether they are a contact.

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::contact::{Contact, Unfit};
use super::ids::ContactId;
use super::text::sanitize;

/// The most contacts that a row is told to be of.
pub const NAMED: usize = 3;

/// What a row says of a person. What it says nothing of stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The addresses, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// The e-mail addresses, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// The language, as a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What agents should know of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Everything else: keys and values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<(String, String)>,
}

/// What became of a person of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenIn {
    /// They are a contact now.
    Added,
    /// They were a contact, of whom more or something else is known now.
    Changed,
    /// All of it was known.
    Unchanged,
    /// Nothing was changed.
    Refused(NotTaken),
}

/// Why a person of a table is not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Their numbers or e-mails are those of several contacts.
    #[error("it is about several contacts, {}; merge them, or give each a row", listed(.0))]
    Several(Vec<ContactId>),
    /// A number of theirs is one of ours.
    #[error("{0} is a number of this desk, so that it cannot be a customer's")]
    OurNumber(String),
    /// Only their e-mail is known: of somebody with other numbers, and with another name.
    #[error(
        "its e-mail address is that of {0}, who has other numbers; give the row their name or one of their \
         numbers if it is them, or leave the e-mail address out"
    )]
    EmailOfOther(ContactId),
    /// What is said does not fit what is known.
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

fn listed(ids: &[ContactId]) -> String {
    let shown: Vec<&str> = ids.iter().take(NAMED).map(ContactId::as_str).collect();
    let more = if ids.len() > NAMED { " and more" } else { "" };
    format!("{}{more}", shown.join(", "))
}

impl Person {
    /// Has a contact be what is said of them. E-mail addresses are added to those there are; all else takes
    /// the place of what was there.
    ///
    /// # Errors
    /// [`Unfit`]; then the contact may be half changed.
    pub fn apply(&self, contact: &mut Contact) -> Result<(), Unfit> {
        if let Some(name) = &self.name {
            contact.set_name(name)?;
        }
        for email in &self.emails {
            contact.add_email(email)?;
        }
        if let Some(language) = &self.language {
            contact.set_language(language)?;
        }
        if let Some(notes) = &self.notes {
            contact.set_notes(notes)?;
        }
        for (key, value) in &self.attributes {
            contact.set_attribute(key, value)?;
        }
        Ok(())
    }

    /// Whether it names somebody as a contact is called, in whatever case.
    #[must_use]
    pub fn is_called_like(&self, contact: &Contact) -> bool {
        let name = self.name.as_deref().map(|name| sanitize::name(name).to_lowercase());
        name.is_some_and(|name| name == contact.name.to_lowercase())
    }

    /// What they are called of whom nobody says a name: their address.
    #[must_use]
    pub fn called(&self) -> String {
        let first_email = || self.emails.first().cloned().unwrap_or_default();
        self.name.clone().unwrap_or_else(|| self.addresses.first().map_or_else(first_email, Contact::name_of))
    }
}
