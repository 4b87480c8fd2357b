//! Telephone calls to contacts: beginning one, what follows from what happened to it, and telling of it.
//!
//! A call is a conversation of its own, which has no room and is done from its beginning, as a text is that
//! an agent begins with. See `docs/decisions/0073-calls.md`.

use std::time::Duration;

use ruma::OwnedEventId;

use super::ids::{fresh_alias, fresh_id};
use super::outbound::{self, To};
use super::{contacts as contact_acts, conversations};
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::agent::Agent;
use crate::domain::call::{CallReport, Facts, Next, NotDialled, PhoneCall, Side, next_look};
use crate::domain::effect::{Dial, HangUp, HoldCall, Place};
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::interaction::begin::Beginning;
use crate::domain::interaction::{Direction, Interaction, Mode, Phase};
use crate::domain::notice::{CallCard, CallNews, Says, StoryLine};
use crate::domain::timer::{Due, Timer};
use crate::store::{Result, agents, blocks, calls, interactions, provider_texts};

/// A call that an agent asks for.
pub(crate) struct Calling<'a> {
    /// Who calls.
    pub(crate) agent: &'a Agent,
    /// The event by which they said so.
    pub(crate) event: &'a OwnedEventId,
    /// The room of that event.
    pub(crate) place: &'a Place,
    /// The conversation of that room.
    pub(crate) parent: Option<&'a InteractionId>,
    /// Whom.
    pub(crate) to: &'a To,
    /// From which number.
    pub(crate) ours: &'a Address,
}

/// Why an agent may not call a contact now, if there is a reason.
pub(crate) async fn obstacle(tx: &mut Tx<'_>, agent: &Agent, to: &To) -> Result<Option<NotDialled>> {
    let theirs = &to.contact.number;
    let now = tx.now;
    let is_blocked = blocks::of(tx.db().await?, &to.contact.id, now).await?.is_some();
    let ours = agents::numbers(tx.db().await?).await?;
    let facts = Facts {
        theirs,
        phone: agent.phone.as_deref(),
        can_call: tx.settings.calls,
        is_ours: ours.iter().any(|number| number.value() == theirs.value()),
        is_blocked,
    };
    if let Err(why) = facts.check() {
        return Ok(Some(why));
    }
    if calls::of_agent(tx.db().await?, &agent.who.id).await?.is_some() {
        return Ok(Some(NotDialled::OnThePhone));
    }
    Ok(calls::to(tx.db().await?, theirs).await?.map(|_| NotDialled::BeingCalled))
}

/// Begins a call. Nothing may be in its way.
pub(crate) async fn begin(
    tx: &mut Tx<'_>,
    calling: Calling<'_>,
) -> Result<std::result::Result<Interaction, NotDialled>> {
    let Calling { agent, event, place, parent, to, ours } = calling;
    let Some(number) = agents::number(tx.db().await?, ours).await? else {
        return Ok(Err(NotDialled::NoNumberOfOurs));
    };
    let Some(found) = outbound::leads_to(tx, (ours, &number), to).await? else {
        return Ok(Err(NotDialled::NoQueue));
    };
    if to.known.is_none() {
        contact_acts::add(tx, &to.contact).await?;
    }
    let begun = Interaction::begin(Beginning {
        id: fresh_id(tx).await?,
        mode: Mode::Page,
        contact: to.contact.clone(),
        our_number: ours.clone(),
        queue: found.queue,
        rules: found.rules,
        case: vec![],
        first_text: String::new(),
        last_agent: None,
        alias: fresh_alias(),
        at: tx.now,
    });
    let call = PhoneCall::begin(place.clone(), event.clone(), tx.now);
    let begun = Interaction {
        direction: Direction::Outbound,
        parent: parent.cloned(),
        phase: Phase::Done { by: agent.who.clone(), at: tx.now },
        call: Some(Box::new(call)),
        ..begun
    };
    let by = agent.who.name.clone();
    let other_number = other_number(tx, &begun).await?;
    let says = StoryLine::CallBegun {
        by: by.clone(),
        parent: begun.parent.clone(),
        other_number: other_number.clone(),
    };
    let in_parent = StoryLine::CalledFromHere { by, child: begun.id.clone(), other_number };
    outbound::keep(tx, &begun, Some(&agent.who.id), says, in_parent).await?;
    calls::add(tx.db().await?, &agent.who.id, &begun.id).await?;
    tx.emit(Dial { call: begun.id.clone(), side: Side::Agent }).await?;
    look_later(tx, &begun.id, 0).await?;
    fail::fail_point!("call_begun", |_| std::process::abort());
    Ok(Ok(begun))
}

