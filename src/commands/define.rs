//! Commands of admins that define the desk: queues, our numbers, dispositions. Each is shown and changed by its fields.
//! `!queue` and `!disposition` stand in the families of those who use them, and come here for the rest.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Call, Command, Who, fields, line, targets};
use crate::desk::Tx;
use crate::domain::ids::{ContactId, Number, QueueName};
use crate::domain::interaction::{ContactRef, Disposition, Mode};
use crate::domain::notice::{ListRow, Says};
use crate::domain::queue::{NumberSettings, QueueSettings, Target};
use crate::domain::route::Route;
use crate::domain::text::fill;
use crate::store::{Result, agents, history, lists};

/// The commands of this family. Queues are a supervisor's to look at, see `supervise`.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "number",
    aliases: &["numbers"],
    arguments: "list | show <number> | add <number> <queue> | set <number> <field> <value> | remove <number>",
    does: "define the desk's own numbers and where they lead",
    who: Who::Admins,
    changes: false,
    run: number,
}];

/// What can be done with what is defined.
pub(super) const VERBS: [&str; 5] = ["list", "show", "add", "set", "remove"];

/// A kind of thing that is defined by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A queue.
    Queue,
    /// A number of ours.
    Number,
    /// What conversations are closed with.
    Disposition,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Number => "number",
            Self::Disposition => "disposition",
        }
    }

    /// The field that is the name, which stays.
    fn hidden(self) -> &'static [&'static str] {
        match self {
            Self::Queue | Self::Number => &[],
            Self::Disposition => &["code"],
        }
    }
}

/// `!number …`.
fn number<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    define(tx, call, Kind::Number).boxed()
}

/// Runs `list`, `show`, `add`, `set` and `remove` on things of a kind. Only admins change any.
pub(super) async fn define(tx: &mut Tx<'_>, call: &Call<'_>, kind: Kind) -> Result<()> {
    let (typed, rest) = line::first_word(call.arguments);
    let verb = if typed.is_empty() { Some("list") } else { line::choose(typed, &VERBS) };
    let Some(verb) = verb else { return call.usage(tx, &line::unknown(typed, &VERBS)).await };
    let (name, rest) = line::first_word(rest);
    let name = targets::key(tx, call, name).await?;
    let name = if kind == Kind::Number { name } else { name.to_lowercase() };
    if verb != "list" && name.is_empty() {
        return call.usage(tx, "the name is missing").await;
    }
    if matches!(verb, "add" | "set" | "remove") && !call.allows(tx, Who::Admins).await? {
        return Ok(());
    }
    let known = load(tx, kind, &name).await?;
    match (verb, known) {
        ("list", _) => list(tx, call, kind).await,
        ("add", Some(_)) => call.usage(tx, &format!("there is a {} {name} already", kind.word())).await,
        ("add", None) => add(tx, call, kind, &name, rest).await,
        (_, None) => {
            let what = format!("{} {name}", kind.word());
            call.answer(tx, Says::NoSuchTarget { what }.plainly()).await
        }
        ("set", Some(now)) => set(tx, call, kind, &name, (now, rest)).await,
        ("remove", Some(now)) => remove(tx, call, kind, &name, &now).await,
        (_, Some(now)) => show(tx, call, kind, &name, &now).await,
    }
}

async fn list(tx: &mut Tx<'_>, call: &Call<'_>, kind: Kind) -> Result<()> {
    let names: Vec<String> = match kind {
        Kind::Queue => agents::queues(tx.conn).await?.iter().map(ToString::to_string).collect(),
        Kind::Number => agents::numbers(tx.conn).await?.iter().map(ToString::to_string).collect(),
        Kind::Disposition => {
            lists::defined::<Disposition>(tx.conn).await?.into_iter().map(|defined| defined.code).collect()
        }
    };
    let mut rows = Vec::new();
    for name in names {
        let document = load(tx, kind, &name).await?.unwrap_or_default();
        rows.push(row(&name, &one_line(&document, kind)));
    }
    let title = format!("Defined: {}s", kind.word());
    targets::show(tx, call, &title, rows, format!("{} show {{}}", kind.word())).await
}

