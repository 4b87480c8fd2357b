//! Searching what was said with contacts, a line of a transcript at a time.
//!
//! A row of the index is one line: a word for the contact's address, then the words that were said. Whose a
//! line is, its interaction says: the address only makes it quick, since anybody can type any word. It is the
//! address and not the contact, so that contacts can be merged and split and the index stays as it is.
//!
//! The words of one contact are looked for among that contact's lines alone, by how words begin. Those of the
//! whole desk are whole words: how many begin alike, no index tells quickly.

use std::fmt::Write as _;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::SEARCHED;
pub use super::words::words_of_line;
use super::words::{is_begun, terms, word_of};
use crate::domain::address::Address;
use crate::domain::ids::{AgentId, ContactId, InteractionId};
use crate::store::transcript::{Line, LineKind};
use crate::store::{Batch, Engine, Result, many};

/// How many lines of a contact are looked at in one query, the newest first.
const LOOKED_AT: i64 = 5_000;
/// How many lines that hold the words are read at once, and how often for one page.
const LINES: i64 = 100;
const ROUNDS: usize = 5;

/// Whose words are looked for.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// What was said with one contact.
    Contact {
        /// The contact.
        id: &'a ContactId,
        /// All addresses that they write from, also those that they share with others.
        addresses: &'a [Address],
    },
    /// What was said with anybody.
    Desk,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whose words.
    pub whose: Whose<'a>,
    /// The words, as they were typed.
    pub typed: &'a str,
    /// Only in interactions that this agent owned at some time.
    pub owned_by: Option<&'a AgentId>,
    /// Only in lines before this place.
    pub before: Option<i64>,
    /// How many interactions are wanted.
    pub limit: usize,
}

/// An interaction in which the words were said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where the line stands in the index.
    pub place: i64,
    /// The interaction.
    pub interaction: InteractionId,
    /// The newest of its lines that holds them.
    pub line: Line,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Each interaction once, that of the newest line first.
    pub hits: Vec<Hit>,
    /// The place before which there may be more.
    pub more: Option<i64>,
}

/// Adds the words of lines, each with the line's id.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn add(conn: &mut AnyConnection, lines: &[(String, String)]) -> Result<()> {
    let mut batch = Batch::on(conn);
    batch_words(&mut batch, lines);
    batch.run(conn).await
}

/// The same, together with other statements.
pub(crate) fn batch_words(batch: &mut Batch, lines: &[(String, String)]) {
    for piece in many::pieces(lines) {
        let places = many::places(piece.len(), 2);
        let insert = batch.add(format!(
            "INSERT INTO line_words (line, words) VALUES {places} ON CONFLICT (line) DO NOTHING"
        ));
        for (line, words) in piece {
            insert.bind(line.as_str()).bind(words.as_str());
        }
    }
}

/// Has the index follow a line of an interaction that says something else now.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn rewrite(conn: &mut AnyConnection, of: &InteractionId, line: &str, body: &str) -> Result<()> {
    let address: Option<String> = sqlx::query_scalar("SELECT contact_number FROM interactions WHERE id = $1")
        .bind(of.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    match address.and_then(|address| words_of_line(&Address::read(&address), body)) {
        Some(words) => {
            sqlx::query(
                "INSERT INTO line_words (line, words) VALUES ($1, $2)
                 ON CONFLICT (line) DO UPDATE SET words = excluded.words",
            )
            .bind(line)
            .bind(words)
            .execute(conn)
            .await?;
        }
        None => {
            sqlx::query("DELETE FROM line_words WHERE line = $1").bind(line).execute(conn).await?;
        }
    }
    Ok(())
}

