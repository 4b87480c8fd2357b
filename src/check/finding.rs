//! What the checks look at, and what comes of them.

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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

impl Finding {
    pub(super) fn ok(how: impl Into<String>) -> Self {
        Self::Ok(how.into())
    }

    pub(super) fn failed(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), mend: mend.into() }
    }

    /// Writes it as one line, unless it speaks of several lines itself.
    pub(super) fn tell(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Ok(how) => writeln!(out, "ok      {name}: {how}"),
            Self::Advice(what) => writeln!(out, "advice  {name}: {what}"),
            Self::Failed { what, mend } => writeln!(out, "FAILED  {name}: {what} → {mend}"),
        }
    }
}

/// What the checks look at.
pub(super) struct Bridge {
    /// The config.
    pub(super) config: Config,
    /// The tokens of the registration, if it has some.
    pub(super) tokens: Option<Tokens>,
}

impl Bridge {
    pub(super) fn new(config: Config) -> Self {
        let tokens = registration::load(&config.appservice.registration).ok();
        Self { config, tokens }
    }

    /// A client of the homeserver. Without tokens it can still ask whether anyone is there.
    pub(super) fn client(&self) -> Result<MatrixClient, Finding> {
        let token = self.tokens.as_ref().map(|tokens| tokens.as_token.clone()).unwrap_or_default();
        self.client_with(token)
    }

    /// A client of the homeserver that has this token.
    pub(super) fn client_with(&self, token: SecretString) -> Result<MatrixClient, Finding> {
        matrix_client(&self.config, token).map_err(|error| {
            Finding::failed(chain(&error), "see to the system's certificates and the names of appservice")
        })
    }
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
