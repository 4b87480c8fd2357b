//! IMs when much happens at once, someone goes for good, the homeserver is down, or the program is killed.

use std::collections::BTreeSet;

use ruma::OwnedRoomId;
use switchroom::demo::agent::seen::{Log, Seen};

use super::{
    IM, asked_after, comes, connected, im, interaction, nobody_can_write, opened, signed_in, two_agents,
};
use crate::harness::{Database, PATIENCE, World, WorldOptions, eventually};
use crate::stories::outcome;

/// The points at which the program dies, and how often each is passed before it does.
pub(super) const POINTS: [&str; 6] =
    ["before_commit", "after_commit", "before_matrix", "after_matrix", "delivered", "talk_room_made"];
pub(super) const PASSED: [usize; 2] = [0, 4];

/// The previews of IMs that bob was shown, each counted once however often it was edited.
fn previews(log: &Log) -> Vec<&Seen> {
    let is_preview = |seen: &&Seen| {
        seen.code() == "offer" && seen.replaces().is_none() && seen.notice().unwrap()["kind"] == "im"
    };
    log.events().iter().filter(is_preview).collect()
}

#[tokio::test]
async fn five_ims_at_once_between_the_same_two_are_five_rooms() {
    let world = two_agents().await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    let console = world.console("alice").await;
    let typed = (1..=5).map(|number| {
        let console = console.clone();
        async move { alice.send_text(&console, &format!("!im bob number {number}")).await.unwrap() }
    });
    futures_util::future::join_all(typed).await;
    let (mut rooms, mut of_alice) = (BTreeSet::new(), BTreeSet::new());
    for _ in 1..=5 {
        of_alice.insert(comes(&world, "alice", IM).await);
        rooms.insert(comes(&world, "bob", IM).await);
    }
    assert_eq!((rooms.len(), &rooms), (5, &of_alice));
    let mut words = BTreeSet::new();
    for room in &rooms {
        world.state("alice", room, "connected").await;
        let first = bob.wait_for_notice(room, "talk_opened").await.unwrap();
        words.insert(first.notice().unwrap()["text"].as_str().unwrap().to_owned());
        bob.send_text(room, &format!("about {}", room.as_str())).await.unwrap();
    }
    assert_eq!(words, (1..=5).map(|number| format!("number {number}")).collect());
    for room in &rooms {
        alice.wait_for_text(room, &format!("about {}", room.as_str())).await.unwrap();
        let by_bob = |seen: &&Seen| seen.sender == bob.user_id();
        assert_eq!(alice.look(|log| log.messages(room).filter(by_bob).count()), 1);
    }
    assert_eq!(bob.look(|log| previews(log).len()), 5);
    assert_eq!(world.number("SELECT COUNT(*) FROM talks WHERE state = 'connected'").await, 5);
    world.finish().await;
}

#[tokio::test]
async fn both_leave_in_any_order_and_who_is_left_is_told_and_at_last_the_bot_leaves() {
    let mut world = two_agents().await;
    signed_in(&world, 2).await;
    let rooms = world.rooms_of_the_bot().await;
    for (first, second) in [("alice", "bob"), ("bob", "alice")] {
        let room = connected(&world, "!im bob a word").await;
        world.agent(first).leave(&room, None).await.unwrap();
        world.agent(second).wait_for_notice(&room, "im_ended").await.unwrap();
        world.state(second, &room, "ended").await;
        nobody_can_write(&world, &[second], &room).await;
        world.agent(second).leave(&room, None).await.unwrap();
    }
    // Who asked goes before there is an answer: then nothing is asked any more.
    let (room, preview) = im(&world, "!im bob never mind").await;
    let bob = world.agent("bob");
    let invited = bob.wait_for_invite(IM, |seen| seen.name() == IM).await.unwrap();
    world.agent("alice").leave(&room, None).await.unwrap();
    outcome(&world, "bob", &preview, "offer_withdrawn").await;
    bob.wait_until_out_of(&invited).await.unwrap();
    eventually("all of it to be done", || async {
        (world.number("SELECT COUNT(*) FROM talks WHERE state = 'done'").await == 3).then_some(())
    })
    .await;
    assert_eq!(world.rooms_of_the_bot().await, rooms + 3);
    // Thirty days later.
    let due = "UPDATE timers SET due_at = 0 WHERE body LIKE '%leave_room%' RETURNING 1";
    world.number(due).await;
    world.start_again("").await;
    eventually("the bot to have left", || async { (world.rooms_of_the_bot().await == rooms).then_some(()) })
        .await;
    world.finish().await;
}

