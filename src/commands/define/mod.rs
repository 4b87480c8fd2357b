//! Commands of admins that define the desk: queues, our numbers, routes, dispositions, texts. Each is shown
//! and changed field by field. `!queue` and `!disposition` belong to other families, and call this one for
//! the part that admins have.
//!
//! The commands are here; each kind of thing, with its checks and how it is kept, is in `kinds`.

pub(super) mod config;
mod kinds;
mod media;
mod overflow;
mod rules;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Call, Command, Holds, Who, erasing, fields, line, targets};
use crate::commit::Tx;
use crate::domain::notice::{ListRow, Missing, Problem, Refusal, Says};
use crate::domain::text::{numbers, sanitize};
use crate::store::Result;

pub(super) use self::kinds::{Kind, VERBS};

/// The commands of this family. Queues are a supervisor's to look at, see `supervise`.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "number",
        aliases: &["numbers"],
        arguments: "list [words] | show <number> | add <number> <queue or route:name> | set <number> <field> <value> | remove <number>",
        does: "define the desk's own numbers; and where they lead",
        who: Who::Admins,
        changes: false,
        run: number,
    },
    Command {
        name: "route",
        aliases: &["routes"],
        arguments: "list [words] | show <name> | add <name> <queue> | set <name> otherwise <queue> | \
                    set <name> <rule>.<field> <value> | set <name> <rule> none | remove <name>",
        does: "define rules that pick a queue; the first that fits decides, and a new one begins with what it is for: \
               set main 1.keywords sales",
        who: Who::Admins,
        changes: false,
        run: route,
    },
    Command {
        name: "reason",
        aliases: &["reasons"],
        arguments: "list [words] | show <code> | add <code> [label] | set <code> <field> <value> | remove <code>",
        does: "define reasons not to be ready; with max_secs the agent and their supervisors are told when it takes longer",
        who: Who::Admins,
        changes: false,
        run: reason,
    },
    Command {
        name: "response",
        aliases: &[],
        arguments: "list [words] | show <shortcut> | add <shortcut> <text> | set <shortcut> <field> <value> | remove <shortcut>",
        does: "define standard responses to contacts; the fields are text, category, queues, lang, ask, media and \
               then. Media this, as a reply to a picture or file, sends that with it; media add this keeps those that \
               are there. Filled in are contact, agent, queue, case and desk, like {{ contact.name | default(\"there\") }}. With \
               ask order, and then {{ order }} in the text, the agent is asked for it; with then case set order {{ order }}; \
               done solved the commands follow. None empties a field",
        who: Who::Admins,
        changes: false,
        run: response,
    },
    Command {
        name: "predefined",
        aliases: &[],
        arguments: "list [words] | show <key> | add <key> <text> | set <key> text <text> | remove <key>",
        does: "define messages to begin an IM with; or a consult",
        who: Who::Admins,
        changes: false,
        run: predefined,
    },
];

/// `!number …`.
fn number<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    define(tx, call, Kind::Number).boxed()
}

/// `!route …`.
fn route<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    define(tx, call, Kind::Route).boxed()
}

/// `!reason …`.
fn reason<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    define(tx, call, Kind::Reason).boxed()
}

/// `!response …`.
fn response<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    define(tx, call, Kind::Response).boxed()
}

/// `!predefined …`.
fn predefined<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    define(tx, call, Kind::Predefined).boxed()
}

/// Runs `list`, `show`, `add`, `set` and `remove` on things of a kind. Only admins change any.
pub(super) async fn define(tx: &mut Tx<'_>, call: &Call<'_>, kind: Kind) -> Result<()> {
    let (typed, rest) = line::first_word(call.arguments);
    let verb = if typed.is_empty() { Some("list") } else { line::choose(typed, &VERBS) };
    let Some(verb) = verb else { return call.usage(tx, Problem::unknown(typed, &VERBS)).await };
    let spelt = |text| numbers::typed(text, &tx.settings.desk.country).filter(|_| kind == Kind::Number);
    let listed = line::value(rest);
    let (word, behind) = line::first_word(rest);
    let (name, rest) = match (spelt(rest), spelt(word)) {
        (Some((number, rest)), _) => (number.value().to_owned(), rest),
        (None, Some((number, ""))) => (number.value().to_owned(), behind),
        // What is to be new is in no list.
        (None, _) if verb == "add" => (word.to_lowercase(), behind),
        (None, _) => (targets::key(tx, call, word).await?.to_lowercase(), behind),
    };
    if verb != "list" && name.is_empty() {
        return call.usage(tx, Problem::NameMissing).await;
    }
    if matches!(verb, "add" | "set" | "remove") && !call.allows(tx, Who::Admins).await? {
        return Ok(());
    }
    let known = kind.load(tx, &name).await?;
    match (verb, known) {
        ("list", _) => list(tx, call, kind, listed).await,
        ("add", Some(_)) => call.usage(tx, Problem::Exists { kind: kind.word().to_owned(), name }).await,
        ("add", None) => add(tx, call, kind, &name, rest).await,
        (_, None) => {
            call.answer(tx, Says::no_such(Missing::named(kind.word(), &name), kind.word()).plainly()).await
        }
        ("set", Some(now)) => set(tx, call, kind, &name, (now, rest)).await,
        ("remove", Some(now)) => remove(tx, call, kind, &name, (&now, rest)).await,
        (_, Some(now)) => show(tx, call, kind, &name, &now).await,
    }
}

