//! Pictures and places that contacts send, and what becomes of an owner's words on the way to the phone.

use bytes::Bytes;
use ruma::OwnedEventId;
use serde_json::json;
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::{AnswerFault, PostFault};

use super::files::{attachment, has, photo};
use super::send;
use crate::harness::{OURS, World};

const JANE: &str = "+14155550100";

#[tokio::test]
async fn parts_of_a_message_are_shown_as_what_they_are_or_named() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let video = [&b"\0\0\0\x18ftyp3gp4\0\0\0\0"[..], &[0; 500]].concat();
    let heic = [&b"\0\0\0\x18ftypheic\0\0\0\0"[..], &[0; 500]].concat();
    let parts = vec![
        attachment("image/jpeg", photo(1600, 800, [[250, 0, 0], [0, 0, 250]])),
        attachment("video/3gpp", video),
        attachment("image/png", Bytes::new()),
        attachment("image/heic", heic),
        attachment("text/x-vCard", "BEGIN:VCARD\r\nEND:VCARD\r\n"),
    ];
    world.provider.text_from(JANE, OURS, "All of these", parts).await.unwrap();
    alice.wait_for_text(&room, "All of these").await.unwrap();
    let shown = alice
        .until("three parts shown and two named", |log| {
            let of = |kind: &str| log.messages(&room).find(|seen| seen.msgtype() == kind).cloned();
            let named: Vec<Seen> =
                log.messages(&room).filter(|seen| seen.code() == "media_failed").cloned().collect();
            let shown = [of("m.image")?, of("m.video")?, of("m.file")?];
            (named.len() == 2).then_some((shown, named))
        })
        .await
        .unwrap();
    let ([image, video, card], named) = shown;
    let bytes = alice.fetch(image.content["url"].as_str().unwrap().into()).await.unwrap().unwrap();
    let upright = image::load_from_memory(&bytes).unwrap().into_rgb8();
    assert_eq!(upright.dimensions(), (512, 1024));
    assert!(upright.get_pixel(256, 20)[0] > 200 && upright.get_pixel(256, 1000)[2] > 200);
    assert!(!has(&bytes, "Camera"));
    assert_eq!((video.body(), &video.content["info"]["mimetype"]), ("video-2.3gp", &json!("video/3gpp")));
    assert_eq!(card.body(), "file-5.vcf");
    // Each part is fetched by itself, so that they are named in any order.
    let why = |number: u32| {
        let of = |seen: &&Seen| seen.notice().unwrap()["number"] == number;
        named.iter().find(of).unwrap().body().to_owned()
    };
    assert!(why(3).contains("it is empty"), "{}", why(3));
    assert!(why(4).contains("image/heic"), "{}", why(4));
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
    world.finish().await;
}

#[tokio::test]
async fn what_an_owner_formats_and_what_fails_at_once_is_as_the_phone_has_it() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let formatted = |body: &str, html: &str| json!({"msgtype": "m.text", "body": body, "format": "org.matrix.custom.html", "formatted_body": html});
    let html = "<strong>two</strong> <em>copies</em> of <a href=\"https://x.example\">it</a>";
    send(alice, &room, formatted("**two** *copies* of [it](https://x.example)", html)).await;
    send(alice, &room, formatted("5*3*2 for c**l@x.com**", "5<em>3</em>2 for c<strong>l@x.com</strong>"))
        .await;
    alice.send_text(&room, "**as typed** 5*3*2").await.unwrap();
    world
        .phone_gets(
            JANE,
            &["two copies of it (https://x.example)", "5*3*2 for c**l@x.com**", "**as typed** 5*3*2"],
        )
        .await;

    world.provider.faults().callbacks(PostFault::Dropped);
    world.provider.faults().answer_next(AnswerFault::FailedAtOnce(30001), 1);
    let message: OwnedEventId = alice.send_text(&room, "Full?").await.unwrap();
    alice.wait_for_reaction(&message, "❌").await.unwrap();
    let fits = |seen: &Seen| seen.code() == "message_failed" && seen.replies_to() == Some(message.as_str());
    let failed = alice.wait_for("why it failed", fits).await.unwrap();
    assert_eq!(failed.notice().unwrap()["error"], 30001);
    assert!(failed.body().contains("queue is full"), "{}", failed.body());
    world.finish().await;
}
