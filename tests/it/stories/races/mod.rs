//! Two things at the same moment: one of them happens, whichever it is, and everyone is told the same.

mod answers;
mod ends;
mod hand_over;
mod homeserver;
mod later;
mod overflow;
mod people;
mod supervisors;

use ruma::{OwnedRoomId, RoomId};
use switchroom::clock::{Clock, Millis};
use switchroom::demo::agent::seen::{Log, Seen};

use super::join_offered;
use crate::harness::{World, eventually, shown};

/// How someone answers an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Join,
    React(&'static str),
    Type(&'static str),
}

const WAYS: [Way; 3] = [Way::Join, Way::React("✅"), Way::Type("!accept")];

/// An agent answers an offer; who comes too late may not be let in.
async fn answer(world: &World, name: &str, offer: &Seen, way: Way) {
    let (agent, console) = (world.agent(name), world.console(name).await);
    let notice = offer.notice().unwrap();
    match way {
        Way::Join => {
            let phone = notice["number"].as_str().unwrap().to_owned();
            let invited = agent.look(|log| invited(log, &phone));
            if let Some(room) = invited {
                // It may be withdrawn at this moment.
                let _ = agent.client().join_room_by_id(&room).await;
            }
        }
        Way::React(key) => drop(agent.react(&console, &offer.event_id, key).await.unwrap()),
        Way::Type(words) => {
            let id = notice["interaction"].as_str().unwrap();
            agent.send_text(&console, &format!("{words} {id}")).await.unwrap();
        }
    }
}

fn invited(log: &Log, phone: &str) -> Option<OwnedRoomId> {
    use switchroom::demo::agent::seen::Membership::Invited;
    let mut rooms = log.rooms().iter();
    rooms
        .find(|(_, room)| room.membership == Invited && room.name() == shown(phone))
        .map(|(id, _)| id.clone())
}

/// Waits for what became of an offer: the code its preview was edited to. It is one and no other.
async fn end_of(world: &World, name: &str, offer: &Seen) -> String {
    let ends = |log: &Log| {
        let edits = log.events().iter().filter(|seen| seen.replaces() == Some(offer.event_id.as_str()));
        let mut codes: Vec<String> = edits.map(|seen| seen.code().to_owned()).collect();
        codes.dedup();
        Some(codes).filter(|codes| !codes.is_empty())
    };
    let codes = world.agent(name).until("the end of the offer", ends).await.unwrap();
    assert_eq!(codes.len(), 1, "an offer ends once: {codes:?}");
    codes.into_iter().next().unwrap()
}

/// Waits until a moment, or so many milliseconds before it.
async fn until_moment(moment: Millis, before_ms: i64) {
    let clock = Clock::default();
    eventually("the moment", || async { (clock.now().0 >= moment.0 - before_ms).then_some(()) }).await;
}

/// Waits until the newest conversation with a phone is in this state, with this owner.
async fn settled(world: &World, phone: &str, state: &str, owner: &str) {
    eventually(&format!("{phone} to be {state} with {owner:?}"), || async {
        let (now, of, _) = world.books.newest(phone).await;
        (now == state && of == owner).then_some(())
    })
    .await;
}

/// Who is in a room or invited to it, besides the bot and the contact, as the homeserver has it.
async fn present(world: &World, room: &RoomId) -> Vec<String> {
    let members = world.shown_to_bot(&format!("rooms/{room}/members")).await;
    let there = |member: &&serde_json::Value| {
        ["join", "invite"].contains(&member["content"]["membership"].as_str().unwrap())
    };
    let users = members["chunk"].as_array().unwrap().iter().filter(there);
    let users = users.map(|member| member["state_key"].as_str().unwrap().to_owned());
    let agents =
        users.filter_map(|user| user.strip_suffix(":desk.test")?.strip_prefix('@').map(str::to_owned));
    let mut agents: Vec<String> =
        agents.filter(|name| name != "switchroom" && !name.starts_with("sms_")).collect();
    agents.sort();
    agents
}

/// Waits until exactly these agents are in a room or invited to it.
async fn only(world: &World, room: &RoomId, names: &[&str]) {
    eventually(&format!("only {names:?} to be in the room"), || async {
        (present(world, room).await == names).then_some(())
    })
    .await;
}

/// What a contact said in a room, in order, as the homeserver has it.
async fn heard(world: &World, room: &RoomId, phone: &str) -> Vec<String> {
    let ghost = world.ghost(phone).await;
    let messages = world.shown_to_bot(&format!("rooms/{room}/messages?dir=f&limit=500")).await;
    let events = messages["chunk"].as_array().unwrap().iter();
    let said = events.filter(|event| event["type"] == "m.room.message" && event["sender"] == ghost.as_str());
    said.map(|event| event["content"]["body"].as_str().unwrap().to_owned()).collect()
}

/// An agent has conversations with these phones; nobody else is ready.
async fn conversations(world: &World, name: &str, phones: &[&str]) -> Vec<OwnedRoomId> {
    world.command(name, "!ready", "status").await;
    for phone in phones {
        world.text(phone, &format!("Hello from {phone}")).await;
    }
    let mut rooms = vec![];
    for phone in phones {
        rooms.push(join_offered(world, name, phone).await);
    }
    rooms
}
