//! `desk`: agents, queues and texts. At start, what is named here is created or updated in the database; what
//! is not named is left alone. What of it can change while the desk runs is in `settings`.

use std::collections::HashMap;
use std::path::PathBuf;

use ruma::{OwnedUserId, UserId};

use super::check;
use super::overflow;
use super::routing;
use super::table::{self, Known, given, made, unsaid};
use crate::domain::agent::{Agent, AgentRef};
use crate::domain::ids::{AgentId, QueueName};
use crate::domain::input::Unsaid;
use crate::domain::interaction::Disposition;
use crate::domain::not_ready::Reason;
use crate::domain::queue::QueueSettings;
use crate::domain::response::Response;
use crate::domain::route::Route;
use crate::domain::settings::Table as _;
use crate::domain::talk::Predefined;
use crate::yaml::Fields;

/// The desk, but for its settings.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Users who are admins without being agents.
    pub admins: Vec<OwnedUserId>,
    /// Agents.
    pub agents: Vec<Agent>,
    /// Queues.
    pub queues: Vec<(QueueName, QueueSettings)>,
    /// Routes.
    pub routes: Vec<Route>,
    /// What an interaction may be closed with.
    pub dispositions: Vec<Disposition>,
    /// The reasons for which agents are not ready.
    pub not_ready: Vec<Reason>,
    /// Standard responses to contacts.
    pub responses: Vec<Response>,
    /// Messages an IM or consultation can begin with.
    pub predefined: Vec<Predefined>,
    /// A folder with dictionaries, besides those that are built in.
    pub dictionaries: Option<PathBuf>,
    /// What of all these is not named.
    pub unsaid: Unsaid,
}

impl Desk {
    /// Reads the section, but for what can change while the desk runs. `zone` is the time zone of hours that
    /// name none; `owns` tells whether a user is the bridge's own, who can be no agent.
    pub(super) fn read(fields: &Fields<'_>, zone: &str, owns: &dyn Fn(&UserId) -> bool) -> Self {
        let mut seen = HashMap::new();
        let may_name = overflow::known(fields);
        let known = Known { zone, queues: &[], overflow: Some(&may_name) };
        let mut unsaid = Unsaid::default();
        let queues =
            fields.sections("queues", |fields| queue(fields, known, (&mut seen, &mut unsaid.queues)));
        let names: Vec<String> = queues.iter().map(|(name, _)| name.to_string()).collect();
        let known = Known { queues: &names, ..known };
        let (mut shortcuts, mut codes) = (HashMap::new(), HashMap::new());
        let not_ready =
            fields.sections("not_ready", |fields| reason(fields, known, (&mut codes, &mut unsaid.reasons)));
        let mut routes = HashMap::new();
        let routes = fields
            .sections("routes", |route| routing::route(route, known, (&mut routes, &mut unsaid.routes)));
        let (mut ids, mut users) = (HashMap::new(), HashMap::new());
        let person = |text: &str| {
            let user = check::user_id(text)?;
            if owns(&user) { Err("is the bridge's own user".to_owned()) } else { Ok(user) }
        };
        let agents = fields.sections("agents", |fields| {
            agent(fields, (known, &person), (&mut ids, &mut users), &mut unsaid)
        });
        Self {
            admins: fields.list("admins", person).unwrap_or_default(),
            agents,
            queues,
            routes,
            dispositions: fields
                .texts("dispositions", ("code", "label"), check::text, |code| {
                    unsaid.dispositions.push(code.to_owned());
                    Some(code.to_owned())
                })
                .map(|(code, label)| Disposition { code, label })
                .collect(),
            not_ready,
            responses: fields.sections("responses", |fields| response(fields, known, &mut shortcuts)),
            predefined: fields
                .texts("predefined", ("key", "text"), check::text, |_| None)
                .map(|(key, text)| Predefined { key, text })
                .collect(),
            dictionaries: fields.optional("dictionaries", check::text).map(PathBuf::from),
            unsaid,
        }
    }
}

