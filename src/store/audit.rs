//! The audit log: each change that a person made.

use sqlx::AnyConnection;

use super::Result;

/// How many lines are searched, the newest: a commit waits while they are read.
pub const SEARCHED: usize = 10_000;
/// How many of them are read at once.
const PAGE: usize = 500;

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// Lines sort by it.
    pub id: String,
    /// When it was done, in Unix milliseconds.
    pub at: i64,
    /// The Matrix user, or the program's own name.
    pub who: String,
    /// What was done: the command, or the kind of change.
    pub what: String,
    /// What it was done to: an interaction, an agent, a queue; empty for nothing in particular.
    pub subject: String,
    /// How it was said, and what it was before where that matters.
    pub detail: String,
}

/// Adds a line.
pub async fn add(conn: &mut AnyConnection, entry: &Entry) -> Result<()> {
    sqlx::query("INSERT INTO audit (id, at, who, what, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(entry.id.as_str())
        .bind(entry.at)
        .bind(entry.who.as_str())
        .bind(entry.what.as_str())
        .bind(entry.subject.as_str())
        .bind(entry.detail.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// The lines that hold all the words, newest first, among the last [`SEARCHED`].
pub async fn newest(conn: &mut AnyConnection, words: &[String], limit: usize) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    let mut before = "~".to_owned();
    for _ in 0..SEARCHED / PAGE {
        if found.len() == limit {
            break;
        }
        let page: Vec<Entry> = sqlx::query_as(
            "SELECT id, at, who, what, subject, detail FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(before.as_str())
        .bind(i64::try_from(PAGE).unwrap_or(i64::MAX))
        .fetch_all(&mut *conn)
        .await?;
        let Some(last) = page.last() else { break };
        before.clone_from(&last.id);
        let fits = |entry: &Entry| {
            let line =
                format!("{} {} {} {}", entry.who, entry.what, entry.subject, entry.detail).to_lowercase();
            words.iter().all(|word| line.contains(&word.to_lowercase()))
        };
        found.extend(page.into_iter().filter(fits).take(limit - found.len()));
    }
    Ok(found)
}
