//! Texts that go to a contact later (`!later`): keeping one until its time, and sending it then. It goes as a
//! message of whoever has the conversation, or had it last, by the same way as any other. See
//! `docs/decisions/0068-texts-that-go-later.md`.

use ruma::EventId;

use super::later_news::{self, ask, give_up, item};
use super::replies::{self, Saying};
use super::rights;
use crate::clock::Millis;
use crate::commit::{Applied, Tx};
use crate::domain::agent::{Agent, AgentRef};
use crate::domain::effect::Place;
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::later::{self, Fate, Later, Seen};
use crate::domain::notice::{HeldBack, LaterNews, Missing, Refusal, Says, ScheduledDropped, Stopped};
use crate::domain::when::Moment;
use crate::store::{Result, agents, blocks, consent, interactions, scheduled};

/// Keeps a text until its time, and tells its writer when that is. They own the conversation. What could not
/// be sent then, as far as that is known, is not kept.
pub(crate) async fn keep(tx: &mut Tx<'_>, saying: Saying<'_>, text: &str, when: Moment) -> Result<()> {
    let Saying { interaction, agent, event, response, files, .. } = saying;
    let later = Later {
        event: event.clone(),
        interaction: interaction.id.clone(),
        by: agent.who.user.clone(),
        text: text.to_owned(),
        response,
        files: files.to_vec(),
        when,
        since: tx.now,
        heard: scheduled::heard(tx.db().await?, &interaction.id).await?,
        asks: None,
    };
    let place = Place::Session(interaction.id.clone());
    if let Some(says) = obstacle(tx, interaction, &later).await? {
        return tx.say(&place, says.about(&interaction.id), Some(event.clone())).await;
    }
    scheduled::keep(tx.db().await?, &later, &agent.who.id).await?;
    tx.set(&later.timer()).await?;
    fail::fail_point!("later_kept", |_| std::process::abort());
    let item = item(tx, &later, &interaction.contact.name);
    let says = later_news::says(tx, LaterNews::Set, vec![item]);
    later_news::tell(tx, place, (&interaction.id, Some(&later)), says).await
}

/// Why a text is not kept for later, if it is not.
async fn obstacle(tx: &mut Tx<'_>, of: &Interaction, later: &Later) -> Result<Option<Says>> {
    let Later { by, when, .. } = later;
    if !of.contact.number.can_be_answered() {
        return Ok(Some(Says::held_back(HeldBack::Unanswerable, by)));
    }
    let waiting = scheduled::of(tx.db().await?, &of.id).await?;
    if waiting.iter().filter(|other| other.event != later.event).count() >= later::MOST {
        return Ok(Some(Says::Refused { why: Refusal::TooManyLater { most: later::MOST } }));
    }
    let (ours, theirs) = (&of.our_number, &of.contact.number);
    let why = if consent::is_out(tx.db().await?, ours, theirs).await? {
        Stopped::OptedOut
    } else if of.window_is_closed(when.at) {
        Stopped::WindowClosed
    } else {
        return Ok(None);
    };
    let (contact, text, at) = (of.contact.name.clone(), later.shown().to_owned(), when.at);
    Ok(Some(Says::ScheduledDropped(ScheduledDropped { why, asks: false, contact, text, at })))
}

/// The time of a text has come.
pub(crate) async fn due(tx: &mut Tx<'_>, event: &EventId, at: Millis) -> Result<Applied> {
    let found = scheduled::by_event(tx.db().await?, event).await?;
    // It was taken back, or goes at another time.
    let Some(later) = found.filter(|later| later.when.at == at && later.asks.is_none()) else {
        return Ok(Applied::Done);
    };
    fail::fail_point!("later_due", |_| std::process::abort());
    let Some(of) = interactions::by_id(tx.db().await?, &later.interaction).await? else {
        scheduled::remove(tx.db().await?, event).await?;
        return Ok(Applied::Done);
    };
    let wrote = scheduled::wrote_since(tx.db().await?, &later, &of).await?;
    let late = tx.now.since(later.when.at) > tx.settings.desk.late();
    let seen = Seen { wrote, late, ..seen(tx, &of).await? };
    match later::fate(&of, seen) {
        Fate::Goes(who) => go(tx, &of, &later, &who).await?,
        Fate::Asks(who, why) => match agents::by_id(tx.db().await?, &who.id).await? {
            Some(_) => ask(tx, &of, later, (Some(&who), why)).await?,
            None => give_up(tx, &of, &later, Stopped::NoAgent).await?,
        },
        Fate::Waits => ask(tx, &of, later, (None, Stopped::NobodyHadIt)).await?,
        Fate::Drops(why) => give_up(tx, &of, &later, why).await?,
    }
    Ok(Applied::Done)
}

