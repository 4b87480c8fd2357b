//! In which rooms of others a contact was shown, such as their card in the room of another customer: nothing
//! else of the desk's tells that, and whoever erases the contact has to have it erased there too.

use ruma::RoomId;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Result, many};
use crate::domain::ids::ContactId;

/// Remembers that a room shows the contacts whose ids stand in a text, and those of the conversations whose
/// ids do.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, room: &RoomId, text: &str) -> Result<()> {
    for (begin, of) in [
        ("c-", "SELECT id, CAST($1 AS TEXT) FROM contacts WHERE id IN"),
        ("i-", "SELECT DISTINCT contact, CAST($1 AS TEXT) FROM interactions WHERE contact <> '' AND id IN"),
    ] {
        let mut named: Vec<&str> = ids(text, begin).collect();
        named.sort_unstable();
        named.dedup();
        for piece in many::pieces(&named) {
            let places: Vec<String> = (0..piece.len()).map(|at| format!("(${})", at + 2)).collect();
            let sql = format!(
                "INSERT INTO shown_in (contact, room_id) {of} (VALUES {}) ON CONFLICT DO NOTHING",
                places.join(", ")
            );
            let mut insert = sqlx::query(AssertSqlSafe(sql)).bind(room.as_str());
            for id in piece {
                insert = insert.bind(*id);
            }
            insert.execute(&mut *conn).await?;
        }
    }
    Ok(())
}

/// Forgets where a contact was shown, and returns the rooms.
///
/// # Errors
/// [`super::StoreError`].
pub async fn take(conn: &mut AnyConnection, contact: &ContactId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("DELETE FROM shown_in WHERE contact = $1 RETURNING room_id")
        .bind(contact.as_str())
        .fetch_all(conn)
        .await?)
}

/// A room is erased with all that it shows.
///
/// # Errors
/// [`super::StoreError`].
pub async fn gone(conn: &mut AnyConnection, room: &RoomId) -> Result<()> {
    sqlx::query("DELETE FROM shown_in WHERE room_id = $1").bind(room.as_str()).execute(conn).await?;
    Ok(())
}

/// The ids in a text that begin like this, such as `i-`.
pub(super) fn ids<'a>(text: &'a str, begin: &'static str) -> impl Iterator<Item = &'a str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(move |c: char| !is_part(c)).filter(move |word| word.starts_with(begin))
}
