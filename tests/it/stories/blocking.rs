//! Customers who are named in a supervisor's console: whom a command means, and what others read of it.

use switchroom::demo::agent::seen::Seen;

use super::type_in;
use crate::harness::{World, WorldOptions};

#[tokio::test]
async fn a_supervisor_names_a_customer_of_two_words_before_time_and_reason() {
    let world = World::with(WorldOptions {
        agents: &["alice", "sue"],
        each: &[("sue", "roles: [agent, supervisor], queues: []")],
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let mut rooms = Vec::new();
    for (phone, name) in [("+14155550102", "Anna Burg"), ("+14155550103", "Anna Berg")] {
        let room = world.conversation("alice", phone, "Hi").await;
        type_in(&world, "alice", &room, &format!("!contact set name {name}"), "contact").await;
        rooms.push(room);
    }
    let position = alice.position();
    let told = world.command("sue", "!block anna  berg 2h rude words", "blocked").await;
    let notice = told.notice().unwrap();
    assert_eq!((&notice["contact"], &notice["reason"]), (&"Anna Berg".into(), &"rude words".into()));
    assert!(notice["until"].is_i64(), "{notice}");
    // Whoever had the conversation reads who closed it.
    alice.wait_until_out_of(&rooms[1]).await.unwrap();
    let is_over = |seen: &Seen| seen.code() == "done";
    let over = alice.wait_for_after(position, "that it is over", is_over).await.unwrap();
    assert_eq!(over.notice().unwrap()["by"], "sue Doe");

    // Where several may be meant, the time is not lost.
    world.command("sue", "!block Anna 2h", "list").await;
    let told = world.command("sue", "!1", "blocked").await;
    assert!(told.notice().unwrap()["until"].is_i64(), "{}", told.body());
    world.command("sue", "!block", "usage").await;
    world.command("sue", "!block nobody at all 2h", "no_such_target").await;

    // A name is that of a customer in every console; words that were said are looked for in quotes.
    let past = world.command("sue", "!history Anna Berg", "history").await;
    assert_eq!(past.notice().unwrap()["contact"], "Anna Berg");
    let said = world.command("sue", "!history “Anna Berg”", "history").await;
    assert!(said.notice().unwrap()["contact"].is_null(), "{}", said.body());
    world.finish().await;
}
