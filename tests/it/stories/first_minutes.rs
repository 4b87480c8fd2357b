//! The first minutes of an agent: the console greets them, and what there is to type fits a phone.

use ruma::OwnedRoomId;
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::Seen;

use crate::harness::{World, WorldOptions, eventually};

const BOT: &str = "@switchroom:desk.test";
const JANE: &str = "+14155550100";
const KEYCAPS: [&str; 7] = ["1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣"];

/// Waits until the bot has put the first so many keycaps under what it said, in order.
async fn numbered(agent: &Agent, said: &Seen, count: usize) {
    eventually("the keycaps", || async {
        let keys = agent.look(|log| {
            let reactions = log.reactions(said.event_id.as_str()).into_iter();
            let keys = reactions.filter(|(sender, _)| *sender == BOT).map(|(_, key)| key.to_owned());
            keys.collect::<Vec<_>>()
        });
        (keys == KEYCAPS[..count]).then_some(())
    })
    .await;
}

/// Presses a key under what the bot said, and waits for the notice of a code that answers it.
async fn press(agent: &Agent, room: &OwnedRoomId, said: &Seen, key: &str, code: &str) -> Seen {
    let position = agent.position();
    agent.react(room, &said.event_id, key).await.unwrap();
    let answers = |seen: &Seen| seen.code() == code && seen.replies_to() == Some(said.event_id.as_str());
    agent.wait_for_after(position, code, answers).await.unwrap()
}

/// The commands a help shows, by their names.
fn shown(help: &Seen) -> Vec<String> {
    let commands = help.notice().unwrap()["commands"].as_array().unwrap().clone();
    commands.iter().map(|command| command["usage"].as_str().unwrap().to_owned()).collect()
}

fn welcomes(agent: &Agent, console: &OwnedRoomId) -> usize {
    agent.look(|log| log.messages(console).filter(|seen| seen.code() == "welcome").count())
}

#[tokio::test]
async fn the_console_greets_an_agent_once_and_its_numbers_work_for_good() {
    let mut world = World::new().await;
    let console = world.console("alice").await;
    let alice = world.agent("alice");
    let welcome = alice.wait_for_notice(&console, "welcome").await.unwrap();
    assert_eq!((welcome.msgtype(), welcome.mentions()), ("m.notice", Some(vec![])));
    assert_eq!(welcome.body().lines().count(), 3, "{}", welcome.body());
    for words in ["alice Doe", "1️⃣", "!ready", "2️⃣", "!help", "3️⃣", "!team"] {
        assert!(welcome.body().contains(words), "{words} is not in {}", welcome.body());
    }
    numbered(alice, &welcome, 3).await;

    let help = press(alice, &console, &welcome, "2️⃣", "help").await;
    assert_eq!(shown(&help).len(), 8, "{}", help.body());
    assert_eq!(help.notice().unwrap()["groups"].as_array().unwrap().len(), 5, "{}", help.body());
    numbered(alice, &help, 5).await;
    let group = press(alice, &console, &help, "2️⃣", "help").await;
    assert!(shown(&group).contains(&"done".to_owned()), "{}", group.body());
    let typed = world.command("alice", "!help 2", "help").await;
    assert_eq!(shown(&typed), shown(&group));
    world.command("alice", "!help 6", "no_such_target").await;

    // Newer lists and another start of the program change nothing about what the greeting offers.
    press(alice, &console, &welcome, "3️⃣", "list").await;
    world.bridge.kill();
    world.bridge.start("");
    world.bridge.ready().await;
    let alice = world.agent("alice");
    let status = press(alice, &console, &welcome, "1️⃣", "status").await;
    assert_eq!(status.notice().unwrap()["ready"], true);

    // Who comes in again knows the desk.
    alice.leave(&console, None).await.unwrap();
    let other = alice.client().create_room(invites_bot()).await.unwrap();
    alice.wait_for_invite("the console", |room| room.name() == "Switchroom").await.unwrap();
    alice.leave(other.room_id(), None).await.unwrap();
    alice.join(&console).await.unwrap();
    world.command("alice", "!status", "status").await;
    assert_eq!(welcomes(alice, &console), 1);
    world.finish().await;
}

fn invites_bot() -> ruma::api::client::room::create_room::v3::Request {
    let mut request = ruma::api::client::room::create_room::v3::Request::new();
    request.invite = vec![ruma::owned_user_id!("@switchroom:desk.test")];
    request
}

#[tokio::test]
async fn help_begins_with_what_matters_in_the_room() {
    let agents: &[&str] = &["alice", "sue"];
    let each: &[(&str, &str)] = &[("sue", "roles: [agent, supervisor]")];
    let world = World::with(WorldOptions { agents, each, ..WorldOptions::default() }).await;
    let (alice, sue) = (world.agent("alice"), world.agent("sue"));
    let room = world.conversation("alice", JANE, "Hello").await;
    let help = |agent: &'static str| {
        let (world, room) = (&world, room.clone());
        async move {
            let asked = world.agent(agent).send_text(&room, "!help").await.unwrap();
            let answers = |seen: &Seen| seen.replies_to() == Some(asked.as_str());
            shown(&world.agent(agent).wait_for("the help", answers).await.unwrap())
        }
    };
    assert_eq!(
        help("alice").await,
        ["done", "transfer", "consult", "hold", "snooze", "case", "contact", "history"]
    );
    let id = alice.look(|log| log.rooms()[&room].interaction().unwrap()["id"].as_str().unwrap().to_owned());
    sue.send_text(&world.console("sue").await, &format!("!monitor {id}")).await.unwrap();
    let invited = world.invite("sue", JANE).await;
    sue.join(&invited).await.unwrap();
    assert_eq!(
        help("sue").await,
        ["barge", "whisper", "leave", "assign", "accept", "case", "contact", "history"]
    );
    let console = world.command("sue", "!help", "help").await;
    assert_eq!(shown(&console)[..3], ["queue", "agents", "assign"]);
    assert_eq!(console.notice().unwrap()["groups"].as_array().unwrap().len(), 6);
    world.finish().await;
}
