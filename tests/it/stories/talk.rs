//! Agents talk to each other: consults about a conversation, and IMs.

use matrix_sdk::ruma::api::client::presence::get_presence::v3::Request as GetPresence;
use matrix_sdk::ruma::presence::PresenceState;
use matrix_sdk::ruma::{OwnedRoomId, RoomId};
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;

use super::{done, outcome};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const IM: &str = "IM: alice Doe, bob Doe";
const CONSULT: &str = "Consult: +14155550100 (alice Doe, bob Doe)";

async fn two_agents(timers: &'static str, more: &'static str) -> World {
    World::with(WorldOptions { agents: &["alice", "bob"], timers, more, ..WorldOptions::default() }).await
}

/// Waits until so many are known to be in their consoles.
async fn signed_in(world: &World, count: i64) {
    eventually("all to be signed in", || async {
        (world.number("SELECT COUNT(*) FROM agents WHERE in_console = 1").await == count).then_some(())
    })
    .await;
}

/// Alice wants to talk: her room, joined, with what it is first about.
async fn opened(world: &World, name: &'static str) -> (OwnedRoomId, Seen) {
    let alice = world.agent("alice");
    let room = alice.wait_for_invite(name, move |room| room.name() == name).await.unwrap();
    alice.join(&room).await.unwrap();
    let first = alice.wait_for_notice(&room, "talk_opened").await.unwrap();
    (room, first)
}

/// The preview of a talk in an agent's console, of those after `position` of their log.
async fn asked_after(world: &World, name: &str, position: usize) -> Seen {
    let (agent, console) = (world.agent(name), world.console(name).await);
    let fits = |seen: &Seen| {
        seen.room_id == console
            && seen.code() == "offer"
            && seen.content["org.switchroom.notice"]["kind"].is_string()
    };
    agent.wait_for_after(position, "the preview of a talk", fits).await.unwrap()
}

/// Alice writes an IM to bob from her console: her room, and his preview.
async fn im(world: &World, words: &str) -> (OwnedRoomId, Seen) {
    let position = world.agent("bob").position();
    world.agent("alice").send_text(&world.console("alice").await, words).await.unwrap();
    let preview = asked_after(world, "bob", position).await;
    (opened(world, IM).await.0, preview)
}

async fn nobody_can_write(world: &World, names: &[&str], room: &RoomId) {
    for name in names {
        let refused = world.agent(name).send_text(room, "one more thing").await.unwrap_err();
        assert_eq!(refused.errcode().as_deref(), Some("M_FORBIDDEN"), "{name}");
    }
}

fn interaction(world: &World, name: &str, room: &RoomId) -> Value {
    world.agent(name).look(|log| log.rooms()[room].interaction().unwrap().clone())
}

/// Closes a talk that is over by the ✅ under the notice that says so.
async fn close_by_tap(world: &World, name: &str, room: &OwnedRoomId, code: &str) {
    let agent = world.agent(name);
    let over = agent.wait_for_notice(room, code).await.unwrap();
    agent.wait_for_reaction(&over.event_id, "✅").await.unwrap();
    agent.react(room, &over.event_id, "☑").await.unwrap();
    agent.wait_until_out_of(room).await.unwrap();
}

