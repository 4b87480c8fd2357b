//! A page that a picture opens, until it is closed.

use bytes::Bytes;
use image::{ImageFormat, RgbImage};
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::Attachment;

use super::{join_offered, type_in};
use crate::harness::{OURS, World, WorldOptions};

const JANE: &str = "+14155550100";

fn picture() -> Attachment {
    let mut png = std::io::Cursor::new(Vec::new());
    RgbImage::new(8, 8).write_to(&mut png, ImageFormat::Png).unwrap();
    Attachment { content_type: "image/png".to_owned(), bytes: Bytes::from(png.into_inner()) }
}

#[tokio::test]
async fn a_page_opened_by_a_picture_asks_for_its_disposition_and_takes_a_note_until_then() {
    let world = World::with(WorldOptions {
        queue: "undo_secs: 0, disposition: mandatory",
        timers: "page_grace_secs: 0",
        desk: "dispositions: [{code: lost, label: Lost parcel}, {code: solved, label: Solved}]",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    world.provider.text_from(JANE, OURS, "Look at this", vec![picture()]).await.unwrap();
    let room = join_offered(&world, "alice", JANE).await;
    let mode = alice.look(|log| log.rooms()[&room].interaction().unwrap()["mode"].clone());
    assert_eq!(mode, "page");
    alice.wait_for("the picture", |seen: &Seen| seen.msgtype() == "m.image").await.unwrap();
    let position = alice.position();
    alice.send_text(&room, "A new one is on its way").await.unwrap();
    let asks = |seen: &Seen| seen.room_id == room && seen.code() == "disposition_required";
    let asked = alice.wait_for_after(position, "the question for a disposition", asks).await.unwrap();
    assert_eq!(asked.mentions(), Some(vec!["@alice:desk.test"]));
    world.state("alice", &room, "wrap_up").await;
    world.phone_gets(JANE, &["A new one is on its way"]).await;

    // Nothing more is said, but a note is taken, and the page waits for its disposition.
    let held = type_in(&world, "alice", &room, "One more thing", "message_held_back").await;
    assert_eq!(held.notice().unwrap()["why"], "wrap_up");
    let note = type_in(&world, "alice", &room, "!note The box was open", "note").await;
    assert_eq!(note.notice().unwrap()["text"], "The box was open");
    let refused = type_in(&world, "alice", &room, "!done", "disposition_required").await;
    assert_eq!(refused.notice().unwrap()["items"][0]["code"], "lost");
    world.state("alice", &room, "wrap_up").await;
    alice.react(&room, &refused.event_id, "1\u{fe0f}\u{20e3}").await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();
    let kept = "SELECT COUNT(*) FROM interactions WHERE state = 'done' AND mode = 'page' AND body LIKE '%Lost parcel%'";
    assert_eq!(world.number(kept).await, 1);
    let noted = "SELECT COUNT(*) FROM transcript WHERE kind = 'note' AND body = 'The box was open'";
    assert_eq!(world.number(noted).await, 1);
    world.finish().await;
}
