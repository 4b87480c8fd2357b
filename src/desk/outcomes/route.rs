//! Offers what waits in the queues to agents.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::acts::counts::counts;
use crate::commit::{Applied, Tx};
use crate::domain::agent::Agent;
use crate::domain::ids::{AgentId, InteractionId, QueueName};
use crate::domain::input::Claim;
use crate::domain::interaction::{Interaction, Unanswered};
use crate::domain::queue::{QueueSettings, Routing};
use crate::domain::routing::{Member, Router, Waiting};
use crate::domain::session::{Event, Way};
use crate::store::outbox::{self, Completed};
use crate::store::routing::{self as routing_store, Place};
use crate::store::{Result, agents, interactions};

/// Waiting interactions that are read at once.
const READ_AT_ONCE: u32 = 500;

/// A queue that takes part in a decision.
struct Competing {
    name: QueueName,
    settings: QueueSettings,
    /// The rows of what waits there that were read and not decided yet, first come first.
    read: VecDeque<Waiting>,
    /// How far it was read.
    place: Place,
    /// Whether all of it was read.
    is_read: bool,
}

/// Decides the offers of a queue and of those that share agents with it: an agent in several gets what comes
/// first among all of them.
pub(in crate::desk) async fn route(tx: &mut Tx<'_>, claim: &Claim, queue: &QueueName) -> Result<Applied> {
    match outbox::complete(tx.db().await?, claim).await? {
        Completed::Done => {}
        Completed::Again => return Ok(Applied::Done),
        Completed::Lost => return Ok(Applied::Lost),
    }
    let (mut queues, members) = competing(tx, queue).await?;
    for (id, place, chosen) in decide(tx, &mut queues, &members).await? {
        let Some(interaction) = interactions::by_id(tx.db().await?, &id).await? else { continue };
        let settings = &queues[place].settings;
        let way = match (settings.routing, chosen.as_slice()) {
            (Routing::Push, [one]) => push_to(&members[*one].agent, settings, &interaction),
            (Routing::Push | Routing::Pick, _) => Way::Pick,
        };
        let to = chosen.iter().map(|index| members[*index].agent.who.clone()).collect();
        let counts = counts(tx, &interaction).await?;
        // It was read as waiting in this very commit, so that the offer cannot be refused.
        tx.happens(&interaction, Event::Offered { to, way, counts }).await?;
    }
    Ok(Applied::Done)
}

/// A queue with all the queues that compete with it, and the ready members of all of them. A queue competes
/// if something waits there for an agent who may also be given what waits here, and so on from there.
async fn competing(tx: &mut Tx<'_>, queue: &QueueName) -> Result<(Vec<Competing>, Vec<Member>)> {
    let mut names = BTreeSet::from([queue.clone()]);
    let mut members: BTreeMap<AgentId, Member> = BTreeMap::new();
    let mut new = vec![queue.clone()];
    while !new.is_empty() {
        let mut others = BTreeSet::new();
        for member in routing_store::ready_members(tx.db().await?, &new).await? {
            if member.room() > 0 {
                others.extend(member.agent.queues.iter().filter(|name| !names.contains(*name)).cloned());
            }
            members.insert(member.agent.who.id.clone(), member);
        }
        new = routing_store::waits_in(tx.db().await?, &others.iter().collect::<Vec<_>>()).await?;
        names.extend(new.iter().cloned());
    }
    let mut queues = Vec::new();
    for name in names {
        let settings = agents::queue(tx.db().await?, &name).await?.unwrap_or_default();
        let (read, place) = (VecDeque::new(), Place::first());
        queues.push(Competing { name, settings, read, place, is_read: false });
    }
    Ok((queues, members.into_values().collect()))
}

/// Decides whom to ask: each interaction with its queue and the agents, both by index. No more is read than
/// can be given away.
async fn decide(
    tx: &mut Tx<'_>,
    queues: &mut [Competing],
    members: &[Member],
) -> Result<Vec<(InteractionId, usize, Vec<usize>)>> {
    let names: Vec<QueueName> = queues.iter().map(|queue| queue.name.clone()).collect();
    let mut router = Router::new(&names, members, tx.now);
    let mut decided = Vec::new();
    loop {
        for (place, queue) in queues.iter_mut().enumerate() {
            let left = left(&router, place, queue);
            read_on(tx, queue, left).await?;
        }
        let heads = queues.iter().enumerate().filter_map(|(place, queue)| Some((place, queue.read.front()?)));
        let first = heads.min_by_key(|(_, waiting)| (waiting.rank(), waiting.id.clone()));
        let Some((place, _)) = first else { return Ok(decided) };
        let queue = &mut queues[place];
        let Some(waiting) = queue.read.pop_front() else { return Ok(decided) };
        let chosen = match queue.settings.routing {
            // One that is shown to many was offered under another setting, and comes back when that offer
            // ends.
            Routing::Push if !waiting.shown.is_empty() => vec![],
            Routing::Push => router.push(place, &waiting).into_iter().collect(),
            Routing::Pick => router.show(place, &waiting),
        };
        if !chosen.is_empty() {
            decided.push((waiting.id, place, chosen));
        }
    }
}

/// How much of what waits in a queue can still be given away.
fn left(router: &Router<'_>, place: usize, queue: &Competing) -> u64 {
    match queue.settings.routing {
        Routing::Push => router.room(place),
        Routing::Pick => router.sight(place),
    }
}

/// Reads more rows of a queue once all that were read are decided, as many as can be given away. If nothing
/// can, nothing of it is left.
async fn read_on(tx: &mut Tx<'_>, queue: &mut Competing, left: u64) -> Result<()> {
    let limit = u32::try_from(left).unwrap_or(u32::MAX).min(READ_AT_ONCE);
    if limit == 0 {
        queue.read.clear();
        queue.is_read = true;
    }
    if queue.is_read || !queue.read.is_empty() {
        return Ok(());
    }
    let waiting = routing_store::waiting(tx.db().await?, &queue.name, &queue.place, limit).await?;
    match waiting.last() {
        Some(last) => queue.place = Place::behind(last),
        None => queue.is_read = true,
    }
    queue.read = waiting.into();
    Ok(())
}

/// How an agent is asked: their own auto-answer counts, or else the queue's.
fn push_to(agent: &Agent, queue: &QueueSettings, interaction: &Interaction) -> Way {
    match agent.auto_answer.or(queue.auto_answer) {
        Some(auto) => Way::Push { offer_ms: auto.after_ms, then: auto.unanswered() },
        None => Way::Push { offer_ms: interaction.rules.offer_ms, then: Unanswered::Withdrawn },
    }
}
