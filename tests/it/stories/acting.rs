//! A desk that acts for its agents: a word is enough, and what is over is gone from their lists.

use ruma::api::client::state::get_state_event_for_key::v3::Request as GetState;
use ruma::events::StateEventType;
use ruma::{OwnedRoomId, RoomId};
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::{Membership, Seen};

use super::{done, offer_after, outcome, text_offered_to};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";

async fn is_in(agent: &Agent, room: &RoomId) {
    let joined = |room: &switchroom::demo::agent::seen::SeenRoom| room.membership == Membership::Joined;
    agent.wait_for_room(room, "being in the room", joined).await.unwrap();
}

/// Waits until the homeserver shows an agent nothing of a room any more, as it does once they have forgotten
/// it.
async fn is_forgotten(agent: &Agent, room: &RoomId) {
    agent.wait_until_out_of(room).await.unwrap();
    eventually("the room to be forgotten", || async {
        let request = GetState::new(room.to_owned(), StateEventType::RoomName, String::new());
        agent.client().send(request).await.is_err().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_word_brings_an_agent_in_and_the_end_takes_them_out_for_good() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        appservice: "act_for_agents: true",
        desk: "admins: [\"@bob:desk.test\"]",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let (_, told) = world.bridge.run("check");
    assert!(told.contains("acting for agents: the homeserver lets us, for 1 people"), "{told}");
    let console = world.console("alice").await;
    world.command("alice", "!ready", "status").await;
    let preview = text_offered_to(&world, "alice", JANE).await;
    let room = world.invite("alice", JANE).await;
    alice.react(&console, &preview.event_id, "✅").await.unwrap();
    is_in(alice, &room).await;
    let taken = outcome(&world, "alice", &preview, "offer_accepted").await;
    assert!(!taken.body().contains("Join it"), "it was joined for her: {}", taken.body());
    world.state("alice", &room, "active").await;
    let said = alice.send_text(&room, "Good morning").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();

    // Bob is an admin, for whom nobody acts: he has the invite, as ever.
    world.command("bob", "!ready", "status").await;
    let position = bob.position();
    alice.send_text(&room, "!transfer bob").await.unwrap();
    offer_after(&world, "bob", position, JANE).await;
    world.command("bob", "!accept", "offer_accepted").await;
    is_forgotten(alice, &room).await;
    assert_eq!(world.invite("bob", JANE).await, room);
    bob.join(&room).await.unwrap();
    bob.wait_for_text(&room, "Good morning").await.unwrap();
    done(&world, "bob", &room).await;

    world.command("bob", "!notready", "status").await;
    text_offered_to(&world, "alice", OMAR).await;
    let room = world.invite("alice", OMAR).await;
    world.agent("alice").send_text(&console, "!accept").await.unwrap();
    is_in(alice, &room).await;
    done(&world, "alice", &room).await;
    is_forgotten(alice, &room).await;
    world.finish().await;
}

#[tokio::test]
async fn talks_begin_and_are_taken_by_a_word_too() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        appservice: "act_for_agents: true",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let consoles = [world.console("alice").await, world.console("bob").await];
    for answer in ["a reaction", "a command"] {
        let position = bob.position();
        alice.send_text(&consoles[0], &format!("!im bob {answer}")).await.unwrap();
        let asked = |seen: &Seen| seen.room_id == consoles[1] && seen.code() == "offer";
        let preview = bob.wait_for_after(position, "the preview", asked).await.unwrap();
        if answer == "a reaction" {
            bob.react(&consoles[1], &preview.event_id, "✅").await.unwrap();
        } else {
            bob.send_text(&consoles[1], "!accept").await.unwrap();
        }
        // Taken before the room was made, the preview shows it later.
        let is_linked = |seen: &Seen| {
            let is_edit = seen.replaces() == Some(preview.event_id.as_str());
            is_edit && seen.code() == "offer_accepted" && seen.notice().unwrap()["room"].is_string()
        };
        let taken = bob.wait_for("the room of the talk", is_linked).await.unwrap();
        let room = OwnedRoomId::try_from(taken.notice().unwrap()["room"].as_str().unwrap()).unwrap();
        is_in(alice, &room).await;
        is_in(bob, &room).await;
        bob.send_text(&room, "!done").await.unwrap();
        is_forgotten(bob, &room).await;
        alice.leave(&room, None).await.unwrap();
    }
    world.finish().await;
}
