//! Pieces of erasures over a real desk, with a homeserver and a provider whose answers each test chooses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ruma::owned_room_id;
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{any, method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::erasure::{Asked, Elsewhere, Erasure, ErasureId, Left, LeftWhat};
use crate::domain::ids::InteractionId;
use crate::domain::input::{Claim, Input, Receipt};
use crate::domain::lane::Lane;
use crate::outbox::Delivery;
use crate::reach::Watch;
use crate::sms::provider::{
    Direction, EraseError, FetchedMedia, ListError, ListPage, ListQuery, ListedMessage, Listing, MediaError,
    OutgoingSms, SendOutcome, SmsProvider,
};
use crate::store::outbox::{self, Wanted};
use crate::store::{provider_texts, upkeep};
use crate::testing::{self, TestDesk};

const JANE: &str = "+14155550100";
const OURS: &str = "+15005550006";
/// A ghost of a number that somebody else uses too.
const SHARED: &str = "@sms_shared:desk.test";

/// A provider that keeps these messages.
#[derive(Default)]
struct Provider {
    reach: Watch,
    kept: Vec<ListedMessage>,
    erased: Mutex<Vec<String>>,
    /// How often it still refuses to delete the record of a call.
    refuses_calls: AtomicUsize,
}

impl SmsProvider for Provider {
    fn reach(&self) -> &Watch {
        &self.reach
    }

    fn explain(&self, _: u32) -> Option<&'static str> {
        None
    }

    fn ask(&self) -> BoxFuture<'_, Result<(), ListError>> {
        async { Ok(()) }.boxed()
    }

    fn send<'a>(&'a self, _: &'a OutgoingSms) -> BoxFuture<'a, SendOutcome> {
        async { SendOutcome::Unknown { why: "nothing is sent here".to_owned() } }.boxed()
    }

    fn list_page<'a>(
        &'a self,
        query: &'a ListQuery,
        _: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ListPage, ListError>> {
        let fits = |message: &&ListedMessage| {
            query.to.as_ref().is_none_or(|to| message.to == *to)
                && query.from.as_ref().is_none_or(|from| message.from == *from)
        };
        let messages = self.kept.iter().filter(fits).cloned().collect();
        async { Ok(ListPage { messages, unreadable: 0, next: None }) }.boxed()
    }

    fn list(&self, _: ListQuery) -> BoxFuture<'_, Result<Listing, ListError>> {
        async { Ok(Listing::default()) }.boxed()
    }

    fn fetch_media<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, Result<FetchedMedia, MediaError>> {
        async { Err(MediaError::NotFound) }.boxed()
    }

    fn erase<'a>(&'a self, sid: &'a str) -> BoxFuture<'a, Result<(), EraseError>> {
        let refuses = |left: usize| left.checked_sub(1);
        if sid.starts_with("CA")
            && self.refuses_calls.fetch_update(Ordering::SeqCst, Ordering::SeqCst, refuses).is_ok()
        {
            return async { Err(EraseError::Refused { status: 400, code: Some(20_009) }) }.boxed();
        }
        self.erased.lock().unwrap().push(sid.to_owned());
        async { Ok(()) }.boxed()
    }
}

struct World {
    desk: TestDesk,
    homeserver: MockServer,
    ports: Ports,
    provider: Arc<Provider>,
}

fn job() -> ErasureId {
    ErasureId::new("e-7f3k2")
}

impl World {
    async fn new(kept: Vec<ListedMessage>) -> Self {
        let desk = TestDesk::open(testing::setup(vec![testing::agent("alice")], &[OURS])).await;
        let homeserver = MockServer::start().await;
        let provider = Arc::new(Provider { kept, ..Provider::default() });
        let sms: Arc<dyn SmsProvider> = Arc::<Provider>::clone(&provider);
        let ports = desk.ports(&homeserver.uri().parse().unwrap(), sms);
        Self { desk, homeserver, ports, provider }
    }

