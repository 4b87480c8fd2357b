//! What the bot says, changes of that, what it takes away, and marks.

use ruma::OwnedEventId;
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::role::Role;
use super::rules::{Rules, at};
use crate::domain::notice::Notice;

/// Let the bot say something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// The room it is said in.
    pub to: Place,
    /// What is said.
    pub notice: Notice,
    /// The event it answers.
    pub reply_to: Option<OwnedEventId>,
    /// What an answer to it means.
    pub role: Option<Role>,
}

impl Notify {
    pub(super) fn rules(&self) -> Rules {
        at(&self.to).each_time()
    }

    /// Whether it points out something about a text of the contact.
    pub(super) fn is_about_a_text(&self) -> bool {
        matches!(self.to, Place::Session(_)) && self.notice.says.is_about_a_text()
    }
}

/// The bot said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// The id of the event.
    pub event: OwnedEventId,
    /// What an answer to it means.
    pub role: Option<Role>,
}

/// Change what the bot said when it played this role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amend {
    /// The room that message stands in.
    pub to: Place,
    /// What the bot's message was.
    pub role: Role,
    /// What it says now.
    pub notice: Notice,
}

impl Amend {
    pub(super) fn rules(&self) -> Rules {
        at(&self.to).each_time()
    }
}

/// Take away what the bot said, or a ghost did, in this role, as if it had not been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeAway {
    /// The room that message stands in.
    pub to: Place,
    /// What it was.
    pub role: Role,
}

impl TakeAway {
    pub(super) fn rules(&self) -> Rules {
        at(&self.to).each_time()
    }
}

/// It was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenAway {
    /// The id of the event that stood there.
    pub event: OwnedEventId,
}

/// Let the bot react to an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// The room that event stands in.
    pub to: Place,
    /// The event to react to.
    pub event: OwnedEventId,
    /// The emoji, which is the key of the reaction.
    pub key: String,
}

impl React {
    pub(super) fn rules(&self) -> Rules {
        at(&self.to).each_time()
    }
}
