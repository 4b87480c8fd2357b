//! An offer that nobody answers rings once more, and what rang goes with the offer.

use ruma::OwnedEventId;
use switchroom::demo::agent::seen::Seen;

use super::{join_offered, offer_after, outcome, text_offered_to};
use crate::harness::{Database, World, WorldOptions, eventually, shown};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";

fn options(database: Database) -> WorldOptions {
    WorldOptions {
        database,
        agents: &["alice", "bob"],
        queue: "undo_secs: 0, offer_secs: 600, offer_ring_secs: 1",
        ..WorldOptions::default()
    }
}

/// Waits for the second ring of an offer.
async fn ring(world: &World, name: &str, offer: &Seen) -> Seen {
    let about = offer.notice().unwrap()["interaction"].clone();
    let fits = |seen: &Seen| {
        seen.code() == "offer_ring" && seen.notice().is_some_and(|notice| notice["interaction"] == about)
    };
    world.agent(name).wait_for("the second ring", fits).await.unwrap()
}

/// Waits until something is taken away in an agent's console; how often it was.
async fn taken_away(world: &World, name: &str, event: &OwnedEventId) -> usize {
    let times = |log: &switchroom::demo::agent::seen::Log| {
        log.events().iter().filter(|seen| seen.redacts.as_ref() == Some(event)).count()
    };
    let gone = |log: &switchroom::demo::agent::seen::Log| Some(times(log)).filter(|times| *times > 0);
    world.agent(name).until("the ring to be taken away", gone).await.unwrap();
    world.drained().await;
    world.agent(name).look(times)
}

#[tokio::test]
async fn an_offer_nobody_answers_rings_once_more_on_sqlite() {
    rings_once_more(Database::Sqlite).await;
}

#[tokio::test]
async fn an_offer_nobody_answers_rings_once_more_on_postgres() {
    rings_once_more(Database::Postgres).await;
}

async fn rings_once_more(database: Database) {
    let world = World::with(options(database)).await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    world.command("alice", "!ready", "status").await;
    let offer = text_offered_to(&world, "alice", JANE).await;
    let rang = ring(&world, "alice", &offer).await;
    assert_eq!((rang.msgtype(), rang.mentions()), ("m.text", Some(vec!["@alice:desk.test"])));
    assert!(rang.body().contains(&*shown(JANE)), "{}", rang.body());
    assert_eq!(rang.notice().unwrap()["expires_at"], offer.notice().unwrap()["expires_at"]);
    alice.wait_for_reaction(&rang.event_id, "✅").await.unwrap();
    // It is answered like the preview.
    alice.react(&console, &rang.event_id, "✅").await.unwrap();
    outcome(&world, "alice", &offer, "offer_accepted").await;
    assert_eq!(taken_away(&world, "alice", &rang.event_id).await, 1);
    let room = join_offered(&world, "alice", JANE).await;

    // So does what a colleague is asked to take over.
    world.command("bob", "!ready", "status").await;
    let position = world.agent("bob").position();
    alice.send_text(&room, "!transfer bob").await.unwrap();
    let asked = offer_after(&world, "bob", position, JANE).await;
    let rang = ring(&world, "bob", &asked).await;
    world.agent("bob").send_reply(&world.console("bob").await, &rang.event_id, "!reject").await.unwrap();
    outcome(&world, "bob", &asked, "offer_rejected").await;
    assert_eq!(taken_away(&world, "bob", &rang.event_id).await, 1);

    // Each rang once.
    for name in ["alice", "bob"] {
        let rings = world
            .agent(name)
            .look(|log| log.events().iter().filter(|seen| seen.code() == "offer_ring").count());
        assert_eq!(rings, 1, "{name}");
    }
    world.finish().await;
}

#[tokio::test]
async fn killed_as_it_takes_a_ring_away_the_program_does_so_once() {
    let mut world = World::with(options(Database::Sqlite)).await;
    world.command("alice", "!ready", "status").await;
    for (point, phone) in [("before_take_away", JANE), ("after_take_away", OMAR)] {
        let offer = text_offered_to(&world, "alice", phone).await;
        let rang = ring(&world, "alice", &offer).await;
        world.drained().await;
        world.start_again(&format!("{point}=1*return")).await;
        world.bridge.listening_or_ended().await;
        let console = world.console("alice").await;
        world.agent("alice").react(&console, &offer.event_id, "✅").await.unwrap();
        eventually("the program to die", || {
            let ended = world.bridge.has_ended();
            async move { ended.then_some(()) }
        })
        .await;
        world.start_again("").await;
        assert_eq!(taken_away(&world, "alice", &rang.event_id).await, 1, "{point}");
        join_offered(&world, "alice", phone).await;
    }
    world.finish().await;
}
