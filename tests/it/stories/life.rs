//! How a conversation lives: pages and sessions, pauses, the end and what comes after it.

use ruma::{OwnedRoomId, RoomId};
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::{AnswerFault, PostFault};

use super::{done, join_offered, offer_after, text_offered_to};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";
const CARL: &str = "+442071838750";
const DISPOSITIONS: &str = "dispositions: [{code: solved, label: Solved}, {code: lost, label: Lost}]";

/// A desk whose number takes pages.
fn pages() -> WorldOptions {
    WorldOptions {
        number: "queue: support, mode: page",
        timers: "page_grace_secs: 1",
        ..WorldOptions::default()
    }
}

/// Waits for a notice in a room, of those after `position` of the agent's log.
async fn notice_after(world: &World, name: &str, position: usize, room: &RoomId, code: &str) -> Seen {
    let fits = |seen: &Seen| seen.room_id == room && seen.code() == code;
    world.agent(name).wait_for_after(position, &format!("{code} in {room}"), fits).await.unwrap()
}

/// Types something in a room and waits for a notice there.
async fn typed(world: &World, name: &str, room: &RoomId, body: &str, code: &str) -> Seen {
    let position = world.agent(name).position();
    world.agent(name).send_text(room, body).await.unwrap();
    notice_after(world, name, position, room, code).await
}

/// The interaction's id, as a room's state event tells it.
fn id_of(world: &World, name: &str, room: &RoomId) -> String {
    world.agent(name).look(|log| log.rooms()[room].interaction().unwrap()["id"].as_str().unwrap().to_owned())
}

async fn held_back(world: &World, room: &RoomId, why: &str) {
    let notice = typed(world, "alice", room, &format!("not sent: {why}"), "message_held_back").await;
    assert_eq!(notice.notice().unwrap()["why"], why);
    assert_eq!((notice.msgtype(), notice.mentions()), ("m.text", Some(vec!["@alice:desk.test"])));
}

