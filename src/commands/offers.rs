//! Commands that accept or reject an offer.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, line, targets};
use crate::acts::conversations::answer;
use crate::acts::ids::interaction_id;
use crate::commit::Tx;
use crate::domain::conversation::offer::{Answer, Decision};
use crate::domain::effect::Role;
use crate::domain::ids::InteractionId;
use crate::domain::notice::{Missing, Says};
use crate::domain::session::Refused;
use crate::store::rooms::{self, Posted, Stands};
use crate::store::{Result, conversations};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "accept",
        aliases: &["a"],
        arguments: "[id]",
        does: "take what is offered",
        who: Who::Everyone,
        // The answer itself goes into the audit log, however it is given.
        changes: false,
        run: accept,
    },
    Command {
        name: "reject",
        aliases: &["r"],
        arguments: "[id] [reason]",
        does: "leave an offer to someone else",
        who: Who::Everyone,
        changes: false,
        run: reject,
    },
];

/// `!accept [id]`.
pub(super) fn accept<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    answer_offer(tx, call, true).boxed()
}

/// `!reject [id] [reason]`.
pub(super) fn reject<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    answer_offer(tx, call, false).boxed()
}

async fn answer_offer(tx: &mut Tx<'_>, call: &Call<'_>, accept: bool) -> Result<()> {
    let (first, rest) = line::first_word(call.arguments);
    let named = named(tx, call, first).await?;
    let is_named = named.is_some();
    let (id, reason) = match named {
        Some(id) => (Some((id, None)), rest),
        // Whatever is not an id is the reason; nothing is rejected that was not meant.
        None if accept && !first.is_empty() => {
            return nothing(tx, call, Missing::OfferNamed { name: first.to_owned() }).await;
        }
        None => (which(tx, call).await?, call.arguments),
    };
    let Some((id, number)) = id else { return nothing(tx, call, Missing::Offer).await };
    let decision = if accept { Decision::Accept } else { Decision::decline(reason) };
    match answer(tx, call.agent, &id, Answer::said(decision, number)).await? {
        Ok(()) => call.tick(tx).await,
        Err(refused @ (Refused::AtCapacity | Refused::NotRefusable)) => {
            call.answer(tx, Says::Refused { why: refused.into() }.about(&id)).await
        }
        // Nobody named the conversation of the room.
        Err(_) if !is_named && number.is_none() => nothing(tx, call, Missing::NothingWaits).await,
        Err(_) => nothing(tx, call, Missing::OfferNamed { name: id.to_string() }).await,
    }
}

/// The id that a word names: with or without `i-` if it is offered to them, or the number of a row.
async fn named(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<Option<InteractionId>> {
    let word = targets::key(tx, call, word).await?;
    let Some(id) = interaction_id(&word) else { return Ok(None) };
    let me = &call.agent.who.id;
    let found = conversations::by_id(tx.db().await?, &id).await?;
    let is_offered = found.is_some_and(|found| found.is_offered_to(me));
    Ok((is_offered || line::is_id(&word)).then_some(id))
}

/// What the command replies to, the conversation of the room, or the oldest that is offered to them.
async fn which(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<(InteractionId, Option<u32>)>> {
    if let Some(event) = call.said.reply_to
        && let Some((
            Posted::Notice(Some(
                Role::Offer { interaction, number, .. } | Role::Ring { interaction, number, .. },
            )),
            Stands::Here,
        )) = rooms::posted(tx.db().await?, &call.said.place, event).await?
    {
        return Ok(Some((interaction, Some(number))));
    }
    Ok(of_room_or_oldest(tx, call).await?.map(|id| (id, None)))
}

async fn of_room_or_oldest(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<InteractionId>> {
    if let Some(subject) = call.said.subject() {
        return Ok(Some(subject.clone()));
    }
    let offered = conversations::offered_to(tx.db().await?, &call.agent.who.id).await?;
    Ok(offered.map(|offered| offered.by_ref().id().clone()))
}

async fn nothing(tx: &mut Tx<'_>, call: &Call<'_>, what: Missing) -> Result<()> {
    call.answer(tx, Says::no_such(what, "mine").plainly()).await
}
