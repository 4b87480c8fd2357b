//! The lanes over a real desk and a real database, with a homeserver and a provider whose faults each test
//! chooses.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::{EventId, OwnedEventId, OwnedRoomId, owned_room_id, owned_user_id};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;
use crate::desk::{Applied, Woken};
use crate::domain::address::Address;
use crate::domain::agent::{Agent, Permission, Role};
use crate::domain::input::{Claim, ContactText, Input, MediaPart, MessageKind, RoomAct, RoomEvent, Setup};
use crate::domain::interaction::{Interaction, Phase, Work};
use crate::domain::reply::PartState;
use crate::reach::Watch;
use crate::sms::provider::{
    EraseError, FetchedMedia, ListError, ListPage, ListQuery, Listing, MediaError, OutgoingSms, SendOutcome,
};
use crate::store;
use crate::testing::{self, TestDesk};

mod burst;
mod day;
mod faults;
mod files;
mod ghosts;
mod next;
mod pictures;
mod whatsapp;

const OURS: &str = "+15005550006";
const OURS_ON_WHATSAPP: &str = "whatsapp:+15005550006";
const JANE: &str = "+14155550100";
/// How long a condition is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A homeserver that does whatever it is asked; making a room takes it a while.
#[derive(Clone, Default)]
struct Homeserver {
    rooms: Arc<AtomicUsize>,
    a_room_takes: Duration,
}

impl Respond for Homeserver {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let answer = json!({
            "event_id": format!("$e{}:desk.test", uuid(&request.url)),
            "room_id": "!r:desk.test",
            "user_id": "@sms_1:desk.test",
            "content_uri": "mxc://desk.test/1",
            "chunk": [],
            "start": "s",
        });
        if !request.url.path().ends_with("/createRoom") {
            return ResponseTemplate::new(200).set_body_json(answer);
        }
        self.rooms.fetch_add(1, Ordering::SeqCst);
        let asked: Value = request.body_json().unwrap();
        let room = json!({"room_id": format!("!{}:desk.test", asked["room_alias_name"].as_str().unwrap())});
        ResponseTemplate::new(200).set_body_json(room).set_delay(self.a_room_takes)
    }
}

/// The transaction id at the end of an address: events of one transaction are one event.
fn uuid(url: &Url) -> String {
    url.path().rsplit('/').next().unwrap_or_default().to_owned()
}

/// A provider whose pictures come, or do not, by what their address says.
#[derive(Default)]
struct Phones {
    /// What was sent, with the number of rooms that had been asked for by then.
    sent: Mutex<Vec<(String, usize)>>,
    rooms: Arc<AtomicUsize>,
    /// How many files went with each message, and with which text.
    enclosed: Mutex<Vec<(String, usize)>>,
    fetched: AtomicUsize,
    reach: Watch,
    /// Lets go what hangs.
    let_go: Notify,
}

impl SmsProvider for Phones {
    fn reach(&self) -> &Watch {
        &self.reach
    }

    fn explain(&self, _: u32) -> Option<&'static str> {
        None
    }

    fn ask(&self) -> BoxFuture<'_, Result<(), ListError>> {
        async { Ok(()) }.boxed()
    }

    fn send<'a>(&'a self, message: &'a OutgoingSms) -> BoxFuture<'a, SendOutcome> {
        async {
            assert!(!message.body.contains("panic"), "as asked for");
            if message.body.contains("holds") {
                self.let_go.notified().await;
            }
            let sid = format!("SM{}", message.body);
            self.sent.lock().unwrap().push((message.body.clone(), self.rooms.load(Ordering::SeqCst)));
            self.enclosed.lock().unwrap().push((message.body.clone(), message.media.len()));
            SendOutcome::Accepted { sid, state: PartState::Accepted }
        }
        .boxed()
    }

    fn list_page<'a>(
        &'a self,
        _: &'a ListQuery,
        _: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ListPage, ListError>> {
        async { Ok(ListPage { messages: vec![], unreadable: 0, next: None }) }.boxed()
    }

    fn list(&self, _: ListQuery) -> BoxFuture<'_, Result<Listing, ListError>> {
        async { Ok(Listing { messages: vec![], complete: true }) }.boxed()
    }

    fn erase<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), EraseError>> {
        async { Ok(()) }.boxed()
    }

    fn fetch_media<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<FetchedMedia, MediaError>> {
        async {
            self.fetched.fetch_add(1, Ordering::SeqCst);
            match url.path() {
                "/panic" => panic!("as asked for"),
                "/missing" => return Err(MediaError::NotFound),
                "/hangs" => self.let_go.notified().await,
                "/too_large" => {
                    self.let_go.notified().await;
                    return Err(MediaError::TooLarge { max_bytes: 1 });
                }
                _ => {}
            }
            Ok(FetchedMedia { bytes: b"hello".as_slice().into(), content_type: "text/plain".to_owned() })
        }
        .boxed()
    }
}

