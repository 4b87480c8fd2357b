//! What was said, found again.

use ruma::api::client::receipt::create_receipt::v3::ReceiptType;
use ruma::events::receipt::ReceiptThread;
use ruma::{EventId, RoomId};
use switchroom::demo::agent::Agent;

use super::{
    CONSULT, IM, JANE, asked_after, comes, connected, im, interaction, opened, signed_in, two_agents,
};
use crate::harness::{eventually, shown};
use crate::stories::{done, outcome, rows};

#[tokio::test]
async fn what_was_said_is_found_again_and_taken_up_in_the_same_room() {
    let world = two_agents().await;
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
    assert_eq!(world.number("SELECT COUNT(DISTINCT first_talk) FROM talks").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM talks").await, 2);
    let list = world.command("bob", "!ims parcels", "list").await;
    assert_eq!(list.notice().unwrap()["rows"].as_array().unwrap().len(), 2, "{}", list.body());
    world.finish().await;
}

/// Waits until the homeserver counts so many messages of a room as unread for an agent.
async fn unread(agent: &Agent, room: &RoomId, count: u64) {
    let room = agent.client().get_room(room).unwrap();
    eventually(&format!("{count} to be unread for {}", agent.user_id()), || async {
        (room.unread_notification_counts().notification_count == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_said_while_someone_is_away_is_unread_until_they_come_back_and_read_it() {
    const EMOJI: &str = "👩‍👩‍👧‍👦 ❤️ 🇩🇪 1️⃣ 👍🏽 🫠";
    let world = two_agents().await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let room = connected(&world, "!im bob have you a minute?").await;
    bob.client().matrix_auth().logout().await.unwrap();
    alice.send_text(&room, "for when you are back").await.unwrap();
    alice.send_text(&room, EMOJI).await.unwrap();
    let back = Agent::login(&world.synapse.url(), "bob", "secret").await.unwrap();
    back.wait_for_text(&room, "for when you are back").await.unwrap();
    let newest = back.wait_for_text(&room, EMOJI).await.unwrap();
    // What the bot says there is for nobody to count.
    unread(&back, &room, 2).await;
    // Nor does anyone have to read what they said themselves.
    unread(alice, &room, 0).await;
    let seen = back.client().get_room(&room).unwrap();
    let (event, thread) = (EventId::parse(&newest.event_id).unwrap(), ReceiptThread::Unthreaded);
    seen.send_single_receipt(ReceiptType::Read, thread, event).await.unwrap();
    unread(&back, &room, 0).await;

    back.send_text(&room, "here I am 🙂").await.unwrap();
    alice.wait_for_text(&room, "here I am 🙂").await.unwrap();
    unread(alice, &room, 1).await;
    unread(&back, &room, 0).await;
    for (words, found) in [("🙂", 1), ("👍 ❤️", 1), ("back", 1), ("👍 here", 0), ("🎉", 0)] {
        let list = world.command("alice", &format!("!ims {words}"), "list").await;
        assert_eq!(rows(&list).len(), found, "{words}");
    }
    let id = interaction(&world, "alice", &room)["id"].as_str().unwrap().to_owned();
    let transcript = world.command("alice", &format!("!history {id}"), "transcript").await;
    assert!(transcript.body().contains(EMOJI), "{}", transcript.body());
    assert!(!transcript.body().contains("internal"), "all of it is: {}", transcript.body());
    world.finish().await;
}

#[tokio::test]
async fn a_consult_and_an_im_of_the_same_two_do_not_mix() {
    let world = two_agents().await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let session = world.conversation("alice", JANE, "May I return it?").await;
    alice.send_text(&session, "!consult bob what is our policy?").await.unwrap();
    let (consult, _) = opened(&world, CONSULT).await;
    comes(&world, "bob", CONSULT).await;
    world.state("alice", &consult, "connected").await;
    bob.send_text(&consult, "thirty days, by the policy").await.unwrap();
    alice.wait_for_text(&consult, "thirty days, by the policy").await.unwrap();
    bob.send_text(&consult, "!end").await.unwrap();
    world.state("alice", &consult, "ended").await;

    let position = bob.position();
    alice.send_text(&world.console("alice").await, "!im bob lunch?").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    let (room, first) = opened(&world, IM).await;
    assert_ne!(room, consult);
    assert!(!first.body().contains(&*shown(JANE)), "it is about nobody: {}", first.body());
    world.command("bob", "!accept", "offer_accepted").await;
    outcome(&world, "bob", &preview, "offer_accepted").await;
    bob.join(&room).await.unwrap();
    bob.send_text(&room, "at noon").await.unwrap();
    alice.wait_for_text(&room, "at noon").await.unwrap();
    let of = |room| interaction(&world, "alice", room);
    assert_eq!((&of(&consult)["kind"], &of(&consult)["parent"]), (&"consult".into(), &of(&session)["id"]));
    assert_eq!((&of(&room)["kind"], of(&room)["parent"].is_null()), (&"im".into(), true));

    done(&world, "alice", &session).await;
    for (words, of) in [("policy", &consult), ("lunch", &room), ("noon", &room)] {
        let list = world.command("bob", &format!("!ims {words}"), "list").await;
        let rows = list.notice().unwrap()["rows"].as_array().unwrap().clone();
        let keys: Vec<_> = rows.iter().map(|row| row["key"].clone()).collect();
        assert_eq!(keys, [interaction(&world, "alice", of)["id"].clone()], "{words}");
    }
    world.state("bob", &room, "connected").await;
    assert_eq!(world.taken_for(JANE), Vec::<String>::new());
    world.finish().await;
}
