//! Rooms and ghosts that can no longer be used. A conversation that goes on gets another room: the bot posts
//! what was said as one folded notice and invites whoever has work there. The new room is made before
//! anything else in the lane, so that what waited for the old room gets to the new one.

use std::time::Duration;

use ruma::{OwnedRoomId, RoomId, UserId};

use crate::acts::ids::fresh_alias;
use crate::acts::{contacts as contact_acts, conversations, dead_letters};
use crate::clock::{self, Millis};
use crate::commands::past_line;
use crate::commit::{Applied, Tx};
use crate::domain::address::Address;
use crate::domain::agent::Role;
use crate::domain::conversation::Conversation;
use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::effect::{
    ClearRoom, Effect, LookAtRoom, Notify, OfferConsole, OpenConsole, OpenRoom, Place,
};
use crate::domain::ids::GhostName;
use crate::domain::input::{Claim, Loss};
use crate::domain::lane::Lane;
use crate::domain::notice::{LINES, Says, newest};
use crate::domain::timer::{Due, Timer};
use crate::store::interactions;
use crate::store::{
    Result, agents, contacts, conversations as conversation_store, history, lists, outbox, rooms, upkeep,
};

/// A room that is lost this often within this time is not made again by itself.
const MOST_LOSSES: i64 = 3;
const WITHIN: Duration = Duration::from_hours(1);
/// How long a homeserver may take to let everyone leave a room that is deleted.
pub(super) const DELETED_WITHIN: Duration = Duration::from_secs(5);
/// How soon admins hear of it. What is lost within that time they hear of together.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// The moment of the newest loss that admins were told of.
const TOLD_TO: &str = "rooms_lost_told_to";

/// A room was lost.
pub(super) async fn room(
    tx: &mut Tx<'_>,
    claim: &Claim,
    place: &Place,
    room: &RoomId,
    how: Loss,
) -> Result<Applied> {
    if !outbox::still_ours(tx.db().await?, claim).await? {
        return Ok(Applied::Lost);
    }
    if current(tx, place).await?.as_deref() != Some(room) {
        // Another room has taken its place, and the effect is tried again there.
        return Ok(Applied::Seen);
    }
    let (lane, before) = (place.lane(), outbox::last_place(tx.db().await?, &place.lane()).await?);
    let now = tx.now;
    rooms::lose(tx.db().await?, room.as_str(), place, now).await?;
    lists::forget(tx.db().await?, place).await?;
    let is_replaced = match place {
        Place::Session(_) | Place::Talk(_) => replace(tx, place, how).await?,
        Place::Console(agent) => {
            agents::forget_console(tx.db().await?, agent).await?;
            let is_agent = agents::by_id(tx.db().await?, agent).await?.is_some();
            if is_agent {
                open_console(tx, place).await?;
                let says = Says::RoomReplaced { why: how, lines: vec![], more: false };
                tx.say(place, says.plainly(), None).await?;
            }
            is_agent
        }
    };
    if how == Loss::Upgraded {
        let ghost = ghost_in(tx, place).await?;
        tx.emit(ClearRoom { room: room.to_owned(), ghost }).await?;
    }
    forget_marks(tx, claim, &lane, before).await?;
    if is_replaced {
        outbox::bring_forward(tx.db().await?, &lane, before).await?;
        tx.wake_lane(&lane);
        if is_too_often(tx, place).await? {
            return give_up(tx, claim, place, how.in_words()).await;
        }
        tell_admins_soon(tx).await?;
    }
    Ok(Applied::Seen)
}

/// The alias that a new room was to have is another's: it gets another alias.
pub(super) async fn alias(tx: &mut Tx<'_>, claim: &Claim, place: &Place) -> Result<Applied> {
    if !outbox::still_ours(tx.db().await?, claim).await? {
        return Ok(Applied::Lost);
    }
    let (lane, before) = (place.lane(), outbox::last_place(tx.db().await?, &place.lane()).await?);
    let now = tx.now;
    rooms::lose(tx.db().await?, &format!("alias of {lane} {}", clock::random_hex()), place, now).await?;
    outbox::done(tx.db().await?, std::slice::from_ref(claim)).await?;
    if let Some(mut found) = conversation_store::at(tx.db().await?, place).await? {
        found.set_alias(fresh_alias());
        conversation_store::save(tx.db().await?, &found).await?;
        tx.emit(OpenRoom { interaction: found.first_in_room().clone() }).await?;
    }
    open_console(tx, place).await?;
    outbox::bring_forward(tx.db().await?, &lane, before).await?;
    tx.wake_lane(&lane);
    if is_too_often(tx, place).await? {
        return give_up(tx, claim, place, "the alias of its room is another's").await;
    }
    Ok(Applied::Seen)
}

