//! The simulator's own SQLite file: what it remembers, across restarts. It is written through and read once.

use std::path::Path;
use std::sync::Mutex as StdMutex;

use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Row as _};
use tokio::sync::Mutex;

use super::state::{Blob, Dropped, Part, Phone, State, locked};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS phones (number TEXT PRIMARY KEY, json TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS media (seq INTEGER NOT NULL, sid TEXT NOT NULL PRIMARY KEY,
        content_type TEXT NOT NULL, bytes BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS media_by_seq ON media (seq);
    CREATE TABLE IF NOT EXISTS opt_outs (phone TEXT NOT NULL, ours TEXT NOT NULL, PRIMARY KEY (phone, ours));";

pub(super) struct Store {
    /// Taken before the memory is read for writing, so that the last writer writes the latest state.
    file: Mutex<SqliteConnection>,
}

impl Store {
    pub(super) async fn open(file: &Path) -> Result<(Self, State), sqlx::Error> {
        let mut connection = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .connect()
            .await?;
        sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
        let state = read(&mut connection).await?;
        Ok((Self { file: Mutex::new(connection) }, state))
    }

    pub(super) async fn put_phone(&self, phone: &Phone) {
        let json = serde_json::to_string(phone).unwrap_or_default();
        let query = sqlx::query(
            "INSERT INTO phones VALUES ($1, $2) ON CONFLICT (number) DO UPDATE SET json = excluded.json",
        );
        warn(query.bind(&phone.number).bind(json).execute(&mut *self.file.lock().await).await);
    }

    pub(super) async fn put_message(&self, state: &StdMutex<State>, seq: u64) {
        let mut file = self.file.lock().await;
        let json = locked(state).messages.get(&seq).and_then(|message| serde_json::to_string(message).ok());
        let Some(json) = json else { return };
        let query = sqlx::query(
            "INSERT INTO messages VALUES ($1, $2) ON CONFLICT (seq) DO UPDATE SET json = excluded.json",
        );
        warn(query.bind(key(seq)).bind(json).execute(&mut *file).await);
    }

    pub(super) async fn put_media(&self, state: &StdMutex<State>, seq: u64) {
        let mut file = self.file.lock().await;
        let blobs = locked(state).blobs(seq).to_vec();
        for blob in blobs {
            let query = sqlx::query("INSERT INTO media VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .bind(key(seq))
                .bind(blob.part.sid)
                .bind(blob.part.content_type)
                .bind(blob.bytes.to_vec());
            warn(query.execute(&mut *file).await);
        }
    }

    pub(super) async fn delete_media(&self, sid: &str) {
        let query = sqlx::query("DELETE FROM media WHERE sid = $1").bind(sid);
        warn(query.execute(&mut *self.file.lock().await).await);
    }

    pub(super) async fn drop_up_to(&self, dropped: Dropped) {
        let mut file = self.file.lock().await;
        if let Some(seq) = dropped.messages {
            warn(
                sqlx::query("DELETE FROM messages WHERE seq <= $1").bind(key(seq)).execute(&mut *file).await,
            );
        }
        if let Some(seq) = dropped.media {
            warn(sqlx::query("DELETE FROM media WHERE seq <= $1").bind(key(seq)).execute(&mut *file).await);
        }
    }

    pub(super) async fn set_opted_out(&self, phone: &str, ours: &str, out: bool) {
        let query = if out {
            sqlx::query("INSERT INTO opt_outs VALUES ($1, $2) ON CONFLICT DO NOTHING")
        } else {
            sqlx::query("DELETE FROM opt_outs WHERE phone = $1 AND ours = $2")
        };
        warn(query.bind(phone).bind(ours).execute(&mut *self.file.lock().await).await);
    }
}

async fn read(file: &mut SqliteConnection) -> Result<State, sqlx::Error> {
    let mut state = State::default();
    for row in sqlx::query("SELECT json FROM phones ORDER BY rowid").fetch_all(&mut *file).await? {
        if let Some(phone) = parse(&row) {
            state.put_phone(phone);
        }
    }
    for row in sqlx::query("SELECT json FROM messages ORDER BY seq").fetch_all(&mut *file).await? {
        if let Some(message) = parse(&row) {
            state.insert(message);
        }
    }
    for row in sqlx::query("SELECT seq, sid, content_type, bytes FROM media ORDER BY seq, rowid")
        .fetch_all(&mut *file)
        .await?
    {
        let seq = u64::try_from(row.try_get::<i64, _>("seq")?).unwrap_or_default();
        let part = Part { sid: row.try_get("sid")?, content_type: row.try_get("content_type")? };
        let bytes: Vec<u8> = row.try_get("bytes")?;
        state.put_blobs(seq, vec![Blob { part, bytes: bytes.into() }]);
    }
    for row in sqlx::query("SELECT phone, ours FROM opt_outs").fetch_all(&mut *file).await? {
        state.set_opted_out(row.try_get("phone")?, row.try_get("ours")?, true);
    }
    Ok(state)
}

/// One row of another version must not keep the others from being read.
fn parse<T: DeserializeOwned>(row: &sqlx::sqlite::SqliteRow) -> Option<T> {
    let parsed = row.try_get::<String, _>("json").ok().and_then(|json| serde_json::from_str(&json).ok());
    if parsed.is_none() {
        tracing::warn!("a row of the simulator's file could not be read and is left out");
    }
    parsed
}

fn key(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// The simulator goes on from memory when its disk fails.
fn warn<T>(result: Result<T, sqlx::Error>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the simulator's file could not be written");
    }
}
