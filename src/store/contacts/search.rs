//! Finding contacts by the engine's own full-text search, FTS5 or `tsvector`. Both hold the same words, see
//! [`words`].

use sqlx::AnyConnection;

use super::row::{Row, contact};
use crate::domain::address::Address;
use crate::domain::contact::Contact;
use crate::domain::contact::words::{self, Sought};
use crate::domain::ids::ContactId;
use crate::domain::text::words as text_words;
use crate::store::{Engine, Result};

/// How many contacts that fit are looked at; of very many it is not said which.
const LOOKED_AT: i64 = 2_000;

const FIND_SQLITE: &str = "SELECT c.id, c.name, c.created_at, c.body
    FROM (SELECT contact FROM contact_words WHERE contact_words MATCH $1 LIMIT $2) AS fitting
    JOIN contacts c ON c.id = fitting.contact
    WHERE c.merged_into IS NULL ORDER BY LOWER(c.name), c.id LIMIT $3 OFFSET $4";
// Materialized, it is found by its index whatever the planner makes of the limit.
const FIND_POSTGRES: &str = "WITH fitting AS MATERIALIZED
        (SELECT contact FROM contact_words WHERE found @@ to_tsquery('simple', $1) LIMIT $2)
    SELECT c.id, c.name, c.created_at, c.body FROM fitting JOIN contacts c ON c.id = fitting.contact
    WHERE c.merged_into IS NULL ORDER BY LOWER(c.name), c.id LIMIT $3 OFFSET $4";
const REMOVE_SQLITE: &str = "DELETE FROM contact_words WHERE rowid IN
    (SELECT rowid FROM contact_words WHERE contact_words MATCH $2 AND contact = $1)";
const REMOVE_POSTGRES: &str = "DELETE FROM contact_words WHERE contact = $1";

/// The statements, to be explained.
#[must_use]
pub fn statements(engine: Engine) -> [&'static str; 2] {
    match engine {
        Engine::Sqlite => [FIND_SQLITE, REMOVE_SQLITE],
        Engine::Postgres => [FIND_POSTGRES, REMOVE_POSTGRES],
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
    let [_, sql] = statements(engine);
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
    let [sql, _] = statements(engine);
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(query(engine, sought))
        .bind(LOOKED_AT)
        .bind(limit)
        .bind(offset)
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
