//! E-mails that agents begin: a link for their mail program, and what is kept of it.

use serde_json::json;

use super::{done, join_offered, type_in};
use crate::harness::{World, WorldOptions};

const JANE: &str = "+14155550100";

fn desk() -> WorldOptions {
    WorldOptions {
        agents: &["alice", "bob"],
        each: &[("alice", "permissions: [email, contact_edit, history]"), ("bob", "permissions: [history]")],
        queue: "undo_secs: 0",
        ..WorldOptions::default()
    }
}

#[tokio::test]
async fn an_e_mail_begins_with_a_link_and_stands_in_the_history() {
    let world = World::with(desk()).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Please write to jane@doe.test").await;
    let id = alice.look(|log| log.rooms()[&room].interaction().unwrap()["id"].clone());
    let none = type_in(&world, "alice", &room, "!email", "refused").await;
    assert_eq!(none.notice().unwrap()["why"], "no_email", "{}", none.body());
    type_in(&world, "alice", &room, "!contact set email jane@doe.test", "contact").await;
    world.text(JANE, "Or ring +14155550132, or write to jane@doe.test").await;
    alice.wait_for_text(&room, "Or ring +14155550132, or write to jane@doe.test").await.unwrap();
    let phone = type_in(&world, "alice", &room, "!email 1", "usage").await;
    assert!(phone.body().contains("1 is a phone number there; !call 1 calls it"), "{}", phone.body());
    world.text(JANE, "Better write to jane@doe.test").await;
    alice.wait_for_text(&room, "Better write to jane@doe.test").await.unwrap();
    let by_number = type_in(&world, "alice", &room, "!email 1", "email").await;
    assert_eq!(by_number.notice().unwrap()["address"], "jane@doe.test", "as the notice about her text says");
    let begun = type_in(&world, "alice", &room, "!email", "email").await;
    assert_eq!(
        begun.notice().unwrap()["link"],
        "mailto:jane@doe.test?subject=Your%20conversation%20with%20alice%20Doe"
    );
    assert!(begun.body().contains("mailto:jane@doe.test?subject="), "{}", begun.body());

    let listed = type_in(&world, "alice", &room, "!history", "history").await;
    let item = listed.notice().unwrap()["items"][0].clone();
    assert_eq!((&item["kind"], &item["state"], &item["parent"]), (&json!("email"), &json!("done"), &id));
    let child = item["id"].as_str().unwrap();
    let kept = type_in(&world, "alice", &room, &format!("!history {child}"), "transcript").await;
    assert!(kept.body().contains("alice Doe began an e-mail to jane@doe.test"), "{}", kept.body());
    let again = type_in(&world, "alice", &room, &format!("!reopen {child}"), "refused").await;
    assert_eq!(again.notice().unwrap()["why"], "only_sent");

    // What a room begins with is what was said, of which there is nothing in an e-mail.
    done(&world, "alice", &room).await;
    world.text(JANE, "I got your e-mail").await;
    let next = join_offered(&world, "alice", JANE).await;
    let earlier = alice.wait_for_notice(&next, "earlier").await.unwrap();
    assert_eq!(earlier.notice().unwrap()["id"], id);
    let card = type_in(&world, "alice", &next, "!contact", "contact").await;
    assert!(
        card.notice().unwrap()["recent"].as_array().unwrap().contains(&json!(["email", 2])),
        "{}",
        card.body()
    );
    world.finish().await;
}

#[tokio::test]
async fn an_address_is_chosen_or_typed_and_what_is_none_is_refused() {
    let world = World::with(desk()).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    for address in ["jane@doe.test", "jane@work.test"] {
        type_in(&world, "alice", &room, &format!("!contact set email {address}"), "contact").await;
    }
    let which = type_in(&world, "alice", &room, "!email", "list").await;
    assert!(which.body().contains("jane@work.test"), "{}", which.body());
    let second = type_in(&world, "alice", &room, "!email 2", "email").await;
    assert_eq!(second.notice().unwrap()["address"], "jane@work.test");
    for (typed, link) in [
        ("ann+x@b.test", "mailto:ann+x@b.test?subject="),
        ("ann?bcc=eve@evil.test", "mailto:ann%3Fbcc%3Deve@evil.test?subject="),
    ] {
        let begun = type_in(&world, "alice", &room, &format!("!email {typed}"), "email").await;
        assert!(begun.notice().unwrap()["link"].as_str().unwrap().starts_with(link), "{}", begun.body());
    }
    for typed in ["jane", "9", "a@b.test, c@d.test", "<script>@b.test", "javascript:alert(1)"] {
        type_in(&world, "alice", &room, &format!("!email {typed}"), "usage").await;
    }
    assert!(world.taken_for(JANE).is_empty(), "the customer hears nothing of it");
    world.finish().await;
}

#[tokio::test]
async fn who_may_not_write_e_mails_reads_so() {
    let world = World::with(desk()).await;
    let room = world.conversation("bob", JANE, "Hello").await;
    type_in(&world, "bob", &room, "!email jane@doe.test", "not_allowed").await;
    world.finish().await;
}
