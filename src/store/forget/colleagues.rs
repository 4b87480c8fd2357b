//! Forgetting what colleagues wrote of a person where it belongs to somebody else: in conversations with
//! other customers, in their case data and tags, and in the notes and attributes of the directory. The rows
//! stay; only what tells of the person goes out of them.
//!
//! What another customer wrote goes only where it holds what is the person's alone, such as their number: a
//! name may be anybody's, or be made of everyday words. What is taken out of a transcript is redacted in its
//! room, and the other way round ([`redacted`]).

use std::collections::HashSet;

use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::anyones::{emptied, ids, values};
use crate::clock::Millis;
use crate::domain::contact::Contact;
use crate::domain::erasure::Words;
use crate::domain::forget::{Forgetting, Stage, WORDS};
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::interaction::Interaction;
use crate::domain::notice::StoryLine;
use crate::domain::reply::Reply;
use crate::store::transcript::LineKind;
use crate::store::{Result, contacts, erasures, from_json, interactions, many, replies, search, tags};

/// How many rows are looked at in one commit.
const PAGE: i64 = 500;

/// How the table of a stage is read on: the row's key, the conversation it belongs to, when it was written,
/// what kind of line it is and the event it came by, and its words or document; nothing for a stage of
/// another kind.
pub(super) fn page(stage: Stage) -> Option<&'static str> {
    Some(match stage {
        Stage::Lines => {
            "SELECT id, interaction, at, kind, COALESCE(event_id, ''), body FROM transcript
             WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Stage::Replies => {
            "SELECT id, interaction, created_at, '', '', body FROM replies WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Stage::Cases => {
            "SELECT id, id, created_at, '', '', body FROM interactions WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Stage::Directory => {
            "SELECT id, COALESCE(merged_into, ''), created_at, '', '', body FROM contacts WHERE id > $1
             ORDER BY id LIMIT $2"
        }
        Stage::Conversations
        | Stage::Talks
        | Stage::Audit
        | Stage::Messages
        | Stage::DeadLetters
        | Stage::Outbox
        | Stage::Lists
        | Stage::Timers
        | Stage::Posted
        | Stage::Merges => return None,
    })
}

/// A row.
struct Row {
    id: String,
    /// The conversation it belongs to; of a contact, whom they were merged into.
    of: String,
    /// What kind of line of a transcript it is.
    kind: String,
    /// Its words or document.
    body: String,
}

/// What tells of the person, in rows about one customer.
struct Telling<'a> {
    /// In what colleagues wrote.
    words: &'a Words,
    /// In what that customer wrote.
    sure: &'a Words,
    emptied: &'a HashSet<String>,
}

impl Telling<'_> {
    /// Whether a colleague's words do.
    fn is_in(&self, text: &str) -> bool {
        self.words.are_in_text(text) || self.names_theirs(text)
    }

    /// Whether a customer's words do.
    fn is_in_text_of_customer(&self, text: &str) -> bool {
        self.sure.are_in_text(text) || self.names_theirs(text)
    }

    fn names_theirs(&self, text: &str) -> bool {
        ids(text).any(|id| self.emptied.contains(id))
    }
}

