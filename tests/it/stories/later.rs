//! Texts that go to a contact later: they go at their time, unless something has come between.

use ruma::{OwnedEventId, RoomId};
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;

use super::{done, join_offered, offer_after, type_in};
use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+12125550188";
/// How many texts wait.
pub(super) const WAITING: &str = "SELECT COUNT(*) FROM scheduled";
/// Makes the time of all that wait come.
const COME: &str = "UPDATE timers SET due_at = 0 WHERE body LIKE '%\"due\":\"later\"%' RETURNING 1";

/// A desk with two agents and a supervisor who is an admin too.
pub(super) fn desk(database: Database) -> WorldOptions {
    WorldOptions {
        database,
        agents: &["alice", "bob", "sue"],
        agent: "capacity: {sms: 20}",
        each: &[("sue", "roles: [supervisor, admin], queues: []")],
        desk: r#"responses:
    - {shortcut: hello, text: "Hello {{ contact.name | default('there') }}."}
    - {shortcut: status, text: "Order {{ case.order }} is on its way."}
    - {shortcut: refund, ask: [order], text: "Order {{ order }} is refunded.", then: ["tag refund"]}"#,
        ..WorldOptions::default()
    }
}

/// Waits for what is told of texts that go later, of what comes after `position`.
pub(super) async fn news(world: &World, name: &str, position: usize, room: &RoomId, news: &str) -> Seen {
    let fits = |seen: &Seen| {
        seen.room_id == room
            && seen.code() == "scheduled"
            && seen.notice().is_some_and(|notice| notice["news"] == news)
    };
    world.agent(name).wait_for_after(position, &format!("{news} in {room}"), fits).await.unwrap()
}

/// Types a text that goes later, and waits until it is kept: the command and what was answered.
pub(super) async fn later(world: &World, name: &str, room: &RoomId, rest: &str) -> (OwnedEventId, Seen) {
    let agent = world.agent(name);
    let position = agent.position();
    let event = agent.send_text(room, &format!("!later {rest}")).await.unwrap();
    let set = news(world, name, position, room, "set").await;
    assert_eq!(set.replies_to(), Some(event.as_str()));
    (event, set)
}

/// Waits for the question about a text, or that it does not go, and returns why.
async fn stopped(world: &World, name: &str, position: usize, room: &RoomId, asks: bool) -> (Seen, String) {
    let fits = |seen: &Seen| {
        seen.room_id == room
            && seen.code() == "scheduled_dropped"
            && seen.notice().is_some_and(|notice| notice["asks"] == asks)
    };
    let seen = world.agent(name).wait_for_after(position, "that it does not go", fits).await.unwrap();
    let user = format!("@{name}:desk.test");
    assert_eq!((seen.msgtype(), seen.mentions()), ("m.text", Some(vec![user.as_str()])));
    let why = seen.notice().unwrap()["why"].as_str().unwrap().to_owned();
    (seen, why)
}

/// Waits until so many texts wait.
async fn waiting(world: &World, count: i64) {
    eventually(&format!("{count} to wait"), || async {
        (world.number(WAITING).await == count).then_some(())
    })
    .await;
}

