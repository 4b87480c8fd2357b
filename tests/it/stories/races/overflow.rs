//! An answer at the moment at which others are asked too.

use futures_util::future::join_all;
use ruma::OwnedRoomId;
use switchroom::clock::Millis;

use super::{only, settled, until_moment};
use crate::harness::{World, WorldOptions, eventually};
use crate::stories::{join_offered, offer_after, outcome};

const JANE: &str = "+14155550100";
/// Contacts, and how long before the moment at which others are asked the first agent answers, in
/// milliseconds.
const MOMENTS: [(&str, i64); 5] = [
    ("+14155550151", 600),
    ("+14155550152", 300),
    ("+14155550153", 150),
    ("+14155550154", 0),
    ("+14155550155", -150),
];

/// Alice is in support, which lets its agents pick, and bob in billing, who is asked after a second.
fn options() -> WorldOptions {
    WorldOptions {
        agents: &["alice", "bob"],
        agent: "capacity: {sms: 9}",
        each: &[("bob", "queues: [billing]")],
        queue: "undo_secs: 0, routing: pick, offer_secs: 60, overflow: [{after_secs: 1, to: billing}]}, \
                {name: billing, undo_secs: 0, courtesy_secs: 0",
        ..WorldOptions::default()
    }
}

#[tokio::test]
async fn who_accepts_at_the_moment_others_are_asked_has_it_and_nobody_else() {
    let world = World::with(options()).await;
    for name in ["alice", "bob"] {
        world.command(name, "!ready", "status").await;
    }
    let (desk, console, position) = (&world, &world.console("alice").await, world.agent("alice").position());
    let rounds = MOMENTS.map(|(phone, before_ms)| async move {
        desk.text(phone, "Hello").await;
        let offer = offer_after(desk, "alice", position, phone).await;
        let offered_at = offer.notice().unwrap()["expires_at"].as_i64().unwrap() - 60_000;
        until_moment(Millis(offered_at + 1_000), before_ms).await;
        desk.agent("alice").react(console, &offer.event_id, "✅").await.unwrap();
        (phone, offer)
    });
    for (phone, offer) in join_all(rounds).await {
        outcome(&world, "alice", &offer, "offer_accepted").await;
        let room = join_offered(&world, "alice", phone).await;
        settled(&world, phone, "active", "alice").await;
        only(&world, &room, &["alice"]).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn of_two_from_two_queues_who_answer_at_once_one_has_it() {
    let world = World::with(options()).await;
    for name in ["alice", "bob"] {
        world.command(name, "!ready", "status").await;
    }
    let positions = (world.agent("alice").position(), world.agent("bob").position());
    let consoles = (world.console("alice").await, world.console("bob").await);
    world.text(JANE, "Hello").await;
    let to_alice = offer_after(&world, "alice", positions.0, JANE).await;
    let to_bob = offer_after(&world, "bob", positions.1, JANE).await;
    let (one, other) = tokio::join!(
        world.agent("alice").react(&consoles.0, &to_alice.event_id, "✅"),
        world.agent("bob").react(&consoles.1, &to_bob.event_id, "✅")
    );
    one.unwrap();
    other.unwrap();
    eventually("one of them to have it", || async {
        (!world.books.newest(JANE).await.1.is_empty()).then_some(())
    })
    .await;
    let (_, owner, room) = world.books.newest(JANE).await;
    let (winner, loser, of_loser) =
        if owner == "alice" { ("alice", "bob", &to_bob) } else { ("bob", "alice", &to_alice) };
    assert_eq!(join_offered(&world, winner, JANE).await, OwnedRoomId::try_from(room).unwrap());
    let withdrawn = outcome(&world, loser, of_loser, "offer_withdrawn").await;
    assert_eq!(withdrawn.notice().unwrap()["by"], format!("{winner} Doe"));
    world.finish().await;
}