    /// Answers what is asked of a path; the later, the less it counts.
    async fn answers(&self, priority: u8, how: &str, path: &str, status: u16, body: &Value) {
        Mock::given(method(how))
            .and(path_regex(path))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .with_priority(priority)
            .mount(&self.homeserver)
            .await;
    }

    async fn begin(&self, elsewhere: &Elsewhere, begun_at: Millis) {
        let erasure =
            Erasure { id: job(), asked: Asked::Shell, begun_at, ended_at: None, counts: Counts::default() };
        let conn = &mut *self.desk.store.connection().await.unwrap();
        erasures::add(conn, &erasure, &elsewhere.about()).await.unwrap();
        erasures::plan(conn, &job(), elsewhere, begun_at).await.unwrap();
        let effect = Erase { job: job() }.into();
        let (due_at, said_at) = (begun_at, begun_at);
        let wanted = Wanted { effect, due_at, said_at, txn_id: "t".to_owned(), parked: false };
        outbox::append(conn, &[wanted], begun_at).await.unwrap();
    }

    /// Does the next piece; false if nothing is left, or what is left waits.
    async fn piece(&self) -> Result<bool, Detour> {
        let head = {
            let conn = &mut *self.desk.store.connection().await.unwrap();
            outbox::head(conn, &Lane::Erasure(job())).await.unwrap()
        };
        let Some(head) = head.filter(|head| head.due_at <= self.desk.clock.now()) else {
            return Ok(false);
        };
        let evidence = erase(&self.ports, &Erase { job: job() }).await?;
        let claim = Claim { lane: Lane::Erasure(job()), seq: head.seq, version: head.version, epoch: 0 };
        self.desk.desk.apply(Input::Delivered { claim, evidence }).await.unwrap();
        Ok(true)
    }

    async fn all_that_is_due(&self) {
        while self.piece().await.unwrap() {}
    }

    /// The paths of what was asked of the homeserver and has a word in it, without their transaction.
    async fn asked(&self, word: &str) -> Vec<String> {
        let asked = self.homeserver.received_requests().await.unwrap();
        let paths = asked.iter().map(|request| request.url.to_string());
        paths.filter(|path| path.contains(word)).collect()
    }

    async fn left(&self) -> Vec<Left> {
        erasures::left(&mut self.desk.store.connection().await.unwrap(), &job()).await.unwrap()
    }
}

fn listed(sid: &str, (from, to): (&str, &str), at: Millis) -> ListedMessage {
    ListedMessage {
        sid: sid.to_owned(),
        direction: if from == JANE { Direction::Inbound } else { Direction::Outbound },
        from: Address::read(from),
        to: Address::read(to),
        body: "Hello".to_owned(),
        num_media: 1,
        state: None,
        date_created: at,
    }
}

#[tokio::test]
async fn the_provider_keeps_what_is_written_from_and_to_the_number_after_the_erasure() {
    let asked_for = crate::clock::Clock::default().now();
    let after = |secs| asked_for + Duration::from_secs(secs);
    let before = |secs| asked_for - Duration::from_secs(secs);
    let world = World::new(vec![
        listed("SMnext", (JANE, OURS), after(240)),
        listed("SManswer", (OURS, JANE), after(300)),
        listed("SMonitsway", (OURS, JANE), after(25)),
        listed("SMsoon", (JANE, OURS), after(1)),
        listed("SMreply", (OURS, JANE), before(60)),
        listed("SMreceived", (JANE, OURS), before(60)),
        listed("SMmissed", (JANE, OURS), before(60)),
        listed("SMcaughtup", (JANE, OURS), before(60)),
        listed("SMearly", (JANE, OURS), Millis(0)),
    ])
    .await;
    {
        let conn = &mut *world.desk.store.connection().await.unwrap();
        for sid in ["SMreceived", "SMcaughtup", "SMsoon", "SMnext"] {
            upkeep::claim(conn, Receipt::of_text(sid).as_str(), asked_for).await.unwrap();
        }
        // It came late, into a conversation that goes on.
        provider_texts::add(conn, &InteractionId::new("i-new"), "SMcaughtup").await.unwrap();
    }
    let texts = vec!["SMonitsway".to_owned()];
    let elsewhere = Elsewhere { addresses: vec![Address::read(JANE)], texts, ..Elsewhere::default() };
    world.begin(&elsewhere, asked_for).await;
    world.all_that_is_due().await;
    // Once more some minutes later, and as often as it may be.
    world.desk.clock.advance(Duration::from_hours(48));
    world.all_that_is_due().await;
    let mut erased = world.provider.erased.lock().unwrap().clone();
    erased.sort();
    assert_eq!(erased, ["SMearly", "SMonitsway", "SMreceived", "SMreply"]);
    assert_eq!(world.left().await, []);
}

