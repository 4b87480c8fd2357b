//! What an agent's client has seen: an append-only log of events, and the rooms as they stand now.

use std::collections::{HashMap, HashSet};

use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde::Deserialize;
use serde_json::Value;

use crate::clock::Millis;

/// How many events a summary for a failed wait shows.
const SUMMARY_EVENTS: usize = 40;

/// One event of a room's timeline as the client received it. Later edits and redactions are events of their
/// own.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The room it was sent to.
    pub room_id: OwnedRoomId,
    /// Its id.
    pub event_id: OwnedEventId,
    /// Who sent it.
    pub sender: OwnedUserId,
    /// Its type, `m.room.message` for a message.
    pub kind: String,
    /// The state key, of a state event.
    pub state_key: Option<String>,
    /// When it was sent, by the homeserver's clock.
    pub sent_at: Millis,
    /// Its content.
    pub content: Value,
    /// The event that it redacts.
    pub redacts: Option<OwnedEventId>,
}

impl Seen {
    /// Reads an event; `None` for what is not one.
    pub(crate) fn parse(room_id: &RoomId, json: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Fields {
            event_id: OwnedEventId,
            sender: OwnedUserId,
            r#type: String,
            state_key: Option<String>,
            origin_server_ts: Millis,
            content: Value,
            redacts: Option<OwnedEventId>,
        }
        let Fields { event_id, sender, r#type: kind, state_key, origin_server_ts: sent_at, content, redacts } =
            serde_json::from_str(json).ok()?;
        // Since room version 11 the redacted event is named in the content.
        let redacts = redacts.or_else(|| content["redacts"].as_str()?.try_into().ok());
        Some(Self {
            room_id: room_id.to_owned(),
            event_id,
            sender,
            kind,
            state_key,
            sent_at,
            content,
            redacts,
        })
    }

    /// Whether it is a message, of whichever `msgtype`; an edit is one too.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.kind == "m.room.message"
    }

    /// The plain text of a message; empty if it has none.
    #[must_use]
    pub fn body(&self) -> &str {
        self.content["body"].as_str().unwrap_or_default()
    }

    /// The HTML of a message.
    #[must_use]
    pub fn formatted_body(&self) -> Option<&str> {
        self.content["formatted_body"].as_str()
    }

    /// The kind of a message, `m.text`, `m.notice`, `m.image` and so on; empty if it is none.
    #[must_use]
    pub fn msgtype(&self) -> &str {
        self.content["msgtype"].as_str().unwrap_or_default()
    }

    /// The `org.switchroom.notice` of a message of the bot.
    #[must_use]
    pub fn notice(&self) -> Option<&Value> {
        self.content.get("org.switchroom.notice")
    }

    /// The `code` of its notice, empty without one.
    #[must_use]
    pub fn code(&self) -> &str {
        self.notice().and_then(|notice| notice["code"].as_str()).unwrap_or_default()
    }

    /// The users it mentions; `None` if it does not say, which is not the same as nobody.
    #[must_use]
    pub fn mentions(&self) -> Option<Vec<&str>> {
        let mentions = self.content.get("m.mentions")?;
        Some(mentions["user_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect())
    }

    /// Its `m.relates_to`, null without one.
    #[must_use]
    pub fn relates_to(&self) -> &Value {
        &self.content["m.relates_to"]
    }

    /// The event it replies to.
    #[must_use]
    pub fn replies_to(&self) -> Option<&str> {
        self.relates_to()["m.in_reply_to"]["event_id"].as_str()
    }

    /// The event it edits.
    #[must_use]
    pub fn replaces(&self) -> Option<&str> {
        self.relation("m.replace")
    }

    /// The root of the thread it is in.
    #[must_use]
    pub fn thread(&self) -> Option<&str> {
        self.relation("m.thread")
    }

    /// The event it reacts to, and with what.
    #[must_use]
    pub fn reaction(&self) -> Option<(&str, &str)> {
        Some((self.relation("m.annotation")?, self.relates_to()["key"].as_str()?))
    }

    fn relation(&self, rel_type: &str) -> Option<&str> {
        let relation = self.relates_to();
        (relation["rel_type"] == rel_type).then(|| relation["event_id"].as_str()).flatten()
    }

    /// One line about it for a person to read.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { sender, kind, .. } = self;
        let what = match (self.reaction(), &self.redacts) {
            (Some((target, key)), _) => format!("{key} to {target}"),
            (None, Some(target)) => format!("redacts {target}"),
            (None, None) if self.is_message() => {
                format!("{} {:?} {}", self.msgtype(), self.body(), self.code())
            }
            (None, None) => format!("{:?} {}", self.state_key.as_deref().unwrap_or_default(), self.content),
        };
        format!("{} {} {sender} {kind} {}", self.room_id, self.event_id, what.trim_end())
    }
}

/// Where a user stands in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Invited, and neither joined nor declined yet.
    Invited,
    /// In the room.
    Joined,
    /// Left, removed, or the invite was declined or withdrawn.
    Left,
}