/// A desk with its outbox at work.
struct World {
    desk: Desk,
    store: Store,
    clock: Clock,
    homeserver: MockServer,
    rooms: Arc<AtomicUsize>,
    phones: Arc<Phones>,
    ports: Ports,
    hints: Option<mpsc::UnboundedReceiver<Woken>>,
    stop: CancellationToken,
    said: AtomicUsize,
    _folder: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    /// A world whose outbox is at work.
    async fn new() -> Self {
        let mut world = Self::at_rest(Duration::ZERO).await;
        world.work();
        world
    }

    /// A world whose outbox is not at work yet, and whose homeserver takes so long for a room.
    async fn at_rest(a_room_takes: Duration) -> Self {
        let test = TestDesk::open(setup()).await;
        testing::console(&test.store, "alice", &owned_room_id!("!console:desk.test")).await;
        let homeserver = MockServer::start().await;
        let (rooms, stop) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
        let answers = Homeserver { rooms: rooms.clone(), a_room_takes };
        Mock::given(any()).respond_with(answers).mount(&homeserver).await;
        let phones = Arc::new(Phones { rooms: rooms.clone(), ..Phones::default() });
        let ports = test.ports(&homeserver.uri().parse().unwrap(), phones.clone());
        ports.backlog.marker_came();
        ports.backlog.list_was_read();
        let TestDesk { desk, store, clock, hints, folder } = test;
        let (hints, said) = (Some(hints), AtomicUsize::new(0));
        Self { desk, store, clock, homeserver, rooms, phones, ports, hints, stop, said, _folder: folder }
    }

    /// Sets the outbox to work.
    fn work(&mut self) {
        let mut hints = self.hints.take().unwrap();
        let set = Arc::new(Notify::new());
        let mut dispatcher = Dispatcher::new(self.ports.clone(), "here".to_owned(), self.stop.clone());
        tokio::spawn(timers::run(self.ports.clone(), set.clone(), self.stop.clone()));
        tokio::spawn(async move { dispatcher.run(&mut hints, &set).await });
    }

    /// A contact writes, with a picture at each of these paths.
    async fn text(&self, from: &str, body: &str, pictures: &[&str]) {
        let part = |path: &&str| MediaPart {
            url: format!("https://sms.test/{path}"),
            content_type: "text/plain".to_owned(),
            number: None,
        };
        let input = Input::Text(ContactText {
            sid: format!("SM{}", self.said.fetch_add(1, Ordering::SeqCst)),
            to: ours_for(&Address::read(from)),
            from: Address::read(from),
            body: body.to_owned(),
            media: pictures.iter().map(part).collect(),
            left_out: 0,
            origin: vec![],
            more: vec![],
            opt_out: None,
            fetched_late: None,
        });
        assert_eq!(self.desk.apply(input).await.unwrap(), Applied::Done);
    }

    /// Alice says something in a room.
    async fn say(&self, room: &OwnedRoomId, body: &str) {
        self.says(room, body, None).await;
    }

    /// Alice answers an event in a room.
    async fn answer(&self, room: &OwnedRoomId, body: &str, event: &str) {
        self.says(room, body, Some(EventId::parse(event).unwrap())).await;
    }

    async fn says(&self, room: &OwnedRoomId, body: &str, reply_to: Option<OwnedEventId>) {
        self.posts(room, MessageKind::Text, body, reply_to).await;
    }

