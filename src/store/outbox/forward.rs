//! Moves an effect to the head of its lane, before everything that waits there already.

use sqlx::AnyConnection;

use crate::clock::Millis;
use crate::domain::effect::Effect;
use crate::domain::lane::Lane;
use crate::store::{Result, from_json};

/// An effect that waits in a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its place in its lane.
    pub seq: i64,
    /// When it was asked for.
    pub created_at: Millis,
    /// What is to be done.
    pub effect: Effect,
}

/// What waits in a lane, or is parked there, in order. A row that cannot be read is left out.
pub async fn waiting(conn: &mut AnyConnection, lane: &Lane) -> Result<Vec<Waiting>> {
    let sql = "SELECT seq, created_at, body FROM outbox WHERE lane = $1 AND state IN ('ready', 'parked') ORDER BY seq";
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(sql).bind(lane.to_string()).fetch_all(conn).await?;
    let read = |(seq, created_at, body): (i64, i64, String)| {
        Some(Waiting { seq, created_at: Millis(created_at), effect: from_json("effect", &body).ok()? })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// The last position of a lane that was given to an effect; 0 if none was.
pub async fn last_place(conn: &mut AnyConnection, lane: &Lane) -> Result<i64> {
    let last: Option<i64> = sqlx::query_scalar("SELECT next_seq FROM lanes WHERE id = $1")
        .bind(lane.to_string())
        .fetch_optional(conn)
        .await?;
    Ok(last.unwrap_or(0))
}

/// Moves what was appended to a lane after a position before everything that waits or is parked up to there.
/// The older effects keep their order and transaction ids, and get new positions; a claim of an old position
/// is void.
pub async fn bring_forward(conn: &mut AnyConnection, lane: &Lane, behind: i64) -> Result<()> {
    let first: Option<i64> = sqlx::query_scalar(
        "SELECT MIN(seq) FROM outbox WHERE lane = $1 AND state IN ('ready', 'parked') AND seq <= $2",
    )
    .bind(lane.to_string())
    .bind(behind)
    .fetch_one(&mut *conn)
    .await?;
    let Some(first) = first else { return Ok(()) };
    let by = last_place(conn, lane).await? - first + 1;
    sqlx::query(
        "UPDATE outbox SET seq = seq + $3
         WHERE lane = $1 AND state IN ('ready', 'parked') AND seq <= $2",
    )
    .bind(lane.to_string())
    .bind(behind)
    .bind(by)
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE lanes SET next_seq = $2 WHERE id = $1")
        .bind(lane.to_string())
        .bind(behind + by)
        .execute(conn)
        .await?;
    Ok(())
}
