//! Who is offered what, and what they answer.

use super::{Applied, Tx};
use crate::domain::agent::Agent;
use crate::domain::ids::{InteractionId, QueueName};
use crate::domain::input::Claim;
use crate::domain::interaction::{Interaction, Phase, Unanswered};
use crate::domain::routing::{self, Member, Waiting};
use crate::domain::session::{Counts, Event, Refused, Way};
use crate::domain::text::sanitize;
use crate::store::outbox::Completed;
use crate::store::{Result, agents, interactions, outbox};

/// The longest reason kept, in characters.
const REASON_CHARS: usize = 200;

/// Decides the offers of a queue.
pub(super) async fn route(tx: &mut Tx<'_>, claim: &Claim, queue: &QueueName) -> Result<Applied> {
    match outbox::complete(tx.conn, claim).await? {
        Completed::Done => {}
        Completed::Again => return Ok(Applied::Done),
        Completed::Lost => return Ok(Applied::Lost),
    }
    let mut waiting = interactions::waiting(tx.conn, queue).await?;
    if waiting.is_empty() {
        return Ok(Applied::Done);
    }
    let loads = interactions::loads(tx.conn).await?;
    let members: Vec<Member> = agents::all(tx.conn)
        .await?
        .into_iter()
        .filter(|agent| agent.queues.contains(queue))
        .map(|agent| Member { load: loads.get(&agent.who.id).copied().unwrap_or(0), agent })
        .collect();
    let asks: Vec<Waiting> = waiting.iter().map(as_waiting).collect();
    for chosen in routing::decide(&asks, &members, tx.now) {
        let Some(at) = waiting.iter().position(|interaction| interaction.id == chosen.interaction) else {
            continue;
        };
        let interaction = waiting.swap_remove(at);
        let to = members[chosen.member].agent.who.clone();
        let counts = counts(tx, &interaction).await?;
        let way = Way::Push { offer_ms: interaction.rules.offer_ms, then: Unanswered::Withdrawn };
        // It was read as queued in this very commit, so that the offer cannot be refused.
        let _ = tx.happen(&interaction, Event::Offered { to: vec![to], way, counts }).await?;
    }
    Ok(Applied::Done)
}

/// What else there is of an interaction's contact.
pub(crate) async fn counts(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<Counts> {
    let since = tx.now - tx.settings.recent;
    let (open, recent) = interactions::counts(tx.conn, &interaction.contact.id, since).await?;
    // The interaction itself is one of both.
    Ok(Counts { in_progress: open.saturating_sub(1), recent: recent.saturating_sub(1) })
}

fn as_waiting(interaction: &Interaction) -> Waiting {
    let asked = match &interaction.phase {
        Phase::Queued { asked } => asked.clone(),
        Phase::Offered { .. } | Phase::Owned { .. } | Phase::Done { .. } => vec![],
    };
    Waiting { id: interaction.id.clone(), enqueued_at: interaction.enqueued_at, asked }
}

/// How an agent answered an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// They joined the room, or declined its invite.
    Membership,
    /// They said so in words or by a reaction.
    Word,
}

/// Lets an agent take or refuse an offer. Joins, reactions and commands all end here.
pub(crate) async fn answer(
    tx: &mut Tx<'_>,
    agent: &Agent,
    id: &InteractionId,
    number: Option<u32>,
    accept: bool,
    (by, reason): (By, &str),
) -> Result<std::result::Result<Interaction, Refused>> {
    let Some(interaction) = interactions::by_id(tx.conn, id).await? else {
        return Ok(Err(Refused::NothingOffered));
    };
    let event = if accept {
        Event::Accepted { by: agent.who.clone(), number, joined: by == By::Membership }
    } else {
        Event::Rejected {
            by: agent.who.id.clone(),
            number,
            declined: by == By::Membership,
            reason: sanitize::cut(&sanitize::one_line(reason), REASON_CHARS),
        }
    };
    tx.happen(&interaction, event).await
}
