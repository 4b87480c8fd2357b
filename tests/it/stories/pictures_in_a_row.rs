//! Pictures in a row are one message: what is said of one of them, and what is wrong with its caption.

use ruma::{EventId, OwnedEventId};
use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use super::files::{is_photo, photo_of, post_photo, post_photos, sent, shown, upload};
use super::{held_back, send};
use crate::harness::{World, WorldOptions};

const JANE: &str = "+14155550100";

async fn world(queue: &'static str) -> World {
    World::with(WorldOptions { queue, ..WorldOptions::default() }).await
}

/// The text of the last of so many messages that Jane has, and the shades of its photos.
async fn has_photos(world: &World, count: usize, text: &str, shades: &[u8]) {
    let got = sent(world, JANE, count).await;
    assert_eq!(got.len(), count);
    let last = &got[count - 1];
    assert_eq!((last.body.as_str(), last.media.len()), (text, shades.len()));
    for (file, shade) in last.media.iter().zip(shades) {
        is_photo(file, *shade);
    }
}

/// The question about the spelling of a message.
async fn asked(world: &World, message: &EventId) -> Seen {
    let fits = |seen: &Seen| seen.code() == "spelling" && seen.replies_to() == Some(message.as_str());
    world.agent("alice").wait_for("what is misspelt", fits).await.unwrap()
}

async fn marked(world: &World, events: &[OwnedEventId], key: &str) {
    for event in events {
        world.agent("alice").wait_for_reaction(event, key).await.unwrap();
    }
}

#[tokio::test]
async fn the_second_of_three_is_taken_back_or_changed_and_the_others_go_in_order() {
    let world = world("undo_secs: 3").await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let events = post_photos(&world, &room, &[(10, "one"), (60, "two"), (110, "three")]).await;
    alice.redact(&room, &events[1]).await.unwrap();
    marked(&world, &[events[0].clone(), events[2].clone()], "✓").await;
    has_photos(&world, 1, "one\nthree", &[10, 110]).await;

    // Another picture in its place.
    let other = upload(&world, "image/jpeg", photo_of(200)).await;
    let events = post_photos(&world, &room, &[(10, "one"), (60, "two"), (110, "three")]).await;
    let mut edit = shown("m.image", &other, "* another", "image/jpeg");
    edit["m.new_content"] = shown("m.image", &other, "another", "image/jpeg");
    edit["m.relates_to"] = json!({"rel_type": "m.replace", "event_id": events[1]});
    send(alice, &room, edit).await;
    marked(&world, &events, "✓").await;
    has_photos(&world, 2, "one\nanother\nthree", &[10, 200, 110]).await;

    // The customer sees no reaction, whichever of them it is to; that is told once of the message.
    alice.react(&room, &events[1], "✅").await.unwrap();
    assert_eq!(held_back(alice, &events[0]).await, "reaction");
    alice.react(&room, &events[2], "✅").await.unwrap();
    let later = post_photo(&world, &room, 30, "four").await;
    alice.react(&room, &later, "👍").await.unwrap();
    assert_eq!(held_back(alice, &later).await, "reaction");
    let told = alice.look(|log| {
        let about = |seen: &&Seen| events.iter().any(|event| seen.replies_to() == Some(event.as_str()));
        log.messages(&room).filter(about).count()
    });
    assert_eq!(told, 1);

    // What stands beside it is a command, which is carried out; the picture stays here, and that is said.
    let count = sent(&world, JANE, 0).await.len();
    let beside = post_photo(&world, &room, 70, "!note the box is broken").await;
    assert_eq!(held_back(alice, &beside).await, "beside_command");
    assert_eq!(
        world
            .number("SELECT COUNT(*) FROM transcript WHERE kind = 'note' AND body LIKE '%box is broken%'")
            .await,
        1
    );
    // Where the command takes them out of the room, they read it in their console.
    post_photo(&world, &room, 90, "!done").await;
    let console = world.console("alice").await;
    let told = alice.wait_for_notice(&console, "message_held_back").await.unwrap();
    assert_eq!(told.notice().unwrap()["why"], "beside_command", "{}", told.body());
    assert_eq!(sent(&world, JANE, 0).await.len(), count);
    world.finish().await;
}

#[tokio::test]
async fn an_answer_on_any_picture_of_a_row_that_waits_is_one_for_all_of_them() {
    let world = world("undo_secs: 3, spelling: confirm").await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let row = [(10, "the front"), (60, "the bakc"), (110, "the side")];
    let (text, shades) = ("the front\nthe bakc\nthe side", [10, 60, 110]);

    // Sent as it is by ✅ on the second, dropped by ❌ on the third.
    let events = post_photos(&world, &room, &row).await;
    asked(&world, &events[0]).await;
    alice.react(&room, &events[1], "✅").await.unwrap();
    marked(&world, &events, "✓").await;
    has_photos(&world, 1, text, &shades).await;
    let events = post_photos(&world, &room, &row).await;
    asked(&world, &events[0]).await;
    alice.react(&room, &events[2], "❌").await.unwrap();
    marked(&world, &events, "❌").await;

    // A word of one of them is corrected by a number on any, and all go once.
    let events = post_photos(&world, &room, &row).await;
    let question = asked(&world, &events[0]).await;
    let words = question.notice().unwrap()["words"].as_array().unwrap().clone();
    assert_eq!((words.len(), &words[0]["text"]), (1, &json!("bakc")));
    let suggested = words[0]["suggestions"].as_array().unwrap();
    let back = suggested.iter().find(|meant| meant["text"] == "back").unwrap();
    alice.react(&room, &events[1], &format!("{}\u{fe0f}\u{20e3}", back["number"])).await.unwrap();
    marked(&world, &events, "✓").await;
    has_photos(&world, 2, "the front\nthe back\nthe side", &shades).await;

    // `!yes` as a reply to the second, while another waits that is newer.
    let events = post_photos(&world, &room, &row).await;
    asked(&world, &events[0]).await;
    let newer = post_photo(&world, &room, 200, "anothr one").await;
    asked(&world, &newer).await;
    alice.send_reply(&room, &events[1], "!yes").await.unwrap();
    marked(&world, &events, "✓").await;
    has_photos(&world, 3, text, &shades).await;

    // What waits is looked at again once the misspelt picture is taken back.
    let events = post_photos(&world, &room, &row).await;
    asked(&world, &events[0]).await;
    alice.redact(&room, &events[1]).await.unwrap();
    marked(&world, &[events[0].clone(), events[2].clone()], "✓").await;
    has_photos(&world, 4, "the front\nthe side", &[10, 110]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_misspelt_caption_is_pointed_out_and_the_picture_goes_once() {
    let world = world("undo_secs: 0, spelling: hint").await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let event = post_photo(&world, &room, 80, "You will recieve it").await;
    let told = asked(&world, &event).await;
    assert_eq!(told.notice().unwrap()["waits"], json!(false));
    assert!(told.body().contains("recieve"), "{}", told.body());
    marked(&world, &[event], "✓").await;
    has_photos(&world, 1, "You will recieve it", &[80]).await;
    world.drained().await;
    has_photos(&world, 1, "You will recieve it", &[80]).await;
    world.finish().await;
}