/// A ghost can no longer be used: the number gets a new one, which is created when it first joins a room.
pub(super) async fn ghost(
    tx: &mut Tx<'_>,
    claim: &Claim,
    number: &Address,
    ghost: &GhostName,
) -> Result<Applied> {
    if !outbox::still_ours(tx.db().await?, claim).await? {
        return Ok(Applied::Lost);
    }
    if contacts::ghost(tx.db().await?, number).await?.is_some_and(|known| known.name == *ghost) {
        let called = contacts::by_number(tx.db().await?, number).await?.map(|contact| contact.name);
        contact_acts::give_ghost(tx, number, called.as_deref()).await?;
        outbox::ghost_lost(tx.db().await?, claim).await?;
    }
    Ok(Applied::Seen)
}

/// Has a room checked that may be lost, once the homeserver is done deleting it: a ghost that came back
/// earlier would be in the way.
pub(super) async fn doubt_soon(tx: &mut Tx<'_>, room: &RoomId) -> Result<Applied> {
    let what = Due::RoomDoubted { room: room.to_owned() };
    tx.set(&Timer { due_at: tx.now + DELETED_WITHIN, what }).await?;
    Ok(Applied::Done)
}

/// Has a room checked that may be lost, if it is still needed.
pub(super) async fn doubt(tx: &mut Tx<'_>, room: &RoomId) -> Result<Applied> {
    let Some((place, false)) = rooms::purpose(tx.db().await?, room).await? else {
        return Ok(Applied::Foreign);
    };
    let is_needed = match &place {
        Place::Session(_) | Place::Talk(_) => {
            let found = conversation_store::at(tx.db().await?, &place).await?;
            found.is_some_and(|found| !found.is_done())
        }
        Place::Console(agent) => agents::by_id(tx.db().await?, agent).await?.is_some(),
    };
    if is_needed {
        tx.emit(LookAtRoom { place, room: room.to_owned() }).await?;
    }
    Ok(Applied::Done)
}

/// Someone was taken out of a room by somebody else: if they have work there, they are asked in again.
pub(super) async fn taken_out(tx: &mut Tx<'_>, place: &Place, user: &UserId) -> Result<Applied> {
    let Some(agent) = agents::by_user(tx.db().await?, user).await? else { return Ok(Applied::Foreign) };
    let me = &agent.who.id;
    match place {
        Place::Session(_) | Place::Talk(_) => {
            let Some(found) = conversation_store::at(tx.db().await?, place).await? else {
                return Ok(Applied::Foreign);
            };
            conversations::taken_out(tx, &found, me, user.to_owned()).await?;
        }
        Place::Console(owner) if owner == me => {
            agents::set_in_console(tx.db().await?, me, false).await?;
            tx.emit(OfferConsole { agent: me.clone() }).await?;
        }
        Place::Console(_) => {}
    }
    Ok(Applied::Done)
}

/// Tells admins which rooms were lost since they were last told.
pub(super) async fn tell(tx: &mut Tx<'_>) -> Result<()> {
    let told_to = upkeep::recall(tx.db().await?, TOLD_TO).await?.and_then(|text| text.parse().ok());
    let lost = rooms::lost_since(tx.db().await?, told_to.map_or(Millis(0), Millis)).await?;
    let Some((place, at)) = lost.first() else { return Ok(()) };
    upkeep::remember(tx.db().await?, TOLD_TO, &at.0.to_string()).await?;
    let what = match place {
        Place::Session(id) => {
            let name = interactions::by_id(tx.db().await?, id).await?.map(|found| found.contact.name);
            format!("{} ({id})", name.unwrap_or_default())
        }
        Place::Talk(id) => format!("a talk ({id})"),
        Place::Console(agent) => format!("the console of {agent}"),
    };
    let more = lost.len() - 1;
    let what = if more == 0 { what } else { format!("{what}, and {more} more") };
    for admin in agents::all(tx.db().await?).await?.into_iter().filter(|agent| agent.is(Role::Admin)) {
        let says = Says::RoomLost { what: what.clone(), why: None };
        tx.say(&Place::Console(admin.who.id), says.plainly(), None).await?;
    }
    Ok(())
}

/// The room that a place has now.
async fn current(tx: &mut Tx<'_>, place: &Place) -> Result<Option<OwnedRoomId>> {
    Ok(match place {
        Place::Session(_) | Place::Talk(_) => {
            conversation_store::at(tx.db().await?, place).await?.and_then(|found| found.room().cloned())
        }
        Place::Console(agent) => {
            agents::console(tx.db().await?, agent).await?.and_then(|room| OwnedRoomId::try_from(room).ok())
        }
    })
}

/// Lets a conversation go on in another room. False if it needs none.
async fn replace(tx: &mut Tx<'_>, place: &Place, how: Loss) -> Result<bool> {
    let Some(found) = conversation_store::at(tx.db().await?, place).await? else { return Ok(false) };
    let says = Box::new(what_was_said(tx, &found, how).await?);
    conversations::room_lost(tx, &found, how, says).await?;
    Ok(found.goes_on())
}

