//! Answers to offers, in every way, and what becomes of an offer that nobody answers.

use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use super::{join_offered, offer_after, outcome, text_offered_to};
use crate::harness::{World, WorldOptions, eventually, shown};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";

#[tokio::test]
async fn an_offer_is_taken_by_any_reaction_or_word_that_says_yes() {
    let world = World::with(WorldOptions { agent: "capacity: {sms: 20}", ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    world.command("alice", "!ready", "status").await;
    for (n, key) in ["✅", "👍", "✔\u{fe0f}", "✔", "👍🏽"].into_iter().enumerate() {
        let phone = format!("+1415555011{n}");
        let preview = text_offered_to(&world, "alice", &phone).await;
        alice.react(&console, &preview.event_id, key).await.unwrap();
        outcome(&world, "alice", &preview, "offer_accepted").await;
        let room = join_offered(&world, "alice", &phone).await;
        // The room may have been made only after the answer; then the link follows.
        let linked = |seen: &Seen| {
            seen.replaces() == Some(preview.event_id.as_str()) && seen.body().contains(room.as_str())
        };
        alice.wait_for("the link to the room", linked).await.unwrap();
    }
    let words = ["!accept", "!ACCEPT", "! accept", "！accept", "  !Accept {id}", "!accept {ID}"];
    for (n, words) in words.into_iter().enumerate() {
        let phone = format!("+1415555012{n}");
        let preview = text_offered_to(&world, "alice", &phone).await;
        let id = preview.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
        let words = words.replace("{id}", &id).replace("{ID}", &id.to_uppercase());
        alice.send_text(&console, &words).await.unwrap();
        outcome(&world, "alice", &preview, "offer_accepted").await;
        join_offered(&world, "alice", &phone).await;
    }
    // An answer to an offer that is over changes nothing, and says so.
    let preview = text_offered_to(&world, "alice", JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    outcome(&world, "alice", &preview, "offer_accepted").await;
    alice.react(&console, &preview.event_id, "❌").await.unwrap();
    let answer = alice.wait_for_notice(&console, "no_such_target").await.unwrap();
    assert_eq!(answer.replies_to(), Some(preview.event_id.as_str()));
    world.state("alice", &room, "active").await;
    world.command("alice", "!accept", "no_such_target").await;
    world.command("alice", "!reject i-zzzzz", "no_such_target").await;
    world.finish().await;
}

#[tokio::test]
async fn an_offer_is_left_by_any_reaction_or_word_that_says_no() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    world.command("alice", "!ready", "status").await;
    for (n, key) in ["❌", "👎", "✖", "👎🏽"].into_iter().enumerate() {
        let offer = text_offered_to(&world, "alice", &format!("+1415555013{n}")).await;
        alice.react(&console, &offer.event_id, key).await.unwrap();
        outcome(&world, "alice", &offer, "offer_rejected").await;
    }
    for (n, words) in ["!reject", "! REJECT {id}", "!reject {id} at lunch"].into_iter().enumerate() {
        let offer = text_offered_to(&world, "alice", &format!("+1415555014{n}")).await;
        let id = offer.notice().unwrap()["interaction"].as_str().unwrap();
        alice.send_text(&console, &words.replace("{id}", id)).await.unwrap();
        outcome(&world, "alice", &offer, "offer_rejected").await;
    }
    // Nobody has any of them, and who says no stays ready for others.
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE state = 'queued'").await, 7);
    eventually("the invites to be taken back", || async { alice.invites().is_empty().then_some(()) }).await;
    let status = world.command("alice", "!status", "status").await;
    assert_eq!(status.notice().unwrap()["ready"], true);
    world.finish().await;
}

#[tokio::test]
async fn who_refuses_is_passed_over_and_the_contact_keeps_their_place() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    world.command("alice", "!ready", "status").await;
    let first = text_offered_to(&world, "alice", JANE).await;
    world.command("bob", "!ready", "status").await;
    assert!(bob.invites().is_empty());

    let room = world.invite("alice", JANE).await;
    alice.decline(&room, Some("lunch")).await.unwrap();
    outcome(&world, "alice", &first, "offer_rejected").await;
    let second = offer_after(&world, "bob", 0, JANE).await;
    assert!(alice.invites().is_empty());

    let console = world.console("bob").await;
    let invited = world.invite("bob", JANE).await;
    assert_eq!(invited, room);
    bob.react(&console, &second.event_id, "❌").await.unwrap();
    outcome(&world, "bob", &second, "offer_rejected").await;
    bob.wait_until_out_of(&room).await.unwrap();

    // Both were asked. A later contact is offered at once, while the first waits for a new round.
    let later = text_offered_to(&world, "alice", OMAR).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE state = 'queued'").await, 1);
    world.command("alice", "!reject", "offer_rejected").await;
    outcome(&world, "alice", &later, "offer_rejected").await;
    let position = alice.position();
    let to_bob = offer_after(&world, "bob", 0, OMAR).await;
    let console = world.console("bob").await;
    bob.react(&console, &to_bob.event_id, "✖\u{fe0f}").await.unwrap();
    outcome(&world, "bob", &to_bob, "offer_rejected").await;

    // Someone turns ready: a new round, in the order of their first texts.
    world.command("bob", "!notready", "status").await;
    world.command("alice", "!notready", "status").await;
    world.command("alice", "!ready", "status").await;
    let jane = offer_after(&world, "alice", position, JANE).await;
    let omar = offer_after(&world, "alice", position, OMAR).await;
    assert!(jane.sent_at <= omar.sent_at);
    let kept = "SELECT COUNT(*) FROM interactions WHERE json_extract(body, '$.enqueued_at') = created_at";
    assert_eq!(world.number(kept).await, 2);
    let again = world.invite("alice", JANE).await;
    assert_eq!(again, room, "it stays the same room");
    alice.join(&again).await.unwrap();
    world.state("alice", &again, "active").await;
    world.finish().await;
}

#[tokio::test]
async fn an_offer_nobody_answers_is_withdrawn_and_its_agent_not_ready() {
    let world =
        World::with(WorldOptions { queue: "undo_secs: 0, offer_secs: 3", ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    let preview = text_offered_to(&world, "alice", JANE).await;
    let room = world.invite("alice", JANE).await;
    let edited = outcome(&world, "alice", &preview, "offer_timed_out").await;
    assert_eq!(edited.mentions(), Some(vec![]));
    alice.wait_until_out_of(&room).await.unwrap();
    let status = world.command("alice", "!status", "status").await;
    let notice = status.notice().unwrap();
    assert_eq!(
        (&notice["ready"], &notice["reason"], &notice["waiting"]),
        (&json!(false), &json!("no answer"), &json!(1))
    );
    // It was a text that she missed: colleagues read of her what they read before.
    assert_eq!(notice["readiness"]["sms"], json!({"is": "not_ready", "reason": "no answer"}));
    assert_eq!(notice["readiness"]["im"]["is"], "ready");

    // Who says yes but does not come loses it again.
    let position = alice.position();
    world.command("alice", "!ready", "status").await;
    let preview = offer_after(&world, "alice", position, JANE).await;
    let console = world.console("alice").await;
    alice.react(&console, &preview.event_id, "✅").await.unwrap();
    outcome(&world, "alice", &preview, "offer_accepted").await;
    let requeued = alice.wait_for_notice(&console, "requeued").await.unwrap();
    assert_eq!(requeued.notice().unwrap()["interaction"], preview.notice().unwrap()["interaction"]);
    assert!(requeued.body().contains("You are not ready for texts now; !ready"), "{}", requeued.body());
    alice.wait_until_out_of(&room).await.unwrap();
    let kept = "SELECT COUNT(*) FROM interactions WHERE state = 'queued' AND json_extract(body, '$.enqueued_at') = created_at";
    assert_eq!(world.number(kept).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn an_offer_nobody_answers_goes_to_the_next_who_is_ready() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        queue: "undo_secs: 0, offer_secs: 4",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.command("alice", "!ready", "status").await;
    let to_alice = text_offered_to(&world, "alice", JANE).await;
    let position = world.agent("bob").position();
    world.command("bob", "!ready", "status").await;
    outcome(&world, "alice", &to_alice, "offer_timed_out").await;
    let to_bob = offer_after(&world, "bob", position, JANE).await;
    assert_eq!(to_bob.notice().unwrap()["interaction"], to_alice.notice().unwrap()["interaction"]);
    join_offered(&world, "bob", JANE).await;
    let missed = world.command("alice", "!messages", "list").await;
    assert!(missed.body().contains(&*shown(JANE)), "{}", missed.body());
    world.finish().await;
}

#[tokio::test]
async fn nobody_answers_an_offer_in_anothers_name() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await;
    world.command("alice", "!ready", "status").await;
    let preview = text_offered_to(&world, "alice", JANE).await;
    let console = world.console("alice").await;
    let reaction =
        json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": preview.event_id, "key": "✅"}});
    let janes_ghost = world.ghost(JANE).await;
    for other in ["@bob:desk.test", "@mallory:desk.test", "@mallory:elsewhere.test", &janes_ghost] {
        world.pretend(&console, other, "m.reaction", reaction.clone()).await;
        world
            .pretend(&console, other, "m.room.message", json!({"msgtype": "m.text", "body": "!accept"}))
            .await;
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE state = 'offered'").await, 1);
    // Nor by its id from their own console.
    let id = preview.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    world.command("bob", &format!("!accept {id}"), "no_such_target").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE state = 'offered'").await, 1);
    join_offered(&world, "alice", JANE).await;
    world.finish().await;
}
