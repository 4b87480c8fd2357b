//! The desk's database, read from outside.

use sqlx::{AnyConnection, Connection as _, Row as _};
use switchroom::domain::address::Address;

use super::dump::dump_of;

/// Where the desk keeps everything.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    url: String,
}

impl Books {
    /// The books at a database URL.
    pub(crate) fn at(url: &str) -> Self {
        sqlx::any::install_default_drivers();
        Self { url: url.to_owned() }
    }

    /// One number.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut conn = AnyConnection::connect(&self.url).await.unwrap();
        let number = sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        number
    }

    /// All rows, whose columns are texts; what is null is empty.
    pub(crate) async fn rows(&self, sql: &'static str) -> Vec<Vec<String>> {
        let mut conn = AnyConnection::connect(&self.url).await.unwrap();
        let rows = sqlx::query(sql).fetch_all(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        let text = |row: &sqlx::any::AnyRow, at| row.get::<Option<String>, _>(at).unwrap_or_default();
        rows.iter().map(|row| (0..row.len()).map(|at| text(row, at)).collect()).collect()
    }

    /// Every row of every table, see [`dump_of`].
    pub(crate) async fn dump(&self) -> Vec<String> {
        let mut conn = AnyConnection::connect(&self.url).await.unwrap();
        let rows = dump_of(&mut conn).await;
        conn.close().await.unwrap();
        rows
    }

    /// The user who speaks for a phone in rooms.
    pub(crate) async fn ghost(&self, phone: &str) -> String {
        let mut conn = AnyConnection::connect(&self.url).await.unwrap();
        let sql = "SELECT name FROM ghosts WHERE number = $1 AND is_replaced = 0";
        let name: String = sqlx::query_scalar(sql)
            .bind(Address::read(phone).to_string())
            .fetch_one(&mut conn)
            .await
            .unwrap();
        conn.close().await.unwrap();
        format!("@sms_{name}:desk.test")
    }

    /// The newest conversation with a phone: its state, its owner and its room, each empty where there is
    /// none yet.
    pub(crate) async fn newest(&self, phone: &str) -> (String, String, String) {
        let mut conn = AnyConnection::connect(&self.url).await.unwrap();
        let sql = "SELECT state, COALESCE(owner, ''), COALESCE(room_id, '') FROM interactions
                   WHERE contact_number = $1 ORDER BY created_at DESC LIMIT 1";
        let theirs = Address::read(phone).to_string();
        let newest = sqlx::query_as(sql).bind(theirs).fetch_optional(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        newest.unwrap_or_default()
    }
}
