//! New ids of conversations and new aliases of rooms, and how a typed id is read.

use crate::clock;
use crate::commit::Tx;
use crate::domain::ids::InteractionId;
use crate::store::{Result, conversations};

/// An id no conversation has: short, because people type it.
pub(crate) async fn fresh_id(tx: &mut Tx<'_>) -> Result<InteractionId> {
    let mut len = 5;
    loop {
        let id = InteractionId::new(format!("i-{}", clock::random_typable(len)));
        if conversations::by_id(tx.db_unflushed().await?, &id).await?.is_none() {
            return Ok(id);
        }
        len += 1;
    }
}

/// The local part of a new room's alias.
pub(crate) fn fresh_alias() -> String {
    format!("switchroom_{}", clock::random_hex())
}

/// Whether an id belongs to a session; used where a command names one.
pub(crate) fn interaction_id(text: &str) -> Option<InteractionId> {
    let text = text.trim().to_lowercase();
    let bare = text.strip_prefix("i-").unwrap_or(&text);
    let fits = (4..=12).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| InteractionId::new(format!("i-{bare}")))
}
