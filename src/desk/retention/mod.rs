//! Erasing what is older than the desk keeps it: some of one kind in each commit, the oldest first.

mod audit;
mod conversations;
mod media;
mod talks;

use crate::commit::{Applied, Tx};
use crate::domain::retention::Old;
use crate::store::Result;

/// Erases some of what is too old. Says whether there is more of it.
pub(super) async fn erase(tx: &mut Tx<'_>, what: Old) -> Result<Applied> {
    let is_more = match what {
        Old::Conversations => conversations::erase(tx).await?,
        Old::Media => media::erase(tx).await?,
        Old::Talks => talks::erase(tx).await?,
        Old::Audit => audit::erase(tx).await?,
    };
    Ok(if is_more { Applied::More } else { Applied::Done })
}
