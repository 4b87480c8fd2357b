//! What is kept of a person, field by field as it is kept: a new column of any of the tables of `people`
//! needs nothing here.

use std::collections::HashSet;

use serde_json::{Map, Value};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Column as _, Row as _};

use super::Result;
use super::people::{self, BY_ADDRESS, BY_CONTACT, BY_INTERACTION, BY_LANE, Of};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::lane::Lane;

/// A row, by the names of its columns. What is kept as JSON stands in it as JSON.
pub type Kept = Map<String, Value>;

/// The conversations themselves, so many at a time.
const INTERACTIONS: &str = "SELECT * FROM interactions WHERE contact = $1
     AND (created_at > $2 OR (created_at = $2 AND id > $3)) ORDER BY created_at, id LIMIT $4";
/// What may speak of anyone, row by row: read from one end to the other, so many at a time.
const ANYONES: &[(&str, &str)] = &[
    ("audit", "SELECT * FROM audit WHERE id > $1 ORDER BY id LIMIT $2"),
    ("messages", "SELECT * FROM messages WHERE id > $1 ORDER BY id LIMIT $2"),
    ("set_aside", "SELECT * FROM set_aside WHERE id > $1 ORDER BY id LIMIT $2"),
];
/// How many rows are read at a time.
const PAGE: i64 = 500;

/// The tables that hold something of a person.
#[must_use]
pub fn tables() -> Vec<&'static str> {
    people::all().map(|of| of.table).chain(ANYONES.iter().map(|(table, _)| *table)).collect()
}

/// What speaks of a person in a row that may speak of anyone.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// Words that nothing else is called by: ids and telephone numbers.
    words: HashSet<String>,
    /// Addresses that may be words or numbers of anything, like `INFO` or `74454`.
    senders: Vec<Address>,
}

/// So many digits at least make an address a telephone number, which nothing else is called by.
const NUMBER_DIGITS: usize = 7;
/// The fields in which an address stands alone.
const ADDRESSES: [&str; 6] = ["address", "contact_number", "from", "number", "theirs", "to"];

/// What is kept of a contact, by table, besides what was said with them.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of_contact(
    conn: &mut AnyConnection,
    contact: &ContactId,
    addresses: &[Address],
) -> Result<Vec<(&'static str, Vec<Kept>)>> {
    let mut all = Vec::new();
    for (table, sql) in read(BY_CONTACT) {
        all.push((table, rows(conn, sql, contact.as_str()).await?));
    }
    for (table, sql) in read(BY_ADDRESS) {
        let mut found = Vec::new();
        for address in addresses {
            found.extend(rows(conn, sql, &address.to_string()).await?);
        }
        all.push((table, found));
    }
    Ok(all)
}

/// The conversations with a contact that began behind a place, oldest first, so many at a time.
///
/// # Errors
/// [`super::StoreError`].
pub async fn interactions(
    conn: &mut AnyConnection,
    contact: &ContactId,
    (after, id): (Millis, &str),
    limit: i64,
) -> Result<Vec<Kept>> {
    let found = sqlx::query(INTERACTIONS)
        .bind(contact.as_str())
        .bind(after.0)
        .bind(id)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    found.iter().map(kept).collect()
}

/// What is kept of a conversation, by table: what was said, what was sent and what came of it, and what is
/// still on its way.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of_interaction(
    conn: &mut AnyConnection,
    id: &InteractionId,
) -> Result<Vec<(&'static str, Vec<Kept>)>> {
    let mut all = Vec::new();
    for (table, sql) in read(BY_INTERACTION) {
        all.push((table, rows(conn, sql, id.as_str()).await?));
    }
    for (table, sql) in read(&[BY_LANE]) {
        let mut on_its_way = Vec::new();
        for lane in [Lane::Room(id.clone()), Lane::Phone(id.clone())] {
            on_its_way.extend(rows(conn, sql, &lane.to_string()).await?);
        }
        all.push((table, on_its_way));
    }
    Ok(all)
}

