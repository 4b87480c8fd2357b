//! Who comes first, who is asked beyond what they may have, and when who refused is asked again.

use switchroom::demo::agent::seen::Seen;

use super::{join_offered, offer_after, outcome, text_offered_to, type_in};
use crate::harness::{World, WorldOptions, eventually};

const PHONES: [&str; 6] =
    ["+14155550131", "+14155550132", "+14155550133", "+14155550134", "+14155550135", "+14155550136"];
const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";
const CARL: &str = "+442071838750";

async fn waiting(world: &World, count: i64) {
    eventually(&format!("{count} to wait"), || async {
        let sql = "SELECT COUNT(*) FROM interactions WHERE state = 'queued' AND room_id IS NOT NULL";
        (world.number(sql).await == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn transfers_and_consults_come_on_top_of_four_and_a_transfer_that_fails_stands_in_my_messages() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    world.command("bob", "!ready", "status").await;
    for phone in &PHONES[..4] {
        world.text(phone, "Hello").await;
    }
    for phone in &PHONES[..4] {
        join_offered(&world, "bob", phone).await;
    }
    world.text(PHONES[4], "Hello").await;
    waiting(&world, 1).await;
    assert!(bob.invites().is_empty(), "four are as many as an agent has unless it is said otherwise");
    world.command("alice", "!ready", "status").await;
    let fifth = join_offered(&world, "alice", PHONES[4]).await;

    let position = bob.position();
    type_in(&world, "alice", &fifth, "!transfer bob", "transfer_requested").await;
    let offer = offer_after(&world, "bob", position, PHONES[4]).await;
    world.command("bob", "!reject", "offer_rejected").await;
    outcome(&world, "bob", &offer, "offer_rejected").await;
    alice.wait_for_notice(&fifth, "transfer_rejected").await.unwrap();
    let missed = world.command("alice", "!messages", "list").await;
    let title = format!("transfer of {} rejected by bob Doe", PHONES[4]);
    assert_eq!(missed.notice().unwrap()["rows"][0]["title"], title.as_str());

    type_in(&world, "alice", &fifth, "!transfer bob", "transfer_requested").await;
    assert_eq!(join_offered(&world, "bob", PHONES[4]).await, fifth);
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE owner = 'bob'").await, 5);
    // What waits is not for him until he has fewer than four.
    let position = bob.position();
    let sixth = world.conversation("alice", PHONES[5], "Hello").await;
    let offered = |seen: &Seen| seen.code() == "offer";
    assert!(!bob.look(|log| log.events()[position..].iter().any(offered)));
    // Advice he can give, however much he has.
    alice.send_text(&sixth, "!consult bob May she return it?").await.unwrap();
    let asked = bob.wait_for_after(position, "a question", offered).await.unwrap();
    assert_eq!(asked.notice().unwrap()["kind"], "consult");
    world.finish().await;
}

#[tokio::test]
async fn what_has_priority_goes_before_what_has_waited_longer_and_then_the_oldest() {
    let options = WorldOptions {
        agent: "capacity: {sms: 1}",
        number: "route: main",
        desk: "routes: [{name: main, rules: [{when: {keywords: [urgent]}, queue: support, priority: 10}], \
               otherwise: support}]",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    for (n, (phone, text)) in (1..).zip([(OMAR, "Hello"), (CARL, "Hello"), (JANE, "Urgent: no light")]) {
        world.text(phone, text).await;
        waiting(&world, n).await;
    }
    world.command("alice", "!ready", "status").await;
    for phone in [JANE, OMAR, CARL] {
        let room = join_offered(&world, "alice", phone).await;
        super::done(&world, "alice", &room).await;
    }
    let asked: Vec<String> = world.agent("alice").look(|log| {
        let offers = log.events().iter().filter(|seen| seen.code() == "offer" && seen.replaces().is_none());
        offers.map(|seen| seen.notice().unwrap()["number"].as_str().unwrap().to_owned()).collect()
    });
    assert_eq!(asked, [JANE, OMAR, CARL]);
    world.finish().await;
}

/// As if a minute had passed: everything that the desk remembers of these moments is a minute older.
async fn a_minute_passes(world: &mut World) {
    world.bridge.kill();
    for sql in [
        "UPDATE interactions SET waits = json_set(waits, '$.passed_over[0].at',
                           json_extract(waits, '$.passed_over[0].at') - 60000),
         body = json_set(body, '$.phase.passed_over[0].at',
                         json_extract(body, '$.phase.passed_over[0].at') - 60000)
         WHERE state = 'queued' RETURNING 1",
        "UPDATE agents SET body = json_set(body, '$.channels.sms.since', json_extract(body, '$.channels.sms.since') - 60000) RETURNING 1",
        "UPDATE timers SET due_at = due_at - 60000 WHERE body LIKE '%route_again%' RETURNING 1",
    ] {
        world.number(sql).await;
    }
    world.start_again("").await;
}

#[tokio::test]
async fn who_refused_is_asked_again_a_minute_later_if_there_is_nobody_else() {
    let mut world = World::new().await;
    world.command("alice", "!ready", "status").await;
    let offer = text_offered_to(&world, "alice", JANE).await;
    world.command("alice", "!reject", "offer_rejected").await;
    outcome(&world, "alice", &offer, "offer_rejected").await;
    waiting(&world, 1).await;
    // Saying again that she is ready is nothing new.
    world.command("alice", "!ready", "status").await;
    let position = world.agent("alice").position();
    world.start_again("").await;
    text_offered_to(&world, "alice", OMAR).await;
    let asked = |seen: &Seen| seen.code() == "offer" && seen.notice().unwrap()["number"] == JANE;
    assert!(!world.agent("alice").look(|log| log.events()[position..].iter().any(asked)));

    a_minute_passes(&mut world).await;
    offer_after(&world, "alice", position, JANE).await;
    join_offered(&world, "alice", JANE).await;
    world.finish().await;
}
