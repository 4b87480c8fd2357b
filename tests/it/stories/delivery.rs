//! What becomes of the owner's messages on their way to a phone, and how the owner learns of it.

use ruma::{EventId, OwnedEventId, OwnedRoomId};
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::{AnswerFault, LogWhat, PostFault};
use switchroom::sms::twilio::Status;

use super::done;
use crate::harness::door::Door;
use crate::harness::{World, eventually};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";
const MARY: &str = "+14155550102";
const SWITCHED_OFF: &str = "+14155550404";
const BOT: &str = "@switchroom:desk.test";

/// Waits for the bot's notice of a code about one message of Alice's.
async fn told(world: &World, code: &str, about: &EventId) -> Seen {
    let fits = |seen: &Seen| seen.code() == code && seen.replies_to() == Some(about.as_str());
    let seen = world.agent("alice").wait_for(&format!("{code} about {about}"), fits).await.unwrap();
    assert_eq!(seen.content["msgtype"], "m.text", "it must wake its reader");
    assert_eq!(seen.mentions(), Some(vec!["@alice:desk.test"]));
    seen
}

/// The marks that the bot set at a message, in order.
fn marks(world: &World, event: &EventId) -> Vec<String> {
    let alice = world.agent("alice");
    alice.look(|log| log.reactions(event.as_str()).into_iter().map(|(_, key)| key.to_owned()).collect())
}

/// Lets a phone opt out at the provider, without the desk hearing of it.
async fn stop_in_secret(world: &World, phone: &str) {
    world.provider.faults().inbound(PostFault::Dropped);
    world.text(phone, "STOP").await;
}

/// Lets a phone opt in again, and the desk hear of it.
async fn start_again(world: &World, phone: &str, room: &OwnedRoomId) {
    world.provider.faults().inbound(PostFault::None);
    world.text(phone, "START").await;
    world.agent("alice").wait_for_text(room, "START").await.unwrap();
}

/// Puts a door between the bridge and the provider; the bridge uses it from its next start on.
async fn door_to_the_provider(world: &World) -> Door {
    let config = world.folder().join("bridge-config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let (_, rest) = text.split_once("api_url: \"").unwrap();
    let (provider, _) = rest.split_once('"').unwrap();
    let door = Door::to(provider).await;
    std::fs::write(&config, text.replace(provider, &door.url())).unwrap();
    door
}

/// The callbacks for a phone that the bridge took.
fn callbacks(world: &World, phone: &str) -> Vec<Status> {
    let log = world.provider.log().into_iter().filter(|entry| entry.phone == phone);
    log.filter_map(|entry| match entry.what {
        LogWhat::Callback { status, answer: Some(200) } => Some(status),
        _ => None,
    })
    .collect()
}

/// What a contact's ghost said in a room, in order.
fn said_by_contact(world: &World, room: &OwnedRoomId) -> Vec<String> {
    let alice = world.agent("alice");
    let messages = alice.messages(room).into_iter();
    let by_ghost = messages.filter(|seen| seen.sender != BOT && seen.sender != alice.user_id());
    by_ghost.map(|seen| seen.body().to_owned()).collect()
}

