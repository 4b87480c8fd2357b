//! Supervisors steer a conversation while its contact writes in it, or its owner closes it.

use switchroom::clock::Clock;
use switchroom::demo::agent::seen::Seen;

use super::{conversations, heard, only, settled};
use crate::harness::{Database, World, WorldOptions, eventually};
use crate::stories::{done, id_of, join_offered, offer_after};

const FOUR: [&str; 4] = ["+14155550211", "+14155550212", "+14155550213", "+14155550214"];
const MORE: &str = "One more thing";

fn supervised(database: Database) -> WorldOptions {
    WorldOptions {
        database,
        agents: &["alice", "sue"],
        agent: "capacity: {sms: 12}",
        each: &[("sue", "roles: [supervisor]")],
        ..WorldOptions::default()
    }
}

/// What a supervisor reads of a conversation, once they typed something.
async fn answer(world: &World, position: usize, id: &str, codes: &[&str]) -> String {
    let answers = |seen: &Seen| {
        codes.contains(&seen.code()) && seen.notice().is_some_and(|notice| notice["interaction"] == id)
    };
    let answer = world.agent("sue").wait_for_after(position, "the answer", answers).await.unwrap();
    answer.code().to_owned()
}

#[tokio::test]
async fn a_text_as_a_supervisor_closes_is_read_here_or_begins_another_conversation() {
    let world = World::with(supervised(Database::Sqlite)).await;
    let rooms = conversations(&world, "alice", &FOUR).await;
    let ids: Vec<String> = rooms.iter().map(|room| id_of(&world, "alice", room)).collect();
    eventually("the texts to be old enough to be read", || async {
        let last = world.number("SELECT MAX(at) FROM transcript WHERE kind = 'contact'").await;
        (Clock::default().now().0 - last > 6_000).then_some(())
    })
    .await;
    let (alice, sue, console) = (world.agent("alice"), world.agent("sue"), world.console("sue").await);
    for (n, ((phone, room), id)) in FOUR.into_iter().zip(&rooms).zip(&ids).enumerate() {
        let (position, before) = (sue.position(), alice.position());
        let line = format!("!close {id}");
        if n % 2 == 0 {
            drop(tokio::join!(sue.send_text(&console, &line), world.text(phone, MORE)).0.unwrap());
        } else {
            drop(tokio::join!(world.text(phone, MORE), sue.send_text(&console, &line)).1.unwrap());
        }
        let code = answer(&world, position, id, &["closed", "done_refused"]).await;
        println!("{phone}: {code}");
        if code == "done_refused" {
            alice.wait_for_text(room, MORE).await.unwrap();
            settled(&world, phone, "active", "alice").await;
            assert_eq!(heard(&world, room, phone).await, [format!("Hello from {phone}").as_str(), MORE]);
            done(&world, "alice", room).await;
        } else {
            alice.wait_until_out_of(room).await.unwrap();
            offer_after(&world, "alice", before, phone).await;
            let next = join_offered(&world, "alice", phone).await;
            assert_ne!(next, *room);
            assert_eq!(heard(&world, &next, phone).await, [MORE]);
        }
        only(&world, room, &[]).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn queued_again_by_a_supervisor_as_its_owner_closes_it_is_one_of_both_on_sqlite() {
    queued_again_as_it_is_closed(Database::Sqlite).await;
}

#[tokio::test]
async fn queued_again_by_a_supervisor_as_its_owner_closes_it_is_one_of_both_on_postgres() {
    queued_again_as_it_is_closed(Database::Postgres).await;
}

async fn queued_again_as_it_is_closed(database: Database) {
    let world = World::with(supervised(database)).await;
    let rooms = conversations(&world, "alice", &FOUR).await;
    let ids: Vec<String> = rooms.iter().map(|room| id_of(&world, "alice", room)).collect();
    eventually("the texts to be old enough to be read", || async {
        let last = world.number("SELECT MAX(at) FROM transcript WHERE kind = 'contact'").await;
        (Clock::default().now().0 - last > 6_000).then_some(())
    })
    .await;
    // Nobody is offered it again.
    world.command("alice", "!notready", "status").await;
    let (alice, sue, console) = (world.agent("alice"), world.agent("sue"), world.console("sue").await);
    for (n, ((phone, room), id)) in FOUR.into_iter().zip(&rooms).zip(&ids).enumerate() {
        let position = sue.position();
        let line = format!("!requeue {id}");
        let sent = if n % 2 == 0 {
            tokio::join!(sue.send_text(&console, &line), alice.send_text(room, "!done")).0
        } else {
            tokio::join!(alice.send_text(room, "!done"), sue.send_text(&console, &line)).1
        };
        sent.unwrap();
        let code = answer(&world, position, id, &["work_moved", "refused"]).await;
        println!("{phone}: {code}");
        let state = if code == "refused" { "done" } else { "queued" };
        settled(&world, phone, state, "").await;
        alice.wait_until_out_of(room).await.unwrap();
        only(&world, room, &[]).await;
    }
    assert!(FOUR.into_iter().all(|phone| world.taken_for(phone).is_empty()));
    world.finish().await;
}
