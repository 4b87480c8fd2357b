//! Each kind of file that agents send: whether it goes, and what its writer reads if it does not; and a file
//! that ends the program.

use std::time::Instant;

use ruma::{EventId, OwnedRoomId};
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;
use switchroom::domain::text::segments::count;

use super::files::{
    film, has, heic, is_photo, moving, png_that_says, post_photos, sent, shown, types, upload, voice, wav,
};
use super::send;
use crate::harness::{Database, PATIENCE, World, WorldOptions};

const JANE: &str = "+14155550100";

/// What becomes of a file.
enum Fate {
    /// It goes, as this type.
    Goes(&'static str),
    /// It does not, and why: the code, and words that say what to do instead.
    Stays(&'static str, &'static str),
}

use Fate::{Goes, Stays};

/// The files that agents send: message type, claimed type, content, what becomes of it as MMS.
fn kinds() -> Vec<(&'static str, &'static str, Vec<u8>, Fate)> {
    vec![
        ("m.audio", "audio/ogg", voice(2_000), Goes("audio/ogg")),
        ("m.audio", "audio/ogg; codecs=opus", voice(2_001), Goes("audio/ogg")),
        ("m.audio", "audio/x-m4a", film(b"M4A "), Goes("audio/mp4")),
        ("m.audio", "audio/wav", wav(), Stays("sound_not_carried", "MP3 or M4A")),
        ("m.video", "video/3gpp", film(b"3gp4"), Goes("video/3gpp")),
        ("m.video", "video/mp4", film(b"isom"), Goes("video/mp4")),
        ("m.video", "video/quicktime", film(b"qt  "), Goes("video/quicktime")),
        ("m.video", "video/mp4", film(b"isom")[..60].to_vec(), Stays("video_unreadable", "Record it anew")),
        (
            "m.video",
            "video/x-msvideo",
            [&b"RIFF\x24\0\0\0AVI LIST"[..], &[0; 40]].concat(),
            Stays("video_not_carried", "as MP4"),
        ),
        ("m.image", "image/gif", moving(), Goes("image/gif")),
        ("m.image", "image/heic", heic(), Stays("media_unreadable", "as JPEG or PNG")),
        ("m.image", "image/png", png_that_says(60_000, 60_000), Stays("media_unreadable", "a screenshot")),
    ]
}

/// The message of a file, with what Element says of a voice message.
fn message(msgtype: &str, uri: &str, mime: &str) -> Value {
    let mut content = shown(msgtype, uri, "", mime);
    if mime.starts_with("audio/ogg") {
        content = json!({"msgtype": "m.audio", "body": "Voice message.ogg", "url": uri});
        content["info"] = json!({"mimetype": mime, "duration": 1_500, "size": 2_000});
        content["org.matrix.msc1767.text"] = json!("Voice message");
        content["org.matrix.msc1767.audio"] = json!({"duration": 1_500, "waveform": [0, 512, 1024]});
        content["org.matrix.msc3245.voice"] = json!({});
    }
    content
}

/// Why a message was held back, and the words for it.
async fn told(world: &World, event: &EventId) -> (String, String) {
    let fits = |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(event.as_str());
    let seen = world.agent("alice").wait_for("why it does not go", fits).await.unwrap();
    (seen.notice().unwrap()["why"].as_str().unwrap().to_owned(), seen.body().to_owned())
}

#[tokio::test]
async fn each_kind_of_file_arrives_or_its_writer_reads_what_to_do_instead() {
    let world = World::new().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let mut arrived = 0;
    for (msgtype, mime, bytes, fate) in kinds() {
        let uri = upload(&world, mime, bytes).await;
        let event = send(world.agent("alice"), &room, message(msgtype, &uri, mime)).await;
        match fate {
            Goes(as_type) => {
                world.agent("alice").wait_for_reaction(&event, "✓").await.unwrap();
                arrived += 1;
                let got = sent(&world, JANE, arrived).await;
                let last = &got[arrived - 1];
                assert_eq!((types(last), last.body.as_str()), (vec![as_type], ""), "{mime}");
                assert!(!has(&last.media[0].bytes, "51.5"), "{mime} says where it was made");
            }
            Stays(code, instead) => {
                let (why, words) = told(&world, &event).await;
                assert_eq!(why, code, "{mime}");
                assert!(words.contains(instead), "{mime}: {words}");
            }
        }
    }
    assert_eq!(world.provider.sent_to(JANE).len(), arrived);
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
    world.finish().await;
}

#[tokio::test]
async fn what_does_not_go_as_it_is_goes_as_a_link_which_counts_with_its_text() {
    let queue = "undo_secs: 0, link: true, warn_segments: 1";
    let world = World::with(WorldOptions { queue, ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let uri = upload(&world, "audio/wav", wav()).await;
    let caption = "Listen to this. ".repeat(8);
    let event = send(alice, &room, shown("m.audio", &uri, &caption, "audio/wav")).await;
    alice.wait_for_reaction(&event, "✓").await.unwrap();
    let got = sent(&world, JANE, 1).await;
    let (text, link) = got[0].body.split_once('\n').unwrap();
    assert_eq!((text, got[0].media.len()), (caption.trim(), 0));
    let answer = reqwest::get(link).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "audio/x-wav");
    assert_eq!(answer.bytes().await.unwrap()[..], wav()[..]);

    // The text alone is one segment; what the phone has are two, and so many are told.
    assert_eq!(count(text).segments, 1);
    let fits = |seen: &Seen| seen.code() == "segments" && seen.replies_to() == Some(event.as_str());
    let told = alice.wait_for("what it took", fits).await.unwrap();
    let of_phone = count(&got[0].body);
    assert_eq!(of_phone.segments, 2);
    let notice = told.notice().unwrap();
    assert_eq!((&notice["segments"], &notice["units"]), (&json!(of_phone.segments), &json!(of_phone.units)));
    world.finish().await;
}

#[tokio::test]
async fn a_file_that_ends_the_program_twice_is_left_out_at_the_next_start_and_the_rest_goes_on_sqlite() {
    ends_the_program(Database::Sqlite).await;
}

#[tokio::test]
async fn a_file_that_ends_the_program_twice_is_left_out_at_the_next_start_and_the_rest_goes_on_postgres() {
    ends_the_program(Database::Postgres).await;
}

async fn ends_the_program(database: Database) {
    let mut world =
        World::with(WorldOptions { database, queue: "undo_secs: 3", ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    // The second file of a row ends it, however often it is read.
    world.start_again("while_file_is_read=1*off->return").await;
    let photos = post_photos(&world, &room, &[(10, "one"), (60, "two"), (110, "three")]).await;
    let after = world.agent("alice").send_text(&room, "And in words").await.unwrap();
    ended(&mut world).await;
    world.start_again("while_file_is_read=return").await;
    ended(&mut world).await;
    world.start_again("").await;
    let (why, words) = told(&world, &photos[1]).await;
    assert_eq!(why, "media_ended_program");
    assert!(words.contains("a picture as a screenshot"), "{words}");
    for event in [&photos[0], &photos[2], &after] {
        world.agent("alice").wait_for_reaction(event, "✓").await.unwrap();
    }
    arrived(&world, &room, &photos[1]).await;

    // It is read no more, also where the program would end over it again.
    world.start_again("while_file_is_read=return").await;
    world.drained().await;
    arrived(&world, &room, &photos[1]).await;
    assert!(!world.bridge.has_ended());
    world.finish().await;
}

#[tokio::test]
async fn a_file_that_was_being_read_when_something_else_ended_the_program_goes_on_sqlite() {
    something_else_ends_it(Database::Sqlite).await;
}

#[tokio::test]
async fn a_file_that_was_being_read_when_something_else_ended_the_program_goes_on_postgres() {
    something_else_ends_it(Database::Postgres).await;
}

async fn something_else_ends_it(database: Database) {
    let mut world =
        World::with(WorldOptions { database, queue: "undo_secs: 3", ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    // Over each of the files once.
    world.start_again("while_file_is_read=return").await;
    let photos = post_photos(&world, &room, &[(10, "one"), (60, "two")]).await;
    ended(&mut world).await;
    world.start_again("while_file_is_read=1*off->return").await;
    ended(&mut world).await;
    world.start_again("").await;
    for event in &photos {
        world.agent("alice").wait_for_reaction(event, "✓").await.unwrap();
    }
    let got = sent(&world, JANE, 1).await;
    assert_eq!((got[0].body.as_str(), got[0].media.len()), ("one\ntwo", 2));
    is_photo(&got[0].media[0], 10);
    is_photo(&got[0].media[1], 60);
    world.finish().await;
}

/// The phone has the first and the third photo in one message, and the words behind them.
async fn arrived(world: &World, room: &OwnedRoomId, left_out: &EventId) {
    let got = sent(world, JANE, 2).await;
    assert_eq!(got.iter().map(|sent| sent.body.as_str()).collect::<Vec<_>>(), ["one\nthree", "And in words"]);
    assert_eq!(types(&got[0]), ["image/jpeg", "image/jpeg"]);
    is_photo(&got[0].media[0], 10);
    is_photo(&got[0].media[1], 110);
    let marks = world.agent("alice").look(|log| log.reactions(left_out.as_str()).len());
    assert_eq!(marks, 0, "{room}");
}

/// Waits until the program has ended by itself.
async fn ended(world: &mut World) {
    let begun = Instant::now();
    while !world.bridge.has_ended() {
        assert!(begun.elapsed() < PATIENCE, "the program did not end");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
