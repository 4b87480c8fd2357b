//! A room of theirs, whole. What it shows of itself is overwritten, its events are redacted, everyone is
//! taken out, and what came meanwhile is redacted too. Then it is deleted, where the bot may do that; else
//! ghosts and bot leave and forget it, and the homeserver deletes it once everyone has forgotten it.

use std::time::Duration;

use ruma::RoomId;

use super::piece::{Piece, lefts};
use super::redact::{self, Which, is_outside};
use crate::domain::effect::{Erased, Then};
use crate::domain::erasure::{
    Counts, Left, LeftReason, LeftWhat, RoomStage, Step, blank as blank_of, is_shown,
};
use crate::matrix::client::Sender;
use crate::matrix::house::{ByAdmin, Deletion};
use crate::outbox::{Delivery, Detour, Ports};

/// How long to wait before asking how far a deletion is.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Does the next piece of it.
pub(super) async fn erase(
    ports: &Ports,
    piece: &Piece<'_>,
    room: &RoomId,
    at: &RoomStage,
) -> Result<Erased, Detour> {
    match at {
        RoomStage::Named => blank(ports, piece, room).await,
        RoomStage::Events { from, is_empty } => events(ports, piece, room, (from.as_ref(), *is_empty)).await,
        RoomStage::Members { from } => members(ports, piece, room, from.as_ref()).await,
        RoomStage::Leave => delete(ports, piece, room).await,
        RoomStage::Deleting { delete_id } => deleting(ports, piece, room, delete_id).await,
    }
}

/// The step goes on here.
fn at(room: &RoomId, at: RoomStage) -> Then {
    Then::GoOn(Step::Room { room: room.to_owned(), at })
}

/// Overwrites what the room shows of itself. A redaction alone would leave the name in what the homeserver
/// keeps of rooms beside their events.
async fn blank(ports: &Ports, piece: &Piece<'_>, room: &RoomId) -> Result<Erased, Detour> {
    let shown = match ports.matrix.shown(room).await {
        Ok(shown) => shown,
        Err(error) if is_outside(&error) => vec![],
        Err(error) => return Err(error.into()),
    };
    for (event_type, state_key, content) in &shown {
        if !holds_anything(event_type, content) {
            continue;
        }
        match ports.matrix.put_state(room, event_type, state_key, &blank_of(event_type)).await {
            Err(error) if is_outside(&error) => {}
            written => drop(written?),
        }
    }
    Ok(piece.then(at(room, RoomStage::Events { from: None, is_empty: false })))
}

fn holds_anything(event_type: &str, content: &serde_json::Value) -> bool {
    is_shown(event_type)
        && *content != blank_of(event_type)
        && content.as_object().is_none_or(|content| !content.is_empty())
}

/// Redacts the events of the next page.
async fn events(
    ports: &Ports,
    piece: &Piece<'_>,
    room: &RoomId,
    (from, is_empty): (Option<&String>, bool),
) -> Result<Erased, Detour> {
    let Some(sender) = redact::reader(ports, piece, room).await? else {
        return Ok(piece.then(at(room, RoomStage::Leave)));
    };
    let page = redact::page(ports, piece, (&sender, room), from, Which::All).await?;
    if !page.files.is_empty() {
        return Ok(Erased { files: page.files, ..piece.then(Then::GoOn(piece.next.step.clone())) });
    }
    let next = match page.next {
        Some(next) => RoomStage::Events { from: Some(next), is_empty },
        None if is_empty => RoomStage::Leave,
        None => RoomStage::Members { from: from.cloned() },
    };
    let refused = Left {
        what: LeftWhat::Events,
        reason: LeftReason::NotAllowed,
        at: room.to_string(),
        count: page.refused,
    };
    Ok(Erased {
        counts: Counts { events: page.count, ..Counts::default() },
        left: if page.refused > 0 { vec![refused] } else { vec![] },
        ..piece.then(at(room, next))
    })
}

