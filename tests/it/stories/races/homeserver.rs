//! The homeserver goes down while a conversation is handed over.

use switchroom::demo::agent::seen::Seen;

use super::{Way, answer, conversations, end_of, heard, only, settled};
use crate::harness::{World, WorldOptions};
use crate::stories::{done, offer_after};

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
