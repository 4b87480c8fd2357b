//! The files of a standard response: where the homeserver keeps each, and what it is.
//!
//! A file is written as its address alone, `mxc://server/id`, or as a mapping of `url`, `name`, `type` and
//! `size`, which is also how it is kept.

use ruma::OwnedMxcUri;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::sent_file::SentFile;

/// What there is to say of a file.
pub const FILE_FIELDS: [&str; 4] = ["url", "name", "type", "size"];
/// How a file is written.
const LIKE: &str = "write a file like mxc://example.org/AbCdEf";
/// The longest address of a file, in bytes; the longest name, in characters; the longest media type, in
/// bytes.
const URL_BYTES: usize = 255;
const NAME_CHARS: usize = 100;
const TYPE_BYTES: usize = 100;

/// A file that goes to the contact with a standard response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct ResponseFile {
    /// Where the homeserver keeps it.
    pub url: OwnedMxcUri,
    /// What it is called.
    pub name: Option<String>,
    /// Its media type, as whoever posted it claims.
    pub mime: Option<String>,
    /// How large it is, in bytes, as whoever posted it claims.
    pub bytes: Option<u64>,
}

impl ResponseFile {
    /// The file at an address, of which nothing else is known.
    ///
    /// # Errors
    /// What is wrong with the address, as the rest of a sentence that begins with it.
    pub fn at(url: &str) -> Result<Self, String> {
        let url = url.trim();
        let uri = OwnedMxcUri::from(url);
        if url.len() <= URL_BYTES && uri.parts().is_ok() {
            return Ok(Self { url: uri, name: None, mime: None, bytes: None });
        }
        Err(format!("is no file at the homeserver; {LIKE}, or reply to the picture or file with media this"))
    }

    /// The same with something else said of it, by one of [`FILE_FIELDS`].
    ///
    /// # Errors
    /// What is wrong, as the rest of a sentence that begins with what was said.
    pub fn with(mut self, field: &str, text: &str) -> Result<Self, String> {
        let text = text.trim();
        match field {
            "url" => self.url = Self::at(text)?.url,
            "name" => {
                let is_plain = |c: char| !c.is_control() && !QUOTES.contains(&c);
                if text.is_empty() || text.chars().count() > NAME_CHARS || !text.chars().all(is_plain) {
                    return Err(format!("must be one line of 1 to {NAME_CHARS} characters without quotes"));
                }
                self.name = Some(text.to_owned());
            }
            "type" => {
                let is_type =
                    text.split_once('/').is_some_and(|(top, sub)| !top.is_empty() && !sub.is_empty());
                let is_plain = text.len() <= TYPE_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
                if !is_type || !is_plain || text.contains([',', '"']) {
                    return Err("is no media type; write it like image/png".to_owned());
                }
                self.mime = Some(text.to_ascii_lowercase());
            }
            "size" => {
                let bytes = text.parse().map_err(|_| "is no number of bytes".to_owned())?;
                self.bytes = Some(bytes);
            }
            _ => return Err(format!("is not known here; a file has {}", FILE_FIELDS.join(", "))),
        }
        Ok(self)
    }

    /// The same with a name that a client gave it, as far as it can be one here.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        let plain: String = name.chars().filter(|c| !c.is_control() && !QUOTES.contains(c)).collect();
        let short: String = plain.trim().chars().take(NAME_CHARS).collect();
        self.clone().with("name", &short).unwrap_or(self)
    }

    /// What people read of it: its name, or where it is.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(self.url.as_str())
    }

    /// What is said of it beside its address, by the names of [`FILE_FIELDS`].
    pub fn said(&self) -> impl Iterator<Item = (&'static str, String)> {
        let (name, mime) = (self.name.clone(), self.mime.clone());
        let all = [("name", name), ("type", mime), ("size", self.bytes.map(|bytes| bytes.to_string()))];
        all.into_iter().filter_map(|(field, text)| Some((field, text?)))
    }

    /// It as a file that goes with a message.
    #[must_use]
    pub fn to_send(&self) -> SentFile {
        SentFile {
            uri: self.url.clone(),
            mime: self.mime.clone().unwrap_or_default(),
            name: self.name.clone().unwrap_or_default(),
        }
    }
}

/// What cannot stand in a name, because names are typed in quotes.
const QUOTES: [char; 4] = ['"', '“', '”', '„'];

impl TryFrom<Value> for ResponseFile {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(url) => Self::at(&url).map_err(|problem| quoted(&url, &problem)),
            Value::Object(fields) => {
                let url = fields.get("url").and_then(Value::as_str);
                let url = url.ok_or_else(|| format!("has a file without url; {LIKE}"))?;
                let mut file = Self::at(url).map_err(|problem| quoted(url, &problem))?;
                for (field, value) in &fields {
                    let text = match value {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    file = file.with(field, &text).map_err(|problem| {
                        let is_known = FILE_FIELDS.contains(&field.as_str());
                        if is_known {
                            format!("{field} {}", quoted(&text, &problem))
                        } else {
                            quoted(field, &problem)
                        }
                    })?;
                }
                Ok(file)
            }
            other => Err(quoted(&other.to_string(), &format!("is no file; {LIKE}"))),
        }
    }
}

fn quoted(text: &str, problem: &str) -> String {
    let shown: String = text.chars().take(NAME_CHARS).collect();
    format!("“{shown}” {problem}")
}

impl From<ResponseFile> for Value {
    fn from(file: ResponseFile) -> Self {
        let mut fields: Map<String, Value> =
            file.said().map(|(field, text)| (field.to_owned(), text.into())).collect();
        if fields.is_empty() {
            return file.url.as_str().into();
        }
        if let Some(bytes) = file.bytes {
            fields.insert("size".to_owned(), bytes.into());
        }
        fields.insert("url".to_owned(), file.url.as_str().into());
        fields.into()
    }
}
