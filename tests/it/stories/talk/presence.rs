//! Who can be written to.

use matrix_sdk::ruma::api::client::presence::get_presence::v3::Request as GetPresence;
use matrix_sdk::ruma::presence::PresenceState;

use super::{IM, im, signed_in};
use crate::harness::{World, WorldOptions, eventually};
use crate::stories::outcome;

#[tokio::test]
async fn only_who_is_there_can_be_written_to() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob", "carol"],
        each: &[("carol", "permissions: [consult]")],
        ..WorldOptions::default()
    })
    .await;
    signed_in(&world, 3).await;
    world.command("alice", "!im carol", "im_unavailable").await;
    world.command("carol", "!im alice", "not_allowed").await;
    world.command("carol", "!ims", "not_allowed").await;
    world.command("bob", "!notready lunch", "status").await;
    let (_, preview) = im(&world, "!im bob").await;
    world.command("bob", "!accept", "offer_accepted").await;
    outcome(&world, "bob", &preview, "offer_accepted").await;
    world.command("bob", "!notready offline", "status").await;
    let refused = world.command("alice", "!im bob", "im_unavailable").await;
    assert!(refused.body().contains("try again later"), "{}", refused.body());
    world.command("alice", "!im alice", "im_unavailable").await;
    world.command("alice", "!im mallory", "no_such_target").await;
    world.command("alice", "!im", "usage").await;
    world.command("alice", "!end", "usage").await;
    world.command("bob", "!ready", "status").await;
    let console = world.console("bob").await;
    world.agent("bob").leave(&console, None).await.unwrap();
    signed_in(&world, 2).await;
    world.command("alice", "!im bob", "im_unavailable").await;
    world.finish().await;
}

#[tokio::test]
async fn with_matrix_presence_only_who_is_online_or_idle_can_be_written_to() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        desk: "im_presence: matrix",
        ..WorldOptions::default()
    })
    .await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    // Their clients sync, which makes them online.
    let (room, _) = im(&world, "!im bob hello").await;
    bob.wait_for_invite(IM, |room| room.name() == IM).await.unwrap();
    bob.join(&room).await.unwrap();
    world.state("alice", &room, "connected").await;
    bob.client().matrix_auth().logout().await.unwrap();
    eventually("bob to be offline", || async {
        let request = GetPresence::new(bob.user_id().to_owned());
        let answer = alice.client().send(request).await.unwrap();
        (answer.presence == PresenceState::Offline).then_some(())
    })
    .await;
    world.command("alice", "!im bob", "im_unavailable").await;
    world.finish().await;
}
