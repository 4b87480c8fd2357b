//! The homeserver goes down while a conversation is handed over.

use serde_json::json;
use switchroom::clock::Clock;
use switchroom::demo::agent::seen::Seen;

use super::{Way, answer, conversations, end_of, heard, only, settled};
use crate::harness::{World, WorldOptions, eventually};
use crate::stories::{done, join_offered, offer_after};

const PHONES: [&str; 3] = ["+14155550111", "+14155550112", "+14155550113"];

#[tokio::test]
async fn an_answer_just_before_the_homeserver_dies_counts_or_is_too_late_for_everyone() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        queue: "undo_secs: 0, offer_secs: 5",
        ..WorldOptions::default()
    };
    let mut world = World::with(options).await;
    for (phone, way) in PHONES.into_iter().zip([Way::Join, Way::React("✅"), Way::Type("!accept")]) {
        world.command("bob", "!notready", "status").await;
        let room = conversations(&world, "alice", &[phone]).await.remove(0);
        world.command("bob", "!ready", "status").await;
        let position = world.agent("bob").position();
        world.agent("alice").send_text(&room, "!transfer bob").await.unwrap();
        let offer = offer_after(&world, "bob", position, phone).await;
        world.invite("bob", phone).await;
        let before = world.agent("alice").position();
        // The homeserver has it, and is dead before it could tell, or not.
        answer(&world, "bob", &offer, way).await;
        world.synapse.kill().await.unwrap();
        world.text(phone, "Are you there?").await;
        world.synapse.start_again().await.unwrap();

        let (alice, bob) = (world.agent("alice"), world.agent("bob"));
        let console = world.console("alice").await;
        let end = end_of(&world, "bob", &offer).await;
        println!("{way:?}: {end}");
        let (owner, told) = match end.as_str() {
            "offer_accepted" => ("bob", "transferred"),
            "offer_timed_out" => ("alice", "transfer_timed_out"),
            other => panic!("{other}"),
        };
        let tells = |seen: &Seen| seen.room_id == console && seen.code() == told;
        alice.wait_for_after(before, told, tells).await.unwrap();
        settled(&world, phone, "active", owner).await;
        if owner == "bob" {
            bob.join(&room).await.unwrap();
        }
        only(&world, &room, &[owner]).await;
        world.agent(owner).wait_for_text(&room, "Are you there?").await.unwrap();
        assert_eq!(heard(&world, &room, phone).await.len(), 2);
        let said = world.agent(owner).send_text(&room, "Here I am").await.unwrap();
        world.agent(owner).wait_for_reaction(&said, "✓").await.unwrap();
        assert_eq!(world.taken_for(phone), ["Here I am"]);
        done(&world, owner, &room).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn an_offer_that_could_not_be_shown_in_its_time_stands_until_it_was() {
    let options = WorldOptions { queue: "undo_secs: 0, offer_secs: 5", ..WorldOptions::default() };
    let mut world = World::with(options).await;
    let console = world.console("alice").await;
    let position = world.agent("alice").position();
    world.text(PHONES[0], "Hello").await;
    eventually("the room to be made", || async {
        let made = world.number("SELECT COUNT(*) FROM interactions WHERE room_id IS NOT NULL").await;
        (made == 1).then_some(())
    })
    .await;
    world.synapse.kill().await.unwrap();
    // The last that is heard of it.
    let ready = json!({
        "type": "m.room.message", "event_id": "$ready", "room_id": console, "sender": "@alice:desk.test",
        "origin_server_ts": Clock::default().now(), "content": {"msgtype": "m.text", "body": "!ready"},
    });
    let told = world.transaction(&world.hs_token(), json!({ "events": [ready] }).to_string()).await;
    assert_eq!(told.status(), 200);
    settled(&world, PHONES[0], "offered", "").await;
    eventually("the offer to be over by the clock", || async {
        let sql = "SELECT json_extract(body, '$.phase.offer.expires_at') FROM interactions";
        (Clock::default().now().0 > world.number(sql).await).then_some(())
    })
    .await;
    world.synapse.start_again().await.unwrap();
    let offer = offer_after(&world, "alice", position, PHONES[0]).await;
    join_offered(&world, "alice", PHONES[0]).await;
    assert_eq!(end_of(&world, "alice", &offer).await, "offer_accepted");
    let status = world.command("alice", "!status", "status").await;
    assert_eq!(status.notice().unwrap()["ready"], true, "she answered as soon as she was asked");
    assert_eq!(world.number("SELECT json_extract(body, '$.offers') FROM interactions").await, 1);
    world.finish().await;
}
