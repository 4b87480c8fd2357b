//! Pictures and files of standard responses: how an admin gives them, what goes to the phone, what does not.

use std::time::{Duration, Instant};

use ruma::{OwnedEventId, RoomId};
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::{AnswerFault, Attachment};
use switchroom::sms::twilio::Status;

use super::files::{is_photo, photo_of, sent, shown, types, upload};
use super::{done, held_back, join_offered, rows, send, type_in};
use crate::harness::{Database, OURS, PATIENCE, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";
const LONDON: &str = "+447700900123";

const DESK: &str = r#"responses:
    - {shortcut: price, text: "Our prices, {{ contact.name | default('as promised') }}:", then: ["tag priced"]}"#;
const USES: &str = "SELECT COUNT(*) FROM response_uses";
const TAGGED: &str = "SELECT COUNT(*) FROM tags WHERE tag = 'priced'";

async fn desk(database: Database, queue: &'static str) -> World {
    World::with(WorldOptions {
        database,
        agents: &["alice", "bob", "carol"],
        each: &[("bob", "roles: [agent, supervisor, admin]"), ("carol", "permissions: [im, transfer]")],
        queue,
        desk: DESK,
        ..WorldOptions::default()
    })
    .await
}

fn pdf() -> Vec<u8> {
    [&b"%PDF-1.7\n"[..], &[b' '; 2_000]].concat()
}

/// A file as a client posts it: with its name, and no caption.
fn named(msgtype: &str, uri: &str, name: &str, mime: &str, size: usize) -> Value {
    let info = json!({"mimetype": mime, "size": size});
    json!({"msgtype": msgtype, "body": name, "filename": name, "url": uri, "info": info})
}

/// Types a command as a reply, and waits for the notice of a code.
async fn reply_with(
    world: &World,
    who: &str,
    room: &RoomId,
    of: &OwnedEventId,
    text: &str,
    code: &str,
) -> Seen {
    let agent = world.agent(who);
    let position = agent.position();
    agent.send_reply(room, of, text).await.unwrap();
    let fits = |seen: &Seen| seen.room_id == room && seen.code() == code;
    agent.wait_for_after(position, &format!("{code} after {text}"), fits).await.unwrap()
}

/// Bob gives a response a photo and a price list, by replying to them in his console: their addresses.
async fn give_files(world: &World, shortcut: &str) -> [String; 2] {
    let (bob, console) = (world.agent("bob"), world.console("bob").await);
    let uris =
        [upload(world, "image/jpeg", photo_of(40)).await, upload(world, "application/pdf", pdf()).await];
    let picture = send(bob, &console, named("m.image", &uris[0], "our shop.jpg", "image/jpeg", 9_000)).await;
    let list =
        send(bob, &console, named("m.file", &uris[1], "price-list.pdf", "application/pdf", 2_009)).await;
    let set = format!("!response set {shortcut} media");
    reply_with(world, "bob", &console, &picture, &format!("{set} this"), "changed").await;
    let both = reply_with(world, "bob", &console, &list, &format!("{set} add this"), "changed").await;
    let after = both.notice().unwrap()["after"].as_str().unwrap().to_owned();
    let [photo, list] = &uris;
    let typed = format!(
        "media {photo} name \"our shop.jpg\" type image/jpeg size 9000, {list} name price-list.pdf type \
         application/pdf size 2009"
    );
    assert!(after.contains(&typed), "{after}");
    uris
}

/// What the bot says of a message, of a code.
async fn told(world: &World, who: &str, event: &OwnedEventId, code: &str) -> Seen {
    let fits = |seen: &Seen| seen.code() == code && seen.replies_to() == Some(event.as_str());
    world.agent(who).wait_for(&format!("{code} about {event}"), fits).await.unwrap()
}

#[tokio::test]
async fn files_of_a_response_go_with_its_text_on_sqlite() {
    files_go_with_the_text(Database::Sqlite).await;
}

#[tokio::test]
async fn files_of_a_response_go_with_its_text_on_postgres() {
    files_go_with_the_text(Database::Postgres).await;
}

async fn files_go_with_the_text(database: Database) {
    let world = desk(database, "undo_secs: 2").await;
    let alice = world.agent("alice");
    let uris = give_files(&world, "price").await;
    let room = world.conversation("alice", JANE, "What does it cost?").await;

    // Shown unsent, with what goes with it.
    let position = alice.position();
    let preview = type_in(&world, "alice", &room, "!reply price?", "response").await;
    assert_eq!(preview.notice().unwrap()["files"], json!(["our shop.jpg", "price-list.pdf"]));
    for (uri, msgtype, size) in [(&uris[0], "m.image", 9_000), (&uris[1], "m.file", 2_009)] {
        let fits = |seen: &Seen| seen.code() == "response_file" && seen.content["url"] == **uri;
        let file = alice.wait_for_after(position, "a file of it", fits).await.unwrap();
        assert_eq!((file.msgtype(), &file.content["info"]["size"]), (msgtype, &json!(size)));
    }

    // One message with all of it, and what follows once the provider took it.
    let asked = alice.send_text(&room, "#price").await.unwrap();
    let goes = told(&world, "alice", &asked, "response").await;
    assert!(goes.body().contains("With: our shop.jpg, price-list.pdf"), "{}", goes.body());
    alice.wait_for_reaction(&asked, "✓").await.unwrap();
    let got = sent(&world, JANE, 1).await;
    assert_eq!(got[0].body, "Our prices, as promised:");
    assert_eq!(types(&got[0]), ["image/jpeg", "application/pdf"]);
    is_photo(&got[0].media[0], 40);
    assert_eq!(got[0].media[1].bytes[..], pdf()[..]);
    let names = "SELECT COUNT(*) FROM media_out WHERE name IN ('our-shop.jpg', 'price-list.pdf')";
    assert_eq!(world.number(names).await, 2);
    eventually("what follows to be done", || async { (world.number(TAGGED).await == 1).then_some(()) }).await;
    assert_eq!(world.number(USES).await, 1);
    let said =
        "SELECT COUNT(*) FROM transcript WHERE kind = 'owner' AND body = 'Our prices, as promised: (media)'";
    assert_eq!(world.number(said).await, 1);

    // Deleted in time nothing of it goes; written anew only the words do. Neither was the response.
    alice.send_text(&room, "!untag priced").await.unwrap();
    eventually("the tag to be gone", || async { (world.number(TAGGED).await == 0).then_some(()) }).await;
    let deleted = alice.send_text(&room, "#price").await.unwrap();
    told(&world, "alice", &deleted, "response").await;
    alice.redact(&room, &deleted).await.unwrap();
    let edited = alice.send_text(&room, "#price").await.unwrap();
    told(&world, "alice", &edited, "response").await;
    alice.edit(&room, &edited, "It costs 5").await.unwrap();
    alice.wait_for_reaction(&edited, "✓").await.unwrap();
    let got = sent(&world, JANE, 2).await;
    assert_eq!((got[1].body.as_str(), got[1].media.len()), ("It costs 5", 0));
    world.drained().await;
    assert_eq!((world.number(USES).await, world.number(TAGGED).await), (1, 0));

    // What failed is sent again with its files, and what follows follows that.
    world.provider.faults().answer_next(AnswerFault::FailedAtOnce(30008), 1);
    let failed = alice.send_text(&room, "#price").await.unwrap();
    alice.wait_for_reaction(&failed, "❌").await.unwrap();
    world.drained().await;
    assert_eq!((world.number(USES).await, world.number(TAGGED).await), (1, 0));
    alice.send_reply(&room, &failed, "!resend").await.unwrap();
    alice.wait_for_reaction(&failed, "✓").await.unwrap();
    let got = sent(&world, JANE, 4).await;
    assert_eq!((got[2].status, got[3].status), (Status::Failed, Status::Delivered));
    assert_eq!((got[3].body.as_str(), types(&got[3])), (got[0].body.as_str(), types(&got[0])));
    eventually("what follows to be done", || async { (world.number(TAGGED).await == 1).then_some(()) }).await;
    assert_eq!(world.number(USES).await, 2);

    // Pictures that are posted right behind it are a message of their own.
    let behind = alice.send_text(&room, "#price").await.unwrap();
    send(alice, &room, shown("m.image", &uris[0], "And this", "image/jpeg")).await;
    alice.wait_for_reaction(&behind, "✓").await.unwrap();
    let got = sent(&world, JANE, 6).await;
    assert_eq!((got[4].media.len(), got[5].media.len(), got[5].body.as_str()), (2, 1, "And this"));
    world.finish().await;
}

#[tokio::test]
async fn a_response_whose_files_do_not_go_is_held_back_whole_and_says_why() {
    let world = desk(Database::Sqlite, "undo_secs: 0").await;
    let alice = world.agent("alice");
    give_files(&world, "price").await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let more =
        world.command("bob", "!response set price media add mxc://desk.test/nothinghere", "changed").await;
    assert!(more.body().contains("mxc://desk.test/nothinghere"), "{}", more.body());
    let asked = alice.send_text(&room, "#price").await.unwrap();
    assert_eq!(held_back(alice, &asked).await, "media_gone");
    let why = told(&world, "alice", &asked, "message_held_back").await;
    let words = why.body();
    assert!(
        words.contains("mxc://desk.test/nothinghere of #price") && words.contains("media this"),
        "{words}"
    );
    world.drained().await;
    assert!(world.provider.sent_to(JANE).is_empty());
    assert_eq!((world.number(USES).await, world.number(TAGGED).await), (0, 0));
    let stands = "SELECT COUNT(*) FROM transcript WHERE kind = 'held_back' AND body LIKE 'Our prices%'";
    assert_eq!(world.number(stands).await, 1);
    // A file that cannot be read holds it back too, and the others are not sent alone.
    let broken = upload(&world, "image/png", b"\x89PNG\r\n\x1a\nbroken".to_vec()).await;
    world.command("bob", &format!("!response set price media {broken} name broken.png"), "changed").await;
    let asked = alice.send_text(&room, "#price").await.unwrap();
    assert_eq!(held_back(alice, &asked).await, "media_unreadable");
    let why = told(&world, "alice", &asked, "message_held_back").await;
    assert!(why.body().contains("broken.png of #price"), "{}", why.body());

    // Who may send none, and where none goes: said before anything else, blanks too.
    give_files(&world, "price").await;
    world.command("alice", "!notready", "status").await;
    let johns = world.conversation("carol", JOHN, "Hi").await;
    let preview = type_in(&world, "carol", &johns, "!reply price?", "response").await;
    assert!(
        preview.body().contains("mms_send") && !preview.body().contains("sends it"),
        "{}",
        preview.body()
    );
    let carol = world.agent("carol");
    let asked = carol.send_text(&johns, "#price").await.unwrap();
    let why = told(&world, "carol", &asked, "message_held_back").await;
    assert_eq!(why.notice().unwrap()["why"], "media_not_allowed");
    world.command("carol", "!notready", "status").await;
    let london = world.conversation("alice", LONDON, "Hello from London").await;
    let asked = alice.send_text(&london, "#price").await.unwrap();
    assert_eq!(held_back(alice, &asked).await, "no_mms");
    // Where the queue sends links, the contact gets those, by the names of the files.
    world.command("bob", "!queue set support link yes", "changed").await;
    let linked = alice.send_text(&london, "#price").await.unwrap();
    alice.wait_for_reaction(&linked, "✓").await.unwrap();
    let got = sent(&world, LONDON, 1).await;
    let lines: Vec<&str> = got[0].body.lines().collect();
    assert_eq!((lines[0], lines.len(), got[0].media.len()), ("Our prices, as promised:", 3, 0));
    assert!(lines[1].ends_with("/our-shop.jpg") && lines[2].ends_with("/price-list.pdf"), "{lines:?}");
    assert!(world.provider.sent_to(JANE).is_empty() && world.provider.sent_to(JOHN).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_be_a_file_of_a_response_is_refused_with_what_would_be_right() {
    let world = desk(Database::Sqlite, "undo_secs: 0").await;
    let (bob, console) = (world.agent("bob"), world.console("bob").await);
    let eleven: Vec<String> = (0..11).map(|n| format!("mxc://desk.test/{n}")).collect();
    let eleven = format!("!response set price media {}", eleven.join(", "));
    for (typed, why) in [
        (
            "!response set price media cat.png",
            "“cat.png” is no file at the homeserver; write a file like mxc://",
        ),
        ("!response set price media https://desk.test/a.png", "reply to the picture or file with media this"),
        ("!response set price media", "eply to the picture or file with media this"),
        ("!response set price media this", "eply to the picture or file with media this"),
        ("!response set price media add", "media add this to keep those that are there"),
        ("!response set price media mxc://desk.test/a, mxc://desk.test/a", "twice"),
        ("!response set price media mxc://desk.test/a type picture", "write it like image/png"),
        ("!response set price media mxc://desk.test/a size big", "no number of bytes"),
        ("!response set price media name a.png", "“name” is no file"),
        (eleven.as_str(), "has more than 10 files"),
    ] {
        let usage = world.command("bob", typed, "usage").await;
        assert!(usage.body().contains(why), "{typed:.80}: {}", usage.body());
    }
    // What is replied to is no file, one that only clients can read, or one of a customer.
    let words = bob.send_text(&console, "Just words").await.unwrap();
    let content = json!({"msgtype": "m.image", "body": "a", "file": {"url": "mxc://desk.test/a", "key": {}}});
    let encrypted = send(bob, &console, content).await;
    let room = world.conversation("bob", JANE, "Hello").await;
    let picture = Attachment { content_type: "image/jpeg".to_owned(), bytes: photo_of(1).into() };
    world.provider.text_from(JANE, OURS, "Mine", vec![picture]).await.unwrap();
    let is_picture = |seen: &Seen| seen.room_id == room && seen.msgtype() == "m.image";
    let theirs = bob.wait_for("her picture", is_picture).await.unwrap().event_id;
    for (room, of, code) in [
        (&console, &words, "no_file"),
        (&console, &encrypted, "file_encrypted"),
        (&room, &theirs, "file_not_theirs"),
    ] {
        let refused = reply_with(&world, "bob", room, of, "!response set price media this", "refused").await;
        assert_eq!(refused.notice().unwrap()["why"], code, "{}", refused.body());
    }
    // Nor is a customer's file taken by its address, be it the preview or what `!save` gives, or where an
    // agent posted it again.
    let fits = |seen: &Seen| seen.room_id == room && seen.msgtype() == "m.image";
    let preview =
        bob.wait_for("her picture", fits).await.unwrap().content["url"].as_str().unwrap().to_owned();
    bob.send_reply(&room, &theirs, "!save").await.unwrap();
    let fits = |seen: &Seen| seen.room_id == console && seen.code() == "saved";
    let original =
        bob.wait_for("the original", fits).await.unwrap().content["url"].as_str().unwrap().to_owned();
    assert_ne!(preview, original);
    for uri in [&preview, &original] {
        let typed = format!("!response set price media {uri} name hers.jpg");
        let refused = world.command("bob", &typed, "refused").await;
        assert_eq!(refused.notice().unwrap()["why"], "file_not_theirs", "{}", refused.body());
        let again = send(bob, &console, shown("m.image", uri, "", "image/jpeg")).await;
        let set = "!response set price media add this";
        let refused = reply_with(&world, "bob", &console, &again, set, "refused").await;
        assert_eq!(refused.notice().unwrap()["why"], "file_not_theirs", "{}", refused.body());
        // What may be done with a file in the console is said there.
        assert!(told(&world, "bob", &again, "usage").await.body().contains("reply to it"));
    }
    let shown_now = rows(&world.command("bob", "!response show price", "list").await);
    assert!(shown_now.contains(&"media none".to_owned()), "{shown_now:?}");

    // A response that is added in reply to a picture holds it; in reply to words it holds none.
    let uri = upload(&world, "image/jpeg", photo_of(9)).await;
    let posted = send(bob, &room, shown("m.image", &uri, "!- for the list", "image/jpeg")).await;
    reply_with(&world, "bob", &room, &posted, "!response add shop This is us", "changed").await;
    eventually("the picture to be taken", || async {
        let listed = rows(&world.command("bob", "!response show shop", "list").await);
        listed.iter().any(|row| row.starts_with(&format!("media {uri}"))).then_some(())
    })
    .await;
    reply_with(&world, "bob", &console, &words, "!response add bare Nothing else", "changed").await;
    world.command("bob", "!response set shop media none", "changed").await;
    // Whoever is no admin changes nothing, whatever they reply to.
    let mine =
        send(world.agent("alice"), &world.console("alice").await, shown("m.image", &uri, "", "image/jpeg"))
            .await;
    let alices = world.console("alice").await;
    reply_with(&world, "alice", &alices, &mine, "!response set price media this", "not_allowed").await;
    assert!(told(&world, "alice", &mine, "usage").await.body().contains("in the room of a conversation"));
    assert_eq!(world.number("SELECT COUNT(*) FROM definitions WHERE body LIKE '%mxc://%'").await, 0);
    world.finish().await;
}

#[tokio::test]
async fn files_of_a_response_outlive_the_conversation_they_were_posted_in() {
    let world = World::with(WorldOptions {
        each: &[("alice", "roles: [agent, supervisor, admin]")],
        desk: DESK,
        fail_points: "erasure_waits_not=return",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    alice.console().await.unwrap();
    world.make_the_bot_an_admin().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let uris =
        [upload(&world, "image/jpeg", photo_of(10)).await, upload(&world, "image/jpeg", photo_of(20)).await];
    let kept = send(alice, &room, shown("m.image", &uris[0], "our shop", "image/jpeg")).await;
    let other = send(alice, &room, shown("m.image", &uris[1], "you", "image/jpeg")).await;
    alice.wait_for_reaction(&other, "✓").await.unwrap();
    reply_with(&world, "alice", &room, &kept, "!response set price media this", "changed").await;
    done(&world, "alice", &room).await;

    // Too old, the other is deleted.
    world.number("UPDATE media_shown SET done_at = done_at - 777600000 RETURNING 1").await;
    world.command("alice", "!setting set retention_media_days 7", "confirm_erasing").await;
    world.command("alice", "!1", "changed").await;
    eventually("the old picture to be erased", || async {
        alice.fetch(uris[1].as_str().into()).await.is_err().then_some(())
    })
    .await;
    world.drained().await;
    assert!(alice.fetch(uris[0].as_str().into()).await.unwrap().is_some());
    assert_eq!(world.number("SELECT COUNT(*) FROM media_shown").await, 0);

    // Erasing the customer leaves it, and says so.
    let card = world.command("alice", &format!("!erase {JANE}"), "erase_contact").await;
    let id = card.notice().unwrap()["contact_id"].as_str().unwrap().to_owned();
    let position = alice.position();
    world.command("alice", &format!("!erase {id} {id}"), "erasing").await;
    let receipt =
        alice.wait_for_after(position, "the receipt", |seen| seen.code() == "erased").await.unwrap();
    assert!(
        receipt.body().contains("a standard response sends them, so that they stay"),
        "{}",
        receipt.body()
    );
    assert!(alice.fetch(uris[0].as_str().into()).await.unwrap().is_some());
    world.text(JOHN, "What does it cost?").await;
    let room = join_offered(&world, "alice", JOHN).await;
    let asked = alice.send_text(&room, "#price").await.unwrap();
    alice.wait_for_reaction(&asked, "✓").await.unwrap();
    is_photo(&sent(&world, JOHN, 1).await[0].media[0], 10);
    world.finish().await;
}

#[tokio::test]
async fn killed_at_every_point_of_its_way_a_response_goes_once_and_whole_on_sqlite() {
    killed_on_its_way(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_at_every_point_of_its_way_a_response_goes_once_and_whole_on_postgres() {
    killed_on_its_way(Database::Postgres).await;
}

/// The points at which the program dies, and how often each is passed before.
const POINTS: [(&str, usize); 6] = [
    ("before_files", 0),
    ("before_files", 1),
    ("files_made", 1),
    ("before_sms", 0),
    ("after_sms", 0),
    ("before_then", 0),
];

async fn killed_on_its_way(database: Database) {
    let mut world = desk(database, "undo_secs: 0").await;
    // The config, which says nothing of files, would have its own again at each start.
    world.command("bob", "!response add part Step {{ case.step }}", "changed").await;
    world.command("bob", "!response set part then note after {{ case.step }}", "changed").await;
    give_files(&world, "part").await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    for (number, (point, passed)) in POINTS.into_iter().enumerate() {
        type_in(&world, "alice", &room, &format!("!case set step {number}"), "case").await;
        world.drained().await;
        let first = if passed == 0 { String::new() } else { format!("{passed}*off->") };
        world.start_again(&format!("{point}={first}1*return")).await;
        world.bridge.listening_or_ended().await;
        let asked = world.agent("alice").send_text(&room, "#part").await.unwrap();
        let begun = Instant::now();
        while !world.bridge.has_ended() {
            assert!(begun.elapsed() < PATIENCE, "the program passed {point} without dying");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        world.start_again("").await;
        // It is at the phone, or its writer reads what became of it: nobody could fetch what it had sent.
        let text = format!("Step {number}");
        eventually(&format!("{text} to be settled"), || async {
            let at_phone =
                world.provider.sent_to(JANE).iter().any(|sent| sent.body == text && sent.status.is_final());
            let told = world.agent("alice").look(|log| {
                let about = |seen: &&Seen| seen.replies_to() == Some(asked.as_str());
                log.messages(&room).filter(about).any(|seen| seen.code() == "message_unconfirmed")
            });
            (at_phone || told).then_some(())
        })
        .await;
        world.drained().await;
    }
    let sent = world.provider.sent_to(JANE);
    let mut whole = 0;
    for number in 0..POINTS.len() {
        let text = format!("Step {number}");
        let of: Vec<_> = sent.iter().filter(|sent| sent.body == text).collect();
        assert!(of.len() <= 1, "{text} went {} times", of.len());
        for sent in of.into_iter().filter(|sent| sent.status == Status::Delivered) {
            assert_eq!(types(sent), ["image/jpeg", "application/pdf"], "{text}");
            whole += 1;
        }
    }
    // It goes nowhere before it is at the provider; after that the provider finds nobody to fetch the files
    // from.
    assert!(whole >= POINTS.len() - 3 && sent.len() <= POINTS.len(), "{whole} of {} got there", sent.len());
    // What follows was done once for each that the provider took.
    let counted = "SELECT COUNT(*) - COUNT(DISTINCT body) FROM transcript WHERE kind = 'note'";
    assert_eq!(world.number(counted).await, 0);
    // It is done by a timer, a moment after the last effect.
    let notes = eventually("what follows to be done", || async {
        let notes = world.number("SELECT COUNT(*) FROM transcript WHERE kind = 'note'").await;
        (notes == world.number(USES).await).then_some(notes)
    })
    .await;
    assert!(notes >= i64::try_from(whole).unwrap(), "{notes} notes of {whole}");
    world.finish().await;
}
