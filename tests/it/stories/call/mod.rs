//! Calls to contacts: the agent's own phone rings first, then the contact's, and both sides are told how it
//! went.

mod consult;
mod faults;
mod hold;
mod races;

use ruma::RoomId;
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::{CallStatus, PhoneLine};

use super::{id_of, type_in};
use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const ALICES: &str = "+14155550171";
const BOBS: &str = "+14155550172";
const GOING_ON: &str = "SELECT COUNT(*) FROM calls";
const CALLS: &str = "SELECT COUNT(*) FROM interactions WHERE mode = 'call'";

fn desk(database: Database) -> WorldOptions {
    WorldOptions {
        database,
        agents: &["alice", "bob", "sue"],
        each: &[
            ("alice", "phone: \"+14155550171\""),
            ("bob", "phone: \"+14155550172\""),
            ("sue", "roles: [supervisor, admin], queues: []"),
        ],
        ..WorldOptions::default()
    }
}

/// The last call to a phone.
fn line(world: &World, phone: &str) -> Option<PhoneLine> {
    world.provider.calls().into_iter().rfind(|call| call.phone == phone)
}

/// Waits until the last call to a phone is so.
async fn is(world: &World, phone: &str, status: CallStatus) -> PhoneLine {
    eventually(&format!("{phone} to be {status:?}"), || async {
        line(world, phone).filter(|call| call.status == status)
    })
    .await
}

/// Somebody answers a phone, once it rings.
async fn answer(world: &World, phone: &str) {
    is(world, phone, CallStatus::Ringing).await;
    assert!(world.provider.answer(phone), "{phone} does not ring any more");
}

/// Alice calls, and waits for what is answered.
async fn call(world: &World, room: &RoomId, words: &str) -> Seen {
    let told = type_in(world, "alice", room, words, "call").await;
    assert_eq!(told.notice().unwrap()["news"], "calling", "{}", told.body());
    told
}

/// Waits for the news of a call after a position.
async fn news(world: &World, name: &str, position: usize, which: &str) -> Seen {
    let fits =
        |seen: &Seen| seen.code() == "call" && seen.notice().is_some_and(|notice| notice["news"] == which);
    world.agent(name).wait_for_after(position, &format!("the call to be {which}"), fits).await.unwrap()
}

/// Waits for the end of a call after a position: how it ended.
async fn end(world: &World, position: usize) -> String {
    let told = news(world, "alice", position, "ended").await;
    told.notice().unwrap()["result"].as_str().unwrap().to_owned()
}

/// How often phones were called, and that nobody is left on the line.
async fn all_over(world: &World, phone: &str, times: usize) {
    eventually("everybody to be off the line", || async {
        world.provider.calls().iter().all(|call| call.status.is_over()).then_some(())
    })
    .await;
    assert_eq!(world.provider.calls().iter().filter(|call| call.phone == phone).count(), times, "{phone}");
    eventually("no call to go on", || async { (world.number(GOING_ON).await == 0).then_some(()) }).await;
}

#[tokio::test]
async fn an_agent_calls_the_contact_of_the_room_on_sqlite() {
    whole_call(Database::Sqlite).await;
}

#[tokio::test]
async fn an_agent_calls_the_contact_of_the_room_on_postgres() {
    whole_call(Database::Postgres).await;
}

