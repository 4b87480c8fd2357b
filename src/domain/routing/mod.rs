//! Who is offered what: a pure function of what waits and who is free.
//!
//! A [`Router`] is given what waits in all queues that share agents, first come first, and says of each whom
//! to ask. It remembers what it has given away, so that the rows of a long queue need not all be at hand:
//! whoever reads them stops once its members have no [room](Router::room) left. What comes first of all is
//! not what any one queue can say: an agent of two queues who gets free is given the older, whichever queue
//! it waits in. What nobody took may wait for the members of several queues: they are [joined](Router::join)
//! to one. Among those who may be asked, whoever handled the contact last comes first, then who has been idle
//! for longest; who refused is passed over until a new round begins.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::agent::{Agent, AgentRef, Readiness, WorkChannel};
use super::ids::{AgentId, InteractionId, QueueName};
use super::interaction::{Interaction, PassedOver, Phase};
use super::session::ROUND_AFTER;
use crate::clock::Millis;

/// One point of priority is worth as much as having waited for this long.
pub const POINT: Duration = Duration::from_mins(1);

/// The most interactions an agent is shown at once to pick from, even if they could take more: a console has
/// to stay readable.
pub const SHOWN_AT_ONCE: u32 = 10;

/// An interaction that waits in the queue, as far as routing looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its id.
    pub id: InteractionId,
    /// When it was first queued.
    pub enqueued_at: Millis,
    /// Its priority: each point counts like one [`POINT`] of waiting.
    pub priority: i64,
    /// What an agent must know to be asked.
    pub skills: Vec<String>,
    /// The agent who handled this contact last, if that was recently.
    pub last_agent: Option<AgentId>,
    /// The agents who were asked in this round and did not take it.
    pub passed_over: Vec<PassedOver>,
    /// The agents who see it and may pick it.
    pub shown: Vec<AgentId>,
    /// The queues whose members are asked besides those of its own, each once, in the order of their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<QueueName>,
}

impl Waiting {
    /// Its rank in the queue: the least is first. It does not change as time goes by, because all grow older
    /// alike.
    #[must_use]
    pub fn rank(&self) -> Millis {
        rank(self.enqueued_at, self.priority)
    }

    fn has_passed_over(&self, agent: &AgentId) -> bool {
        self.passed_over.iter().any(|one| one.agent == *agent)
    }
}

/// The rank of what was first queued at a moment, with these points.
fn rank(enqueued_at: Millis, points: i64) -> Millis {
    let worth = i64::try_from(POINT.as_millis()).unwrap_or(i64::MAX).saturating_mul(points);
    Millis(enqueued_at.0.saturating_sub(worth))
}

/// What routing sees of an interaction.
impl Interaction {
    /// Its rank in its queue, whether it waits there just now or not: the least is first.
    #[must_use]
    pub fn rank(&self) -> Millis {
        rank(self.enqueued_at, self.priority())
    }

    /// The agents who see it and may pick it.
    fn shown(&self) -> &[AgentRef] {
        match &self.phase {
            Phase::Offered { offer, .. } if !offer.invited => &offer.to,
            Phase::Offered { .. } | Phase::Queued { .. } | Phase::Owned { .. } | Phase::Done { .. } => &[],
        }
    }

    /// Its priority in its queue, in points of a minute each: what the queue gives it, and what people added
    /// or took away.
    #[must_use]
    pub fn priority(&self) -> i64 {
        self.rules.priority.saturating_add(self.points)
    }

    /// The agents who may be offered something else once it has become `now`: it no longer counts against
    /// their capacity, or they no longer see it.
    #[must_use]
    pub fn frees(&self, now: &Self) -> Vec<AgentId> {
        let holder = self.holder().filter(|had| now.holder().is_none_or(|has| has.id != had.id));
        let shown = self.shown().iter().filter(|saw| !now.shown().iter().any(|sees| sees.id == saw.id));
        holder.into_iter().chain(shown).map(|agent| agent.id.clone()).collect()
    }

    /// Its view for routing, while it waits for an agent: it is queued, or shown to many who may pick it.
    #[must_use]
    pub fn waiting(&self) -> Option<Waiting> {
        let passed_over = match &self.phase {
            Phase::Queued { passed_over } => passed_over,
            Phase::Offered { offer, passed_over } if !offer.invited => passed_over,
            Phase::Offered { .. } | Phase::Owned { .. } | Phase::Done { .. } => return None,
        };
        Some(Waiting {
            id: self.id.clone(),
            enqueued_at: self.enqueued_at,
            priority: self.priority(),
            skills: self.rules.skills.clone(),
            last_agent: self.last_agent.clone(),
            passed_over: passed_over.clone(),
            shown: self.shown().iter().map(|agent| agent.id.clone()).collect(),
            also: self.also().into_iter().cloned().collect(),
        })
    }

    /// The queues whose members are asked besides those of its own.
    fn also(&self) -> BTreeSet<&QueueName> {
        self.overflow.iter().flat_map(|overflow| &overflow.also).collect()
    }

