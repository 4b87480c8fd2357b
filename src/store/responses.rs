//! Standard responses in use: blanks that agents are asked for, and how often each response was used.

use ruma::{EventId, MxcUri, OwnedMxcUri};
use sqlx::AnyConnection;

use super::{Result, from_json, lists, retention, to_json};
use crate::clock::Millis;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::notice::UseLine;
use crate::domain::response::{Asking, Response};

/// How often each response was used in a period.
pub const COUNTS: &str = "SELECT shortcut, COUNT(*) FROM response_uses WHERE at >= $1 AND at < $2
     GROUP BY shortcut ORDER BY COUNT(*) DESC, shortcut";

/// Keeps what an agent is asked for in a room, in place of what they were asked for before.
///
/// # Errors
/// [`super::StoreError`].
pub async fn ask(conn: &mut AnyConnection, asking: &Asking) -> Result<()> {
    sqlx::query(
        "INSERT INTO blanks (interaction, agent, event_id, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (interaction, agent) DO UPDATE SET event_id = excluded.event_id, body = excluded.body",
    )
    .bind(asking.interaction.as_str())
    .bind(asking.agent.as_str())
    .bind(asking.event.as_str())
    .bind(to_json("blanks", asking)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// What an agent is asked for in the room of an interaction.
///
/// # Errors
/// [`super::StoreError`].
pub async fn asked(conn: &mut AnyConnection, of: &InteractionId, agent: &AgentId) -> Result<Option<Asking>> {
    let row: Option<String> =
        sqlx::query_scalar("SELECT body FROM blanks WHERE interaction = $1 AND agent = $2")
            .bind(of.as_str())
            .bind(agent.as_str())
            .fetch_optional(conn)
            .await?;
    row.map(|row| from_json("blanks", &row)).transpose()
}

/// Asks an agent no longer.
///
/// # Errors
/// [`super::StoreError`].
pub async fn answered(conn: &mut AnyConnection, asking: &Asking) -> Result<()> {
    sqlx::query("DELETE FROM blanks WHERE interaction = $1 AND agent = $2")
        .bind(asking.interaction.as_str())
        .bind(asking.agent.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Asks nobody any longer for what a message began.
///
/// # Errors
/// [`super::StoreError`].
pub async fn taken_back(conn: &mut AnyConnection, of: &InteractionId, event: &EventId) -> Result<()> {
    sqlx::query("DELETE FROM blanks WHERE interaction = $1 AND event_id = $2")
        .bind(of.as_str())
        .bind(event.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Counts the use of a response, under an id that nothing else has.
///
/// # Errors
/// [`super::StoreError`].
pub async fn count(conn: &mut AnyConnection, id: &str, shortcut: &str, at: Millis) -> Result<()> {
    sqlx::query("INSERT INTO response_uses (id, shortcut, at) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(shortcut)
        .bind(at.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// How often each response was used from one moment until, not including, another: the most frequent first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn counts(conn: &mut AnyConnection, from: Millis, to: Millis) -> Result<Vec<UseLine>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(COUNTS).bind(from.0).bind(to.0).fetch_all(conn).await?;
    let line = |(shortcut, used)| UseLine { shortcut, used: u32::try_from(used).unwrap_or(u32::MAX) };
    Ok(rows.into_iter().map(line).collect())
}

/// Whether a standard response holds the file at this address.
pub async fn holds(conn: &mut AnyConnection, uri: &MxcUri) -> Result<bool> {
    let all: Vec<Response> = lists::defined(conn).await?;
    Ok(all.iter().flat_map(|response| &response.media).any(|file| file.url == uri))
}

/// The file of a standard response that a contact sent, and that no response holds so far: it may not come
/// into one, which goes to others.
pub async fn file_of_contact(conn: &mut AnyConnection, response: &Response) -> Result<Option<OwnedMxcUri>> {
    for file in &response.media {
        if retention::is_contacts(conn, file.url.as_str()).await? && !holds(conn, &file.url).await? {
            return Ok(Some(file.url.clone()));
        }
    }
    Ok(None)
}