/// Takes everyone out who is not ours.
async fn members(
    ports: &Ports,
    piece: &Piece<'_>,
    room: &RoomId,
    from: Option<&String>,
) -> Result<Erased, Detour> {
    let then = piece.then(at(room, RoomStage::Events { from: from.cloned(), is_empty: true }));
    match ports.matrix.remove_everyone(room, "erased").await {
        Ok(()) => Ok(then),
        Err(error) if is_outside(&error) => {
            let (what, reason) = (LeftWhat::Members, LeftReason::NotAllowed);
            let left = Left { what, reason, at: room.to_string(), count: 1 };
            Ok(Erased { left: vec![left], ..then })
        }
        Err(error) => Err(error.into()),
    }
}

/// Has the homeserver delete the room; where the bot may not, it is left and forgotten.
async fn delete(ports: &Ports, piece: &Piece<'_>, room: &RoomId) -> Result<Erased, Detour> {
    match ports.matrix.delete_room(room).await? {
        ByAdmin::Done(delete_id) => Ok(piece.then(at(room, RoomStage::Deleting { delete_id }))),
        ByAdmin::Gone | ByAdmin::NotAllowed => leave(ports, piece, room, LeftReason::Retention).await,
    }
}

/// Asks how far the deletion is.
async fn deleting(
    ports: &Ports,
    piece: &Piece<'_>,
    room: &RoomId,
    delete_id: &str,
) -> Result<Erased, Detour> {
    match ports.matrix.deletion(delete_id).await? {
        ByAdmin::Done(Deletion::Complete) => {
            Ok(piece.finished(Counts { rooms: 1, deleted_rooms: 1, ..Counts::default() }))
        }
        ByAdmin::Done(Deletion::GoesOn) => Err(Delivery::Retry {
            after: Some(LOOK_AGAIN),
            counts: false,
            why: "the homeserver is still deleting a room".to_owned(),
        }),
        ByAdmin::Done(Deletion::Failed) => leave(ports, piece, room, LeftReason::Failed).await,
        ByAdmin::Gone | ByAdmin::NotAllowed => leave(ports, piece, room, LeftReason::Retention).await,
    }
}

/// Lets ghosts and bot leave and forget the room; this is left of it.
async fn leave(
    ports: &Ports,
    piece: &Piece<'_>,
    room: &RoomId,
    reason: LeftReason,
) -> Result<Erased, Detour> {
    let reader = redact::reader(ports, piece, room).await?;
    let was_inside = reader.is_some();
    // The bot goes last: what is left undone is found by it.
    let ghosts = ghosts(ports, piece, room, reader.as_ref()).await?;
    for sender in ghosts.into_iter().chain([Sender::Bot]) {
        let left = async {
            ports.matrix.leave(&sender, room, None).await?;
            ports.matrix.forget(&sender, room).await
        };
        match left.await {
            Err(error) if is_outside(&error) => {}
            left => left?,
        }
    }
    let (reason, rooms) = if was_inside { (reason, 1) } else { (LeftReason::NotInRoom, 0) };
    Ok(Erased {
        left: lefts(&piece.next.step, &[(reason, 1)]),
        ..piece.finished(Counts { rooms, ..Counts::default() })
    })
}

/// All ghosts of a room: theirs, and those of numbers that somebody else uses too, which go on elsewhere.
async fn ghosts(
    ports: &Ports,
    piece: &Piece<'_>,
    room: &RoomId,
    reader: Option<&Sender>,
) -> Result<Vec<Sender>, Detour> {
    let mut ghosts = redact::ghosts(ports, piece);
    let Some(reader) = reader else { return Ok(ghosts) };
    match ports.matrix.ghosts_of(reader, room).await {
        Ok(members) => {
            for ghost in members {
                if !ghosts.contains(&ghost) {
                    ghosts.push(ghost);
                }
            }
        }
        Err(error) if is_outside(&error) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(ghosts)
}
