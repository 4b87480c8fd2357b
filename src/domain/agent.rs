//! Agents: the people of the desk.

use std::collections::{BTreeMap, BTreeSet};

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use super::address::e164;
use super::ids::AgentId;
pub use super::readiness::{Channels, Readiness};
use super::settings::checks;
use super::settings::choice::{Choice as _, words};
use super::settings::kind::Kind;
use super::settings::table::{Field, settings};
pub use super::work_channel::WorkChannel;
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
    /// See contacts' whole numbers where they are masked.
    SeeNumbers,
    /// Read what others said with contacts.
    History,
    /// Block contacts, and no longer do so.
    Block,
}

words!(Role { Agent = "agent"; Supervisor = "supervisor"; Admin = "admin"; });

words!(Permission {
    Im = "im";
    SmsOutbound = "sms_outbound";
    MmsSend = "mms_send";
    MediaSave = "media_save";
    Call = "call";
    Email = "email";
    Callback = "callback";
    ContactEdit = "contact_edit";
    CaseEdit = "case_edit";
    Transfer = "transfer";
    Consult = "consult";
    SeeNumbers = "see_numbers";
    History = "history";
    Block = "block";
});

impl Permission {
    /// All there are.
    #[must_use]
    pub fn all() -> BTreeSet<Self> {
        Self::ALL.iter().copied().collect()
    }
}

/// An agent's presence, as the homeserver shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Online {
    /// They are online.
    Online,
    /// They are there, and have done nothing for a while.
    Idle,
    /// They are offline, or nobody may know.
    Offline,
}

impl Online {
    /// What people call it, and the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Idle => "idle",
            Self::Offline => "offline",
        }
    }

    /// What is called so.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Online, Self::Idle, Self::Offline].into_iter().find(|online| online.word() == word)
    }

    /// Whether a message reaches them: an idle user sees it when they look.
    #[must_use]
    pub fn is_there(self) -> bool {
        match self {
            Self::Online | Self::Idle => true,
            Self::Offline => false,
        }
    }
}

settings! {
    /// An agent as the desk keeps them. A new one is not ready for anything.
    pub struct Agent(who: AgentRef) {
        /// agent takes interactions, supervisor sees and steers the work of others, admin changes the desk.
        "roles" => roles: Vec<Role> = vec![Role::Agent], Kind::Choices(Role::WORDS);
        /// The queues whose interactions this agent is offered.
        "queues" => queues: Vec<super::ids::QueueName> = vec![], Kind::Queues;
        /// What this agent knows, in short names of your own: languages, products. Queues say what they ask
        /// for.
        #[serde(default)]
        "skills" => skills: BTreeSet<String> = BTreeSet::new(), Kind::Names;
        /// Offers are accepted for this agent, as a queue's auto_answer says below.
        #[serde(default)]
        "auto_answer" => auto_answer: Option<super::auto_answer::AutoAnswer> = None, Kind::AutoAnswer;
        /// What this agent may do. Everything by default; a list allows what it names and nothing else.
        "permissions" => permissions: BTreeSet<Permission> = Permission::all(), Kind::Choices(Permission::WORDS);
        /// What happens to words of this agent that are not in the dictionary, in place of what queue and
        /// desk say: off, hint or confirm. inherit: what those say. The agent can choose otherwise with
        /// !spell.
        #[serde(default)]
        "spelling" => spelling: super::spelling::mode::OwnSpelling = super::spelling::mode::OwnSpelling::Inherit,
            Kind::Choice(super::spelling::mode::OwnSpelling::WORDS);
        /// The languages this agent writes to contacts in, tags like en-GB or de, at most 4. Spelling is
        /// looked at in the one that a text fits best. The agent can choose otherwise with !spell.
        #[serde(default)]
        "languages" => languages: Vec<String> = vec![], Kind::Languages;
        /// This agent's own telephone, in E.164, which rings first when they call a contact with !call. The
        /// contact sees our number. Without one, they cannot call.
        #[serde(default)]
        "phone" => phone: Option<String> = None,
            Kind::Text { check: e164, is_optional: true };
    }
    beside {
        /// Their id, Matrix account and name.
        #[serde(flatten)]
        who: AgentRef = who;
        /// How many interactions they may have at once, by kind of work. Each is kept and set as a field of
        /// its own.
        #[serde(flatten, with = "capacity")]
        capacity: BTreeMap<WorkChannel, u32> = BTreeMap::from([(WorkChannel::Sms, 4)]);
        /// Whether they are ready.
        #[serde(default)]
        channels: Channels = Channels::default();
        /// What they chose by `!spell`.
        #[serde(default, skip_serializing_if = "super::spelling::mode::Chosen::is_nothing")]
        chosen_spelling: super::spelling::mode::Chosen = super::spelling::mode::Chosen::default();
        /// When they were last given work, or last finished some. The longest idle is asked first.
        idle_since: Millis = Millis::default();
    }
    with [NAME, SMS_CAPACITY]
}

/// The [`AgentRef::name`] of an agent.
const NAME: Field = Field {
    name: "name",
    stored: "name",
    kind: Kind::Text { check: checks::called, is_optional: false },
    text: "The name, for colleagues and in texts to contacts.",
};

/// The [`Agent::capacity`] for conversations.
const SMS_CAPACITY: Field = Field {
    name: "capacity.sms",
    stored: "sms_capacity",
    kind: Kind::Number { range: 0..=1_000, unit: "interactions" },
    text: "How many interactions at a time. Transfers and consultations come on top.",
};

/// Capacities as fields of an agent, one for each kind of work that has one.
mod capacity {
    use std::collections::BTreeMap;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::{SMS_CAPACITY, WorkChannel};

    /// Each field, and the kind of work it is for.
    const FIELDS: [(&str, WorkChannel); 1] = [(SMS_CAPACITY.stored, WorkChannel::Sms)];

    pub(super) fn serialize<S: Serializer>(
        capacity: &BTreeMap<WorkChannel, u32>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let field = |(name, channel)| Some((name, capacity.get(&channel)?));
        serializer.collect_map(FIELDS.into_iter().filter_map(field))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<WorkChannel, u32>, D::Error> {
        let mut fields = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
        let read = |(name, channel)| {
            let capacity = fields.remove(name).ok_or_else(|| D::Error::missing_field(name))?;
            Ok((channel, serde_json::from_value(capacity).map_err(D::Error::custom)?))
        };
        FIELDS.into_iter().map(read).collect()
    }
}

impl Agent {
    /// Whether they are this.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// How many interactions of a kind they may have at once; none of a kind that is not named.
    #[must_use]
    pub fn capacity_for(&self, channel: WorkChannel) -> u32 {
        self.capacity.get(&channel).copied().unwrap_or(0)
    }

    /// Whether they are ready for a kind of work.
    #[must_use]
    pub fn is_ready_for(&self, channel: WorkChannel) -> bool {
        self.channels.of(channel).is_ready()
    }

    /// Whether they may watch and steer the work of others.
    #[must_use]
    pub fn supervises(&self) -> bool {
        self.is(Role::Supervisor) || self.is(Role::Admin)
    }

    /// Whether they may do this.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}
