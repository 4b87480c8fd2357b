//! Receipts, dead letters, single facts, and clearing away what is no longer needed.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::{Batch, Result, many, media_out, programs};
use crate::clock::Millis;
use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::input::OF_TEXTS;

/// How long delivered effects, and the lists that rooms showed, are kept.
const KEEP_DELIVERED: Duration = Duration::from_hours(7 * 24);
/// How long receipts are kept: reconcilers never read further back.
pub const KEEP_RECEIPTS: Duration = Duration::from_hours(30 * 24);
/// How many files that nobody can fetch any more are cleared away at a time.
const FILES: i64 = 200;
/// Claims a receipt. False if it was claimed before: its input has been applied.
pub async fn claim(conn: &mut AnyConnection, key: &str, at: Millis) -> Result<bool> {
    Ok(!claim_all(conn, &[key.to_owned()], at).await?.is_empty())
}

/// Claims receipts; returns those that nobody had claimed before. The receipts of texts are kept for ever: a
/// million of them take up 100 MB.
pub async fn claim_all(conn: &mut AnyConnection, keys: &[String], at: Millis) -> Result<HashSet<String>> {
    let mut batch = Batch::on(conn);
    batch_claims(&mut batch, keys, at);
    let rows = batch.fetch(conn).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The number beside the receipts that [`batch_claims`] returns.
pub(crate) const OF_RECEIPT: i64 = -1;

/// Claims receipts, together with other statements. It returns those that nobody had claimed before.
pub(crate) fn batch_claims(batch: &mut Batch, keys: &[String], at: Millis) {
    for piece in many::pieces(keys) {
        let insert = batch.add(format!(
            "INSERT INTO receipts (key, at) VALUES {} ON CONFLICT DO NOTHING RETURNING key, CAST({OF_RECEIPT} AS BIGINT)",
            many::places(piece.len(), 2)
        ));
        for key in piece {
            let cleared_after = (!key.starts_with(OF_TEXTS)).then_some(at.0);
            insert.bind(key.as_str()).bind(cleared_after);
        }
    }
}

/// Whether a receipt was claimed.
pub async fn is_claimed(conn: &mut AnyConnection, key: &str) -> Result<bool> {
    let known: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM receipts WHERE key = $1").bind(key).fetch_one(conn).await?;
    Ok(known > 0)
}

/// Which of these receipts were claimed.
pub async fn claimed(conn: &mut AnyConnection, keys: &[String]) -> Result<HashSet<String>> {
    let mut known = HashSet::new();
    for piece in many::pieces(keys) {
        let sql = format!("SELECT key FROM receipts WHERE key IN (VALUES {})", many::places(piece.len(), 1));
        let mut select = sqlx::query_scalar(AssertSqlSafe(sql));
        for key in piece {
            select = select.bind(key.as_str());
        }
        let found: Vec<String> = select.fetch_all(&mut *conn).await?;
        known.extend(found);
    }
    Ok(known)
}

/// Gives a receipt back: the input may come again.
pub async fn unclaim(conn: &mut AnyConnection, key: &str) -> Result<()> {
    sqlx::query("DELETE FROM receipts WHERE key = $1").bind(key).execute(conn).await?;
    Ok(())
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DeadLetter {
    /// Its id, like `s-7f3k2m`.
    pub id: String,
    /// When it was set aside, in Unix milliseconds.
    pub at: i64,
    /// What it is.
    #[sqlx(try_from = "String")]
    pub what: DeadLetterKind,
    /// The reason.
    pub why: String,
    /// The thing itself, as it was stored.
    pub body: String,
}

/// The dead letters, newest first.
pub async fn dead_letters(conn: &mut AnyConnection, limit: usize) -> Result<Vec<DeadLetter>> {
    Ok(sqlx::query_as("SELECT id, at, what, why, body FROM set_aside ORDER BY at DESC, id LIMIT $1")
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await?)
}

/// The dead letters set aside after a moment, newest first.
pub async fn dead_letters_since(conn: &mut AnyConnection, after: Millis) -> Result<Vec<DeadLetter>> {
    let sql = "SELECT id, at, what, why, body FROM set_aside WHERE at > $1 ORDER BY at DESC, id";
    Ok(sqlx::query_as(sql).bind(after.0).fetch_all(conn).await?)
}

/// Removes a dead letter, to try it again.
pub async fn take_dead_letter(conn: &mut AnyConnection, id: &str) -> Result<Option<DeadLetter>> {
    Ok(sqlx::query_as("DELETE FROM set_aside WHERE id = $1 RETURNING id, at, what, why, body")
        .bind(id)
        .fetch_optional(conn)
        .await?)
}

/// Keeps what could not be applied or delivered, for a person to look at.
pub async fn add_dead_letter(
    conn: &mut AnyConnection,
    id: &str,
    at: Millis,
    what: &DeadLetterKind,
    why: &str,
    body: &str,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO set_aside (id, at, what, why, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(at.0)
    .bind(what.to_string())
    .bind(why)
    .bind(body)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many dead letters there are.
pub async fn dead_letter_count(conn: &mut AnyConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM set_aside").fetch_one(conn).await?)
}

/// Remembers a single fact under a name.
pub async fn remember(conn: &mut AnyConnection, name: &str, value: &str) -> Result<()> {
    sqlx::query("INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        .bind(name)
        .bind(value)
        .execute(conn)
        .await?;
    Ok(())
}

/// All facts whose names begin with this.
pub async fn recall_all(conn: &mut AnyConnection, prefix: &str) -> Result<Vec<(String, String)>> {
    Ok(sqlx::query_as("SELECT name, value FROM facts WHERE name LIKE $1 ORDER BY name")
        .bind(format!("{prefix}%"))
        .fetch_all(conn)
        .await?)
}

/// Forgets a fact.
pub async fn forget(conn: &mut AnyConnection, name: &str) -> Result<()> {
    sqlx::query("DELETE FROM facts WHERE name = $1").bind(name).execute(conn).await?;
    Ok(())
}

/// Recalls a fact.
pub async fn recall(conn: &mut AnyConnection, name: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT value FROM facts WHERE name = $1").bind(name).fetch_optional(conn).await?)
}

/// Clears away delivered effects, files whose links have run out, answers to programs, lists, empty lanes and
/// old receipts, at most `limit` of each. Receipts of rooms that are still open are cleared too once they are
/// older than anything a reconciler reads.
pub async fn clear(conn: &mut AnyConnection, now: Millis, limit: i64) -> Result<u64> {
    let files = media_out::clear(conn, now, limit.min(FILES)).await?;
    let answers = programs::clear(conn, now, limit).await?;
    let delivered = sqlx::query(
        "DELETE FROM outbox WHERE (lane, seq) IN
         (SELECT lane, seq FROM outbox WHERE state = 'done' AND created_at < $1 LIMIT $2)",
    )
    .bind((now - KEEP_DELIVERED).0)
    .bind(limit)
    .execute(&mut *conn)
    .await?;
    let lists = sqlx::query(
        "DELETE FROM lists WHERE (place, agent) IN (SELECT place, agent FROM lists WHERE at < $1 ORDER BY at LIMIT $2)",
    )
    .bind((now - KEEP_DELIVERED).0)
    .bind(limit)
    .execute(&mut *conn)
    .await?;
    let receipts = sqlx::query(
        "DELETE FROM receipts WHERE key IN (SELECT key FROM receipts WHERE at < $1 ORDER BY at LIMIT $2)",
    )
    .bind((now - KEEP_RECEIPTS).0)
    .bind(limit)
    .execute(&mut *conn)
    .await?;
    let lanes = sqlx::query(
        "DELETE FROM lanes WHERE id IN
         (SELECT l.id FROM lanes l WHERE l.holder IS NULL
          AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.lane = l.id) LIMIT $1)",
    )
    .bind(limit)
    .execute(conn)
    .await?;
    let cleared = [delivered, lists, receipts, lanes];
    let rows: u64 = cleared.iter().map(sqlx::any::AnyQueryResult::rows_affected).sum();
    Ok(rows + files + answers)
}