    /// What an agent must know to be asked, if it is to be noted when nobody who does is ready; nothing if it
    /// is not. Each once, in order.
    #[must_use]
    pub fn skills_to_miss(&self) -> Option<Vec<&str>> {
        let is_queued = matches!(self.phase, Phase::Queued { .. });
        let overflow = self.overflow.as_ref().filter(|_| is_queued)?;
        overflow.if_nobody(&self.rules.overflow)?;
        let skills: BTreeSet<&str> = self.rules.skills.iter().map(String::as_str).collect();
        Some(skills.into_iter().collect())
    }
}

/// A member of the queues, with their load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The agent.
    pub agent: Agent,
    /// How many interactions they own or are being offered.
    pub load: u32,
    /// How many they see that they may pick.
    pub shown: u32,
}

impl Member {
    /// How many more interactions they may be given.
    #[must_use]
    pub fn room(&self) -> u32 {
        if self.agent.is_ready_for(WorkChannel::Sms) {
            self.agent.capacity_for(WorkChannel::Sms).saturating_sub(self.load)
        } else {
            0
        }
    }
}

/// Decides the offers of queues that share agents. Queues and members go by their index.
#[derive(Debug)]
pub struct Router<'a> {
    members: &'a [Member],
    by_id: HashMap<&'a AgentId, usize>,
    now: Millis,
    /// How many more each member may be given.
    room: Vec<u32>,
    /// How many more each member may be shown.
    sight: Vec<u32>,
    /// The turn of each member. A member who was just given work comes after all who were not.
    turns: Vec<Turn>,
    given: u64,
    /// The queues of each member.
    queues_of: Vec<Vec<usize>>,
    queues: Vec<Queue>,
    /// The lines that wait for the members of several queues: the queues, and the place of the line.
    joined: HashMap<Vec<usize>, usize>,
}

/// A queue, as its members limit what is taken from it.
#[derive(Debug, Default)]
struct Queue {
    members: Vec<usize>,
    /// When the last of its members turned ready.
    last_ready: Option<Millis>,
    /// How many more interactions its members may be given, and shown, all together.
    room: u64,
    sight: u64,
    lines: Vec<Line>,
}

/// A member's rank: how often work was given away before they got some, and since when they are idle.
type Turn = (u64, Millis);

/// The members of a queue with certain skills, longest idle first. An entry may be out of date; that is
/// checked when it comes up.
#[derive(Debug)]
struct Line {
    skills: Vec<String>,
    heap: BinaryHeap<Reverse<(Turn, usize)>>,
}

impl<'a> Router<'a> {
    /// A router for these queues and their members.
    #[must_use]
    pub fn new(names: &[QueueName], members: &'a [Member], now: Millis) -> Self {
        let places: HashMap<&QueueName, usize> = names.iter().zip(0..).collect();
        let of = |member: &Member| {
            member.agent.queues.iter().filter_map(|name| places.get(name).copied()).collect()
        };
        let room: Vec<u32> = members.iter().map(Member::room).collect();
        let sight = |(member, room): (&Member, &u32)| {
            if *room > 0 { SHOWN_AT_ONCE.saturating_sub(member.shown) } else { 0 }
        };
        let mut router = Self {
            by_id: members.iter().enumerate().map(|(index, member)| (&member.agent.who.id, index)).collect(),
            now,
            sight: members.iter().zip(&room).map(sight).collect(),
            room,
            turns: members.iter().map(|member| (0, member.agent.idle_since)).collect(),
            given: 0,
            queues_of: members.iter().map(of).collect(),
            queues: names.iter().map(|_| Queue::default()).collect(),
            joined: HashMap::new(),
            members,
        };
        for (index, member) in members.iter().enumerate() {
            let since = match member.agent.channels.of(WorkChannel::Sms) {
                Readiness::Ready { since } => Some(*since),
                Readiness::NotReady { .. } | Readiness::SignedOff => None,
            };
            for queue in &router.queues_of[index] {
                let queue = &mut router.queues[*queue];
                queue.members.push(index);
                queue.last_ready = queue.last_ready.max(since);
                queue.room += u64::from(router.room[index]);
                queue.sight += u64::from(router.sight[index]);
            }
        }
        router
    }

    /// The place of what waits for the members of several queues alike, each of them asked once. It is a
    /// queue like those it is made of, whose members have no more room than they have.
    pub fn join(&mut self, queues: &[usize]) -> usize {
        let queues: BTreeSet<usize> = queues.iter().copied().collect();
        let queues: Vec<usize> = queues.into_iter().collect();
        if let [one] = queues.as_slice() {
            return *one;
        }
        if let Some(known) = self.joined.get(&queues) {
            return *known;
        }
        let members: BTreeSet<usize> =
            queues.iter().flat_map(|queue| self.queues[*queue].members.iter().copied()).collect();
        let place = self.queues.len();
        let mut joined = Queue {
            last_ready: queues.iter().filter_map(|queue| self.queues[*queue].last_ready).max(),
            ..Queue::default()
        };
        for index in members {
            joined.room += u64::from(self.room[index]);
            joined.sight += u64::from(self.sight[index]);
            joined.members.push(index);
            self.queues_of[index].push(place);
        }
        self.queues.push(joined);
        self.joined.insert(queues, place);
        place
    }