/// The interactions in which a line holds all the words, that of the newest line first.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn find(conn: &mut AnyConnection, asked: &Asked<'_>) -> Result<Found> {
    let words: Vec<String> = terms(asked.typed, false).take(SEARCHED).collect();
    let mut found = Found::default();
    if words.is_empty() {
        return Ok(found);
    }
    let mut before = asked.before.unwrap_or(i64::MAX);
    for _ in 0..ROUNDS {
        let (lines, more) = read(conn, asked, &words, before).await?;
        for hit in lines {
            let is_known = found.hits.iter().any(|known| known.interaction == hit.interaction);
            if !is_known && found.hits.len() == asked.limit {
                found.more = Some(before);
                return Ok(found);
            }
            before = hit.place;
            if !is_known {
                found.hits.push(hit);
            }
        }
        found.more = more;
        match more {
            Some(place) => before = place,
            None => break,
        }
    }
    Ok(found)
}

/// The newest lines before a place that hold all the words, whosever they are, and the place before which
/// there may be more.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn holding(conn: &mut AnyConnection, typed: &str, before: i64) -> Result<(Vec<Hit>, Option<i64>)> {
    let words: Vec<String> = terms(typed, false).take(SEARCHED).collect();
    if words.is_empty() {
        return Ok((vec![], None));
    }
    let asked = Asked { whose: Whose::Desk, typed, owned_by: None, before: Some(before), limit: 0 };
    read(conn, &asked, &words, before).await
}

/// The newest lines before a place that hold the words, and the place before which there may be more.
async fn read(
    conn: &mut AnyConnection,
    asked: &Asked<'_>,
    words: &[String],
    before: i64,
) -> Result<(Vec<Hit>, Option<i64>)> {
    let engine = Engine::of_connection(conn);
    let last = |hits: &[Hit]| {
        let is_full = i64::try_from(hits.len()).is_ok_and(|count| count >= LINES);
        hits.last().map(|hit| hit.place).filter(|_| is_full)
    };
    let query = Query::new(engine, asked, words, before);
    match asked.whose {
        Whose::Contact { .. } => {
            let hits = query.hits(conn, query.by_index(), LOOKED_AT).await?;
            let more = match last(&hits) {
                Some(place) => Some(place),
                None => query.end_of_window(conn).await?,
            };
            Ok((hits, more))
        }
        Whose::Desk => {
            let mut hits = match engine {
                Engine::Sqlite => vec![],
                Engine::Postgres => query.hits(conn, WALK, LINES).await?,
            };
            if last(&hits).is_none() {
                hits = query.hits(conn, query.by_index(), LINES).await?;
            }
            let more = last(&hits);
            Ok((hits, more))
        }
    }
}

/// The places of lines that the index knows, the newest first: `$1` is what it is asked, `$2` the place
/// before which they stand, `$3` how many there are at most.
pub const FTS5: &str = "SELECT rowid AS place FROM line_index
     WHERE line_index MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3";
/// The same for PostgreSQL, whose index has no order.
pub const TSVECTOR: &str = "WITH known AS MATERIALIZED
     (SELECT place FROM line_words WHERE found @@ to_tsquery('simple', $1) AND place < $2)
     SELECT place FROM known ORDER BY place DESC LIMIT $3";
/// The same of the newest lines alone, which are read one after another: a
/// word that stands in many is found there, and one that does not is rare enough to be read whole.
pub const WALK: &str = "SELECT place FROM
     (SELECT place, found FROM line_words WHERE place < $2 ORDER BY place DESC LIMIT 20000) AS newest
     WHERE found @@ to_tsquery('simple', $1) ORDER BY place DESC LIMIT $3";

/// A line that was found: its place, its interaction, and what a [`Line`] holds.
type Row = (i64, String, String, i64, String, String, String, Option<String>);

/// What is asked of the index, and what else a line has to be.
struct Query<'a> {
    engine: Engine,
    asked: &'a Asked<'a>,
    words: &'a [String],
    ask: String,
    before: i64,
}

