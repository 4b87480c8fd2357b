//! Files of 100 MB, from agents and from customers: refused with what to do instead, and never in memory.

use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::MediaFault;

use super::files::{attachment, is_photo, photo_of, post_photo, sent, shown, upload};
use super::send;
use crate::harness::{OURS, World, WorldOptions};

const JANE: &str = "+14155550100";
/// How much more memory the program may have had than before, in KiB: less than half of such a file.
const MORE_KIB: u64 = 48 * 1024;

#[tokio::test]
async fn a_file_of_100_mb_is_refused_both_ways_and_is_never_in_memory() {
    let world = World::with(WorldOptions {
        queue: "undo_secs: 0, link: true",
        homeserver: &[("max_upload_size", "\"200M\"")],
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    // What pictures take at any time counts as before.
    let photo = attachment("image/jpeg", photo_of(20));
    world.provider.text_from(JANE, OURS, "Look", vec![photo]).await.unwrap();
    let is_picture = |seen: &Seen| seen.room_id == room && seen.msgtype() == "m.image";
    alice.wait_for("her picture", is_picture).await.unwrap();
    let event = post_photo(&world, &room, 40, "And this").await;
    alice.wait_for_reaction(&event, "✓").await.unwrap();
    is_photo(&sent(&world, JANE, 1).await[0].media[0], 40);
    let before = world.bridge.peak_kib();

    // Nor does it go as a link, which the queue has for what is too large for a phone.
    let large =
        upload(&world, "application/pdf", [&b"%PDF-1.7\n"[..], &vec![b' '; 100_000_000]].concat()).await;
    let event = send(alice, &room, shown("m.file", &large, "", "application/pdf")).await;
    let fits = |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(event.as_str());
    let told = alice.wait_for("why it does not go", fits).await.unwrap();
    assert_eq!(told.notice().unwrap()["why"], "media_too_large");
    assert!(told.body().contains("Send a shorter or smaller one, or a link"), "{}", told.body());

    // The provider does not tell how long it is, and goes on and on.
    world.provider.faults().media_part(1, MediaFault::Huge);
    let video = attachment("video/mp4", &b"in place of which 100 MB come"[..]);
    world.provider.text_from(JANE, OURS, "My film", vec![video]).await.unwrap();
    let failed = |seen: &Seen| seen.room_id == room && seen.code() == "media_failed";
    let told = alice.wait_for("what was not fetched", failed).await.unwrap();
    assert!(told.body().contains("larger"), "{}", told.body());
    assert!(told.body().contains("ask the customer to send it another way"), "{}", told.body());
    world.text(JANE, "Did you get it?").await;
    alice.wait_for_text(&room, "Did you get it?").await.unwrap();

    let more = world.bridge.peak_kib() - before;
    assert!(more < MORE_KIB, "{more} KiB more than before");
    world.finish().await;
}
