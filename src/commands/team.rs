//! The colleagues and the queues, with what they have.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, targets};
use crate::desk::Tx;
use crate::domain::agent::Readiness;
use crate::domain::ids::QueueName;
use crate::domain::notice::ListRow;
use crate::store::{Result, agents, interactions};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "team",
        aliases: &[],
        arguments: "[words]",
        does: "show colleagues and queues: who is there, and how much they have",
        who: Who::Everyone,
        changes: false,
        run: team,
    },
];

/// `!team [words]`. A row's number writes to that agent, or hands over the conversation of the room.
fn team<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let loads = interactions::loads(tx.conn).await?;
        let here = agents::in_consoles(tx.conn).await?;
        let mut rows = Vec::new();
        for agent in agents::all(tx.conn).await? {
            let state = match &agent.sms {
                Readiness::Ready { .. } => "ready".to_owned(),
                Readiness::NotReady { reason } if reason.is_empty() => "not ready".to_owned(),
                Readiness::NotReady { reason } => format!("not ready, {reason}"),
            };
            let there = if here.contains(&agent.who.id) { "signed in" } else { "not signed in" };
            let load = loads.get(&agent.who.id).copied().unwrap_or(0);
            let queues: Vec<&str> = agent.queues.iter().map(QueueName::as_str).collect();
            rows.push(row(
                agent.who.id.as_str(),
                agent.who.name.clone(),
                &format!("{state} · {there} · {load} of {} · {}", agent.sms_capacity, queues.join(", ")),
            ));
        }
        for queue in agents::queue_names(tx.conn).await? {
            let waiting = interactions::waiting_count(tx.conn, &queue).await?;
            let detail = format!("{waiting} waiting");
            rows.push(row(&format!("queue:{queue}"), format!("Queue {queue}"), &detail));
        }
        let words: Vec<String> = call.arguments.split_whitespace().map(str::to_lowercase).collect();
        rows.retain(|row| {
            let line = format!("{} {} {}", row.key, row.title, row.detail).to_lowercase();
            words.iter().all(|word| line.contains(word.as_str()))
        });
        let owner = call.said.interaction.and_then(|interaction| interaction.owner());
        let hands_over = owner.is_some_and(|owner| owner.id == call.agent.who.id);
        let run = if hands_over { "transfer {}" } else { "im {}" };
        targets::show(tx, call, "The team", rows, run.to_owned()).await
    }
    .boxed()
}

fn row(key: &str, title: String, detail: &str) -> ListRow {
    let detail = detail.trim_end_matches([' ', '·']).to_owned();
    ListRow { key: key.to_owned(), title, detail, secs: None, room: None }
}