impl<'a> Query<'a> {
    fn new(engine: Engine, asked: &'a Asked<'a>, words: &'a [String], before: i64) -> Self {
        // The words are letters and digits alone, so that they can mean nothing else in either language.
        let quoted = |word: &String| match (engine, is_begun(word)) {
            (Engine::Sqlite, false) => format!("\"{word}\""),
            (Engine::Sqlite, true) => format!("\"{word}\"*"),
            (Engine::Postgres, false) => word.clone(),
            (Engine::Postgres, true) => format!("{word}:*"),
        };
        let (and, or) = match engine {
            Engine::Sqlite => (" AND ", " OR "),
            Engine::Postgres => (" & ", " | "),
        };
        let ask = match asked.whose {
            Whose::Contact { addresses, .. } => {
                addresses.iter().map(|address| quoted(&word_of(address))).collect::<Vec<_>>().join(or)
            }
            Whose::Desk => words.iter().map(quoted).collect::<Vec<_>>().join(and),
        };
        Self { engine, asked, words, ask, before }
    }

    fn by_index(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite => FTS5,
            Engine::Postgres => TSVECTOR,
        }
    }

    /// Those of the lines in a window that are all that was asked for.
    async fn hits(&self, conn: &mut AnyConnection, window: &str, size: i64) -> Result<Vec<Hit>> {
        if self.ask.is_empty() {
            return Ok(vec![]);
        }
        let (sql, values) = self.sql(window);
        let mut select = sqlx::query_as::<_, Row>(AssertSqlSafe(sql))
            .bind(self.ask.as_str())
            .bind(self.before)
            .bind(size)
            .bind(LINES);
        for value in values {
            select = select.bind(value);
        }
        let hit = |(place, interaction, id, at, kind, author, body, event_id): Row| {
            let kind = LineKind::parse(&kind)?;
            let line = Line { id, at: crate::clock::Millis(at), kind, author, body, event_id };
            Some(Hit { place, interaction: InteractionId::new(interaction), line })
        };
        Ok(select.fetch_all(conn).await?.into_iter().filter_map(hit).collect())
    }

    fn sql(&self, window: &str) -> (String, Vec<String>) {
        // SQLite joins in the order that stands there, and only then.
        let join = match self.engine {
            Engine::Sqlite => "CROSS JOIN",
            Engine::Postgres => "JOIN",
        };
        let mut sql = format!(
            "SELECT w.place, t.interaction, t.id, t.at, t.kind, t.author, t.body, t.event_id
             FROM ({window}) AS known {join} line_words w ON w.place = known.place
             {join} transcript t ON t.id = w.line {join} interactions i ON i.id = t.interaction WHERE 1 = 1"
        );
        let mut values = Vec::new();
        let mut more = |sql: &mut String, condition: &str, value: String| {
            values.push(value);
            // Writing to a string cannot fail.
            let _ = write!(sql, " AND {}", condition.replace('?', &format!("${}", values.len() + 4)));
        };
        if let Whose::Contact { id, .. } = self.asked.whose {
            more(&mut sql, "i.contact = ?", id.as_str().to_owned());
            for word in self.words {
                more(&mut sql, "w.words LIKE ?", format!("% {word}%"));
            }
        }
        if let Some(agent) = self.asked.owned_by {
            let owned = "EXISTS (SELECT 1 FROM changes c WHERE c.owner = ? AND c.interaction = i.id)";
            more(&mut sql, owned, agent.as_str().to_owned());
        }
        sql.push_str(" ORDER BY w.place DESC LIMIT $4");
        (sql, values)
    }

    /// The place where the lines end that were looked at, if there may be more behind them.
    async fn end_of_window(&self, conn: &mut AnyConnection) -> Result<Option<i64>> {
        if self.ask.is_empty() {
            return Ok(None);
        }
        let window = self.by_index();
        let sql = format!("SELECT COUNT(*), COALESCE(MIN(place), 0) FROM ({window}) AS known");
        let (count, end): (i64, i64) = sqlx::query_as(AssertSqlSafe(sql))
            .bind(self.ask.as_str())
            .bind(self.before)
            .bind(LOOKED_AT)
            .fetch_one(conn)
            .await?;
        Ok((count == LOOKED_AT).then_some(end))
    }
}
