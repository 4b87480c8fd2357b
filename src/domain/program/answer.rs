//! What a program is answered: that its text is on its way, or why not, as a code that stays the same.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::domain::ids::InteractionId;
use crate::domain::outbound::{NotTexted, Warning};

/// The answer to a program that asked for a text. The first answer under a key is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Answer {
    /// It is on its way.
    Accepted {
        /// The conversation that it is.
        interaction: InteractionId,
    },
    /// It is not sent.
    Refused {
        /// Why.
        why: NotTaken,
    },
    /// The token holds no longer, or never did.
    NoToken,
    /// The token lets nobody send.
    NoScope,
    /// The token has let as many texts go in this minute as it may.
    TooMany {
        /// After how many seconds there is one more.
        retry_secs: u64,
    },
    /// The key was used for something else.
    KeyReused,
}

/// Why a text of a program is not sent. It is decided once for a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum NotTaken {
    /// What is to be texted cannot be, whoever wants it.
    NotTexted {
        /// Why.
        why: NotTexted,
    },
    /// An agent would be asked first whether it is meant, and a program cannot be.
    Asked {
        /// About what.
        about: Vec<Warning>,
    },
    /// Who is to be texted is written like nobody.
    NoAddress {
        /// What is wrong with it, as the end of a sentence.
        problem: String,
    },
    /// The number it is to come from is not the desk's.
    NotOurs,
    /// The number it is to come from is on another channel.
    OtherChannel,
    /// The desk has no such queue.
    NoQueue,
    /// The token does not reach the queue.
    QueueNotAllowed {
        /// Which queue that would be.
        queue: String,
    },
    /// The desk has no such agent.
    NoAgent,
    /// The agent is in no queue that the token reaches.
    AgentInNoQueue,
    /// The queue has no such response.
    NoResponse,
    /// The response brings pictures or files.
    ResponseHasFiles,
    /// Values of the response are missing.
    ValueMissing {
        /// Which.
        names: Vec<String>,
    },
    /// The response asks for no such values.
    NoVariable {
        /// Which.
        names: Vec<String>,
    },
    /// The response cannot be filled in.
    ResponseFaulty,
    /// What the contact has to be told first names an agent, and there is none.
    FirstTextNeedsAgent,
}

impl NotTaken {
    /// The moment when it may be otherwise, where that is known.
    #[must_use]
    pub fn until(&self) -> Option<Millis> {
        let Self::Asked { about } = self else { return None };
        about.iter().find_map(|warning| match warning {
            Warning::QuietHours { until, .. } => *until,
            Warning::SessionOpen(_) | Warning::LongUnseen { .. } | Warning::Late { .. } => None,
        })
    }
}
