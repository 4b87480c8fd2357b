//! What routing reads, and what the desk says by itself.

use std::time::Duration;

use ruma::OwnedRoomId;
use switchroom::clock::Millis;
use switchroom::domain::agent::{Agent, WorkChannel};
use switchroom::domain::effect::{Effect, Route};
use switchroom::domain::ids::{AgentId, ContactId, InteractionId, QueueName};
use switchroom::domain::input::{Claim, Input};
use switchroom::domain::interaction::{Interaction, Offer, Overflow, PassedOver, Phase, Rules, Unanswered};
use switchroom::domain::lane::Lane;
use switchroom::domain::overflow::OverflowStep;
use switchroom::domain::report::Change;
use switchroom::domain::waits;
use switchroom::store::routing::{self, Overflowed, Place, Unready};
use switchroom::store::{agents, contacts, history, interactions, outbox};

use super::stage::{Stage, able};
use super::{
    Database, NOW, THEIRS, active, agent, agent_ref, done, interaction, later, on_both_engines, queue,
};

on_both_engines! {
    what_waits_is_read_in_its_order_a_page_at_a_time,
    members_who_are_ready_are_read_with_what_they_have,
    an_agents_queues_are_found_in_which_something_waits,
    whoever_gets_free_is_asked_what_comes_first_among_all_their_queues,
    the_last_agent_of_a_contact_is_remembered_with_when_it_was_over,
    the_same_is_said_to_a_contact_once_in_a_while,
    what_overflows_is_found_by_all_who_are_asked_and_only_while_it_waits,
    how_long_contacts_waited_and_who_comes_before_them_is_read,
}

fn ready(id: &str, queues: &[&str]) -> Agent {
    let queues = queues.iter().map(|name| QueueName::new(*name)).collect();
    Agent { channels: super::ready(), queues, ..agent(id) }
}

fn in_room(one: Interaction) -> Interaction {
    let room = OwnedRoomId::try_from(format!("!{}:desk.test", one.id)).unwrap();
    Interaction { room: Some(room), ..one }
}

