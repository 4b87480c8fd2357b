//! The conversation a command is about, and what the agent may see and do there.

use super::{Call, line, targets};
use crate::acts::ids::interaction_id;
use crate::commit::Tx;
use crate::domain::conversation::Ref;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Missing, Notice, Problem, Says};
use crate::domain::talk::Talk;
use crate::store::{Result, interactions, talks};

/// The interaction of the room, or the one that the consult of the room is about.
async fn of_room(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<Interaction>> {
    match call.said.conversation {
        Some(Ref::Session(here)) => Ok(Some(here.clone())),
        Some(Ref::Talk(Talk { parent: Some(parent), .. })) => {
            interactions::by_id(tx.db().await?, parent).await
        }
        Some(Ref::Talk(_)) | None => Ok(None),
    }
}

/// Whether the agent may see the interaction of the room: they are in it, or were its last owner; in a
/// consult's room, while one of the two owns it.
fn may_see(call: &Call<'_>, of: &Interaction) -> bool {
    let is_open = match call.said.talk() {
        Some(talk) => [&talk.initiator, &talk.invitee].into_iter().any(|party| of.is_open_to(party)),
        None => of.is_open_to(&call.agent.who),
    };
    is_open || call.agent.supervises()
}

/// The interaction that is meant, if the agent may see it.
pub(super) async fn meant(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<Interaction>> {
    Ok(of_room(tx, call).await?.filter(|of| may_see(call, of)))
}

/// The interaction that is meant. The agent is told if there is none, or if they may not see it.
pub(super) async fn here(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<Interaction>> {
    match of_room(tx, call).await? {
        Some(of) if may_see(call, &of) => return Ok(Some(of)),
        Some(of) => call.answer(tx, Says::NotOwner.about(&of.id)).await?,
        None => call.usage(tx, Problem::NotInConversation).await?,
    }
    Ok(None)
}

/// The interaction that is meant, if the agent owns it; otherwise they are told.
pub(super) async fn owned_from_here(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<Interaction>> {
    let Some(meant) = here(tx, call).await? else { return Ok(None) };
    if meant.is_owned_by(&call.agent.who.id) {
        return Ok(Some(meant));
    }
    call.answer(tx, Says::NotOwner.about(&meant.id)).await?;
    Ok(None)
}

/// The talk a command means: the one it names, or else the one of the room it was typed in.
pub(super) async fn talk(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<Talk>> {
    let (first, _) = line::first_word(call.arguments);
    if let Some(id) = interaction_id(&targets::key(tx, call, first).await?) {
        let named = talks::by_id(tx.db().await?, &id).await?;
        if let Some(named) = named.filter(|talk| talk.party(&call.agent.who.id).is_some()) {
            return Ok(Some(named));
        }
        if line::is_id(first) {
            return Ok(None);
        }
    }
    Ok(call.said.talk().cloned())
}

/// There is no such talk, or it was erased: nothing is kept that could tell one from the other.
pub(super) fn not_kept(id: &InteractionId) -> Notice {
    Says::no_such(Missing::Talk { id: id.clone() }, "ims").plainly()
}

/// There is no such conversation, or whoever asks may not know of it.
pub(super) fn not_to_be_read(id: &InteractionId) -> Notice {
    Says::no_such(Missing::Conversation { id: id.clone() }, "").plainly()
}

/// The interaction of the room, if the agent owns it; otherwise they are told.
pub(super) async fn owned<'a>(tx: &mut Tx<'_>, call: &'a Call<'_>) -> Result<Option<&'a Interaction>> {
    let Some(interaction) = call.said.session() else {
        call.usage(tx, Problem::NotInConversation).await?;
        return Ok(None);
    };
    if interaction.is_owned_by(&call.agent.who.id) {
        return Ok(Some(interaction));
    }
    call.answer(tx, Says::NotOwner.about(&interaction.id)).await?;
    Ok(None)
}
