//! Colleagues speak with each other, and the contact waits.

use ruma::api::client::state::send_state_event::v3::Request as SendState;
use ruma::events::StateEventType;
use ruma::serde::Raw;
use ruma::{OwnedRoomId, RoomId};
use serde_json::json;
use switchroom::clock;
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::Seen;

use super::{CONSULT, IM, JANE, comes, connected, im, opened, signed_in, two_agents};
use crate::harness::{World, WorldOptions, shown};
use crate::stories::type_in;

/// Whether the homeserver, which passes over what is set already, lets an agent's client say that it is in a
/// call of this room.
async fn may_join_a_call(agent: &Agent, room: &RoomId) -> bool {
    let kind = StateEventType::from("org.matrix.msc3401.call.member");
    let content = Raw::from_json_string(json!({ "call_id": clock::random_hex() }).to_string()).unwrap();
    let request = SendState::new_raw(room.to_owned(), kind, agent.user_id().to_string(), content);
    agent.client().send(request).await.is_ok()
}

/// The link to a call that a notice gives, and whom it wakes.
fn link(notice: &Seen) -> (String, Option<Vec<&str>>) {
    let link = notice.notice().unwrap()["link"].as_str().unwrap().to_owned();
    assert!(notice.body().contains(&link), "{}", notice.body());
    let name = link.strip_prefix("https://meet.desk.test/").unwrap();
    assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{link}");
    (link, notice.mentions())
}

/// Waits for a call in a room, of those after `position` of an agent's log.
async fn called(world: &World, name: &str, room: &OwnedRoomId, position: usize) -> Seen {
    let fits = |seen: &Seen| seen.room_id == *room && seen.code() == "voice";
    world.agent(name).wait_for_after(position, "a call", fits).await.unwrap()
}

#[tokio::test]
async fn a_call_leads_both_to_the_same_link_and_the_contact_is_held_and_told() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        queue: r#"undo_secs: 0, voice_text: "{{ agent.first_name }} asks a colleague.""#,
        desk: r#"voice_link: "https://meet.desk.test/{{ room }}""#,
        ..WorldOptions::default()
    })
    .await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    type_in(&world, "alice", &session, "!voice", "usage").await;
    type_in(&world, "alice", &session, "!voice alice", "target_unavailable").await;

    // A colleague who is named reads it in the console, which wakes them.
    let position = bob.position();
    let here = type_in(&world, "alice", &session, "!voice bob", "voice").await;
    let there = called(&world, "bob", &world.console("bob").await, position).await;
    let (first, woken) = link(&there);
    assert_eq!((&link(&here), woken), (&(first.clone(), Some(vec![])), Some(vec!["@bob:desk.test"])));
    assert_eq!((here.msgtype(), there.msgtype()), ("m.notice", "m.text"));
    assert!(there.body().contains(&*shown(JANE)), "{}", there.body());
    world.state("alice", &session, "held").await;
    world.phone_gets(JANE, &["alice asks a colleague."]).await;
    type_in(&world, "alice", &session, "!resume", "resumed").await;
    world.state("alice", &session, "active").await;

    // Without a name it is the one whose advice the owner has, who reads it in the room they share.
    alice.send_text(&session, "!consult bob may she return it?").await.unwrap();
    let (consult, _) = opened(&world, CONSULT).await;
    type_in(&world, "alice", &consult, "!voice", "target_unavailable").await;
    comes(&world, "bob", CONSULT).await;
    world.state("alice", &consult, "connected").await;
    let position = bob.position();
    let here = type_in(&world, "alice", &session, "!voice", "voice").await;
    let there = called(&world, "bob", &consult, position).await;
    assert_eq!(link(&here).0, link(&there).0);
    assert_ne!(link(&here).0, first, "no two calls have the same link");
    assert_eq!(there.mentions(), Some(vec!["@bob:desk.test"]));
    world.state("alice", &session, "held").await;
    let told = ["alice asks a colleague.", "alice asks a colleague."];
    world.phone_gets(JANE, &told).await;

    // From the other side too: it is one message for both, which wakes the owner; the contact has been told.
    let there = type_in(&world, "bob", &consult, "!voice", "voice").await;
    assert_eq!(link(&there).1, Some(vec!["@alice:desk.test"]));
    assert!(may_join_a_call(alice, &consult).await && may_join_a_call(bob, &consult).await);
    assert!(!may_join_a_call(alice, &session).await, "the contact's room has no calls");
    type_in(&world, "alice", &session, "!resume", "resumed").await;
    let said = alice.send_text(&session, "You may").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    assert_eq!(world.taken_for(JANE), [&told[..], &["You may"]].concat());
    world.finish().await;
}

#[tokio::test]
async fn an_im_goes_on_by_voice_where_the_desk_has_calls_and_who_may_not_consult_holds_nobody() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob", "carol"],
        each: &[("alice", "permissions: [im]"), ("carol", "permissions: [consult]")],
        desk: r#"voice_link: "https://meet.desk.test/{{ room }}""#,
        ..WorldOptions::default()
    })
    .await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 3).await;
    let session = world.conversation("alice", JANE, "Hello").await;
    type_in(&world, "alice", &session, "!voice bob", "not_allowed").await;
    world.command("bob", "!voice alice", "usage").await;

    let (room, _) = im(&world, "!im bob are you there?").await;
    type_in(&world, "alice", &room, "!voice", "target_unavailable").await;
    comes(&world, "bob", IM).await;
    world.state("alice", &room, "connected").await;
    let rings = type_in(&world, "alice", &room, "!voice", "voice").await;
    assert_eq!(link(&rings).1, Some(vec!["@bob:desk.test"]));
    assert_eq!(rings.notice().unwrap()["held"], json!(false));
    assert!(may_join_a_call(alice, &room).await && may_join_a_call(bob, &room).await);
    type_in(&world, "alice", &room, "!voice carol", "target_unavailable").await;
    bob.send_text(&room, "!end").await.unwrap();
    world.state("alice", &room, "ended").await;
    assert!(!may_join_a_call(alice, &room).await, "what is over has no calls");
    world.finish().await;
}

#[tokio::test]
async fn a_desk_without_a_link_to_calls_says_so() {
    let world = two_agents().await;
    signed_in(&world, 2).await;
    let session = world.conversation("alice", JANE, "Hello").await;
    let refused = type_in(&world, "alice", &session, "!voice bob", "refused").await;
    assert!(refused.body().contains("the setting voice_link"), "{}", refused.body());
    let room = connected(&world, "!im bob").await;
    type_in(&world, "bob", &room, "!voice", "refused").await;
    world.state("alice", &session, "active").await;
    world.finish().await;
}