    async fn posts(&self, room: &OwnedRoomId, kind: MessageKind, body: &str, reply_to: Option<OwnedEventId>) {
        let number = self.said.fetch_add(1, Ordering::SeqCst);
        let what = RoomAct::Message {
            kind,
            body: body.to_owned(),
            formatted: None,
            reply_to,
            in_thread: false,
            pills: vec![],
        };
        let input = Input::Room(RoomEvent {
            event_id: EventId::parse(format!("$said{number}:desk.test")).unwrap(),
            room_id: room.clone(),
            sender: owned_user_id!("@alice:desk.test"),
            at: self.clock.now(),
            what,
        });
        assert_eq!(self.desk.apply(input).await.unwrap(), Applied::Done);
    }

    /// A contact writes, and the conversation is Alice's: its room.
    async fn conversation(&self, from: &str) -> OwnedRoomId {
        self.text(from, "Hello?", &[]).await;
        self.shows("Hello?").await;
        let found = eventually("a room", || async {
            self.interaction(from).await.filter(|found| found.room.is_some())
        })
        .await;
        self.give(&found).await;
        // Long enough ago to be read.
        self.clock.advance(Duration::from_secs(6));
        found.room.unwrap()
    }

    /// Makes an interaction Alice's.
    async fn give(&self, found: &Interaction) {
        let phase = Phase::Owned { owner: alice().who, come_by: None, work: Work::Active, transfer: None };
        let owned = Interaction { phase, ..found.clone() };
        store::interactions::save(&mut self.store.connection().await.unwrap(), &owned).await.unwrap();
    }

    async fn interaction(&self, from: &str) -> Option<Interaction> {
        let mut conn = self.store.connection().await.unwrap();
        let theirs = Address::read(from);
        store::interactions::open_of(&mut conn, &ours_for(&theirs), &theirs).await.unwrap()
    }

    /// What was said in rooms, in order.
    async fn shown(&self) -> Vec<Value> {
        let asked = self.homeserver.received_requests().await.unwrap();
        let said = asked.iter().filter(|request| request.url.path().contains("/send/m.room.message/"));
        said.map(|request| request.body_json().unwrap()).collect()
    }

    /// What was said in rooms: its words, the number of a file, or the code of a notice.
    async fn shown_words(&self) -> Vec<String> {
        let words = |content: &Value| match content["org.switchroom.notice"]["code"].as_str() {
            Some(code) => format!("<{code}>"),
            None if content["msgtype"] == "m.file" => {
                let number = |c: char| c.is_ascii_digit();
                format!(
                    "[{}]",
                    content["body"].as_str().unwrap_or_default().matches(number).collect::<String>()
                )
            }
            None => content["body"].as_str().unwrap_or_default().to_owned(),
        };
        self.shown().await.iter().map(words).collect()
    }

    /// Waits until something was said.
    async fn shows(&self, words: &str) {
        eventually(words, || async { self.shown_words().await.contains(&words.to_owned()).then_some(()) })
            .await;
    }

    /// Waits until something was sent to a phone; returns how many rooms had been asked for by then.
    async fn sends(&self, text: &str) -> usize {
        let sent = || self.phones.sent.lock().unwrap().iter().find(|(body, _)| body == text).map(|it| it.1);
        eventually(text, || async { sent() }).await
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut *self.store.connection().await.unwrap()).await.unwrap()
    }
}

/// Waits until a condition yields something.
async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut condition: impl FnMut() -> F) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The number of ours that a contact writes to.
fn ours_for(contact: &Address) -> Address {
    Address::new(contact.channel(), OURS)
}

fn alice() -> Agent {
    let permissions = [Permission::MmsSend].into();
    let (roles, queues) = (vec![Role::Agent, Role::Admin], vec![testing::queue()]);
    Agent { roles, queues, permissions, ..testing::agent("alice") }
}

fn setup() -> Setup {
    let mut setup = testing::setup(vec![alice()], &[OURS, OURS_ON_WHATSAPP]);
    setup.queues[0].1.undo_ms = 0;
    // Longer than any test lasts.
    setup.queues[0].1.session_expiry_ms = 30 * 86_400_000;
    setup
}
