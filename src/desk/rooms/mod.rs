//! Events of a room: a console, the room of a session or a talk, or a foreign room.

mod coming;
mod console;
mod foreign;
mod inside;
mod session;
mod talk;

use std::time::Duration;

use ruma::OwnedEventId;

use crate::commit::{Applied, Tx};
use crate::desk::left::{self, Turn};
use crate::desk::lost;
use crate::domain::effect::Place;
use crate::domain::input::{Membership, RoomAct, RoomEvent};
use crate::domain::timer::{Due, Timer};
use crate::store::rooms::{self, Scene};
use crate::store::{Result, replies, talks as talk_store};

/// Within this time the desk has usually heard that a message of ours stands in a room.
const RECORDED_WITHIN: Duration = Duration::from_secs(5);

/// Applies an event of a room.
pub(super) async fn event(tx: &mut Tx<'_>, event: &RoomEvent) -> Result<Applied> {
    if let RoomAct::Marker { .. } = &event.what {
        // That it came is all there is to it.
        return Ok(Applied::Done);
    }
    if let RoomAct::Member { user, membership, .. } = &event.what
        && tx.settings.is_ours(user)
    {
        return Box::pin(foreign::ours(tx, event, user, *membership)).await;
    }
    let Some(scene) = tx.scene(event).await? else {
        return Box::pin(foreign::event(tx, event)).await;
    };
    if scene.agent.is_some()
        && let RoomAct::Reaction { of, .. } = &event.what
        && !is_known(tx, &scene.place, of).await?
    {
        let what = Due::ReactedEarly { event: Box::new(event.clone()) };
        tx.set(&Timer { due_at: tx.now + RECORDED_WITHIN, what }).await?;
        return Ok(Applied::Done);
    }
    if scene.agent.is_some()
        && let RoomAct::Member { .. } = &event.what
    {
        return Box::pin(member(tx, event, scene)).await;
    }
    in_scene(tx, event, scene).await
}

/// An agent came, went or was invited.
async fn member(tx: &mut Tx<'_>, event: &RoomEvent, scene: Scene) -> Result<Applied> {
    match left::turn(tx, event, &scene.place).await? {
        Turn::Now => in_scene(tx, event, scene).await,
        Turn::Later => Ok(Applied::Done),
        Turn::After(earlier) => {
            Box::pin(in_scene(tx, &earlier, scene)).await?;
            Box::pin(known(tx, event)).await
        }
    }
}

/// An agent left a room a while ago that was in doubt. Members of a lost room are asked into the next one.
pub(super) async fn left(tx: &mut Tx<'_>, event: &RoomEvent) -> Result<Applied> {
    let found = rooms::scene(tx.db().await?, &event.room_id, &event.sender).await?;
    let Some(scene) = found else { return Ok(Applied::Foreign) };
    match left::turn_again(tx, event, &scene.place).await? {
        Turn::Later => Ok(Applied::Done),
        Turn::Now | Turn::After(_) => in_scene(tx, event, scene).await,
    }
}

/// Whether the desk knows what an event of a room is.
async fn is_known(tx: &mut Tx<'_>, place: &Place, event: &OwnedEventId) -> Result<bool> {
    if rooms::posted(tx.db().await?, place, event).await?.is_some() {
        return Ok(true);
    }
    let Place::Session(interaction) = place else { return Ok(false) };
    Ok(replies::by_event(tx.db().await?, interaction, event).await?.is_some())
}

/// Applies an event of a room that was put off, or that another had to come before.
pub(super) async fn known(tx: &mut Tx<'_>, event: &RoomEvent) -> Result<Applied> {
    match rooms::scene(tx.db().await?, &event.room_id, &event.sender).await? {
        Some(scene) => in_scene(tx, event, scene).await,
        None => Ok(Applied::Foreign),
    }
}

/// Applies an event of a room of ours, once it is known where that is and who did it.
async fn in_scene(tx: &mut Tx<'_>, event: &RoomEvent, scene: Scene) -> Result<Applied> {
    let Scene { place, agent, session } = scene;
    match &event.what {
        RoomAct::Upgraded => return Box::pin(lost::doubt(tx, &event.room_id)).await,
        RoomAct::Member { user, membership: Membership::Leave | Membership::Ban, .. }
            if *user != event.sender =>
        {
            return Box::pin(lost::taken_out(tx, &place, user)).await;
        }
        _ => {}
    }
    match (place, session) {
        (Place::Console(owner), _) => Box::pin(console::event(tx, event, &owner, agent)).await,
        (Place::Session(_), Some(session)) => Box::pin(session::event(tx, event, &session, agent)).await,
        (Place::Session(_), None) => Ok(Applied::Foreign),
        (Place::Talk(first), _) => match talk_store::in_room(tx.db_unflushed().await?, &first).await? {
            Some(talk) => Box::pin(talk::event(tx, event, talk, agent)).await,
            None => Ok(Applied::Foreign),
        },
    }
}
