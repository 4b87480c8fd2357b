//! What is held back from a phone, and how it goes after all or does not.

use ruma::{EventId, OwnedRoomId, RoomId};
use serde_json::json;
use switchroom::clock::{Clock, Millis};
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::Seen;

use super::words::ghost_says;
use super::{done, held_back, join_offered, send};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";
const ALICE: &str = "@alice:desk.test";

/// How often the bot spoke about a message.
fn notices_about(agent: &Agent, message: &EventId) -> usize {
    agent.look(|log| {
        log.events()
            .iter()
            .filter(|seen| seen.replies_to() == Some(message.as_str()) && !seen.code().is_empty())
            .count()
    })
}

#[tokio::test]
async fn what_is_not_meant_for_the_phone_never_reaches_it() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let first = alice.wait_for_text(&room, "Hello").await.unwrap().event_id;
    let text = |body: &str| json!({"msgtype": "m.text", "body": body});

    // Held back, each with the reason.
    for (content, why) in [
        (text("/shrug"), "slash_command"),
        (text(" /me waves"), "slash_command"),
        (text("#hello"), "no_shortcut"),
        (text("  \u{200b} "), "empty"),
        (json!({"msgtype": "m.file", "body": "a.pdf", "url": "mxc://desk.test/none"}), "media_gone"),
        (
            json!({"msgtype": "m.image", "body": "look", "filename": "a.png", "url": "mxc://desk.test/none"}),
            "media_gone",
        ),
        (json!({"msgtype": "org.example.new", "body": "new"}), "unsupported"),
        (json!({"msgtype": "m.location", "body": "nowhere", "geo_uri": "geo:500,1"}), "unsupported"),
    ] {
        let sent = send(alice, &room, content.clone()).await;
        assert_eq!(held_back(alice, &sent).await, why, "{content}");
    }
    for kind in ["m.sticker", "org.matrix.msc3381.poll.start", "com.example.unknown"] {
        let sent = alice.send_raw(&room, kind, text("never")).await.unwrap();
        assert_eq!(held_back(alice, &sent).await, "unsupported", "{kind}");
    }

    // Commands, however misspelt.
    for typed in ["!dnoe", "！transfre bob", " ! hlep", "\u{200b}!nope"] {
        let position = alice.position();
        let sent = alice.send_text(&room, typed).await.unwrap();
        let answers =
            |seen: &Seen| seen.code() == "unknown_command" && seen.replies_to() == Some(sent.as_str());
        alice.wait_for_after(position, "the answer", answers).await.unwrap();
    }

    // Internal: threads, asides, answers to asides and to the bot, notices.
    let aside = alice.send_text(&room, "!- she sounds upset").await.unwrap();
    alice.send_reply(&room, &aside, "yes, be kind").await.unwrap();
    let threaded = alice.send_in_thread(&room, &first, "between us").await.unwrap();
    alice.send_reply(&room, &threaded, "still between us").await.unwrap();
    let notice = alice.wait_for_notice(&room, "message_held_back").await.unwrap();
    // To the bot hardly anything is meant that goes no further; so she is told.
    let to_bot = alice.send_reply(&room, &notice.event_id, "I see").await.unwrap();
    assert_eq!(held_back(alice, &to_bot).await, "unknown_reply");
    send(alice, &room, json!({"msgtype": "m.notice", "body": "a bot of mine"})).await;
    // Not knowing what it answers, it may be internal.
    let orphan = json!({"m.in_reply_to": {"event_id": "$unknown"}});
    let orphan =
        send(alice, &room, json!({"msgtype": "m.text", "body": "and?", "m.relates_to": orphan})).await;
    assert_eq!(held_back(alice, &orphan).await, "unknown_reply");

    // Everybody else's words.
    let janes_ghost = world.ghost(JANE).await;
    for other in ["@bob:desk.test", "@mallory:desk.test", &janes_ghost, "@switchroom:desk.test"] {
        for body in ["not mine to say", "!done", "!optout", "!resend"] {
            world.pretend(&room, other, "m.room.message", text(body)).await;
        }
        let reaction =
            json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": notice.event_id, "key": "✅"}});
        world.pretend(&room, other, "m.reaction", reaction).await;
    }
    let from_bob = |seen: &Seen| seen.notice().is_some_and(|notice| notice["why"] == "not_owner");
    let told = alice.wait_for("bob's words to be held back", from_bob).await.unwrap();
    assert_eq!((told.msgtype(), told.mentions()), ("m.text", Some(vec!["@bob:desk.test"])));
    // He is not in the room: he reads it in his console too.
    let told = world.agent("bob").wait_for("his words to be held back", from_bob).await.unwrap();
    assert_eq!(told.room_id, world.console("bob").await);
    assert_eq!((told.msgtype(), told.mentions()), ("m.text", Some(vec!["@bob:desk.test"])));

    alice.send_text(&room, "the end").await.unwrap();
    world.phone_gets(JANE, &["the end"]).await;
    world.state("alice", &room, "active").await;
    done(&world, "alice", &room).await;
    assert_eq!(world.taken_for(JANE), ["the end"]);
    world.finish().await;
}

