//! `database`: where everything is kept.

use secrecy::SecretString;
use url::Url;

use super::check;
use crate::yaml::Fields;

/// The database.
#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite://path` or `postgres://user:password@host/name`; secret because of the password.
    pub url: SecretString,
    /// How many connections are held at most, one of which writes.
    pub max_connections: u32,
}

impl Database {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        let default = || SecretString::from("sqlite://switchroom.db");
        Self {
            url: fields.secret("url", database_url).unwrap_or_else(default),
            max_connections: fields.count("max_connections", 10, 1..=1000),
        }
    }
}

/// No part of the text may be in the message: it may hold a password anywhere, for want of a separator.
fn database_url(text: &str) -> Result<SecretString, String> {
    if let Some(path) = text.strip_prefix("sqlite://") {
        if path.is_empty() || path.starts_with('?') {
            return Err("names no file; write it like sqlite://switchroom.db".to_owned());
        }
    } else if text.starts_with("postgres://") {
        let url = Url::parse(text).ok();
        if url.is_none_or(|url| url.host().is_none() && url.query().is_none()) {
            return Err(
                "is not a PostgreSQL URL; write it like postgres://user:password@host/name".to_owned()
            );
        }
    } else {
        return Err("must begin with sqlite:// or postgres://".to_owned());
    }
    check::secret(text)
}
