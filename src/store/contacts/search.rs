//! Finding contacts by the engine's own full-text search, FTS5 or `tsvector`. Both hold the same words, see
//! [`words`].

use sqlx::AnyConnection;

use super::row::{Row, contact};
use crate::domain::address::{Address, Channel};
use crate::domain::contact::Contact;
use crate::domain::contact::words::{self, Sought};
use crate::domain::ids::ContactId;
use crate::domain::text::words as text_words;
use crate::store::{Engine, Result};

/// How many contacts that fit are looked at; of very many it is not said which.
const LOOKED_AT: i64 = 2_000;
/// How many are looked at whose numbers begin alike.
const BEGINNING_ALIKE: i64 = 300;
/// The same, where only those count who are blocked.
const LOOKED_AT_FOR_BLOCKED: i64 = 20_000;

const FIND_SQLITE: &str = "SELECT c.id, c.name, c.created_at, c.body
    FROM (SELECT contact FROM contact_words WHERE contact_words MATCH $1 LIMIT $2) AS fitting
    JOIN contacts c ON c.id = fitting.contact
    WHERE c.merged_into IS NULL ORDER BY LOWER(c.name), c.id LIMIT $3 OFFSET $4";
// Materialized, it is found by its index whatever the planner makes of the limit.
const FIND_POSTGRES: &str = "WITH fitting AS MATERIALIZED
        (SELECT contact FROM contact_words WHERE found @@ to_tsquery('simple', $1) LIMIT $2)
    SELECT c.id, c.name, c.created_at, c.body FROM fitting JOIN contacts c ON c.id = fitting.contact
    WHERE c.merged_into IS NULL ORDER BY LOWER(c.name), c.id LIMIT $3 OFFSET $4";
/// Those who have or share a number between two. Numbers in E.164 stand in their order under every collation:
/// they differ in digits alone.
pub const BEGINNING: &str = "SELECT c.id, c.name, c.created_at, c.body
    FROM (SELECT contact FROM contact_numbers WHERE number > $1 AND number < $2
        UNION SELECT contact FROM contact_shares WHERE number > $1 AND number < $2 LIMIT $3) AS fitting
    JOIN contacts c ON c.id = fitting.contact WHERE c.merged_into IS NULL";
const BLOCKED_SQLITE: &str = "SELECT c.id, c.name, c.created_at, c.body
    FROM (SELECT contact FROM contact_words WHERE contact_words MATCH $1 LIMIT $2) AS fitting
    JOIN blocks b ON b.contact = fitting.contact JOIN contacts c ON c.id = b.contact
    WHERE c.merged_into IS NULL ORDER BY LOWER(c.name), c.id LIMIT $3";
const BLOCKED_POSTGRES: &str = "WITH fitting AS MATERIALIZED
        (SELECT contact FROM contact_words WHERE found @@ to_tsquery('simple', $1) LIMIT $2)
    SELECT c.id, c.name, c.created_at, c.body FROM fitting
    JOIN blocks b ON b.contact = fitting.contact JOIN contacts c ON c.id = b.contact
    WHERE c.merged_into IS NULL ORDER BY LOWER(c.name), c.id LIMIT $3";
const REMOVE_SQLITE: &str = "DELETE FROM contact_words WHERE rowid IN
    (SELECT rowid FROM contact_words WHERE contact_words MATCH $2 AND contact = $1)";
const REMOVE_POSTGRES: &str = "DELETE FROM contact_words WHERE contact = $1";

/// The statements, to be explained.
#[must_use]
pub fn statements(engine: Engine) -> [&'static str; 3] {
    match engine {
        Engine::Sqlite => [FIND_SQLITE, REMOVE_SQLITE, BLOCKED_SQLITE],
        Engine::Postgres => [FIND_POSTGRES, REMOVE_POSTGRES, BLOCKED_POSTGRES],
    }
}