/// Lists those that have all of these words, in their names or in what they are set to.
async fn list(tx: &mut Tx<'_>, call: &Call<'_>, kind: Kind, words: &str) -> Result<()> {
    let sought: Vec<String> = line::words(words).into_iter().map(str::to_lowercase).collect();
    let mut rows = Vec::new();
    for name in kind.names(tx).await? {
        let document = kind.load(tx, &name).await?.unwrap_or_default();
        let detail = one_line(&document, kind);
        let all = format!("{name} {detail}").to_lowercase();
        if sought.iter().all(|word| all.contains(word)) {
            rows.push(row(&name, &detail));
        }
    }
    let title = match words {
        "" => format!("Defined: {}", kind.plural()),
        words => format!("Defined: {} with “{}”", kind.plural(), sanitize::short_line(words, 40)),
    };
    targets::show(tx, call, &title, rows, format!("{} show {{}}", kind.word())).await
}

async fn show(tx: &mut Tx<'_>, call: &Call<'_>, kind: Kind, name: &str, now: &Value) -> Result<()> {
    let rows = fields::shown(now, kind.table()).iter().map(|(field, value)| row(field, value)).collect();
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
    let fields = fields::shown(document, kind.table());
    fields.iter().map(|(field, value)| format!("{field} {value}")).collect::<Vec<_>>().join(", ")
}

async fn add(tx: &mut Tx<'_>, call: &Call<'_>, kind: Kind, name: &str, rest: &str) -> Result<()> {
    let document = match kind.begun(name, rest) {
        Ok(document) => document,
        Err(problem) => return call.bad_value(tx, &problem).await,
    };
    keep(tx, call, kind, name, (None, document)).await?;
    // A response that is added in reply to a picture or file holds that.
    match call.said.reply_to.filter(|_| kind == Kind::Response) {
        Some(of) if kind.load(tx, name).await?.is_some() => {
            media::look(tx, call, (name, false, false), of).await
        }
        _ => Ok(()),
    }
}

async fn set(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    kind: Kind,
    name: &str,
    (now, rest): (Value, &str),
) -> Result<()> {
    let (field, text) = line::first_word(rest);
    let erases = kind == Kind::Queue && field.to_lowercase().starts_with("retention_");
    let (text, is_confirmed) = if erases { erasing::confirmed(text) } else { (text, false) };
    let mut document = now.clone();
    let number = numbers::typed(line::value(text), &tx.settings.desk.country);
    let number = number.filter(|(_, behind)| field.ends_with(".number") && behind.is_empty());
    let text = number.as_ref().map_or(text, |(number, _)| number.value());
    let files = if kind == Kind::Response && field.eq_ignore_ascii_case(media::MEDIA) {
        let Some(files) = media::typed(tx, call, (name, &now), text).await? else { return Ok(()) };
        Some(files)
    } else {
        None
    };
    let text = files.as_deref().unwrap_or(text);
    let zone = &tx.settings.desk.time_zone;
    if !kind.reshape(&mut document, field, line::value(text))
        && let Err(problem) = fields::set(&mut document, kind.table(), (field, text), zone)
    {
        return call.bad_value(tx, &problem).await;
    }
    if erases && !is_confirmed {
        let run = format!("{} set {name} {field} {text}", kind.word());
        if erasing::asks_of_queue(tx, call, name, (&now, &document), &run).await? {
            return Ok(());
        }
    }
    keep(tx, call, kind, name, (Some(now), document)).await
}

/// Keeps what was defined or changed, if it is valid, and says what it was before.
async fn keep(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    kind: Kind,
    name: &str,
    (before, after): (Option<Value>, Value),
) -> Result<()> {
    if kind == Kind::Response && media::is_of_customer(tx, &after).await? {
        return call.answer(tx, Says::Refused { why: Refusal::FileNotTheirs }.plainly()).await;
    }
    if let Err(problem) = kind.save(tx, name, after.clone()).await? {
        return call.bad_value(tx, &problem).await;
    }
    let until_start = config::wins(tx, kind, name, (before.as_ref(), Some(&after)));
    let only_new = before.as_ref().is_some_and(|before| kind.is_for_new(tx, before, &after));
    let (before, shown) = match before {
        Some(before) => fields::changed(&before, &after, kind.table()),
        None => ("none".to_owned(), one_line(&after, kind)),
    };
    let after = match kind.unfinished(&after) {
        Some(unfinished) => format!("{shown} ({unfinished})"),
        None => shown,
    };
    let what = format!("{} {name}", kind.word());
    call.confirm_as((tx, Holds { until_start, only_new }), &what, &before, &after).await
}

async fn remove(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    kind: Kind,
    name: &str,
    (now, rest): (&Value, &str),
) -> Result<()> {
    if let Some(user) = kind.still_used(tx, name).await? {
        let why = Refusal::StillUsed { kind: kind.word().to_owned(), name: name.to_owned(), user };
        return call.answer(tx, Says::Refused { why }.plainly()).await;
    }
    // What it had is kept as long as the desk keeps it, once it is gone.
    if kind == Kind::Queue && !erasing::confirmed(rest).1 {
        let run = format!("{} remove {name}", kind.word());
        if erasing::asks_without_queue(tx, call, (name, now), &run).await? {
            return Ok(());
        }
    }
    kind.remove(tx, name).await?;
    let holds = Holds { until_start: config::wins(tx, kind, name, (Some(now), None)), only_new: false };
    let what = format!("{} {name}", kind.word());
    call.confirm_as((tx, holds), &what, &one_line(now, kind), "none").await
}
