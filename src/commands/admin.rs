//! Commands of admins about people and what went wrong. What the desk is made of is in `define`.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::{OwnedUserId, UserId};

use super::define::{VERBS, row};
use super::{Call, Command, Who, fields, line, targets};
use crate::acts::aside::try_again;
use crate::acts::channels::lines as channel_lines;
use crate::acts::people::{not_new, remove_agent, save_agent};
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::agent::{Agent, AgentRef, Channels, Permission, Role, WorkChannel};
use crate::domain::effect::Effect;
use crate::domain::ids::AgentId;
use crate::domain::lane::LaneKind;
use crate::domain::notice::{ListRow, Says};
use crate::domain::sound;
use crate::domain::text::sanitize;
use crate::store::{Result, agents, audit, history, outbox, upkeep};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "agent",
        aliases: &[],
        arguments: "list | show <id> | add <id> <@user:server> [name] | set <id> <field> <value> | remove <id>",
        does: "define who works at the desk; and what they may do",
        who: Who::Admins,
        changes: false,
        run: agent,
    },
    Command {
        name: "audit",
        aliases: &[],
        arguments: "[words]",
        does: "show who changed what; newest first",
        who: Who::Admins,
        changes: false,
        run: log,
    },
    Command {
        name: "retry",
        aliases: &[],
        arguments: "[id]",
        does: "list what was set aside; or try one of it again",
        who: Who::Admins,
        changes: true,
        run: retry,
    },
];

/// How many lines of the audit log, or of what was set aside, are shown.
const SHOWN: usize = 20;
/// The fields of an agent that are nobody's to set.
const HIDDEN: [&str; 4] = ["id", "user", "channels", "idle_since"];
/// What a new agent may have at once.
const CAPACITY: u32 = 4;

/// `!agent …`.
fn agent<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (typed, rest) = line::first_word(call.arguments);
        let verb = if typed.is_empty() { Some("list") } else { line::choose(typed, &VERBS) };
        let Some(verb) = verb else { return call.usage(tx, &line::unknown(typed, &VERBS)).await };
        let (word, rest) = match call.person(tx, rest).await? {
            // Behind the name of whom to show or remove stands nothing: all of it is the name.
            (_, behind) if !behind.is_empty() && matches!(verb, "show" | "remove") => (line::value(rest), ""),
            word => word,
        };
        if verb == "list" {
            let everyone = agents::all(tx.db().await?).await?;
            let rows = everyone.iter().map(|agent| row(agent.who.id.as_str(), &in_words(agent))).collect();
            return targets::show(tx, call, "Defined: agents", rows, "agent show {}".to_owned()).await;
        }
        if word.is_empty() {
            return call.usage(tx, "say which agent").await;
        }
        if verb == "add" {
            return add(tx, call, word, rest).await;
        }
        let Some(found) = targets::agent(tx, call, word, (verb, rest)).await? else { return Ok(()) };
        match verb {
            "set" => set(tx, call, &found, rest).await,
            "remove" => remove(tx, call, &found).await,
            _ => {
                let document = serde_json::to_value(&found).unwrap_or_default();
                let user = row("user", found.who.user.as_str());
                let fields = fields::shown(&document, &HIDDEN);
                let fields = fields.iter().map(|(field, value)| row(field, value));
                let rows = std::iter::once(user).chain(fields).collect();
                let id = &found.who.id;
                targets::show(tx, call, &format!("agent {id}"), rows, format!("agent show {id}")).await
            }
        }
    }
    .boxed()
}

fn in_words(agent: &Agent) -> String {
    let document = serde_json::to_value(agent).unwrap_or_default();
    let fields = fields::shown(&document, &HIDDEN);
    fields.iter().map(|(field, value)| format!("{field} {value}")).collect::<Vec<_>>().join(", ")
}

/// Adds an agent, once the homeserver says that there is such a user.
async fn add(tx: &mut Tx<'_>, call: &Call<'_>, id: &str, rest: &str) -> Result<()> {
    let id = id.to_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if id.len() > 64 || !id.chars().all(fits) || id.chars().all(|c| c.is_ascii_digit()) {
        return call.usage(tx, "an id is made of letters, digits, dots and dashes, and is no number").await;
    }
    let (user, name) = call.person(tx, rest).await?;
    let Ok(user): std::result::Result<OwnedUserId, _> = UserId::parse(user) else {
        return call.usage(tx, "name their Matrix user, like @alice:example.org").await;
    };
    if user == tx.settings.bot {
        return call.usage(tx, "that is me").await;
    }
    let name = sanitize::name(line::value(name));
    let name = if name.is_empty() { id.clone() } else { name };
    let who = AgentRef { id: AgentId::new(id), user, name };
    if let Some(why) = not_new(tx.db().await?, &who).await? {
        return call.usage(tx, &why).await;
    }
    let newcomer = Agent {
        who,
        roles: vec![Role::Agent],
        permissions: Permission::all(),
        queues: vec![],
        capacity: [(WorkChannel::Sms, CAPACITY)].into(),
        skills: std::collections::BTreeSet::new(),
        auto_answer: None,
        channels: Channels::default(),
        idle_since: Millis::default(),
    };
    tx.emit(Effect::MeetAgent { agent: Box::new(newcomer), by: call.agent.who.id.clone() }).await
}