/// Makes a contact findable who is not yet.
pub(super) async fn add(
    conn: &mut AnyConnection,
    contact: &Contact,
    addresses: &[Address],
    country: &str,
) -> Result<()> {
    sqlx::query("INSERT INTO contact_words (contact, words) VALUES ($1, $2)")
        .bind(contact.id.as_str())
        .bind(words::of(contact, addresses, country).join(" "))
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes a contact unfindable.
pub(in crate::store) async fn remove(conn: &mut AnyConnection, id: &ContactId) -> Result<()> {
    let engine = Engine::of_connection(conn);
    let [_, sql, _] = statements(engine);
    let mut delete = sqlx::query(sql).bind(id.as_str());
    if engine == Engine::Sqlite {
        // FTS5 finds nothing but words quickly, and is asked for the last word of the id too.
        let word = text_words::words(id.as_str()).last().unwrap_or_default();
        delete = delete.bind(format!("contact : \"{word}\""));
    }
    delete.execute(conn).await?;
    Ok(())
}

/// The contacts that have one of each of these words, by name, from the `offset`th on. Of very many some
/// count.
///
/// # Errors
/// [`super::super::StoreError`].
pub async fn find(
    conn: &mut AnyConnection,
    sought: &[Vec<Sought>],
    (limit, offset): (i64, i64),
) -> Result<Vec<Contact>> {
    let engine = Engine::of_connection(conn);
    // What can be nothing is not looked for: an empty query is an error.
    if sought.is_empty() || sought.iter().any(Vec::is_empty) {
        return Ok(vec![]);
    }
    let [sql, ..] = statements(engine);
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(query(engine, sought))
        .bind(LOOKED_AT)
        .bind(limit)
        .bind(offset)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(contact).collect()
}

/// The contacts who have or share a number that goes on behind these digits, the country code first, by name,
/// from the `offset`th on. Of very many some count.
///
/// # Errors
/// [`super::super::StoreError`].
pub async fn beginning(
    conn: &mut AnyConnection,
    digits: &str,
    (limit, offset): (i64, i64),
) -> Result<Vec<Contact>> {
    let Some(end) = behind(digits) else { return Ok(vec![]) };
    let bounds = Channel::ALL.map(|channel| {
        let bound = |digits: &str| Address::new(channel, format!("+{digits}")).to_string();
        (bound(digits), bound(&end))
    });
    let mut found: Vec<Contact> = Vec::new();
    for (from, to) in &bounds {
        let rows: Vec<Row> = sqlx::query_as(BEGINNING)
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(BEGINNING_ALIKE)
            .fetch_all(&mut *conn)
            .await?;
        for row in rows {
            found.push(contact(row)?);
        }
    }
    found.sort_by_cached_key(|contact| (contact.name.to_lowercase(), contact.id.clone()));
    found.dedup_by(|one, other| one.id == other.id);
    let at = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(found.into_iter().skip(at(offset)).take(at(limit)).collect())
}

/// The digits behind all that begin with these, as many of them; nothing if there are none.
fn behind(digits: &str) -> Option<String> {
    let next = digits.parse::<u128>().ok()?.checked_add(1)?.to_string();
    (next.len() == digits.len()).then_some(next)
}

/// The contacts among those who are blocked that have one of each of these words, by name. Of very many some
/// count.
///
/// # Errors
/// [`super::super::StoreError`].
pub async fn blocked(conn: &mut AnyConnection, sought: &[Vec<Sought>], limit: i64) -> Result<Vec<Contact>> {
    let engine = Engine::of_connection(conn);
    if sought.is_empty() || sought.iter().any(Vec::is_empty) {
        return Ok(vec![]);
    }
    let [.., sql] = statements(engine);
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(query(engine, sought))
        .bind(LOOKED_AT_FOR_BLOCKED)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(contact).collect()
}

/// The words in the engine's own language. They are letters and digits alone, so that they can mean nothing
/// else there.
fn query(engine: Engine, sought: &[Vec<Sought>]) -> String {
    let word = |sought: &Sought| match (engine, sought.is_beginning) {
        (Engine::Sqlite, true) => format!("\"{}\"*", sought.word),
        (Engine::Sqlite, false) => format!("\"{}\"", sought.word),
        (Engine::Postgres, true) => format!("{}:*", sought.word),
        (Engine::Postgres, false) => sought.word.clone(),
    };
    let (or, and) = match engine {
        Engine::Sqlite => (" OR ", " AND "),
        Engine::Postgres => (" | ", " & "),
    };
    let each = sought.iter().map(|ways| format!("({})", ways.iter().map(word).collect::<Vec<_>>().join(or)));
    let all = each.collect::<Vec<_>>().join(and);
    match engine {
        Engine::Sqlite => format!("words : ({all})"),
        Engine::Postgres => all,
    }
}
