//! Transcripts: what was said in an interaction, line by line, and what happened to it.

use ruma::{EventId, UserId};
use sqlx::AnyConnection;

use super::{Batch, Result, many};
use crate::clock::Millis;
use crate::domain::ids::InteractionId;

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id; lines sort by it.
    pub id: String,
    /// When it was said.
    pub at: Millis,
    /// What kind of line it is.
    pub kind: LineKind,
    /// The author: a contact's number or a Matrix user.
    pub author: String,
    /// What was said.
    pub body: String,
    /// The event it is, where it came from a room.
    pub event_id: Option<String>,
}

/// What a line of a transcript is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// The contact wrote it.
    Contact,
    /// It went to the contact.
    Owner,
    /// It was sent to the contact, and part of it did not arrive.
    Failed,
    /// It was meant for the contact and was not sent.
    HeldBack,
    /// It stayed among agents.
    Internal,
    /// Something happened to the conversation.
    Change,
    /// An agent noted it about the conversation.
    Note,
}

impl LineKind {
    /// As the database writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Owner => "owner",
            Self::Failed => "failed",
            Self::HeldBack => "held_back",
            Self::Internal => "internal",
            Self::Change => "change",
            Self::Note => "note",
        }
    }

    /// From what the database has written.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Contact,
            Self::Owner,
            Self::Failed,
            Self::HeldBack,
            Self::Internal,
            Self::Change,
            Self::Note,
        ];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Adds lines to transcripts.
pub async fn add_lines(conn: &mut AnyConnection, lines: &[(InteractionId, Line)]) -> Result<()> {
    let mut batch = Batch::on(conn);
    batch_lines(&mut batch, lines);
    batch.run(conn).await
}

/// The same, together with other statements.
pub(crate) fn batch_lines(batch: &mut Batch, lines: &[(InteractionId, Line)]) {
    for piece in many::pieces(lines) {
        let insert = batch.add(format!(
            "INSERT INTO transcript (id, interaction, at, kind, author, body, event_id) VALUES {}",
            many::places(piece.len(), 7)
        ));
        for (interaction, line) in piece {
            insert
                .bind(line.id.as_str())
                .bind(interaction.as_str())
                .bind(line.at.0)
                .bind(line.kind.as_str())
                .bind(line.author.as_str())
                .bind(line.body.as_str())
                .bind(line.event_id.clone());
        }
    }
}

/// Rewrites the transcript line of `event` if `author` wrote it in a talk of the room that was made for the
/// talk `first`; returns the id of that line.
pub async fn rewrite_line(
    conn: &mut AnyConnection,
    first: &InteractionId,
    event: &EventId,
    author: &UserId,
    body: &str,
) -> Result<Option<String>> {
    let sql = "UPDATE transcript SET body = $3 WHERE event_id = $1 AND author = $2
               AND interaction IN (SELECT id FROM talks WHERE first_talk = $4) RETURNING id";
    Ok(sqlx::query_scalar(sql)
        .bind(event.as_str())
        .bind(author.as_str())
        .bind(body)
        .bind(first.as_str())
        .fetch_optional(conn)
        .await?)
}

/// When the contact last wrote.
pub async fn last_text(conn: &mut AnyConnection, interaction: &InteractionId) -> Result<Option<Millis>> {
    let at: Option<i64> =
        sqlx::query_scalar("SELECT MAX(at) FROM transcript WHERE interaction = $1 AND kind = 'contact'")
            .bind(interaction.as_str())
            .fetch_one(conn)
            .await?;
    Ok(at.map(Millis))
}

/// When the contact wrote first after a moment, if they have.
///
/// # Errors
/// [`super::StoreError`].
pub async fn first_text_after(
    conn: &mut AnyConnection,
    interaction: &InteractionId,
    after: Millis,
) -> Result<Option<Millis>> {
    let at: Option<i64> = sqlx::query_scalar(
        "SELECT MIN(at) FROM transcript WHERE interaction = $1 AND kind = 'contact' AND at > $2",
    )
    .bind(interaction.as_str())
    .bind(after.0)
    .fetch_one(conn)
    .await?;
    Ok(at.map(Millis))
}

