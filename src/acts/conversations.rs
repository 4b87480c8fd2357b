//! What can be done to a conversation, be it a session or a talk: answer its offer, come, leave, give it a
//! room, replace that room.

use std::time::Duration;

use ruma::{OwnedUserId, RoomId, UserId};

use super::ids::fresh_alias;
use super::offering;
use super::talks;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::conversation::offer::{Answer, Decision, Via};
use crate::domain::conversation::{Conversation, Ref};
use crate::domain::effect::{Invite, Place};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::input::Loss;
use crate::domain::interaction::Interaction;
use crate::domain::notice::Says;
use crate::domain::session::{Event, Refused, may_leave};
use crate::domain::talk;
use crate::domain::timer::{Due, Timer};
use crate::store::{
    Result, agents, contacts, conversations, interactions, rooms, scheduled, talks as talk_store,
};

/// How long after a text went it may be marked.
const MARKED_WITHIN: Duration = Duration::from_hours(24);

/// Whether a user reads what is said in a place: not in a room that they have left.
pub(crate) async fn reads(tx: &mut Tx<'_>, user: &UserId, place: &Place) -> Result<bool> {
    Ok(match conversations::at(tx.db().await?, place).await? {
        Some(Conversation::Session(session)) => session.has_inside(user),
        Some(Conversation::Talk(talk)) => {
            let by = agents::by_user(tx.db().await?, user).await?;
            by.is_some_and(|by| talk.inside.contains(&by.who.id))
        }
        None => matches!(place, Place::Console(_)),
    })
}

/// Whether what happens to a conversation is still written down: not where its content was erased.
pub(crate) async fn keeps_lines(tx: &mut Tx<'_>, id: &InteractionId) -> Result<bool> {
    Ok(match conversations::by_id(tx.db().await?, id).await? {
        Some(Conversation::Session(session)) => session.emptied_at.is_none(),
        Some(Conversation::Talk(_)) => true,
        None => false,
    })
}

/// Lets an agent take or decline an offer, and keeps that in the audit log. Joins, reactions and commands all
/// end here.
pub(crate) async fn answer(
    tx: &mut Tx<'_>,
    agent: &Agent,
    id: &InteractionId,
    answer: Answer,
) -> Result<std::result::Result<(), Refused>> {
    let (what, reason) = match &answer.decision {
        Decision::Accept => ("accept", ""),
        Decision::Decline { reason } => ("reject", reason.as_str()),
    };
    let how = match answer.via {
        Via::Membership => "by their invite",
        Via::Word => "",
    };
    let detail = format!("{how} {reason}");
    let answered = match conversations::by_id(tx.db().await?, id).await? {
        Some(Conversation::Session(session)) => answer_session(tx, agent, &session, answer).await?,
        Some(Conversation::Talk(talk)) => talks::answer(tx, agent, &talk, answer).await?,
        None => Err(Refused::NothingOffered),
    };
    if answered.is_ok() {
        tx.audit(agent, what, Some(id), detail.trim()).await?;
    }
    Ok(answered)
}

async fn answer_session(
    tx: &mut Tx<'_>,
    agent: &Agent,
    session: &Interaction,
    Answer { decision, via, number }: Answer,
) -> Result<std::result::Result<(), Refused>> {
    let event = match decision {
        Decision::Accept if is_beyond_capacity(tx, session, agent).await? => {
            return Ok(Err(Refused::AtCapacity));
        }
        Decision::Accept => Event::Accepted { by: agent.who.clone(), number, via },
        Decision::Decline { reason } => Event::Rejected { by: agent.who.id.clone(), number, via, reason },
    };
    Ok(tx.happen(session, event).await?.map(drop))
}

/// Whether picking what many are shown would take an agent beyond their capacity. An agent who was asked
/// alone was counted then, and a colleague's transfer comes on top.
async fn is_beyond_capacity(tx: &mut Tx<'_>, session: &Interaction, agent: &Agent) -> Result<bool> {
    let picks = session.offer().is_some_and(|offer| !offer.invited && offer.asks(&agent.who.id));
    let most = agent.capacity_for(session.contact.number.rules().work);
    Ok(picks && interactions::load(tx.db().await?, &agent.who.id).await? >= most)
}

