//! Opening the database: the lock, the schema, the connections.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Executor as _};

use super::engine::Engine;
use super::{Result, StoreError};
use crate::clock::Millis;

/// A connection to a server that rested for so long is asked whether it lives before it is used.
const ASKED_AFTER: Duration = Duration::from_secs(1);

/// An open database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    readers: AnyPool,
    writer: AnyPool,
    _lock: Option<Arc<File>>,
}

impl Store {
    /// Which engine it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// A connection for reading; only the desk writes desk state.
    ///
    /// # Errors
    /// [`StoreError::Database`] when none can be had.
    pub async fn connection(&self) -> Result<PoolConnection<Any>> {
        Ok(self.readers.acquire().await?)
    }

    /// The connection for commits of the desk. No reader ever has it, so that a commit waits for none.
    ///
    /// # Errors
    /// [`StoreError::Database`] when none can be had.
    pub(crate) async fn writing_connection(&self) -> Result<PoolConnection<Any>> {
        Ok(self.writer.acquire().await?)
    }

    /// The database's own clock.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it does not answer.
    pub async fn now(&self) -> Result<Millis> {
        let mut conn = self.connection().await?;
        Ok(Millis(sqlx::query_scalar(self.engine.now_ms()).fetch_one(&mut *conn).await?))
    }

    /// Takes what was deleted out of the files of the database. False if somebody still reads what was there
    /// before, so that it has to be done once more.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database fails.
    pub(crate) async fn wipe(&self) -> Result<bool> {
        let mut conn = self.writing_connection().await?;
        self.engine.wipe(&mut conn).await
    }

    /// Closes all connections, after what runs on them.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Opens the database of a URL, `sqlite://path` or `postgres://…`, and brings its schema up to date. For a
/// SQLite file it takes a lock beside the file, which the operating system gives back when the process ends
/// in whatever way.
///
/// # Errors
/// [`StoreError::InUse`] when another process has the SQLite file, and whatever the database says.
pub async fn open(url: &str, max_connections: u32) -> Result<Store> {
    sqlx::any::install_default_drivers();
    let engine = Engine::of(url).ok_or(StoreError::Url)?;
    let (lock, url) = match engine {
        Engine::Sqlite => (Some(Arc::new(lock_file(url)?)), create_if_missing(url)),
        Engine::Postgres => (None, url.to_owned()),
    };
    // A database that refuses is told of at once; the pool would try again for half a minute.
    AnyConnection::connect(&url).await?.close().await?;
    let upgrading = pool(engine, 1, engine.prepare_upgrade()).connect(&url).await?;
    for mut schema in [sqlx::migrate!("src/store/migrations"), engine.own_schema()] {
        // Each migrator knows its own steps, not those of the other.
        schema.set_ignore_missing(true).run(&upgrading).await?;
    }
    upgrading.close().await;
    let writer = pool(engine, 1, engine.prepare_writer()).connect(&url).await?;
    let readers = pool(engine, engine.readers(max_connections), &[]).connect(&url).await?;
    Ok(Store { engine, readers, writer, _lock: lock })
}

/// A pool whose connections run the engine's statements and some more.
fn pool(engine: Engine, connections: u32, more: &'static [&'static str]) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        // Asking each time whether it lives costs as much as a query. A connection to a file does not break,
        // and one to a server that answered a moment ago hardly has since.
        .test_before_acquire(false)
        .before_acquire(move |conn, about| {
            Box::pin(async move {
                if !engine.is_exclusive() && about.idle_for > ASKED_AFTER {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |conn, _| {
            Box::pin(async move {
                for statement in engine.prepare_connection().iter().chain(more) {
                    conn.execute(*statement).await?;
                }
                Ok(())
            })
        })
}

fn lock_file(url: &str) -> Result<File> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = format!("{}.lock", path.split('?').next().unwrap_or(path));
    let cannot = |source| StoreError::Lock { path: path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse { path }),
        Err(std::fs::TryLockError::Error(source)) => Err(StoreError::Lock { path, source }),
    }
}

fn create_if_missing(url: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}mode=rwc")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pragma(conn: &mut AnyConnection, name: &'static str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("PRAGMA {name}"))).fetch_one(conn).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_deleted_leaves_the_files_at_once_or_when_nobody_reads_it_any_more() {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("desk.db");
        let store = open(&format!("sqlite://{}", path.display()), 3).await.unwrap();
        let holds = |word: &str| {
            let read = |name: &str| std::fs::read(files.path().join(name)).unwrap_or_default();
            String::from_utf8_lossy(&[read("desk.db"), read("desk.db-wal")].concat()).contains(word)
        };
        let add = "INSERT INTO facts (name, value) VALUES ('told', 'zanzibar')";
        let delete = "DELETE FROM facts WHERE name = 'told'";
        for is_read in [false, true] {
            store.writing_connection().await.unwrap().execute(add).await.unwrap();
            let mut reader = store.connection().await.unwrap();
            if is_read {
                reader.execute("BEGIN").await.unwrap();
                reader.execute("SELECT * FROM facts").await.unwrap();
            }
            store.writing_connection().await.unwrap().execute(delete).await.unwrap();
            assert!(holds("zanzibar"), "it stands in the log until that is emptied");
            assert_eq!(store.wipe().await.unwrap(), !is_read);
            if is_read {
                reader.execute("COMMIT").await.unwrap();
                assert!(store.wipe().await.unwrap());
            }
            assert!(!holds("zanzibar"), "{is_read}");
        }
        for conn in [&mut store.connection().await.unwrap(), &mut store.writing_connection().await.unwrap()] {
            assert_eq!((pragma(conn, "secure_delete").await, pragma(conn, "busy_timeout").await), (1, 5000));
        }
    }
}
