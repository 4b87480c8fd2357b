//! Consults: advice about a conversation.

use serde_json::json;

use super::{CONSULT, JANE, asked_after, close_by_tap, interaction, nobody_can_write, opened, two_agents};
use crate::harness::shown;
use crate::stories::{done, outcome};

#[tokio::test]
async fn a_consult_begins_with_the_first_message_and_ends_with_its_conversation() {
    let world = two_agents().await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    let asked = alice.send_text(&session, "!consult bob").await.unwrap();
    alice.wait_for_reaction(&asked, "✓").await.unwrap();
    let (room, first) = opened(&world, CONSULT).await;
    assert!(first.body().contains(&*shown(JANE)) && first.body().contains("bob Doe"), "{}", first.body());
    world.state("alice", &room, "not_connected").await;
    assert!(bob.invites().is_empty(), "nobody is asked before there is something to say");

    let position = bob.position();
    alice.send_text(&room, "May she return it?").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    assert_eq!((preview.msgtype(), preview.mentions()), ("m.text", Some(vec!["@bob:desk.test"])));
    assert!(preview.body().contains("May she return it?") && preview.body().contains(&*shown(JANE)));
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

    // Without a name it goes to the one whose advice she has, also from the room of the consult.
    world.command("bob", "!ready", "status").await;
    alice.send_text(&room, "!transfer").await.unwrap();
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
    let world = two_agents().await;
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
