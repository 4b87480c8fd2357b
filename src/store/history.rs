//! What is looked up later: a contact's interactions, what was said in them, and what they went through.

use std::collections::BTreeSet;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::transcript::{Line, LineKind};
use super::{Result, from_json, many};
use crate::clock::Millis;
use crate::domain::ids::{AgentId, ContactId, InteractionId, QueueName};
use crate::domain::interaction::{CALLBACK, EMAIL, Interaction, Mode};
use crate::domain::report::Change;

/// The interactions that wait in a queue. What is shown to many who may pick it has a place in it too.
pub(super) const WAITING: &str =
    "SELECT body FROM interactions WHERE queue = $1 AND place IS NOT NULL AND state = 'queued'";
/// The changes of interactions that changed since a moment, or go on, and began before another.
pub(super) const CHANGES: &str = "SELECT c.interaction, c.at, c.queue, c.owner, c.state FROM changes c
     JOIN interactions i ON i.id = c.interaction
     WHERE i.created_at < $2 AND c.interaction IN
         (SELECT interaction FROM changes WHERE at >= $1 UNION SELECT id FROM interactions WHERE state <> 'done')
     ORDER BY c.interaction, c.id";

/// A page of the interactions of a contact: those that come behind one.
pub const PAGE: &str = "SELECT body FROM interactions WHERE contact = $1 AND (created_at, id) < ($2, $3)
     AND id <> $4 ORDER BY created_at DESC, id DESC LIMIT $5";
/// The same of those alone that an agent owned at some time.
pub const OWNED_PAGE: &str = "SELECT i.body FROM interactions i
     WHERE i.contact = $1 AND (i.created_at, i.id) < ($2, $3) AND i.id <> $4
     AND EXISTS (SELECT 1 FROM changes c WHERE c.owner = $6 AND c.interaction = i.id)
     ORDER BY i.created_at DESC, i.id DESC LIMIT $5";
/// Whether an agent owned an interaction at some time.
pub const OWNED: &str = "SELECT CAST(1 AS BIGINT) FROM changes WHERE owner = $1 AND interaction = $2 LIMIT 1";
/// The last lines that were said with the contact or noted, the newest first.
pub const LAST_SAID: &str = "SELECT id, at, kind, author, body, event_id FROM transcript
     WHERE interaction = $1 AND kind IN ('contact', 'owner', 'failed', 'note') ORDER BY id DESC LIMIT $2";

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

/// The last conversation with a contact.
pub const LAST_CONVERSATION: &str = "SELECT body FROM interactions
     WHERE contact = $1 AND mode NOT IN ('blocked', 'flood', 'call', 'email') ORDER BY created_at DESC, id DESC LIMIT 1";

/// The last conversation with a contact, passing over what was only kept, and calls and e-mails, of
/// which nothing is known but that they were.
///
/// # Errors
/// [`super::StoreError`].
pub async fn last_conversation(conn: &mut AnyConnection, contact: &ContactId) -> Result<Option<Interaction>> {
    let row: Option<String> =
        sqlx::query_scalar(LAST_CONVERSATION).bind(contact.as_str()).fetch_optional(conn).await?;
    row.map(|row| from_json("interaction", &row)).transpose()
}

/// Which interactions of a contact are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Whose.
    pub contact: &'a ContactId,
    /// All but this one.
    pub but: Option<&'a InteractionId>,
    /// Only those that this agent owned at some time.
    pub owned_by: Option<&'a AgentId>,
    /// Only those that come behind this one, which began then.
    pub behind: Option<(Millis, &'a InteractionId)>,
    /// How many at most.
    pub limit: i64,
}

/// A page of the interactions of a contact, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn page(conn: &mut AnyConnection, page: &Page<'_>) -> Result<Vec<Interaction>> {
    let sql = if page.owned_by.is_some() { OWNED_PAGE } else { PAGE };
    let (began_at, id) = page.behind.map_or((i64::MAX, ""), |(began_at, id)| (began_at.0, id.as_str()));
    let mut select = sqlx::query_scalar(sql)
        .bind(page.contact.as_str())
        .bind(began_at)
        .bind(id)
        .bind(page.but.map_or("", InteractionId::as_str))
        .bind(page.limit);
    if let Some(agent) = page.owned_by {
        select = select.bind(agent.as_str());
    }
    let rows: Vec<String> = select.fetch_all(conn).await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// How many of the newest interactions of a contact an agent never owned.
