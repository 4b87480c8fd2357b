//! A homeserver and a provider that answer at once, or the homeserver as slowly as a real one, and keep
//! nothing but who is where.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use switchroom::clock::Clock;
use tokio::sync::mpsc;

use crate::ledger::{self, Ledger};
use crate::reports::Report;
use crate::wire::{Answer, Answers, Connection, Request};

/// The homeserver's name.
pub(crate) const SERVER: &str = "desk.test";
const MARKER: &str = "/send/org.switchroom.marker/";
/// Events of one transaction, as Synapse sends them.
const EVENTS: usize = 100;
/// How long a Synapse on SQLite works for a room and for anything else that it keeps, one after the other.
const MAKES_ROOM: Duration = Duration::from_millis(115);
const KEEPS: Duration = Duration::from_millis(12);

/// Both of them.
pub(crate) struct Instant {
    /// What is under way.
    pub(crate) ledger: Ledger,
    /// Requests that changed something.
    pub(crate) writes: AtomicUsize,
    /// Session rooms whose state says that an agent owns them.
    pub(crate) active: AtomicUsize,
    /// Whether the homeserver takes the time of a real one.
    pub(crate) slow: AtomicBool,
    /// Rooms that were made.
    pub(crate) rooms_made: AtomicUsize,
    /// Pictures of contacts that were uploaded, or said to be lost.
    pub(crate) pictures: AtomicUsize,
    /// What every media address of the provider gives.
    picture: Mutex<Bytes>,
    /// The homeserver does one thing at a time.
    hands: tokio::sync::Mutex<()>,
    /// Whether the provider reports each reply as delivered; a reply has arrived then when its owner sees the
    /// mark.
    pub(crate) reporting: AtomicBool,
    bridge: String,
    hs_token: Mutex<String>,
    ids: AtomicU64,
    /// Requests to the homeserver since they were taken, by kind.
    requests: Mutex<BTreeMap<&'static str, u64>>,
    people: Mutex<People>,
    events: mpsc::UnboundedSender<String>,
    reports: mpsc::UnboundedSender<Report>,
}

/// What they have to say to the program by themselves.
pub(crate) struct Queues {
    /// The homeserver's events.
    pub(crate) events: mpsc::UnboundedReceiver<String>,
    /// The provider's reports.
    pub(crate) reports: mpsc::UnboundedReceiver<Report>,
}

/// Who is where.
#[derive(Default)]
struct People {
    /// The console of each agent, and how often the bot spoke there.
    consoles: HashMap<String, (String, usize)>,
    /// The room of each contact, by their number.
    rooms: HashMap<String, String>,
    /// The owner of each room.
    owners: HashMap<String, String>,
}

impl Instant {
    /// Both, for a program at this address. What they say to it comes out at the other end.
    pub(crate) fn new(bridge: &str) -> (Arc<Self>, Queues) {
        let (events, queued_events) = mpsc::unbounded_channel();
        let (reports, queued_reports) = mpsc::unbounded_channel();
        let instant = Self {
            ledger: Ledger::new(),
            writes: AtomicUsize::new(0),
            active: AtomicUsize::new(0),
            slow: AtomicBool::new(false),
            rooms_made: AtomicUsize::new(0),
            pictures: AtomicUsize::new(0),
            picture: Mutex::default(),
            hands: tokio::sync::Mutex::default(),
            reporting: AtomicBool::new(false),
            bridge: bridge.to_owned(),
            hs_token: Mutex::default(),
            ids: AtomicU64::new(0),
            requests: Mutex::default(),
            people: Mutex::default(),
            events,
            reports,
        };
        (Arc::new(instant), Queues { events: queued_events, reports: queued_reports })
    }

