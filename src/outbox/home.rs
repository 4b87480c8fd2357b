//! The room effects go to: that of an interaction, or of a talk.

use ruma::{OwnedRoomId, OwnedUserId};
use serde_json::Value;

use super::{Delivery, Ports, shown};
use crate::domain::ids::InteractionId;
use crate::domain::input::Evidence;
use crate::domain::interaction::Interaction;
use crate::domain::talk::{Kind, Talk};
use crate::matrix::rooms::RoomKind;
use crate::store::{interactions, talks};

/// Whose room it is.
pub(super) enum Home {
    /// An interaction's.
    Session(Box<Interaction>),
    /// The newest talk's in it.
    Talk(Box<Talk>),
}

/// Whose room an id stands for: an interaction's own, or the talk's it was made for.
pub(super) async fn of(ports: &Ports, id: &InteractionId) -> Result<Home, Delivery> {
    let mut conn = ports.store.connection().await?;
    if let Some(found) = interactions::by_id(&mut conn, id).await? {
        return Ok(Home::Session(Box::new(found)));
    }
    let found = talks::in_room(&mut conn, id).await?;
    let found = found.ok_or_else(|| Delivery::Undeliverable(format!("there is no interaction {id}")))?;
    Ok(Home::Talk(Box::new(found)))
}

/// An interaction with its room, which was made earlier in the same lane.
pub(super) async fn session(
    ports: &Ports,
    id: &InteractionId,
) -> Result<(Interaction, OwnedRoomId), Delivery> {
    let found = interaction(ports, id).await?;
    let room = room(&found.id, found.room.as_ref(), found.is_done())?;
    Ok((found, room))
}

/// An interaction, with a room or without.
pub(super) async fn interaction(ports: &Ports, id: &InteractionId) -> Result<Interaction, Delivery> {
    let mut conn = ports.store.connection().await?;
    let found = interactions::by_id(&mut conn, id).await?;
    found.ok_or_else(|| Delivery::Undeliverable(format!("there is no interaction {id}")))
}

/// The room, which was made earlier in the same lane. What is done and has lost its room needs nothing said there any more.
fn room(id: &InteractionId, room: Option<&OwnedRoomId>, is_done: bool) -> Result<OwnedRoomId, Delivery> {
    match room {
        Some(room) => Ok(room.clone()),
        None if is_done => Err(Delivery::Done(Evidence::Nothing)),
        None => Err(Delivery::Undeliverable(format!("{id} has no room"))),
    }
}

impl Home {
    /// The room, which was made earlier in the same lane.
    pub(super) fn room(&self) -> Result<OwnedRoomId, Delivery> {
        match self {
            Self::Session(found) => room(&found.id, found.room.as_ref(), found.is_done()),
            Self::Talk(found) => room(&found.id, found.room.as_ref(), !found.is_open()),
        }
    }

    /// The content of its state event.
    pub(super) fn state_content(&self, ports: &Ports) -> Value {
        match self {
            Self::Session(found) => shown::interaction(ports, found).state_content(),
            Self::Talk(found) => shown::talk(ports, found).state_content(),
        }
    }

    /// Whom a notice there has to wake: the owner, or who wanted the talk.
    pub(super) fn reader(&self) -> Option<OwnedUserId> {
        match self {
            Self::Session(found) => found.owner().map(|owner| owner.user.clone()),
            Self::Talk(found) => Some(found.asker.user.clone()),
        }
    }
}

/// What the homeserver knows the room of a talk as.
pub(super) fn kind(talk: &Talk) -> RoomKind {
    match talk.kind() {
        Kind::Im => RoomKind::Im,
        Kind::Consult => RoomKind::Consult,
    }
}
