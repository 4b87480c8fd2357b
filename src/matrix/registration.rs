//! How the homeserver gets to know the bridge: the appservice registration, and what else its config needs.
//! <https://spec.matrix.org/latest/application-service-api/#registration>

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ruma::OwnedServerName;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::rooms::ALIAS_PREFIX;
use crate::clock::random_hex;

/// Why there is no registration. No text of it holds a token.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The file is there already; it was left as it is.
    #[error("{} exists and was left as it is", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("{} does not exist: `switchroom registration` writes it", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// The file could not be written; what was there before is unchanged.
    #[error("{} could not be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// The file is no registration. The cause is left out, because it would quote the file.
    #[error("{} is no appservice registration: it needs as_token and hs_token, both text", path.display())]
    NotARegistration {
        /// The file.
        path: PathBuf,
    },
    /// A token is empty, or the two are the same.
    #[error("as_token and hs_token of {} must be two different secrets", path.display())]
    WeakTokens {
        /// The file.
        path: PathBuf,
    },
}

/// The two secrets bridge and homeserver share.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// By which the homeserver knows us.
    pub as_token: SecretString,
    /// By which we know the homeserver.
    pub hs_token: SecretString,
}

/// What a registration says, besides the tokens.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The appservice's id; it must never change.
    pub id: String,
    /// Where the homeserver reaches us.
    pub url: Url,
    /// The homeserver's domain.
    pub domain: OwnedServerName,
    /// The local part of the bot, a user of the namespace like the ghosts.
    pub bot_localpart: String,
    /// The local part of the user that the homeserver makes for the registration itself, who does nothing.
    pub sender_localpart: String,
    /// What the local part of every ghost begins with.
    pub ghost_prefix: String,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// A new file with new tokens.
    New,
    /// The file anew, with the tokens it had.
    Renewed,
}

/// As much of a registration as the bridge itself needs.
#[derive(Deserialize)]
struct Secrets {
    as_token: String,
    hs_token: String,
}

/// What tells an older registration.
#[derive(Deserialize)]
struct Sender {
    sender_localpart: Option<String>,
}

impl Tokens {
    /// Two new tokens of 256 random bits each.
    #[must_use]
    pub fn random() -> Self {
        let token = || SecretString::from(format!("{}{}", random_hex(), random_hex()));
        Self { as_token: token(), hs_token: token() }
    }
}

impl Registration {
    /// Writes the registration for its owner's eyes only. An existing file is refused, or with `force`
    /// written anew with the tokens it has, so that a running homeserver and bridge keep understanding each
    /// other.
    ///
    /// # Errors
    /// See [`RegistrationError`]; an existing file is never left half written.
    pub fn write(&self, path: &Path, force: bool) -> Result<Written, RegistrationError> {
        write_file(path, force, |tokens| self.to_yaml(tokens))
    }

    /// The keys of the file at `path` that do not say what they should. Tokens are not compared, and what
    /// else the file says is its owner's business.
    ///
    /// # Errors
    /// See [`RegistrationError`].
    pub fn differences(&self, path: &Path) -> Result<Vec<String>, RegistrationError> {
        differences_of(path, |tokens| self.to_yaml(tokens))
    }

    /// Whether the file at `path` is of an older Switchroom, whose bot was the registration's own user. Who
    /// is that cannot be synced with, which encryption will need.
    ///
    /// # Errors
    /// See [`RegistrationError`].
    pub fn is_older(&self, path: &Path) -> Result<bool, RegistrationError> {
        let written: Sender = serde_saphyr::from_str(&read(path)?)
            .map_err(|_| RegistrationError::NotARegistration { path: path.to_owned() })?;
        Ok(written.sender_localpart.is_some_and(|sender| sender == self.bot_localpart))
    }

    /// The file's text. Every value is quoted: a token like `12e5` must not be read as a number.
    fn to_yaml(&self, tokens: &Tokens) -> String {
        let domain = escape(self.domain.as_str());
        let user = |localpart: &str| quoted(&format!("^@{}:{domain}$", escape(localpart)));
        let ghosts = format!("^@{}.*:{domain}$", escape(&self.ghost_prefix));
        let aliases = format!("^#{}.*:{domain}$", escape(ALIAS_PREFIX));
        format!(
            "# Switchroom's registration. Keep it secret: its tokens are the bridge's password at the homeserver.
id: {id}
url: {url}
as_token: {as_token}
hs_token: {hs_token}
sender_localpart: {sender}
namespaces:
  users:
    - {{exclusive: true, regex: {ghosts}}}
    - {{exclusive: true, regex: {bot}}}
    - {{exclusive: true, regex: {nobody}}}
  aliases:
    - {{exclusive: true, regex: {aliases}}}
  rooms: []
rate_limited: false
# Presence, which decides whether an agent can be asked for a conversation; the second name is the older one.
receive_ephemeral: true
de.sorunome.msc2409.push_ephemeral: true
# Lets the bridge make the devices by which the homeserver knows a repeated request again.
io.element.msc4190: true
# Lets encryption be added.
org.matrix.msc3202: true
",
            id = quoted(&self.id),
            url = quoted(self.url.as_str().trim_end_matches('/')),
            as_token = quoted(tokens.as_token.expose_secret()),
            hs_token = quoted(tokens.hs_token.expose_secret()),
            sender = quoted(&self.sender_localpart),
            ghosts = quoted(&ghosts),
            bot = user(&self.bot_localpart),
            nobody = user(&self.sender_localpart),
            aliases = quoted(&aliases),
        )
    }
}

