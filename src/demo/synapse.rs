//! A real Synapse on loopback, with SQLite and without federation, for the demo and the tests.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use sha1::Sha1;

pub use super::synapse_error::SynapseError;
use crate::clock;
use crate::demo::guard::{Guarded, Program, Signal};
use crate::demo::synapse_config::LOG;
pub use crate::demo::synapse_config::{RateLimits, SynapseConfig};
use crate::demo::venv::{Venv, tail};

/// How long a start may take; it takes about 2 s on an idle machine, 10 s for the first time, and minutes on
/// one that is busy compiling.
const START_PATIENCE: Duration = Duration::from_mins(5);
/// How often a starting Synapse is asked whether it answers.
const START_POLL: Duration = Duration::from_millis(100);
/// How long a Synapse may take to end in order before it is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(15);
/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How often another port is tried when the chosen one was taken meanwhile.
const PORT_ATTEMPTS: u32 = 5;
/// Ports that no operating system gives to clients.
const SERVERS: Range<u16> = 12_000..32_000;

/// A user of Synapse, logged in.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The whole id, `@alice:desk.test`.
    pub user_id: String,
    /// The token of a new device of the user.
    pub access_token: SecretString,
    /// That device.
    pub device_id: String,
}

/// A Synapse on loopback. It ends when this is dropped, and when this process dies.
#[derive(Debug)]
pub struct Synapse {
    program: Program,
    python: PathBuf,
    process: Option<Guarded>,
    port: u16,
    shared_secret: SecretString,
    http: reqwest::Client,
}

impl Synapse {
    /// Writes the configuration, starts Synapse and waits until it answers.
    ///
    /// # Errors
    /// If a file cannot be written, or the process does not come up; its last words are in the error.
    pub async fn start(venv: &Venv, config: &SynapseConfig) -> Result<Self, SynapseError> {
        let mut attempt = 1;
        loop {
            let mut synapse = Self::prepare(venv, config)?;
            match synapse.start_again().await {
                // Between choosing a port and listening there, someone else may have taken it.
                Err(SynapseError::Ended { output })
                    if config.port == 0
                        && attempt < PORT_ATTEMPTS
                        && output.contains("Address already in use") =>
                {
                    attempt += 1;
                }
                started => return started.map(|()| synapse),
            }
        }
    }

    /// Writes what Synapse needs to start.
    fn prepare(venv: &Venv, config: &SynapseConfig) -> Result<Self, SynapseError> {
        let port = if config.port == 0 { free_port().map_err(SynapseError::NoPort)? } else { config.port };
        let shared_secret = SecretString::from(clock::random_hex());
        let http = reqwest::Client::builder().no_proxy().timeout(REQUEST_TIMEOUT).build()?;
        let dir = std::path::absolute(&config.dir)
            .map_err(|source| SynapseError::File { path: config.dir.clone(), source })?;
        let config = SynapseConfig { dir, ..config.clone() };
        config.write(port, &shared_secret)?;
        let python = venv.python();
        let homeserver = config.dir.join("homeserver.yaml");
        let mut command = vec![python.clone().into_os_string()];
        command.extend(config.arguments);
        command.extend(["-c".into(), homeserver.into_os_string()]);
        let program = Program::new(command, config.dir.join("output.log"));
        Ok(Self { program, python, process: None, port, shared_secret, http })
    }

    /// The address that clients and application services use, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts the stopped or killed Synapse at its old address and waits until it answers. Does nothing if it
    /// runs.
    ///
    /// # Errors
    /// If the process does not come up; its last words are in the error.
    pub async fn start_again(&mut self) -> Result<(), SynapseError> {
        if self.process.is_some() {
            return Ok(());
        }
        let output = &self.program.output;
        fs::write(output, "").map_err(|source| SynapseError::File { path: output.clone(), source })?;
        let mut process = self.program.start(&self.python).map_err(SynapseError::Process)?;
        tokio::time::timeout(START_PATIENCE, self.until_it_answers(&mut process)).await.unwrap_or_else(
            |_| Err(SynapseError::Silent { patience: START_PATIENCE, output: self.last_words() }),
        )?;
        self.process = Some(process);
        Ok(())
    }

    async fn until_it_answers(&self, process: &mut Guarded) -> Result<(), SynapseError> {
        let versions = format!("{}/_matrix/client/versions", self.url());
        loop {
            if process.ended().map_err(SynapseError::Process)?.is_some() {
                return Err(SynapseError::Ended { output: self.last_words() });
            }
            let answer = self.http.get(&versions).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(START_POLL).await;
        }
    }

