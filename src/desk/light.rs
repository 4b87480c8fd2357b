//! Texts that ask for nothing: reactions that a phone sent as texts, and thanks after a conversation was
//! done.

use std::time::Duration;

use ruma::OwnedEventId;

use super::texts;
use crate::commit::Tx;
use crate::domain::effect::{GhostReact, Place, Role, TakeAway};
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::input::ContactText;
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::reply::{Part, PartState, ReplyState};
use crate::domain::session::Event;
use crate::domain::text::courtesy::is_courtesy;
use crate::domain::text::tapback::Tapback;
use crate::store::history::Page;
use crate::store::transcript::LineKind;
use crate::store::{Result, agents, contacts, history, interactions, replies};

/// How many of the newest messages a reaction may be to.
const LOOK_BACK: i64 = 100;

/// How many of the newest interactions are looked through for one that the contact could write in.
const PASSED_OVER: i64 = 20;

/// Applies a text that asks for nothing. Returns false for any other, and for one that may ask for something.
pub(super) async fn joins(tx: &mut Tx<'_>, text: &ContactText, body: &str) -> Result<bool> {
    if !is_courtesy(body) || !is_bare(text) {
        return Ok(false);
    }
    match interactions::open_of(tx.db_unflushed().await?, &text.to, &text.from).await? {
        Some(open) => reaction(tx, &open, text, body).await,
        None => courtesy(tx, text, body).await,
    }
}

/// Applies a text that is a reaction to a message of ours: the ghost reacts to that in place of saying it.
/// Returns false for any other text, also where the reaction may be to several messages.
async fn reaction(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    text: &ContactText,
    body: &str,
) -> Result<bool> {
    let Some(tapback) = Tapback::read(body) else { return Ok(false) };
    let Some(of) = bubble(tx, &interaction.id, &tapback).await? else { return Ok(false) };
    write_down(tx, interaction, text, body).await?;
    let (to, interaction) = (Place::Session(interaction.id.clone()), interaction.id.clone());
    // A phone shows one reaction of each person to a message: the next takes its place.
    let role = Role::Tapback { interaction: interaction.clone(), of: of.clone() };
    tx.emit(TakeAway { to, role }).await?;
    if let Some(key) = tapback.emoji {
        tx.emit(GhostReact { interaction, event: of, key }).await?;
    }
    Ok(true)
}

/// The message of ours that a reaction is to, if it can be no other.
async fn bubble(tx: &mut Tx<'_>, id: &InteractionId, tapback: &Tapback) -> Result<Option<OwnedEventId>> {
    let mut fits: Vec<OwnedEventId> = Vec::new();
    for reply in replies::newest(tx.db().await?, id, LOOK_BACK).await? {
        let ReplyState::Parts { parts, .. } = &reply.state else { continue };
        let is_it = |part: &Part| {
            let went = !matches!(part.state, PartState::Unsent | PartState::Failed { .. });
            went && tapback.is_to(&part.text)
        };
        if parts.iter().any(is_it)
            && let Some(event) = reply.events().first().map(|event| (*event).to_owned())
            && !fits.contains(&event)
        {
            fits.push(event);
        }
    }
    Ok(if fits.len() == 1 { fits.pop() } else { None })
}

/// Applies a text that is nothing but a courtesy, soon after the last conversation with the contact was done:
/// it joins that, and whoever had it reads so. Returns false for any other text.
async fn courtesy(tx: &mut Tx<'_>, text: &ContactText, body: &str) -> Result<bool> {
    let (heard, _) = texts::heard(tx, text, body).await?;
    if heard.said.is_some() || texts::hints_at_opt_out(body, heard) {
        return Ok(false);
    }
    let Some(last) = just_done(tx, text).await? else { return Ok(false) };
    write_down(tx, &last, text, body).await?;
    let event = Event::Thanked { text: body.to_owned(), written_at: text.fetched_late };
    tx.happens(&last, event).await?;
    Ok(true)
}

/// The last conversation with the contact between the same two numbers, if it was done a moment ago and
/// somebody can reopen it.
async fn just_done(tx: &mut Tx<'_>, text: &ContactText) -> Result<Option<Interaction>> {
    let Some(whose) = contacts::by_number(tx.db_unflushed().await?, &text.from).await? else {
        return Ok(None);
    };
    let last = last_texted(tx, &whose.id).await?;
    // What an agent began is answered by whatever comes: an answer begins a conversation.
    let is_it = |last: &Interaction| {
        !last.is_outbound()
            && (&last.our_number, &last.contact.number) == (&text.to, &text.from)
            && last.emptied_at.is_none()
    };
    let Some(last) = last.filter(is_it) else { return Ok(None) };
    let Phase::Done { by, at } = &last.phase else { return Ok(None) };
    let queue = agents::queue(tx.db_unflushed().await?, &last.queue).await?.unwrap_or_default();
    let window = Duration::from_millis(queue.courtesy_ms);
    if window.is_zero() || tx.now.since(*at) > window {
        return Ok(None);
    }
    let has_reader = agents::by_id(tx.db_unflushed().await?, &by.id).await?.is_some();
    Ok(has_reader.then_some(last))
}

/// The last conversation with a contact in which they could write: in that of a callback they cannot.
async fn last_texted(tx: &mut Tx<'_>, contact: &ContactId) -> Result<Option<Interaction>> {
    let last = history::last_conversation(tx.db_unflushed().await?, contact).await?;
    if last.as_ref().is_none_or(|last| last.callback.is_none()) {
        return Ok(last);
    }
    let page = Page { contact, but: None, owned_by: None, behind: None, limit: PASSED_OVER };
    let newest = history::page(tx.db_unflushed().await?, &page).await?;
    Ok(newest.into_iter().find(Interaction::takes_texts))
}

/// Whether a text is words alone, which the provider takes for no wish about being texted.
fn is_bare(text: &ContactText) -> bool {
    text.media.is_empty() && text.left_out == 0 && text.opt_out.is_none()
}

async fn write_down(tx: &mut Tx<'_>, into: &Interaction, text: &ContactText, body: &str) -> Result<()> {
    let from = text.from.shown().into_owned();
    tx.record_text(&into.id, &text.sid).await?;
    tx.write_down(into, LineKind::Contact, &from, body, None).await
}
