//! Programs: their tokens, what they were answered, and which conversations they began.

use std::time::Duration;

use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::clock::Millis;
use crate::domain::ids::{InteractionId, TokenId};
use crate::domain::program::{Answer, Token};

/// How long the first answer under a key is kept.
pub const KEEP_KEYS: Duration = Duration::from_hours(7 * 24);
/// The texts that a token let go, or was asked for, since a moment.
pub const SINCE: &str = "SELECT COUNT(*), MIN(at) FROM request_keys WHERE token = $1 AND at > $2";

/// A token, with when it last had a text sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptToken {
    /// The token.
    pub token: Token,
    /// When it last had a text sent.
    pub used_at: Option<Millis>,
}

/// Keeps a token, or what changed in it.
pub async fn save(conn: &mut AnyConnection, token: &Token) -> Result<()> {
    sqlx::query(
        "INSERT INTO tokens (id, name, body) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, body = excluded.body",
    )
    .bind(token.id.as_str())
    .bind(token.name.as_str())
    .bind(to_json("token", token)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// The token of an id, while it holds.
pub async fn by_id(conn: &mut AnyConnection, id: &TokenId) -> Result<Option<Token>> {
    let row: Option<String> =
        sqlx::query_scalar("SELECT body FROM tokens WHERE id = $1 AND removed_at IS NULL")
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    row.map(|row| from_json("token", &row)).transpose()
}

/// The token of a name, while it holds.
pub async fn by_name(conn: &mut AnyConnection, name: &str) -> Result<Option<KeptToken>> {
    let row: Option<(String, Option<i64>)> =
        sqlx::query_as("SELECT body, used_at FROM tokens WHERE name = $1 AND removed_at IS NULL")
            .bind(name)
            .fetch_optional(conn)
            .await?;
    row.map(kept).transpose()
}

/// The tokens that hold, by name.
pub async fn all(conn: &mut AnyConnection) -> Result<Vec<KeptToken>> {
    let rows: Vec<(String, Option<i64>)> =
        sqlx::query_as("SELECT body, used_at FROM tokens WHERE removed_at IS NULL ORDER BY name")
            .fetch_all(conn)
            .await?;
    rows.into_iter().map(kept).collect()
}

fn kept((body, used_at): (String, Option<i64>)) -> Result<KeptToken> {
    Ok(KeptToken { token: from_json("token", &body)?, used_at: used_at.map(Millis) })
}

/// Removes a token: it lets nothing be done from now on.
pub async fn remove(conn: &mut AnyConnection, id: &TokenId, at: Millis) -> Result<()> {
    sqlx::query("UPDATE tokens SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL")
        .bind(id.as_str())
        .bind(at.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a token had a text sent, to about a minute: texts of one token do not get into each other's way
/// over it.
pub async fn used(conn: &mut AnyConnection, id: &TokenId, at: Millis) -> Result<()> {
    sqlx::query("UPDATE tokens SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $3)")
        .bind(id.as_str())
        .bind(at.0)
        .bind((at - Duration::from_mins(1)).0)
        .execute(conn)
        .await?;
    Ok(())
}

/// What was answered under a key, by the hash of it, with the hash of what was asked for.
pub async fn answered(
    conn: &mut AnyConnection,
    token: &TokenId,
    key: &str,
) -> Result<Option<(String, Answer)>> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT request, answer FROM request_keys WHERE token = $1 AND key = $2")
            .bind(token.as_str())
            .bind(key)
            .fetch_optional(conn)
            .await?;
    row.map(|(request, answer)| Ok((request, from_json("answer", &answer)?))).transpose()
}

/// How many requests of a token were answered since a moment, and when the first of them was.
pub async fn since(
    conn: &mut AnyConnection,
    token: &TokenId,
    since: Millis,
) -> Result<(i64, Option<Millis>)> {
    let (count, first): (i64, Option<i64>) =
        sqlx::query_as(SINCE).bind(token.as_str()).bind(since.0).fetch_one(conn).await?;
    Ok((count, first.map(Millis)))
}

/// Keeps the first answer under a key.
pub async fn answer(
    conn: &mut AnyConnection,
    token: &TokenId,
    (key, request): (&str, &str),
    answer: &Answer,
    at: Millis,
) -> Result<()> {
    sqlx::query("INSERT INTO request_keys (token, key, request, at, answer) VALUES ($1, $2, $3, $4, $5)")
        .bind(token.as_str())
        .bind(key)
        .bind(request)
        .bind(at.0)
        .bind(to_json("answer", answer)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps which token began a conversation.
pub async fn begun(conn: &mut AnyConnection, interaction: &InteractionId, by: &TokenId) -> Result<()> {
    sqlx::query("INSERT INTO program_texts (interaction, token) VALUES ($1, $2)")
        .bind(interaction.as_str())
        .bind(by.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether a token began a conversation.
pub async fn began(conn: &mut AnyConnection, interaction: &InteractionId, token: &TokenId) -> Result<bool> {
    let found: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM program_texts WHERE interaction = $1 AND token = $2")
            .bind(interaction.as_str())
            .bind(token.as_str())
            .fetch_one(conn)
            .await?;
    Ok(found > 0)
}

/// Clears away answers that are kept no longer, at most so many.
pub(super) async fn clear(conn: &mut AnyConnection, now: Millis, limit: i64) -> Result<u64> {
    let cleared = sqlx::query(
        "DELETE FROM request_keys WHERE (token, key) IN
         (SELECT token, key FROM request_keys WHERE at < $1 LIMIT $2)",
    )
    .bind((now - KEEP_KEYS).0)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(cleared.rows_affected())
}
