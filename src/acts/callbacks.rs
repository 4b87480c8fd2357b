//! Callbacks: keeping one until it is due, and taking it back. What becomes of one that is due is in
//! `desk::callback`. See `docs/decisions/0069-callbacks.md`.

use ruma::EventId;

use crate::commit::Tx;
use crate::domain::agent::{Agent, Permission};
use crate::domain::callback::{self, Callback};
use crate::domain::effect::Place;
use crate::domain::ids::ContactId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{
    CallbackCard, CallbackItem, CallbackNews, Missing, Needs, NotCalled, Notice, Refusal, Says,
};
use crate::store::{Result, StoreError, agents, callbacks, interactions, transcript};

/// A callback as it is shown.
pub(crate) async fn item(tx: &mut Tx<'_>, of: &Callback, contact: &str) -> Result<CallbackItem> {
    Ok(CallbackItem {
        contact: contact.to_owned(),
        queue: of.queue.clone(),
        by: of.personal.then(|| of.by.name.clone()),
        note: note(tx, of).await?,
        when: of.when.clone(),
        secs: of.due_at.since(tx.now).as_secs(),
        put_off: Some(of.due_at).filter(|due_at| *due_at != of.when.at),
    })
}

/// What is noted about a callback; nothing if that is no longer kept.
pub(crate) async fn note(tx: &mut Tx<'_>, of: &Callback) -> Result<String> {
    let Some(line) = &of.note else { return Ok(String::new()) };
    Ok(transcript::words_of(tx.db().await?, &of.interaction, line).await?.unwrap_or_default())
}

/// What is told of some callbacks.
pub(crate) fn says(tx: &Tx<'_>, news: CallbackNews, items: Vec<CallbackItem>) -> Says {
    Says::Callback(card(tx, news, items))
}

fn card(tx: &Tx<'_>, news: CallbackNews, items: Vec<CallbackItem>) -> CallbackCard {
    CallbackCard { news, items, zone: tx.settings.desk.time_zone.clone(), why: None, by: None }
}

/// Keeps a callback until it is due. Returns what to tell whoever asked for it.
pub(crate) async fn keep(tx: &mut Tx<'_>, of: &Interaction, callback: &Callback) -> Result<Says> {
    if callbacks::of(tx.db().await?, &of.id).await?.len() >= callback::MOST {
        return Ok(Says::Refused { why: Refusal::TooManyCallbacks { most: callback::MOST } });
    }
    callbacks::keep(tx.db().await?, callback).await?;
    tx.set(&callback.timer()).await?;
    fail::fail_point!("callback_kept", |_| std::process::abort());
    let items = vec![item(tx, callback, &of.contact.name).await?];
    Ok(says(tx, CallbackNews::Set, items))
}

/// Whether an agent may take a callback back: who asked for it, who has its conversation, or had it last, and
/// supervisors.
fn may_cancel(agent: &Agent, of: &Interaction, callback: &Callback) -> bool {
    let has_it = of.handler().is_some_and(|who| who.id == agent.who.id);
    has_it || callback.by.id == agent.who.id || agent.supervises()
}

/// An agent takes a callback back; if somebody else asked for it, they read so. Returns what to tell the
/// agent.
pub(crate) async fn cancel(tx: &mut Tx<'_>, agent: &Agent, callback: &Callback) -> Result<Says> {
    let over = || Says::no_such(Missing::CallbackOver, "");
    let Some(of) = interactions::by_id(tx.db().await?, &callback.interaction).await? else {
        return Ok(over());
    };
    if !may_cancel(agent, &of, callback) {
        return Ok(Says::NotOwner);
    }
    if !callbacks::remove(tx.db().await?, &callback.event).await? {
        return Ok(over());
    }
    tx.audit(agent, "callback", Some(&of.id), "cancel").await?;
    let items = vec![item(tx, callback, &of.contact.name).await?];
    if callback.by.id != agent.who.id
        && let Some(asked) = agents::by_id(tx.db().await?, &callback.by.id).await?
    {
        let by = Some(agent.who.name.clone());
        let card = CallbackCard { by, ..card(tx, CallbackNews::Cancelled, items.clone()) };
        tx.say(&Place::Console(asked.who.id), Says::Callback(card).about(&of.id), None).await?;
    }
    Ok(says(tx, CallbackNews::Cancelled, items))
}

/// An agent takes a callback back that was arranged in this event, by an answer to what was said of it.
/// Returns what to tell them.
pub(crate) async fn take_back(tx: &mut Tx<'_>, agent: &Agent, event: &EventId) -> Result<Notice> {
    let permission = Permission::Callback;
    if !agent.may(permission) {
        let (command, needs) = (Some("callback".to_owned()), Some(Needs::Permission { permission }));
        return Ok(Says::NotAllowed { command, needs }.plainly());
    }
    let Some(callback) = callbacks::by_event(tx.db().await?, event).await? else {
        return Ok(Says::no_such(Missing::CallbackOver, "").plainly());
    };
    let says = cancel(tx, agent, &callback).await?;
    Ok(says.about(&callback.interaction))
}

/// A callback does not take place: who asked for it is told, or the supervisors where they are no agent any
/// more. If the contact was erased, nobody reads who it was.
pub(crate) async fn give_up(
    tx: &mut Tx<'_>,
    of: &Interaction,
    callback: &Callback,
    why: NotCalled,
) -> Result<()> {
    let mut shown = item(tx, callback, &of.contact.name).await?;
    callbacks::remove(tx.db().await?, &callback.event).await?;
    let is_erased = why == NotCalled::Erased;
    if is_erased {
        (shown.contact, shown.note) = (String::new(), String::new());
    }
    let says =
        Says::Callback(CallbackCard { why: Some(why), ..card(tx, CallbackNews::Dropped, vec![shown]) });
    let notice = if is_erased { says.plainly() } else { says.about(&of.id) };
    match agents::by_id(tx.db().await?, &callback.by.id).await? {
        Some(who) => tx.say(&Place::Console(who.who.id), notice, None).await,
        None => tx.tell_supervisors(&notice).await,
    }
}

/// A contact is erased: nobody calls them back.
pub(crate) async fn erased(tx: &mut Tx<'_>, contact: &ContactId) -> Result<()> {
    for callback in callbacks::of_contact(tx.db().await?, contact).await? {
        match interactions::by_id(tx.db().await?, &callback.interaction).await {
            Ok(Some(of)) => give_up(tx, &of, &callback, NotCalled::Erased).await?,
            // It is erased all the same.
            Ok(None) | Err(StoreError::Corrupt { .. }) => {
                callbacks::remove(tx.db().await?, &callback.event).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The command in which a callback was asked for is deleted: it does not take place. Returns whether there
/// was one.
pub(crate) async fn forget(tx: &mut Tx<'_>, of: &Interaction, event: &EventId) -> Result<bool> {
    let found = callbacks::by_event(tx.db().await?, event).await?;
    if found.is_none_or(|callback| callback.interaction != of.id) {
        return Ok(false);
    }
    callbacks::remove(tx.db().await?, event).await
}
