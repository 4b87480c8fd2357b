use proptest::prelude::*;

use super::*;
use crate::domain::ids::AgentId;
use crate::domain::samples::{NOW, agent};

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];

fn ready(name: &str, load: u32, capacity: u32, idle_since: i64) -> Member {
    let agent = agent(name, Readiness::Ready { since: Millis(NOW.0 - 1_000_000) });
    let idle_since = Millis(NOW.0 + idle_since);
    Member { agent: Agent { sms_capacity: capacity, idle_since, ..agent }, load }
}

fn waiting(id: &str, enqueued_at: i64, asked: &[(&str, i64)]) -> Waiting {
    let asked = asked.iter().map(|(agent, at)| Asked { agent: AgentId::new(*agent), at: Millis(NOW.0 + at) });
    Waiting { id: InteractionId::new(id), enqueued_at: Millis(NOW.0 + enqueued_at), asked: asked.collect() }
}

/// The offers as `interaction → agent`.
fn decided(waiting: &[Waiting], members: &[Member]) -> Vec<String> {
    let words = |one: &Match| format!("{} → {}", one.interaction, members[one.member].agent.who.id);
    decide(waiting, members, NOW).iter().map(words).collect()
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
    away.agent.sms = Readiness::NotReady { reason: "lunch".to_owned() };
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
    members[0].agent.sms = Readiness::Ready { since: NOW };
    assert_eq!(decided(&[waiting("i-1", 0, &[("alice", -1)])], &members), ["i-1 → alice"]);
}

#[test]
fn one_that_nobody_wants_does_not_hold_up_those_behind_it() {
    let members = [ready("alice", 0, 1, 0)];
    let asks = [waiting("i-old", -20, &[("alice", -1)]), waiting("i-young", -10, &[])];
    assert_eq!(decided(&asks, &members), ["i-young → alice"]);
}

fn members() -> impl Strategy<Value = Vec<Member>> {
    let one = (any::<bool>(), -90_000..0_i64, 0..4_u32, 0..4_u32, -5..0_i64);
    proptest::collection::vec(one, 0..=NAMES.len()).prop_map(|members| {
        let member = |(name, (is_ready, since, load, capacity, idle)): (&&str, _)| {
            let mut member = ready(name, load, capacity, idle);
            member.agent.sms = if is_ready {
                Readiness::Ready { since: Millis(NOW.0 + since) }
            } else {
                Readiness::NotReady { reason: String::new() }
            };
            member
        };
        NAMES.iter().zip(members).map(member).collect()
    })
}

fn queue() -> impl Strategy<Value = Vec<Waiting>> {
    let asked = proptest::collection::vec((0..NAMES.len(), -90_000..0_i64), 0..6);
    proptest::collection::vec((-5..0_i64, asked), 0..10).prop_map(|queue| {
        let one = |(number, (enqueued_at, asked)): (usize, (i64, Vec<(usize, i64)>))| {
            let asked: Vec<_> = asked.into_iter().map(|(agent, at)| (NAMES[agent], at)).collect();
            waiting(&format!("i-{number}"), enqueued_at, &asked)
        };
        queue.into_iter().enumerate().map(one).collect()
    })
}

fn was_asked(waiting: &Waiting, member: &Member) -> bool {
    waiting.asked.iter().any(|asked| asked.agent == member.agent.who.id)
}

/// Whether everyone may be asked anew, in the words of the contract.
fn is_new_round(waiting: &Waiting, members: &[Member]) -> bool {
    let Some(last) = waiting.asked.iter().map(|asked| asked.at).max() else { return true };
    let turned_ready =
        members.iter().any(|member| matches!(member.agent.sms, Readiness::Ready { since } if since > last));
    turned_ready || NOW.0 - last.0 >= 60_000
}

fn is_ready(member: &Member) -> bool {
    matches!(member.agent.sms, Readiness::Ready { .. })
}

proptest! {
    #[test]
    fn offers_are_fair_whatever_waits_and_whoever_is_there(queue in queue(), members in members()) {
        let matches = decide(&queue, &members, NOW);
        let of = |id: &InteractionId| queue.iter().find(|waiting| waiting.id == *id).unwrap();
        let mut left: Vec<u32> = members
            .iter()
            .map(|member| if is_ready(member) { member.agent.sms_capacity.saturating_sub(member.load) } else { 0 })
            .collect();
        let mut offered = std::collections::BTreeSet::new();
        for one in &matches {
            prop_assert!(left[one.member] > 0, "more than a member may have");
            left[one.member] -= 1;
            prop_assert!(offered.insert(one.interaction.clone()), "offered twice");
        }
        let free = || members.iter().zip(&left).filter(|(_, left)| **left > 0).map(|(member, _)| member);
        for one in &matches {
            if was_asked(of(&one.interaction), &members[one.member]) {
                prop_assert!(is_new_round(of(&one.interaction), &members));
                prop_assert!(free().all(|member| was_asked(of(&one.interaction), member)));
            }
        }
        for left_over in queue.iter().filter(|waiting| !offered.contains(&waiting.id)) {
            let new_round = is_new_round(left_over, &members);
            prop_assert!(free().all(|member| was_asked(left_over, member) && !new_round));
            for one in &matches {
                let younger = of(&one.interaction).enqueued_at > left_over.enqueued_at;
                let refused = was_asked(left_over, &members[one.member]) && !new_round;
                prop_assert!(!younger || refused, "a younger one was preferred");
            }
        }
    }
}
