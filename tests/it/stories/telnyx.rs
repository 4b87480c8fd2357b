//! The same desk with Telnyx as its provider: texts in, replies out, and what becomes of them where nothing
//! can be listed.

use ed25519_dalek::SigningKey;
use ruma::EventId;
use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use crate::harness::telnyx::{Answer, Taken, now};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";
const LANDLINE: &str = "+14155550406";

async fn world() -> World {
    World::with(WorldOptions { telnyx: true, ..WorldOptions::default() }).await
}

/// Waits for the bot's notice of a code about one message of Alice's.
async fn told(world: &World, code: &str, about: &EventId) -> Seen {
    let fits = |seen: &Seen| seen.code() == code && seen.replies_to() == Some(about.as_str());
    world.agent("alice").wait_for(&format!("{code} about {about}"), fits).await.unwrap()
}

/// The marks that the bot set at a message, in order.
fn marks(world: &World, event: &EventId) -> Vec<String> {
    let alice = world.agent("alice");
    alice.look(|log| log.reactions(event.as_str()).into_iter().map(|(_, key)| key.to_owned()).collect())
}

/// Waits until a text was taken.
async fn taken(world: &World, text: &str) -> Taken {
    eventually(&format!("{text:?} to be taken"), || async { world.telnyx().taken(text) }).await
}

#[tokio::test]
async fn a_text_comes_in_and_the_reply_gets_to_the_phone() {
    let world = world().await;
    let room = world.conversation("alice", JANE, "Where is my order? 📦").await;
    let alice = world.agent("alice");
    let said = alice.send_text(&room, "On its way!").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    world.text(JANE, "Thanks").await;
    alice.wait_for_text(&room, "Thanks").await.unwrap();
    world.phone_gets(JANE, &["On its way!"]).await;
    assert_eq!(marks(&world, &said), ["✓"]);
    world.finish().await;
}

