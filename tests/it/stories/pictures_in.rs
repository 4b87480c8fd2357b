//! What contacts send besides words: shown as far as it can be, kept as it was sent, and saved by those who
//! may.

use std::io::Cursor;

use image::AnimationDecoder as _;
use image::codecs::gif::GifDecoder;
use ruma::{OwnedEventId, OwnedRoomId};
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::{Attachment, MediaFault};

use super::files::{self, attachment, has, moving, png_that_says};
use super::{send, type_in};
use crate::harness::{Database, OURS, PATIENCE, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";

/// A photo, with notes of where it was taken.
fn photo() -> Attachment {
    attachment("image/jpeg", files::photo(320, 160, [[250, 0, 0], [0, 0, 250]]))
}

/// A picture as an iPhone takes it, of which nobody says what it is.
fn heic() -> Attachment {
    attachment("application/octet-stream", files::heic())
}

const CARDS: &str = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:M=C3=BCller;J=C3=BCr=\r\ngen;;;\r\n\
    TEL;CELL:(415) 555-0177\r\nTEL;WORK:ask for Roy\r\nEMAIL:juergen@shop.test\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Sho\r\n p\r\nTEL:+14155550178\r\nEND:VCARD\r\n";

/// What the ghost showed in a room, in order: type and file name, or the words of a text.
fn shown(world: &World, room: &OwnedRoomId, ghost: &str) -> Vec<(String, String)> {
    world.agent("alice").look(|log| {
        let by_ghost = log.messages(room).filter(|seen| seen.sender == ghost);
        by_ghost.map(|seen| (seen.msgtype().to_owned(), seen.body().to_owned())).collect()
    })
}

async fn notices(world: &World, room: &OwnedRoomId, code: &str, count: usize) -> Vec<Seen> {
    world
        .agent("alice")
        .until(&format!("{count} of {code}"), |log| {
            let found: Vec<Seen> = log.messages(room).filter(|seen| seen.code() == code).cloned().collect();
            (found.len() >= count).then_some(found)
        })
        .await
        .unwrap()
}

async fn fetched(world: &World, content: &Value) -> Vec<u8> {
    world.agent("alice").fetch(content["url"].as_str().unwrap().into()).await.unwrap().unwrap()
}

async fn of_room(world: &World, room: &OwnedRoomId, body: &str) -> Seen {
    let fits = |seen: &Seen| seen.room_id == *room && seen.content["filename"] == body;
    world.agent("alice").wait_for(body, fits).await.unwrap()
}

#[tokio::test]
async fn every_kind_of_file_is_shown_in_order_as_what_it_is() {
    let world = World::new().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let video = [&b"\0\0\0\x18ftyp3gp4\0\0\0\0"[..], &[0; 300]].concat();
    let parts = vec![
        photo(),
        attachment("image/gif", moving()),
        heic(),
        attachment("audio/amr", &b"#!AMR\n\x3c\0\0\0"[..]),
        attachment("image/jpeg", video),
        attachment("text/x-vCard", CARDS),
        attachment("application/pdf", &b"%PDF-1.7\n%%EOF\n"[..]),
        attachment("application/x-shop-order", &b"order 4711"[..]),
        attachment("text/html", &b"<script>alert(1)</script>"[..]),
    ];
    world.provider.text_from(JANE, OURS, "All of these", parts).await.unwrap();
    world.text(JANE, "and a word more").await;
    world.agent("alice").wait_for_text(&room, "and a word more").await.unwrap();
    let ghost = world.ghost(JANE).await;
    let files = [
        ("m.image", "image-1.jpg"),
        ("m.image", "image-2.gif"),
        ("m.file", "image-3.heic"),
        ("m.audio", "audio-4.amr"),
        ("m.video", "video-5.3gp"),
        ("m.file", "file-6.vcf"),
        ("m.file", "file-7.pdf"),
        ("m.file", "file-8.bin"),
        ("m.file", "file-9.bin"),
    ];
    let words = |text: &'static str| ("m.text", text);
    let expected =
        [&[words("Hello"), words("All of these")][..], &files, &[words("and a word more")]].concat();
    let all = shown(&world, &room, &ghost);
    let all: Vec<(&str, &str)> = all.iter().map(|(kind, body)| (kind.as_str(), body.as_str())).collect();
    assert_eq!(all, expected);

    let gif = fetched(&world, &of_room(&world, &room, "image-2.gif").await.content).await;
    assert_eq!(GifDecoder::new(Cursor::new(gif)).unwrap().into_frames().count(), 2, "it moves");
    let file = of_room(&world, &room, "image-3.heic").await;
    assert_eq!(file.content["info"]["mimetype"], "image/heic");
    let copy = fetched(&world, &file.content).await;
    assert!(copy.len() == heic().bytes.len() && !has(&copy, "Camera"), "its notes are gone");
    let told = notices(&world, &room, "no_preview", 1).await;
    assert!(told[0].body().contains("cannot be previewed here (image/heic)"), "{}", told[0].body());

    let card = notices(&world, &room, "card", 1).await.remove(0);
    for line in [
        "holds 2 contact cards",
        "Jürgen Müller",
        "1. +1 415 555 0177 (mobile) · !call 1",
        "- ask for Roy (work)",
        "2. juergen@shop.test · !email 2",
        "Shop",
        "3. +1 415 555 0178 · !call 3",
    ] {
        assert!(card.body().contains(line), "{line} is not in {}", card.body());
    }
    assert!(card.formatted_body().unwrap().contains("<a href=\"tel:+14155550177\">"));
    let email = type_in(&world, "alice", &room, "!email 2", "email").await;
    assert!(email.body().contains("juergen@shop.test"), "{}", email.body());
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
    world.finish().await;
}

/// Types `!save` in a room, as a reply or not.
async fn save(world: &World, name: &str, room: &OwnedRoomId, reply_to: Option<&OwnedEventId>) -> Seen {
    let agent = world.agent(name);
    let position = agent.position();
    let mut content = json!({"msgtype": "m.text", "body": "!save"});
    if let Some(event) = reply_to {
        content["m.relates_to"] = json!({"m.in_reply_to": {"event_id": event}});
    }
    send(agent, room, content).await;
    let answers = ["saved", "refused", "not_allowed"];
    agent
        .wait_for_after(position, "an answer", |seen| seen.room_id == *room && answers.contains(&seen.code()))
        .await
        .unwrap()
}

#[tokio::test]
async fn only_who_may_save_gets_the_original_and_gets_it_in_the_console() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        each: &[("bob", "permissions: [transfer], queues: []")],
        desk: "retention: {media_days: 7}",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.command("bob", "!ready", "status").await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let nothing = save(&world, "alice", &room, None).await;
    assert!(
        nothing.body().contains("nothing in this conversation that could be saved"),
        "{}",
        nothing.body()
    );
    let photo = photo();
    let parts = vec![photo.clone(), attachment("image/png", &b"\x89PNG\r\n\x1a\nbroken Camera"[..])];
    world.provider.text_from(JANE, OURS, "Look", parts).await.unwrap();
    let preview = of_room(&world, &room, "image-1.jpg").await;
    let failed = notices(&world, &room, "media_failed", 1).await.remove(0);
    assert!(failed.body().contains("!save sends you the file"), "{}", failed.body());

    // The last one is the broken one; a reply says which.
    let console = world.console("alice").await;
    for (reply_to, name, sent) in [
        (Some(&preview.event_id), "image-1.jpg", &photo.bytes[..]),
        (Some(&failed.event_id), "image-2.png", b"\x89PNG\r\n\x1a\nbroken Camera"),
        (None, "image-2.png", b"\x89PNG\r\n\x1a\nbroken Camera"),
    ] {
        let position = world.agent("alice").position();
        let said = save(&world, "alice", &room, reply_to).await;
        assert_eq!(said.code(), "saved");
        assert!(said.content.get("url").is_none(), "the room gets no original: {}", said.content);
        let saved = world
            .agent("alice")
            .wait_for_after(position, name, |seen| seen.room_id == console && seen.code() == "saved")
            .await
            .unwrap();
        assert_eq!((saved.msgtype(), &saved.content["filename"]), ("m.image", &json!(name)));
        assert!(saved.body().contains("from "), "{}", saved.body());
        assert_eq!(fetched(&world, &saved.content).await, sent);
    }
    let words = world.agent("alice").look(|log| log.messages(&room).next().unwrap().event_id.clone());
    let other = save(&world, "alice", &room, Some(&words)).await;
    assert!(other.body().contains("not something that the customer attached"), "{}", other.body());

    // In the room stand previews only.
    let urls = world.agent("alice").look(|log| {
        let urls = log.messages(&room).filter_map(|seen| seen.content["url"].as_str().map(str::to_owned));
        urls.collect::<Vec<_>>()
    });
    assert_eq!(urls.len(), 1);
    assert!(!has(&fetched(&world, &json!({"url": urls[0]})).await, "Camera"));
    let kept = "SELECT COUNT(*) FROM media_shown WHERE behind_preview = 1";
    assert_eq!(world.number(kept).await, 1);

    // Whoever may not save has the preview and no more.
    world.agent("alice").send_text(&room, "!transfer bob").await.unwrap();
    let invite = world.invite("bob", JANE).await;
    world.agent("bob").join(&invite).await.unwrap();
    let fits = |seen: &Seen| seen.room_id == room && seen.event_id == preview.event_id;
    world.agent("bob").wait_for("the preview", fits).await.unwrap();
    assert_eq!(save(&world, "bob", &room, Some(&preview.event_id)).await.code(), "not_allowed");
    let (console, preview) = (world.console("bob").await, preview.content["url"].clone());
    let urls = world.agent("bob").look(|log| {
        let said = log.messages(&room).chain(log.messages(&console));
        said.filter_map(|seen| seen.content.get("url").cloned()).collect::<Vec<_>>()
    });
    assert_eq!(urls, [preview]);
    world.finish().await;
}

