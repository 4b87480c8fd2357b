//! What the homeserver tells: its transactions, and the pages of a room's past, reduced to what the desk acts
//! on.
//!
//! Each event is read on its own. One that cannot be read is skipped and counted, so that it holds up nothing
//! behind it; a message of a person whose *content* cannot be read is [`RoomAct::Unsupported`], because
//! nothing that someone wrote may be dropped in silence.

use std::borrow::Borrow;

use ruma::{OwnedEventId, OwnedMxcUri, OwnedUserId, UserId};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::id::id;
use super::{pills, presence};
use crate::clock::Millis;
use crate::domain::agent::Online;
use crate::domain::effect::FoundFile;
use crate::domain::input::{Membership, MessageKind, RoomAct, RoomEvent};
use crate::domain::response::ResponseFile;
use crate::domain::sent_file::SentFile;

/// The event by which the bot learns that everything sent before it has come back; its content is `{"nonce":
/// …}`.
pub const MARKER: &str = "org.switchroom.marker";

/// The longest address of a file, and the longest media type, that are read.
const LONGEST_URI: usize = 512;
const LONGEST_TYPE: usize = 100;

/// A transaction of the homeserver that is none.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// The body is not what the protocol says; nothing of it was taken.
    #[error("the body is no transaction of a homeserver")]
    NotATransaction(#[source] serde_json::Error),
}

/// What a transaction or page held.
#[derive(Debug, Default)]
pub struct Parsed {
    /// What happened, in order.
    pub events: Vec<RoomEvent>,
    /// When the oldest event happened, also of those that mean nothing to us. Nothing where there are none,
    /// or one could not be read.
    pub oldest: Option<Millis>,
    /// How many events could not be read.
    pub skipped: usize,
    /// What agents, as far as these are some, show of whether they are there, each once.
    pub presences: Vec<(OwnedUserId, Online)>,
}

#[derive(Deserialize)]
struct Transaction<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
    #[serde(borrow)]
    ephemeral: Option<&'a RawValue>,
    #[serde(borrow, rename = "de.sorunome.msc2409.ephemeral")]
    early_ephemeral: Option<&'a RawValue>,
}

/// An event's outside; its content is read later, so that bad content leaves the outside readable.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    event_type: String,
    event_id: String,
    room_id: String,
    sender: String,
    origin_server_ts: i64,
    state_key: Option<String>,
    redacts: Option<String>,
    #[serde(borrow)]
    content: &'a RawValue,
    #[serde(borrow)]
    unsigned: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Unsigned {
    redacted_because: Option<IgnoredAny>,
    prev_content: Option<Value>,
}

#[derive(Deserialize)]
struct Member {
    membership: Membership,
    reason: Option<Value>,
    is_direct: Option<Value>,
}

/// An event that cannot be read.
struct Unreadable;

/// Reads the body of a transaction. `ours` tells whether a user is the bot or a ghost.
/// <https://spec.matrix.org/latest/application-service-api/#put_matrixappv1transactionstxnid>
///
/// # Errors
/// When the body as a whole is no transaction; a bad event inside is only counted.
pub fn parse_transaction(body: &[u8], ours: impl Fn(&UserId) -> bool) -> Result<Parsed, TransactionError> {
    let transaction: Transaction<'_> =
        serde_json::from_slice(body).map_err(TransactionError::NotATransaction)?;
    let mut parsed = parse_events(&transaction.events, &ours);
    // The same data may stand under its early name as well.
    let ephemeral = transaction.ephemeral.or(transaction.early_ephemeral);
    parsed.presences = ephemeral.map(|raw| presence::read(raw, &ours)).unwrap_or_default();
    Ok(parsed)
}

/// Reads events one by one, as `/messages` and transactions give them. `ours` tells whether a user is the bot
/// or a ghost.
pub fn parse_events<E: Borrow<RawValue>>(events: &[E], ours: impl Fn(&UserId) -> bool) -> Parsed {
    let mut parsed = Parsed::default();
    for event in events {
        match parse_event(event.borrow().get(), &ours) {
            Ok((at, event)) => {
                parsed.oldest = Some(parsed.oldest.map_or(at, |oldest| oldest.min(at)));
                parsed.events.extend(event);
            }
            Err(Unreadable) => parsed.skipped += 1,
        }
    }
    if parsed.skipped > 0 {
        parsed.oldest = None;
    }
    parsed
}

/// Reads one event, and when it happened; `None` for one that means nothing to the desk.
fn parse_event(
    json: &str,
    ours: &impl Fn(&UserId) -> bool,
) -> Result<(Millis, Option<RoomEvent>), Unreadable> {
    let outside: Envelope<'_> = serde_json::from_str(json).map_err(|_| Unreadable)?;
    Ok((Millis(outside.origin_server_ts), read_event(&outside, ours)?))
}

