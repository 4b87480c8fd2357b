//! What the benches of look-ups are made on, a database of each engine, and how long a look-up takes.

#[expect(clippy::unwrap_used, reason = "it belongs to the tests, which end where something fails")]
#[path = "../../tests/it/harness/folder.rs"]
mod folder;
#[expect(clippy::unwrap_used, reason = "it belongs to the tests, which end where something fails")]
#[path = "../../tests/it/harness/postgres.rs"]
mod postgres;

use std::time::{Duration, Instant};

use postgres::Postgres;
use switchroom::store::{self, Store};
use tempfile::TempDir;

/// An empty database of each engine. SQLite's file is removed with it.
pub(crate) struct Engines {
    pub(crate) sqlite: Store,
    pub(crate) postgres: Store,
    _files: TempDir,
}

impl Engines {
    pub(crate) async fn empty() -> anyhow::Result<Self> {
        let files = tempfile::tempdir()?;
        let url = format!("sqlite://{}", files.path().join("desk.db").display());
        let sqlite = store::open(&url, 4).await?;
        let postgres = store::open(&Postgres::shared().await.fresh_database().await, 4).await?;
        Ok(Self { sqlite, postgres, _files: files })
    }

    /// Both, each by its name.
    pub(crate) fn named(&self) -> [(&'static str, &Store); 2] {
        [("SQLite", &self.sqlite), ("PostgreSQL", &self.postgres)]
    }

    pub(crate) async fn close(self) {
        self.sqlite.close().await;
        self.postgres.close().await;
    }
}

/// How long many look-ups took.
#[derive(Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn add(&mut self, begun: Instant) {
        self.0.push(begun.elapsed());
    }

    /// One in the middle and the slowest, in milliseconds.
    pub(crate) fn middle_and_slowest(mut self) -> [f64; 2] {
        self.0.sort();
        [self.0[self.0.len() / 2], self.0[self.0.len() - 1]].map(|time| time.as_secs_f64() * 1_000.0)
    }
}