#[tokio::test]
async fn after_its_days_an_original_is_gone_and_who_asks_for_it_reads_why() {
    let options = WorldOptions { desk: "retention: {media_days: 7}", ..WorldOptions::default() };
    let mut world = World::with(options).await;
    world.make_the_bot_an_admin().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    world.provider.text_from(JANE, OURS, "Look", vec![photo()]).await.unwrap();
    let preview = of_room(&world, &room, "image-1.jpg").await;
    let console = world.console("alice").await;
    let position = world.agent("alice").position();
    save(&world, "alice", &room, None).await;
    let saved = world
        .agent("alice")
        .wait_for_after(position, "the original", |seen| seen.room_id == console && seen.code() == "saved")
        .await
        .unwrap();
    // It is taken as if the conversation had been done for eight days.
    world.number("UPDATE media_shown SET done_at = 1 RETURNING 1").await;
    world.start_again("").await;
    for content in [&preview.content, &saved.content] {
        let url = content["url"].as_str().unwrap();
        eventually("a file to be erased", || async {
            world.agent("alice").fetch(url.into()).await.is_err().then_some(())
        })
        .await;
    }
    let refused = save(&world, "alice", &room, Some(&preview.event_id)).await;
    assert!(
        refused.body().contains("files are kept for 7 days after a conversation is done"),
        "{}",
        refused.body()
    );
    world.finish().await;
}

