//! Erasing what tells of a person outside the desk's own tables.

use crate::clock;
use crate::commit::Tx;
use crate::domain::erasure::{Asked, Counts, Elsewhere, Erasure, ErasureId};
use crate::store::{Result, erasures};

/// An id no erasure has: short, because people type it.
pub(crate) async fn fresh_id(tx: &mut Tx<'_>) -> Result<ErasureId> {
    let mut len = 5;
    loop {
        let id = ErasureId::new(format!("e-{}", clock::random_typable(len)));
        if erasures::by_id(tx.db_unflushed(), &id).await?.is_none() {
            return Ok(id);
        }
        len += 1;
    }
}

/// Begins to erase what there is of a person at the homeserver and the provider. Who asked for it gets the
/// receipt when it is done.
pub(crate) async fn begin(
    tx: &mut Tx<'_>,
    id: &ErasureId,
    asked: &Asked,
    elsewhere: Elsewhere,
) -> Result<()> {
    let erasure = Erasure {
        id: id.clone(),
        asked: asked.clone(),
        begun_at: tx.now,
        ended_at: None,
        counts: Counts::default(),
    };
    let now = tx.now;
    let conn = tx.db().await?;
    erasures::add(conn, &erasure, &elsewhere.about()).await?;
    let files: Vec<String> = elsewhere.media.iter().map(ToString::to_string).collect();
    erasures::see(conn, id, &files).await?;
    erasures::append(conn, id, &elsewhere.steps(), now).await
}
