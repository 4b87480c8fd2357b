//! The end of a shift, supervisors' hands, a raised hand, and reasons not to be ready.

use ruma::RoomId;
use serde_json::json;
use switchroom::clock::Clock;
use switchroom::demo::agent::seen::Seen;

use super::{id_of, join_offered, offer_after, type_in};
use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";

/// A desk with two agents and two supervisors, all in one queue.
fn supervised(database: Database) -> WorldOptions {
    WorldOptions {
        database,
        agents: &["alice", "bob", "sue", "tom"],
        each: &[("sue", "roles: [supervisor]"), ("tom", "roles: [supervisor]")],
        desk: "not_ready: [{code: lunch, label: Lunch, max_secs: 1}, {code: training}]",
        ..WorldOptions::default()
    }
}

/// How often an agent was shown the notice of a code.
fn times(world: &World, name: &str, code: &str) -> usize {
    world.agent(name).look(|log| log.events().iter().filter(|seen| seen.code() == code).count())
}

async fn dies(world: &mut World) {
    eventually("the program to die", || {
        let ended = world.bridge.has_ended();
        async move { ended.then_some(()) }
    })
    .await;
}

#[tokio::test]
async fn a_raised_hand_is_seen_by_the_supervisors_and_the_first_comes_in_on_sqlite() {
    a_raised_hand(Database::Sqlite).await;
}

#[tokio::test]
async fn a_raised_hand_is_seen_by_the_supervisors_and_the_first_comes_in_on_postgres() {
    a_raised_hand(Database::Postgres).await;
}

