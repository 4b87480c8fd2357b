//! Whether the channels work, as it was found last.

use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::domain::channel::{Channel, State};

/// How a channel stands; nothing where nobody has looked yet.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of(conn: &mut AnyConnection, channel: Channel) -> Result<Option<State>> {
    let body: Option<String> = sqlx::query_scalar("SELECT body FROM channels WHERE name = $1")
        .bind(channel.word())
        .fetch_optional(conn)
        .await?;
    body.map(|body| from_json("channel", &body)).transpose()
}

/// Keeps how a channel stands.
///
/// # Errors
/// [`super::StoreError`].
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
