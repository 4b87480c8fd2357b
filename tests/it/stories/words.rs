//! What crosses between phone and room, both ways, and what never does.

use bytes::Bytes;
use matrix_sdk::ruma::{EventId, OwnedRoomId, RoomId};
use serde_json::{Value, json};
use switchroom::clock::{Clock, Millis};
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::Attachment;

use super::{done, join_offered, text_offered_to};
use crate::harness::{OURS, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const JANES_GHOST: &str = "@sms_14155550100:desk.test";
const ALICE: &str = "@alice:desk.test";

/// Words that differ, as many characters as asked: a text whose parts can be told apart.
fn long_text(chars: usize) -> String {
    let mut text = (1..).map(|n| format!("word{n}")).take(chars / 4).collect::<Vec<_>>().join(" ");
    text.truncate(chars);
    // It may have been cut at a blank, which no message ends in.
    text.trim_end().to_owned() + if text.ends_with(' ') { "x" } else { "" }
}

/// Waits for the notice by which a message was held back, and returns why.
async fn held_back(agent: &Agent, message: &EventId) -> String {
    let fits =
        |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(message.as_str());
    let notice = agent.wait_for(&format!("{message} to be held back"), fits).await.unwrap();
    assert_eq!((notice.msgtype(), notice.mentions()), ("m.text", Some(vec![ALICE])));
    notice.notice().unwrap()["why"].as_str().unwrap().to_owned()
}

/// How often the bot spoke about a message.
fn notices_about(agent: &Agent, message: &EventId) -> usize {
    agent.look(|log| {
        log.events()
            .iter()
            .filter(|seen| seen.replies_to() == Some(message.as_str()) && !seen.code().is_empty())
            .count()
    })
}

async fn send(agent: &Agent, room: &RoomId, content: Value) -> matrix_sdk::ruma::OwnedEventId {
    agent.send_raw(room, "m.room.message", content).await.unwrap()
}

/// A text of the phone as it stands in the room.
async fn ghost_says(agent: &Agent, room: &RoomId, body: &str) -> Seen {
    let said = agent.wait_for_text(room, body).await.unwrap();
    assert_eq!((said.sender.as_str(), said.msgtype()), (JANES_GHOST, "m.text"));
    let mut keys: Vec<&str> = said.content.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        ["body", "m.mentions", "msgtype", "org.switchroom.source_id"],
        "a plain body, and no more"
    );
    said
}

#[tokio::test]
async fn what_a_contact_writes_arrives_as_it_was_written() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    assert_eq!(ghost_says(alice, &room, "Hello").await.mentions(), Some(vec![]));

    let texts = [
        "👩‍👩‍👧 👍🏽 🇩🇪 ❤️".to_owned(),
        "مرحبا، أين طلبي رقم ٤٧١١؟".to_owned(),
        long_text(1600),
        long_text(4000),
        "<b>bold</b> &amp; <script>alert(1)</script>".to_owned(),
        "@room @alice:desk.test look".to_owned(),
        "!done".to_owned(),
        "two\nlines\tand a tab".to_owned(),
    ];
    for (n, text) in texts.iter().enumerate() {
        world.text(JANE, text).await;
        let said = ghost_says(alice, &room, text).await;
        // Only the first after the agent took it makes their phone ring.
        assert_eq!(said.mentions(), Some(if n == 0 { vec![ALICE] } else { vec![] }), "{text}");
    }
    for (written, shown) in [
        ("pay\u{202e}gpj.exe\u{202c}", "paygpj.exe"),
        ("b\u{200b}a\u{2066}n\u{ad}k\u{feff}", "bank"),
        ("bell\u{7}escape\u{1b}[31m", "bellescape[31m"),
    ] {
        world.text(JANE, written).await;
        ghost_says(alice, &room, shown).await;
    }
    let said = alice.send_text(&room, "A moment").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    for (text, mentions) in [("One", vec![ALICE]), ("Two", vec![])] {
        world.text(JANE, text).await;
        assert_eq!(ghost_says(alice, &room, text).await.mentions(), Some(mentions));
    }
    let in_order: Vec<String> = alice
        .messages(&room)
        .into_iter()
        .filter(|seen| seen.sender == JANES_GHOST)
        .map(|seen| seen.body().to_owned())
        .collect();
    assert_eq!(in_order.len(), 1 + texts.len() + 3 + 2);
    assert_eq!(in_order[1..=texts.len()], texts);
    world.state("alice", &room, "active").await;
    world.finish().await;
}

