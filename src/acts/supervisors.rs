//! The supervisors of queues.

use crate::commit::Tx;
use crate::domain::agent::{Agent, Role};
use crate::domain::ids::{AgentId, QueueName};
use crate::store::{Result, agents};

/// The supervisors of any of these queues, but for one agent; where there are none, all others.
pub(crate) async fn of_queues(
    tx: &mut Tx<'_>,
    queues: &[QueueName],
    but: Option<&AgentId>,
) -> Result<Vec<Agent>> {
    let mut all = agents::all(tx.db_unflushed().await?).await?;
    all.retain(|agent| agent.is(Role::Supervisor) && but != Some(&agent.who.id));
    let is_theirs = |agent: &Agent| agent.queues.iter().any(|queue| queues.contains(queue));
    if all.iter().any(is_theirs) {
        all.retain(is_theirs);
    }
    Ok(all)
}
