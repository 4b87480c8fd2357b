//! Outages: of the provider, and of the homeserver. Agents hear of them once, nothing is lost, and nobody is
//! late for one.

use std::time::{Duration, Instant};

use switchroom::sms::simulator::PostFault;

use super::{join_offered, text_offered_to};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
/// A message that waits for longer is asked about.
const LATE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_outage_of_the_provider_is_told_once_and_what_was_written_meanwhile_comes_after_it() {
    let world = World::with(WorldOptions { timers: "late_secs: 20", ..WorldOptions::default() }).await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let room = world.conversation("alice", JANE, "Hello").await;
    let before = alice.position();
    world.provider.faults().inbound(PostFault::Dropped);
    world.provider.faults().down(true);
    // This one finds out: whether it went nobody can tell.
    let lost = alice.send_text(&room, "lost").await.unwrap();
    let down = alice
        .wait_for_after(before, "the outage", |seen| seen.room_id == console && seen.code() == "channel_down")
        .await
        .unwrap();
    assert_eq!(down.content["org.switchroom.notice"]["channel"], "sms");
    assert!(down.body().contains("SMS (Twilio) has not worked since"), "{}", down.body());
    let early = alice.send_text(&room, "early").await.unwrap();
    let typed = Instant::now();
    world.text(JANE, "Are you there?").await;
    let status = world.command("alice", "!status", "status").await;
    assert!(status.body().contains("⚠️ SMS (Twilio) does not work, since"), "{}", status.body());
    assert!(status.body().contains("✓ Matrix works, since"), "{}", status.body());
    eventually("the first one to be late", || async {
        (typed.elapsed() > LATE + Duration::from_secs(2)).then_some(())
    })
    .await;
    let kept = alice.send_text(&room, "kept").await.unwrap();
    eventually("both to wait", || async {
        let waiting = "SELECT COUNT(*) FROM outbox WHERE lane LIKE 'sms:%' AND state = 'ready'";
        (world.number(waiting).await == 2).then_some(())
    })
    .await;
    assert!(world.taken_for(JANE).is_empty());

    world.provider.faults().down(false);
    alice.wait_for_reaction(&kept, "✓").await.unwrap();
    let held = alice
        .wait_for_after(before, "the question", |seen| {
            seen.code() == "message_held_back" && seen.replies_to() == Some(early.as_str())
        })
        .await
        .unwrap();
    alice
        .wait_for_after(before, "the end", |seen| seen.room_id == console && seen.code() == "channel_up")
        .await
        .unwrap();
    alice.wait_for_text(&room, "Are you there?").await.unwrap();
    alice.react(&room, &held.event_id, "✅").await.unwrap();
    alice.wait_for_reaction(&early, "✓").await.unwrap();
    alice.wait_for_reaction(&lost, "⚠️").await.unwrap();
    world.phone_gets(JANE, &["kept", "early"]).await;
    let rows = world.command("alice", "!messages", "list").await;
    assert!(rows.body().contains("SMS (Twilio) does not work"), "{}", rows.body());
    let count = |code: &'static str| {
        let console = console.clone();
        alice.look(move |log| log.messages(&console).filter(|seen| seen.code() == code).count())
    };
    assert_eq!((count("channel_down"), count("channel_up")), (1, 1));
    world.finish().await;
}

#[tokio::test]
async fn an_offer_outlives_an_outage_of_the_homeserver_and_its_agent_stays_ready() {
    let queue = "undo_secs: 0, offer_secs: 30";
    let mut world = World::with(WorldOptions { queue, ..WorldOptions::default() }).await;
    world.command("alice", "!ready", "status").await;
    text_offered_to(&world, "alice", JANE).await;
    let offered = Instant::now();
    world.synapse.kill().await.unwrap();
    eventually("the outage to be noticed and the offer's time to be over", || async {
        let down = "SELECT COUNT(*) FROM channels WHERE name = 'matrix' AND body LIKE '%\"is_up\":false%'";
        (world.number(down).await == 1 && offered.elapsed() > Duration::from_secs(35)).then_some(())
    })
    .await;
    world.synapse.start_again().await.unwrap();
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let up = alice
        .wait_for("the end of the outage", |seen| seen.room_id == console && seen.code() == "channel_up")
        .await
        .unwrap();
    assert_eq!(up.content["org.switchroom.notice"]["channel"], "matrix");
    let room = join_offered(&world, "alice", JANE).await;
    world.state("alice", &room, "active").await;
    let codes = |code: &'static str| {
        let console = console.clone();
        alice.look(move |log| log.messages(&console).filter(|seen| seen.code() == code).count())
    };
    assert_eq!((codes("offer_timed_out"), codes("channel_down"), codes("channel_up")), (0, 0, 1));
    world.finish().await;
}
