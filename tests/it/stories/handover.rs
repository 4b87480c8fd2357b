//! From one agent to another: who is asked keeps nothing until they say yes, who asks keeps everything until
//! then.

use ruma::{OwnedRoomId, RoomId};
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;

use super::{done, offer_after, outcome};
use crate::harness::{World, WorldOptions};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";
const CARL: &str = "+442071838750";

/// A desk with two agents, and a queue that nobody is a member of.
fn two() -> WorldOptions {
    WorldOptions {
        agents: &["alice", "bob"],
        queue: "undo_secs: 0}, {name: empty",
        desk: "predefined: [{key: french, text: \"speaks French, please\"}]",
        ..WorldOptions::default()
    }
}

/// Alice has a conversation with a phone, and Bob is ready.
async fn begun(world: &World, phone: &str) -> OwnedRoomId {
    world.command("bob", "!notready", "status").await;
    let room = world.conversation("alice", phone, &format!("Hello from {phone}")).await;
    world.command("bob", "!ready", "status").await;
    room
}

/// Alice asks Bob: the preview in Bob's console.
async fn asks_bob(world: &World, room: &RoomId, phone: &str, note: &str) -> Seen {
    let position = world.agent("bob").position();
    world.agent("alice").send_text(room, format!("!transfer bob {note}").trim_end()).await.unwrap();
    offer_after(world, "bob", position, phone).await
}

async fn wait_after(world: &World, name: &str, position: usize, room: &RoomId, code: &str) -> Seen {
    let fits = |seen: &Seen| seen.room_id == room && seen.code() == code;
    world.agent(name).wait_for_after(position, &format!("{code} in {room}"), fits).await.unwrap()
}

/// Types in a room and waits for a notice there.
async fn typed(world: &World, name: &str, room: &RoomId, body: &str, code: &str) -> Seen {
    let position = world.agent(name).position();
    world.agent(name).send_text(room, body).await.unwrap();
    wait_after(world, name, position, room, code).await
}