#[tokio::test]
async fn on_a_number_that_another_uses_too_only_what_is_known_to_be_theirs_goes() {
    let asked_for = crate::clock::Clock::default().now();
    let at = asked_for - Duration::from_mins(1);
    let world = World::new(vec![
        listed("SMhers", (JANE, OURS), at),
        listed("SMhis", (JANE, OURS), at),
        listed("SMtoher", (OURS, JANE), at),
        listed("SMtohim", (OURS, JANE), at),
    ])
    .await;
    let texts = ["SMhers", "SMtoher"].map(str::to_owned).to_vec();
    let elsewhere = Elsewhere { shared: vec![Address::read(JANE)], texts, ..Elsewhere::default() };
    world.begin(&elsewhere, asked_for).await;
    world.all_that_is_due().await;
    let mut erased = world.provider.erased.lock().unwrap().clone();
    erased.sort();
    assert_eq!(erased, ["SMhers", "SMtoher"]);
}

#[tokio::test]
async fn what_a_console_shows_of_the_number_after_the_erasure_stays() {
    let world = World::new(vec![]).await;
    let asked_for = world.desk.clock.now();
    let offer = |id: &str, at: Millis| {
        json!({"type": "m.room.message", "event_id": id, "sender": "@switchroom:desk.test",
            "room_id": "!console:desk.test", "origin_server_ts": at.0,
            "content": {"msgtype": "m.text", "body": "+1 415 555 0100 writes"}})
    };
    let events = [offer("$before", asked_for), offer("$after", asked_for + Duration::from_mins(4))];
    world.answers(1, "GET", "/state$", 200, &json!([])).await;
    world.answers(1, "GET", "/messages$", 200, &json!({"start": "s", "chunk": events})).await;
    world.answers(1, "PUT", "/redact/", 200, &json!({"event_id": "$r"})).await;
    let elsewhere = Elsewhere {
        mentions: vec![owned_room_id!("!console:desk.test")],
        words: vec![JANE.to_owned()],
        ..Elsewhere::default()
    };
    world.begin(&elsewhere, asked_for).await;
    world.all_that_is_due().await;
    let redacted = world.asked("/redact/").await;
    assert!(redacted.len() == 1 && redacted[0].contains("before"), "{redacted:?}");
}

#[tokio::test]
async fn the_ghost_of_a_number_that_another_uses_too_forgets_the_erased_room_and_no_other() {
    let world = World::new(vec![]).await;
    let member = |user: &str, membership: &str| {
        json!({"type": "m.room.member", "state_key": user, "sender": user, "event_id": "$1",
            "origin_server_ts": 1, "content": {"membership": membership}})
    };
    let members = [
        member("@switchroom:desk.test", "join"),
        member("@sms_old:desk.test", "leave"),
        member(SHARED, "join"),
        member("@alice:desk.test", "leave"),
    ];
    world.answers(1, "GET", "/state$", 200, &json!(members)).await;
    world.answers(1, "GET", "/messages$", 200, &json!({"start": "s", "chunk": []})).await;
    world.answers(1, "DELETE", "/rooms/", 403, &json!({"errcode": "M_FORBIDDEN", "error": "no"})).await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"event_id": "$e"})))
        .with_priority(9)
        .mount(&world.homeserver)
        .await;
    let elsewhere = Elsewhere { rooms: vec![owned_room_id!("!theirs:desk.test")], ..Elsewhere::default() };
    world.begin(&elsewhere, world.desk.clock.now()).await;
    world.all_that_is_due().await;
    for call in ["/leave", "/forget"] {
        let asked = world.asked(call).await;
        let users: Vec<&str> = asked.iter().filter_map(|url| url.split("sms_").nth(1)).collect();
        assert_eq!(asked.len(), 3, "{asked:?}");
        assert!(users[0].starts_with("old") && users[1].starts_with("shared"), "{asked:?}");
        assert!(asked[2].contains("switchroom"), "the bot goes last: {asked:?}");
        assert!(asked.iter().all(|url| url.contains("theirs")), "{asked:?}");
    }
}

