//! Words that are no mistakes: the agents' own, and those of one conversation.

use sqlx::AnyConnection;

use super::Result;
use crate::domain::ids::{AgentId, InteractionId};

/// How many words an agent's own dictionary has at most.
pub const MOST_OWN: i64 = 2_000;
/// How many words are passed over in one conversation at most.
pub const MOST_IGNORED: i64 = 200;

/// An agent's own words.
pub async fn own(conn: &mut AnyConnection, agent: &AgentId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT word FROM agent_words WHERE agent = $1 ORDER BY word LIMIT $2")
        .bind(agent.as_str())
        .bind(MOST_OWN)
        .fetch_all(conn)
        .await?)
}

/// How many words an agent has.
pub async fn own_count(conn: &mut AnyConnection, agent: &AgentId) -> Result<u32> {
    let words: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM agent_words WHERE agent = $1")
        .bind(agent.as_str())
        .fetch_one(conn)
        .await?;
    Ok(u32::try_from(words).unwrap_or(u32::MAX))
}

/// Adds a word to an agent's own; whether there was room for it.
pub async fn add_own(conn: &mut AnyConnection, agent: &AgentId, word: &str) -> Result<bool> {
    if i64::from(own_count(conn, agent).await?) >= MOST_OWN {
        return Ok(false);
    }
    sqlx::query("INSERT INTO agent_words (agent, word) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(agent.as_str())
        .bind(word)
        .execute(conn)
        .await?;
    Ok(true)
}

/// Takes a word away from an agent's own; whether it was one.
pub async fn remove_own(conn: &mut AnyConnection, agent: &AgentId, word: &str) -> Result<bool> {
    let gone = sqlx::query("DELETE FROM agent_words WHERE agent = $1 AND word = $2")
        .bind(agent.as_str())
        .bind(word)
        .execute(conn)
        .await?;
    Ok(gone.rows_affected() > 0)
}

/// The words that are passed over in a conversation.
pub async fn ignored(conn: &mut AnyConnection, of: &InteractionId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT word FROM ignored_words WHERE interaction = $1 ORDER BY word")
        .bind(of.as_str())
        .fetch_all(conn)
        .await?)
}

/// Passes over a word in a conversation; whether there was room for it.
pub async fn ignore(conn: &mut AnyConnection, of: &InteractionId, word: &str) -> Result<bool> {
    if ignored(conn, of).await?.len() >= usize::try_from(MOST_IGNORED).unwrap_or(usize::MAX) {
        return Ok(false);
    }
    sqlx::query("INSERT INTO ignored_words (interaction, word) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(of.as_str())
        .bind(word)
        .execute(conn)
        .await?;
    Ok(true)
}
