//! The outbox: effects to be delivered, in lanes.
//!
//! The head of a lane runs, the rest wait. Positions are counted in the lane's own row, in the commit that
//! appends; a database sequence would show them out of order. Replies stand in the order they were written
//! in, as far as that is known when the first of them goes.

mod append;
pub mod delivered;
mod forward;
mod lease;
mod parked;

pub use append::{Wanted, append};
pub(crate) use append::{batch_new, unmerged};
pub use forward::{Waiting, bring_forward, last_place, waiting};
pub use lease::{Lease, lease, release, release_if_done, renew};
pub use parked::{Parked, Position, park, parked, rewrite, to_be_shown, unpark};

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Batch, Result, from_json, many};
use crate::clock::Millis;
use crate::domain::effect::Effect;
use crate::domain::input::Claim;
use crate::domain::lane::{Lane, LaneKind};

/// The head of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its place in its lane.
    pub seq: i64,
    /// The moment before which it is not delivered.
    pub due_at: Millis,
    /// The transaction id of its request, the same for ever.
    pub txn_id: String,
    /// How often it was asked for, where an effect merges with one that waits.
    pub version: i64,
    /// How often the destination answered that it failed.
    pub failures: i64,
    /// How many ghosts were replaced over it, because none of them could be used.
    pub ghosts_lost: i64,
    /// When it was asked for.
    pub created_at: Millis,
    /// What is to be done.
    pub effect: Effect,
    /// How many deliveries began to read strangers' bytes and did not finish.
    pub begun: i64,
    /// Whether nothing waits behind it.
    pub is_last: bool,
}

/// What became of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    /// It is done.
    Done,
    /// It was asked for again meanwhile, and stays.
    Again,
    /// Another replica holds the lane, or the effect was completed before: the outcome is not ours to record.
    Lost,
}

/// The head of a lane, due or not.
pub async fn head(conn: &mut AnyConnection, lane: &Lane) -> Result<Option<Head>> {
    let first = first(conn, lane, "2").await?;
    let is_last = first.len() < 2;
    first.into_iter().next().map(|row| row.head(is_last)).transpose()
}

/// What waits right behind an effect that is the head of its lane. Nothing if that is not the head any more.
pub async fn next(conn: &mut AnyConnection, head: &Claim) -> Result<Option<Head>> {
    let first = first(conn, &head.lane, "3").await?;
    let is_last = first.len() < 3;
    let mut first = first.into_iter();
    if first.next().is_none_or(|row| row.seq != head.seq) {
        return Ok(None);
    }
    first.next().map(|row| row.head(is_last)).transpose()
}

/// The first rows of a lane, due or not.
async fn first(conn: &mut AnyConnection, lane: &Lane, limit: &'static str) -> Result<Vec<Row>> {
    let sql = heads("$1", limit);
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(lane.to_string()).fetch_all(conn).await?)
}

/// Selects the first rows of a lane, due or not.
fn heads(lane: &str, limit: &str) -> String {
    format!(
        "SELECT seq, due_at, said_at, txn_id, version, failures, ghosts_lost, created_at, begun, body FROM outbox
         WHERE lane = {lane} AND state = 'ready' ORDER BY said_at, seq LIMIT {limit}"
    )
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    due_at: i64,
    txn_id: String,
    version: i64,
    failures: i64,
    ghosts_lost: i64,
    created_at: i64,
    begun: i64,
    body: String,
}

impl Row {
    fn head(self, is_last: bool) -> Result<Head> {
        Ok(Head {
            seq: self.seq,
            due_at: Millis(self.due_at),
            txn_id: self.txn_id,
            version: self.version,
            failures: self.failures,
            ghosts_lost: self.ghosts_lost,
            created_at: Millis(self.created_at),
            effect: from_json("effect", &self.body)?,
            begun: self.begun,
            is_last,
        })
    }
}

/// What waits behind an effect in its lane, the next first, each with the moment before which it is not
/// delivered. It ends before one that cannot be read.
pub async fn behind(conn: &mut AnyConnection, claim: &Claim, limit: i64) -> Result<Vec<(Millis, Effect)>> {
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT seq, due_at, body FROM outbox WHERE lane = $1 AND state = 'ready' ORDER BY said_at, seq
         LIMIT CAST($2 AS BIGINT)",
    )
    .bind(claim.lane.to_string())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let behind = rows.into_iter().skip_while(|(seq, ..)| *seq != claim.seq).skip(1);
    let read =
        |(_, due_at, body): (i64, i64, String)| Some((Millis(due_at), from_json("effect", &body).ok()?));
    Ok(behind.map_while(read).collect())
}

/// The position of the head of a lane, for a head that cannot be read.
pub async fn head_seq(conn: &mut AnyConnection, lane: &Lane) -> Result<Option<i64>> {
    let sql = "SELECT seq FROM outbox WHERE lane = $1 AND state = 'ready' ORDER BY said_at, seq LIMIT 1";
    Ok(sqlx::query_scalar(sql).bind(lane.to_string()).fetch_optional(conn).await?)
}

