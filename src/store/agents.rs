//! Agents, queues and numbers.

use std::collections::{BTreeSet, HashMap, HashSet};

use ruma::{RoomId, UserId};
use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::domain::address::Address;
use crate::domain::agent::{Agent, Online, WorkChannel};
use crate::domain::ids::{AgentId, QueueName};
use crate::domain::queue::{NumberSettings, QueueSettings};

/// Keeps an agent, new or changed.
pub async fn save(conn: &mut AnyConnection, agent: &Agent) -> Result<()> {
    sqlx::query(
        "INSERT INTO agents (id, user_id, is_ready, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, is_ready = excluded.is_ready,
         body = excluded.body, removed = 0",
    )
    .bind(agent.who.id.as_str())
    .bind(agent.who.user.as_str())
    .bind(i64::from(agent.is_ready_for(WorkChannel::Sms)))
    .bind(to_json("agent", agent)?)
    .execute(&mut *conn)
    .await?;
    save_memberships(conn, agent).await
}

/// Brings the table of memberships up to what the agent says; mostly it is already.
async fn save_memberships(conn: &mut AnyConnection, agent: &Agent) -> Result<()> {
    let id = agent.who.id.as_str();
    let wanted: BTreeSet<&str> = agent.queues.iter().map(QueueName::as_str).collect();
    let kept: Vec<String> = sqlx::query_scalar("SELECT queue FROM memberships WHERE agent = $1")
        .bind(id)
        .fetch_all(&mut *conn)
        .await?;
    for gone in kept.iter().filter(|queue| !wanted.contains(queue.as_str())) {
        let sql = "DELETE FROM memberships WHERE agent = $1 AND queue = $2";
        sqlx::query(sql).bind(id).bind(gone.as_str()).execute(&mut *conn).await?;
    }
    for queue in wanted.iter().filter(|queue| !kept.iter().any(|kept| kept == *queue)) {
        let sql = "INSERT INTO memberships (agent, queue) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        sqlx::query(sql).bind(id).bind(*queue).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The agent of an id.
pub async fn by_id(conn: &mut AnyConnection, id: &AgentId) -> Result<Option<Agent>> {
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM agents WHERE id = $1 AND removed = 0")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| from_json("agent", &row)).transpose()
}

/// The agent of an id, also one who was removed.
pub async fn ever(conn: &mut AnyConnection, id: &AgentId) -> Result<Option<Agent>> {
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM agents WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| from_json("agent", &row)).transpose()
}

/// Whether someone was an agent until they were removed.
pub async fn was_removed(conn: &mut AnyConnection, id: &AgentId) -> Result<bool> {
    let row: Option<i64> = sqlx::query_scalar("SELECT removed FROM agents WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row == Some(1))
}

/// The agent of a Matrix account.
pub async fn by_user(conn: &mut AnyConnection, user: &UserId) -> Result<Option<Agent>> {
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM agents WHERE user_id = $1")
        .bind(user.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| from_json("agent", &row)).transpose()
}

/// All agents. One whose row cannot be read is left out, so that the others go on.
pub async fn all(conn: &mut AnyConnection) -> Result<Vec<Agent>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT body FROM agents WHERE removed = 0 ORDER BY id").fetch_all(conn).await?;
    let read = |row: &String| from_json("agent", row).inspect_err(|error| tracing::error!(%error)).ok();
    Ok(rows.iter().filter_map(read).collect())
}

/// Removes an agent. Their account is free for another; their console is remembered.
pub async fn remove(conn: &mut AnyConnection, id: &AgentId) -> Result<()> {
    // No account is called like an id, so that nobody is found by it.
    sqlx::query("UPDATE agents SET removed = 1, user_id = id, is_ready = 0 WHERE id = $1")
        .bind(id.as_str())
        .execute(&mut *conn)
        .await?;
    sqlx::query("DELETE FROM memberships WHERE agent = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// Remembers an agent's console.
pub async fn set_console(conn: &mut AnyConnection, id: &AgentId, room: &RoomId) -> Result<()> {
    sqlx::query("UPDATE agents SET console_room = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(room.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Remembers by which alias an agent's space is found.
pub async fn set_space(conn: &mut AnyConnection, id: &AgentId, alias: &str) -> Result<()> {
    sqlx::query("UPDATE agents SET space = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(alias)
        .execute(conn)
        .await?;
    Ok(())
}

/// The local part of the alias of an agent's space, once they have one.
pub async fn space(conn: &mut AnyConnection, id: &AgentId) -> Result<Option<String>> {
    let row: Option<Option<String>> = sqlx::query_scalar("SELECT space FROM agents WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row.flatten())
}

/// Forgets an agent's console, which is of no use any more.
pub async fn forget_console(conn: &mut AnyConnection, id: &AgentId) -> Result<()> {
    sqlx::query("UPDATE agents SET console_room = NULL, in_console = 0 WHERE id = $1")
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that an agent is greeted, with the account they have; whether that account was not greeted before.
pub async fn greet(conn: &mut AnyConnection, id: &AgentId) -> Result<bool> {
    let greeted = sqlx::query(
        "UPDATE agents SET greeted = user_id WHERE id = $1 AND (greeted IS NULL OR greeted <> user_id)",
    )
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(greeted.rows_affected() > 0)
}

/// Remembers whether an agent is in their console.
pub async fn set_in_console(conn: &mut AnyConnection, id: &AgentId, is_in: bool) -> Result<()> {
    sqlx::query("UPDATE agents SET in_console = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(i64::from(is_in))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether an agent is in their console.
pub async fn is_in_console(conn: &mut AnyConnection, id: &AgentId) -> Result<bool> {
    let row: Option<i64> = sqlx::query_scalar("SELECT in_console FROM agents WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row == Some(1))
}

/// The agents who are in their consoles.
pub async fn in_consoles(conn: &mut AnyConnection) -> Result<HashSet<AgentId>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT id FROM agents WHERE in_console = 1").fetch_all(conn).await?;
    Ok(rows.into_iter().map(AgentId::new).collect())
}

/// Keeps what the homeserver shows of an agent; writes nothing if that is known, or they are none.
pub async fn set_online(conn: &mut AnyConnection, user: &UserId, online: Online) -> Result<()> {
    sqlx::query("UPDATE agents SET online = $2 WHERE user_id = $1 AND (online IS NULL OR online <> $2)")
        .bind(user.as_str())
        .bind(online.word())
        .execute(conn)
        .await?;
    Ok(())
}

/// What the homeserver last showed of agents.
pub async fn online(conn: &mut AnyConnection) -> Result<HashMap<AgentId, Online>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT id, online FROM agents WHERE online IS NOT NULL").fetch_all(conn).await?;
    let known = |(id, word): (String, String)| Some((AgentId::new(id), Online::of_word(&word)?));
    Ok(rows.into_iter().filter_map(known).collect())
}

/// The rooms of all consoles, also of agents whose rows cannot be read.
pub async fn consoles(conn: &mut AnyConnection) -> Result<Vec<String>> {
    let sql = "SELECT console_room FROM agents WHERE console_room IS NOT NULL AND removed = 0";
    Ok(sqlx::query_scalar(sql).fetch_all(conn).await?)
}

/// An agent's console, once it exists.
pub async fn console(conn: &mut AnyConnection, id: &AgentId) -> Result<Option<String>> {
    let row: Option<Option<String>> = sqlx::query_scalar("SELECT console_room FROM agents WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row.flatten())
}

/// Keeps a queue's settings.
pub async fn save_queue(conn: &mut AnyConnection, name: &QueueName, settings: &QueueSettings) -> Result<()> {
    save_settings(
        conn,
        "INSERT INTO queues (name, body) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        name.as_str(),
        to_json("queue", settings)?,
    )
    .await
}

/// A queue's settings.
pub async fn queue(conn: &mut AnyConnection, name: &QueueName) -> Result<Option<QueueSettings>> {
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM queues WHERE name = $1")
        .bind(name.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| from_json("queue", &row)).transpose()
}

/// The queues there are, by name.
pub async fn queues(conn: &mut AnyConnection) -> Result<Vec<QueueName>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT name FROM queues ORDER BY name").fetch_all(conn).await?;
    Ok(rows.into_iter().map(QueueName::new).collect())
}

/// Keeps the settings of a number of ours.
pub async fn save_number(
    conn: &mut AnyConnection,
    number: &Address,
    settings: &NumberSettings,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO numbers (number, body, sender) VALUES ($1, $2, $3)
         ON CONFLICT (number) DO UPDATE SET body = excluded.body, sender = excluded.sender",
    )
    .bind(number.to_string())
    .bind(to_json("number", settings)?)
    .bind(settings.messaging_service.as_deref())
    .execute(conn)
    .await?;
    Ok(())
}

/// The settings of a number of ours; nothing if it is not ours.
pub async fn number(conn: &mut AnyConnection, number: &Address) -> Result<Option<NumberSettings>> {
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM numbers WHERE number = $1")
        .bind(number.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_deref().map(number_in).transpose()
}

/// The settings of a number as they are kept.
pub(crate) fn number_in(body: &str) -> Result<NumberSettings> {
    from_json("number", body)
}

/// Whether a number is ours.
pub async fn is_ours(conn: &mut AnyConnection, number: &Address) -> Result<bool> {
    let one: Option<i32> = sqlx::query_scalar("SELECT 1 FROM numbers WHERE number = $1")
        .bind(number.to_string())
        .fetch_optional(conn)
        .await?;
    Ok(one.is_some())
}

/// Removes a queue.
pub async fn remove_queue(conn: &mut AnyConnection, name: &QueueName) -> Result<()> {
    sqlx::query("DELETE FROM queues WHERE name = $1").bind(name.as_str()).execute(conn).await?;
    Ok(())
}

/// Removes a number of ours.
pub async fn remove_number(conn: &mut AnyConnection, number: &Address) -> Result<()> {
    sqlx::query("DELETE FROM numbers WHERE number = $1").bind(number.to_string()).execute(conn).await?;
    Ok(())
}

/// Our numbers.
pub async fn numbers(conn: &mut AnyConnection) -> Result<Vec<Address>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT number FROM numbers ORDER BY number").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|text| Address::read(&text)).collect())
}

async fn save_settings(conn: &mut AnyConnection, sql: &'static str, key: &str, body: String) -> Result<()> {
    sqlx::query(sql).bind(key).bind(body).execute(conn).await?;
    Ok(())
}
