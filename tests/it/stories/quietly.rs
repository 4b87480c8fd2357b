//! What is kept quiet: contacts who are blocked, and floods.

use ruma::{OwnedRoomId, RoomId};
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::{AnswerFault, Attachment};

use super::files::{attachment, photo_of};
use super::{done, join_offered, offer_after, text_offered_to, type_in, written_down};
use crate::harness::{Database, OURS, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";

/// Alice, and Sue who supervises and is offered nothing.
pub(super) fn with_sue() -> WorldOptions {
    WorldOptions {
        agents: &["alice", "sue"],
        each: &[("sue", "roles: [agent, supervisor], queues: []")],
        ..WorldOptions::default()
    }
}

/// The next notice of a code in an agent's console, of those after `position` of their log.
async fn told_after(world: &World, name: &str, position: usize, code: &str) -> Seen {
    let console = world.console(name).await;
    let fits = |seen: &Seen| seen.room_id == console && seen.code() == code;
    world.agent(name).wait_for_after(position, &format!("{code} in {name}'s console"), fits).await.unwrap()
}

pub(super) async fn notice_after(world: &World, position: usize, room: &RoomId, code: &str) -> Seen {
    let fits = |seen: &Seen| seen.room_id == room && seen.code() == code;
    world.agent("alice").wait_for_after(position, &format!("{code} in {room}"), fits).await.unwrap()
}

/// How many offers of a phone's conversations an agent has been shown.
pub(super) fn offers(world: &World, name: &str, phone: &str) -> usize {
    let is = |seen: &&Seen| {
        seen.code() == "offer" && seen.replaces().is_none() && seen.notice().unwrap()["number"] == phone
    };
    world.agent(name).look(|log| log.events().iter().filter(is).count())
}

fn id_of(world: &World, name: &str, room: &OwnedRoomId) -> String {
    world.agent(name).look(|log| log.rooms()[room].interaction().unwrap()["id"].as_str().unwrap().to_owned())
}

async fn a_blocked_contact(database: Database) {
    let world = World::with(WorldOptions { database, ..with_sue() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let id = id_of(&world, "alice", &room);
    for wrong in ["!block 7x", "!block 0h spam", "!block 99999d"] {
        type_in(&world, "alice", &room, wrong, "usage").await;
    }
    world.state("alice", &room, "active").await;

    let position = alice.position();
    let said = type_in(&world, "alice", &room, "!block 2h rude words", "blocked").await;
    assert_eq!(said.notice().unwrap()["reason"], "rude words");
    assert!(said.notice().unwrap()["until"].is_i64(), "{}", said.body());
    told_after(&world, "alice", position, "blocked").await;
    told_after(&world, "alice", position, "done").await;
    alice.wait_until_out_of(&room).await.unwrap();

    // What comes now is taken by the webhook, and that is all.
    let picture = Attachment { content_type: "image/jpeg".to_owned(), bytes: vec![1, 2, 3].into() };
    world.text(JANE, "Where are you?").await;
    world.provider.text_from(JANE, OURS, "Look https://p\u{430}ypal.com", vec![picture]).await.unwrap();
    world.text(JANE, "STOP").await;
    written_down(&world, 4).await;
    // Somebody else is heard; whoever is blocked has had their turn by then.
    text_offered_to(&world, "alice", OMAR).await;
    assert_eq!(offers(&world, "alice", JANE), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE room_id IS NULL").await, 1);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM consent WHERE state = 'out'").await,
        1,
        "STOP counts all the same"
    );
    assert!(!alice.messages(&room).iter().any(|seen| seen.body() == "Where are you?"));
    let refused = world.command("alice", &format!("!reopen {id}"), "refused").await;
    assert_eq!(refused.notice().unwrap()["why"], "contact_blocked");

    let list = world.command("sue", "!contacts blocked", "blocks").await;
    assert!(list.body().contains("rude words") && list.body().contains("alice Doe"), "{}", list.body());
    let position = alice.position();
    world.command("sue", "!1", "unblocked").await;
    told_after(&world, "alice", position, "unblocked").await;
    let list = world.command("alice", "!contacts blocked", "blocks").await;
    assert!(list.body().contains("none"), "{}", list.body());
    world.command("alice", "!unblock nobody", "no_such_target").await;
    let refused = world.command("alice", &format!("!unblock {JANE}"), "refused").await;
    assert_eq!(refused.notice().unwrap()["why"], "not_blocked");

    text_offered_to(&world, "alice", JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    // It begins with the last conversation, and not with what nobody heard.
    let earlier = alice.wait_for_notice(&room, "earlier").await.unwrap();
    assert_eq!(earlier.notice().unwrap()["id"], id.as_str());
    let history = type_in(&world, "alice", &room, "!history", "history").await;
    let items = history.notice().unwrap()["items"].as_array().unwrap().clone();
    let kept = items.iter().find(|item| item["kind"] == "blocked").unwrap();
    let lines = format!("!history {}", kept["id"].as_str().unwrap());
    let lines = type_in(&world, "alice", &room, &lines, "transcript").await;
    for words in ["Where are you?", "Look", "1 attachment not fetched: image/jpeg", "STOP"] {
        assert!(lines.body().contains(words), "{words} is not in {}", lines.body());
    }
    let lines = type_in(&world, "alice", &room, &format!("!history {id}"), "transcript").await;
    assert!(lines.body().contains("alice Doe blocked the customer until"), "{}", lines.body());
    let refused = format!("!reopen {}", kept["id"].as_str().unwrap());
    let refused = world.command("sue", &refused, "refused").await;
    assert_eq!(refused.notice().unwrap()["why"], "only_kept");
    let audit = world.number("SELECT COUNT(*) FROM audit WHERE what IN ('block', 'unblock')").await;
    assert_eq!(audit, 2);
    world.finish().await;
}

#[tokio::test]
async fn what_a_blocked_contact_writes_is_kept_and_heard_by_nobody() {
    a_blocked_contact(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_blocked_contact_writes_is_kept_and_heard_by_nobody_on_postgresql() {
    a_blocked_contact(Database::Postgres).await;
}

#[tokio::test]
async fn a_block_ends_when_its_time_is_over() {
    let world = World::new().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    type_in(&world, "alice", &room, "!block 1h", "blocked").await;
    world.agent("alice").wait_until_out_of(&room).await.unwrap();
    world.text(JANE, "not heard").await;
    written_down(&world, 2).await;
    let body = "UPDATE blocks SET until = 1 RETURNING 1";
    world.number(body).await;
    text_offered_to(&world, "alice", JANE).await;
    join_offered(&world, "alice", JANE).await;
    let list = world.command("alice", "!contacts blocked", "blocks").await;
    assert!(list.body().contains("none"), "{}", list.body());
    world.finish().await;
}

#[tokio::test]
async fn what_waits_for_a_phone_goes_no_more_once_its_contact_is_blocked() {
    let queue = "undo_secs: 0, waiting_text: One moment.";
    let world = World::with(WorldOptions { queue, ..with_sue() }).await;
    let (alice, faults) = (world.agent("alice"), world.provider.faults());
    faults.answer_next(AnswerFault::RateLimit, 1_000);
    world.text(JANE, "Hello").await;
    eventually("the desk's text to wait", || async {
        let sql = "SELECT COUNT(*) FROM outbox WHERE lane LIKE 'sms:%' AND state = 'ready'";
        (world.number(sql).await == 1).then_some(())
    })
    .await;
    let position = alice.position();
    world.command("alice", "!ready", "status").await;
    offer_after(&world, "alice", position, JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    let id = id_of(&world, "alice", &room);
    alice.send_text(&room, "On my way").await.unwrap();
    let position = alice.position();
    type_in(&world, "alice", &room, "!block forever spam", "blocked").await;
    let told = told_after(&world, "alice", position, "message_held_back").await;
    let notice = told.notice().unwrap();
    assert_eq!((notice["why"].as_str(), notice["of"]["text"].as_str()), (Some("blocked"), Some("On my way")));
    world.drained().await;
    assert!(world.taken_for(JANE).is_empty());
    let lines = world.command("alice", &format!("!history {id}"), "transcript").await;
    for words in
        ["not sent: One moment.", "not sent: the customer is blocked", "alice Doe, not sent: On my way"]
    {
        assert!(lines.body().contains(words), "{words} is not in {}", lines.body());
    }
    world.finish().await;
}

#[tokio::test]
async fn a_supervisor_blocks_and_the_owner_is_told_and_who_may_not_block_does_not() {
    let each =
        &[("alice", "permissions: [im, case_edit]"), ("sue", "roles: [agent, supervisor], queues: []")];
    let world = World::with(WorldOptions { each, ..with_sue() }).await;
    let (alice, sue) = (world.agent("alice"), world.agent("sue"));
    let room = world.conversation("alice", JANE, "Hello").await;
    type_in(&world, "alice", &room, "!block", "not_allowed").await;
    world.command("alice", "!contacts blocked", "not_allowed").await;
    world.command("alice", &format!("!unblock {JANE}"), "not_allowed").await;
    let id = id_of(&world, "alice", &room);
    world.command("sue", &format!("!monitor {id}"), "case").await;
    sue.wait_for_invite("the room", |found| found.name().contains("415")).await.unwrap();
    sue.join(&room).await.unwrap();
    let position = alice.position();
    type_in(&world, "sue", &room, "!block forever threats", "blocked").await;
    let told = told_after(&world, "alice", position, "blocked").await;
    assert_eq!(
        (told.notice().unwrap()["by"].as_str(), told.notice().unwrap()["until"].as_i64()),
        (Some("sue Doe"), None)
    );
    alice.wait_until_out_of(&room).await.unwrap();
    sue.wait_until_out_of(&room).await.unwrap();

    // From the console too, for which she need not be in a room.
    world.command("sue", &format!("!unblock {JANE}"), "unblocked").await;
    world.command("sue", "!block nobody 2h", "no_such_target").await;
    world.command("sue", "!block 2h rude", "no_such_target").await;
    let told = world.command("sue", "!block +1 415 555 0100 2h rude words", "blocked").await;
    assert_eq!(told.notice().unwrap()["reason"], "rude words");
    assert!(
        told.notice().unwrap()["until"].is_i64() && told.body().contains(": rude words"),
        "{}",
        told.body()
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM blocks").await, 1);
    let usage = world.command("sue", "!consent", "usage").await;
    assert!(usage.body().contains("!consent jane"), "{}", usage.body());
    let consent = world.command("sue", &format!("!consent {JANE}"), "consent").await;
    assert!(consent.body().contains("has said nothing about texts"), "{}", consent.body());
    world.command("alice", &format!("!consent {JANE}"), "not_allowed").await;
    world.finish().await;
}

#[tokio::test]
async fn a_block_is_merged_and_split_with_its_contact() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", OMAR, "Hello").await;
    type_in(&world, "alice", &room, "!contact set name Omar", "contact").await;
    type_in(&world, "alice", &room, "!block forever spam", "blocked").await;
    alice.wait_until_out_of(&room).await.unwrap();

    let room = world.conversation("alice", JANE, "Hello").await;
    for into_silence in ["!contact assign Omar", &format!("!contact set number {OMAR}")] {
        let refused = type_in(&world, "alice", &room, into_silence, "refused").await;
        assert_eq!(refused.notice().unwrap()["why"], "contact_blocked", "{into_silence}");
    }
    type_in(&world, "alice", &room, "!contact set name Jane", "contact").await;
    let shown = type_in(&world, "alice", &room, "!contact merge Omar", "contact_merge").await;
    assert!(shown.body().contains("Jane is blocked then."), "{}", shown.body());
    type_in(&world, "alice", &room, "!1", "contact_merged").await;
    let blocked = async || {
        let list = world.command("alice", "!contacts blocked", "blocks").await;
        let items = list.notice().unwrap()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["contact"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(blocked().await, ["Jane"]);
    world.text(JANE, "unheard").await;
    written_down(&world, 3).await;

    type_in(&world, "alice", &room, "!contact split", "contact_split").await;
    assert_eq!(blocked().await, ["Omar"]);
    world.text(JANE, "heard").await;
    alice.wait_for_text(&room, "heard").await.unwrap();
    assert!(!alice.messages(&room).iter().any(|seen| seen.body() == "unheard"));
    // Who is not blocked is not found by a name.
    world.command("alice", "!unblock jane", "no_such_target").await;
    world.command("alice", "!unblock OMAR", "unblocked").await;
    assert_eq!(blocked().await, [""; 0]);
    world.finish().await;
}

/// As if what waits for a moment were due, and the program had been away meanwhile.
async fn time_passes(world: &mut World, sql: &'static str) {
    world.drained().await;
    world.bridge.kill();
    world.number(sql).await;
    world.start_again("").await;
}

const A_MINUTE: &str = "UPDATE timers SET due_at = 0 WHERE body LIKE '%flood%' RETURNING 1";

#[tokio::test]
async fn a_flood_is_kept_and_told_of_once_a_minute_until_it_is_over() {
    let sms = "flood: {texts: 3, secs: 3600, mute_secs: 3600}";
    let mut world = World::with(WorldOptions { sms, ..with_sue() }).await;
    let room = world.conversation("alice", JANE, "flood 1").await;
    for n in 2..=3 {
        world.text(JANE, &format!("flood {n}")).await;
        world.agent("alice").wait_for_text(&room, &format!("flood {n}")).await.unwrap();
    }
    let position = world.agent("alice").position();
    world.text(JANE, "flood 4").await;
    let picture = vec![attachment("image/jpeg", photo_of(1))];
    world.provider.text_from(JANE, OURS, "You must stop texting", picture).await.unwrap();
    for n in 6..=7 {
        world.text(JANE, &format!("flood {n}")).await;
    }
    let begins = notice_after(&world, position, &room, "flood").await;
    assert_eq!(begins.notice().unwrap()["begins"], true);
    written_down(&world, 7).await;
    time_passes(&mut world, A_MINUTE).await;
    let told = notice_after(&world, position, &room, "flood").await;
    assert_eq!(told.event_id, begins.event_id);
    let more = |seen: &Seen| {
        seen.room_id == room && seen.code() == "flood" && seen.notice().unwrap()["begins"] == false
    };
    let told = world.agent("alice").wait_for_after(position, "what came since", more).await.unwrap();
    let notice = told.notice().unwrap();
    assert_eq!((notice["count"].as_i64(), notice["text"].as_str()), (Some(3), Some("flood 7")));
    // That one of them sounded like a wish to be left alone is pointed out, though nobody was shown it.
    notice_after(&world, position, &room, "opt_out_hint").await;

    // Somebody who may block lifts it, as the notice says: texts are shown again, until they are too many.
    let id = begins.notice().unwrap()["contact_id"].as_str().unwrap();
    assert!(begins.body().contains(&format!("!unblock {id}")), "{}", begins.body());
    world.command("sue", &format!("!unblock {id}"), "unmuted").await;
    world.command("sue", &format!("!unblock {JANE}"), "refused").await;
    let position = world.agent("alice").position();
    for n in 1..=4 {
        world.text(JANE, &format!("heard {n}")).await;
    }
    let again = |seen: &Seen| seen.room_id == room && seen.code() == "flood";
    world.agent("alice").wait_for_after(position, "a flood again", again).await.unwrap();
    let shown = world.agent("alice").messages(&room);
    assert_eq!(shown.iter().filter(|seen| seen.body().starts_with("heard ")).count(), 3);

    // The one who is flooded closes it; what comes then is offered to nobody, and the supervisors are told.
    let alice = world.agent("alice");
    let position = alice.position();
    alice.send_text(&room, "!done").await.unwrap();
    told_after(&world, "alice", position, "done").await;
    alice.wait_until_out_of(&room).await.unwrap();
    assert!(!alice.messages(&room).iter().any(|seen| seen.code() == "done_refused"));
    for n in 8..=9 {
        world.text(JANE, &format!("flood {n}")).await;
    }
    written_down(&world, 13).await;
    let position = world.agent("sue").position();
    time_passes(&mut world, A_MINUTE).await;
    let told = told_after(&world, "sue", position, "flood").await;
    let notice = told.notice().unwrap();
    assert_eq!(
        (notice["count"].as_i64(), notice["text"].as_str(), notice["only_kept"].as_bool()),
        (Some(2), Some("flood 9"), Some(true))
    );
    assert_eq!(offers(&world, "alice", JANE), 1);
    let shown = world.agent("alice").messages(&room);
    assert_eq!(shown.iter().filter(|seen| seen.body().starts_with("flood ")).count(), 3);
    assert_eq!(world.number("SELECT COUNT(*) FROM timers WHERE body LIKE '%flood%'").await, 0);

    // After an hour within the limit they are heard again, though they were never quiet.
    time_passes(
        &mut world,
        "UPDATE floods SET since = since - 3600000, over_at = over_at - 3600000 RETURNING 1",
    )
    .await;
    text_offered_to(&world, "alice", JANE).await;
    let new = join_offered(&world, "alice", JANE).await;
    let earlier = world.agent("alice").wait_for_notice(&new, "earlier").await.unwrap();
    assert_eq!(earlier.notice().unwrap()["id"], id_of(&world, "alice", &room));
    world.finish().await;
}

#[tokio::test]
async fn what_a_flood_leaves_is_told_of_once_though_it_is_over() {
    // The mute is shorter than the minute after which what came is told of.
    let sms = "flood: {texts: 1, secs: 3600, mute_secs: 1}";
    let mut world = World::with(WorldOptions { sms, ..with_sue() }).await;
    let room = world.conversation("alice", JANE, "flood 1").await;
    let position = world.agent("alice").position();
    for n in 2..=4 {
        world.text(JANE, &format!("flood {n}")).await;
    }
    written_down(&world, 4).await;
    let told = async |world: &World, count: i64, last: &str| {
        let fits = |seen: &Seen| {
            let is_it = seen.room_id == room && seen.code() == "flood";
            is_it && seen.notice().unwrap()["count"] == count && seen.notice().unwrap()["text"] == last
        };
        world.agent("alice").wait_for_after(position, last, fits).await.unwrap();
    };
    told(&world, 1, "flood 2").await;
    // An hour later the program comes back, and the mute is long over.
    let later = "UPDATE floods SET since = since - 3600000, over_at = over_at - 3600000 RETURNING 1";
    time_passes(&mut world, later).await;
    time_passes(&mut world, A_MINUTE).await;
    told(&world, 2, "flood 4").await;

    // Here a text comes that is shown, before the minute is over: it stands behind what is told.
    for n in 5..=7 {
        world.text(JANE, &format!("flood {n}")).await;
    }
    world.agent("alice").wait_for_text(&room, "flood 5").await.unwrap();
    told(&world, 1, "flood 6").await;
    written_down(&world, 7).await;
    time_passes(&mut world, later).await;
    world.text(JANE, "shown").await;
    world.agent("alice").wait_for_text(&room, "shown").await.unwrap();
    let seen = world.agent("alice").messages(&room);
    let [.., told, shown] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((told.code(), shown.body()), ("flood", "shown"));
    assert_eq!(
        (told.notice().unwrap()["count"].as_i64(), told.notice().unwrap()["text"].as_str()),
        (Some(1), Some("flood 7"))
    );
    time_passes(&mut world, A_MINUTE).await;
    done(&world, "alice", &room).await;
    let notices = world.agent("alice").messages(&room).iter().filter(|seen| seen.code() == "flood").count();
    assert_eq!(notices, 4, "each text is told of once");
    world.finish().await;
}
