//! Who is offered what: a pure function of what waits and who is free.
//!
//! A [`Router`] is given what waits in one queue, first come first, and says of each whom to ask. It remembers what it has
//! given away, so that the rows of a long queue need not all be at hand: whoever reads them stops once
//! there is no [room](Router::room) left. Among those who may be asked, whoever handled the contact last comes first, then who has
//! been idle for longest; who refused is passed over until a new round begins.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::agent::{Agent, AgentRef, Readiness};
use super::ids::{AgentId, InteractionId};
use super::interaction::{Asked, Interaction, Phase};
use super::session::ROUND_AFTER;
use crate::clock::Millis;

/// What one point of priority is worth: as much as having waited for this long.
pub const POINT: Duration = Duration::from_mins(1);

/// How many interactions an agent is shown at once that they may pick, however many they could take: a console is
/// to be read.
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
    /// Who handled this contact last, and not long ago.
    pub last_agent: Option<AgentId>,
    /// Who was asked in this round and did not take it.
    pub asked: Vec<Asked>,
    /// Who can see it and may pick it.
    pub shown: Vec<AgentId>,
}

impl Waiting {
    /// Its place in the queue: the least is first. It does not move while time goes by, because all grow older alike.
    #[must_use]
    pub fn rank(&self) -> Millis {
        let worth = i64::try_from(POINT.as_millis()).unwrap_or(i64::MAX).saturating_mul(self.priority);
        Millis(self.enqueued_at.0.saturating_sub(worth))
    }

    fn was_asked(&self, agent: &AgentId) -> bool {
        self.asked.iter().any(|asked| asked.agent == *agent)
    }
}

/// What routing sees of an interaction.
impl Interaction {
    /// Who sees it and may pick it.
    fn shown(&self) -> &[AgentRef] {
        match &self.phase {
            Phase::Offered { offer, .. } if !offer.invited => &offer.to,
            Phase::Offered { .. } | Phase::Queued { .. } | Phase::Owned { .. } | Phase::Done { .. } => &[],
        }
    }

    /// Who may be offered something else once it has become `now`: whose capacity it takes no more, who sees it no more.
    #[must_use]
    pub fn frees(&self, now: &Self) -> Vec<AgentId> {
        let holder = self.holder().filter(|had| now.holder().is_none_or(|has| has.id != had.id));
        let shown = self.shown().iter().filter(|saw| !now.shown().iter().any(|sees| sees.id == saw.id));
        holder.into_iter().chain(shown).map(|agent| agent.id.clone()).collect()
    }

    /// What routing looks at, while it waits for an agent: it is queued, or shown to many who may pick it.
    #[must_use]
    pub fn waiting(&self) -> Option<Waiting> {
        let asked = match &self.phase {
            Phase::Queued { asked } => asked,
            Phase::Offered { offer, asked } if !offer.invited => asked,
            Phase::Offered { .. } | Phase::Owned { .. } | Phase::Done { .. } => return None,
        };
        Some(Waiting {
            id: self.id.clone(),
            enqueued_at: self.enqueued_at,
            priority: self.rules.priority,
            skills: self.rules.skills.clone(),
            last_agent: self.last_agent.clone(),
            asked: asked.clone(),
            shown: self.shown().iter().map(|agent| agent.id.clone()).collect(),
        })
    }
}

/// A member of the queue with what they already have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The agent.
    pub agent: Agent,
    /// How many interactions they own or are being offered.
    pub load: u32,
    /// How many they see that they may pick.
    pub shown: u32,
}

/// Decides the offers of one queue.
#[derive(Debug)]
pub struct Router<'a> {
    members: &'a [Member],
    by_id: HashMap<&'a AgentId, usize>,
    now: Millis,
    last_ready: Option<Millis>,
    /// How many more each member may be given, and all together.
    room: Vec<u32>,
    all_room: u64,
    /// How many more each member may be shown, and all together.
    sight: Vec<u32>,
    all_sight: u64,
    /// When it is each member's turn. Whoever was just given work comes after all who were not.
    turns: Vec<Turn>,
    given: u64,
    lines: Vec<Line>,
}

/// A place in the order of members: how often work was given away before they got some, and since when they are idle.
type Turn = (u64, Millis);

/// Those who know something, longest idle first. An entry may be out of date; that is seen when it comes up.
#[derive(Debug)]
struct Line {
    skills: Vec<String>,
    heap: BinaryHeap<Reverse<(Turn, usize)>>,
}

