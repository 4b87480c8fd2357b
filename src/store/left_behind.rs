//! What the homeserver may hold of conversations that are not kept any longer, by ids that name nobody:
//! whoever erases the customer later has it erased there too.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Result, many};
use crate::domain::ids::InteractionId;

/// What is left behind at the homeserver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The room of a conversation.
    Room,
    /// The room of a consult about it.
    Talk,
    /// A picture or file of it.
    File,
}

impl What {
    fn as_str(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Talk => "talk",
            Self::File => "file",
        }
    }
}

/// Remembers what stays at the homeserver: the conversation of each, and the id of the room or the address of
/// the file.
pub async fn add(conn: &mut AnyConnection, what: What, left: &[(String, String)]) -> Result<()> {
    for piece in many::pieces(left) {
        let sql = format!(
            "INSERT INTO left_behind (interaction, at, what) VALUES {} ON CONFLICT DO NOTHING",
            many::places(piece.len(), 3)
        );
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for (interaction, at) in piece {
            insert = insert.bind(interaction.as_str()).bind(at.as_str()).bind(what.as_str());
        }
        insert.execute(&mut *conn).await?;
    }
    Ok(())
}

/// What stays of a conversation.
pub async fn of(conn: &mut AnyConnection, interaction: &InteractionId, what: What) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT at FROM left_behind WHERE interaction = $1 AND what = $2 ORDER BY at")
        .bind(interaction.as_str())
        .bind(what.as_str())
        .fetch_all(conn)
        .await?)
}

/// Forgets what the homeserver has no longer.
pub async fn gone(conn: &mut AnyConnection, at: &str) -> Result<()> {
    sqlx::query("DELETE FROM left_behind WHERE at = $1").bind(at).execute(conn).await?;
    Ok(())
}
