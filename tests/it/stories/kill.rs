//! The program is killed at every point around each commit and each delivery, while a contact and an agent
//! write to each other. The oracle compares both sides: nothing is lost, nothing comes twice, and the order
//! is kept.

use std::collections::BTreeSet;

use ruma::{OwnedEventId, OwnedRoomId};

use crate::harness::{Database, PATIENCE, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
/// The points at which the program dies, and how often each is passed before it does.
const POINTS: [&str; 7] = [
    "before_commit",
    "after_commit",
    "before_matrix",
    "after_matrix",
    "delivered",
    "before_sms",
    "after_sms",
];
const PASSED: [usize; 3] = [0, 1, 3];

#[tokio::test]
async fn killed_at_every_point_nothing_is_lost_and_nothing_comes_twice_on_sqlite() {
    killed_at_every_point(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_at_every_point_nothing_is_lost_and_nothing_comes_twice_on_postgres() {
    killed_at_every_point(Database::Postgres).await;
}

async fn killed_at_every_point(database: Database) {
    let mut world = World::with(WorldOptions { database, ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    let (mut texts, mut replies) = (vec!["Hello?".to_owned()], Vec::new());
    let mut kills = 0;
    for point in POINTS {
        for passed in PASSED {
            let first = if passed == 0 { String::new() } else { format!("{passed}*off->") };
            world.start_again(&format!("{point}={first}1*return")).await;
            world.bridge.listening_or_ended().await;
            let (text, reply) = (format!("text at {point} {passed}"), format!("reply at {point} {passed}"));
            world.text(JANE, &text).await;
            let event = world.agent("alice").send_text(&room, &reply).await.unwrap();
            texts.push(text);
            replies.push((event, reply));
            kills += usize::from(died_or_done(&mut world, &room, &texts, &replies).await);
            world.start_again("").await;
            let position = texts.last().unwrap();
            world.agent("alice").wait_for_text(&room, position).await.unwrap();
        }
    }
    assert!(kills >= POINTS.len(), "the program was killed only {kills} times");
    all_texts_came_once_in_order(&world, &room, &texts).await;
    each_reply_went_at_most_once(&world, &room, &replies).await;
    world.finish().await;
}

/// Waits until the program has died, or both messages are through without that; true if it died.
async fn died_or_done(
    world: &mut World,
    room: &OwnedRoomId,
    texts: &[String],
    replies: &[(OwnedEventId, String)],
) -> bool {
    let (text, (_, reply)) = (texts.last().unwrap(), replies.last().unwrap());
    let begun = std::time::Instant::now();
    while !world.bridge.has_ended() {
        let shown = world.agent("alice").look(|log| log.messages(room).any(|seen| seen.body() == text));
        if shown && world.taken_for(JANE).contains(reply) {
            return false;
        }
        assert!(begun.elapsed() < PATIENCE, "neither died nor brought {text:?} and {reply:?} through");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    true
}

async fn all_texts_came_once_in_order(world: &World, room: &OwnedRoomId, texts: &[String]) {
    let ghost = world.ghost(JANE).await;
    let shown: Vec<String> = world.agent("alice").look(|log| {
        let by_ghost = |seen: &&switchroom::demo::agent::seen::Seen| seen.sender == ghost;
        log.messages(room).filter(by_ghost).map(|seen| seen.body().to_owned()).collect()
    });
    assert_eq!(shown, texts);
}

async fn each_reply_went_at_most_once(world: &World, room: &OwnedRoomId, replies: &[(OwnedEventId, String)]) {
    let taken = world.taken_for(JANE);
    let unique: BTreeSet<&String> = taken.iter().collect();
    assert_eq!(unique.len(), taken.len(), "a reply was submitted twice: {taken:?}");
    for (event, reply) in replies {
        if taken.contains(reply) {
            continue;
        }
        // It died between the decision to submit and the request: nobody can know, and the agent is told so.
        let agent = world.agent("alice");
        eventually(&format!("{reply:?} to be shown as unconfirmed"), || async {
            let told = agent.look(|log| {
                let about = |seen: &&switchroom::demo::agent::seen::Seen| {
                    seen.code() == "message_unconfirmed" && seen.replies_to() == Some(event.as_str())
                };
                log.messages(room).any(|seen| about(&seen))
            });
            told.then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_set_aside_and_holds_up_nothing() {
    let mut world = World::new().await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    world.start_again("before_matrix=1*return").await;
    world.bridge.listening_or_ended().await;
    world.text(JANE, "a text whose row is damaged").await;
    eventually("the program to die", || {
        let ended = world.bridge.has_ended();
        async move { ended.then_some(()) }
    })
    .await;
    let damage =
        "UPDATE outbox SET body = 'damaged' WHERE state = 'ready' AND lane LIKE 'room:%' RETURNING 1";
    world.number(damage).await;
    world.start_again("").await;
    world.text(JANE, "the next text").await;
    world.agent("alice").wait_for_text(&room, "the next text").await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 1);
    // The damage was done on purpose; the story ends as if a person had looked at it.
    world.number("DELETE FROM set_aside RETURNING 1").await;
    world.finish().await;
}
