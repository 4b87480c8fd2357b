//! What of a room tells of a person: which of its events are redacted.

use std::collections::{BTreeSet, HashSet};

use ruma::{OwnedEventId, OwnedUserId, UserId};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::colleagues::{NOTICE, by_colleagues};
use super::{About, ErasureId, Words, names};
use crate::clock::Millis;

/// State that says how a room works, and nothing of people.
const WORKINGS: [&str; 11] = [
    "m.room.create",
    "m.room.power_levels",
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.guest_access",
    "m.room.encryption",
    "m.room.canonical_alias",
    "m.room.server_acl",
    "m.room.tombstone",
    "m.space.parent",
    "m.space.child",
];
/// State that shows what a room is about, and may be overwritten.
const SHOWN: [&str; 5] =
    ["m.room.name", "m.room.topic", "m.room.avatar", "m.room.pinned_events", "org.switchroom.interaction"];

/// Whether state of this type shows what a room is about.
#[must_use]
pub fn is_shown(kind: &str) -> bool {
    SHOWN.contains(&kind)
}

/// What state of this type is overwritten with: nothing, in the words that its type asks for.
#[must_use]
pub fn blank(kind: &str) -> Value {
    match kind {
        "m.room.name" => json!({"name": ""}),
        "m.room.topic" => json!({"topic": ""}),
        "m.room.pinned_events" => json!({"pinned": []}),
        _ => json!({}),
    }
}

/// An event, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// Its id.
    pub event_id: OwnedEventId,
    /// Who sent it.
    pub sender: OwnedUserId,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    room_id: String,
    #[serde(default)]
    origin_server_ts: Value,
    state_key: Option<String>,
    #[serde(default, deserialize_with = "however_deep")]
    content: Value,
    #[serde(default)]
    unsigned: Unsigned,
}

/// Reads a content; what is nested deeper than JSON is read is taken as text.
fn however_deep<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
    let raw = Box::<RawValue>::deserialize(from)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_else(|_| Value::String(raw.get().to_owned())))
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Unsigned {
    redacted_because: Option<Value>,
    /// What stood there before. A homeserver may go on showing that beside the newer state when what stood
    /// there is redacted: until the newer state is redacted too.
    #[serde(default)]
    prev_content: Value,
}

/// What there is to do about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It tells of nobody, or is redacted already.
    Nothing,
    /// It was redacted for this erasure before. Whether it tells of them by itself.
    Redacted {
        /// Whether it does, and not only replies to something that does.
        by_itself: bool,
    },
    /// It is redacted.
    Redact {
        /// Whether it tells of them by itself, so that what replies to it quotes them.
        by_itself: bool,
        /// The event that it replaces, which is redacted too.
        original: Option<OwnedEventId>,
    },
    /// Nobody can read it.
    Encrypted,
}

/// Reading a room for an erasure.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The erasure.
    pub job: &'a ErasureId,
    /// What tells of them and nobody else.
    pub words: &'a Words,
    /// What they were called: it tells of them where a colleague wrote it.
    pub names: &'a Words,
    /// Whether a customer sent the event.
    pub by_customer: bool,
    /// What is known of them.
    pub about: &'a About,
    /// Of what the events name or show: events that tell of them, files of theirs, their conversations and
    /// their rooms.
    pub seen: &'a HashSet<String>,
    /// What is said later in rooms of others is of somebody new, by whatever words:
    /// [`super::Erasure::until`].
    pub until: Millis,
}