#[tokio::test]
async fn an_answer_that_comes_before_the_desk_knows_what_it_answers_is_told_by_whose_words_that_is() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let first = alice.wait_for_text(&room, "Hello").await.unwrap().event_id;
    let slash = alice.send_text(&room, "/shrug").await.unwrap();
    assert_eq!(held_back(alice, &slash).await, "slash_command");
    let notice = alice.wait_for_notice(&room, "message_held_back").await.unwrap();
    // As if the program had been killed between posting them and hearing that they are posted.
    world.number("DELETE FROM posted RETURNING 1").await;
    alice.send_reply(&room, &first, "Good morning").await.unwrap();
    let to_bot = alice.send_reply(&room, &notice.event_id, "I see").await.unwrap();
    let command = alice.send_text(&room, "!count").await.unwrap();
    let to_command = alice.send_reply(&room, &command, "and?").await.unwrap();
    assert_eq!(held_back(alice, &to_command).await, "unknown_reply");
    alice.send_reply(&room, &to_bot, "among us").await.unwrap();
    alice.send_text(&room, "the end").await.unwrap();
    world.phone_gets(JANE, &["Good morning", "the end"]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_message_can_be_taken_back_and_mended_while_it_waits() {
    let world = World::with(WorldOptions { queue: "undo_secs: 4", ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let mended = alice.send_text(&room, "helo").await.unwrap();
    alice.edit(&room, &mended, "helllo").await.unwrap();
    alice.edit(&room, &mended, "hello").await.unwrap();
    let oops = alice.send_text(&room, "oops").await.unwrap();
    alice.redact(&room, &oops).await.unwrap();
    let withdrawn = alice.send_text(&room, "second thoughts").await.unwrap();
    alice.edit(&room, &withdrawn, "!- second thoughts").await.unwrap();
    assert_eq!(held_back(alice, &withdrawn).await, "edited_away");
    alice.send_text(&room, "how are you?").await.unwrap();
    world.phone_gets(JANE, &["hello", "how are you?"]).await;
    alice.wait_for_reaction(&mended, "✓").await.unwrap();

    // Once it is sent nothing can be changed any more, which is said once.
    alice.edit(&room, &mended, "good day").await.unwrap();
    assert_eq!(held_back(alice, &mended).await, "already_sent");
    alice.edit(&room, &mended, "good evening").await.unwrap();
    alice.react(&room, &mended, "🎉").await.unwrap();
    alice.redact(&room, &mended).await.unwrap();
    let first = alice.wait_for_text(&room, "Hello").await.unwrap().event_id;
    alice.react(&room, &first, "❤️").await.unwrap();
    assert_eq!(held_back(alice, &first).await, "reaction");
    alice.react(&room, &first, "👍").await.unwrap();

    // What still waits when the contact wants no more is not sent either.
    let waiting = alice.send_text(&room, "and one more thing").await.unwrap();
    world.text(JANE, "STOP").await;
    assert_eq!(held_back(alice, &waiting).await, "opted_out");
    assert_eq!((notices_about(alice, &mended), notices_about(alice, &first)), (1, 1));
    assert_eq!(world.taken_for(JANE), ["hello", "how are you?"]);

    // A colleague reads later what she was told, and nothing that was taken back.
    world.command("alice", "!mine", "list").await;
    let mine = world.command("alice", "!1", "case").await;
    let id = mine.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    done(&world, "alice", &room).await;
    let read = world.command("alice", &format!("!history {id}"), "transcript").await;
    let read = read.body();
    for line in ["alice Doe: hello\n", "alice Doe, not sent: second thoughts", "alice Doe: how are you?"] {
        assert!(read.contains(line), "{line:?} is not in {read}");
    }
    assert!(!read.contains("helo") && !read.contains("oops"), "{read}");
    world.finish().await;
}

#[tokio::test]
async fn an_edit_of_what_was_held_back_is_judged_anew_and_of_what_was_internal_is_not_sent() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let slash = alice.send_text(&room, "/shrug").await.unwrap();
    assert_eq!(held_back(alice, &slash).await, "slash_command");
    let why = |why: &'static str| move |seen: &Seen| seen.notice().is_some_and(|notice| notice["why"] == why);
    let position = alice.position();
    alice.edit(&room, &slash, "#shrug").await.unwrap();
    alice.wait_for_after(position, "the next reason", why("no_shortcut")).await.unwrap();
    alice.edit(&room, &slash, "I do not know").await.unwrap();
    world.phone_gets(JANE, &["I do not know"]).await;
    alice.wait_for_reaction(&slash, "✓").await.unwrap();
    alice.edit(&room, &slash, "I know").await.unwrap();
    alice.wait_for_after(position, "it to be too late", why("already_sent")).await.unwrap();

    // Neither an aside nor a command becomes a message, nor a message a command.
    let aside = alice.send_text(&room, "!- he sounds upset").await.unwrap();
    alice.edit(&room, &aside, "!- she sounds upset").await.unwrap();
    alice.edit(&room, &aside, "you sound upset").await.unwrap();
    assert_eq!(held_back(alice, &aside).await, "edit_ignored");
    let command = alice.send_text(&room, "!dnoe").await.unwrap();
    alice.edit(&room, &command, "!done").await.unwrap();
    assert_eq!(held_back(alice, &command).await, "edit_ignored");
    let empty = alice.send_text(&room, "\u{200b}").await.unwrap();
    assert_eq!(held_back(alice, &empty).await, "empty");
    let position = alice.position();
    alice.edit(&room, &empty, "!done").await.unwrap();
    alice.wait_for_after(position, "the edit to be refused", why("edit_ignored")).await.unwrap();
    let deleted = alice.send_text(&room, "/sigh").await.unwrap();
    assert_eq!(held_back(alice, &deleted).await, "slash_command");
    alice.redact(&room, &deleted).await.unwrap();
    alice.send_text(&room, "the end").await.unwrap();
    world.phone_gets(JANE, &["I do not know", "the end"]).await;
    world.state("alice", &room, "active").await;
    world.finish().await;
}

/// Sends something while the program is down, and starts it again when that is long ago.
async fn written_while_away(world: &mut World, room: &RoomId, bodies: &[&str]) -> Vec<ruma::OwnedEventId> {
    world.bridge.kill();
    let mut sent = Vec::new();
    for body in bodies {
        sent.push(world.agent("alice").send_text(room, body).await.unwrap());
    }
    let last = sent.last().unwrap().clone();
    let last = world.agent("alice").wait_for("the last one", |seen| seen.event_id == last).await.unwrap();
    let is_late = |now: Millis| now.since(last.sent_at).as_millis() > 1000;
    eventually("it to be late", || async { is_late(Clock::default().now()).then_some(()) }).await;
    world.start_again("").await;
    sent
}

#[tokio::test]
async fn a_message_that_arrives_late_waits_for_its_writers_word() {
    let mut world = World::with(WorldOptions { timers: "late_secs: 1", ..WorldOptions::default() }).await;
    let room: OwnedRoomId = world.conversation("alice", JANE, "Hello").await;
    let sent =
        written_while_away(&mut world, &room, &["I am on it", "scrap this", "tommorow", "never mind"]).await;
    let alice = world.agent("alice");
    let mut notices = Vec::new();
    for message in &sent {
        assert_eq!(held_back(alice, message).await, "late");
        let fits = |seen: &Seen| seen.replies_to() == Some(message.as_str()) && !seen.code().is_empty();
        notices.push(alice.wait_for("the notice", fits).await.unwrap().event_id);
    }
    alice.redact(&room, &sent[1]).await.unwrap();
    alice.edit(&room, &sent[2], "tomorrow").await.unwrap();
    for notice in &notices[..3] {
        alice.react(&room, notice, "✅").await.unwrap();
    }
    alice.react(&room, &notices[3], "❌").await.unwrap();
    world.phone_gets(JANE, &["I am on it", "tomorrow"]).await;
    alice.wait_for_reaction(&sent[2], "✓").await.unwrap();
    // It was an answer like any other: the next text rings.
    world.text(JANE, "Thanks").await;
    assert_eq!(ghost_says(&world, &room, "Thanks").await.mentions(), Some(vec![ALICE]));
    assert_eq!(world.taken_for(JANE), ["I am on it", "tomorrow"]);
    world.finish().await;
}

#[tokio::test]
async fn a_late_message_is_not_sent_by_the_next_owner() {
    let timers = "late_secs: 1, owner_away_secs: 1";
    let options = WorldOptions { agents: &["alice", "bob"], timers, ..WorldOptions::default() };
    let mut world = World::with(options).await;
    let room: OwnedRoomId = world.conversation("alice", JANE, "Hello").await;
    let sent = written_while_away(&mut world, &room, &["I am on it"]).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    assert_eq!(held_back(alice, &sent[0]).await, "late");
    let notice = alice.wait_for_notice(&room, "message_held_back").await.unwrap();

    world.command("alice", "!notready", "status").await;
    world.command("bob", "!ready", "status").await;
    alice.leave(&room, None).await.unwrap();
    assert_eq!(join_offered(&world, "bob", JANE).await, room);
    bob.react(&room, &notice.event_id, "✅").await.unwrap();
    let told = bob.wait_for_notice(&room, "not_sent").await.unwrap();
    assert_eq!((told.msgtype(), told.mentions()), ("m.text", Some(vec!["@bob:desk.test"])));
    assert!(told.body().contains("I am on it"), "{}", told.body());
    assert!(world.taken_for(JANE).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn an_old_notice_sends_nothing_into_a_conversation_that_is_anothers_by_now() {
    let timers = "late_secs: 1";
    let options = WorldOptions { agents: &["alice", "bob"], timers, ..WorldOptions::default() };
    let mut world = World::with(options).await;
    let janes: OwnedRoomId = world.conversation("alice", JANE, "Hello").await;
    let omars = world.conversation("alice", OMAR, "Hello").await;
    let sent = written_while_away(&mut world, &janes, &["I am on it"]).await;
    assert_eq!(held_back(world.agent("alice"), &sent[0]).await, "late");
    let notice = world.agent("alice").wait_for_notice(&janes, "message_held_back").await.unwrap();

    world.command("bob", "!ready", "status").await;
    world.agent("alice").send_text(&janes, "!transfer bob").await.unwrap();
    assert_eq!(join_offered(&world, "bob", JANE).await, janes);
    world.agent("alice").wait_until_out_of(&janes).await.unwrap();
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    alice.send_reply(&omars, &notice.event_id, "yes").await.unwrap();
    let told = alice.wait_for_notice(&console, "not_sent").await.unwrap();
    assert!(told.body().contains("no longer yours") && told.body().contains("I am on it"), "{}", told.body());
    let to_omar = alice.send_text(&omars, "Good morning").await.unwrap();
    alice.wait_for_reaction(&to_omar, "✓").await.unwrap();
    assert_eq!((world.taken_for(JANE), world.taken_for(OMAR)), (vec![], vec!["Good morning".to_owned()]));
    let sends = "SELECT COUNT(*) FROM audit WHERE what = 'send'";
    assert_eq!(world.number(sends).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn who_wants_no_messages_gets_none_until_they_say_so() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.text(JANE, "STOP").await;
    alice.wait_for_notice(&room, "opted_out").await.unwrap();
    let mut held = Vec::new();
    for text in ["but", "never mind", "one thing", "really"] {
        held.push(alice.send_text(&room, text).await.unwrap());
        assert_eq!(held_back(alice, held.last().unwrap()).await, "opted_out");
    }
    alice.redact(&room, &held[1]).await.unwrap();
    alice.edit(&room, &held[2], "one more thing").await.unwrap();
    // What was done to them has been heard of once this is.
    let aside = alice.send_text(&room, "!count").await.unwrap();
    let heard = |seen: &Seen| seen.replies_to() == Some(aside.as_str());
    alice.wait_for("the answer", heard).await.unwrap();
    assert!(world.taken_for(JANE).is_empty());
    world.text(JANE, "START").await;
    alice.wait_for_notice(&room, "opted_in").await.unwrap();
    let said = alice.send_text(&room, "welcome back").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    world.phone_gets(JANE, &["but", "one more thing", "really", "welcome back"]).await;
    assert_eq!(held.iter().map(|message| notices_about(alice, message)).collect::<Vec<_>>(), [1, 1, 1, 1]);

    let position = alice.position();
    let notice = |code: &'static str| move |seen: &Seen| seen.code() == code;
    world.text(JANE, "please stop texting me").await;
    alice.wait_for_after(position, "the hint", notice("opt_out_hint")).await.unwrap();
    alice.send_text(&room, "!optout").await.unwrap();
    alice.wait_for_after(position, "the answer", notice("opted_out")).await.unwrap();
    let held = alice.send_text(&room, "good to have you").await.unwrap();
    assert_eq!(held_back(alice, &held).await, "opted_out");
    alice.send_text(&room, "!optin").await.unwrap();
    alice.wait_for_after(position, "the answer", notice("opted_in")).await.unwrap();
    alice.wait_for_reaction(&held, "✓").await.unwrap();

    // What still waits when the conversation ends is not sent, and its writer reads that.
    let console = world.console("alice").await;
    alice.send_text(&room, "!optout").await.unwrap();
    let held = alice.send_text(&room, "goodbye then").await.unwrap();
    assert_eq!(held_back(alice, &held).await, "opted_out");
    done(&world, "alice", &room).await;
    let lost = alice.wait_for_notice(&console, "not_sent").await.unwrap();
    assert_eq!((lost.msgtype(), lost.mentions()), ("m.text", Some(vec![ALICE])));
    assert!(lost.body().contains("goodbye then"), "{}", lost.body());
    world.text(JANE, "START").await;
    let again = join_offered(&world, "alice", JANE).await;
    alice.wait_for_notice(&again, "opted_in").await.unwrap();
    let said = alice.send_text(&again, "hello again").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    assert_eq!(world.taken_for(JANE)[4..], ["good to have you", "hello again"]);
    world.finish().await;
}

#[tokio::test]
async fn what_an_opt_out_held_back_for_long_waits_for_its_writers_word() {
    let world = World::with(WorldOptions { timers: "late_secs: 5", ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.text(JANE, "STOP").await;
    alice.wait_for_notice(&room, "opted_out").await.unwrap();
    let sent = alice.send_text(&room, "are you at home?").await.unwrap();
    assert_eq!(held_back(alice, &sent).await, "opted_out");
    let seen = Clock::default().now();
    let is_late = || Clock::default().now().since(seen).as_millis() > 5000;
    eventually("it to be late", || async { is_late().then_some(()) }).await;
    world.text(JANE, "START").await;
    let asks = |seen: &Seen| seen.notice().is_some_and(|notice| notice["why"] == "late");
    let question = alice.wait_for("the question", asks).await.unwrap();
    assert_eq!(question.replies_to(), Some(sent.as_str()));
    assert!(world.taken_for(JANE).is_empty());
    alice.react(&room, &question.event_id, "✅").await.unwrap();
    world.phone_gets(JANE, &["are you at home?"]).await;
    alice.wait_for_reaction(&sent, "✓").await.unwrap();
    world.finish().await;
}
