//! How long a decision of routing takes: a thousand agents, ten thousand interactions that wait.

use std::collections::BTreeSet;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ruma::UserId;
use switchroom::clock::Millis;
use switchroom::domain::agent::{Agent, AgentRef, Channels, Readiness, WorkChannel};
use switchroom::domain::ids::{AgentId, InteractionId, QueueName};
use switchroom::domain::interaction::PassedOver;
use switchroom::domain::routing::{Member, Router, Waiting};

const NOW: Millis = Millis(1_700_000_000_000);
const AGENTS: i64 = 1_000;
const WAITING: i64 = 10_000;

/// What the agents are members of.
const QUEUES: [&str; 3] = ["support", "billing", "sales"];

/// Members of whom every third knows French, every fifth billing; so many of their four places are taken.
fn members(load: u32) -> Vec<Member> {
    let member = |number: i64| {
        let id = format!("agent{number}");
        let user = UserId::parse(format!("@{id}:desk.test")).expect("a user id");
        let mut skills = BTreeSet::new();
        if number % 3 == 0 {
            skills.insert("french".to_owned());
        }
        if number % 5 == 0 {
            skills.insert("billing".to_owned());
        }
        let agent = Agent {
            permissions: BTreeSet::new(),
            queues: QUEUES.iter().map(|name| QueueName::new(*name)).collect(),
            skills,
            channels: Channels::default()
                .with(WorkChannel::Sms, Readiness::Ready { since: Millis(NOW.0 - 600_000) }),
            idle_since: Millis(NOW.0 - (number * 7919) % 600_000),
            ..Agent::new(AgentRef { id: AgentId::new(id.as_str()), user, name: id })
        };
        Member { agent, load, shown: 0 }
    };
    (0..AGENTS).map(member).collect()
}

/// A queue in its order: some want skills, some come back, some were refused by a few.
fn queue(skills: fn(i64) -> Vec<String>) -> Vec<Waiting> {
    let one = |number: i64| {
        let by = |agent: i64| PassedOver { agent: AgentId::new(format!("agent{agent}")), at: NOW };
        Waiting {
            id: InteractionId::new(format!("i-{number:05}")),
            enqueued_at: Millis(NOW.0 - 3_600_000 + number),
            priority: 0,
            skills: skills(number),
            last_agent: (number % 4 == 0).then(|| AgentId::new(format!("agent{}", number % 1_000))),
            passed_over: (0..number % 3).map(|refusal| by((number + refusal) % 1_000)).collect(),
            shown: vec![],
            also: vec![],
        }
    };
    (0..WAITING).map(one).collect()
}

fn mixed(number: i64) -> Vec<String> {
    let wanted: &[&str] = match number % 5 {
        0 => &["french"],
        1 => &["billing"],
        2 => &["billing", "french"],
        _ => &[],
    };
    wanted.iter().map(|skill| (*skill).to_owned()).collect()
}

fn nobody_knows(_number: i64) -> Vec<String> {
    vec!["latin".to_owned()]
}

/// Decides until nothing is left to give, or nothing to give away; what waits does so in as many queues as
/// are given.
fn decide(members: &[Member], queues: &[QueueName], waiting: &[Waiting]) -> usize {
    let mut router = Router::new(queues, members, NOW);
    let mut offers = 0;
    for (number, waiting) in waiting.iter().enumerate() {
        let queue = number % queues.len();
        if router.room(queue) == 0 {
            break;
        }
        offers += usize::from(router.push(queue, waiting).is_some());
    }
    offers
}

/// The same where a third of what waits in each queue waits for the members of the next one too, and another
/// third for those of all.
fn decide_with_overflow(members: &[Member], queues: &[QueueName], waiting: &[Waiting]) -> usize {
    let mut router = Router::new(queues, members, NOW);
    let mut offers = 0;
    for (number, waiting) in waiting.iter().enumerate() {
        let own = number % queues.len();
        let asked: Vec<usize> = match number % 9 / 3 {
            0 => vec![own],
            1 => vec![own, (own + 1) % queues.len()],
            _ => (0..queues.len()).collect(),
        };
        let place = router.join(&asked);
        if router.room(place) > 0 {
            offers += usize::from(router.push(place, waiting).is_some());
        }
    }
    offers
}

/// Members of whom each is in one of the queues.
fn in_one_queue_each(mut members: Vec<Member>) -> Vec<Member> {
    for (number, member) in members.iter_mut().enumerate() {
        member.agent.queues = vec![QueueName::new(QUEUES[number % QUEUES.len()])];
    }
    members
}

fn routing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing, 1,000 agents, 10,000 waiting");
    let (full_house, one_free_each) = (members(0), members(3));
    let (plain, mixed, hopeless) = (queue(|_| vec![]), queue(mixed), queue(nobody_knows));
    let queues = QUEUES.map(QueueName::new);
    for (name, members, names, queue) in [
        ("one place free each", &one_free_each, &queues[..1], &plain),
        ("one place free each, skills", &one_free_each, &queues[..1], &mixed),
        ("four places free each", &full_house, &queues[..1], &plain),
        ("skills that nobody has", &full_house, &queues[..1], &hopeless),
        ("one place free each, three queues", &one_free_each, &queues[..], &mixed),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| decide(black_box(members), black_box(names), black_box(queue)));
        });
    }
    let apart = in_one_queue_each(members(3));
    for (name, queue) in [("overflow between three queues", &plain), ("overflow, skills", &mixed)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| decide_with_overflow(black_box(&apart), black_box(&queues), black_box(queue)));
        });
    }
    group.finish();
}

criterion_group!(benches, routing);
criterion_main!(benches);
