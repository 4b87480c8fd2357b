//! A conversation that is handed over while something else happens to it.

use futures_util::future::join_all;
use serde_json::Value;
use switchroom::clock::Millis;
use switchroom::demo::agent::seen::Seen;

use super::{WAYS, answer, conversations, end_of, heard, only, settled, until_moment};
use crate::harness::{World, WorldOptions};
use crate::stories::{done, offer_after, type_in};

const JANE: &str = "+14155550100";
const FOUR: [&str; 4] = ["+14155550171", "+14155550172", "+14155550173", "+14155550174"];

fn two() -> WorldOptions {
    WorldOptions { agents: &["alice", "bob"], agent: "capacity: {sms: 6}", ..WorldOptions::default() }
}

#[tokio::test]
async fn a_contact_who_writes_while_they_are_handed_over_is_heard_once_and_in_order() {
    let world = World::with(two()).await;
    let room = conversations(&world, "alice", &[JANE]).await.remove(0);
    world.command("bob", "!ready", "status").await;
    let mut texts = vec![format!("Hello from {JANE}")];
    let mut said = vec![];
    for turn in 0..6 {
        let (from, to) = if turn % 2 == 0 { ("alice", "bob") } else { ("bob", "alice") };
        let (source, target) = (world.agent(from), world.agent(to));
        let (position, before) = (target.position(), source.position());
        source.send_text(&room, &format!("!transfer {to}")).await.unwrap();
        let offer = offer_after(&world, to, position, JANE).await;
        world.invite(to, JANE).await;
        let (one, other, reply) =
            (format!("text {turn}.1"), format!("text {turn}.2"), format!("reply {turn}"));
        let written = async {
            world.text(JANE, &one).await;
            world.text(JANE, &other).await;
        };
        // Whoever has handed it over may have been taken out before they could say more.
        let (sent, (), ()) = if turn < 3 {
            tokio::join!(source.send_text(&room, &reply), written, answer(&world, to, &offer, WAYS[turn % 3]))
        } else {
            let (yes, (), sent) = tokio::join!(
                answer(&world, to, &offer, WAYS[turn % 3]),
                written,
                source.send_text(&room, &reply)
            );
            (sent, (), yes)
        };
        said.extend(sent.ok().map(|event| (event, reply)));
        assert_eq!(end_of(&world, to, &offer).await, "offer_accepted");
        target.join(&room).await.unwrap();
        let console = world.console(from).await;
        let told = |seen: &Seen| seen.room_id == console && seen.code() == "transferred";
        source.wait_for_after(before, "that it was handed over", told).await.unwrap();
        source.wait_until_out_of(&room).await.unwrap();
        settled(&world, JANE, "active", to).await;
        only(&world, &room, &[to]).await;
        target.wait_for_text(&room, &other).await.unwrap();
        let mine = target.send_text(&room, &format!("{to} {turn}")).await.unwrap();
        target.wait_for_reaction(&mine, "✓").await.unwrap();
        texts.extend([one, other]);
    }
    assert_eq!(heard(&world, &room, JANE).await, texts);
    let taken = world.taken_for(JANE);
    for (event, reply) in said {
        let times = taken.iter().filter(|text| **text == reply).count();
        let held =
            |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(event.as_str());
        if times == 0 {
            // It was no longer theirs to say: whoever has the room reads why.
            world.agent("alice").wait_for(&reply, held).await.unwrap();
        }
        assert!(times <= 1, "{reply} went {times} times");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_transfer_at_the_moment_of_expiry_is_accepted_or_withdrawn() {
    let options = WorldOptions {
        queue: "undo_secs: 0, session_expiry_secs: 15",
        timers: "expiry_warning_secs: 0",
        ..two()
    };
    let world = World::with(options).await;
    let desk = &world;
    let rooms = conversations(&world, "alice", &FOUR).await;
    world.command("bob", "!ready", "status").await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let raced = FOUR.into_iter().zip(&rooms).enumerate().map(|(n, (phone, room))| async move {
        let expires_at = alice.look(|log| log.rooms()[room].interaction().unwrap()["expires_at"].as_i64());
        let expires_at = Millis(expires_at.unwrap());
        // Either Alice asks Bob when it expires, or he says yes then.
        let is_asked_late = n % 2 == 1;
        if is_asked_late {
            until_moment(expires_at, 60).await;
        }
        alice.send_text(room, "!transfer bob").await.unwrap();
        let answers =
            |seen: &Seen| seen.room_id == *room && ["transfer_requested", "refused"].contains(&seen.code());
        if alice.wait_for("the answer", answers).await.unwrap().code() == "refused" {
            return (phone, room, "never".to_owned());
        }
        let offer = offer_after(desk, "bob", 0, phone).await;
        if !is_asked_late {
            until_moment(expires_at, [70, 0, 20][n % 3]).await;
            answer(desk, "bob", &offer, WAYS[n % 3]).await;
        }
        (phone, room, end_of(desk, "bob", &offer).await)
    });
    for (phone, room, end) in join_all(raced).await {
        println!("{phone}: {end}");
        let owner = if end == "offer_accepted" { "bob" } else { "alice" };
        match end.as_str() {
            "offer_accepted" => drop(bob.join(room).await.unwrap()),
            "offer_withdrawn" | "never" => {
                alice.wait_for_notice(room, "expired").await.unwrap();
            }
            other => panic!("{other}"),
        }
        only(&world, room, &[owner]).await;
        if owner == "alice" {
            settled(&world, phone, "expired", owner).await;
            let settled = |content: &Value| content["state"] == "expired" && content["offer"] == Value::Null;
            let fits =
                |seen: &switchroom::demo::agent::seen::SeenRoom| seen.interaction().is_some_and(settled);
            alice.wait_for_room(room, "no offer any more", fits).await.unwrap();
        }
        done(&world, owner, room).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn a_transfer_asked_for_with_the_end_leaves_nothing_behind() {
    let world = World::with(two()).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let rooms = conversations(&world, "alice", &FOUR).await;
    world.command("bob", "!ready", "status").await;
    for (n, (phone, room)) in FOUR.into_iter().zip(&rooms).enumerate() {
        // Once refused because of the last text, it is not refused again.
        let answers = |seen: &Seen| ["done", "done_refused"].contains(&seen.code());
        let position = alice.position();
        alice.send_text(room, "!done").await.unwrap();
        if alice.wait_for_after(position, "the answer", answers).await.unwrap().code() == "done" {
            continue;
        }
        let (first, second) =
            if n % 2 == 0 { ("!transfer bob", "!done") } else { ("!done", "!transfer bob") };
        let (one, other) = tokio::join!(alice.send_text(room, first), alice.send_text(room, second));
        // Who is out of the room already says nothing more in it.
        assert!(one.is_ok() || other.is_ok());
        alice.wait_until_out_of(room).await.unwrap();
        settled(&world, phone, "done", "").await;
        only(&world, room, &[]).await;
        let offered = |seen: &&Seen| seen.code() == "offer" && seen.notice().unwrap()["number"] == phone;
        let asked = "SELECT COUNT(*) FROM transcript WHERE body LIKE '%\"offered\"%bob Doe%'";
        if alice.look(|log| log.messages(room).any(|seen| seen.code() == "transfer_requested")) {
            let offer = bob.wait_for("the offer", |seen| offered(&seen)).await.unwrap();
            assert_eq!(end_of(&world, "bob", &offer).await, "offer_withdrawn");
        } else {
            println!("{phone}: done first, {} asked before", world.number(asked).await);
        }
    }
    assert!(bob.invites().is_empty());
    let refused = type_in(&world, "bob", &world.console("bob").await, "!accept", "no_such_target").await;
    assert!(refused.body().contains("Nothing is offered"), "{}", refused.body());
    world.finish().await;
}
