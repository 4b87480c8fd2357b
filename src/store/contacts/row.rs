//! A contact as its row holds them.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::contact::Contact;
use crate::domain::ids::ContactId;
use crate::store::{Result, from_json};

/// What the column `body` of a contact holds.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    former_names: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    emails: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<(String, String)>,
    #[serde(skip_serializing_if = "String::is_empty")]
    notes: String,
}

impl Body {
    /// What is kept of a contact there.
    pub(super) fn of(contact: &Contact) -> Self {
        let Contact { former_names, emails, language, attributes, notes, .. } = contact.clone();
        Self { former_names, emails, language, attributes, notes }
    }
}

/// The columns of a contact.
pub(super) type Row = (String, String, i64, String);

/// The contact of a row.
pub(super) fn contact((id, name, created_at, body): Row) -> Result<Contact> {
    let Body { former_names, emails, language, attributes, notes } = from_json("contact", &body)?;
    let (id, created_at) = (ContactId::new(id), Millis(created_at));
    Ok(Contact { id, name, former_names, emails, language, attributes, notes, created_at })
}
