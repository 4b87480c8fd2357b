//! What is in the way of a text that an agent begins with, and what they are asked first.

use serde_json::{Value, json};
use switchroom::clock::Clock;
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::AnswerFault;

use super::sms::{awake, types};
use super::{done, held_back, join_offered, type_in};
use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";

/// Why a text was refused.
async fn refused(world: &World, command: &str) -> Value {
    types(world, command, "sms_refused").await.1.notice().unwrap()["why"].clone()
}

/// What Alice is asked about before a text goes.
fn warnings(asked: &Seen) -> Vec<&str> {
    let warnings = asked.notice().unwrap()["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["why"].as_str().unwrap()).collect()
}

async fn at_night(database: Database) {
    let world = World::with(WorldOptions {
        database,
        sms: "quiet_hours: {from: \"00:00\", to: \"24:00\"}",
        ..WorldOptions::default()
    })
    .await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let (_, asked) = types(&world, &format!("!sms {JANE} Are you {{}} up?"), "sms_confirm").await;
    assert_eq!(warnings(&asked), ["quiet_hours"]);
    let warning = &asked.notice().unwrap()["warnings"][0];
    assert_eq!((&warning["zone"], &warning["until"]), (&json!("America/Los_Angeles"), &Value::Null));
    assert!(asked.body().contains("Are you {} up?"), "{}", asked.body());
    world.command("alice", "!no", "left_as_it_was").await;
    world.command("alice", "!yes", "no_such_target").await;
    world.drained().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM contacts").await, 0, "nobody is made of a question");

    // By a word, and by a reaction to the question, once.
    types(&world, &format!("!sms {JANE} By a word {{}}"), "sms_confirm").await;
    types(&world, "yes", "sms").await;
    world.phone_gets(JANE, &["By a word {}"]).await;
    let (_, asked) = types(&world, &format!("!sms {JANE} By a reaction"), "sms_confirm").await;
    alice.react(&console, &asked.event_id, "✅").await.unwrap();
    let fits = |seen: &Seen| seen.code() == "sms" && seen.replies_to() == Some(asked.event_id.as_str());
    let sent = alice.wait_for("the text to be on its way", fits).await.unwrap();
    assert_eq!(sent.notice().unwrap()["undo_secs"], 0);
    alice.wait_for_reaction(&asked.event_id, "✓").await.unwrap();
    alice.react(&console, &asked.event_id, "👍").await.unwrap();
    let over =
        |seen: &Seen| seen.code() == "no_such_target" && seen.replies_to() == Some(asked.event_id.as_str());
    alice.wait_for("the question to be over", over).await.unwrap();
    // What was confirmed stays confirmed, and is asked again of another text.
    types(&world, &format!("!sms confirmed:quiet_hours {JANE} As a program would"), "sms").await;
    types(&world, &format!("!sms confirmed:late {JANE} Not that"), "sms_confirm").await;
    world.drained().await;
    world.phone_gets(JANE, &["By a word {}", "By a reaction", "As a program would"]).await;

    // An answer to somebody who writes goes at any hour.
    let room = world.conversation("alice", JANE, "Now I am").await;
    alice.send_text(&room, "Good morning").await.unwrap();
    world.phone_gets(JANE, &["By a word {}", "By a reaction", "As a program would", "Good morning"]).await;
    world.finish().await;
}

#[tokio::test]
async fn at_night_it_is_asked_whether_it_is_meant_on_sqlite() {
    at_night(Database::Sqlite).await;
}

#[tokio::test]
async fn at_night_it_is_asked_whether_it_is_meant_on_postgres() {
    at_night(Database::Postgres).await;
}

#[tokio::test]
async fn a_question_is_answered_where_it_stands_whatever_was_typed_since() {
    let world = World::with(WorldOptions {
        sms: "quiet_hours: {from: \"00:00\", to: \"24:00\"}",
        ..WorldOptions::default()
    })
    .await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let answered = async |asked: &Seen, code: &str| {
        let fits = |seen: &Seen| seen.code() == code && seen.replies_to() == Some(asked.event_id.as_str());
        alice.wait_for(&format!("{code} about the question"), fits).await.unwrap()
    };
    let (_, first) = types(&world, &format!("!sms {JANE} Are you up?"), "sms_confirm").await;
    world.command("alice", "!status", "status").await;
    // A bare word may be meant for anything, a reaction only for what it stands under.
    world.command("alice", "!yes", "no_such_target").await;
    alice.react(&console, &first.event_id, "✅").await.unwrap();
    answered(&first, "sms").await;
    world.phone_gets(JANE, &["Are you up?"]).await;
    alice.react(&console, &first.event_id, "👍").await.unwrap();
    answered(&first, "no_such_target").await;
    // Another question in its place: the one before is over, and says so.
    let (_, second) = types(&world, &format!("!sms {JANE} And now?"), "sms_confirm").await;
    let (_, third) = types(&world, &format!("!sms {JANE} Or now?"), "sms_confirm").await;
    for key in ["✅", "1\u{fe0f}\u{20e3}"] {
        let position = alice.position();
        alice.react(&console, &second.event_id, key).await.unwrap();
        let told = |seen: &Seen| seen.replies_to() == Some(second.event_id.as_str());
        let over = alice.wait_for_after(position, "it to be over", told).await.unwrap();
        assert!(over.body().contains("That question was answered"), "{}", over.body());
    }
    world.command("alice", "!status", "status").await;
    alice.react(&console, &third.event_id, "❌").await.unwrap();
    answered(&third, "left_as_it_was").await;
    world.drained().await;
    assert_eq!(world.taken_for(JANE), ["Are you up?"]);
    world.finish().await;
}

#[tokio::test]
async fn an_open_conversation_and_a_number_of_long_ago_are_pointed_out() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..awake() }).await;
    let room = world.conversation("bob", JANE, "Hello Bob").await;
    let (_, asked) = types(&world, &format!("!sms {JANE} Hello"), "sms_confirm").await;
    assert_eq!(warnings(&asked), ["session_open"]);
    let warning = &asked.notice().unwrap()["warnings"][0];
    assert_eq!((&warning["owner"], &warning["yours"]), (&json!("bob Doe"), &json!(false)));
    types(&world, "!yes", "sms").await;
    world.phone_gets(JANE, &["Hello"]).await;
    // Their answer goes where they are in a conversation.
    world.text(JANE, "Hello both").await;
    world.agent("bob").wait_for_text(&room, "Hello both").await.unwrap();
    done(&world, "bob", &room).await;
    types(&world, &format!("!sms {JANE} Hello again"), "sms").await;
    world.phone_gets(JANE, &["Hello", "Hello again"]).await;

    world.drained().await;
    let back = "UPDATE transcript SET at = at - 7948800000 RETURNING 1";
    world.number(back).await;
    let back = "UPDATE interactions SET body = json_set(body, '$.created_at', 1600000000000) RETURNING 1";
    world.number(back).await;
    let (_, asked) = types(&world, &format!("!sms {JANE} Still you?"), "sms_confirm").await;
    assert_eq!(warnings(&asked), ["long_unseen"]);
    assert_eq!(asked.notice().unwrap()["warnings"][0]["days"], 92);
    world.command("alice", "!no", "left_as_it_was").await;
    world.finish().await;
}

