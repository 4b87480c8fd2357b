//! Texts that ask for nothing: thanks after a conversation was done, and reactions that a phone sends as
//! texts.

use ruma::{OwnedEventId, OwnedRoomId};
use switchroom::demo::agent::seen::{Log, Seen};

use super::{done, offer_after};
use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const ALL: &str = "SELECT COUNT(*) FROM interactions";
const WRITTEN: &str = "SELECT COUNT(*) FROM transcript WHERE kind = 'contact'";

fn options(database: Database) -> WorldOptions {
    WorldOptions { database, queue: "undo_secs: 0, courtesy_secs: 900", ..WorldOptions::default() }
}

/// A phone writes, and its last agent reads so in their console.
async fn courtesy(world: &World, text: &str) -> Seen {
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let position = alice.position();
    world.text(JANE, text).await;
    let fits = |seen: &Seen| seen.room_id == console && seen.code() == "courtesy";
    let told = alice.wait_for_after(position, "the courtesy", fits).await.unwrap();
    assert_eq!((told.msgtype(), told.mentions()), ("m.notice", Some(vec![])));
    assert_eq!(told.notice().unwrap()["text"], text);
    told
}

#[tokio::test]
async fn thanks_join_what_is_just_done_and_anything_else_begins_anew_on_sqlite() {
    thanks(Database::Sqlite).await;
}

#[tokio::test]
async fn thanks_join_what_is_just_done_and_anything_else_begins_anew_on_postgres() {
    thanks(Database::Postgres).await;
}

async fn thanks(database: Database) {
    let world = World::with(options(database)).await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    done(&world, "alice", &room).await;
    let told = courtesy(&world, "Thanks a lot 👍").await;
    alice.wait_for_reaction(&told.event_id, "✅").await.unwrap();
    assert_eq!((world.number(ALL).await, world.number(WRITTEN).await), (1, 2));
    assert!(alice.invites().is_empty());

    // It is reopened by one tap, once, and then a greeting is a text like any other.
    alice.react(&console, &told.event_id, "✅").await.unwrap();
    alice.wait_for_notice(&console, "reopened").await.unwrap();
    alice.join(&room).await.unwrap();
    world.state("alice", &room, "active").await;
    let position = alice.position();
    alice.send_reply(&console, &told.event_id, "yes").await.unwrap();
    let refused = |seen: &Seen| seen.room_id == console && seen.code() == "refused";
    let refused = alice.wait_for_after(position, "the refusal", refused).await.unwrap();
    assert_eq!(refused.notice().unwrap()["why"], "not_done");
    world.text(JANE, "Good morning").await;
    alice.wait_for_text(&room, "Good morning").await.unwrap();
    done(&world, "alice", &room).await;

    // Whatever may ask for something begins a conversation.
    for text in ["thanks but it still fails", "Hello?", "STOP"] {
        let (position, before) = (alice.position(), world.number(ALL).await);
        world.text(JANE, text).await;
        offer_after(&world, "alice", position, JANE).await;
        let next = world.invite("alice", JANE).await;
        alice.join(&next).await.unwrap();
        world.state("alice", &next, "active").await;
        done(&world, "alice", &next).await;
        assert_eq!(world.number(ALL).await, before + 1, "{text}");
    }
    world.finish().await;
}

#[tokio::test]
async fn thanks_that_come_as_it_is_reopened_are_kept_once() {
    let world = World::with(options(Database::Sqlite)).await;
    let (alice, console) = (world.agent("alice"), world.console("alice").await);
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    for round in 1..=3 {
        done(&world, "alice", &room).await;
        let told = courtesy(&world, "Thanks").await;
        let before = world.number(WRITTEN).await;
        let position = alice.position();
        let (react, _) = tokio::join!(alice.react(&console, &told.event_id, "✅"), world.text(JANE, "Bye"));
        react.unwrap();
        let reopened = |seen: &Seen| seen.room_id == console && seen.code() == "reopened";
        alice.wait_for_after(position, "that it is reopened", reopened).await.unwrap();
        alice.join(&room).await.unwrap();
        world.state("alice", &room, "active").await;
        eventually("the greeting to be kept", || async {
            (world.number(WRITTEN).await == before + 1).then_some(())
        })
        .await;
        assert_eq!(world.number(ALL).await, 1, "round {round}");
    }
    world.finish().await;
}