/// The rows that speak of a person, by table, of those tables that speak of anyone.
///
/// # Errors
/// [`super::StoreError`].
pub async fn traces(conn: &mut AnyConnection, of: &Traces) -> Result<Vec<(&'static str, Vec<Kept>)>> {
    let mut all = Vec::new();
    for (table, sql) in ANYONES {
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let page = sqlx::query(*sql).bind(after.as_str()).bind(PAGE).fetch_all(&mut *conn).await?;
            let Some(last) = page.last() else { break };
            after = last.try_get("id")?;
            for row in &page {
                let row = kept(row)?;
                if of.are_in(&row) {
                    found.push(row);
                }
            }
        }
        all.push((*table, found));
    }
    Ok(all)
}

impl Traces {
    /// Adds an id.
    pub fn add_id(&mut self, id: &str) {
        self.words.insert(id.to_owned());
    }

    /// Adds an address. A short code or the name of a sender says something of them only where it stands
    /// alone, as an address.
    pub fn add_address(&mut self, address: &Address) {
        let value = address.value();
        let is_number = value.chars().filter(char::is_ascii_digit).count() >= NUMBER_DIGITS
            && value.chars().all(|c| c.is_ascii_digit() || c == '+');
        if is_number {
            self.words.insert(value.to_owned());
        } else {
            self.senders.push(address.clone());
        }
    }

    /// Whether a row speaks of them.
    fn are_in(&self, row: &Kept) -> bool {
        row.iter().any(|(field, value)| {
            let has_word = match value {
                Value::String(text) => self.are_in_text(text),
                Value::Null | Value::Bool(_) | Value::Number(_) => false,
                Value::Array(_) | Value::Object(_) => self.are_in_text(&value.to_string()),
            };
            has_word || self.sent(field, value)
        })
    }