#[tokio::test]
async fn a_raised_hand_tells_what_was_noted_from_what_was_said() {
    let world = World::with(supervised(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    type_in(&world, "alice", &room, "!callback tomorrow 9:00 about her refund", "callback").await;
    type_in(&world, "alice", &room, "!hand", "hand_raised").await;
    let sues = world.console("sue").await;
    let shown = world.agent("sue").wait_for_notice(&sues, "hand").await.unwrap();
    for words in ["note by alice Doe: about her refund", ": Hello?"] {
        assert!(shown.body().contains(words), "{words} is not in {}", shown.body());
        let html = shown.formatted_body().unwrap();
        assert!(html.contains(words), "{words} is not in {html}");
    }
    world.finish().await;
}

async fn a_raised_hand(database: Database) {
    let world = World::with(supervised(database)).await;
    let (alice, sue, tom) = (world.agent("alice"), world.agent("sue"), world.agent("tom"));
    let room = world.conversation("alice", JANE, "I want to see the manager!").await;
    type_in(&world, "alice", &room, "!hand she shouts", "hand_raised").await;
    let (sues, toms) = (world.console("sue").await, world.console("tom").await);
    let to_sue = sue.wait_for_notice(&sues, "hand").await.unwrap();
    let to_tom = tom.wait_for_notice(&toms, "hand").await.unwrap();
    assert_eq!((to_sue.msgtype(), to_sue.mentions()), ("m.text", Some(vec!["@sue:desk.test"])));
    for words in ["she shouts", "I want to see the manager!", "alice Doe"] {
        assert!(to_sue.body().contains(words), "{words} is not in {}", to_sue.body());
    }
    sue.wait_for_reaction(&to_sue.event_id, "✅").await.unwrap();
    // Both at once: one of them has it, and the other reads who.
    let (one, other) =
        tokio::join!(sue.react(&sues, &to_sue.event_id, "✅"), tom.react(&toms, &to_tom.event_id, "✅"));
    one.unwrap();
    other.unwrap();
    let joined = alice.wait_for_notice(&room, "joined").await.unwrap();
    assert_eq!(joined.notice().unwrap()["barged"], false);
    let (first, second) =
        if joined.notice().unwrap()["by"] == "sue Doe" { ("sue", "tom") } else { ("tom", "sue") };
    assert_eq!(world.invite(first, JANE).await, room);
    world.agent(first).join(&room).await.unwrap();
    let console = world.console(second).await;
    let refused = world.agent(second).wait_for_notice(&console, "refused").await.unwrap();
    let told = refused.notice().unwrap();
    assert_eq!((&told["why"], &told["by"]), (&json!("hand_taken"), &json!(format!("{first} Doe"))));
    for (name, offer) in [("sue", &to_sue), ("tom", &to_tom)] {
        let amended = |seen: &Seen| seen.replaces() == Some(offer.event_id.as_str());
        let amended = world.agent(name).wait_for("who came", amended).await.unwrap();
        assert!(amended.body().contains(first), "{}", amended.body());
    }
    // Whoever came is heard among colleagues alone.
    world.agent(first).send_text(&room, "Offer her a refund").await.unwrap();
    alice.wait_for_text(&room, "Offer her a refund").await.unwrap();
    alice.send_text(&room, "We refund you").await.unwrap();
    world.phone_gets(JANE, &["We refund you"]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_sign_under_anything_asks_for_help_and_only_its_owner_can() {
    let world = World::with(supervised(Database::Sqlite)).await;
    let (alice, sue) = (world.agent("alice"), world.agent("sue"));
    let room = world.conversation("alice", JANE, "Hello").await;
    let text = alice.wait_for_text(&room, "Hello").await.unwrap();
    alice.react(&room, &text.event_id, "🆘").await.unwrap();
    let raised = alice.wait_for_notice(&room, "hand_raised").await.unwrap();
    assert_eq!(raised.replies_to(), Some(text.event_id.as_str()));
    let console = world.console("sue").await;
    let hand = sue.wait_for_notice(&console, "hand").await.unwrap();
    let id = id_of(&world, "alice", &room);
    world.command("sue", &format!("!monitor {id}"), "case").await;
    sue.join(&room).await.unwrap();
    sue.react(&room, &text.event_id, "🆘").await.unwrap();
    sue.wait_for_notice(&room, "not_owner").await.unwrap();
    // She is there already, and says so.
    let position = alice.position();
    sue.react(&console, &hand.event_id, "✅").await.unwrap();
    let joined = |seen: &Seen| seen.room_id == room && seen.code() == "joined";
    alice.wait_for_after(position, "that she is there", joined).await.unwrap();
    assert!(world.taken_for(JANE).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn who_signs_off_leaves_what_they_have_to_others_with_one_tap() {
    let world = World::with(supervised(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.text(OMAR, "Hello, too").await;
    let other = join_offered(&world, "alice", OMAR).await;
    world.command("alice", "!bye", "status").await;
    let console = world.console("alice").await;
    let asked = alice.wait_for_notice(&console, "open_work").await.unwrap();
    alice.wait_for_reaction(&asked.event_id, "1\u{fe0f}\u{20e3}").await.unwrap();
    let formatted = asked.content["formatted_body"].as_str().unwrap();
    for room in [&room, &other] {
        assert!(formatted.contains(&room.matrix_to_uri().to_string()), "{room} is not linked in {formatted}");
    }
    world.command("bob", "!ready", "status").await;
    let position = world.agent("bob").position();
    alice.react(&console, &asked.event_id, "1\u{fe0f}\u{20e3}").await.unwrap();
    alice.wait_for_notice(&console, "work_moved").await.unwrap();
    for (phone, room) in [(JANE, &room), (OMAR, &other)] {
        alice.wait_until_out_of(room).await.unwrap();
        offer_after(&world, "bob", position, phone).await;
        join_offered(&world, "bob", phone).await;
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM replies").await, 0);
    world.finish().await;
}

#[tokio::test]
async fn who_signs_off_is_offered_nothing_any_more_and_reads_what_they_have_promised() {
    let world = World::with(supervised(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    type_in(&world, "alice", &room, "!callback tomorrow 9:00 about her refund", "callback").await;
    type_in(&world, "alice", &room, "!later tomorrow 10:00 Did it arrive?", "scheduled").await;
    let position = alice.position();
    world.text(OMAR, "Hello, too").await;
    offer_after(&world, "alice", position, OMAR).await;
    let offered = world.invite("alice", OMAR).await;
    world.command("bob", "!ready", "status").await;
    let position = world.agent("bob").position();
    world.command("alice", "!bye", "status").await;
    // It does not ring for whoever is going.
    alice.wait_until_out_of(&offered).await.unwrap();
    offer_after(&world, "bob", position, OMAR).await;
    join_offered(&world, "bob", OMAR).await;
    let console = world.console("alice").await;
    let asked = alice.wait_for_notice(&console, "open_work").await.unwrap();
    for words in ["to others: +971 50 123 4567", "about her refund", "Did it arrive?", "1 conversation"] {
        assert!(asked.body().contains(words), "{words} is not in {}", asked.body());
    }
    // What is promised is shown where nothing is open, too.
    world.command("alice", "!bye keep", "left_as_it_was").await;
    super::done(&world, "alice", &room).await;
    let position = alice.position();
    world.command("alice", "!bye", "status").await;
    let open = |seen: &Seen| seen.code() == "open_work";
    let told = alice.wait_for_after(position, "what is promised", open).await.unwrap();
    assert!(
        told.body().contains("about her refund") && !told.body().contains("still have"),
        "{}",
        told.body()
    );
    world.finish().await;
}

#[tokio::test]
async fn a_supervisor_queues_again_closes_and_sets_who_is_ready_and_all_concerned_read_so() {
    let world = World::with(supervised(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let (id, console) = (id_of(&world, "alice", &room), world.console("alice").await);
    world.command("sue", "!state alice notready training", "state_set").await;
    let set = alice.wait_for_notice(&console, "state_set").await.unwrap();
    assert_eq!((set.msgtype(), set.notice().unwrap()["by"].as_str()), ("m.text", Some("sue Doe")));
    let position = world.agent("bob").position();
    world.command("bob", "!ready", "status").await;
    world.command("sue", &format!("!requeue {id}"), "work_moved").await;
    let requeued = alice.wait_for_notice(&console, "requeued").await.unwrap();
    assert!(requeued.body().contains("sue Doe"), "{}", requeued.body());
    alice.wait_until_out_of(&room).await.unwrap();
    offer_after(&world, "bob", position, JANE).await;
    join_offered(&world, "bob", JANE).await;
    // A text that has just come in is to be read first.
    world.text(JANE, "And now?").await;
    world.agent("bob").wait_for_text(&room, "And now?").await.unwrap();
    let refused = world.command("sue", &format!("!close {id}"), "done_refused").await;
    assert!(refused.body().contains(&format!("!close {id}")), "{}", refused.body());
    world.command("sue", &format!("!close {id}"), "closed").await;
    let bobs = world.console("bob").await;
    let closed = world.agent("bob").wait_for_notice(&bobs, "done").await.unwrap();
    assert_eq!(closed.notice().unwrap()["by"], "sue Doe");
    world.agent("bob").wait_until_out_of(&room).await.unwrap();
    world.command("sue", &format!("!close {id}"), "refused").await;
    assert!(world.taken_for(JANE).is_empty(), "the customer reads nothing of it");
    world.finish().await;
}

#[tokio::test]
async fn killed_as_it_does_what_a_supervisor_wants_the_program_does_it_once_on_sqlite() {
    killed(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_as_it_does_what_a_supervisor_wants_the_program_does_it_once_on_postgres() {
    killed(Database::Postgres).await;
}

async fn killed(database: Database) {
    let mut world = World::with(supervised(database)).await;
    let mut phones = (0..).map(|n| format!("+1415555020{n}"));
    for (point, closing) in [
        ("sent_back=1*return", "closed_for=1*return"),
        ("before_matrix=1*off->1*return", "before_matrix=1*off->1*return"),
        ("after_matrix=1*off->1*return", "after_matrix=1*off->1*return"),
    ] {
        let phone = phones.next().unwrap();
        let room = world.conversation("alice", &phone, "Hello?").await;
        let id = id_of(&world, "alice", &room);
        dies_at(&mut world, point, &format!("!requeue {id}")).await;
        world.agent("alice").wait_until_out_of(&room).await.unwrap();
        assert_eq!(told(&world, "alice", "requeued", &id).await, 1, "{point}");
        world.command("bob", "!ready", "status").await;
        join_offered(&world, "bob", &phone).await;
        world.command("bob", "!notready", "status").await;
        eventually("the text to be old enough to be read", || async {
            let last = world.number("SELECT MAX(at) FROM transcript WHERE kind = 'contact'").await;
            (Clock::default().now().0 - last > 6_000).then_some(())
        })
        .await;
        dies_at(&mut world, closing, &format!("!close {id}")).await;
        world.agent("bob").wait_until_out_of(&room).await.unwrap();
        assert_eq!(told(&world, "bob", "done", &id).await, 1, "{closing}");
    }
    for point in ["hand_taken=1*return", "before_matrix=1*off->1*return", "after_matrix=1*off->1*return"] {
        let phone = phones.next().unwrap();
        let room = world.conversation("alice", &phone, "Hello?").await;
        type_in(&world, "alice", &room, "!hand", "hand_raised").await;
        let id = id_of(&world, "alice", &room);
        let sue = world.agent("sue");
        let about = |seen: &Seen| seen.code() == "hand" && seen.notice().unwrap()["interaction"] == id;
        let hand = sue.wait_for("the hand", about).await.unwrap();
        let console = world.console("sue").await;
        world.drained().await;
        world.start_again(point).await;
        world.bridge.listening_or_ended().await;
        world.agent("sue").react(&console, &hand.event_id, "✅").await.unwrap();
        dies(&mut world).await;
        world.start_again("").await;
        assert_eq!(world.invite("sue", &phone).await, room);
        world.drained().await;
        world.agent("alice").wait_for_notice(&room, "joined").await.unwrap();
        let joined = |seen: &&Seen| seen.room_id == room && seen.code() == "joined";
        let joined = world.agent("alice").look(|log| log.events().iter().filter(joined).count());
        assert_eq!(joined, 1, "{point}");
    }
    world.finish().await;
}

/// A supervisor types something, at which the program is killed. It is started again.
async fn dies_at(world: &mut World, point: &str, line: &str) {
    world.drained().await;
    world.start_again(point).await;
    world.bridge.listening_or_ended().await;
    let console = world.console("sue").await;
    world.agent("sue").send_text(&console, line).await.unwrap();
    dies(world).await;
    world.start_again("").await;
}

/// How often an agent was told this of a conversation, once all is said.
async fn told(world: &World, name: &str, code: &str, id: &str) -> usize {
    world.drained().await;
    let about = |seen: &Seen| seen.code() == code && seen.notice().unwrap()["interaction"] == id;
    world.agent(name).wait_for(code, about).await.unwrap();
    world.agent(name).look(|log| log.events().iter().filter(|seen| about(seen)).count())
}

#[tokio::test]
async fn a_break_that_takes_too_long_is_told_of_once_even_if_the_program_was_killed_then() {
    let mut world = World::with(supervised(Database::Sqlite)).await;
    world.start_again("not_ready_too_long=1*return").await;
    world.bridge.listening_or_ended().await;
    let console = world.console("alice").await;
    world.agent("alice").send_text(&console, "!notready lunch").await.unwrap();
    dies(&mut world).await;
    world.start_again("").await;
    for name in ["alice", "sue", "tom"] {
        let console = world.console(name).await;
        let told = world.agent(name).wait_for_notice(&console, "not_ready_too_long").await.unwrap();
        assert_eq!(told.msgtype(), "m.text", "{name}");
        assert!(told.body().contains("Lunch"), "{}", told.body());
    }
    // Nobody is told of who came back, or was away for something else.
    world.command("bob", "!notready lunch", "status").await;
    world.command("bob", "!ready", "status").await;
    world.command("alice", "!notready training", "status").await;
    let report = world.command("sue", "!report agents", "report").await;
    assert!(report.body().contains("Lunch"), "{}", report.body());
    world.drained().await;
    let timers = "SELECT COUNT(*) FROM timers WHERE body LIKE '%not_ready_too_long%'";
    eventually("the timers to be gone", || async { (world.number(timers).await == 0).then_some(()) }).await;
    for (name, count) in [("alice", 1), ("sue", 1), ("tom", 1), ("bob", 0)] {
        assert_eq!(times(&world, name, "not_ready_too_long"), count, "{name}");
    }
    world.finish().await;
}

#[tokio::test]
async fn the_prefix_alone_offers_the_call_that_is_due_and_no_help_of_nobody() {
    let world = World::with(WorldOptions {
        agents: &["alice"],
        each: &[("alice", "roles: [agent, supervisor], phone: \"+14155550171\"")],
        ..WorldOptions::default()
    })
    .await;
    let parent = world.conversation("alice", JANE, "Call me, please").await;
    let runs = async |room: &RoomId| {
        let steps = type_in(&world, "alice", room, "!", "next_steps").await;
        let steps = steps.notice().unwrap()["steps"].as_array().unwrap().clone();
        steps.iter().map(|step| step["run"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let here = runs(&parent).await;
    assert!(!here.contains(&"hand".to_owned()), "she is the only supervisor: {here:?}");
    type_in(&world, "alice", &parent, "!callback 2h about her refund", "callback").await;
    super::done(&world, "alice", &parent).await;
    world.number("UPDATE timers SET due_at = 0 WHERE body LIKE '%\"due\":\"callback\"%' RETURNING 1").await;
    let room = join_offered(&world, "alice", JANE).await;
    let here = runs(&room).await;
    assert_eq!(here[0], "call", "{here:?}");
    type_in(&world, "alice", &room, "!1", "call").await;
    assert_eq!(runs(&room).await[0], "call end");
    type_in(&world, "alice", &room, "!1", "call").await;
    // Nothing that she texts joins a callback: it is taken up again beside what goes on with her.
    let id = id_of(&world, "alice", &room);
    super::done(&world, "alice", &room).await;
    world.text(JANE, "I missed your call").await;
    join_offered(&world, "alice", JANE).await;
    world.command("alice", &format!("!reopen {id}"), "reopened").await;
    world.finish().await;
}

#[tokio::test]
async fn the_prefix_alone_offers_the_next_steps_and_a_tap_takes_one() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let steps = type_in(&world, "alice", &room, "!", "next_steps").await;
    for number in 1..=5 {
        alice.wait_for_reaction(&steps.event_id, &format!("{number}\u{fe0f}\u{20e3}")).await.unwrap();
    }
    alice.react(&room, &steps.event_id, "4\u{fe0f}\u{20e3}").await.unwrap();
    alice.wait_for_notice(&room, "held").await.unwrap();
    type_in(&world, "alice", &room, "!", "next_steps").await;
    type_in(&world, "alice", &room, "!1", "resumed").await;
    assert!(world.taken_for(JANE).is_empty());
    world.command("alice", "!", "next_steps").await;
    world.command("alice", "1", "list").await;
    world.finish().await;
}
