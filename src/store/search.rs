//! Searching what was said in talks, by the engine's own full-text search: FTS5 or `tsvector`.
//!
//! What is indexed is the same on both: the words alone, in lower case, so that both cut a text alike; and a
//! word for each agent who may read it, so that only the agent's own lines are looked at. Whose a talk is,
//! its own row says: the index only makes it quick, since anybody can type any word.

use std::fmt::Write as _;

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection};

use super::{Engine, Result};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::talk::Talk;
use crate::domain::text::words;

/// How much of a text is indexed, in words.
const WORDS: usize = 1_000;
/// How many lines are looked at, the newest first: common words stand in very many.
const LINES: i64 = 1_000;
/// How many words of a search count.
const SEARCHED: usize = 10;

/// Makes what was said in a talk findable by both of its agents. A line that is known is replaced.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, talk: &Talk, line: &str, body: &str) -> Result<()> {
    let mut words = vec![reader(&talk.asker.id), reader(&talk.asked.id)];
    words.extend(words_of(body).take(WORDS));
    sqlx::query("INSERT INTO talk_words (line, talk, words) VALUES ($1, $2, $3)")
        .bind(line)
        .bind(talk.id.as_str())
        .bind(words.join(" "))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes away what was said in a line of a talk.
///
/// # Errors
/// [`super::StoreError`].
pub async fn remove(conn: &mut AnyConnection, talk: &InteractionId, line: &str) -> Result<()> {
    let delete = match Engine::of_connection(conn) {
        Engine::Sqlite => sqlx::query(
            "DELETE FROM talk_words WHERE rowid IN
             (SELECT rowid FROM talk_words WHERE talk_words MATCH $3 AND talk = $1 AND line = $2)",
        ),
        Engine::Postgres => sqlx::query("DELETE FROM talk_words WHERE talk = $1 AND line = $2"),
    };
    in_talk(conn, delete.bind(talk.as_str()).bind(line), talk).await
}

/// Takes away what was said in a talk.
///
/// # Errors
/// [`super::StoreError`].
pub async fn remove_all(conn: &mut AnyConnection, talk: &InteractionId) -> Result<()> {
    let delete = match Engine::of_connection(conn) {
        Engine::Sqlite => sqlx::query(
            "DELETE FROM talk_words WHERE rowid IN
             (SELECT rowid FROM talk_words WHERE talk_words MATCH $2 AND talk = $1)",
        ),
        Engine::Postgres => sqlx::query("DELETE FROM talk_words WHERE talk = $1"),
    };
    in_talk(conn, delete.bind(talk.as_str()), talk).await
}

/// Runs what is about a talk's rows. FTS5 finds nothing but words quickly, and is asked for the last word of
/// the id too.
async fn in_talk(
    conn: &mut AnyConnection,
    mut statement: Query<'_, Any, AnyArguments>,
    talk: &InteractionId,
) -> Result<()> {
    if Engine::of_connection(conn) == Engine::Sqlite {
        let word = words_of(talk.as_str()).last().unwrap_or_default();
        statement = statement.bind(format!("talk : \"{word}\""));
    }
    statement.execute(conn).await?;
    Ok(())
}

/// The talks of an agent in which a line holds words that begin like all of these, the latest line first. Of
/// very many lines the newest count.
///
/// # Errors
/// [`super::StoreError`].
pub async fn talks(
    conn: &mut AnyConnection,
    agent: &AgentId,
    typed: &str,
    limit: i64,
) -> Result<Vec<InteractionId>> {
    let words: Vec<String> = words_of(typed).take(SEARCHED).collect();
    if words.is_empty() {
        return Ok(vec![]);
    }
    // The words are letters and digits alone, so that they can mean nothing else in either language.
    let (sql, query) = match Engine::of_connection(conn) {
        Engine::Sqlite => {
            let sql = "SELECT talk FROM (SELECT talk, line FROM talk_words WHERE talk_words MATCH $1
                                         ORDER BY rowid DESC LIMIT $3) AS newest
                       WHERE talk IN (SELECT id FROM talks WHERE asker = $4 OR asked = $4)
                       GROUP BY talk ORDER BY MAX(line) DESC LIMIT $2";
            let rest: Vec<String> = words.iter().map(|word| format!("\"{word}\"*")).collect();
            (sql, format!("words : (\"{}\" AND {})", reader(agent), rest.join(" AND ")))
        }
        Engine::Postgres => {
            let sql = "SELECT talk FROM (SELECT talk, line FROM talk_words
                                         WHERE found @@ to_tsquery('simple', $1)
                                         ORDER BY line DESC LIMIT $3) AS newest
                       WHERE talk IN (SELECT id FROM talks WHERE asker = $4 OR asked = $4)
                       GROUP BY talk ORDER BY MAX(line) DESC LIMIT $2";
            let rest: Vec<String> = words.iter().map(|word| format!("{word}:*")).collect();
            (sql, format!("{} & {}", reader(agent), rest.join(" & ")))
        }
    };
    let ids: Vec<String> = sqlx::query_scalar(sql)
        .bind(query)
        .bind(limit)
        .bind(LINES)
        .bind(agent.as_str())
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(InteractionId::new).collect())
}

/// The words of a text, in lower case, and then one for each emoji: both engines take emoji for blanks, so
/// that each is spelt as a word that nobody types.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    let emoji = text.chars().filter(|c| matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}'));
    words::words(text).chain(emoji.map(|c| format!("zzemoji{:x}", u32::from(c))))
}

/// The word that stands for an agent: an id may hold what is no word.
fn reader(agent: &AgentId) -> String {
    let mut word = "reader".to_owned();
    for byte in agent.as_str().bytes() {
        // Writing to a string cannot fail.
        let _ = write!(word, "{byte:02x}");
    }
    word
}
