//! What differs between SQLite and PostgreSQL, and nothing else.

use sqlx::AnyConnection;
use sqlx::migrate::Migrator;

use super::Result;

/// How long a connection to an SQLite file waits for another.
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 5000";

/// The database engine behind a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One file, one process.
    Sqlite,
    /// A server that several replicas share.
    Postgres,
}

impl Engine {
    /// The engine a database URL speaks of.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        if url.starts_with("sqlite:") {
            Some(Self::Sqlite)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Some(Self::Postgres)
        } else {
            None
        }
    }

    /// The engine behind a connection.
    pub(crate) fn of_connection(conn: &AnyConnection) -> Self {
        if conn.backend_name() == "PostgreSQL" { Self::Postgres } else { Self::Sqlite }
    }

    /// The part of the schema that only this engine understands.
    pub(crate) fn own_schema(self) -> Migrator {
        match self {
            Self::Sqlite => sqlx::migrate!("src/store/migrations/sqlite"),
            Self::Postgres => sqlx::migrate!("src/store/migrations/postgres"),
        }
    }

    /// How a commit begins: SQLite takes its one write lock at once, PostgreSQL checks that commits are
    /// serializable.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        }
    }

    /// What each new connection is told.
    pub(crate) fn prepare_connection(self) -> &'static [&'static str] {
        match self {
            // FULL: a commit that was answered for survives loss of power. What is deleted is overwritten, so
            // that nothing of it can be read out of the file.
            Self::Sqlite => &[
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                BUSY_TIMEOUT,
                "PRAGMA foreign_keys = ON",
                // What is deleted or changed is overwritten, and cannot be read out of the file any more.
                "PRAGMA secure_delete = ON",
            ],
            // A replica that is paused in a commit must not hold its locks for long.
            Self::Postgres => &[
                "SET lock_timeout = '2s'",
                "SET statement_timeout = '10s'",
                "SET idle_in_transaction_session_timeout = '5s'",
            ],
        }
    }

    /// What the connection is told that brings the schema up to date. That may take long, and another replica
    /// may be at it.
    pub(crate) fn prepare_upgrade(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &[],
            Self::Postgres => &["SET lock_timeout = 0", "SET statement_timeout = 0"],
        }
    }

    /// More statements for each new connection that writes.
    pub(crate) fn prepare_writer(self) -> &'static [&'static str] {
        match self {
            // Commits touch pages all over the file; readers keep to SQLite's own 2 MB.
            Self::Sqlite => &["PRAGMA cache_size = -8192"],
            // A commit that is one statement says no `BEGIN`.
            Self::Postgres => &["SET default_transaction_isolation = 'serializable'"],
        }
    }

    /// Takes what was deleted out of the files of the database. SQLite's log holds it until it is written
    /// over, and its file until the log is written into it; PostgreSQL clears its files by itself. False if
    /// somebody still reads what was there before: SQLite says so in a row, and not by an error.
    pub(crate) async fn wipe(self, conn: &mut AnyConnection) -> Result<bool> {
        match self {
            Self::Sqlite => {
                // Whoever reads for long, such as a backup, must not hold up the one who writes.
                sqlx::query("PRAGMA busy_timeout = 200").execute(&mut *conn).await?;
                // Source: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
                let emptied = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *conn).await;
                sqlx::query(BUSY_TIMEOUT).execute(conn).await?;
                let (is_busy, _, _): (i64, i64, i64) = emptied?;
                Ok(is_busy == 0)
            }
            Self::Postgres => Ok(true),
        }
    }

    /// How many of the allowed connections read; one more writes. A connection to a file is a thread with its
    /// own cache; more of them than the machine has cores read no faster.
    pub(crate) fn readers(self, allowed: u32) -> u32 {
        let left = allowed.saturating_sub(1).max(1);
        match self {
            Self::Sqlite => left.min(cores().clamp(2, 4)),
            Self::Postgres => left,
        }
    }

    /// Whether one process has the database to itself, so that lanes need no leases.
    #[must_use]
    pub fn is_exclusive(self) -> bool {
        self == Self::Sqlite
    }

    /// The database's own clock, in Unix milliseconds: replicas agree on it.
    pub(crate) fn now_ms(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS BIGINT)",
            Self::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }
}

fn cores() -> u32 {
    std::thread::available_parallelism().map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX))
}
