//! The state of the channels, as last found.

use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::domain::channel::{Channel, State};

/// The state of a channel; nothing if nobody has looked yet.
pub async fn of(conn: &mut AnyConnection, channel: Channel) -> Result<Option<State>> {
    let body: Option<String> = sqlx::query_scalar("SELECT body FROM channels WHERE name = $1")
        .bind(channel.word())
        .fetch_optional(conn)
        .await?;
    body.map(|body| from_json("channel", &body)).transpose()
}

/// Keeps how a channel stands.
pub async fn save(conn: &mut AnyConnection, channel: Channel, state: &State) -> Result<()> {
    sqlx::query(
        "INSERT INTO channels (name, body) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    )
    .bind(channel.word())
    .bind(to_json("channel", state)?)
    .execute(conn)
    .await?;
    Ok(())
}
