//! What is looked up later: a contact's interactions, and what was said in them.

use sqlx::AnyConnection;

use super::interactions::{Line, LineKind};
use super::{Result, from_json};
use crate::clock::Millis;
use crate::domain::ids::{ContactId, InteractionId, QueueName};
use crate::domain::interaction::Interaction;

/// How many lines are searched for words, the newest of a contact.
const SEARCHED: i64 = 5_000;

/// The interactions of a contact, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of_contact(
    conn: &mut AnyConnection,
    contact: &ContactId,
    limit: i64,
) -> Result<Vec<Interaction>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM interactions WHERE contact = $1 ORDER BY created_at DESC, id LIMIT $2",
    )
    .bind(contact.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// The interactions that wait in a queue, the longest wait first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn waiting(conn: &mut AnyConnection, queue: &QueueName) -> Result<Vec<Interaction>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT body FROM interactions WHERE queue = $1 AND state = 'queued'")
            .bind(queue.as_str())
            .fetch_all(conn)
            .await?;
    let mut waiting: Vec<Interaction> =
        rows.iter().map(|row| from_json("interaction", row)).collect::<Result<_>>()?;
    waiting.sort_by_key(|interaction| interaction.enqueued_at);
    Ok(waiting)
}

/// The interactions that are not done, oldest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn not_done(conn: &mut AnyConnection) -> Result<Vec<Interaction>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT body FROM interactions WHERE state <> 'done' ORDER BY created_at, id")
            .fetch_all(conn)
            .await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// The ids of a contact's interactions in each of which all the words were said, among the newest lines.
///
/// # Errors
/// [`super::StoreError`].
pub async fn with_words(
    conn: &mut AnyConnection,
    contact: &ContactId,
    words: &[String],
) -> Result<Vec<InteractionId>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.interaction, t.body FROM transcript t JOIN interactions i ON i.id = t.interaction
         WHERE i.contact = $1 ORDER BY t.id DESC LIMIT $2",
    )
    .bind(contact.as_str())
    .bind(SEARCHED)
    .fetch_all(conn)
    .await?;
    let mut said = std::collections::BTreeMap::<String, String>::new();
    for (interaction, body) in rows {
        let text = said.entry(interaction).or_default();
        text.push_str(&body.to_lowercase());
        text.push('\n');
    }
    let has_all = |text: &String| words.iter().all(|word| text.contains(&word.to_lowercase()));
    Ok(said.into_iter().filter(|(_, text)| has_all(text)).map(|(id, _)| InteractionId::new(id)).collect())
}

/// The transcript of an interaction, oldest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn lines(conn: &mut AnyConnection, interaction: &InteractionId) -> Result<Vec<Line>> {
    let rows: Vec<(String, i64, String, String, String, Option<String>)> = sqlx::query_as(
        "SELECT id, at, kind, author, body, event_id FROM transcript WHERE interaction = $1 ORDER BY id",
    )
    .bind(interaction.as_str())
    .fetch_all(conn)
    .await?;
    let line =
        |(id, at, kind, author, body, event_id): (String, i64, String, String, String, Option<String>)| {
            let kind = LineKind::parse(&kind)?;
            Some(Line { id, at: Millis(at), kind, author, body, event_id })
        };
    Ok(rows.into_iter().filter_map(line).collect())
}
