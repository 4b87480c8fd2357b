//! What the simulator remembers: phones, messages, pictures, opt-outs. Bounded everywhere.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::line::PhoneLine;
use super::log::{LogEntry, LogWhat};
use super::rules::{self, Keyword};
use super::text::{Attachment, MAX_BODY_CHARS};
use crate::clock::{self, Millis};
use crate::sms::twilio::Status;

const MAX_MESSAGES: usize = 20_000;
const MAX_PHONES: usize = 500;
const MAX_STORED_MEDIA_BYTES: usize = 64 * 1024 * 1024;
const MAX_LOG: usize = 20_000;
const MAX_NAME_CHARS: usize = 40;

/// A phone of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Phone {
    pub(super) number: String,
    pub(super) name: String,
}

impl Phone {
    /// A phone, if the number is one: E.164, a short code, or a sender's name; one of WhatsApp has
    /// `whatsapp:` before it.
    pub(super) fn new(number: &str, name: &str) -> Option<Self> {
        let number = number.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || " +-_.@&".contains(c);
        if number.is_empty() || number.len() > 64 || !rules::number_of(number).chars().all(plain) {
            return None;
        }
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
        let name = if name.is_empty() { number.to_owned() } else { name };
        Some(Self { number: number.to_owned(), name })
    }

    /// The phones of a new simulator.
    pub(super) fn prepared() -> Vec<Self> {
        let phone = |number: &str, name: &str| Self { number: number.to_owned(), name: name.to_owned() };
        vec![
            phone("+14155550100", "Jane Doe"),
            phone("+14155550123", "Omar Haddad"),
            phone("+14155550404", "Switched off"),
        ]
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A phone.
    FromPhone,
    /// The bridge, through the API.
    ToPhone,
    /// The provider itself, answering STOP, START or HELP.
    AutoReply,
}

/// Whether the bridge took an inbound text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Handed {
    Waiting,
    Taken,
    GivenUp,
}

/// One media part, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) sid: String,
    pub(super) content_type: String,
}

/// One media part with its bytes.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) part: Part,
    pub(super) bytes: Bytes,
}

impl Blob {
    pub(super) fn new(attachment: Attachment) -> Self {
        let sid = format!("ME{}", clock::random_hex());
        let content_type = essence(&attachment.content_type);
        Self { part: Part { sid, content_type }, bytes: attachment.bytes }
    }

    pub(super) fn attachment(&self) -> Attachment {
        Attachment { content_type: self.part.content_type.clone(), bytes: self.bytes.clone() }
    }
}

/// A content type without parameters, or the one that claims nothing.
fn essence(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let plain = |part: &str| {
        !part.is_empty()
            && part.len() <= 60
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    let valid = essence.split_once('/').is_some_and(|(kind, of)| plain(kind) && plain(of));
    if valid { essence } else { "application/octet-stream".to_owned() }
}

/// A message to be.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) phone: String,
    pub(super) ours: String,
    pub(super) body: String,
    pub(super) media_urls: Vec<String>,
    pub(super) callback: Option<String>,
    pub(super) keyword: Option<Keyword>,
}

impl Draft {
    pub(super) fn new(kind: Kind, phone: &str, ours: &str, body: &str) -> Self {
        Self {
            kind,
            phone: phone.to_owned(),
            ours: ours.to_owned(),
            body: body.chars().take(MAX_BODY_CHARS).collect(),
            media_urls: Vec::new(),
            callback: None,
            keyword: None,
        }
    }
}

/// A message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Message {
    /// Order among all messages.
    pub(super) seq: u64,
    /// Rises with each change, so that a page never replaces a newer state by an older one.
    pub(super) rev: u64,
    pub(super) sid: String,
    pub(super) kind: Kind,
    pub(super) phone: String,
    pub(super) ours: String,
    pub(super) body: String,
    pub(super) media: Vec<Part>,
    /// Where the bridge offers media that were not fetched yet.
    pub(super) media_urls: Vec<String>,
    pub(super) status: Status,
    pub(super) error_code: Option<u32>,
    pub(super) created: Millis,
    pub(super) sent: Option<Millis>,
    pub(super) callback: Option<String>,
    pub(super) keyword: Option<Keyword>,
    pub(super) handed: Handed,
}

impl Message {
    pub(super) fn num_media(&self) -> usize {
        self.media.len().max(self.media_urls.len())
    }
}

