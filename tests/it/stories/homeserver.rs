//! The homeserver repeats itself, is killed, or finds nobody at home: nothing is lost, nothing happens twice.

use ruma::{OwnedEventId, OwnedRoomId};
use serde_json::{Value, json};
use switchroom::clock::Clock;
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::{Log, Seen};
use switchroom::sms::simulator::PostFault;

use super::done;
use crate::harness::{World, WorldOptions, eventually, shown};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";
const MARY: &str = "+14155550102";
const BOT: &str = "@switchroom:desk.test";

/// Hands the bridge a transaction as the homeserver does.
async fn transaction(world: &World, id: &str, events: &[Value]) {
    let url = format!("{}/_matrix/app/v1/transactions/{id}", world.url);
    let request = reqwest::Client::new().put(url).bearer_auth(world.hs_token());
    let answer = request.json(&json!({ "events": events })).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// A message of Alice's as it stands in a transaction.
fn message(room: &OwnedRoomId, event_id: &str, body: &str) -> Value {
    json!({
        "type": "m.room.message", "event_id": event_id, "room_id": room, "sender": "@alice:desk.test",
        "origin_server_ts": Clock::default().now(), "content": {"msgtype": "m.text", "body": body},
    })
}

/// What a contact's ghost said in a room, in order.
fn said_by_contact(alice: &Agent, room: &OwnedRoomId) -> Vec<String> {
    let messages = alice.messages(room).into_iter();
    let by_ghost = messages.filter(|seen| seen.sender != BOT && seen.sender != alice.user_id());
    by_ghost.map(|seen| seen.body().to_owned()).collect()
}

/// Waits until all these messages are on the phone.
async fn delivered(alice: &Agent, said: &[OwnedEventId]) {
    for event in said {
        alice.wait_for_reaction(event, "✓").await.unwrap();
    }
}

#[tokio::test]
async fn an_event_counts_once_in_whichever_transaction_it_comes() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let said = alice.send_text(&room, "typed").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();

    let one = message(&room, "$one", "!count 1");
    transaction(&world, "7001", std::slice::from_ref(&one)).await;
    transaction(&world, "7001", std::slice::from_ref(&one)).await;
    // The id of a transaction is used again for other events.
    transaction(&world, "7001", &[message(&room, "$two", "!count 2")]).await;
    transaction(&world, "7002", &[one, message(&room, "$three", "!count 3")]).await;
    transaction(&world, "7003", &[message(&room, said.as_str(), "typed")]).await;
    // An event that makes no sense holds up none that does.
    let odd = [json!({"type": 7}), json!(null), message(&room, "$four", "!count 4")];
    transaction(&world, "7004", &odd).await;
    let last = alice.send_text(&room, "last").await.unwrap();
    alice.wait_for_reaction(&last, "✓").await.unwrap();
    let counts = |log: &Log| -> Vec<String> {
        let counts = log.messages(&room).filter(|seen| seen.code() == "count");
        counts.filter_map(Seen::replies_to).map(str::to_owned).collect()
    };
    assert_eq!(alice.look(counts), ["$one", "$two", "$three", "$four"]);
    assert_eq!(world.taken_for(JANE), ["typed", "last"]);
    world.finish().await;
}

#[tokio::test]
async fn a_homeserver_killed_in_the_middle_of_a_conversation_loses_nothing() {
    let mut world = World::new().await;
    let room = world.conversation("alice", JANE, "text 0").await;
    let mut said = vec![];
    for round in 1..=2 {
        let alice = world.agent("alice");
        said.push(alice.send_text(&room, &format!("before {round}")).await.unwrap());
        world.synapse.kill().await.unwrap();
        for number in 1..=3 {
            world.text(JANE, &format!("text {round}.{number}")).await;
        }
        world.synapse.start_again().await.unwrap();
        let alice = world.agent("alice");
        said.push(alice.send_text(&room, &format!("after {round}")).await.unwrap());
        alice.wait_for_text(&room, &format!("text {round}.3")).await.unwrap();
        delivered(alice, &said).await;
    }
    let texts = ["text 0", "text 1.1", "text 1.2", "text 1.3", "text 2.1", "text 2.2", "text 2.3"];
    assert_eq!(said_by_contact(world.agent("alice"), &room), texts);
    let mut taken = world.taken_for(JANE);
    taken.sort();
    assert_eq!(taken, ["after 1", "after 2", "before 1", "before 2"]);
    world.finish().await;
}

