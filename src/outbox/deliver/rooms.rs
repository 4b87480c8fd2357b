//! Rooms as effects see them: making those of interactions, talks and consoles, leaving them, and finding the
//! one a notice goes to.

use ruma::{OwnedRoomId, OwnedUserId, RoomId};
use serde_json::json;

use super::state::STATE_EVENT;
use crate::domain::conversation::{Conversation, Ref};
use crate::domain::effect::{
    ClearRoom, CloseConsole, LeaveForeign, LeaveRoom, OfferConsole, OpenConsole, OpenRoom, OpenSpace, Place,
    RoomMade,
};
use crate::domain::input::{Claim, Evidence};
use crate::domain::talk::Talk;
use crate::matrix::client::Sender;
use crate::matrix::error::{MatrixError, Verdict};
use crate::matrix::rooms::{Invitee, NewRoom, RoomKind};
use crate::outbox::mend::{self, Speaker};
use crate::outbox::target;
use crate::outbox::{Delivery, Detour, Ports, shown};
use crate::store::outbox::Head;
use crate::store::{Result as StoreResult, agents};

/// Makes the room of an interaction, with the contact's ghost in it, or of a talk.
pub(super) async fn open_room(
    ports: &Ports,
    OpenRoom { interaction }: &OpenRoom,
    head: &Head,
    claim: &Claim,
) -> Result<Evidence, Detour> {
    let found = match target::of(ports, interaction).await? {
        Conversation::Session(found) => found,
        Conversation::Talk(talk) => return open_talk_room(ports, &talk, head).await,
    };
    let shown = shown::interaction(ports, &found);
    let (ghost, name) =
        (mend::ghost_of(ports, &found.contact.number).await?, ports.templates.room_name(&shown));
    match &ghost.called {
        None => ports.matrix.ensure_ghost(&ghost.name, &name).await?,
        Some(called) if *called == name => {}
        Some(_) => match ports.matrix.rename_ghost(&ghost.name, &name).await {
            // It is seen to when it is to come into the room.
            Err(error) if is_of_ghost(&error) => {}
            renamed => renamed?,
        },
    }
    let state = shown::state(ports, Ref::Session(&found)).await?;
    let room = NewRoom {
        kind: RoomKind::Session,
        alias_localpart: found.alias.clone(),
        name: name.clone(),
        topic: ports.templates.topic(&shown),
        invite: Some(Invitee::Ghost(ghost.name.clone())),
        creation_source: found.alias.clone(),
        initial_state: vec![(STATE_EVENT.to_owned(), String::new(), state)],
    };
    let room = ports.matrix.create_room(&room, head.failures).await?;
    fail::fail_point!("room_made", |_| std::process::abort());
    match ports.matrix.join(&Sender::Ghost(ghost.name), &room).await {
        // The homeserver may have lost what we remember, restored from a backup for instance.
        Err(error) if is_of_ghost(&error) => {
            let contact = Speaker { number: found.contact.number.clone(), called: name.clone() };
            mend::let_ghost_in(ports, head, claim, &contact, (&room, None)).await?;
        }
        joined => joined?,
    }
    Ok(Evidence::Room(RoomMade { room, ghost: Some(name) }))
}

/// Whether something is refused that a ghost wants, so that the ghost may not be what it was.
fn is_of_ghost(error: &MatrixError) -> bool {
    error.is_of_account() || matches!(error.verdict(), Verdict::Rejected { .. })
}

/// Makes the room of a talk; whoever is in it is invited later in the same lane.
async fn open_talk_room(ports: &Ports, talk: &Talk, head: &Head) -> Result<Evidence, Detour> {
    let shown = shown::talk(ports, talk);
    let room = NewRoom {
        kind: target::kind(talk),
        alias_localpart: talk.alias.clone(),
        name: ports.templates.talk_name(&shown),
        topic: String::new(),
        invite: None,
        creation_source: talk.alias.clone(),
        initial_state: vec![(STATE_EVENT.to_owned(), String::new(), shown.state_content())],
    };
    let room = ports.matrix.create_room(&room, head.failures).await?;
    fail::fail_point!("talk_room_made", |_| std::process::abort());
    Ok(Evidence::Room(RoomMade { room, ghost: None }))
}

/// Lets ghost and bot leave a room that is no longer needed.
pub(super) async fn leave_room(ports: &Ports, leave_room: &LeaveRoom) -> Result<Evidence, Detour> {
    let found = target::of(ports, &leave_room.interaction).await?;
    let room = target::room(found.by_ref())?;
    let ghost = match found {
        Conversation::Session(found) => {
            Some(Sender::Ghost(mend::ghost_of(ports, &found.contact.number).await?.name))
        }
        Conversation::Talk(_) => None,
    };
    for sender in ghost.into_iter().chain([Sender::Bot]) {
        leave(ports, &sender, &room, None).await?;
    }
    Ok(Evidence::Nothing)
}

/// Lets the bot, or a ghost, leave a room that is not the desk's, saying why.
pub(super) async fn leave_foreign(ports: &Ports, foreign: &LeaveForeign) -> Result<Evidence, Detour> {
    let LeaveForeign { room, reason, ghost } = foreign;
    let sender = ghost.as_deref().and_then(|ghost| ports.matrix.sender_of(ghost)).unwrap_or(Sender::Bot);
    leave(ports, &sender, room, Some(reason)).await?;
    Ok(Evidence::Nothing)
}

