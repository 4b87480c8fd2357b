//! The lists of what there is: colleagues, queues and routes, and what is one's own.

use super::{JANE, asked_after, connected, signed_in, two_agents};
use crate::harness::{World, WorldOptions};
use crate::stories::type_in;

#[tokio::test]
async fn the_team_is_listed_to_be_written_to_or_handed_a_conversation() {
    let world = two_agents().await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let session = world.conversation("alice", JANE, "Hello").await;
    world.command("bob", "!notready lunch", "status").await;
    let list = world.command("alice", "!team", "list").await;
    for part in ["alice Doe", "ready · signed in · 1 of 4", "not ready (lunch)", "Queue support", "0 waiting"]
    {
        assert!(list.body().contains(part), "{part} is not in {}", list.body());
    }
    let list = world.command("alice", "!team lunch", "list").await;
    assert_eq!(list.notice().unwrap()["rows"].as_array().unwrap().len(), 1);
    let position = bob.position();
    alice.send_text(&world.console("alice").await, "!1").await.unwrap();
    asked_after(&world, "bob", position).await;
    world.command("bob", "!ready", "status").await;
    alice.send_text(&session, "!team bob").await.unwrap();
    alice.wait_for_notice(&session, "list").await.unwrap();
    alice.send_text(&session, "!1").await.unwrap();
    alice.wait_for_notice(&session, "transfer_requested").await.unwrap();
    assert_eq!(world.invite("bob", JANE).await, session);
    world.finish().await;
}

#[tokio::test]
async fn a_queue_or_route_of_the_team_stands_for_its_members_and_takes_a_conversation() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob", "carol"],
        each: &[("carol", "queues: []")],
        desk: "routes: [{name: main, otherwise: support}]",
        ..WorldOptions::default()
    })
    .await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 3).await;
    let session = world.conversation("alice", JANE, "Hello").await;
    let list = world.command("alice", "!team", "list").await;
    for part in [
        "Queue support · open · 1 of 2 ready · 0 waiting",
        "Route main · open · 0 waiting · leads to support",
    ] {
        assert!(list.body().contains(part), "{part} is not in {}", list.body());
    }
    // Who is of the queue is listed, to write to one of them.
    for (words, title) in [("queue:support", "queue “support”"), ("route:main", "route “main”")] {
        world.command("alice", &format!("!team {words}"), "list").await;
        let list = world.command("alice", "!1", "list").await;
        assert!(list.body().contains(title) && !list.body().contains("carol"), "{}", list.body());
        assert_eq!(list.notice().unwrap()["rows"].as_array().unwrap().len(), 1, "oneself is not in it");
    }
    let position = bob.position();
    alice.send_text(&world.console("alice").await, "!1").await.unwrap();
    asked_after(&world, "bob", position).await;
    world.command("alice", "!im queue:nowhere", "no_such_target").await;

    // In the conversation's room the row takes it, by itself or as the target of a command.
    world.command("bob", "!ready", "status").await;
    type_in(&world, "alice", &session, "!team route:main", "list").await;
    alice.send_text(&session, "!transfer 1 for whoever is free").await.unwrap();
    alice.wait_until_out_of(&session).await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn what_is_ones_own_lists_conversations_and_talks_with_their_rooms() {
    let world = two_agents().await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let session = world.conversation("alice", JANE, "Hello").await;
    let room = connected(&world, "!im bob hello").await;
    let list = world.command("alice", "!mine", "list").await;
    let rows = list.notice().unwrap()["rows"].as_array().unwrap().clone();
    let rooms: Vec<_> = rows.iter().map(|row| row["room"].as_str().unwrap()).collect();
    assert_eq!(rooms, [session.as_str(), room.as_str()]);
    assert!(list.body().contains("bob Doe · IM") && list.body().contains("connected"), "{}", list.body());
    let shown = world.command("alice", "!2", "list").await;
    assert!(shown.body().contains(room.as_str()), "{}", shown.body());
    world.command("alice", "!mine", "list").await;
    world.command("alice", "!1", "case").await;

    // A number under a list in the room of a talk picks its row there.
    let list = type_in(&world, "bob", &room, "!mine", "list").await;
    let position = bob.position();
    bob.react(&room, &list.event_id, "1\u{fe0f}\u{20e3}").await.unwrap();
    let again = |seen: &switchroom::demo::agent::seen::Seen| seen.room_id == room && seen.code() == "list";
    bob.wait_for_after(position, "the row that was picked", again).await.unwrap();
    // Over, it is still there to be closed; closed, it is not.
    alice.send_text(&room, "!end").await.unwrap();
    world.state("bob", &room, "ended").await;
    for (rows, id) in [(1, "!done"), (0, "!mine")] {
        let list = world.command("bob", "!mine", "list").await;
        assert_eq!(list.notice().unwrap()["rows"].as_array().unwrap().len(), rows);
        let key = list.notice().unwrap()["rows"][0]["key"].as_str().unwrap_or_default().to_owned();
        if rows == 1 {
            world.command("bob", &format!("{id} {key}"), "done").await;
        }
    }
    world.finish().await;
}
