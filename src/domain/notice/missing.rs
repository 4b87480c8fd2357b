//! What is not there: codes with what belongs to them. Their words stand in the templates `why_missing.txt`.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{InteractionId, QueueName};

/// Things that do not exist, or are no longer there to be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "missing", rename_all = "snake_case")]
pub enum Missing {
    /// Nothing of this kind has this name.
    Named {
        /// What it is: `queue`, `agent`, `conversation` and so on.
        kind: String,
        /// The name or id that was typed.
        name: String,
    },
    /// No standard response that can be used here goes by this shortcut.
    Response {
        /// The shortcut that was typed.
        name: String,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// They are not being asked for any blank here.
    Blank,
    /// That question is over: it was answered, or another has taken its place.
    BlankOver,
    /// The homeserver knows no such user.
    User {
        /// The Matrix user.
        user: String,
    },
    /// The colleague is no longer at the desk.
    Colleague {
        /// The colleague's name.
        who: String,
    },
    /// No IM or consult of theirs has this id, or it was erased.
    Talk {
        /// The id.
        id: InteractionId,
    },
    /// No conversation has this id, or whoever asks may not read it.
    Conversation {
        /// The id.
        id: InteractionId,
    },
    /// The conversation is not theirs.
    NotYours {
        /// The conversation.
        id: InteractionId,
        /// The agent who has it, if anyone has.
        owner: Option<String>,
        /// The queue it waits in, if it waits; with neither, it is done.
        queue: Option<QueueName>,
    },
    /// Nobody the desk knows fits who wrote.
    ContactFor {
        /// The address they wrote from, as people write it.
        number: String,
    },
    /// The offer stands in another room.
    OfferElsewhere,
    /// The offer is over.
    OfferOver,
    /// Nothing is offered to them.
    Offer,
    /// This is not offered to them.
    OfferNamed {
        /// The name or id that was typed.
        name: String,
    },
    /// What they answered asks nothing of them.
    Question,
    /// Nothing of theirs waits for an answer in this room.
    NothingWaits,
    /// That callback is not to come any more: it came, or was taken back.
    CallbackOver,
    /// That text does not wait for its time any more: it was sent or taken back, or did not go.
    LaterOver,
    /// There is no group of commands of this number.
    Group {
        /// The number.
        number: usize,
    },
    /// The menu has no such number.
    MenuRow {
        /// The number.
        number: usize,
    },
    /// They asked for no list with this row.
    Row {
        /// The number.
        number: usize,
    },
    /// A colleague asked for that list.
    OthersList {
        /// The colleague's name.
        who: String,
    },
    /// There is a newer list.
    OlderList,
    /// A question was answered, or something else was typed since it was asked.
    QuestionOver,
    /// There is no dead letter of this id.
    DeadLetter {
        /// The id that was typed.
        id: String,
    },
}

impl Missing {
    /// Nothing of this kind has this name.
    #[must_use]
    pub fn named(kind: &str, name: &str) -> Self {
        Self::Named { kind: kind.to_owned(), name: name.to_owned() }
    }
}