/// Reads the user of a person, or says what is wrong with it.
type Person<'p> = &'p dyn Fn(&str) -> Result<OwnedUserId, String>;

/// Reads an agent.
fn agent(
    fields: &Fields<'_>,
    (known, person): (Known<'_>, Person<'_>),
    (ids, users): (&mut HashMap<String, String>, &mut HashMap<String, String>),
    all_unsaid: &mut Unsaid,
) -> Option<Agent> {
    let id = fields.required("id", check::name);
    let user = fields.required("user", person);
    if let Some(id) = &id {
        fields.unique(ids, "id", id);
    }
    if let Some(user) = &user {
        fields.unique(users, "user", user.as_str());
    }
    let given = given(fields, Agent::FIELDS, "", known);
    let (id, user) = (id?, user?);
    let who = AgentRef { name: id.clone(), id: AgentId::new(id), user };
    all_unsaid.agents.push((who.id.clone(), unsaid(Agent::FIELDS, &given)));
    made(fields, &Agent::new(who), given)
}

/// Reads a queue.
fn queue(
    fields: &Fields<'_>,
    known: Known<'_>,
    (seen, all_unsaid): (&mut HashMap<String, String>, &mut table::Unsaid<QueueName>),
) -> Option<(QueueName, QueueSettings)> {
    let name = fields.required("name", check::name);
    if let Some(name) = &name {
        fields.unique(seen, "name", name);
    }
    let given = given(fields, QueueSettings::FIELDS, "", known);
    let name = QueueName::new(name?);
    all_unsaid.push((name.clone(), unsaid(QueueSettings::FIELDS, &given)));
    Some((name, made(fields, &QueueSettings::new(), given)?))
}

/// Reads a reason not to be ready.
fn reason(
    fields: &Fields<'_>,
    known: Known<'_>,
    (seen, all_unsaid): (&mut HashMap<String, String>, &mut table::Unsaid<String>),
) -> Option<Reason> {
    let code = fields.required("code", check::name);
    if let Some(code) = &code {
        fields.unique(seen, "code", code);
    }
    let given = given(fields, Reason::FIELDS, "", known);
    let code = code?;
    all_unsaid.push((code.clone(), unsaid(Reason::FIELDS, &given)));
    made(fields, &Reason::new(code), given)
}

/// Reads a standard response.
fn response(fields: &Fields<'_>, known: Known<'_>, seen: &mut HashMap<String, String>) -> Option<Response> {
    let shortcut = fields.required("shortcut", check::name);
    if let Some(shortcut) = &shortcut {
        fields.unique(seen, "shortcut", shortcut);
    }
    if fields.get("text").is_none() {
        fields.mistake("text", "is missing");
    }
    let given = given(fields, Response::FIELDS, "", known);
    // What is missing or wrong was noted; without a text there is nothing more to look at.
    given.get("text")?;
    let response = made(fields, &Response::new(shortcut?, String::new()), given)?;
    if let Err((field, problem)) = response.checked() {
        fields.mistake(field, problem);
        return None;
    }
    Some(response)
}

impl Fields<'_> {
    /// A list of texts with a name each, unique in it: the name under `name_key`, the text under `text_key`.
    /// `default` makes the text of one that gives none, and is asked of no other.
    fn texts(
        &self,
        list: &str,
        (name_key, text_key): (&str, &str),
        check: fn(&str) -> Result<String, String>,
        mut default: impl FnMut(&str) -> Option<String>,
    ) -> impl Iterator<Item = (String, String)> {
        let mut seen = HashMap::new();
        let items = self.sections(list, |item| {
            let name = item.required(name_key, check::name);
            if let Some(name) = &name {
                item.unique(&mut seen, name_key, name);
            }
            let is_given = item.get(text_key).is_some();
            let text = match name.as_deref().filter(|_| !is_given).and_then(&mut default) {
                Some(default) => Some(default),
                None => item.required(text_key, check),
            };
            Some((name?, text?))
        });
        items.into_iter()
    }
}