/// The first post in a new room: the last lines of the transcript, without texts that are still on their way
/// there.
async fn what_was_said(tx: &mut Tx<'_>, of: &Conversation, how: Loss) -> Result<Says> {
    let contact = of.by_ref().contact().map_or("", |contact| contact.name.as_str());
    let everyone = agents::all(tx.db().await?).await?;
    // A picture that is still being fetched keeps its place for minutes, while the words after it were said
    // long ago.
    let is_text = |effect: &Effect| matches!(effect, Effect::GhostText(_));
    let waiting = outbox::waiting(tx.db().await?, &of.place().lane()).await?;
    let waits_since = waiting.iter().find(|waiting| is_text(&waiting.effect)).map(|first| first.created_at);
    let (id, texts_before) = (of.by_ref().id(), waits_since.unwrap_or(Millis(i64::MAX)));
    // As many as it can hold, and the one before them.
    let limit = i64::try_from(LINES).unwrap_or(i64::MAX).saturating_add(1);
    let said = history::last_lines(tx.db().await?, id, texts_before, limit).await?;
    let (lines, more) = newest(said.iter().map(|line| past_line(line, contact, &everyone)));
    Ok(Says::RoomReplaced { why: how, lines, more })
}

async fn open_console(tx: &mut Tx<'_>, place: &Place) -> Result<()> {
    let Place::Console(agent) = place else { return Ok(()) };
    tx.emit(OpenConsole { agent: agent.clone(), alias: fresh_alias() }).await
}

/// The ghost in a session's room.
async fn ghost_in(tx: &mut Tx<'_>, place: &Place) -> Result<Option<GhostName>> {
    let Place::Session(id) = place else { return Ok(None) };
    let Some(found) = interactions::by_id(tx.db().await?, id).await? else { return Ok(None) };
    Ok(contacts::ghost(tx.db().await?, &found.contact.number).await?.map(|ghost| ghost.name))
}

/// Drops effects on events of the old room, checks of it, and what was to be said first in it.
async fn forget_marks(tx: &mut Tx<'_>, claim: &Claim, lane: &Lane, before: i64) -> Result<()> {
    let waiting = outbox::waiting(tx.db().await?, lane).await?;
    let is_void = |effect: &Effect| match effect {
        Effect::React(_) | Effect::LookAtRoom(_) => true,
        Effect::Notify(Notify { notice, .. }) => matches!(notice.says, Says::RoomReplaced { .. }),
        _ => false,
    };
    let void = waiting.iter().filter(|waiting| waiting.seq <= before && is_void(&waiting.effect));
    let void: Vec<Claim> = void.map(|waiting| Claim { seq: waiting.seq, ..claim.clone() }).collect();
    outbox::done(tx.db().await?, &void).await
}

async fn is_too_often(tx: &mut Tx<'_>, place: &Place) -> Result<bool> {
    let now = tx.now;
    Ok(rooms::losses_since(tx.db().await?, place, now - WITHIN).await? >= MOST_LOSSES)
}

/// Sets the making of a room aside, with all that waits for it, until a person has found out why it is lost
/// again and again. Everyone who has work there is told in their console that it waits.
async fn give_up(tx: &mut Tx<'_>, claim: &Claim, place: &Place, how: &str) -> Result<Applied> {
    let lane = place.lane();
    let Some(head) = outbox::head(tx.db().await?, &lane).await? else { return Ok(Applied::Seen) };
    let claim = Claim { seq: head.seq, version: head.version, ..claim.clone() };
    outbox::set_aside(tx.db().await?, &claim, true).await?;
    let why = format!("{how}, for the third time within an hour; find out who does it, then try again");
    let body = serde_json::to_string(&head.effect).unwrap_or_default();
    let (now, what) = (tx.now, DeadLetterKind::Effect { lane, seq: head.seq });
    dead_letters::add(tx.db().await?, (&what, &why), &body, now).await?;
    tx.wake_timers();
    tell_of_waiting(tx, place).await?;
    Ok(Applied::DeadLettered)
}

/// Tells everyone who has work in a conversation that it has no room until an admin has one made. An agent
/// without a console cannot be told.
async fn tell_of_waiting(tx: &mut Tx<'_>, place: &Place) -> Result<()> {
    let Some(found) = conversation_store::at(tx.db().await?, place).await? else { return Ok(()) };
    for (agent, what) in found.known_as() {
        let says = Says::RoomMissing { what };
        tx.say(&Place::Console(agent), says.about(found.by_ref().id()), None).await?;
    }
    Ok(())
}

async fn tell_admins_soon(tx: &mut Tx<'_>) -> Result<()> {
    let every = i64::try_from(TELL_EVERY.as_millis()).unwrap_or(1);
    let due_at = Millis(tx.now.0 - tx.now.0.rem_euclid(every)) + TELL_EVERY;
    tx.set(&Timer { due_at, what: Due::RoomsLost }).await
}
