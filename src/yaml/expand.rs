//! Values that come from elsewhere: environment variables and files of secrets.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;

use super::mistake::quoted;

/// A text in which variables have been replaced.
#[derive(Debug)]
pub(crate) struct Expanded<'t> {
    text: Cow<'t, str>,
    has_variable: bool,
}

impl Expanded<'_> {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Some of it came from the environment, and so must not be shown.
    pub(crate) fn has_variable(&self) -> bool {
        self.has_variable
    }
}

/// Replaces every `${NAME}` in `text` by that environment variable, once: what a variable holds is not looked
/// at again. `$${` stands for `${`.
pub(crate) fn expand<'t>(
    text: &'t str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Expanded<'t>, String> {
    if !text.contains("${") {
        return Ok(Expanded { text: Cow::Borrowed(text), has_variable: false });
    }
    let (mut out, mut rest, mut has_variable) = (String::with_capacity(text.len()), text, false);
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(escaped) = before.strip_suffix('$') {
            out.push_str(escaped);
            out.push_str("${");
            rest = after;
            continue;
        }
        let name = after.split_once('}').map(|(name, _)| name).filter(|name| is_variable_name(name));
        let Some(name) = name else {
            return Err(
                "holds ${ without the name of a variable and }; write $${ for a literal ${".to_owned()
            );
        };
        let value = env(name).ok_or_else(|| {
            format!("the environment variable {} is not set; write $${{ for a literal ${{", quoted_name(name))
        })?;
        out.push_str(before);
        out.push_str(&value);
        has_variable = true;
        rest = &after[name.len() + 1..];
    }
    out.push_str(rest);
    Ok(Expanded { text: Cow::Owned(out), has_variable })
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn quoted_name(name: &str) -> Cow<'_, str> {
    if name.len() <= 60 { Cow::Borrowed(name) } else { Cow::Owned(quoted(name)) }
}

/// The content of a file that holds one secret, without the white space around it.
pub(crate) fn read_secret_file(path: &str) -> Result<String, String> {
    const MAX_BYTES: u64 = 64 * 1024;
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut content))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if content.len() as u64 > MAX_BYTES {
        return Err("is larger than 64 KiB, which no secret is".to_owned());
    }
    let content = String::from_utf8(content).map_err(|_| "holds bytes that are not UTF-8 text".to_owned())?;
    match content.trim() {
        "" => Err("is an empty file".to_owned()),
        secret => Ok(secret.to_owned()),
    }
}
