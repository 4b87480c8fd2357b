//! Callbacks: arranged in a conversation, offered when they are due, and a room of their own once taken.

use ruma::RoomId;
use serde_json::{Value, json};
use switchroom::clock::Clock;
use switchroom::demo::agent::seen::Seen;

use super::quietly::offers;
use super::{done, join_offered, offer_after, type_in};
use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const WAITING: &str = "SELECT COUNT(*) FROM callbacks";
/// Makes all that are to come due.
const COME: &str = "UPDATE timers SET due_at = 0 WHERE body LIKE '%\"due\":\"callback\"%' RETURNING 1";

fn desk(database: Database) -> WorldOptions {
    WorldOptions {
        database,
        agents: &["alice", "bob", "sue"],
        each: &[("bob", "queues: [support, sales]"), ("sue", "roles: [supervisor, admin], queues: []")],
        queue: "undo_secs: 0}, {name: sales}, {name: nobody",
        ..WorldOptions::default()
    }
}

/// Arranges a callback, and waits for what is answered.
async fn arrange(world: &World, name: &str, room: &RoomId, rest: &str) -> Seen {
    let set = type_in(world, name, room, &format!("!callback {rest}"), "callback").await;
    assert_eq!(set.notice().unwrap()["news"], "set", "{}", set.body());
    set
}

