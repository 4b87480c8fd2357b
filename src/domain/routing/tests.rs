use proptest::prelude::*;

use super::*;
use crate::domain::agent::WorkChannel;
use crate::domain::ids::AgentId;
use crate::domain::samples::{NOW, agent};

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];

fn ready(name: &str, load: u32, capacity: u32, idle_since: i64) -> Member {
    let agent = agent(name, Readiness::Ready { since: Millis(NOW.0 - 1_000_000) });
    let idle_since = Millis(NOW.0 + idle_since);
    Member {
        agent: Agent { capacity: [(WorkChannel::Sms, capacity)].into(), idle_since, ..agent },
        load,
        shown: 0,
    }
}

fn waiting(id: &str, enqueued_at: i64, passed_over: &[(&str, i64)]) -> Waiting {
    let passed_over = passed_over
        .iter()
        .map(|(agent, at)| PassedOver { agent: AgentId::new(*agent), at: Millis(NOW.0 + at) });
    Waiting {
        id: InteractionId::new(id),
        enqueued_at: Millis(NOW.0 + enqueued_at),
        priority: 0,
        skills: vec![],
        last_agent: None,
        passed_over: passed_over.collect(),
        shown: vec![],
        also: vec![],
    }
}

/// The queue in its order.
fn in_order(waiting: &[Waiting]) -> Vec<Waiting> {
    let mut queue = waiting.to_vec();
    queue.sort_by_key(|waiting| (waiting.rank(), waiting.id.clone()));
    queue
}

/// An interaction that is offered, to a member by index.
struct Match {
    interaction: InteractionId,
    member: usize,
}

/// The offers of one queue.
fn decide(waiting: &[Waiting], members: &[Member]) -> Vec<Match> {
    decide_all(waiting, members, |_| 0)
}

/// The offers of several queues; `place` says in which of them something waits.
fn decide_all(
    waiting: &[Waiting],
    members: &[Member],
    place: impl Fn(&InteractionId) -> usize,
) -> Vec<Match> {
    let mut router = Router::new(&queues(), members, NOW);
    let queue = in_order(waiting);
    let matched = |waiting: &Waiting| {
        let also = waiting.also.iter().filter_map(|also| queues().iter().position(|name| name == also));
        let place = router.join(&also.chain([place(&waiting.id)]).collect::<Vec<_>>());
        let member = router.push(place, waiting)?;
        Some(Match { interaction: waiting.id.clone(), member })
    };
    queue.iter().filter_map(matched).collect()
}

fn queues() -> [QueueName; 2] {
    ["support", "billing"].map(QueueName::new)
}

/// A member of these queues.
fn of(names: &[&str], member: Member) -> Member {
    let queues = names.iter().map(|name| QueueName::new(*name)).collect();
    Member { agent: Agent { queues, ..member.agent }, ..member }
}

/// The offers as `interaction → agent`.
fn decided(waiting: &[Waiting], members: &[Member]) -> Vec<String> {
    let words = |one: &Match| format!("{} → {}", one.interaction, members[one.member].agent.who.id);
    decide(waiting, members).iter().map(words).collect()
}

/// What is shown to whom, as `interaction → agents`.
fn shown(waiting: &[Waiting], members: &[Member]) -> Vec<String> {
    let mut router = Router::new(&queues(), members, NOW);
    let words = |waiting: &Waiting| {
        let names: Vec<&str> =
            router.show(0, waiting).iter().map(|index| members[*index].agent.who.id.as_str()).collect();
        format!("{} → {}", waiting.id, names.join(" "))
    };
    in_order(waiting).iter().map(words).collect()
}