#[tokio::test]
async fn a_consult_begins_with_the_first_message_and_ends_with_its_conversation() {
    let world = two_agents("", "").await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    alice.send_text(&session, "!consult bob").await.unwrap();
    let (room, first) = opened(&world, CONSULT).await;
    assert!(first.body().contains(JANE) && first.body().contains("bob Doe"), "{}", first.body());
    world.state("alice", &room, "not_connected").await;
    assert!(bob.invites().is_empty(), "nobody is asked before there is something to say");

    let position = bob.position();
    alice.send_text(&room, "May she return it?").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    assert_eq!((preview.msgtype(), preview.mentions()), ("m.text", Some(vec!["@bob:desk.test"])));
    assert!(preview.body().contains("May she return it?") && preview.body().contains(JANE));
    world.state("alice", &room, "offered").await;
    let content = interaction(&world, "alice", &room);
    let parent = alice.look(|log| log.rooms()[&session].interaction().unwrap()["id"].clone());
    assert_eq!((&content["kind"], &content["parent"]), (&json!("consult"), &parent));
    let offer = &content["offer"];
    assert_eq!(
        (&offer["to"], &offer["by"], &offer["reason"]),
        (&json!("@bob:desk.test"), &json!("@alice:desk.test"), &json!("consult"))
    );

    let invited = bob.wait_for_invite(CONSULT, |room| room.name() == CONSULT).await.unwrap();
    bob.join(&invited).await.unwrap();
    world.state("bob", &room, "connected").await;
    outcome(&world, "bob", &preview, "offer_accepted").await;
    let here = alice.wait_for_notice(&room, "consult_accepted").await.unwrap();
    assert!(here.body().contains("SAN FRANCISCO"), "the case data is posted: {}", here.body());
    bob.wait_for_text(&room, "May she return it?").await.unwrap();
    bob.send_text(&room, "Yes, within a month").await.unwrap();
    alice.wait_for_text(&room, "Yes, within a month").await.unwrap();
    let levels = alice.look(|log| log.rooms()[&room].state("m.room.power_levels", "").unwrap().clone());
    assert_eq!(levels["events"]["org.matrix.msc3401.call.member"], 0);

    // Without a name it goes to the one whose advice she has.
    world.command("bob", "!ready", "status").await;
    alice.send_text(&session, "!transfer").await.unwrap();
    let handed = world.invite("bob", JANE).await;
    assert_eq!(handed, session);
    bob.join(&session).await.unwrap();
    alice.wait_until_out_of(&session).await.unwrap();
    world.state("bob", &session, "active").await;
    done(&world, "bob", &session).await;
    world.state("alice", &room, "ended").await;
    close_by_tap(&world, "alice", &room, "im_ended").await;
    nobody_can_write(&world, &["bob"], &room).await;
    close_by_tap(&world, "bob", &room, "im_ended").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM talks WHERE state = 'done'").await, 1);
    let kept =
        "SELECT COUNT(*) FROM transcript t JOIN talks k ON k.id = t.interaction WHERE t.kind = 'internal'";
    assert_eq!(world.number(kept).await, 2, "what was said is kept");
    assert_eq!(world.taken_for(JANE), Vec::<String>::new(), "and nothing of it reached the contact");
    world.finish().await;
}