    /// The end of what it printed, or of its log: once that is open it prints nothing.
    fn last_words(&self) -> String {
        let log = self.program.output.with_file_name(LOG);
        let read = |path: &Path| tail(&fs::read_to_string(path).unwrap_or_default());
        let printed = read(&self.program.output);
        if printed.trim().is_empty() { read(&log) } else { printed }
    }

    /// Stops Synapse in order; one that does not end within 15 s is killed.
    ///
    /// # Errors
    /// If its process cannot be watched.
    pub async fn stop(&mut self) -> Result<(), SynapseError> {
        self.end(Signal::Terminate).await
    }

    /// Kills Synapse with SIGKILL, as an accident would.
    ///
    /// # Errors
    /// If its process cannot be watched.
    pub async fn kill(&mut self) -> Result<(), SynapseError> {
        self.end(Signal::Kill).await
    }

    /// Stops Synapse in order and starts it again at the same address.
    ///
    /// # Errors
    /// If it does not come up again.
    pub async fn restart(&mut self) -> Result<(), SynapseError> {
        self.stop().await?;
        self.start_again().await
    }

    async fn end(&mut self, signal: Signal) -> Result<(), SynapseError> {
        if let Some(mut process) = self.process.take() {
            process.end(signal, STOP_PATIENCE).await.map_err(SynapseError::Process)?;
        }
        Ok(())
    }

    /// Registers the user `name` (the local part of the id) and logs them in; who exists already is only
    /// logged in.
    ///
    /// Endpoint: <https://element-hq.github.io/synapse/latest/admin_api/register_api.html>.
    ///
    /// # Errors
    /// If Synapse does not answer, or refuses: a bad name, or another password than the user's.
    pub async fn register_user(
        &self,
        name: &str,
        password: &str,
        admin: bool,
    ) -> Result<Account, SynapseError> {
        #[derive(Deserialize)]
        struct Nonce {
            nonce: String,
        }
        let endpoint = format!("{}/_synapse/admin/v1/register", self.url());
        let Nonce { nonce } = self.http.get(&endpoint).send().await?.error_for_status()?.json().await?;
        let role = if admin { "admin" } else { "notadmin" };
        let mac = keyed_hash(&self.shared_secret, &[&nonce, name, password, role].join("\0"));
        let body =
            json!({"nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac});
        match self.account(&endpoint, name, &body).await {
            Err(SynapseError::Refused { answer, .. }) if answer.contains("M_USER_IN_USE") => {
                self.login(name, password).await
            }
            account => account,
        }
    }

    /// Logs a user in with their password, on a new device.
    ///
    /// # Errors
    /// If Synapse does not answer or refuses.
    pub async fn login(&self, name: &str, password: &str) -> Result<Account, SynapseError> {
        let identifier = json!({"type": "m.id.user", "user": name});
        let body = json!({"type": "m.login.password", "identifier": identifier, "password": password});
        self.account(&format!("{}/_matrix/client/v3/login", self.url()), name, &body).await
    }

    async fn account(&self, endpoint: &str, name: &str, body: &Value) -> Result<Account, SynapseError> {
        let answer = self.http.post(endpoint).json(body).send().await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.json().await?);
        }
        Err(SynapseError::Refused { user: name.to_owned(), status, answer: answer.text().await? })
    }
}

/// The ports that were drawn. None is drawn twice: whoever has one may not listen yet, or be starting again.
static DRAWN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port of the loopback interface where nobody listens at present, and which no client is given for its own
/// end of a connection: that one would be taken again before anybody listens there.
///
/// # Errors
/// If the operating system has none.
pub fn free_port() -> io::Result<u16> {
    let drawn = || {
        let number = u16::from_str_radix(&clock::random_hex()[..4], 16).unwrap_or_default();
        SERVERS.start + number % (SERVERS.end - SERVERS.start)
    };
    let is_free = |port: &u16| {
        let is_new = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).insert(*port);
        is_new && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()
    };
    if let Some(port) = std::iter::repeat_with(drawn).take(100).find(is_free) {
        return Ok(port);
    }
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// HMAC-SHA1 as hexadecimal digits.
fn keyed_hash(key: &SecretString, text: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.expose_secret().as_bytes()) else {
        unreachable!("HMAC takes a key of any length");
    };
    mac.update(text.as_bytes());
    format!("{:x}", bytes::Bytes::copy_from_slice(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyed_hash_is_hmac_sha1() {
        // RFC 2202, test case 2.
        let hash = keyed_hash(&SecretString::from("Jefe"), "what do ya want for nothing?");
        assert_eq!(hash, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    }
}
