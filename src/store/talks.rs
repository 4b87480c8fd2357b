//! Talks: IMs and consults.

use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::clock::Millis;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::talk::Talk;

/// Keeps a new talk.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, talk: &Talk) -> Result<()> {
    sqlx::query(
        "INSERT INTO talks (id, home, asker, asked, parent, state, room_id, created_at, updated_at, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(talk.id.as_str())
    .bind(talk.home.as_str())
    .bind(talk.asker.id.as_str())
    .bind(talk.asked.id.as_str())
    .bind(talk.parent.as_ref().map(|parent| parent.as_str().to_owned()))
    .bind(talk.state())
    .bind(talk.room.as_ref().map(|room| room.as_str().to_owned()))
    .bind(talk.created_at.0)
    .bind(talk.updated_at.0)
    .bind(to_json("talk", talk)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps what changed in a talk.
///
/// # Errors
/// [`super::StoreError`].
pub async fn save(conn: &mut AnyConnection, talk: &Talk) -> Result<()> {
    sqlx::query("UPDATE talks SET state = $2, room_id = $3, updated_at = $4, body = $5 WHERE id = $1")
        .bind(talk.id.as_str())
        .bind(talk.state())
        .bind(talk.room.as_ref().map(|room| room.as_str().to_owned()))
        .bind(talk.updated_at.0)
        .bind(to_json("talk", talk)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// The talk of an id.
///
/// # Errors
/// [`super::StoreError`].
pub async fn by_id(conn: &mut AnyConnection, id: &InteractionId) -> Result<Option<Talk>> {
    first(conn, "SELECT body FROM talks WHERE id = $1", id.as_str()).await
}

/// The talk that goes on in the room which was made for `home`: the newest one there.
///
/// # Errors
/// [`super::StoreError`].
pub async fn in_room(conn: &mut AnyConnection, home: &InteractionId) -> Result<Option<Talk>> {
    let sql = "SELECT body FROM talks WHERE home = $1 ORDER BY created_at DESC, id DESC LIMIT 1";
    first(conn, sql, home.as_str()).await
}

/// The talk an agent is being asked to join: of several, the one they were asked last.
///
/// # Errors
/// [`super::StoreError`].
pub async fn offered_to(conn: &mut AnyConnection, agent: &AgentId) -> Result<Option<Talk>> {
    let sql =
        "SELECT body FROM talks WHERE asked = $1 AND state = 'offered' ORDER BY created_at DESC LIMIT 1";
    first(conn, sql, agent.as_str()).await
}

/// The consult about an interaction that is connected: of several, the newest.
///
/// # Errors
/// [`super::StoreError`].
pub async fn connected(conn: &mut AnyConnection, parent: &InteractionId) -> Result<Option<Talk>> {
    let sql =
        "SELECT body FROM talks WHERE parent = $1 AND state = 'connected' ORDER BY created_at DESC LIMIT 1";
    first(conn, sql, parent.as_str()).await
}

/// The consults about an interaction in which people can write.
///
/// # Errors
/// [`super::StoreError`].
pub async fn open_of(conn: &mut AnyConnection, parent: &InteractionId) -> Result<Vec<Talk>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM talks WHERE parent = $1 AND state NOT IN ('ended', 'done') ORDER BY created_at, id",
    )
    .bind(parent.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("talk", row)).collect()
}

/// The newest talks of an agent, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of(conn: &mut AnyConnection, agent: &AgentId, limit: i64) -> Result<Vec<Talk>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM talks WHERE asker = $1 OR asked = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
    )
    .bind(agent.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("talk", row)).collect()
}

/// The talks of an agent that are not done, oldest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn not_done(conn: &mut AnyConnection, agent: &AgentId) -> Result<Vec<Talk>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM talks WHERE (asker = $1 OR asked = $1) AND state <> 'done' ORDER BY created_at, id",
    )
    .bind(agent.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("talk", row)).collect()
}

/// The rooms of all talks that somebody was in at some time since then, for looking up what was never delivered.
///
/// # Errors
/// [`super::StoreError`].
pub async fn rooms_since(conn: &mut AnyConnection, since: Millis) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT room_id FROM talks WHERE state <> 'done' AND room_id IS NOT NULL
         UNION
         SELECT room_id FROM talks WHERE state = 'done' AND updated_at >= $1 AND room_id IS NOT NULL",
    )
    .bind(since.0)
    .fetch_all(conn)
    .await?)
}

async fn first(conn: &mut AnyConnection, sql: &'static str, value: &str) -> Result<Option<Talk>> {
    let row: Option<String> = sqlx::query_scalar(sql).bind(value).fetch_optional(conn).await?;
    row.map(|row| from_json("talk", &row)).transpose()
}
