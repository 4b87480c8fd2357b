//! The outbox's workers. They deliver the effects in the outbox to the homeserver and the provider, and hand
//! each outcome back to the desk as an input.
//!
//! One lane's effects are delivered one after another, lanes beside each other. The database is the truth;
//! hints of new work only save waiting for the next look at it. A worker holds the lease of the lane it works
//! on, and records outcomes under the lease's epoch: one that was paused for so long that another took its
//! lane over records nothing. On SQLite the process has the database to itself and needs no leases.

pub mod backlog;
mod deliver;
pub(crate) mod history;
mod lane;
mod lanes;
mod mend;
mod record;
mod said;
mod shared;
mod shown;
mod stamps;
mod target;
#[cfg(test)]
mod tests;
pub mod timers;
mod turns;

use std::sync::Arc;

use self::backlog::Backlog;
pub use self::lanes::Dispatcher;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::domain::input::Evidence;
use crate::matrix::ForAgents;
use crate::matrix::client::MatrixClient;
use crate::matrix::error::{MatrixError, Verdict};
use crate::media::Workshop;
use crate::render::Templates;
use crate::sms::callback::Doors;
use crate::sms::provider::SmsProvider;
use crate::spelling::Dictionaries;
use crate::store::{Store, StoreError};

/// Everything a delivery needs. Clones share it.
#[derive(Clone)]
pub struct Ports {
    /// Where outcomes go.
    pub desk: Desk,
    /// Where the outbox is read.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The homeserver.
    pub matrix: MatrixClient,
    /// The homeserver, with the right to act for agents, where the config gives it.
    pub for_agents: Option<ForAgents>,
    /// The bot's words.
    pub templates: Arc<Templates>,
    /// The provider.
    pub sms: Arc<dyn SmsProvider>,
    /// What the provider is called.
    pub provider: &'static str,
    /// Our doors, as the provider reaches them.
    pub doors: Doors,
    /// What knows how words are spelt.
    pub dictionaries: Dictionaries,
    /// Where pictures are reduced.
    pub workshop: Workshop,
    /// The backlog: has everything that happened while we were away been seen?
    pub backlog: Backlog,
}

impl Ports {
    /// Whether messages may go to phones: nothing that could take one back is missing, and the provider
    /// answers. A message sent while the provider fails may or may not arrive, and is never sent again by
    /// itself; so it waits.
    fn lets_messages_go(&self) -> bool {
        self.backlog.is_in() && !self.sms.reach().now().fails()
    }
}

/// Why a delivery did not simply succeed.
type Detour = Delivery;

/// How a delivery ended.
#[derive(Debug)]
enum Delivery {
    /// It is done, and this is its result.
    Done(Evidence),
    /// It is done, which was recorded already.
    Completed,
    /// Its outcome is recorded already: it is done, waits, or belongs to another replica.
    Recorded,
    /// It can be tried again, and may count as a failure.
    Retry {
        /// Not before this time, even if other lanes succeed. Without it, as soon as another lane succeeds.
        after: Option<std::time::Duration>,
        /// Whether the destination answered that it failed.
        counts: bool,
        /// Why, for the log.
        why: String,
    },
    /// The homeserver gave no answer. It can be tried again, and does not count.
    Unanswered {
        /// Why, for the log.
        why: String,
    },
    /// The homeserver refuses it, for a reason that may lie in the room or in its ghost.
    Refused(MatrixError),
    /// It can never be done.
    Undeliverable(String),
}

impl From<MatrixError> for Delivery {
    fn from(error: MatrixError) -> Self {
        let why = error.to_string();
        if matches!(error, MatrixError::NoAnswer(_)) {
            return Self::Unanswered { why };
        }
        match error.verdict() {
            _ if error.is_of_account() => Self::Refused(error),
            Verdict::Retry { after } => Self::Retry { after, counts: false, why },
            Verdict::ServerError { after } => Self::Retry { after, counts: true, why },
            Verdict::Rejected { .. } => Self::Refused(error),
        }
    }
}

impl From<StoreError> for Delivery {
    fn from(error: StoreError) -> Self {
        let why = error.to_string();
        // A row that no version can read stays as it is.
        if let StoreError::Corrupt { .. } = error {
            return Self::Undeliverable(why);
        }
        Self::Retry { after: None, counts: false, why }
    }
}
