//! Random histories of a desk, held against what routing promises.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::{Member, Router, SHOWN_AT_ONCE, Waiting};
use crate::clock::Millis;
use crate::domain::agent::{Agent, Readiness, WorkChannel};
use crate::domain::conversation::offer::Via;
use crate::domain::effect::{Effect, Route};
use crate::domain::ids::{AgentId, InteractionId, QueueName};
use crate::domain::interaction::{Interaction, Overflow, Phase, Rules, Unanswered};
use crate::domain::overflow::OverflowStep;
use crate::domain::samples::{NOW, OFFER_MS, agent, interaction, rules};
use crate::domain::session::{AgentChange, Counts, Event, OwnerAction, Refused, Way, step};
use crate::domain::timer::Due;

const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];
/// A queue that pushes, one whose agents pick, and another that pushes.
const QUEUES: [&str; 3] = ["push", "pick", "other"];

/// Something that happens; numbers pick among what there is.
#[derive(Clone, Debug)]
enum Act {
    Texts { count: usize, queue: usize, priority: i64, skilled: bool },
    Ready(usize),
    NotReady(usize),
    Accept(usize),
    Reject(usize),
    TimeOut(usize),
    Transfer(usize, usize),
    Requeue(usize, usize),
    Hold(usize),
    Snooze(usize),
    Finish(usize),
    Wait(u64),
    Overflow(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = || 0..NAMES.len();
    let act = prop_oneof![
        4 => (1..8_usize, 0..QUEUES.len(), 0..3_i64, any::<bool>())
            .prop_map(|(count, queue, priority, skilled)| Act::Texts { count, queue, priority, skilled }),
        3 => who().prop_map(Act::Ready),
        1 => who().prop_map(Act::NotReady),
        4 => who().prop_map(Act::Accept),
        3 => who().prop_map(Act::Reject),
        2 => (0..8_usize).prop_map(Act::TimeOut),
        1 => (who(), who()).prop_map(|(from, to)| Act::Transfer(from, to)),
        1 => (who(), 0..QUEUES.len()).prop_map(|(from, queue)| Act::Requeue(from, queue)),
        1 => who().prop_map(Act::Hold),
        1 => who().prop_map(Act::Snooze),
        3 => who().prop_map(Act::Finish),
        2 => (1..90_u64).prop_map(Act::Wait),
        2 => (0..4_usize).prop_map(Act::Overflow),
    ];
    proptest::collection::vec(act, 1..40)
}

/// What a queue does for those whom nobody takes.
fn overflow(queue: usize) -> Vec<OverflowStep> {
    let typed: &[&str] = match QUEUES[queue] {
        "push" => &["1 to other", "2 drop_skills french"],
        "pick" => &["1 to push"],
        _ => &[],
    };
    typed.iter().map(|step| OverflowStep::parse(step).unwrap()).collect()
}

/// A desk without a database. It routes a queue when something asks for it, as the real one does.
struct Desk {
    now: Millis,
    agents: Vec<Agent>,
    interactions: Vec<Interaction>,
    to_route: BTreeSet<QueueName>,
    route_again: Vec<(Millis, QueueName)>,
}

impl Desk {
    fn new() -> Self {
        let member = |(number, name): (usize, &&str)| {
            let sms = Readiness::default();
            // Dave is in the first queue alone, carol in the two others; every second one knows French.
            let queues: &[&str] = match *name {
                "carol" => &QUEUES[1..],
                "dave" => &QUEUES[..1],
                _ => &QUEUES,
            };
            let skills = if number % 2 == 0 { ["french".to_owned()].into() } else { [].into() };
            let queues = queues.iter().map(|name| QueueName::new(*name)).collect();
            Agent { queues, skills, capacity: [(WorkChannel::Sms, 2)].into(), ..agent(name, sms) }
        };
        Self {
            now: NOW,
            agents: NAMES.iter().enumerate().map(member).collect(),
            interactions: vec![],
            to_route: BTreeSet::new(),
            route_again: vec![],
        }
    }

    fn load(&self, who: &AgentId) -> u32 {
        let held =
            self.interactions.iter().filter(|one| one.holder().is_some_and(|holder| holder.id == *who));
        u32::try_from(held.count()).unwrap()
    }