    /// How many more interactions the members of a queue can be given.
    #[must_use]
    pub fn room(&self, queue: usize) -> u64 {
        self.queues[queue].room
    }

    /// How many more times an interaction can be shown to a member of a queue.
    #[must_use]
    pub fn sight(&self, queue: usize) -> u64 {
        self.queues[queue].sight
    }

    /// The one member of its queue to ask, by index; nobody if nobody may be asked.
    pub fn push(&mut self, queue: usize, waiting: &Waiting) -> Option<usize> {
        let chosen = self
            .last_agent(queue, waiting)
            .or_else(|| self.longest_idle(queue, waiting, false))
            .or_else(|| {
                if self.new_round(queue, waiting) { self.longest_idle(queue, waiting, true) } else { None }
            })?;
        self.given += 1;
        self.turns[chosen].0 = self.given;
        self.room[chosen] -= 1;
        // A member at capacity is shown nothing more.
        let unseen = if self.room[chosen] == 0 { std::mem::take(&mut self.sight[chosen]) } else { 0 };
        for queue in &self.queues_of[chosen] {
            self.queues[*queue].room -= 1;
            self.queues[*queue].sight -= u64::from(unseen);
        }
        Some(chosen)
    }

    /// The members to show it to, besides those who see it already, by index: the first to accept gets it.
    pub fn show(&mut self, queue: usize, waiting: &Waiting) -> Vec<usize> {
        let members = self.queues[queue].members.iter().copied();
        let able: Vec<usize> = members
            .filter(|index| self.sight[*index] > 0 && self.knows(*index, &waiting.skills))
            .filter(|index| !waiting.shown.contains(self.id(*index)))
            .collect();
        let fresh: Vec<usize> =
            able.iter().copied().filter(|index| !waiting.has_passed_over(self.id(*index))).collect();
        let again = fresh.is_empty() && waiting.shown.is_empty() && self.new_round(queue, waiting);
        let chosen = if again { able } else { fresh };
        for index in &chosen {
            self.sight[*index] -= 1;
            for queue in &self.queues_of[*index] {
                self.queues[*queue].sight -= 1;
            }
        }
        chosen
    }

    fn id(&self, index: usize) -> &'a AgentId {
        &self.members[index].agent.who.id
    }

    fn knows(&self, index: usize, skills: &[String]) -> bool {
        skills.iter().all(|skill| self.members[index].agent.skills.contains(skill))
    }

    fn last_agent(&self, queue: usize, waiting: &Waiting) -> Option<usize> {
        let index = *self.by_id.get(waiting.last_agent.as_ref()?)?;
        let is_member = self.queues_of[index].contains(&queue);
        let free = is_member && self.room[index] > 0 && self.knows(index, &waiting.skills);
        (free && !waiting.has_passed_over(self.id(index))).then_some(index)
    }

    /// The longest idle member with the skills; one who was passed over counts only with `again`.
    fn longest_idle(&mut self, queue: usize, waiting: &Waiting, again: bool) -> Option<usize> {
        let line = self.line(queue, &waiting.skills);
        let mut passed = Vec::new();
        let found = loop {
            let Some(Reverse((turn, index))) = self.queues[queue].lines[line].heap.pop() else { break None };
            if self.room[index] == 0 {
                continue;
            }
            let now = self.turns[index];
            if turn != now {
                self.queues[queue].lines[line].heap.push(Reverse((now, index)));
                continue;
            }
            passed.push(Reverse((turn, index)));
            if again || !waiting.has_passed_over(self.id(index)) {
                break Some(index);
            }
        };
        self.queues[queue].lines[line].heap.extend(passed);
        found
    }

    /// The index of the line of a queue's members with these skills. There are as many lines as there are
    /// different sets of skills asked for: few.
    fn line(&mut self, queue: usize, skills: &[String]) -> usize {
        let lines = &self.queues[queue].lines;
        if let Some(known) = lines.iter().position(|line| line.skills == skills) {
            return known;
        }
        let members = self.queues[queue].members.iter().copied();
        let able = members.filter(|index| self.room[*index] > 0 && self.knows(*index, skills));
        let heap = able.map(|index| Reverse((self.turns[index], index))).collect();
        let lines = &mut self.queues[queue].lines;
        lines.push(Line { skills: skills.to_vec(), heap });
        lines.len() - 1
    }

    /// Whether a new round begins: [`ROUND_AFTER`] after the last refusal, or when a member turned ready
    /// after it.
    fn new_round(&self, queue: usize, waiting: &Waiting) -> bool {
        let last = waiting.passed_over.iter().map(|one| one.at).max();
        last.is_none_or(|last| {
            let ready = self.queues[queue].last_ready;
            self.now.since(last) >= ROUND_AFTER || ready.is_some_and(|ready| ready > last)
        })
    }
}

#[cfg(test)]
mod history;
#[cfg(test)]
mod tests;