#[test]
fn members_of_both_queues_are_asked_once_and_the_oldest_of_all_comes_first() {
    let also = |waiting: Waiting| Waiting { also: vec![QueueName::new("billing")], ..waiting };
    let members = [
        of(&["support"], ready("alice", 1, 1, -3)),
        of(&["billing"], ready("bob", 0, 1, -2)),
        of(&["support", "billing"], ready("carol", 0, 1, -1)),
    ];
    // Support has no room but carol's; what overflows finds bob too, by the time it was first queued.
    let asks = [also(waiting("i-s1", -9, &[])), waiting("i-b1", -8, &[]), also(waiting("i-s2", -7, &[]))];
    let words = |matches: Vec<Match>| -> Vec<String> {
        matches
            .iter()
            .map(|one| format!("{} → {}", one.interaction, members[one.member].agent.who.id))
            .collect()
    };
    assert_eq!(words(decide_all(&asks, &members, place)), ["i-s1 → bob", "i-b1 → carol"]);
    let alone = [waiting("i-s1", -9, &[]), also(waiting("i-s2", -7, &[]))];
    assert_eq!(words(decide_all(&alone, &members, place)), ["i-s1 → carol", "i-s2 → bob"]);

    let mut router = Router::new(&queues(), &members, NOW);
    let both = router.join(&[0, 1]);
    assert_eq!((both, router.join(&[1, 0]), router.join(&[1])), (2, 2, 1));
    assert_eq!((router.room(0), router.room(1), router.room(both)), (1, 2, 2), "carol counts once");
    router.push(1, &waiting("i-b1", -9, &[])).unwrap();
    assert_eq!((router.room(0), router.room(1), router.room(both)), (1, 1, 1));
}

fn knowing(skills: &[&str], member: Member) -> Member {
    let skills = skills.iter().map(|skill| (*skill).to_owned()).collect();
    Member { agent: Agent { skills, ..member.agent }, ..member }
}

fn wants(skills: &[&str]) -> Vec<String> {
    skills.iter().map(|skill| (*skill).to_owned()).collect()
}

#[test]
fn the_oldest_goes_to_whoever_is_idle_for_longest() {
    let members = [ready("alice", 0, 4, -1), ready("bob", 0, 4, -2)];
    let asks = [waiting("i-young", -10, &[]), waiting("i-old", -20, &[])];
    assert_eq!(decided(&asks, &members), ["i-old → bob", "i-young → alice"]);
}

#[test]
fn work_goes_round_before_anyone_gets_a_second_piece() {
    let members = [ready("alice", 0, 2, -1), ready("bob", 0, 1, -2)];
    let asks =
        [waiting("i-1", -4, &[]), waiting("i-2", -3, &[]), waiting("i-3", -2, &[]), waiting("i-4", -1, &[])];
    assert_eq!(decided(&asks, &members), ["i-1 → bob", "i-2 → alice", "i-3 → alice"]);
}

#[test]
fn a_member_who_is_full_or_not_ready_is_offered_nothing() {
    let mut away = ready("bob", 0, 4, -9);
    away.agent.channels.set(WorkChannel::Sms, Readiness::NotReady { reason: "lunch".to_owned() });
    let members = [ready("alice", 4, 4, -9), away, ready("carol", 5, 4, -9), ready("dave", 0, 0, -9)];
    assert_eq!(decided(&[waiting("i-1", 0, &[])], &members), Vec::<String>::new());
}

#[test]
fn who_refused_is_passed_over_and_someone_else_is_asked() {
    let members = [ready("alice", 0, 4, -9), ready("bob", 0, 4, -1)];
    assert_eq!(decided(&[waiting("i-1", 0, &[("alice", -1)])], &members), ["i-1 → bob"]);
}

#[test]
fn who_refused_is_asked_again_a_minute_later_or_when_someone_turns_ready() {
    let mut members = [ready("alice", 0, 4, -9)];
    assert_eq!(decided(&[waiting("i-1", 0, &[("alice", -59_999)])], &members), Vec::<String>::new());
    assert_eq!(decided(&[waiting("i-1", 0, &[("alice", -60_000)])], &members), ["i-1 → alice"]);
    members[0].agent.channels.set(WorkChannel::Sms, Readiness::Ready { since: NOW });
    assert_eq!(decided(&[waiting("i-1", 0, &[("alice", -1)])], &members), ["i-1 → alice"]);
}

#[test]
fn one_that_nobody_wants_does_not_hold_up_those_behind_it() {
    let members = [ready("alice", 0, 1, 0)];
    let asks = [waiting("i-old", -20, &[("alice", -1)]), waiting("i-young", -10, &[])];
    assert_eq!(decided(&asks, &members), ["i-young → alice"]);
}

#[test]
fn a_point_of_priority_is_worth_a_minute_of_waiting() {
    let members = [ready("alice", 0, 4, -9)];
    let urgent = |priority, waiting| Waiting { priority, ..waiting };
    let asks = [
        waiting("i-old", -120_000, &[]),
        urgent(2, waiting("i-urgent", 1, &[])),
        urgent(3, waiting("i-first", 0, &[])),
        urgent(2, waiting("i-even", 0, &[])),
    ];
    let order: Vec<String> = in_order(&asks).iter().map(|waiting| waiting.id.to_string()).collect();
    assert_eq!(order, ["i-first", "i-even", "i-old", "i-urgent"]);
    assert_eq!(decided(&asks, &members)[0], "i-first → alice");
}

