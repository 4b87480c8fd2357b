//! Messages that wait: those that got here late, for their writer's word; those to a contact who wants none, until they
//! take messages again. The latter keep their place in the lane, parked, so that they go in the order they were typed in.

use std::collections::BTreeMap;

use ruma::OwnedEventId;

use super::Tx;
use super::rooms::is_owner;
use crate::domain::agent::Agent;
use crate::domain::effect::{Effect, Place};
use crate::domain::ids::InteractionId;
use crate::domain::input::Claim;
use crate::domain::interaction::{Interaction, Work};
use crate::domain::notice::Says;
use crate::domain::reply::{Held, Reply};
use crate::domain::session::Event;
use crate::store::interactions::LineKind;
use crate::store::outbox::Parked;
use crate::store::rooms::Stands;
use crate::store::{Result, agents, interactions, outbox, replies};

/// Keeps a message that was written long ago until its writer says that it is still to be sent.
pub(super) async fn ask(tx: &mut Tx<'_>, mut reply: Reply) -> Result<()> {
    let question = reply.ask();
    tx.keep(reply).await?;
    tx.emit(question).await
}

/// An agent wants a message sent that waited for its writer's word. Whose conversation it belongs to is read anew, wherever
/// they say so. Where the word can no longer be given they are told: in the room, if they say so there and it is theirs.
pub(super) async fn send(
    tx: &mut Tx<'_>,
    (here, stands): (&Place, Stands),
    agent: &Agent,
    (of, held): (&InteractionId, &OwnedEventId),
) -> Result<()> {
    let Some(reply) = replies::by_event(tx.db().await?, of, held).await? else { return Ok(()) };
    let Some(interaction) = interactions::by_id(tx.db().await?, of).await? else { return Ok(()) };
    if reply.held != Some(Held::Word) {
        return Ok(());
    }
    let interaction = &interaction;
    let is_owner = is_owner(interaction, &agent.who.user);
    let why = if reply.by != agent.who.user {
        "only who wrote it can send it"
    } else if !is_owner {
        "the conversation is no longer yours"
    } else if interaction.work() != Some(Work::Active) {
        "the conversation is not active"
    } else if stands == Stands::Elsewhere {
        "it is of another conversation; answer in its room"
    } else {
        tx.audit(agent, "send", Some(&interaction.id), "a message that got here late").await?;
        return go(tx, interaction, reply).await;
    };
    let (to, of) = if is_owner && stands == Stands::Here {
        (here.clone(), Some(held.clone()))
    } else {
        (Place::Console(agent.who.id.clone()), None)
    };
    let (contact, texts) = (interaction.contact.name.clone(), vec![reply.unsent()]);
    tx.say(&to, Says::NotSent { contact, texts, why: why.to_owned() }.about(&interaction.id), of).await
}

async fn go(tx: &mut Tx<'_>, interaction: &Interaction, mut reply: Reply) -> Result<()> {
    let Some(sending) = reply.confirm() else { return Ok(()) };
    tx.save(reply.clone()).await?;
    if interactions::line_kind(tx.db().await?, &interaction.id, &reply.event).await?.is_none() {
        let (author, event) = (reply.by.as_str(), Some(reply.event.as_str()));
        tx.write_down(interaction, LineKind::Owner, author, &reply.text, event).await?;
    }
    tx.emit(sending).await?;
    // Only the owner's word gets here, so nothing can be refused.
    let _ = tx.happen(interaction, Event::Replied).await?;
    Ok(())
}

/// It was a message's turn, and the contact wants none: it is parked. Where its writer no longer speaks with the contact
/// there is nobody for whom to keep it.
pub(super) async fn park(
    tx: &mut Tx<'_>,
    claim: &Claim,
    interaction: &Interaction,
    reply: Reply,
) -> Result<()> {
    if is_owner(interaction, &reply.by) && goes_on(interaction) {
        let notice = reply.held_for_contact();
        outbox::park(tx.db_unflushed(), claim).await?;
        return tx.emit(notice).await;
    }
    outbox::complete(tx.db_unflushed(), claim).await?;
    give_up(tx, interaction, vec![reply]).await
}

/// The contact takes messages again: what waits for that goes now, in order, and what has waited for long is asked about.
pub(crate) async fn release(tx: &mut Tx<'_>, id: &InteractionId) -> Result<()> {
    for (place, mut reply) in parked(tx, id).await? {
        if let Some(question) = reply.released(tx.settings.desk.late(), tx.now) {
            outbox::unpark(tx.db().await?, &place, Parked::IsDone).await?;
            tx.emit(question).await?;
        } else {
            let now = tx.now;
            outbox::unpark(tx.db().await?, &place, Parked::GoesOn { due_at: now }).await?;
            tx.stir(&place.lane);
        }
        tx.save(reply.clone()).await?;
    }
    Ok(())
}

/// Whether what waits may still go some day: the interaction is somebody's, and something can be said in it again.
fn goes_on(interaction: &Interaction) -> bool {
    match interaction.work() {
        Some(Work::Active | Work::Held | Work::Snoozed { .. }) => true,
        Some(Work::Expired | Work::WrapUp) | None => false,
    }
}

/// An interaction has changed: what its owner could not say is given up if they cannot say it any more.
pub(super) async fn owner_may_have_gone(
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
    give_up(tx, now, lost).await
}

/// Messages that will not be sent: each writer is told in their console, for they may have left the room.
async fn give_up(tx: &mut Tx<'_>, interaction: &Interaction, lost: Vec<Reply>) -> Result<()> {
    let mut texts: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for mut reply in lost {
        let text = reply.unsent();
        reply.take_back();
        tx.save(reply.clone()).await?;
        if !text.is_empty() {
            texts.entry(reply.by).or_default().push(text);
        }
    }
    for (writer, texts) in texts {
        let Some(agent) = agents::by_user(tx.db().await?, &writer).await? else { continue };
        let why = "they had asked for no more messages, and you no longer write to them".to_owned();
        let says = Says::NotSent { contact: interaction.contact.name.clone(), texts, why };
        tx.say(&Place::Console(agent.who.id), says.about(&interaction.id), None).await?;
    }
    Ok(())
}

/// What is parked of an interaction, in order.
async fn parked(tx: &mut Tx<'_>, id: &InteractionId) -> Result<Vec<(outbox::Place, Reply)>> {
    let lane = Effect::SendReply { interaction: id.clone(), reply: String::new() }.lane();
    let mut all = Vec::new();
    for (place, effect) in outbox::parked(tx.db().await?, &lane).await? {
        let Effect::SendReply { reply, .. } = effect else { continue };
        if let Some(reply) = tx.reply(&reply).await? {
            all.push((place, reply));
        }
    }
    Ok(all)
}
