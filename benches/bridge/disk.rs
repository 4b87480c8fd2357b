//! What the disk itself can do: durable commits a second, with nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection as _, Executor as _};

/// Rows in a larger commit.
const ROWS: u32 = 100;

/// Durable commits of one row a second, and rows a second where 100 share a commit.
pub(crate) async fn measure(folder: &Path, time: Duration) -> anyhow::Result<(f64, f64)> {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rwc", folder.join("disk.db").display());
    let mut conn = AnyConnection::connect(&url).await?;
    conn.execute("PRAGMA journal_mode = WAL").await?;
    conn.execute("PRAGMA synchronous = FULL").await?;
    conn.execute("DROP TABLE IF EXISTS rows").await?;
    conn.execute("CREATE TABLE rows (id BIGINT PRIMARY KEY, body TEXT NOT NULL)").await?;
    let mut id = 0;
    let single = rate(&mut conn, &mut id, 1, time).await?;
    let grouped = rate(&mut conn, &mut id, ROWS, time).await?;
    conn.close().await?;
    Ok((single, grouped))
}

async fn rate(conn: &mut AnyConnection, id: &mut i64, rows: u32, time: Duration) -> anyhow::Result<f64> {
    let (begun, first) = (Instant::now(), *id);
    while begun.elapsed() < time {
        conn.execute("BEGIN IMMEDIATE").await?;
        for _ in 0..rows {
            *id += 1;
            sqlx::query("INSERT INTO rows (id, body) VALUES ($1, $2)")
                .bind(*id)
                .bind("as long as a short message of a customer to a shop")
                .execute(&mut *conn)
                .await?;
        }
        conn.execute("COMMIT").await?;
    }
    let written = u32::try_from(*id - first)?;
    Ok(f64::from(written) / begun.elapsed().as_secs_f64())
}
