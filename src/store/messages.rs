//! My Messages: what an agent missed or lost, kept until they clear it.

use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::clock::Millis;
use crate::domain::ids::AgentId;
use crate::domain::notice::Missed;

/// One of an agent's messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it was kept.
    pub at: Millis,
    /// The interaction it is about; empty for none.
    pub interaction: String,
    /// What was missed or lost.
    pub missed: Missed,
}

/// Keeps a message under an id that sorts by time.
pub async fn add(
    conn: &mut AnyConnection,
    id: &str,
    agent: &AgentId,
    at: Millis,
    interaction: &str,
    missed: &Missed,
) -> Result<()> {
    sqlx::query("INSERT INTO messages (id, agent, at, interaction, missed) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(agent.as_str())
        .bind(at.0)
        .bind(interaction)
        .bind(to_json("missed", missed)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// An agent's messages, newest first.
pub async fn of(conn: &mut AnyConnection, agent: &AgentId, limit: i64) -> Result<Vec<Message>> {
    let sql = "SELECT at, interaction, missed FROM messages WHERE agent = $1 ORDER BY id DESC LIMIT $2";
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as(sql).bind(agent.as_str()).bind(limit).fetch_all(conn).await?;
    rows.into_iter()
        .map(|(at, interaction, missed)| {
            Ok(Message { at: Millis(at), interaction, missed: from_json("missed", &missed)? })
        })
        .collect()
}

/// Clears an agent's messages.
pub async fn clear(conn: &mut AnyConnection, agent: &AgentId) -> Result<()> {
    sqlx::query("DELETE FROM messages WHERE agent = $1").bind(agent.as_str()).execute(conn).await?;
    Ok(())
}