#[tokio::test]
async fn what_an_agent_writes_reaches_the_phone_whole_and_in_order() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let first = alice.wait_for_text(&room, "Hello").await.unwrap().event_id;
    let texts = ["😀 👩‍👩‍👧 ❤️".to_owned(), "أهلاً بك".to_owned(), long_text(1600), long_text(4000)];
    let mut last = None;
    for text in &texts {
        last = Some(alice.send_text(&room, text).await.unwrap());
    }
    eventually("all parts", || async { (world.taken_for(JANE).len() >= 6).then_some(()) }).await;
    let taken = world.taken_for(JANE);
    assert_eq!(taken[..3], texts[..3]);
    assert_eq!(taken[3..].join(" "), texts[3], "parts are cut at word ends and come in order");
    assert!(taken[3..].iter().all(|part| part.len() <= 1600));
    alice.wait_for_reaction(&last.unwrap(), "✓").await.unwrap();

    let before = taken.len();
    let escaped = |body: &str| json!({"msgtype": "m.text", "body": body});
    send(alice, &room, escaped("!!done is a command")).await;
    send(alice, &room, escaped("//etc/hosts")).await;
    send(alice, &room, json!({"msgtype": "m.emote", "body": "waves"})).await;
    let html = "<b>very</b> <a href=\"https://matrix.to/#/@bob:desk.test\">Bob</a>";
    send(alice, &room, json!({
        "msgtype": "m.text", "body": "very @bob:desk.test", "format": "org.matrix.custom.html", "formatted_body": html,
    })).await;
    let quoting = format!("> <{JANES_GHOST}> Hello\n\nHello to you");
    let reply =
        json!({"msgtype": "m.text", "body": quoting, "m.relates_to": {"m.in_reply_to": {"event_id": first}}});
    send(alice, &room, reply).await;
    send(
        alice,
        &room,
        json!({"msgtype": "m.location", "body": "Our shop", "geo_uri": "geo:51.5008,-0.1247;u=35"}),
    )
    .await;
    for plain in ["1", "yes", "#4711 is yours", "1/2 price", "a <b>literal</b> tag"] {
        alice.send_text(&room, plain).await.unwrap();
    }
    let expected = [
        "!done is a command",
        "/etc/hosts",
        "waves",
        "very Bob",
        "Hello to you",
        "https://www.google.com/maps?q=51.5008,-0.1247",
        "1",
        "yes",
        "#4711 is yours",
        "1/2 price",
        "a <b>literal</b> tag",
    ];
    eventually("all of them", || async {
        (world.taken_for(JANE).len() >= before + expected.len()).then_some(())
    })
    .await;
    assert_eq!(world.taken_for(JANE)[before..], expected);
    world.finish().await;
}

fn picture(width: u32, height: u32) -> Attachment {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let shade = |n: u32| u8::try_from(n % 256).unwrap();
        image::Rgb([shade(x / 8), shade(y / 8), shade(x / 16 + y / 16)])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    Attachment { content_type: "image/png".to_owned(), bytes: Bytes::from(png.into_inner()) }
}

