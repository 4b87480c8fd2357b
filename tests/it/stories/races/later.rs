//! The time of a text comes while something else happens.

use switchroom::demo::agent::seen::Seen;

use crate::harness::{Database, World, eventually};
use crate::stories::later::{WAITING, desk, later, news};
use crate::stories::{join_offered, offer_after};

const JANE: &str = "+14155550100";
const PHONES: [&str; 5] = ["+14155550100", "+14155550101", "+14155550102", "+14155550103", "+14155550104"];
const COME: &str = "UPDATE timers SET due_at = 0 WHERE body LIKE '%\"due\":\"later\"%' RETURNING 1";

#[tokio::test]
async fn its_time_comes_as_its_conversation_is_done_and_it_goes_once_on_sqlite() {
    as_its_conversation_is_done(Database::Sqlite).await;
}

#[tokio::test]
async fn its_time_comes_as_its_conversation_is_done_and_it_goes_once_on_postgres() {
    as_its_conversation_is_done(Database::Postgres).await;
}

async fn as_its_conversation_is_done(database: Database) {
    let world = World::with(desk(database)).await;
    let alice = world.agent("alice");
    for phone in PHONES {
        let room = world.conversation("alice", phone, "Hello?").await;
        // What the contact wrote is some time ago, so that `done` is not refused because of it.
        world.number("UPDATE transcript SET at = at - 60000 WHERE kind = 'contact' RETURNING 1").await;
        later(&world, "alice", &room, "2h Did it arrive?").await;
        let (_, _) = tokio::join!(world.number(COME), alice.send_text(&room, "!done"));
        alice.wait_until_out_of(&room).await.unwrap();
        world.phone_gets(phone, &["Did it arrive?"]).await;
    }
    world.drained().await;
    assert_eq!(world.number(WAITING).await, 0);
    for phone in PHONES {
        assert_eq!(world.taken_for(phone).len(), 1, "{phone}");
    }
    world.finish().await;
}

#[tokio::test]
async fn its_time_comes_as_the_contact_writes_and_it_goes_or_waits_on_sqlite() {
    as_the_contact_writes(Database::Sqlite).await;
}

#[tokio::test]
async fn its_time_comes_as_the_contact_writes_and_it_goes_or_waits_on_postgres() {
    as_the_contact_writes(Database::Postgres).await;
}

async fn as_the_contact_writes(database: Database) {
    let world = World::with(desk(database)).await;
    let alice = world.agent("alice");
    for phone in PHONES {
        let room = world.conversation("alice", phone, "Hello?").await;
        later(&world, "alice", &room, "2h Did it arrive?").await;
        let position = alice.position();
        let (_, _) = tokio::join!(world.number(COME), world.text(phone, "It arrived"));
        let told =
            |seen: &Seen| seen.room_id == room && ["scheduled", "scheduled_dropped"].contains(&seen.code());
        let told = alice.wait_for_after(position, "what became of it", told).await.unwrap();
        alice.wait_for_text(&room, "It arrived").await.unwrap();
        if told.code() == "scheduled" {
            world.phone_gets(phone, &["Did it arrive?"]).await;
        } else {
            world.drained().await;
            assert!(world.taken_for(phone).is_empty(), "{phone}");
            alice.react(&room, &told.event_id, "❌").await.unwrap();
        }
        eventually("nothing to wait", || async { (world.number(WAITING).await == 0).then_some(()) }).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn its_time_comes_as_it_changes_hands_and_it_goes_once() {
    let world = World::with(desk(Database::Sqlite)).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    for phone in &PHONES[..3] {
        world.command("bob", "!notready lunch", "status").await;
        let room = world.conversation("alice", phone, "Hello?").await;
        later(&world, "alice", &room, "2h Did it arrive?").await;
        world.command("bob", "!ready", "status").await;
        let position = bob.position();
        alice.send_text(&room, "!transfer bob").await.unwrap();
        offer_after(&world, "bob", position, phone).await;
        let (_, _) = tokio::join!(world.number(COME), join_offered(&world, "bob", phone));
        world.phone_gets(phone, &["Did it arrive?"]).await;
    }
    world.drained().await;
    assert_eq!(world.number(WAITING).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn killed_around_each_step_a_text_goes_once_on_sqlite() {
    killed_around_each_step(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_around_each_step_a_text_goes_once_on_postgres() {
    killed_around_each_step(Database::Postgres).await;
}

async fn killed_around_each_step(database: Database) {
    let mut world = World::with(desk(database)).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    let mut sent = Vec::new();
    for point in ["later_kept=1*return", "later_due=1*return", "before_sms=1*return", "later_sent=1*return"] {
        let text = format!("text at {point}");
        let asks = point.starts_with("later_sent");
        if asks {
            later(&world, "alice", &room, &format!("2h {text}")).await;
            world.text(JANE, "Hello again").await;
            let position = world.agent("alice").position();
            world.agent("alice").wait_for_text(&room, "Hello again").await.unwrap();
            world.number(COME).await;
            let asked = |seen: &Seen| seen.room_id == room && seen.code() == "scheduled_dropped";
            world.agent("alice").wait_for_after(position, "the question", asked).await.unwrap();
            world.drained().await;
        }
        world.start_again(point).await;
        world.bridge.listening_or_ended().await;
        let position = world.agent("alice").position();
        let line = if asks { "!yes".to_owned() } else { format!("!later 1s {text}") };
        world.agent("alice").send_text(&room, &line).await.unwrap();
        eventually("the program to die", || {
            let ended = world.bridge.has_ended();
            async move { ended.then_some(()) }
        })
        .await;
        world.start_again("").await;
        news(&world, "alice", position, &room, "goes").await;
        // Where it was being sent, nobody knows whether it was; nothing sends it again.
        if point.starts_with("before_sms") {
            let unsure = "SELECT COUNT(*) FROM replies WHERE body LIKE '%\"is\":\"unknown\"%' OR body LIKE '%\"is\":\"unconfirmed\"%'";
            eventually("its fate to be open", || async { (world.number(unsure).await == 1).then_some(()) })
                .await;
        } else {
            sent.push(text);
            let texts: Vec<&str> = sent.iter().map(String::as_str).collect();
            world.phone_gets(JANE, &texts).await;
        }
        assert_eq!(world.number(WAITING).await, 0, "{point}");
    }
    world.finish().await;
}