fn read_event(
    outside: &Envelope<'_>,
    ours: &impl Fn(&UserId) -> bool,
) -> Result<Option<RoomEvent>, Unreadable> {
    let sender: OwnedUserId = id(&outside.sender).ok_or(Unreadable)?;
    let is_marker = outside.event_type == MARKER;
    if ours(&sender) && !is_marker && !outside.is_exit_of(ours) {
        return Ok(None);
    }
    let what = match (outside.state_key.as_deref(), outside.event_type.as_str()) {
        (Some(user), "m.room.member") => member(user, outside).ok_or(Unreadable)?,
        (Some(_), "m.room.tombstone") => RoomAct::Upgraded,
        (Some(_), _) => return Ok(None),
        (None, _) if outside.was_redacted() => return Ok(None),
        (None, "m.room.message") => message(&outside.content()).unwrap_or_else(|| outside.unsupported()),
        (None, "m.reaction") => reaction(&outside.content()).ok_or(Unreadable)?,
        (None, "m.room.redaction") => redaction(outside).ok_or(Unreadable)?,
        (None, MARKER) if ours(&sender) => marker(&outside.content()).ok_or(Unreadable)?,
        (None, _) => outside.unsupported(),
    };
    Ok(Some(RoomEvent {
        event_id: id(&outside.event_id).ok_or(Unreadable)?,
        room_id: id(&outside.room_id).ok_or(Unreadable)?,
        sender,
        at: Millis(outside.origin_server_ts),
        what,
    }))
}

impl Envelope<'_> {
    /// Whether the bot or a ghost is out of a room by it. Who deletes a room lets everyone leave it in their
    /// own name.
    fn is_exit_of(&self, ours: &impl Fn(&UserId) -> bool) -> bool {
        let is_out = |act: RoomAct| match act {
            RoomAct::Member { user, membership, .. } => {
                matches!(membership, Membership::Leave | Membership::Ban) && ours(&user)
            }
            _ => false,
        };
        let user = self.state_key.as_deref().filter(|_| self.event_type == "m.room.member");
        user.and_then(|user| member(user, self)).is_some_and(is_out)
    }

    /// The content; `null` where it is nested too deeply or holds broken text.
    fn content(&self) -> Value {
        serde_json::from_str(self.content.get()).unwrap_or_default()
    }

    fn unsigned(&self) -> Unsigned {
        self.unsigned.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    /// A deleted event keeps its place but not its content. Only redactions may keep some of theirs.
    fn was_redacted(&self) -> bool {
        self.unsigned().redacted_because.is_some()
            || (self.event_type == "m.room.message"
                && self.content() == Value::Object(serde_json::Map::new()))
    }

    fn unsupported(&self) -> RoomAct {
        let content = self.content();
        let rel_type = content.get("m.relates_to").and_then(|relation| text(relation, "rel_type"));
        RoomAct::Unsupported { event_type: clean(&self.event_type), in_thread: rel_type == Some("m.thread") }
    }
}

/// <https://spec.matrix.org/latest/client-server-api/#mroommember>
fn member(user: &str, event: &Envelope<'_>) -> Option<RoomAct> {
    let content: Member = serde_json::from_str(event.content.get()).ok()?;
    let before = event.unsigned().prev_content.and_then(|before| before.get("membership").cloned());
    Some(RoomAct::Member {
        user: id(user)?,
        membership: content.membership,
        before: before.and_then(|membership| serde_json::from_value(membership).ok()),
        reason: content.reason.as_ref().and_then(Value::as_str).map(clean),
        is_direct: content.is_direct.as_ref().and_then(Value::as_bool).unwrap_or(false),
    })
}

/// A message or, where it replaces one, an edit.
/// <https://spec.matrix.org/latest/client-server-api/#mroommessage>
fn message(content: &Value) -> Option<RoomAct> {
    let relation = content.get("m.relates_to");
    let rel_type = relation.and_then(|relation| text(relation, "rel_type"));
    if rel_type == Some("m.replace") {
        let new = content.get("m.new_content")?;
        let (kind, body) = said(new)?;
        let (of, formatted) = (event_in(relation?)?, html(new));
        let pills = formatted.as_deref().map(pills::find).unwrap_or_default();
        return Some(RoomAct::Edit { of, kind, body, pills, formatted });
    }
    let (kind, body) = said(content)?;
    let in_thread = rel_type == Some("m.thread");
    // Inside a thread the reply may be there only for clients that know no threads.
    let is_fallback = in_thread
        && relation.and_then(|r| r.get("is_falling_back")).and_then(Value::as_bool).unwrap_or(false);
    let reply_to = relation.filter(|_| !is_fallback).and_then(|r| r.get("m.in_reply_to")).and_then(event_in);
    let formatted = html(content);
    let pills = formatted.as_deref().map(pills::find).unwrap_or_default();
    Some(RoomAct::Message { kind, body, reply_to, in_thread, pills, formatted })
}

