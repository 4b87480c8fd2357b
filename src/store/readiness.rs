//! What agents were ready for, change by change.

use sqlx::AnyConnection;

use super::Result;
use crate::clock::Millis;
use crate::domain::ids::AgentId;
use crate::domain::not_ready::{State, Turn};

/// A row: agent, moment, state, reason.
type Row = (String, i64, String, String);

/// One whose state is a word of a later version is left out.
fn turn((agent, at, state, reason): Row) -> Option<Turn> {
    let state = State::of_word(&state)?;
    Some(Turn { agent: AgentId::new(agent), at: Millis(at), state, reason })
}

/// Keeps what an agent is from now on. Ids sort by time.
pub async fn add(conn: &mut AnyConnection, id: &str, turn: &Turn) -> Result<()> {
    sqlx::query("INSERT INTO readiness (id, agent, at, state, reason) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(turn.agent.as_str())
        .bind(turn.at.0)
        .bind(turn.state.word())
        .bind(turn.reason.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// What an agent is, as it was kept last.
pub async fn newest(conn: &mut AnyConnection, agent: &AgentId) -> Result<Option<Turn>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT agent, at, state, reason FROM readiness WHERE agent = $1 ORDER BY id DESC LIMIT 1",
    )
    .bind(agent.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(turn))
}

/// What agents became from one moment until, not including, another, and what each was at its beginning: in
/// order.
pub async fn turns(conn: &mut AnyConnection, from: Millis, to: Millis) -> Result<Vec<Turn>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT agent, at, state, reason FROM readiness
         WHERE (at >= $1 AND at < $2)
            OR id IN (SELECT MAX(id) FROM readiness WHERE at < $1 GROUP BY agent) ORDER BY id",
    )
    .bind(from.0)
    .bind(to.0)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().filter_map(turn).collect())
}
