//! Erasing what tells of a person outside the desk's own tables.

use super::dead_letters::tell_admins;
use crate::clock::{self, Millis};
use crate::commit::Tx;
use crate::domain::effect::{Erase, Place};
use crate::domain::erasure::{Asked, Counts, Elsewhere, Erasure, ErasureId};
use crate::domain::notice::{EraseReceipt, Says};
use crate::store::{Result, StoreError, agents, erasures};

/// An id no erasure has: short, because people type it.
pub(crate) async fn fresh_id(tx: &mut Tx<'_>) -> Result<ErasureId> {
    let mut len = 5;
    loop {
        let id = ErasureId::new(format!("e-{}", clock::random_typable(len)));
        if erasures::by_id(tx.db_unflushed().await?, &id).await?.is_none() {
            return Ok(id);
        }
        len += 1;
    }
}

/// How much of what was known for its steps one commit forgets when an erasure ends.
const CLEARED_AT_ONCE: u32 = 2_000;

/// Begins to erase what there is of a person at the homeserver and the provider, up to when it was asked for:
/// what was [planned](erasures::plan) before, and this. Who asked for it gets the receipt when it is done.
pub(crate) async fn begin(
    tx: &mut Tx<'_>,
    id: &ErasureId,
    (asked, since): (&Asked, Millis),
    elsewhere: &Elsewhere,
) -> Result<()> {
    let erasure = Erasure {
        id: id.clone(),
        asked: asked.clone(),
        begun_at: since,
        ended_at: None,
        counts: Counts::default(),
    };
    let now = tx.now;
    let conn = tx.db().await?;
    erasures::add(conn, &erasure, &elsewhere.about()).await?;
    erasures::plan(conn, id, elsewhere, now).await?;
    proceed(tx, id).await
}

/// Has the next step of an erasure done when it is due; without one, the erasure ends: what tells of the
/// person is forgotten, and who asked for it gets the receipt.
pub(crate) async fn proceed(tx: &mut Tx<'_>, id: &ErasureId) -> Result<()> {
    let now = tx.now;
    let conn = tx.db().await?;
    let due_at = match erasures::next(conn, id).await {
        Ok(Some(next)) => {
            let due_at = next.due_at.max(now);
            erasures::tried_since(conn, id, next.seq, due_at).await?;
            due_at
        }
        // A step that cannot be read is found out when it is its turn.
        Err(StoreError::Corrupt { .. }) => now,
        Err(error) => return Err(error),
        Ok(None) => return end(tx, id).await,
    };
    tx.emit_at(Erase { job: id.clone() }.into(), due_at).await
}

async fn end(tx: &mut Tx<'_>, id: &ErasureId) -> Result<()> {
    let now = tx.now;
    let conn = tx.db().await?;
    let Some(erasure) = erasures::by_id(conn, id).await?.filter(|erasure| erasure.ended_at.is_none()) else {
        return Ok(());
    };
    if erasures::clear(conn, id, CLEARED_AT_ONCE).await? {
        return tx.emit_at(Erase { job: id.clone() }.into(), now).await;
    }
    erasures::end(conn, id, now).await?;
    let left = erasures::left(conn, id).await?;
    // What the job knew of the person is not to be read out of the files of the database either.
    tx.wipe();
    let receipt = Says::Erased(EraseReceipt::new(&erasure, left, now));
    tracing::info!(job = %id, counts = ?erasure.counts, "an erasure is done");
    let agent = match &erasure.asked {
        Asked::Agent(agent) => agents::by_id(tx.db().await?, agent).await?,
        Asked::Shell => None,
    };
    match agent {
        // Not as a reply to the command, which named the person.
        Some(agent) => tx.say(&Place::Console(agent.who.id), receipt.plainly(), None).await,
        None => tell_admins(tx, &receipt).await,
    }
}
