//! What became of an effect, and what that means for the desk: a file for each family of effects that leaves
//! something to keep.
//!
//! Each file has the name of those that say what its effects are and how they are carried out
//! (`domain::effect`), and what delivers them (`outbox::deliver`). Who is in a room and what a room shows
//! (`members`, `state`) leaves nothing here.

pub(super) mod calls;
mod contact;
mod erasure;
pub(super) mod lookups;
mod media;
mod notices;
pub(super) mod replies;
mod rooms;
pub(super) mod route;

use crate::acts::dead_letters;
use crate::commands;
use crate::commit::{Applied, Tx};
use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::effect::{Effect, Noticed, Said};
use crate::domain::input::{Claim, Evidence, Input};
use crate::store::Result;
use crate::store::outbox::delivered::Delivery;
use crate::store::outbox::{self, Completed};
use crate::store::rooms::Posted;

/// Records that an effect is done, and what the other side made of it.
pub(super) async fn delivered(tx: &mut Tx<'_>, claim: &Claim, evidence: &Evidence) -> Result<Applied> {
    match tx.delivered(claim).await? {
        Completed::Done => {}
        Completed::Again => return Ok(Applied::Done),
        Completed::Lost => return Ok(Applied::Lost),
    }
    match evidence {
        Evidence::Nothing => {}
        Evidence::Room(made) => rooms::made(tx, &claim.lane, made).await?,
        Evidence::Said(said) => contact::said(tx, &claim.lane, said).await?,
        Evidence::Noticed(noticed) => notices::noticed(tx, &claim.lane, noticed).await?,
        Evidence::TakenAway(taken) => notices::taken_away(tx, taken).await?,
        Evidence::Met(met) => lookups::met(tx, met).await?,
        Evidence::Looked(looked) => Box::pin(lookups::looked(tx, looked)).await?,
        Evidence::Read(read) => commands::counted(tx, read).await?,
        Evidence::MediaHad(had) => media::had(tx, had).await?,
        Evidence::Erased(erased) => erasure::erased(tx, erased).await?,
        Evidence::MediaGone(gone) => media::gone(tx, gone).await?,
        Evidence::MediaLost(lost) => media::lost(tx, lost).await?,
    }
    Ok(Applied::Done)
}

/// A delivery of which nothing more is to be kept than that it was made, and the event that it made.
pub(super) fn plainly_delivered(input: &Input) -> Option<Delivery<'_>> {
    let Input::Delivered { claim, evidence } = input else { return None };
    match evidence {
        Evidence::Nothing => Some((claim, None)),
        Evidence::Said(Said { event, picture: None }) => Some((claim, Some((event, Posted::Contact)))),
        Evidence::Noticed(Noticed { event, role: None }) => {
            Some((claim, Some((event, Posted::Notice(None)))))
        }
        Evidence::Said(_)
        | Evidence::Noticed(_)
        | Evidence::Room(_)
        | Evidence::TakenAway(_)
        | Evidence::Met(_)
        | Evidence::Looked(_)
        | Evidence::Read(_)
        | Evidence::MediaHad(_)
        | Evidence::Erased(_)
        | Evidence::MediaGone(_)
        | Evidence::MediaLost(_) => None,
    }
}

/// Takes an effect out of its lane that can never be delivered, keeps it for a person, and lets the rest go
/// on. A room that could not be made takes its whole lane with it: nothing in it could go anywhere. What
/// comes into the lane later waits for the room too, and the person is told of the room only.
pub(super) async fn undeliverable(tx: &mut Tx<'_>, claim: &Claim, why: &str) -> Result<Applied> {
    if !outbox::still_ours(tx.db().await?, claim).await? {
        return Ok(Applied::Lost);
    }
    let Some(head) = outbox::head(tx.db().await?, &claim.lane).await? else { return Ok(Applied::Lost) };
    if let Effect::Erase(erase) = &head.effect {
        tracing::warn!(job = %erase.job, why, "a step of an erasure cannot be done");
        outbox::complete(tx.db().await?, claim).await?;
        erasure::given_up(tx, &erase.job).await?;
        return Ok(Applied::Done);
    }
    let is_room = head.effect.opens_room();
    let waits_for_room = outbox::waits_for_room(tx.db().await?, claim).await?;
    outbox::set_aside(tx.db().await?, claim, is_room || waits_for_room).await?;
    if waits_for_room {
        return Ok(Applied::DeadLettered);
    }
    if let Effect::FetchMedia(fetch) = &head.effect {
        media::given_up(tx, fetch, why).await?;
    }
    let body = serde_json::to_string(&head.effect).unwrap_or_default();
    let what = DeadLetterKind::Effect { lane: claim.lane.clone(), seq: claim.seq };
    let now = tx.now;
    dead_letters::add(tx.db().await?, (&what, why), &body, now).await?;
    tx.wake_timers();
    Ok(Applied::DeadLettered)
}
