//! Agents: the people of the desk.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use super::address::e164;
use super::ids::AgentId;
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
}

words!(Role { Agent = "agent"; Supervisor = "supervisor"; Admin = "admin"; });

words!(Permission {
    Im = "im";
    SmsOutbound = "sms_outbound", no effect yet;
    MmsSend = "mms_send", no effect yet;
    MediaSave = "media_save", no effect yet;
    Call = "call", no effect yet;
    Email = "email", no effect yet;
    Callback = "callback", no effect yet;
    ContactEdit = "contact_edit";
    CaseEdit = "case_edit";
    Transfer = "transfer";
    Consult = "consult";
    SeeNumbers = "see_numbers";
});

impl Permission {
    /// All there are.
    #[must_use]
    pub fn all() -> BTreeSet<Self> {
        Self::ALL.iter().copied().collect()
    }
}

/// What the homeserver shows of whether someone is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Online {
    /// They are online.
    Online,
    /// They are, and have done nothing for a while.
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

    /// Whether a message reaches them: who is idle sees it when they look.
    #[must_use]
    pub fn is_there(self) -> bool {
        match self {
            Self::Online | Self::Idle => true,
            Self::Offline => false,
        }
    }
}

/// Whether an agent is ready on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Readiness {
    /// They take work on that channel.
    Ready {
        /// When they turned ready.
        since: Millis,
    },
    /// They are not, for the reason given.
    NotReady {
        /// What they, or the desk, said; empty where nobody has said anything yet.
        reason: String,
    },
    /// They have signed off.
    SignedOff,
}

impl Readiness {
    /// Whether they are ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    /// Why they are not, empty where nobody said why; nothing if they are.
    #[must_use]
    pub fn obstacle(&self) -> Option<&str> {
        match self {
            Self::Ready { .. } => None,
            Self::NotReady { reason } => Some(reason),
            Self::SignedOff => Some("signed off"),
        }
    }
}

/// Everyone starts not ready.
impl Default for Readiness {
    fn default() -> Self {
        Self::NotReady { reason: String::new() }
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.obstacle() {
            None => f.write_str("ready"),
            Some("") => f.write_str("not ready"),
            Some(reason) => write!(f, "not ready ({reason})"),
        }
    }
}

/// Whether an agent is ready, channel by channel.
/// Only who is ready for conversations is offered any; readiness for IMs lets others know what to expect, and keeps nobody
/// from writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<WorkChannel, Readiness>")]
pub struct Channels(BTreeMap<WorkChannel, Readiness>);

/// What is not said is not ready.
impl From<BTreeMap<WorkChannel, Readiness>> for Channels {
    fn from(mut known: BTreeMap<WorkChannel, Readiness>) -> Self {
        for channel in WorkChannel::ALL {
            known.entry(channel).or_default();
        }
        Self(known)
    }
}

impl Default for Channels {
    fn default() -> Self {
        BTreeMap::new().into()
    }
}

impl Channels {
    /// How it is with one.
    #[must_use]
    pub fn of(&self, channel: WorkChannel) -> &Readiness {
        &self.0[&channel]
    }

    /// Makes it so with one.
    pub fn set(&mut self, channel: WorkChannel, readiness: Readiness) {
        self.0.insert(channel, readiness);
    }

    /// The same, but for one.
    #[must_use]
    pub fn with(mut self, channel: WorkChannel, readiness: Readiness) -> Self {
        self.set(channel, readiness);
        self
    }

    /// Turns ready on one. Who is already has been since then.
    pub fn turn_ready(&mut self, channel: WorkChannel, now: Millis) {
        if !self.of(channel).is_ready() {
            self.set(channel, Readiness::Ready { since: now });
        }
    }

    /// Not ready on any, for the same reason.
    #[must_use]
    pub fn not_ready(reason: &str) -> Self {
        let not_ready = |channel| (channel, Readiness::NotReady { reason: reason.to_owned() });
        Self(WorkChannel::ALL.into_iter().map(not_ready).collect())
    }

    /// Signed off on all.
    #[must_use]
    pub fn signed_off() -> Self {
        Self(WorkChannel::ALL.into_iter().map(|channel| (channel, Readiness::SignedOff)).collect())
    }

    /// Whether they have signed off, and are not ready for anything since.
    #[must_use]
    pub fn are_signed_off(&self) -> bool {
        WorkChannel::ALL.into_iter().all(|channel| *self.of(channel) == Readiness::SignedOff)
    }
}

/// One word where the channels agree, and each channel's where they do not.
impl fmt::Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = WorkChannel::ALL.map(|channel| (channel.word(), self.of(channel).to_string()));
        let (_, first) = &all[0];
        if all.iter().all(|(_, readiness)| readiness == first) {
            return f.write_str(first);
        }
        f.write_str(&all.map(|(channel, readiness)| format!("{channel} {readiness}")).join(", "))
    }
}

