//! What Synapse is started with, and the files that tell it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::synapse_error::SynapseError;
use crate::clock;

/// The file in its directory that Synapse logs to.
pub(super) const LOG: &str = "homeserver.log";

/// How much one user may do in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimits {
    /// Synapse's own: an agent's 11th join or message at once is refused with 429. Only registration and
    /// login are free, since they belong to setting up.
    Default,
    /// None that a person or a test would notice; the same as `switchroom registration` advises for agents.
    Relaxed,
}

/// What Synapse is started with.
#[derive(Clone, Debug)]
pub struct SynapseConfig {
    /// Directory of its configuration, database, media and logs; made if need be. A Synapse started again in
    /// the same directory knows its users and rooms.
    pub dir: PathBuf,
    /// Its name, the part of user ids after the colon; it may not change between starts in one directory.
    pub server_name: String,
    /// Port on 127.0.0.1, 0 for any free one.
    pub port: u16,
    /// Registration files of its application services.
    pub registrations: Vec<PathBuf>,
    /// Whether it tells who is online.
    pub presence: bool,
    /// How much its users may do.
    pub rate_limits: RateLimits,
    /// Further keys of its configuration, which go before all others.
    pub more: serde_json::Map<String, Value>,
    /// What Python is given to run Synapse; its configuration follows.
    pub arguments: Vec<OsString>,
}

impl SynapseConfig {
    /// A configuration with a free port, presence, relaxed limits and no application service, run as
    /// Synapse's documentation says.
    pub fn new(dir: impl Into<PathBuf>, server_name: impl Into<String>) -> Self {
        Self {
            dir: dir.into(),
            server_name: server_name.into(),
            port: 0,
            registrations: Vec::new(),
            presence: true,
            rate_limits: RateLimits::Relaxed,
            more: serde_json::Map::new(),
            arguments: ["-m", "synapse.app.homeserver"].map(OsString::from).into(),
        }
    }

    /// Writes Synapse's files for listening at `port`, with the secret that users are registered with. `dir`
    /// must be absolute. The signing key stays once it is made.
    pub(super) fn write(&self, port: u16, shared_secret: &SecretString) -> Result<(), SynapseError> {
        let dir = &self.dir;
        // The secret in it lets its reader register an administrator.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|source| SynapseError::File { path: dir.clone(), source })?;
        let write = |name: &str, content: String| {
            let path = dir.join(name);
            fs::write(&path, content).map_err(|source| SynapseError::File { path, source })
        };
        write("homeserver.yaml", format!("{:#}", self.homeserver(port, shared_secret)))?;
        write("log.yaml", format!("{:#}", log_config(dir)))?;
        if dir.join("signing.key").exists() { Ok(()) } else { write("signing.key", signing_key()) }
    }

    /// The content of `homeserver.yaml`, as JSON, which is YAML too.
    fn homeserver(&self, port: u16, shared_secret: &SecretString) -> Value {
        let mut homeserver = json!({
            "server_name": self.server_name,
            "public_baseurl": format!("http://127.0.0.1:{port}/"),
            "listeners": [{
                "port": port, "type": "http", "tls": false, "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client"]}],
            }],
            "database": {"name": "sqlite3", "args": {"database": self.dir.join("homeserver.db")}},
            "media_store_path": self.dir.join("media"),
            "signing_key_path": self.dir.join("signing.key"),
            "log_config": self.dir.join("log.yaml"),
            "app_service_config_files": self.registrations,
            "presence": {"enabled": self.presence},
            // It talks to nobody but its own users.
            "federation_domain_whitelist": [],
            "trusted_key_servers": [],
            "suppress_key_server_warning": true,
            "report_stats": false,
            "url_preview_enabled": false,
            // Users are registered with the shared secret; cheap hashes make that quick.
            "enable_registration": false,
            "registration_shared_secret": shared_secret.expose_secret(),
            "bcrypt_rounds": 4,
            "caches": {"global_factor": 0.5},
            "user_directory": {"search_all_users": true},
            "forgotten_room_retention_period": "1d",
            // What encryption by an application service will need.
            "experimental_features": {
                "msc3202_transaction_extensions": true,
                "msc2409_to_device_messages_enabled": true,
            },
        });
        if let Value::Object(keys) = &mut homeserver {
            keys.extend(self.rate_limits.keys());
            keys.extend(self.more.clone());
        }
        homeserver
    }
}

impl RateLimits {
    /// The keys that these limits add to `homeserver.yaml`.
    fn keys(self) -> serde_json::Map<String, Value> {
        let plenty = json!({"per_second": 1000, "burst_count": 1000});
        let mut keys = serde_json::Map::new();
        let mut add = |key: &str, value: Value| keys.insert(key.to_owned(), value);
        add("rc_registration", plenty.clone());
        add("rc_login", json!({"address": plenty, "account": plenty, "failed_attempts": plenty}));
        if self == Self::Relaxed {
            for key in
                ["rc_message", "rc_joins_per_room", "rc_room_creation", "rc_media_create", "rc_profile"]
            {
                add(key, plenty.clone());
            }
            add("rc_joins", json!({"local": plenty, "remote": plenty}));
            add("rc_invites", json!({"per_room": plenty, "per_user": plenty, "per_issuer": plenty}));
            add("rc_presence", json!({"per_user": plenty}));
        }
        keys
    }
}

/// Python's `logging` configuration: everything to one file.
fn log_config(dir: &Path) -> Value {
    json!({
        "version": 1,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(request)s %(message)s"}},
        "filters": {"context": {"()": "synapse.logging.context.LoggingContextFilter"}},
        "handlers": {"file": {
            "class": "logging.FileHandler", "filename": dir.join(LOG), "formatter": "line",
            "filters": ["context"],
        }},
        "root": {"level": "INFO", "handlers": ["file"]},
        "disable_existing_loggers": false,
    })
}

/// A signing key in Synapse's format: an Ed25519 seed of 32 bytes. As hexadecimal digits they hold 128 random
/// bits, plenty for a server that nobody federates with.
fn signing_key() -> String {
    format!("ed25519 a_{} {}\n", clock::random_typable(4), STANDARD_NO_PAD.encode(clock::random_hex()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_rate_limits_leave_messages_and_joins_to_synapse() {
        let mut config = SynapseConfig::new("/nowhere", "desk.test");
        config.rate_limits = RateLimits::Default;
        let homeserver = config.homeserver(1, &SecretString::from("s"));
        assert_eq!(homeserver["rc_message"], Value::Null);
        assert_eq!(homeserver["rc_joins"], Value::Null);
        assert_eq!(homeserver["rc_login"]["address"]["burst_count"], 1000);
    }

    #[test]
    fn a_signing_key_survives_a_second_start() {
        let dir = tempfile::tempdir().unwrap();
        let config = SynapseConfig::new(dir.path(), "desk.test");
        config.write(1, &SecretString::from("s")).unwrap();
        let key = fs::read_to_string(dir.path().join("signing.key")).unwrap();
        config.write(1, &SecretString::from("s")).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("signing.key")).unwrap(), key);
    }
}
