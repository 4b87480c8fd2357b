//! What supervisors read of a contact whom nobody takes.

use serde::{Deserialize, Serialize};

use crate::domain::ids::QueueName;

/// A step of overflow that was taken: more agents are asked from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflowed {
    /// Whose conversation it is.
    pub contact: String,
    /// The queue it waits in, and stays in.
    pub queue: QueueName,
    /// The queue whose members are asked too, if that is what was done.
    pub to: Option<QueueName>,
    /// The skills without which agents are asked too, if that is what was done.
    pub dropped: Vec<String>,
    /// Whether it was done because nobody was ready, and not because of the time.
    pub nobody_ready: bool,
    /// For how long it has waited, in seconds.
    pub secs: u64,
}
