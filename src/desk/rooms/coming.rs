//! Agents come into the room of a conversation and leave it, be it a session or a talk.

use super::inside::is_from_inside;
use crate::acts::conversations::{answer, came, left};
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::conversation::offer::Answer;
use crate::domain::conversation::{Conversation, Ref};
use crate::domain::input::{Membership, RoomAct, RoomEvent};
use crate::store::{Result, conversations};

/// What an agent does in a room may prove that they have come in. Returns the conversation after that;
/// nothing if it is no news.
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

/// Joining accepts an offer and declining the invite rejects it. Afterwards an agent comes and goes. Invites
/// and removals by the desk are no news.
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

/// An answer by coming or leaving that changes nothing is not reported to anyone.
async fn tell(tx: &mut Tx<'_>, agent: &Agent, of: Ref<'_>, says: Answer) -> Result<()> {
    if let Err(refused) = answer(tx, agent, of.id(), says).await? {
        tracing::debug!(conversation = %of.id(), agent = %agent.who.id, %refused, "what they did in the room answers nothing");
    }
    Ok(())
}
