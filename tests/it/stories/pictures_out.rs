//! Pictures, sounds and files that agents send: what the phone gets, what is told of it, and what does not
//! go.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ruma::{OwnedEventId, RoomId};
use serde_json::json;
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::AnswerFault;
use switchroom::sms::twilio::Status;

use super::files::{attachment, is_photo, photo_of, post_photo, sent, shown, types, upload, voice};
use super::{done, held_back, join_offered, send, type_in};
use crate::harness::{Database, OURS, PATIENCE, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";
const LONDON: &str = "+447700900123";

async fn world(database: Database, queue: &'static str) -> World {
    World::with(WorldOptions { database, queue, ..WorldOptions::default() }).await
}

#[tokio::test]
async fn what_an_agent_shows_gets_to_the_phone_on_sqlite() {
    shown_to_the_phone(Database::Sqlite).await;
}

#[tokio::test]
async fn what_an_agent_shows_gets_to_the_phone_on_postgres() {
    shown_to_the_phone(Database::Postgres).await;
}

async fn shown_to_the_phone(database: Database) {
    let world = world(database, "undo_secs: 3").await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "What does it look like?").await;
    let uris = [
        upload(&world, "image/jpeg", photo_of(10)).await,
        upload(&world, "image/jpeg", photo_of(60)).await,
        upload(&world, "image/jpeg", photo_of(110)).await,
    ];
    let spoken = upload(&world, "audio/ogg", voice(3_000)).await;

    // Sent in a row: the second is changed, the third taken back, and what is left is one message.
    let front = send(alice, &room, shown("m.image", &uris[0], "The front", "image/jpeg")).await;
    let back = send(alice, &room, shown("m.image", &uris[1], "the bakc", "image/jpeg")).await;
    let taken_back = send(alice, &room, shown("m.image", &uris[2], "and this?", "image/jpeg")).await;
    let said = send(alice, &room, shown("m.audio", &spoken, "", "audio/ogg")).await;
    alice.redact(&room, &taken_back).await.unwrap();
    let new = shown("m.image", &uris[1], "the back", "image/jpeg");
    let mut edit = shown("m.image", &uris[1], "* the back", "image/jpeg");
    edit["m.new_content"] = new;
    edit["m.relates_to"] = json!({"rel_type": "m.replace", "event_id": back});
    send(alice, &room, edit).await;
    let after = alice.send_text(&room, "Do you see it?").await.unwrap();
    for event in [&front, &back, &said, &after] {
        alice.wait_for_reaction(event, "✓").await.unwrap();
    }
    let got = sent(&world, JANE, 2).await;
    assert_eq!(
        got.iter().map(|sent| sent.body.as_str()).collect::<Vec<_>>(),
        ["The front\nthe back", "Do you see it?"]
    );
    assert_eq!(types(&got[0]), ["image/jpeg", "image/jpeg", "audio/ogg"]);
    is_photo(&got[0].media[0], 10);
    is_photo(&got[0].media[1], 60);
    assert_eq!(got[0].media[2].bytes[..], voice(3_000)[..]);
    assert!(alice.look(|log| log.reactions(taken_back.as_str()).is_empty()));

    // Once it is on its way, nothing of it is changed.
    alice.redact(&room, &back).await.unwrap();
    assert_eq!(held_back(alice, &back).await, "already_sent");
    // What the transcript says is what the phone has.
    let changed = "SELECT COUNT(*) FROM transcript WHERE kind = 'owner' AND body IN ('The front (media)', 'the back (media)', '(media)')";
    assert_eq!(world.number(changed).await, 3);
    let others = "SELECT COUNT(*) FROM transcript WHERE body LIKE '%bakc%' OR body LIKE '%and this?%' AND kind = 'owner'";
    assert_eq!(world.number(others).await, 0);

    // A picture that closes a conversation goes all the same.
    post_photo(&world, &room, 200, "Goodbye").await;
    done(&world, "alice", &room).await;
    let got = sent(&world, JANE, 3).await;
    is_photo(&got[2].media[0], 200);
    assert_eq!(got[2].body, "Goodbye");
    assert_eq!(world.number("SELECT COUNT(*) FROM media_out").await, 4, "for as long as links to them hold");
    world.finish().await;
}

