//! What must be true in the end, read from the desk's database, the homeserver and the provider.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use switchroom::domain::address::Address;
use switchroom::domain::notice::StoryLine;

use super::history::History;
use super::player::Reply;
use super::street::{Line, Street};
use super::{OTHER, PATIENCE};
use crate::harness::{OURS, World, eventually_moving};

const BOT: &str = "@switchroom:desk.test";
/// What the desk still does by itself when everyone has stopped: it is waited for before anything is judged.
const UNDER_WAY: &str = "SELECT (SELECT COUNT(*) FROM outbox WHERE state = 'ready')
    + (SELECT COUNT(*) FROM interactions WHERE state = 'offered'
        OR json_extract(body, '$.phase.come_by') IS NOT NULL
        OR json_extract(body, '$.phase.transfer') IS NOT NULL)";
/// What tells an agent that their message did not go, or may not have.
const NOT_SENT: [&str; 3] = ["message_held_back", "message_unconfirmed", "message_failed"];

/// A conversation, as the desk and the homeserver know it.
struct Conversation {
    id: String,
    line: Line,
    state: String,
    owner: String,
    room: String,
    /// Who speaks for the phone.
    ghost: String,
    events: Vec<Value>,
}

/// Judges it all; returns how often each kind of thing happened.
pub(super) async fn judge(
    world: &World,
    street: &Street<'_>,
    replies: &[Reply],
) -> BTreeMap<&'static str, usize> {
    eventually_moving(PATIENCE, "everything to come to rest", || async {
        let under_way = world.number(UNDER_WAY).await;
        if under_way == 0 { Ok(()) } else { Err(under_way) }
    })
    .await;
    let conversations = conversations(world).await;
    for conversation in &conversations {
        the_room_says_the_same(world, conversation).await;
    }
    each_text_stands_once_in_order(&street.said().await, &conversations);
    each_reply_went_at_most_once(street.taken(), replies, &conversations);
    the_history_is_sound(world, &conversations).await
}

async fn conversations(world: &World) -> Vec<Conversation> {
    let sql = "SELECT id, contact_number, our_number, state, owner, room_id FROM interactions ORDER BY rowid";
    let mut all = vec![];
    for row in world.books.rows(sql).await {
        let [id, phone, ours, state, owner, room] = row.try_into().unwrap();
        let [phone, ours] = [phone, ours].map(|kept| Address::read(&kept).value().to_owned());
        let messages = world.shown_to_bot(&format!("rooms/{room}/messages?dir=f&limit=1000")).await;
        let events = messages["chunk"].as_array().unwrap().clone();
        assert!(events.len() < 1000, "{id} has more events than were read");
        let ghost = world.ghost(&phone).await;
        let ours = [OURS, OTHER].into_iter().find(|number| *number == ours).unwrap();
        all.push(Conversation { id, line: (phone, ours), state, owner, room, ghost, events });
    }
    all
}

/// Done, owned by exactly one, or queued, in the database as in the room; and in the room is whoever belongs
/// there.
async fn the_room_says_the_same(world: &World, conversation: &Conversation) {
    let Conversation { id, state, owner, room, ghost, .. } = conversation;
    let events = world.shown_to_bot(&format!("rooms/{room}/state")).await;
    let events = events.as_array().unwrap();
    let content = |event: &&Value| event["type"] == "org.switchroom.interaction";
    let content = &events.iter().find(content).unwrap()["content"];
    let user = |agent: &str| format!("@{agent}:desk.test");
    assert_eq!((&content["id"], &content["state"]), (&id.as_str().into(), &state.as_str().into()), "{id}");
    let is_owned = ["active", "held"].contains(&state.as_str());
    assert!(is_owned || ["done", "queued"].contains(&state.as_str()), "{id} is {state}");
    assert_eq!(is_owned, !owner.is_empty(), "{id} is {state}, its owner {owner:?}");
    assert_eq!(content["owner"].as_str(), is_owned.then(|| user(owner)).as_deref(), "{id}");
    assert_eq!(content["offer"], Value::Null, "{id}");

    let member = |with: &str| {
        let members = events.iter().filter(|event| event["type"] == "m.room.member");
        let mut users: Vec<String> = members
            .filter(|event| event["content"]["membership"] == with)
            .map(|event| event["state_key"].as_str().unwrap().to_owned())
            .collect();
        users.sort();
        users
    };
    let mut present = vec![ghost.clone(), BOT.to_owned()];
    present.extend(is_owned.then(|| user(owner)));
    present.sort();
    assert_eq!((member("join"), member("invite")), (present, vec![]), "{id} is {state}");
}

