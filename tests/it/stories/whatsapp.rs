//! Contacts on WhatsApp, by way of a sender of the SMS provider.

use super::{held_back, join_offered, offer_after};
use crate::harness::{World, WorldOptions};

const OURS_ON_WHATSAPP: &str = "whatsapp:+15005550010";
const JANE: &str = "+14155550100";
const JANE_ON_WHATSAPP: &str = "whatsapp:+14155550100";
/// A day has passed since the contact on WhatsApp wrote.
const A_DAY_LATER: &str = "UPDATE interactions
    SET body = json_set(body, '$.answerable_until', json_extract(body, '$.answerable_until') - 86400000)
    WHERE contact_number = 'whatsapp:+14155550100' RETURNING 1";

#[tokio::test]
async fn a_contact_on_whatsapp_is_answered_for_a_day_and_again_when_they_write_again() {
    let world = World::with(WorldOptions {
        more_numbers: &[(OURS_ON_WHATSAPP, "queue: support")],
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let writes = async |body| {
        world.provider.text_from(JANE_ON_WHATSAPP, OURS_ON_WHATSAPP, body, vec![]).await.unwrap()
    };

    // They arrive as a contact of their own, beside whoever texts from the same number.
    let by_sms = world.conversation("alice", JANE, "Hello by SMS").await;
    let position = alice.position();
    writes("Hello on WhatsApp").await;
    let offer = offer_after(&world, "alice", position, JANE_ON_WHATSAPP).await;
    assert_eq!(offer.content["org.switchroom.notice"]["our_number"], OURS_ON_WHATSAPP);
    let room = join_offered(&world, "alice", JANE_ON_WHATSAPP).await;
    alice.wait_for_text(&room, "Hello on WhatsApp").await.unwrap();
    assert_ne!(room, by_sms);
    assert_eq!(world.number("SELECT COUNT(DISTINCT contact) FROM interactions").await, 2);
    assert_eq!(world.number("SELECT COUNT(*) FROM contact_numbers").await, 2);

    // Each is answered where they wrote.
    alice.send_text(&room, "Good morning").await.unwrap();
    world.phone_gets(JANE_ON_WHATSAPP, &["Good morning"]).await;
    alice.send_text(&by_sms, "Good day").await.unwrap();
    world.phone_gets(JANE, &["Good day"]).await;

    // A day later only the other can be.
    world.drained().await;
    assert_eq!(world.number(A_DAY_LATER).await, 1);
    let late = alice.send_text(&room, "Are you still there?").await.unwrap();
    assert_eq!(held_back(alice, &late).await, "window_closed");
    alice.send_text(&by_sms, "Anything else?").await.unwrap();
    world.phone_gets(JANE, &["Good day", "Anything else?"]).await;

    // Until they write again.
    writes("Yes, I am").await;
    alice.wait_for_text(&room, "Yes, I am").await.unwrap();
    alice.send_text(&room, "So are we").await.unwrap();
    world.phone_gets(JANE_ON_WHATSAPP, &["Good morning", "So are we"]).await;
    world.finish().await;
}