/// A piece of such a table. Returns the row behind which it goes on, nothing behind the last; and the
/// conversations in whose rooms the same may stand.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn of_others(
    conn: &mut AnyConnection,
    forgetting: &Forgetting,
    country: &str,
) -> Result<(Option<String>, Vec<InteractionId>)> {
    let Some(sql) = page(forgetting.stage) else { return Ok((None, vec![])) };
    let rows: Vec<(String, String, i64, String, String, String)> =
        sqlx::query_as(sql).bind(forgetting.behind.as_str()).bind(PAGE).fetch_all(&mut *conn).await?;
    let Some((last, ..)) = rows.last() else { return Ok((None, vec![])) };
    let behind = last.clone();
    // What was said later is of somebody new.
    let until = forgetting.until();
    let rows = rows.into_iter().filter(|(_, _, at, ..)| Millis(*at) <= until);
    let rows: Vec<(Row, String)> =
        rows.map(|(id, of, _, kind, event, body)| (Row { id, of, kind, body }, event)).collect();
    let named: HashSet<&str> = rows.iter().flat_map(|(row, _)| ids(&row.body)).collect();
    let emptied = emptied(conn, &named).await?;
    let (words, sure) = (forgetting.traces.words(), forgetting.traces.sure_words());
    let telling = Telling { words: &words, sure: &sure, emptied: &emptied };
    let (mut found, mut events) = (Vec::new(), Vec::new());
    for (row, event) in rows {
        let is_forgotten = match forgetting.stage {
            Stage::Lines => line(conn, &row, &telling).await?,
            Stage::Replies => message(conn, &row, &telling).await?,
            Stage::Cases => case(conn, &row, &telling).await?,
            Stage::Directory => card(conn, &row, &telling, country).await?,
            _ => false,
        };
        if is_forgotten && forgetting.stage != Stage::Directory {
            found.push(InteractionId::new(row.of));
            events.extend(Some(event).filter(|event| !event.is_empty()));
        }
    }
    erasures::see(conn, &forgetting.id, &events).await?;
    Ok((Some(behind), found))
}

/// Whether a value in a document tells of the person; also one that cannot be read.
fn is_in_document(document: &str, telling: &Telling<'_>) -> bool {
    values(document).is_none_or(|values| values.iter().any(|value| telling.is_in(value)))
}

/// Events were redacted in a room of others: what the desk keeps of them goes too, such as the answer to what
/// told of the person.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn redacted(conn: &mut AnyConnection, events: &[String]) -> Result<()> {
    for piece in many::pieces(events) {
        let places = many::places(piece.len(), 1);
        let of_lines =
            format!("SELECT id, interaction, body FROM transcript WHERE event_id IN (VALUES {places})");
        let of_replies =
            format!("SELECT id, interaction, body FROM replies WHERE event_id IN (VALUES {places})");
        let mut found = Vec::new();
        for sql in [of_lines, of_replies] {
            let mut select = sqlx::query_as(AssertSqlSafe(sql));
            for event in piece {
                select = select.bind(event.as_str());
            }
            let rows: Vec<(String, String, String)> = select.fetch_all(&mut *conn).await?;
            found.push(rows);
        }
        let (lines, messages) = (found.remove(0), found.remove(0));
        for (id, of, body) in lines {
            if body != WORDS {
                rewrite(conn, &InteractionId::new(of), &id, WORDS).await?;
            }
        }
        for (.., body) in messages {
            let reply = from_json::<Reply>("reply", &body).ok();
            if let Some(reply) = reply.filter(|reply| !reply.is_under_way() && reply.text != WORDS) {
                replies::save(conn, &[reply.forgotten(WORDS)]).await?;
            }
        }
    }
    Ok(())
}

/// A line of a transcript, with its words in the index.
async fn line(conn: &mut AnyConnection, row: &Row, telling: &Telling<'_>) -> Result<bool> {
    let Row { id, of, kind, body } = row;
    let of = InteractionId::new(of);
    let left = match LineKind::parse(kind) {
        Some(LineKind::Contact) if !telling.is_in_text_of_customer(body) => return Ok(false),
        Some(LineKind::Change) => match change(body, telling) {
            Some(left) => left,
            None => return Ok(false),
        },
        Some(_) | None if !telling.is_in(body) => return Ok(false),
        Some(_) | None => WORDS.to_owned(),
    };
    rewrite(conn, &of, id, &left).await?;
    Ok(true)
}

/// What is left of something that happened to a conversation: who did it. Nothing if it does not tell of the
/// person.
fn change(body: &str, telling: &Telling<'_>) -> Option<String> {
    if !is_in_document(body, telling) {
        return None;
    }
    let left = serde_json::from_str(body).ok().map(|document| without_values(document, telling));
    let is_readable = |left: &String| from_json::<StoryLine>("story line", left).is_ok();
    Some(left.map(|left| left.to_string()).filter(is_readable).unwrap_or_else(|| WORDS.to_owned()))
}

