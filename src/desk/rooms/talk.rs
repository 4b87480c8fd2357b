//! Events of a talk's room.

use ruma::{EventId, OwnedEventId};

use super::coming;
use crate::acts::talks;
use crate::commands;
use crate::commit::{Applied, Tx};
use crate::desk::notices::{self, Answer, Came};
use crate::desk::outbound::{self, Changed};
use crate::domain::agent::Agent;
use crate::domain::effect::Place;
use crate::domain::input::{MessageKind, RoomAct, RoomEvent};
use crate::domain::talk::{Event, Talk};
use crate::domain::text::prefix::{self, Typed};
use crate::domain::text::{outgoing, sanitize};
use crate::store::{Result, search, transcript};

/// How much a talk keeps of a first message that stands in its room already, in characters.
const TEXT_CHARS: usize = 4_000;

/// Someone changes or deletes what they said.
async fn rewrite(tx: &mut Tx<'_>, talk: &Talk, event: &RoomEvent, of: &EventId, body: &str) -> Result<()> {
    if let Some(line) =
        transcript::rewrite_line(tx.db().await?, &talk.first_talk, of, &event.sender, body).await?
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
    let taken = Box::pin(coming::by_doing(tx, event, (&talk).into(), &agent)).await?;
    let talk = taken.as_ref().and_then(|taken| taken.by_ref().talk()).unwrap_or(&talk);
    match &event.what {
        RoomAct::Message { kind, body, reply_to, pills, .. } if *kind != MessageKind::Notice => {
            let reply_to = reply_to.as_ref();
            let body = if reply_to.is_some() { outgoing::strip_reply_fallback(body) } else { body };
            let place = Place::Talk(talk.first_talk.clone());
            let here = commands::Said { event, place, conversation: Some(talk.into()), reply_to, pills };
            if let Typed::Command(line) = prefix::classify(body, &tx.settings.prefix) {
                notices::run(tx, &agent, &here, line).await?;
            } else if let (Some(of), Some(answer)) = (reply_to, Answer::of_words(body))
                && Box::pin(notices::answer(tx, &agent, &here, of, answer)).await? == Came::Taken
            {
                // It was said to the bot.
            } else {
                said(tx, event, talk, &agent, body).await?;
            }
        }
        RoomAct::Edit { of, .. } if began(tx, event, talk, (of, Changed::Edited)).await? => {}
        RoomAct::Redaction { of } if began(tx, event, talk, (of, Changed::Deleted)).await? => {}
        RoomAct::Edit { of, body, .. } => {
            let body = outgoing::strip_reply_fallback(body);
            rewrite(tx, talk, event, of, body).await?;
        }
        RoomAct::Redaction { of } => rewrite(tx, talk, event, of, "").await?,
        RoomAct::Reaction { of, key } => {
            let said = commands::Said::done(event, Place::Talk(talk.first_talk.clone()), Some(talk.into()));
            Box::pin(notices::react(tx, &agent, said, of, key)).await?;
        }
        RoomAct::Member { .. } => coming::member(tx, event, talk.into(), &agent).await?,
        // A notice is a bot's words.
        RoomAct::Message { .. }
        | RoomAct::Marker { .. }
        | RoomAct::Upgraded
        | RoomAct::Unsupported { .. } => {}
    }
    Ok(Applied::Done)
}

/// A command was deleted or edited, by which an agent began a text to a contact in this room. Returns false
/// for any other message.
async fn began(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    talk: &Talk,
    (of, how): (&OwnedEventId, Changed),
) -> Result<bool> {
    let place = Place::Talk(talk.first_talk.clone());
    Box::pin(outbound::changed(tx, (&place, event), of, how)).await
}

/// Someone wrote: it is kept, and the initiator's first words invite the other.
async fn said(tx: &mut Tx<'_>, event: &RoomEvent, talk: &Talk, agent: &Agent, body: &str) -> Result<()> {
    talks::write_down(tx, talk, agent, body, Some(event.event_id.as_str())).await?;
    let text = sanitize::cut(body, TEXT_CHARS);
    // Only the first words matter here; anything else is refused.
    talks::happens(tx, talk, Event::Said { by: agent.who.id.clone(), text }).await
}
