//! `!callback`: the customer is to be called at a time.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::case::NOTE_CHARS;
use super::command::event_meant;
use super::subject::{here, owned};
use super::{Call, Command, Who, line, targets};
use crate::acts::callbacks::{self as acts, item, says};
use crate::acts::routes;
use crate::commit::Tx;
use crate::domain::agent::Permission;
use crate::domain::callback::Callback;
use crate::domain::effect::Role;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{CallbackNews, Missing, Problem, Refusal, Says, Unavailable};
use crate::domain::queue::Target;
use crate::domain::text::sanitize;
use crate::domain::when;
use crate::store::lists::Rows;
use crate::store::{Result, callbacks, interactions};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "callback",
    aliases: &[],
    arguments: "<when> [queue:<q>] [note] | list | show <n> | cancel <n>",
    does: "have this customer called at a time; you are asked first then, or with queue: anybody of that queue. In \
           the console, list and cancel are about all that you asked for",
    who: Who::With(Permission::Callback),
    changes: false,
    run,
}];

/// What a row of the list runs.
const ROW: &str = "callback show {}";

/// What shows the list.
const LIST: &str = "callback list";

fn run<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (verb, rest) = line::first_word(call.arguments);
        match verb.to_lowercase().as_str() {
            "" | "list" => list(tx, call).await,
            "show" => one(tx, call, rest).await,
            "cancel" => cancel(tx, call, rest).await,
            _ => set(tx, call).await,
        }
    }
    .boxed()
}

/// `!callback <when> [queue:<q>] [note]`.
async fn set(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    let Some(of) = owned(tx, call).await? else { return Ok(()) };
    if tx.now.since(call.said.event.at) > tx.settings.desk.late() {
        return call.answer(tx, Says::Refused { why: Refusal::TypedLongAgo }.about(&of.id)).await;
    }
    let (when, rest) = match when::first(call.arguments, tx.now, &tx.settings.desk.zone()) {
        Ok(first) => first,
        Err(moment) => return call.usage(tx, Problem::Moment { moment }).await,
    };
    let (word, behind) = line::first_word(rest);
    let (target, note) = match targets::queue(word) {
        Some(target) => (Some(target), behind),
        None => (None, rest),
    };
    let personal = target.is_none();
    let target = target.unwrap_or_else(|| Target::Queue(of.queue.clone()));
    let found = match routes::find_for(tx, &target, of).await? {
        Ok(found) => found,
        Err(missing) => return call.answer(tx, Says::no_such(missing.into(), "team").about(&of.id)).await,
    };
    if routes::has_no_members(tx, &found).await? {
        let (who, why) = (format!("Queue {}", found.queue), Unavailable::QueueEmpty);
        return call.answer(tx, Says::TargetUnavailable { who, why }.about(&of.id)).await;
    }
    if let Some(hours) = found.settings.hours.as_ref().filter(|hours| !hours.is_open(when.at)) {
        let (queue, opens) = (found.queue, hours.opens(when.at));
        return call
            .answer(tx, Says::Refused { why: Refusal::ClosedThen { queue, opens } }.about(&of.id))
            .await;
    }
    let note = sanitize::cut(line::value(note), NOTE_CHARS);
    let note = if note.is_empty() { None } else { Some(tx.write_note(of, call.agent, &note).await?) };
    let callback = Callback {
        event: call.said.event.event_id.clone(),
        interaction: of.id.clone(),
        by: call.agent.who.clone(),
        personal,
        queue: found.queue,
        due_at: when.at,
        when,
        note,
    };
    call.changed(tx, call.arguments).await?;
    let says = acts::keep(tx, of, &callback).await?;
    tell(tx, call, &callback, says).await
}

/// Tells of one that is to come.
async fn tell(tx: &mut Tx<'_>, call: &Call<'_>, callback: &Callback, says: Says) -> Result<()> {
    let role = Role::Callback { event: callback.event.clone(), at: call.said.place.clone() };
    call.answer_as(tx, says.about(&callback.interaction), Some(role)).await
}

/// The callbacks that are meant where none is named: those of the conversation of the room, or all that the
/// agent asked for.
async fn all(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<Vec<Callback>>> {
    if call.said.conversation.is_none() {
        return callbacks::of_agent(tx.db().await?, &call.agent.who.id).await.map(Some);
    }
    let Some(of) = here(tx, call).await? else { return Ok(None) };
    callbacks::of(tx.db().await?, &of.id).await.map(Some)
}

/// `!callback list`.
async fn list(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    match all(tx, call).await? {
        Some(all) => show(tx, call, &all).await,
        None => Ok(()),
    }
}

async fn show(tx: &mut Tx<'_>, call: &Call<'_>, all: &[Callback]) -> Result<()> {
    let keys = all.iter().map(|callback| callback.event.to_string()).collect();
    let mut items = Vec::new();
    for callback in all {
        let of = interactions::by_id(tx.db().await?, &callback.interaction).await?;
        let contact = of.map(|of: Interaction| of.contact.name).unwrap_or_default();
        items.push(item(tx, callback, &contact).await?);
    }
    let says = says(tx, CallbackNews::List, items);
    if all.is_empty() {
        return call.answer(tx, call.about(says)).await;
    }
    call.answer_list(tx, call.about(says), &Rows { run: ROW.to_owned(), keys }).await
}

/// The one callback that is meant. Where none is, the agent is told so, or shown which there are.
async fn meant(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<Option<Callback>> {
    let Some(all) = all(tx, call).await? else { return Ok(None) };
    let event = match all.as_slice() {
        [only] if word.is_empty() => Some(only.event.clone()),
        _ => event_meant(tx, call, word, (ROW, all.iter().map(|callback| &callback.event))).await?,
    };
    if let Some(callback) = all.iter().find(|callback| Some(&callback.event) == event.as_ref()) {
        return Ok(Some(callback.clone()));
    }
    match line::row_number(word).filter(|_| event.is_none()) {
        _ if all.is_empty() => call.answer(tx, call.about(Says::no_such(Missing::CallbackOver, ""))).await?,
        Some(number) => {
            call.answer(tx, call.about(Says::no_such(Missing::MenuRow { number }, LIST))).await?;
        }
        None => show(tx, call, &all).await?,
    }
    Ok(None)
}

/// `!callback show <n>`.
async fn one(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<()> {
    let Some(callback) = meant(tx, call, word).await? else { return Ok(()) };
    let of = interactions::by_id(tx.db().await?, &callback.interaction).await?;
    let contact = of.map(|of| of.contact.name).unwrap_or_default();
    let items = vec![item(tx, &callback, &contact).await?];
    let says = says(tx, CallbackNews::Shown, items);
    tell(tx, call, &callback, says).await
}

/// `!callback cancel <n>`.
async fn cancel(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<()> {
    let Some(callback) = meant(tx, call, word).await? else { return Ok(()) };
    let says = acts::cancel(tx, call.agent, &callback).await?;
    call.answer(tx, call.about(says)).await
}
