//! The conversation an effect is for, and the room it goes to.

use ruma::OwnedRoomId;

use super::{Delivery, Ports};
use crate::domain::conversation::{Conversation, Ref};
use crate::domain::ids::InteractionId;
use crate::domain::input::Evidence;
use crate::domain::interaction::Interaction;
use crate::domain::talk::{Kind, Talk};
use crate::matrix::client::Sender;
use crate::matrix::rooms::RoomKind;
use crate::store::{contacts, conversations, interactions};

/// The conversation in the room that was made for an id.
pub(super) async fn of(ports: &Ports, id: &InteractionId) -> Result<Conversation, Delivery> {
    let mut conn = ports.store.connection().await?;
    let found = conversations::in_room(&mut conn, id).await?;
    found.ok_or_else(|| missing(id))
}

fn missing(id: &InteractionId) -> Delivery {
    Delivery::Undeliverable(format!("there is no interaction {id}"))
}

/// An interaction with its room, which was made earlier in the same lane.
pub(super) async fn session(
    ports: &Ports,
    id: &InteractionId,
) -> Result<(Interaction, OwnedRoomId), Delivery> {
    let found = interaction(ports, id).await?;
    let room = room((&found).into())?;
    Ok((found, room))
}

/// The room of an interaction, which was made earlier in the same lane, and its contact's ghost.
pub(super) async fn spoken(ports: &Ports, id: &InteractionId) -> Result<(OwnedRoomId, Sender), Delivery> {
    let mut conn = ports.store.connection().await?;
    let found = contacts::spoken_in(&mut conn, id).await?.ok_or_else(|| missing(id))?;
    let room = room_or_why(found.room, id, !found.is_done)?;
    let ghost = found.ghost.ok_or_else(|| Delivery::Undeliverable("the contact has no ghost".to_owned()))?;
    Ok((room, Sender::Ghost(ghost)))
}

/// An interaction, with a room or without.
pub(super) async fn interaction(ports: &Ports, id: &InteractionId) -> Result<Interaction, Delivery> {
    let mut conn = ports.store.connection().await?;
    let found = interactions::by_id(&mut conn, id).await?;
    found.ok_or_else(|| missing(id))
}

/// The room, which was made earlier in the same lane. In a conversation that is done and has lost its room,
/// nothing more needs to be said.
pub(super) fn room(of: Ref<'_>) -> Result<OwnedRoomId, Delivery> {
    room_or_why(of.room().cloned(), of.id(), of.goes_on())
}

fn room_or_why(
    room: Option<OwnedRoomId>,
    id: &InteractionId,
    goes_on: bool,
) -> Result<OwnedRoomId, Delivery> {
    match room {
        Some(room) => Ok(room),
        None if goes_on => Err(Delivery::Undeliverable(format!("{id} has no room"))),
        None => Err(Delivery::Done(Evidence::Nothing)),
    }
}

/// The kind of room that a talk has.
pub(super) fn kind(talk: &Talk) -> RoomKind {
    match talk.kind() {
        Kind::Im => RoomKind::Im,
        Kind::Consult => RoomKind::Consult,
    }
}
