//! Leases: a lane is worked on by one replica at a time, under an epoch that grows with each lease.

use sqlx::{AnyConnection, FromRow as _, Row as _};

use super::{Head, Row, heads};
use crate::clock::Millis;
use crate::domain::lane::Lane;
use crate::store::{Batch, Result};

/// A lease that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The epoch of the lane from now on.
    pub epoch: i64,
    /// The head of the lane, where that was read with the lease.
    pub head: Option<Head>,
}

/// Takes the lease of a lane until a moment, if nobody else holds it.
///
/// Where the engine can do that in the same statement, it reads the head of the lane too. That sees what was
/// there before the statement, which may have waited for another commit. So the head counts only if nobody
/// had the lane in what the statement saw, and the epoch was the one that this lease follows: then nobody has
/// delivered anything since.
pub async fn lease(
    conn: &mut AnyConnection,
    lane: &Lane,
    holder: &str,
    now: Millis,
    until: Millis,
) -> Result<Option<Lease>> {
    let mut batch = Batch::on(conn);
    let update = batch.add(
        "UPDATE lanes SET holder = $2, epoch = epoch + 1, held_until = $4
         WHERE id = $1 AND (holder IS NULL OR holder = $2 OR held_until < $3)
         RETURNING id, epoch, holder, held_until",
    );
    update.bind(lane.to_string()).bind(holder).bind(now.0).bind(until.0);
    let taken = batch.written("lanes");
    let select = batch.add(format!(
        "SELECT t.epoch AS lease, o.* FROM {taken} AS t
         LEFT JOIN lanes AS l ON l.id = t.id AND l.epoch = t.epoch - 1 AND l.holder IS NULL
         LEFT JOIN ({}) AS o ON l.id IS NOT NULL
         WHERE t.id = $1 AND t.holder = $2 AND t.held_until = $3 ORDER BY o.said_at, o.seq",
        heads("$1", "2")
    ));
    select.bind(lane.to_string()).bind(holder).bind(until.0);
    let rows = batch.fetch_last(conn).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let is_seen = first.try_get::<Option<i64>, _>("seq")?.is_some();
    // One that cannot be read is found out when it is read by itself.
    let head =
        is_seen.then(|| Row::from_row(first)).transpose()?.and_then(|row| row.head(rows.len() < 2).ok());
    Ok(Some(Lease { epoch: first.try_get("lease")?, head }))
}

/// Keeps a lease for longer. False if it was lost.
pub async fn renew(conn: &mut AnyConnection, lane: &Lane, epoch: i64, until: Millis) -> Result<bool> {
    let kept = sqlx::query("UPDATE lanes SET held_until = $3 WHERE id = $1 AND epoch = $2")
        .bind(lane.to_string())
        .bind(epoch)
        .bind(until.0)
        .execute(conn)
        .await?;
    Ok(kept.rows_affected() > 0)
}

/// Gives a lease back.
pub async fn release(conn: &mut AnyConnection, lane: &Lane, epoch: i64) -> Result<()> {
    sqlx::query("UPDATE lanes SET holder = NULL WHERE id = $1 AND epoch = $2")
        .bind(lane.to_string())
        .bind(epoch)
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives a lease back, if nothing waits in its lane. False if something does, or the lease was lost.
pub async fn release_if_done(conn: &mut AnyConnection, lane: &Lane, epoch: i64) -> Result<bool> {
    let released = sqlx::query(
        "UPDATE lanes SET holder = NULL WHERE id = $1 AND epoch = $2
         AND NOT EXISTS (SELECT 1 FROM outbox WHERE lane = $1 AND state = 'ready')",
    )
    .bind(lane.to_string())
    .bind(epoch)
    .execute(conn)
    .await?;
    Ok(released.rows_affected() > 0)
}
