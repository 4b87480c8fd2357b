//! Timers: rows with a due time.

use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::clock::Millis;
use crate::domain::timer::{Due, Timer};

/// Sets a timer. Setting the same one twice sets it once.
pub async fn set(conn: &mut AnyConnection, timer: &Timer) -> Result<()> {
    let (id, body) = (id(timer)?, to_json("timer", &timer.what)?);
    sqlx::query("INSERT INTO timers (id, due_at, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(id)
        .bind(timer.due_at.0)
        .bind(body)
        .execute(conn)
        .await?;
    Ok(())
}

/// Timers that are due, the oldest first, with their ids. One that cannot be read comes as
/// [`Due::Unreadable`], so that it stops no other.
pub async fn due(conn: &mut AnyConnection, now: Millis, limit: i64) -> Result<Vec<(String, Due)>> {
    due_behind(conn, now, 0, limit).await
}

/// The same, behind the oldest few of them.
pub async fn due_behind(
    conn: &mut AnyConnection,
    now: Millis,
    few: i64,
    limit: i64,
) -> Result<Vec<(String, Due)>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT id, body FROM timers WHERE due_at <= $1 ORDER BY due_at, id LIMIT CAST($2 AS BIGINT) OFFSET $3",
    )
    .bind(now.0)
    .bind(limit)
    .bind(few)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, body)| (id, from_json("timer", &body).unwrap_or(Due::Unreadable)))
        .collect())
}

/// When the first timer falls due that is not due yet.
pub async fn next_after(conn: &mut AnyConnection, now: Millis) -> Result<Option<Millis>> {
    let next: Option<i64> = sqlx::query_scalar("SELECT MIN(due_at) FROM timers WHERE due_at > $1")
        .bind(now.0)
        .fetch_one(conn)
        .await?;
    Ok(next.map(Millis))
}

/// Timers that fall due after one moment and up to another.
pub async fn between(conn: &mut AnyConnection, after: Millis, until: Millis) -> Result<Vec<Timer>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT due_at, body FROM timers WHERE due_at > $1 AND due_at <= $2 ORDER BY due_at, id",
    )
    .bind(after.0)
    .bind(until.0)
    .fetch_all(conn)
    .await?;
    let timer = |(due_at, body): (i64, String)| {
        let what = from_json("timer", &body).unwrap_or(Due::Unreadable);
        Timer { due_at: Millis(due_at), what }
    };
    Ok(rows.into_iter().map(timer).collect())
}

/// The id of the timer that was set for something, the first of several.
pub async fn set_for(conn: &mut AnyConnection, what: &Due) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT id FROM timers WHERE body = $1 ORDER BY due_at, id LIMIT 1")
        .bind(to_json("timer", what)?)
        .fetch_optional(conn)
        .await?)
}

/// Removes a timer as it fires. False if another replica, or an earlier try, has done so.
pub async fn take(conn: &mut AnyConnection, id: &str) -> Result<bool> {
    Ok(sqlx::query("DELETE FROM timers WHERE id = $1").bind(id).execute(conn).await?.rows_affected() > 0)
}

/// Removes a timer that cannot be read; returns its row, if it is still there.
pub async fn take_row(conn: &mut AnyConnection, id: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("DELETE FROM timers WHERE id = $1 RETURNING body")
        .bind(id)
        .fetch_optional(conn)
        .await?)
}

/// Removes a timer that has not fired, also if it was set for another time than is known by now. False if
/// there is none.
pub async fn take_back_anyhow(conn: &mut AnyConnection, timer: &Timer) -> Result<bool> {
    if take_back(conn, timer).await? {
        return Ok(true);
    }
    match set_for(conn, &timer.what).await? {
        Some(set) => take(conn, &set).await,
        None => Ok(false),
    }
}

/// Removes a timer that has not fired. False if there is none.
pub async fn take_back(conn: &mut AnyConnection, timer: &Timer) -> Result<bool> {
    take(conn, &id(timer)?).await
}

/// What a timer goes by.
fn id(timer: &Timer) -> Result<String> {
    Ok(format!("{}:{}", timer.due_at.0, to_json("timer", &timer.what)?))
}