/// What stands in the way of a text to a contact, whatever it says.
async fn seen(tx: &mut Tx<'_>, of: &Interaction) -> Result<Seen> {
    let (ours, theirs, now) = (&of.our_number, &of.contact.number, tx.now);
    let newer = match &of.phase {
        Phase::Done { .. } => interactions::open_of(tx.db().await?, ours, theirs).await?,
        Phase::Queued { .. } | Phase::Offered { .. } | Phase::Owned { .. } => None,
    };
    let has_it_now = newer.as_ref().and_then(Interaction::owner);
    Ok(Seen {
        opted_out: consent::is_out(tx.db().await?, ours, theirs).await?,
        blocked: blocks::of(tx.db().await?, &of.contact.id, now).await?.is_some(),
        window_closed: rights::window_is_closed(tx, of).await?,
        with_another: has_it_now.is_some_and(|owner| of.handler().is_none_or(|had| had.id != owner.id)),
        ..Seen::default()
    })
}

/// A text goes now, as a message of this agent.
async fn go(tx: &mut Tx<'_>, of: &Interaction, later: &Later, who: &AgentRef) -> Result<()> {
    let Some(agent) = agents::by_id(tx.db().await?, &who.id).await? else {
        return give_up(tx, of, later, Stopped::NoAgent).await;
    };
    scheduled::remove(tx.db().await?, &later.event).await?;
    let place = later_news::place(of, who);
    let items = vec![item(tx, later, &of.contact.name)];
    let says = later_news::says(tx, LaterNews::Goes, items);
    let reply_to = Some(later.event.clone()).filter(|_| matches!(place, Place::Session(_)));
    tx.say(&place, says.about(&of.id), reply_to).await?;
    let queue = agents::queue(tx.db().await?, &of.queue).await?;
    let saying = Saying {
        interaction: of,
        agent: &agent,
        event: &later.event,
        at: tx.now,
        in_reply_to: None,
        response: later.response.clone(),
        files: &later.files,
    };
    replies::say_now(tx, queue.as_ref(), saying, &later.text).await
}

/// An agent says that a text is to go which waits for that. Returns what to tell them, if it does not.
pub(crate) async fn send(tx: &mut Tx<'_>, agent: &Agent, event: &EventId) -> Result<Option<Says>> {
    let over = || Some(Says::no_such(Missing::LaterOver, ""));
    let found = scheduled::by_event(tx.db().await?, event).await?.filter(|later| later.asks.is_some());
    let Some(later) = found else { return Ok(over()) };
    let Some(of) = interactions::by_id(tx.db().await?, &later.interaction).await? else { return Ok(over()) };
    if of.handler().is_none_or(|who| who.id != agent.who.id) {
        return Ok(Some(Says::NotOwner));
    }
    fail::fail_point!("later_sent", |_| std::process::abort());
    match later::fate(&of, seen(tx, &of).await?) {
        Fate::Drops(why) => give_up(tx, &of, &later, why).await?,
        // Who is asked has the conversation, and knows all that has happened.
        Fate::Goes(who) | Fate::Asks(who, _) => {
            tx.audit(agent, "send", Some(&of.id), "a text that was to go later").await?;
            go(tx, &of, &later, &who).await?;
        }
        Fate::Waits => return Ok(Some(Says::NotOwner)),
    }
    Ok(None)
}

/// Whether an agent may take a text back: who has its conversation, or had it last, who typed it while nobody
/// has it, and supervisors.
fn may_take_back(agent: &Agent, of: &Interaction, later: &Later) -> bool {
    let has_it = match of.handler() {
        Some(who) => who.id == agent.who.id,
        None => later.by == agent.who.user,
    };
    has_it || agent.supervises()
}

/// An agent takes texts back. Returns what to tell them: which do not go, or why nothing was taken back.
pub(crate) async fn take_back(tx: &mut Tx<'_>, agent: &Agent, which: Vec<Later>) -> Result<Says> {
    let (mut gone, mut is_anothers) = (vec![], false);
    for later in which {
        let Some(of) = interactions::by_id(tx.db().await?, &later.interaction).await? else { continue };
        if !may_take_back(agent, &of, &later) {
            is_anothers = true;
        } else if scheduled::remove(tx.db().await?, &later.event).await? {
            tx.audit(agent, "later", Some(&of.id), &format!("cancel {}", later.shown())).await?;
            gone.push(item(tx, &later, &of.contact.name));
        }
    }
    Ok(match (gone.is_empty(), is_anothers) {
        (false, _) => later_news::says(tx, LaterNews::Cancelled, gone),
        (true, true) => Says::NotOwner,
        (true, false) => Says::no_such(Missing::LaterOver, ""),
    })
}

/// The command in which a text was typed is deleted or changed: it does not go. Returns whether there was
/// one.
pub(crate) async fn forget(tx: &mut Tx<'_>, of: &Interaction, event: &EventId) -> Result<bool> {
    let found = scheduled::by_event(tx.db().await?, event).await?;
    if found.is_none_or(|later| later.interaction != of.id) {
        return Ok(false);
    }
    scheduled::remove(tx.db().await?, event).await
}
