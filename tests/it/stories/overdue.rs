//! Texts that wait for an answer: the owner is reminded, the supervisors are told, it is queued again.

use ruma::{OwnedRoomId, RoomId};
use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use super::{done, offer_after, type_in};
use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";
/// Texts that wait while their owner's time runs, and while it stands still.
const RUNS: &str = "SELECT COUNT(*) FROM interactions WHERE body LIKE '%reply_wait%runs_from%'";
const STANDS: &str =
    "SELECT COUNT(*) FROM interactions WHERE body LIKE '%reply_wait%' AND body NOT LIKE '%runs_from%'";

/// A desk with an agent and two supervisors, all in one queue.
fn supervised(database: Database, queue: &'static str) -> WorldOptions {
    WorldOptions {
        database,
        agents: &["alice", "sue", "tom"],
        each: &[("sue", "roles: [supervisor]"), ("tom", "roles: [supervisor]")],
        queue,
        ..WorldOptions::default()
    }
}

/// Waits for a notice in a room, of those after `position` of the agent's log.
async fn notice(world: &World, name: &str, position: usize, room: &RoomId, code: &str) -> Seen {
    let fits = |seen: &Seen| seen.room_id == room && seen.code() == code;
    world.agent(name).wait_for_after(position, &format!("{code} in {room}"), fits).await.unwrap()
}

/// How often an agent was shown the notice of a code.
fn times(world: &World, name: &str, code: &str) -> usize {
    world.agent(name).look(|log| log.events().iter().filter(|seen| seen.code() == code).count())
}

/// Waits until no text waits for an answer.
async fn all_answered(world: &World) {
    let waiting = "SELECT COUNT(*) FROM interactions WHERE body LIKE '%reply_wait%'";
    eventually("all to be answered", || async { (world.number(waiting).await == 0).then_some(()) }).await;
}

#[tokio::test]
async fn a_text_nobody_answers_reminds_then_tells_then_queues_again_on_sqlite() {
    nobody_answers(Database::Sqlite).await;
}

#[tokio::test]
async fn a_text_nobody_answers_reminds_then_tells_then_queues_again_on_postgres() {
    nobody_answers(Database::Postgres).await;
}

async fn nobody_answers(database: Database) {
    let world = World::with(supervised(database, "undo_secs: 0, reply_secs: [1, 2, 3]")).await;
    let (alice, sue) = (world.agent("alice"), world.agent("sue"));
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    let reminded = alice.wait_for_notice(&room, "reply_due").await.unwrap();
    assert_eq!((reminded.msgtype(), reminded.mentions()), ("m.text", Some(vec!["@alice:desk.test"])));
    let console = world.console("sue").await;
    let overdue = sue.wait_for_notice(&console, "reply_overdue").await.unwrap();
    assert_eq!((overdue.msgtype(), overdue.mentions()), ("m.text", Some(vec!["@sue:desk.test"])));
    assert!(overdue.body().contains("alice Doe"), "{}", overdue.body());
    for key in ["✅", "🔁"] {
        sue.wait_for_reaction(&overdue.event_id, key).await.unwrap();
    }
    let console = world.console("alice").await;
    let requeued = alice.wait_for_notice(&console, "requeued").await.unwrap();
    let told = requeued.notice().unwrap();
    assert_eq!((&told["why"], &told["not_ready"]), (&json!("no_reply"), &json!(false)));
    alice.wait_until_out_of(&room).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE state = 'queued'").await, 1);
    let kept = match database {
        Database::Sqlite => {
            "SELECT COUNT(*) FROM interactions WHERE json_extract(body, '$.enqueued_at') = created_at"
        }
        Database::Postgres => {
            "SELECT COUNT(*) FROM interactions WHERE CAST(body AS jsonb)->>'enqueued_at' = CAST(created_at AS text)"
        }
    };
    assert_eq!(world.number(kept).await, 1, "it keeps its place");
    world.drained().await;
    assert_eq!((times(&world, "alice", "reply_due"), times(&world, "sue", "reply_overdue")), (1, 1));
    world.finish().await;
}

