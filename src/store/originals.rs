//! What contacts sent, as they sent it: which part of a message it is, and where the homeserver keeps it.

use ruma::EventId;
use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::clock::Millis;
use crate::domain::ids::InteractionId;
use crate::domain::notice::Attachment;
use crate::domain::original::Original;
use crate::domain::picture::Picture;

/// What is known of an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The attachment as it was sent.
    pub original: Original,
    /// How people know which it is.
    pub of: Attachment,
    /// Whether it is kept still.
    pub is_kept: bool,
}

/// The last attachment of a conversation.
pub const LAST: &str = "SELECT o.body, o.number, o.sent_at, o.beside, m.uri FROM originals o
     LEFT JOIN media_shown m ON m.uri = o.uri
     WHERE o.interaction = $1 ORDER BY o.sent_at DESC, o.number DESC LIMIT 1";
/// The attachment of a conversation that an event shows.
pub const BY_EVENT: &str = "SELECT o.body, o.number, o.sent_at, o.beside, m.uri FROM originals o
     LEFT JOIN media_shown m ON m.uri = o.uri WHERE o.interaction = $1 AND o.event = $2";
/// The attachment of a conversation by its key.
pub const BY_KEY: &str = "SELECT o.body, o.number, o.sent_at, o.beside, m.uri FROM originals o
     LEFT JOIN media_shown m ON m.uri = o.uri WHERE o.interaction = $1 AND o.picture = $2";

/// Remembers an attachment.
pub async fn add(conn: &mut AnyConnection, picture: &Picture, original: &Original) -> Result<()> {
    sqlx::query(
        "INSERT INTO originals (picture, interaction, sent_at, number, beside, uri, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(picture.key())
    .bind(picture.interaction.as_str())
    .bind(picture.sent_at.0)
    .bind(i64::from(picture.number))
    .bind(picture.beside.as_str())
    .bind(original.url.as_ref().map(|url| url.as_str()))
    .bind(to_json("original", original)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Remembers the event that shows an attachment.
pub async fn shown(conn: &mut AnyConnection, picture: &str, event: &EventId) -> Result<()> {
    sqlx::query("UPDATE originals SET event = $2 WHERE picture = $1")
        .bind(picture)
        .bind(event.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// The last attachment of a conversation.
pub async fn last(conn: &mut AnyConnection, of: &InteractionId) -> Result<Option<Found>> {
    found(sqlx::query_as(LAST).bind(of.as_str()).fetch_optional(conn).await?)
}

/// The attachment of a conversation that an event shows.
pub async fn by_event(
    conn: &mut AnyConnection,
    of: &InteractionId,
    event: &EventId,
) -> Result<Option<Found>> {
    found(sqlx::query_as(BY_EVENT).bind(of.as_str()).bind(event.as_str()).fetch_optional(conn).await?)
}

/// The attachment of a conversation by its [key](Picture::key).
pub async fn by_key(conn: &mut AnyConnection, of: &InteractionId, key: &str) -> Result<Option<Found>> {
    found(sqlx::query_as(BY_KEY).bind(of.as_str()).bind(key).fetch_optional(conn).await?)
}

/// A row: what is kept as JSON, number, moment and text of the attachment, and its address while it is kept.
type Row = (String, i64, i64, String, Option<String>);

fn found(row: Option<Row>) -> Result<Option<Found>> {
    let Some((body, number, sent_at, beside, kept)) = row else { return Ok(None) };
    let number = u32::try_from(number).unwrap_or_default();
    Ok(Some(Found {
        original: from_json("original", &body)?,
        of: Attachment { number, sent_at: Millis(sent_at), beside },
        is_kept: kept.is_some(),
    }))
}