/// Has a call looked at, for the time after so many others; never, after very many.
pub(crate) async fn look_later(tx: &mut Tx<'_>, call: &InteractionId, tries: u32) -> Result<()> {
    let wait: Option<Duration> = next_look(tries);
    let Some(wait) = wait else { return Ok(()) };
    let what = Due::CallLook { call: call.clone(), tries };
    tx.set(&Timer { due_at: tx.now + wait, what }).await
}

/// Keeps what a call is now, and has done what follows.
pub(crate) async fn keep(
    tx: &mut Tx<'_>,
    before: &Interaction,
    call: PhoneCall,
    next: Vec<Next>,
) -> Result<()> {
    for side in Side::BOTH {
        let had = before.call.as_ref().and_then(|before| before.leg(side).sid.as_ref());
        if let Some(sid) = call.leg(side).sid.as_ref().filter(|sid| Some(*sid) != had)
            && before.emptied_at.is_none()
        {
            // Whoever erases the contact has it erased at the provider too.
            provider_texts::add(tx.db().await?, &before.id, sid).await?;
        }
    }
    // What the provider still reports of one whose content was erased is not kept.
    let call = if before.emptied_at.is_some() { call.emptied(tx.now) } else { call };
    let now = Interaction { call: Some(Box::new(call)), updated_at: tx.now, ..before.clone() };
    if now.call != before.call {
        interactions::save(tx.db().await?, &now).await?;
    }
    for step in next {
        match step {
            Next::Dial(side) => tx.emit(Dial { call: now.id.clone(), side }).await?,
            Next::HangUp(sid) => tx.emit(HangUp { sid }).await?,
            Next::Hold { on } => tx.emit(HoldCall { call: now.id.clone(), on }).await?,
            Next::Held { on } => {
                let news = if on { CallNews::OnHold } else { CallNews::OffHold };
                tell_of_hold(tx, &now, card(&now, news)).await?;
            }
            Next::NotHeld { on, why } => {
                let news = if on { CallNews::NotHeld } else { CallNews::NotResumed };
                tell_of_hold(tx, &now, CallCard { meaning: why, ..card(&now, news) }).await?;
            }
            Next::Talking => tell(tx, &now, CallNews::Talking).await?,
            Next::Ended => ended(tx, &now).await?,
        }
    }
    Ok(())
}

/// A call is over: the next can begin, and both conversations say how it went.
async fn ended(tx: &mut Tx<'_>, of: &Interaction) -> Result<()> {
    calls::remove(tx.db().await?, &of.id).await?;
    let Some(ended) = of.call.as_ref().and_then(|call| call.ended.clone()) else { return Ok(()) };
    if of.emptied_at.is_some() {
        return Ok(());
    }
    let (result, secs, other_number) = (ended.result, ended.secs, other_number(tx, of).await?);
    let line = |call, other_number| StoryLine::CallEnded { result, secs, call, other_number };
    tx.tell_story(&of.id, &line(None, None)).await?;
    if let Some(parent) = &of.parent
        && conversations::keeps_lines(tx, parent).await?
    {
        tx.tell_story(parent, &line(Some(of.id.clone()), other_number.clone())).await?;
    }
    let card = CallCard { other_number, ..card(of, CallNews::Ended) };
    tell_card(tx, of, card).await
}

/// The number that is called, as people read it, where that is not the one of the conversation in whose room
/// the call was begun.
async fn other_number(tx: &mut Tx<'_>, of: &Interaction) -> Result<Option<String>> {
    let theirs = &of.contact.number;
    let parent = match &of.parent {
        Some(parent) => interactions::by_id(tx.db().await?, parent).await?,
        None => None,
    };
    let is_same = parent.is_some_and(|parent| parent.contact.number.value() == theirs.value());
    Ok((!is_same).then(|| theirs.shown().into_owned()))
}

/// What is told of a call.
pub(crate) fn says(of: &Interaction, news: CallNews) -> Says {
    Says::Call(card(of, news))
}

fn card(of: &Interaction, news: CallNews) -> CallCard {
    let call = of.call.as_ref();
    let ended = call.and_then(|call| call.ended.as_ref()).filter(|_| news == CallNews::Ended);
    CallCard {
        news,
        contact: of.contact.name.clone(),
        number: of.contact.number.shown().into_owned(),
        other_number: None,
        our_number: of.our_number.shown().into_owned(),
        result: ended.map(|ended| ended.result),
        secs: ended.map_or(0, |ended| ended.secs),
        meaning: call.and_then(|call| call.why()).map(str::to_owned),
        on_hold: call.is_some_and(|call| call.is_on_hold()),
    }
}

