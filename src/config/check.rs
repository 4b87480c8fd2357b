//! What values must look like. Each check takes the text and gives the value, or the rest of a sentence that
//! begins with the text: `"555"` + `is not an E.164 number; …`.

use ruma::{OwnedServerName, OwnedUserId, ServerName, UserId};

use crate::domain::settings::checks;
use crate::yaml::nearest;
pub(super) use crate::yaml::{http_url, secret, text};

/// The name of a homeserver: what stands after the colon of its users' ids.
pub(super) fn server_name(text: &str) -> Result<OwnedServerName, String> {
    ServerName::parse(text).map_err(|_| {
        "is not a homeserver's name; write what follows the colon in @user:example.org".to_owned()
    })
}

/// A user of any homeserver.
pub(super) fn user_id(text: &str) -> Result<OwnedUserId, String> {
    UserId::parse(text).map_err(|_| "is not a Matrix user id; write it like @alice:example.org".to_owned())
}

/// Part of a user id before the colon, as the Matrix specification allows it for new users
/// (<https://spec.matrix.org/latest/appendices/#user-identifiers>).
pub(super) fn localpart(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._=-/+".contains(c);
    if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
        return Err("must be 1 to 64 of the characters a-z 0-9 . _ = - / +".to_owned());
    }
    Ok(text.to_owned())
}

/// A short name that people type: of an agent, a queue, a disposition. Not a number alone, which stands for a
/// row of a list.
pub(super) fn name(text: &str) -> Result<String, String> {
    checks::name(text).map(|()| text.to_owned())
}

/// One of the names given elsewhere in the file.
pub(super) fn one_of(text: &str, names: &[String], what: &str) -> Result<String, String> {
    if names.iter().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    let meant = nearest(text, names.iter().map(String::as_str));
    Err(match meant {
        Some(name) => format!("is not {what}; did you mean {name}?"),
        None => format!("is not {what}"),
    })
}

/// A text for a contact that no agent sends, which can be filled in.
pub(super) fn unsigned(source: &str) -> Result<String, String> {
    checks::unsigned(source).map(|()| source.to_owned())
}
