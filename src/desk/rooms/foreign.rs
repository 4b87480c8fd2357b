//! Rooms that are not the desk's, or no longer. The bot and the ghosts decline invites to them, and an agent
//! who writes there reads in their console where to go instead.

use ruma::{OwnedUserId, UserId};

use crate::commit::{Applied, Tx};
use crate::desk::lost;
use crate::domain::agent::Agent;
use crate::domain::effect::{LeaveForeign, OfferConsole, Place};
use crate::domain::ids::{GhostName, InteractionId};
use crate::domain::input::{Membership, RoomAct, RoomEvent};
use crate::domain::interaction::ContactRef;
use crate::domain::notice::{HeldBack, Quoted, Says};
use crate::domain::text::sanitize;
use crate::store::{Result, agents, contacts, interactions, rooms, upkeep};

/// How much of what someone wrote is quoted to them, in characters.
const QUOTED: usize = 200;

/// Applies an event of a room that the desk can no longer use, or did not make.
pub(super) async fn event(tx: &mut Tx<'_>, event: &RoomEvent) -> Result<Applied> {
    if let Some((place, _)) = rooms::purpose(tx.db().await?, &event.room_id).await? {
        return said_in_the_old_room(tx, event, &place).await;
    }
    // It may be a room of ours that the desk does not know of yet: then the event comes again.
    tx.give_back(&event.receipt()).await?;
    invited(tx, event).await
}

/// The membership of the bot or a ghost changed, whoever changed it.
pub(super) async fn ours(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    user: &UserId,
    membership: Membership,
) -> Result<Applied> {
    match (membership, rooms::purpose(tx.db().await?, &event.room_id).await?) {
        (_, None) => {
            tx.give_back(&event.receipt()).await?;
            invited(tx, event).await
        }
        (Membership::Invite, Some((place, is_lost))) if is_lost || !belongs(tx, &place, user).await? => {
            invited(tx, event).await
        }
        (Membership::Leave | Membership::Ban | Membership::Invite, Some(_)) => {
            lost::doubt_soon(tx, &event.room_id).await
        }
        (Membership::Join | Membership::Knock, Some(_)) => Ok(Applied::Done),
    }
}

/// Whether the bot or a ghost has something to do in a room of ours.
async fn belongs(tx: &mut Tx<'_>, place: &Place, user: &UserId) -> Result<bool> {
    if *user == tx.settings.bot {
        return Ok(true);
    }
    let Place::Session(id) = place else { return Ok(false) };
    let Some(found) = interactions::by_id(tx.db().await?, id).await? else { return Ok(false) };
    let ghost = contacts::ghost(tx.db().await?, &found.contact.number).await?.map(|ghost| ghost.name);
    Ok(ghost.is_some() && tx.settings.ghost(user) == ghost)
}

/// Someone invites the bot or a ghost: it declines, and an agent is told where to find the desk.
async fn invited(tx: &mut Tx<'_>, event: &RoomEvent) -> Result<Applied> {
    let RoomAct::Member { user, membership: Membership::Invite, .. } = &event.what else {
        return Ok(Applied::Foreign);
    };
    if !tx.settings.is_ours(user) {
        return Ok(Applied::Foreign);
    }
    let ghost = tx.settings.ghost(user);
    let contact = match &ghost {
        Some(ghost) => contact_of(tx, ghost).await?,
        None => None,
    };
    if ghost.is_some() && contact.is_none() {
        // There is no such ghost, though anyone may invite one.
        return Ok(Applied::Foreign);
    }
    // The event may be brought again, and it is answered once.
    let now = tx.now;
    if !upkeep::claim(tx.db().await?, &format!("invited:{}", event.event_id), now).await? {
        return Ok(Applied::Foreign);
    }
    let inviter = agents::by_user(tx.db().await?, &event.sender).await?;
    let reason = match (&inviter, &contact) {
        (None, _) => "not allowed",
        (Some(_), None) => "use your console",
        (Some(_), Some(_)) => "nobody reads this; your console says where to write",
    };
    match (inviter, contact) {
        (Some(agent), Some(contact)) => show_the_way(tx, &agent, contact).await?,
        (Some(agent), None) => tx.emit(OfferConsole { agent: agent.who.id }).await?,
        (None, _) => {}
    }
    let user: Option<OwnedUserId> = ghost.map(|_| user.clone());
    let (room, reason) = (event.room_id.clone(), reason.to_owned());
    tx.emit(LeaveForeign { room, reason, ghost: user }).await?;
    Ok(Applied::Foreign)
}

/// The contact for whom a ghost speaks.
async fn contact_of(tx: &mut Tx<'_>, ghost: &GhostName) -> Result<Option<ContactRef>> {
    match contacts::number_of_ghost(tx.db().await?, ghost).await? {
        Some(number) => contacts::by_number(tx.db().await?, &number).await,
        None => Ok(None),
    }
}

/// Tells an agent where to write to a contact.
async fn show_the_way(tx: &mut Tx<'_>, agent: &Agent, contact: ContactRef) -> Result<()> {
    let open = interactions::newest_with(tx.db().await?, &contact.number).await?;
    let is_inside = open.as_ref().is_some_and(|open| open.has_inside(&agent.who.user));
    let owner = open.as_ref().and_then(|open| open.owner()).filter(|_| !is_inside);
    let says = Says::WriteElsewhere {
        contact: contact.name,
        owner: owner.map(|owner| owner.name.clone()),
        room: open.as_ref().filter(|_| is_inside).and_then(|open| open.room.clone()),
    };
    let notice = match &open {
        Some(open) => says.about(&open.id),
        None => says.plainly(),
    };
    tx.say(&Place::Console(agent.who.id.clone()), notice, None).await
}

/// A message in a room that was replaced goes nowhere: its writer is told in their console.
async fn said_in_the_old_room(tx: &mut Tx<'_>, event: &RoomEvent, place: &Place) -> Result<Applied> {
    let RoomAct::Message { body, .. } = &event.what else { return Ok(Applied::Done) };
    let Some(writer) = agents::by_user(tx.db().await?, &event.sender).await? else {
        return Ok(Applied::Done);
    };
    let (id, contact) = match place {
        Place::Session(id) => {
            let found = interactions::by_id(tx.db().await?, id).await?;
            (id.clone(), found.map(|found| found.contact.name).unwrap_or_default())
        }
        Place::Talk(id) => (id.clone(), "your colleague".to_owned()),
        Place::Console(_) => (InteractionId::new(""), "Switchroom".to_owned()),
    };
    let text = sanitize::short_line(body, QUOTED);
    let says = Says::held_back(HeldBack::OldRoom, &writer.who.user);
    let says = says.elsewhere(Quoted { contact, text }).unwrap_or(says);
    let notice = if id.as_str().is_empty() { says.plainly() } else { says.about(&id) };
    tx.say(&Place::Console(writer.who.id), notice, None).await?;
    Ok(Applied::Done)
}
