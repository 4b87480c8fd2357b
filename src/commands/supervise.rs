//! Commands of supervisors, who see and steer the work of others.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, define, line, targets};
use crate::commit::Tx;
use crate::domain::agent::{Agent, Readiness, WorkChannel};
use crate::domain::effect::Place;
use crate::domain::ids::QueueName;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{ListRow, Missing, Problem, Refusal, Says};
use crate::domain::session::Event;
use crate::store::{Result, agents, history, interactions, routing};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "assign",
        aliases: &[],
        arguments: "<id> <agent>",
        does: "give a conversation to an agent; whoever has it",
        who: Who::Supervisors,
        changes: true,
        run: assign,
    },
    Command {
        name: "queue",
        aliases: &["queues"],
        arguments: "[name] or list | show <name> | add <name> | set <name> <field> <value> | remove <name>",
        does: "show the queues, or what waits in one; admins define them",
        who: Who::Supervisors,
        changes: false,
        run: queue,
    },
    Command {
        name: "agents",
        aliases: &[],
        arguments: "",
        does: "list the agents; ready or not, since when, and what they have",
        who: Who::Supervisors,
        changes: false,
        run: list_agents,
    },
    Command {
        name: "monitor",
        aliases: &[],
        arguments: "<id>",
        does: "look on in a conversation; everyone in it sees you, nobody outside hears you",
        who: Who::Supervisors,
        changes: true,
        run: monitor,
    },
    Command {
        name: "barge",
        aliases: &[],
        arguments: "<id>",
        does: "write to the customer too; until you leave the conversation",
        who: Who::Supervisors,
        changes: true,
        run: barge,
    },
    Command {
        name: "leave",
        aliases: &[],
        arguments: "[id]",
        does: "no longer look on in this conversation",
        who: Who::Supervisors,
        changes: true,
        run: leave,
    },
    Command {
        name: "whisper",
        aliases: &[],
        arguments: "<id> <text>",
        does: "say something to the owner only",
        who: Who::Supervisors,
        changes: true,
        run: whisper,
    },
];

/// The longest whisper, in characters.
const WHISPER_CHARS: usize = 1_000;

/// `!assign <id> <agent>`.
fn assign<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (id, rest) = line::first_word(call.arguments);
        // Nothing follows the name, so the rest of the line is all name.
        let name = match call.person(tx, rest).await? {
            (name, "") => name,
            _ => line::value(rest),
        };
        if name.is_empty() {
            return call.usage(tx, Problem::AssignmentMissing).await;
        }
        let Some(interaction) = targets::interaction(tx, call, id).await? else { return Ok(()) };
        let Some(to) = targets::agent(tx, call, name, (interaction.id.as_str(), "")).await? else {
            return Ok(());
        };
        let event = Event::Assigned { to: to.who.clone(), by: call.agent.who.clone() };
        match tx.happen(&interaction, event).await? {
            Ok(_) => {
                let (contact, to) = (interaction.contact.name.clone(), to.who.name);
                call.answer(tx, Says::Given { contact, to }.about(&interaction.id)).await
            }
            Err(refused) => call.refused(tx, &interaction, refused).await,
        }
    }
    .boxed()
}

/// `!queue [name]`.
fn queue<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (name, _) = line::first_word(call.arguments);
        if name.is_empty() {
            return show_queues(tx, call).await;
        }
        if line::choose(name, &define::VERBS).is_some() {
            return define::define(tx, call, define::Kind::Queue).await;
        }
        let name = targets::key(tx, call, name).await?.to_lowercase();
        let known = agents::queues(tx.db().await?).await?;
        match known.into_iter().find(|known| known.as_str() == name) {
            Some(queue) => show_queue(tx, call, &queue).await,
            None => call.answer(tx, Says::no_such(Missing::named("queue", &name), "queue").plainly()).await,
        }
    }
    .boxed()
}

/// The queues: how many wait, for how long, and how many agents are ready.
async fn show_queues(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    let everyone = agents::all(tx.db().await?).await?;
    let open = history::not_done(tx.db().await?).await?;
    let mut rows = Vec::new();
    for name in agents::queues(tx.db().await?).await? {
        let waiting = history::waiting(tx.db().await?, &name).await?;
        let oldest = waiting.iter().map(|interaction| interaction.enqueued_at).min();
        let members: Vec<&Agent> = everyone.iter().filter(|agent| agent.queues.contains(&name)).collect();
        let ready = members.iter().filter(|agent| agent.is_ready_for(WorkChannel::Sms)).count();
        let owned = open.iter().filter(|open| open.queue == name && open.owner().is_some()).count();
        rows.push(ListRow {
            key: name.as_str().to_owned(),
            title: name.as_str().to_owned(),
            detail: format!(
                "{} waiting, {owned} in hand, {ready} of {} agents ready",
                waiting.len(),
                members.len()
            ),
            secs: oldest.map(|oldest| tx.now.since(oldest).as_secs()),
            room: None,
        });
    }
    targets::show(tx, call, "Queues, with the longest wait", rows, "queue {}".to_owned()).await
}

