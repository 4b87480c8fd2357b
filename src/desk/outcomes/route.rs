//! Offers what waits in the queues to agents.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::acts::counts::counts;
use crate::acts::offering::push_to;
use crate::acts::overflow;
use crate::commit::{Applied, Tx};
use crate::domain::ids::{AgentId, InteractionId, QueueName};
use crate::domain::input::Claim;
use crate::domain::queue::{QueueSettings, Routing};
use crate::domain::routing::{Member, Router, Waiting};
use crate::domain::session::{Event, Way};
use crate::store::outbox::{self, Completed};
use crate::store::routing::{self as routing_store, Overflowed, Place};
use crate::store::{Result, agents, interactions};

/// Waiting interactions that are read at once.
const READ_AT_ONCE: u32 = 500;

/// What waits in a queue for the same agents, as it takes part in a decision.
struct Line {
    queue: QueueName,
    /// The queues whose members are asked besides those of its own, and whose names it is found by.
    also: Vec<QueueName>,
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
    let Competing { queues, mut lines, members } = competing(tx, queue).await?;
    overflow::when_nobody_is_ready(tx, &queues, &members).await?;
    for (id, line, chosen) in decide(tx, &queues, &mut lines, &members).await? {
        let Some(interaction) = interactions::by_id(tx.db().await?, &id).await? else { continue };
        let settings = &lines[line].settings;
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

/// All that is decided together.
struct Competing {
    /// The queues whose members are asked.
    queues: Vec<QueueName>,
    lines: Vec<Line>,
    /// The ready members of these queues.
    members: Vec<Member>,
}

/// A queue with all the queues that compete with it, and the ready members of all of them. A queue competes
/// if something waits there for an agent who may also be given what waits here, and so on from there; and so
/// does what waits for the members of several.
async fn competing(tx: &mut Tx<'_>, queue: &QueueName) -> Result<Competing> {
    let overflowed = routing_store::overflowed(tx.db().await?).await?;
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
        let waits = routing_store::waits_in(tx.db().await?, &others.iter().collect::<Vec<_>>()).await?;
        let may_get =
            |line: &&Overflowed| line.queues().any(|name| names.contains(name) || others.contains(name));
        let joined = overflowed.iter().filter(may_get).flat_map(Overflowed::queues).cloned();
        let more: BTreeSet<QueueName> = waits.into_iter().chain(joined).collect();
        new = more.into_iter().filter(|name| !names.contains(name)).collect();
        names.extend(new.iter().cloned());
    }
    let plain = names.iter().map(|name| Overflowed { queue: name.clone(), also: vec![] });
    let joined = overflowed.iter().filter(|line| names.contains(&line.queue)).cloned();
    let mut lines = Vec::new();
    for Overflowed { queue, also } in plain.chain(joined).collect::<Vec<_>>() {
        let settings = agents::queue(tx.db().await?, &queue).await?.unwrap_or_default();
        let (read, place) = (VecDeque::new(), Place::first());
        lines.push(Line { queue, also, settings, read, place, is_read: false });
    }
    let queues = names.into_iter().collect();
    Ok(Competing { queues, lines, members: members.into_values().collect() })
}

/// Decides whom to ask: each interaction with its line and the agents, both by index. No more is read than
/// can be given away.
async fn decide(
    tx: &mut Tx<'_>,
    queues: &[QueueName],
    lines: &mut [Line],
    members: &[Member],
) -> Result<Vec<(InteractionId, usize, Vec<usize>)>> {
    let mut router = Router::new(queues, members, tx.now);
    let place = |name: &QueueName| queues.iter().position(|known| known == name);
    let places: Vec<usize> = lines
        .iter()
        .map(|line| {
            let asked: Vec<usize> = line.also.iter().chain([&line.queue]).filter_map(place).collect();
            router.join(&asked)
        })
        .collect();
    let mut decided = Vec::new();
    loop {
        for (line, place) in lines.iter_mut().zip(&places) {
            let left = left(&router, *place, line);
            read_on(tx, line, left).await?;
        }
        let heads = lines.iter().enumerate().filter_map(|(line, of)| Some((line, of.read.front()?)));
        let first = heads.min_by_key(|(_, waiting)| (waiting.rank(), waiting.id.clone()));
        let Some((first, _)) = first else { return Ok(decided) };
        let (line, place) = (&mut lines[first], places[first]);
        let Some(waiting) = line.read.pop_front() else { return Ok(decided) };
        let chosen = match line.settings.routing {
            // One that is shown to many was offered under another setting, and comes back when that offer
            // ends.
            Routing::Push if !waiting.shown.is_empty() => vec![],
            Routing::Push => router.push(place, &waiting).into_iter().collect(),
            Routing::Pick => router.show(place, &waiting),
        };
        if !chosen.is_empty() {
            decided.push((waiting.id, first, chosen));
        }
    }
}

/// How much of what waits in a line can still be given away.
fn left(router: &Router<'_>, place: usize, line: &Line) -> u64 {
    match line.settings.routing {
        Routing::Push => router.room(place),
        Routing::Pick => router.sight(place),
    }
}

/// Reads more rows of a line once all that were read are decided, as many as can be given away. If nothing
/// can, nothing of it is left.
async fn read_on(tx: &mut Tx<'_>, line: &mut Line, left: u64) -> Result<()> {
    let limit = u32::try_from(left).unwrap_or(u32::MAX).min(READ_AT_ONCE);
    if limit == 0 {
        line.read.clear();
        line.is_read = true;
    }
    if line.is_read || !line.read.is_empty() {
        return Ok(());
    }
    let of = (&line.queue, line.also.as_slice());
    let waiting = routing_store::waiting(tx.db().await?, of, &line.place, limit).await?;
    match waiting.last() {
        Some(last) => line.place = Place::behind(last),
        None => line.is_read = true,
    }
    line.read = waiting.into();
    Ok(())
}