impl Reading<'_> {
    /// The reason that a redaction gives. It names the erasure, so that what was done before is known again.
    #[must_use]
    pub fn reason(job: &ErasureId, by_itself: bool) -> String {
        if by_itself { format!("erased, {job}") } else { format!("a reply to something erased, {job}") }
    }

    /// What there is to do about an event in a room that is erased as a whole.
    #[must_use]
    pub fn in_room_of_theirs(&self, event: &Event) -> Trace {
        match self.redacted(event) {
            Some(trace) => trace,
            None if event.recalls_something() => Trace::Redact { by_itself: true, original: None },
            None if event.is_bare() || self.is_redaction_of_ours(event) => Trace::Nothing,
            None => Trace::Redact { by_itself: true, original: None },
        }
    }

    /// What there is to do about an event in a room of others. What is later is left, unless it brings back
    /// what was said before: it answers or edits that, or shows what stood there.
    #[must_use]
    pub fn in_room_of_others(&self, event: &Event) -> Trace {
        if let Some(trace) = self.redacted(event) {
            return trace;
        }
        let before = &event.unsigned.prev_content;
        if event.recalls_something() && (self.are_in(before) || self.names_theirs(before)) {
            return Trace::Redact { by_itself: true, original: None };
        }
        if event.is_bare() || self.is_redaction_of_ours(event) {
            return Trace::Nothing;
        }
        // The desk's own transcript was emptied of it: nobody is to read here what is gone there.
        if self.seen.contains(event.event_id.as_str()) {
            return Trace::Redact { by_itself: true, original: event.replaces() };
        }
        let is_later = event.sent_at().is_some_and(|at| at > self.until);
        if !is_later && self.tells(event) {
            return Trace::Redact { by_itself: true, original: event.replaces() };
        }
        let of_theirs = |id: &str| self.seen.contains(id);
        let is_of_them = event.relates_to().into_iter().any(of_theirs)
            || event.is_invite() && self.seen.contains(&event.shown_in_room());
        if is_of_them && !self.is_of_erasure(event) {
            return Trace::Redact { by_itself: false, original: None };
        }
        if event.is_encrypted() && !is_later { Trace::Encrypted } else { Trace::Nothing }
    }

    fn tells(&self, event: &Event) -> bool {
        let is_theirs = |user: &UserId| self.about.ghosts.iter().any(|ghost| ghost == user);
        is_theirs(&event.sender)
            || event.state_key.as_deref().is_some_and(|key| self.words.are_in_text(key))
            || event.files().iter().any(|file| self.seen.contains(file))
            || self.are_in(&event.content)
            || self.names_theirs(&event.content)
    }

    /// Whether a content tells of them: by what is theirs alone, or by a name that a colleague wrote.
    fn are_in(&self, content: &Value) -> bool {
        self.words.are_in(content) || !self.by_customer && self.names.are_in(&by_colleagues(content))
    }

    /// Whether a content names a conversation or a room of theirs.
    fn names_theirs(&self, content: &Value) -> bool {
        names(content).is_none_or(|names| names.iter().any(|name| self.seen.contains(name)))
    }

    fn redacted(&self, event: &Event) -> Option<Trace> {
        let because = event.unsigned.redacted_because.as_ref()?;
        let reason = because["content"]["reason"].as_str();
        let of_job = |by_itself| reason == Some(&Self::reason(self.job, by_itself));
        Some(if of_job(true) {
            Trace::Redacted { by_itself: true }
        } else if of_job(false) {
            Trace::Redacted { by_itself: false }
        } else {
            Trace::Nothing
        })
    }

    fn is_redaction_of_ours(&self, event: &Event) -> bool {
        let reason = event.content["reason"].as_str();
        event.kind == "m.room.redaction"
            && [true, false].iter().any(|by_itself| reason == Some(&Self::reason(self.job, *by_itself)))
    }

    /// Whether it says something of the erasure itself, to who asked for it.
    fn is_of_erasure(&self, event: &Event) -> bool {
        let notice = event.content[NOTICE].as_object();
        notice.is_some_and(|notice| notice.values().any(|value| value == self.job.as_str()))
    }
}