/// A room as it stands now for the client.
#[derive(Clone, Debug)]
pub struct SeenRoom {
    /// Where the client's user stands in it.
    pub membership: Membership,
    state: HashMap<(String, String), StateEvent>,
}

/// A state event, which in an invite has neither id nor time.
#[derive(Clone, Debug, Deserialize)]
struct StateEvent {
    r#type: String,
    state_key: String,
    sender: OwnedUserId,
    content: Value,
}

impl SeenRoom {
    /// The content of the room's state event of this type and key.
    #[must_use]
    pub fn state(&self, kind: &str, key: &str) -> Option<&Value> {
        self.event(kind, key).map(|event| &event.content)
    }

    /// Whether it is a space: it holds rooms, and nothing is said in it.
    #[must_use]
    pub fn is_space(&self) -> bool {
        self.state("m.room.create", "").is_some_and(|content| content["type"] == "m.space")
    }

    /// The rooms that stand in it, if it is a space.
    #[must_use]
    pub fn children(&self) -> Vec<&str> {
        let children = self.state.values().filter(|event| event.r#type == "m.space.child");
        children
            .filter(|event| event.content["via"].is_array())
            .map(|event| event.state_key.as_str())
            .collect()
    }

    /// The room's name, empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.state("m.room.name", "").and_then(|content| content["name"].as_str()).unwrap_or_default()
    }

    /// Who made the room.
    #[must_use]
    pub fn creator(&self) -> Option<&UserId> {
        self.event("m.room.create", "").map(|event| &*event.sender)
    }

    /// Who set the present membership of a user: who invited them, or who removed them.
    #[must_use]
    pub fn membership_by(&self, user: &UserId) -> Option<&UserId> {
        self.event("m.room.member", user.as_str()).map(|event| &*event.sender)
    }

    /// The interaction that the room belongs to: its `org.switchroom.interaction`.
    #[must_use]
    pub fn interaction(&self) -> Option<&Value> {
        self.state("org.switchroom.interaction", "")
    }

    /// The users with this `membership` (`join`, `invite`, `leave`) in the room, sorted.
    #[must_use]
    pub fn members(&self, membership: &str) -> Vec<&str> {
        let members = self.state.values().filter(|event| event.r#type == "m.room.member");
        let mut found: Vec<&str> = members
            .filter(|event| event.content["membership"] == membership)
            .map(|event| event.state_key.as_str())
            .collect();
        found.sort_unstable();
        found
    }

    fn event(&self, kind: &str, key: &str) -> Option<&StateEvent> {
        self.state.get(&(kind.to_owned(), key.to_owned()))
    }
}

/// Everything a client has seen.
#[derive(Debug, Default)]
pub struct Log {
    events: Vec<Seen>,
    known: HashSet<OwnedEventId>,
    rooms: HashMap<OwnedRoomId, SeenRoom>,
}

impl Log {
    /// Every event, in the order it came.
    #[must_use]
    pub fn events(&self) -> &[Seen] {
        &self.events
    }

    /// Every room the user was ever invited to or in.
    #[must_use]
    pub fn rooms(&self) -> &HashMap<OwnedRoomId, SeenRoom> {
        &self.rooms
    }

    /// The messages of a room, edits among them.
    pub fn messages(&self, room: &RoomId) -> impl Iterator<Item = &Seen> {
        self.events.iter().filter(move |event| event.room_id == room && event.is_message())
    }

    /// The text that a message shows now, after its sender's last edit; `None` if it was never seen or is
    /// redacted.
    #[must_use]
    pub fn shown(&self, event_id: &str) -> Option<&str> {
        let message = self.events.iter().find(|event| event.event_id == event_id)?;
        if self.is_redacted(event_id) {
            return None;
        }
        let is_edit = |event: &&Seen| event.replaces() == Some(event_id) && event.sender == message.sender;
        let last_edit = self.events.iter().rfind(is_edit);
        let edited = last_edit.and_then(|edit| edit.content["m.new_content"]["body"].as_str());
        Some(edited.unwrap_or_else(|| message.body()))
    }