#[tokio::test]
async fn what_became_of_a_message_is_shown_at_it() {
    let world = World::new().await;
    let alice = world.agent("alice");

    let room = world.conversation("alice", JANE, "Where is my order?").await;
    let delivered = alice.send_text(&room, "On its way!").await.unwrap();
    alice.wait_for_reaction(&delivered, "✓").await.unwrap();

    let room = world.conversation("alice", SWITCHED_OFF, "Hello?").await;
    let undelivered = alice.send_text(&room, "Are you there?").await.unwrap();
    alice.wait_for_reaction(&undelivered, "❌").await.unwrap();
    let notice = told(&world, "message_failed", &undelivered).await;
    assert_eq!(notice.notice().unwrap()["error"], 30003);
    assert!(notice.body().contains("30003") && notice.body().contains("switched off"), "{}", notice.body());
    // Sent again: by a reply to the notice, bare, and by a reaction.
    alice.send_reply(&room, &notice.event_id, "!resend").await.unwrap();
    let second = |seen: &Seen| {
        seen.code() == "message_failed"
            && seen.replies_to() == Some(undelivered.as_str())
            && seen.event_id != notice.event_id
    };
    let again = alice.wait_for("a second failure", second).await.unwrap();
    let third = |seen: &Seen| second(seen) && seen.event_id != again.event_id;
    let resent = world.command("alice", "!resend", "resent").await;
    assert!(resent.body().contains("Are you there?"), "{}", resent.body());
    let third = alice.wait_for("a third failure", third).await.unwrap();
    alice.react(&room, &undelivered, "🔁").await.unwrap();
    let fourth = |seen: &Seen| second(seen) && ![&again.event_id, &third.event_id].contains(&&seen.event_id);
    alice.wait_for("a fourth failure", fourth).await.unwrap();
    assert_eq!(world.taken_for(SWITCHED_OFF), ["Are you there?"; 4]);

    let room = world.conversation("alice", JOHN, "Hi").await;
    stop_in_secret(&world, JOHN).await;
    let rejected = alice.send_text(&room, "An offer for you").await.unwrap();
    let notice = told(&world, "message_failed", &rejected).await;
    assert_eq!(notice.notice().unwrap()["error"], 21610);
    assert!(notice.body().contains("opted out"), "{}", notice.body());
    alice.wait_for_reaction(&rejected, "❌").await.unwrap();
    assert!(world.taken_for(JOHN).is_empty());

    // The desk has learnt that they opted out: sent again, as a reply to the message, it waits for START.
    alice.send_reply(&room, &rejected, "!resend").await.unwrap();
    let held = told(&world, "message_held_back", &rejected).await;
    assert_eq!(held.notice().unwrap()["why"], "opted_out");
    start_again(&world, JOHN, &room).await;
    alice.wait_for_reaction(&rejected, "✓").await.unwrap();
    // It was an answer like any other: the next text rang.
    let start = alice.wait_for_text(&room, "START").await.unwrap();
    assert_eq!(start.mentions(), Some(vec!["@alice:desk.test"]));
    // A notice about an earlier sending sends nothing.
    let position = alice.position();
    alice.send_reply(&room, &notice.event_id, "!resend").await.unwrap();
    let refused = |seen: &Seen| seen.code() == "resend_refused" && seen.room_id == room;
    let said = alice.wait_for_after(position, "the refusal", refused).await.unwrap();
    assert!(said.body().contains("again already"), "{}", said.body());
    let position = alice.position();
    alice.send_text(&room, "!resend").await.unwrap();
    alice.wait_for_after(position, "the refusal", refused).await.unwrap();
    world.phone_gets(JOHN, &["An offer for you"]).await;

    assert_eq!(marks(&world, &delivered), ["✓"]);
    assert_eq!(marks(&world, &undelivered), ["❌", "🔁"], "one mark, and Alice’s wish");
    assert_eq!(world.taken_for(SWITCHED_OFF), ["Are you there?"; 4], "nothing goes again by itself");
    world.finish().await;
}

#[tokio::test]
async fn a_long_text_that_breaks_off_names_what_is_missing_and_only_that_is_sent_again() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Tell me everything").await;
    // Of each word as many as a request takes, and no more.
    let [first, second, third] =
        ["partone ", "parttwo ", "partsix "].map(|word| word.repeat(200).trim().to_owned());
    // The first part is taken and its answer is lost; until that is given up the contact opts out.
    world.provider.faults().answer_next(AnswerFault::SilenceAfterAccepting, 1);
    let said = alice.send_text(&room, &format!("{first} {second} {third}")).await.unwrap();
    world.phone_gets(JANE, &[&first]).await;
    stop_in_secret(&world, JANE).await;

    let notice = told(&world, "message_failed", &said).await;
    let names = |part: &str| notice.body().contains(&part[..50]);
    assert!(names(&second) && names(&third) && !names(&first), "{}", notice.body());
    start_again(&world, JANE, &room).await;
    alice.send_text(&room, "!resend").await.unwrap();
    world.phone_gets(JANE, &[&first, &second, &third]).await;
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    assert_eq!(marks(&world, &said), ["❌", "✓"]);
    world.finish().await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_settled_by_evidence_and_never_by_sending_again() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let faults = world.provider.faults();
    faults.answer_next(AnswerFault::ErrorAfterAccepting, 1);
    faults.answer_next(AnswerFault::BreakAfterAccepting, 1);
    let by_callback = [
        alice.send_text(&room, "answered with an error").await.unwrap(),
        alice.send_text(&room, "cut off").await.unwrap(),
    ];
    for said in &by_callback {
        alice.wait_for_reaction(said, "✓").await.unwrap();
    }

    faults.callbacks(PostFault::Dropped);
    faults.answer_next(AnswerFault::ErrorAfterAccepting, 1);
    let by_list = alice.send_text(&room, "only in the list").await.unwrap();
    alice.wait_for_reaction(&by_list, "✓").await.unwrap();
    faults.callbacks(PostFault::None);

    faults.answer_next(AnswerFault::Unavailable, 1);
    let nowhere = alice.send_text(&room, "nowhere").await.unwrap();
    let behind_it = alice.send_text(&room, "behind it").await.unwrap();
    alice.wait_for_reaction(&behind_it, "✓").await.unwrap();
    alice.wait_for_reaction(&nowhere, "⚠️").await.unwrap();
    let notice = told(&world, "message_unconfirmed", &nowhere).await;
    assert!(notice.body().contains("may still go out"), "{}", notice.body());
    let texts = ["answered with an error", "cut off", "only in the list", "behind it"];
    world.phone_gets(JANE, &texts).await;
    for said in [&by_callback[0], &by_callback[1], &by_list] {
        assert_eq!(marks(&world, said), ["✓"]);
    }

    alice.react(&room, &notice.event_id, "🔁").await.unwrap();
    alice.wait_for_reaction(&nowhere, "✓").await.unwrap();
    // Nothing is left to be sent again: the reaction means what it means at any message.
    alice.react(&room, &nowhere, "🔁").await.unwrap();
    let held = told(&world, "message_held_back", &nowhere).await;
    assert_eq!(held.notice().unwrap()["why"], "reaction");
    world.phone_gets(JANE, &[&texts[..], &["nowhere"]].concat()).await;
    world.finish().await;
}

