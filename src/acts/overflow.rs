//! Overflow: who hears of it, and when nobody is ready.

use super::supervisors;
use crate::commit::Tx;
use crate::domain::effect::{Place, Route};
use crate::domain::ids::QueueName;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Overflowed, Says};
use crate::domain::routing::Member;
use crate::domain::session::Event;
use crate::store::routing::Unready;
use crate::store::{Result, routing};

/// How many conversations of one kind take a step in one commit.
const AT_ONCE: u32 = 200;

/// Takes the steps that come when nobody is ready, in queues whose ready members are these.
pub(crate) async fn when_nobody_is_ready(
    tx: &mut Tx<'_>,
    queues: &[QueueName],
    ready: &[Member],
) -> Result<()> {
    for kind in routing::unready(tx.db().await?).await? {
        if !queues.contains(&kind.line.queue) || ready.iter().any(|member| could_take(&kind, member)) {
            continue;
        }
        let waiting = routing::unready_of(tx.db().await?, &kind, AT_ONCE).await?;
        for interaction in &waiting {
            tx.happens(interaction, Event::NobodyReady).await?;
        }
        // There may be more of them, and the next step of these may be for this too.
        if !waiting.is_empty() {
            tx.emit(Route { queue: kind.line.queue.clone() }).await?;
        }
    }
    Ok(())
}

/// Whether a ready member is one of those who may be asked, however much they have to do.
fn could_take(kind: &Unready, member: &Member) -> bool {
    kind.line.queues().any(|queue| member.agent.queues.contains(queue))
        && kind.skills.iter().all(|skill| member.agent.skills.contains(skill))
}

/// Fewer agents may be ready in these queues: where that leads to anything, it is looked at.
pub(crate) async fn fewer_ready(tx: &mut Tx<'_>, queues: &[QueueName]) -> Result<()> {
    if routing::unready(tx.db_unflushed().await?).await?.is_empty() {
        return Ok(());
    }
    for queue in queues {
        tx.emit(Route { queue: queue.clone() }).await?;
    }
    Ok(())
}

/// Tells the supervisors of the queues that are asked; where these have none, all others.
pub(crate) async fn tell(tx: &mut Tx<'_>, of: &Interaction, told: Overflowed) -> Result<()> {
    let queues: Vec<QueueName> =
        [Some(&told.queue), told.to.as_ref()].into_iter().flatten().cloned().collect();
    let supervisors = supervisors::of_queues(tx, &queues, None).await?;
    fail::fail_point!("overflow_told", |_| std::process::abort());
    let notice = Says::Overflowed(told.clone()).about(&of.id);
    for agent in supervisors {
        tx.say(&Place::Console(agent.who.id), notice.clone(), None).await?;
    }
    Ok(())
}
