//! Commands of admins about agents, settings and dead letters. Commands that define queues and the like are
//! in `define`.

use std::borrow::Cow;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::{OwnedUserId, UserId};

use super::define::{VERBS, config, row};
use super::{Call, Command, Holds, Who, fields, line, spelling, targets};
use crate::acts::channels::lines as channel_lines;
use crate::acts::dead_letters::try_again;
use crate::acts::people::{not_new, remove_agent, save_agent};
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::address::parse;
use crate::domain::agent::{Agent, AgentRef, Role, WorkChannel};
use crate::domain::effect::{MeetAgent, Route};
use crate::domain::ids::AgentId;
use crate::domain::lane::LaneKind;
use crate::domain::notice::{ListRow, Missing, Problem, Refusal, Says};
use crate::domain::settings::{Table as _, checks};
use crate::domain::text::{numbers, sanitize};
use crate::domain::validate;
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

/// The setting that is an agent's own telephone.
const PHONE: &str = "phone";
/// How many lines of the audit log, or how many dead letters, are shown.
const SHOWN: usize = 20;

/// `!agent …`.
fn agent<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (typed, rest) = line::first_word(call.arguments);
        let verb = if typed.is_empty() { Some("list") } else { line::choose(typed, &VERBS) };
        let Some(verb) = verb else { return call.usage(tx, Problem::unknown(typed, &VERBS)).await };
        let (word, rest) = match call.person(tx, rest).await? {
            // `show` and `remove` take nothing but a name: the rest of the line is all name.
            (_, behind) if !behind.is_empty() && matches!(verb, "show" | "remove") => (line::value(rest), ""),
            word => word,
        };
        if verb == "list" {
            let everyone = agents::all(tx.db().await?).await?;
            let rows = everyone.iter().map(|agent| row(agent.who.id.as_str(), &in_words(agent))).collect();
            return targets::show(tx, call, "Defined: agents", rows, "agent show {}".to_owned()).await;
        }
        if word.is_empty() {
            return call.usage(tx, Problem::AgentMissing).await;
        }
        if verb == "add" {
            return add(tx, call, word, rest).await;
        }
        let Some(found) = targets::agent(tx, call, word, (verb, rest)).await? else { return Ok(()) };
        match verb {
            "set" => set(tx, call, &found, rest).await,
            "remove" => remove(tx, call, &found).await,
            _ => {
                let user = row("user", found.who.user.as_str());
                let fields = fields::shown(&found.document(), Agent::FIELDS);
                let rows = std::iter::once(user)
                    .chain(fields.iter().map(|(field, value)| row(field, value)))
                    .collect();
                let id = &found.who.id;
                targets::show(tx, call, &format!("agent {id}"), rows, format!("agent show {id}")).await
            }
        }
    }
    .boxed()
}

fn in_words(agent: &Agent) -> String {
    let fields = fields::shown(&agent.document(), Agent::FIELDS);
    fields.iter().map(|(field, value)| format!("{field} {value}")).collect::<Vec<_>>().join(", ")
}

/// Adds an agent, once the homeserver says that there is such a user.
async fn add(tx: &mut Tx<'_>, call: &Call<'_>, id: &str, rest: &str) -> Result<()> {
    let id = id.to_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if id.len() > 64 || !id.chars().all(fits) || id.chars().all(|c| c.is_ascii_digit()) {
        return call.usage(tx, Problem::BadAgentId).await;
    }
    let (user, name) = call.person(tx, rest).await?;
    let Ok(user): std::result::Result<OwnedUserId, _> = UserId::parse(user) else {
        return call.usage(tx, Problem::UserMissing).await;
    };
    if user == tx.settings.bot {
        return call.usage(tx, Problem::UserIsBot).await;
    }
    let name = sanitize::one_line(line::value(name));
    if !name.is_empty()
        && let Err(problem) = checks::called(&name)
    {
        return call.bad_value(tx, &format!("the name {problem}")).await;
    }
    let name = if name.is_empty() { id.clone() } else { name };
    let who = AgentRef { id: AgentId::new(id), user, name };
    if let Some(taken) = not_new(tx.db().await?, &who).await? {
        return call.usage(tx, Problem::NotNew { taken }).await;
    }
    let newcomer = Box::new(Agent::new(who));
    tx.emit(MeetAgent { agent: newcomer, by: call.agent.who.id.clone() }).await
}

