//! What agents put on a conversation, tags, priority and case data with links, and what is counted of its
//! contact.

use switchroom::demo::agent::seen::Seen;

use super::quietly::{notice_after, offers, with_sue};
use super::{done, join_offered, offer_after, text_offered_to, type_in, written_down};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";

#[tokio::test]
async fn tags_stand_in_the_state_event_the_history_and_the_report() {
    let world = World::with(with_sue()).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    for wrong in ["!tag", "!tag <b>bold</b>", "!tag xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"] {
        type_in(&world, "alice", &room, wrong, "usage").await;
    }
    type_in(&world, "alice", &room, "!untag refund", "refused").await;
    type_in(&world, "alice", &room, "!tag #Refund", "case").await;
    type_in(&world, "alice", &room, "!tag late  Delivery", "case").await;
    type_in(&world, "alice", &room, "!tag vip", "case").await;
    let case = type_in(&world, "alice", &room, "!untag VIP", "case").await;
    assert!(case.body().contains("Tags: refund, late-delivery"), "{}", case.body());
    let tags = |tags: serde_json::Value| {
        move |room: &switchroom::demo::agent::seen::SeenRoom| {
            room.interaction().is_some_and(|content| content["tags"] == tags)
        }
    };
    let expected = serde_json::json!(["refund", "late-delivery"]);
    alice.wait_for_room(&room, "the tags", tags(expected.clone())).await.unwrap();
    done(&world, "alice", &room).await;

    text_offered_to(&world, "alice", JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    let history = type_in(&world, "alice", &room, "!history", "history").await;
    assert_eq!(history.notice().unwrap()["items"][0]["tags"], expected);
    assert!(history.body().contains("#refund · #late-delivery"), "{}", history.body());
    type_in(&world, "alice", &room, "!tag refund", "case").await;
    let report = world.command("sue", "!report", "report").await;
    let counted = serde_json::json!([{"tag": "refund", "began": 2}, {"tag": "late-delivery", "began": 1}]);
    assert_eq!(report.notice().unwrap()["tags"], counted);
    assert!(report.body().contains("#refund 2, #late-delivery 1"), "{}", report.body());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE what IN ('tag', 'untag')").await, 5);
    world.finish().await;
}

#[tokio::test]
async fn priority_changes_who_is_next() {
    let each = &[("alice", "capacity: {sms: 1}"), ("sue", "roles: [agent, supervisor], queues: []")];
    let world = World::with(WorldOptions { each, ..with_sue() }).await;
    world.text(JANE, "first").await;
    written_down(&world, 1).await;
    world.text(OMAR, "second").await;
    eventually("both to have a room", || async {
        let sql = "SELECT COUNT(*) FROM interactions WHERE room_id IS NOT NULL";
        (world.number(sql).await == 2).then_some(())
    })
    .await;
    let waiting = world.command("sue", "!queue support", "list").await;
    let rows = waiting.notice().unwrap()["rows"].as_array().unwrap().clone();
    let second = rows[1]["key"].as_str().unwrap();
    for wrong in
        [format!("!priority {second} lots"), format!("!priority {second} 99999"), "!priority".to_owned()]
    {
        world.command("sue", &wrong, "usage").await;
    }
    world.command("alice", &format!("!priority {second} 5"), "not_owner").await;
    let case = world.command("sue", &format!("!priority {second} 5"), "case").await;
    assert!(case.body().contains("priority 5"), "{}", case.body());
    world.command("alice", "!ready", "status").await;
    let room = join_offered(&world, "alice", OMAR).await;
    let shown =
        world.agent("alice").look(|log| log.rooms()[&room].interaction().unwrap()["priority"].clone());
    assert_eq!(shown, 5);
    assert_eq!(offers(&world, "alice", JANE), 0);
    done(&world, "alice", &room).await;
    offer_after(&world, "alice", 0, JANE).await;
    join_offered(&world, "alice", JANE).await;
    world.finish().await;
}

#[tokio::test]
async fn case_data_is_shown_in_pages_and_its_links_with_where_they_lead() {
    let number = "queue: support, case: {a01: v, a02: v, a03: v, a04: v, a05: v, a06: v, a07: v, a08: v, a09: v, \
                  a10: v, a11: v, a12: v, a13: v, a14: v, a15: v, a16: v, a17: v, a18: v, a19: v, a20: v, a21: v}";
    let world = World::with(WorldOptions { number, ..WorldOptions::default() }).await;
    world.command("alice", "!ready", "status").await;
    let offer = text_offered_to(&world, "alice", JANE).await;
    assert!(offer.body().contains("a08: v · … 13 more, !case in the conversation"), "{}", offer.body());
    let room = join_offered(&world, "alice", JANE).await;
    let shown = type_in(&world, "alice", &room, "!case", "case").await;
    assert!(shown.body().ends_with("Page 1 of 2; go on with !case 2"), "{}", shown.body());
    let shown = type_in(&world, "alice", &room, "!case 2", "case").await;
    assert!(shown.body().contains("a21: v") && shown.body().ends_with("Page 2 of 2"), "{}", shown.body());

    let set = "!case set shop [Our shop](https://shop.test/4711)";
    let shown = type_in(&world, "alice", &room, set, "case").await;
    assert!(shown.body().contains("shop: Our shop · https://shop.test/4711"), "{}", shown.body());
    let table = [
        ("https://bank.test", "https://bank.test@evil.test/", "it does not lead to what stands before the @"),
        ("Your <b>bank</b>", "https://xn--80ak6aa92e.com/", "its name disguises where it leads"),
        ("\u{202e}bank", "https://p\u{430}ypal.com/", "it mixes letters of several alphabets"),
    ];
    for (label, url, why) in table {
        let position = world.agent("alice").position();
        let set = format!("!case set bank [{label}]({url})");
        let shown = type_in(&world, "alice", &room, &set, "case").await;
        let label = label.trim_start_matches('\u{202e}');
        let line = format!("bank: {label} · {url} ⚠️ {why}");
        assert!(shown.body().contains(&line), "{line} is not in {}", shown.body());
        let html = shown.formatted_body().unwrap();
        assert!(!html.contains("href") && !html.contains("<b>bank"), "{html}");
        let warned = notice_after(&world, position, &room, "link_warning").await;
        assert!(warned.body().contains(why), "{}", warned.body());
    }
    world.finish().await;
}

#[tokio::test]
async fn what_goes_on_with_a_contact_is_not_counted_as_recent_too() {
    const OTHER: &str = "+15005550009";
    let more_numbers = &[(OTHER, "queue: support, mode: page")];
    let world = World::with(WorldOptions { more_numbers, ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    done(&world, "alice", &room).await;
    let offer = text_offered_to(&world, "alice", JANE).await;
    let counts = |seen: &Seen| {
        let notice = seen.notice().unwrap();
        (notice["in_progress"].clone(), notice["recent"].clone())
    };
    let one = || serde_json::json!([["session", 1]]);
    assert_eq!(counts(&offer), (serde_json::json!([]), one()));
    let room = join_offered(&world, "alice", JANE).await;
    let position = world.agent("alice").position();
    world.provider.text_from(JANE, OTHER, "And here", vec![]).await.unwrap();
    let offer = offer_after(&world, "alice", position, JANE).await;
    assert_eq!(counts(&offer), (one(), one()));
    world.command("alice", "!accept", "offer_accepted").await;
    let contact = type_in(&world, "alice", &room, "!contact", "contact").await;
    assert_eq!(counts(&contact), (serde_json::json!([["page", 1]]), one()));
    world.finish().await;
}