/// What the contact wrote last, as far as it is looked for among the newest lines.
pub const LAST_WORDS: &str = "SELECT body FROM
     (SELECT id, kind, body FROM transcript WHERE interaction = $1 ORDER BY id DESC LIMIT 100) newest
     WHERE kind = 'contact' ORDER BY id DESC LIMIT 1";

/// What the contact wrote last, if that is among the newest hundred lines.
///
/// # Errors
/// [`super::StoreError`].
pub async fn last_words(conn: &mut AnyConnection, interaction: &InteractionId) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(LAST_WORDS).bind(interaction.as_str()).fetch_optional(conn).await?)
}

/// When the contact or an owner last said something to the other.
pub async fn last_said(conn: &mut AnyConnection, interaction: &InteractionId) -> Result<Option<Millis>> {
    let at: Option<i64> = sqlx::query_scalar(
        "SELECT MAX(at) FROM transcript WHERE interaction = $1 AND kind IN ('contact', 'owner', 'failed')",
    )
    .bind(interaction.as_str())
    .fetch_one(conn)
    .await?;
    Ok(at.map(Millis))
}

/// Whether a user has said something to the contact in an interaction.
pub async fn has_spoken(
    conn: &mut AnyConnection,
    interaction: &InteractionId,
    user: &UserId,
) -> Result<bool> {
    let row: Option<i64> = sqlx::query_scalar(
        "SELECT at FROM transcript WHERE interaction = $1 AND kind = 'owner' AND author = $2 LIMIT 1",
    )
    .bind(interaction.as_str())
    .bind(user.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// What kind of line an event of a room is.
pub async fn line_kind(
    conn: &mut AnyConnection,
    of: &InteractionId,
    event: &EventId,
) -> Result<Option<LineKind>> {
    let sql = "SELECT kind FROM transcript WHERE event_id = $1 AND interaction = $2";
    let kind: Option<String> =
        sqlx::query_scalar(sql).bind(event.as_str()).bind(of.as_str()).fetch_optional(conn).await?;
    Ok(kind.and_then(|kind| LineKind::parse(&kind)))
}

/// The line of an event of an interaction's room.
pub async fn line(conn: &mut AnyConnection, of: &InteractionId, event: &EventId) -> Result<Option<Line>> {
    let sql = "SELECT id, at, kind, author, body, event_id FROM transcript WHERE event_id = $1 AND interaction = $2";
    let row: Option<(String, i64, String, String, String, Option<String>)> =
        sqlx::query_as(sql).bind(event.as_str()).bind(of.as_str()).fetch_optional(conn).await?;
    Ok(row.and_then(|(id, at, kind, author, body, event_id)| {
        let kind = LineKind::parse(&kind)?;
        Some(Line { id, at: Millis(at), kind, author, body, event_id })
    }))
}

/// What a line of an interaction says, by the line's id.
pub async fn words_of(conn: &mut AnyConnection, of: &InteractionId, line: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT body FROM transcript WHERE id = $1 AND interaction = $2")
        .bind(line)
        .bind(of.as_str())
        .fetch_optional(conn)
        .await?)
}

/// Forgets that an event of an interaction's room was held back.
pub async fn forget_held_back(conn: &mut AnyConnection, of: &InteractionId, event: &EventId) -> Result<()> {
    sqlx::query("DELETE FROM transcript WHERE event_id = $1 AND interaction = $2 AND kind = 'held_back'")
        .bind(event.as_str())
        .bind(of.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes a line that was meant for the contact internal.
pub async fn keep_internal(conn: &mut AnyConnection, of: &InteractionId, event: &EventId) -> Result<()> {
    sqlx::query("UPDATE transcript SET kind = 'internal' WHERE event_id = $1 AND interaction = $2")
        .bind(event.as_str())
        .bind(of.as_str())
        .execute(conn)
        .await?;
    Ok(())
}