#[tokio::test]
async fn of_ten_parts_those_that_can_be_had_arrive_and_the_rest_is_told() {
    let world = World::new().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let mut parts: Vec<Attachment> =
        (1..=10).map(|n| attachment("text/plain", format!("part {n}"))).collect();
    parts[4] = attachment("image/png", png_that_says(60_000, 60_000));
    parts[5] = attachment("image/png", &b"part 6, which is no picture"[..]);
    world.provider.faults().media_part(2, MediaFault::Elsewhere);
    world.provider.faults().media_part(9, MediaFault::Huge);
    world.provider.faults().media_not_there_yet(2);
    world.provider.text_from(JANE, OURS, "Ten things", parts).await.unwrap();
    world.text(JANE, "and then").await;
    world.agent("alice").wait_for_text(&room, "and then").await.unwrap();
    let failed = notices(&world, &room, "media_failed", 4).await;
    let why = |number: u32| {
        let of = |seen: &&Seen| seen.notice().unwrap()["number"] == number;
        failed.iter().find(of).unwrap_or_else(|| panic!("{number} is not told")).body().to_owned()
    };
    assert!(why(2).contains("lies where we do not fetch from"), "{}", why(2));
    assert!(why(5).contains("60000 × 60000 pixels"), "{}", why(5));
    assert!(why(6).contains("damaged, or of a kind that cannot be shown"), "{}", why(6));
    assert!(why(9).contains("larger"), "{}", why(9));
    for part in [1, 3, 4, 7, 8, 10] {
        let file = of_room(&world, &room, &format!("file-{part}.txt")).await;
        assert_eq!(fetched(&world, &file.content).await, format!("part {part}").as_bytes());
    }
    assert_eq!(notices(&world, &room, "media_failed", 4).await.len(), 4);
    assert_eq!(world.number("SELECT COUNT(*) FROM originals").await, 8, "the bomb and the lie can be saved");
    world.finish().await;
}