impl Event {
    /// Reads an event; nothing for what is none.
    #[must_use]
    pub fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The files in it, by their addresses: not the pictures of people, nor stickers, which are not theirs.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        if !matches!(self.kind.as_str(), "m.room.member" | "m.sticker") {
            find_files(&self.content, 0, &mut files);
        }
        files
    }

    /// When it was sent, by the clock of its sender's homeserver.
    fn sent_at(&self) -> Option<Millis> {
        self.origin_server_ts.as_i64().map(Millis)
    }

    /// Whether something is shown beside it that stood there before.
    fn recalls_something(&self) -> bool {
        let before = self.unsigned.prev_content.as_object();
        let says = before.is_some_and(|before| before.keys().any(|name| name != "membership"));
        says && !WORKINGS.contains(&self.kind.as_str())
    }

    /// Whether nothing in it would be removed by a redaction.
    fn is_bare(&self) -> bool {
        let is_kept = |name: &str| match self.kind.as_str() {
            "m.room.member" => name == "membership",
            "m.room.redaction" => name == "redacts",
            _ => false,
        };
        let holds_nothing = match &self.content {
            Value::Object(content) => {
                !self.is_invite() && content.iter().all(|(name, value)| is_kept(name) || is_nothing(value))
            }
            Value::Null => true,
            _ => false,
        };
        holds_nothing || WORKINGS.contains(&self.kind.as_str())
    }

    /// Whether it invites somebody. The homeserver keeps beside an invite what the room was called then.
    fn is_invite(&self) -> bool {
        self.kind == "m.room.member" && self.content["membership"] == "invite"
    }

    /// By which it is known that the room showed something of them.
    fn shown_in_room(&self) -> String {
        format!("shown:{}", self.room_id)
    }

    /// By which that is known from now on, if it is what shows it.
    #[must_use]
    pub fn shows(&self) -> Option<String> {
        is_shown(&self.kind).then(|| self.shown_in_room())
    }

    fn is_encrypted(&self) -> bool {
        self.kind == "m.room.encrypted"
    }

    /// The event it replaces, if it is an edit.
    fn replaces(&self) -> Option<OwnedEventId> {
        let relation = &self.content["m.relates_to"];
        let is_edit = relation["rel_type"] == "m.replace";
        relation["event_id"].as_str().filter(|_| is_edit).and_then(|id| OwnedEventId::try_from(id).ok())
    }

    /// The events that it edits, marks, or replies to. What a thread falls back to is no reply.
    fn relates_to(&self) -> Vec<&str> {
        let relation = &self.content["m.relates_to"];
        let is_of_it =
            matches!(relation["rel_type"].as_str(), Some("m.replace" | "m.annotation" | "m.reference"));
        let of = relation["event_id"].as_str().filter(|_| is_of_it);
        let falls_back = relation["is_falling_back"] == true;
        let reply = relation["m.in_reply_to"]["event_id"].as_str().filter(|_| !falls_back);
        of.into_iter().chain(reply).collect()
    }

    /// The conversations and rooms that it names, or that stood there before: whether they are theirs decides
    /// about it in a room of others.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let both = [&self.content, &self.unsigned.prev_content];
        both.into_iter().filter_map(names).flatten().collect()
    }

    /// The ids whose being seen decides about it.
    #[must_use]
    pub fn depends_on(&self) -> Vec<String> {
        let mut ids = self.files();
        ids.push(self.event_id.to_string());
        ids.extend(self.relates_to().into_iter().map(ToOwned::to_owned));
        ids.extend(self.is_invite().then(|| self.shown_in_room()));
        ids
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

fn find_files(content: &Value, depth: usize, files: &mut Vec<String>) {
    const DEEPEST: usize = 64;
    match content {
        Value::String(text) if text.starts_with("mxc://") => files.push(text.clone()),
        Value::Array(items) if depth < DEEPEST => {
            for item in items {
                find_files(item, depth + 1, files);
            }
        }
        Value::Object(fields) if depth < DEEPEST => {
            for item in fields.values() {
                find_files(item, depth + 1, files);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
