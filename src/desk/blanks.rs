//! Replies to a question for a blank of a standard response.

use ruma::EventId;

use crate::acts::responses as act;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::effect::{Place, Role};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::input::RoomEvent;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Missing, Says};
use crate::store::rooms::{self, Posted, Stands};
use crate::store::transcript::LineKind;
use crate::store::{Result, responses};

/// A message that replies to something in the room of a session.
pub(super) struct Replying<'a> {
    /// The session's interaction.
    pub(super) interaction: &'a Interaction,
    /// Who wrote it.
    pub(super) agent: &'a Agent,
    /// The event of the message.
    pub(super) event: &'a RoomEvent,
    /// What it replies to.
    pub(super) target: &'a EventId,
    /// Its text.
    pub(super) text: &'a str,
}

/// A message may be the answer to such a question, by the question that it replies to. Returns whether it
/// was.
pub(super) async fn filled(tx: &mut Tx<'_>, by: Replying<'_>) -> Result<bool> {
    let Replying { interaction, agent, event, target, text } = by;
    let place = Place::Session(interaction.id.clone());
    let posted = rooms::posted(tx.db().await?, &place, target).await?;
    let Some((Posted::Notice(Some(Role::Blank { agent: asked, asking, blank, .. })), Stands::Here)) = posted
    else {
        return Ok(false);
    };
    let (author, event_id) = (agent.who.user.as_str(), &event.event_id);
    tx.write_down(interaction, LineKind::Internal, author, text, Some(event_id.as_str())).await?;
    let what = if asked == agent.who.id {
        let now = responses::asked(tx.db().await?, &interaction.id, &asked).await?;
        match now.filter(|now| now.id == asking && now.answers.len() == blank) {
            Some(asking) => {
                act::answer(tx, (interaction, agent), asking, (text, event.at)).await?;
                return Ok(true);
            }
            None => Missing::BlankOver,
        }
    } else {
        Missing::Question
    };
    let says = Says::no_such(what, "").about(&interaction.id);
    tx.say(&place, says, Some(event_id.clone())).await.map(|()| true)
}

/// An agent no longer wants the response that asks, by a reaction to its question.
pub(super) async fn dropped(
    tx: &mut Tx<'_>,
    agent: &Agent,
    (interaction, asked, asking): (&InteractionId, &AgentId, &str),
) -> Result<std::result::Result<(), Missing>> {
    if *asked != agent.who.id {
        return Ok(Err(Missing::Question));
    }
    match responses::asked(tx.db().await?, interaction, asked).await?.filter(|now| now.id == asking) {
        Some(now) => act::drop_it(tx, &now, false).await.map(Ok),
        None => Ok(Err(Missing::BlankOver)),
    }
}
