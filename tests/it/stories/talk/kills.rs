//! Consults and calls while the program is killed, again and again.

use ruma::OwnedRoomId;
use switchroom::demo::agent::seen::{Log, Membership, Seen};

use super::faults::{PASSED, POINTS, count, died_or};
use super::{CONSULT, JANE, comes, interaction, signed_in};
use crate::harness::{Database, World, WorldOptions, eventually};
use crate::stories::{done, type_in};

/// What the contact is told of a call.
const TOLD: &str = "One moment, please.";

async fn world(database: Database) -> World {
    let world = World::with(WorldOptions {
        database,
        agents: &["alice", "bob"],
        queue: r#"undo_secs: 0, voice_text: "One moment, please.""#,
        desk: r#"voice_link: "https://meet.desk.test/{{ room }}""#,
        ..WorldOptions::default()
    })
    .await;
    signed_in(&world, 2).await;
    world
}

/// Starts the program so that it dies when it passes a point for the first time after so many.
async fn start_to_die(world: &mut World, point: &str, passed: usize) {
    let first = if passed == 0 { String::new() } else { format!("{passed}*off->") };
    world.start_again(&format!("{point}={first}1*return")).await;
    world.bridge.listening_or_ended().await;
}

/// The previews of consults that bob was shown with these words, each counted once however often it was
/// edited.
fn previews(log: &Log, words: &str) -> usize {
    let is_preview = |seen: &&Seen| {
        let notice = seen.notice();
        seen.code() == "offer"
            && seen.replaces().is_none()
            && notice.is_some_and(|notice| notice["text"] == words)
    };
    log.events().iter().filter(is_preview).count()
}