#[tokio::test]
async fn who_may_not_be_texted_is_not_and_it_says_what_to_do() {
    let world = World::with(awake()).await;
    for (typed, why) in [
        ("!sms +15005550006 Hello us", "our_number"),
        ("!sms sms:74454 Hello code", "short_code"),
        ("!sms whatsapp:+14155550100 Hello", "no_number_of_ours"),
    ] {
        assert_eq!(refused(&world, typed).await, why, "{typed}");
    }
    let long = format!("!sms {JANE} {}", "long ".repeat(6_500));
    assert_eq!(refused(&world, &long).await, "too_long");

    let room = world.conversation("alice", JANE, "Hello").await;
    world.text(JANE, "STOP").await;
    world.agent("alice").wait_for_notice(&room, "opted_out").await.unwrap();
    done(&world, "alice", &room).await;
    let (_, notice) = types(&world, &format!("!sms {JANE} One more thing"), "sms_refused").await;
    assert_eq!(notice.notice().unwrap()["why"], "opted_out");
    assert!(notice.body().contains("START"), "{}", notice.body());

    let room = world.conversation("alice", JOHN, "Hello").await;
    type_in(&world, "alice", &room, "!block 2h rude", "blocked").await;
    world.agent("alice").wait_until_out_of(&room).await.unwrap();
    assert_eq!(refused(&world, &format!("!sms {JOHN} Hello")).await, "blocked");
    world.drained().await;
    assert_eq!(world.taken_for(JANE).len() + world.taken_for(JOHN).len(), 0);
    world.finish().await;
}

