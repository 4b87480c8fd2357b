//! Erasures of what tells of a person elsewhere: their steps, and what came of them.

use std::collections::HashSet;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Result, from_json, many, to_json};
use crate::clock::Millis;
use crate::domain::erasure::{About, Counts, Elsewhere, Erasure, ErasureId, Left, Step, named};

/// How many steps of one kind there may be, so that each kind has places of its own.
const OF_A_KIND: i64 = 1 << 32;

/// A step of an erasure, with its place among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// Its place.
    pub seq: i64,
    /// The moment before which it is not done.
    pub due_at: Millis,
    /// Since when it is tried and gets no further; nothing if it was not looked at yet.
    pub tried_since: Option<Millis>,
    /// What is to be done.
    pub step: Step,
}

/// Keeps a new erasure.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, erasure: &Erasure, about: &About) -> Result<()> {
    sqlx::query(
        "INSERT INTO erasures (id, asked, begun_at, ended_at, counts, about) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(erasure.id.as_str())
    .bind(to_json("erasure", &erasure.asked)?)
    .bind(erasure.begun_at.0)
    .bind(erasure.ended_at.map(|at| at.0))
    .bind(to_json("erasure", &erasure.counts)?)
    .bind(to_json("erasure", about)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// An erasure, running or done.
///
/// # Errors
/// [`super::StoreError`].
pub async fn by_id(conn: &mut AnyConnection, id: &ErasureId) -> Result<Option<Erasure>> {
    let row: Option<(String, i64, Option<i64>, String)> =
        sqlx::query_as("SELECT asked, begun_at, ended_at, counts FROM erasures WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    let erasure = |(asked, begun_at, ended_at, counts): (String, i64, Option<i64>, String)| {
        Ok(Erasure {
            id: id.clone(),
            asked: from_json("erasure", &asked)?,
            begun_at: Millis(begun_at),
            ended_at: ended_at.map(Millis),
            counts: from_json("erasure", &counts)?,
        })
    };
    row.map(erasure).transpose()
}

/// The running erasures with which nothing goes on: no effect waits for its turn.
///
/// # Errors
/// [`super::StoreError`].
pub async fn still(conn: &mut AnyConnection) -> Result<Vec<ErasureId>> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT e.id FROM erasures e WHERE e.ended_at IS NULL AND NOT EXISTS
             (SELECT 1 FROM outbox o WHERE o.lane = 'erasure:' || e.id AND o.state = 'ready')
         ORDER BY e.begun_at, e.id",
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ErasureId::new).collect())
}

/// The erasures that are not done, also those in which the desk still forgets.
///
/// # Errors
/// [`super::StoreError`].
pub async fn running(conn: &mut AnyConnection) -> Result<Vec<ErasureId>> {
    let sql = "SELECT id FROM erasures WHERE ended_at IS NULL UNION SELECT id FROM forgetting ORDER BY id";
    let ids: Vec<String> = sqlx::query_scalar(sql).fetch_all(conn).await?;
    Ok(ids.into_iter().map(ErasureId::new).collect())
}