/// An agent who was not asked came into the room.
pub(crate) async fn came(tx: &mut Tx<'_>, conversation: Ref<'_>, by: &AgentId) -> Result<()> {
    match conversation {
        Ref::Session(session) => tx.happens(session, Event::CameIn { by: by.clone() }).await,
        // In the room of a talk, those inside come and go as they like.
        Ref::Talk(_) => Ok(()),
    }
}

/// An agent left the room by themselves. If that changes something, it goes into the audit log.
pub(crate) async fn left(tx: &mut Tx<'_>, conversation: Ref<'_>, agent: &Agent) -> Result<()> {
    if !is_out(tx, conversation, &agent.who.id).await? {
        return Ok(());
    }
    let (what, detail) = match conversation {
        Ref::Session(_) => ("leave", "the room"),
        Ref::Talk(_) => ("done", "by leaving the room"),
    };
    tx.audit(agent, what, Some(conversation.id()), detail).await
}

/// An agent was taken out of the room by somebody else: if they have work there, they are asked in again.
pub(crate) async fn taken_out(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    by: &AgentId,
    user: OwnedUserId,
) -> Result<()> {
    if conversation.needs_inside(by) {
        let interaction = conversation.first_in_room().clone();
        return tx.emit(Invite { interaction, user }).await;
    }
    is_out(tx, conversation.by_ref(), by).await.map(drop)
}

/// Someone is out of the room. Returns whether that changes anything: it does not where they have no work
/// there, or where the desk took them out.
async fn is_out(tx: &mut Tx<'_>, conversation: Ref<'_>, by: &AgentId) -> Result<bool> {
    let by = by.clone();
    Ok(match conversation {
        Ref::Session(session) => {
            let away = tx.settings.desk.owner_away();
            tx.happen(session, Event::WentOut { by, away }).await?.is_ok()
        }
        Ref::Talk(talk) => talks::happen(tx, talk, talk::Event::Closed { by, left: true }).await?.is_ok(),
    })
}

/// The room that was to be made for `first` now exists, with the contact's ghost in it under this name.
pub(crate) async fn room_made(
    tx: &mut Tx<'_>,
    first: &InteractionId,
    room: &RoomId,
    ghost: Option<&str>,
) -> Result<()> {
    let Some(made_for) = conversations::in_room(tx.db_unflushed().await?, first).await? else {
        return Ok(());
    };
    rooms::add(tx.db_unflushed().await?, room, &made_for.place()).await?;
    let room = room.to_owned();
    match made_for {
        Conversation::Session(session) => {
            if let Some(name) = ghost {
                contacts::set_ghost_called(tx.db_unflushed().await?, &session.contact.number, name).await?;
            }
            tx.happens(&session, Event::RoomOpened { room }).await?;
            offering::ask_first(tx, &session.id).await
        }
        Conversation::Talk(talk) => talks::happens(tx, &talk, talk::Event::RoomOpened { room }).await,
    }
}

/// The room can no longer be used. A conversation that goes on gets another, where `says` is said first.
pub(crate) async fn room_lost(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    how: Loss,
    says: Box<Says>,
) -> Result<()> {
    let alias = fresh_alias();
    match conversation {
        Conversation::Session(session) => {
            let away = tx.settings.desk.owner_away();
            tx.happens(session, Event::RoomLost { alias, how, says, away }).await
        }
        Conversation::Talk(talk) => {
            talks::happens(tx, talk, talk::Event::RoomLost { alias, how, says }).await
        }
    }
}

/// The room of a conversation, by the id it was made for, if the desk may leave it: the conversation is done,
/// has not been opened again, and no other goes on there.
pub(crate) async fn deserted_room(tx: &mut Tx<'_>, id: &InteractionId) -> Result<Option<InteractionId>> {
    let Some(found) = conversations::by_id(tx.db().await?, id).await? else { return Ok(None) };
    let is_deserted = match &found {
        Conversation::Session(session) => {
            // The marks of what goes later stand in the room.
            if let Some(last) = scheduled::last_due(tx.db().await?, id).await? {
                let what = Due::LeaveRoom { interaction: id.clone() };
                tx.set(&Timer { due_at: last.max(tx.now) + MARKED_WITHIN, what }).await?;
                return Ok(None);
            }
            may_leave(session, tx.now)
        }
        Conversation::Talk(talk) => {
            let newest = talk_store::in_room(tx.db().await?, &talk.first_talk).await?;
            newest.is_some_and(|newest| newest.id == talk.id && newest.phase == talk::Phase::Done)
        }
    };
    Ok(is_deserted.then(|| found.first_in_room().clone()))
}
