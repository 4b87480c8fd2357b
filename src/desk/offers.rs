//! Who is offered what, and what they answer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Applied, Tx, talks};
use crate::domain::agent::Agent;
use crate::domain::ids::{AgentId, InteractionId, QueueName};
use crate::domain::input::Claim;
use crate::domain::interaction::{Interaction, Unanswered};
use crate::domain::queue::{QueueSettings, Routing};
use crate::domain::routing::{Member, Router, Waiting};
use crate::domain::session::{Counts, Event, Refused, Way};
use crate::domain::text::sanitize;
use crate::store::outbox::Completed;
use crate::store::routing::{self as routing_store, Place};
use crate::store::{Result, agents, history, interactions, outbox};

/// The longest reason kept, in characters.
const REASON_CHARS: usize = 200;
/// Waiting interactions that are read at once.
const READ_AT_ONCE: u32 = 500;

/// A queue that takes part in a decision.
struct Competing {
    name: QueueName,
    settings: QueueSettings,
    /// What was read of what waits there, and not decided yet, first come first.
    read: VecDeque<Waiting>,
    /// How far it was read.
    place: Place,
    /// Whether all of it was read.
    is_read: bool,
}

/// Decides the offers of a queue and of those that compete with it for agents: whoever is in several gets what comes first
/// among all of them.
pub(super) async fn route(tx: &mut Tx<'_>, claim: &Claim, queue: &QueueName) -> Result<Applied> {
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
        let _ = tx.happen(&interaction, Event::Offered { to, way, counts }).await?;
    }
    Ok(Applied::Done)
}

/// A queue with all that what waits there has to be held against: the queues in which something waits for an agent who may be
/// given what waits here, and so on from them; and the members of all, who are ready.
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

/// Whom to ask about what waits, with its queue, by their index. No more is read than can be given away.
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
            // One that is shown to many was begun under another setting, and comes back when that offer ends.
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

/// Reads on in a queue of which all that was read is decided, as much as can be given away; nothing of it is left, if nothing can.
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

/// How one agent is asked: what they, or else their queue, say about answering for them.
fn push_to(agent: &Agent, queue: &QueueSettings, interaction: &Interaction) -> Way {
    match agent.auto_answer.or(queue.auto_answer) {
        Some(auto) => Way::Push { offer_ms: auto.after_ms, then: auto.unanswered() },
        None => Way::Push { offer_ms: interaction.rules.offer_ms, then: Unanswered::Withdrawn },
    }
}

/// What else there is of an interaction's contact.
pub(crate) async fn counts(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<Counts> {
    let since = tx.now - tx.settings.desk.recent();
    let mut counts = Counts { days: tx.settings.desk.recent_days, ..Counts::default() };
    for (mode, open, recent) in history::others(tx.db().await?, interaction, since).await? {
        let kind = || mode.as_str().to_owned();
        counts.in_progress.extend((open > 0).then(|| (kind(), open)));
        counts.recent.extend((recent > 0).then(|| (kind(), recent)));
    }
    Ok(counts)
}

/// How an agent answered an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// They joined the room, or declined its invite.
    Membership,
    /// They said so in words or by a reaction.
    Word,
}

/// Lets an agent take or refuse an offer, and keeps that in the audit log. Joins, reactions and commands all end here.
pub(crate) async fn answer(
    tx: &mut Tx<'_>,
    agent: &Agent,
    id: &InteractionId,
    number: Option<u32>,
    accept: bool,
    (by, reason): (By, &str),
) -> Result<std::result::Result<(), Refused>> {
    let reason = sanitize::cut(&sanitize::one_line(reason), REASON_CHARS);
    let answered = give(tx, agent, id, number, accept, (by, &reason)).await?;
    if answered.is_ok() {
        let what = if accept { "accept" } else { "reject" };
        let how = match by {
            By::Membership => "by their invite",
            By::Word => "",
        };
        tx.audit(agent, what, Some(id), format!("{how} {reason}").trim()).await?;
    }
    Ok(answered)
}

async fn give(
    tx: &mut Tx<'_>,
    agent: &Agent,
    id: &InteractionId,
    number: Option<u32>,
    accept: bool,
    (by, reason): (By, &str),
) -> Result<std::result::Result<(), Refused>> {
    let reason = reason.to_owned();
    let Some(interaction) = interactions::by_id(tx.db().await?, id).await? else {
        let answered = talks::answer(tx, agent, id, accept, (by, reason)).await?;
        return Ok(if answered { Ok(()) } else { Err(Refused::NothingOffered) });
    };
    if accept && is_beyond_capacity(tx, &interaction, agent).await? {
        return Ok(Err(Refused::AtCapacity));
    }
    let event = if accept {
        Event::Accepted { by: agent.who.clone(), number, joined: by == By::Membership }
    } else {
        Event::Rejected { by: agent.who.id.clone(), number, declined: by == By::Membership, reason }
    };
    Ok(tx.happen(&interaction, event).await?.map(drop))
}

/// Whether taking what many are shown would give an agent more than they may have. Who alone is asked was counted
/// when they were, and a colleague's transfer comes on top.
async fn is_beyond_capacity(tx: &mut Tx<'_>, interaction: &Interaction, agent: &Agent) -> Result<bool> {
    let picks = interaction.offer().is_some_and(|offer| !offer.invited && offer.asks(&agent.who.id));
    Ok(picks && interactions::load(tx.db().await?, &agent.who.id).await? >= agent.sms_capacity)
}
