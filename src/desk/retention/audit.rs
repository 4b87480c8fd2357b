//! Erasing lines of the audit log. What was recorded of consent is in a table of its own, and stays.

use crate::acts::retention::before;
use crate::commit::Tx;
use crate::domain::retention::Old;
use crate::store::{Result, retention};

/// How many lines one commit erases.
const AT_ONCE: u64 = 1_000;

/// Erases the oldest lines that are too old. Returns whether there may be more.
pub(super) async fn erase(tx: &mut Tx<'_>) -> Result<bool> {
    let Some(before) = before(tx, Old::Audit) else { return Ok(false) };
    let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let lines = retention::erase_audit(tx.db().await?, before, limit).await?;
    if lines > 0 {
        tracing::info!(lines, "erased lines of the audit log that are older than it is kept");
    }
    Ok(lines == AT_ONCE)
}