    fn shown(&self, who: &AgentId) -> u32 {
        let waiting = self.interactions.iter().filter_map(Interaction::waiting);
        u32::try_from(waiting.filter(|waiting| waiting.shown.contains(who)).count()).unwrap()
    }

    fn happen(&mut self, index: usize, event: Event) -> Result<(), Refused> {
        let done = step(&self.interactions[index], event, self.now)?;
        let before = std::mem::replace(&mut self.interactions[index], done.next);
        for freed in before.frees(&self.interactions[index]) {
            let queues = self.agents.iter().find(|agent| agent.who.id == freed).map(|agent| &agent.queues);
            self.to_route.extend(queues.into_iter().flatten().cloned());
        }
        self.to_route.extend(done.effects.into_iter().filter_map(|effect| match effect {
            Effect::Route(Route { queue }) => Some(queue),
            _ => None,
        }));
        self.route_again.extend(done.timers.into_iter().filter_map(|timer| match timer.what {
            Due::RouteAgain { queue } => Some((timer.due_at, queue)),
            _ => None,
        }));
        for (id, change) in done.agents {
            let agent = self.agents.iter_mut().find(|agent| agent.who.id == id).unwrap();
            match change {
                AgentChange::Worked => agent.idle_since = self.now,
                AgentChange::NoAnswer => {
                    agent
                        .channels
                        .set(WorkChannel::Sms, Readiness::NotReady { reason: "no answer".to_owned() });
                }
            }
        }
        Ok(())
    }

    fn first(&self, fits: impl Fn(&Interaction) -> bool) -> Option<usize> {
        self.interactions.iter().position(fits)
    }

    fn owned_by(&self, who: usize) -> Option<usize> {
        let id = &self.agents[who].who.id;
        self.first(|one| one.is_owned_by(id))
    }

    /// One of those whose next step of overflow has come.
    fn overflowing(&self, nth: usize) -> Option<usize> {
        let due = |one: &Interaction| {
            let of = one.overflow.as_ref();
            of.is_some_and(|of| of.due(&one.rules.overflow, self.now).is_some())
        };
        self.interactions.iter().enumerate().filter(|(_, one)| due(one)).nth(nth).map(|(index, _)| index)
    }