#[test]
fn whoever_handled_the_contact_last_is_asked_first_if_they_can_take_it() {
    let back = |last: &str, passed_over| Waiting {
        last_agent: Some(AgentId::new(last)),
        ..waiting("i-1", 0, passed_over)
    };
    let mut members = [ready("alice", 0, 4, -1), ready("bob", 0, 4, -9), ready("carol", 4, 4, -20)];
    assert_eq!(decided(&[back("alice", &[])], &members), ["i-1 → alice"]);
    assert_eq!(decided(&[back("alice", &[("alice", -1)])], &members), ["i-1 → bob"], "they refused");
    assert_eq!(decided(&[back("carol", &[])], &members), ["i-1 → bob"], "they are full");
    assert_eq!(decided(&[back("zed", &[])], &members), ["i-1 → bob"], "they are no member");
    let french = Waiting { skills: wants(&["french"]), ..back("alice", &[]) };
    members[1] = knowing(&["french"], members[1].clone());
    assert_eq!(decided(&[french], &members), ["i-1 → bob"], "they do not know enough");
    members[0].agent.channels.set(WorkChannel::Sms, Readiness::default());
    assert_eq!(decided(&[back("alice", &[])], &members), ["i-1 → bob"], "they are not ready");
}

#[test]
fn only_who_knows_all_that_is_asked_for_is_asked() {
    let members = [
        ready("alice", 0, 1, -9),
        knowing(&["french"], ready("bob", 0, 4, -8)),
        knowing(&["french", "billing"], ready("carol", 0, 4, -1)),
    ];
    let ask = |id, age, skills: &[&str]| Waiting { skills: wants(skills), ..waiting(id, age, &[]) };
    let asks = [
        ask("i-1", -9, &["latin"]),
        ask("i-2", -8, &["billing", "french"]),
        ask("i-3", -7, &["french"]),
        ask("i-4", -6, &[]),
        ask("i-5", -5, &[]),
    ];
    assert_eq!(decided(&asks, &members), ["i-2 → carol", "i-3 → bob", "i-4 → alice", "i-5 → carol"]);
}

#[test]
fn what_may_be_picked_is_shown_to_all_who_can_take_it_and_do_not_see_it_yet() {
    let members = [
        ready("alice", 0, 1, -9),
        ready("bob", 1, 1, -9),
        Member { shown: SHOWN_AT_ONCE - 1, ..ready("carol", 0, 1, -9) },
        knowing(&["french"], ready("dave", 0, 1, -9)),
    ];
    let seen = Waiting { shown: vec![AgentId::new("alice")], ..waiting("i-1", -9, &[("dave", -1)]) };
    let french = Waiting { skills: wants(&["french"]), ..waiting("i-3", -7, &[]) };
    let refused = waiting("i-4", -6, &[("alice", -1), ("dave", -1)]);
    let asks = [seen, waiting("i-2", -8, &[]), french, refused];
    let expected = ["i-1 → carol", "i-2 → alice dave", "i-3 → dave", "i-4 → "];
    assert_eq!(shown(&asks, &members), expected);
    let again = waiting("i-1", 0, &[("alice", -60_000), ("dave", -70_000), ("carol", -70_000)]);
    assert_eq!(shown(&[again], &members), ["i-1 → alice carol dave"]);
}

#[test]
fn a_router_knows_how_much_it_can_still_give_away() {
    let members = [ready("alice", 1, 4, -1), ready("bob", 0, 2, -2)];
    let mut router = Router::new(&queues(), &members, NOW);
    assert_eq!((router.room(0), router.sight(0)), (5, 20));
    router.push(0, &waiting("i-1", 0, &[])).unwrap();
    router.show(0, &waiting("i-2", 0, &[]));
    assert_eq!((router.room(0), router.sight(0)), (4, 18));
    assert_eq!((router.room(1), router.sight(1)), (0, 0), "nobody is a member of the other queue");
}

