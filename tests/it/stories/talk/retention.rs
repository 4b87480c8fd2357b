//! What was said is erased once it was kept for as long as the desk is set to.

use ruma::OwnedRoomId;

use super::{IM, comes, connected, interaction, signed_in};
use crate::harness::{World, WorldOptions, eventually};
use crate::stories::rows;

/// Bob says something in an IM of the two, and both close it: its room and its id.
async fn said(world: &World, first: &str, then: &str) -> (OwnedRoomId, String) {
    let room = connected(world, &format!("!im bob {first}")).await;
    world.agent("bob").send_text(&room, then).await.unwrap();
    world.agent("alice").wait_for_text(&room, then).await.unwrap();
    let id = interaction(world, "alice", &room)["id"].as_str().unwrap().to_owned();
    world.agent("alice").send_text(&room, "!done").await.unwrap();
    world.agent("alice").wait_until_out_of(&room).await.unwrap();
    world.agent("bob").leave(&room, None).await.unwrap();
    eventually("it to be done", || async {
        (world.number("SELECT COUNT(*) FROM talks WHERE state <> 'done'").await == 0).then_some(())
    })
    .await;
    (room, id)
}

/// How many rows a list has.
async fn listed(world: &World, name: &str, words: &str) -> usize {
    rows(&world.command(name, words, "list").await).len()
}

#[tokio::test]
async fn what_was_said_is_erased_when_its_time_is_over_and_what_goes_on_is_not() {
    let mut world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        each: &[("alice", "roles: [agent, admin]")],
        ..WorldOptions::default()
    })
    .await;
    signed_in(&world, 2).await;
    let rooms = world.rooms_of_the_bot().await;
    let (_, erased) = said(&world, "the Goettingen parcels", "they left on Monday").await;
    let (again, kept) = said(&world, "the Kassel parcels", "they left on Tuesday").await;
    let transcript = world.command("bob", &format!("!history {erased}"), "transcript").await;
    for part in ["alice Doe", "they left on Monday", "accepted by bob Doe"] {
        assert!(transcript.body().contains(part), "{}", transcript.body());
    }
    // Nothing is erased that is done for less than a week.
    world.command("alice", "!setting set retention_im_days 7", "changed").await;
    world.start_again("").await;
    assert_eq!(listed(&world, "alice", "!ims").await, 2);

    // The second goes on in its room, and eight days pass: what is kept too long may be looked for at any
    // moment.
    world.agent("bob").send_text(&world.console("bob").await, &format!("!ims {kept}")).await.unwrap();
    for name in ["bob", "alice"] {
        assert_eq!(comes(&world, name, IM).await, again);
    }
    world.state("bob", &again, "connected").await;
    world.number("UPDATE talks SET updated_at = updated_at - 691200000 RETURNING 1").await;
    world.start_again("").await;
    eventually("the bot to have left the room of what was erased", || async {
        (world.rooms_of_the_bot().await == rooms + 1).then_some(())
    })
    .await;

    for (name, words, found) in [
        ("alice", "!ims", 2),
        ("bob", "!ims monday", 0),
        ("bob", "!ims goettingen", 0),
        ("bob", "!ims tuesday", 1),
    ] {
        assert_eq!(listed(&world, name, words).await, found, "{name} {words}");
    }
    for words in [format!("!ims {erased}"), format!("!history {erased}"), "!history i-nothing".to_owned()] {
        let answer = world.command("bob", &words, "no_such_target").await;
        assert!(answer.body().contains("it was erased"), "{words}: {}", answer.body());
    }
    let transcript = world.command("alice", &format!("!history {kept}"), "transcript").await;
    assert!(transcript.body().contains("they left on Tuesday"), "{}", transcript.body());
    for left in [
        "SELECT COUNT(*) FROM transcript WHERE body LIKE '%Monday%' OR body LIKE '%Goettingen%'",
        "SELECT COUNT(*) FROM talk_words WHERE words LIKE '%monday%' OR words LIKE '%goettingen%'",
        "SELECT COUNT(*) FROM talks WHERE body LIKE '%Goettingen%'",
        "SELECT COUNT(*) FROM audit WHERE detail LIKE '%Goettingen%'",
    ] {
        assert_eq!(world.number(left).await, 0, "{left}");
    }
    world.agent("bob").send_text(&again, "here we are").await.unwrap();
    world.agent("alice").wait_for_text(&again, "here we are").await.unwrap();
    world.finish().await;
}
