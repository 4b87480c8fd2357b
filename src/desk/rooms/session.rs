//! Events of a session's room. Messages to the contact are in `said`.

use ruma::OwnedEventId;

use super::coming;
use super::inside::stranger;
use crate::acts::interactions::once;
use crate::commands;
use crate::commit::{Applied, Tx};
use crate::desk::enclosed;
use crate::desk::notices::{self, Came};
use crate::desk::outbound::{self, Changed};
use crate::desk::said::{self, Speaking};
use crate::domain::agent::Agent;
use crate::domain::conversation::Conversation;
use crate::domain::effect::Place;
use crate::domain::ids::InteractionId;
use crate::domain::input::{Receipt, RoomAct, RoomEvent};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{HeldBack, Says};
use crate::store::Result;
use crate::store::rooms::{self, Posted, Session, Stands};
use crate::store::upkeep;

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
    if session.interaction.erased.is_some() {
        return Box::pin(erased(tx, event, (&session.interaction.id, &agent))).await;
    }
    // It is rare; boxed, it does not make the future of every other event larger.
    let taken = Box::pin(coming::by_doing(tx, event, (&session.interaction).into(), &agent)).await?;
    let taken = match taken {
        Some(Conversation::Session(taken)) => {
            Some(Box::new(Session { interaction: *taken, queue: session.queue.clone() }))
        }
        Some(Conversation::Talk(_)) | None => None,
    };
    let session = taken.as_deref().unwrap_or(session);
    let interaction = &session.interaction;
    let speaking = Speaking { event, session, agent: &agent };
    match &event.what {
        RoomAct::Message { kind, body, reply_to, in_thread, pills, formatted } => {
            let (reply_to, in_thread, formatted) = (reply_to.as_ref(), *in_thread, formatted.as_deref());
            let message = said::Message { kind, body, reply_to, in_thread, pills, formatted };
            said::message(tx, speaking, &message).await?;
        }
        RoomAct::Edit { of, .. } if began(tx, event, interaction, (of, Changed::Edited)).await? => {}
        RoomAct::Redaction { of } if began(tx, event, interaction, (of, Changed::Deleted)).await? => {}
        RoomAct::Edit { of, kind, body, pills, formatted } => {
            let formatted = formatted.as_deref();
            let new = said::Message { kind, body, reply_to: None, in_thread: false, pills, formatted };
            said::edit(tx, speaking, of, &new).await?;
        }
        RoomAct::Redaction { of } => said::redaction(tx, interaction, of).await?,
        RoomAct::Reaction { of, key } => react(tx, speaking, of, key).await?,
        RoomAct::Member { .. } => coming::member(tx, event, interaction.into(), &agent).await?,
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

/// A command was deleted or edited, by which an agent began a text to somebody in this room. Returns false
/// for any other message.
async fn began(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    here: &Interaction,
    (of, how): (&OwnedEventId, Changed),
) -> Result<bool> {
    let place = Place::Session(here.id.clone());
    // It is rare; boxed, it does not make the future of every other event larger.
    Box::pin(outbound::changed(tx, (&place, event), of, how)).await
}

/// The contact of this room was erased, and the room is being emptied: nothing that is said there is kept.
/// Who writes there is told so once.
async fn erased(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    (of, agent): (&InteractionId, &Agent),
) -> Result<Applied> {
    let (told, now) = (Receipt::of_telling(of, &agent.who.id), tx.now);
    if let RoomAct::Message { .. } = &event.what
        && upkeep::claim(tx.db().await?, told.as_str(), now).await?
    {
        let says = Says::held_back(HeldBack::Erased, &agent.who.user);
        tx.say(&Place::Console(agent.who.id.clone()), says.plainly(), None).await?;
    }
    Ok(Applied::Done)
}

/// A reaction to a notice may answer it. The owner's reaction to a message of the conversation cannot reach
/// the phone.
async fn react(tx: &mut Tx<'_>, by: Speaking<'_>, of: &OwnedEventId, key: &str) -> Result<()> {
    let (interaction, agent) = (&by.session.interaction, by.agent);
    let place = Place::Session(interaction.id.clone());
    let said = commands::Said::done(by.event, place.clone(), Some(interaction.into()));
    if commands::is_sos(key) {
        return Box::pin(commands::raise_by_reaction(tx, agent, &said, of)).await;
    }
    if Box::pin(notices::react(tx, agent, said, of, key)).await? == Came::Taken {
        return Ok(());
    }
    // Of pictures that go together, the first stands for all of them: it is said once of each message.
    let spoken = match rooms::posted(tx.db().await?, &place, of).await? {
        Some((posted, stands)) => (posted == Posted::Contact && stands == Stands::Here).then(|| of.clone()),
        None => enclosed::whole(tx, &interaction.id, of).await?.map(|reply| reply.events()[0].to_owned()),
    };
    if let Some(of) = spoken.filter(|_| interaction.is_owned_by(&agent.who.id)) {
        once(tx, interaction, &of, &agent.who.user, HeldBack::Reaction).await?;
    }
    Ok(())
}