    /// Lets something happen, as the desk would: what is not possible is refused. Whether it is a transfer
    /// taken, which comes on top of what someone may have.
    fn act(&mut self, act: &Act) -> bool {
        self.now = self.now + Duration::from_secs(1);
        let who = |index: usize| self.agents[index].who.clone();
        let action = |by: usize, action| Event::OwnerActed { by: who(by).id, action };
        let (index, event) = match *act {
            Act::Texts { count, queue, priority, skilled } => {
                let skills = if skilled { vec!["french".to_owned()] } else { vec![] };
                let rules = Rules { priority, skills, overflow: overflow(queue), ..rules() };
                let queue = QueueName::new(QUEUES[queue]);
                for _ in 0..count {
                    self.interactions.push(Interaction {
                        id: InteractionId::new(format!("i-{:03}", self.interactions.len())),
                        queue: queue.clone(),
                        enqueued_at: self.now,
                        created_at: self.now,
                        overflow: Overflow::of(&rules, self.now),
                        rules: rules.clone(),
                        ..interaction(Phase::Queued { passed_over: vec![] })
                    });
                }
                self.to_route.insert(queue);
                return false;
            }
            Act::Ready(agent) => {
                if !self.agents[agent].is_ready_for(WorkChannel::Sms) {
                    self.agents[agent].channels.turn_ready(WorkChannel::Sms, self.now);
                    self.to_route.extend(self.agents[agent].queues.iter().cloned());
                }
                return false;
            }
            Act::NotReady(agent) => {
                self.agents[agent].channels.set(WorkChannel::Sms, Readiness::default());
                return false;
            }
            Act::Wait(secs) => {
                self.now = self.now + Duration::from_secs(secs);
                return false;
            }
            Act::Overflow(nth) => (self.overflowing(nth), Event::OverflowDue),
            Act::Accept(agent) => {
                let by = who(agent);
                let Some(index) = self.first(|one| one.is_offered_to(&by.id)) else { return false };
                let offer = self.interactions[index].offer().unwrap();
                let (picks, transfer) = (!offer.invited, offer.by.is_some());
                if picks && self.load(&by.id) >= self.agents[agent].capacity_for(WorkChannel::Sms) {
                    return false;
                }
                self.happen(index, Event::Accepted { by, number: None, via: Via::Membership }).unwrap();
                return transfer;
            }
            Act::Reject(agent) => {
                let by = who(agent).id;
                let index = self.first(|one| one.is_offered_to(&by));
                (index, Event::Rejected { by, number: None, via: Via::Word, reason: String::new() })
            }
            Act::TimeOut(nth) => {
                let mut offered =
                    (0..self.interactions.len()).filter(|index| self.interactions[*index].offer().is_some());
                let Some(index) = offered.nth(nth) else { return false };
                let offer = self.interactions[index].offer().unwrap();
                let number = offer.number;
                self.now = self.now.max(offer.expires_at);
                (Some(index), Event::OfferExpired { number })
            }
            Act::Transfer(from, to) => {
                let to = OwnerAction::Transfer {
                    to: who(to),
                    note: String::new(),
                    counts: Counts::default(),
                    or_queue: false,
                };
                (self.owned_by(from), action(from, to))
            }
            Act::Requeue(from, queue) => {
                let rules = Rules { skills: vec![], ..rules() };
                let to = OwnerAction::MoveToQueue {
                    queue: QueueName::new(QUEUES[queue]),
                    rules,
                    note: String::new(),
                };
                (self.owned_by(from), action(from, to))
            }
            Act::Hold(by) => (self.owned_by(by), action(by, OwnerAction::Hold)),
            Act::Snooze(by) => {
                let until = self.now + Duration::from_hours(1);
                (self.owned_by(by), action(by, OwnerAction::Snooze { until }))
            }
            Act::Finish(by) => {
                let finish = OwnerAction::Finish {
                    typed_at: self.now,
                    last_text: None,
                    unshown: false,
                    disposition: None,
                };
                (self.owned_by(by), action(by, finish))
            }
        };
        if let Some(index) = index {
            // What does not fit the state is refused, and nothing changes.
            let _ = self.happen(index, event);
        }
        false
    }

    /// The ready members of these queues.
    fn members(&self, queues: &[&str]) -> Vec<Member> {
        let ready = self.agents.iter().filter(|agent| agent.is_ready_for(WorkChannel::Sms));
        ready
            .filter(|agent| queues.iter().any(|queue| agent.queues.contains(&QueueName::new(*queue))))
            .map(|agent| Member {
                load: self.load(&agent.who.id),
                shown: self.shown(&agent.who.id),
                agent: agent.clone(),
            })
            .collect()
    }

    /// What waits in these queues, first come first.
    fn waiting(&self, queues: &[&str]) -> Vec<Waiting> {
        let of_queues = self.interactions.iter().filter(|one| queues.contains(&one.queue.as_str()));
        let mut waiting: Vec<Waiting> = of_queues.filter_map(Interaction::waiting).collect();
        waiting.sort_by_key(|waiting| (waiting.rank(), waiting.id.clone()));
        waiting
    }

    /// Decides, if it is time for any queue. What was pushed, to whom, in its order.
    fn route_all(&mut self) -> Vec<(Waiting, AgentId)> {
        let due = self.route_again.extract_if(.., |(due_at, _)| *due_at <= self.now).map(|(_, queue)| queue);
        self.to_route.extend(due);
        let mut pushed = vec![];
        // What is decided may have something decided again.
        while !std::mem::take(&mut self.to_route).is_empty() {
            pushed.extend(self.route());
        }
        pushed
    }

