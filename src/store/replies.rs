//! Owners' messages on their way to phones.

use matrix_sdk::ruma::EventId;
use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::clock::Millis;
use crate::domain::ids::{AgentId, InteractionId, Number};
use crate::domain::reply::Reply;

/// Keeps a new message.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, reply: &Reply, at: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO replies (id, interaction, event_id, created_at, body) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(reply.id.as_str())
    .bind(reply.interaction.as_str())
    .bind(reply.event.as_str())
    .bind(at.0)
    .bind(to_json("reply", reply)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps what changed in a message.
///
/// # Errors
/// [`super::StoreError`].
pub async fn save(conn: &mut AnyConnection, reply: &Reply) -> Result<()> {
    sqlx::query("UPDATE replies SET body = $2 WHERE id = $1")
        .bind(reply.id.as_str())
        .bind(to_json("reply", reply)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// The message of an id.
///
/// # Errors
/// [`super::StoreError`].
pub async fn by_id(conn: &mut AnyConnection, id: &str) -> Result<Option<Reply>> {
    let row: Option<String> =
        sqlx::query_scalar("SELECT body FROM replies WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.map(|row| from_json("reply", &row)).transpose()
}

/// The message typed in an event; the newest, where it was sent again.
///
/// # Errors
/// [`super::StoreError`].
pub async fn by_event(conn: &mut AnyConnection, event: &EventId) -> Result<Option<Reply>> {
    let row: Option<String> = sqlx::query_scalar(
        "SELECT body FROM replies WHERE event_id = $1 ORDER BY created_at DESC, id LIMIT 1",
    )
    .bind(event.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(|row| from_json("reply", &row)).transpose()
}

/// The newest messages of an interaction, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn newest(conn: &mut AnyConnection, interaction: &InteractionId, limit: i64) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM replies WHERE interaction = $1 ORDER BY created_at DESC, id LIMIT $2",
    )
    .bind(interaction.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The newest messages of all that an agent is working on, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn newest_of(conn: &mut AnyConnection, agent: &AgentId, limit: i64) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT r.body FROM replies r JOIN interactions i ON i.id = r.interaction
         WHERE i.holder = $1 AND i.is_open = 1 AND i.state = 'active' ORDER BY r.created_at DESC, r.id LIMIT $2",
    )
    .bind(agent.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The messages between two numbers since a moment: what the provider's list is held against.
///
/// # Errors
/// [`super::StoreError`].
pub async fn between(
    conn: &mut AnyConnection,
    ours: &Number,
    theirs: &Number,
    since: Millis,
) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT r.body FROM replies r JOIN interactions i ON i.id = r.interaction
         WHERE i.our_number = $1 AND i.contact_number = $2 AND r.created_at >= $3 ORDER BY r.created_at, r.id",
    )
    .bind(ours.as_str())
    .bind(theirs.as_str())
    .bind(since.0)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The messages from one of our numbers since a moment.
///
/// # Errors
/// [`super::StoreError`].
pub async fn sent_from(conn: &mut AnyConnection, ours: &Number, since: Millis) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT r.body FROM replies r JOIN interactions i ON i.id = r.interaction
         WHERE i.our_number = $1 AND r.created_at >= $2",
    )
    .bind(ours.as_str())
    .bind(since.0)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}
