//! Requests to the writer, and how they fail.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::commit::Applied;
use crate::domain::input::Input;
use crate::store::StoreError;

/// Why inputs were not applied. Nothing of them was kept; the sender should try again.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Too many wait.
    #[error("too many inputs wait for the database; try again")]
    Full,
    /// The desk is shutting down.
    #[error("the desk is closing; try again")]
    Closed,
    /// The database failed.
    #[error("the database failed, nothing was kept; try again")]
    Store(#[source] Arc<StoreError>),
}

/// Inputs to be applied in one commit, in order.
#[derive(Debug)]
pub(super) struct Request {
    /// The inputs.
    pub(super) inputs: Vec<Input>,
    /// Whether nothing depends on it at once, so that it may wait a moment for a commit to share.
    pub(super) can_wait: bool,
    /// Told what came of each.
    pub(super) answer: oneshot::Sender<Result<Vec<Applied>, ApplyError>>,
}

/// Where a request stands among those of its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Texts of contacts, and nothing else.
    Texts,
    /// Effects that were delivered, and nothing else.
    Deliveries,
    /// Behind those.
    Last,
}

impl Request {
    /// Where it stands among those of its commit.
    pub(super) fn place(&self) -> Place {
        if self.inputs.iter().all(|input| matches!(input, Input::Text(_))) {
            Place::Texts
        } else if self.inputs.iter().all(|input| input.delivered().is_some()) {
            Place::Deliveries
        } else {
            Place::Last
        }
    }
}
