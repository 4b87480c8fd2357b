//! Agents who leave a room that may be lost. When a room is deleted, the homeserver makes everyone leave it
//! in their own name, and the desk hears of that before it knows that the room is lost. So while a room is in
//! doubt, a leave waits. If the room turns out to be lost, nobody meant to leave it, and the leave is
//! dropped. A room is in doubt once the bot or a ghost has left it. The homeserver reports that first as a
//! rule, since they came first; it counts too if they leave in the same commit.

use std::collections::HashSet;
use std::time::Duration;

use ruma::{OwnedRoomId, RoomId};

use super::lost::DELETED_WITHIN;
use crate::clock::Millis;
use crate::commit::{Settings, Tx};
use crate::domain::effect::{Effect, Place};
use crate::domain::input::{Input, Membership, RoomAct, RoomEvent};
use crate::domain::timer::{Due, Timer};
use crate::store::{Result, outbox, timers};

/// After how long a leave is looked at again while the room is in doubt.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The rooms that the bot or a ghost leaves in these inputs.
pub(super) fn deserted(inputs: &[&Input], settings: &Settings) -> HashSet<OwnedRoomId> {
    let left = |input: &Input| match input {
        Input::Room(RoomEvent {
            room_id,
            what: RoomAct::Member { user, membership: Membership::Leave | Membership::Ban, .. },
            ..
        }) if settings.is_ours(user) => Some(room_id.clone()),
        _ => None,
    };
    inputs.iter().copied().filter_map(left).collect()
}

/// What to do with an agent's coming or leaving.
pub(super) enum Turn {
    /// It is applied now.
    Now,
    /// It waits until the room is no longer in doubt.
    Later,
    /// An earlier leave of theirs is applied first: an agent who comes back had left, even if the room was
    /// lost.
    After(Box<RoomEvent>),
}

/// An agent came, went or was invited, in a room of ours.
pub(super) async fn turn(tx: &mut Tx<'_>, event: &RoomEvent, place: &Place) -> Result<Turn> {
    let RoomAct::Member { user, membership, before, .. } = &event.what else { return Ok(Turn::Now) };
    if *user != event.sender || matches!(place, Place::Console(_)) {
        return Ok(Turn::Now);
    }
    Ok(match membership {
        Membership::Leave if is_in_doubt(tx, &event.room_id, place).await? => {
            look_again(tx, event, DELETED_WITHIN + AGAIN_AFTER).await?;
            Turn::Later
        }
        Membership::Join if *before != Some(Membership::Join) => {
            left_before(tx, event).await?.map_or(Turn::Now, Turn::After)
        }
        _ => Turn::Now,
    })
}

/// A leave that was put off is due, from a room that is still ours.
pub(super) async fn turn_again(tx: &mut Tx<'_>, event: &RoomEvent, place: &Place) -> Result<Turn> {
    if is_in_doubt(tx, &event.room_id, place).await? {
        look_again(tx, event, AGAIN_AFTER).await?;
        return Ok(Turn::Later);
    }
    Ok(Turn::Now)
}

async fn look_again(tx: &mut Tx<'_>, event: &RoomEvent, after: Duration) -> Result<()> {
    let what = Due::LeftInDoubt { event: Box::new(event.clone()) };
    tx.set(&Timer { due_at: tx.now + after, what }).await
}

/// Whether a room may be lost, as far as the desk has heard.
async fn is_in_doubt(tx: &mut Tx<'_>, room: &RoomId, place: &Place) -> Result<bool> {
    if tx.deserted.contains(room) {
        return Ok(true);
    }
    let doubted =
        |timer: &Timer| matches!(&timer.what, Due::RoomDoubted { room: doubted } if doubted == room);
    if soon(tx).await?.iter().any(doubted) {
        return Ok(true);
    }
    let waiting = outbox::waiting(tx.db().await?, &place.lane()).await?;
    Ok(waiting.iter().any(|waiting| matches!(waiting.effect, Effect::LookAtRoom(_))))
}

/// Takes back the waiting leave of an agent who comes in now, if there is one.
async fn left_before(tx: &mut Tx<'_>, event: &RoomEvent) -> Result<Option<Box<RoomEvent>>> {
    for timer in soon(tx).await? {
        let Due::LeftInDoubt { event: left } = &timer.what else { continue };
        if left.sender == event.sender && left.room_id == event.room_id {
            timers::take_back(tx.db().await?, &timer).await?;
            return Ok(Some(left.clone()));
        }
    }
    Ok(None)
}

/// The timers that fall due while a room is in doubt, and those that are due.
async fn soon(tx: &mut Tx<'_>) -> Result<Vec<Timer>> {
    let now = tx.now;
    timers::between(tx.db().await?, Millis(0), now + DELETED_WITHIN + AGAIN_AFTER).await
}
