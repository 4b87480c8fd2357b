//! Erasing what agents said to each other longer ago than the desk keeps it.

use std::collections::BTreeSet;

use ruma::OwnedRoomId;

use crate::acts::retention::before;
use crate::commit::Tx;
use crate::domain::effect::LeaveForeign;
use crate::domain::retention::Old;
use crate::store::{Result, talks, timers};

/// How many rooms of talks one commit erases, so that it holds nothing else up for long.
const AT_ONCE: i64 = 100;

/// Erases the talks of rooms in which every talk has been done for long enough, longest done first. Returns
/// whether there may be more.
pub(super) async fn erase(tx: &mut Tx<'_>) -> Result<bool> {
    let Some(before) = before(tx, Old::Talks) else { return Ok(false) };
    let old = talks::done_before(tx.db().await?, before, AT_ONCE).await?;
    if old.is_empty() {
        return Ok(false);
    }
    let mut rooms = BTreeSet::new();
    for talk in &old {
        // While there is a timer for leaving the room, the bot is still in it. Without the rows nobody would
        // know whose room it is.
        if let Some(Ok(room)) = talk.room.as_deref().map(OwnedRoomId::try_from)
            && timers::take_back_anyhow(tx.db().await?, &talk.leave_timer()).await?
        {
            rooms.insert(room);
        }
    }
    for room in rooms {
        tx.emit(LeaveForeign { room, reason: "erased".to_owned(), ghost: None }).await?;
    }
    let lines = talks::erase(tx.db().await?, &old).await?;
    tracing::info!(talks = old.len(), lines, "erased IMs and consults that were done long ago");
    Ok(true)
}