#[tokio::test]
async fn killed_at_every_point_of_a_consult_nothing_is_lost_and_nothing_comes_twice_on_sqlite() {
    consults_through_kills(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_at_every_point_of_a_consult_nothing_is_lost_and_nothing_comes_twice_on_postgres() {
    consults_through_kills(Database::Postgres).await;
}

async fn consults_through_kills(database: Database) {
    let mut world = world(database).await;
    let rooms = world.rooms_of_the_bot().await;
    let (mut consults, mut kills) = (0, 0);
    for point in POINTS {
        for passed in PASSED {
            kills += a_consult_through_kills(&mut world, point, passed, consults % 2 == 0).await;
            consults += 1;
        }
    }
    assert!(kills >= POINTS.len(), "the program was killed only {kills} times");
    assert_eq!(
        world.rooms_of_the_bot().await,
        rooms + 2 * consults,
        "a room for each, and for its conversation"
    );
    let consults = i64::try_from(consults).unwrap();
    for all in [
        "SELECT COUNT(*) FROM talks WHERE state = 'done' AND parent IS NOT NULL",
        "SELECT COUNT(*) FROM talks",
        "SELECT COUNT(*) FROM interactions WHERE state = 'done'",
    ] {
        eventually(all, || async { (world.number(all).await == consults).then_some(()) }).await;
    }
    let said = "SELECT COUNT(*) FROM transcript WHERE kind = 'internal'";
    let different = "SELECT COUNT(DISTINCT body) FROM transcript WHERE kind = 'internal'";
    assert_eq!((world.number(said).await, world.number(different).await), (2 * consults, 2 * consults));
    assert_eq!(world.taken_for(JANE), Vec::<String>::new(), "nothing of it reached the contact");
    world.finish().await;
}

/// One consult, during which the program dies while it is asked for, while it goes on, and while its
/// conversation ends: how often. Where it is not `ended` by word, its conversation ends it.
async fn a_consult_through_kills(world: &mut World, point: &str, passed: usize, ended: bool) -> usize {
    let words = format!("{point} {passed}");
    let session = world.conversation("alice", JANE, &format!("about {words}")).await;
    start_to_die(world, point, passed).await;
    world.agent("alice").send_text(&session, &format!("!consult bob {words}")).await.unwrap();
    let mut died = usize::from(died_or(world, "bob", |log| previews(log, &words) > 0).await);
    world.start_again("").await;
    let room = comes(world, "alice", CONSULT).await;
    let bob = world.agent("bob");
    bob.until("the preview", |log| (previews(log, &words) > 0).then_some(())).await.unwrap();
    assert_eq!(bob.wait_for_invite(CONSULT, |seen| seen.name() == CONSULT).await.unwrap(), room);

    start_to_die(world, point, passed).await;
    let answer = format!("yes to {words}");
    world.agent("bob").join(&room).await.unwrap();
    world.agent("bob").send_text(&room, &answer).await.unwrap();
    world.agent("alice").wait_for_text(&room, &answer).await.unwrap();
    if ended {
        world.agent("alice").send_text(&room, "!end").await.unwrap();
    }
    let code = if ended { "im_ended" } else { "consult_accepted" };
    let is_so = |log: &Log| log.messages(&room).any(|seen| seen.code() == code);
    died += usize::from(died_or(world, "alice", is_so).await);
    world.start_again("").await;
    world.state("alice", &room, if ended { "ended" } else { "connected" }).await;
    world.agent("alice").wait_for_notice(&room, code).await.unwrap();

    start_to_die(world, point, passed).await;
    world.agent("alice").send_text(&session, "!done").await.unwrap();
    died += usize::from(died_or(world, "alice", |log| is_done_or_refused(log, &session).is_some()).await);
    world.start_again("").await;
    let alice = world.agent("alice");
    if !alice.until("an answer to !done", |log| is_done_or_refused(log, &session)).await.unwrap() {
        // The contact's text was only just there.
        done(world, "alice", &session).await;
    }
    world.state("bob", &room, "ended").await;
    for code in ["talk_opened", "consult_accepted", "im_ended"] {
        world.agent("bob").wait_for_notice(&room, code).await.unwrap();
        assert_eq!(count(world, "bob", &room, code), 1, "{code}, {words}");
    }
    assert_eq!(world.agent("bob").look(|log| previews(log, &words)), 1, "{words}");
    let id = interaction(world, "bob", &room)["id"].as_str().unwrap().to_owned();
    for name in ["alice", "bob"] {
        world.command(name, &format!("!done {id}"), "done").await;
        world.agent(name).wait_until_out_of(&room).await.unwrap();
    }
    died
}

/// Whether a conversation is over for alice, or `!done` was refused; nothing yet if neither.
fn is_done_or_refused(log: &Log, session: &OwnedRoomId) -> Option<bool> {
    let is_refused = log.messages(session).any(|seen| seen.code() == "done_refused");
    let is_out = log.rooms()[session].membership == Membership::Left;
    (is_out || is_refused).then_some(is_out)
}

#[tokio::test]
async fn killed_at_every_point_of_a_call_both_have_one_link_and_the_contact_waits_once_on_sqlite() {
    calls_through_kills(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_at_every_point_of_a_call_both_have_one_link_and_the_contact_waits_once_on_postgres() {
    calls_through_kills(Database::Postgres).await;
}

async fn calls_through_kills(database: Database) {
    let mut world = world(database).await;
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    let console = world.console("bob").await;
    let (mut calls, mut kills) = (0, 0);
    // A text that was being submitted as the program died may or may not have got there, which nothing can
    // heal.
    for point in ["before_commit", "after_commit", "before_matrix", "after_matrix", "delivered", "after_sms"]
    {
        for passed in PASSED {
            start_to_die(&mut world, point, passed).await;
            world.agent("alice").send_text(&session, "!voice bob").await.unwrap();
            calls += 1;
            let rung = |log: &Log| links(log, &console).len() >= calls;
            kills += usize::from(died_or(&mut world, "bob", rung).await);
            world.start_again("").await;
            world.agent("bob").until("the link", |log| rung(log).then_some(())).await.unwrap();
            let here = |log: &Log| (links(log, &session).len() >= calls).then_some(());
            world.agent("alice").until("the link", here).await.unwrap();
            world.state("alice", &session, "held").await;
            world.phone_gets(JANE, &vec![TOLD; calls]).await;
            type_in(&world, "alice", &session, "!resume", "resumed").await;
            world.state("alice", &session, "active").await;
        }
    }
    assert!(kills >= 6, "the program was killed only {kills} times");
    let of_alice = world.agent("alice").look(|log| links(log, &session));
    let of_bob = world.agent("bob").look(|log| links(log, &console));
    assert_eq!((of_alice.len(), &of_alice), (calls, &of_bob), "each call has one link, the same for both");
    let held = "SELECT COUNT(*) FROM changes WHERE state = 'held'";
    assert_eq!(world.number(held).await, i64::try_from(calls).unwrap(), "each holds once");
    assert_eq!(world.taken_for(JANE), vec![TOLD; calls]);
    done(&world, "alice", &session).await;
    world.finish().await;
}

/// The links to calls that were given in a room, in order.
fn links(log: &Log, room: &OwnedRoomId) -> Vec<String> {
    let link = |seen: &Seen| seen.notice().unwrap()["link"].as_str().unwrap().to_owned();
    log.messages(room).filter(|seen| seen.code() == "voice").map(link).collect()
}