#[tokio::test]
async fn a_message_the_provider_has_no_time_for_is_sent_once_when_it_has() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.provider.faults().answer_next(AnswerFault::RateLimit, 3);
    let first = alice.send_text(&room, "first").await.unwrap();
    let second = alice.send_text(&room, "second").await.unwrap();
    for said in [&first, &second] {
        alice.wait_for_reaction(said, "✓").await.unwrap();
    }
    world.phone_gets(JANE, &["first", "second"]).await;
    // Each time the lane waits longer, by how often it has failed in a row.
    let log = world.bridge.log();
    let of_reply = |line: &&str| line.contains("will try again") && line.contains("sms:i-");
    let tries: Vec<&str> = log.lines().filter(of_reply).collect();
    for (line, failures) in tries.iter().zip(1..) {
        assert!(line.contains(&format!("failures={failures} ")), "{line}");
    }
    assert_eq!(tries.len(), 3, "{tries:#?}");

    // Reports last first, then each twice: the mark is set once and stays.
    let faults = world.provider.faults();
    for (fault, reports) in [(PostFault::Reversed, 2), (PostFault::Twice, 4)] {
        faults.callbacks(fault);
        let before = callbacks(&world, JANE).len();
        let said = alice.send_text(&room, &format!("{fault:?}")).await.unwrap();
        alice.wait_for_reaction(&said, "✓").await.unwrap();
        eventually("all reports", || async {
            (callbacks(&world, JANE).len() == before + reports).then_some(())
        })
        .await;
        if fault == PostFault::Reversed {
            assert_eq!(callbacks(&world, JANE)[before..], [Status::Delivered, Status::Sent]);
        }
        // Whatever a late report set off would stand in the room before the next message's mark.
        let next = alice.send_text(&room, "next").await.unwrap();
        alice.wait_for_reaction(&next, "✓").await.unwrap();
        assert_eq!(marks(&world, &said), ["✓"]);
        eventually("no report under way", || async {
            let expected = before + reports + if fault == PostFault::Twice { 4 } else { 2 };
            (callbacks(&world, JANE).len() == expected).then_some(())
        })
        .await;
    }
    world.finish().await;
}

#[tokio::test]
async fn twenty_in_a_row_arrive_in_order_and_once() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "text 0").await;

    let typed: Vec<String> = (1..=20).map(|number| format!("reply {number}")).collect();
    let mut said: Vec<OwnedEventId> = vec![];
    for text in &typed {
        said.push(alice.send_text(&room, text).await.unwrap());
    }
    world.phone_gets(JANE, &typed.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for event in &said {
        alice.wait_for_reaction(event, "✓").await.unwrap();
    }

    world.provider.faults().inbound(PostFault::Twice);
    let texts: Vec<String> = (0..=20).map(|number| format!("text {number}")).collect();
    for text in &texts[1..] {
        world.text(JANE, text).await;
    }
    alice.wait_for_text(&room, "text 20").await.unwrap();
    world.provider.faults().inbound(PostFault::None);
    world.text(JANE, "the end").await;
    alice.wait_for_text(&room, "the end").await.unwrap();
    assert_eq!(said_by_contact(&world, &room), [&texts[..], &["the end".to_owned()]].concat());
    assert_eq!(world.taken_for(JANE), typed);
    world.finish().await;
}