/// Waits until the room's state event names this owner and no offer.
async fn owned_by(world: &World, who_looks: &str, room: &RoomId, owner: &str) {
    let owner = json!(format!("@{owner}:desk.test"));
    let settled = |content: &Value| content["owner"] == owner && content["offer"] == Value::Null;
    world
        .agent(who_looks)
        .wait_for_room(room, "its owner", |room| room.interaction().is_some_and(settled))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_transfer_is_accepted_by_joining_by_reaction_and_by_word() {
    let world = World::with(two()).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let (to_alice, to_bob) = (world.console("alice").await, world.console("bob").await);
    for (n, phone) in [JANE, OMAR, CARL].into_iter().enumerate() {
        let room = begun(&world, phone).await;
        let position = alice.position();
        let note = if n == 0 { "#French" } else { "speaks French, please" };
        let preview = asks_bob(&world, &room, phone, note).await;
        for part in [phone, &format!("Hello from {phone}"), "speaks French, please", "alice Doe"] {
            assert!(preview.body().contains(part), "{part} is not in {}", preview.body());
        }
        wait_after(&world, "alice", position, &room, "transfer_requested").await;
        // Until it is accepted, Alice goes on and Bob only looks.
        assert_eq!(world.invite("bob", phone).await, room);
        alice.send_text(&room, "A colleague will help you").await.unwrap();
        world.phone_gets(phone, &["A colleague will help you"]).await;
        world.text(phone, "Thanks").await;
        alice.wait_for_text(&room, "Thanks").await.unwrap();

        match n {
            0 => drop(bob.join(&room).await.unwrap()),
            1 => drop(bob.react(&to_bob, &preview.event_id, "✅").await.unwrap()),
            _ => drop(bob.send_text(&to_bob, "!accept").await.unwrap()),
        }
        outcome(&world, "bob", &preview, "offer_accepted").await;
        if n > 0 {
            bob.join(&room).await.unwrap();
        }
        wait_after(&world, "alice", position, &to_alice, "transferred").await;
        alice.wait_until_out_of(&room).await.unwrap();
        owned_by(&world, "bob", &room, "bob").await;
        // Bob reads what was said before, and answers.
        bob.wait_for_text(&room, &format!("Hello from {phone}")).await.unwrap();
        let said = bob.send_text(&room, "Bonjour").await.unwrap();
        bob.wait_for_reaction(&said, "✓").await.unwrap();
        assert_eq!(world.taken_for(phone), ["A colleague will help you", "Bonjour"]);
        done(&world, "bob", &room).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn a_rejected_transfer_leaves_the_owner_in_place() {
    let world = World::with(two()).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let (to_alice, to_bob) = (world.console("alice").await, world.console("bob").await);
    let room = begun(&world, JANE).await;
    for n in 0..3 {
        let position = alice.position();
        let preview = asks_bob(&world, &room, JANE, "").await;
        world.invite("bob", JANE).await;
        match n {
            0 => bob.decline(&room, Some("lunch")).await.unwrap(),
            1 => drop(bob.react(&to_bob, &preview.event_id, "❌").await.unwrap()),
            _ => drop(bob.send_text(&to_bob, "!reject").await.unwrap()),
        }
        outcome(&world, "bob", &preview, "offer_rejected").await;
        bob.wait_until_out_of(&room).await.unwrap();
        for place in [&room, &to_alice] {
            let failed = wait_after(&world, "alice", position, place, "transfer_rejected").await;
            assert_eq!(failed.mentions(), Some(vec!["@alice:desk.test"]));
            assert!(n > 0 || failed.body().contains("lunch"), "{}", failed.body());
        }
        owned_by(&world, "alice", &room, "alice").await;
    }
    alice.send_text(&room, "Still me").await.unwrap();
    world.phone_gets(JANE, &["Still me"]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_transfer_without_an_answer_fails_and_one_can_be_cancelled() {
    let queue = "undo_secs: 0, offer_secs: 4";
    let world = World::with(WorldOptions { queue, ..two() }).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let to_alice = world.console("alice").await;
    let room = begun(&world, JANE).await;
    typed(&world, "alice", &room, "!cancel", "refused").await;
    let position = alice.position();
    let preview = asks_bob(&world, &room, JANE, "").await;
    let missed = outcome(&world, "bob", &preview, "offer_timed_out").await;
    assert!(!missed.body().contains("not ready"), "{}", missed.body());
    bob.wait_until_out_of(&room).await.unwrap();
    for place in [&room, &to_alice] {
        wait_after(&world, "alice", position, place, "transfer_timed_out").await;
    }
    // Nobody is made not ready for not answering a colleague.
    let status = world.command("bob", "!status", "status").await;
    assert_eq!(status.notice().unwrap()["ready"], true);

    let preview = asks_bob(&world, &room, JANE, "").await;
    typed(&world, "alice", &room, "!cancel", "transfer_cancelled").await;
    outcome(&world, "bob", &preview, "offer_withdrawn").await;
    bob.wait_until_out_of(&room).await.unwrap();
    // Neither a late yes nor the end of its time means anything now.
    world.command("bob", "!accept", "no_such_target").await;
    owned_by(&world, "alice", &room, "alice").await;
    world.finish().await;
}

#[tokio::test]
async fn who_cannot_take_it_is_not_asked() {
    let world = World::with(two()).await;
    let bob = world.agent("bob");
    let room = begun(&world, JANE).await;
    let preview = asks_bob(&world, &room, JANE, "").await;
    typed(&world, "alice", &room, "!transfer bob", "refused").await;
    typed(&world, "alice", &room, "!cancel", "transfer_cancelled").await;
    outcome(&world, "bob", &preview, "offer_withdrawn").await;

    // Being there for colleagues is not being there for texts.
    world.command("bob", "!notready lunch", "status").await;
    world.command("bob", "!ready im", "status").await;
    for (words, code) in [
        ("!transfer", "usage"),
        ("!transfer alice", "target_unavailable"),
        ("!transfer bob", "target_unavailable"),
        ("!t queue:empty", "target_unavailable"),
        ("!t queue:nowhere", "no_such_target"),
        ("!t zebedee", "no_such_target"),
    ] {
        typed(&world, "alice", &room, words, code).await;
    }
    assert!(bob.invites().is_empty());
    // Who does not own it transfers nothing.
    world.command("bob", "!transfer alice", "usage").await;
    owned_by(&world, "alice", &room, "alice").await;
    world.finish().await;
}

#[tokio::test]
async fn what_goes_into_a_queue_keeps_its_place_and_its_note() {
    let world = World::with(two()).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let room = begun(&world, JANE).await;
    let (position, to_alice) = (bob.position(), world.console("alice").await);
    alice.send_text(&room, "!transfer queue:support needs a refund").await.unwrap();
    let told = alice.wait_for_notice(&to_alice, "transferred").await.unwrap();
    assert!(told.body().contains("support"), "{}", told.body());
    alice.wait_until_out_of(&room).await.unwrap();
    // Alice is ready, but was the last to have it.
    offer_after(&world, "bob", position, JANE).await;
    assert_eq!(world.invite("bob", JANE).await, room);
    let kept = "SELECT COUNT(*) FROM interactions WHERE json_extract(body, '$.enqueued_at') = created_at";
    assert_eq!(world.number(kept).await, 1);
    bob.join(&room).await.unwrap();
    owned_by(&world, "bob", &room, "bob").await;
    let note = bob.wait_for_notice(&room, "note").await.unwrap();
    assert!(note.body().contains("needs a refund"), "{}", note.body());
    assert!(world.taken_for(JANE).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn whatever_crosses_a_yes_leaves_one_owner() {
    let world = World::with(two()).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let to_bob = world.console("bob").await;
    for (n, crossing) in ["!cancel", "!done", "!cancel", "!done"].into_iter().enumerate() {
        let phone = format!("+1415555017{n}");
        let room = begun(&world, &phone).await;
        let preview = asks_bob(&world, &room, &phone, "").await;
        world.invite("bob", &phone).await;
        let (yes, other, text) = tokio::join!(
            bob.react(&to_bob, &preview.event_id, "✅"),
            alice.send_text(&room, crossing),
            world.text(&phone, "and another thing"),
        );
        yes.unwrap();
        other.unwrap();
        assert!(!text.is_empty());
        let settled = bob
            .until("the end of the offer", |log| {
                let edits =
                    log.events().iter().filter(|seen| seen.replaces() == Some(preview.event_id.as_str()));
                edits.map(|seen| seen.code().to_owned()).find(|code| code != "offer")
            })
            .await
            .unwrap();
        match (settled.as_str(), crossing) {
            ("offer_accepted", _) => {
                bob.join(&room).await.unwrap();
                alice.wait_until_out_of(&room).await.unwrap();
                owned_by(&world, "bob", &room, "bob").await;
                done(&world, "bob", &room).await;
            }
            ("offer_withdrawn", "!cancel") => {
                bob.wait_until_out_of(&room).await.unwrap();
                owned_by(&world, "alice", &room, "alice").await;
                done(&world, "alice", &room).await;
            }
            ("offer_withdrawn", _) => {
                bob.wait_until_out_of(&room).await.unwrap();
                alice.wait_until_out_of(&room).await.unwrap();
            }
            (other, _) => panic!("{other}"),
        }
        // A text that came after the end began another, which nobody has to take.
        world.command("alice", "!notready", "status").await;
    }
    world.finish().await;
}

#[tokio::test]
async fn a_transfer_outlives_a_homeserver_that_is_killed() {
    let mut world = World::with(two()).await;
    let room = begun(&world, JANE).await;
    let preview = asks_bob(&world, &room, JANE, "").await;
    world.invite("bob", JANE).await;
    world.synapse.kill().await.unwrap();
    world.text(JANE, "Are you there?").await;
    world.synapse.start_again().await.unwrap();
    let bob = world.agent("bob");
    bob.join(&room).await.unwrap();
    outcome(&world, "bob", &preview, "offer_accepted").await;
    owned_by(&world, "bob", &room, "bob").await;
    world.agent("alice").wait_until_out_of(&room).await.unwrap();
    bob.wait_for_text(&room, "Are you there?").await.unwrap();
    bob.send_text(&room, "Here I am").await.unwrap();
    world.phone_gets(JANE, &["Here I am"]).await;
    world.finish().await;
}
