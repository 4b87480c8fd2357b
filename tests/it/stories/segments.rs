//! Texts as phone companies count and cut them.

use ruma::{EventId, RoomId};
use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use super::files::{attachment, photo};
use super::type_in;
use crate::harness::{OURS, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";

/// What a notice about segments says.
fn counted(seen: &Seen) -> (String, u64, u64) {
    let notice = seen.notice().unwrap();
    let number = |field: &str| notice[field].as_u64().unwrap();
    (notice["encoding"].as_str().unwrap().to_owned(), number("segments"), number("messages"))
}

#[tokio::test]
async fn a_long_text_goes_in_numbered_messages_of_one_segment_and_its_writer_reads_what_it_cost() {
    let world = World::with(WorldOptions {
        sms: "split: separate\n  number_parts: true\n  encoding: smart",
        queue: "undo_secs: 0, warn_segments: 2",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;

    // What would be sent is counted, before it is.
    let plain = type_in(&world, "alice", &room, "!count It’s “fine” – really…", "count").await;
    assert_eq!(counted(&plain), ("GSM-7".to_owned(), 1, 1), "smart makes it plain");
    let odd = type_in(&world, "alice", &room, "!count It’s 😀, 😀", "count").await;
    assert_eq!(counted(&odd), ("UCS-2".to_owned(), 1, 1));
    assert_eq!(
        odd.notice().unwrap()["odd"],
        json!([
            {"text": "’", "name": "curly apostrophe", "unicode": "U+2019", "position": 3, "times": 1},
            {"text": "😀", "name": "", "unicode": "U+1F600", "position": 6, "times": 2},
        ])
    );
    assert!(odd.body().contains("curly apostrophe, U+2019, as character 3"), "{}", odd.body());

    alice.send_text(&room, "It’s on its way…").await.unwrap();
    world.phone_gets(JANE, &["It's on its way..."]).await;

    let long = (1..=70).map(|n| format!("word{n:02}")).collect::<Vec<_>>().join(" ");
    let sent = alice.send_text(&room, &long).await.unwrap();
    eventually("all messages", || async { (world.taken_for(JANE).len() >= 5).then_some(()) }).await;
    let taken = world.taken_for(JANE);
    assert_eq!(taken.len(), 5);
    let bare: Vec<&str> = taken[1..]
        .iter()
        .zip(1..)
        .map(|(part, number)| part.strip_prefix(&format!("{number}/4 ")).unwrap())
        .collect();
    assert_eq!(bare.join(" "), long, "in order, none lost, cut at words");
    assert!(taken[1..].iter().all(|part| part.len() <= 160));
    let fits = |seen: &Seen| seen.code() == "segments" && seen.replies_to() == Some(sent.as_str());
    let told = alice.wait_for("what it cost", fits).await.unwrap();
    assert_eq!(counted(&told), ("GSM-7".to_owned(), 4, 4));
    assert_eq!((told.msgtype(), &told.notice().unwrap()["most"]), ("m.notice", &json!(2)));

    // Without a text the last message is counted, as a reply that one.
    alice.wait_for_reaction(&sent, "✓").await.unwrap();
    let last = type_in(&world, "alice", &room, "!count", "count").await;
    assert_eq!(counted(&last), ("GSM-7".to_owned(), 4, 4));
    let dear = alice.send_text(&room, &"ж".repeat(141)).await.unwrap();
    let fits = |seen: &Seen| seen.code() == "segments" && seen.replies_to() == Some(dear.as_str());
    let told = alice.wait_for("what it cost", fits).await.unwrap();
    assert_eq!(counted(&told), ("UCS-2".to_owned(), 3, 3));
    assert!(told.body().contains("U+0436, 141 times, first as character 1: ж"), "{}", told.body());
    let position = alice.position();
    alice.send_reply(&room, &sent, "!count").await.unwrap();
    let first = alice.wait_for_after(position, "the count", |seen| seen.code() == "count").await.unwrap();
    assert_eq!(counted(&first), ("GSM-7".to_owned(), 4, 4));
    world.finish().await;
}

/// Types `!count` as a reply, and returns what is answered.
async fn count_of(world: &World, room: &RoomId, event: &EventId) -> Seen {
    let alice = world.agent("alice");
    let position = alice.position();
    alice.send_reply(room, event, "!count").await.unwrap();
    let answers = |seen: &Seen| ["count", "usage"].contains(&seen.code());
    alice.wait_for_after(position, "an answer to !count", answers).await.unwrap()
}

#[tokio::test]
async fn a_customers_text_is_counted_too_and_nothing_else_is() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    // 69 characters and one that takes two: one more than fits into a segment of UCS-2.
    let text = format!("{}😀", "’".repeat(69));
    world.text(JANE, &text).await;
    alice.wait_for_text(&room, &text).await.unwrap();
    let is_text = |seen: &Seen| seen.room_id == room && seen.body() == text;
    let said = alice.wait_for("the text", is_text).await.unwrap();
    let counted_text = count_of(&world, &room, &said.event_id).await;
    assert_eq!(counted(&counted_text), ("UCS-2".to_owned(), 2, 1));
    assert_eq!(counted_text.notice().unwrap()["units"], 71);
    assert!(counted_text.body().contains("U+1F600"), "{}", counted_text.body());

    // What the bot says is no text of anybody's, nor is a picture, nor what is not there any more.
    let picture = attachment("image/jpeg", photo(40, 20, [[250, 0, 0], [0, 0, 250]]));
    world.provider.text_from(JANE, OURS, "", vec![picture]).await.unwrap();
    let is_picture = |seen: &Seen| seen.room_id == room && seen.msgtype() == "m.image";
    let picture = alice.wait_for("the picture", is_picture).await.unwrap();
    let list = type_in(&world, "alice", &room, "!history", "history").await;
    for event in [&counted_text.event_id, &picture.event_id, &list.event_id] {
        let refused = count_of(&world, &room, event).await;
        assert_eq!(refused.code(), "usage", "{}", refused.body());
        assert!(
            refused.body().contains("Only texts are counted: reply to one that you or"),
            "{}",
            refused.body()
        );
        assert!(refused.body().contains("!count [text]"), "{}", refused.body());
    }
    world.finish().await;
}
