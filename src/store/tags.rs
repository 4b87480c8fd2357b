//! The tags of interactions, to be counted.

use sqlx::AnyConnection;

use super::Result;
use crate::clock::Millis;
use crate::domain::interaction::Interaction;
use crate::domain::report::TagLine;

/// How often each tag stands on what began in a period.
pub const COUNTS: &str = "SELECT tag, COUNT(*) FROM tags WHERE began_at >= $1 AND began_at < $2
     GROUP BY tag ORDER BY COUNT(*) DESC, tag LIMIT $3";

/// Keeps which tags an interaction has.
///
/// # Errors
/// [`super::StoreError`].
pub async fn set(conn: &mut AnyConnection, of: &Interaction) -> Result<()> {
    sqlx::query("DELETE FROM tags WHERE interaction = $1").bind(of.id.as_str()).execute(&mut *conn).await?;
    for tag in &of.tags {
        sqlx::query("INSERT INTO tags (interaction, tag, began_at) VALUES ($1, $2, $3)")
            .bind(of.id.as_str())
            .bind(tag.as_str())
            .bind(of.created_at.0)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// How many of the interactions that began from one moment until, not including, another have which tag: the
/// most frequent tags, as many as `limit`.
///
/// # Errors
/// [`super::StoreError`].
pub async fn counts(conn: &mut AnyConnection, from: Millis, to: Millis, limit: i64) -> Result<Vec<TagLine>> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as(COUNTS).bind(from.0).bind(to.0).bind(limit).fetch_all(conn).await?;
    let line = |(tag, began)| TagLine { tag, began: u32::try_from(began).unwrap_or(u32::MAX) };
    Ok(rows.into_iter().map(line).collect())
}
