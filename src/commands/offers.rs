//! Commands that answer offers.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who};
use crate::desk::{By, Tx, answer, interaction_id};
use crate::domain::ids::InteractionId;
use crate::domain::notice::Says;
use crate::domain::session::Refused;
use crate::store::{Result, interactions, talks};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "accept",
        aliases: &["a", "yes", "y"],
        arguments: "[id]",
        does: "take what is offered",
        who: Who::Everyone,
        changes: true,
        run: accept,
    },
    Command {
        name: "reject",
        aliases: &["r", "no", "n"],
        arguments: "[id] [reason]",
        does: "leave it to someone else",
        who: Who::Everyone,
        changes: true,
        run: reject,
    },
];

/// `!accept [id]`.
fn accept<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    answer_offer(tx, call, true).boxed()
}

/// `!reject [id] [reason]`.
fn reject<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    answer_offer(tx, call, false).boxed()
}

async fn answer_offer(tx: &mut Tx<'_>, call: &Call<'_>, accept: bool) -> Result<()> {
    let Some(id) = which(tx, call).await? else {
        return nothing(tx, call, "nothing is offered to you").await;
    };
    match answer(tx, call.agent, &id, None, accept, (By::Word, "")).await? {
        Ok(()) => Ok(()),
        Err(refused @ (Refused::AtCapacity | Refused::NotRefusable)) => {
            call.answer(tx, Says::Refused { why: refused.to_string() }.about(&id)).await
        }
        Err(_) => nothing(tx, call, "it is not offered to you").await,
    }
}

/// The interaction or talk the command names; without an id the one of the room, or the oldest that is offered to them.
async fn which(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<InteractionId>> {
    let first = call.arguments.split_whitespace().next().unwrap_or_default();
    if first.starts_with("i-") || first.starts_with("I-") {
        return Ok(interaction_id(first));
    }
    if let Some(subject) = call.said.subject() {
        return Ok(Some(subject.clone()));
    }
    let offered = interactions::offered_to(tx.conn, &call.agent.who.id).await?;
    // A contact waits; a colleague's invite stays.
    if let Some(interaction) = offered.into_iter().next() {
        return Ok(Some(interaction.id));
    }
    Ok(talks::offered_to(tx.conn, &call.agent.who.id).await?.map(|talk| talk.id))
}

async fn nothing(tx: &mut Tx<'_>, call: &Call<'_>, what: &str) -> Result<()> {
    call.answer(tx, Says::NoSuchTarget { what: what.to_owned() }.plainly()).await
}
