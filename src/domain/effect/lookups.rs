//! Questions to the homeserver about people: whether a user exists, and whether they are online.

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use super::rules::{Rules, beside};
use crate::domain::agent::Agent;
use crate::domain::ids::AgentId;
use crate::domain::lane::Lane;
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
