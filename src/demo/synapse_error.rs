//! What goes wrong with Synapse.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;
use thiserror::Error;

/// Why Synapse does not run, or a user is not registered.
#[derive(Debug, Error)]
pub enum SynapseError {
    /// A file of Synapse's directory could not be written or read.
    #[error("{} could not be used for Synapse", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// No port of the loopback interface could be had.
    #[error("no free port on 127.0.0.1 for Synapse")]
    NoPort(#[source] io::Error),
    /// The process could not be started or waited for.
    #[error("Synapse's process could not be started or watched")]
    Process(#[source] io::Error),
    /// Synapse ended before it answered.
    #[error("Synapse ended before it answered; its last words:\n{output}")]
    Ended {
        /// The last lines it printed.
        output: String,
    },
    /// Synapse runs but does not answer.
    #[error("Synapse did not answer within {} s; its last words:\n{output}", .patience.as_secs())]
    Silent {
        /// How long it was waited for.
        patience: Duration,
        /// The last lines it printed.
        output: String,
    },
    /// A request to Synapse got no answer.
    #[error("a request to Synapse got no answer")]
    Request(#[from] reqwest::Error),
    /// Synapse refused to register or to log in a user.
    #[error("Synapse refused the user {user}: {status} {answer}")]
    Refused {
        /// The local part of the user's id.
        user: String,
        /// The HTTP status.
        status: StatusCode,
        /// The body of the answer.
        answer: String,
    },
}
