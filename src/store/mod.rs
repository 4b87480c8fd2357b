//! The database: plain SQL through sqlx `Any`, one text for SQLite and PostgreSQL, a file for each subject.
//!
//! Functions take a connection. The desk calls them inside its one commit; everyone else only reads.
//!
//! In what runs for each message no bare placeholder stands behind `LIMIT`: SQLite plans by its value, and so
//! prepares the statement again whenever one is bound. A number does, or a `CAST`.
//! <https://www.sqlite.org/qpsg.html>
//!
//! A function that returns a [`Result`] fails with [`StoreError`] where its own documentation names no other
//! error: the database failed, or a row cannot be read.

#![expect(clippy::missing_errors_doc, reason = "the errors are those of the module, said above")]

mod batch;
mod engine;
mod many;
mod open;
mod people;
#[cfg(test)]
mod plans;

pub mod agents;
pub mod audit;
pub mod blocks;
pub mod callbacks;
pub mod calls;
pub mod channels;
pub mod consent;
pub mod contacts;
pub mod conversations;
pub mod erase_asked;
pub mod erasures;
pub mod forget;
pub mod history;
pub mod interactions;
pub mod kept;
pub mod left_behind;
pub mod lists;
pub mod media_out;
pub mod messages;
pub mod missed;
pub mod originals;
pub mod outbox;
pub mod programs;
pub mod provider_texts;
pub mod readiness;
pub mod replies;
pub mod responses;
pub mod retention;
pub mod rooms;
pub mod routing;
pub mod scheduled;
pub mod search;
pub mod shown_in;
pub mod spelling;
pub mod tags;
pub mod talks;
pub mod timers;
pub mod transcript;
pub mod upkeep;

pub(crate) use batch::{Batch, Seen, Value};
pub use engine::Engine;
pub use open::{Store, open};

use sqlx::AnyConnection;

/// Why something could not be read or kept. Nothing of the commit it belonged to was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database URL is of neither engine.
    #[error("the database url must begin with sqlite:// or postgres://")]
    Url,
    /// Another process serves from the same SQLite file.
    #[error("another switchroom serves from {path}: stop it first, or use PostgreSQL for several")]
    InUse {
        /// The path of the lock file.
        path: String,
    },
    /// The lock file beside the database could not be made.
    #[error("cannot lock {path}")]
    Lock {
        /// The path of the lock file.
        path: String,
        /// What the system says of it.
        #[source]
        source: std::io::Error,
    },
    /// The schema could not be brought up to date.
    #[error(
        "the database's schema could not be brought up to date; one from before the first release is not read, move it away"
    )]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database said no.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A stored row is not what this version writes.
    #[error("a stored {what} cannot be read")]
    Corrupt {
        /// What kind of row.
        what: &'static str,
        /// What is wrong with its JSON.
        #[source]
        source: serde_json::Error,
    },
}

/// Results of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Whether the same commit may succeed when tried again: two commits got in each other's way.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        // PostgreSQL: serialization failure, deadlock, lock not available. SQLite: busy.
        matches!(error.code().as_deref(), Some("40001" | "40P01" | "55P03" | "5"))
    }

    /// Whether a statement took longer than PostgreSQL's `statement_timeout` and was broken off. Its commit
    /// did not happen, even if the statement was `COMMIT`: an error in answer to that means that all was
    /// rolled back. The same may be quick a moment later, or take as long again.
    ///
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html> (`query_canceled`)
    #[must_use]
    pub fn took_too_long(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().as_deref() == Some("57014")
    }

    /// Whether the input itself is at fault, so that trying it again fails again; or, where it
    /// [took too long](Self::took_too_long), is not worth trying for ever.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Corrupt { .. } => true,
            Self::Database(sqlx::Error::Database(error)) => {
                let code = error.code().unwrap_or_default();
                // PostgreSQL's class 22 are values it cannot hold, such as text with a NUL.
                let is_bad_value = code.len() == 5 && code.starts_with("22");
                is_bad_value
                    || self.took_too_long()
                    || error.is_check_violation()
                    || error.is_unique_violation()
            }
            _ => false,
        }
    }
}

/// Reads a JSON column.
fn from_json<T: serde::de::DeserializeOwned>(what: &'static str, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|source| StoreError::Corrupt { what, source })
}

/// Reads what stands in a column as one word.
fn from_word<T: serde::de::DeserializeOwned>(what: &'static str, word: String) -> Result<T> {
    serde_json::from_value(word.into()).map_err(|source| StoreError::Corrupt { what, source })
}

/// Writes a JSON column.
pub(crate) fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|source| StoreError::Corrupt { what, source })
}

/// Counts rows.
async fn count(conn: &mut AnyConnection, sql: &'static str, value: &str) -> Result<u32> {
    let count: i64 = sqlx::query_scalar(sql).bind(value).fetch_one(conn).await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}