/// Writes a registration, whose text `to_yaml` makes of its tokens; see [`Registration::write`].
pub(super) fn write_file(
    path: &Path,
    force: bool,
    to_yaml: impl Fn(&Tokens) -> String,
) -> Result<Written, RegistrationError> {
    let write_error = |cause| RegistrationError::Write { path: path.to_owned(), cause };
    if force && path.exists() {
        let text = to_yaml(&load(path)?);
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        // A leftover of an interrupted try would stand in the way.
        fs::remove_file(&beside).or_else(ignore_missing).map_err(write_error)?;
        write_new(&beside, &text).and_then(|()| fs::rename(&beside, path)).map_err(write_error)?;
        return Ok(Written::Renewed);
    }
    match write_new(path, &to_yaml(&Tokens::random())) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            Err(RegistrationError::Exists { path: path.to_owned() })
        }
        other => other.map(|()| Written::New).map_err(write_error),
    }
}

/// The keys of a file that do not say what `to_yaml` does; see [`Registration::differences`].
pub(super) fn differences_of(
    path: &Path,
    to_yaml: impl Fn(&Tokens) -> String,
) -> Result<Vec<String>, RegistrationError> {
    let tokens = load(path)?;
    let parse = |text: &str| {
        serde_saphyr::from_str::<BTreeMap<String, serde_json::Value>>(text)
            .map_err(|_| RegistrationError::NotARegistration { path: path.to_owned() })
    };
    let written = parse(&read(path)?)?;
    let expected = parse(&to_yaml(&tokens))?;
    Ok(expected
        .into_iter()
        .filter(|(key, value)| written.get(key) != Some(value))
        .map(|(key, _)| key)
        .collect())
}

/// Reads the tokens of a registration.
///
/// # Errors
/// See [`RegistrationError`].
pub fn load(path: &Path) -> Result<Tokens, RegistrationError> {
    let path_of = || path.to_owned();
    let secrets: Secrets = serde_saphyr::from_str(&read(path)?)
        .map_err(|_| RegistrationError::NotARegistration { path: path_of() })?;
    if secrets.as_token.is_empty() || secrets.hs_token.is_empty() || secrets.as_token == secrets.hs_token {
        return Err(RegistrationError::WeakTokens { path: path_of() });
    }
    Ok(Tokens { as_token: secrets.as_token.into(), hs_token: secrets.hs_token.into() })
}

fn read(path: &Path) -> Result<String, RegistrationError> {
    fs::read_to_string(path).map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound => RegistrationError::Missing { path: path.to_owned() },
        _ => RegistrationError::Read { path: path.to_owned(), cause },
    })
}

/// What the homeserver's config needs besides, for an admin to read. `paths` are the registrations.
#[must_use]
pub fn homeserver_advice(paths: &[PathBuf]) -> String {
    let files: Vec<String> =
        paths.iter().map(|path| format!("\n  - {}", quoted(&path.display().to_string()))).collect();
    format!(
        "Add this to the homeserver's config (Synapse: homeserver.yaml) and restart it. Only their owner can read the registration
files: where the homeserver runs as another user, give it copies of its own.

app_service_config_files:{files}

# Agents join a room for every customer and answer fast; the defaults stop them after ten joins or messages.
rc_joins:
  local: {{per_second: 5, burst_count: 100}}
rc_message: {{per_second: 10, burst_count: 100}}

# Rooms that everyone has left and forgotten are deleted after this time. Without the second line a room stays until
# each agent who was in it has forgotten it by hand; it holds for all users of this homeserver.
forgotten_room_retention_period: 7d
forget_rooms_on_leave: true

# For so long the homeserver keeps what was redacted, though it shows it to nobody: also what an erasure redacts.
redaction_retention_period: 7d
",
        files = files.concat()
    )
}

/// Writes a file that does not exist yet, readable by its owner only.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn ignore_missing(cause: io::Error) -> io::Result<()> {
    if cause.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(cause) }
}

/// Text as YAML reads it back: a JSON string is one in YAML too.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Text as a regular expression that matches just it.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | ':' | '=' | '/') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
#[path = "registration_tests.rs"]
mod tests;
