//! Who was asked whether a contact is to be erased: an id that is typed twice does it only after that.

use sqlx::AnyConnection;

use super::Result;
use crate::clock::Millis;
use crate::domain::ids::{AgentId, ContactId};

/// An agent is asked. What was asked before a moment is forgotten.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(
    conn: &mut AnyConnection,
    agent: &AgentId,
    contact: &ContactId,
    (at, before): (Millis, Millis),
) -> Result<()> {
    sqlx::query("DELETE FROM erase_asked WHERE at < $1").bind(before.0).execute(&mut *conn).await?;
    sqlx::query(
        "INSERT INTO erase_asked (agent, contact, at) VALUES ($1, $2, $3)
         ON CONFLICT (agent, contact) DO UPDATE SET at = excluded.at",
    )
    .bind(agent.as_str())
    .bind(contact.as_str())
    .bind(at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether an agent was asked since a moment.
///
/// # Errors
/// [`super::StoreError`].
pub async fn was_asked(
    conn: &mut AnyConnection,
    agent: &AgentId,
    contact: &ContactId,
    since: Millis,
) -> Result<bool> {
    let asked: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM erase_asked WHERE agent = $1 AND contact = $2 AND at >= $3")
            .bind(agent.as_str())
            .bind(contact.as_str())
            .bind(since.0)
            .fetch_one(conn)
            .await?;
    Ok(asked > 0)
}