#[tokio::test]
async fn where_consent_is_required_it_has_to_be_on_record() {
    let world = World::with(WorldOptions {
        sms: "quiet_hours: {from: \"00:00\", to: \"00:00\"}\n  outbound_consent: required",
        ..WorldOptions::default()
    })
    .await;
    assert_eq!(refused(&world, &format!("!sms {JANE} Hello")).await, "no_consent");
    // To have written is no consent; to have said so is.
    let room = world.conversation("alice", JANE, "Hello").await;
    done(&world, "alice", &room).await;
    assert_eq!(refused(&world, &format!("!sms {JANE} Hello")).await, "no_consent");
    world.text(JANE, "START").await;
    let room = join_offered(&world, "alice", JANE).await;
    world.agent("alice").wait_for_text(&room, "START").await.unwrap();
    done(&world, "alice", &room).await;
    types(&world, &format!("!sms {JANE} Hello"), "sms").await;
    world.phone_gets(JANE, &["Hello"]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_new_customer_reads_first_who_we_are() {
    let first = "This is {{ agent.first_name }} of ACME. Text STOP to end this.";
    let number = format!("queue: support, first_text: \"{first}\"");
    let world = World::with(WorldOptions { number: number.leak(), ..awake() }).await;
    let (_, notice) = types(&world, &format!("!sms {JANE} Your order is here."), "sms").await;
    let first = "This is alice of ACME. Text STOP to end this.";
    assert_eq!(notice.notice().unwrap()["note"], first);
    let whole = format!("{first}\nYour order is here.");
    world.phone_gets(JANE, &[&whole]).await;
    let (_, notice) = types(&world, &format!("!sms {JANE} It still is."), "sms").await;
    assert_eq!(notice.notice().unwrap().get("note"), None);
    world.phone_gets(JANE, &[&whole, "It still is."]).await;

    // Who has written knows who we are.
    let room = world.conversation("alice", JOHN, "Hello").await;
    done(&world, "alice", &room).await;
    types(&world, &format!("!sms {JOHN} Hello John"), "sms").await;
    world.phone_gets(JOHN, &["Hello John"]).await;
    world.finish().await;
}

#[tokio::test]
async fn whoever_may_not_text_first_does_not_and_what_is_odd_is_answered() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        each: &[("bob", "permissions: [im, transfer]")],
        ..awake()
    })
    .await;
    let refused = world.command("bob", &format!("!sms {JANE} Hello"), "not_allowed").await;
    assert_eq!(refused.notice().unwrap()["needs"]["permission"], "sms_outbound");
    // Another's list is not theirs.
    let room = world.conversation("alice", JANE, "Hello").await;
    type_in(&world, "alice", &room, "!contact set name Jane Doe", "contact").await;
    done(&world, "alice", &room).await;
    world.command("bob", "!contacts jane", "list").await;
    types(&world, "!sms 1 Hello", "no_such_target").await;

    for (typed, code) in [
        ("!sms", "usage"),
        ("!sms   ", "usage"),
        ("!sms +14155550100", "usage"),
        ("!sms +14155550100   ", "usage"),
        ("!sms +14155550100 \u{200b}\u{202e}", "usage"),
        ("!sms Jane Doe", "usage"),
        ("!sms 1", "no_such_target"),
        ("!sms 999 Hello", "no_such_target"),
        ("!sms +1415555 Hello", "usage"),
        ("!sms +1415abc5550100 Hello", "usage"),
        ("!sms 415-555-0123;ext=7 Hello", "usage"),
        ("!sms telegram:+14155550100 Hello", "usage"),
        ("!sms nobody Hello", "no_such_target"),
        ("!sms i-9zzzz Hello", "no_such_target"),
        ("!sms c-9zzzzzzz Hello", "no_such_target"),
        ("!sms c-9zzzzzzz/sms:+14155550100 Hello", "no_such_target"),
        ("!sms '; DROP TABLE contacts; -- Hello", "no_such_target"),
        ("!sms confirmed:quiet_hours", "usage"),
        ("!smss +14155550100 Hello", "unknown_command"),
    ] {
        types(&world, typed, code).await;
    }
    world.drained().await;
    assert_eq!(world.taken_for(JANE), [""; 0]);
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions").await, 1);
    world.finish().await;
}

#[tokio::test]
async fn whoever_loses_the_permission_meanwhile_sends_nothing_more() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        each: &[("bob", "roles: [agent, admin]")],
        queue: "undo_secs: 8",
        ..awake()
    })
    .await;
    let (typed, _) = types(&world, &format!("!sms {JANE} Hello"), "sms").await;
    world.command("bob", "!agent set alice permissions im", "changed").await;
    assert_eq!(held_back(world.agent("alice"), &typed).await, "may_not_text");
    world.drained().await;
    assert_eq!(world.taken_for(JANE), [""; 0]);
    world.finish().await;
}

#[tokio::test]
async fn what_could_not_be_sent_for_long_waits_for_its_writers_word() {
    let world = World::with(WorldOptions { timers: "late_secs: 8", ..awake() }).await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    world.provider.faults().answer_next(AnswerFault::RateLimit, 100);
    let (typed, _) = types(&world, &format!("!sms {JANE} Late"), "sms").await;
    let since = Clock::default().now();
    let is_late = || Clock::default().now().since(since).as_millis() > 8_000;
    eventually("it to be late", || async { is_late().then_some(()) }).await;
    world.provider.faults().clear();
    let fits = |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(typed.as_str());
    let held = alice.wait_for("the text to be held back", fits).await.unwrap();
    assert_eq!((&held.room_id, &held.notice().unwrap()["why"]), (&console, &json!("late")));
    assert_eq!(world.taken_for(JANE), [""; 0]);
    alice.react(&console, &held.event_id, "✅").await.unwrap();
    world.phone_gets(JANE, &["Late"]).await;
    alice.wait_for_reaction(&typed, "✓").await.unwrap();
    world.finish().await;
}
