//! How the simulator is set up.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::clock::Clock;
use crate::domain::address::Address;

/// How the simulator is set up.
#[derive(Clone, Debug)]
pub struct SimulatorConfig {
    /// The account that the bridge must name.
    pub account_sid: String,
    /// Its token: the bridge's password here, and the key of our signatures.
    pub auth_token: SecretString,
    /// Where the bridge reaches this server; media addresses begin with it.
    pub api_url: Url,
    /// Where inbound texts are posted, as configured: `{public_url}/sms/{provider}/inbound`.
    pub inbound_url: Url,
    /// The numbers of the desk.
    pub numbers: Vec<Address>,
    /// The SQLite file to keep phones and messages in.
    pub file: Option<PathBuf>,
    /// From `queued` to `sent`; `delivered` follows after twice that.
    pub pace: Duration,
    /// The program's clock.
    pub clock: Clock,
}

/// Why the simulator could not be opened. Nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// Its file cannot be opened or is none of its own.
    #[error("the simulator's file could not be opened")]
    File(#[source] sqlx::Error),
    /// The client for its webhooks could not be made.
    #[error("the simulator's HTTP client could not be made")]
    Http(#[source] reqwest::Error),
}
