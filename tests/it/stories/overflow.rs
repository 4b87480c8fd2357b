//! What nobody takes: others are asked too, the contact is told, and the supervisors read who else is asked.

use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use super::{done, join_offered, offer_after, rows, text_offered_to};
use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";
const CARL: &str = "+442071838750";

/// Alice is in support, bob in billing, and sue sees to both; support overflows like this.
fn overflowing(database: Database, queue: &'static str) -> WorldOptions {
    WorldOptions {
        database,
        agents: &["alice", "bob", "sue"],
        each: &[
            ("alice", "capacity: {sms: 1}"),
            ("bob", "queues: [billing]"),
            ("sue", "roles: [supervisor], queues: [support]"),
        ],
        queue,
        ..WorldOptions::default()
    }
}

/// The notices of overflow that an agent has read.
fn told(world: &World, name: &str) -> Vec<serde_json::Value> {
    world.agent(name).look(|log| {
        let events = log.events().iter().filter(|seen| seen.code() == "overflowed");
        events.map(|seen| seen.notice().unwrap().clone()).collect()
    })
}

/// Waits until an agent has read so many of them.
async fn told_of(world: &World, name: &str, count: usize) -> Vec<serde_json::Value> {
    eventually(&format!("{name} to read of {count} that overflow"), || async {
        (told(world, name).len() >= count).then_some(())
    })
    .await;
    told(world, name)
}

#[tokio::test]
async fn what_nobody_takes_is_offered_in_another_queue_too_and_keeps_its_place_on_sqlite() {
    another_queue(Database::Sqlite).await;
}

#[tokio::test]
async fn what_nobody_takes_is_offered_in_another_queue_too_and_keeps_its_place_on_postgres() {
    another_queue(Database::Postgres).await;
}

async fn another_queue(database: Database) {
    let queue = "undo_secs: 0, overflow: [{after_secs: 1, to: billing}]}, {name: billing, undo_secs: 0, courtesy_secs: 0";
    let world = World::with(overflowing(database, queue)).await;
    world.command("bob", "!ready", "status").await;
    let position = world.agent("bob").position();
    world.text(JANE, "Where is my order?").await;
    let offer = offer_after(&world, "bob", position, JANE).await;
    assert_eq!(offer.notice().unwrap()["queue"], "support");
    let read = told_of(&world, "sue", 1).await;
    let [told] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((&told["queue"], &told["to"]), (&json!("support"), &json!("billing")));
    assert_eq!((&told["nobody_ready"], &told["dropped"]), (&json!(false), &json!([])));
    let room = join_offered(&world, "bob", JANE).await;
    let kept =
        "SELECT COUNT(*) FROM interactions WHERE queue = 'support' AND overflow = '' AND owner = 'bob'";
    assert_eq!(world.number(kept).await, 1, "it stays where it was, and waits for nobody any more");
    let story = "SELECT COUNT(*) FROM transcript WHERE kind = 'change' AND body LIKE '%overflowed%billing%'";
    assert_eq!(world.number(story).await, 1);
    world.drained().await;
    assert_eq!(
        self::told(&world, "bob").len() + self::told(&world, "alice").len(),
        0,
        "they supervise nothing"
    );
    done(&world, "bob", &room).await;

    // Who comes first is asked first, whichever queue it waits in: Omar wrote before Carl.
    world.command("bob", "!notready", "status").await;
    world.text(OMAR, "Hello").await;
    told_of(&world, "sue", 2).await;
    world.text(CARL, "Hello").await;
    told_of(&world, "sue", 3).await;
    let of_billing = rows(&world.command("sue", "!queue billing", "list").await);
    let of_support = rows(&world.command("sue", "!queue support", "list").await);
    assert_eq!((of_billing.len(), of_support.len()), (2, 2));
    assert!(of_billing[0].ends_with(" · from support"), "{of_billing:?}");
    assert!(of_support[0].ends_with(" · billing is asked too"), "{of_support:?}");
    let position = world.agent("bob").position();
    world.command("bob", "!ready", "status").await;
    let (of_omar, of_carl) =
        tokio::join!(offer_after(&world, "bob", position, OMAR), offer_after(&world, "bob", position, CARL));
    let place = |offer: &Seen| {
        world.agent("bob").look(|log| log.events().iter().position(|seen| seen.event_id == offer.event_id))
    };
    assert!(place(&of_omar) < place(&of_carl));
    world.finish().await;
}

