//! My Messages: what an agent missed or lost, kept until they clear it.

use sqlx::AnyConnection;

use super::Result;
use crate::clock::Millis;
use crate::domain::ids::AgentId;

/// One of an agent's messages.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Message {
    /// When, in Unix milliseconds.
    pub at: i64,
    /// The interaction it is about; empty for none.
    pub interaction: String,
    /// What happened.
    pub text: String,
}

/// Keeps a message under an id by which they sort.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(
    conn: &mut AnyConnection,
    id: &str,
    agent: &AgentId,
    at: Millis,
    interaction: &str,
    text: &str,
) -> Result<()> {
    sqlx::query("INSERT INTO messages (id, agent, at, interaction, text) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(agent.as_str())
        .bind(at.0)
        .bind(interaction)
        .bind(text)
        .execute(conn)
        .await?;
    Ok(())
}

/// An agent's messages, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of(conn: &mut AnyConnection, agent: &AgentId, limit: i64) -> Result<Vec<Message>> {
    Ok(sqlx::query_as(
        "SELECT at, interaction, text FROM messages WHERE agent = $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(agent.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?)
}

/// Clears an agent's messages.
///
/// # Errors
/// [`super::StoreError`].
pub async fn clear(conn: &mut AnyConnection, agent: &AgentId) -> Result<()> {
    sqlx::query("DELETE FROM messages WHERE agent = $1").bind(agent.as_str()).execute(conn).await?;
    Ok(())
}
