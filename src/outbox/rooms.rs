//! Rooms as effects see them: making those of interactions, talks and consoles, leaving them, and finding the one a
//! notice goes to.

use matrix_sdk::ruma::{OwnedRoomId, OwnedUserId, UserId};

use super::deliver::{Detour, STATE_EVENT};
use super::home::{self, Home, session};
use super::{Delivery, Ports};
use crate::domain::effect::Place;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::input::Evidence;
use crate::domain::talk::Talk;
use crate::matrix::client::Sender;
use crate::matrix::error::Verdict;
use crate::matrix::rooms::{Invitee, NewRoom, RoomKind};
use crate::store::outbox::Head;
use crate::store::{Result as StoreResult, agents, contacts};

pub(super) async fn open_room(ports: &Ports, id: &InteractionId, head: &Head) -> Result<Evidence, Detour> {
    let found = match home::of(ports, id).await? {
        Home::Session(found) => found,
        Home::Talk(talk) => return open_talk_room(ports, &talk, head).await,
    };
    let called = {
        let mut conn = ports.store.connection().await?;
        contacts::ghost_name(&mut conn, &found.contact.number).await?
    };
    let (number, name) = (found.contact.number.clone(), ports.templates.room_name(&found));
    let is_known = called.as_deref() == Some(name.as_str());
    if !is_known {
        ports.matrix.ensure_ghost(&number, &name).await?;
    }
    let room = NewRoom {
        kind: RoomKind::Session,
        alias_localpart: found.alias.clone(),
        name: name.clone(),
        topic: ports.templates.topic(&found),
        invite: Some(Invitee::Ghost(number.clone())),
        creation_source: found.alias.clone(),
        initial_state: vec![(STATE_EVENT.to_owned(), String::new(), found.state_content())],
    };
    let room = ports.matrix.create_room(&room, head.failures).await?;
    fail::fail_point!("room_made", |_| std::process::abort());
    let ghost = Sender::Ghost(number.clone());
    match ports.matrix.join(&ghost, &room).await {
        // The homeserver may have lost what we remember, restored from a backup for instance.
        Err(error) if is_known && matches!(error.verdict(), Verdict::Rejected { .. }) => {
            ports.matrix.ensure_ghost(&number, &name).await?;
            ports.matrix.join(&ghost, &room).await?;
        }
        other => other?,
    }
    Ok(Evidence::Room { room, ghost: Some(name) })
}

/// Makes the room of a talk; whoever is in it is invited later in the same lane.
async fn open_talk_room(ports: &Ports, talk: &Talk, head: &Head) -> Result<Evidence, Detour> {
    let room = NewRoom {
        kind: home::kind(talk),
        alias_localpart: talk.alias.clone(),
        name: ports.templates.talk_name(talk),
        topic: String::new(),
        invite: None,
        creation_source: talk.alias.clone(),
        initial_state: vec![(STATE_EVENT.to_owned(), String::new(), talk.state_content())],
    };
    let room = ports.matrix.create_room(&room, head.failures).await?;
    fail::fail_point!("talk_room_made", |_| std::process::abort());
    Ok(Evidence::Room { room, ghost: None })
}

/// Lets ghost and bot leave a room that nobody needs any more.
pub(super) async fn leave_room(ports: &Ports, id: &InteractionId) -> Result<Evidence, Detour> {
    let home = home::of(ports, id).await?;
    let room = home.room()?;
    let ghost = match home {
        Home::Session(found) => Some(Sender::Ghost(found.contact.number)),
        Home::Talk(_) => None,
    };
    for sender in ghost.into_iter().chain([Sender::Bot]) {
        ports.matrix.leave(&sender, &room, None).await?;
        ports.matrix.forget(&sender, &room).await?;
    }
    Ok(Evidence::Nothing)
}

pub(super) async fn open_console(
    ports: &Ports,
    id: &AgentId,
    alias: &str,
    head: &Head,
) -> Result<Evidence, Detour> {
    let agent = {
        let mut conn = ports.store.connection().await?;
        agents::by_id(&mut conn, id).await?
    };
    let agent = agent.ok_or_else(|| Delivery::Undeliverable(format!("there is no agent {id}")))?;
    let room = NewRoom {
        kind: RoomKind::Console,
        alias_localpart: alias.to_owned(),
        name: "Switchroom".to_owned(),
        topic: "Offers and commands".to_owned(),
        invite: Some(Invitee::Agent(agent.who.user)),
        creation_source: head.txn_id.clone(),
        initial_state: vec![],
    };
    Ok(Evidence::Room { room: ports.matrix.create_room(&room, head.failures).await?, ghost: None })
}

/// Takes someone who is no agent any more out of their console.
pub(super) async fn close_console(ports: &Ports, agent: &AgentId, user: &UserId) -> Result<Evidence, Detour> {
    let (room, _) = place(ports, &Place::Console(agent.clone())).await?;
    ports.matrix.remove(&room, user, Some("no longer at the desk")).await?;
    Ok(Evidence::Nothing)
}

/// Gives ghost and room the name the contact goes by now.
pub(super) async fn publish_contact(ports: &Ports, id: &InteractionId) -> Result<Evidence, Detour> {
    let (found, room) = session(ports, id).await?;
    let name = ports.templates.room_name(&found);
    ports.matrix.rename_ghost(&found.contact.number, &name).await?;
    ports.matrix.set_name(&room, &name).await?;
    ports.matrix.set_topic(&room, &ports.templates.topic(&found)).await?;
    Ok(Evidence::Nothing)
}

/// A room of ours with the one it belongs to, whom a notice there has to wake: the owner, or the console's agent.
pub(super) async fn place(
    ports: &Ports,
    place: &Place,
) -> Result<(OwnedRoomId, Option<OwnedUserId>), Detour> {
    match place {
        Place::Session(id) | Place::Talk(id) => {
            let home = home::of(ports, id).await?;
            Ok((home.room()?, home.reader()))
        }
        Place::Console(id) => {
            let mut conn = ports.store.connection().await?;
            let (room, agent): (StoreResult<_>, StoreResult<_>) =
                (agents::console(&mut conn, id).await, agents::by_id(&mut conn, id).await);
            let room = room?.and_then(|room| OwnedRoomId::try_from(room).ok());
            let room = room.ok_or_else(|| Delivery::Undeliverable(format!("{id} has no console")))?;
            Ok((room, agent?.map(|agent| agent.who.user)))
        }
    }
}
