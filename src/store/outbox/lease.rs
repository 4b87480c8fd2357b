//! Leases: a lane is worked on by one replica at a time, under an epoch that grows with each lease.

use sqlx::AnyConnection;

use crate::clock::Millis;
use crate::domain::lane::Lane;
use crate::store::Result;

/// Takes the lease of a lane until a moment, if nobody else holds it. Returns its new epoch.
pub async fn lease(
    conn: &mut AnyConnection,
    lane: &Lane,
    holder: &str,
    now: Millis,
    until: Millis,
) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(
        "UPDATE lanes SET holder = $2, epoch = epoch + 1, held_until = $4
         WHERE id = $1 AND (holder IS NULL OR holder = $2 OR held_until < $3) RETURNING epoch",
    )
    .bind(lane.to_string())
    .bind(holder)
    .bind(now.0)
    .bind(until.0)
    .fetch_optional(conn)
    .await?)
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
