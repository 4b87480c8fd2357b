//! `desk`: agents, queues and texts. At start, what is named here is created or updated in the database; what is
//! not named is left alone. What of it can change while the desk runs is in `settings`.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use ruma::{OwnedUserId, UserId};

use super::check;
use super::choice::{choice, parse_choice, words};
use super::read::Fields;
use super::routing;
use crate::domain::address::Address;
use crate::domain::agent::{Permission, Role};
use crate::domain::hours::Hours;
use crate::domain::ids::{AgentId, QueueName};
use crate::domain::interaction::{Disposition, DispositionRule};
use crate::domain::queue::{AutoAnswer, Routing};
use crate::domain::route::Route;
use crate::domain::sound;
use crate::domain::talk::{ImPresence, Predefined};
use crate::domain::text::fill::Response;

/// The desk, but for its settings.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What happens to words that are not in the dictionary.
    pub spelling: Spelling,
    /// Users who are admins without being agents.
    pub admins: Vec<OwnedUserId>,
    /// Agents.
    pub agents: Vec<Agent>,
    /// Queues.
    pub queues: Vec<Queue>,
    /// Routes.
    pub routes: Vec<Route>,
    /// What an interaction may be closed with.
    pub dispositions: Vec<Disposition>,
    /// Standard responses to contacts.
    pub responses: Vec<Response>,
    /// Messages an IM or consultation can begin with.
    pub predefined: Vec<Predefined>,
}

choice!(
    /// What happens to words that are not in the dictionary.
    Spelling {
        /// Nothing.
        Off = "off",
        /// The text is sent and a notice lists them.
        Hint = "hint",
        /// The text waits until its author confirms it.
        Confirm = "confirm",
    }
);

words!(ImPresence { Desk = "desk", Matrix = "matrix", Off = "off", });

words!(Role { Agent = "agent", Supervisor = "supervisor", Admin = "admin", });

words!(Permission {
    Im = "im",
    SmsOutbound = "sms_outbound",
    MmsSend = "mms_send",
    MediaSave = "media_save",
    Call = "call",
    Email = "email",
    Callback = "callback",
    ContactEdit = "contact_edit",
    CaseEdit = "case_edit",
    Transfer = "transfer",
    Consult = "consult",
    SeeNumbers = "see_numbers",
});

words!(DispositionRule { Optional = "optional", Mandatory = "mandatory", None = "none", });

words!(Routing { Push = "push", Pick = "pick", });

/// A person of the desk.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The short name colleagues type.
    pub id: AgentId,
    /// Their Matrix user.
    pub user: OwnedUserId,
    /// Their name, for colleagues and in texts to contacts.
    pub name: String,
    /// What they are.
    pub roles: BTreeSet<Role>,
    /// The queues whose interactions they are offered.
    pub queues: Vec<QueueName>,
    /// How much they take at a time.
    pub capacity: Capacity,
    /// What they know.
    pub skills: BTreeSet<String>,
    /// How offers are accepted for them, where it is not their queue that says so.
    pub auto_answer: Option<AutoAnswer>,
    /// What they may do.
    pub permissions: BTreeSet<Permission>,
    /// Their own telephone, for calls through the provider.
    pub phone: Option<Address>,
}

/// How many interactions an agent is offered at a time, per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// SMS interactions. Transfers and consultations do not count.
    pub sms: u32,
}

/// Where interactions wait.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Its name.
    pub name: QueueName,
    /// How it finds an agent.
    pub routing: Routing,
    /// What an agent must know to be offered its interactions.
    pub skills: Vec<String>,
    /// The priority of its interactions, in points of a minute each.
    pub priority: i64,
    /// How its offers are accepted for agents.
    pub auto_answer: Option<AutoAnswer>,
    /// Whether its interactions need a disposition.
    pub disposition: DispositionRule,
    /// How long an offer stands.
    pub offer: Duration,
    /// How long a session lives in which nothing is said.
    pub session_expiry: Duration,
    /// How long an agent's message waits before it is sent, and can be taken back; zero to send at once.
    pub undo: Duration,
    /// A template put after each owner's first message.
    pub signature: Option<String>,
    /// When it is open; always if nothing is said.
    pub hours: Option<Hours>,
    /// A template sent to a contact for whom nobody is ready.
    pub waiting_text: Option<String>,
    /// A template sent to a contact who writes outside opening hours.
    pub closed_text: Option<String>,
    /// A template sent to a contact whose agent goes to speak with a colleague.
    pub voice_text: Option<String>,
    /// Case data that every interaction of this queue begins with, in order.
    pub case: Vec<(String, String)>,
}

