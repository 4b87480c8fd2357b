//! Who is offered what waits in a queue.

use serde::{Deserialize, Serialize};

use super::rules::{Rules, beside};
use crate::domain::class::Class;
use crate::domain::ids::QueueName;
use crate::domain::lane::Lane;

/// Decide who is offered what waits in a queue, and in those that ask for the same agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The queue.
    pub queue: QueueName,
}

impl Route {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Route).of(Class::Talk).once(format!("route:{}", self.queue))
    }
}