/// What a running erasure knows of the person; nothing once it is done.
///
/// # Errors
/// [`super::StoreError`].
pub async fn about(conn: &mut AnyConnection, id: &ErasureId) -> Result<Option<About>> {
    let row: Option<Option<String>> = sqlx::query_scalar("SELECT about FROM erasures WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.flatten().map(|about| from_json("erasure", &about)).transpose()
}

/// Plans what there is to do about this: each step behind those of its kind, unless it was planned before;
/// and keeps by which ids it is known. The erasure need not have begun: it may be gathered piece by piece.
///
/// # Errors
/// [`super::StoreError`].
pub async fn plan(
    conn: &mut AnyConnection,
    id: &ErasureId,
    elsewhere: &Elsewhere,
    due_at: Millis,
) -> Result<()> {
    let mut steps = elsewhere.steps();
    // A room that is erased whole is not searched for what tells of them.
    let searched: Vec<String> = steps.iter().filter_map(Step::searches).map(named).collect();
    let whole = seen(conn, id, &searched).await?;
    let mut new = see(conn, id, &elsewhere.known()).await?;
    steps.retain(|step| {
        step.searches().is_none_or(|room| !whole.contains(&named(room)))
            && step.known().is_none_or(|known| new.remove(&known))
    });
    for same in steps.chunk_by(|one, next| one.turn() == next.turn()) {
        let first = same.first().map_or(0, Step::turn) * OF_A_KIND;
        let last: i64 = sqlx::query_scalar(
            "SELECT COALESCE(MAX(seq), $2) FROM erasure_steps WHERE job = $1 AND seq >= $2 AND seq < $3",
        )
        .bind(id.as_str())
        .bind(first)
        .bind(first + OF_A_KIND)
        .fetch_one(&mut *conn)
        .await?;
        insert(conn, id, same, (last + 1, due_at)).await?;
    }
    Ok(())
}

async fn insert(
    conn: &mut AnyConnection,
    id: &ErasureId,
    steps: &[Step],
    (first, due_at): (i64, Millis),
) -> Result<()> {
    let steps: Vec<(i64, &Step)> = (first..).zip(steps).collect();
    for piece in many::pieces(&steps) {
        let sql = format!(
            "INSERT INTO erasure_steps (job, seq, due_at, body) VALUES {}",
            many::places(piece.len(), 4)
        );
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for (seq, step) in piece {
            let body = to_json("step of an erasure", step)?;
            insert = insert.bind(id.as_str()).bind(*seq).bind(due_at.0).bind(body);
        }
        insert.execute(&mut *conn).await?;
    }
    Ok(())
}

/// Adds steps behind all that there are.
///
/// # Errors
/// [`super::StoreError`].
pub async fn append(conn: &mut AnyConnection, id: &ErasureId, steps: &[Step], due_at: Millis) -> Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM erasure_steps WHERE job = $1")
        .bind(id.as_str())
        .fetch_one(&mut *conn)
        .await?;
    insert(conn, id, steps, (last + 1, due_at)).await
}

/// The next step of an erasure; nothing if all are done.
///
/// # Errors
/// [`super::StoreError`].
pub async fn next(conn: &mut AnyConnection, id: &ErasureId) -> Result<Option<Next>> {
    let row: Option<(i64, i64, Option<i64>, String)> = sqlx::query_as(
        "SELECT seq, due_at, tried_since, body FROM erasure_steps WHERE job = $1 ORDER BY seq LIMIT 1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    let next = |(seq, due_at, tried_since, body): (i64, i64, Option<i64>, String)| {
        Ok(Next {
            seq,
            due_at: Millis(due_at),
            tried_since: tried_since.map(Millis),
            step: from_json("step of an erasure", &body)?,
        })
    };
    row.map(next).transpose()
}

/// The place of the next step, for one that cannot be read.
///
/// # Errors
/// [`super::StoreError`].
pub async fn first(conn: &mut AnyConnection, id: &ErasureId) -> Result<Option<i64>> {
    let first: Option<i64> = sqlx::query_scalar("SELECT MIN(seq) FROM erasure_steps WHERE job = $1")
        .bind(id.as_str())
        .fetch_one(conn)
        .await?;
    Ok(first)
}