#[tokio::test]
async fn pictures_without_words_arrive_as_reduced_pictures_of_the_contact() {
    let world = World::new().await;
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    let pictures = vec![picture(2400, 1200), picture(300, 200), picture(1500, 3000)];
    world.provider.text_from(JANE, OURS, "", pictures).await.unwrap();
    let room = join_offered(&world, "alice", JANE).await;
    let shown = alice
        .until("three pictures", |log| {
            let shown: Vec<Seen> =
                log.messages(&room).filter(|seen| seen.msgtype() == "m.image").cloned().collect();
            (shown.len() == 3).then_some(shown)
        })
        .await
        .unwrap();
    assert!(
        !alice.messages(&room).iter().any(|seen| seen.sender == JANES_GHOST && seen.msgtype() == "m.text")
    );
    for (image, size) in shown.iter().zip([(1024, 512), (300, 200), (512, 1024)]) {
        assert_eq!((image.sender.as_str(), image.mentions()), (JANES_GHOST, Some(vec![])));
        let info = &image.content["info"];
        assert_eq!((info["w"].as_u64().unwrap(), info["h"].as_u64().unwrap()), size);
        let bytes = alice.fetch(image.content["url"].as_str().unwrap().into()).await.unwrap().unwrap();
        let decoded = image::load_from_memory(&bytes).unwrap();
        assert_eq!((u64::from(decoded.width()), u64::from(decoded.height())), size);
        assert_eq!(info["size"], bytes.len());
    }
    // An MMS opens a page, and what is no picture is a file.
    let state = alice.look(|log| log.rooms()[&room].interaction().cloned()).unwrap();
    assert_eq!(state["mode"], "page");
    let file = Attachment {
        content_type: "image/png".to_owned(),
        bytes: Bytes::from_static(b"<svg onload=alert(1)>"),
    };
    world.provider.text_from(JANE, OURS, "and this", vec![file]).await.unwrap();
    let file =
        alice.wait_for("the file", |seen| seen.room_id == room && seen.msgtype() == "m.file").await.unwrap();
    assert_eq!(file.content["info"]["mimetype"], "application/octet-stream");
    alice.wait_for_text(&room, "and this").await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn what_is_not_meant_for_the_phone_never_reaches_it() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let first = alice.wait_for_text(&room, "Hello").await.unwrap().event_id;
    let text = |body: &str| json!({"msgtype": "m.text", "body": body});

    // Held back, each with the reason.
    for (content, why) in [
        (text("/shrug"), "slash_command"),
        (text(" /me waves"), "slash_command"),
        (text("#hello"), "no_shortcut"),
        (text("  \u{200b} "), "empty"),
        (json!({"msgtype": "m.file", "body": "a.pdf", "url": "mxc://desk.test/none"}), "unsupported"),
        (
            json!({"msgtype": "m.image", "body": "look", "filename": "a.png", "url": "mxc://desk.test/none"}),
            "unsupported",
        ),
        (json!({"msgtype": "org.example.new", "body": "new"}), "unsupported"),
        (json!({"msgtype": "m.location", "body": "nowhere", "geo_uri": "geo:500,1"}), "unsupported"),
    ] {
        let sent = send(alice, &room, content.clone()).await;
        assert_eq!(held_back(alice, &sent).await, why, "{content}");
    }
    for kind in ["m.sticker", "org.matrix.msc3381.poll.start", "com.example.unknown"] {
        let sent = alice.send_raw(&room, kind, text("never")).await.unwrap();
        assert_eq!(held_back(alice, &sent).await, "unsupported", "{kind}");
    }

    // Commands, however misspelt.
    for typed in ["!dnoe", "！transfre bob", " ! hlep", "\u{200b}!nope", "!"] {
        let position = alice.position();
        let sent = alice.send_text(&room, typed).await.unwrap();
        let answers =
            |seen: &Seen| seen.code() == "unknown_command" && seen.replies_to() == Some(sent.as_str());
        alice.wait_for_after(position, "the answer", answers).await.unwrap();
    }

    // Internal: threads, asides, answers to asides and to the bot, notices.
    let aside = alice.send_text(&room, "!- she sounds upset").await.unwrap();
    alice.send_reply(&room, &aside, "yes, be kind").await.unwrap();
    let threaded = alice.send_in_thread(&room, &first, "between us").await.unwrap();
    alice.send_reply(&room, &threaded, "still between us").await.unwrap();
    let notice = alice.wait_for_notice(&room, "message_held_back").await.unwrap();
    alice.send_reply(&room, &notice.event_id, "I see").await.unwrap();
    send(alice, &room, json!({"msgtype": "m.notice", "body": "a bot of mine"})).await;
    // Not knowing what it answers, it may be internal.
    let orphan = json!({"m.in_reply_to": {"event_id": "$unknown"}});
    let orphan =
        send(alice, &room, json!({"msgtype": "m.text", "body": "and?", "m.relates_to": orphan})).await;
    assert_eq!(held_back(alice, &orphan).await, "unknown_reply");

    // Everybody else's words.
    for other in ["@bob:desk.test", "@mallory:desk.test", JANES_GHOST, "@switchroom:desk.test"] {
        for body in ["not mine to say", "!done", "!optout", "!resend"] {
            world.pretend(&room, other, "m.room.message", text(body)).await;
        }
        let reaction =
            json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": notice.event_id, "key": "✅"}});
        world.pretend(&room, other, "m.reaction", reaction).await;
    }
    let from_bob = |seen: &Seen| seen.notice().is_some_and(|notice| notice["why"] == "not_owner");
    let told = alice.wait_for("bob's words to be held back", from_bob).await.unwrap();
    assert_eq!((told.msgtype(), told.mentions()), ("m.text", Some(vec!["@bob:desk.test"])));

    alice.send_text(&room, "the end").await.unwrap();
    world.phone_gets(JANE, &["the end"]).await;
    world.state("alice", &room, "active").await;
    done(&world, "alice", &room).await;
    assert_eq!(world.taken_for(JANE), ["the end"]);
    world.finish().await;
}

