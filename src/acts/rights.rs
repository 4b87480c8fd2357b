//! Who may write to a contact. This is read anew whenever a message is about to be sent, no matter when or
//! how it was asked for.

use ruma::UserId;

use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::agent::{Agent, Permission};
use crate::domain::interaction::{Interaction, Phase, Work};
use crate::domain::notice::HeldBack;
use crate::domain::reply::Reply;
use crate::store::{Result, agents, interactions};

/// Why an agent's words cannot reach a contact now, when they are written, if they cannot.
pub(crate) fn not_now(interaction: &Interaction, agent: &Agent, now: Millis) -> Option<HeldBack> {
    let Some(work) = interaction.work() else { return Some(HeldBack::NotActive) };
    if !interaction.hears(&agent.who.id) {
        return Some(HeldBack::NotOwner);
    }
    if interaction.callback.is_some() {
        return Some(HeldBack::Callback);
    }
    match work {
        Work::Active => {}
        Work::Held => return Some(HeldBack::Held),
        Work::Snoozed { .. } => return Some(HeldBack::Snoozed),
        Work::Expired => return Some(HeldBack::Expired),
        Work::WrapUp => return Some(HeldBack::WrapUp),
    }
    if !interaction.contact.number.can_be_answered() {
        return Some(HeldBack::Unanswerable);
    }
    interaction.window_is_closed(now).then_some(HeldBack::WindowClosed)
}

/// Why a message may not be sent now, if it may not. Its writer must still be the one who speaks with the
/// contact, unless it was promised for its time, and the contact's channel must let them be answered. In a
/// conversation that is done, the last owner may send: they typed it before the end, or send again what
/// failed.
pub(crate) async fn obstacle(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    reply: &Reply,
) -> Result<Option<HeldBack>> {
    let by = &reply.by;
    let not_theirs = match &interaction.phase {
        _ if interaction.is_outbound() => (!may_begin(tx, by).await?).then_some(HeldBack::MayNotText),
        Phase::Owned { .. } if !interaction.hears_user(by) => Some(HeldBack::NotOwner),
        Phase::Owned { work: Work::Expired, .. } => Some(HeldBack::Expired),
        Phase::Owned { .. } => None,
        Phase::Queued { .. } | Phase::Offered { .. } => Some(HeldBack::NotOwner),
        Phase::Done { by: last, .. } if last.user == *by => None,
        Phase::Done { .. } => (!has_the_contact(tx, interaction, by).await?).then_some(HeldBack::NotOwner),
    };
    if let Some(why) = not_theirs.filter(|why| !(reply.is_promised && *why == HeldBack::NotOwner)) {
        return Ok(Some(why));
    }
    Ok(window_is_closed(tx, interaction).await?.then_some(HeldBack::WindowClosed))
}

/// Whether a user is an agent who may text contacts first.
async fn may_begin(tx: &mut Tx<'_>, by: &UserId) -> Result<bool> {
    let agent = agents::by_user(tx.db_unflushed().await?, by).await?;
    Ok(agent.is_some_and(|agent| agent.may(Permission::SmsOutbound)))
}

/// Whether the contact cannot be answered until they write again. They may have written since, in another
/// interaction.
pub(crate) async fn window_is_closed(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<bool> {
    if !interaction.window_is_closed(tx.now) {
        return Ok(false);
    }
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let open = interactions::open_of(tx.db().await?, ours, theirs).await?;
    Ok(open.is_none_or(|open| open.window_is_closed(tx.now)))
}

/// Whether an agent may send a failed message again: the one who has the contact now, or else the last owner
/// of this conversation.
pub(crate) async fn may_send_again(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    agent: &Agent,
) -> Result<bool> {
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let me = &agent.who.id;
    Ok(match interactions::open_of(tx.db().await?, ours, theirs).await? {
        Some(open) => open.is_owned_by(me),
        None => match &interaction.phase {
            Phase::Owned { owner: last, .. } | Phase::Done { by: last, .. } => last.id == *me,
            Phase::Queued { .. } | Phase::Offered { .. } => false,
        },
    })
}

/// Whether a user owns the open interaction with this contact.
async fn has_the_contact(tx: &mut Tx<'_>, interaction: &Interaction, user: &UserId) -> Result<bool> {
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let open = interactions::open_of(tx.db().await?, ours, theirs).await?;
    Ok(open.is_some_and(|open| open.is_owned_by_user(user)))
}
