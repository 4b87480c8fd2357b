//! Forgetting what colleagues wrote of a person where it belongs to somebody else: in conversations with
//! other customers, in their case data and tags, and in the notes and attributes of the directory. The rows
//! stay; only what tells of the person goes out of them.
//!
//! A namesake is somebody else: in what is about a customer of the same name, that name tells of nobody.

use std::collections::{HashMap, HashSet};

use sqlx::{AnyConnection, AssertSqlSafe};

use super::anyones::{emptied, ids, values};
use crate::clock::Millis;
use crate::domain::contact::Contact;
use crate::domain::erasure::Words;
use crate::domain::forget::{Forgetting, Stage, WORDS};
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::interaction::Interaction;
use crate::domain::reply::Reply;
use crate::store::{Result, contacts, from_json, interactions, many, replies, search, tags};

/// How many rows are looked at in one commit.
const PAGE: i64 = 500;

/// How the table of a stage is read on: the row's key, the conversation it belongs to, when it was written,
/// and its words or document; nothing for a stage of another kind.
pub(super) fn page(stage: Stage) -> Option<&'static str> {
    Some(match stage {
        Stage::Lines => "SELECT id, interaction, at, body FROM transcript WHERE id > $1 ORDER BY id LIMIT $2",
        Stage::Replies => {
            "SELECT id, interaction, created_at, body FROM replies WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Stage::Cases => {
            "SELECT id, id, created_at, body FROM interactions WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Stage::Directory => {
            "SELECT id, COALESCE(merged_into, ''), created_at, body FROM contacts WHERE id > $1
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

/// A row: its key, its conversation, and its words or document.
type Row = (String, String, String);

/// What tells of the person, in rows about one customer.
struct Telling<'a> {
    words: &'a Words,
    emptied: &'a HashSet<String>,
}

impl Telling<'_> {
    fn is_in(&self, text: &str) -> bool {
        self.words.are_in_text(text) || ids(text).any(|id| self.emptied.contains(id))
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
    let rows: Vec<(String, String, i64, String)> =
        sqlx::query_as(sql).bind(forgetting.behind.as_str()).bind(PAGE).fetch_all(&mut *conn).await?;
    let Some((last, ..)) = rows.last() else { return Ok((None, vec![])) };
    let behind = last.clone();
    // What was said later is of somebody new.
    let until = forgetting.until();
    let rows = rows.into_iter().filter(|(_, _, at, _)| Millis(*at) <= until);
    let rows: Vec<Row> = rows.map(|(id, of, _, body)| (id, of, body)).collect();
    let named: HashSet<&str> = rows.iter().flat_map(|(_, _, body)| ids(body)).collect();
    let emptied = emptied(conn, &named).await?;
    let words = forgetting.traces.words();
    let telling = Telling { words: &words, emptied: &emptied };
    let tells = |(_, _, body): &Row| match forgetting.stage {
        Stage::Lines => telling.is_in(body),
        _ => values(body).is_none_or(|values| values.iter().any(|value| telling.is_in(value))),
    };
    let rows: Vec<Row> = rows.into_iter().filter(tells).collect();
    let customers = names(conn, forgetting.stage, &rows).await?;
    let mut found = Vec::new();
    for row in rows {
        let namesake = customers.get(&row.1).filter(|name| words.are_in_text(name));
        let without = namesake.map(|name| forgetting.traces.without(name).words());
        let telling = Telling { words: without.as_ref().unwrap_or(&words), emptied: &emptied };
        let is_forgotten = match forgetting.stage {
            Stage::Lines => line(conn, &row, &telling).await?,
            Stage::Replies => message(conn, &row, &telling).await?,
            Stage::Cases => case(conn, &row, &telling).await?,
            Stage::Directory => card(conn, &row, (forgetting, &emptied), country).await?,
            _ => false,
        };
        if is_forgotten && forgetting.stage != Stage::Directory {
            found.push(InteractionId::new(row.1));
        }
    }
    Ok((Some(behind), found))
}

/// What the customers of these conversations are called now.
async fn names(conn: &mut AnyConnection, stage: Stage, rows: &[Row]) -> Result<HashMap<String, String>> {
    let mut names = HashMap::new();
    if stage == Stage::Directory {
        return Ok(names);
    }
    let mut of: Vec<&str> = rows.iter().map(|(_, of, _)| of.as_str()).collect();
    of.sort_unstable();
    of.dedup();
    for piece in many::pieces(&of) {
        let sql = format!(
            "SELECT i.id, c.name FROM interactions i JOIN contacts c ON c.id = i.contact
             WHERE i.id IN (VALUES {})",
            many::places(piece.len(), 1)
        );
        let mut select = sqlx::query_as(AssertSqlSafe(sql));
        for id in piece {
            select = select.bind(*id);
        }
        let found: Vec<(String, String)> = select.fetch_all(&mut *conn).await?;
        names.extend(found);
    }
    Ok(names)
}

/// A line of a transcript, with its words in the index.
async fn line(conn: &mut AnyConnection, (id, of, body): &Row, telling: &Telling<'_>) -> Result<bool> {
    if !telling.is_in(body) {
        return Ok(false);
    }
    sqlx::query("UPDATE transcript SET body = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(WORDS)
        .execute(&mut *conn)
        .await?;
    let of = InteractionId::new(of);
    search::lines::rewrite(conn, &of, id, WORDS).await?;
    search::remove(conn, &of, id).await?;
    Ok(true)
}

/// A message to another customer. One that is still to be sent is theirs, and is sent as it is.
async fn message(conn: &mut AnyConnection, (id, _, body): &Row, telling: &Telling<'_>) -> Result<bool> {
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
async fn case(conn: &mut AnyConnection, (id, _, body): &Row, telling: &Telling<'_>) -> Result<bool> {
    let Ok(before) = from_json::<Interaction>("interaction", body) else { return Ok(false) };
    let mut now = before.clone();
    let tells = |text: &str| telling.is_in(text);
    now.case.retain(|(key, _)| !tells(key));
    for (_, value) in now.case.iter_mut().filter(|(_, value)| tells(value)) {
        WORDS.clone_into(value);
    }
    now.tags.retain(|tag| !tells(tag));
    if tells(&now.first_text) {
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
    (id, merged_into, _): &Row,
    (forgetting, emptied): (&Forgetting, &HashSet<String>),
    country: &str,
) -> Result<bool> {
    let Some(before) = contacts::by_id_even_merged(conn, &ContactId::new(id)).await? else {
        return Ok(false);
    };
    let words = forgetting.traces.without(&before.name).words();
    let telling = Telling { words: &words, emptied };
    let now = without(before.clone(), &telling);
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