fn each_text_stands_once_in_order(said: &HashMap<Line, Vec<String>>, conversations: &[Conversation]) {
    for (line, said) in said {
        let rooms = conversations.iter().filter(|conversation| conversation.line == *line);
        let shown: Vec<&str> = rooms
            .flat_map(|conversation| conversation.events.iter().map(|event| (event, &conversation.ghost)))
            .filter(|(event, ghost)| event["type"] == "m.room.message" && event["sender"] == ghost.as_str())
            .map(|(event, _)| event["content"]["body"].as_str().unwrap())
            .collect();
        assert_eq!(shown, *said, "from {line:?}");
    }
}

/// Each message went to its own phone once, or its writer was told that it did not, or may not have.
fn each_reply_went_at_most_once(
    taken: Vec<(String, String)>,
    replies: &[Reply],
    conversations: &[Conversation],
) {
    let mut went: HashMap<(String, String), usize> = HashMap::new();
    for sms in taken {
        *went.entry(sms).or_default() += 1;
    }
    for Reply { event, room, phone, body } in replies {
        let times = went.remove(&(phone.clone(), body.clone())).unwrap_or(0);
        let conversation =
            conversations.iter().find(|conversation| conversation.room == room.as_str()).unwrap();
        let told: Vec<&str> =
            conversation.events.iter().filter_map(|notice| answer_to(notice, event.as_str())).collect();
        let not_sent = told.iter().any(|code| NOT_SENT.contains(code));
        assert!(times == 1 || times == 0 && not_sent, "{body:?} went {times} times, and was told: {told:?}");
        assert!(times == 0 || !told.contains(&"message_held_back"), "{body:?} went all the same");
    }
    assert!(went.is_empty(), "nobody wrote {went:?}");
}

/// The code of a notice that answers an event.
fn answer_to<'a>(notice: &'a Value, event: &str) -> Option<&'a str> {
    let content = &notice["content"];
    let answers = content["m.relates_to"]["m.in_reply_to"]["event_id"] == event;
    content["org.switchroom.notice"]["code"].as_str().filter(|_| answers)
}

/// A line of the transcript in the words that [`History`] reads; empty where it changes nothing of whose it
/// is.
fn in_words(line: &StoryLine) -> String {
    match line {
        StoryLine::Offered { to } => format!("offered to {}", to.join(", ")),
        StoryLine::Accepted { by } => format!("accepted by {by}"),
        StoryLine::Rejected { by, .. } => format!("rejected by {by}"),
        StoryLine::NoAnswer { by } => format!("no answer from {by}"),
        StoryLine::Transferred { from, to, by } => format!("transferred from {from} to {to} by {by}"),
        StoryLine::MovedToQueue { from, queue, .. } => format!("transferred from {from} to queue {queue}"),
        StoryLine::TransferRejected { by, .. } => format!("transfer rejected by {by}"),
        StoryLine::TransferUnanswered { by } => format!("transfer not answered by {by}"),
        StoryLine::TransferWithdrawn { why } => format!("transfer withdrawn: {why:?}"),
        StoryLine::Requeued { by } => format!("queued again: {by} was away"),
        StoryLine::SentBack { from, by } => format!("queued again from {from} by {by}"),
        StoryLine::Done { by } => format!("done by {by}"),
        StoryLine::State { state } => state.clone(),
        _ => String::new(),
    }
}

async fn the_history_is_sound(
    world: &World,
    conversations: &[Conversation],
) -> BTreeMap<&'static str, usize> {
    let sql = "SELECT interaction, body FROM transcript WHERE kind = 'change' ORDER BY rowid";
    let mut history = History::default();
    for line in world.books.rows(sql).await {
        history.read(&line[0], &in_words(&serde_json::from_str(&line[1]).unwrap()));
    }
    for Conversation { id, state, owner, .. } in conversations {
        let state = if ["active", "held"].contains(&state.as_str()) { "owned" } else { state };
        let owner = if owner.is_empty() { String::new() } else { format!("{owner} Doe") };
        assert_eq!(history.end(id), (state, owner), "{id}");
    }
    history.happened
}
