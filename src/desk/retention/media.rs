//! Erasing the pictures and files of conversations, which the homeserver keeps.

use ruma::OwnedMxcUri;

use crate::acts::retention::due_queues;
use crate::commit::Tx;
use crate::domain::effect::DeleteMedia;
use crate::domain::retention::Old;
use crate::store::{Result, retention};

/// How many pictures one commit has erased.
const AT_ONCE: usize = 100;

/// Has the homeserver erase the pictures of conversations that are done for too long. Returns whether there
/// may be more.
pub(super) async fn erase(tx: &mut Tx<'_>) -> Result<bool> {
    let mut left = AT_ONCE;
    for (queue, before) in due_queues(tx, Old::Media).await? {
        let limit = i64::try_from(left).unwrap_or(i64::MAX);
        let uris = retention::take_media(tx.db().await?, &queue, before, limit).await?;
        left = left.saturating_sub(uris.len());
        delete(tx, uris).await?;
        if left == 0 {
            break;
        }
    }
    let files = AT_ONCE - left;
    if files > 0 {
        tracing::info!(
            files,
            "the homeserver is asked to erase pictures and files that are older than they are kept"
        );
    }
    Ok(left == 0)
}

/// Has the homeserver erase files.
pub(super) async fn delete(tx: &mut Tx<'_>, uris: Vec<String>) -> Result<()> {
    for uri in uris {
        tx.emit(DeleteMedia { uri: OwnedMxcUri::from(uri) }).await?;
    }
    Ok(())
}
