//! Something happens in the room of a session: who came, who went, who reacted. What was said is in `said`.

use ruma::OwnedEventId;

use super::inside::{is_from_inside, stranger};
use crate::acts::by::By;
use crate::acts::interactions::once;
use crate::acts::offers;
use crate::commands;
use crate::commit::{Applied, Tx};
use crate::desk::notices::{self, Came};
use crate::desk::said;
use crate::domain::agent::Agent;
use crate::domain::effect::Place;
use crate::domain::input::{Membership, RoomAct, RoomEvent};
use crate::domain::interaction::Interaction;
use crate::domain::notice::HeldBack;
use crate::domain::session::Event;
use crate::store::rooms::{self, Posted, Session, Stands};
use crate::store::{Result, interactions, replies};

/// Applies an event of a session's room.
pub(super) async fn event(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    session: &Session,
    agent: Option<Agent>,
) -> Result<Applied> {
    let Some(agent) = agent else {
        return stranger(tx, event, &Place::Session(session.interaction.id.clone())).await;
    };
    // It is rare; boxed, it makes the step of no other event larger.
    let taken = Box::pin(came_in(tx, event, session, &agent)).await?;
    let session = taken.as_deref().unwrap_or(session);
    let interaction = &session.interaction;
    match &event.what {
        RoomAct::Message { kind, body, reply_to, in_thread, pills, formatted } => {
            let (reply_to, in_thread, formatted) = (reply_to.as_ref(), *in_thread, formatted.as_deref());
            let message = said::Message { kind, body, reply_to, in_thread, pills, formatted };
            said::message(tx, event, session, &agent, &message).await?;
        }
        RoomAct::Edit { of, kind, body, pills, formatted } => {
            let formatted = formatted.as_deref();
            let new = said::Message { kind, body, reply_to: None, in_thread: false, pills, formatted };
            said::edit(tx, event, session, &agent, (of, &new)).await?;
        }
        RoomAct::Redaction { of } => said::redaction(tx, interaction, of).await?,
        RoomAct::Reaction { of, key } => {
            react_in_session(tx, event, interaction, &agent, (of, key)).await?;
        }
        RoomAct::Member { user, membership, before, reason, .. } => {
            if *user == event.sender {
                let reason = reason.as_deref().unwrap_or_default();
                member(tx, interaction, &agent, (*membership, *before), reason).await?;
            }
        }
        RoomAct::Unsupported { in_thread, .. } => {
            if !in_thread && interaction.is_owned_by_user(&event.sender) {
                let (of, writer) = (event.event_id.clone(), &event.sender);
                tx.hold_back(interaction, of, writer, HeldBack::Unsupported).await?;
            }
        }
        RoomAct::Marker { .. } | RoomAct::Upgraded => {}
    }
    Ok(Applied::Done)
}

/// What a session is once it is known that who does something there has come in; nothing if that is no news.
async fn came_in(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    Session { interaction, queue }: &Session,
    agent: &Agent,
) -> Result<Option<Box<Session>>> {
    let me = &agent.who.id;
    let is_news = is_from_inside(&event.what) && interaction.is_invited(me) && !interaction.is_watched_by(me);
    // What was said before they were asked was said when they were here earlier.
    if !is_news || event.at < interaction.updated_at {
        return Ok(None);
    }
    let _ = offers::answer(tx, agent, &interaction.id, None, true, (By::Membership, "")).await?;
    let now = interactions::by_id(tx.db().await?, &interaction.id).await?;
    Ok(now.map(|interaction| Box::new(Session { interaction, queue: queue.clone() })))
}

/// Joining takes an offer, declining refuses it; an owner who comes or goes does just that.
async fn member(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    agent: &Agent,
    (now, before): (Membership, Option<Membership>),
    reason: &str,
) -> Result<()> {
    let offered = interaction.is_invited(&agent.who.id);
    match now {
        // Who was in the room before has another name or picture, and says nothing by it.
        Membership::Join if before == Some(Membership::Join) => {}
        Membership::Join if offered => {
            let _ = offers::answer(tx, agent, &interaction.id, None, true, (By::Membership, "")).await?;
        }
        Membership::Join => {
            tx.happens(interaction, Event::CameIn { by: agent.who.id.clone() }).await?;
        }
        Membership::Leave if offered => {
            let _ = offers::answer(tx, agent, &interaction.id, None, false, (By::Membership, reason)).await?;
        }
        Membership::Leave => {
            let event = Event::WentOut { by: agent.who.id.clone(), away: tx.settings.desk.owner_away() };
            if tx.happen(interaction, event).await?.is_ok() {
                tx.audit(agent, "leave", Some(&interaction.id), "the room").await?;
            }
        }
        Membership::Invite | Membership::Ban | Membership::Knock => {}
    }
    Ok(())
}

/// A reaction at a notice may answer it; at what was said with the contact, the owner's cannot reach the phone.
async fn react_in_session(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    interaction: &Interaction,
    agent: &Agent,
    (of, key): (&OwnedEventId, &str),
) -> Result<()> {
    let place = Place::Session(interaction.id.clone());
    let here = Some(interaction);
    let said = commands::Said { event, place, interaction: here, talk: None, reply_to: None, pills: &[] };
    if Box::pin(notices::react(tx, agent, said, (of, key))).await? == Came::Taken {
        return Ok(());
    }
    let place = Place::Session(interaction.id.clone());
    let speaks_to_contact = match rooms::posted(tx.db().await?, &place, of).await? {
        Some((posted, stands)) => posted == Posted::Contact && stands == Stands::Here,
        None => replies::by_event(tx.db().await?, &interaction.id, of).await?.is_some(),
    };
    if speaks_to_contact && interaction.is_owned_by(&agent.who.id) {
        once(tx, interaction, (of, &agent.who.user), HeldBack::Reaction).await?;
    }
    Ok(())
}