/// The conversations that wait in a queue, and those of other queues that overflow to it, longest wait first.
/// A row's number looks on there.
async fn show_queue(tx: &mut Tx<'_>, call: &Call<'_>, name: &QueueName) -> Result<()> {
    let now = tx.now;
    let mut waiting = history::waiting(tx.db().await?, name).await?;
    for line in routing::overflowed(tx.db().await?).await?.iter().filter(|line| line.also.contains(name)) {
        waiting.extend(routing::queued_in(tx.db().await?, line).await?);
    }
    waiting.sort_by_key(|interaction| interaction.enqueued_at);
    let rows = waiting.into_iter().map(|interaction| ListRow {
        title: interaction.contact.name.clone(),
        detail: where_it_waits(&interaction, name),
        secs: Some(now.since(interaction.enqueued_at).as_secs()),
        key: interaction.id.as_str().to_owned(),
        room: interaction.room,
    });
    let title = format!("Waiting in {name}");
    targets::show(tx, call, &title, rows.collect(), "monitor {}".to_owned()).await
}

/// The id of what waits in a queue, and which others it waits in.
fn where_it_waits(interaction: &Interaction, name: &QueueName) -> String {
    let mut words = vec![interaction.id.to_string()];
    if interaction.queue != *name {
        words.push(format!("from {}", interaction.queue));
    }
    let also = interaction.overflow.iter().flat_map(|overflow| &overflow.also);
    words.extend(also.filter(|also| *also != name).map(|also| format!("{also} is asked too")));
    words.join(" · ")
}

/// `!agents`.
fn list_agents<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let now = tx.now;
        let loads = interactions::loads(tx.db().await?).await?;
        let rows = agents::all(tx.db().await?).await?.into_iter().map(|agent| {
            let secs = match agent.channels.of(WorkChannel::Sms) {
                Readiness::Ready { since } => Some(now.since(*since).as_secs()),
                Readiness::NotReady { .. } | Readiness::SignedOff => None,
            };
            let load = loads.get(&agent.who.id).copied().unwrap_or(0);
            ListRow {
                title: agent.who.name.clone(),
                detail: format!(
                    "{} · {load} of {} · {}",
                    agent.who.id,
                    agent.capacity_for(WorkChannel::Sms),
                    agent.channels
                ),
                secs,
                room: None,
                key: agent.who.id.as_str().to_owned(),
            }
        });
        targets::show(tx, call, "Agents", rows.collect(), "team {}".to_owned()).await
    }
    .boxed()
}

/// `!monitor <id>`.
fn monitor<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    watch(tx, call, false).boxed()
}

/// `!barge <id>`.
fn barge<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    watch(tx, call, true).boxed()
}

async fn watch(tx: &mut Tx<'_>, call: &Call<'_>, barged: bool) -> Result<()> {
    let (id, _) = line::first_word(call.arguments);
    let found = match call.said.session() {
        Some(here) if id.is_empty() => Some(here.clone()),
        None if id.is_empty() => return call.usage(tx, Problem::ConversationMissing).await,
        Some(_) | None => targets::interaction(tx, call, id).await?,
    };
    let Some(interaction) = found else { return Ok(()) };
    let event = Event::Watched { by: call.agent.who.clone(), barged };
    match tx.happen(&interaction, event).await? {
        Ok(watched) if call.said.place != Place::Session(watched.id.clone()) => {
            super::case::show(tx, call, &watched).await
        }
        // In the room everyone has just read it.
        Ok(_) => Ok(()),
        Err(refused) => call.refused(tx, &interaction, refused).await,
    }
}

/// `!leave [id]`.
fn leave<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let found = match call.said.session() {
            Some(here) if call.arguments.is_empty() => Some(here.clone()),
            None if call.arguments.is_empty() => return call.usage(tx, Problem::ConversationMissing).await,
            Some(_) | None => targets::interaction(tx, call, line::value(call.arguments)).await?,
        };
        let Some(interaction) = found else { return Ok(()) };
        match tx.happen(&interaction, Event::Unwatched { by: call.agent.who.id.clone() }).await? {
            Ok(_) => Ok(()),
            Err(refused) => call.refused(tx, &interaction, refused).await,
        }
    }
    .boxed()
}

/// `!whisper <id> <text>`.
fn whisper<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (id, text) = line::first_word(call.arguments);
        if text.is_empty() {
            return call.usage(tx, Problem::WhisperMissing).await;
        }
        if text.chars().count() > WHISPER_CHARS {
            return call.usage(tx, Problem::WhisperTooLong { most: WHISPER_CHARS }).await;
        }
        let Some(interaction) = targets::interaction(tx, call, id).await? else { return Ok(()) };
        let Some(owner) = interaction.owner() else {
            let why = Refusal::NobodyOwnsIt;
            return call.answer(tx, Says::Refused { why }.about(&interaction.id)).await;
        };
        let (contact, by) = (interaction.contact.name.clone(), call.agent.who.name.clone());
        let whisper = Says::Whisper { contact, by, text: text.to_owned() };
        tx.say(&Place::Console(owner.id.clone()), whisper.about(&interaction.id), None).await?;
        call.tick(tx).await
    }
    .boxed()
}