settings! {
    /// An agent as the desk keeps them. A new one is not ready for anything.
    pub struct Agent(who: AgentRef) {
        /// agent takes interactions, supervisor sees and steers the work of others, admin changes the desk.
        "roles" => roles: Vec<Role> = vec![Role::Agent], Kind::Choices(Role::WORDS);
        /// The queues whose interactions this agent is offered.
        "queues" => queues: Vec<super::ids::QueueName> = vec![], Kind::Queues;
        /// How many interactions at a time. Transfers and consultations come on top.
        "capacity.sms" => sms_capacity: u32 = 4, Kind::Number { range: 0..=1_000, unit: "interactions" };
        /// What this agent knows, in short names of your own: languages, products. Queues say what they ask for.
        #[serde(default)]
        "skills" => skills: BTreeSet<String> = BTreeSet::new(), Kind::Names;
        /// Offers are accepted for this agent, as a queue's auto_answer says below.
        #[serde(default)]
        "auto_answer" => auto_answer: Option<super::auto_answer::AutoAnswer> = None, Kind::AutoAnswer;
        /// What this agent may do. Everything by default; a list allows what it names and nothing else.
        "permissions" => permissions: BTreeSet<Permission> = Permission::all(), Kind::Choices(Permission::WORDS);
        /// This agent's own telephone, in E.164, for calls to contacts.
        #[serde(default)]
        "phone" => phone: Option<String> = None,
            Kind::Text { check: e164, is_optional: true }, no effect yet;
    }
    beside {
        /// Their id, Matrix account and name.
        #[serde(flatten)]
        who: AgentRef = who;
        /// Whether they are ready.
        #[serde(default)]
        channels: Channels = Channels::default();
        /// When they last were given or finished work: the one idle for longest is asked first.
        idle_since: Millis = Millis::default();
    }
    with [NAME]
}

/// The [`AgentRef::name`] of an agent.
const NAME: Field = Field {
    name: "name",
    stored: "name",
    kind: Kind::Text { check: checks::filled, is_optional: false },
    text: "The name, for colleagues and in texts to contacts.",
    has_effect: true,
};

impl Agent {
    /// Whether they are this.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// How many interactions of a kind they may have at once.
    #[must_use]
    pub fn capacity_for(&self, channel: WorkChannel) -> u32 {
        match channel {
            WorkChannel::Sms => self.sms_capacity,
            // Nobody is offered IMs.
            WorkChannel::Im => 0,
        }
    }

    /// Whether they are ready for a kind of work.
    #[must_use]
    pub fn is_ready_for(&self, channel: WorkChannel) -> bool {
        self.channels.of(channel).is_ready()
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_700_000_000_000);

    #[test]
    fn channels_are_one_word_where_they_agree_and_one_each_where_not() {
        let mut channels = Channels::default();
        assert_eq!(channels.to_string(), "not ready");
        channels = Channels::not_ready("lunch");
        assert_eq!(channels.to_string(), "not ready (lunch)");
        channels.turn_ready(WorkChannel::Sms, NOW);
        assert_eq!(channels.to_string(), "sms ready, im not ready (lunch)");
        channels.turn_ready(WorkChannel::Im, Millis(NOW.0 + 1));
        assert_eq!(channels.to_string(), "ready", "since when is nobody's difference");
        channels.set(WorkChannel::Sms, Readiness::NotReady { reason: "no answer".to_owned() });
        assert_eq!(channels.to_string(), "sms not ready (no answer), im ready");
    }

    #[test]
    fn whoever_is_ready_for_anything_is_signed_in() {
        let mut channels = Channels::signed_off();
        assert!(channels.are_signed_off());
        assert_eq!(channels.to_string(), "not ready (signed off)");
        channels.turn_ready(WorkChannel::Im, NOW);
        assert!(!channels.are_signed_off());
        assert!(!Channels::not_ready("signed off").are_signed_off(), "a reason is only words");
    }

    #[test]
    fn who_is_ready_already_stays_so_since_then() {
        let mut channels = Channels::default();
        for later in 0..2 {
            channels.turn_ready(WorkChannel::Sms, Millis(NOW.0 + later));
            assert_eq!(channels, Channels::default().with(WorkChannel::Sms, Readiness::Ready { since: NOW }));
        }
    }

    #[test]
    fn an_agent_who_was_kept_without_a_channel_is_not_ready_on_it() {
        let kept: Channels =
            serde_json::from_str(r#"{"sms": {"is": "ready", "since": 1700000000000}}"#).unwrap();
        assert_eq!(kept, Channels::default().with(WorkChannel::Sms, Readiness::Ready { since: NOW }));
    }
}