impl Desk {
    /// Reads the section, but for what can change while the desk runs. `zone` is the time zone of hours that name none;
    /// `owns` tells whether a user is the bridge's own, who can be no agent.
    pub(super) fn read(fields: &Fields<'_>, zone: &str, owns: &dyn Fn(&UserId) -> bool) -> Self {
        let mut seen = HashMap::new();
        let queues = fields.sections("queues", |queue| Queue::read(queue, zone, &mut seen));
        let names: Vec<String> = queues.iter().map(|queue| queue.name.to_string()).collect();
        let mut routes = HashMap::new();
        let routes = fields.sections("routes", |route| routing::route(route, &names, zone, &mut routes));
        let (mut ids, mut users) = (HashMap::new(), HashMap::new());
        let person = |text: &str| {
            let user = check::user_id(text)?;
            if owns(&user) { Err("is the bridge's own user".to_owned()) } else { Ok(user) }
        };
        let mut read_agent = |agent: &Fields<'_>| Agent::read(agent, &queues, &person, &mut ids, &mut users);
        let agents = fields.sections("agents", &mut read_agent);
        Self {
            spelling: fields.choice("spelling", Spelling::Off),
            admins: fields.list("admins", person).unwrap_or_default(),
            agents,
            queues,
            routes,
            dispositions: fields
                .texts("dispositions", "code", "label", check::text, |code| Some(code.to_owned()))
                .map(|(code, label)| Disposition { code, label })
                .collect(),
            responses: fields
                .texts("responses", "shortcut", "text", check::signed, |_| None)
                .map(|(shortcut, text)| Response { shortcut, text })
                .collect(),
            predefined: fields
                .texts("predefined", "key", "text", check::text, |_| None)
                .map(|(key, text)| Predefined { key, text })
                .collect(),
        }
    }
}

impl Agent {
    fn read(
        fields: &Fields<'_>,
        queues: &[Queue],
        person: &dyn Fn(&str) -> Result<OwnedUserId, String>,
        ids: &mut HashMap<String, String>,
        users: &mut HashMap<String, String>,
    ) -> Option<Self> {
        let id = fields.required("id", check::name);
        let user = fields.required("user", person);
        if let Some(id) = &id {
            fields.unique(ids, "id", id);
        }
        if let Some(user) = &user {
            fields.unique(users, "user", user.as_str());
        }
        let names: Vec<String> = queues.iter().map(|queue| queue.name.to_string()).collect();
        let queue = |text: &str| check::one_of(text, &names, "a queue of desk.queues").map(QueueName::new);
        let name = fields.optional("name", check::text);
        let roles = fields.list("roles", parse_choice);
        let queues = fields.list("queues", queue).unwrap_or_default();
        let capacity =
            fields.section("capacity", |c| Capacity { sms: c.count("sms", 4, sound::SMS_CAPACITY) });
        let skills = fields.list("skills", check::name).unwrap_or_default();
        let auto_answer = routing::auto_answer(fields);
        let permissions = fields.list("permissions", parse_choice);
        let phone = fields.optional("phone", Address::parse);
        let id = id?;
        Some(Self {
            name: name.unwrap_or_else(|| id.clone()),
            id: AgentId::new(id),
            user: user?,
            roles: roles.map_or_else(|| BTreeSet::from([Role::Agent]), BTreeSet::from_iter),
            queues,
            capacity,
            skills: skills.into_iter().collect(),
            auto_answer,
            permissions: permissions.map_or_else(all_permissions, BTreeSet::from_iter),
            phone,
        })
    }
}

/// What an agent may do of whom nothing else is said.
#[must_use]
pub fn all_permissions() -> BTreeSet<Permission> {
    Permission::all()
}

impl Queue {
    fn read(fields: &Fields<'_>, zone: &str, seen: &mut HashMap<String, String>) -> Option<Self> {
        let name = fields.required("name", check::name);
        if let Some(name) = &name {
            fields.unique(seen, "name", name);
        }
        let routing = fields.choice("routing", Routing::Push);
        let skills = fields.list("skills", check::name).unwrap_or_default();
        let priority = routing::priority(fields);
        let auto_answer = routing::auto_answer(fields);
        let hours = routing::hours(fields, zone);
        let disposition = fields.choice("disposition", DispositionRule::Optional);
        let offer = fields.secs("offer_secs", 60, sound::OFFER_SECS);
        let session_expiry = fields.secs("session_expiry_secs", 86_400, sound::EXPIRY_SECS);
        let undo = fields.secs("undo_secs", 3, sound::UNDO_SECS);
        let signature = fields.optional("signature", check::signed);
        let waiting_text = fields.optional("waiting_text", check::unsigned);
        let closed_text = fields.optional("closed_text", check::unsigned);
        let voice_text = fields.optional("voice_text", check::signed);
        let case = fields.pairs("case");
        let name = QueueName::new(name?);
        Some(Self {
            name,
            routing,
            skills,
            priority,
            auto_answer,
            disposition,
            offer,
            session_expiry,
            undo,
            signature,
            hours,
            waiting_text,
            closed_text,
            voice_text,
            case,
        })
    }
}

impl Fields<'_> {
    /// A list of texts with a name each, unique in it: the name under `name_key`, the text under `text_key`.
    /// `default` makes the text of one that gives none.
    fn texts(
        &self,
        list: &str,
        name_key: &str,
        text_key: &str,
        check: fn(&str) -> Result<String, String>,
        default: fn(&str) -> Option<String>,
    ) -> impl Iterator<Item = (String, String)> {
        let mut seen = HashMap::new();
        let items = self.sections(list, |item| {
            let name = item.required(name_key, check::name);
            if let Some(name) = &name {
                item.unique(&mut seen, name_key, name);
            }
            let text = match name.as_deref().and_then(default) {
                Some(default) => Some(item.value(text_key, default, check)),
                None => item.required(text_key, check),
            };
            Some((name?, text?))
        });
        items.into_iter()
    }
}