#[tokio::test]
async fn the_talks_of_an_agent_who_is_removed_end_and_the_others_are_told() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob", "carol"],
        each: &[("carol", "roles: [agent, admin]")],
        ..WorldOptions::default()
    })
    .await;
    let (alice, bob, carol) = (world.agent("alice"), world.agent("bob"), world.agent("carol"));
    signed_in(&world, 3).await;
    let room = connected(&world, "!im bob hello").await;
    let position = bob.position();
    carol.send_text(&world.console("carol").await, "!im bob are you there?").await.unwrap();
    asked_after(&world, "bob", position).await;
    let asked = comes(&world, "carol", "IM: carol Doe, bob Doe").await;

    world.command("carol", "!agent remove bob", "changed").await;
    bob.wait_until_out_of(&room).await.unwrap();
    let told = alice.wait_for_notice(&room, "im_ended").await.unwrap();
    assert!(told.body().contains("no longer at the desk"), "{}", told.body());
    world.state("alice", &room, "ended").await;
    let told = carol.wait_for_notice(&asked, "im_rejected").await.unwrap();
    assert_eq!(told.mentions(), Some(vec!["@carol:desk.test"]));
    assert!(told.body().contains("no longer at the desk"), "{}", told.body());
    nobody_can_write(&world, &["alice"], &room).await;
    world.command("alice", "!im bob", "no_such_target").await;
    assert!(bob.invites().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn an_im_outlives_a_homeserver_that_is_killed_at_every_turn() {
    let mut world = two_agents().await;
    signed_in(&world, 2).await;
    let rooms = world.rooms_of_the_bot().await;
    let console = world.console("alice").await;
    world.agent("alice").send_text(&console, "!im bob are you there?").await.unwrap();
    restart(&mut world).await;
    let (room, _) = opened(&world, IM).await;
    assert_eq!(comes(&world, "bob", IM).await, room);
    restart(&mut world).await;
    world.state("alice", &room, "connected").await;
    world.agent("bob").send_text(&room, "I am").await.unwrap();
    restart(&mut world).await;
    world.agent("alice").wait_for_text(&room, "I am").await.unwrap();
    world.agent("alice").send_text(&room, "!end").await.unwrap();
    restart(&mut world).await;
    for name in ["alice", "bob"] {
        world.agent(name).wait_for_notice(&room, "im_ended").await.unwrap();
        world.state(name, &room, "ended").await;
        assert_eq!(count(&world, name, &room, "im_accepted"), 1);
        assert_eq!(count(&world, name, &room, "im_ended"), 1);
    }
    assert_eq!(world.agent("bob").look(|log| previews(log).len()), 1);
    assert_eq!(world.rooms_of_the_bot().await, rooms + 1);
    let kept = "SELECT COUNT(*) FROM transcript WHERE kind = 'internal'";
    // What a killed homeserver did not deliver is fetched a little later.
    eventually("what was said to be kept", || async { (world.number(kept).await == 2).then_some(()) }).await;
    world.finish().await;
}

async fn restart(world: &mut World) {
    world.synapse.kill().await.unwrap();
    world.synapse.start_again().await.unwrap();
}

/// How often the bot said something in a room.
pub(super) fn count(world: &World, name: &str, room: &OwnedRoomId, code: &str) -> usize {
    world.agent(name).look(|log| log.messages(room).filter(|seen| seen.code() == code).count())
}

#[tokio::test]
async fn killed_at_every_point_of_an_im_nothing_is_lost_and_nothing_comes_twice_on_sqlite() {
    killed_at_every_point(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_at_every_point_of_an_im_nothing_is_lost_and_nothing_comes_twice_on_postgres() {
    killed_at_every_point(Database::Postgres).await;
}

async fn killed_at_every_point(database: Database) {
    let options = WorldOptions { database, agents: &["alice", "bob"], ..WorldOptions::default() };
    let mut world = World::with(options).await;
    signed_in(&world, 2).await;
    let rooms = world.rooms_of_the_bot().await;
    let (mut ims, mut kills) = (0, 0);
    for point in POINTS {
        for passed in PASSED {
            let first = if passed == 0 { String::new() } else { format!("{passed}*off->") };
            let fail_points = format!("{point}={first}1*return");
            kills += usize::from(
                an_im_through_kills(&mut world, &fail_points, &format!("{point} {passed}")).await,
            );
            ims += 1;
        }
    }
    assert!(kills >= POINTS.len(), "the program was killed only {kills} times");
    assert_eq!(world.agent("bob").look(|log| previews(log).len()), ims, "each IM was shown once");
    assert_eq!(world.rooms_of_the_bot().await, rooms + ims, "each IM has one room");
    let ims = i64::try_from(ims).unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM talks WHERE state = 'done'").await, ims);
    assert_eq!(world.number("SELECT COUNT(*) FROM talks").await, ims);
    let said = "SELECT COUNT(*) FROM transcript WHERE kind = 'internal'";
    let different = "SELECT COUNT(DISTINCT body) FROM transcript WHERE kind = 'internal'";
    assert_eq!((world.number(said).await, world.number(different).await), (2 * ims, 2 * ims));
    world.finish().await;
}

/// One IM, during which the program dies while it is asked for, and again while it goes on and ends; whether
/// it died at a fail point at least once.
async fn an_im_through_kills(world: &mut World, fail_points: &str, words: &str) -> bool {
    world.start_again(fail_points).await;
    world.bridge.listening_or_ended().await;
    let console = world.console("alice").await;
    world.agent("alice").send_text(&console, &format!("!im bob {words}")).await.unwrap();
    let is_shown = |log: &Log| previews(log).iter().any(|seen| seen.notice().unwrap()["text"] == words);
    let mut died = died_or(world, "bob", is_shown).await;
    world.start_again("").await;
    let room = comes(world, "alice", IM).await;
    let bob = world.agent("bob");
    bob.until("the preview", |log| is_shown(log).then_some(())).await.unwrap();
    assert_eq!(bob.wait_for_invite(IM, |seen| seen.name() == IM).await.unwrap(), room);

    world.start_again(fail_points).await;
    world.bridge.listening_or_ended().await;
    world.agent("bob").join(&room).await.unwrap();
    world.agent("alice").send_text(&room, &format!("more of {words}")).await.unwrap();
    world.agent("bob").send_text(&room, "!done").await.unwrap();
    let is_over = |log: &Log| log.messages(&room).any(|seen| seen.code() == "im_ended");
    died |= died_or(world, "alice", is_over).await;
    world.start_again("").await;
    world.agent("bob").wait_until_out_of(&room).await.unwrap();
    world.state("alice", &room, "ended").await;
    world.agent("alice").wait_for_notice(&room, "im_ended").await.unwrap();
    for code in ["talk_opened", "im_accepted", "im_ended"] {
        assert_eq!(count(world, "alice", &room, code), 1, "{code}, {fail_points}");
    }
    let id = interaction(world, "alice", &room)["id"].as_str().unwrap().to_owned();
    world.command("alice", &format!("!done {id}"), "done").await;
    world.agent("alice").wait_until_out_of(&room).await.unwrap();
    died
}

/// Waits until the program has died, or an agent has seen something without that; true if it died.
pub(super) async fn died_or(world: &mut World, name: &str, seen: impl Fn(&Log) -> bool) -> bool {
    let begun = std::time::Instant::now();
    while !world.bridge.has_ended() {
        if world.agent(name).look(&seen) {
            return false;
        }
        assert!(begun.elapsed() < PATIENCE, "neither died nor went on");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    true
}