#[tokio::test]
async fn replies_wait_in_order_while_the_provider_is_down() {
    let mut world = World::new().await;
    let mut door = door_to_the_provider(&world).await;
    world.start_again("").await;

    let room = world.conversation("alice", JANE, "Hello").await;
    let other = world.conversation("alice", MARY, "Hi").await;
    let alice = world.agent("alice");
    alice.send_text(&room, "before").await.unwrap();
    world.phone_gets(JANE, &["before"]).await;
    door.shut().await;
    let mut said = vec![];
    for text in ["one", "two", "three"] {
        said.push(alice.send_text(&room, text).await.unwrap());
        said.push(alice.send_text(&other, text).await.unwrap());
    }
    // The provider being away holds up nothing that comes from the phones.
    world.text(JANE, "still there?").await;
    alice.wait_for_text(&room, "still there?").await.unwrap();
    assert_eq!(world.taken_for(JANE), ["before"]);
    door.open().await;
    world.phone_gets(JANE, &["before", "one", "two", "three"]).await;
    world.phone_gets(MARY, &["one", "two", "three"]).await;
    for event in &said {
        alice.wait_for_reaction(event, "✓").await.unwrap();
        assert_eq!(marks(&world, event), ["✓"]);
    }
    world.finish().await;
}

#[tokio::test]
async fn reports_that_were_lost_are_looked_up_after_a_start() {
    let mut world = World::new().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let off = world.conversation("alice", SWITCHED_OFF, "Hi").await;
    world.provider.faults().callbacks(PostFault::Dropped);
    let alice = world.agent("alice");
    let delivered = alice.send_text(&room, "on its way").await.unwrap();
    let undelivered = alice.send_text(&off, "are you there?").await.unwrap();
    eventually("the phones to be reached, or not", || async {
        let ends = world.provider.log().into_iter();
        let ends =
            ends.filter(|entry| matches!(entry.what, LogWhat::Delivered | LogWhat::Lost { .. })).count();
        (ends == 2).then_some(())
    })
    .await;
    assert!(marks(&world, &delivered).is_empty(), "nobody told the desk");
    world.start_again("").await;
    let alice = world.agent("alice");
    alice.wait_for_reaction(&delivered, "✓").await.unwrap();
    alice.wait_for_reaction(&undelivered, "❌").await.unwrap();
    told(&world, "message_failed", &undelivered).await;
    assert_eq!(marks(&world, &delivered), ["✓"]);
    world.finish().await;
}

#[tokio::test]
async fn who_is_done_reads_of_a_failure_in_the_console_and_sends_again_from_there() {
    let mut world = World::new().await;
    let room = world.conversation("alice", SWITCHED_OFF, "Hello").await;
    world.provider.faults().callbacks(PostFault::Dropped);
    let alice = world.agent("alice");
    alice.send_text(&room, "Are you there?").await.unwrap();
    let lost =
        || world.provider.log().iter().filter(|entry| matches!(entry.what, LogWhat::Lost { .. })).count();
    eventually("it to be lost", || async { (lost() == 1).then_some(()) }).await;
    done(&world, "alice", &room).await;
    world.provider.faults().callbacks(PostFault::None);
    world.start_again("").await;

    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let notice = alice.wait_for_notice(&console, "message_failed").await.unwrap();
    assert_eq!(notice.mentions(), Some(vec!["@alice:desk.test"]));
    assert!(notice.body().contains("Are you there?"), "{}", notice.body());
    alice.react(&console, &notice.event_id, "🔁").await.unwrap();
    alice.wait_for_notice(&console, "resent").await.unwrap();
    let failed_again = |seen: &Seen| {
        seen.code() == "message_failed" && seen.room_id == console && seen.event_id != notice.event_id
    };
    alice.wait_for("it to fail again", failed_again).await.unwrap();
    assert_eq!(world.taken_for(SWITCHED_OFF), ["Are you there?"; 2]);
    alice.send_reply(&console, &notice.event_id, "!resend").await.unwrap();
    let refused = alice.wait_for_notice(&console, "resend_refused").await.unwrap();
    assert!(refused.body().contains("again already"), "{}", refused.body());
    // Nothing is left to send again of what is open.
    world.command("alice", "!resend", "resend_refused").await;
    assert_eq!(world.taken_for(SWITCHED_OFF), ["Are you there?"; 2]);
    world.finish().await;
}
