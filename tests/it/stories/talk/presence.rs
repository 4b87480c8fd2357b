//! Who can be written to.

use matrix_sdk::Client;
use ruma::RoomId;
use ruma::api::client::presence::get_presence::v3::Request as GetPresence;
use ruma::api::client::presence::set_presence::v3::Request as SetPresence;
use ruma::presence::PresenceState;
use serde_json::{Value, json};

use super::{CONSULT, IM, JANE, asked_after, comes, im, opened, signed_in, two_agents};
use crate::harness::{World, WorldOptions, eventually};
use crate::stories::{join_offered, outcome, rows};

/// Two agents at a desk where who can be written to goes by their Matrix presence.
fn by_presence() -> WorldOptions {
    WorldOptions {
        agents: &["alice", "bob"],
        desk: "im_presence: matrix",
        presence: true,
        ..WorldOptions::default()
    }
}

#[tokio::test]
async fn only_who_is_there_can_be_written_to() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob", "carol"],
        each: &[("carol", "permissions: [consult], roles: [agent, supervisor, admin]")],
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
    let id = preview.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    world.command("bob", &format!("!history {id}"), "transcript").await;
    let theirs = world.command("carol", &format!("!history {id}"), "no_such_target").await;
    assert!(theirs.body().contains("or you may not read it"), "whoever asks: {}", theirs.body());
    world.command("bob", "!bye", "status").await;
    let refused = world.command("alice", "!im bob", "im_unavailable").await;
    assert!(refused.body().contains("try again later"), "{}", refused.body());
    world.command("alice", "!im alice", "im_unavailable").await;
    world.command("alice", "!im mallory", "no_such_target").await;
    world.command("alice", "!im @mallory:desk.test hello", "no_such_target").await;
    world.command("alice", "!im", "usage").await;
    world.command("alice", "!end", "usage").await;
    // Who is ready for anything is there.
    world.command("bob", "!ready im", "status").await;
    let position = world.agent("bob").position();
    world.agent("alice").send_text(&world.console("alice").await, "!im bob").await.unwrap();
    asked_after(&world, "bob", position).await;
    let console = world.console("bob").await;
    world.agent("bob").leave(&console, None).await.unwrap();
    signed_in(&world, 2).await;
    world.command("alice", "!im bob", "im_unavailable").await;
    world.finish().await;
}

/// Why bob is not ready for IMs, as alice reads it first in the room; nothing if he is.
async fn told_of_bob(world: &World, room: &RoomId) -> Value {
    let first = world.agent("alice").wait_for_notice(room, "talk_opened").await.unwrap();
    let told = first.notice().unwrap()["not_ready"].clone();
    let expected = match told.as_str() {
        None => String::new(),
        Some("") => "bob Doe is not ready for IMs; an answer may take a while.".to_owned(),
        Some(why) => format!("bob Doe is not ready for IMs ({why}); an answer may take a while."),
    };
    assert!(first.body().contains(&expected), "{}", first.body());
    assert_eq!(first.body().contains("not ready"), !told.is_null(), "{}", first.body());
    told
}

