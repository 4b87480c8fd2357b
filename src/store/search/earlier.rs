//! Indexing what the index of lines lacks, some in each commit, while the desk serves: the lines that were
//! there before the index was, and those that an older replica writes beside this one.
//!
//! The newest lines have the largest places. So the earlier ones are indexed from the newest to the oldest,
//! at places below all others, and what was said last is found first while that goes on.

use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::lines;
use super::words::words_of_line;
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::store::{Engine, Result, many, upkeep};

/// How many lines one commit looks at.
const AT_ONCE: i64 = 1_000;
/// That all lines are indexed which were there before the index: then it is [`END`].
const INDEXED_TO: &str = "lines_indexed_to";
/// Down to which line they are, while they are not all.
const INDEXED_FROM: &str = "lines_indexed_from";
/// To which line it was looked whether an older replica has written any.
const FOLLOWED_TO: &str = "lines_followed_to";
/// How long a commit may take until others see its lines: what is younger is not looked at yet.
const IN_SIGHT: Duration = Duration::from_mins(5);
const END: &str = "~";

/// The lines before one, the newest first: with the address they were said on, and whether they are indexed.
pub const EARLIER: &str = "SELECT t.id, t.body, i.contact_number, w.line FROM
     (SELECT id, interaction, kind, body FROM transcript WHERE id < $1 ORDER BY id DESC LIMIT $2) AS t
     LEFT JOIN interactions i ON i.id = t.interaction AND t.kind <> 'change'
     LEFT JOIN line_words w ON w.line = t.id ORDER BY t.id DESC";
/// The newest lines of all.
const NEWEST: &str = "SELECT t.id, t.body, i.contact_number, w.line FROM
     (SELECT id, interaction, kind, body FROM transcript ORDER BY id DESC LIMIT $1) AS t
     LEFT JOIN interactions i ON i.id = t.interaction AND t.kind <> 'change'
     LEFT JOIN line_words w ON w.line = t.id ORDER BY t.id DESC";
/// The lines behind one and up to another, the oldest first.
pub const SINCE: &str = "SELECT t.id, t.body, i.contact_number, w.line FROM
     (SELECT id, interaction, kind, body FROM transcript WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3) AS t
     LEFT JOIN interactions i ON i.id = t.interaction AND t.kind <> 'change'
     LEFT JOIN line_words w ON w.line = t.id ORDER BY t.id";

/// A line: its id, what was said, on which address, and itself again if it is indexed.
type Row = (String, String, Option<String>, Option<String>);

/// Whether lines from before the index are still missing in it.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn is_missing(conn: &mut AnyConnection) -> Result<bool> {
    Ok(upkeep::recall(conn, INDEXED_TO).await?.as_deref() != Some(END))
}

/// Indexes some of the lines that are missing. Returns whether there may be more of them.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn index_some(conn: &mut AnyConnection, now: Millis) -> Result<bool> {
    // The ids of lines begin with their time.
    let horizon = format!("{:012x}", (now - IN_SIGHT).0);
    if is_missing(conn).await? {
        index_earlier(conn, &horizon).await?;
        return Ok(true);
    }
    // One process has a file of SQLite to itself: nobody else writes lines.
    match Engine::of_connection(conn) {
        Engine::Sqlite => Ok(false),
        Engine::Postgres => follow(conn, &horizon).await,
    }
}

async fn index_earlier(conn: &mut AnyConnection, horizon: &str) -> Result<()> {
    let rows: Vec<Row> = if let Some(before) = upkeep::recall(conn, INDEXED_FROM).await? {
        sqlx::query_as(EARLIER).bind(before).bind(AT_ONCE).fetch_all(&mut *conn).await?
    } else {
        // What others write from now on is looked for later.
        upkeep::remember(conn, FOLLOWED_TO, horizon).await?;
        sqlx::query_as(NEWEST).bind(AT_ONCE).fetch_all(&mut *conn).await?
    };
    let last = rows.last().map(|(id, ..)| id.clone());
    let missing = missing(rows);
    let lowest: Option<i64> =
        sqlx::query_scalar("SELECT MIN(place) FROM line_words").fetch_one(&mut *conn).await?;
    let mut place = lowest.unwrap_or(0).min(0);
    // SQLite has no such words, and needs none.
    let overriding = match Engine::of_connection(conn) {
        Engine::Sqlite => "",
        Engine::Postgres => "OVERRIDING SYSTEM VALUE ",
    };
    for piece in many::pieces(&missing) {
        let sql = format!(
            "INSERT INTO line_words (place, line, words) {overriding}VALUES {} ON CONFLICT (line) DO NOTHING",
            many::places(piece.len(), 3)
        );
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for (line, words) in piece {
            place -= 1;
            insert = insert.bind(place).bind(line.as_str()).bind(words.as_str());
        }
        insert.execute(&mut *conn).await?;
    }
    if let Some(last) = last {
        return upkeep::remember(conn, INDEXED_FROM, &last).await;
    }
    upkeep::forget(conn, INDEXED_FROM).await?;
    upkeep::remember(conn, INDEXED_TO, END).await
}

/// Indexes the lines that are missing behind those that were looked at. Returns whether there may be more.
async fn follow(conn: &mut AnyConnection, horizon: &str) -> Result<bool> {
    let behind = upkeep::recall(conn, FOLLOWED_TO).await?.unwrap_or_default();
    let rows: Vec<Row> =
        sqlx::query_as(SINCE).bind(behind.as_str()).bind(horizon).bind(AT_ONCE).fetch_all(&mut *conn).await?;
    let Some((last, ..)) = rows.last() else { return Ok(false) };
    let (last, is_full) = (last.clone(), i64::try_from(rows.len()).is_ok_and(|count| count >= AT_ONCE));
    lines::add(conn, &missing(rows)).await?;
    upkeep::remember(conn, FOLLOWED_TO, &last).await?;
    Ok(is_full)
}

/// The words of those that are not indexed, each with the line's id.
fn missing(rows: Vec<Row>) -> Vec<(String, String)> {
    let words = |(id, body, address, indexed): Row| {
        let address = address.filter(|_| indexed.is_none())?;
        Some((id, words_of_line(&Address::read(&address), &body)?))
    };
    rows.into_iter().filter_map(words).collect()
}