async fn whole_call(database: Database) {
    let world = World::with(desk(database)).await;
    let room = world.conversation("alice", JANE, "Please call me").await;
    let parent = id_of(&world, "alice", &room);
    let position = world.agent("alice").position();
    let told = call(&world, &room, "!call").await;
    let id = told.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    assert!(id != parent && told.body().contains("+1 415 555 0100"), "{}", told.body());
    let ring = is(&world, ALICES, CallStatus::Ringing).await;
    assert!(line(&world, JANE).is_none(), "the contact is called once the agent has answered");
    assert!(!ring.conference.contains(JANE) && ring.ours == crate::harness::OURS);
    assert!(world.provider.answer(ALICES));
    answer(&world, JANE).await;
    let talking = news(&world, "alice", position, "talking").await;
    assert_eq!(talking.room_id, *room);
    assert_eq!(line(&world, JANE).unwrap().conference, ring.conference);
    assert!(world.provider.hang_up(JANE));
    let ended = news(&world, "alice", position, "ended").await;
    assert_eq!(ended.notice().unwrap()["result"], "talked");
    assert!(ended.body().contains("ended after"), "{}", ended.body());
    all_over(&world, JANE, 1).await;
    // Both conversations say so.
    let history = type_in(&world, "alice", &room, "!history", "history").await;
    let items = history.notice().unwrap()["items"].as_array().unwrap().clone();
    let item = items.iter().find(|item| item["id"] == id.as_str()).unwrap();
    assert_eq!(
        (&item["kind"], &item["parent"], &item["by"], &item["outbound"]),
        (&json!("call"), &json!(parent), &json!("alice Doe"), &json!(true))
    );
    let script = type_in(&world, "alice", &room, &format!("!history {id}"), "transcript").await;
    assert!(
        script.body().contains("called by phone") && script.body().contains("ended after"),
        "{}",
        script.body()
    );
    let script = type_in(&world, "alice", &room, &format!("!history {parent}"), "transcript").await;
    assert!(script.body().contains(&format!("call {id}: ended after")), "{}", script.body());
    assert!(world.taken_for(JANE).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn who_does_not_answer_is_told_in_plain_words() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Please call me").await;
    // Her own phone: declined.
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    is(&world, ALICES, CallStatus::Ringing).await;
    assert!(world.provider.hang_up(ALICES));
    assert_eq!(end(&world, position).await, "agent_busy");
    all_over(&world, JANE, 0).await;
    // The contact declines; her phone is taken off the line.
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    answer(&world, ALICES).await;
    is(&world, JANE, CallStatus::Ringing).await;
    assert!(world.provider.hang_up(JANE));
    let told = news(&world, "alice", position, "ended").await;
    assert!(told.body().contains("busy"), "{}", told.body());
    all_over(&world, JANE, 1).await;
    // She hangs up before they answer.
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    answer(&world, ALICES).await;
    is(&world, JANE, CallStatus::Ringing).await;
    assert!(world.provider.hang_up(ALICES));
    assert_eq!(end(&world, position).await, "hung_up");
    all_over(&world, JANE, 2).await;
    // The contact lets it ring, until it rings no more.
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    answer(&world, ALICES).await;
    is(&world, JANE, CallStatus::Ringing).await;
    assert_eq!(end(&world, position).await, "no_answer");
    all_over(&world, JANE, 3).await;
    // She asks the desk to end it, from her console.
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    is(&world, ALICES, CallStatus::Ringing).await;
    world.command("alice", "!call end", "call").await;
    assert_eq!(end(&world, position).await, "hung_up");
    all_over(&world, JANE, 3).await;
    world.command("alice", "!call end", "call_refused").await;
    // Phones that cannot be reached, or are busy: numbers that the simulator knows.
    for (phone, result) in [("+14155550404", "failed"), ("+14155550405", "busy")] {
        let position = world.agent("alice").position();
        world.command("alice", &format!("!call {phone}"), "call").await;
        answer(&world, ALICES).await;
        assert_eq!(end(&world, position).await, result);
        all_over(&world, phone, 1).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn whom_to_call_is_named_by_a_number_a_row_a_name_or_a_text() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Mail ann@example.org or call +1 415 555 0132").await;
    type_in(&world, "alice", &room, "!contact set name Jane Rowe", "contact").await;
    for (words, phone) in [
        ("!call 2", "+14155550132"),
        ("!CALL +1 (212) 555-0188", "+12125550188"),
        ("!call jane", JANE),
        ("!call", JANE),
    ] {
        let position = world.agent("alice").position();
        let told = call(&world, &room, words).await;
        assert_eq!(told.notice().unwrap()["number"], phone, "{words}");
        is(&world, ALICES, CallStatus::Ringing).await;
        assert!(world.provider.hang_up(ALICES));
        end(&world, position).await;
    }
    // A number that she wrote is hers as long as nobody else is known by it.
    let told = type_in(&world, "alice", &room, "!history", "history").await;
    assert_eq!(told.body().matches("call to them").count(), 4, "{}", told.body());
    let position = world.agent("alice").position();
    let listed = world.command("alice", "!contacts Jane Rowe", "list").await;
    assert!(listed.body().contains("Jane Rowe"));
    world.command("alice", "!call 1", "call").await;
    is(&world, ALICES, CallStatus::Ringing).await;
    assert!(world.provider.hang_up(ALICES));
    end(&world, position).await;
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_be_called_is_refused_and_nothing_rings() {
    let each = &[
        ("alice", "phone: \"+14155550171\""),
        ("bob", "permissions: [im]"),
        ("sue", "roles: [supervisor, admin], queues: []"),
    ];
    let world = World::with(WorldOptions { each, ..desk(Database::Sqlite) }).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    let refused = async |name: &str, words: &str, why: &str| {
        let told = world.command(name, words, "call_refused").await;
        assert_eq!(told.notice().unwrap()["why"], why, "{words}: {}", told.body());
    };
    world.command("bob", &format!("!call {JANE}"), "not_allowed").await;
    refused("sue", &format!("!call {JANE}"), "no_phone").await;
    refused("alice", "!call +14155550171", "own_phone").await;
    refused("alice", "!call +15005550006", "our_number").await;
    refused("alice", "!call sms:74454", "short_code").await;
    world.command("alice", "!call", "usage").await;
    world.command("alice", "!call 7", "no_such_target").await;
    world.command("alice", "!call nobody of that name", "no_such_target").await;
    world.command("alice", "!call i-22222", "no_such_target").await;
    // One call at a time, for her and for them.
    world.command("sue", &format!("!agent set sue phone {BOBS}"), "changed").await;
    call(&world, &room, "!call").await;
    refused("alice", "!call +12125550188", "on_the_phone").await;
    refused("sue", &format!("!call {JANE}"), "being_called").await;
    let position = world.agent("alice").position();
    is(&world, ALICES, CallStatus::Ringing).await;
    world.command("alice", "!call end", "call").await;
    assert_eq!(end(&world, position).await, "hung_up");
    // Who is blocked is not called.
    world.agent("alice").send_text(&room, "!block spam").await.unwrap();
    world.agent("alice").wait_until_out_of(&room).await.unwrap();
    refused("alice", &format!("!call {JANE}"), "blocked").await;
    assert_eq!((world.number(CALLS).await, world.provider.calls().len()), (1, 1));
    world.finish().await;
}

#[tokio::test]
async fn the_number_is_named_where_the_conversation_is_with_another() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    let id = id_of(&world, "alice", &room);
    for (words, names) in [("!call +12125550188", true), ("!call", false)] {
        let called = call(&world, &room, words).await;
        is(&world, ALICES, CallStatus::Ringing).await;
        let position = world.agent("alice").position();
        world.command("alice", "!call end", "call").await;
        let over = |seen: &Seen| seen.notice().is_some_and(|notice| notice["news"] == "ended");
        let over = world.agent("alice").wait_for_after(position, "the end of the call", over).await.unwrap();
        assert_eq!(over.notice().unwrap()["other_number"].is_string(), names, "{}", over.body());
        assert_eq!(over.body().contains("+1 212 555 0188"), names, "{}", over.body());
        let child = called.notice().unwrap()["interaction"].as_str().unwrap();
        let own = world.command("alice", &format!("!history {child}"), "transcript").await;
        assert_eq!(own.body().contains("called +1 212 555 0188 by phone"), names, "{}", own.body());
    }
    let told = world.command("alice", &format!("!history {id}"), "transcript").await;
    for words in
        ["called +1 212 555 0188 by phone from here", "to +1 212 555 0188: ended before", "called by phone"]
    {
        assert!(told.body().contains(words), "{words} is not in {}", told.body());
    }
    world.finish().await;
}

#[tokio::test]
async fn a_provider_that_cannot_call_says_so() {
    let world = World::with(WorldOptions { telnyx: true, ..desk(Database::Sqlite) }).await;
    let told: Value =
        world.command("alice", &format!("!call {JANE}"), "call_refused").await.notice().unwrap().clone();
    assert_eq!(told["why"], "provider_cannot");
    world.finish().await;
}
