//! What is said of callbacks.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::ids::QueueName;
use crate::domain::when::Moment;

/// Why a callback does not take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotCalled {
    /// The contact is blocked.
    Blocked,
    /// The contact was erased, or what was said with them is no longer kept.
    Erased,
    /// Its queue is no longer there, nor is that of its conversation.
    NoQueue,
    /// Its queue opens no more within a year.
    NeverOpen,
}

/// A callback, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackItem {
    /// Whom to call; empty where they were erased.
    pub contact: String,
    /// The queue it goes into.
    pub queue: QueueName,
    /// Who is asked first; nobody where it is for anybody of the queue.
    pub by: Option<String>,
    /// What is noted about it.
    pub note: String,
    /// When it was wanted.
    #[serde(flatten)]
    pub when: Moment,
    /// When it is due, in seconds from now.
    pub secs: u64,
    /// When it is due, where that is later because its queue was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off: Option<Millis>,
}

/// What is told of callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackNews {
    /// It is to come.
    Set,
    /// These are to come.
    List,
    /// One of those to come is shown.
    Shown,
    /// It is not to come, as an agent wants it.
    Cancelled,
    /// Its queue was closed when it was due.
    PutOff,
    /// It does not take place.
    Dropped,
}

/// Callbacks, and what is told of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackCard {
    /// What is told of them.
    pub news: CallbackNews,
    /// The callbacks, the first to come first; numbered from 1 in a list.
    pub items: Vec<CallbackItem>,
    /// The zone in which the clocks of the desk are, by its name.
    pub zone: String,
    /// Why one does not take place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<NotCalled>,
    /// Who took one back that the reader had asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A contact is to be called now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackDue {
    /// Whom to call.
    pub contact: String,
    /// The number they texted from.
    pub number: String,
    /// Who asked for it.
    pub by: String,
    /// What is noted about it.
    pub note: String,
    /// When it was wanted.
    pub at: Millis,
}
