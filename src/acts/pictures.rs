//! Pictures of contacts. A picture is fetched in a lane of its own and keeps its place in the room. What the
//! contact writes next waits for it for a moment.

use serde_json::Value;

use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::effect::{Effect, Place};
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::lane::Lane;
use crate::domain::notice::{NotShown, Says};
use crate::domain::parked as parked_effects;
use crate::domain::picture::{self, Picture};
use crate::store::Result;
use crate::store::outbox::{self, Parked};

/// Whether the contact's next text has to wait for a picture of theirs.
pub(crate) async fn hold_up(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<bool> {
    // The timer that releases what has waited may be late. A text that comes before it must not overtake what
    // waits.
    if interaction.pictures_until.is_none_or(|until| until + picture::MAY_COME <= tx.now) {
        return Ok(false);
    }
    let now = tx.now;
    let parked = parked(tx, &interaction.id).await?;
    if parked.iter().filter_map(|(_, effect)| effect.awaited()).any(|picture| now < picture.wait_until) {
        return Ok(true);
    }
    if parked.iter().any(|(_, effect)| effect.awaited().is_none()) {
        release(tx, &interaction.id).await?;
    }
    Ok(false)
}

/// A picture has been fetched: it is shown in its place, or at the end where the place was given up.
pub(crate) async fn had(tx: &mut Tx<'_>, picture: &Picture, content: &Value) -> Result<()> {
    let (picture, content) = (picture.clone(), Some(content.clone()));
    match place(tx, &picture).await? {
        Some((place, written_at)) if tx.now < picture.wait_until => {
            let interaction = picture.interaction.clone();
            let shown = Effect::GhostMedia { picture, content, written_at };
            outbox::rewrite(tx.db().await?, &place, &shown).await?;
            release(tx, &interaction).await
        }
        found => {
            if let Some((place, _)) = found {
                outbox::unpark(tx.db().await?, &place, Parked::IsDone).await?;
            }
            release(tx, &picture.interaction).await?;
            let late = Says::LateAttachment { of: picture.which() }.about(&picture.interaction);
            tx.say(&Place::Session(picture.interaction.clone()), late, None).await?;
            let written_at = Some(picture.sent_at);
            tx.emit(Effect::GhostMedia { picture, content, written_at }).await
        }
    }
}

/// A picture cannot be fetched: the room is told.
pub(crate) async fn lost(tx: &mut Tx<'_>, picture: &Picture, why: &NotShown) -> Result<()> {
    if let Some((place, _)) = place(tx, picture).await? {
        outbox::unpark(tx.db().await?, &place, Parked::IsDone).await?;
    }
    release(tx, &picture.interaction).await?;
    let id = &picture.interaction;
    let notice = Says::MediaFailed { of: picture.which(), why: why.clone() }.about(id);
    tx.say(&Place::Session(id.clone()), notice, None).await
}

/// Releases what has waited long enough, or whose picture is there now.
pub(crate) async fn release(tx: &mut Tx<'_>, id: &InteractionId) -> Result<()> {
    let (places, effects): (Vec<_>, Vec<_>) = parked(tx, id).await?.into_iter().unzip();
    for at in parked_effects::may_go(&effects, tx.now) {
        let now = tx.now;
        outbox::unpark(tx.db().await?, &places[at], Parked::GoesOn { due_at: now }).await?;
        tx.wake_lane(&places[at].lane);
    }
    Ok(())
}

/// Whether something that the contact sent is still to be shown. A picture that is no longer being fetched
/// does not count.
pub(crate) async fn unshown(tx: &mut Tx<'_>, id: &InteractionId) -> Result<bool> {
    for effect in outbox::to_be_shown(tx.db().await?, &room(id)).await? {
        match effect.awaited() {
            None => return Ok(true),
            Some(picture) if outbox::head_seq(tx.db().await?, &picture.lane()).await?.is_some() => {
                return Ok(true);
            }
            Some(_) => {}
        }
    }
    Ok(false)
}

fn room(id: &InteractionId) -> Lane {
    Lane::Room(id.clone())
}

/// What is parked in the lane of an interaction's room, in order.
async fn parked(tx: &mut Tx<'_>, id: &InteractionId) -> Result<Vec<(outbox::Position, Effect)>> {
    outbox::parked(tx.db().await?, &room(id)).await
}

/// The place kept for a picture, and when the picture was sent if that was late.
async fn place(tx: &mut Tx<'_>, wanted: &Picture) -> Result<Option<(outbox::Position, Option<Millis>)>> {
    let found = parked(tx, &wanted.interaction).await?.into_iter().find_map(|(place, effect)| match effect {
        Effect::GhostMedia { picture, content: None, written_at } if picture == *wanted => {
            Some((place, written_at))
        }
        _ => None,
    });
    Ok(found)
}