/// Where the program dies on the way of a picture, and how often that is passed before.
const POINTS: [(&str, usize); 8] = [
    ("media_reading", 0),
    ("media_read", 0),
    ("media_preview_kept", 0),
    ("media_kept", 0),
    ("before_matrix", 0),
    ("after_matrix", 0),
    // What is said of a contact card.
    ("before_matrix", 1),
    ("after_matrix", 1),
];

#[tokio::test]
async fn killed_at_every_point_of_its_way_no_picture_is_lost_or_shown_twice_on_sqlite() {
    killed_at_every_point(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_at_every_point_of_its_way_no_picture_is_lost_or_shown_twice_on_postgres() {
    killed_at_every_point(Database::Postgres).await;
}

async fn killed_at_every_point(database: Database) {
    let mut world = World::with(WorldOptions { database, ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    let (mut expected, mut kills) = (0, 0);
    for (point, passed) in POINTS {
        for part in [photo(), attachment("text/vcard", CARDS)] {
            let first = if passed == 0 { String::new() } else { format!("{passed}*off->") };
            world.start_again(&format!("{point}={first}1*return")).await;
            world.bridge.listening_or_ended().await;
            world.provider.text_from(JANE, OURS, "", vec![part]).await.unwrap();
            expected += 1;
            kills += usize::from(died_or_shown(&mut world, &room, expected).await);
            world.start_again("").await;
            eventually(&format!("{expected} files at {point} {passed}"), || async {
                (files(&world, &room).len() >= expected).then_some(())
            })
            .await;
            // Nothing else dies at the next point.
            world.drained().await;
        }
    }
    assert!(kills >= POINTS.len(), "the program was killed only {kills} times");
    world.drained().await;
    let cards = notices(&world, &room, "card", expected / 2).await;
    assert_eq!((files(&world, &room).len(), cards.len()), (expected, expected / 2));
    let originals = i64::try_from(expected).unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM originals WHERE event IS NOT NULL").await, originals);
    // The original of the last can be had after all that.
    assert_eq!(save(&world, "alice", &room, None).await.code(), "saved");
    world.finish().await;
}

/// The files that were shown in a room.
fn files(world: &World, room: &OwnedRoomId) -> Vec<String> {
    world.agent("alice").look(|log| {
        let shown = log.messages(room).filter(|seen| seen.content.get("url").is_some());
        shown.map(|seen| seen.body().to_owned()).collect()
    })
}

/// Waits until the program has died, or so many files are shown without that; true if it died.
async fn died_or_shown(world: &mut World, room: &OwnedRoomId, expected: usize) -> bool {
    let begun = std::time::Instant::now();
    while !world.bridge.has_ended() {
        if files(world, room).len() >= expected {
            return false;
        }
        assert!(begun.elapsed() < PATIENCE, "neither died nor showed {expected} files");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    true
}
