//! What becomes of the command by which an agent began a text: while the text can be taken back, deleting the
//! command does that, and so does editing it. What becomes of the text is told where the command stands, and
//! in the console of its writer too once they have left that room.

use ruma::OwnedEventId;

use crate::acts::conversations;
use crate::commit::Tx;
use crate::domain::effect::Place;
use crate::domain::input::RoomEvent;
use crate::domain::notice::{HeldBack, Says};
use crate::domain::reply::{Reply, ReplyState};
use crate::store::{Result, agents, replies, upkeep};

/// How a command was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    /// It was deleted.
    Deleted,
    /// It says something else.
    Edited,
}

/// Whether the writer of a message reads what is said where they typed it: not in a room that they have left.
pub(super) async fn reads(tx: &mut Tx<'_>, reply: &Reply, place: &Place) -> Result<bool> {
    conversations::reads(tx, &reply.by, place).await
}

/// A message in a place was deleted or edited. Returns false if no text began by it.
pub(super) async fn changed(
    tx: &mut Tx<'_>,
    (place, event): (&Place, &RoomEvent),
    of: &OwnedEventId,
    how: Changed,
) -> Result<bool> {
    let typed = replies::typed_in(tx.db().await?, of).await?;
    let Some(mut reply) = typed.into_iter().find(|reply| reply.said_in.as_ref() == Some(place)) else {
        return Ok(false);
    };
    // Nobody but its writer can edit a message.
    if how == Changed::Edited && reply.by != event.sender {
        return Ok(true);
    }
    let (was_waiting, was_dropped) = (reply.is_waiting(), reply.state == ReplyState::Dropped);
    let is_dropped = reply.take_back();
    if is_dropped && !was_dropped {
        log(tx, event, &reply).await?;
    }
    let why = match (is_dropped, how) {
        (true, Changed::Edited) if was_waiting => HeldBack::EditedAway,
        (true, Changed::Edited | Changed::Deleted) => {
            tx.update_reply(reply).await?;
            return Ok(true);
        }
        (false, Changed::Edited | Changed::Deleted) => HeldBack::AlreadySent,
    };
    let (interaction, writer) = (reply.interaction.clone(), reply.by.clone());
    tx.update_reply(reply).await?;
    let now = tx.now;
    if why == HeldBack::EditedAway || upkeep::claim(tx.db().await?, &format!("told:{of}"), now).await? {
        let notice = Says::held_back(why, &writer).about(&interaction);
        tx.say(place, notice, Some(of.clone())).await?;
    }
    Ok(true)
}

/// Keeps in the audit log, which has that its writer began the text, that it was taken back.
async fn log(tx: &mut Tx<'_>, event: &RoomEvent, reply: &Reply) -> Result<()> {
    match agents::by_user(tx.db().await?, &event.sender).await? {
        Some(agent) => tx.audit(&agent, "sms", Some(&reply.interaction), "taken back, and not sent").await,
        None => Ok(()),
    }
}