#[tokio::test]
async fn what_was_written_while_the_bridge_was_down_is_fetched_when_it_is_back() {
    let mut world = World::new().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    world.bridge.kill();
    world.provider.faults().inbound(PostFault::Dropped);
    let alice = world.agent("alice");
    let said = [alice.send_text(&room, "one").await.unwrap(), alice.send_text(&room, "two").await.unwrap()];
    world.text(JANE, "Still there?").await;
    world.text(JANE, "Well?").await;
    world.text(JOHN, "Anybody?").await;
    world.start_again("").await;

    let alice = world.agent("alice");
    delivered(alice, &said).await;
    world.phone_gets(JANE, &["one", "two"]).await;
    alice.wait_for_text(&room, "Well?").await.unwrap();
    assert_eq!(said_by_contact(alice, &room), ["Hello", "Still there?", "Well?"]);
    let is_late = |seen: &&Seen| seen.room_id == room && seen.code() == "late";
    assert_eq!(alice.look(|log| log.events().iter().filter(is_late).count()), 2);
    let new = world.invite("alice", JOHN).await;
    alice.join(&new).await.unwrap();
    alice.wait_for_text(&new, "Anybody?").await.unwrap();
    alice.wait_for_notice(&new, "late").await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn what_the_homeserver_forgets_while_it_catches_up_is_fetched_all_the_same() {
    let mut world = World::with(WorldOptions { forgetful: true, ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let way = world.way.clone().unwrap();
    world.bridge.kill();
    let before = world.agent("alice").send_text(&room, "before").await.unwrap();
    // The bot's marker: no reply goes before it is back.
    way.forget("org.switchroom.marker");
    world.start_again("").await;
    delivered(world.agent("alice"), &[before]).await;

    way.forget("forgotten");
    let forgotten = world.agent("alice").send_text(&room, "forgotten").await.unwrap();
    delivered(world.agent("alice"), &[forgotten]).await;
    assert!(way.has_forgotten());
    world.phone_gets(JANE, &["before", "forgotten"]).await;
    world.finish().await;
}

#[tokio::test]
async fn replies_go_out_in_the_order_the_room_has_them() {
    let mut world = World::with(WorldOptions { forgetful: true, ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    // Around a start the homeserver may bring what is older after what is newer, or not at all.
    world.start_again("").await;
    let (way, alice) = (world.way.clone().unwrap(), world.agent("alice"));
    let mut said = vec![];
    for round in 1..=3 {
        let (older, newer) = (format!("older {round}"), format!("newer {round}"));
        way.forget(&older);
        alice.send_text(&room, &older).await.unwrap();
        eventually("it to be forgotten", || {
            let forgotten = way.has_forgotten();
            async move { forgotten.then_some(()) }
        })
        .await;
        alice.send_text(&room, &newer).await.unwrap();
        said.extend([older, newer]);
    }
    world.phone_gets(JANE, &said.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.finish().await;
}

#[tokio::test]
async fn what_it_forgets_of_a_conversation_that_is_done_meanwhile_is_told_to_whoever_wrote_it() {
    let mut world = World::with(WorldOptions { forgetful: true, ..WorldOptions::default() }).await;
    // A look through the rooms may come between the two, and then the words are on the phone before it is
    // done.
    for phone in [JANE, "+14155550111", "+14155550122"] {
        if is_told_of_what_was_forgotten(&mut world, phone).await {
            return world.finish().await;
        }
    }
    panic!("each time the words were found before the conversation was done");
}

/// Alice says goodbye and is done; the first is forgotten. Whether she was told of it, because it was found
/// only then.
async fn is_told_of_what_was_forgotten(world: &mut World, phone: &str) -> bool {
    let room = world.conversation("alice", phone, "Hello").await;
    let way = world.way.clone().unwrap();
    way.forget("goodbye");
    world.agent("alice").send_text(&room, "goodbye").await.unwrap();
    eventually("it to be forgotten", || {
        let forgotten = way.has_forgotten();
        async move { forgotten.then_some(()) }
    })
    .await;
    done(world, "alice", &room).await;
    if !world.taken_for(phone).is_empty() {
        return false;
    }
    world.start_again("").await;

    let console = world.console("alice").await;
    let told = world.agent("alice").wait_for_notice(&console, "message_held_back").await.unwrap();
    assert!(told.body().contains(&*shown(phone)), "{}", told.body());
    assert!(told.body().contains("\ngoodbye"), "{}", told.body());
    let id = told.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    let history = world.command("alice", &format!("!history {id}"), "transcript").await;
    assert!(history.body().contains("goodbye"), "{}", history.body());
    assert!(world.taken_for(phone).is_empty());
    true
}

#[tokio::test]
async fn a_homeserver_that_ends_before_the_marker_is_back_is_known_to_be_away() {
    let mut world = World::with(WorldOptions { forgetful: true, ..WorldOptions::default() }).await;
    // Else a room may be half made by the homeserver as it is killed, which takes minutes to be given up.
    world.drained().await;
    world.bridge.kill();
    world.way.as_ref().unwrap().forget("org.switchroom.marker");
    world.start_again("").await;
    world.synapse.kill().await.unwrap();
    world.bridge.unready().await;
    world.synapse.start_again().await.unwrap();
    world.bridge.ready().await;
    world.finish().await;
}

#[tokio::test]
async fn a_room_whose_making_was_not_recorded_is_found_again() {
    let mut world = World::new().await;
    world.command("alice", "!ready", "status").await;
    let before = world.rooms_of_the_bot().await;
    world.start_again("room_made=1*return").await;
    world.text(JANE, "Hello").await;
    let bridge = &mut world.bridge;
    eventually("the bridge to end", || {
        let ended = bridge.has_ended();
        async move { ended.then_some(()) }
    })
    .await;
    assert_eq!(world.rooms_of_the_bot().await, before + 1, "the room was made before the end");
    world.start_again("").await;

    let room = world.invite("alice", JANE).await;
    let alice = world.agent("alice");
    alice.join(&room).await.unwrap();
    alice.wait_for_text(&room, "Hello").await.unwrap();
    let said = alice.send_text(&room, "Good morning").await.unwrap();
    delivered(alice, &[said]).await;
    assert_eq!(world.rooms_of_the_bot().await, before + 1);
    world.finish().await;
}

#[tokio::test]
async fn an_offer_taken_while_the_bridge_was_down_is_taken_and_the_others_run_out() {
    // Short enough to run out within a story's patience, also where the deadline is put off because a console
    // is behind.
    let options = WorldOptions { queue: "undo_secs: 0, offer_secs: 20", ..WorldOptions::default() };
    let mut world = World::with(options).await;
    world.command("alice", "!ready", "status").await;
    world.text(JANE, "Hello").await;
    world.text(MARY, "Hi").await;
    let (taken, left) = (world.invite("alice", JANE).await, world.invite("alice", MARY).await);
    let console = world.console("alice").await;
    let is_offer =
        |seen: &Seen| seen.room_id == console && seen.code() == "offer" && seen.replaces().is_none();
    world
        .agent("alice")
        .until("both previews", |log| {
            (log.events().iter().filter(|seen| is_offer(seen)).count() == 2).then_some(())
        })
        .await
        .unwrap();
    world.drained().await;
    world.bridge.kill();
    world.agent("alice").join(&taken).await.unwrap();
    world.number("UPDATE timers SET due_at = 0 WHERE body LIKE '%offer_expires%' RETURNING 1").await;
    world.start_again("").await;

    let alice = world.agent("alice");
    world.state("alice", &taken, "active").await;
    alice.wait_until_out_of(&left).await.unwrap();
    let outcome = |code: &'static str| {
        let console = &console;
        move |seen: &Seen| seen.room_id == *console && seen.code() == code && seen.replaces().is_some()
    };
    alice.wait_for("the offer taken", outcome("offer_accepted")).await.unwrap();
    alice.wait_for("the offer run out", outcome("offer_timed_out")).await.unwrap();
    let said = alice.send_text(&taken, "Good morning").await.unwrap();
    delivered(alice, &[said]).await;
    let timed_out = outcome("offer_timed_out");
    assert_eq!(alice.look(|log| log.events().iter().filter(|seen| timed_out(seen)).count()), 1);
    let status = world.command("alice", "!status", "status").await;
    assert!(status.body().contains("no answer"), "{}", status.body());
    world.finish().await;
}
