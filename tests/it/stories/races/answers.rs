//! Answers to offers, at the last moment and at the same moment.

use futures_util::future::join_all;
use ruma::OwnedRoomId;
use serde_json::json;
use switchroom::clock::Millis;
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::Seen;

use super::{WAYS, Way, answer, end_of, only, settled, until_moment};
use crate::harness::{World, WorldOptions, eventually};
use crate::stories::{done, join_offered, offer_after};

/// Contacts of one round, and how long before the end of each offer it is answered, in milliseconds.
const MOMENTS: [(&str, i64); 6] = [
    ("+14155550151", 400),
    ("+14155550152", 250),
    ("+14155550153", 150),
    ("+14155550154", 80),
    ("+14155550155", 0),
    ("+14155550156", -60),
];

/// Waits for the bot's word that an answer came too late.
async fn told_it_is_over(agent: &Agent, answers: impl Fn(&Seen) -> bool) {
    let over = |seen: &Seen| seen.code() == "no_such_target" && answers(seen);
    agent.wait_for("that the offer is over", over).await.unwrap();
}

#[tokio::test]
async fn an_answer_at_the_last_moment_comes_in_time_or_too_late_and_never_both() {
    let options = WorldOptions {
        queue: "undo_secs: 0, offer_secs: 8",
        agent: "capacity: {sms: 6}",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let desk = &world;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    for round in 0..2 {
        let position = alice.position();
        world.command("alice", "!ready", "status").await;
        join_all(MOMENTS.map(|(phone, _)| desk.text(phone, "Hello"))).await;
        let answered = MOMENTS.into_iter().enumerate().map(|(n, (phone, before_ms))| async move {
            let offer = offer_after(desk, "alice", position, phone).await;
            let expires_at = Millis(offer.notice().unwrap()["expires_at"].as_i64().unwrap());
            until_moment(expires_at, before_ms).await;
            let way = WAYS[(n + round) % WAYS.len()];
            answer(desk, "alice", &offer, way).await;
            let end = end_of(desk, "alice", &offer).await;
            if end == "offer_accepted" && way != Way::Join {
                join_offered(desk, "alice", phone).await;
            }
            (phone, offer, way, end)
        });
        let mut late = vec![];
        for (phone, offer, way, end) in join_all(answered).await {
            let (_, _, room) = world.books.newest(phone).await;
            let room = OwnedRoomId::try_from(room).unwrap();
            match end.as_str() {
                "offer_accepted" => {
                    settled(&world, phone, "active", "alice").await;
                    only(&world, &room, &["alice"]).await;
                    done(&world, "alice", &room).await;
                }
                "offer_timed_out" => {
                    let answered = |seen: &Seen| seen.replies_to() == Some(offer.event_id.as_str());
                    match way {
                        Way::Join => {}
                        Way::React(_) => told_it_is_over(alice, answered).await,
                        Way::Type(_) => told_it_is_over(alice, |seen| seen.room_id == console).await,
                    }
                    late.push((phone, room));
                }
                other => panic!("{phone} answered by {way:?}: {other}"),
            }
        }
        println!("{} of {} came too late", late.len(), MOMENTS.len());
        for (phone, room) in &late {
            settled(&world, phone, "queued", "").await;
            only(&world, room, &[]).await;
        }
        if late.is_empty() {
            continue;
        }
        let status = world.command("alice", "!status", "status").await;
        let notice = status.notice().unwrap();
        assert_eq!((&notice["ready"], &notice["reason"]), (&json!(false), &json!("no answer")));
        world.command("alice", "!ready", "status").await;
        join_all(late.iter().map(|(phone, _)| join_offered(desk, "alice", phone))).await;
        for (_, room) in &late {
            done(&world, "alice", room).await;
        }
    }
    world.finish().await;
}

const FOUR: [&str; 4] = ["alice", "bob", "carol", "dave"];
const SIX: [&str; 6] =
    ["+14155550161", "+14155550162", "+14155550163", "+14155550164", "+14155550165", "+14155550166"];

#[tokio::test]
async fn of_four_who_pick_all_of_six_at_once_each_has_their_share_and_no_two_the_same() {
    let options = WorldOptions {
        agents: &FOUR,
        agent: "capacity: {sms: 2}",
        queue: "undo_secs: 0, routing: pick",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let desk = &world;
    for name in FOUR {
        world.command(name, "!ready", "status").await;
    }
    join_all(SIX.map(|phone| desk.text(phone, "Hello"))).await;
    let all = FOUR.into_iter().flat_map(|name| SIX.map(|phone| (name, phone)));
    let seen = all.clone().map(|(name, phone)| async move { offer_after(desk, name, 0, phone).await });
    let offers = join_all(seen).await;
    // In another order for each of them, by reaction and by word.
    let mut tries: Vec<_> = all.zip(&offers).enumerate().collect();
    tries.sort_by_key(|(n, ((name, _), _))| (n * (3 + name.len()) % 7, *n));
    join_all(tries.iter().map(|(n, ((name, _), offer))| answer(desk, name, offer, WAYS[1 + n % 2]))).await;

    eventually("all to be taken", || async {
        (world.number("SELECT COUNT(*) FROM interactions WHERE owner IS NOT NULL").await == 6).then_some(())
    })
    .await;
    let most = "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM interactions GROUP BY owner)";
    assert!(world.number(most).await <= 2, "someone has more than they may have");
    for (n, phone) in SIX.into_iter().enumerate() {
        let (_, owner, _) = world.books.newest(phone).await;
        let room = join_offered(&world, &owner, phone).await;
        only(&world, &room, &[&owner]).await;
        for (who, name) in FOUR.into_iter().enumerate() {
            let offer = &offers[who * SIX.len() + n];
            let end = end_of(&world, name, offer).await;
            assert_eq!(
                end,
                if name == owner { "offer_accepted" } else { "offer_withdrawn" },
                "{name} {phone}"
            );
        }
    }
    world.finish().await;
}