async fn set(tx: &mut Tx<'_>, call: &Call<'_>, found: &Agent, rest: &str) -> Result<()> {
    let (field, text) = line::first_word(rest);
    let mut document = serde_json::to_value(found).unwrap_or_default();
    let zone = &tx.settings.desk.time_zone;
    if let Err(problem) = fields::set(&mut document, &HIDDEN, (field, text), zone) {
        return call.usage(tx, &problem).await;
    }
    let changed: Agent = match fields::read(document) {
        Ok(changed) => changed,
        Err(problem) => return call.usage(tx, &problem).await,
    };
    if let Err(problem) = sound::agent(&changed) {
        return call.usage(tx, &problem).await;
    }
    if changed.who.id == call.agent.who.id && !changed.is(Role::Admin) {
        return call.usage(tx, "you cannot stop being an admin by yourself").await;
    }
    for queue in &changed.queues {
        if agents::queue(tx.db().await?, queue).await?.is_none() {
            return call.usage(tx, &format!("there is no queue “{queue}”")).await;
        }
    }
    save_agent(tx, found, &changed).await?;
    for queue in &changed.queues {
        tx.emit(Effect::Route { queue: queue.clone() }).await?;
    }
    call.confirm(tx, &format!("agent {}", found.who.id), &in_words(found), &in_words(&changed)).await
}

/// Removes an agent: what they have is queued again.
async fn remove(tx: &mut Tx<'_>, call: &Call<'_>, found: &Agent) -> Result<()> {
    if found.who.id == call.agent.who.id {
        return call.usage(tx, "you cannot remove yourself").await;
    }
    remove_agent(tx, found).await?;
    call.confirm(tx, &format!("agent {}", found.who.id), &in_words(found), "none").await
}

/// `!audit [words]`.
fn log<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let words: Vec<String> = line::words(call.arguments).into_iter().map(str::to_owned).collect();
        let now = tx.now;
        let rows = audit::newest(tx.db().await?, &words, SHOWN).await?.into_iter().map(|entry| ListRow {
            key: entry.id,
            title: format!("{} {} {}", entry.who, entry.what, entry.detail),
            detail: entry.subject,
            secs: Some(now.since(Millis(entry.at)).as_secs()),
            room: None,
        });
        let searched =
            if words.is_empty() { String::new() } else { format!(", of the last {}", audit::SEARCHED) };
        let title = format!("Changes, newest first{searched}");
        targets::show(tx, call, &title, rows.collect(), "audit".to_owned()).await
    }
    .boxed()
}

/// `!retry [id]`.
fn retry<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let now = tx.now;
        let id = targets::key(tx, call, line::value(call.arguments)).await?.to_lowercase();
        if id.is_empty() {
            let rows = upkeep::aside(tx.db().await?, SHOWN).await?.into_iter().map(|aside| ListRow {
                title: format!("{} {}", aside.id, aside.what.in_words()),
                detail: aside.why,
                secs: Some(now.since(Millis(aside.at)).as_secs()),
                room: None,
                key: aside.id,
            });
            return targets::show(tx, call, "Set aside", rows.collect(), "retry {}".to_owned()).await;
        }
        let Some(aside) = upkeep::take_aside(tx.db().await?, &id).await? else {
            return call
                .answer(tx, Says::no_such(format!("nothing is set aside as “{id}”"), "retry").plainly())
                .await;
        };
        if try_again(tx, &aside).await? {
            return call.confirm(tx, &id, &format!("set aside: {}", aside.why), "tried again").await;
        }
        upkeep::set_aside(tx.db().await?, &aside.id, Millis(aside.at), &aside.what, &aside.why, &aside.body)
            .await?;
        call.answer(tx, Says::Refused { why: format!("{id} cannot be read any more") }.plainly()).await
    }
    .boxed()
}

/// `!status all`: the desk as a whole.
pub(super) async fn status_of_all(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    let everyone = agents::all(tx.db().await?).await?;
    let open = history::not_done(tx.db().await?).await?;
    let ready = everyone.iter().filter(|agent| agent.is_ready_for(WorkChannel::Sms)).count();
    let mut rows = vec![
        row("agents", &format!("{ready} of {} ready", everyone.len())),
        row("conversations", &format!("{} open", open.len())),
    ];
    for queue in agents::queues(tx.db().await?).await? {
        let waiting = history::waiting(tx.db().await?, &queue).await?;
        let oldest = waiting.iter().map(|waiting| tx.now.since(waiting.enqueued_at).as_secs()).max();
        let detail = format!("{} waiting", waiting.len());
        rows.push(ListRow { secs: oldest, ..row(&format!("queue {queue}"), &detail) });
    }
    for (lanes, what) in
        [(LaneKind::Room, "to rooms"), (LaneKind::Console, "to consoles"), (LaneKind::Phone, "to phones")]
    {
        let (count, oldest) = outbox::under_way(tx.db().await?, lanes).await?;
        let secs = oldest.map(|oldest| tx.now.since(oldest).as_secs());
        rows.push(ListRow { secs, ..row(what, &format!("{count} under way")) });
    }
    for line in channel_lines(tx).await? {
        let stands = if line.is_up { "works" } else { "does not work" };
        rows.push(ListRow { secs: Some(line.secs), ..row(&line.name, stands) });
    }
    let aside = upkeep::set_aside_count(tx.db().await?).await?;
    rows.push(row("set aside", &aside.to_string()));
    targets::show(tx, call, "The desk", rows, "status all".to_owned()).await
}