    /// One decision for all queues.
    fn route(&mut self) -> Vec<(Waiting, AgentId)> {
        let (members, waiting) = (self.members(&QUEUES), self.waiting(&QUEUES));
        let names = QUEUES.map(QueueName::new);
        let mut router = Router::new(&names, &members, self.now);
        let mut pushed = Vec::new();
        for waiting in waiting {
            let index = self.first(|one| one.id == waiting.id).unwrap();
            let own = names.iter().position(|name| *name == self.interactions[index].queue).unwrap();
            let picks = QUEUES[own] == "pick";
            let also = waiting.also.iter().filter_map(|also| names.iter().position(|name| name == also));
            let place = router.join(&also.chain([own]).collect::<Vec<_>>());
            let chosen: Vec<usize> = if picks {
                router.show(place, &waiting)
            } else if waiting.shown.is_empty() {
                router.push(place, &waiting).into_iter().collect()
            } else {
                vec![]
            };
            let way =
                if picks { Way::Pick } else { Way::Push { offer_ms: OFFER_MS, then: Unanswered::Withdrawn } };
            let to: Vec<_> = chosen.iter().map(|index| members[*index].agent.who.clone()).collect();
            if to.is_empty() {
                continue;
            }
            if !picks {
                pushed.extend(to.iter().map(|to| (waiting.clone(), to.id.clone())));
            }
            self.happen(index, Event::Offered { to, way, counts: Counts::default() }).unwrap();
        }
        pushed
    }

    fn new_round(&self, waiting: &Waiting, members: &[Member]) -> bool {
        let Some(last) = waiting.passed_over.iter().map(|one| one.at).max() else { return true };
        let turned = |member: &Member| matches!(member.agent.channels.of(WorkChannel::Sms), Readiness::Ready { since } if *since > last);
        self.now.since(last) >= Duration::from_mins(1) || members.iter().any(turned)
    }
}

/// Whether an agent could be asked about what waits, in the words of the contract. `round` allows those who
/// were asked before.
fn could_take(waiting: &Waiting, member: &Member, round: bool) -> bool {
    let passed_over = waiting.passed_over.iter().any(|one| one.agent == member.agent.who.id);
    member.load < member.agent.capacity_for(WorkChannel::Sms)
        && waiting.skills.iter().all(|skill| member.agent.skills.contains(skill))
        && (round || !passed_over)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_happens_work_is_given_away_fairly_and_to_nobody_too_much(acts in acts()) {
        let mut desk = Desk::new();
        for act in acts {
            let before: Vec<u32> = desk.agents.iter().map(|agent| desk.load(&agent.who.id)).collect();
            let is_transfer = desk.act(&act);
            let pushed = desk.route_all();
            for (agent, before) in desk.agents.iter().zip(before) {
                let load = desk.load(&agent.who.id);
                prop_assert!(is_transfer || load <= before.max(agent.capacity_for(WorkChannel::Sms)), "{act:?}: {load}");
                prop_assert!(desk.shown(&agent.who.id) <= SHOWN_AT_ONCE);
            }
            for queue in ["push", "other"] {
                let members = desk.members(&[queue]);
                for waiting in desk.waiting(&[queue]).iter().filter(|waiting| waiting.shown.is_empty()) {
                    let round = desk.new_round(waiting, &members);
                    let free = members.iter().find(|member| could_take(waiting, member, round));
                    prop_assert!(free.is_none(), "{waiting:?} waits, {free:?} is free");
                    // Whichever queue it waits in, what comes later goes to nobody who could have had it.
                    for (other, to) in pushed.iter().filter(|(other, _)| other.rank() > waiting.rank()) {
                        let taker = members.iter().find(|member| member.agent.who.id == *to);
                        let could = taker.is_some_and(|taker| {
                            could_take(waiting, &Member { load: 0, ..taker.clone() }, round)
                        });
                        prop_assert!(!could, "{other:?} went before {waiting:?}");
                    }
                }
            }
            for waiting in desk.waiting(&["push"]).iter().filter(|waiting| !waiting.also.is_empty()) {
                let members = desk.members(&["push", "other"]);
                let round = desk.new_round(waiting, &members);
                let free = members.iter().find(|member| could_take(waiting, member, round));
                prop_assert!(free.is_none() || !waiting.shown.is_empty(), "{waiting:?} overflows, {free:?} is free");
            }
            let members = desk.members(&["pick"]);
            for waiting in desk.waiting(&["pick"]) {
                let round = waiting.shown.is_empty() && desk.new_round(&waiting, &members);
                let blind = members.iter().find(|member| {
                    !waiting.shown.contains(&member.agent.who.id)
                        && member.shown < SHOWN_AT_ONCE
                        && could_take(&waiting, member, round)
                });
                prop_assert!(blind.is_none(), "{blind:?} does not see {waiting:?}");
            }
        }
    }
}