#[tokio::test]
async fn an_agent_is_ready_on_each_channel_by_itself() {
    let world = two_agents().await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let status = world.command("bob", "!ready IM", "status").await;
    let notice = status.notice().unwrap();
    assert_eq!((&notice["ready"], &notice["readiness"]["im"]["is"]), (&json!(false), &json!("ready")));
    assert!(status.body().contains("not ready for texts and ready for IMs"), "{}", status.body());

    // Of the two, who is ready for texts is asked, although nobody has been idle for less than she.
    world.text(JANE, "Hello").await;
    eventually("Jane to wait", || async {
        let sql = "SELECT COUNT(*) FROM interactions WHERE state = 'queued' AND room_id IS NOT NULL";
        (world.number(sql).await == 1).then_some(())
    })
    .await;
    let status = world.command("alice", "!ready sms", "status").await;
    let notice = status.notice().unwrap();
    assert_eq!((&notice["ready"], &notice["readiness"]["im"]["is"]), (&json!(true), &json!("not_ready")));
    assert!(status.body().contains("ready for texts and not ready for IMs."), "{}", status.body());
    let session = join_offered(&world, "alice", JANE).await;
    assert!(!bob.look(|log| log.events().iter().any(|seen| seen.code() == "offer")));

    // Who is ready for IMs is written to and nothing is said of it.
    let (room, _) = im(&world, "!im bob hello").await;
    assert_eq!(told_of_bob(&world, &room).await, Value::Null);
    bob.join(&room).await.unwrap();
    alice.send_text(&room, "!done").await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();

    // Who is not can be written to just the same, and the other knows what to expect. “im” is a reason like
    // any other.
    let status = world.command("bob", "!notready im course", "status").await;
    for channel in ["sms", "im"] {
        let expected = json!({"is": "not_ready", "reason": "im course"});
        assert_eq!(status.notice().unwrap()["readiness"][channel], expected, "{channel}");
    }
    world.command("bob", "!ready sms", "status").await;
    let list = world.command("alice", "!team bob", "list").await;
    assert!(list.body().contains("· sms ready, im not ready (im course) ·"), "{}", list.body());
    let position = bob.position();
    alice.send_text(&world.console("alice").await, "!im bob are you there?").await.unwrap();
    asked_after(&world, "bob", position).await;
    let (again, _) = opened(&world, IM).await;
    assert_eq!(comes(&world, "bob", IM).await, again);
    world.state("alice", &again, "connected").await;
    assert_eq!(told_of_bob(&world, &again).await, json!("im course"));

    // Who asks for advice is told the same.
    alice.send_text(&session, "!consult bob May she return it?").await.unwrap();
    let (room, _) = opened(&world, CONSULT).await;
    assert_eq!(told_of_bob(&world, &room).await, json!("im course"));
    world.finish().await;
}

#[tokio::test]
async fn with_matrix_presence_only_who_is_online_or_idle_can_be_written_to() {
    let world = World::with(by_presence()).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    // Their clients sync, which makes them online. Whether they are ready is another matter, and only told.
    world.command("bob", "!notready lunch", "status").await;
    let (room, _) = im(&world, "!im bob hello").await;
    assert_eq!(told_of_bob(&world, &room).await, json!("lunch"));
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
    let idle = another_client(&world).await;
    for presence in [PresenceState::Online, PresenceState::Unavailable] {
        idle.send(SetPresence::new(bob.user_id().to_owned(), presence)).await.unwrap();
    }
    alice.send_text(&world.console("alice").await, "!im bob when you are back").await.unwrap();
    opened(&world, IM).await;
    world.finish().await;
}

/// Asks for the team until a row about bob says this of him.
async fn bob_is(world: &World, shown: &str) {
    eventually(&format!("bob to be {shown}"), || async {
        let list = world.command("alice", "!team bob", "list").await;
        rows(&list)[0].contains(&format!("· {shown} ·")).then_some(())
    })
    .await;
}

/// A client of bob's that says what it likes of whether he is there.
async fn another_client(world: &World) -> Client {
    let client = Client::builder().homeserver_url(world.synapse.url()).build().await.unwrap();
    client.matrix_auth().login_username("bob", "secret").send().await.unwrap();
    client
}

