//! The end of a conversation, or of an agent's work, while something else happens.

use ruma::OwnedRoomId;
use switchroom::clock::Clock;
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::{Membership, Seen};

use super::{Way, answer, conversations, heard, only, settled};
use crate::harness::{World, WorldOptions, eventually};
use crate::stories::{done, join_offered, offer_after, text_offered_to};

const SIX: [&str; 6] =
    ["+14155550181", "+14155550182", "+14155550183", "+14155550184", "+14155550185", "+14155550186"];
const FIVE: [&str; 5] = ["+14155550191", "+14155550192", "+14155550193", "+14155550194", "+14155550195"];
const MORE: &str = "One more thing";

/// Alice is done while the contact writes: nothing goes unread, whichever came first. Whether it was the
/// text.
async fn done_against_a_text(world: &World, n: usize, phone: &str, room: &OwnedRoomId) -> bool {
    let alice = world.agent("alice");
    let position = alice.position();
    match n % 3 {
        0 => drop(tokio::join!(alice.send_text(room, "!done"), world.text(phone, MORE)).0.unwrap()),
        1 => {
            alice.send_text(room, "!done").await.unwrap();
            world.text(phone, MORE).await;
        }
        _ => {
            alice.send_text(room, "!done").await.unwrap();
            let mine = |seen: &Seen| seen.room_id == *room && seen.body() == "!done";
            alice.wait_for_after(position, "her own word", mine).await.unwrap();
            world.text(phone, MORE).await;
        }
    }
    let answers = |seen: &Seen| {
        (seen.room_id == *room && seen.code() == "done_refused")
            || (seen.code() == "done" && seen.notice().unwrap()["contact"] == phone)
    };
    let answer = alice.wait_for_after(position, "the answer to !done", answers).await.unwrap();
    let refused = answer.code() == "done_refused";
    if refused {
        alice.wait_for_text(room, MORE).await.unwrap();
        settled(world, phone, "active", "alice").await;
        done(world, "alice", room).await;
        settled(world, phone, "done", "").await;
        assert_eq!(heard(world, room, phone).await, [format!("Hello from {phone}").as_str(), MORE]);
    } else {
        alice.wait_until_out_of(room).await.unwrap();
        offer_after(world, "alice", position, phone).await;
        let next = join_offered(world, "alice", phone).await;
        assert_ne!(next, *room);
        alice.wait_for_text(&next, MORE).await.unwrap();
        assert_eq!(heard(world, room, phone).await, [format!("Hello from {phone}")]);
        assert_eq!(heard(world, &next, phone).await, [MORE]);
    }
    only(world, room, &[]).await;
    refused
}

#[tokio::test]
async fn a_text_at_the_moment_of_the_end_is_read_here_or_begins_another_conversation() {
    let world = World::with(WorldOptions { agent: "capacity: {sms: 12}", ..WorldOptions::default() }).await;
    let rooms = conversations(&world, "alice", &SIX).await;
    eventually("the texts to be old enough to be read", || async {
        let last = world.number("SELECT MAX(at) FROM transcript WHERE kind = 'contact'").await;
        (Clock::default().now().0 - last > 6_000).then_some(())
    })
    .await;
    for (n, (phone, room)) in SIX.into_iter().zip(&rooms).enumerate() {
        println!("{phone}: refused {}", done_against_a_text(&world, n, phone, room).await);
    }
    world.finish().await;
}

/// What someone still does while they are taken off the desk: one thing in each of their rooms, and they take
/// an offer.
async fn last_deeds(world: &World, name: &str, phones: &[&str], rooms: &[OwnedRoomId], offer: &Seen) {
    let agent = world.agent(name);
    // They may be out of a room before they could say it.
    let (_, _, _, _, ()) = tokio::join!(
        agent.send_text(&rooms[0], "One moment"),
        agent.send_text(&rooms[1], "!done"),
        agent.send_text(&rooms[2], "!transfer alice"),
        world.text(phones[3], MORE),
        answer(world, name, offer, Way::React("✅")),
    );
}

async fn taken_off(world: &World, name: &'static str, phones: &[&'static str], first: bool) {
    let (alice, agent) = (world.agent("alice"), world.agent(name));
    world.command("alice", "!notready", "status").await;
    let rooms = conversations(world, name, &phones[..4]).await;
    let offer = text_offered_to(world, name, phones[4]).await;
    let offered = world.invite(name, phones[4]).await;
    world.command("alice", "!ready", "status").await;
    let console = world.console("alice").await;
    let remove = format!("!agent remove {name}");
    let deeds = last_deeds(world, name, phones, &rooms, &offer);
    let position = alice.position();
    if first {
        let (removed, ()) = tokio::join!(alice.send_text(&console, &remove), deeds);
        removed.unwrap();
    } else {
        let ((), removed) = tokio::join!(deeds, alice.send_text(&console, &remove));
        removed.unwrap();
    }
    let changed = |seen: &Seen| seen.room_id == console && seen.code() == "changed";
    alice.wait_for_after(position, "the removal", changed).await.unwrap();

    for (phone, room) in phones.iter().zip(rooms.iter().chain([&offered])) {
        agent.wait_until_out_of(room).await.unwrap();
        still_there_or_done(world, alice, phone, room).await;
    }
    world.drained().await;
    let joined = |log: &switchroom::demo::agent::seen::Log| {
        log.rooms().values().filter(|room| room.membership == Membership::Joined).count()
    };
    eventually("everything to be behind them", || async { (agent.look(joined) == 0).then_some(()) }).await;
    assert!(world.taken_for(phones[0]).len() <= 1);
    assert!(heard(world, &rooms[3], phones[3]).await.ends_with(&[MORE.to_owned()]));
}

/// What the one who was taken off had is done, or Alice is asked to take it, and does.
async fn still_there_or_done(world: &World, alice: &Agent, phone: &str, room: &OwnedRoomId) {
    let state = eventually("an end", || async {
        let (state, owner, _) = world.books.newest(phone).await;
        (state == "done" || state == "offered" && owner.is_empty()).then_some(state)
    })
    .await;
    if state == "done" {
        return only(world, room, &[]).await;
    }
    assert_eq!(world.invite("alice", phone).await, *room);
    alice.join(room).await.unwrap();
    settled(world, phone, "active", "alice").await;
    only(world, room, &["alice"]).await;
}

#[tokio::test]
async fn who_is_taken_off_the_desk_leaves_nothing_behind_whatever_they_do_at_that_moment() {
    let options = WorldOptions {
        agents: &["alice", "bob", "carol"],
        agent: "capacity: {sms: 20}, roles: [agent, supervisor, admin]",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    taken_off(&world, "bob", &SIX[..5], true).await;
    taken_off(&world, "carol", &FIVE, false).await;
    world.finish().await;
}