/// A conversation in which Alice has said this to the phone: the room, and her message.
async fn said(world: &World, text: &str) -> (OwnedRoomId, OwnedEventId) {
    let room = world.conversation("alice", JANE, "When can I come?").await;
    let event = world.agent("alice").send_text(&room, text).await.unwrap();
    world.phone_gets(JANE, &[text]).await;
    (room, event)
}

/// Waits until the reactions of a phone's ghost to a message are these.
async fn reactions(world: &World, event: &OwnedEventId, expected: &[&str]) {
    let ghost = world.ghost(JANE).await;
    let are = |log: &Log| {
        let all = log.reactions(event.as_str());
        let theirs: Vec<&str> =
            all.iter().filter(|(by, _)| by.as_str() == ghost).map(|(_, key)| *key).collect();
        (theirs == expected).then_some(())
    };
    world.agent("alice").until(&format!("the reactions {expected:?}"), are).await.unwrap();
}

#[tokio::test]
async fn a_reaction_sent_as_a_text_is_a_reaction_on_sqlite() {
    tapbacks(Database::Sqlite).await;
}

#[tokio::test]
async fn a_reaction_sent_as_a_text_is_a_reaction_on_postgres() {
    tapbacks(Database::Postgres).await;
}

async fn tapbacks(database: Database) {
    let world = World::with(options(database)).await;
    let alice = world.agent("alice");
    let (room, event) = said(&world, "See you at nine, in front of the shop").await;
    for (text, expected) in [
        ("Liked “See you at nine, in front of the shop”", &["👍"][..]),
        ("Loved “See you at nine, in front…”", &["❤️"][..]),
        ("Removed a heart from “See you at nine, in front of the shop”", &[][..]),
        ("😮 to “See you at nine, in front of the shop”", &["😮"][..]),
        ("Liked “See you at nine, in front of the shop”", &["👍"][..]),
    ] {
        world.text(JANE, text).await;
        reactions(&world, &event, expected).await;
    }
    // What fits no message of ours, or several, stays a text.
    alice.send_text(&room, "Yes").await.unwrap();
    alice.send_text(&room, "Yes").await.unwrap();
    world.phone_gets(JANE, &["See you at nine, in front of the shop", "Yes", "Yes"]).await;
    for text in ["Liked “Yes”", "Liked “No”", "Liked it"] {
        world.text(JANE, text).await;
        alice.wait_for_text(&room, text).await.unwrap();
    }
    let told = alice.look(|log| log.messages(&room).filter(|seen| seen.body().contains("nine, in")).count());
    assert_eq!(told, 1, "only Alice said it");
    assert_eq!(world.number("SELECT COUNT(*) FROM transcript WHERE body LIKE 'Liked “See%'").await, 2);
    world.finish().await;
}

#[tokio::test]
async fn killed_as_a_ghost_reacts_the_program_has_it_react_once() {
    let mut world = World::with(options(Database::Sqlite)).await;
    let (_, event) = said(&world, "See you at nine").await;
    for (point, text, expected) in [
        ("before_tapback", "Liked “See you at nine”", &["👍"][..]),
        ("after_tapback", "Loved “See you at nine”", &["❤️"][..]),
        ("before_take_away", "Removed a heart from “See you at nine”", &[][..]),
    ] {
        world.drained().await;
        world.start_again(&format!("{point}=1*return")).await;
        world.bridge.listening_or_ended().await;
        world.text(JANE, text).await;
        eventually("the program to die", || {
            let ended = world.bridge.has_ended();
            async move { ended.then_some(()) }
        })
        .await;
        world.start_again("").await;
        reactions(&world, &event, expected).await;
    }
    world.finish().await;
}
