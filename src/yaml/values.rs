//! What values must look like that more than one section has. Each check takes the text and gives the value,
//! or the rest of a sentence that begins with the text: `"ftp:x"` + `must begin with http:// or https://`.

use secrecy::SecretString;
use url::Url;

/// Any text but an empty one.
pub(crate) fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// Any text but an empty one, kept secret.
pub(crate) fn secret(value: &str) -> Result<SecretString, String> {
    text(value).map(SecretString::from)
}

/// An address of a server that speaks HTTP.
pub(crate) fn http_url(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|e| format!("is not a URL ({e}); write it like https://example.org"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end with its path, without ? or #".to_owned());
    }
    Ok(url)
}
