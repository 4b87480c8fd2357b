//! Pictures of contacts. A picture is fetched in a lane of its own and keeps its place in the room. What the
//! contact writes next waits for it for a moment.

use crate::commit::Tx;
use crate::domain::effect::Effect;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::lane::Lane;
use crate::domain::parked as parked_effects;
use crate::domain::picture;
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
pub(crate) async fn parked(tx: &mut Tx<'_>, id: &InteractionId) -> Result<Vec<(outbox::Position, Effect)>> {
    outbox::parked(tx.db().await?, &room(id)).await
}