async fn show(tx: &mut Tx<'_>, call: &Call<'_>, kind: Kind, name: &str, now: &Value) -> Result<()> {
    let rows = fields::shown(now, kind.hidden()).iter().map(|(field, value)| row(field, value)).collect();
    let run = format!("{} show {name}", kind.word());
    targets::show(tx, call, &format!("{} {name}", kind.word()), rows, run).await
}

pub(super) fn row(title: &str, detail: &str) -> ListRow {
    ListRow {
        key: title.to_owned(),
        title: title.to_owned(),
        detail: detail.to_owned(),
        secs: None,
        room: None,
    }
}

fn one_line(document: &Value, kind: Kind) -> String {
    let fields = fields::shown(document, kind.hidden());
    fields.iter().map(|(field, value)| format!("{field} {value}")).collect::<Vec<_>>().join(", ")
}

async fn add(tx: &mut Tx<'_>, call: &Call<'_>, kind: Kind, name: &str, rest: &str) -> Result<()> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_taken = VERBS.contains(&name) || line::row_number(name).is_some();
    if kind != Kind::Number && (name.len() > 64 || !name.chars().all(is_name) || is_taken) {
        let problem = "a name is made of letters, digits, dots and dashes, and is no number or verb";
        return call.usage(tx, problem).await;
    }
    let document = match kind {
        Kind::Queue => serde_json::to_value(QueueSettings::default()),
        Kind::Number => {
            let target = Target::Queue(QueueName::new(line::first_word(rest).0.to_lowercase()));
            let (mode, mms_mode) = (Mode::Session, Mode::Page);
            serde_json::to_value(NumberSettings { target, mode, mms_mode, case: vec![] })
        }
        Kind::Disposition => {
            let label = line::whole(rest);
            let label = if label.is_empty() { name } else { label }.to_owned();
            serde_json::to_value(Disposition { code: name.to_owned(), label })
        }
    };
    let Ok(document) = document else { return Ok(()) };
    keep(tx, call, kind, name, (None, document)).await
}

async fn set(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    kind: Kind,
    name: &str,
    (now, rest): (Value, &str),
) -> Result<()> {
    let (field, text) = line::first_word(rest);
    let mut document = now.clone();
    if kind == Kind::Number {
        lead_elsewhere(&mut document, field);
    }
    if let Err(problem) = fields::set(&mut document, kind.hidden(), field, line::whole(text)) {
        return call.usage(tx, &problem).await;
    }
    keep(tx, call, kind, name, (Some(now), document)).await
}

/// A number leads to a queue or to a route: setting the one takes the place of the other.
fn lead_elsewhere(document: &mut Value, field: &str) {
    let targets = ["queue", "route"];
    let Some(target) = targets.into_iter().find(|target| target.eq_ignore_ascii_case(field)) else { return };
    if let Value::Object(fields) = document {
        fields.retain(|name, _| !targets.contains(&name.as_str()));
        fields.insert(target.to_owned(), String::new().into());
    }
}

/// Keeps what was defined or changed, if it makes sense, and says what it was before.
async fn keep(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    kind: Kind,
    name: &str,
    (before, after): (Option<Value>, Value),
) -> Result<()> {
    if let Some(problem) = save(tx, call, kind, name, after.clone()).await? {
        return call.usage(tx, &problem).await;
    }
    let before = before.map_or_else(|| "none".to_owned(), |before| one_line(&before, kind));
    call.confirm(tx, &format!("{} {name}", kind.word()), &before, &one_line(&after, kind)).await
}