#[tokio::test]
async fn a_consult_is_cancelled_refused_or_ended_and_the_conversation_goes_on() {
    let world = two_agents("", "").await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    // Before it is connected `!done` cancels.
    let position = bob.position();
    alice.send_text(&session, "!c bob is it on its way?").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    assert!(preview.body().contains("is it on its way?"));
    let (room, first) = opened(&world, CONSULT).await;
    assert!(first.body().contains("is it on its way?"));
    bob.wait_for_invite(CONSULT, |room| room.name() == CONSULT).await.unwrap();
    alice.send_text(&room, "!done").await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();
    bob.wait_until_out_of(&room).await.unwrap();
    outcome(&world, "bob", &preview, "offer_withdrawn").await;

    // Refused: she is told in both places, and nobody writes there any more.
    let position = bob.position();
    alice.send_text(&session, "!consult bob and now?").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    let (room, _) = opened(&world, CONSULT).await;
    world.command("bob", "!reject", "offer_rejected").await;
    outcome(&world, "bob", &preview, "offer_rejected").await;
    let told = alice.wait_for_notice(&room, "consult_rejected").await.unwrap();
    assert_eq!(told.msgtype(), "m.text");
    alice.wait_for_notice(&world.console("alice").await, "consult_rejected").await.unwrap();
    world.state("alice", &room, "ended").await;
    nobody_can_write(&world, &["alice"], &room).await;
    close_by_tap(&world, "alice", &room, "consult_rejected").await;

    // Ended by the one who was asked.
    alice.send_text(&session, "!consult bob last try").await.unwrap();
    let (room, _) = opened(&world, CONSULT).await;
    let invited = bob.wait_for_invite(CONSULT, |room| room.name() == CONSULT).await.unwrap();
    assert_eq!(invited, room);
    world.command("bob", "!accept", "offer_accepted").await;
    world.state("alice", &room, "connected").await;
    bob.join(&room).await.unwrap();
    bob.send_text(&room, "!end").await.unwrap();
    world.state("alice", &room, "ended").await;
    nobody_can_write(&world, &["alice", "bob"], &room).await;
    close_by_tap(&world, "bob", &room, "im_ended").await;
    close_by_tap(&world, "alice", &room, "im_ended").await;

    alice.send_text(&session, "On its way!").await.unwrap();
    world.phone_gets(JANE, &["On its way!"]).await;
    alice.send_text(&session, "!consult alice").await.unwrap();
    alice.wait_for_notice(&session, "target_unavailable").await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn an_im_is_accepted_and_each_keeps_its_room_until_they_are_done() {
    let world = two_agents("", "").await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let (room, preview) = im(&world, "!im bob are you there?").await;
    assert!(preview.body().contains("are you there?") && preview.body().contains("alice Doe"));
    world.state("alice", &room, "offered").await;
    let content = interaction(&world, "alice", &room);
    assert_eq!((&content["kind"], &content["contact"]), (&json!("im"), &Value::Null));
    let console = world.console("bob").await;
    bob.wait_for_reaction(&preview.event_id, "✅").await.unwrap();
    bob.react(&console, &preview.event_id, "👍").await.unwrap();
    let edited = outcome(&world, "bob", &preview, "offer_accepted").await;
    assert!(edited.body().contains(room.as_str()), "{}", edited.body());
    bob.join(&room).await.unwrap();
    world.state("bob", &room, "connected").await;
    alice.wait_for_notice(&room, "im_accepted").await.unwrap();
    alice.wait_for_notice(&world.console("alice").await, "im_accepted").await.unwrap();
    bob.send_text(&room, "I am 🙂").await.unwrap();
    alice.wait_for_text(&room, "I am 🙂").await.unwrap();

    alice.send_text(&room, "!done").await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();
    world.state("bob", &room, "ended").await;
    nobody_can_write(&world, &["bob"], &room).await;
    let id = interaction(&world, "bob", &room)["id"].as_str().unwrap().to_owned();
    world.command("bob", &format!("!done {id}"), "done").await;
    bob.wait_until_out_of(&room).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM talks WHERE state = 'done'").await, 1);
    world.finish().await;
}

#[tokio::test]
async fn an_im_nobody_answers_stays_until_it_is_opened_or_declined() {
    let world = two_agents("im_offer_secs: 1", "").await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let (room, _) = im(&world, "!im bob a word?").await;
    let told = alice.wait_for_notice(&room, "im_timed_out").await.unwrap();
    assert_eq!(told.mentions(), Some(vec!["@alice:desk.test"]));
    alice.wait_for_notice(&world.console("alice").await, "im_timed_out").await.unwrap();
    alice.send_text(&room, "it can wait").await.unwrap();
    let invited = bob.wait_for_invite(IM, |room| room.name() == IM).await.unwrap();
    bob.join(&invited).await.unwrap();
    world.state("bob", &room, "connected").await;
    bob.wait_for_text(&room, "it can wait").await.unwrap();
    bob.leave(&room, None).await.unwrap();
    world.state("alice", &room, "ended").await;
    close_by_tap(&world, "alice", &room, "im_ended").await;

    let (room, preview) = im(&world, "!im bob").await;
    alice.wait_for_notice(&room, "im_timed_out").await.unwrap();
    let invited = bob.wait_for_invite(IM, |room| room.name() == IM).await.unwrap();
    bob.decline(&invited, Some("at lunch")).await.unwrap();
    outcome(&world, "bob", &preview, "offer_rejected").await;
    let told = alice.wait_for_notice(&room, "im_rejected").await.unwrap();
    assert!(told.body().contains("at lunch"), "{}", told.body());
    close_by_tap(&world, "alice", &room, "im_rejected").await;
    world.finish().await;
}

#[tokio::test]
async fn an_im_from_a_conversation_carries_its_contact_and_a_predefined_message() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        desk: r#"predefined: [{key: busy, text: "Are you free for a question?"}]"#,
        ..WorldOptions::default()
    })
    .await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    let position = bob.position();
    alice.send_text(&session, "!im bob #BUSY").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    let (_, first) = opened(&world, IM).await;
    for part in [JANE, "Are you free for a question?"] {
        assert!(preview.body().contains(part) && first.body().contains(part), "{}", first.body());
    }
    world.command("bob", "!reject", "offer_rejected").await;

    // A key nobody defined shows those there are, and a row picks one.
    let position = bob.position();
    let list = world.command("alice", "!im bob #nothing", "list").await;
    assert!(list.body().contains("#busy"), "{}", list.body());
    alice.send_text(&world.console("alice").await, "!1").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    assert_eq!(preview.notice().unwrap()["text"], "Are you free for a question?");
    assert!(!preview.body().contains(JANE));
    world.finish().await;
}

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
async fn what_was_said_is_found_again_and_taken_up_in_the_same_room() {
    let world = two_agents("", "").await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let (room, _) = im(&world, "!im bob about the Göttingen parcels").await;
    let invited = bob.wait_for_invite(IM, |room| room.name() == IM).await.unwrap();
    bob.join(&invited).await.unwrap();
    let typo = bob.send_text(&room, "they left on Mnday").await.unwrap();
    bob.edit(&room, &typo, "they left on Monday").await.unwrap();
    let secret = bob.send_text(&room, "the key is under the mat").await.unwrap();
    bob.redact(&room, &secret).await.unwrap();
    alice.until("the deletion", |log| log.is_redacted(secret.as_str()).then_some(())).await.unwrap();
    bob.send_text(&room, "!done").await.unwrap();
    bob.wait_until_out_of(&room).await.unwrap();

    for (name, words, found) in [
        ("alice", "!ims", 1),
        ("alice", "!ims GÖTT parcel", 1),
        ("bob", "!ims monday", 1),
        ("bob", "!ims mnday", 0),
        ("alice", "!ims mat", 0),
        ("alice", "!ims parcels on Mars", 0),
        ("alice", "!ims \"'); DROP TABLE talks --", 0),
    ] {
        let list = world.command(name, words, "list").await;
        let rows = list.notice().unwrap()["rows"].as_array().map(Vec::len);
        assert_eq!(rows, Some(found), "{words}: {}", list.body());
    }
    // Bob takes it up again; alice still had its room, to read.
    world.command("bob", "!ims monday", "list").await;
    let position = alice.position();
    bob.send_text(&world.console("bob").await, "!1").await.unwrap();
    let preview = asked_after(&world, "alice", position).await;
    assert!(preview.body().contains("bob Doe"));
    let again = bob.wait_for_invite(IM, |room| room.name() == IM).await.unwrap();
    assert_eq!(again, room, "it is the same room");
    bob.join(&room).await.unwrap();
    alice.wait_for_invite(IM, |room| room.name() == IM).await.unwrap();
    alice.join(&room).await.unwrap();
    world.state("bob", &room, "connected").await;
    bob.send_text(&room, "Back to the parcels").await.unwrap();
    alice.wait_for_text(&room, "Back to the parcels").await.unwrap();
    assert_eq!(world.number("SELECT COUNT(DISTINCT home) FROM talks").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM talks").await, 2);
    let list = world.command("bob", "!ims parcels", "list").await;
    assert_eq!(list.notice().unwrap()["rows"].as_array().unwrap().len(), 2, "{}", list.body());
    world.finish().await;
}

#[tokio::test]
async fn the_team_is_listed_to_be_written_to_or_handed_a_conversation() {
    let world = two_agents("", "").await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let session = world.conversation("alice", JANE, "Hello").await;
    world.command("bob", "!notready lunch", "status").await;
    let list = world.command("alice", "!team", "list").await;
    for part in ["alice Doe", "ready · signed in · 1 of 4", "not ready, lunch", "Queue support", "0 waiting"]
    {
        assert!(list.body().contains(part), "{part} is not in {}", list.body());
    }
    let list = world.command("alice", "!team lunch", "list").await;
    assert_eq!(list.notice().unwrap()["rows"].as_array().unwrap().len(), 1);
    let position = bob.position();
    alice.send_text(&world.console("alice").await, "!1").await.unwrap();
    asked_after(&world, "bob", position).await;
    world.command("bob", "!ready", "status").await;
    alice.send_text(&session, "!team bob").await.unwrap();
    alice.wait_for_notice(&session, "list").await.unwrap();
    alice.send_text(&session, "!1").await.unwrap();
    alice.wait_for_notice(&session, "transfer_requested").await.unwrap();
    assert_eq!(world.invite("bob", JANE).await, session);
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