#[test]
fn who_is_in_two_queues_is_given_what_comes_first_of_both() {
    let both = || of(&["support", "billing"], ready("alice", 0, 1, -9));
    let place = |id: &InteractionId| usize::from(id.as_str().starts_with("i-b"));
    let decided = |asks: &[Waiting], members: &[Member]| {
        let words = |one: &Match| format!("{} → {}", one.interaction, members[one.member].agent.who.id);
        decide_all(asks, members, place).iter().map(words).collect::<Vec<_>>()
    };
    let (support, billing) = (waiting("i-s", -20, &[]), waiting("i-b", -10, &[]));
    let asks = [billing.clone(), support.clone()];
    assert_eq!(decided(&asks, &[both()]), ["i-s → alice"], "the older");
    let urgent = Waiting { priority: 1, ..billing.clone() };
    assert_eq!(decided(&[support.clone(), urgent], &[both()]), ["i-b → alice"], "the one with more points");
    let refused = waiting("i-s", -20, &[("alice", -1)]);
    assert_eq!(decided(&[refused, billing], &[both()]), ["i-b → alice"], "the one they did not refuse");
    // Whoever is in one of them only gets that, however long the other has waited.
    let bob = of(&["billing"], ready("bob", 0, 1, -99));
    assert_eq!(decided(&asks, &[both(), bob.clone()]), ["i-s → alice", "i-b → bob"]);
    assert_eq!(decided(&asks, &[bob]), ["i-b → bob"]);
    let of_bob = Waiting { last_agent: Some(AgentId::new("bob")), ..support };
    let members = [both(), of(&["billing"], ready("bob", 0, 1, -99))];
    assert_eq!(decided(&[of_bob], &members), ["i-s → alice"], "their last agent is in another queue");
}

#[test]
fn no_queue_starves_beside_one_that_is_busier_and_has_more_points() {
    let members = [of(&["support", "billing"], ready("alice", 0, 1, -9))];
    let minute = |number: i64| number * 60_000;
    let mut queue = vec![waiting("i-b", 0, &[])];
    for now in 0..20 {
        // Each minute one is taken, and another comes that counts as if it had waited for five.
        queue.push(Waiting { priority: 5, ..waiting(&format!("i-s{now:02}"), minute(now), &[]) });
        let place = |id: &InteractionId| usize::from(id.as_str() == "i-b");
        let taken = decide_all(&queue, &members, place).remove(0).interaction;
        if taken.as_str() == "i-b" {
            assert!(now <= 6, "it waited {now} minutes");
            return;
        }
        queue.retain(|waiting| waiting.id != taken);
    }
    panic!("it was never taken");
}

fn members() -> impl Strategy<Value = Vec<Member>> {
    let one = (any::<bool>(), -90_000..0_i64, 0..4_u32, 0..4_u32, -5..0_i64, skills(), 0..3_usize);
    proptest::collection::vec(one, 0..=NAMES.len()).prop_map(|members| {
        let member = |(name, (is_ready, since, load, capacity, idle, skills, queues)): (&&str, _)| {
            let queues: &[&str] = [&["support"][..], &["billing"], &["support", "billing"]][queues];
            let mut member = of(queues, ready(name, load, capacity, idle));
            member.agent.skills = skills;
            let since = Millis(NOW.0 + since);
            let readiness = if is_ready { Readiness::Ready { since } } else { Readiness::default() };
            member.agent.channels.set(WorkChannel::Sms, readiness);
            member
        };
        NAMES.iter().zip(members).map(member).collect()
    })
}

fn skills() -> impl Strategy<Value = std::collections::BTreeSet<String>> {
    proptest::collection::btree_set("[ab]", 0..=2)
}

fn queue() -> impl Strategy<Value = Vec<Waiting>> {
    let passed_over = proptest::collection::vec((0..NAMES.len(), -90_000..0_i64), 0..6);
    let last = proptest::option::of(0..NAMES.len());
    let one = (-90_000..0_i64, passed_over, 0..3_i64, skills(), last, (any::<bool>(), any::<bool>()));
    proptest::collection::vec(one, 0..10).prop_map(|queue| {
        let one = |(number, (enqueued_at, passed_over, priority, skills, last, (bills, overflows))): (
            usize,
            Enqueued,
        )| {
            let other = &queues()[usize::from(!bills)];
            let passed_over: Vec<_> = passed_over.into_iter().map(|(agent, at)| (NAMES[agent], at)).collect();
            Waiting {
                priority,
                skills: skills.into_iter().collect(),
                last_agent: last.map(|last| AgentId::new(NAMES[last])),
                also: Some(other.clone()).filter(|_| overflows).into_iter().collect(),
                ..waiting(&format!("i-{}{number}", if bills { "b" } else { "s" }), enqueued_at, &passed_over)
            }
        };
        queue.into_iter().enumerate().map(one).collect()
    })
}

