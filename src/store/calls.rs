//! Which agents are in a telephone call. How a call goes stands with its interaction.

use sqlx::AnyConnection;

use super::{Result, from_json};
use crate::domain::address::Address;
use crate::domain::ids::{AgentId, ContactId, InteractionId};
use crate::domain::interaction::Interaction;

/// The calls that go on, of which one is asked by whose they are.
const GOING_ON: &str = "SELECT i.body FROM calls c JOIN interactions i ON i.id = c.interaction";

/// Keeps that an agent is in a call.
///
/// # Errors
/// [`super::StoreError`]; a unique violation if they are in one.
pub async fn add(conn: &mut AnyConnection, agent: &AgentId, call: &InteractionId) -> Result<()> {
    sqlx::query("INSERT INTO calls (agent, interaction) VALUES ($1, $2)")
        .bind(agent.as_str())
        .bind(call.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// A call is over.
///
/// # Errors
/// [`super::StoreError`].
pub async fn remove(conn: &mut AnyConnection, call: &InteractionId) -> Result<()> {
    sqlx::query("DELETE FROM calls WHERE interaction = $1").bind(call.as_str()).execute(conn).await?;
    Ok(())
}

/// The call that an agent is in.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of_agent(conn: &mut AnyConnection, agent: &AgentId) -> Result<Option<Interaction>> {
    Ok(going_on(conn, "c.agent = $1", agent.as_str()).await?.pop())
}

/// The calls to a contact.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of_contact(conn: &mut AnyConnection, contact: &ContactId) -> Result<Vec<Interaction>> {
    going_on(conn, "i.contact = $1", contact.as_str()).await
}

/// The call to an address.
///
/// # Errors
/// [`super::StoreError`].
pub async fn to(conn: &mut AnyConnection, theirs: &Address) -> Result<Option<Interaction>> {
    Ok(going_on(conn, "i.contact_number = $1", &theirs.to_string()).await?.pop())
}

async fn going_on(conn: &mut AnyConnection, whose: &'static str, key: &str) -> Result<Vec<Interaction>> {
    let sql = sqlx::AssertSqlSafe(format!("{GOING_ON} WHERE {whose}"));
    let rows: Vec<String> = sqlx::query_scalar(sql).bind(key).fetch_all(conn).await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}
