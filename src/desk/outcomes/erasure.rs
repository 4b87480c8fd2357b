//! What a piece of an erasure leaves: how far its step is, what was erased, and what could not be. When no
//! step is left, who asked for it gets the receipt.

use std::time::Duration;

use ruma::RoomId;

use crate::acts::erasures as acts;
use crate::commit::Tx;
use crate::domain::effect::{Erased, Place, PublishContact, PublishState, Then};
use crate::domain::erasure::{ErasureId, LeftReason, Step};
use crate::domain::interaction::Interaction;
use crate::store::{Result, erasures, forget, interactions, rooms};

/// A piece was done.
pub(super) async fn erased(tx: &mut Tx<'_>, erased: &Erased) -> Result<()> {
    let Erased { job, step: seq, then, counts, left, seen, redacted, files } = erased;
    let now = tx.now;
    let conn = tx.db().await?;
    let done = match erasures::next(conn, job).await? {
        Some(next) if next.seq == *seq => next.step,
        Some(_) => return Ok(()),
        // No step is left, and some of what was known for them may be.
        None => return acts::proceed(tx, job).await,
    };
    let ids: Vec<String> = files.iter().map(ToString::to_string).collect();
    let new = erasures::see(conn, job, &ids).await?;
    let mut new: Vec<Step> = files
        .iter()
        .filter(|uri| new.contains(uri.as_str()))
        .map(|uri| Step::File { uri: uri.clone() })
        .collect();
    new.dedup();
    erasures::append(conn, job, &new, now).await?;
    erasures::see(conn, job, seen).await?;
    forget::redacted(conn, redacted).await?;
    erasures::count(conn, job, *counts).await?;
    erasures::leave(conn, job, left).await?;
    match then {
        Then::GoOn(step) => erasures::go_on(conn, job, (*seq, step), now).await?,
        Then::Later { step, after_secs } => {
            erasures::append(conn, job, std::slice::from_ref(step), now + Duration::from_secs(*after_secs))
                .await?;
            erasures::done(conn, job, *seq).await?;
        }
        Then::Done => drop(erasures::done(conn, job, *seq).await?),
    }
    if let (Step::Mentions { room, .. }, Then::Later { .. } | Then::Done) = (&done, then) {
        show_again(tx, room).await?;
    }
    acts::proceed(tx, job).await
}

/// The room of somebody else's conversation that goes on shows its name, topic and state again: what it
/// showed may have been taken away, as it also told of who is erased, or stood where that did.
async fn show_again(tx: &mut Tx<'_>, room: &RoomId) -> Result<()> {
    let Some((Place::Session(id), _)) = rooms::purpose(tx.db().await?, room).await? else { return Ok(()) };
    let found = interactions::by_id(tx.db().await?, &id).await?;
    let goes_on = |of: &Interaction| !of.is_done() && of.room.as_deref() == Some(room);
    if found.as_ref().is_some_and(goes_on) {
        tx.emit(PublishContact { interaction: id.clone() }).await?;
        tx.emit(PublishState { interaction: id }).await?;
    }
    Ok(())
}

/// The next piece cannot be done, now or later: its step is left, and the others go on.
pub(super) async fn given_up(tx: &mut Tx<'_>, job: &ErasureId) -> Result<()> {
    let conn = tx.db().await?;
    let seq = match erasures::next(conn, job).await {
        Ok(Some(next)) => {
            erasures::leave(conn, job, &[next.step.left(LeftReason::Failed)]).await?;
            Some(next.seq)
        }
        Ok(None) => None,
        // What it is cannot even be read.
        Err(_) => erasures::first(conn, job).await?,
    };
    if let Some(seq) = seq {
        erasures::done(conn, job, seq).await?;
    }
    acts::proceed(tx, job).await
}