#[tokio::test]
async fn what_does_not_get_there_says_why_in_plain_words() {
    let world = world().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello?").await;
    for (code, words) in [(40310, "not a valid phone number"), (20100, "out of money"), (40300, "opted out")]
    {
        world.telnyx().answer_next(Answer::Refused(code));
        let said = alice.send_text(&room, &format!("for {code}")).await.unwrap();
        alice.wait_for_reaction(&said, "❌").await.unwrap();
        let notice = told(&world, "message_failed", &said).await;
        assert_eq!(notice.notice().unwrap()["error"], code);
        assert!(notice.body().contains(words), "{}", notice.body());
    }
    assert!(world.taken_for(JANE).is_empty());
    // Sent again, the last one waits until they take texts again.
    alice.send_text(&room, "!resend").await.unwrap();
    world.text(JANE, "START").await;
    world.phone_gets(JANE, &["for 40300"]).await;

    let room = world.conversation("alice", LANDLINE, "A landline that writes").await;
    let said = alice.send_text(&room, "Are you there?").await.unwrap();
    alice.wait_for_reaction(&said, "❌").await.unwrap();
    let notice = told(&world, "message_failed", &said).await;
    assert_eq!(notice.notice().unwrap()["error"], 40001);
    assert!(notice.body().contains("landline"), "{}", notice.body());
    world.finish().await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_settled_by_a_report_alone_and_never_by_sending_again() {
    let world = world().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.telnyx().answer_next(Answer::ErrorAfterAccepting);
    let by_report = alice.send_text(&room, "answered with an error").await.unwrap();
    alice.wait_for_reaction(&by_report, "✓").await.unwrap();

    // Nothing lists messages, so that without a report nobody knows; one that comes late still tells.
    world.telnyx().hold_reports(true);
    world.telnyx().answer_next(Answer::ErrorAfterAccepting);
    let late = alice.send_text(&room, "reported late").await.unwrap();
    alice.wait_for_reaction(&late, "⚠️").await.unwrap();
    let notice = told(&world, "message_unconfirmed", &late).await;
    assert!(notice.body().contains("may still go out"), "{}", notice.body());
    let message = taken(&world, "reported late").await;
    assert_eq!(world.telnyx().report(&message, "delivered", None).await, 200);
    alice.wait_for_reaction(&late, "✓").await.unwrap();
    world.telnyx().hold_reports(false);

    // While the provider is out of order replies wait, though nothing but a question to it can tell that it
    // is back.
    world.telnyx().answer_next(Answer::Unavailable);
    alice.send_text(&room, "nowhere").await.unwrap();
    let behind_it = alice.send_text(&room, "behind it").await.unwrap();
    alice.wait_for_reaction(&behind_it, "✓").await.unwrap();
    world.phone_gets(JANE, &["answered with an error", "reported late", "behind it"]).await;
    assert_eq!(marks(&world, &by_report), ["✓"]);
    world.finish().await;
}

#[tokio::test]
async fn pictures_come_in() {
    let world = world().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let alice = world.agent("alice");
    let (card, video) =
        ("BEGIN:VCARD\r\nEND:VCARD\r\n", [&b"\0\0\0\x18ftyp3gp4\0\0\0\0"[..], &[0; 500]].concat());
    let parts = vec![("video/3gpp", video), ("text/x-vCard", card.as_bytes().to_vec())];
    world.telnyx().picture(JANE, "Both of these", parts).await;
    alice.wait_for_text(&room, "Both of these").await.unwrap();
    let file = alice
        .until("both parts shown", |log| {
            let of = |kind: &str| log.messages(&room).find(|seen| seen.msgtype() == kind).cloned();
            of("m.video").and(of("m.file"))
        })
        .await
        .unwrap();
    let bytes = alice.fetch(file.content["url"].as_str().unwrap().into()).await.unwrap().unwrap();
    assert_eq!(bytes, card.as_bytes());
    world.finish().await;
}

#[tokio::test]
async fn what_comes_twice_or_out_of_order_counts_once() {
    let world = world().await;
    let (alice, telnyx) = (world.agent("alice"), world.telnyx());
    let room = world.conversation("alice", JANE, "Hello").await;
    for _ in 0..2 {
        // The same message in another event: a repetition.
        let event = telnyx.received("7ee4241c-f127-47e5-9c34-3aac291f8058", JANE, "only once", vec![]);
        for _ in 0..2 {
            assert_eq!(telnyx.post(&telnyx.inbound(), &event).await, 200);
        }
    }
    world.text(JANE, "behind it").await;
    alice.wait_for_text(&room, "behind it").await.unwrap();
    let shown = alice.messages(&room).into_iter().filter(|seen| seen.body() == "only once").count();
    assert_eq!(shown, 1);

    telnyx.hold_reports(true);
    let said = alice.send_text(&room, "Hi").await.unwrap();
    let message = taken(&world, "Hi").await;
    for (status, code) in
        [("delivered", None), ("sent", None), ("delivered", None), ("delivery_failed", Some(40008))]
    {
        assert_eq!(telnyx.report(&message, status, code).await, 200);
    }
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    let second = alice.send_text(&room, "Ho").await.unwrap();
    let message = taken(&world, "Ho").await;
    for (status, code) in
        [("delivery_failed", Some(40008)), ("delivery_failed", Some(40008)), ("delivered", None)]
    {
        assert_eq!(telnyx.report(&message, status, code).await, 200);
    }
    told(&world, "message_failed", &second).await;
    alice.wait_for_reaction(&second, "❌").await.unwrap();
    world.drained().await;
    assert_eq!((marks(&world, &said), marks(&world, &second)), (vec!["✓".to_owned()], vec!["❌".to_owned()]));
    world.finish().await;
}

#[tokio::test]
async fn forged_and_recorded_webhooks_are_refused() {
    let world = world().await;
    let telnyx = world.telnyx();
    let room = world.conversation("alice", JANE, "Hello").await;
    let (at, forger) = (now(), SigningKey::from_bytes(&[8; 32]));
    let event = telnyx.received("forged", JOHN, "let me in", vec![]);
    let inbound = telnyx.inbound();
    assert_eq!(telnyx.post_signed(&inbound, &event, &forger, at).await, 403);
    assert_eq!(telnyx.post_signed(&inbound, &event, telnyx.key(), at - 301).await, 403);
    assert_eq!(telnyx.post_signed(&inbound, &event, telnyx.key(), at + 400).await, 403);
    assert_eq!(telnyx.post(&inbound, &json!({"data": {}})).await, 400);
    assert_eq!(
        telnyx
            .post(&inbound, &json!({"data": {"event_type": "message.received", "x": "x".repeat(300_000)}}))
            .await,
        413
    );

    telnyx.hold_reports(true);
    world.agent("alice").send_text(&room, "Hi").await.unwrap();
    let message = taken(&world, "Hi").await;
    // A report is of use at the address of its own part alone.
    let status = inbound.replace("inbound", "status");
    let report = json!({"data": {"event_type": "message.finalized", "payload": {
        "id": message.id, "to": [{"status": "delivered"}],
    }}});
    assert_eq!(telnyx.post(&status, &report).await, 400);
    assert_eq!(telnyx.post(&format!("{status}?part=x&sig=y"), &report).await, 403);
    assert_eq!(telnyx.report(&message, "delivered", None).await, 200);
    assert_eq!(world.number("SELECT COUNT(*) FROM contacts").await, 1);
    world.finish().await;
}
