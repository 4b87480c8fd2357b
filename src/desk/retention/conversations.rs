//! Erasing the content of conversations with contacts.

use ruma::OwnedRoomId;

use crate::acts::retention::due_queues;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::effect::LeaveForeign;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::retention::Old;
use crate::domain::timer::Due;
use crate::store::{Result, contacts, retention, timers};

/// How many conversations one commit empties, and how many lines of transcripts it erases, so that it holds
/// nothing else up for long.
const AT_ONCE: usize = 50;
const LINES: i64 = 2_000;
const DAY_SECS: u64 = 86_400;

/// Empties the conversations that are done for too long, the longest done first, queue by queue. A
/// conversation is emptied at once; if it has very many lines, some of them go with the next commits. Returns
/// whether there may be more.
pub(super) async fn erase(tx: &mut Tx<'_>) -> Result<bool> {
    // What an earlier commit began comes first, also if the setting has changed since.
    if retention::erase_lines(tx.db().await?, LINES).await? == LINES {
        return Ok(true);
    }
    let (mut left, mut unreadable) = (AT_ONCE, 0);
    for (queue, before) in due_queues(tx, Old::Conversations).await? {
        let due = retention::due(tx.db().await?, &queue, before, left).await?;
        unreadable += due.unreadable.len();
        let days = tx.now.since(before).as_secs() / DAY_SECS;
        left = left.saturating_sub(due.len());
        for old in &due.readable {
            empty(tx, old, days).await?;
        }
        for old in &due.unreadable {
            empty_unreadable(tx, old).await?;
        }
        if left == 0 {
            break;
        }
    }
    let lines = retention::erase_lines(tx.db().await?, LINES).await?;
    let conversations = AT_ONCE - left;
    if conversations > 0 {
        tracing::info!(conversations, lines, "erased the content of conversations that were done long ago");
    }
    if unreadable > 0 {
        tracing::warn!(
            unreadable,
            "some of them could not be read, and were erased by what their columns tell"
        );
    }
    Ok(left == 0 || lines == LINES)
}

async fn empty(tx: &mut Tx<'_>, old: &Interaction, days: u64) -> Result<()> {
    leave(tx, old).await?;
    let now = tx.now;
    let uris = retention::empty(tx.db().await?, old, now, days).await?;
    super::media::delete(tx, uris).await
}

/// Empties one that cannot be read.
async fn empty_unreadable(tx: &mut Tx<'_>, old: &InteractionId) -> Result<()> {
    let set = timers::set_for(tx.db().await?, &Due::LeaveRoom { interaction: old.clone() }).await?;
    let is_inside = match set {
        Some(timer) => timers::take(tx.db().await?, &timer).await?,
        None => false,
    };
    let now = tx.now;
    let (unread, uris) = retention::empty_unreadable(tx.db().await?, old, now).await?;
    if let Some(Ok(room)) = unread.room.filter(|_| is_inside).map(OwnedRoomId::try_from) {
        leave_now(tx, &unread.number, &room).await?;
    }
    super::media::delete(tx, uris).await
}

/// Lets ghost and bot leave the room, if they have not. While there is a timer for that, they are in it;
/// without the rows nobody would know whose room it is.
async fn leave(tx: &mut Tx<'_>, old: &Interaction) -> Result<()> {
    let (Some(timer), Some(room)) = (old.leave_timer(), &old.room) else { return Ok(()) };
    if !timers::take_back(tx.db().await?, &timer).await? {
        return Ok(());
    }
    leave_now(tx, &old.contact.number, room).await
}

async fn leave_now(tx: &mut Tx<'_>, number: &Address, room: &OwnedRoomId) -> Result<()> {
    let ghost = contacts::ghost(tx.db().await?, number).await?;
    let ghost = ghost.and_then(|ghost| tx.settings.user_of(&ghost.name));
    for ghost in ghost.map(Some).into_iter().chain([None]) {
        tx.emit(LeaveForeign { room: room.clone(), reason: "erased".to_owned(), ghost }).await?;
    }
    Ok(())
}
