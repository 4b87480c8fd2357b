//! An agent texts a customer first: where it goes, what becomes of it, and who gets the answer.

use ruma::{EventId, RoomId};
use serde_json::json;
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::{AnswerFault, PostFault};

use super::quietly::offers;
use super::{done, join_offered, offer_after, rows, type_in};
use crate::harness::{Database, OURS, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const JANES_OTHER: &str = "+14155550111";
const JOHN: &str = "+14155550101";
const SWITCHED_OFF: &str = "+14155550404";

/// Nobody sleeps.
pub(super) fn awake() -> WorldOptions {
    WorldOptions { sms: "quiet_hours: {from: \"00:00\", to: \"00:00\"}", ..WorldOptions::default() }
}

/// Types a command in Alice's console and waits for the notice of a code: the command, and the notice.
pub(super) async fn types(world: &World, command: &str, code: &str) -> (ruma::OwnedEventId, Seen) {
    let console = world.console("alice").await;
    types_in(world, &console, command, code).await
}

async fn types_in(world: &World, room: &RoomId, command: &str, code: &str) -> (ruma::OwnedEventId, Seen) {
    let alice = world.agent("alice");
    let typed = alice.send_text(room, command).await.unwrap();
    let fits = |seen: &Seen| seen.code() == code && seen.replies_to() == Some(typed.as_str());
    let notice = alice.wait_for(&format!("{code} about {command}"), fits).await.unwrap();
    assert_eq!(notice.room_id, room);
    (typed, notice)
}

/// Waits for the notice of a code about a command of Alice's.
async fn told_of(world: &World, typed: &EventId, code: &str) -> Seen {
    let fits = |seen: &Seen| seen.code() == code && seen.replies_to() == Some(typed.as_str());
    world.agent("alice").wait_for(&format!("{code} about {typed}"), fits).await.unwrap()
}

async fn rooms_of_customers(world: &World) -> i64 {
    world.number("SELECT COUNT(*) FROM interactions WHERE room_id IS NOT NULL").await
}

/// Jane has written, is known by her name, and her conversation is done.
async fn jane_is_known(world: &World) {
    let room = world.conversation("alice", JANE, "Hello").await;
    type_in(world, "alice", &room, "!contact set name Jane Doe", "contact").await;
    done(world, "alice", &room).await;
}

async fn a_text_and_its_answer(database: Database) {
    let world = World::with(WorldOptions { database, agents: &["alice", "bob"], ..awake() }).await;
    // Bob has been idle for longer: whatever else comes would be offered to him.
    world.command("bob", "!ready", "status").await;
    world.command("alice", "!ready", "status").await;
    let alice = world.agent("alice");

    let (typed, notice) = types(&world, "!sms (415) 555-0100 Your order is here.", "sms").await;
    let said = notice.notice().unwrap();
    assert_eq!((&said["number"], &said["our_number"]), (&json!(JANE), &json!(OURS)));
    let id = said["interaction"].as_str().unwrap().to_owned();
    world.phone_gets(JANE, &["Your order is here."]).await;
    alice.wait_for_reaction(&typed, "✓").await.unwrap();
    world.drained().await;
    assert_eq!(rooms_of_customers(&world).await, 0, "there is no room until they answer");
    assert_eq!(offers(&world, "alice", JANE) + offers(&world, "bob", JANE), 0);

    // Whatever they answer opens a conversation, and the sender is asked first.
    let position = alice.position();
    world.text(JANE, "Thanks!").await;
    offer_after(&world, "alice", position, JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    let earlier = alice.wait_for_notice(&room, "earlier").await.unwrap();
    assert_eq!(earlier.notice().unwrap()["id"], id.as_str());
    assert!(earlier.body().contains("Your order is here."), "{}", earlier.body());
    assert_eq!(offers(&world, "bob", JANE), 0);
    let event = alice.look(|log| log.rooms()[&room].interaction().unwrap().clone());
    assert_eq!((&event["direction"], &event["parent"]), (&json!("inbound"), &serde_json::Value::Null));

    let history = type_in(&world, "alice", &room, "!history", "history").await;
    let item = history.notice().unwrap()["items"][0].clone();
    assert_eq!(
        (&item["kind"], &item["outbound"], &item["state"]),
        (&json!("page"), &json!(true), &json!("done"))
    );
    let lines = type_in(&world, "alice", &room, &format!("!history {id}"), "transcript").await;
    for words in ["alice Doe texted first", "Your order is here."] {
        assert!(lines.body().contains(words), "{words} is not in {}", lines.body());
    }
    let refused = world.command("alice", &format!("!reopen {id}"), "refused").await;
    assert_eq!(refused.notice().unwrap()["why"], "only_sent");
    world.finish().await;
}

#[tokio::test]
async fn the_answer_comes_to_the_sender_also_in_a_queue_that_is_not_theirs() {
    let each = &[("alice", "queues: [sales]"), ("bob", "queues: [support]")];
    let queue = "undo_secs: 0}, {name: sales";
    let world = World::with(WorldOptions { agents: &["alice", "bob"], each, queue, ..awake() }).await;
    world.command("bob", "!ready", "status").await;
    world.command("alice", "!ready", "status").await;
    types(&world, "!sms (415) 555-0100 Your order is here.", "sms").await;
    world.phone_gets(JANE, &["Your order is here."]).await;
    world.text(JANE, "Which one?").await;
    let room = join_offered(&world, "alice", JANE).await;
    let event = world.agent("alice").look(|log| log.rooms()[&room].interaction().unwrap().clone());
    assert_eq!(event["queue"], "support");
    assert_eq!(offers(&world, "bob", JANE), 0);
    world.finish().await;
}

#[tokio::test]
async fn an_agent_texts_first_and_gets_the_answer_on_sqlite() {
    a_text_and_its_answer(Database::Sqlite).await;
}

#[tokio::test]
async fn an_agent_texts_first_and_gets_the_answer_on_postgres() {
    a_text_and_its_answer(Database::Postgres).await;
}

#[tokio::test]
async fn a_customer_is_texted_by_name_by_row_and_by_conversation() {
    let world = World::with(awake()).await;
    jane_is_known(&world).await;

    types(&world, "!sms jane doe By \"name\" {}", "sms").await;
    world.phone_gets(JANE, &["By \"name\" {}"]).await;
    // What has several lines arrives as it is.
    types(&world, "!sms \"Jane Doe\" one\n\n  two", "sms").await;
    let list = world.command("alice", "!contacts doe", "list").await;
    assert_eq!(rows(&list).len(), 1, "{}", list.body());
    // Digits behind the number of a row may be those of a telephone number: nobody gets that.
    for typed in ["!sms 1 415 555 013 hi", "!sms 1 800 FLOWERS hi", "!sms 1 (415) 555 hi"] {
        let (_, refused) = types(&world, typed, "usage").await;
        assert!(refused.body().contains("the beginning of a number"), "{typed}: {}", refused.body());
    }
    let (_, notice) = types(&world, "!sms 1 By row", "sms").await;
    let id = notice.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    types(&world, &format!("!sms {id} By conversation"), "sms").await;
    let all = ["By \"name\" {}", "one\n\n  two", "By row", "By conversation"];
    world.phone_gets(JANE, &all).await;

    // Of several who are called so, and of several numbers, one is picked.
    let room = world.conversation("alice", JOHN, "Hi").await;
    type_in(&world, "alice", &room, "!contact set name John Doe", "contact").await;
    let list = world.command("alice", "!sms Doe Which one?", "list").await;
    assert_eq!(rows(&list).len(), 2, "{}", list.body());
    let row = rows(&list).iter().position(|row| row.starts_with("Jane")).unwrap() + 1;
    types(&world, &format!("!{row}"), "sms").await;
    done(&world, "alice", &room).await;
    let again = type_again(&world).await;
    type_in(&world, "alice", &again, &format!("!contact set number {JANES_OTHER}"), "contact").await;
    done(&world, "alice", &again).await;
    let list = world.command("alice", "!sms Jane Doe Which number? {}", "list").await;
    assert_eq!(rows(&list).len(), 2, "{}", list.body());
    let row = rows(&list).iter().position(|row| row.starts_with(JANES_OTHER)).unwrap() + 1;
    let (_, notice) = types(&world, &format!("!{row}"), "sms").await;
    assert_eq!(notice.notice().unwrap()["contact"], "Jane Doe");
    world.phone_gets(JANES_OTHER, &["Which number? {}"]).await;
    world.finish().await;
}

/// Jane writes again, and Alice takes it.
async fn type_again(world: &World) -> ruma::OwnedRoomId {
    world.text(JANE, "Hello again").await;
    let alice = world.agent("alice");
    let room = alice.wait_for_invite("Jane", |room| room.name().contains("Jane Doe")).await.unwrap();
    alice.join(&room).await.unwrap();
    world.state("alice", &room, "active").await;
    room
}

#[tokio::test]
async fn a_text_begun_in_a_room_is_that_conversations_child() {
    let world = World::with(awake()).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Can John come?").await;
    let parent =
        alice.look(|log| log.rooms()[&room].interaction().unwrap()["id"].as_str().unwrap().to_owned());

    let (typed, notice) = types_in(&world, &room, &format!("!sms {JOHN} Can you come?"), "sms").await;
    let child = notice.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    world.phone_gets(JOHN, &["Can you come?"]).await;
    alice.wait_for_reaction(&typed, "✓").await.unwrap();
    assert_eq!(world.taken_for(JANE), [""; 0], "nothing of it goes to the customer of the room");

    let lines = type_in(&world, "alice", &room, &format!("!history {child}"), "transcript").await;
    assert!(lines.body().contains(&format!("from the room of {parent}")), "{}", lines.body());
    let lines = type_in(&world, "alice", &room, &format!("!history {parent}"), "transcript").await;
    assert!(lines.body().contains(&child), "{}", lines.body());
    // To the customer of the room it is asked for: they can be written to there.
    let (_, asked) = types_in(&world, &room, &format!("!sms {JANE} Yes"), "sms_confirm").await;
    let warning = &asked.notice().unwrap()["warnings"][0];
    assert_eq!((&warning["why"], &warning["yours"]), (&json!("session_open"), &json!(true)));
    type_in(&world, "alice", &room, "!yes", "sms").await;
    world.phone_gets(JANE, &["Yes"]).await;
    let history = type_in(&world, "alice", &room, "!history", "history").await;
    assert_eq!(history.notice().unwrap()["items"][0]["parent"], parent.as_str());

    // What fails is told where it was typed, and is sent again from there.
    let (typed, _) = types_in(&world, &room, &format!("!sms {SWITCHED_OFF} Anyone?"), "sms").await;
    let failed = told_of(&world, &typed, "message_failed").await;
    assert_eq!(failed.room_id, room);
    alice.wait_for_reaction(&typed, "❌").await.unwrap();
    alice.send_reply(&room, &typed, "!resend").await.unwrap();
    world.phone_gets(SWITCHED_OFF, &["Anyone?", "Anyone?"]).await;
    world.drained().await;
    // Once they have left the room, it is told in their console too.
    world.provider.faults().callbacks(PostFault::Held);
    types_in(&world, &room, &format!("!sms {SWITCHED_OFF} Anyone else?"), "sms").await;
    world.phone_gets(SWITCHED_OFF, &["Anyone?", "Anyone?", "Anyone else?"]).await;
    done(&world, "alice", &room).await;
    let console = world.console("alice").await;
    world.provider.faults().callbacks(PostFault::None);
    let fits = |seen: &Seen| {
        seen.room_id == console && seen.code() == "message_failed" && seen.body().contains("Anyone else?")
    };
    alice.wait_for("the failure to be told in the console", fits).await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn what_becomes_of_it_is_told_in_the_console() {
    let world = World::with(awake()).await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);

    let (typed, _) = types(&world, &format!("!sms {SWITCHED_OFF} Anyone there?"), "sms").await;
    let failed = told_of(&world, &typed, "message_failed").await;
    assert_eq!((&failed.room_id, failed.msgtype()), (&console, "m.text"));
    assert_eq!(failed.mentions(), Some(vec!["@alice:desk.test"]));
    alice.wait_for_reaction(&typed, "❌").await.unwrap();
    let again = alice.send_reply(&console, &failed.event_id, "!resend").await.unwrap();
    told_of(&world, &again, "resent").await;
    world.phone_gets(SWITCHED_OFF, &["Anyone there?", "Anyone there?"]).await;
    eventually("it to fail once more", || async {
        let failed = "SELECT COUNT(*) FROM replies WHERE body LIKE '%\"is\":\"failed\"%'";
        (world.number(failed).await == 2).then_some(())
    })
    .await;
    world.command("alice", "!resend", "resent").await;
    world.phone_gets(SWITCHED_OFF, &["Anyone there?"; 3]).await;

    world.provider.faults().answer_next(AnswerFault::FailedAtOnce(30006), 1);
    let (typed, _) = types(&world, &format!("!sms {JOHN} To a landline"), "sms").await;
    let failed = told_of(&world, &typed, "message_failed").await;
    assert_eq!(failed.notice().unwrap()["error"], 30006);
    // The answer is not heard of, and the provider's list knows.
    world.provider.faults().answer_next(AnswerFault::SilenceAfterAccepting, 1);
    let (typed, _) = types(&world, &format!("!sms {JANE} Once"), "sms").await;
    alice.wait_for_reaction(&typed, "✓").await.unwrap();
    world.drained().await;
    assert_eq!(world.taken_for(JANE), ["Once"]);
    world.finish().await;
}

#[tokio::test]
async fn a_command_that_is_deleted_in_time_sends_nothing() {
    let world = World::with(WorldOptions { queue: "undo_secs: 6", ..awake() }).await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);

    let (deleted, notice) = types(&world, &format!("!sms {JANE} Deleted"), "sms").await;
    assert_eq!(notice.notice().unwrap()["undo_secs"], 6);
    alice.redact(&console, &deleted).await.unwrap();
    let (edited, _) = types(&world, &format!("!sms {JANE} Edited"), "sms").await;
    alice.edit(&console, &edited, &format!("!sms {JANE} To this")).await.unwrap();
    let held = told_of(&world, &edited, "message_held_back").await;
    assert_eq!(held.notice().unwrap()["why"], "edited_away");
    let (sent, _) = types(&world, &format!("!sms {JANE} Sent"), "sms").await;
    alice.wait_for_reaction(&sent, "✓").await.unwrap();
    world.phone_gets(JANE, &["Sent"]).await;
    alice.redact(&console, &sent).await.unwrap();
    let held = told_of(&world, &sent, "message_held_back").await;
    assert_eq!(held.notice().unwrap()["why"], "already_sent");
    world.drained().await;
    assert_eq!(world.taken_for(JANE), ["Sent"]);
    assert_eq!(world.number("SELECT COUNT(*) FROM transcript WHERE kind = 'held_back'").await, 2);
    // The log of what was done tells those that went from those that did not.
    let log = world.books.rows("SELECT subject, detail FROM audit WHERE what = 'sms' ORDER BY id").await;
    let begun = log.iter().filter(|line| line[1].starts_with("texted ")).count();
    let back: Vec<&String> =
        log.iter().filter(|line| line[1] == "taken back, and not sent").map(|line| &line[0]).collect();
    assert_eq!((begun, back.len(), log.len()), (3, 2, 5), "{log:?}");
    assert!(back[0] != back[1], "{log:?}");
    world.finish().await;
}

/// The program dies at a point while a text is begun, and starts again.
async fn killed(database: Database) {
    let mut world = World::with(WorldOptions { database, ..awake() }).await;
    let console = world.console("alice").await;
    let mut kills = 0;
    for point in ["before_commit", "after_commit", "before_sms", "after_sms", "delivered"] {
        world.start_again(&format!("{point}=1*return")).await;
        world.bridge.listening_or_ended().await;
        let text = format!("Killed at {point}");
        let typed = world.agent("alice").send_text(&console, &format!("!sms {JANE} {text}")).await.unwrap();
        let begun = std::time::Instant::now();
        while !world.bridge.has_ended() && begun.elapsed() < crate::harness::PATIENCE {
            let is_marked = world.agent("alice").look(|log| !log.reactions(typed.as_str()).is_empty());
            if is_marked {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        kills += usize::from(world.bridge.has_ended());
        world.start_again("").await;
        // ✓, or ⚠️ where it died between the decision to submit and the request.
        let marked = |log: &switchroom::demo::agent::seen::Log| {
            let marks = log.reactions(typed.as_str());
            marks.iter().any(|(_, key)| ["✓", "⚠️"].contains(key)).then_some(())
        };
        world.agent("alice").until(&format!("a mark at {text:?}"), marked).await.unwrap();
    }
    assert!(kills >= 4, "the program was killed only {kills} times");
    world.drained().await;
    let taken = world.taken_for(JANE);
    for text in &taken {
        assert_eq!(taken.iter().filter(|other| *other == text).count(), 1, "{text} went twice: {taken:?}");
    }
    assert!(taken.len() >= 4, "{taken:?}");
    world.finish().await;
}

#[tokio::test]
async fn killed_at_any_point_it_is_sent_once_on_sqlite() {
    killed(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_at_any_point_it_is_sent_once_on_postgres() {
    killed(Database::Postgres).await;
}

#[tokio::test]
async fn its_spelling_is_looked_at_like_that_of_any_message() {
    let number = "queue: support, first_text: \"Acmephonee here.\"";
    let desk = "spelling: confirm";
    let world = World::with(WorldOptions { number, desk, ..awake() }).await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let misspelt = async |text: &str| {
        let typed = alice.send_text(&console, &format!("!sms {JANE} {text}")).await.unwrap();
        (typed.clone(), told_of(&world, &typed, "spelling").await)
    };
    // What goes before it is no word of the agent's.
    let (_, asked) = misspelt("Your ordr is here").await;
    let words = asked.notice().unwrap()["words"].as_array().unwrap().clone();
    assert_eq!((words.len(), &words[0]["text"]), (1, &json!("ordr")));
    let suggested = words[0]["suggestions"].as_array().unwrap();
    let order = suggested.iter().find(|suggestion| suggestion["text"] == "order").unwrap();
    alice.send_text(&console, &format!("!{}", order["number"])).await.unwrap();
    world.phone_gets(JANE, &["Acmephonee here.\nYour order is here"]).await;

    let (dropped, _) = misspelt("Teh end").await;
    alice.send_text(&console, "!no").await.unwrap();
    alice.wait_for_reaction(&dropped, "❌").await.unwrap();
    let (_, asked) = misspelt("Teh other end").await;
    alice.react(&console, &asked.event_id, "✅").await.unwrap();
    world.phone_gets(JANE, &["Acmephonee here.\nYour order is here", "Teh other end"]).await;
    world.finish().await;
}