#[tokio::test]
async fn as_soon_as_nobody_is_ready_others_are_asked_but_not_while_everyone_is_busy() {
    let queue = "undo_secs: 0, overflow: [{when: nobody_ready, to: billing}, {after_secs: 604800, to: billing}]}, \
                 {name: billing, undo_secs: 0, courtesy_secs: 0";
    let world = World::with(overflowing(Database::Sqlite, queue)).await;
    world.command("bob", "!ready", "status").await;
    world.conversation("alice", JANE, "Hello").await;
    // Alice has all she may have, and is ready all the same.
    world.text(OMAR, "Hello").await;
    eventually("omar to wait", || async {
        let sql = "SELECT COUNT(*) FROM interactions WHERE state = 'queued' AND room_id IS NOT NULL";
        (world.number(sql).await == 1).then_some(())
    })
    .await;
    world.drained().await;
    assert_eq!(told(&world, "sue").len(), 0);
    let position = world.agent("bob").position();
    world.command("alice", "!notready lunch", "status").await;
    offer_after(&world, "bob", position, OMAR).await;
    assert_eq!(told_of(&world, "sue", 1).await[0]["nobody_ready"], true);
    // Who writes now finds nobody at all.
    world.text(CARL, "Hello").await;
    offer_after(&world, "bob", position, CARL).await;
    assert_eq!(told_of(&world, "sue", 2).await.len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn who_does_not_know_french_is_asked_when_nobody_who_does_takes_it() {
    let options = WorldOptions {
        queue: "undo_secs: 0, skills: [french], overflow: [{after_secs: 1, drop_skills: [french]}]",
        each: &[("sue", "roles: [supervisor], skills: [french]")],
        agents: &["alice", "sue"],
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.command("alice", "!ready", "status").await;
    text_offered_to(&world, "alice", JANE).await;
    let read = told_of(&world, "sue", 1).await;
    assert_eq!((&read[0]["dropped"], &read[0]["to"]), (&json!(["french"]), &json!(null)));
    join_offered(&world, "alice", JANE).await;
    world.finish().await;
}

#[tokio::test]
async fn a_contact_who_waits_is_told_their_place_once_and_nothing_that_nobody_knows() {
    let queue = "undo_secs: 0, waiting_text: 'You are number {{ position }}. It takes {{ eta }}. We open {{ opens_at }}.', \
                 overflow: [{after_secs: 1, text: 'Sorry! {{ position }} wait with you. It takes {{ eta }}.'}]";
    let world = World::with(WorldOptions { queue, ..WorldOptions::default() }).await;
    world.text(JANE, "Hello").await;
    world.phone_gets(JANE, &["You are number 1.", "Sorry! 1 wait with you."]).await;
    world.text(OMAR, "Hello").await;
    world.phone_gets(OMAR, &["You are number 2.", "Sorry! 2 wait with you."]).await;
    // Neither is said again, in this conversation or the next.
    world.text(JANE, "Hello?").await;
    world.command("alice", "!ready", "status").await;
    for phone in [JANE, OMAR] {
        let room = join_offered(&world, "alice", phone).await;
        done(&world, "alice", &room).await;
    }
    world.command("alice", "!notready", "status").await;
    world.text(JANE, "And now?").await;
    eventually("the step to be taken", || async {
        let sql = "SELECT COUNT(*) FROM interactions WHERE state = 'queued' AND body LIKE '%\"taken\":[0]%'";
        (world.number(sql).await == 1).then_some(())
    })
    .await;
    world.drained().await;
    assert_eq!(world.taken_for(JANE).len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn killed_as_a_step_comes_the_program_takes_it_once() {
    let queue = "undo_secs: 0, overflow: [{after_secs: 1, to: billing}, {after_secs: 1, text: Sorry}]}, \
                 {name: billing, undo_secs: 0, courtesy_secs: 0";
    let mut world = World::with(overflowing(Database::Sqlite, queue)).await;
    world.command("bob", "!ready", "status").await;
    let mut read = 0;
    for (point, phone) in
        [("overflow_due=1*return", JANE), ("overflow_told=1*return", OMAR), ("after_sms=1*return", CARL)]
    {
        world.start_again(point).await;
        world.bridge.listening_or_ended().await;
        let position = world.agent("bob").position();
        world.text(phone, "Hello").await;
        eventually("the program to die", || {
            let ended = world.bridge.has_ended();
            async move { ended.then_some(()) }
        })
        .await;
        world.start_again("").await;
        offer_after(&world, "bob", position, phone).await;
        world.phone_gets(phone, &["Sorry"]).await;
        join_offered(&world, "bob", phone).await;
        world.drained().await;
        read += 1;
        assert_eq!(told_of(&world, "sue", read).await.len(), read, "{point}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM transcript WHERE body LIKE '%overflowed%'").await, 3);
    world.finish().await;
}

#[tokio::test]
async fn steps_are_defined_by_word_and_what_makes_no_sense_says_what_would() {
    let options = WorldOptions {
        agent: "roles: [agent, admin]",
        queue: "undo_secs: 0}, {name: billing, skills: [french]}, {name: night",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let steps =
        "120 to billing; nobody_ready to night; 300 drop_skills french; 1800 text Sorry, {{ contact.name }}!";
    let changed = world.command("alice", &format!("!queue set support overflow {steps}"), "changed").await;
    assert_eq!(changed.notice().unwrap()["after"], format!("overflow {steps}"));
    let shown = rows(&world.command("alice", "!queue show support", "list").await);
    assert!(shown.contains(&format!("overflow {steps}")), "{shown:?}");
    for (typed, why) in [
        ("billing 60 to support", "to “support” leads back here: billing → support → billing"),
        ("billing 60 to billing", "is the queue itself"),
        ("billing 60 to nigth", "“nigth” is not a queue; there is night, support"),
        ("billing 60 drop_skills german", "“german” is not a skill that a queue or a route asks for"),
        ("billing -60 to night", "-60 is not a whole number of seconds from 1 to 604800"),
        ("billing 99999999h to night", "“99999999h” is neither a whole number of seconds nor nobody_ready"),
        ("billing 60 to night; 30 text Hi", "step 2: it comes after 30 seconds"),
        ("billing 60 text {{ agent.name }}", "names {{ agent.name }}"),
        ("billing 60 text {% for i in range(9) %}", "has {%"),
        ("billing whenever", "write a step like 120 to billing"),
    ] {
        let (queue, steps) = typed.split_once(' ').unwrap();
        let refused = world.command("alice", &format!("!queue set {queue} overflow {steps}"), "usage").await;
        assert!(refused.body().contains(why), "{typed}: {}", refused.body());
    }
    let used = world.command("alice", "!queue remove night", "refused").await;
    assert!(used.body().contains("queue support overflows to it"), "{}", used.body());
    world.command("alice", "!queue set support overflow none", "changed").await;
    world.finish().await;
}
