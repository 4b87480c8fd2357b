//! What is looked up later: a contact's interactions, what was said in them, and what they went through.

use sqlx::AnyConnection;

use super::interactions::{Line, LineKind};
use super::{Result, from_json};
use crate::clock::Millis;
use crate::domain::ids::{AgentId, ContactId, InteractionId, QueueName};
use crate::domain::interaction::{Interaction, Mode};
use crate::domain::report::Change;

/// How many lines are searched for words, the newest of a contact.
const SEARCHED: i64 = 5_000;
/// The interactions that wait in a queue. What is shown to many who may pick it has a place in it too.
pub(super) const WAITING: &str =
    "SELECT body FROM interactions WHERE queue = $1 AND place IS NOT NULL AND state = 'queued'";
/// The changes of interactions that changed since a moment, or go on, and began before another.
pub(super) const CHANGES: &str = "SELECT c.interaction, c.at, c.queue, c.owner, c.state FROM changes c
     JOIN interactions i ON i.id = c.interaction
     WHERE i.created_at < $2 AND c.interaction IN
         (SELECT interaction FROM changes WHERE at >= $1 UNION SELECT id FROM interactions WHERE state <> 'done')
     ORDER BY c.interaction, c.id";

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

/// What other interactions a contact has, by mode: how many are open, and how many began since a moment.
///
/// # Errors
/// [`super::StoreError`].
pub async fn others(
    conn: &mut AnyConnection,
    of: &Interaction,
    since: Millis,
) -> Result<Vec<(Mode, u32, u32)>> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT mode, CAST(COALESCE(SUM(is_open), 0) AS BIGINT),
                CAST(COALESCE(SUM(CASE WHEN created_at >= $2 THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM interactions WHERE contact = $1 AND id <> $3 GROUP BY mode ORDER BY mode",
    )
    .bind(of.contact.id.as_str())
    .bind(since.0)
    .bind(of.id.as_str())
    .fetch_all(conn)
    .await?;
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let modes = rows.into_iter().filter_map(|(mode, open, recent)| {
        let known = [Mode::Page, Mode::Session].into_iter().find(|known| known.as_str() == mode)?;
        Some((known, count(open), count(recent)))
    });
    Ok(modes.collect())
}

/// The interactions that wait in a queue, the longest wait first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn waiting(conn: &mut AnyConnection, queue: &QueueName) -> Result<Vec<Interaction>> {
    let rows: Vec<String> = sqlx::query_scalar(WAITING).bind(queue.as_str()).fetch_all(conn).await?;
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
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT t.interaction, t.kind, t.body FROM transcript t JOIN interactions i ON i.id = t.interaction
         WHERE i.contact = $1 ORDER BY t.id DESC LIMIT $2",
    )
    .bind(contact.as_str())
    .bind(SEARCHED)
    .fetch_all(conn)
    .await?;
    let mut said = std::collections::BTreeMap::<String, String>::new();
    for (interaction, kind, body) in rows {
        let text = said.entry(interaction).or_default();
        let story = if kind == LineKind::Change.as_str() { serde_json::from_str(&body).ok() } else { None };
        match story {
            Some(story) => add_values(&story, text),
            None => text.push_str(&body.to_lowercase()),
        }
        text.push('\n');
    }
    let has_all = |text: &String| words.iter().all(|word| text.contains(&word.to_lowercase()));
    Ok(said.into_iter().filter(|(_, text)| has_all(text)).map(|(id, _)| InteractionId::new(id)).collect())
}

/// Adds the names and values of a line that tells what happened: those can be searched for, its code and keys
/// cannot.
fn add_values(story: &serde_json::Value, text: &mut String) {
    use serde_json::Value;
    match story {
        Value::String(value) => {
            text.push_str(&value.to_lowercase());
            text.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| add_values(item, text)),
        Value::Object(fields) => {
            fields.iter().filter(|(key, _)| *key != "code").for_each(|(_, value)| add_values(value, text));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Keeps what an interaction is from now on, under an id by which changes sort.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add_change(conn: &mut AnyConnection, id: &str, change: &Change) -> Result<()> {
    sqlx::query(
        "INSERT INTO changes (id, interaction, at, queue, owner, state) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(change.interaction.as_str())
    .bind(change.at.0)
    .bind(change.queue.as_str())
    .bind(change.owner.as_ref().map(|owner| owner.as_str().to_owned()))
    .bind(change.state.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// All changes of the interactions that had any life between two moments, those of one together and in order.
///
/// # Errors
/// [`super::StoreError`].
pub async fn changes(conn: &mut AnyConnection, from: Millis, to: Millis) -> Result<Vec<Change>> {
    type Row = (String, i64, String, Option<String>, String);
    let rows: Vec<Row> = sqlx::query_as(CHANGES).bind(from.0).bind(to.0).fetch_all(conn).await?;
    let change = |(interaction, at, queue, owner, state): Row| Change {
        interaction: InteractionId::new(interaction),
        at: Millis(at),
        queue: QueueName::new(queue),
        owner: owner.map(AgentId::new),
        state,
    };
    Ok(rows.into_iter().map(change).collect())
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