#[tokio::test]
async fn the_team_shows_who_is_online_idle_or_offline_as_it_changes() {
    let mut world = World::with(by_presence()).await;
    signed_in(&world, 2).await;
    let (_, told) = world.bridge.run("check");
    assert!(told.contains("ok      presence: the homeserver shows who is online"), "{told}");
    bob_is(&world, "online").await;
    world.agent("bob").client().matrix_auth().logout().await.unwrap();
    bob_is(&world, "offline").await;
    world.command("alice", "!im bob", "im_unavailable").await;

    let client = another_client(&world).await;
    let user = world.agent("bob").user_id().to_owned();
    let shows = async |presence| client.send(SetPresence::new(user.clone(), presence)).await.unwrap();
    shows(PresenceState::Online).await;
    bob_is(&world, "online").await;
    shows(PresenceState::Unavailable).await;
    bob_is(&world, "idle").await;
    let console = world.console("alice").await;
    let typed = world.agent("alice").send_text(&console, "!im bob when you are back").await.unwrap();
    opened(&world, IM).await;
    world.agent("alice").wait_for_reaction(&typed, "✓").await.unwrap();

    // What nobody told, because nobody was there to listen, is asked for.
    world.bridge.kill();
    shows(PresenceState::Offline).await;
    world.start_again("").await;
    bob_is(&world, "offline").await;
    world.command("alice", "!im bob", "im_unavailable").await;
    world.finish().await;
}

#[tokio::test]
async fn whatever_is_told_of_presence_the_rest_of_the_transaction_counts_and_only_agents_are_kept() {
    let world = World::with(WorldOptions { presence: false, ..by_presence() }).await;
    signed_in(&world, 2).await;
    // The homeserver was asked, and shows nobody.
    eventually("all to be asked for", || async {
        let asked = world.number("SELECT COUNT(*) FROM outbox WHERE state = 'ready'").await == 0;
        let known = world.number("SELECT COUNT(*) FROM agents WHERE online = 'offline'").await == 2;
        (asked && known).then_some(())
    })
    .await;
    let told = |sender: &str, presence: &str| json!({"type": "m.presence", "sender": sender, "content": {"presence": presence}});
    let tell = async |ephemeral: Value| {
        let body = json!({ "events": [], "ephemeral": ephemeral }).to_string();
        assert_eq!(world.transaction(&world.hs_token(), body).await.status(), 200);
    };
    let huge = format!("@bob{}:desk.test", "b".repeat(100_000));
    tell(json!([
        told("@eve:evil.test", "online"),
        told("@switchroom:desk.test", "online"),
        told("@sms_14155550100:desk.test", "online"),
        told("@bob:desk.test", "busy"),
        told("@bob:desk.test", &"online".repeat(20_000)),
        told(&huge, "online"),
        {"type": "m.receipt", "sender": "@bob:desk.test", "content": {"presence": "online"}},
        {"type": "m.presence", "sender": "@bob:desk.test", "content": ["online"]},
        null,
    ]))
    .await;
    tell(json!("broken")).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM agents WHERE online = 'offline'").await, 2);
    tell(json!([told("@bob:desk.test", "unavailable")])).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM agents WHERE online = 'idle'").await, 1);
    // While it does not show even her, who has just typed, it shows nobody.
    let list = world.command("alice", "!team bob", "list").await;
    assert!(!list.body().contains("idle"), "{}", list.body());
    tell(json!([told("@alice:desk.test", "online")])).await;
    bob_is(&world, "idle").await;
    // What it pushes is not believed where it decides.
    world.command("alice", "!im bob", "im_unavailable").await;
    world.finish().await;
}

#[tokio::test]
async fn where_the_homeserver_tells_nothing_of_presence_the_caller_is_told_so() {
    let world = World::with(WorldOptions { presence: false, ..by_presence() }).await;
    let refused = world.command("alice", "!im bob hello", "im_unavailable").await;
    assert!(refused.body().contains("not even you"), "{}", refused.body());
    let (_, told) = world.bridge.run("check");
    assert!(told.contains("FAILED  presence: the homeserver shows nobody as online"), "{told}");
    assert!(world.agent("bob").invites().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_desk_that_does_not_ask_for_presence_lets_everyone_be_written_to() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        desk: "im_presence: off",
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
    assert_eq!(told_of_bob(&world, &room).await, json!(""), "he has never said anything");
    assert_eq!(comes(&world, "bob", IM).await, room);
    world.state("alice", &room, "connected").await;
    world.finish().await;
}
