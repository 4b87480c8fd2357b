//! One agent with as many conversations at once as they may have.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use ruma::OwnedRoomId;
use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use super::{done, join_offered, offer_after, outcome};
use crate::harness::{World, WorldOptions};

const PHONES: [&str; 6] =
    ["+14155550141", "+14155550142", "+14155550143", "+14155550144", "+14155550145", "+14155550146"];
const SEVENTH: &str = "+14155550147";
const BOBS: &str = "+14155550148";
/// The number that leads to Bob.
const OTHER: &str = "+15005550009";

/// How Alice takes each of them.
#[derive(Clone, Copy)]
enum Way {
    Join,
    React(&'static str),
    Type(&'static str),
    TypeWithId(&'static str),
}

const WAYS: [Way; 6] = [
    Way::Join,
    Way::React("✅"),
    Way::TypeWithId("!accept"),
    Way::React("👍"),
    Way::Join,
    Way::Type("! Accept"),
];

/// Alice takes an offer: the room.
async fn take(world: &World, offer: &Seen, phone: &str, way: Way) -> OwnedRoomId {
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let id = offer.notice().unwrap()["interaction"].as_str().unwrap();
    match way {
        Way::Join => {}
        Way::React(key) => drop(alice.react(&console, &offer.event_id, key).await.unwrap()),
        Way::Type(words) => drop(alice.send_text(&console, words).await.unwrap()),
        Way::TypeWithId(words) => drop(alice.send_text(&console, &format!("{words} {id}")).await.unwrap()),
    }
    if !matches!(way, Way::Join) {
        outcome(world, "alice", offer, "offer_accepted").await;
    }
    let room = join_offered(world, "alice", phone).await;
    outcome(world, "alice", offer, "offer_accepted").await;
    room
}

/// What `!mine` shows: the rooms it leads to.
async fn mine(world: &World) -> BTreeSet<String> {
    let list = world.command("alice", "!mine", "list").await;
    let rows = list.notice().unwrap()["rows"].as_array().unwrap().clone();
    let rooms = rows.iter().map(|row| row["room"].as_str().unwrap().to_owned());
    let rooms: BTreeSet<String> = rooms.collect();
    for room in &rooms {
        assert!(list.body().contains(&format!("https://matrix.to/#/{room}")), "{}", list.body());
    }
    rooms
}

#[tokio::test]
async fn six_conversations_at_once_are_answered_each_at_its_own_phone_and_closed_one_by_one() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        agent: "capacity: {sms: 6}",
        each: &[("bob", "queues: [sales]")],
        queue: "undo_secs: 0}, {name: sales, undo_secs: 0",
        more_numbers: &[(OTHER, "queue: sales")],
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    world.command("alice", "!ready", "status").await;
    world.command("bob", "!ready", "status").await;
    let desk = &world;
    let hello = |phone: &'static str| format!("Hello from {phone}");
    join_all(PHONES.map(|phone| async move { desk.text(phone, &hello(phone)).await })).await;
    world.provider.text_from(BOBS, OTHER, "Hello sales", vec![]).await.unwrap();

    // All are offered at once; each is taken in its own way.
    let mut offers = vec![];
    for phone in PHONES {
        offers.push(offer_after(&world, "alice", 0, phone).await);
    }
    world.text(SEVENTH, "And me?").await;
    let mut rooms = vec![];
    // The last of all ways names no conversation: it takes the one that is left.
    for ((offer, phone), way) in offers.iter().zip(PHONES).zip(WAYS) {
        rooms.push(take(&world, offer, phone, way).await);
    }
    let bobs = join_offered(&world, "bob", BOBS).await;

    // Answered in turns, each of them twice, while the contacts go on writing.
    for turn in ["One moment", "Here it is"] {
        join_all(rooms.iter().zip(PHONES).map(|(room, phone)| async move {
            let said = format!("{turn}, {phone}");
            tokio::join!(alice.send_text(room, &said), desk.text(phone, "Thanks")).0.unwrap();
        }))
        .await;
    }
    for (room, phone) in rooms.iter().zip(PHONES) {
        world.phone_gets(phone, &[&format!("One moment, {phone}"), &format!("Here it is, {phone}")]).await;
        alice.wait_for_text(room, &hello(phone)).await.unwrap();
        let thanks = |seen: &&Seen| seen.body() == "Thanks";
        alice
            .until("both thanks", |log| (log.messages(room).filter(thanks).count() == 2).then_some(()))
            .await
            .unwrap();
    }

    // Closed one by one; as soon as there is room for one more, it is offered.
    let mut open: BTreeSet<String> = rooms.iter().map(ToString::to_string).collect();
    assert_eq!(mine(&world).await, open);
    let is_seventh = |seen: &Seen| seen.code() == "offer" && seen.notice().unwrap()["number"] == SEVENTH;
    assert!(!alice.look(|log| log.events().iter().any(is_seventh)), "she has as many as she may have");
    for room in &rooms {
        done(&world, "alice", room).await;
        open.remove(room.as_str());
        assert_eq!(mine(&world).await, open);
    }
    let offer = offer_after(&world, "alice", 0, SEVENTH).await;
    take(&world, &offer, SEVENTH, Way::Join).await;

    // Nothing of it all was Bob's.
    let his = bob.look(|log| {
        let rooms = log.rooms().iter().filter(|(_, room)| room.name() != "Switchroom");
        let rooms: Vec<_> = rooms.map(|(id, _)| id.clone()).collect();
        let others = log.events().iter().filter(|seen| {
            PHONES.iter().chain([&SEVENTH]).any(|phone| seen.content.to_string().contains(phone))
        });
        (rooms, others.map(Seen::line).collect::<Vec<_>>())
    });
    assert_eq!(his, (vec![bobs.clone()], vec![]));
    let mine = world.command("bob", "!mine", "list").await;
    assert_eq!(mine.notice().unwrap()["rows"].as_array().unwrap().len(), 1);
    assert_eq!(mine.notice().unwrap()["rows"][0]["room"], json!(bobs));
    assert!(world.taken_for(BOBS).is_empty());
    world.finish().await;
}