/// Everything, in memory.
#[derive(Default)]
pub(super) struct State {
    pub(super) phones: Vec<Phone>,
    pub(super) messages: BTreeMap<u64, Message>,
    pub(super) calls: Vec<PhoneLine>,
    by_sid: HashMap<String, u64>,
    blobs: BTreeMap<u64, Vec<Blob>>,
    blob_bytes: usize,
    opted_out: HashSet<(String, String)>,
    /// Inbound texts the bridge has not taken yet, per phone: a phone's texts are posted one after the other.
    pub(super) lanes: HashMap<String, VecDeque<u64>>,
    pub(super) log: VecDeque<LogEntry>,
    last_rev: u64,
}

/// What was forgotten to make room: everything up to these messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) messages: Option<u64>,
    pub(super) media: Option<u64>,
}

/// The state, for one who reads or changes it. Whatever was half done when somebody panicked is only a
/// phone's.
pub(super) fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Adds or renames; false if there is no room.
    pub(super) fn put_phone(&mut self, phone: Phone) -> bool {
        if let Some(known) = self.phones.iter_mut().find(|known| known.number == phone.number) {
            *known = phone;
            return true;
        }
        let room = self.phones.len() < MAX_PHONES;
        if room {
            self.phones.push(phone);
        }
        room
    }

    pub(super) fn add_message(&mut self, draft: Draft, blobs: Vec<Blob>, now: Millis) -> (Message, Dropped) {
        let media = blobs.iter().map(|blob| blob.part.clone()).collect::<Vec<_>>();
        let letters = if media.is_empty() && draft.media_urls.is_empty() { "SM" } else { "MM" };
        let inbound = draft.kind == Kind::FromPhone;
        self.last_rev += 1;
        let message = Message {
            seq: self.messages.last_key_value().map_or(1, |(seq, _)| seq + 1),
            rev: self.last_rev,
            sid: format!("{letters}{}", clock::random_hex()),
            kind: draft.kind,
            phone: draft.phone,
            ours: draft.ours,
            body: draft.body,
            media,
            media_urls: draft.media_urls,
            status: if inbound { Status::Received } else { Status::Queued },
            error_code: None,
            created: now,
            sent: inbound.then_some(now),
            callback: draft.callback,
            keyword: draft.keyword,
            handed: if inbound { Handed::Waiting } else { Handed::Taken },
        };
        let (body, media) = (message.body.clone(), message.num_media());
        let what = if inbound { LogWhat::Written { body, media } } else { LogWhat::Accepted { body, media } };
        if message.kind != Kind::AutoReply {
            let (sid, phone) = (message.sid.clone(), message.phone.clone());
            self.record(LogEntry { at: now, sid, phone, what });
        }
        self.insert(message.clone());
        let dropped = self.put_blobs(message.seq, blobs);
        (message, dropped)
    }

    /// Puts a message where it belongs; used when reading the file too.
    pub(super) fn insert(&mut self, message: Message) {
        self.last_rev = self.last_rev.max(message.rev);
        self.by_sid.insert(message.sid.clone(), message.seq);
        self.messages.insert(message.seq, message);
    }

    /// Adds the media of a message and forgets the oldest messages and media beyond the bounds.
    pub(super) fn put_blobs(&mut self, seq: u64, blobs: Vec<Blob>) -> Dropped {
        let mut dropped = Dropped::default();
        if !blobs.is_empty() {
            self.blob_bytes += blobs.iter().map(|blob| blob.bytes.len()).sum::<usize>();
            self.blobs.entry(seq).or_default().extend(blobs);
        }
        while self.messages.len() > MAX_MESSAGES {
            let Some((seq, message)) = self.messages.pop_first() else { break };
            self.by_sid.remove(&message.sid);
            dropped.messages = Some(seq);
        }
        while let Some((&oldest, _)) = self.blobs.first_key_value() {
            let orphaned = dropped.messages.is_some_and(|seq| oldest <= seq);
            let too_many = self.blob_bytes > MAX_STORED_MEDIA_BYTES && oldest != seq;
            if !orphaned && !too_many {
                break;
            }
            let blobs = self.blobs.remove(&oldest).unwrap_or_default();
            self.blob_bytes -= blobs.iter().map(|blob| blob.bytes.len()).sum::<usize>();
            dropped.media = Some(oldest);
        }
        dropped
    }

    pub(super) fn change_message(&mut self, seq: u64, change: impl FnOnce(&mut Message)) -> Option<Message> {
        self.last_rev += 1;
        let rev = self.last_rev;
        let message = self.messages.get_mut(&seq)?;
        change(message);
        message.rev = rev;
        Some(message.clone())
    }

    /// Drops the bytes of a media part; false if there are none.
    pub(super) fn delete_media(&mut self, seq: u64, sid: &str) -> bool {
        let Some(blobs) = self.blobs.get_mut(&seq) else { return false };
        let Some(index) = blobs.iter().position(|blob| blob.part.sid == sid) else { return false };
        self.blob_bytes -= blobs.remove(index).bytes.len();
        if blobs.is_empty() {
            self.blobs.remove(&seq);
        }
        true
    }

    pub(super) fn message(&self, sid: &str) -> Option<&Message> {
        self.messages.get(self.by_sid.get(sid)?)
    }

    pub(super) fn blobs(&self, seq: u64) -> &[Blob] {
        self.blobs.get(&seq).map_or(&[], Vec::as_slice)
    }

    pub(super) fn blob(&self, message_sid: &str, sid: &str) -> Option<Blob> {
        let seq = self.by_sid.get(message_sid)?;
        self.blobs(*seq).iter().find(|blob| blob.part.sid == sid).cloned()
    }

    pub(super) fn has_opted_out(&self, phone: &str, ours: &str) -> bool {
        self.opted_out.contains(&(phone.to_owned(), ours.to_owned()))
    }

    pub(super) fn set_opted_out(&mut self, phone: &str, ours: &str, out: bool) {
        let pair = (phone.to_owned(), ours.to_owned());
        if out {
            self.opted_out.insert(pair)
        } else {
            self.opted_out.remove(&pair)
        };
    }

    pub(super) fn record(&mut self, entry: LogEntry) {
        if self.log.len() == MAX_LOG {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_however_much_is_written() {
        let mut state = State::default();
        let blob = || {
            Blob::new(Attachment {
                content_type: "image/png".to_owned(),
                bytes: Bytes::from(vec![0; 1024 * 1024]),
            })
        };
        let draft = || Draft::new(Kind::FromPhone, "+1", "+2", "x");
        let (first, _) = state.add_message(draft(), vec![blob()], Millis(0));
        for _ in 0..64 {
            state.add_message(draft(), vec![blob()], Millis(0));
        }
        assert!(state.blobs(first.seq).is_empty(), "the oldest picture had to go");
        assert_eq!(state.blob_bytes, MAX_STORED_MEDIA_BYTES);
        let mut dropped = Dropped::default();
        for _ in 0..MAX_MESSAGES {
            dropped = state.add_message(draft(), vec![], Millis(0)).1;
        }
        assert_eq!(state.messages.len(), MAX_MESSAGES);
        assert_eq!(dropped.messages, Some(65));
        assert_eq!((state.blob_bytes, state.by_sid.len()), (0, MAX_MESSAGES));
        assert!(state.message(&first.sid).is_none());
        for n in 0..1000 {
            state.put_phone(Phone::new(&format!("+1{n}"), "").unwrap());
        }
        assert_eq!(state.phones.len(), MAX_PHONES);
    }

    #[test]
    fn a_content_type_cannot_carry_anything_else() {
        assert_eq!(essence("Image/PNG; x=y"), "image/png");
        for bad in ["", "image", "image/", "a/b/c", "a/b\r\nx: y", "<b>/x"] {
            assert_eq!(essence(bad), "application/octet-stream", "{bad:?}");
        }
    }

    #[test]
    fn a_phone_has_a_number_without_tricks_and_a_name_of_bounded_length() {
        assert!(Phone::new("+14155550100", "Jane").is_some() && Phone::new("72345", "").is_some());
        for bad in ["", "  ", "+1\n2", "<b>", &"1".repeat(65), "١٢٣"] {
            assert!(Phone::new(bad, "x").is_none(), "{bad:?}");
        }
        assert_eq!(Phone::new("1", &"x".repeat(99)).unwrap().name.len(), MAX_NAME_CHARS);
        assert_eq!(Phone::new("72345", " \u{7} ").unwrap().name, "72345");
    }
}
