//! A contact on WhatsApp is answered within a day of their last text, and no longer.

use super::*;
use crate::domain::interaction::Rules;
use crate::domain::notice::HeldBack;

const DAY: Duration = Duration::from_hours(24);
const JANE_ON_WHATSAPP: &str = "whatsapp:+14155550100";

/// What went to phones, in order.
fn sent(world: &World) -> Vec<String> {
    world.phones.sent.lock().unwrap().iter().map(|(text, _)| text.clone()).collect()
}

/// Why messages were held back, in order.
async fn held_back(world: &World) -> Vec<Value> {
    let shown = world.shown().await;
    let notices = shown.iter().map(|content| &content["org.switchroom.notice"]);
    notices
        .filter(|notice| notice["code"] == "message_held_back")
        .map(|notice| notice["why"].clone())
        .collect()
}

#[tokio::test]
async fn whoever_wrote_last_a_day_ago_is_answered_when_they_have_written_again() {
    let world = World::new().await;
    let room = world.conversation(JANE_ON_WHATSAPP).await;
    world.say(&room, "Good morning").await;
    world.sends("Good morning").await;
    world.clock.advance(Duration::from_mins(24 * 60 - 1));
    world.say(&room, "Anything else?").await;
    world.sends("Anything else?").await;
    world.clock.advance(Duration::from_mins(1));
    world.say(&room, "Hello?").await;
    eventually("it to be held back", || async {
        (held_back(&world).await == ["window_closed"]).then_some(())
    })
    .await;
    world.text(JANE_ON_WHATSAPP, "I am back", &[]).await;
    world.say(&room, "So are we").await;
    world.sends("So are we").await;
    assert_eq!(sent(&world), ["Good morning", "Anything else?", "So are we"]);
}

#[tokio::test]
async fn what_was_typed_in_time_and_has_its_turn_too_late_is_held_back() {
    let world = World::new().await;
    let room = world.conversation(JANE_ON_WHATSAPP).await;
    let found = world.interaction(JANE_ON_WHATSAPP).await.unwrap();
    let soon = world.clock.now() + Duration::from_millis(500);
    let rules = Rules { undo_ms: 1_000, ..found.rules.clone() };
    let closing = Interaction { answerable_until: Some(soon), rules, ..found };
    store::interactions::save(&mut world.store.connection().await.unwrap(), &closing).await.unwrap();
    world.say(&room, "Just in time").await;
    eventually("it to be held back", || async {
        (held_back(&world).await == ["window_closed"]).then_some(())
    })
    .await;
    assert!(sent(&world).is_empty());
    let held_back = "SELECT COUNT(*) FROM transcript WHERE body = 'Just in time' AND kind = 'held_back'";
    assert_eq!(world.number(held_back).await, 1);
}

#[tokio::test]
async fn a_text_that_was_fetched_late_opens_the_window_from_when_it_was_written() {
    let world = World::new().await;
    world.conversation(JANE_ON_WHATSAPP).await;
    let before = world.interaction(JANE_ON_WHATSAPP).await.unwrap().answerable_until.unwrap();
    let mut found = world.interaction(JANE_ON_WHATSAPP).await.unwrap();
    found.open_window(world.clock.now() - DAY);
    assert_eq!(found.answerable_until, Some(before), "what was written before moves nothing back");
    found.open_window(world.clock.now());
    assert_eq!(found.answerable_until, Some(world.clock.now() + DAY));
}

#[tokio::test]
async fn one_number_on_two_channels_is_two_contacts_with_a_ghost_each_and_only_one_has_to_write_again() {
    let world = World::new().await;
    let (whatsapp, sms) = (world.conversation(JANE_ON_WHATSAPP).await, world.conversation(JANE).await);
    let (on_whatsapp, by_sms) =
        (world.interaction(JANE_ON_WHATSAPP).await.unwrap(), world.interaction(JANE).await.unwrap());
    assert_ne!(on_whatsapp.contact.id, by_sms.contact.id);
    assert_eq!((on_whatsapp.contact.name.as_str(), by_sms.contact.name.as_str()), (JANE_ON_WHATSAPP, JANE));
    let state = on_whatsapp.state_content();
    assert_eq!((&state["kind"], &state["number"]), (&json!("sms"), &json!("whatsapp:+15005550006")));
    assert_eq!(by_sms.answerable_until, None);
    {
        let mut conn = world.store.connection().await.unwrap();
        let mut ghosts = vec![];
        for contact in [&on_whatsapp.contact, &by_sms.contact] {
            ghosts.push(store::contacts::ghost(&mut conn, &contact.number).await.unwrap().unwrap().name);
        }
        assert_ne!(ghosts[0], ghosts[1]);
    }
    world.clock.advance(2 * DAY);
    world.say(&whatsapp, "On WhatsApp").await;
    world.say(&sms, "By SMS").await;
    world.sends("By SMS").await;
    eventually("the other to be held back", || async {
        (held_back(&world).await == [json!(HeldBack::WindowClosed)]).then_some(())
    })
    .await;
    assert_eq!(sent(&world), ["By SMS"]);
}
