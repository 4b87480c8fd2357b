//! What was said, found again, and the list of colleagues.

use super::{IM, JANE, asked_after, im, signed_in, two_agents};

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
