//! Asking an agent to take what waits.

use super::counts::counts;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::{Interaction, Unanswered};
use crate::domain::queue::QueueSettings;
use crate::domain::session::{Event, Way};
use crate::store::{Result, agents, interactions, routing};

/// How an agent is asked: their own auto-answer counts, or else the queue's.
pub(crate) fn push_to(agent: &Agent, queue: &QueueSettings, interaction: &Interaction) -> Way {
    match agent.auto_answer.or(queue.auto_answer) {
        Some(auto) => Way::Push { offer_ms: auto.after_ms, then: auto.unanswered() },
        None => Way::Push { offer_ms: interaction.rules.offer_ms, then: Unanswered::Withdrawn },
    }
}

/// Asks the agent whose conversation this is from its beginning, if there is one, before anybody of its
/// queue: they need not be in that queue. Where they are not ready, or have no room for it, it waits for the
/// queue like any other.
pub(crate) async fn ask_first(tx: &mut Tx<'_>, id: &InteractionId) -> Result<()> {
    let Some(of) = interactions::by_id(tx.db().await?, id).await? else { return Ok(()) };
    let Some(first) = of.asked_first() else { return Ok(()) };
    let Some(member) = routing::ready_member(tx.db().await?, first).await? else { return Ok(()) };
    if member.room() == 0 {
        return Ok(());
    }
    let queue = agents::queue(tx.db().await?, &of.queue).await?.unwrap_or_default();
    let way = push_to(&member.agent, &queue, &of);
    let counts = counts(tx, &of).await?;
    tx.happens(&of, Event::Offered { to: vec![member.agent.who], way, counts }).await
}