    /// Who reacted to an event with what, without the reactions taken back.
    #[must_use]
    pub fn reactions(&self, event_id: &str) -> Vec<(&UserId, &str)> {
        let standing = self.events.iter().filter(|event| !self.is_redacted(event.event_id.as_str()));
        standing
            .filter_map(|event| Some((&*event.sender, event.reaction()?)))
            .filter(|(_, (target, _))| *target == event_id)
            .map(|(sender, (_, key))| (sender, key))
            .collect()
    }

    /// Whether an event was redacted after it was seen.
    #[must_use]
    pub fn is_redacted(&self, event_id: &str) -> bool {
        self.events.iter().any(|event| event.redacts.as_ref().is_some_and(|target| target == event_id))
    }

    /// The rooms and the last events, a line each, for the report of a wait that failed.
    #[must_use]
    pub fn summary(&self) -> String {
        let rooms =
            self.rooms.iter().map(|(id, room)| format!("{id} {:?} {:?}\n", room.membership, room.name()));
        let last = &self.events[self.events.len().saturating_sub(SUMMARY_EVENTS)..];
        rooms.chain(last.iter().map(|event| event.line() + "\n")).collect()
    }

    /// Whether an event has been seen.
    pub(crate) fn knows(&self, event: &OwnedEventId) -> bool {
        self.known.contains(event)
    }

    /// Sets where the user stands in a room, and takes in changes of the room's state, in their order.
    pub(crate) fn room<'a>(
        &mut self,
        room_id: &RoomId,
        membership: Membership,
        state: impl IntoIterator<Item = &'a str>,
    ) {
        let room = self
            .rooms
            .entry(room_id.to_owned())
            .or_insert_with(|| SeenRoom { membership, state: HashMap::new() });
        room.membership = membership;
        for event in state.into_iter().filter_map(|json| serde_json::from_str::<StateEvent>(json).ok()) {
            room.state.insert((event.r#type.clone(), event.state_key.clone()), event);
        }
    }

    /// Appends an event, unless it is known.
    pub(crate) fn append(&mut self, event: Seen) {
        if self.known.insert(event.event_id.clone()) {
            self.events.push(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use ruma::room_id;
    use serde_json::json;

    use super::*;

    fn event(id: &str, sender: &str, kind: &str, content: &Value) -> Seen {
        let json = json!({
            "event_id": id, "sender": sender, "type": kind, "origin_server_ts": 7, "content": content,
        });
        Seen::parse(room_id!("!r:desk.test"), &json.to_string()).unwrap()
    }

    fn edit(id: &str, sender: &str, text: &str) -> Seen {
        let relation = json!({"rel_type": "m.replace", "event_id": "$text"});
        let content = json!({"body": "* x", "m.new_content": {"body": text}, "m.relates_to": relation});
        event(id, sender, "m.room.message", &content)
    }

    #[test]
    fn an_edit_by_someone_else_does_not_show() {
        let mut log = Log::default();
        log.append(event("$text", "@a:desk.test", "m.room.message", &json!({"body": "first"})));
        log.append(edit("$mine", "@a:desk.test", "second"));
        log.append(edit("$theirs", "@b:desk.test", "third"));
        assert_eq!(log.shown("$text"), Some("second"));
    }

    #[test]
    fn a_redacted_reaction_is_gone_and_an_event_is_kept_once() {
        let mut log = Log::default();
        let relation =
            json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$text", "key": "✅"}});
        for id in ["$one", "$two", "$one"] {
            log.append(event(id, "@a:desk.test", "m.reaction", &relation));
        }
        assert_eq!(log.reactions("$text").len(), 2);
        log.append(event("$r", "@a:desk.test", "m.room.redaction", &json!({"redacts": "$one"})));
        assert_eq!(log.reactions("$text").len(), 1);
    }

    #[test]
    fn no_mentions_and_empty_mentions_differ() {
        let silent = event("$a", "@a:desk.test", "m.room.message", &json!({"m.mentions": {}}));
        assert_eq!(silent.mentions(), Some(Vec::new()));
        assert_eq!(event("$b", "@a:desk.test", "m.room.message", &json!({})).mentions(), None);
    }

    #[test]
    fn garbage_is_no_event() {
        assert!(Seen::parse(room_id!("!r:desk.test"), "{\"event_id\": 3}").is_none());
        assert!(Seen::parse(room_id!("!r:desk.test"), "\u{0}").is_none());
    }
}