#[tokio::test]
async fn an_answer_that_comes_before_the_desk_knows_what_it_answers_is_told_by_whose_words_that_is() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let first = alice.wait_for_text(&room, "Hello").await.unwrap().event_id;
    let slash = alice.send_text(&room, "/shrug").await.unwrap();
    assert_eq!(held_back(alice, &slash).await, "slash_command");
    let notice = alice.wait_for_notice(&room, "message_held_back").await.unwrap();
    // As if the program had been killed between posting them and hearing that they are posted.
    world.number("DELETE FROM posted RETURNING 1").await;
    alice.send_reply(&room, &first, "Good morning").await.unwrap();
    let to_bot = alice.send_reply(&room, &notice.event_id, "I see").await.unwrap();
    let command = alice.send_text(&room, "!count").await.unwrap();
    let to_command = alice.send_reply(&room, &command, "and?").await.unwrap();
    assert_eq!(held_back(alice, &to_command).await, "unknown_reply");
    alice.send_reply(&room, &to_bot, "among us").await.unwrap();
    alice.send_text(&room, "the end").await.unwrap();
    world.phone_gets(JANE, &["Good morning", "the end"]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_message_can_be_taken_back_and_mended_while_it_waits() {
    let world = World::with(WorldOptions { queue: "undo_secs: 4", ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let mended = alice.send_text(&room, "helo").await.unwrap();
    alice.edit(&room, &mended, "helllo").await.unwrap();
    alice.edit(&room, &mended, "hello").await.unwrap();
    let oops = alice.send_text(&room, "oops").await.unwrap();
    alice.redact(&room, &oops).await.unwrap();
    let withdrawn = alice.send_text(&room, "second thoughts").await.unwrap();
    alice.edit(&room, &withdrawn, "!- second thoughts").await.unwrap();
    assert_eq!(held_back(alice, &withdrawn).await, "edited_away");
    alice.send_text(&room, "how are you?").await.unwrap();
    world.phone_gets(JANE, &["hello", "how are you?"]).await;
    alice.wait_for_reaction(&mended, "✓").await.unwrap();

    // Once it is sent nothing can be changed any more, which is said once.
    alice.edit(&room, &mended, "good day").await.unwrap();
    assert_eq!(held_back(alice, &mended).await, "already_sent");
    alice.edit(&room, &mended, "good evening").await.unwrap();
    alice.react(&room, &mended, "🎉").await.unwrap();
    alice.redact(&room, &mended).await.unwrap();
    let first = alice.wait_for_text(&room, "Hello").await.unwrap().event_id;
    alice.react(&room, &first, "❤️").await.unwrap();
    assert_eq!(held_back(alice, &first).await, "reaction");
    alice.react(&room, &first, "👍").await.unwrap();

    // What still waits when the contact wants no more is not sent either.
    let waiting = alice.send_text(&room, "and one more thing").await.unwrap();
    world.text(JANE, "STOP").await;
    assert_eq!(held_back(alice, &waiting).await, "opted_out");
    assert_eq!((notices_about(alice, &mended), notices_about(alice, &first)), (1, 1));
    assert_eq!(world.taken_for(JANE), ["hello", "how are you?"]);
    world.finish().await;
}

#[tokio::test]
async fn an_edit_of_what_was_held_back_is_judged_anew_and_of_what_was_internal_is_not_sent() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let slash = alice.send_text(&room, "/shrug").await.unwrap();
    assert_eq!(held_back(alice, &slash).await, "slash_command");
    let why = |why: &'static str| move |seen: &Seen| seen.notice().is_some_and(|notice| notice["why"] == why);
    let position = alice.position();
    alice.edit(&room, &slash, "#shrug").await.unwrap();
    alice.wait_for_after(position, "the next reason", why("no_shortcut")).await.unwrap();
    alice.edit(&room, &slash, "I do not know").await.unwrap();
    world.phone_gets(JANE, &["I do not know"]).await;
    alice.wait_for_reaction(&slash, "✓").await.unwrap();
    alice.edit(&room, &slash, "I know").await.unwrap();
    alice.wait_for_after(position, "it to be too late", why("already_sent")).await.unwrap();

    // Neither an aside nor a command becomes a message, nor a message a command.
    let aside = alice.send_text(&room, "!- he sounds upset").await.unwrap();
    alice.edit(&room, &aside, "!- she sounds upset").await.unwrap();
    alice.edit(&room, &aside, "you sound upset").await.unwrap();
    assert_eq!(held_back(alice, &aside).await, "edit_ignored");
    let command = alice.send_text(&room, "!dnoe").await.unwrap();
    alice.edit(&room, &command, "!done").await.unwrap();
    assert_eq!(held_back(alice, &command).await, "edit_ignored");
    let empty = alice.send_text(&room, "\u{200b}").await.unwrap();
    assert_eq!(held_back(alice, &empty).await, "empty");
    let position = alice.position();
    alice.edit(&room, &empty, "!done").await.unwrap();
    alice.wait_for_after(position, "the edit to be refused", why("edit_ignored")).await.unwrap();
    let deleted = alice.send_text(&room, "/sigh").await.unwrap();
    assert_eq!(held_back(alice, &deleted).await, "slash_command");
    alice.redact(&room, &deleted).await.unwrap();
    alice.send_text(&room, "the end").await.unwrap();
    world.phone_gets(JANE, &["I do not know", "the end"]).await;
    world.state("alice", &room, "active").await;
    world.finish().await;
}

/// Sends something while the program is down, and starts it again when that is long ago.
async fn written_while_away(
    world: &mut World,
    room: &RoomId,
    bodies: &[&str],
) -> Vec<matrix_sdk::ruma::OwnedEventId> {
    world.bridge.kill();
    let mut sent = Vec::new();
    for body in bodies {
        sent.push(world.agent("alice").send_text(room, body).await.unwrap());
    }
    let last = sent.last().unwrap().clone();
    let last = world.agent("alice").wait_for("the last one", |seen| seen.event_id == last).await.unwrap();
    let is_late = |now: Millis| now.since(last.sent_at).as_millis() > 1000;
    eventually("it to be late", || async { is_late(Clock::default().now()).then_some(()) }).await;
    world.start_again("").await;
    sent
}

#[tokio::test]
async fn a_message_that_arrives_late_waits_for_its_writers_word() {
    let mut world = World::with(WorldOptions { timers: "late_secs: 1", ..WorldOptions::default() }).await;
    let room: OwnedRoomId = world.conversation("alice", JANE, "Hello").await;
    let sent =
        written_while_away(&mut world, &room, &["I am on it", "scrap this", "tommorow", "never mind"]).await;
    let alice = world.agent("alice");
    let mut notices = Vec::new();
    for message in &sent {
        assert_eq!(held_back(alice, message).await, "late");
        let fits = |seen: &Seen| seen.replies_to() == Some(message.as_str()) && !seen.code().is_empty();
        notices.push(alice.wait_for("the notice", fits).await.unwrap().event_id);
    }
    alice.redact(&room, &sent[1]).await.unwrap();
    alice.edit(&room, &sent[2], "tomorrow").await.unwrap();
    for notice in &notices[..3] {
        alice.react(&room, notice, "✅").await.unwrap();
    }
    alice.react(&room, &notices[3], "❌").await.unwrap();
    world.phone_gets(JANE, &["I am on it", "tomorrow"]).await;
    alice.wait_for_reaction(&sent[2], "✓").await.unwrap();
    // It was an answer like any other: the next text rings.
    world.text(JANE, "Thanks").await;
    assert_eq!(ghost_says(alice, &room, "Thanks").await.mentions(), Some(vec![ALICE]));
    assert_eq!(world.taken_for(JANE), ["I am on it", "tomorrow"]);
    world.finish().await;
}

#[tokio::test]
async fn a_late_message_is_not_sent_by_the_next_owner() {
    let timers = "late_secs: 1, owner_away_secs: 1";
    let options = WorldOptions { agents: &["alice", "bob"], timers, ..WorldOptions::default() };
    let mut world = World::with(options).await;
    let room: OwnedRoomId = world.conversation("alice", JANE, "Hello").await;
    let sent = written_while_away(&mut world, &room, &["I am on it"]).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    assert_eq!(held_back(alice, &sent[0]).await, "late");
    let notice = alice.wait_for_notice(&room, "message_held_back").await.unwrap();

    world.command("alice", "!notready", "status").await;
    world.command("bob", "!ready", "status").await;
    alice.leave(&room, None).await.unwrap();
    assert_eq!(join_offered(&world, "bob", JANE).await, room);
    bob.react(&room, &notice.event_id, "✅").await.unwrap();
    let told = bob.wait_for_notice(&room, "not_sent").await.unwrap();
    assert_eq!((told.msgtype(), told.mentions()), ("m.text", Some(vec!["@bob:desk.test"])));
    assert!(told.body().contains("I am on it"), "{}", told.body());
    assert!(world.taken_for(JANE).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn who_wants_no_messages_gets_none_until_they_say_so() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.text(JANE, "STOP").await;
    alice.wait_for_notice(&room, "opted_out").await.unwrap();
    let mut held = Vec::new();
    for text in ["but", "never mind", "one thing", "really"] {
        held.push(alice.send_text(&room, text).await.unwrap());
        assert_eq!(held_back(alice, held.last().unwrap()).await, "opted_out");
    }
    alice.redact(&room, &held[1]).await.unwrap();
    alice.edit(&room, &held[2], "one more thing").await.unwrap();
    // What was done to them has been heard of once this is.
    let aside = alice.send_text(&room, "!count").await.unwrap();
    let heard = |seen: &Seen| seen.replies_to() == Some(aside.as_str());
    alice.wait_for("the answer", heard).await.unwrap();
    assert!(world.taken_for(JANE).is_empty());
    world.text(JANE, "START").await;
    alice.wait_for_notice(&room, "opted_in").await.unwrap();
    let said = alice.send_text(&room, "welcome back").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    world.phone_gets(JANE, &["but", "one more thing", "really", "welcome back"]).await;
    assert_eq!(held.iter().map(|message| notices_about(alice, message)).collect::<Vec<_>>(), [1, 1, 1, 1]);

    let position = alice.position();
    let notice = |code: &'static str| move |seen: &Seen| seen.code() == code;
    world.text(JANE, "please stop texting me").await;
    alice.wait_for_after(position, "the hint", notice("opt_out_hint")).await.unwrap();
    alice.send_text(&room, "!optout").await.unwrap();
    alice.wait_for_after(position, "the answer", notice("opted_out")).await.unwrap();
    let held = alice.send_text(&room, "good to have you").await.unwrap();
    assert_eq!(held_back(alice, &held).await, "opted_out");
    alice.send_text(&room, "!optin").await.unwrap();
    alice.wait_for_after(position, "the answer", notice("opted_in")).await.unwrap();
    alice.wait_for_reaction(&held, "✓").await.unwrap();

    // What still waits when the conversation ends is not sent, and its writer reads that.
    let console = world.console("alice").await;
    alice.send_text(&room, "!optout").await.unwrap();
    let held = alice.send_text(&room, "goodbye then").await.unwrap();
    assert_eq!(held_back(alice, &held).await, "opted_out");
    done(&world, "alice", &room).await;
    let lost = alice.wait_for_notice(&console, "not_sent").await.unwrap();
    assert_eq!((lost.msgtype(), lost.mentions()), ("m.text", Some(vec![ALICE])));
    assert!(lost.body().contains("goodbye then"), "{}", lost.body());
    world.text(JANE, "START").await;
    let again = join_offered(&world, "alice", JANE).await;
    alice.wait_for_notice(&again, "opted_in").await.unwrap();
    let said = alice.send_text(&again, "hello again").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    assert_eq!(world.taken_for(JANE)[4..], ["good to have you", "hello again"]);
    world.finish().await;
}

#[tokio::test]
async fn what_an_opt_out_held_back_for_long_waits_for_its_writers_word() {
    let world = World::with(WorldOptions { timers: "late_secs: 5", ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.text(JANE, "STOP").await;
    alice.wait_for_notice(&room, "opted_out").await.unwrap();
    let sent = alice.send_text(&room, "are you at home?").await.unwrap();
    assert_eq!(held_back(alice, &sent).await, "opted_out");
    let seen = Clock::default().now();
    let is_late = || Clock::default().now().since(seen).as_millis() > 5000;
    eventually("it to be late", || async { is_late().then_some(()) }).await;
    world.text(JANE, "START").await;
    let asks = |seen: &Seen| seen.notice().is_some_and(|notice| notice["why"] == "late");
    let question = alice.wait_for("the question", asks).await.unwrap();
    assert_eq!(question.replies_to(), Some(sent.as_str()));
    assert!(world.taken_for(JANE).is_empty());
    alice.react(&room, &question.event_id, "✅").await.unwrap();
    world.phone_gets(JANE, &["are you at home?"]).await;
    alice.wait_for_reaction(&sent, "✓").await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn the_bot_points_out_what_a_text_holds_and_counts_what_is_typed() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.text(JANE, "see https://bank.com@evil.example/login and https://xn--pple-43d.com").await;
    let warning = alice.wait_for_notice(&room, "link_warning").await.unwrap();
    assert_eq!(warning.notice().unwrap()["links"].as_array().unwrap().len(), 2);
    assert_eq!((warning.msgtype(), warning.mentions()), ("m.notice", Some(vec![])));
    world.text(JANE, "call me at +1 415 555 2671 or write to jane@example.org").await;
    let actions = alice.wait_for_notice(&room, "actions").await.unwrap();
    let items = &actions.notice().unwrap()["items"];
    assert_eq!((&items[0]["kind"], &items[0]["value"]), (&json!("call"), &json!("+14155552671")));
    assert_eq!((&items[1]["kind"], &items[1]["value"]), (&json!("email"), &json!("jane@example.org")));
    for line in ["1. +14155552671", "2. jane@example.org", "!call 1", "!email 2"] {
        assert!(actions.body().contains(line), "{}", actions.body());
    }
    for (text, encoding, segments) in
        [("hello", "GSM-7", 1), ("{}".repeat(50).as_str(), "GSM-7", 2), ("😀", "UCS-2", 1)]
    {
        let position = alice.position();
        alice.send_text(&room, &format!("!count {text}")).await.unwrap();
        let count = alice.wait_for_after(position, "the count", |seen| seen.code() == "count").await.unwrap();
        let notice = count.notice().unwrap();
        assert_eq!(
            (&notice["encoding"], &notice["segments"]),
            (&json!(encoding), &json!(segments)),
            "{text}"
        );
    }
    assert!(world.taken_for(JANE).is_empty());

    // Who writes under a name is a contact like any other, but cannot be answered.
    let offer = text_offered_to(&world, "alice", "ACME").await;
    assert_eq!(offer.notice().unwrap()["answerable"], false);
    assert!(offer.body().contains("cannot be answered"), "{}", offer.body());
    let acme = join_offered(&world, "alice", "ACME").await;
    alice.wait_for_text(&acme, "Hello from ACME").await.unwrap();
    let told = alice.wait_for_notice(&acme, "unanswerable").await.unwrap();
    assert!(told.body().contains("cannot be answered"), "{}", told.body());
    let sent = alice.send_text(&acme, "Who is this?").await.unwrap();
    assert_eq!(held_back(alice, &sent).await, "unanswerable");
    assert!(world.taken_for("ACME").is_empty());
    world.finish().await;
}
