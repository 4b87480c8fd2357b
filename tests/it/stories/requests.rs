//! What a conversation costs the homeserver, which is the slower of the two.

use std::collections::BTreeMap;

use switchroom::clock::Clock;

use crate::harness::{World, eventually};
use crate::stories::{done, offer_after};

const JANE: &str = "+14155550100";
/// What is asked again and again whether anybody writes or not.
const UPKEEP: [&str; 5] = [
    "request_ping",
    "sync_events",
    "get_message_events",
    "get_supported_versions",
    "get_state_event_for_key",
];

/// How many requests of each kind the program has made.
async fn requests(world: &World) -> BTreeMap<String, u64> {
    let text = reqwest::get(format!("{}/metrics", world.url)).await.unwrap().text().await.unwrap();
    let counter = |line: &str| {
        let kind = line.strip_prefix("switchroom_homeserver_requests_total{kind=\"")?;
        let (kind, count) = kind.split_once("\"} ")?;
        Some((kind.to_owned(), count.parse().ok()?))
    };
    text.lines().filter_map(counter).filter(|(kind, _)| !UPKEEP.contains(&kind.as_str())).collect()
}

fn since(before: &BTreeMap<String, u64>, now: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let grown = now.into_iter().map(|(kind, count)| {
        let before = before.get(&kind).copied().unwrap_or(0);
        (kind, count - before)
    });
    grown.filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn a_conversation_of_a_returning_contact_costs_few_requests_and_each_further_text_one() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let first = world.conversation("alice", JANE, "Hello").await;
    done(&world, "alice", &first).await;
    world.drained().await;

    let before = requests(&world).await;
    let position = alice.position();
    world.text(JANE, "Where is my order?").await;
    offer_after(&world, "alice", position, JANE).await;
    let room = world.invite("alice", JANE).await;
    alice.join(&room).await.unwrap();
    world.state("alice", &room, "active").await;
    let said = alice.send_text(&room, "On its way").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    world.drained().await;

    let quiet = requests(&world).await;
    for number in 1..=3 {
        let text = format!("text {number}");
        world.text(JANE, &text).await;
        alice.wait_for_text(&room, &text).await.unwrap();
    }
    world.drained().await;
    let further = since(&quiet, requests(&world).await);
    assert_eq!(further, BTreeMap::from([("send_message_event".to_owned(), 3)]), "one for each text");

    eventually("the last text to be old enough to be read", || async {
        let last = world.number("SELECT MAX(at) FROM transcript WHERE kind = 'contact'").await;
        (Clock::default().now().0 - last > 6_000).then_some(())
    })
    .await;
    done(&world, "alice", &room).await;
    world.drained().await;
    let mut whole = since(&before, requests(&world).await);
    *whole.get_mut("send_message_event").unwrap() -= 3;
    println!("a conversation of a returning contact: {whole:#?}");
    let sum: u64 = whole.values().sum();
    assert!(sum <= 18, "{sum} requests: {whole:#?}");
    world.finish().await;
}