/// Says since when a step is tried, unless that is known.
///
/// # Errors
/// [`super::StoreError`].
pub async fn tried_since(conn: &mut AnyConnection, id: &ErasureId, seq: i64, at: Millis) -> Result<()> {
    sqlx::query(
        "UPDATE erasure_steps SET tried_since = $3 WHERE job = $1 AND seq = $2 AND tried_since IS NULL",
    )
    .bind(id.as_str())
    .bind(seq)
    .bind(at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps how far a step is. What it does next is tried since now.
///
/// # Errors
/// [`super::StoreError`].
pub async fn go_on(
    conn: &mut AnyConnection,
    id: &ErasureId,
    (seq, step): (i64, &Step),
    now: Millis,
) -> Result<()> {
    sqlx::query("UPDATE erasure_steps SET body = $3, tried_since = $4 WHERE job = $1 AND seq = $2")
        .bind(id.as_str())
        .bind(seq)
        .bind(to_json("step of an erasure", step)?)
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes away a step that is done. False if it was done before.
///
/// # Errors
/// [`super::StoreError`].
pub async fn done(conn: &mut AnyConnection, id: &ErasureId, seq: i64) -> Result<bool> {
    let done = sqlx::query("DELETE FROM erasure_steps WHERE job = $1 AND seq = $2")
        .bind(id.as_str())
        .bind(seq)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Remembers ids of events and files; returns those that were not known.
///
/// # Errors
/// [`super::StoreError`].
pub async fn see(conn: &mut AnyConnection, id: &ErasureId, ids: &[String]) -> Result<HashSet<String>> {
    let mut new = HashSet::new();
    for piece in many::pieces(ids) {
        let sql = format!(
            "INSERT INTO erasure_seen (job, id) VALUES {} ON CONFLICT DO NOTHING RETURNING id",
            many::places(piece.len(), 2)
        );
        let mut insert = sqlx::query_scalar(AssertSqlSafe(sql));
        for seen in piece {
            insert = insert.bind(id.as_str()).bind(seen.as_str());
        }
        let added: Vec<String> = insert.fetch_all(&mut *conn).await?;
        new.extend(added);
    }
    Ok(new)
}

/// Which of these ids were seen before.
///
/// # Errors
/// [`super::StoreError`].
pub async fn seen(conn: &mut AnyConnection, id: &ErasureId, ids: &[String]) -> Result<HashSet<String>> {
    let mut known = HashSet::new();
    for piece in many::pieces(ids) {
        let sql = format!(
            "SELECT id FROM erasure_seen WHERE (job, id) IN (VALUES {})",
            many::places(piece.len(), 2)
        );
        let mut select = sqlx::query_scalar(AssertSqlSafe(sql));
        for seen in piece {
            select = select.bind(id.as_str()).bind(seen.as_str());
        }
        let found: Vec<String> = select.fetch_all(&mut *conn).await?;
        known.extend(found);
    }
    Ok(known)
}

/// Adds to what was erased.
///
/// # Errors
/// [`super::StoreError`].
pub async fn count(conn: &mut AnyConnection, id: &ErasureId, more: Counts) -> Result<()> {
    let Some(erasure) = by_id(&mut *conn, id).await? else { return Ok(()) };
    sqlx::query("UPDATE erasures SET counts = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(to_json("erasure", &erasure.counts.and(more))?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes down what could not be erased.
///
/// # Errors
/// [`super::StoreError`].
pub async fn leave(conn: &mut AnyConnection, id: &ErasureId, left: &[Left]) -> Result<()> {
    for left in left {
        sqlx::query(
            "INSERT INTO erasure_left (job, what, reason, at, count) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (job, what, reason, at) DO UPDATE SET count = erasure_left.count + excluded.count",
        )
        .bind(id.as_str())
        .bind(left.what.to_string())
        .bind(left.reason.to_string())
        .bind(left.at.as_str())
        .bind(i64::try_from(left.count).unwrap_or(i64::MAX))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// What could not be erased, most telling first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn left(conn: &mut AnyConnection, id: &ErasureId) -> Result<Vec<Left>> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT what, reason, at, count FROM erasure_left WHERE job = $1 ORDER BY what, reason, at",
    )
    .bind(id.as_str())
    .fetch_all(conn)
    .await?;
    let left = |(what, reason, at, count): (String, String, String, i64)| {
        Ok(Left {
            what: from_json("leftover of an erasure", &format!("{what:?}"))?,
            reason: from_json("leftover of an erasure", &format!("{reason:?}"))?,
            at,
            count: u64::try_from(count).unwrap_or(0),
        })
    };
    rows.into_iter().map(left).collect()
}

/// Forgets some of what was known for the steps of an erasure. Returns whether there may be more.
///
/// # Errors
/// [`super::StoreError`].
pub async fn clear(conn: &mut AnyConnection, id: &ErasureId, limit: u32) -> Result<bool> {
    let cleared = sqlx::query(
        "DELETE FROM erasure_seen WHERE (job, id) IN
         (SELECT job, id FROM erasure_seen WHERE job = $1 LIMIT $2)",
    )
    .bind(id.as_str())
    .bind(i64::from(limit))
    .execute(conn)
    .await?;
    Ok(cleared.rows_affected() >= u64::from(limit))
}

/// Ends an erasure: what tells of the person is forgotten, and the counts stay.
///
/// # Errors
/// [`super::StoreError`].
pub async fn end(conn: &mut AnyConnection, id: &ErasureId, now: Millis) -> Result<()> {
    sqlx::query("UPDATE erasures SET ended_at = $2, about = NULL WHERE id = $1")
        .bind(id.as_str())
        .bind(now.0)
        .execute(&mut *conn)
        .await?;
    for sql in ["DELETE FROM erasure_steps WHERE job = $1", "DELETE FROM erasure_seen WHERE job = $1"] {
        sqlx::query(sql).bind(id.as_str()).execute(&mut *conn).await?;
    }
    Ok(())
}