async fn set(tx: &mut Tx<'_>, call: &Call<'_>, found: &Agent, rest: &str) -> Result<()> {
    let (field, text) = line::first_word(rest);
    let mut document = found.document();
    let text = match phone(tx, field, line::value(text)).await? {
        Ok(phone) => phone.map_or(Cow::Borrowed(text), Cow::Owned),
        Err(problem) => return call.bad_value(tx, &problem).await,
    };
    let zone = &tx.settings.desk.time_zone;
    if let Err(problem) = fields::set(&mut document, Agent::FIELDS, (field, &text), zone) {
        return call.bad_value(tx, &problem).await;
    }
    let changed: Agent = match fields::read(document) {
        Ok(changed) => changed,
        Err(problem) => return call.bad_value(tx, &problem).await,
    };
    let new_languages: Vec<String> =
        changed.languages.iter().filter(|tag| !found.languages.contains(tag)).cloned().collect();
    let checked = validate::agent(&changed).and_then(|()| spelling::all_known(tx.settings, &new_languages));
    if let Err(problem) = checked {
        return call.bad_value(tx, &problem).await;
    }
    if changed.who.id == call.agent.who.id && !changed.is(Role::Admin) {
        return call.usage(tx, Problem::AdminKeepsRole).await;
    }
    for queue in &changed.queues {
        if agents::queue(tx.db().await?, queue).await?.is_none() {
            return call.usage(tx, Problem::NoQueue { queue: queue.clone() }).await;
        }
    }
    save_agent(tx, found, &changed).await?;
    for queue in &changed.queues {
        tx.emit(Route { queue: queue.clone() }).await?;
    }
    let (before, after) = fields::changed(&found.document(), &changed.document(), Agent::FIELDS);
    let holds = Holds { until_start: config::wins_over_agent(tx, (found, &changed)), only_new: false };
    let what = format!("agent {}", found.who.id);
    call.confirm_as((tx, holds), &what, &before, &after).await
}

/// An agent's phone in E.164, where that is what is set to a number, in any spelling; or what is wrong with
/// it, as the end of a sentence.
async fn phone(
    tx: &mut Tx<'_>,
    field: &str,
    typed: &str,
) -> Result<std::result::Result<Option<String>, String>> {
    if !field.eq_ignore_ascii_case(PHONE) || fields::is_none(typed) {
        return Ok(Ok(None));
    }
    let number = match parse::number(typed, &tx.settings.desk.country) {
        Ok(number) => number,
        Err(why) => return Ok(Err(format!("“{}” {why}", sanitize::cut(typed, 60)))),
    };
    let ours = agents::numbers(tx.db().await?).await?;
    if ours.iter().any(|ours| ours.value() == number) {
        let number = numbers::shown(&number);
        return Ok(Err(format!("{number} is a number of the desk; write the agent's own telephone")));
    }
    Ok(Ok(Some(number)))
}

/// Removes an agent; their conversations are queued again.
async fn remove(tx: &mut Tx<'_>, call: &Call<'_>, found: &Agent) -> Result<()> {
    if found.who.id == call.agent.who.id {
        return call.usage(tx, Problem::AdminStays).await;
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
            let rows = upkeep::dead_letters(tx.db().await?, SHOWN).await?.into_iter().map(|letter| ListRow {
                title: format!("{} {}", letter.id, letter.what.describe()),
                detail: letter.why,
                secs: Some(now.since(Millis(letter.at)).as_secs()),
                room: None,
                key: letter.id,
            });
            return targets::show(tx, call, "Set aside", rows.collect(), "retry {}".to_owned()).await;
        }
        let Some(letter) = upkeep::take_dead_letter(tx.db().await?, &id).await? else {
            return call.answer(tx, Says::no_such(Missing::DeadLetter { id }, "retry").plainly()).await;
        };
        if try_again(tx, &letter).await? {
            return call.confirm(tx, &id, &format!("set aside: {}", letter.why), "tried again").await;
        }
        upkeep::add_dead_letter(
            tx.db().await?,
            &letter.id,
            Millis(letter.at),
            &letter.what,
            &letter.why,
            &letter.body,
        )
        .await?;
        call.answer(tx, Says::Refused { why: Refusal::Unreadable { id } }.plainly()).await
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
    let dead_letters = upkeep::dead_letter_count(tx.db().await?).await?;
    rows.push(row("set aside", &dead_letters.to_string()));
    targets::show(tx, call, "The desk", rows, "status all".to_owned()).await
}