/// Lanes in which something waits. One that cannot be read is left out: a later version may have made it.
pub async fn busy_lanes(conn: &mut AnyConnection, now: Millis, limit: i64) -> Result<Vec<Lane>> {
    let lanes: Vec<String> = sqlx::query_scalar(
        "SELECT lane FROM outbox WHERE state = 'ready' AND due_at <= $1 GROUP BY lane ORDER BY MIN(created_at)
         LIMIT CAST($2 AS BIGINT)",
    )
    .bind(now.0)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let lane = |text: String| {
        text.parse::<Lane>().inspect_err(|error| tracing::warn!(%error, "a lane cannot be read")).ok()
    };
    Ok(lanes.into_iter().filter_map(lane).collect())
}

/// Records that an effect is done, if the lane is still held under the claim's epoch.
pub async fn complete(conn: &mut AnyConnection, claim: &Claim) -> Result<Completed> {
    let done = sqlx::query(
        "UPDATE outbox SET state = 'done'
         WHERE lane = $1 AND seq = $2 AND version = $3 AND state = 'ready'
         AND EXISTS (SELECT 1 FROM lanes WHERE id = $1 AND epoch = $4)",
    )
    .bind(claim.lane.to_string())
    .bind(claim.seq)
    .bind(claim.version)
    .bind(claim.epoch)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() > 0 {
        return Ok(Completed::Done);
    }
    Ok(if still_ours(conn, claim).await? { Completed::Again } else { Completed::Lost })
}

/// Records that effects are done whose lanes are still held under their claims' epochs, together with other
/// statements. It returns their lanes and places.
pub(crate) fn batch_delivered(batch: &mut Batch, claims: &[&Claim]) {
    for piece in many::pieces(claims) {
        let update = batch.add(format!(
            "UPDATE outbox SET state = 'done' FROM (VALUES {}) AS v JOIN lanes AS l ON l.id = v.column1
             WHERE outbox.lane = v.column1 AND outbox.seq = v.column2 AND outbox.version = v.column3
             AND outbox.state = 'ready' AND l.epoch = v.column4 RETURNING outbox.lane, outbox.seq",
            many::places(piece.len(), 4)
        ));
        for claim in piece {
            update.bind(claim.lane.to_string()).bind(claim.seq).bind(claim.version).bind(claim.epoch);
        }
    }
}

/// Records that effects are done. This commit must have read that they wait, in lanes that are held.
pub async fn done(conn: &mut AnyConnection, claims: &[Claim]) -> Result<()> {
    let mut batch = Batch::on(conn);
    batch_done(&mut batch, claims);
    batch.run(conn).await
}

/// The same, together with other statements.
pub(crate) fn batch_done(batch: &mut Batch, claims: &[Claim]) {
    for piece in many::pieces(claims) {
        let update = batch.add(format!(
            "UPDATE outbox SET state = 'done' WHERE (lane, seq) IN (VALUES {}) AND state = 'ready'",
            many::places(piece.len(), 2)
        ));
        for claim in piece {
            update.bind(claim.lane.to_string()).bind(claim.seq);
        }
    }
}