/// Tells whoever called, where they asked for it.
async fn tell(tx: &mut Tx<'_>, of: &Interaction, news: CallNews) -> Result<()> {
    tell_card(tx, of, card(of, news)).await
}

async fn tell_card(tx: &mut Tx<'_>, of: &Interaction, card: CallCard) -> Result<()> {
    let Some(call) = &of.call else { return Ok(()) };
    tell_at(tx, of, Says::Call(card), (&call.said_in, &call.event)).await
}

/// Tells whoever called what became of their wish, where they said it.
async fn tell_of_hold(tx: &mut Tx<'_>, of: &Interaction, card: CallCard) -> Result<()> {
    let Some(hold) = of.call.as_ref().and_then(|call| call.hold.as_ref()) else { return Ok(()) };
    tell_at(tx, of, Says::Call(card), (&hold.said_in, &hold.event)).await
}

/// Tells whoever called, as an answer to what they said in a place; in their console, once they have left
/// that room.
async fn tell_at(
    tx: &mut Tx<'_>,
    of: &Interaction,
    says: Says,
    (place, event): (&Place, &OwnedEventId),
) -> Result<()> {
    let Some(by) = of.handler().filter(|_| of.emptied_at.is_none()) else { return Ok(()) };
    let says = says.about(&of.id);
    if conversations::reads(tx, &by.user, place).await? {
        return tx.say(place, says, Some(event.clone())).await;
    }
    tx.say(&Place::Console(by.id.clone()), says, None).await
}

/// A call of an id, with how it goes.
pub(crate) async fn find(tx: &mut Tx<'_>, id: &InteractionId) -> Result<Option<(Interaction, PhoneCall)>> {
    let found = interactions::by_id(tx.db().await?, id).await?;
    Ok(found.and_then(|of| of.call.as_deref().cloned().map(|call| (of, call))))
}

/// The provider reports how far a phone's part in a call has come. True if that is news.
pub(crate) async fn reported(tx: &mut Tx<'_>, report: &CallReport) -> Result<Option<bool>> {
    let Some((of, mut call)) = find(tx, &report.call).await? else { return Ok(None) };
    let before = call.clone();
    let next = call.reported(report, tx.now);
    if call == before {
        return Ok(Some(false));
    }
    keep(tx, &of, call, next).await?;
    Ok(Some(true))
}

/// An agent ends the call that they are in; nothing if they are in none.
pub(crate) async fn hang_up(tx: &mut Tx<'_>, agent: &Agent) -> Result<Option<Interaction>> {
    let Some(of) = calls::of_agent(tx.db().await?, &agent.who.id).await? else { return Ok(None) };
    let Some(mut call) = of.call.as_deref().cloned() else { return Ok(None) };
    let next = call.hang_up(tx.now);
    keep(tx, &of, call, next).await?;
    Ok(Some(of))
}

/// An agent has the contact of their call put on hold, or taken off it, as they said in a place.
pub(crate) async fn hold(
    tx: &mut Tx<'_>,
    agent: &Agent,
    on: bool,
    said: (Place, OwnedEventId),
) -> Result<std::result::Result<Interaction, (Option<Interaction>, NotDialled)>> {
    let Some(of) = calls::of_agent(tx.db().await?, &agent.who.id).await? else {
        return Ok(Err((None, NotDialled::NoCall)));
    };
    let Some(mut call) = of.call.as_deref().cloned() else { return Ok(Err((None, NotDialled::NoCall))) };
    match call.ask_hold(on, said, tx.now) {
        Ok(next) => {
            keep(tx, &of, call, next).await?;
            fail::fail_point!("hold_asked", |_| std::process::abort());
            Ok(Ok(of))
        }
        Err(why) => Ok(Err((Some(of), why))),
    }
}

/// A contact is erased: nobody calls them any more, and nobody is told whose call it was that ends.
pub(crate) async fn erased(tx: &mut Tx<'_>, contact: &ContactId) -> Result<()> {
    for of in calls::of_contact(tx.db().await?, contact).await? {
        calls::remove(tx.db().await?, &of.id).await?;
        let Some(mut call) = of.call.as_deref().cloned() else { continue };
        let next = call.hang_up(tx.now);
        let call = call.emptied(tx.now);
        let ends = next.into_iter().filter(|step| matches!(step, Next::HangUp(_))).collect();
        keep(tx, &of, call, ends).await?;
    }
    Ok(())
}
