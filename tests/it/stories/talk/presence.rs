//! Who can be written to.

use matrix_sdk::Client;
use matrix_sdk::ruma::api::client::presence::get_presence::v3::Request as GetPresence;
use matrix_sdk::ruma::api::client::presence::set_presence::v3::Request as SetPresence;
use matrix_sdk::ruma::presence::PresenceState;

use super::{IM, comes, im, opened, signed_in};
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
    world.command("alice", "!im @mallory:desk.test hello", "no_such_target").await;
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
    let refused = world.command("alice", "!im bob", "im_unavailable").await;
    assert!(refused.body().contains("they are away"), "{}", refused.body());

    // Idle is as good as online.
    let idle = Client::builder().homeserver_url(world.synapse.url()).build().await.unwrap();
    idle.matrix_auth().login_username("bob", "secret").send().await.unwrap();
    for presence in [PresenceState::Online, PresenceState::Unavailable] {
        idle.send(SetPresence::new(bob.user_id().to_owned(), presence)).await.unwrap();
    }
    alice.send_text(&world.console("alice").await, "!im bob when you are back").await.unwrap();
    opened(&world, IM).await;
    world.finish().await;
}

#[tokio::test]
async fn where_the_homeserver_tells_nothing_of_presence_the_caller_is_told_so() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        desk: "im_presence: matrix",
        presence: false,
        ..WorldOptions::default()
    })
    .await;
    let refused = world.command("alice", "!im bob hello", "im_unavailable").await;
    assert!(refused.body().contains("not even you"), "{}", refused.body());
    assert!(world.agent("bob").invites().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_desk_that_does_not_ask_for_presence_lets_everyone_be_written_to() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        desk: "im_presence: off",
        presence: false,
        ..WorldOptions::default()
    })
    .await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let console = world.console("bob").await;
    bob.leave(&console, None).await.unwrap();
    signed_in(&world, 1).await;
    alice.send_text(&world.console("alice").await, "!im bob come back").await.unwrap();
    let (room, _) = opened(&world, IM).await;
    assert_eq!(comes(&world, "bob", IM).await, room);
    world.state("alice", &room, "connected").await;
    world.finish().await;
}
