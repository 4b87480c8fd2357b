//! What a message in a room answers: what answers something internal is internal.
//!
//! A text may be answered before the desk has heard that it stands in the room. Such an answer is on its way like any other,
//! and at its turn the homeserver is asked whose words it answers, if the desk still does not know.

use ruma::EventId;

use super::said::Message;
use super::{Applied, Tx, notices, outbound};
use crate::commands;
use crate::domain::agent::Agent;
use crate::domain::effect::Place;
use crate::domain::ids::InteractionId;
use crate::domain::input::{Author, Claim, RoomEvent};
use crate::domain::interaction::Interaction;
use crate::domain::notice::HeldBack;
use crate::domain::reply::Reply;
use crate::store::interactions::LineKind;
use crate::store::rooms::{Posted, Stands};
use crate::store::{Result, interactions, outbox, replies, rooms};

/// A bare number, yes or no as a reply to a notice of ours may be an answer to it; whether it was taken for one.
pub(super) async fn us(
    tx: &mut Tx<'_>,
    text: &str,
    event: &RoomEvent,
    (interaction, agent): (&Interaction, &Agent),
    message: &Message<'_>,
) -> Result<bool> {
    let Some(target) = message.reply_to.filter(|_| !message.in_thread) else { return Ok(false) };
    let Some(answer) = notices::Answer::of_words(text) else { return Ok(false) };
    let said = commands::Said {
        event,
        place: Place::Session(interaction.id.clone()),
        interaction: Some(interaction),
        talk: None,
        reply_to: None,
        pills: &[],
    };
    Ok(Box::pin(notices::answer(tx, agent, &said, (target, answer))).await? == notices::Came::Taken)
}

/// What the desk knows of an event that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The contact wrote it, or it went to them.
    Said,
    /// It stayed among agents, or is the bot's.
    Internal,
    /// Nothing.
    Nothing,
}

/// What an event of an interaction's room is, as far as the desk knows. What stands in another room is nothing here.
pub(super) async fn what_is(tx: &mut Tx<'_>, of: &InteractionId, event: &EventId) -> Result<Known> {
    let place = Place::Session(of.clone());
    Ok(match rooms::posted(tx.db().await?, &place, event).await? {
        Some((Posted::Contact, Stands::Here)) => Known::Said,
        Some((Posted::Notice(_), Stands::Here)) => Known::Internal,
        Some((_, Stands::Elsewhere)) => Known::Nothing,
        None => match interactions::line_kind(tx.db().await?, of, event).await? {
            Some(LineKind::Contact) => Known::Said,
            // What answers an answer has to wait for the same.
            Some(LineKind::Owner) => match replies::by_event(tx.db().await?, of, event).await? {
                Some(Reply { answers: Some(_), .. }) => Known::Nothing,
                Some(_) | None => Known::Said,
            },
            Some(LineKind::HeldBack | LineKind::Internal | LineKind::Change | LineKind::Note) => {
                Known::Internal
            }
            None => Known::Nothing,
        },
    })
}

/// Looks what a message answers whose turn it is; nothing if it may go.
pub(super) async fn look(
    tx: &mut Tx<'_>,
    claim: &Claim,
    interaction: &Interaction,
    reply: &mut Reply,
) -> Result<Option<Applied>> {
    let Some(event) = reply.answers.clone() else { return Ok(None) };
    match (what_is(tx, &interaction.id, &event).await?, interaction.room.clone()) {
        (Known::Said, _) => {
            reply.answers = None;
            Ok(None)
        }
        (Known::Nothing, Some(room)) => {
            let contact = interaction.contact.number.clone();
            Ok(Some(Applied::Seek { room, event, contact }))
        }
        (Known::Internal, _) | (Known::Nothing, None) => keep(tx, claim, reply).await.map(Some),
    }
}

/// The homeserver was asked whose words a message answers.
pub(super) async fn sought(tx: &mut Tx<'_>, claim: &Claim, id: &str, by: Author) -> Result<Applied> {
    if !outbox::still_ours(tx.db().await?, claim).await? {
        return Ok(Applied::Lost);
    }
    let Some(mut reply) = tx.reply(id).await? else {
        return outbound::over(tx, claim).await;
    };
    match by {
        Author::Contact => {
            if let Some(event) = reply.answers.take() {
                let lane = Place::Session(reply.interaction.clone()).lane();
                tx.remember(&lane, &event, Posted::Contact).await?;
                tx.save(reply.clone()).await?;
            }
            outbound::turn(tx, claim, id).await
        }
        Author::Bot => keep(tx, claim, &mut reply).await,
        Author::Neither => {
            if let Some(interaction) = interactions::by_id(tx.db().await?, &reply.interaction).await? {
                let (event, writer) = (reply.event.clone(), reply.by.clone());
                tx.hold_back(&interaction, event, &writer, HeldBack::UnknownReply).await?;
            }
            keep(tx, claim, &mut reply).await
        }
    }
}

/// A message stays among agents, because what it answers does or may do so.
async fn keep(tx: &mut Tx<'_>, claim: &Claim, reply: &mut Reply) -> Result<Applied> {
    reply.take_back();
    tx.save(reply.clone()).await?;
    interactions::keep_internal(tx.db().await?, &reply.interaction, &reply.event).await?;
    outbound::over(tx, claim).await
}
