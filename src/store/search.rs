//! Searching what was said in talks, by the engine's own full-text search: FTS5 or `tsvector`. What was said
//! with contacts is in [`lines`].
//!
//! Both engines index the same: the words alone, in lower case, so that both split a text alike, and one word
//! for each agent who may read the line, so that only the agent's own lines are searched. That word only
//! makes the search quick, since anybody can type any word; the talk's own row says who may read it.

pub mod earlier;
pub mod lines;
mod words;

use std::fmt::Write as _;

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection};

use super::{Engine, Result};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::talk::Talk;
use crate::domain::text::words as text_words;

/// How much of a text is indexed, in words.
const WORDS: usize = 1_000;
/// How many lines are looked at, newest first: very many lines hold common words.
const LINES: i64 = 1_000;
/// How many words of a search count.
const SEARCHED: usize = 10;

/// Indexes a line of a talk for both of its agents. A line that is there already is replaced.
pub async fn add(conn: &mut AnyConnection, talk: &Talk, line: &str, body: &str) -> Result<()> {
    let mut words = vec![reader(&talk.initiator.id), reader(&talk.invitee.id)];
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

/// Runs a statement on a talk's rows. FTS5 finds nothing but words quickly, and is asked for the last word of
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

/// The talks of an agent in which a line has words that begin with all of these, the latest line first. Only
/// the newest lines are searched.
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
    // The words are letters and digits alone, so that neither query language can take them for anything else.
    let (sql, query) = match Engine::of_connection(conn) {
        Engine::Sqlite => {
            let sql = "SELECT talk FROM (SELECT talk, line FROM talk_words WHERE talk_words MATCH $1
                                         ORDER BY rowid DESC LIMIT $3) AS newest
                       WHERE talk IN (SELECT id FROM talks WHERE initiator = $4 OR invitee = $4)
                       GROUP BY talk ORDER BY MAX(line) DESC LIMIT $2";
            let rest: Vec<String> = words.iter().map(|word| format!("\"{word}\"*")).collect();
            (sql, format!("words : (\"{}\" AND {})", reader(agent), rest.join(" AND ")))
        }
        Engine::Postgres => {
            let sql = "SELECT talk FROM (SELECT talk, line FROM talk_words
                                         WHERE found @@ to_tsquery('simple', $1)
                                         ORDER BY line DESC LIMIT $3) AS newest
                       WHERE talk IN (SELECT id FROM talks WHERE initiator = $4 OR invitee = $4)
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

/// The words of a text, in lower case, and then one for each emoji: both engines treat emoji as blanks, so
/// each is spelt as a word that nobody types.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    text_words::words(text).chain(emoji_of(text))
}

/// A word for each emoji of a text.
fn emoji_of(text: &str) -> impl Iterator<Item = String> {
    let emoji = text.chars().filter(|c| matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}'));
    emoji.map(|c| format!("zzemoji{:x}", u32::from(c)))
}

/// The word that stands for an agent, since an id may hold characters that no word has.
fn reader(agent: &AgentId) -> String {
    let mut word = "reader".to_owned();
    for byte in agent.as_str().bytes() {
        // Writing to a string cannot fail.
        let _ = write!(word, "{byte:02x}");
    }
    word
}
