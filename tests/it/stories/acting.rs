//! A desk that acts for its agents: a word is enough, and what is over is gone from their lists.

use matrix_sdk::ruma::RoomId;
use matrix_sdk::ruma::api::client::state::get_state_event_for_key::v3::Request as GetState;
use matrix_sdk::ruma::events::StateEventType;
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::Membership;

use super::{done, offer_after, text_offered_to};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";

async fn is_in(agent: &Agent, room: &RoomId) {
    let joined = |room: &switchroom::demo::agent::seen::SeenRoom| room.membership == Membership::Joined;
    agent.wait_for_room(room, "being in the room", joined).await.unwrap();
}

/// Waits until the homeserver shows an agent nothing of a room any more, as it does once they have forgotten it.
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
