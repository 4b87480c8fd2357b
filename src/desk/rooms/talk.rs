//! Something happens in the room of a talk.

use ruma::EventId;

use super::inside::is_from_inside;
use crate::acts::by::By;
use crate::acts::{offers, talks};
use crate::commands;
use crate::commit::{Applied, Tx};
use crate::desk::notices::{self, Answer, Came};
use crate::domain::agent::Agent;
use crate::domain::effect::Place;
use crate::domain::input::{Membership, MessageKind, RoomAct, RoomEvent};
use crate::domain::talk::{Event, Talk};
use crate::domain::text::prefix::{self, Typed};
use crate::domain::text::{outgoing, sanitize};
use crate::store::{Result, interactions, search, talks as talk_store};

/// How much a talk keeps of a first message that stands in its room already, in characters.
const TEXT_CHARS: usize = 4_000;

/// Someone changes or deletes what they said.
async fn rewrite(tx: &mut Tx<'_>, talk: &Talk, event: &RoomEvent, of: &EventId, body: &str) -> Result<()> {
    if let Some(line) =
        interactions::rewrite_line(tx.db().await?, &talk.home, of, &event.sender, body).await?
    {
        search::remove(tx.db().await?, &talk.id, &line).await?;
        search::add(tx.db().await?, talk, &line, body).await?;
    }
    Ok(())
}

/// Applies an event of a talk's room.
pub(super) async fn event(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    talk: Talk,
    agent: Option<Agent>,
) -> Result<Applied> {
    let Some(agent) = agent.filter(|agent| talk.party(&agent.who.id).is_some()) else {
        return Ok(Applied::Foreign);
    };
    let taken = Box::pin(came_in(tx, event, &talk, &agent)).await?;
    let talk = taken.as_deref().unwrap_or(&talk);
    match &event.what {
        RoomAct::Message { kind, body, reply_to, pills, .. } if *kind != MessageKind::Notice => {
            let reply_to = reply_to.as_ref();
            let body = if reply_to.is_some() { outgoing::strip_reply_fallback(body) } else { body };
            let place = Place::Talk(talk.home.clone());
            let here = commands::Said { event, place, interaction: None, talk: Some(talk), reply_to, pills };
            if let Typed::Command(line) = prefix::classify(body, &tx.settings.prefix) {
                commands::run(tx, &agent, &here, line).await?;
            } else if let (Some(of), Some(answer)) = (reply_to, Answer::of_words(body))
                && Box::pin(notices::answer(tx, &agent, &here, (of, answer))).await? == Came::Taken
            {
                // It was said to the bot.
            } else {
                said(tx, event, talk, &agent, body).await?;
            }
        }
        RoomAct::Edit { of, body, .. } => {
            let body = outgoing::strip_reply_fallback(body);
            rewrite(tx, talk, event, of, body).await?;
        }
        RoomAct::Redaction { of } => rewrite(tx, talk, event, of, "").await?,
        RoomAct::Reaction { of, key } => {
            let place = Place::Talk(talk.home.clone());
            let said = commands::Said {
                event,
                place,
                interaction: None,
                talk: Some(talk),
                reply_to: None,
                pills: &[],
            };
            Box::pin(notices::react(tx, &agent, said, (of, key))).await?;
        }
        RoomAct::Member { user, membership, before, reason, .. } if *user == event.sender => {
            let reason = reason.as_deref().unwrap_or_default();
            member(tx, talk, &agent, (*membership, *before), reason).await?;
        }
        // A notice is a bot's words; whom the bot invites or removes is known.
        RoomAct::Message { .. }
        | RoomAct::Member { .. }
        | RoomAct::Marker { .. }
        | RoomAct::Upgraded
        | RoomAct::Unsupported { .. } => {}
    }
    Ok(Applied::Done)
}

/// What a talk is once it is known that who does something there has come in; nothing if that is no news.
async fn came_in(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    talk: &Talk,
    agent: &Agent,
) -> Result<Option<Box<Talk>>> {
    // What was said before this talk began belongs to an earlier one in the room.
    let is_news = is_from_inside(&event.what) && talk.is_offered_to(&agent.who.id);
    if !is_news || event.at < talk.created_at {
        return Ok(None);
    }
    let _ = offers::answer(tx, agent, &talk.id, None, true, (By::Membership, "")).await?;
    Ok(talk_store::by_id(tx.db().await?, &talk.id).await?.map(Box::new))
}

/// Someone wrote: it is kept, and the first words of the asker call the other.
async fn said(tx: &mut Tx<'_>, event: &RoomEvent, talk: &Talk, agent: &Agent, body: &str) -> Result<()> {
    talks::write_down(tx, talk, agent, body, Some(event.event_id.as_str())).await?;
    let text = sanitize::cut(body, TEXT_CHARS);
    // Of all that is said only the first words matter here; the rest is refused.
    talks::happens(tx, talk, Event::Said { by: agent.who.id.clone(), text }).await?;
    Ok(())
}

/// Joining takes the invite, declining refuses it, leaving closes.
async fn member(
    tx: &mut Tx<'_>,
    talk: &Talk,
    agent: &Agent,
    (now, before): (Membership, Option<Membership>),
    reason: &str,
) -> Result<()> {
    let offered = talk.is_offered_to(&agent.who.id);
    match now {
        // Another name or picture says nothing.
        Membership::Join if before == Some(Membership::Join) => {}
        Membership::Join | Membership::Leave if offered => {
            let accept = now == Membership::Join;
            // They were just found to be asked.
            let _ = offers::answer(tx, agent, &talk.id, None, accept, (By::Membership, reason)).await?;
        }
        Membership::Leave => {
            // Who was taken out has closed it already.
            let closed =
                talks::happen(tx, talk, Event::Closed { by: agent.who.id.clone(), left: true }).await?;
            if closed.is_ok() {
                tx.audit(agent, "done", Some(&talk.id), "by leaving the room").await?;
            }
        }
        Membership::Join | Membership::Invite | Membership::Ban | Membership::Knock => {}
    }
    Ok(())
}
