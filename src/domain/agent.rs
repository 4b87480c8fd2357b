//! Agents: the people of the desk.

use std::collections::BTreeSet;

use matrix_sdk::ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use super::ids::AgentId;
use crate::clock::Millis;

/// An agent named inside an interaction: enough to address them without another look-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRef {
    /// Their id at the desk.
    pub id: AgentId,
    /// Their Matrix account.
    pub user: OwnedUserId,
    /// The name customers and colleagues read.
    pub name: String,
}

/// What an agent may be, beyond answering customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers customers.
    Agent,
    /// Sees and steers the work of others.
    Supervisor,
    /// Sets the desk up.
    Admin,
}

/// One thing an agent may do, besides answering customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Internal IMs, both ways.
    Im,
    /// Text a contact first.
    SmsOutbound,
    /// Send pictures and files to contacts.
    MmsSend,
    /// Save what contacts sent.
    MediaSave,
    /// Call contacts.
    Call,
    /// E-mail contacts.
    Email,
    /// Arrange callbacks.
    Callback,
    /// Change contacts.
    ContactEdit,
    /// Change case data.
    CaseEdit,
    /// Hand interactions over.
    Transfer,
    /// Consult colleagues.
    Consult,
}

/// Whether an agent takes new SMS work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Readiness {
    /// Since then; offers may come.
    Ready {
        /// When they turned ready.
        since: Millis,
    },
    /// No offers, for the reason given.
    NotReady {
        /// What they, or the desk, said; empty where nobody has said anything yet.
        reason: String,
    },
}

/// An agent as the desk keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Who they are.
    #[serde(flatten)]
    pub who: AgentRef,
    /// What they may do.
    pub roles: Vec<Role>,
    /// What they may do besides answering.
    pub permissions: BTreeSet<Permission>,
    /// The queues they are a member of.
    pub queues: Vec<super::ids::QueueName>,
    /// How many SMS interactions they may have at once.
    pub sms_capacity: u32,
    /// What they know: an interaction that needs more is not offered to them.
    #[serde(default)]
    pub skills: BTreeSet<String>,
    /// How offers are accepted for them; nothing where they do it themselves, or as their queue says.
    #[serde(default)]
    pub auto_answer: Option<super::queue::AutoAnswer>,
    /// Whether they take new SMS work.
    pub sms: Readiness,
    /// When they last were given or finished work: the one idle for longest is asked first.
    pub idle_since: Millis,
}

impl Agent {
    /// Whether they are this.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether they may look on at others' work, and have a say in it.
    #[must_use]
    pub fn supervises(&self) -> bool {
        self.is(Role::Supervisor) || self.is(Role::Admin)
    }

    /// Whether they may do this.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Whether offers may come.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.sms, Readiness::Ready { .. })
    }
}
