//! Callbacks that are to come.

use ruma::EventId;
use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::domain::callback::Callback;
use crate::domain::ids::{AgentId, ContactId, InteractionId};

/// Those of a conversation.
pub const OF: &str = "SELECT body FROM callbacks WHERE interaction = $1 ORDER BY due_at, event_id";
/// Those that an agent asked for.
pub const OF_AGENT: &str = "SELECT body FROM callbacks WHERE agent = $1 ORDER BY due_at, event_id LIMIT 200";
/// Those of a contact, from whatever conversation.
pub const OF_CONTACT: &str = "SELECT c.body FROM interactions i JOIN callbacks c ON c.interaction = i.id
     WHERE i.contact = $1 ORDER BY c.due_at, c.event_id";

/// Keeps one, in place of what was kept of it.
pub async fn keep(conn: &mut AnyConnection, callback: &Callback) -> Result<()> {
    sqlx::query(
        "INSERT INTO callbacks (event_id, interaction, agent, due_at, body) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (event_id) DO UPDATE SET due_at = excluded.due_at, body = excluded.body",
    )
    .bind(callback.event.as_str())
    .bind(callback.interaction.as_str())
    .bind(callback.by.id.as_str())
    .bind(callback.due_at.0)
    .bind(to_json("callback", callback)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// The one that was asked for in an event.
pub async fn by_event(conn: &mut AnyConnection, event: &EventId) -> Result<Option<Callback>> {
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM callbacks WHERE event_id = $1")
        .bind(event.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| from_json("callback", &row)).transpose()
}

/// Those of a conversation, the first to come first.
pub async fn of(conn: &mut AnyConnection, interaction: &InteractionId) -> Result<Vec<Callback>> {
    read(&sqlx::query_scalar(OF).bind(interaction.as_str()).fetch_all(conn).await?)
}

/// Those that an agent asked for, the first to come first: 200 at most.
pub async fn of_agent(conn: &mut AnyConnection, agent: &AgentId) -> Result<Vec<Callback>> {
    read(&sqlx::query_scalar(OF_AGENT).bind(agent.as_str()).fetch_all(conn).await?)
}

/// Those of a contact, the first to come first; but for those that cannot be read.
pub async fn of_contact(conn: &mut AnyConnection, contact: &ContactId) -> Result<Vec<Callback>> {
    let rows: Vec<String> = sqlx::query_scalar(OF_CONTACT).bind(contact.as_str()).fetch_all(conn).await?;
    Ok(rows.iter().filter_map(|row| from_json("callback", row).ok()).collect())
}

fn read(rows: &[String]) -> Result<Vec<Callback>> {
    rows.iter().map(|row| from_json("callback", row)).collect()
}

/// Forgets one. False if it is not there any more.
pub async fn remove(conn: &mut AnyConnection, event: &EventId) -> Result<bool> {
    let gone = sqlx::query("DELETE FROM callbacks WHERE event_id = $1").bind(event.as_str()).execute(conn);
    Ok(gone.await?.rows_affected() > 0)
}