#[tokio::test]
async fn a_page_that_is_answered_with_pictures_ends_once_all_of_them_went() {
    let world = World::with(WorldOptions {
        queue: "undo_secs: 1, disposition: mandatory",
        desk: "dispositions: [{code: solved, label: Solved}]",
        timers: "page_grace_secs: 1",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    let picture = attachment("image/jpeg", photo_of(1));
    world.provider.text_from(JANE, OURS, "What is this?", vec![picture]).await.unwrap();
    let room = join_offered(&world, "alice", JANE).await;
    let named = "SELECT COUNT(*) FROM transcript WHERE kind = 'contact' AND body = 'What is this? (media)'";
    assert_eq!(world.number(named).await, 1, "the transcript names the picture that came with the words");
    let uris =
        [upload(&world, "image/jpeg", photo_of(20)).await, upload(&world, "image/jpeg", photo_of(70)).await];
    alice.send_text(&room, "This is what it should look like:").await.unwrap();
    let first = send(alice, &room, shown("m.image", &uris[0], "", "image/jpeg")).await;
    let second = send(alice, &room, shown("m.image", &uris[1], "", "image/jpeg")).await;
    world.state("alice", &room, "wrap_up").await;
    for event in [&first, &second] {
        alice.wait_for_reaction(event, "✓").await.unwrap();
    }
    let files: Vec<usize> = world.provider.sent_to(JANE).iter().map(|sent| sent.media.len()).collect();
    assert_eq!(files.iter().sum::<usize>(), 2, "{files:?}");
    // Of a page that is answered, what is noted and decided is as ever.
    alice.send_text(&room, "!done solved Sent two pictures").await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();
    let noted = "SELECT COUNT(*) FROM transcript WHERE kind = 'note' AND body LIKE '%two pictures%'";
    assert_eq!(world.number(noted).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_go_says_why_and_the_rest_goes() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        each: &[("bob", "permissions: [im, transfer]")],
        queue: "undo_secs: 1",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let missing = format!("mxc://{}/nothinghere", alice.user_id().server_name());
    for (msgtype, mime, bytes, why) in [
        ("m.audio", "audio/ogg", voice(1_100_000), "media_too_large"),
        ("m.file", "application/zip", b"PK\x03\x04 and so on".to_vec(), "media_not_carried"),
        ("m.image", "image/png", b"\x89PNG\r\n\x1a\nbroken".to_vec(), "media_unreadable"),
        ("m.image", "image/heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), "media_unreadable"),
    ] {
        let uri = upload(&world, mime, bytes).await;
        let event = send(alice, &room, shown(msgtype, &uri, "", mime)).await;
        assert_eq!(held_back(alice, &event).await, why);
    }
    let gone = send(alice, &room, shown("m.image", &missing, "Gone", "image/png")).await;
    assert_eq!(held_back(alice, &gone).await, "media_gone");
    // What did not go at all is not sent again.
    let fits = |seen: &Seen| seen.code() == "resend_refused";
    alice.send_reply(&room, &gone, "!resend").await.unwrap();
    let refused = alice.wait_for("that nothing is sent again", fits).await.unwrap();
    assert_eq!(refused.notice().unwrap()["why"], "never_sent", "{}", refused.body());
    let encrypted = json!({"msgtype": "m.image", "body": "a", "file": {"url": missing, "key": {}}});
    let encrypted = send(alice, &room, encrypted).await;
    assert_eq!(held_back(alice, &encrypted).await, "media_encrypted");
    // A standard response does not go with it, and it is not said that there is none of that name.
    let uri = upload(&world, "image/jpeg", photo_of(30)).await;
    let response = send(alice, &room, shown("m.image", &uri, "#hello", "image/jpeg")).await;
    assert_eq!(held_back(alice, &response).await, "beside_shortcut");

    // Of several in a row, those go that can.
    let broken = upload(&world, "image/png", b"\x89PNG\r\n\x1a\nbroken".to_vec()).await;
    let whole = upload(&world, "image/jpeg", photo_of(30)).await;
    let bad = send(alice, &room, shown("m.image", &broken, "one", "image/png")).await;
    let good = send(alice, &room, shown("m.image", &whole, "two", "image/jpeg")).await;
    alice.wait_for_reaction(&good, "✓").await.unwrap();
    assert_eq!(held_back(alice, &bad).await, "media_unreadable");
    assert!(alice.look(|log| log.reactions(bad.as_str()).is_empty()));
    let got = sent(&world, JANE, 1).await;
    assert_eq!((got[0].body.as_str(), types(&got[0])), ("two", vec!["image/jpeg"]));
    // A caption is a text like any other: a command in it is none for the phone, an aside stays here.
    send(alice, &room, shown("m.image", &whole, "!- for us only", "image/jpeg")).await;
    type_in(&world, "alice", &room, "!count on", "count").await;

    // To London no picture goes from here.
    world.text(LONDON, "Hello from London").await;
    let london = join_offered(&world, "alice", LONDON).await;
    let far = send(alice, &london, shown("m.image", &whole, "Look", "image/jpeg")).await;
    assert_eq!(held_back(alice, &far).await, "no_mms");
    let told =
        alice.wait_for("what to do instead", |seen| seen.replies_to() == Some(far.as_str())).await.unwrap();
    assert!(told.body().contains("send a link"), "{}", told.body());

    // Who may send none is told so, and their words go.
    world.command("alice", "!notready", "status").await;
    let bobs = world.conversation("bob", JOHN, "Hi").await;
    let bob = world.agent("bob");
    let event = send(bob, &bobs, shown("m.image", &whole, "Look", "image/jpeg")).await;
    let fits = |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(event.as_str());
    let told = bob.wait_for("why it does not go", fits).await.unwrap();
    assert_eq!(told.notice().unwrap()["why"], "media_not_allowed");
    assert!(told.body().contains("mms_send"), "{}", told.body());
    // Its words are counted, and nothing beside them.
    bob.send_reply(&bobs, &event, "!count").await.unwrap();
    let counted = bob.wait_for_notice(&bobs, "count").await.unwrap();
    assert_eq!(counted.notice().unwrap()["units"], 4, "{}", counted.body());
    bob.send_text(&bobs, "In words then").await.unwrap();
    world.phone_gets(JOHN, &["In words then"]).await;
    assert!(world.taken_for(LONDON).is_empty() && world.taken_for(JANE).len() == 1);
    world.finish().await;
}

#[tokio::test]
async fn a_queue_can_send_links_to_what_does_not_go_as_it_is() {
    let world = World::with(WorldOptions {
        agents: &["alice", "ada"],
        each: &[("ada", "roles: [admin], queues: []")],
        queue: "undo_secs: 0, link: true",
        // An erasure does not look again after minutes.
        fail_points: "erasure_waits_not=return",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", LONDON, "Hello").await;
    let event = post_photo(&world, &room, 40, "Here it is").await;
    alice.wait_for_reaction(&event, "✓").await.unwrap();
    let got = sent(&world, LONDON, 1).await;
    let (text, link) = got[0].body.split_once('\n').unwrap();
    assert_eq!((text, got[0].media.len()), ("Here it is", 0));
    let answer = reqwest::get(link).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"image/jpeg".parse().unwrap())
    );
    let bytes = answer.bytes().await.unwrap();
    is_photo(&attachment("image/jpeg", bytes), 40);
    let (before, name) = link.rsplit_once('/').unwrap();
    for other in [format!("{before}/image-2.jpg"), format!("{before}x/{name}"), before.to_owned()] {
        assert!([403, 404].contains(&reqwest::get(&other).await.unwrap().status().as_u16()), "{other}");
    }
    // What is erased is to be had no longer.
    let card = world.command("ada", &format!("!erase {LONDON}"), "erase_contact").await;
    let id = card.notice().unwrap()["contact_id"].as_str().unwrap().to_owned();
    world.command("ada", &format!("!erase {id} {id}"), "erasing").await;
    eventually("the file to be gone", || async {
        (reqwest::get(link).await.unwrap().status().as_u16() == 404).then_some(())
    })
    .await;
    for table in ["SELECT COUNT(*) FROM media_out", "SELECT COUNT(*) FROM media_out_pieces"] {
        assert_eq!(world.number(table).await, 0, "{table}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_picture_that_failed_can_be_sent_again_and_one_whose_fate_is_unknown_is_settled() {
    let world = world(Database::Sqlite, "undo_secs: 1").await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.provider.faults().answer_next(AnswerFault::FailedAtOnce(30008), 1);
    let uris =
        [upload(&world, "image/jpeg", photo_of(50)).await, upload(&world, "image/jpeg", photo_of(90)).await];
    let first = send(alice, &room, shown("m.image", &uris[0], "one", "image/jpeg")).await;
    let second = send(alice, &room, shown("m.image", &uris[1], "", "image/jpeg")).await;
    alice.wait_for_reaction(&first, "❌").await.unwrap();
    alice.wait_for_reaction(&second, "❌").await.unwrap();
    // The second went with the first, so that it is sent again with it.
    alice.send_reply(&room, &second, "!resend").await.unwrap();
    alice.wait_for_reaction(&second, "✓").await.unwrap();
    let got = sent(&world, JANE, 2).await;
    assert_eq!((got[0].status, got[1].status), (Status::Failed, Status::Delivered));
    assert_eq!((got[1].body.as_str(), got[1].media.len()), ("one", 2));
    is_photo(&got[1].media[0], 50);
    is_photo(&got[1].media[1], 90);

    // The provider takes it and does not say so: its list tells, by text and number of files.
    world.provider.faults().answer_next(AnswerFault::BreakAfterAccepting, 1);
    let unknown = post_photo(&world, &room, 130, "one").await;
    alice.wait_for_reaction(&unknown, "✓").await.unwrap();
    assert_eq!(sent(&world, JANE, 3).await[2].media.len(), 1);
    // While the provider takes nothing it waits, with files that are made once.
    world.provider.faults().answer_next(AnswerFault::RateLimit, 1);
    let waited = post_photo(&world, &room, 170, "").await;
    alice.wait_for_reaction(&waited, "✓").await.unwrap();
    assert_eq!(sent(&world, JANE, 4).await.len(), 4);
    world.finish().await;
}

#[tokio::test]
async fn a_picture_goes_by_telnyx_small_enough_for_it() {
    let world = World::with(WorldOptions { telnyx: true, ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let event = post_photo(&world, &room, 80, "By Telnyx").await;
    alice.wait_for_reaction(&event, "✓").await.unwrap();
    let files = world.telnyx().fetched("By Telnyx").unwrap();
    assert_eq!(files.len(), 1);
    assert!(files[0].0 == "image/jpeg" && files[0].1.len() < 950_000);
    is_photo(&attachment(&files[0].0, files[0].1.clone()), 80);
    world.finish().await;
}

#[tokio::test]
async fn killed_at_every_point_of_its_way_no_picture_is_lost_and_none_goes_twice_on_sqlite() {
    killed_on_its_way(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_at_every_point_of_its_way_no_picture_is_lost_and_none_goes_twice_on_postgres() {
    killed_on_its_way(Database::Postgres).await;
}

/// The points at which the program dies, and how often each is passed before it does: once for each file.
const POINTS: [(&str, usize); 7] = [
    ("before_files", 0),
    ("before_files", 1),
    ("files_made", 0),
    ("files_made", 1),
    ("before_sms", 0),
    ("after_sms", 0),
    ("after_commit", 2),
];

async fn killed_on_its_way(database: Database) {
    let mut world = world(database, "undo_secs: 1").await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    let mut kills = 0;
    for (number, (point, passed)) in POINTS.into_iter().enumerate() {
        // Of each its own length tells which it is.
        let spoken = upload(&world, "audio/ogg", voice(500 + number)).await;
        let uri = upload(&world, "image/jpeg", photo_of(5)).await;
        let first = if passed == 0 { String::new() } else { format!("{passed}*off->") };
        world.start_again(&format!("{point}={first}1*return")).await;
        world.bridge.listening_or_ended().await;
        let caption = format!("{number} at {point}");
        let picture = send(world.agent("alice"), &room, shown("m.image", &uri, &caption, "image/jpeg")).await;
        send(world.agent("alice"), &room, shown("m.audio", &spoken, "", "audio/ogg")).await;
        kills += usize::from(died_or_done(&mut world, &caption).await);
        world.start_again("").await;
        // What is sent while it is down would else go with what waits.
        settled(&world, &room, &(picture, caption)).await;
    }
    assert!(kills >= POINTS.len() - 1, "the program was killed only {kills} times");
    let sent = world.provider.sent_to(JANE);
    let captions: Vec<&str> =
        sent.iter().map(|sent| sent.body.as_str()).filter(|body| !body.is_empty()).collect();
    assert_eq!(
        captions.iter().collect::<BTreeSet<_>>().len(),
        captions.len(),
        "one went twice: {captions:?}"
    );
    assert!(captions.len() >= POINTS.len() - 1, "more than one was given up: {captions:?}");
    let mut lengths = BTreeSet::new();
    for file in sent.iter().flat_map(|sent| &sent.media).filter(|file| file.content_type == "audio/ogg") {
        assert!(lengths.insert(file.bytes.len()), "a sound went twice: {}", file.bytes.len());
    }
    // Of what the provider could not fetch, because there was nobody to fetch it from, the writer is told.
    let got = || sent.iter().filter(|sent| sent.status == Status::Delivered && !sent.body.is_empty());
    assert!(got().count() >= POINTS.len() - 2 && lengths.len() >= got().count(), "{} sounds", lengths.len());
    for sent in got() {
        assert_eq!(types(sent)[0], "image/jpeg", "{}", sent.body);
    }
    world.finish().await;
}

/// Waits until the program has died, or the message is taken without that; true if it died.
async fn died_or_done(world: &mut World, caption: &str) -> bool {
    let begun = Instant::now();
    while !world.bridge.has_ended() {
        let got = world.provider.sent_to(JANE);
        if got.iter().any(|sent| sent.body == caption && sent.status == Status::Delivered) {
            return false;
        }
        assert!(begun.elapsed() < PATIENCE, "neither died nor brought {caption:?} through");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// Waits until a message is at the phone, or its writer reads that nobody knows, or that it does not go.
async fn settled(world: &World, room: &RoomId, (event, caption): &(OwnedEventId, String)) {
    eventually(&format!("{caption:?} to be settled"), || async {
        let there =
            world.provider.sent_to(JANE).iter().any(|sent| sent.body == *caption && sent.status.is_final());
        let told = world.agent("alice").look(|log| {
            let codes = ["message_unconfirmed", "message_held_back"];
            let about =
                |seen: &&Seen| codes.contains(&seen.code()) && seen.replies_to() == Some(event.as_str());
            log.messages(room).any(|seen| about(&seen))
        });
        (there || told).then_some(())
    })
    .await;
}