    /// Whether one of the senders stands alone in a field, or in a document.
    fn sent(&self, field: &str, value: &Value) -> bool {
        match value {
            Value::String(text) => self.senders.iter().any(|sender| {
                let is_address = ADDRESSES.contains(&field);
                sender.to_string() == *text || is_address && *sender.shown() == **text
            }),
            Value::Array(items) => items.iter().any(|item| self.sent(field, item)),
            Value::Object(fields) => fields.iter().any(|(field, value)| self.sent(field, value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn are_in_text(&self, text: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '+' | '-');
        text.split(|c: char| !is_part(c)).any(|word| self.words.contains(word))
    }
}

/// How the tables among these are read that are exported by their key.
fn read(of: &[Of]) -> impl Iterator<Item = (&'static str, &'static str)> {
    of.iter().filter_map(|of| Some((of.table, of.read?)))
}

async fn rows(conn: &mut AnyConnection, sql: &'static str, key: &str) -> Result<Vec<Kept>> {
    let found = sqlx::query(sql).bind(key).fetch_all(conn).await?;
    found.iter().map(kept).collect()
}

fn kept(row: &AnyRow) -> Result<Kept> {
    let mut kept = Kept::new();
    for column in row.columns() {
        let at = column.ordinal();
        let value = match row.try_get::<Option<i64>, _>(at) {
            Ok(number) => number.map_or(Value::Null, Value::from),
            Err(_) => row.try_get::<Option<String>, _>(at)?.map_or(Value::Null, |text| {
                let is_json = text.starts_with(['{', '[']);
                let json = if is_json { serde_json::from_str(&text).ok() } else { None };
                json.unwrap_or(Value::String(text))
            }),
        };
        kept.insert(column.name().to_owned(), value);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::open;

    /// The other tables, and why nothing of them is a person's.
    const NOBODYS: &[(&str, &str)] = &[
        ("_sqlx_migrations", "the schema"),
        ("agents", "of the desk"),
        ("agent_words", "of the desk: the agents' own dictionaries"),
        ("forgetting", "who is being erased: it goes when that is done"),
        ("erasures", "what is being erased elsewhere: the words that tell of them go when it is done"),
        ("erasure_steps", "what is still to be erased elsewhere: a row goes when it is done"),
        (
            "erasure_seen",
            "conversations, messages, events and files by their ids, while they are being erased",
        ),
        ("erasure_left", "what could not be erased elsewhere, by ids that name nobody"),
        ("calls", "of the desk: which agents are in a call, by its conversation's id"),
        ("memberships", "of the desk"),
        ("queues", "of the desk"),
        ("readiness", "of the desk: what agents were ready for"),
        ("numbers", "of the desk"),
        ("definitions", "of the desk"),
        ("channels", "of the desk"),
        ("facts", "of the program"),
        ("timers", "of the program: when to look at a conversation again"),
        ("lanes", "of the program"),
        ("rooms", "which room a conversation has, which stands in the conversation too"),
        ("posted", "which events are the bot's own, without their words"),
        ("receipts", "the provider's ids of what came, without whose"),
        ("tokens", "of the desk: programs that text first"),
        ("request_keys", "hashes of what programs asked for, with the id of what came of it, for a week"),
        ("response_uses", "how often standard responses were used, without by or for whom"),
        ("lists", "what agents were shown last, for a week"),
        ("line_words", "the words of the transcripts once more, to be searched"),
        ("line_index", "the words of the transcripts once more, to be searched"),
        ("consent_hashes", "what erased addresses said last, which nothing leads back from"),
        ("contact_words", "what contacts are found by, made of what is exported"),
        ("talk_words", "the words of talks once more, to be searched"),
    ];

    #[tokio::test]
    async fn every_table_is_exported_or_holds_nothing_of_a_person() {
        let files = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", files.path().join("desk.db").display());
        let store = open(&url, 2).await.unwrap();
        let mut conn = store.connection().await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
        let known: Vec<&str> =
            super::tables().into_iter().chain(NOBODYS.iter().map(|(table, _)| *table)).collect();
        // A full-text index keeps itself in tables of its name and more.
        let of_index = |table: &String| {
            ["_words_", "_index_"].iter().any(|end| {
                let (of, name) = (table.rsplit_once(end), end.trim_end_matches('_'));
                of.is_some_and(|(of, _)| tables.contains(&format!("{of}{name}")))
            })
        };
        let is_known = |table: &String| known.iter().any(|known| table == known) || of_index(table);
        let unknown: Vec<&String> = tables.iter().filter(|table| !is_known(table)).collect();
        assert!(unknown.is_empty(), "is anything of a person in these? {unknown:?}");
        let gone: Vec<&&str> =
            known.iter().filter(|known| !tables.iter().any(|table| table == *known)).collect();
        assert!(gone.is_empty(), "{gone:?}");
    }

    #[test]
    fn a_row_speaks_of_a_person_where_their_id_or_number_is_a_word_of_it() {
        let mut traces = Traces::default();
        for id in ["c-1", "i-7"] {
            traces.add_id(id);
        }
        traces.add_address(&Address::sms("+14155550100"));
        for (text, speaks) in [
            ("contact: c-1", true),
            ("opted sms:+14155550100 out", true),
            ("{\"interaction\":\"i-7\"}", true),
            ("c-12 and +141555501001, i-77", false),
        ] {
            let row: Kept = [("detail".to_owned(), Value::from(text))].into_iter().collect();
            assert_eq!(traces.are_in(&row), speaks, "{text}");
        }
    }

    #[test]
    fn a_short_code_or_a_name_is_an_address_and_no_word() {
        let mut traces = Traces::default();
        for sender in ["INFO", "74454"] {
            traces.add_address(&Address::sms(sender));
        }
        for (field, json, speaks) in [
            ("detail", r#""asked for INFO about order 74454""#, false),
            ("detail", r#""INFO""#, false),
            ("body", r#"{"text":"INFO","from":"sms:+14155550100"}"#, false),
            ("body", r#"{"text":"hi","from":"sms:INFO"}"#, true),
            ("missed", r#"{"lines":[{"number":"74454"}]}"#, true),
            ("number", r#""sms:74454""#, true),
        ] {
            let row: Kept = [(field.to_owned(), serde_json::from_str(json).unwrap())].into_iter().collect();
            assert_eq!(traces.are_in(&row), speaks, "{field} {json}");
        }
    }
}
