//! Who is asked, and what is said to a contact whom nobody can be asked about.

use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use super::{done, join_offered, offer_after, outcome, text_offered_to};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";
const CARL: &str = "+442071838750";

/// What became of a preview: its code, and who took it if it tells that.
async fn became(world: &World, name: &str, offer: &Seen) -> (String, String) {
    let over =
        |seen: &Seen| seen.replaces() == Some(offer.event_id.as_str()) && seen.code().starts_with("offer_");
    let seen = world.agent(name).wait_for("the outcome", over).await.unwrap();
    let notice = seen.notice().unwrap();
    let by = notice["by"].as_str().filter(|_| notice["why"] == "taken").unwrap_or_default().to_owned();
    (seen.code().to_owned(), by)
}

async fn waits(world: &World, count: i64) {
    eventually("it to wait", || async {
        let sql = "SELECT COUNT(*) FROM interactions WHERE state = 'queued' AND room_id IS NOT NULL";
        (world.number(sql).await == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn of_two_who_pick_at_once_one_has_it_and_the_other_reads_who() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        queue: "undo_secs: 0, routing: pick",
        agent: "capacity: {sms: 1}",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    world.command("alice", "!ready", "status").await;
    let position = bob.position();
    let to_alice = text_offered_to(&world, "alice", JANE).await;
    // Who turns ready later sees it too; nobody is invited before they say yes.
    world.command("bob", "!ready", "status").await;
    let to_bob = offer_after(&world, "bob", position, JANE).await;
    assert!(alice.invites().is_empty() && bob.invites().is_empty());

    let (alices, bobs) = (world.console("alice").await, world.console("bob").await);
    let (one, other) = tokio::join!(
        alice.react(&alices, &to_alice.event_id, "✅"),
        bob.react(&bobs, &to_bob.event_id, "✅")
    );
    one.unwrap();
    other.unwrap();
    let became = [became(&world, "alice", &to_alice).await, became(&world, "bob", &to_bob).await];
    let (winner, loser) = if became[0].0 == "offer_accepted" { ("alice", "bob") } else { ("bob", "alice") };
    let of_loser = &became[usize::from(loser == "bob")];
    assert_eq!((of_loser.0.as_str(), of_loser.1.as_str()), ("offer_withdrawn", &*format!("{winner} Doe")));
    let room = join_offered(&world, winner, JANE).await;
    assert!(world.agent(loser).invites().is_empty());
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE owner IS NOT NULL").await, 1);

    // Who has all they may have sees nothing more, until they have finished something.
    text_offered_to(&world, loser, OMAR).await;
    let position = world.agent(winner).position();
    done(&world, winner, &room).await;
    offer_after(&world, winner, position, OMAR).await;
    world.finish().await;
}

#[tokio::test]
async fn nobody_picks_more_than_they_may_have() {
    let options = WorldOptions {
        queue: "undo_secs: 0, routing: pick",
        agent: "capacity: {sms: 1}",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.command("alice", "!ready", "status").await;
    let first = text_offered_to(&world, "alice", JANE).await;
    let second = text_offered_to(&world, "alice", OMAR).await;
    world.command("alice", "!accept", "offer_accepted").await;
    outcome(&world, "alice", &first, "offer_accepted").await;
    let room = join_offered(&world, "alice", JANE).await;
    let refused = world.command("alice", "!accept", "refused").await;
    assert!(refused.body().contains("as many"), "{}", refused.body());
    done(&world, "alice", &room).await;
    world.command("alice", "!accept", "offer_accepted").await;
    outcome(&world, "alice", &second, "offer_accepted").await;
    join_offered(&world, "alice", OMAR).await;
    world.finish().await;
}

#[tokio::test]
async fn a_contact_who_comes_back_is_offered_to_their_last_agent_first() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    world.command("bob", "!ready", "status").await;
    done(&world, "alice", &room).await;
    // Bob has been idle for longer, but alice knows Jane.
    let offer = text_offered_to(&world, "alice", JANE).await;
    assert_eq!(offer.notice().unwrap()["recent"], json!([["session", 1]]));
    join_offered(&world, "alice", JANE).await;
    let taken = outcome(&world, "alice", &offer, "offer_accepted").await;
    let others = &taken.notice().unwrap()["others"];
    assert_eq!((&others["in_progress"], &others["recent"]), (&json!([]), &json!([["session", 1]])));
    assert!(taken.body().contains("In the last 7 days: 1 session"), "{}", taken.body());
    text_offered_to(&world, "bob", OMAR).await;
    world.finish().await;
}

#[tokio::test]
async fn only_who_knows_what_the_queue_asks_for_is_asked() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        queue: "undo_secs: 0, skills: [french, billing]",
        each: &[("alice", "skills: [french]"), ("bob", "skills: [billing, french]")],
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.command("alice", "!ready", "status").await;
    world.text(JANE, "Bonjour").await;
    waits(&world, 1).await;
    let position = world.agent("bob").position();
    world.command("bob", "!ready", "status").await;
    offer_after(&world, "bob", position, JANE).await;
    assert!(world.agent("alice").invites().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn who_writes_while_nobody_is_ready_is_asked_once_to_wait() {
    let options = WorldOptions {
        queue: "undo_secs: 0, waiting_text: 'One moment, {{ contact.name }}.'",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let alice = world.agent("alice");
    let moment = format!("One moment, {JANE}.");
    // Who is there for colleagues is not there for contacts.
    world.command("alice", "!ready im", "status").await;
    world.text(JANE, "Hello").await;
    world.phone_gets(JANE, &[&moment]).await;
    world.text(JANE, "Is anybody there?").await;
    // Who wants no texts gets none.
    world.text(OMAR, "STOP").await;
    waits(&world, 2).await;
    let position = alice.position();
    world.command("alice", "!ready", "status").await;
    offer_after(&world, "alice", position, JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    // It stands in the room, with its mark, behind the text it answers.
    let shown = alice.wait_for_notice(&room, "desk_text").await.unwrap();
    let notice = shown.notice().unwrap();
    assert_eq!((&notice["because"], &notice["text"]), (&json!("waiting"), &json!(moment)));
    alice.wait_for_reaction(&shown.event_id, "✓").await.unwrap();
    done(&world, "alice", &room).await;
    text_offered_to(&world, "alice", CARL).await;
    assert_eq!(world.taken_for(JANE), [moment]);
    assert!(world.taken_for(CARL).is_empty(), "alice is ready");
    let told = |sms: &String| sms.contains("One moment");
    assert!(!world.taken_for(OMAR).iter().any(told));
    world.finish().await;
}

#[tokio::test]
async fn who_writes_outside_the_hours_is_told_so_once() {
    let options = WorldOptions {
        queue: "undo_secs: 0, hours: {}, closed_text: We are closed., waiting_text: One moment.",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.text(JANE, "Hello").await;
    world.phone_gets(JANE, &["We are closed."]).await;
    world.text(JANE, "Really?").await;
    // Who works at night is offered it all the same.
    let position = world.agent("alice").position();
    world.command("alice", "!ready", "status").await;
    offer_after(&world, "alice", position, JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    world.agent("alice").wait_for_text(&room, "Really?").await.unwrap();
    done(&world, "alice", &room).await;
    text_offered_to(&world, "alice", JANE).await;
    assert_eq!(world.taken_for(JANE), ["We are closed."]);
    world.finish().await;
}

#[tokio::test]
async fn an_offer_is_accepted_for_an_agent_who_does_not_refuse_it_in_time() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        queue: "undo_secs: 0, auto_answer: {after_secs: 4}",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.command("alice", "!ready", "status").await;
    let to_alice = text_offered_to(&world, "alice", JANE).await;
    let notice = to_alice.notice().unwrap();
    assert_eq!((&notice["secs"], &notice["then"]), (&json!(4), &json!("accepted")));
    world.agent("alice").react(&world.console("alice").await, &to_alice.event_id, "❌").await.unwrap();
    outcome(&world, "alice", &to_alice, "offer_rejected").await;
    let position = world.agent("bob").position();
    world.command("bob", "!ready", "status").await;
    let to_bob = offer_after(&world, "bob", position, JANE).await;
    outcome(&world, "bob", &to_bob, "offer_accepted").await;
    join_offered(&world, "bob", JANE).await;
    let status = world.command("bob", "!status", "status").await;
    assert_eq!(status.notice().unwrap()["ready"], true);
    world.finish().await;
}

#[tokio::test]
async fn who_is_given_work_and_does_not_come_is_asked_for_nothing_more() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        queue: "undo_secs: 0, offer_secs: 3, auto_answer: {after_secs: 0}",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.command("alice", "!ready", "status").await;
    let to_alice = text_offered_to(&world, "alice", JANE).await;
    outcome(&world, "alice", &to_alice, "offer_accepted").await;
    let console = world.console("alice").await;
    world.agent("alice").wait_for_notice(&console, "requeued").await.unwrap();
    let status = world.command("alice", "!status", "status").await;
    let notice = status.notice().unwrap();
    assert_eq!((&notice["ready"], &notice["reason"]), (&json!(false), &json!("no answer")));
    world.command("bob", "!ready", "status").await;
    join_offered(&world, "bob", JANE).await;
    world.finish().await;
}

#[tokio::test]
async fn an_offer_can_be_accepted_at_once_or_without_a_way_out() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        queue: "undo_secs: 0, auto_answer: {after_secs: 6, may_reject: false}",
        each: &[("bob", "auto_answer: {after_secs: 0}")],
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.command("bob", "!ready", "status").await;
    let to_bob = text_offered_to(&world, "bob", OMAR).await;
    outcome(&world, "bob", &to_bob, "offer_accepted").await;
    join_offered(&world, "bob", OMAR).await;
    world.command("bob", "!notready", "status").await;

    world.command("alice", "!ready", "status").await;
    let to_alice = text_offered_to(&world, "alice", JANE).await;
    let refused = world.command("alice", "!reject", "refused").await;
    assert!(refused.body().contains("cannot be refused"), "{}", refused.body());
    outcome(&world, "alice", &to_alice, "offer_accepted").await;
    join_offered(&world, "alice", JANE).await;
    world.finish().await;
}

#[tokio::test]
async fn a_route_picks_the_queue_by_the_first_word_and_for_transfers() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        each: &[("bob", "queues: [sales]")],
        queue: "undo_secs: 0}, {name: sales, undo_secs: 0}, {name: nobody}, {name: night, undo_secs: 0, hours: {}",
        number: "route: main",
        desk: "routes: [{name: main, rules: [{when: {keywords: [sales]}, queue: sales}], otherwise: support}, \
               {name: late, rules: [], otherwise: night}, {name: lost, rules: [], otherwise: nobody}]",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    world.command("bob", "!ready", "status").await;
    let position = world.agent("bob").position();
    world.text(JANE, "Sales, please!").await;
    offer_after(&world, "bob", position, JANE).await;
    text_offered_to(&world, "alice", OMAR).await;
    let room = join_offered(&world, "alice", OMAR).await;

    for (to, code) in [
        ("route:lost", "target_unavailable"),
        ("queue:nobody", "target_unavailable"),
        ("route:late", "target_unavailable"),
        ("queue:night", "target_unavailable"),
        ("route:none", "no_such_target"),
        ("queue:none", "no_such_target"),
    ] {
        let position = alice.position();
        alice.send_text(&room, &format!("!transfer {to}")).await.unwrap();
        let answer = |seen: &Seen| seen.room_id == room && seen.code() == code;
        alice.wait_for_after(position, to, answer).await.unwrap();
    }
    alice.send_text(&room, "!transfer route:main").await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();
    waits(&world, 1).await;
    world.finish().await;
}