#[tokio::test]
async fn the_record_of_a_call_that_still_goes_on_is_deleted_later_and_named_if_it_never_can_be() {
    let world = World::new(vec![]).await;
    let now = world.desk.clock.now();
    world.provider.refuses_calls.store(2, Ordering::SeqCst);
    let calls = vec!["CAone".to_owned()];
    world.begin(&Elsewhere { calls: calls.clone(), ..Elsewhere::default() }, now).await;
    world.all_that_is_due().await;
    assert!(world.provider.erased.lock().unwrap().is_empty());
    assert_eq!(world.left().await, []);
    for minutes in [6, 31] {
        world.desk.clock.advance(Duration::from_mins(minutes));
        world.all_that_is_due().await;
    }
    assert_eq!(*world.provider.erased.lock().unwrap(), calls);
    assert_eq!(world.left().await, []);

    let never = World::new(vec![]).await;
    never.provider.refuses_calls.store(usize::MAX, Ordering::SeqCst);
    let now = never.desk.clock.now();
    never.begin(&Elsewhere { calls, ..Elsewhere::default() }, now).await;
    let mut left = vec![];
    for _ in 0..10 {
        never.all_that_is_due().await;
        left.extend(never.left().await);
        never.desk.clock.advance(Duration::from_hours(25));
    }
    let refused =
        Left { what: LeftWhat::Calls, reason: LeftReason::Refused, at: "CAone".to_owned(), count: 0 };
    assert_eq!(left.first(), Some(&refused));
}

#[tokio::test]
async fn every_step_has_a_week_of_its_own_before_it_is_given_up() {
    let world = World::new(vec![]).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(502)).mount(&world.homeserver).await;
    let rooms = ["!a:desk.test", "!b:desk.test"].map(|room| room.try_into().unwrap());
    let elsewhere = Elsewhere { mentions: rooms.to_vec(), ..Elsewhere::default() };
    world.begin(&elsewhere, world.desk.clock.now()).await;
    let days = |days: u64| world.desk.clock.advance(Duration::from_hours(days * 24));
    let fails = async || matches!(world.piece().await, Err(Delivery::Retry { .. }));
    assert!(fails().await);
    days(6);
    assert!(fails().await);
    days(2);
    assert!(world.piece().await.unwrap(), "the first is given up");
    let left = |room: &str| Left {
        what: LeftWhat::Events,
        reason: LeftReason::Failed,
        at: room.to_owned(),
        count: 0,
    };
    assert_eq!(world.left().await, [left("!a:desk.test")]);

    // The second was not tried in that week.
    assert!(fails().await);
    days(6);
    assert!(fails().await);
    // It gets further, and is tried for another week.
    {
        let conn = &mut *world.desk.store.connection().await.unwrap();
        let next = erasures::next(conn, &job()).await.unwrap().unwrap();
        erasures::go_on(conn, &job(), (next.seq, &next.step), world.desk.clock.now()).await.unwrap();
    }
    days(6);
    assert!(fails().await);
    days(2);
    assert!(world.piece().await.unwrap(), "the second is given up");
    assert_eq!(world.left().await, [left("!a:desk.test"), left("!b:desk.test")]);
}
