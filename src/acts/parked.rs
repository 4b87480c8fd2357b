//! Messages that wait. A late one, or one with words that are not known, waits for its writer's word. One to
//! a contact who has opted out waits until they opt in again; it is parked, so that it keeps its place in the
//! lane and goes in the order it was typed in.

use std::collections::BTreeMap;

use ruma::OwnedUserId;

use crate::commit::Tx;
use crate::domain::effect::{Effect, Place, SendReply};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::input::Claim;
use crate::domain::interaction::{Interaction, Work};
use crate::domain::lane::Lane;
use crate::domain::notice::{HeldBack, Says, Unsent};
use crate::domain::reply::{Held, Reply};
use crate::store::outbox::{self, Parked};
use crate::store::{Result, agents, replies, responses};

/// It is a message's turn, and the contact has opted out: it is parked. If its writer no longer speaks with
/// the contact, it is dropped.
pub(crate) async fn park(
    tx: &mut Tx<'_>,
    claim: &Claim,
    interaction: &Interaction,
    reply: Reply,
) -> Result<()> {
    if interaction.is_owned_by_user(&reply.by) && goes_on(interaction) {
        let notice = reply.held_for_contact();
        outbox::park(tx.db_unflushed().await?, claim).await?;
        return tx.emit(notice).await;
    }
    outbox::complete(tx.db_unflushed().await?, claim).await?;
    give_up(tx, interaction, vec![reply]).await
}

/// How many messages of a conversation are looked through for one that waits for its writer's word.
pub(crate) const LOOK_BACK: i64 = 20;

/// The contact has opted in again: parked messages go now, in order. For one that has waited long, its writer
/// is asked.
pub(crate) async fn release(tx: &mut Tx<'_>, id: &InteractionId) -> Result<()> {
    for (place, mut reply) in parked(tx, id).await? {
        if let Some(question) = reply.released(tx.settings.desk.late(), tx.now) {
            outbox::unpark(tx.db().await?, &place, Parked::IsDone).await?;
            tx.emit(question).await?;
        } else {
            let now = tx.now;
            outbox::unpark(tx.db().await?, &place, Parked::GoesOn { due_at: now }).await?;
            tx.wake_lane(&place.lane);
        }
        tx.update_reply(reply.clone()).await?;
    }
    Ok(())
}

/// Whether a parked message may still be sent one day: the interaction has an owner, and can still take
/// messages.
fn goes_on(interaction: &Interaction) -> bool {
    match interaction.work() {
        Some(Work::Active | Work::Held | Work::Snoozed { .. }) => true,
        Some(Work::Expired | Work::WrapUp) | None => false,
    }
}

/// An interaction has changed: if its owner may no longer send them, parked messages are given up, and who is
/// asked about the spelling of one is told that it was not sent. Should the conversation come back to them,
/// their word still sends it. A standard response whose blanks they were asked for is dropped, and they read
/// so.
pub(crate) async fn owner_may_have_gone(
    tx: &mut Tx<'_>,
    before: &Interaction,
    now: &Interaction,
) -> Result<()> {
    if !goes_on(before) || (goes_on(now) && before.owner() == now.owner()) {
        return Ok(());
    }
    let mut lost = Vec::new();
    for (place, reply) in parked(tx, &now.id).await? {
        outbox::unpark(tx.db().await?, &place, Parked::IsDone).await?;
        lost.push(reply);
    }
    give_up(tx, now, lost).await?;
    if let Some(owner) = before.owner() {
        no_longer_asked(tx, &now.id, &owner.id).await?;
    }
    let mut unanswered = replies::newest(tx.db().await?, &now.id, LOOK_BACK).await?;
    unanswered.retain(|reply| reply.held == Some(Held::Spelling) && !reply.unsent().is_empty());
    for reply in unanswered.iter().rev() {
        for event in reply.events() {
            replies::not_sent(tx.db().await?, &now.id, event).await?;
        }
        let texts = vec![reply.unsent()];
        tell(tx, now, (reply.by.clone(), texts), Unsent::NoWord).await?;
    }
    Ok(())
}

/// If an agent is asked for the blanks of a standard response in a conversation, that is not sent, and they
/// read so in their console.
async fn no_longer_asked(tx: &mut Tx<'_>, of: &InteractionId, agent: &AgentId) -> Result<()> {
    let Some(asking) = responses::asked(tx.db().await?, of, agent).await? else { return Ok(()) };
    responses::answered(tx.db().await?, &asking).await?;
    let says = Says::ResponseDropped { shortcut: asking.shortcut, changed: false };
    tx.say(&Place::Console(agent.clone()), says.about(of), None).await
}

/// Drops messages that will not be sent, and tells each writer.
async fn give_up(tx: &mut Tx<'_>, interaction: &Interaction, lost: Vec<Reply>) -> Result<()> {
    let mut texts: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for mut reply in lost {
        let text = reply.unsent();
        reply.take_back();
        reply.note_not_sent(HeldBack::OptedOut);
        tx.update_reply(reply.clone()).await?;
        if !text.is_empty() {
            texts.entry(reply.by).or_default().push(text);
        }
    }
    for lost in texts {
        tell(tx, interaction, lost, Unsent::OptedOut).await?;
    }
    Ok(())
}

/// Tells a writer what was not sent, in their console, since they may have left the room.
async fn tell(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    (writer, texts): (OwnedUserId, Vec<String>),
    why: Unsent,
) -> Result<()> {
    let Some(agent) = agents::by_user(tx.db().await?, &writer).await? else { return Ok(()) };
    let says = Says::NotSent { contact: interaction.contact.name.clone(), texts, why };
    tx.say(&Place::Console(agent.who.id), says.about(&interaction.id), None).await
}

/// The parked replies of an interaction, in order.
async fn parked(tx: &mut Tx<'_>, id: &InteractionId) -> Result<Vec<(outbox::Position, Reply)>> {
    let lane = Lane::Phone(id.clone());
    let mut all = Vec::new();
    for (place, effect) in outbox::parked(tx.db().await?, &lane).await? {
        let Effect::SendReply(SendReply { reply, .. }) = effect else { continue };
        if let Some(reply) = tx.reply(&reply).await? {
            all.push((place, reply));
        }
    }
    Ok(all)
}
