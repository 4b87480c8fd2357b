//! What agents are ready for, and what follows when that changes.

use std::time::Duration;

use super::{overflow, supervisors};
use crate::clock::Millis;
use crate::commit::Tx;
use crate::domain::agent::{Agent, Channels, WorkChannel};
use crate::domain::effect::{Place, Route};
use crate::domain::ids::AgentId;
use crate::domain::not_ready::{Reason, State, Turn};
use crate::domain::notice::{Says, TooLong};
use crate::domain::timer::{Due, Timer};
use crate::store::{Result, agents, lists, readiness};

/// An agent is ready for this from now on, or not, for a reason of the desk's or for none of those. Returns
/// the agent as they are then.
pub(crate) async fn set(
    tx: &mut Tx<'_>,
    agent: &Agent,
    channels: Channels,
    reason: Option<&Reason>,
) -> Result<Agent> {
    // Who turns ready for IMs alone is still not ready for conversations, for the same reason.
    let goes_on = channels.of(WorkChannel::Sms) == agent.channels.of(WorkChannel::Sms);
    let agent = Agent { channels, ..agent.clone() };
    agents::save(tx.db().await?, &agent).await?;
    if reason.is_some() || !goes_on {
        note(tx, &agent, reason).await?;
    }
    Ok(agent)
}

/// An agent turned ready: what waits in their queues is looked at.
pub(crate) async fn look_for_work(tx: &mut Tx<'_>, agent: &Agent) -> Result<()> {
    for queue in &agent.queues {
        tx.emit(Route { queue: queue.clone() }).await?;
    }
    Ok(())
}

/// Notes what an agent is from now on, unless they were the same before. A reason may last only so long.
pub(crate) async fn note(tx: &mut Tx<'_>, agent: &Agent, reason: Option<&Reason>) -> Result<()> {
    let turn = Turn::of(agent, reason, tx.now);
    let before = readiness::newest(tx.db_unflushed().await?, &agent.who.id).await?;
    if before.is_some_and(|before| turn.goes_on(&before)) {
        return Ok(());
    }
    if turn.state != State::Ready {
        overflow::fewer_ready(tx, &agent.queues).await?;
    }
    let id = tx.line_id();
    readiness::add(tx.db_unflushed().await?, &id, &turn).await?;
    match reason.and_then(|reason| reason.max_secs).filter(|_| !turn.reason.is_empty()) {
        Some(max_secs) => set_timer(tx, &turn, max_secs).await,
        None => Ok(()),
    }
}

async fn set_timer(tx: &mut Tx<'_>, turn: &Turn, max_secs: u64) -> Result<()> {
    let due_at = turn.at + Duration::from_secs(max_secs);
    let what = Due::NotReadyTooLong { agent: turn.agent.clone(), since: turn.at };
    tx.set(&Timer { due_at, what }).await
}

/// The time that an agent's reason allows may be over: they and their supervisors are told, once. If they are
/// ready, or not ready for something else, it was over before.
pub(crate) async fn too_long(tx: &mut Tx<'_>, id: &AgentId, since: Millis) -> Result<()> {
    let newest = readiness::newest(tx.db().await?, id).await?;
    let same = |turn: &Turn| turn.at == since && turn.state == State::NotReady && !turn.reason.is_empty();
    let Some(turn) = newest.filter(same) else { return Ok(()) };
    let Some(agent) = agents::by_id(tx.db().await?, id).await? else { return Ok(()) };
    // An admin may have changed how long it may last.
    let reason: Option<Reason> = lists::defined_as(tx.db().await?, &turn.reason).await?;
    let Some((label, max_secs)) = reason.and_then(|of| Some((of.label, of.max_secs?))) else { return Ok(()) };
    if tx.now < turn.at + Duration::from_secs(max_secs) {
        return set_timer(tx, &turn, max_secs).await;
    }
    fail::fail_point!("not_ready_too_long", |_| std::process::abort());
    let agent_id = agent.who.id.as_str().to_owned();
    let says = TooLong { agent: agent.who.name.clone(), agent_id, reason: label, max_secs, is_you: false };
    let to_them = Says::NotReadyTooLong(TooLong { is_you: true, ..says.clone() });
    tx.say(&Place::Console(id.clone()), to_them.plainly(), None).await?;
    for supervisor in supervisors::of_queues(tx, &agent.queues, Some(id)).await? {
        let to = Place::Console(supervisor.who.id);
        tx.say(&to, Says::NotReadyTooLong(says.clone()).plainly(), None).await?;
    }
    Ok(())
}