#[tokio::test]
async fn a_page_is_done_by_itself_a_moment_after_its_answer() {
    let world = World::with(WorldOptions { timers: "page_grace_secs: 8", ..pages() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Are you open?").await;
    let position = alice.position();
    alice.send_text(&room, "Yes").await.unwrap();
    world.phone_gets(JANE, &["Yes"]).await;
    alice.send_text(&room, "until 18:00").await.unwrap();
    world.phone_gets(JANE, &["Yes", "until 18:00"]).await;
    let console = world.console("alice").await;
    let over = notice_after(&world, "alice", position, &console, "done").await;
    assert_eq!(over.notice().unwrap()["interaction"], id_of(&world, "alice", &room).as_str());
    alice.wait_until_out_of(&room).await.unwrap();
    // The next text is another page.
    text_offered_to(&world, "alice", JANE).await;
    assert_ne!(join_offered(&world, "alice", JANE).await, room);
    world.finish().await;
}

#[tokio::test]
async fn a_page_that_needs_a_disposition_waits_for_one() {
    let queue = "undo_secs: 0, disposition: mandatory";
    let world = World::with(WorldOptions { queue, desk: DISPOSITIONS, ..pages() }).await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    for (n, phone) in [JANE, OMAR, CARL].into_iter().enumerate() {
        let room = world.conversation("alice", phone, "Are you open?").await;
        let position = alice.position();
        alice.send_text(&room, "Yes").await.unwrap();
        let asked = notice_after(&world, "alice", position, &room, "disposition_required").await;
        assert_eq!(asked.mentions(), Some(vec!["@alice:desk.test"]));
        let items = asked.notice().unwrap()["items"].as_array().unwrap().clone();
        assert_eq!((items[0]["code"].as_str(), items[1]["code"].as_str()), (Some("lost"), Some("solved")));
        world.state("alice", &room, "wrap_up").await;
        let label = match n {
            0 => {
                held_back(&world, &room, "wrap_up").await;
                alice.react(&room, &asked.event_id, "2\u{fe0f}\u{20e3}").await.unwrap();
                "Solved"
            }
            1 => {
                alice.send_reply(&room, &asked.event_id, "1").await.unwrap();
                "Lost"
            }
            _ => {
                alice.send_text(&room, "!2").await.unwrap();
                "Solved"
            }
        };
        let over = notice_after(&world, "alice", position, &console, "done").await;
        assert_eq!(over.notice().unwrap()["disposition"], label, "{phone}");
        alice.wait_until_out_of(&room).await.unwrap();
        assert_eq!(world.taken_for(phone), ["Yes"], "an answer to the bot went to the phone");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_session_asks_for_a_mandatory_disposition_and_lists_what_there_is() {
    let queue = "undo_secs: 0, disposition: mandatory";
    let world = World::with(WorldOptions { queue, desk: DISPOSITIONS, ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let asked = typed(&world, "alice", &room, "!done", "disposition_required").await;
    assert!(asked.body().contains("2. Solved (solved)"), "{}", asked.body());
    typed(&world, "alice", &room, "!done nonsense", "disposition_required").await;
    let list = typed(&world, "alice", &room, "!disposition", "list").await;
    assert!(list.body().contains("Lost") && list.body().contains("Solved"), "{}", list.body());
    // The number picks from that list now: it sets the disposition, and does not close.
    let set = typed(&world, "alice", &room, "!1", "disposition_set").await;
    assert_eq!(set.notice().unwrap()["label"], "Lost");
    world.state("alice", &room, "active").await;
    typed(&world, "alice", &room, "!disposition SOLVED", "disposition_set").await;
    let position = alice.position();
    done(&world, "alice", &room).await;
    let over = notice_after(&world, "alice", position, &console, "done").await;
    assert_eq!(over.notice().unwrap()["disposition"], "Solved");
    world.finish().await;
}

#[tokio::test]
async fn a_page_whose_answer_was_lost_is_done_by_itself_once_that_is_settled() {
    let world = World::with(pages()).await;
    let alice = world.agent("alice");
    let faults = world.provider.faults();
    for (phone, callbacks) in [(JANE, PostFault::None), (OMAR, PostFault::Dropped)] {
        let room = world.conversation("alice", phone, "Are you open?").await;
        faults.callbacks(callbacks);
        faults.answer_next(AnswerFault::ErrorAfterAccepting, 1);
        alice.send_text(&room, "Yes").await.unwrap();
        alice.wait_until_out_of(&room).await.unwrap();
        world.phone_gets(phone, &["Yes"]).await;
        faults.callbacks(PostFault::None);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE state = 'done'").await, 2);
    world.finish().await;
}

#[tokio::test]
async fn a_page_whose_answer_may_not_have_gone_out_stays_open() {
    let world = World::with(pages()).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Are you open?").await;
    world.provider.faults().answer_next(AnswerFault::Unavailable, 1);
    let said = alice.send_text(&room, "Yes").await.unwrap();
    alice.wait_for_reaction(&said, "⚠️").await.unwrap();
    let told = alice.wait_for_notice(&room, "message_unconfirmed").await.unwrap();
    assert!(told.body().contains("may still go out"), "{}", told.body());
    world.state("alice", &room, "active").await;
    alice.send_text(&room, "!resend").await.unwrap();
    world.phone_gets(JANE, &["Yes"]).await;
    // What became of the first one is still unknown: only its owner can say that all is said.
    done(&world, "alice", &room).await;
    world.finish().await;
}

#[tokio::test]
async fn a_quiet_session_expires_after_a_warning_and_a_new_text_begins_another() {
    let options = WorldOptions {
        queue: "undo_secs: 0, session_expiry_secs: 8",
        timers: "expiry_warning_secs: 4",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let warned = alice.wait_for_notice(&room, "expiring").await.unwrap();
    assert_eq!(warned.mentions(), Some(vec!["@alice:desk.test"]));
    // Any message keeps it open.
    alice.send_text(&room, "Still there?").await.unwrap();
    let position = alice.position();
    notice_after(&world, "alice", position, &room, "expiring").await;
    notice_after(&world, "alice", position, &room, "expired").await;
    notice_after(&world, "alice", position, &console, "expired").await;
    world.state("alice", &room, "expired").await;
    held_back(&world, &room, "expired").await;
    typed(&world, "alice", &room, "!resume", "refused").await;
    typed(&world, "alice", &room, "!transfer queue:support", "refused").await;

    let position = alice.position();
    world.text(JANE, "Now I am").await;
    offer_after(&world, "alice", position, JANE).await;
    let newer = join_offered(&world, "alice", JANE).await;
    assert_ne!(newer, room);
    done(&world, "alice", &room).await;
    let said = alice.send_text(&newer, "Welcome back").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    assert_eq!(world.taken_for(JANE), ["Still there?", "Welcome back"]);
    world.finish().await;
}

#[tokio::test]
async fn what_is_put_aside_goes_on_by_word_by_text_and_by_time() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    typed(&world, "alice", &room, "!hold", "held").await;
    world.state("alice", &room, "held").await;
    held_back(&world, &room, "held").await;
    typed(&world, "alice", &room, "!hold", "refused").await;
    typed(&world, "alice", &room, "!resume", "resumed").await;
    world.state("alice", &room, "active").await;
    typed(&world, "alice", &room, "!resume", "refused").await;

    typed(&world, "alice", &room, "!hold", "held").await;
    let position = alice.position();
    world.text(JANE, "Are you there?").await;
    let rings =
        |seen: &Seen| seen.body() == "Are you there?" && seen.mentions() == Some(vec!["@alice:desk.test"]);
    alice.wait_for_after(position, "the text that rings", rings).await.unwrap();
    world.state("alice", &room, "active").await;

    for wrong in ["!snooze", "!snooze whenever", "!snooze 2020-01-01", "!snooze 91 days"] {
        typed(&world, "alice", &room, wrong, "usage").await;
    }
    typed(&world, "alice", &room, "!snooze tomorrow 9:00", "snoozed").await;
    world.state("alice", &room, "snoozed").await;
    held_back(&world, &room, "snoozed").await;
    typed(&world, "alice", &room, "!snooze 2s", "snoozed").await;
    let woken = alice.wait_for_notice(&room, "snooze_over").await.unwrap();
    assert_eq!(woken.mentions(), Some(vec!["@alice:desk.test"]));
    world.state("alice", &room, "active").await;
    alice.send_text(&room, "Here I am").await.unwrap();
    world.phone_gets(JANE, &["Here I am"]).await;
    world.finish().await;
}

#[tokio::test]
async fn what_is_done_is_reopened_by_its_last_owner_while_no_newer_one_is_open() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let id = id_of(&world, "alice", &room);
    let reopen = format!("!reopen {id}");
    world.command("alice", &reopen, "refused").await;
    done(&world, "alice", &room).await;
    world.command("bob", &reopen, "not_owner").await;
    world.command("alice", "!reopen i-zzzzz", "no_such_target").await;
    world.command("alice", "!reopen", "usage").await;

    world.command("alice", &reopen, "reopened").await;
    assert_eq!(world.invite("alice", JANE).await, room);
    alice.join(&room).await.unwrap();
    alice.send_text(&room, "One more thing").await.unwrap();
    world.phone_gets(JANE, &["One more thing"]).await;
    // The contact's text joins it.
    world.text(JANE, "Yes?").await;
    alice.wait_for_text(&room, "Yes?").await.unwrap();
    done(&world, "alice", &room).await;

    text_offered_to(&world, "alice", JANE).await;
    let refused = world.command("alice", &reopen, "refused").await;
    assert!(refused.body().contains("newer"), "{}", refused.body());
    join_offered(&world, "alice", JANE).await;
    world.finish().await;
}

#[tokio::test]
async fn an_owner_who_stays_away_loses_it_to_the_queue_in_its_old_place() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        agent: "roles: [agent, supervisor]",
        timers: "owner_away_secs: 4",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let room = world.conversation("alice", JANE, "Hello").await;
    // Who comes back in time keeps it.
    alice.leave(&room, None).await.unwrap();
    let again: OwnedRoomId = world.invite("alice", JANE).await;
    assert_eq!(again, room);
    alice.join(&room).await.unwrap();
    eventually("the deadline to be lifted", || async {
        (world.number("SELECT COUNT(*) FROM interactions WHERE body LIKE '%\"come_by\":null%'").await == 1)
            .then_some(())
    })
    .await;
    world.command("bob", "!ready", "status").await;
    let position = bob.position();
    alice.leave(&room, None).await.unwrap();
    let console = world.console("bob").await;
    let lost = notice_after(&world, "bob", position, &console, "owner_lost").await;
    assert_eq!(lost.mentions(), Some(vec!["@bob:desk.test"]));
    assert_eq!(join_offered(&world, "bob", JANE).await, room);
    let kept = "SELECT COUNT(*) FROM interactions WHERE json_extract(body, '$.enqueued_at') = created_at";
    assert_eq!(world.number(kept).await, 1);
    alice.wait_until_out_of(&room).await.unwrap();
    // Who was away for so long is asked for nothing more.
    let status = world.command("alice", "!status", "status").await;
    assert_eq!(status.notice().unwrap()["reason"], "no answer");
    bob.send_text(&room, "Bob here").await.unwrap();
    world.phone_gets(JANE, &["Bob here"]).await;
    world.finish().await;
}