impl<'a> Router<'a> {
    /// A router for a queue with these members.
    #[must_use]
    pub fn new(members: &'a [Member], now: Millis) -> Self {
        let since = |member: &Member| match member.agent.channels.sms {
            Readiness::Ready { since } => Some(since),
            Readiness::NotReady { .. } => None,
        };
        let room = |member: &Member| {
            let free = member.agent.sms_capacity.saturating_sub(member.load);
            if member.agent.channels.sms.is_ready() { free } else { 0 }
        };
        let room: Vec<u32> = members.iter().map(room).collect();
        let sight = |(member, room): (&Member, &u32)| {
            if *room > 0 { SHOWN_AT_ONCE.saturating_sub(member.shown) } else { 0 }
        };
        let sight: Vec<u32> = members.iter().zip(&room).map(sight).collect();
        let all = |each: &[u32]| each.iter().map(|one| u64::from(*one)).sum();
        Self {
            by_id: members.iter().enumerate().map(|(index, member)| (&member.agent.who.id, index)).collect(),
            now,
            last_ready: members.iter().filter_map(since).max(),
            all_room: all(&room),
            room,
            all_sight: all(&sight),
            sight,
            turns: members.iter().map(|member| (0, member.agent.idle_since)).collect(),
            given: 0,
            lines: vec![],
            members,
        }
    }

    /// How many more interactions can be given away.
    #[must_use]
    pub fn room(&self) -> u64 {
        self.all_room
    }

    /// How many more times an interaction can be shown to someone.
    #[must_use]
    pub fn sight(&self) -> u64 {
        self.all_sight
    }

    /// Whom to ask, of all members, by index: one at a time is asked. Nobody, if nobody may be.
    pub fn push(&mut self, waiting: &Waiting) -> Option<usize> {
        let chosen = self
            .last_agent(waiting)
            .or_else(|| self.longest_idle(waiting, false))
            .or_else(|| if self.new_round(waiting) { self.longest_idle(waiting, true) } else { None })?;
        self.room[chosen] -= 1;
        self.all_room -= 1;
        self.given += 1;
        self.turns[chosen].0 = self.given;
        Some(chosen)
    }

    /// To whom to show it besides those who see it already, by index: the first of them who takes it has it.
    pub fn show(&mut self, waiting: &Waiting) -> Vec<usize> {
        let able: Vec<usize> = (0..self.members.len())
            .filter(|index| self.sight[*index] > 0 && self.knows(*index, &waiting.skills))
            .filter(|index| !waiting.shown.contains(self.id(*index)))
            .collect();
        let fresh: Vec<usize> =
            able.iter().copied().filter(|index| !waiting.was_asked(self.id(*index))).collect();
        let again = fresh.is_empty() && waiting.shown.is_empty() && self.new_round(waiting);
        let chosen = if again { able } else { fresh };
        for index in &chosen {
            self.sight[*index] -= 1;
            self.all_sight -= 1;
        }
        chosen
    }

    fn id(&self, index: usize) -> &'a AgentId {
        &self.members[index].agent.who.id
    }

    fn knows(&self, index: usize, skills: &[String]) -> bool {
        skills.iter().all(|skill| self.members[index].agent.skills.contains(skill))
    }

    fn last_agent(&self, waiting: &Waiting) -> Option<usize> {
        let index = *self.by_id.get(waiting.last_agent.as_ref()?)?;
        let free = self.room[index] > 0 && self.knows(index, &waiting.skills);
        (free && !waiting.was_asked(self.id(index))).then_some(index)
    }

    /// The longest idle of those who know enough; of those who were asked only if they may be `again`.
    fn longest_idle(&mut self, waiting: &Waiting, again: bool) -> Option<usize> {
        let line = self.line(&waiting.skills);
        let mut passed = Vec::new();
        let found = loop {
            let Some(Reverse((turn, index))) = self.lines[line].heap.pop() else { break None };
            if self.room[index] == 0 {
                continue;
            }
            let now = self.turns[index];
            if turn != now {
                self.lines[line].heap.push(Reverse((now, index)));
                continue;
            }
            passed.push(Reverse((turn, index)));
            if again || !waiting.was_asked(self.id(index)) {
                break Some(index);
            }
        };
        self.lines[line].heap.extend(passed);
        found
    }

    /// The line of those who know this much, by its place among the lines. There are as many as there are different
    /// wants: few.
    fn line(&mut self, skills: &[String]) -> usize {
        if let Some(known) = self.lines.iter().position(|line| line.skills == skills) {
            return known;
        }
        let free = (0..self.members.len()).filter(|index| self.room[*index] > 0);
        let able = free.filter(|index| self.knows(*index, skills));
        let heap = able.map(|index| Reverse((self.turns[index], index))).collect();
        self.lines.push(Line { skills: skills.to_vec(), heap });
        self.lines.len() - 1
    }

    /// Whether everyone may be asked anew: [`ROUND_AFTER`] the last refusal, or when someone turned ready after it.
    fn new_round(&self, waiting: &Waiting) -> bool {
        let last = waiting.asked.iter().map(|asked| asked.at).max();
        last.is_none_or(|last| {
            self.now.since(last) >= ROUND_AFTER || self.last_ready.is_some_and(|ready| ready > last)
        })
    }
}

#[cfg(test)]
mod history;
#[cfg(test)]
mod tests;
