//! By which ids the provider knows what was said in a conversation. Where two customers use one number, only
//! these tell which of its messages are whose.

use std::collections::HashSet;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Batch, Result, many};
use crate::domain::ids::InteractionId;

/// Remembers a message of a conversation.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, of: &InteractionId, sid: &str) -> Result<()> {
    let mut batch = Batch::on(conn);
    batch_new(&mut batch, &[(sid.to_owned(), of.clone())]);
    batch.run(conn).await
}

/// Remembers messages, each with its conversation, together with other statements.
pub(crate) fn batch_new(batch: &mut Batch, texts: &[(String, InteractionId)]) {
    for piece in many::pieces(texts) {
        let places = many::places(piece.len(), 2);
        let insert = batch.add(format!(
            "INSERT INTO provider_texts (sid, interaction) VALUES {places} ON CONFLICT DO NOTHING"
        ));
        for (sid, of) in piece {
            insert.bind(sid.as_str()).bind(of.as_str());
        }
    }
}

/// Which of these messages belong to a conversation that is kept.
///
/// # Errors
/// [`super::StoreError`].
pub async fn known(conn: &mut AnyConnection, sids: &[&str]) -> Result<HashSet<String>> {
    let mut known = HashSet::new();
    for piece in many::pieces(sids) {
        let sql =
            format!("SELECT sid FROM provider_texts WHERE sid IN (VALUES {})", many::places(piece.len(), 1));
        let mut select = sqlx::query_scalar(AssertSqlSafe(sql));
        for sid in piece {
            select = select.bind(*sid);
        }
        let found: Vec<String> = select.fetch_all(&mut *conn).await?;
        known.extend(found);
    }
    Ok(known)
}
