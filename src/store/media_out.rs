//! Pictures and files that are ready for phones. The provider fetches them by links; each is kept until the
//! last link to it has run out.

use sqlx::AnyConnection;

use super::Result;
use crate::clock::Millis;
use crate::domain::ids::InteractionId;

/// How much of a file one row holds, in bytes.
pub const PIECE_BYTES: usize = 256 * 1024;

/// What is cleared away once no link to it holds, so many at a time.
pub const OVER: &str = "SELECT id FROM media_out WHERE until < $1 ORDER BY until LIMIT $2";

/// A file without its content.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct File {
    /// The desk's id of it: 32 hexadecimal digits, random.
    pub id: String,
    /// The conversation it belongs to.
    pub interaction: String,
    /// The name in its link, like `image-1.jpg`.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// How large it is, in bytes.
    pub bytes: i64,
    /// Until when a link to it may hold, in Unix milliseconds.
    pub until: i64,
}

/// Keeps a file that was made now.
pub async fn add(conn: &mut AnyConnection, file: &File, content: &[u8], now: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO media_out (id, interaction, name, mime, bytes, made_at, until)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(file.id.as_str())
    .bind(file.interaction.as_str())
    .bind(file.name.as_str())
    .bind(file.mime.as_str())
    .bind(file.bytes)
    .bind(now.0)
    .bind(file.until)
    .execute(&mut *conn)
    .await?;
    for (number, piece) in (0_i64..).zip(content.chunks(PIECE_BYTES)) {
        sqlx::query("INSERT INTO media_out_pieces (media, number, bytes) VALUES ($1, $2, $3)")
            .bind(file.id.as_str())
            .bind(number)
            .bind(piece.to_vec())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The file of an id.
pub async fn by_id(conn: &mut AnyConnection, id: &str) -> Result<Option<File>> {
    let sql = "SELECT id, interaction, name, mime, bytes, until FROM media_out WHERE id = $1";
    Ok(sqlx::query_as(sql).bind(id).fetch_optional(conn).await?)
}

/// A piece of a file's content, by its number from 0: [`PIECE_BYTES`] of it, or what is left.
pub async fn piece(conn: &mut AnyConnection, id: &str, number: i64) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT bytes FROM media_out_pieces WHERE media = $1 AND number = $2";
    Ok(sqlx::query_scalar(sql).bind(id).bind(number).fetch_optional(conn).await?)
}

/// Keeps a file until a later moment. False if it is there no longer.
pub async fn renew(conn: &mut AnyConnection, id: &str, until: Millis) -> Result<bool> {
    let renewed =
        sqlx::query("UPDATE media_out SET until = CASE WHEN until < $2 THEN $2 ELSE until END WHERE id = $1")
            .bind(id)
            .bind(until.0)
            .execute(conn)
            .await?;
    Ok(renewed.rows_affected() > 0)
}

/// Takes away the files of a conversation.
pub async fn forget(conn: &mut AnyConnection, of: &InteractionId) -> Result<()> {
    for sql in [
        "DELETE FROM media_out_pieces WHERE media IN (SELECT id FROM media_out WHERE interaction = $1)",
        "DELETE FROM media_out WHERE interaction = $1",
    ] {
        sqlx::query(sql).bind(of.as_str()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Clears away files to which no link holds any more, at most so many; returns how many those were.
pub async fn clear(conn: &mut AnyConnection, now: Millis, limit: i64) -> Result<u64> {
    let over: Vec<String> = sqlx::query_scalar(OVER).bind(now.0).bind(limit).fetch_all(&mut *conn).await?;
    let mut cleared = 0;
    for id in &over {
        // One that was renewed meanwhile stays whole.
        let gone = sqlx::query("DELETE FROM media_out WHERE id = $1 AND until < $2")
            .bind(id.as_str())
            .bind(now.0)
            .execute(&mut *conn)
            .await?;
        if gone.rows_affected() > 0 {
            cleared += 1;
            sqlx::query("DELETE FROM media_out_pieces WHERE media = $1")
                .bind(id.as_str())
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(cleared)
}
