//! Texts that wait for an answer: what an owner and the supervisors are told of them, and what these do.

use crate::clock::Millis;
use crate::commands::Said;
use crate::commit::Tx;
use crate::domain::agent::{Agent, Role};
use crate::domain::ids::InteractionId;
use crate::domain::notice::{Missing, Needs, Notice, Says};
use crate::domain::reply::{PartState, Reply, ReplyState};
use crate::domain::session::Event;
use crate::store::{Result, interactions, replies};

/// How many of the newest messages are looked at whether they are still on their way.
const LOOK_BACK: i64 = 20;

/// Whether an answer of an agent is on its way to the provider.
pub(super) async fn is_under_way(tx: &mut Tx<'_>, id: &InteractionId) -> Result<bool> {
    let newest = replies::newest(tx.db().await?, id, LOOK_BACK).await?;
    fail::fail_point!("reply_wait_over", |_| std::process::abort());
    Ok(newest.iter().any(|reply| reply.by != tx.settings.bot && is_on_its_way(reply)))
}

/// Whether a message goes without anybody's further word. Of one whose fate nobody knows its writer was told.
fn is_on_its_way(reply: &Reply) -> bool {
    let goes =
        |state: PartState| matches!(state, PartState::Unsent | PartState::Sending | PartState::Unknown);
    reply.held.is_none()
        && !reply.has_failed()
        && match &reply.state {
            ReplyState::Waiting => true,
            ReplyState::Parts { parts, .. } => parts.iter().any(|part| goes(part.state)),
            ReplyState::Dropped | ReplyState::Joined { .. } => false,
        }
}

/// A supervisor takes over a conversation that they were told of, or has it queued again.
pub(super) async fn see_to(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    (id, since): (&InteractionId, Millis),
    requeue: bool,
) -> Result<()> {
    if !agent.supervises() {
        let needs = Some(Needs::Role { role: Role::Supervisor });
        return tell(tx, said, Says::NotAllowed { command: None, needs }.about(id)).await;
    }
    let Some(interaction) = interactions::by_id(tx.db().await?, id).await? else {
        let missing = Missing::named("conversation", id.as_str());
        return tell(tx, said, Says::no_such(missing, "").plainly()).await;
    };
    let event = Event::SeenTo { by: agent.who.clone(), since, requeue };
    match tx.happen(&interaction, event).await? {
        Ok(_) => {
            let what = if requeue { "requeue" } else { "take_over" };
            tx.audit(agent, what, Some(id), "it was not answered in time").await?;
            tx.tick(&said.place, &said.event.event_id).await
        }
        Err(refused) => tell(tx, said, Says::Refused { why: refused.into() }.about(id)).await,
    }
}

async fn tell(tx: &mut Tx<'_>, said: &Said<'_>, notice: Notice) -> Result<()> {
    tx.say(&said.place, notice, Some(said.event.event_id.clone())).await
}