/// When, who refused, how urgent, what must be known, who handled the contact last, and whether it waits in
/// billing, and for the members of the other queue too.
type Enqueued =
    (i64, Vec<(usize, i64)>, i64, std::collections::BTreeSet<String>, Option<usize>, (bool, bool));

/// In which of the queues something waits.
fn place(id: &InteractionId) -> usize {
    usize::from(id.as_str().starts_with("i-b"))
}

/// Whether someone is a member of a queue whose members are asked.
fn is_asked(waiting: &Waiting, member: &Member) -> bool {
    let mut asked = waiting.also.iter().cloned().chain([queues()[place(&waiting.id)].clone()]);
    asked.any(|queue| member.agent.queues.contains(&queue))
}

/// Whether someone is asked, and knows enough for it.
fn can_take(waiting: &Waiting, member: &Member) -> bool {
    is_asked(waiting, member) && knows(waiting, member)
}

fn knows(waiting: &Waiting, member: &Member) -> bool {
    waiting.skills.iter().all(|skill| member.agent.skills.contains(skill))
}

fn was_asked(waiting: &Waiting, member: &Member) -> bool {
    waiting.passed_over.iter().any(|one| one.agent == member.agent.who.id)
}

/// Whether everyone may be asked anew, in the words of the contract.
fn is_new_round(waiting: &Waiting, members: &[Member]) -> bool {
    let Some(last) = waiting.passed_over.iter().map(|one| one.at).max() else { return true };
    let turned_ready = members
        .iter()
        .filter(|member| is_asked(waiting, member))
        .any(|member| matches!(member.agent.channels.of(WorkChannel::Sms), Readiness::Ready { since } if *since > last));
    turned_ready || NOW.0 - last.0 >= 60_000
}

fn is_ready(member: &Member) -> bool {
    member.agent.is_ready_for(WorkChannel::Sms)
}

proptest! {
    #[test]
    fn offers_are_fair_whatever_waits_and_whoever_is_there(queue in queue(), members in members()) {
        let matches = decide_all(&queue, &members, place);
        let of = |id: &InteractionId| queue.iter().find(|waiting| waiting.id == *id).unwrap();
        let mut left: Vec<u32> = members
            .iter()
            .map(|member| if is_ready(member) { member.agent.capacity_for(WorkChannel::Sms).saturating_sub(member.load) } else { 0 })
            .collect();
        let mut offered = std::collections::BTreeSet::new();
        for one in &matches {
            prop_assert!(left[one.member] > 0, "more than a member may have");
            left[one.member] -= 1;
            prop_assert!(offered.insert(one.interaction.clone()), "offered twice");
        }
        let free = |of: &Waiting| -> Vec<&Member> {
            let free = members.iter().zip(&left).filter(|(_, left)| **left > 0).map(|(member, _)| member);
            free.filter(|member| can_take(of, member)).collect()
        };
        for one in &matches {
            let (of, member) = (of(&one.interaction), &members[one.member]);
            prop_assert!(can_take(of, member), "they are not in the queue, or do not know enough");
            if was_asked(of, member) {
                prop_assert!(is_new_round(of, &members));
                prop_assert!(free(of).iter().all(|member| was_asked(of, member)));
            }
            let last = members.iter().zip(&left).find(|(member, _)| Some(&member.agent.who.id) == of.last_agent.as_ref());
            if let Some((last, left)) = last && *left > 0 && can_take(of, last) && !was_asked(of, last) {
                prop_assert_eq!(&last.agent.who.id, &member.agent.who.id, "the last agent comes first");
            }
        }
        for left_over in queue.iter().filter(|waiting| !offered.contains(&waiting.id)) {
            let new_round = is_new_round(left_over, &members);
            prop_assert!(free(left_over).iter().all(|member| was_asked(left_over, member) && !new_round));
            for one in &matches {
                let member = &members[one.member];
                let later = of(&one.interaction).rank() > left_over.rank();
                let refused = was_asked(left_over, member) && !new_round;
                prop_assert!(!later || refused || !can_take(left_over, member), "a later one was preferred");
            }
        }
    }
}