/// Keeps a document; what is wrong with it, if something is.
async fn save(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    kind: Kind,
    name: &str,
    document: Value,
) -> Result<Option<String>> {
    match kind {
        Kind::Queue => {
            let settings: QueueSettings = match serde_json::from_value(document) {
                Ok(settings) => settings,
                Err(error) => return Ok(Some(error.to_string())),
            };
            for (name, text) in [("signature", &settings.signature), ("voice_text", &settings.voice_text)] {
                let Some(text) = text else { continue };
                let number = Number::new("+15005550006");
                let contact = ContactRef { id: ContactId::new("c-1"), name: "Jane Doe".to_owned(), number };
                if let Err(error) = fill::fill(text, &contact, &call.agent.who) {
                    return Ok(Some(format!("{name} cannot be filled in: {error}")));
                }
            }
            agents::save_queue(tx.conn, &QueueName::new(name), &settings).await?;
        }
        Kind::Number => {
            let settings: NumberSettings = match serde_json::from_value(document) {
                Ok(settings) => settings,
                Err(error) => return Ok(Some(error.to_string())),
            };
            match &settings.target {
                Target::Queue(queue) if agents::queue(tx.conn, queue).await?.is_none() => {
                    return Ok(Some(format!("there is no queue “{queue}”")));
                }
                Target::Route(name) if !routes(tx).await?.iter().any(|route| route.name == *name) => {
                    return Ok(Some(format!("there is no route “{name}”")));
                }
                Target::Queue(_) | Target::Route(_) => {}
            }
            agents::save_number(tx.conn, &Number::new(name), &settings).await?;
        }
        Kind::Disposition => match serde_json::from_value::<Disposition>(document) {
            Ok(defined) => lists::define(tx.conn, &defined).await?,
            Err(error) => return Ok(Some(error.to_string())),
        },
    }
    Ok(None)
}

async fn load(tx: &mut Tx<'_>, kind: Kind, name: &str) -> Result<Option<Value>> {
    Ok(match kind {
        Kind::Queue => {
            let settings = agents::queue(tx.conn, &QueueName::new(name)).await?;
            settings.and_then(|settings| serde_json::to_value(settings).ok())
        }
        Kind::Number => {
            let settings = agents::number(tx.conn, &Number::new(name)).await?;
            settings.and_then(|settings| serde_json::to_value(settings).ok())
        }
        Kind::Disposition => {
            let all: Vec<Disposition> = lists::defined(tx.conn).await?;
            let defined = all.into_iter().find(|defined| defined.code == name);
            defined.and_then(|defined| serde_json::to_value(defined).ok())
        }
    })
}

async fn remove(tx: &mut Tx<'_>, call: &Call<'_>, kind: Kind, name: &str, now: &Value) -> Result<()> {
    match kind {
        Kind::Queue => {
            let queue = QueueName::new(name);
            if let Some(why) = still_used(tx, &queue).await? {
                let who = format!("Queue {name}");
                return call.answer(tx, Says::TargetUnavailable { who, why }.plainly()).await;
            }
            agents::remove_queue(tx.conn, &queue).await?;
        }
        Kind::Number => agents::remove_number(tx.conn, &Number::new(name)).await?,
        Kind::Disposition => drop(lists::undefine::<Disposition>(tx.conn, name).await?),
    }
    call.confirm(tx, &format!("{} {name}", kind.word()), &one_line(now, kind), "none").await
}

async fn routes(tx: &mut Tx<'_>) -> Result<Vec<Route>> {
    lists::defined(tx.conn).await
}

/// What would be left without its queue.
async fn still_used(tx: &mut Tx<'_>, queue: &QueueName) -> Result<Option<String>> {
    for number in agents::numbers(tx.conn).await? {
        if agents::number(tx.conn, &number)
            .await?
            .is_some_and(|settings| settings.target == Target::Queue(queue.clone()))
        {
            return Ok(Some(format!("texts to {number} go there; set that number's queue first")));
        }
    }
    for route in routes(tx).await? {
        if route.otherwise == *queue || route.rules.iter().any(|rule| rule.queue == *queue) {
            return Ok(Some(format!("route {} leads there", route.name)));
        }
    }
    if agents::all(tx.conn).await?.iter().any(|agent| agent.queues.contains(queue)) {
        return Ok(Some("it has members; set their queues first".to_owned()));
    }
    let open = history::not_done(tx.conn).await?;
    Ok(open.iter().any(|open| open.queue == *queue).then(|| "it has open conversations".to_owned()))
}
