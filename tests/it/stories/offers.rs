//! Who is offered what, what a preview and a room are like, and commands as people type them.

use ruma::api::client::room::create_room::v3::{Request as CreateRoom, RoomPreset};
use ruma::{OwnedRoomId, OwnedUserId, RoomId};
use serde_json::{Value, json};
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::{Log, Seen, SeenRoom};

use super::{done, join_offered, offer_after, outcome, text_offered_to};
use crate::harness::{OURS, World, WorldOptions, eventually, shown};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";
const CARL: &str = "+442071838750";
/// Another number of the desk.
const OTHER: &str = "+15005550009";
const BOT: &str = "@switchroom:desk.test";

/// The state events of an interaction that an agent saw, each state once, oldest first.
fn states(log: &Log, room: &RoomId) -> Vec<Value> {
    let of_room = log.events().iter().filter(|seen| seen.room_id == room);
    let mut states: Vec<Value> = of_room
        .filter(|seen| seen.kind == "org.switchroom.interaction")
        .map(|seen| seen.content.clone())
        .collect();
    states.dedup_by_key(|content| content["state"].clone());
    states
}

#[tokio::test]
async fn a_preview_shows_what_is_offered_and_the_room_what_became_of_it() {
    let world = World::new().await;
    let alice = world.agent("alice");
    // Nobody is ready: it waits, and its room is there before anyone is asked.
    world.text(JANE, "Where is my order 4711?").await;
    eventually("the room to be made", || async {
        (world.number("SELECT COUNT(*) FROM interactions WHERE room_id IS NOT NULL").await == 1).then_some(())
    })
    .await;
    assert!(alice.invites().is_empty());
    world.command("alice", "!ready", "status").await;

    let preview = offer_after(&world, "alice", 0, JANE).await;
    assert_eq!((preview.sender.as_str(), preview.msgtype()), (BOT, "m.text"));
    assert_eq!(preview.mentions(), Some(vec!["@alice:desk.test"]));
    for part in ["Where is my order 4711?", &shown(JANE), &shown(OURS), "support", "session", "SAN FRANCISCO"]
    {
        assert!(preview.body().contains(part), "{part} is not in {}", preview.body());
        assert!(preview.formatted_body().unwrap().contains(part));
    }
    // The first lines are for ears: who, where and what, without ids, links and marks.
    let first = format!("{} texts support:", shown(JANE));
    assert!(preview.body().lines().take(2).eq([first.as_str(), "Where is my order 4711?"]));
    let notice = preview.notice().unwrap();
    let id = notice["interaction"].as_str().unwrap().to_owned();
    assert!(id.starts_with("i-") && id.len() <= 8, "{id}");
    let until = notice["expires_at"].as_i64().unwrap();
    assert!((1..=60).contains(&notice["secs"].as_i64().unwrap()) && until > preview.sent_at.0, "{notice}");
    assert!(preview.body().contains(", until "), "{}", preview.body());
    for key in ["✅", "❌"] {
        alice.wait_for_reaction(&preview.event_id, key).await.unwrap();
    }

    let room = join_offered(&world, "alice", JANE).await;
    let edited = outcome(&world, "alice", &preview, "offer_accepted").await;
    assert!(edited.content["m.new_content"]["body"].as_str().unwrap().contains(room.as_str()), "{edited:?}");
    done(&world, "alice", &room).await;
    let all_four = |log: &Log| Some(states(log, &room)).filter(|states| states.len() == 4);
    let seen = alice.until("the four states", all_four).await.unwrap();
    let names: Vec<&str> = seen.iter().map(|content| content["state"].as_str().unwrap()).collect();
    assert_eq!(names, ["queued", "offered", "active", "done"]);
    for content in &seen {
        assert_eq!(content["id"], id.as_str());
        assert_eq!(
            (&content["kind"], &content["mode"], &content["direction"]),
            (&json!("sms"), &json!("session"), &json!("inbound"))
        );
        assert_eq!((&content["queue"], &content["number"]), (&json!("support"), &json!(OURS)));
        assert_eq!(
            (&content["contact"]["name"], &content["contact"]["number"]),
            (&json!(JANE), &json!(JANE))
        );
        assert!(content["contact"]["id"].as_str().unwrap().starts_with("c-"));
        assert_eq!((&content["parent"], &content["disposition"]), (&Value::Null, &Value::Null));
        assert_eq!(content["case"]["city"], "SAN FRANCISCO");
        assert!(content["created_at"].as_i64().unwrap() <= content["updated_at"].as_i64().unwrap());
        assert!(content.as_object().unwrap().contains_key("expires_at"));
        let owner = if content["state"] == "active" { json!("@alice:desk.test") } else { Value::Null };
        assert_eq!(content["owner"], owner, "{}", content["state"]);
        if content["state"] == "offered" {
            let offer = &content["offer"];
            assert_eq!(
                (&offer["to"], &offer["by"], &offer["reason"]),
                (&json!("@alice:desk.test"), &Value::Null, &json!("queue"))
            );
            assert!(offer["expires_at"].as_i64() > content["created_at"].as_i64());
        } else {
            assert_eq!(content["offer"], Value::Null);
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn a_preview_cuts_a_long_text_and_names_what_else_goes_on_with_the_contact() {
    let world =
        World::with(WorldOptions { more_numbers: &[(OTHER, "queue: support")], ..WorldOptions::default() })
            .await;
    let alice = world.agent("alice");
    let first = world.conversation("alice", JANE, "Hello").await;
    let long = format!("Where is my {}order?", "big and heavy ".repeat(60));
    let position = alice.position();
    world.provider.text_from(JANE, OTHER, &long, vec![]).await.unwrap();
    let preview = offer_after(&world, "alice", position, JANE).await;
    let notice = preview.notice().unwrap();
    let cut = notice["text"].as_str().unwrap();
    let whole = cut.strip_suffix('…').unwrap();
    assert!(long.starts_with(whole) && (200..400).contains(&cut.chars().count()), "{cut}");
    assert_eq!(
        (&notice["in_progress"], &notice["recent"]),
        (&json!([["session", 1]]), &json!([])),
        "one in progress is not also recent"
    );
    assert!(
        preview.body().contains(&format!("In progress with {}: 1 session", shown(JANE))),
        "{}",
        preview.body()
    );
    let console = world.console("alice").await;
    alice.react(&console, &preview.event_id, "✅").await.unwrap();
    let taken = outcome(&world, "alice", &preview, "offer_accepted").await;
    assert_eq!(taken.notice().unwrap()["others"]["in_progress"], json!([["session", 1]]));
    let second = join_offered(&world, "alice", JANE).await;
    assert_ne!(first, second);
    alice.wait_for_text(&second, &long).await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn a_session_room_is_closed_to_the_world_and_its_agents_only_talk() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let topic_is_hers = |room: &SeenRoom| {
        room.state("m.room.topic", "")
            .is_some_and(|content| content["topic"].as_str().unwrap().contains("alice Doe"))
    };
    let seen = alice.wait_for_room(&room, "the topic with its owner", topic_is_hers).await.unwrap();
    let state = |kind: &str| seen.state(kind, "").unwrap_or(&Value::Null).clone();
    let topic = state("m.room.topic")["topic"].as_str().unwrap().to_owned();
    for part in [&shown(JANE), &shown(OURS), "support"] {
        assert!(topic.contains(part), "{part} is not in {topic}");
    }
    assert_eq!(seen.name(), shown(JANE));
    let created = state("m.room.create");
    assert_eq!((&created["room_version"], &created["m.federate"]), (&json!("12"), &json!(false)));
    assert_eq!(state("m.room.join_rules")["join_rule"], "invite");
    assert_eq!(state("m.room.history_visibility")["history_visibility"], "shared");
    let levels = state("m.room.power_levels");
    assert_eq!((&levels["users"], &levels["users_default"]), (&json!({}), &json!(0)));
    let janes_ghost = world.ghost(JANE).await;
    assert_eq!(seen.members("join"), ["@alice:desk.test", &janes_ghost, BOT]);
    assert_eq!(seen.state("m.room.member", &janes_ghost).unwrap()["displayname"], *shown(JANE));

    // Of the invites the ghost's comes before the first word, the agent's after it.
    let position = |what: &dyn Fn(&Seen) -> bool| {
        alice.look(|log| log.events().iter().filter(|seen| seen.room_id == room).position(what))
    };
    let invited = |user: &str| {
        let user = user.to_owned();
        move |seen: &Seen| seen.state_key.as_ref() == Some(&user) && seen.content["membership"] == "invite"
    };
    let said = position(&|seen: &Seen| seen.is_message());
    assert!(position(&invited(&janes_ghost)) < said && said < position(&invited("@alice:desk.test")));

    world.synapse.register_user("mallory", "secret", false).await.unwrap();
    let mallory: OwnedUserId = "@mallory:desk.test".try_into().unwrap();
    let here = alice.client().get_room(&room).unwrap();
    assert!(here.invite_user_by_id(&mallory).await.is_err(), "agents invite nobody");
    assert!(here.set_name("Mine".to_owned()).await.is_err(), "agents rename nothing");
    assert!(here.kick_user(janes_ghost.as_str().try_into().unwrap(), None).await.is_err());
    let stranger = Agent::login(&world.synapse.url(), "mallory", "secret").await.unwrap();
    assert_eq!(stranger.join(&room).await.unwrap_err().errcode().as_deref(), Some("M_FORBIDDEN"));
    let console = world.console("alice").await;
    let console = alice.client().get_room(&console).unwrap();
    assert!(console.invite_user_by_id(&mallory).await.is_err(), "nobody is brought into a console");
    world.finish().await;
}

#[tokio::test]
async fn the_longest_idle_is_asked_first_and_nobody_beyond_their_capacity() {
    let options =
        WorldOptions { agents: &["alice", "bob"], agent: "capacity: {sms: 1}", ..WorldOptions::default() };
    let world = World::with(options).await;
    let bob = world.agent("bob");
    world.command("alice", "!ready", "status").await;
    text_offered_to(&world, "alice", JANE).await;
    let alices = join_offered(&world, "alice", JANE).await;
    world.command("bob", "!ready", "status").await;
    text_offered_to(&world, "bob", OMAR).await;
    let bobs = join_offered(&world, "bob", OMAR).await;

    world.text(CARL, "Hello?").await;
    eventually("the third to wait", || async {
        (world
            .number("SELECT COUNT(*) FROM interactions WHERE state = 'queued' AND room_id IS NOT NULL")
            .await
            == 1)
            .then_some(())
    })
    .await;
    let status = world.command("bob", "!status", "status").await;
    let notice = status.notice().unwrap();
    assert_eq!((&notice["open"], &notice["capacity"], &notice["waiting"]), (&json!(1), &json!(1), &json!(1)));
    assert!(world.agent("alice").invites().is_empty() && bob.invites().is_empty());

    done(&world, "alice", &alices).await;
    let alices = join_offered(&world, "alice", CARL).await;
    done(&world, "bob", &bobs).await;
    done(&world, "alice", &alices).await;
    // Bob has been idle for longer, and nobody has spoken with this contact before.
    text_offered_to(&world, "bob", "+14155550177").await;
    world.finish().await;
}

#[tokio::test]
async fn commands_are_understood_however_they_are_typed() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    let status = world.command("alice", "!STATUS", "status").await;
    assert_eq!((status.msgtype(), status.mentions()), ("m.notice", Some(vec![])));
    assert_eq!(status.notice().unwrap()["ready"], false);
    for ready in ["! ready", "！ready", "  !Ready", "!ready sms", "\u{200b}!ready"] {
        world.command("alice", "!notready  coffee \u{202e}break", "status").await;
        let status = world.command("alice", ready, "status").await;
        assert_eq!(status.notice().unwrap()["ready"], true, "{ready:?}");
    }
    let status = world.command("alice", "!notready  coffee \u{202e}break", "status").await;
    assert_eq!(status.notice().unwrap()["reason"], "coffee break");

    let help = world.command("alice", "!help !Accept", "help").await;
    assert_eq!(help.notice().unwrap()["commands"].as_array().unwrap().len(), 1);
    assert!(help.body().contains("!accept [id]"), "{}", help.body());
    for (typed, nearest) in [
        ("!rady", json!("ready")),
        ("!DNOE", json!("done")),
        ("!help stats", json!("status")),
        ("!xylophone", Value::Null),
    ] {
        let answer = world.command("alice", typed, "unknown_command").await;
        assert_eq!(answer.notice().unwrap()["nearest"], nearest, "{typed}");
    }
    for typed in ["hello?", "!done", "!count"] {
        world.command("alice", typed, "usage").await;
    }
    for (typed, hint) in [("!ready voice", "there is sms, im"), ("!ready imm", "did you mean im?")] {
        let usage = world.command("alice", typed, "usage").await;
        assert!(usage.body().contains(hint), "{}", usage.body());
    }
    let none = world.command("alice", "!mine", "list").await;
    assert_eq!(none.notice().unwrap()["rows"], json!([]));
    let room = world.conversation("alice", JANE, "Hello").await;
    let mine = world.command("alice", "!mine", "list").await;
    let row = &mine.notice().unwrap()["rows"][0];
    assert_eq!((&row["title"], &row["room"]), (&json!(JANE), &json!(room)));
    assert!(mine.body().contains("https://matrix.to/#/"), "{}", mine.body());

    // Notices, edits and quoted text are nobody's commands; an answer to the bot is.
    let position = alice.position();
    let notice = json!({"msgtype": "m.notice", "body": "!notready"});
    alice.send_raw(&console, "m.room.message", notice).await.unwrap();
    let hello = alice.send_text(&console, "!help ready").await.unwrap();
    alice.edit(&console, &hello, "!notready").await.unwrap();
    let quoting = json!({
        "msgtype": "m.text", "body": "> <@switchroom:desk.test> !notready\n\n! status",
        "m.relates_to": {"m.in_reply_to": {"event_id": mine.event_id}},
    });
    alice.send_raw(&console, "m.room.message", quoting).await.unwrap();
    let status = |seen: &Seen| seen.code() == "status";
    let status = alice.wait_for_after(position, "the status", status).await.unwrap();
    assert_eq!(status.notice().unwrap()["ready"], true);
    world.finish().await;
}

async fn invited_by(agent: &Agent) -> OwnedRoomId {
    let mut request = CreateRoom::new();
    request.preset = Some(RoomPreset::TrustedPrivateChat);
    request.is_direct = true;
    request.invite = vec![BOT.try_into().unwrap()];
    agent.client().create_room(request).await.unwrap().room_id().to_owned()
}

async fn declined_because(agent: &Agent, room: &RoomId) -> String {
    let declined = |seen: &Seen| {
        seen.room_id == room
            && seen.state_key.as_deref() == Some(BOT)
            && seen.content["membership"] == "leave"
    };
    let leave = agent.wait_for("the bot to decline", declined).await.unwrap();
    leave.content["reason"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_stranger_gets_no_room_with_the_bot_and_an_agent_only_their_console() {
    let world = World::new().await;
    let alice = world.agent("alice");
    world.synapse.register_user("mallory", "secret", false).await.unwrap();
    let mallory = Agent::login(&world.synapse.url(), "mallory", "secret").await.unwrap();
    let room = invited_by(&mallory).await;
    assert_eq!(declined_because(&mallory, &room).await, "not allowed");
    mallory.send_text(&room, "!ready").await.unwrap();
    let own = invited_by(alice).await;
    assert_eq!(declined_because(alice, &own).await, "use your console");
    for table in [
        "SELECT COUNT(*) FROM contacts",
        "SELECT COUNT(*) FROM interactions",
        "SELECT COUNT(*) FROM transcript",
        "SELECT COUNT(*) FROM agents WHERE user_id LIKE '%mallory%'",
    ] {
        assert_eq!(world.number(table).await, 0, "{table}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM rooms").await, 1, "the console, and nothing else");

    // Who left their console is asked into it again.
    let console = world.console("alice").await;
    alice.leave(&console, None).await.unwrap();
    let own = invited_by(alice).await;
    assert_eq!(declined_because(alice, &own).await, "use your console");
    let offered = alice.wait_for_invite("the console", |room| room.name() == "Switchroom").await.unwrap();
    assert_eq!(offered, console);
    assert_eq!(world.console("alice").await, console);
    world.command("alice", "!status", "status").await;
    world.finish().await;
}