/// What the client made of a message's marks.
fn html(content: &Value) -> Option<String> {
    let is_html = text(content, "format") == Some("org.matrix.custom.html");
    text(content, "formatted_body").filter(|_| is_html).map(clean)
}

/// The kind and the plain text of a message; for media the caption.
fn said(content: &Value) -> Option<(MessageKind, String)> {
    let msgtype = text(content, "msgtype")?;
    let kind = match msgtype {
        "m.text" => MessageKind::Text,
        "m.emote" => MessageKind::Emote,
        "m.notice" => MessageKind::Notice,
        "m.image" | "m.video" | "m.audio" | "m.file" => {
            let is_encrypted = content.get("file").is_some_and(Value::is_object);
            let kind = match file(content) {
                None if is_encrypted => MessageKind::EncryptedFile,
                file => MessageKind::Media { file },
            };
            return Some((kind, caption(content)));
        }
        "m.location" => MessageKind::Location { geo_uri: clean(text(content, "geo_uri")?) },
        _ => MessageKind::Other { msgtype: clean(msgtype) },
    };
    Some((kind, clean(text(content, "body")?)))
}

/// A file's body is its caption only where its name stands elsewhere.
/// <https://spec.matrix.org/latest/client-server-api/#media-captions>
fn caption(content: &Value) -> String {
    match (text(content, "body"), text(content, "filename")) {
        (Some(body), Some(name)) if body != name => clean(body),
        _ => String::new(),
    }
}

/// Where a file lies. One that is encrypted is not named by an address alone, and is none here.
/// <https://spec.matrix.org/latest/client-server-api/#mimage>
fn file(content: &Value) -> Option<SentFile> {
    let uri = OwnedMxcUri::from(text(content, "url").filter(|uri| uri.len() <= LONGEST_URI)?);
    uri.parts().ok()?;
    let mime = content.get("info").and_then(|info| text(info, "mimetype")).unwrap_or_default();
    let is_plain = mime.len() <= LONGEST_TYPE && mime.bytes().all(|byte| byte.is_ascii_graphic());
    let mime = if is_plain { mime.to_ascii_lowercase() } else { String::new() };
    Some(SentFile { uri, mime, name: String::new() })
}

/// The file that an event brings, for a standard response. `ours` tells whether a user is the bot or a ghost:
/// what those post is a customer's.
pub fn file_of(event: &RawValue, ours: impl Fn(&UserId) -> bool) -> FoundFile {
    #[derive(Deserialize)]
    struct Event {
        sender: OwnedUserId,
        content: Value,
    }
    let Ok(Event { sender, content }) = serde_json::from_str(event.get()) else { return FoundFile::Nothing };
    let file = match said(&content) {
        Some((MessageKind::Media { file }, _)) => file,
        Some((MessageKind::EncryptedFile, _)) => None,
        _ => return FoundFile::Nothing,
    };
    if ours(&sender) {
        return FoundFile::NotTheirs;
    }
    let found = file.and_then(|file| Some((ResponseFile::at(file.uri.as_str()).ok()?, file.mime)));
    let Some((mut file, mime)) = found else {
        return if content.get("file").is_some() { FoundFile::Encrypted } else { FoundFile::Nothing };
    };
    let name = text(&content, "filename").or_else(|| text(&content, "body")).unwrap_or_default();
    file = file.called(name);
    file = file.clone().with("type", &mime).unwrap_or(file);
    file.bytes = content.get("info").and_then(|info| info.get("size")).and_then(Value::as_u64);
    FoundFile::File { file }
}

/// <https://spec.matrix.org/latest/client-server-api/#mreaction>
fn reaction(content: &Value) -> Option<RoomAct> {
    let relation = content.get("m.relates_to").filter(|r| text(r, "rel_type") == Some("m.annotation"))?;
    Some(RoomAct::Reaction { of: event_in(relation)?, key: clean(text(relation, "key")?) })
}

/// The target stands in the content since room version 11, before that beside it.
/// <https://spec.matrix.org/latest/client-server-api/#mroomredaction>
fn redaction(event: &Envelope<'_>) -> Option<RoomAct> {
    let content = event.content();
    let target = text(&content, "redacts").or(event.redacts.as_deref())?;
    Some(RoomAct::Redaction { of: id(target)? })
}

fn marker(content: &Value) -> Option<RoomAct> {
    Some(RoomAct::Marker { nonce: clean(text(content, "nonce")?) })
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn event_in(relation: &Value) -> Option<OwnedEventId> {
    id(text(relation, "event_id")?)
}

/// Text without the one character that no database column can hold.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