async fn what_waits_is_read_in_its_order_a_page_at_a_time(database: Database) {
    let conn = &mut *database.connection().await;
    for (number, age_secs, priority) in [(1_u8, 60, 0), (2, 0, 2), (3, 60, 0), (4, 90, 0), (5, 0, 0)] {
        let one = interaction(&format!("i-{number}"), &format!("+1415555010{number}"));
        let rules = Rules { priority, ..one.rules.clone() };
        let enqueued_at = NOW - Duration::from_secs(age_secs);
        interactions::add(conn, &Interaction { rules, enqueued_at, ..in_room(one) }).await.unwrap();
    }
    // Nobody can be asked into a room that is not there.
    interactions::add(conn, &interaction("i-0", "+14155550100")).await.unwrap();
    let owned = Interaction { phase: active("alice"), ..interaction("i-6", "+14155550106") };
    interactions::add(conn, &owned).await.unwrap();
    let mut place = Place::first();
    let mut order = Vec::new();
    loop {
        let page = routing::waiting(conn, (&queue(), &[]), &place, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        place = Place::behind(last);
        order.extend(page.iter().map(|waiting| waiting.id.to_string()));
    }
    assert_eq!(order, ["i-2", "i-4", "i-1", "i-3", "i-5"]);

    // What is shown to many who may pick it waits still, and who refused is known.
    let passed_over = vec![PassedOver { agent: AgentId::new("carol"), at: NOW }];
    let offer = Offer {
        number: 1,
        to: vec![agent_ref("alice")],
        invited: false,
        by: None,
        then: Unanswered::Withdrawn,
        expires_at: later(60),
        put_off: false,
        rings_at: None,
        rang: false,
        or_queue: false,
    };
    let mut one = interactions::by_id(conn, &InteractionId::new("i-2")).await.unwrap().unwrap();
    one.phase = Phase::Offered { offer: offer.clone(), passed_over: passed_over.clone() };
    interactions::save(conn, &one).await.unwrap();
    let first = routing::waiting(conn, (&queue(), &[]), &Place::first(), 1).await.unwrap().remove(0);
    assert_eq!((first.passed_over, first.shown), (passed_over.clone(), vec![AgentId::new("alice")]));
    one.phase = Phase::Offered { offer: Offer { invited: true, ..offer }, passed_over };
    interactions::save(conn, &one).await.unwrap();
    let left = routing::waiting(conn, (&queue(), &[]), &Place::first(), 9).await.unwrap();
    assert_eq!(left.len(), 4, "one alone is asked about it");
}

async fn members_who_are_ready_are_read_with_what_they_have(database: Database) {
    let conn = &mut *database.connection().await;
    for agent in [ready("alice", &["support", "sales"]), agent("bob"), ready("carol", &["sales"])] {
        agents::save(conn, &agent).await.unwrap();
    }
    assert_eq!(routing::member_counts(conn, &queue()).await.unwrap(), (2, 1));
    assert_eq!(routing::member_counts(conn, &QueueName::new("none")).await.unwrap(), (0, 0));
    let owned = Interaction { phase: active("alice"), ..interaction("i-1", THEIRS) };
    interactions::add(conn, &owned).await.unwrap();
    interactions::add(conn, &interaction("i-2", "+14155550102")).await.unwrap();
    let alice = AgentId::new("alice");
    interactions::set_offered(conn, &InteractionId::new("i-2"), [&alice].into_iter()).await.unwrap();
    let members = routing::ready_members(conn, &[queue()]).await.unwrap();
    let [member] = members.as_slice() else { panic!("{members:?}") };
    assert_eq!((member.agent.who.id.as_str(), member.load, member.shown), ("alice", 1, 1));
    assert_eq!(interactions::load(conn, &alice).await.unwrap(), 1);

    agents::save(conn, &ready("alice", &["sales"])).await.unwrap();
    agents::save(conn, &ready("bob", &["support"])).await.unwrap();
    let ids = async |conn: &mut _, queues: &[QueueName]| {
        let members = routing::ready_members(conn, queues).await.unwrap();
        members.iter().map(|member| member.agent.who.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(conn, &[queue()]).await, ["bob"]);
    agents::save(conn, &ready("bob", &["support", "sales"])).await.unwrap();
    assert_eq!(ids(conn, &[queue(), QueueName::new("sales")]).await, ["alice", "bob", "carol"], "each once");
}

async fn an_agents_queues_are_found_in_which_something_waits(database: Database) {
    let conn = &mut *database.connection().await;
    agents::save(conn, &ready("alice", &["sales", "support", "night"])).await.unwrap();
    interactions::add(conn, &in_room(interaction("i-1", THEIRS))).await.unwrap();
    let elsewhere = in_room(interaction("i-2", "+14155550102"));
    let elsewhere = Interaction { queue: QueueName::new("other"), ..elsewhere };
    interactions::add(conn, &elsewhere).await.unwrap();
    let taken = Interaction { queue: QueueName::new("sales"), ..interaction("i-3", "+14155550103") };
    interactions::add(conn, &Interaction { phase: active("bob"), ..taken }).await.unwrap();
    let roomless = Interaction { queue: QueueName::new("night"), ..interaction("i-4", "+14155550104") };
    interactions::add(conn, &roomless).await.unwrap();
    let needed = async |conn: &mut _, ids: &[&str]| {
        let ids: Vec<AgentId> = ids.iter().map(|id| AgentId::new(*id)).collect();
        Vec::from_iter(routing::queues_in_need_of(conn, &ids).await.unwrap())
    };
    assert_eq!(needed(conn, &["alice"]).await, [queue()]);
    agents::save(conn, &ready("bob", &["other", "night"])).await.unwrap();
    assert_eq!(needed(conn, &["alice", "carol", "bob"]).await, [QueueName::new("other"), queue()]);
    assert_eq!(needed(conn, &[]).await, []);
    let all = ["night", "other", "sales", "support"].map(QueueName::new);
    let waits = routing::waits_in(conn, &all.iter().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(waits, [QueueName::new("other"), queue()]);
}

async fn whoever_gets_free_is_asked_what_comes_first_among_all_their_queues(database: Database) {
    use switchroom::domain::agent::Role;

    let stage = Stage::with(database, &[("alice", &[Role::Agent]), ("bob", &[Role::Agent])]).await;
    let queues = |names: &[&str]| names.iter().map(|name| QueueName::new(*name)).collect();
    let alice = Agent {
        queues: queues(&["billing", "support"]),
        capacity: [(WorkChannel::Sms, 1)].into(),
        ..able("alice")
    };
    let bob = Agent {
        queues: queues(&["support", "sales"]),
        capacity: [(WorkChannel::Sms, 1)].into(),
        ..able("bob")
    };
    stage.set_up(alice).await;
    stage.set_up(bob).await;
    stage.keep("i-1000", active("alice")).await;
    stage.keep("i-2000", active("bob")).await;
    let points = std::cell::Cell::new(0);
    let waits = async |id: &str, queue: &str, age_secs| {
        let one = stage.keep(id, Phase::Queued { passed_over: vec![] }).await;
        let (queue, enqueued_at) = (QueueName::new(queue), NOW - Duration::from_secs(age_secs));
        let rules = Rules { priority: points.get(), ..one.rules.clone() };
        let one = Interaction { queue, enqueued_at, rules, ..one };
        interactions::save(&mut *stage.database.connection().await, &one).await.unwrap();
    };
    waits("i-3000", "billing", 60).await;
    waits("i-4000", "support", 120).await;
    waits("i-5000", "sales", 180).await;
    // Whichever of the queues is looked at first: that of the newer one is, by its name.
    let asked = async || {
        while let Some(head) =
            outbox::head(&mut *stage.database.connection().await, &Lane::Route).await.unwrap()
        {
            let Effect::Route(Route { queue }) = head.effect else { panic!("{head:?}") };
            let claim = Claim { lane: Lane::Route, seq: head.seq, version: head.version, epoch: 0 };
            stage.desk().apply(Input::Route { claim, queue }).await.unwrap();
        }
        let mut asked = Vec::new();
        for id in ["alice", "bob"] {
            let conn = &mut *stage.database.connection().await;
            let offered = interactions::offered_to(conn, &AgentId::new(id)).await.unwrap();
            asked.extend(offered.iter().map(|one| format!("{} → {id}", one.id)));
        }
        asked
    };
    assert_eq!(asked().await, Vec::<String>::new(), "they have all they may have");
    stage.says("alice", "i-1000", "!done").await;
    assert_eq!(asked().await, ["i-4000 → alice"], "the older of her two queues");
    stage.says("bob", "i-2000", "!done").await;
    assert_eq!(asked().await, ["i-4000 → alice", "i-5000 → bob"]);

    // Two points make up for two minutes.
    stage.says("alice", "alice", "!accept i-4000").await;
    points.set(2);
    waits("i-6000", "support", 0).await;
    stage.says("alice", "i-4000", "!done").await;
    assert_eq!(asked().await, ["i-6000 → alice", "i-5000 → bob"]);
    stage.says("alice", "alice", "!accept i-6000").await;
    stage.says("alice", "i-6000", "!done").await;
    assert_eq!(asked().await, ["i-3000 → alice", "i-5000 → bob"], "nothing is left out for ever");
}

async fn the_last_agent_of_a_contact_is_remembered_with_when_it_was_over(database: Database) {
    let conn = &mut *database.connection().await;
    let contact = interaction("i-1", THEIRS).contact.id;
    assert!(history::of_contact(conn, &contact, 1).await.unwrap().is_empty());
    for (id, by, at) in [("i-1", "alice", 10), ("i-2", "bob", 20)] {
        let created_at = Millis(NOW.0 - 1_000 + at);
        let over = Interaction { phase: done(by), created_at, ..interaction(id, THEIRS) };
        interactions::add(conn, &over).await.unwrap();
    }
    let last = history::of_contact(conn, &contact, 1).await.unwrap().remove(0);
    assert_eq!((last.handler(), last.last_handled_at()), (Some(&agent_ref("bob")), NOW));
}

async fn the_same_is_said_to_a_contact_once_in_a_while(database: Database) {
    let conn = &mut *database.connection().await;
    let (jane, once_in) = (ContactId::new("c-1"), Duration::from_hours(4));
    let table = [
        ("waiting", 0, true),
        ("waiting", 14_399, false),
        ("closed", 14_399, true),
        ("waiting", 14_400, true),
    ];
    for (kind, secs, expected) in table {
        let may = contacts::may_say(conn, &jane, kind, later(secs), once_in).await.unwrap();
        assert_eq!(may, expected, "{kind} after {secs} s");
    }
    assert!(contacts::may_say(conn, &ContactId::new("c-2"), "waiting", NOW, once_in).await.unwrap());
}

/// In support, where nobody takes it: the members of these queues are asked too, and whoever is ready of
/// those who know French is looked for, unless the step for that was taken.
fn overflowed(id: &str, number: &str, also: &[&str], is_taken: bool) -> Interaction {
    let steps = vec![OverflowStep::parse("nobody_ready drop_skills french").unwrap()];
    let rules = Rules { overflow: steps, skills: vec!["french".to_owned()], ..Rules::default() };
    let overflow = Overflow {
        since: NOW,
        taken: if is_taken { vec![0] } else { vec![] },
        also: also.iter().map(|name| QueueName::new(*name)).collect(),
    };
    Interaction { rules, overflow: Some(overflow), ..in_room(interaction(id, number)) }
}

async fn what_overflows_is_found_by_all_who_are_asked_and_only_while_it_waits(database: Database) {
    let conn = &mut *database.connection().await;
    for agent in [ready("alice", &["support"]), ready("bob", &["billing"]), ready("carol", &["sales"])] {
        agents::save(conn, &agent).await.unwrap();
    }
    let first = overflowed("i-1", "+14155550101", &["sales", "billing"], true);
    let rest = [
        overflowed("i-2", "+14155550102", &["billing", "sales"], false),
        overflowed("i-3", "+14155550103", &[], false),
        in_room(interaction("i-4", "+14155550104")),
        overflowed("i-5", "+14155550105", &["billing"], true),
    ];
    for one in [&first].into_iter().chain(&rest) {
        interactions::add(conn, one).await.unwrap();
    }
    let names =
        |names: &[&str]| -> Vec<QueueName> { names.iter().map(|name| QueueName::new(*name)).collect() };
    let line = |also: &[&str]| Overflowed { queue: queue(), also: names(also) };
    assert_eq!(routing::overflowed(conn).await.unwrap(), [line(&["billing"]), line(&["billing", "sales"])]);
    let ids = async |conn: &mut _, also: &[&str]| {
        let of = names(also);
        let waiting = routing::waiting(conn, (&queue(), &of), &Place::first(), 9).await.unwrap();
        waiting.iter().map(|waiting| waiting.id.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids(conn, &["billing", "sales"]).await, "i-1 i-2");
    assert_eq!((ids(conn, &["billing"]).await, ids(conn, &[]).await), ("i-5".into(), "i-3 i-4".into()));
    for (agent, expected) in [("alice", 1), ("bob", 1), ("carol", 1), ("dave", 0)] {
        let found = routing::queues_in_need_of(conn, &[AgentId::new(agent)]).await.unwrap();
        assert_eq!(found.len(), expected, "{agent}: {found:?}");
    }
    let unready = routing::unready(conn).await.unwrap();
    let kinds = [line(&[]), line(&["billing", "sales"])]
        .map(|line| Unready { line, skills: vec!["french".to_owned()] });
    assert_eq!(unready, kinds);
    let found = routing::unready_of(conn, &kinds[1], 9).await.unwrap();
    assert_eq!(found, [rest[0].clone()]);

    for one in [&first].into_iter().chain(&rest) {
        interactions::save(conn, &Interaction { phase: active("bob"), ..one.clone() }).await.unwrap();
    }
    assert!(routing::overflowed(conn).await.unwrap().is_empty());
    assert!(routing::unready(conn).await.unwrap().is_empty());
    let back = interactions::by_id(conn, &first.id).await.unwrap().unwrap();
    assert_eq!(back.overflow, first.overflow);
}

async fn how_long_contacts_waited_and_who_comes_before_them_is_read(database: Database) {
    let conn = &mut *database.connection().await;
    for number in 0..4_u8 {
        let one = in_room(interaction(&format!("i-{number}"), &format!("+1415555010{number}")));
        let enqueued_at = NOW - Duration::from_secs(100 - u64::from(number));
        interactions::add(conn, &Interaction { enqueued_at, ..one }).await.unwrap();
        for (step, secs, state) in [(0, 0, "queued"), (1, 60, "active"), (2, 90, "done")] {
            let change = Change {
                interaction: InteractionId::new(format!("i-{number}")),
                at: later(secs),
                queue: queue(),
                owner: (state == "active").then(|| AgentId::new("alice")),
                state: state.to_owned(),
            };
            history::add_change(conn, &format!("{number}-{step}"), &change).await.unwrap();
        }
    }
    let third = interactions::by_id(conn, &InteractionId::new("i-2")).await.unwrap().unwrap();
    assert_eq!(routing::position(conn, &queue(), &Place::of(&third)).await.unwrap(), Some(3));
    let elsewhere = routing::position(conn, &QueueName::new("sales"), &Place::of(&third)).await.unwrap();
    assert_eq!(elsewhere, Some(1));
    let changes = history::taken_since(conn, &queue(), NOW).await.unwrap();
    assert_eq!(changes.len(), 12);
    assert_eq!(waits::median(&changes, &queue()), Some(Duration::from_mins(1)));
    assert!(history::taken_since(conn, &queue(), later(61)).await.unwrap().is_empty());
    assert!(history::taken_since(conn, &QueueName::new("sales"), NOW).await.unwrap().is_empty());
}
