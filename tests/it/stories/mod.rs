//! The stories: what people at a desk live through, one file per subject.

mod acting;
mod admin;
mod answers;
mod api;
mod blocking;
mod call;
mod callback;
mod channels;
mod consent;
mod console;
mod contacts;
mod conversation;
mod crowd;
mod define;
mod delivery;
mod demo;
mod email;
mod erase;
mod erase_elsewhere;
mod files;
mod files_out;
mod first_minutes;
mod handover;
mod held;
mod history;
mod homeserver;
mod hostile;
mod ids;
mod kill;
mod large_files;
mod later;
mod life;
mod light;
mod lost;
mod marked;
mod masking;
mod mms;
mod offers;
mod overdue;
mod overflow;
mod people_files;
mod pictures_in;
mod pictures_in_a_row;
mod pictures_out;
mod queueing;
mod quietly;
mod races;
mod requests;
mod response_fate;
mod response_files;
mod responses;
mod retention;
mod ring;
mod routing;
mod segments;
mod sessions;
mod shared_numbers;
mod shift;
mod sms;
mod sms_asked;
mod sms_words;
mod spelling;
mod statements;
mod supervise;
mod talk;
mod telnyx;
mod typed;
mod whatsapp;
mod words;
mod wrap_up;

use ruma::{EventId, OwnedEventId, OwnedRoomId, RoomId};
use serde_json::Value;
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::{Log, Seen, SeenRoom};

use crate::harness::{World, eventually};

/// Waits for the next offer of a phone's conversation in an agent's console, of those after `position` of
/// their log.
async fn offer_after(world: &World, name: &str, position: usize, phone: &str) -> Seen {
    let (agent, console) = (world.agent(name), world.console(name).await);
    let fits = |seen: &Seen| {
        seen.room_id == console
            && seen.code() == "offer"
            && seen.content["org.switchroom.notice"]["number"] == phone
    };
    agent.wait_for_after(position, &format!("an offer of {phone} to {name}"), fits).await.unwrap()
}

/// A phone writes, and an agent is asked: their preview.
async fn text_offered_to(world: &World, name: &str, phone: &str) -> Seen {
    let position = world.agent(name).position();
    world.text(phone, &format!("Hello from {phone}")).await;
    offer_after(world, name, position, phone).await
}

/// Waits until a preview was edited to its outcome.
async fn outcome(world: &World, name: &str, offer: &Seen, code: &str) -> Seen {
    let fits = |seen: &Seen| seen.replaces() == Some(offer.event_id.as_str()) && seen.code() == code;
    world.agent(name).wait_for(&format!("the outcome {code}"), fits).await.unwrap()
}

/// Joins the room of an offer and waits until the conversation is the agent's.
async fn join_offered(world: &World, name: &str, phone: &str) -> OwnedRoomId {
    let room = world.invite(name, phone).await;
    world.agent(name).join(&room).await.unwrap();
    world.state(name, &room, "active").await;
    room
}

/// Types something in a room and waits for the notice of a code there.
async fn type_in(world: &World, name: &str, room: &RoomId, text: &str, code: &str) -> Seen {
    let agent = world.agent(name);
    let position = agent.position();
    agent.send_text(room, text).await.unwrap();
    let fits = |seen: &Seen| seen.room_id == room && seen.code() == code;
    agent.wait_for_after(position, &format!("{code} after {text}"), fits).await.unwrap()
}

/// The rows of a list, each with its detail.
fn rows(seen: &Seen) -> Vec<String> {
    let rows = seen.notice().unwrap()["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| format!("{} {}", row["title"].as_str().unwrap(), row["detail"].as_str().unwrap()))
        .collect()
}

/// The id of the conversation in a room.
fn id_of(world: &World, name: &str, room: &RoomId) -> String {
    let id =
        |room: &SeenRoom| room.interaction().and_then(|content| content["id"].as_str().map(str::to_owned));
    world.agent(name).look(|log| log.rooms().get(room).and_then(id)).unwrap()
}

/// Finishes a conversation, as often as it takes: a text that has just come in makes the first try fail.
async fn done(world: &World, name: &str, room: &RoomId) {
    let (agent, console) = (world.agent(name), world.console(name).await);
    loop {
        let position = agent.position();
        agent.send_text(room, "!done").await.unwrap();
        let answers = |seen: &Seen| {
            (seen.room_id == console && seen.code() == "done")
                || (seen.room_id == room && seen.code() == "done_refused")
        };
        let answer = agent.wait_for_after(position, "the answer to !done", answers).await.unwrap();
        if answer.code() == "done" {
            return agent.wait_until_out_of(room).await.unwrap();
        }
    }
}

/// Waits for the notice by which a message was held back, and returns why.
async fn held_back(agent: &Agent, message: &EventId) -> String {
    let fits =
        |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(message.as_str());
    let notice = agent.wait_for(&format!("{message} to be held back"), fits).await.unwrap();
    assert_eq!((notice.msgtype(), notice.mentions()), ("m.text", Some(vec!["@alice:desk.test"])));
    notice.notice().unwrap()["why"].as_str().unwrap().to_owned()
}

/// Sends a message of this content.
async fn send(agent: &Agent, room: &RoomId, content: Value) -> OwnedEventId {
    agent.send_raw(room, "m.room.message", content).await.unwrap()
}

/// Waits until a room is given a name.
async fn goes_by(world: &World, who: &str, room: &RoomId, name: &str) {
    let is_named = |log: &Log| {
        let named = |seen: &&Seen| seen.room_id == room && seen.kind == "m.room.name";
        let newest = log.events().iter().rev().find(named)?;
        (newest.content["name"] == name).then_some(())
    };
    world.agent(who).until(&format!("the room to be called {name}"), is_named).await.unwrap();
}

/// Waits until so many texts of contacts are written down.
async fn written_down(world: &World, count: i64) {
    eventually(&format!("{count} texts to be written down"), || async {
        let sql = "SELECT COUNT(*) FROM transcript WHERE kind = 'contact'";
        (world.number(sql).await == count).then_some(())
    })
    .await;
}
