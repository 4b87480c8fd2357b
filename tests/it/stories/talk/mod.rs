//! Agents talk to each other: consults about a conversation, and IMs.

mod consult;
mod faults;
mod history;
mod im;
mod kills;
mod predefined;
mod presence;
mod retention;
mod team;
mod voice;

use ruma::{OwnedRoomId, RoomId};
use serde_json::Value;
use switchroom::demo::agent::seen::Seen;

use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const IM: &str = "IM: alice Doe, bob Doe";
pub(super) const CONSULT: &str = "Consult: +1 415 555 0100 (alice Doe, bob Doe)";

async fn two_agents() -> World {
    World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await
}

/// Waits until so many are known to be in their consoles.
async fn signed_in(world: &World, count: i64) {
    eventually("all to be signed in", || async {
        (world.number("SELECT COUNT(*) FROM agents WHERE in_console = 1").await == count).then_some(())
    })
    .await;
}

/// Alice wants to talk: her room, joined, with what it is first about.
pub(super) async fn opened(world: &World, name: &'static str) -> (OwnedRoomId, Seen) {
    let alice = world.agent("alice");
    let room = alice.wait_for_invite(name, move |room| room.name() == name).await.unwrap();
    alice.join(&room).await.unwrap();
    let first = alice.wait_for_notice(&room, "talk_opened").await.unwrap();
    (room, first)
}

/// The preview of a talk in an agent's console, of those after `position` of their log.
async fn asked_after(world: &World, name: &str, position: usize) -> Seen {
    let (agent, console) = (world.agent(name), world.console(name).await);
    let fits = |seen: &Seen| {
        seen.room_id == console
            && seen.code() == "offer"
            && seen.content["org.switchroom.notice"]["kind"].is_string()
    };
    agent.wait_for_after(position, "the preview of a talk", fits).await.unwrap()
}

/// Alice writes an IM to bob from her console: her room, and his preview.
async fn im(world: &World, words: &str) -> (OwnedRoomId, Seen) {
    let position = world.agent("bob").position();
    world.agent("alice").send_text(&world.console("alice").await, words).await.unwrap();
    let preview = asked_after(world, "bob", position).await;
    (opened(world, IM).await.0, preview)
}

/// Waits for the invite into the room of a name and goes in.
async fn comes(world: &World, name: &str, room: &'static str) -> OwnedRoomId {
    let agent = world.agent(name);
    let invited = agent.wait_for_invite(room, move |seen| seen.name() == room).await.unwrap();
    agent.join(&invited).await.unwrap();
    invited
}

/// Alice writes an IM to bob, who comes: their room.
async fn connected(world: &World, words: &str) -> OwnedRoomId {
    let (room, _) = im(world, words).await;
    assert_eq!(comes(world, "bob", IM).await, room);
    world.state("alice", &room, "connected").await;
    world.state("bob", &room, "connected").await;
    room
}

async fn nobody_can_write(world: &World, names: &[&str], room: &RoomId) {
    for name in names {
        let refused = world.agent(name).send_text(room, "one more thing").await.unwrap_err();
        assert_eq!(refused.errcode().as_deref(), Some("M_FORBIDDEN"), "{name}");
    }
}

fn interaction(world: &World, name: &str, room: &RoomId) -> Value {
    world.agent(name).look(|log| log.rooms()[room].interaction().unwrap().clone())
}

/// Closes a talk that is over by the ✅ under the notice that says so.
async fn close_by_tap(world: &World, name: &str, room: &OwnedRoomId, code: &str) {
    let agent = world.agent(name);
    let over = agent.wait_for_notice(room, code).await.unwrap();
    agent.wait_for_reaction(&over.event_id, "✅").await.unwrap();
    agent.react(room, &over.event_id, "☑").await.unwrap();
    agent.wait_until_out_of(room).await.unwrap();
}