fn items(seen: &Seen) -> Vec<Value> {
    seen.notice().unwrap()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_text_goes_at_its_time_by_the_way_of_any_other_on_sqlite() {
    a_text_goes_at_its_time(Database::Sqlite).await;
}

#[tokio::test]
async fn a_text_goes_at_its_time_by_the_way_of_any_other_on_postgres() {
    a_text_goes_at_its_time(Database::Postgres).await;
}

async fn a_text_goes_at_its_time(database: Database) {
    // There was time to take it back.
    let world = World::with(WorldOptions { queue: "undo_secs: 60", ..desk(database) }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    let position = alice.position();
    let (event, set) = later(&world, "alice", &room, "2s Your parcel has left\nToday").await;
    let item = &items(&set)[0];
    assert_eq!((&item["said"], &item["text"]), (&json!("2s"), &json!("Your parcel has left\nToday")));
    assert_eq!(set.notice().unwrap()["zone"], "UTC");
    world.phone_gets(JANE, &["Your parcel has left\nToday"]).await;
    alice.wait_for_reaction(&event, "✓").await.unwrap();
    let goes = news(&world, "alice", position, &room, "goes").await;
    assert_eq!(goes.replies_to(), Some(event.as_str()));
    assert_eq!(world.number(WAITING).await, 0);
    let written = "SELECT COUNT(*) FROM transcript WHERE kind = 'owner' AND author = '@alice:desk.test'";
    assert_eq!(world.number(written).await, 1);

    // What was said to it comes after it was sent: too late.
    alice.redact(&room, &event).await.unwrap();
    let fits = |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(event.as_str());
    let told = alice.wait_for("that it is sent", fits).await.unwrap();
    assert_eq!(told.notice().unwrap()["why"], "already_sent");
    world.finish().await;
}

#[tokio::test]
async fn texts_that_wait_are_listed_changed_and_taken_back() {
    let world = World::with(desk(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    let (first, set) = later(&world, "alice", &room, "3h the third").await;
    let (second, _) = later(&world, "alice", &room, "in 2 hours: the second").await;
    later(&world, "alice", &room, "1h the first").await;
    let listed = type_in(&world, "alice", &room, "!later list", "scheduled").await;
    let texts: Vec<Value> = items(&listed).iter().map(|item| item["text"].clone()).collect();
    assert_eq!(texts, ["the first", "the second", "the third"]);
    let shown = type_in(&world, "alice", &room, "!2", "scheduled").await;
    assert_eq!((shown.notice().unwrap()["news"].as_str(), items(&shown).len()), (Some("shown"), 1));

    // In the console, all of hers, with whom they are to.
    let all = world.command("alice", "!later", "scheduled").await;
    assert!(all.body().contains("the third") && all.body().contains("415"), "{}", all.body());
    let none = world.command("alice", "!later cancel 9", "no_such_target").await;
    assert!(none.body().contains('9') && none.body().contains("!later list"), "{}", none.body());
    let gone = world.command("alice", "!later cancel 1", "scheduled").await;
    assert_eq!(
        (gone.notice().unwrap()["news"].as_str(), &items(&gone)[0]["text"]),
        (Some("cancelled"), &json!("the first"))
    );
    // The number of an older list still means what stood there.
    world.command("alice", "!later cancel 1", "scheduled").await;
    assert_eq!(world.number(WAITING).await, 2);

    // Who edits the command says it anew; who makes something else of it, or deletes it, takes it back.
    let position = alice.position();
    alice.edit(&room, &second, "!later 4h the last").await.unwrap();
    let anew = news(&world, "alice", position, &room, "set").await;
    assert_eq!((anew.replies_to(), &items(&anew)[0]["text"]), (Some(second.as_str()), &json!("the last")));
    waiting(&world, 2).await;
    // A slip in that leaves the first as it was.
    let position = alice.position();
    alice.edit(&room, &second, "!later 4 horus the last").await.unwrap();
    let stays = news(&world, "alice", position, &room, "stays").await;
    assert_eq!((stays.replies_to(), &items(&stays)[0]["text"]), (Some(second.as_str()), &json!("the last")));
    waiting(&world, 2).await;
    alice.edit(&room, &second, "the last").await.unwrap();
    waiting(&world, 1).await;
    let fits = |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(second.as_str());
    alice.wait_for("that it was edited away", fits).await.unwrap();
    let position = alice.position();
    alice.react(&room, &set.event_id, "❌").await.unwrap();
    news(&world, "alice", position, &room, "cancelled").await;
    alice.react(&room, &set.event_id, "👎").await.unwrap();
    let over = |seen: &Seen| seen.code() == "no_such_target" && seen.room_id == room;
    alice.wait_for_after(position, "that it is over", over).await.unwrap();
    let (deleted, _) = later(&world, "alice", &room, "1h never mind").await;
    alice.redact(&room, &deleted).await.unwrap();
    waiting(&world, 0).await;
    let (answered, _) = later(&world, "alice", &room, "1h never mind this either").await;
    alice.react(&room, &answered, "❌").await.unwrap();
    waiting(&world, 0).await;
    for text in ["1h one", "2h two"] {
        later(&world, "alice", &room, text).await;
    }
    let gone = type_in(&world, "alice", &room, "!later cancel all", "scheduled").await;
    assert_eq!(items(&gone).len(), 2);
    type_in(&world, "alice", &room, "!later list", "scheduled").await;
    type_in(&world, "alice", &room, "!later cancel 1", "no_such_target").await;
    assert!(world.taken_for(JANE).is_empty() && first != second);
    world.finish().await;
}

#[tokio::test]
async fn if_the_contact_wrote_meanwhile_it_waits_for_a_word_on_sqlite() {
    if_the_contact_wrote_meanwhile(Database::Sqlite).await;
}

#[tokio::test]
async fn if_the_contact_wrote_meanwhile_it_waits_for_a_word_on_postgres() {
    if_the_contact_wrote_meanwhile(Database::Postgres).await;
}

async fn if_the_contact_wrote_meanwhile(database: Database) {
    let world = World::with(desk(database)).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    let mut sent = Vec::new();
    for (n, answer) in ["✅", "!yes", "reply yes", "on the command", "❌", "!no"].into_iter().enumerate() {
        let (event, _) = later(&world, "alice", &room, &format!("2h text {n}")).await;
        world.text(JANE, &format!("One more thing {n}")).await;
        alice.wait_for_text(&room, &format!("One more thing {n}")).await.unwrap();
        let position = alice.position();
        world.number(COME).await;
        let (asked, why) = stopped(&world, "alice", position, &room, true).await;
        assert_eq!((why.as_str(), asked.replies_to()), ("contact_wrote", Some(event.as_str())));
        assert!(asked.body().contains(&format!("text {n}")), "{}", asked.body());
        assert_eq!(world.taken_for(JANE), sent);
        match answer {
            "✅" | "❌" => {
                alice.wait_for_reaction(&asked.event_id, answer).await.unwrap();
                drop(alice.react(&room, &asked.event_id, answer).await.unwrap());
            }
            "reply yes" => drop(alice.send_reply(&room, &asked.event_id, "yes").await.unwrap()),
            "on the command" => drop(alice.react(&room, &event, "👍").await.unwrap()),
            typed => drop(alice.send_text(&room, typed).await.unwrap()),
        }
        waiting(&world, 0).await;
        if n < 4 {
            sent.push(format!("text {n}"));
            let texts: Vec<&str> = sent.iter().map(String::as_str).collect();
            world.phone_gets(JANE, &texts).await;
            alice.wait_for_reaction(&event, "✓").await.unwrap();
        }
    }
    world.drained().await;
    assert_eq!(world.taken_for(JANE), sent);
    world.finish().await;
}

#[tokio::test]
async fn what_is_long_overdue_waits_for_a_word() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    later(&world, "alice", &room, "2h Good morning").await;
    let position = world.agent("alice").position();
    // As if the desk had been away at its time.
    world.number("UPDATE scheduled SET body = json_set(body, '$.when.at', 1000) RETURNING 1").await;
    let past = "UPDATE timers SET body = json_set(body, '$.at', 1000), due_at = 1000
         WHERE body LIKE '%\"due\":\"later\"%' RETURNING 1";
    world.number(past).await;
    let (asked, why) = stopped(&world, "alice", position, &room, true).await;
    assert_eq!(why, "late");
    world.agent("alice").react(&room, &asked.event_id, "✅").await.unwrap();
    world.phone_gets(JANE, &["Good morning"]).await;
    world.finish().await;
}

#[tokio::test]
async fn it_outlives_its_conversation_unless_its_owner_says_otherwise() {
    let world = World::with(desk(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    later(&world, "alice", &room, "2h Did it arrive?").await;
    let position = alice.position();
    done(&world, "alice", &room).await;
    let outlives = news(&world, "alice", position, &console, "outlive").await;
    assert!(outlives.body().contains("Did it arrive?"), "{}", outlives.body());
    alice.wait_for_reaction(&outlives.event_id, "❌").await.unwrap();
    world.number(COME).await;
    world.phone_gets(JANE, &["Did it arrive?"]).await;
    news(&world, "alice", position, &console, "goes").await;
    // The conversation stays done, and her answer begins another.
    let done_ones = "SELECT COUNT(*) FROM interactions WHERE state = 'done'";
    assert_eq!(world.number(done_ones).await, 1);
    let position = alice.position();
    world.text(JANE, "It did").await;
    offer_after(&world, "alice", position, JANE).await;
    let room = join_offered(&world, "alice", JANE).await;

    // Her owner may take all of them back.
    later(&world, "alice", &room, "2h one").await;
    later(&world, "alice", &room, "3h two").await;
    let position = alice.position();
    done(&world, "alice", &room).await;
    let outlives = news(&world, "alice", position, &console, "outlive").await;
    assert_eq!(items(&outlives).len(), 2);
    alice.react(&console, &outlives.event_id, "❌").await.unwrap();
    let gone = news(&world, "alice", position, &console, "cancelled").await;
    assert_eq!(items(&gone).len(), 2);
    assert_eq!((world.number(WAITING).await, world.taken_for(JANE).len()), (0, 1));

    // Who writes after it is done is asked about in the console; who speaks with a colleague gets nothing.
    let room = world.conversation("alice", OMAR, "Hello?").await;
    later(&world, "alice", &room, "2h for Omar").await;
    done(&world, "alice", &room).await;
    world.command("alice", "!notready lunch", "status").await;
    world.text(OMAR, "One more thing").await;
    world.text(JANE, "Hello again").await;
    eventually("both to be queued", || async {
        (world.number("SELECT COUNT(*) FROM interactions WHERE state = 'queued'").await == 2).then_some(())
    })
    .await;
    let position = alice.position();
    world.number(COME).await;
    let (asked, why) = stopped(&world, "alice", position, &console, true).await;
    assert_eq!(why, "contact_wrote");
    world.command("bob", "!ready", "status").await;
    for phone in [OMAR, JANE] {
        join_offered(&world, "bob", phone).await;
    }
    alice.react(&console, &asked.event_id, "✅").await.unwrap();
    let (_, why) = stopped(&world, "alice", position, &console, false).await;
    assert_eq!(
        (why.as_str(), world.taken_for(OMAR).len(), world.number(WAITING).await),
        ("with_another", 0, 0)
    );
    world.finish().await;
}

#[tokio::test]
async fn it_goes_on_with_whoever_takes_the_conversation_over() {
    let world = World::with(desk(Database::Sqlite)).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    later(&world, "alice", &room, "2h Did it arrive?").await;
    world.command("bob", "!ready", "status").await;
    let position = bob.position();
    alice.send_text(&room, "!transfer bob").await.unwrap();
    offer_after(&world, "bob", position, JANE).await;
    join_offered(&world, "bob", JANE).await;
    let told = news(&world, "bob", position, &room, "handed_over").await;
    assert!(told.body().contains("Did it arrive?"), "{}", told.body());
    world.number(COME).await;
    world.phone_gets(JANE, &["Did it arrive?"]).await;
    let bobs = "SELECT COUNT(*) FROM transcript WHERE kind = 'owner' AND author = '@bob:desk.test'";
    assert_eq!(world.number(bobs).await, 1);

    // While nobody has it, nothing goes; whoever takes it is asked.
    later(&world, "bob", &room, "2h Is it well?").await;
    for name in ["alice", "bob"] {
        world.command(name, "!notready lunch", "status").await;
    }
    bob.send_text(&room, "!transfer queue:support").await.unwrap();
    bob.wait_until_out_of(&room).await.unwrap();
    world.number(COME).await;
    let asks = "SELECT COUNT(*) FROM scheduled WHERE asks = 1";
    eventually("it to wait", || async { (world.number(asks).await == 1).then_some(()) }).await;
    let position = alice.position();
    world.command("alice", "!ready", "status").await;
    join_offered(&world, "alice", JANE).await;
    let (asked, why) = stopped(&world, "alice", position, &room, true).await;
    assert_eq!((why.as_str(), world.taken_for(JANE).len()), ("nobody_had_it", 1));
    alice.react(&room, &asked.event_id, "✅").await.unwrap();
    world.phone_gets(JANE, &["Did it arrive?", "Is it well?"]).await;
    world.finish().await;
}

#[tokio::test]
async fn who_wants_no_texts_is_blocked_or_erased_gets_none_later() {
    let fail_points = "erasure_waits_not=return";
    let mut world = World::with(WorldOptions { fail_points, ..desk(Database::Sqlite) }).await;
    world.bridge.ready().await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    later(&world, "alice", &room, "2h to who opts out").await;
    type_in(&world, "alice", &room, "!optout", "opted_out").await;
    let position = alice.position();
    world.number(COME).await;
    let (_, why) = stopped(&world, "alice", position, &room, false).await;
    assert_eq!(why, "opted_out");
    let refused = type_in(&world, "alice", &room, "!later 2h to who opted out", "scheduled_dropped").await;
    assert_eq!(refused.notice().unwrap()["why"], "opted_out");
    type_in(&world, "alice", &room, "!optin", "opted_in").await;
    later(&world, "alice", &room, "2h to who is blocked").await;
    let position = alice.position();
    alice.send_text(&room, "!block spam").await.unwrap();
    let (_, why) = stopped(&world, "alice", position, &console, false).await;
    assert_eq!(why, "blocked");
    let room = world.conversation("alice", OMAR, "I am Omar").await;
    type_in(&world, "alice", &room, "!contact set name Omar Batterson", "contact").await;
    later(&world, "alice", &room, "2h to Omar Batterson").await;
    let card = world.command("sue", "!erase Omar Batterson", "erase_contact").await;
    let id = card.notice().unwrap()["contact_id"].as_str().unwrap().to_owned();
    let position = alice.position();
    world.command("sue", &format!("!erase {id} {id}"), "erasing").await;
    let (told, why) = stopped(&world, "alice", position, &console, false).await;
    assert_eq!(why, "erased");
    assert!(!told.body().contains("Omar"), "{}", told.body());
    assert_eq!(world.number(WAITING).await, 0);
    assert!(world.taken_for(JANE).is_empty() && world.taken_for(OMAR).is_empty());
    eventually("the erasure to end", || async {
        (world.number("SELECT COUNT(*) FROM erasures WHERE ended_at IS NULL").await == 0).then_some(())
    })
    .await;
    world.finish().await;
}

#[tokio::test]
async fn a_response_goes_later_as_it_was_filled_in_when_it_was_typed() {
    let world = World::with(desk(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    type_in(&world, "alice", &room, "!contact set name Jane", "contact").await;
    let (_, set) = later(&world, "alice", &room, "2h #hello").await;
    assert_eq!(
        (&items(&set)[0]["text"], &items(&set)[0]["shortcut"]),
        (&json!("Hello Jane."), &json!("hello"))
    );
    type_in(&world, "alice", &room, "!contact set name Janet", "contact").await;
    world.number(COME).await;
    world.phone_gets(JANE, &["Hello Jane."]).await;
    for (typed, why) in [("#status", "value_missing"), ("#helo", "no_shortcut")] {
        let told = type_in(&world, "alice", &room, &format!("!later 2h {typed}"), "message_held_back").await;
        assert_eq!(told.notice().unwrap()["why"], why);
    }
    // Blanks are asked for now, and what follows is done once it went.
    type_in(&world, "alice", &room, "!later 2h #refund", "response_blank").await;
    let position = alice.position();
    alice.send_text(&room, "!answer 4711").await.unwrap();
    news(&world, "alice", position, &room, "set").await;
    world.number(COME).await;
    world.phone_gets(JANE, &["Hello Jane.", "Order 4711 is refunded."]).await;
    eventually("what follows to be done", || async {
        (world.number("SELECT COUNT(*) FROM tags WHERE tag = 'refund'").await == 1).then_some(())
    })
    .await;
    world.finish().await;
}

#[tokio::test]
async fn what_is_no_time_or_no_text_is_answered_and_nothing_is_kept() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    for (typed, problem) in [
        ("Hello", "moment"),
        ("2h", "text_missing"),
        ("2h \u{200b}\u{202e}", "text_missing"),
        ("-2h Hello", "moment"),
        ("99999999h Hello", "moment"),
        ("٢h Hello", "moment"),
        ("91 days Hello", "moment"),
        ("1970-01-01 Hello", "moment"),
        ("tomorrow 9:00 UTC Hello", "moment"),
        ("tomorrow morning Hello", "moment"),
        ("2h !done", "text_is_command"),
        ("2h ！done", "text_is_command"),
        ("2h !- a note", "text_is_command"),
    ] {
        let told = type_in(&world, "alice", &room, &format!("!later {typed}"), "usage").await;
        assert_eq!(told.notice().unwrap()["problem"], problem, "{typed}");
    }
    for (typed, why) in
        [("2h /me waves".to_owned(), "slash_command"), (format!("2h {}", "x".repeat(33_000)), "too_long")]
    {
        let told = type_in(&world, "alice", &room, &format!("!later {typed}"), "message_held_back").await;
        assert_eq!(told.notice().unwrap()["why"], why);
    }
    world.command("alice", "!later 2h Hello", "usage").await;
    world.command("alice", "!later cancel 1", "no_such_target").await;
    world.command("alice", "!later cancel $nothing", "no_such_target").await;
    world.command("alice", "!later show i-zzzzz", "no_such_target").await;
    assert_eq!(world.number(WAITING).await, 0);
    // A line end begins no command, and quotes tell the text from the time.
    let (_, set) = later(&world, "alice", &room, "2h \"3 days are too long\"\n").await;
    assert_eq!(items(&set)[0]["text"], "3 days are too long");
    later(&world, "alice", &room, "2h !!later\n!done").await;
    for n in 2..20 {
        later(&world, "alice", &room, &format!("2h text {n}")).await;
    }
    let full = type_in(&world, "alice", &room, "!later 2h one too many", "refused").await;
    assert_eq!(full.notice().unwrap()["why"], "too_many_later");
    assert_eq!(world.number(WAITING).await, 20);
    let bobs = world.command("bob", "!later list", "scheduled").await;
    assert!(items(&bobs).is_empty());
    world.number("UPDATE timers SET due_at = 0 WHERE body LIKE '%\"due\":\"later\"%' RETURNING 1").await;
    eventually("all to go", || async { (world.taken_for(JANE).len() == 20).then_some(()) }).await;
    let taken = world.taken_for(JANE);
    assert!(taken.contains(&"!later\n!done".to_owned()), "{taken:?}");
    world.state("alice", &room, "active").await;
    world.finish().await;
}

#[tokio::test]
async fn a_session_does_not_expire_before_what_is_still_to_be_said() {
    let world = World::with(desk(Database::Sqlite)).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    later(&world, "alice", &room, "3 days Did it arrive?").await;
    let ends = |content: &Value| content["expires_at"].as_i64();
    let before = alice.look(|log| log.rooms()[&room].interaction().and_then(ends)).unwrap();
    world.number("UPDATE timers SET due_at = 0 WHERE body LIKE '%\"due\":\"quiet\"%' RETURNING 1").await;
    let two_days = 2 * 86_400_000;
    let later = |content: &Value| ends(content).is_some_and(|ends| ends > before + two_days);
    alice.wait_for_room(&room, "a later end", |room| room.interaction().is_some_and(later)).await.unwrap();
    assert_eq!(alice.look(|log| log.messages(&room).filter(|seen| seen.code() == "expiring").count()), 0);
    world.finish().await;
}
