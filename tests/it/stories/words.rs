//! What crosses between phone and room, both ways, and what never does.

use bytes::Bytes;
use ruma::RoomId;
use serde_json::json;
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::Attachment;

use super::{held_back, join_offered, send, text_offered_to};
use crate::harness::{OURS, World, eventually};

const JANE: &str = "+14155550100";
const ALICE: &str = "@alice:desk.test";

/// Words that differ, as many characters as asked: a text whose parts can be told apart.
fn long_text(chars: usize) -> String {
    let mut text = (1..).map(|n| format!("word{n}")).take(chars / 4).collect::<Vec<_>>().join(" ");
    text.truncate(chars);
    // It may have been cut at a blank, which no message ends in.
    text.trim_end().to_owned() + if text.ends_with(' ') { "x" } else { "" }
}

/// A text of the phone as it stands in the room.
pub(super) async fn ghost_says(world: &World, room: &RoomId, body: &str) -> Seen {
    let said = world.agent("alice").wait_for_text(room, body).await.unwrap();
    assert_eq!((said.sender.as_str(), said.msgtype()), (world.ghost(JANE).await.as_str(), "m.text"));
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
    assert_eq!(ghost_says(&world, &room, "Hello").await.mentions(), Some(vec![]));

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
        let said = ghost_says(&world, &room, text).await;
        // Only the first after the agent took it makes their phone ring.
        assert_eq!(said.mentions(), Some(if n == 0 { vec![ALICE] } else { vec![] }), "{text}");
    }
    for (written, shown) in [
        ("pay\u{202e}gpj.exe\u{202c}", "paygpj.exe"),
        ("b\u{200b}a\u{2066}n\u{ad}k\u{feff}", "bank"),
        ("bell\u{7}escape\u{1b}[31m", "bellescape[31m"),
    ] {
        world.text(JANE, written).await;
        ghost_says(&world, &room, shown).await;
    }
    let said = alice.send_text(&room, "A moment").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    for (text, mentions) in [("One", vec![ALICE]), ("Two", vec![])] {
        world.text(JANE, text).await;
        assert_eq!(ghost_says(&world, &room, text).await.mentions(), Some(mentions));
    }
    let janes_ghost = world.ghost(JANE).await;
    let in_order: Vec<String> = alice
        .messages(&room)
        .into_iter()
        .filter(|seen| seen.sender == janes_ghost)
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
    let janes_ghost = world.ghost(JANE).await;
    let quoting = format!("> <{janes_ghost}> Hello\n\nHello to you");
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
            let mut shown: Vec<Seen> =
                log.messages(&room).filter(|seen| seen.msgtype() == "m.image").cloned().collect();
            // A picture that takes longer than others wait for it comes behind them; its name says which
            // it is.
            shown.sort_by_key(|seen| seen.body().to_owned());
            (shown.len() == 3).then_some(shown)
        })
        .await
        .unwrap();
    let janes_ghost = world.ghost(JANE).await;
    assert!(
        !alice.messages(&room).iter().any(|seen| seen.sender == janes_ghost && seen.msgtype() == "m.text")
    );
    for (image, size) in shown.iter().zip([(1024, 512), (300, 200), (512, 1024)]) {
        assert_eq!((image.sender.as_str(), image.mentions()), (janes_ghost.as_str(), Some(vec![])));
        let info = &image.content["info"];
        assert_eq!((info["w"].as_u64().unwrap(), info["h"].as_u64().unwrap()), size);
        let bytes = alice.fetch(image.content["url"].as_str().unwrap().into()).await.unwrap().unwrap();
        let decoded = image::load_from_memory(&bytes).unwrap();
        assert_eq!((u64::from(decoded.width()), u64::from(decoded.height())), size);
        assert_eq!(info["size"], bytes.len());
    }
    // An MMS opens a page.
    let state = alice.look(|log| log.rooms()[&room].interaction().cloned()).unwrap();
    assert_eq!(state["mode"], "page");
    let file = Attachment {
        content_type: "image/png".to_owned(),
        bytes: Bytes::from_static(b"<svg onload=alert(1)>"),
    };
    world.provider.text_from(JANE, OURS, "and this", vec![file]).await.unwrap();
    // What calls itself a picture and cannot be reduced to a preview is named, and not posted.
    let failed = alice.wait_for_notice(&room, "media_failed").await.unwrap();
    assert_eq!(failed.notice().unwrap()["number"], 1);
    alice.wait_for_text(&room, "and this").await.unwrap();
    assert!(!alice.messages(&room).iter().any(|seen| seen.msgtype() == "m.file"));
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
    assert_eq!(actions.body(), "In this text:\n1. +1 415 555 2671 · !call 1\n2. jane@example.org · !email 2");
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
