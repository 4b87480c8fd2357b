//! Parked effects: each keeps its place in its lane while the rest goes on.

use sqlx::AnyConnection;

use crate::clock::Millis;
use crate::domain::effect::Effect;
use crate::domain::input::Claim;
use crate::domain::lane::Lane;
use crate::store::{Result, from_json, to_json};

/// The place of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its lane.
    pub lane: Lane,
    /// Where in it.
    pub seq: i64,
}

/// What becomes of an effect that was parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// It is delivered after all, in its old place.
    GoesOn {
        /// The moment before which it is not delivered.
        due_at: Millis,
    },
    /// It is not to be delivered.
    IsDone,
}

/// Parks an effect, if the lane is still held under the claim's epoch: it keeps its place, and the rest goes
/// on.
pub async fn park(conn: &mut AnyConnection, claim: &Claim) -> Result<()> {
    super::change(conn, claim, "state = 'parked'").await.map(drop)
}

/// What is parked in a lane, in order. A row that cannot be read is left out: what stands behind it need not
/// wait for it.
pub async fn parked(conn: &mut AnyConnection, lane: &Lane) -> Result<Vec<(Position, Effect)>> {
    let rows: Vec<(i64, String)> =
        sqlx::query_as("SELECT seq, body FROM outbox WHERE lane = $1 AND state = 'parked' ORDER BY seq")
            .bind(lane.to_string())
            .fetch_all(conn)
            .await?;
    let position = |seq| Position { lane: lane.clone(), seq };
    Ok(rows.into_iter().filter_map(|(seq, body)| Some((position(seq), read(&body)?))).collect())
}

/// What a contact sent and their room does not show yet: it waits or is parked.
pub async fn to_be_shown(conn: &mut AnyConnection, lane: &Lane) -> Result<Vec<Effect>> {
    let bodies: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM outbox WHERE lane = $1 AND state IN ('ready', 'parked') ORDER BY seq",
    )
    .bind(lane.to_string())
    .fetch_all(conn)
    .await?;
    Ok(bodies.iter().filter_map(|body| read(body)).filter(Effect::shows_contact).collect())
}

fn read(body: &str) -> Option<Effect> {
    from_json("effect", body).inspect_err(|error| tracing::warn!(%error, "an effect cannot be read")).ok()
}

/// Changes what a parked effect does. It stays parked.
pub async fn rewrite(conn: &mut AnyConnection, position: &Position, effect: &Effect) -> Result<()> {
    sqlx::query("UPDATE outbox SET body = $3 WHERE lane = $1 AND seq = $2 AND state = 'parked'")
        .bind(position.lane.to_string())
        .bind(position.seq)
        .bind(to_json("effect", effect)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Decides about an effect that is parked.
pub async fn unpark(conn: &mut AnyConnection, position: &Position, then: Parked) -> Result<()> {
    let (state, due_at) = match then {
        Parked::GoesOn { due_at } => ("ready", due_at),
        Parked::IsDone => ("done", Millis(0)),
    };
    sqlx::query(
        "UPDATE outbox SET state = $3, due_at = $4 WHERE lane = $1 AND seq = $2 AND state = 'parked'",
    )
    .bind(position.lane.to_string())
    .bind(position.seq)
    .bind(state)
    .bind(due_at.0)
    .execute(conn)
    .await?;
    Ok(())
}