fn without_values(document: Value, telling: &Telling<'_>) -> Value {
    match document {
        Value::String(text) if telling.is_in(&text) => Value::String(WORDS.to_owned()),
        Value::Array(items) => items.into_iter().map(|item| without_values(item, telling)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, item)| (name, without_values(item, telling))).collect()
        }
        other => other,
    }
}

async fn rewrite(conn: &mut AnyConnection, of: &InteractionId, id: &str, body: &str) -> Result<()> {
    sqlx::query("UPDATE transcript SET body = $2 WHERE id = $1")
        .bind(id)
        .bind(body)
        .execute(&mut *conn)
        .await?;
    search::lines::rewrite(conn, of, id, WORDS).await?;
    search::remove(conn, of, id).await
}

/// A message to another customer. One that is still to be sent is theirs, and is sent as it is.
async fn message(
    conn: &mut AnyConnection,
    Row { id, body, .. }: &Row,
    telling: &Telling<'_>,
) -> Result<bool> {
    let Ok(reply) = from_json::<Reply>("reply", body) else {
        let is_telling = match values(body) {
            Some(values) => values.iter().any(|value| telling.is_in(value)),
            None => telling.is_in(body),
        };
        if is_telling {
            sqlx::query("DELETE FROM replies WHERE id = $1").bind(id.as_str()).execute(conn).await?;
        }
        return Ok(is_telling);
    };
    if reply.is_under_way() || !(telling.is_in(&reply.text) || telling.is_in(&reply.signature)) {
        return Ok(false);
    }
    replies::save(conn, &[reply.forgotten(WORDS)]).await?;
    Ok(true)
}

/// Case data, tags and the first text of a conversation.
async fn case(conn: &mut AnyConnection, Row { id, body, .. }: &Row, telling: &Telling<'_>) -> Result<bool> {
    let Ok(before) = from_json::<Interaction>("interaction", body) else { return Ok(false) };
    let mut now = before.clone();
    let tells = |text: &str| telling.is_in(text);
    now.case.retain(|(key, _)| !tells(key));
    for (_, value) in now.case.iter_mut().filter(|(_, value)| tells(value)) {
        WORDS.clone_into(value);
    }
    now.tags.retain(|tag| !tells(tag));
    if telling.is_in_text_of_customer(&now.first_text) {
        WORDS.clone_into(&mut now.first_text);
    }
    if now == before {
        return Ok(false);
    }
    tracing::debug!(interaction = %id, "what another conversation held of an erased contact is forgotten");
    interactions::save(conn, &now).await?;
    if now.tags != before.tags {
        tags::set(conn, &now).await?;
    }
    Ok(true)
}

/// Notes and attributes of another contact.
async fn card(
    conn: &mut AnyConnection,
    Row { id, of: merged_into, body, .. }: &Row,
    telling: &Telling<'_>,
    country: &str,
) -> Result<bool> {
    if !is_in_document(body, telling) {
        return Ok(false);
    }
    let Some(before) = contacts::by_id_even_merged(conn, &ContactId::new(id)).await? else {
        return Ok(false);
    };
    let now = without(before.clone(), telling);
    if now == before {
        return Ok(false);
    }
    contacts::save(conn, &now, country).await?;
    if !merged_into.is_empty() {
        // They are found by nothing.
        contacts::search::remove(conn, &now.id).await?;
    }
    Ok(true)
}

fn without(mut contact: Contact, telling: &Telling<'_>) -> Contact {
    contact.attributes.retain(|(key, _)| !telling.is_in(key));
    for (_, value) in contact.attributes.iter_mut().filter(|(_, value)| telling.is_in(value)) {
        WORDS.clone_into(value);
    }
    if telling.is_in(&contact.notes) {
        let kept = |line: &str| if telling.is_in(line) { WORDS.to_owned() } else { line.to_owned() };
        let lines: Vec<String> = contact.notes.lines().map(kept).collect();
        contact.notes = lines.join("\n");
        // A number may be broken over two lines.
        if telling.is_in(&contact.notes) {
            WORDS.clone_into(&mut contact.notes);
        }
    }
    contact
}