fn items(seen: &Seen) -> Vec<Value> {
    seen.notice().unwrap()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_callback_is_offered_to_who_arranged_it_when_it_is_due_on_sqlite() {
    offered_when_due(Database::Sqlite).await;
}

#[tokio::test]
async fn a_callback_is_offered_to_who_arranged_it_when_it_is_due_on_postgres() {
    offered_when_due(Database::Postgres).await;
}

async fn offered_when_due(database: Database) {
    let world = World::with(desk(database)).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    let id = alice.look(|log| log.rooms()[&parent].interaction().unwrap()["id"].clone());
    let set = arrange(&world, "alice", &parent, "2h about her refund").await;
    assert_eq!(
        (&items(&set)[0]["by"], &items(&set)[0]["note"]),
        (&json!("alice Doe"), &json!("about her refund"))
    );
    done(&world, "alice", &parent).await;
    world.command("bob", "!ready", "status").await;
    let position = alice.position();
    world.number(COME).await;
    let offer = offer_after(&world, "alice", position, JANE).await;
    assert!(
        offer.body().contains("Callback") && offer.body().contains("about her refund"),
        "{}",
        offer.body()
    );
    let room = join_offered(&world, "alice", JANE).await;
    assert!(room != parent);
    let content = alice.look(|log| log.rooms()[&room].interaction().unwrap().clone());
    assert_eq!(
        (&content["kind"], &content["parent"], &content["direction"]),
        (&json!("callback"), &id, &json!("outbound"))
    );
    let due = alice.wait_for_notice(&room, "callback_due").await.unwrap();
    assert!(due.body().contains("about her refund"), "{}", due.body());
    let earlier = alice.wait_for_notice(&room, "earlier").await.unwrap();
    assert!(earlier.body().contains("Where is my order?"), "{}", earlier.body());
    // Nothing written there goes to her, and what she texts begins a conversation of its own.
    let said = alice.send_text(&room, "She does not answer").await.unwrap();
    let held = |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(said.as_str());
    let held = alice.wait_for("it to stay here", held).await.unwrap();
    assert_eq!(held.notice().unwrap()["why"], "callback");
    let position = bob.position();
    world.command("alice", "!notready lunch", "status").await;
    world.text(JANE, "I missed your call").await;
    offer_after(&world, "bob", position, JANE).await;
    world.state("alice", &room, "active").await;
    done(&world, "alice", &room).await;
    assert!(world.taken_for(JANE).is_empty());
    assert_eq!(world.number(WAITING).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn one_for_a_queue_goes_there_and_who_is_not_ready_is_passed_by() {
    let world = World::with(desk(Database::Sqlite)).await;
    let bob = world.agent("bob");
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    world.command("bob", "!ready", "status").await;
    arrange(&world, "alice", &parent, "tomorrow queue:sales").await;
    let position = bob.position();
    world.number(COME).await;
    offer_after(&world, "bob", position, JANE).await;
    let room = join_offered(&world, "bob", JANE).await;
    assert_eq!(bob.look(|log| log.rooms()[&room].interaction().unwrap()["queue"].clone()), "sales");
    arrange(&world, "alice", &parent, "3 days").await;
    world.command("alice", "!notready lunch", "status").await;
    let position = bob.position();
    world.number(COME).await;
    offer_after(&world, "bob", position, JANE).await;
    world.finish().await;
}

#[tokio::test]
async fn callbacks_are_listed_and_taken_back() {
    let world = World::with(desk(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    arrange(&world, "alice", &parent, "2h the second").await;
    arrange(&world, "alice", &parent, "1h the first").await;
    let listed = type_in(&world, "alice", &parent, "!callback list", "callback").await;
    let notes: Vec<Value> = items(&listed).iter().map(|item| item["note"].clone()).collect();
    assert_eq!(notes, ["the first", "the second"]);
    let shown = type_in(&world, "alice", &parent, "!2", "callback").await;
    assert_eq!(
        (shown.notice().unwrap()["news"].as_str(), &items(&shown)[0]["note"]),
        (Some("shown"), &json!("the second"))
    );
    assert_eq!(world.number(WAITING).await, 2, "a number takes nothing back");
    let none = type_in(&world, "alice", &parent, "!callback cancel 9", "no_such_target").await;
    assert!(none.body().contains('9') && none.body().contains("!callback list"), "{}", none.body());
    let gone = type_in(&world, "alice", &parent, "!callback cancel 2", "callback").await;
    assert_eq!(
        (gone.notice().unwrap()["news"].as_str(), &items(&gone)[0]["note"]),
        (Some("cancelled"), &json!("the second"))
    );
    let mine = world.command("alice", "!callback", "callback").await;
    assert_eq!(items(&mine).len(), 1);
    world.command("alice", "!callback cancel", "callback").await;
    world.command("alice", "!callback cancel 1", "no_such_target").await;
    assert_eq!(world.number(WAITING).await, 0);
    // What is said of one has the ❌ that takes it back, once.
    let set = arrange(&world, "alice", &parent, "1h").await;
    alice.wait_for_reaction(&set.event_id, "❌").await.unwrap();
    for (key, code) in [("❌", "callback"), ("👎", "no_such_target")] {
        let position = alice.position();
        alice.react(&parent, &set.event_id, key).await.unwrap();
        let told = |seen: &Seen| seen.room_id == parent && seen.code() == code;
        alice.wait_for_after(position, code, told).await.unwrap();
        assert_eq!(world.number(WAITING).await, 0);
    }
    let event = alice.send_text(&parent, "!callback 2h never mind").await.unwrap();
    eventually("it to be kept", || async { (world.number(WAITING).await == 1).then_some(()) }).await;
    alice.redact(&parent, &event).await.unwrap();
    eventually("it to be gone", || async { (world.number(WAITING).await == 0).then_some(()) }).await;
    world.number(COME).await;
    world.drained().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions").await, 1);
    world.finish().await;
}

#[tokio::test]
async fn who_arranged_one_reads_who_took_it_back() {
    let world = World::with(desk(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    arrange(&world, "alice", &parent, "2h about her refund").await;
    let id = alice.look(|log| log.rooms()[&parent].interaction().unwrap()["id"].clone());
    world.command("sue", &format!("!monitor {}", id.as_str().unwrap()), "case").await;
    let sue = world.agent("sue");
    sue.join(&parent).await.unwrap();
    let position = alice.position();
    type_in(&world, "sue", &parent, "!callback cancel", "callback").await;
    let console = world.console("alice").await;
    let told = |seen: &Seen| seen.room_id == console && seen.code() == "callback";
    let told = alice.wait_for_after(position, "who took it back", told).await.unwrap();
    assert_eq!(told.notice().unwrap()["by"], "sue Doe", "{}", told.body());
    assert_eq!(world.number(WAITING).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn who_arranged_one_is_asked_first_in_a_queue_that_is_not_theirs() {
    let world = World::with(desk(Database::Sqlite)).await;
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    arrange(&world, "alice", &parent, "2h").await;
    // She goes to another queue, and he has been idle for longer.
    world.command("bob", "!ready", "status").await;
    world.command("sue", "!agent set alice queues sales", "changed").await;
    let position = world.agent("alice").position();
    world.number(COME).await;
    offer_after(&world, "alice", position, JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    let event = world.agent("alice").look(|log| log.rooms()[&room].interaction().unwrap().clone());
    assert_eq!((&event["kind"], &event["queue"]), (&json!("callback"), &json!("support")));
    assert_eq!(offers(&world, "bob", JANE), 0);
    world.finish().await;
}

#[tokio::test]
async fn thanks_join_what_was_said_also_while_a_callback_is_open() {
    let options =
        WorldOptions { queue: "undo_secs: 0, courtesy_secs: 900}, {name: sales", ..desk(Database::Sqlite) };
    let world = World::with(options).await;
    let alice = world.agent("alice");
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    arrange(&world, "alice", &parent, "2h").await;
    done(&world, "alice", &parent).await;
    let position = alice.position();
    world.number(COME).await;
    offer_after(&world, "alice", position, JANE).await;
    let position = alice.position();
    world.text(JANE, "Thanks a lot").await;
    let told = |seen: &Seen| seen.code() == "courtesy";
    alice.wait_for_after(position, "the courtesy", told).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions").await, 2);
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_be_is_answered_and_nothing_is_kept() {
    let each = &[("bob", "permissions: [im]"), ("sue", "roles: [supervisor, admin], queues: []")];
    let world = World::with(WorldOptions { each, ..desk(Database::Sqlite) }).await;
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    for typed in ["soon", "-2h", "99999999h", "٢h", "91 days", "1970-01-01", "tomorrow 9:00 UTC"] {
        let told = type_in(&world, "alice", &parent, &format!("!callback {typed}"), "usage").await;
        assert_eq!(told.notice().unwrap()["problem"], "moment", "{typed}");
    }
    for (typed, code, why) in [
        ("2h queue:nowhere", "no_such_target", None),
        ("2h queue:sales", "target_unavailable", Some("queue_empty")),
        ("2h queue:nobody", "target_unavailable", Some("queue_empty")),
    ] {
        let told = type_in(&world, "alice", &parent, &format!("!callback {typed}"), code).await;
        assert!(why.is_none_or(|why| told.notice().unwrap()["why"] == why), "{}", told.body());
    }
    // Who may not type it may not tap it.
    let (alice, set) = (world.agent("alice"), arrange(&world, "alice", &parent, "2h").await);
    for (permissions, key, code, left) in
        [("im", "❌", "not_allowed", 1), ("im callback", "👎", "callback", 0)]
    {
        world.command("sue", &format!("!agent set alice permissions {permissions}"), "changed").await;
        let position = alice.position();
        alice.react(&parent, &set.event_id, key).await.unwrap();
        let told = |seen: &Seen| seen.room_id == parent && seen.code() == code;
        alice.wait_for_after(position, code, told).await.unwrap();
        assert_eq!(world.number(WAITING).await, left, "{permissions}");
    }
    world.command("sue", "!queue set support hours not 2020-01-01", "changed").await;
    let told = type_in(&world, "alice", &parent, "!callback 2h", "refused").await;
    assert_eq!(told.notice().unwrap()["why"], "closed_then");
    world.command("bob", "!callback 2h", "not_allowed").await;
    world.command("alice", "!callback 2h", "usage").await;
    world.command("alice", "!callback cancel 1", "no_such_target").await;
    assert_eq!(world.number(WAITING).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn a_queue_that_is_closed_when_it_is_due_is_waited_for() {
    let world = World::with(desk(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    arrange(&world, "alice", &parent, "2h").await;
    // Its hours change, to a minute of another day.
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let today = usize::try_from(Clock::default().now().0 / 86_400_000 + 3).unwrap();
    let closed = format!("{} 00:00-00:01", days[(today + 3) % 7]);
    world.command("sue", &format!("!queue set support hours {closed}"), "changed").await;
    let position = alice.position();
    world.number(COME).await;
    let put_off = |seen: &Seen| seen.room_id == console && seen.code() == "callback";
    let told = alice.wait_for_after(position, "that it is put off", put_off).await.unwrap();
    assert_eq!(told.notice().unwrap()["news"], "put_off");
    assert!(items(&told)[0]["put_off"].is_i64() && world.number(WAITING).await == 1);
    world.command("sue", "!queue set support hours none", "changed").await;
    let position = alice.position();
    world.number(COME).await;
    offer_after(&world, "alice", position, JANE).await;
    world.finish().await;
}

#[tokio::test]
async fn nobody_calls_back_who_is_blocked_or_erased() {
    let fail_points = "erasure_waits_not=return";
    let mut world = World::with(WorldOptions { fail_points, ..desk(Database::Sqlite) }).await;
    world.bridge.ready().await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    arrange(&world, "alice", &parent, "2h").await;
    alice.send_text(&parent, "!block spam").await.unwrap();
    alice.wait_until_out_of(&parent).await.unwrap();
    let told = |seen: &Seen| seen.room_id == console && seen.code() == "callback";
    let position = alice.position();
    world.number(COME).await;
    let dropped = alice.wait_for_after(position, "that it is dropped", told).await.unwrap();
    assert_eq!(dropped.notice().unwrap()["why"], "blocked");
    let omar = "+12125550188";
    let room = world.conversation("alice", omar, "I am Omar").await;
    type_in(&world, "alice", &room, "!contact set name Omar Batterson", "contact").await;
    arrange(&world, "alice", &room, "2h about Omar Batterson").await;
    let card = world.command("sue", "!erase Omar Batterson", "erase_contact").await;
    let id = card.notice().unwrap()["contact_id"].as_str().unwrap().to_owned();
    let position = alice.position();
    world.command("sue", &format!("!erase {id} {id}"), "erasing").await;
    let dropped = alice.wait_for_after(position, "that it is dropped", told).await.unwrap();
    assert_eq!(dropped.notice().unwrap()["why"], "erased");
    assert!(!dropped.body().contains("Omar"), "{}", dropped.body());
    assert_eq!(world.number(WAITING).await, 0);
    eventually("the erasure to end", || async {
        (world.number("SELECT COUNT(*) FROM erasures WHERE ended_at IS NULL").await == 0).then_some(())
    })
    .await;
    world.finish().await;
}

#[tokio::test]
async fn one_that_is_due_while_the_homeserver_is_down_is_offered_once_it_is_back() {
    let mut world = World::with(desk(Database::Sqlite)).await;
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    arrange(&world, "alice", &parent, "2h about her refund").await;
    done(&world, "alice", &parent).await;
    world.drained().await;
    let position = world.agent("alice").position();
    world.synapse.kill().await.unwrap();
    world.number(COME).await;
    eventually("it to be due", || async { (world.number(WAITING).await == 0).then_some(()) }).await;
    // Nothing of it is lost with the program either.
    world.synapse.start_again().await.unwrap();
    world.start_again("").await;
    offer_after(&world, "alice", position, JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    world.agent("alice").wait_for_notice(&room, "callback_due").await.unwrap();
    world.drained().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE mode = 'callback'").await, 1);
    done(&world, "alice", &room).await;
    world.finish().await;
}

#[tokio::test]
async fn killed_around_each_step_a_callback_is_offered_once_on_sqlite() {
    killed_around_each_step(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_around_each_step_a_callback_is_offered_once_on_postgres() {
    killed_around_each_step(Database::Postgres).await;
}

async fn killed_around_each_step(database: Database) {
    let mut world = World::with(desk(database)).await;
    let parent = world.conversation("alice", JANE, "Where is my order?").await;
    for point in ["callback_kept=1*return", "callback_due=1*return", "room_made=1*return"] {
        let callbacks = "SELECT COUNT(*) FROM interactions WHERE mode = 'callback'";
        let before = world.number(callbacks).await;
        world.start_again(point).await;
        world.bridge.listening_or_ended().await;
        world.agent("alice").send_text(&parent, "!callback 1s").await.unwrap();
        eventually("the program to die", || {
            let ended = world.bridge.has_ended();
            async move { ended.then_some(()) }
        })
        .await;
        let position = world.agent("alice").position();
        world.start_again("").await;
        offer_after(&world, "alice", position, JANE).await;
        let room = join_offered(&world, "alice", JANE).await;
        world.drained().await;
        assert_eq!(world.number(callbacks).await, before + 1, "{point}");
        done(&world, "alice", &room).await;
    }
    world.finish().await;
}