pub const NEVER_OWNED: &str = "SELECT COUNT(*) FROM
         (SELECT id FROM interactions WHERE contact = $1 AND id <> $2 ORDER BY created_at DESC LIMIT $3) known
     WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.owner = $4 AND c.interaction = known.id)";

/// How many interactions of a contact, all but one, an agent never owned. Of very many the newest 10,000 are
/// looked at.
///
/// # Errors
/// [`super::StoreError`].
pub async fn never_owned_by(
    conn: &mut AnyConnection,
    contact: &ContactId,
    but: Option<&InteractionId>,
    agent: &AgentId,
) -> Result<u32> {
    let count: i64 = sqlx::query_scalar(NEVER_OWNED)
        .bind(contact.as_str())
        .bind(but.map_or("", InteractionId::as_str))
        .bind(MOST_COUNTED)
        .bind(agent.as_str())
        .fetch_one(conn)
        .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Whether an agent owned an interaction at some time.
///
/// # Errors
/// [`super::StoreError`].
pub async fn was_owned_by(conn: &mut AnyConnection, id: &InteractionId, agent: &AgentId) -> Result<bool> {
    let row: Option<i64> =
        sqlx::query_scalar(OWNED).bind(agent.as_str()).bind(id.as_str()).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// What a contact is called.
///
/// # Errors
/// [`super::StoreError`].
pub async fn name_of(conn: &mut AnyConnection, contact: &ContactId) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT name FROM contacts WHERE id = $1")
        .bind(contact.as_str())
        .fetch_optional(conn)
        .await?)
}

/// What goes on with a contact besides one interaction, by mode: how many, and how many of them began since a
/// moment.
pub const IN_PROGRESS: &str = "SELECT mode, COUNT(*),
         CAST(COALESCE(SUM(CASE WHEN created_at >= $3 THEN 1 ELSE 0 END), 0) AS BIGINT)
     FROM interactions WHERE contact = $1 AND state <> 'done' AND id <> $2 GROUP BY mode";
/// How many interactions of a contact began since a moment, by mode, whether they go on or not.
pub const RECENT: &str = "SELECT mode, COUNT(*) FROM
         (SELECT mode FROM interactions WHERE contact = $1 AND created_at >= $2
          ORDER BY created_at DESC LIMIT $3) newest
     GROUP BY mode";
/// How many recent interactions of a contact are counted, the newest.
const MOST_COUNTED: i64 = 10_000;

