//! Erasing what agents said to each other longer ago than the desk keeps it.

use std::collections::BTreeSet;

use crate::commit::{Applied, Tx};
use crate::domain::effect::LeaveForeign;
use crate::store::{Result, talks, timers};

/// How many rooms of talks one commit erases, so that it holds nothing else up for long.
const AT_ONCE: i64 = 100;

/// Erases the talks of rooms in which every talk has been done for long enough, longest done first.
pub(super) async fn erase(tx: &mut Tx<'_>) -> Result<Applied> {
    let Some(kept) = tx.settings.desk.im_retention() else { return Ok(Applied::Done) };
    let now = tx.now;
    let old = talks::done_before(tx.db().await?, now - kept, AT_ONCE).await?;
    if old.is_empty() {
        return Ok(Applied::Done);
    }
    let mut rooms = BTreeSet::new();
    for talk in &old {
        // While there is a timer for leaving the room, the bot is still in it. Without the rows nobody would
        // know whose room it is.
        if let (Some(timer), Some(room)) = (talk.leave_timer(), &talk.room)
            && timers::take_back(tx.db().await?, &timer).await?
        {
            rooms.insert(room.clone());
        }
    }
    for room in rooms {
        tx.emit(LeaveForeign { room, reason: "erased".to_owned(), ghost: None }).await?;
    }
    let lines = talks::erase(tx.db().await?, &old).await?;
    tracing::info!(talks = old.len(), lines, "erased IMs and consults that were done long ago");
    Ok(Applied::Done)
}
