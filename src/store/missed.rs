//! Texts that are in the provider's list but never came. They are kept while the list is read, newest first.
//! Once it is read to its end, they are applied in the order they were written.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Result, many, to_json};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::input::ContactText;

/// A text that never came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The text.
    pub text: ContactText,
    /// When it was written, to the second.
    pub written_at: Millis,
    /// Its position among texts of the same second: the lower, the earlier.
    pub place: i64,
}

/// A text as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The receipt it will have.
    pub sid: String,
    /// The text, or the row where that cannot be read.
    pub text: std::result::Result<ContactText, String>,
}

/// Keeps texts, each once.
pub async fn keep(conn: &mut AnyConnection, missed: &[Missed]) -> Result<()> {
    for piece in many::pieces(missed) {
        let sql = format!(
            "INSERT INTO missed (sid, ours, theirs, written_at, place, body) VALUES {} ON CONFLICT DO NOTHING",
            many::places(piece.len(), 6)
        );
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for Missed { text, written_at, place } in piece {
            insert = insert
                .bind(text.sid.as_str())
                .bind(text.to.to_string())
                .bind(text.from.to_string())
                .bind(written_at.0)
                .bind(*place)
                .bind(to_json("text", text)?);
        }
        insert.execute(&mut *conn).await?;
    }
    Ok(())
}

/// The next texts to one of our numbers. A contact's texts come in the order they were written, and contacts
/// take turns, so that nobody waits behind one who wrote a thousand.
pub async fn next(conn: &mut AnyConnection, ours: &Address, limit: i64) -> Result<Vec<Kept>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.sid, m.body FROM missed m JOIN
         (SELECT sid, ROW_NUMBER() OVER (PARTITION BY theirs ORDER BY written_at, place) AS turn
          FROM missed WHERE ours = $1) AS t ON t.sid = m.sid
         ORDER BY t.turn, m.written_at, m.place LIMIT $2",
    )
    .bind(ours.to_string())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let kept = |(sid, body): (String, String)| {
        let text = serde_json::from_str(&body).map_err(|_| body);
        Kept { sid, text }
    };
    Ok(rows.into_iter().map(kept).collect())
}

/// Forgets texts that were applied.
pub async fn forget(conn: &mut AnyConnection, sids: &[String]) -> Result<()> {
    for piece in many::pieces(sids) {
        let sql = format!("DELETE FROM missed WHERE sid IN (VALUES {})", many::places(piece.len(), 1));
        let mut delete = sqlx::query(AssertSqlSafe(sql));
        for sid in piece {
            delete = delete.bind(sid.as_str());
        }
        delete.execute(&mut *conn).await?;
    }
    Ok(())
}

/// How many wait.
pub async fn count(conn: &mut AnyConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM missed").fetch_one(conn).await?)
}
