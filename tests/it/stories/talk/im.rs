//! IMs: a word between colleagues.

use serde_json::{Value, json};

use super::{
    CONSULT, IM, JANE, asked_after, close_by_tap, comes, im, interaction, nobody_can_write, opened,
    signed_in, two_agents,
};
use crate::harness::{World, WorldOptions, shown};
use crate::stories::outcome;

#[tokio::test]
async fn an_im_is_accepted_and_each_keeps_its_room_until_they_are_done() {
    let world = two_agents().await;
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
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        timers: "im_offer_secs: 1",
        ..WorldOptions::default()
    })
    .await;
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

    // Over, it can still be refused: by a tap under the preview, or by declining the invite.
    let (room, preview) = im(&world, "!im bob").await;
    alice.wait_for_notice(&room, "im_timed_out").await.unwrap();
    bob.react(&world.console("bob").await, &preview.event_id, "❌").await.unwrap();
    outcome(&world, "bob", &preview, "offer_rejected").await;
    close_by_tap(&world, "alice", &room, "im_rejected").await;
    bob.wait_until_out_of(&room).await.unwrap();

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
    let (room, first) = opened(&world, IM).await;
    for part in [&*shown(JANE), "Are you free for a question?"] {
        assert!(preview.body().contains(part) && first.body().contains(part), "{}", first.body());
    }
    world.command("bob", "!reject", "offer_rejected").await;
    for told_in in [&room, &world.console("alice").await] {
        let told = alice.wait_for_notice(told_in, "im_rejected").await.unwrap();
        assert!(told.body().contains("bob Doe"), "{}", told.body());
    }

    // A key nobody defined shows those there are, and a row picks one.
    let position = bob.position();
    let list = world.command("alice", "!im bob #nothing", "list").await;
    assert!(list.body().contains("#busy"), "{}", list.body());
    alice.send_text(&world.console("alice").await, "!1").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    assert_eq!(preview.notice().unwrap()["text"], "Are you free for a question?");
    assert!(!preview.body().contains(&*shown(JANE)));
    world.finish().await;
}

#[tokio::test]
async fn an_im_is_begun_from_any_room_and_a_key_where_nothing_is_predefined_opens_it_alone() {
    let world =
        World::with(WorldOptions { agents: &["alice", "bob", "carol"], ..WorldOptions::default() }).await;
    let (alice, carol) = (world.agent("alice"), world.agent("carol"));
    signed_in(&world, 3).await;
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    let position = world.agent("bob").position();
    alice.send_text(&session, "!consult bob may she?").await.unwrap();
    asked_after(&world, "bob", position).await;
    let (consult, _) = opened(&world, CONSULT).await;
    let position = carol.position();
    alice.send_text(&consult, "!im carol #busy").await.unwrap();
    let preview = asked_after(&world, "carol", position).await;
    let notice = preview.notice().unwrap();
    assert_eq!((&notice["text"], &notice["number"]), (&json!(""), &json!(JANE)));
    let name = "IM: alice Doe, carol Doe";
    let (room, first) = opened(&world, name).await;
    assert!(first.body().contains(&*shown(JANE)), "{}", first.body());

    let position = world.agent("bob").position();
    assert_eq!(comes(&world, "carol", name).await, room);
    world.state("carol", &room, "connected").await;
    carol.send_text(&room, "!im bob and you?").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    assert!(
        preview.body().contains("and you?") && preview.body().contains("carol Doe"),
        "{}",
        preview.body()
    );
    world.finish().await;
}
