//! Agents come into the room of a conversation, and go: a session's or a talk's alike.

use super::inside::is_from_inside;
use crate::acts::conversations::{answer, came, left};
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::conversation::offer::Answer;
use crate::domain::conversation::{Conversation, Ref};
use crate::domain::input::{Membership, RoomAct, RoomEvent};
use crate::store::{Result, conversations};

/// What a conversation is once it is known that who does something there has come in; nothing if that is no
/// news.
pub(super) async fn by_doing(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    conversation: Ref<'_>,
    agent: &Agent,
) -> Result<Option<Conversation>> {
    let since = conversation.awaits_since(&agent.who.id).filter(|_| is_from_inside(&event.what));
    if since.is_none_or(|since| event.at < since) {
        return Ok(None);
    }
    tell(tx, agent, conversation, Answer::joined()).await?;
    conversations::by_id(tx.db().await?, conversation.id()).await
}

/// Joining takes an offer, declining refuses it; who has answered comes and goes. Whom others invite or take
/// out is known.
pub(super) async fn member(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    conversation: Ref<'_>,
    agent: &Agent,
) -> Result<()> {
    let RoomAct::Member { user, membership, before, reason, .. } = &event.what else { return Ok(()) };
    if *user != event.sender {
        return Ok(());
    }
    let is_invited = conversation.is_invited(&agent.who.id);
    match membership {
        // A member who only changed their name or picture has not come in.
        Membership::Join if *before == Some(Membership::Join) => Ok(()),
        Membership::Join if is_invited => tell(tx, agent, conversation, Answer::joined()).await,
        Membership::Join => came(tx, conversation, &agent.who.id).await,
        Membership::Leave if is_invited => {
            let reason = reason.as_deref().unwrap_or_default();
            tell(tx, agent, conversation, Answer::declined(reason)).await
        }
        Membership::Leave => left(tx, conversation, agent).await,
        Membership::Invite | Membership::Ban | Membership::Knock => Ok(()),
    }
}

/// Nobody is told of an answer that they gave by coming or going and that changes nothing.
async fn tell(tx: &mut Tx<'_>, agent: &Agent, of: Ref<'_>, says: Answer) -> Result<()> {
    if let Err(refused) = answer(tx, agent, of.id(), says).await? {
        tracing::debug!(conversation = %of.id(), agent = %agent.who.id, %refused, "what they did in the room answers nothing");
    }
    Ok(())
}
