//! Questions to the homeserver: whether a user exists, whether they are online, what an event brings, what a
//! contact's text says.

use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::rules::{Rules, at, beside, in_room_of};
use crate::domain::agent::Agent;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::lane::Lane;
use crate::domain::response::ResponseFile;
use crate::domain::talk::Wanted;

/// Ask the homeserver whether the user of a new agent exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetAgent {
    /// The agent as they would be.
    pub agent: Box<Agent>,
    /// The admin who adds them.
    pub by: AgentId,
}

impl MeetAgent {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Meet(self.agent.who.id.clone())).each_time()
    }
}

/// The homeserver said whether there is such a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// The agent they are to be.
    pub agent: Box<Agent>,
    /// The admin who adds them.
    pub by: AgentId,
    /// Whether there is such a user.
    pub is_known: bool,
}

/// Look up whether an agent is there, by the presence of their Matrix account, for an IM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUpPresence {
    /// The IM that waits for this.
    pub wanted: Box<Wanted>,
}

impl LookUpPresence {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Peer(self.wanted.invitee.id.clone())).each_time()
    }
}

/// Look up whether someone is online, of whom the homeserver told nothing before they shared a room with
/// the bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookWhetherOnline {
    /// Their Matrix account.
    pub user: OwnedUserId,
}

impl LookWhetherOnline {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Online(self.user.clone())).each_time()
    }
}

/// Look what picture or file an admin replies to, which a standard response is to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookForFile {
    /// Where they typed it, and read the answer.
    pub place: Place,
    /// That room.
    pub room: OwnedRoomId,
    /// The event that they reply to.
    pub of: OwnedEventId,
    /// Who they are.
    pub by: AgentId,
    /// The event that they typed it in.
    pub typed: OwnedEventId,
    /// The command that is run for them once the file is found, which goes behind it.
    pub line: String,
    /// Whether they asked for a file, so that they are told if there is none.
    pub asked: bool,
}

impl LookForFile {
    pub(super) fn rules(&self) -> Rules {
        at(&self.place).each_time()
    }
}

/// The homeserver said what the event brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// What it was asked.
    pub look: LookForFile,
    /// What there is.
    pub found: FoundFile,
}

/// What an event brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum FoundFile {
    /// A file that can be sent.
    File {
        /// The file.
        file: ResponseFile,
    },
    /// A file that only clients can read.
    Encrypted,
    /// A file of a customer, or one that the bot shows.
    NotTheirs,
    /// No file, or there is no such event any more.
    Nothing,
}

/// Read what a text of the contact says, as it stands in the room, to count it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadText {
    /// The interaction in whose room it stands.
    pub interaction: InteractionId,
    /// The event of the text.
    pub event: OwnedEventId,
    /// Where it is answered what the text takes.
    pub to: Place,
    /// The event that asks for it.
    pub asked: OwnedEventId,
}

impl ReadText {
    pub(super) fn rules(&self) -> Rules {
        in_room_of(&self.interaction).each_time()
    }
}

/// What a text of the contact says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRead {
    /// Where it is answered what the text takes.
    pub to: Place,
    /// The event that asks for it.
    pub asked: OwnedEventId,
    /// The text; nothing where the event is none, or is gone.
    pub text: Option<String>,
}