#[tokio::test]
async fn of_two_supervisors_the_first_takes_over_and_the_other_reads_so() {
    // Her own time must not run out before the other has answered.
    let world = World::with(supervised(Database::Sqlite, "undo_secs: 0, reply_secs: [1, 12]")).await;
    let (alice, sue, tom) = (world.agent("alice"), world.agent("sue"), world.agent("tom"));
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    let (sues, toms) = (world.console("sue").await, world.console("tom").await);
    let to_sue = sue.wait_for_notice(&sues, "reply_overdue").await.unwrap();
    let to_tom = tom.wait_for_notice(&toms, "reply_overdue").await.unwrap();
    sue.react(&sues, &to_sue.event_id, "✅").await.unwrap();
    sue.wait_for_notice(&sues, "assigned").await.unwrap();
    assert_eq!(world.invite("sue", JANE).await, room);
    sue.join(&room).await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();
    for answer in ["✅", "🔁"] {
        let position = tom.position();
        tom.react(&toms, &to_tom.event_id, answer).await.unwrap();
        let refused = notice(&world, "tom", position, &toms, "refused").await;
        assert_eq!(refused.notice().unwrap()["why"], "seen_to", "{answer}");
    }
    // She has as much time as anyone, and answers.
    sue.wait_for_notice(&room, "reply_due").await.unwrap();
    sue.send_text(&room, "On its way").await.unwrap();
    world.phone_gets(JANE, &["On its way"]).await;
    all_answered(&world).await;
    done(&world, "sue", &room).await;
    world.finish().await;
}

#[tokio::test]
async fn a_supervisor_has_it_queued_again_and_the_agent_is_offered_it_in_its_old_place() {
    let world = World::with(supervised(Database::Sqlite, "undo_secs: 0, reply_secs: [1, 2]")).await;
    let (alice, sue) = (world.agent("alice"), world.agent("sue"));
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    let console = world.console("sue").await;
    let overdue = sue.wait_for_notice(&console, "reply_overdue").await.unwrap();
    world.command("tom", "!ready", "status").await;
    let position = world.agent("tom").position();
    sue.send_reply(&console, &overdue.event_id, "requeue").await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();
    offer_after(&world, "tom", position, JANE).await;
    world.finish().await;
}

#[tokio::test]
async fn an_answer_ends_the_wait_holding_stops_it_and_a_wish_to_be_left_alone_forgets_it() {
    let world = World::with(supervised(Database::Sqlite, "undo_secs: 0, reply_secs: [600]")).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    assert_eq!(world.number(RUNS).await, 1);
    alice.send_text(&room, "On its way").await.unwrap();
    all_answered(&world).await;
    world.text(JANE, "And when?").await;
    alice.wait_for_text(&room, "And when?").await.unwrap();
    assert_eq!(world.number(RUNS).await, 1, "a text after an answer waits anew");
    type_in(&world, "alice", &room, "!hold", "held").await;
    assert_eq!(world.number(STANDS).await, 1);
    type_in(&world, "alice", &room, "!resume", "resumed").await;
    assert_eq!(world.number(RUNS).await, 1);
    world.text(JANE, "STOP").await;
    all_answered(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn killed_as_it_reminds_an_owner_the_program_does_so_once() {
    let mut world = World::with(supervised(Database::Sqlite, "undo_secs: 0, reply_secs: [1]")).await;
    for (point, phone) in [
        ("reply_wait_over=1*return", JANE),
        ("before_matrix=1*off->1*return", OMAR),
        ("after_matrix=1*off->1*return", "+442071838750"),
    ] {
        let room: OwnedRoomId = world.conversation("alice", phone, "Hello?").await;
        let reminded = world.agent("alice").wait_for_notice(&room, "reply_due").await.unwrap();
        world.agent("alice").send_text(&room, "Hello!").await.unwrap();
        all_answered(&world).await;
        world.drained().await;
        world.start_again(point).await;
        world.bridge.listening_or_ended().await;
        world.text(phone, "And now?").await;
        eventually("the program to die", || {
            let ended = world.bridge.has_ended();
            async move { ended.then_some(()) }
        })
        .await;
        world.start_again("").await;
        let again = |seen: &Seen| {
            seen.room_id == room && seen.code() == "reply_due" && seen.event_id != reminded.event_id
        };
        world.agent("alice").wait_for("the second reminder", again).await.unwrap();
        world.drained().await;
        let reminders = world
            .agent("alice")
            .look(|log| log.messages(&room).filter(|seen| seen.code() == "reply_due").count());
        assert_eq!(reminders, 2, "{point}");
        world.agent("alice").send_text(&room, "Soon.").await.unwrap();
        all_answered(&world).await;
    }
    world.finish().await;
}