    /// Takes the token by which the program knows the homeserver.
    pub(crate) fn set_token(&self, hs_token: &str) {
        hs_token.clone_into(&mut self.hs_token.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// How many requests of each kind the homeserver got since this was asked last.
    pub(crate) fn take_requests(&self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut *self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, target: &str) {
        let kinds = ["/ping", "/messages", "/sync", "/joined_rooms", "/event/"];
        let kind = kinds.into_iter().find(|kind| target.contains(kind)).unwrap_or("others");
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry(kind.trim_matches('/')).or_default() += 1;
    }

    /// The rooms there are.
    fn rooms(&self) -> Vec<String> {
        let people = self.people();
        let consoles = people.consoles.values().map(|(room, _)| room);
        people.rooms.values().chain(consoles).cloned().collect()
    }

    /// Gives this picture from every media address.
    pub(crate) fn set_picture(&self, picture: Bytes) {
        *self.picture.lock().unwrap_or_else(PoisonError::into_inner) = picture;
    }

    /// The console of an agent, and how often the bot has spoken there.
    pub(crate) fn console(&self, agent: &str) -> Option<(String, usize)> {
        self.people().consoles.get(agent).cloned()
    }

    /// The room of a contact and who owns it.
    pub(crate) fn room(&self, phone: &str) -> Option<(String, String)> {
        let people = self.people();
        let room = people.rooms.get(phone)?;
        Some((room.clone(), people.owners.get(room)?.clone()))
    }

    /// Notes a room that was made without asking here.
    pub(crate) fn know_room(&self, phone: &str, room: &str, owner: &str) {
        let mut people = self.people();
        people.rooms.insert(phone.to_owned(), room.to_owned());
        people.owners.insert(room.to_owned(), owner.to_owned());
    }

    /// Queues an event for the program.
    pub(crate) fn push(
        &self,
        room: &str,
        sender: &str,
        kind: &str,
        state_key: Option<&str>,
        content: &Value,
    ) {
        // A message's event has its mark in its name, so that what is said about it can be told apart.
        let mark = content["body"].as_str().and_then(ledger::mark).unwrap_or_default().replace(' ', "-");
        let mut event = json!({
            "type": kind, "event_id": format!("$e{}{mark}", self.id()), "room_id": room, "sender": sender,
            "origin_server_ts": Clock::default().now().0, "content": content,
        });
        if let Some(state_key) = state_key {
            event["state_key"] = json!(state_key);
        }
        // The receiver lives as long as the run.
        let _ = self.events.send(event.to_string());
    }

    /// Hands the program what is queued, one transaction at a time, for ever; one that fails is sent again.
    pub(crate) async fn deliver(self: Arc<Self>, mut queue: mpsc::UnboundedReceiver<String>) {
        let mut connection = None;
        for number in 0_u64.. {
            let mut events = Vec::with_capacity(EVENTS);
            if queue.recv_many(&mut events, EVENTS).await == 0 {
                return;
            }
            let (target, body) = (
                format!("/_matrix/app/v1/transactions/{number}"),
                format!("{{\"events\":[{}]}}", events.join(",")),
            );
            while !matches!(self.ask(&mut connection, "PUT", &target, &body).await, Ok(200)) {
                connection = None;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    async fn ask(
        &self,
        connection: &mut Option<Connection>,
        method: &str,
        target: &str,
        body: &str,
    ) -> std::io::Result<u16> {
        if connection.is_none() {
            *connection = Some(Connection::open(&self.bridge).await?);
        }
        let token = self.hs_token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
        match connection {
            Some(connection) => connection.request(method, target, &headers, body).await,
            None => Ok(0),
        }
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    fn create_room(&self, body: &[u8]) -> String {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        self.rooms_made.fetch_add(1, Ordering::Relaxed);
        let room = format!("!r{}:{SERVER}", self.id());
        if let Some(user) = request["invite"][0].as_str() {
            let mut people = self.people();
            match phone_of(&request) {
                Some(phone) => drop(people.rooms.insert(phone.to_owned(), room.clone())),
                None => drop(people.consoles.insert(user.to_owned(), (room.clone(), 0))),
            }
        }
        json!({ "room_id": room }).to_string()
    }

    /// An agent who is invited comes at once.
    fn invite(&self, room: &str, body: &[u8]) {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(user) = request["user_id"].as_str() else { return };
        self.people().owners.insert(room.to_owned(), user.to_owned());
        self.push(room, user, "m.room.member", Some(user), &json!({ "membership": "join" }));
    }

    fn message(&self, target: &str, room: &str, body: &[u8]) {
        if has(body, b"\"media_failed\"") {
            self.pictures.fetch_add(1, Ordering::Relaxed);
        }
        if target.contains("sms_") {
            return self.ledger.arrive(body);
        }
        if let Some((_, said)) = self.people().consoles.values_mut().find(|(console, _)| console == room) {
            *said += 1;
        }
    }

    /// A reply is with the provider.
    fn reply(&self, body: &[u8], sid: &str) {
        if self.reporting.load(Ordering::Relaxed) {
            // The receiver lives as long as the run.
            let _ = self.reports.send(Report::of(body, sid));
        } else {
            self.ledger.arrive(body);
        }
    }

    /// Takes the time that a real homeserver takes for a request, where it is to be one.
    async fn take_time(&self, target: &str) {
        let is_homeserver = target.starts_with("/_matrix/");
        if is_homeserver && self.slow.load(Ordering::Relaxed) {
            let _busy = self.hands.lock().await;
            tokio::time::sleep(if target.contains("/createRoom") { MAKES_ROOM } else { KEEPS }).await;
        }
    }

    fn write(&self, request: &Request<'_>) -> (u16, String) {
        let Request { target, body, .. } = request;
        if target.contains("/media/v3/upload") {
            self.pictures.fetch_add(1, Ordering::Relaxed);
            return (200, format!("{{\"content_uri\":\"mxc://{SERVER}/{}\"}}", self.id()));
        }
        if target.ends_with("/Messages.json") {
            let sid = format!("SM{:032x}", self.id());
            self.reply(body, &sid);
            return (201, format!("{{\"sid\":\"{sid}\",\"status\":\"queued\"}}"));
        }
        if target.contains("/createRoom") {
            return (200, self.create_room(body));
        }
        let room = room_of(target);
        if target.contains("/send/m.room.message/") {
            self.message(target, &room, body);
        } else if target.contains("/send/m.reaction/") {
            self.ledger.arrive(body);
        } else if target.contains("/invite") {
            self.invite(&room, body);
        } else if target.contains("/state/org.switchroom.interaction") && has(body, b"\"state\":\"active\"") {
            self.active.fetch_add(1, Ordering::Relaxed);
        } else if target.contains(MARKER) {
            let content = serde_json::from_slice(body).unwrap_or_default();
            let bot = format!("@switchroom:{SERVER}");
            self.push(&room, &bot, "org.switchroom.marker", None, &content);
        }
        (
            200,
            format!(
                "{{\"event_id\":\"$e{}\",\"room_id\":\"{room}\",\"user_id\":\"@u:{SERVER}\"}}",
                self.id()
            ),
        )
    }
}

impl Answers for Instant {
    async fn answer(&self, request: Request<'_>) -> Answer {
        let target = request.target;
        if target.starts_with("/_matrix/") {
            self.count(target);
        }
        if target.contains("/ping") {
            let answered = self.ask(&mut None, "POST", "/_matrix/app/v1/ping", "{}").await;
            return if matches!(answered, Ok(200)) {
                Answer::json(200, "{\"duration_ms\":1}".to_owned())
            } else {
                Answer::json(502, "{}".to_owned())
            };
        }
        if request.method != "GET" {
            self.take_time(target).await;
            self.writes.fetch_add(1, Ordering::Relaxed);
            let (status, body) = self.write(&request);
            return Answer::json(status, body);
        }
        if target.contains("/Media/") {
            return Answer::png(self.picture.lock().unwrap_or_else(PoisonError::into_inner).clone());
        }
        if target.contains("/directory/room/") {
            return Answer::json(404, "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"no such room\"}".to_owned());
        }
        if target.contains("/joined_rooms") {
            return Answer::json(200, json!({ "joined_rooms": self.rooms() }).to_string());
        }
        // Of what happened nothing is ever missed here.
        let answer = json!({
            "next_batch": "s", "versions": ["v1.11"], "user_id": format!("@switchroom_appservice:{SERVER}"), "chunk": [], "start": "s",
            "messages": [], "next_page_uri": null,
        });
        Answer::json(200, answer.to_string())
    }
}

fn room_of(target: &str) -> String {
    let room =
        target.split("/rooms/").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    room.replace("%21", "!").replace("%3A", ":")
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The number of the contact whose room is to be made; nothing if it is a console.
fn phone_of(request: &Value) -> Option<&str> {
    let state = request["initial_state"].as_array()?;
    state.iter().find_map(|event| event["content"]["contact"]["number"].as_str())
}
