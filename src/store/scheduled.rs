//! Texts of agents that go to a contact later, until they do.

use ruma::EventId;
use sqlx::AnyConnection;

use super::{Result, count, from_json, to_json};
use crate::clock::Millis;
use crate::domain::ids::{AgentId, ContactId, InteractionId};
use crate::domain::interaction::Interaction;
use crate::domain::later::Later;

/// Those of a conversation.
pub const OF: &str = "SELECT body FROM scheduled WHERE interaction = $1 ORDER BY due_at, event_id";
/// Those of the conversations that an agent has, or had last.
pub const OF_AGENT: &str = "SELECT body FROM scheduled WHERE agent = $1 ORDER BY due_at, event_id LIMIT 200";
/// Those of a contact, from whatever conversation.
pub const OF_CONTACT: &str = "SELECT s.body FROM interactions i JOIN scheduled s ON s.interaction = i.id
     WHERE i.contact = $1 ORDER BY s.due_at, s.event_id";
/// Whether a contact wrote in another conversation that began at a moment or later.
pub const WROTE_ELSEWHERE: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM interactions i
     JOIN transcript t ON t.interaction = i.id
     WHERE i.contact = $1 AND i.created_at >= $2 AND i.id <> $3 AND t.kind = 'contact' LIMIT 1) AS texts";

/// Keeps one, in the name of the agent who has the conversation; in place of one that was typed in the same
/// event.
pub async fn keep(conn: &mut AnyConnection, later: &Later, agent: &AgentId) -> Result<()> {
    sqlx::query(
        "INSERT INTO scheduled (event_id, interaction, agent, due_at, asks, body) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (event_id) DO UPDATE SET agent = excluded.agent, due_at = excluded.due_at,
             asks = excluded.asks, body = excluded.body",
    )
    .bind(later.event.as_str())
    .bind(later.interaction.as_str())
    .bind(agent.as_str())
    .bind(later.when.at.0)
    .bind(i64::from(later.asks.is_some()))
    .bind(to_json("scheduled", later)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// The one that was typed in an event.
pub async fn by_event(conn: &mut AnyConnection, event: &EventId) -> Result<Option<Later>> {
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM scheduled WHERE event_id = $1")
        .bind(event.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| from_json("scheduled", &row)).transpose()
}

/// Those of a conversation, the first to go first.
pub async fn of(conn: &mut AnyConnection, interaction: &InteractionId) -> Result<Vec<Later>> {
    read(&sqlx::query_scalar(OF).bind(interaction.as_str()).fetch_all(conn).await?)
}

/// Those of the conversations that an agent has, or had last: the first to go first, 200 at most.
pub async fn of_agent(conn: &mut AnyConnection, agent: &AgentId) -> Result<Vec<Later>> {
    read(&sqlx::query_scalar(OF_AGENT).bind(agent.as_str()).fetch_all(conn).await?)
}

/// Those to a contact, the first to go first; but for those that cannot be read.
pub async fn of_contact(conn: &mut AnyConnection, contact: &ContactId) -> Result<Vec<Later>> {
    let rows: Vec<String> = sqlx::query_scalar(OF_CONTACT).bind(contact.as_str()).fetch_all(conn).await?;
    Ok(rows.iter().filter_map(|row| from_json("scheduled", row).ok()).collect())
}

fn read(rows: &[String]) -> Result<Vec<Later>> {
    rows.iter().map(|row| from_json("scheduled", row)).collect()
}

/// When the last of a conversation goes, of those that do not wait for a word.
pub async fn last_due(conn: &mut AnyConnection, interaction: &InteractionId) -> Result<Option<Millis>> {
    let at: Option<i64> =
        sqlx::query_scalar("SELECT MAX(due_at) FROM scheduled WHERE interaction = $1 AND asks = 0")
            .bind(interaction.as_str())
            .fetch_one(conn)
            .await?;
    Ok(at.map(Millis))
}

/// Keeps why one waits for a word.
pub async fn asks(conn: &mut AnyConnection, later: &Later) -> Result<()> {
    sqlx::query("UPDATE scheduled SET asks = $2, body = $3 WHERE event_id = $1")
        .bind(later.event.as_str())
        .bind(i64::from(later.asks.is_some()))
        .bind(to_json("scheduled", later)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets one. False if it is not there any more.
pub async fn remove(conn: &mut AnyConnection, event: &EventId) -> Result<bool> {
    let gone = sqlx::query("DELETE FROM scheduled WHERE event_id = $1").bind(event.as_str()).execute(conn);
    Ok(gone.await?.rows_affected() > 0)
}

/// Remembers whose conversation it is from now on.
pub async fn hand_over(conn: &mut AnyConnection, of: &InteractionId, agent: &AgentId) -> Result<()> {
    sqlx::query("UPDATE scheduled SET agent = $2 WHERE interaction = $1")
        .bind(of.as_str())
        .bind(agent.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// How many texts of the contact stand in the transcript of a conversation.
pub async fn heard(conn: &mut AnyConnection, of: &InteractionId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM transcript WHERE interaction = $1 AND kind = 'contact'";
    count(conn, sql, of.as_str()).await.map(i64::from)
}

/// Whether the contact has written since one was typed: in its conversation, or in one that began since. In
/// its own, texts are counted, which no change of a clock disturbs.
pub async fn wrote_since(conn: &mut AnyConnection, later: &Later, of: &Interaction) -> Result<bool> {
    if heard(conn, &of.id).await? != later.heard {
        return Ok(true);
    }
    let elsewhere: i64 = sqlx::query_scalar(WROTE_ELSEWHERE)
        .bind(of.contact.id.as_str())
        .bind(later.since.0)
        .bind(of.id.as_str())
        .fetch_one(conn)
        .await?;
    Ok(elsewhere > 0)
}
