//! `switchroom check`: tries everything the program depends on, and says what is wrong and how to mend it.
//!
//! Each thing is a `Check` in one list and is told in one line. A new one is one function and one line in
//! `CHECKS`.

mod here;
mod homeserver;
mod ping;
mod provider;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use secrecy::SecretString;

use crate::app::matrix_client;
use crate::config::Config;
use crate::matrix::MatrixClient;
use crate::matrix::registration::{self, Tokens};

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It works; how.
    Ok(String),
    /// It cannot be told, or works and could be better; what to know.
    Advice(String),
    /// It does not work.
    Failed {
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
}

/// One thing that is tried.
struct Check {
    /// What it is called in the report.
    name: &'static str,
    /// Checks without whose success there is no point in trying this one.
    needs: &'static [&'static str],
    run: fn(&Bridge) -> BoxFuture<'_, Finding>,
}

/// Everything that is tried once the config is read, in this order.
const CHECKS: &[Check] = &[
    Check { name: "desk", needs: &[], run: |bridge| ready(here::desk(bridge)).boxed() },
    Check { name: "templates", needs: &[], run: |bridge| ready(here::templates(bridge)).boxed() },
    Check { name: "registration", needs: &[], run: |bridge| ready(here::registration(bridge)).boxed() },
    Check { name: "database", needs: &[], run: |bridge| here::database(bridge).boxed() },
    Check { name: "files", needs: &[], run: |bridge| ready(here::files(bridge)).boxed() },
    Check { name: "homeserver", needs: &[], run: |bridge| homeserver::reachable(bridge).boxed() },
    Check {
        name: "token",
        needs: &["registration", "homeserver"],
        run: |bridge| homeserver::token(bridge).boxed(),
    },
    Check {
        name: "acting for agents",
        needs: &["homeserver"],
        run: |bridge| homeserver::acting_for_agents(bridge).boxed(),
    },
    Check { name: "way back", needs: &["token"], run: |bridge| ping::way_back(bridge).boxed() },
    Check { name: "rate limits", needs: &[], run: |_| ready(homeserver::rate_limits()).boxed() },
    Check { name: "accounts", needs: &["token"], run: |bridge| homeserver::accounts(bridge).boxed() },
    Check { name: "presence", needs: &["token"], run: |bridge| homeserver::presence(bridge).boxed() },
    Check { name: "provider", needs: &[], run: |bridge| provider::account(bridge).boxed() },
    Check { name: "numbers", needs: &[], run: |bridge| ready(provider::numbers(bridge)).boxed() },
    Check { name: "public url", needs: &[], run: |bridge| ready(provider::public_url(bridge)).boxed() },
];

/// What the checks look at.
struct Bridge {
    config: Config,
    /// The tokens of the registration, if it has some.
    tokens: Option<Tokens>,
}

impl Bridge {
    fn new(config: Config) -> Self {
        let tokens = registration::load(&config.appservice.registration).ok();
        Self { config, tokens }
    }

    /// A client of the homeserver. Without tokens it can still ask whether anyone is there.
    fn client(&self) -> Result<MatrixClient, Finding> {
        let token = self.tokens.as_ref().map(|tokens| tokens.as_token.clone()).unwrap_or_default();
        self.client_with(token)
    }

    /// A client of the homeserver that has this token.
    fn client_with(&self, token: SecretString) -> Result<MatrixClient, Finding> {
        matrix_client(&self.config, token).map_err(|error| {
            Finding::failed(chain(&error), "see to the system's certificates and the names of appservice")
        })
    }
}

impl Finding {
    fn ok(how: impl Into<String>) -> Self {
        Self::Ok(how.into())
    }

    fn failed(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), mend: mend.into() }
    }

    /// Writes it as one line, unless it speaks of several lines itself.
    fn tell(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Ok(how) => writeln!(out, "ok      {name}: {how}"),
            Self::Advice(what) => writeln!(out, "advice  {name}: {what}"),
            Self::Failed { what, mend } => writeln!(out, "FAILED  {name}: {what} → {mend}"),
        }
    }
}

/// Tries everything and tells each in one line; returns whether nothing failed. Nothing is changed, but that the database's
/// schema is brought up to date, as `serve` would, and that the bot may be shown as online for a while.
///
/// # Errors
/// Where the report cannot be written.
pub async fn run(file: &Path, out: &mut (dyn Write + Send)) -> io::Result<bool> {
    let config = match Config::load(file) {
        Ok(config) => config,
        Err(error) => {
            let failed = Finding::failed(chain(&error), "correct it; nothing else was tried");
            failed.tell("config", out)?;
            return Ok(false);
        }
    };
    Finding::ok(file.display().to_string()).tell("config", out)?;
    let bridge = Bridge::new(config);
    let mut missing: Vec<&str> = Vec::new();
    for check in CHECKS {
        if let Some(needed) = check.needs.iter().find(|needed| missing.contains(needed)) {
            writeln!(out, "        {}: not tried, for want of {needed}", check.name)?;
            missing.push(check.name);
            continue;
        }
        let finding = (check.run)(&bridge).await;
        finding.tell(check.name, out)?;
        if matches!(finding, Finding::Failed { .. }) {
            missing.push(check.name);
        }
    }
    Ok(missing.is_empty())
}

/// An error with its causes, each once: some errors quote theirs.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

/// A path that means the same to the homeserver.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