/// Lets the bot or a ghost leave and forget a room; one that cannot be used is in it no more.
async fn leave(ports: &Ports, sender: &Sender, room: &RoomId, reason: Option<&str>) -> Result<(), Detour> {
    let left = async {
        ports.matrix.leave(sender, room, reason).await?;
        ports.matrix.forget(sender, room).await
    };
    match left.await {
        Err(error) if *sender != Sender::Bot && is_of_ghost(&error) => Ok(()),
        left => Ok(left?),
    }
}

/// Takes everyone out of a room that another has taken the place of, as far as the bot still can, and leaves
/// it.
pub(super) async fn clear_room(ports: &Ports, old: &ClearRoom) -> Result<Evidence, Detour> {
    let ClearRoom { room, ghost } = old;
    match ports.matrix.remove_everyone(room, "it goes on in another room").await {
        Err(error) if matches!(error.verdict(), Verdict::Rejected { .. }) => {}
        removed => removed?,
    }
    for sender in ghost.clone().map(Sender::Ghost).into_iter().chain([Sender::Bot]) {
        leave(ports, &sender, room, None).await?;
    }
    Ok(Evidence::Nothing)
}

/// Makes an agent's console and invites them.
pub(super) async fn open_console(
    ports: &Ports,
    OpenConsole { agent: id, alias }: &OpenConsole,
    head: &Head,
) -> Result<Evidence, Detour> {
    let agent = {
        let mut conn = ports.store.connection().await?;
        agents::by_id(&mut conn, id).await?
    };
    let agent = agent.ok_or_else(|| Delivery::Undeliverable(format!("there is no agent {id}")))?;
    let room = NewRoom {
        kind: RoomKind::Console,
        alias_localpart: alias.clone(),
        name: "Switchroom".to_owned(),
        topic: "Offers and commands".to_owned(),
        invite: Some(Invitee::Agent(agent.who.user)),
        creation_source: head.txn_id.clone(),
        initial_state: vec![],
    };
    Ok(Evidence::Room(RoomMade { room: ports.matrix.create_room(&room, head.failures).await?, ghost: None }))
}

/// Makes an agent's space, or finds it, and lets the console they have now stand in it and no other.
/// <https://spec.matrix.org/latest/client-server-api/#spaces>
pub(super) async fn open_space(ports: &Ports, space: &OpenSpace, head: &Head) -> Result<Evidence, Detour> {
    let OpenSpace { agent, alias } = space;
    let (console, Some(user)) = place(ports, &Place::Console(agent.clone())).await? else {
        return Ok(Evidence::Nothing);
    };
    let via = json!({"via": [ports.matrix.domain()]});
    let room = NewRoom {
        kind: RoomKind::Space,
        alias_localpart: alias.clone(),
        name: "Switchroom".to_owned(),
        topic: String::new(),
        // Last of all, so that they find in it what belongs there.
        invite: None,
        creation_source: alias.clone(),
        initial_state: vec![("m.space.child".to_owned(), console.to_string(), via.clone())],
    };
    // It may have been made for an earlier console.
    let space = ports.matrix.create_room(&room, head.failures.max(1)).await?;
    ports.matrix.keep_one_child(&space, &console).await?;
    ports.matrix.put_state(&console, "m.space.parent", space.as_str(), &via).await?;
    ports.matrix.invite(&space, &user, None).await?;
    Ok(Evidence::Nothing)
}

/// Invites an agent into their console again, if they are not in it.
pub(super) async fn offer_console(ports: &Ports, console: &OfferConsole) -> Result<Evidence, Detour> {
    let (room, user) = place(ports, &Place::Console(console.agent.clone())).await?;
    if let Some(user) = user {
        ports.matrix.invite(&room, &user, None).await?;
    }
    Ok(Evidence::Nothing)
}

/// Removes someone who is no longer an agent from their console.
pub(super) async fn close_console(ports: &Ports, console: &CloseConsole) -> Result<Evidence, Detour> {
    let CloseConsole { agent, user } = console;
    let (room, _) = place(ports, &Place::Console(agent.clone())).await?;
    let alias = {
        let mut conn = ports.store.connection().await?;
        agents::space(&mut conn, agent).await?
    };
    let space = match alias {
        Some(alias) => ports.matrix.resolve_alias(&alias).await?,
        None => None,
    };
    for room in space.into_iter().chain([room]) {
        ports.matrix.remove(&room, user, Some("no longer at the desk")).await?;
    }
    Ok(Evidence::Nothing)
}

/// A room of ours with the one it belongs to, whom a notice there has to wake: the owner, or the console's
/// agent.
pub(super) async fn place(
    ports: &Ports,
    place: &Place,
) -> Result<(OwnedRoomId, Option<OwnedUserId>), Detour> {
    match place {
        Place::Session(id) | Place::Talk(id) => {
            let found = target::of(ports, id).await?;
            Ok((target::room(found.by_ref())?, found.reader()))
        }
        Place::Console(id) => {
            let mut conn = ports.store.connection().await?;
            let (room, agent): (StoreResult<_>, StoreResult<_>) =
                (agents::console(&mut conn, id).await, agents::by_id(&mut conn, id).await);
            let (room, agent) = (room?.and_then(|room| OwnedRoomId::try_from(room).ok()), agent?);
            let room = match room {
                Some(room) => room,
                // Who is no agent any more is made no other console.
                None if agent.is_none() => return Err(Delivery::Done(Evidence::Nothing)),
                None => return Err(Delivery::Undeliverable(format!("{id} has no console"))),
            };
            Ok((room, agent.map(|agent| agent.who.user)))
        }
    }
}
