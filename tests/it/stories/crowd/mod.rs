//! A desk at its busiest: twenty agents with two hundred conversations, who accept, refuse, overlook, hand
//! over, pause and close them as it comes, while their contacts go on writing and the program is killed once.
//! What is left is judged.

mod dice;
mod history;
mod oracle;
mod player;
mod street;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use ruma::OwnedEventId;

use self::dice::Dice;
use self::player::Player;
use self::street::{CONVERSATIONS, Street};
use crate::harness::books::Books;
use crate::harness::bridge::Bridge;
use crate::harness::{World, WorldOptions, eventually_moving};

/// The second number, which leads to the second queue.
const OTHER: &str = "+15005550009";
const QUEUES: [&str; 2] = ["support", "sales"];
const CAPACITY: usize = 2;
/// How long the desk may stand still before the story has failed. It takes as long as the machine needs.
const PATIENCE: Duration = Duration::from_mins(5);
const AGENTS: [&str; 20] = [
    "ada", "ben", "cleo", "dora", "eve", "finn", "gus", "hana", "ivo", "jack", "kim", "lena", "milo", "nora",
    "otto", "pia", "quinn", "rosa", "sven", "tara",
];
/// What must have happened for the story to mean something, and how often at least: a third of what is usual
/// or less, since dice decide.
const OFTEN: [(&str, usize); 10] = [
    ("offered to ", 200),
    ("accepted by ", 150),
    ("rejected by ", 15),
    ("no answer from ", 1),
    ("transferred from ", 15),
    ("transfer rejected by ", 1),
    ("queued again: ", 2),
    ("held", 8),
    ("active", 5),
    ("done by ", 120),
];

#[tokio::test]
async fn two_hundred_conversations_among_twenty_agents_end_done_owned_or_queued() {
    let seed = dice::seed();
    let options = WorldOptions {
        agents: &AGENTS,
        agent: "capacity: {sms: 2}",
        queues: "support, sales",
        queue: "undo_secs: 0, offer_secs: 25}, {name: sales, undo_secs: 0, offer_secs: 25",
        more_numbers: &[(OTHER, "queue: sales")],
        ..WorldOptions::default()
    };
    let mut world = World::with(options).await;
    let provider = world.provider.clone();
    let street = Street::new(&provider);
    let (replies, last_words) = {
        let World { agents, books, bridge, .. } = &mut world;
        let mut players = vec![];
        for (who, name) in AGENTS.into_iter().enumerate() {
            players.push(Player::new(name, &agents[name], &street, Dice::new(seed, who)).await);
        }
        let over = AtomicBool::new(false);
        let all_at_work = join_all(players.iter_mut().map(|player| player.work(&over)));
        let day = async {
            let writing = street.write(books, Dice::new(seed, AGENTS.len()));
            tokio::join!(writing, killed_in_the_middle(bridge, books));
            done(books, CONVERSATIONS * 3 / 4).await;
            over.store(true, Ordering::SeqCst);
        };
        let (last_words, ()) = tokio::join!(all_at_work, day);
        (players.into_iter().flat_map(|player| player.said).collect::<Vec<_>>(), last_words)
    };
    heard(&world.books, &last_words).await;
    let happened = oracle::judge(&world, &street, &replies).await;
    println!("{} replies; {happened:?}", replies.len());
    for (kind, least) in OFTEN {
        let times = happened.get(kind).copied().unwrap_or(0);
        assert!(times >= least, "{kind:?} happened {times} times");
    }
    world.finish().await;
}

async fn done(books: &Books, count: i64) {
    eventually_moving(PATIENCE, &format!("{count} conversations to be done"), || async {
        let done = books.number("SELECT COUNT(*) FROM interactions WHERE state = 'done'").await;
        if done >= count { Ok(()) } else { Err(done) }
    })
    .await;
}

/// Waits until the desk has heard what everyone said last, and with it, since events come in their order,
/// all that they did before. Without that, it may seem to be at rest while the last commands are on their
/// way.
async fn heard(books: &Books, last_words: &[OwnedEventId]) {
    eventually_moving(PATIENCE, "the last commands to be heard", || async {
        let heard = books.rows("SELECT key FROM receipts WHERE key LIKE '$%'").await;
        let missing = last_words.iter().filter(|event| !heard.iter().any(|row| row[0] == event.as_str()));
        let missing = missing.count();
        if missing == 0 { Ok(()) } else { Err(missing) }
    })
    .await;
}

async fn killed_in_the_middle(bridge: &mut Bridge, books: &Books) {
    done(books, CONVERSATIONS / 3).await;
    bridge.kill();
    bridge.start("");
    bridge.ready().await;
}