/// What other interactions a contact has, by mode: how many go on, and how many of the rest began since a
/// moment. What goes on is not recent too. At most the newest 10,000 are counted.
///
/// # Errors
/// [`super::StoreError`].
pub async fn others(
    conn: &mut AnyConnection,
    of: &Interaction,
    since: Millis,
) -> Result<Vec<(&'static str, u32, u32)>> {
    let contact = of.contact.id.as_str();
    let going_on: Vec<(String, i64, i64)> = sqlx::query_as(IN_PROGRESS)
        .bind(contact)
        .bind(of.id.as_str())
        .bind(since.0)
        .fetch_all(&mut *conn)
        .await?;
    let began: Vec<(String, i64)> =
        sqlx::query_as(RECENT).bind(contact).bind(since.0).bind(MOST_COUNTED).fetch_all(conn).await?;
    let count = |count: i64| u32::try_from(count).unwrap_or_default();
    let others = [Mode::Page.as_str(), Mode::Session.as_str(), CALLBACK, EMAIL].into_iter().map(|kind| {
        let (open, open_began) = going_on
            .iter()
            .find(|(known, ..)| known == kind)
            .map_or((0, 0), |(_, open, began)| (*open, *began));
        let began = began.iter().find(|(known, _)| known == kind).map_or(0, |(_, began)| *began);
        let itself = i64::from(of.kind() == kind && of.created_at >= since);
        (kind, count(open), count(began - open_began - itself))
    });
    Ok(others.filter(|(_, open, recent)| open + recent > 0).collect())
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

/// The interactions of a queue that an agent had last.
pub const TAKEN: &str = "SELECT interaction FROM changes WHERE queue = $1 AND state = 'active' AND at >= $2 ORDER BY at DESC LIMIT $3";
/// How many times that an agent had one are looked at: a conversation may go to and fro.
const LOOKED_AT: i64 = 100;

/// All changes of the interactions that agents had last in a queue, since a moment: those of one together and
/// in order.
///
/// # Errors
/// [`super::StoreError`].
pub async fn taken_since(conn: &mut AnyConnection, queue: &QueueName, since: Millis) -> Result<Vec<Change>> {
    let taken: Vec<String> = sqlx::query_scalar(TAKEN)
        .bind(queue.as_str())
        .bind(since.0)
        .bind(LOOKED_AT)
        .fetch_all(&mut *conn)
        .await?;
    let taken: BTreeSet<String> = taken.into_iter().collect();
    let taken: Vec<String> = taken.into_iter().collect();
    let mut changes = Vec::new();
    for piece in many::pieces(&taken) {
        let sql = format!(
            "SELECT interaction, at, queue, owner, state FROM changes WHERE interaction IN {}
             ORDER BY interaction, id",
            many::places(1, piece.len())
        );
        let mut select = sqlx::query_as::<_, ChangeRow>(AssertSqlSafe(sql));
        for interaction in piece {
            select = select.bind(interaction.as_str());
        }
        changes.extend(select.fetch_all(&mut *conn).await?.into_iter().map(change));
    }
    Ok(changes)
}

/// A change as it is read.
type ChangeRow = (String, i64, String, Option<String>, String);

fn change((interaction, at, queue, owner, state): ChangeRow) -> Change {
    Change {
        interaction: InteractionId::new(interaction),
        at: Millis(at),
        queue: QueueName::new(queue),
        owner: owner.map(AgentId::new),
        state,
    }
}

/// All changes of the interactions that had any life between two moments, those of one together and in order.
///
/// # Errors
/// [`super::StoreError`].
pub async fn changes(conn: &mut AnyConnection, from: Millis, to: Millis) -> Result<Vec<Change>> {
    let rows: Vec<ChangeRow> = sqlx::query_as(CHANGES).bind(from.0).bind(to.0).fetch_all(conn).await?;
    Ok(rows.into_iter().map(change).collect())
}

/// The lines of an interaction from one on.
pub const LINES_FROM: &str = "SELECT id, at, kind, author, body, event_id FROM transcript
     WHERE interaction = $1 AND id >= $2 ORDER BY id LIMIT $3";
/// The last lines of an interaction, the newest first, without texts of the contact from a moment on.
pub const LAST_LINES: &str = "SELECT id, at, kind, author, body, event_id FROM transcript
     WHERE interaction = $1 AND (kind <> 'contact' OR at < $2) ORDER BY id DESC LIMIT $3";

/// Some lines of an interaction, oldest first: from the one of an id on; from the first on for an empty id.
///
/// # Errors
/// [`super::StoreError`].
pub async fn lines_from(
    conn: &mut AnyConnection,
    interaction: &InteractionId,
    id: &str,
    limit: i64,
) -> Result<Vec<Line>> {
    let rows: Vec<Row> =
        sqlx::query_as(LINES_FROM).bind(interaction.as_str()).bind(id).bind(limit).fetch_all(conn).await?;
    Ok(rows.into_iter().filter_map(line).collect())
}

/// The last lines of an interaction, oldest first, without texts of the contact from a moment on.
///
/// # Errors
/// [`super::StoreError`].
pub async fn last_lines(
    conn: &mut AnyConnection,
    interaction: &InteractionId,
    texts_before: Millis,
    limit: i64,
) -> Result<Vec<Line>> {
    let rows: Vec<Row> = sqlx::query_as(LAST_LINES)
        .bind(interaction.as_str())
        .bind(texts_before.0)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().rev().filter_map(line).collect())
}

/// The whole transcript of an interaction, oldest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn lines(conn: &mut AnyConnection, interaction: &InteractionId) -> Result<Vec<Line>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, at, kind, author, body, event_id FROM transcript WHERE interaction = $1 ORDER BY id",
    )
    .bind(interaction.as_str())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().filter_map(line).collect())
}

/// The last lines of an interaction that were said with the contact or noted, oldest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn last_said(
    conn: &mut AnyConnection,
    interaction: &InteractionId,
    limit: i64,
) -> Result<Vec<Line>> {
    let rows: Vec<Row> =
        sqlx::query_as(LAST_SAID).bind(interaction.as_str()).bind(limit).fetch_all(conn).await?;
    Ok(rows.into_iter().rev().filter_map(line).collect())
}

type Row = (String, i64, String, String, String, Option<String>);

fn line((id, at, kind, author, body, event_id): Row) -> Option<Line> {
    let kind = LineKind::parse(&kind)?;
    Some(Line { id, at: Millis(at), kind, author, body, event_id })
}
