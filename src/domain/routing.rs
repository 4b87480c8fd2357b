//! Who is offered what: a pure function of what waits and who is free.

use super::agent::{Agent, Readiness};
use super::ids::InteractionId;
use super::interaction::Asked;
use super::session::ROUND_AFTER;
use crate::clock::Millis;

/// An interaction that waits in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: InteractionId,
    /// When it was first queued.
    pub enqueued_at: Millis,
    /// Who was asked in this round and did not take it.
    pub asked: Vec<Asked>,
}

/// A member of the queue with what they already have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The agent.
    pub agent: Agent,
    /// How many interactions they own or are being offered.
    pub load: u32,
}

/// One offer to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Of which interaction.
    pub interaction: InteractionId,
    /// To which of the members, by index.
    pub member: usize,
}

/// Decides the offers of one queue: the oldest interaction first, to the ready member with room who has been idle
/// for longest. Who refused an interaction is passed over until a new round begins: [`ROUND_AFTER`] the last
/// refusal, or when someone turned ready after it.
#[must_use]
pub fn decide(waiting: &[Waiting], members: &[Member], now: Millis) -> Vec<Match> {
    let mut oldest_first: Vec<&Waiting> = waiting.iter().collect();
    oldest_first.sort_by_key(|waiting| (waiting.enqueued_at, waiting.id.clone()));
    let mut free: Vec<(usize, u32)> = members
        .iter()
        .enumerate()
        .filter_map(|(index, member)| match member.agent.sms {
            Readiness::Ready { .. } => Some((index, member.agent.sms_capacity.saturating_sub(member.load))),
            Readiness::NotReady { .. } => None,
        })
        .filter(|(_, room)| *room > 0)
        .collect();
    free.sort_by_key(|(index, _)| (members[*index].agent.idle_since, *index));
    let last_ready = members.iter().filter_map(|member| match member.agent.sms {
        Readiness::Ready { since } => Some(since),
        Readiness::NotReady { .. } => None,
    });
    let last_ready = last_ready.max();

    let mut matches = Vec::new();
    for interaction in oldest_first {
        let was_asked = |(index, _): &(usize, u32)| {
            let agent = &members[*index].agent.who.id;
            interaction.asked.iter().any(|asked| asked.agent == *agent)
        };
        let chosen = free.iter().position(|candidate| !was_asked(candidate)).or_else(|| {
            let again = new_round(&interaction.asked, last_ready, now) && !free.is_empty();
            again.then_some(0)
        });
        let Some(chosen) = chosen else { continue };
        let (member, room) = free.remove(chosen);
        matches.push(Match { interaction: interaction.id.clone(), member });
        if room > 1 {
            // Whoever was just given work goes to the end: nobody is idle for longer than those still ahead.
            free.push((member, room - 1));
        }
        if free.is_empty() {
            break;
        }
    }
    matches
}

fn new_round(asked: &[Asked], last_ready: Option<Millis>, now: Millis) -> bool {
    asked
        .iter()
        .map(|asked| asked.at)
        .max()
        .is_none_or(|last| now.since(last) >= ROUND_AFTER || last_ready.is_some_and(|ready| ready > last))
}

#[cfg(test)]
#[path = "routing_tests.rs"]
mod tests;