/// Whether the effect still waits and its lane is still held under the claim's epoch.
pub async fn still_ours(conn: &mut AnyConnection, claim: &Claim) -> Result<bool> {
    let row: Option<i64> = sqlx::query_scalar(
        "SELECT o.seq FROM outbox o JOIN lanes l ON l.id = o.lane
         WHERE o.lane = $1 AND o.seq = $2 AND o.state = 'ready' AND l.epoch = $3",
    )
    .bind(claim.lane.to_string())
    .bind(claim.seq)
    .bind(claim.epoch)
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Records that strangers' bytes are about to be read for an effect. False if its lane is another's now.
pub async fn begin(conn: &mut AnyConnection, claim: &Claim) -> Result<bool> {
    change(conn, claim, "begun = begun + 1").await
}

/// Changes an effect that waits, if its lane is still held under the claim's epoch. False if it is not.
async fn change(conn: &mut AnyConnection, claim: &Claim, set: &'static str) -> Result<bool> {
    let sql = format!(
        "UPDATE outbox SET {set} WHERE lane = $1 AND seq = $2 AND state = 'ready'
         AND EXISTS (SELECT 1 FROM lanes WHERE id = $1 AND epoch = $3)"
    );
    let changed = sqlx::query(AssertSqlSafe(sql))
        .bind(claim.lane.to_string())
        .bind(claim.seq)
        .bind(claim.epoch)
        .execute(conn)
        .await?;
    Ok(changed.rows_affected() > 0)
}

/// Puts an effect off after a try that has ended, counting a failure or not. It stays at the head of its
/// lane.
pub async fn postpone(conn: &mut AnyConnection, claim: &Claim, until: Millis, counts: bool) -> Result<()> {
    sqlx::query(
        "UPDATE outbox SET due_at = $3, failures = failures + $4, begun = 0 WHERE lane = $1 AND seq = $2 AND state = 'ready'
         AND EXISTS (SELECT 1 FROM lanes WHERE id = $1 AND epoch = $5)",
    )
    .bind(claim.lane.to_string())
    .bind(claim.seq)
    .bind(until.0)
    .bind(i64::from(counts))
    .bind(claim.epoch)
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts that a ghost was replaced over an effect, which can be tried again at once. It stays at the head of
/// its lane.
pub async fn ghost_lost(conn: &mut AnyConnection, claim: &Claim) -> Result<()> {
    change(conn, claim, "ghosts_lost = ghosts_lost + 1, begun = 0").await.map(drop)
}

/// Takes an effect out of its lane so that the rest goes on; with `whole_lane` everything in the lane waits
/// until someone says how to go on.
pub async fn set_aside(conn: &mut AnyConnection, claim: &Claim, whole_lane: bool) -> Result<()> {
    let last = if whole_lane { i64::MAX } else { claim.seq };
    sqlx::query(
        "UPDATE outbox SET state = 'aside' WHERE lane = $1 AND seq >= $2 AND seq <= $3 AND state = 'ready'",
    )
    .bind(claim.lane.to_string())
    .bind(claim.seq)
    .bind(last)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the room of a lane, earlier in it than the claim's effect, was set aside.
pub async fn waits_for_room(conn: &mut AnyConnection, claim: &Claim) -> Result<bool> {
    let bodies: Vec<String> =
        sqlx::query_scalar("SELECT body FROM outbox WHERE lane = $1 AND seq < $2 AND state = 'aside'")
            .bind(claim.lane.to_string())
            .bind(claim.seq)
            .fetch_all(conn)
            .await?;
    let opens_room = |body: &String| from_json::<Effect>("effect", body).is_ok_and(|it| it.opens_room());
    Ok(bodies.iter().any(opens_room))
}

/// Puts an effect back that was set aside. With a room that could not be made the rest of its lane was set
/// aside too, and comes back with it. False if it is there no more.
pub async fn bring_back(conn: &mut AnyConnection, lane: &Lane, seq: i64) -> Result<bool> {
    let body: Option<String> =
        sqlx::query_scalar("SELECT body FROM outbox WHERE lane = $1 AND seq = $2 AND state = 'aside'")
            .bind(lane.to_string())
            .bind(seq)
            .fetch_optional(&mut *conn)
            .await?;
    let Some(body) = body else { return Ok(false) };
    let effect = from_json::<Effect>("effect", &body)?;
    let last = if effect.opens_room() { i64::MAX } else { seq };
    // For an effect that merges, a newer one does what this one would.
    sqlx::query(
        "UPDATE outbox SET state = 'ready', failures = 0, ghosts_lost = 0, begun = 0
         WHERE lane = $1 AND seq >= $2 AND seq <= $3 AND state = 'aside'
         AND NOT EXISTS (SELECT 1 FROM outbox other WHERE other.merge_key = outbox.merge_key
                         AND (other.state = 'ready' OR other.state = 'aside' AND other.seq > outbox.seq
                              AND other.seq <= $3))",
    )
    .bind(lane.to_string())
    .bind(seq)
    .bind(last)
    .execute(conn)
    .await?;
    Ok(true)
}

/// How many effects wait in the lanes of a kind, and since when the oldest.
pub async fn under_way(conn: &mut AnyConnection, kind: LaneKind) -> Result<(i64, Option<Millis>)> {
    let (count, oldest): (i64, Option<i64>) =
        sqlx::query_as("SELECT COUNT(*), MIN(created_at) FROM outbox WHERE state = 'ready' AND lane LIKE $1")
            .bind(format!("{}:%", kind.name()))
            .fetch_one(conn)
            .await?;
    Ok((count, oldest.map(Millis)))
}

/// Whether something has waited in a lane since before a moment.
pub async fn waits_since(conn: &mut AnyConnection, lane: &Lane, before: Millis) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM outbox WHERE lane = $1 AND state = 'ready' AND created_at < $2";
    let waiting: i64 = sqlx::query_scalar(sql).bind(lane.to_string()).bind(before.0).fetch_one(conn).await?;
    Ok(waiting > 0)
}

/// How many effects wait, and how many were set aside.
pub async fn depth(conn: &mut AnyConnection) -> Result<(i64, i64)> {
    let waiting =
        sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE state = 'ready'").fetch_one(&mut *conn).await?;
    let aside =
        sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE state = 'aside'").fetch_one(conn).await?;
    Ok((waiting, aside))
}
