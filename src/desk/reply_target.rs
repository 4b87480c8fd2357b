//! Finds out what a message in a room replies to: a reply to something internal is internal.
//!
//! An agent may reply to a text before the desk has heard that it stands in the room. Such a reply is on its
//! way like any other. When its turn comes and the desk still does not know the text, it asks the homeserver
//! who wrote it.

use ruma::EventId;

use crate::commit::{Applied, Tx};
use crate::domain::effect::Place;
use crate::domain::ids::InteractionId;
use crate::domain::input::Claim;
use crate::domain::interaction::Interaction;
use crate::domain::reply::Reply;
use crate::store::outbox::{self, Completed};
use crate::store::rooms::{self, Posted, Stands};
use crate::store::transcript::{self, LineKind};
use crate::store::{Result, replies};

/// What the desk knows of the event that a message replies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The contact wrote it, or it went to them.
    Said,
    /// It stayed among agents.
    Internal,
    /// It is the bot's, or it was meant for the contact and was not sent.
    Unsaid,
    /// Nothing.
    Nothing,
}

/// What the desk knows about an event of an interaction's room. Events of other rooms count as unknown.
pub(super) async fn what_is(tx: &mut Tx<'_>, of: &InteractionId, event: &EventId) -> Result<Known> {
    let place = Place::Session(of.clone());
    Ok(match rooms::posted(tx.db().await?, &place, event).await? {
        Some((Posted::Contact, Stands::Here)) => Known::Said,
        Some((Posted::Notice(_), Stands::Here)) => Known::Unsaid,
        Some((_, Stands::Elsewhere)) => Known::Nothing,
        None => match transcript::line_kind(tx.db().await?, of, event).await? {
            Some(LineKind::Contact) => Known::Said,
            // A reply to a message that waits has to wait for the same.
            Some(LineKind::Owner | LineKind::Failed) => {
                match replies::by_event(tx.db().await?, of, event).await? {
                    Some(Reply { in_reply_to: Some(_), .. }) => Known::Nothing,
                    Some(_) | None => Known::Said,
                }
            }
            Some(LineKind::HeldBack) => Known::Unsaid,
            Some(LineKind::Internal | LineKind::Change | LineKind::Note) => Known::Internal,
            None => Known::Nothing,
        },
    })
}

/// Looks up what a message replies to when its turn comes; nothing if it may go.
pub(super) async fn look(
    tx: &mut Tx<'_>,
    claim: &Claim,
    interaction: &Interaction,
    reply: &mut Reply,
) -> Result<Option<Applied>> {
    let Some(event) = reply.in_reply_to.clone() else { return Ok(None) };
    match (what_is(tx, &interaction.id, &event).await?, interaction.room.clone()) {
        (Known::Said, _) => {
            reply.in_reply_to = None;
            Ok(None)
        }
        (Known::Nothing, Some(room)) => {
            let contact = interaction.contact.number.clone();
            Ok(Some(Applied::ResolveTarget { room, event, contact }))
        }
        (Known::Internal | Known::Unsaid, _) | (Known::Nothing, None) => {
            keep(tx, claim, reply).await.map(Some)
        }
    }
}

/// A message stays among agents, because what it replies to does, or may.
pub(super) async fn keep(tx: &mut Tx<'_>, claim: &Claim, reply: &mut Reply) -> Result<Applied> {
    reply.take_back();
    tx.update_reply(reply.clone()).await?;
    transcript::keep_internal(tx.db().await?, &reply.interaction, &reply.event).await?;
    over(tx, claim).await
}

/// A reply's turn is over, because it stays among agents or there is no such reply.
pub(super) async fn over(tx: &mut Tx<'_>, claim: &Claim) -> Result<Applied> {
    Ok(match outbox::complete(tx.db_unflushed().await?, claim).await? {
        Completed::Done | Completed::Again => Applied::Over,
        Completed::Lost => Applied::Lost,
    })
}
