//! `!team`: colleagues, queues and routes, and how busy each is.

use std::collections::HashMap;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, line, targets};
use crate::commit::Tx;
use crate::domain::agent::{Agent, Online, WorkChannel};
use crate::domain::ids::{AgentId, QueueName};
use crate::domain::notice::{ListRow, Missing, Says};
use crate::domain::queue::Target;
use crate::domain::route::Route;
use crate::domain::talk::ImPresence;
use crate::store::{Result, agents, interactions, lists, routing};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "team",
    aliases: &[],
    arguments: "[words]",
    does: "show colleagues, queues and routes; who is there, and how much they have",
    who: Who::Everyone,
    changes: false,
    run: team,
}];

/// `!team [words]`. A row's number writes to that agent, or to one of that queue; in a conversation's room it
/// is handed to them.
fn team<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let mut rows = colleagues(tx, call.agent, None).await?;
        rows.extend(queues(tx).await?);
        let words: Vec<String> = line::words(call.arguments).into_iter().map(str::to_lowercase).collect();
        rows.retain(|row| {
            let line = format!("{} {} {}", row.key, row.title, row.detail).to_lowercase();
            words.iter().all(|word| line.contains(word.as_str()))
        });
        let hands_over = call.said.is_owned_by(&call.agent.who.id);
        let (title, run) = if hands_over {
            ("The team (a number hands this conversation to them)", "transfer {}")
        } else {
            ("The team", "im {}")
        };
        targets::show(tx, call, title, rows, run.to_owned()).await
    }
    .boxed()
}

/// Lists the agents of a queue, or of the queues of a route, to choose one to write to. `rest` is the
/// message.
pub(super) async fn members(tx: &mut Tx<'_>, call: &Call<'_>, of: &Target, rest: &str) -> Result<()> {
    let (what, queues) = match of {
        Target::Queue(name) => {
            let found = agents::queue(tx.db().await?, name).await?;
            (format!("queue “{name}”"), found.map(|_| vec![name.clone()]))
        }
        Target::Route(name) => {
            let found = lists::defined_as::<Route>(tx.db().await?, name).await?;
            (format!("route “{name}”"), found.map(|route| route.queues().into_iter().cloned().collect()))
        }
    };
    let Some(queues) = queues else {
        return call.answer(tx, Says::no_such(missing(of), "team").plainly()).await;
    };
    let mut rows = colleagues(tx, call.agent, Some(&queues)).await?;
    rows.retain(|row| row.key != call.agent.who.id.as_str());
    let run = format!("{} {{}} {rest}", call.command.name);
    targets::choose(tx, call, &format!("Who of {what}?"), rows, run).await
}

/// That there is no such queue or route.
fn missing(of: &Target) -> Missing {
    match of {
        Target::Queue(name) => Missing::named("queue", name.as_str()),
        Target::Route(name) => Missing::named("route", name),
    }
}

/// A row for each agent: all, or the members of these queues. `asker` is the agent who asks.
async fn colleagues(tx: &mut Tx<'_>, asker: &Agent, queues: Option<&[QueueName]>) -> Result<Vec<ListRow>> {
    let loads = interactions::loads(tx.db().await?).await?;
    let here = agents::in_consoles(tx.db().await?).await?;
    let online = online(tx, asker).await?;
    let mut rows = Vec::new();
    for agent in agents::all(tx.db().await?).await? {
        if queues.is_some_and(|queues| !agent.queues.iter().any(|queue| queues.contains(queue))) {
            continue;
        }
        let state = &agent.channels;
        let there = if here.contains(&agent.who.id) { "signed in" } else { "not signed in" };
        let online =
            online.get(&agent.who.id).map_or_else(String::new, |online| format!(" · {}", online.word()));
        let load = loads.get(&agent.who.id).copied().unwrap_or(0);
        let queues: Vec<&str> = agent.queues.iter().map(QueueName::as_str).collect();
        rows.push(row(
            agent.who.id.as_str(),
            agent.who.name.clone(),
            &format!(
                "{state} · {there}{online} · {load} of {} · {}",
                agent.capacity_for(WorkChannel::Sms),
                queues.join(", ")
            ),
        ));
    }
    Ok(rows)
}

/// Who is online, where that decides who can be written to. The asker is online: a homeserver that does not
/// show even them shows nobody.
async fn online(tx: &mut Tx<'_>, asker: &Agent) -> Result<HashMap<AgentId, Online>> {
    if tx.settings.desk.im_presence != ImPresence::Matrix {
        return Ok(HashMap::new());
    }
    let online = agents::online(tx.db().await?).await?;
    let tells = online.get(&asker.who.id).is_some_and(|online| online.is_there());
    Ok(if tells { online } else { HashMap::new() })
}

/// A row for each queue and each route.
async fn queues(tx: &mut Tx<'_>) -> Result<Vec<ListRow>> {
    let mut rows = Vec::new();
    for name in agents::queues(tx.db().await?).await? {
        let now = tx.now;
        let closed = agents::queue(tx.db().await?, &name).await?.is_some_and(|queue| queue.is_closed(now));
        let (members, ready) = routing::member_counts(tx.db().await?, &name).await?;
        let waiting = interactions::waiting_count(tx.db().await?, &name).await?;
        let state = if closed { "closed" } else { "open" };
        let detail = format!("{state} · {ready} of {members} ready · {waiting} waiting");
        rows.push(row(&format!("queue:{name}"), format!("Queue {name}"), &detail));
    }
    for route in lists::defined::<Route>(tx.db().await?).await? {
        let (mut is_open, mut waiting) = (false, 0);
        for name in route.queues() {
            let queue = agents::queue(tx.db().await?, name).await?;
            is_open |= queue.is_some_and(|queue| !queue.is_closed(tx.now));
            waiting += interactions::waiting_count(tx.db().await?, name).await?;
        }
        let state = if is_open { "open" } else { "closed" };
        let leads_to: Vec<&str> = route.queues().into_iter().map(QueueName::as_str).collect();
        let detail = format!("{state} · {waiting} waiting · leads to {}", leads_to.join(", "));
        rows.push(row(&format!("route:{}", route.name), format!("Route {}", route.name), &detail));
    }
    Ok(rows)
}

fn row(key: &str, title: String, detail: &str) -> ListRow {
    let detail = detail.trim_end_matches([' ', '·']).to_owned();
    ListRow { key: key.to_owned(), title, detail, secs: None, room: None }
}
