//! Looking through rooms, with a homeserver whose answers each test sets.

use ruma::owned_room_id;
use serde_json::{Value, json};
use wiremock::matchers::{path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::homeserver::{self, Looked, Which};
use super::super::told::Teller;
use super::*;
use crate::domain::effect::Notify;
use crate::outbox::history::LookError;

pub(super) const ALICES: &str = "!alice:desk.test";
pub(super) const BOBS: &str = "!bob:desk.test";

/// A desk whose agents have consoles, and which read everything up to an hour ago.
pub(super) async fn with_consoles(homeserver: &MockServer) -> World {
    let w = world_at(&homeserver.uri()).await;
    for (agent, room) in
        [("alice", owned_room_id!("!alice:desk.test")), ("bob", owned_room_id!("!bob:desk.test"))]
    {
        testing::console(&w.ports.store, agent, &room).await;
    }
    let mut conn = w.ports.store.connection().await.unwrap();
    let an_hour_ago = w.ports.clock.now() - Duration::from_hours(1);
    upkeep::remember(&mut conn, "homeserver_read_to", &an_hour_ago.0.to_string()).await.unwrap();
    drop(conn);
    w
}

/// What an agent typed in their console.
pub(super) fn typed(w: &World, room: &str, number: usize) -> Value {
    let agent = room.trim_start_matches('!');
    json!({
        "type": "m.room.message", "event_id": format!("${agent}{number}"), "room_id": room, "sender": format!("@{agent}"),
        "origin_server_ts": w.ports.clock.now(), "content": {"msgtype": "m.text", "body": format!("!count {number}")},
    })
}

/// Answers for a page of a room's history, from a place on back; from the newest event on without one.
pub(super) async fn page(
    server: &MockServer,
    room: &str,
    from: Option<&str>,
    answer: ResponseTemplate,
    times: u64,
) {
    let mock = Mock::given(path(format!("/_matrix/client/v3/rooms/{room}/messages")));
    let mock = match from {
        Some(from) => mock.and(query_param("from", from)),
        None => mock.and(query_param_is_missing("from")),
    };
    mock.respond_with(answer).up_to_n_times(times).mount(server).await;
}

pub(super) fn events(start: &str, end: Option<&str>, chunk: &[Value]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"start": start, "end": end, "chunk": chunk}))
}

/// Looks through all rooms, one by one.
async fn all_rooms(w: &World) -> Result<Looked, LookError> {
    homeserver::look(&w.ports, &mut Teller::new(None), Which::All).await
}

/// The numbers that were answered in a console, in order.
pub(super) async fn answered(w: &World, agent: &str) -> Vec<usize> {
    let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox WHERE lane = $1 ORDER BY seq")
        .bind(format!("console:{agent}"))
        .fetch_all(&mut *w.ports.store.connection().await.unwrap())
        .await
        .unwrap();
    let answer = |body: &String| match serde_json::from_str(body).unwrap() {
        Effect::Notify(Notify { reply_to: Some(event), .. }) => {
            event.as_str().strip_prefix(&format!("${agent}:"))?.split_once(".test")?.1.parse().ok()
        }
        _ => None,
    };
    bodies.iter().filter_map(answer).collect()
}

#[tokio::test]
async fn a_long_history_is_told_in_the_order_it_happened() {
    let server = MockServer::start().await;
    let w = with_consoles(&server).await;
    let all: Vec<Value> = (0..250).rev().map(|number| typed(&w, ALICES, number)).collect();
    page(&server, ALICES, None, events("s0", Some("t1"), &all[..100]), 1).await;
    page(&server, ALICES, Some("s0"), events("s0", Some("t1"), &all[..100]), 1).await;
    page(&server, ALICES, Some("t1"), events("t1", Some("t2"), &all[100..200]), 2).await;
    page(&server, ALICES, Some("t2"), events("t2", None, &all[200..]), 1).await;
    page(&server, BOBS, None, events("s0", None, &[]), 1).await;
    let looked = all_rooms(&w).await.unwrap();
    assert_eq!(looked, Looked { read: 2, found: 250, behind: 0, gaps: 0 });
    assert_eq!(answered(&w, "alice").await, (0..250).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_room_that_cannot_be_read_stops_no_other_and_is_read_later() {
    let server = MockServer::start().await;
    let w = with_consoles(&server).await;
    page(&server, ALICES, None, ResponseTemplate::new(500), 2).await;
    page(&server, BOBS, None, events("s0", None, &[typed(&w, BOBS, 1)]), 1).await;
    let looked = all_rooms(&w).await.unwrap();
    assert_eq!(looked, Looked { read: 1, found: 1, behind: 1, gaps: 1 });
    assert_eq!((answered(&w, "bob").await, answered(&w, "alice").await), (vec![1], vec![]));

    // The mark has moved on, but not for that room.
    w.ports.clock.advance(Duration::from_hours(2));
    let looked = homeserver::look(&w.ports, &mut Teller::new(None), Which::Behind).await.unwrap();
    assert_eq!((looked.found, looked.behind), (0, 1));
    let long_ago = json!({"origin_server_ts": (w.ports.clock.now() - Duration::from_mins(150)).0});
    let mut missed = typed(&w, ALICES, 7);
    missed.as_object_mut().unwrap().extend(long_ago.as_object().unwrap().clone());
    page(&server, ALICES, None, events("s0", None, &[missed]), 1).await;
    let looked = homeserver::look(&w.ports, &mut Teller::new(None), Which::Behind).await.unwrap();
    assert_eq!((looked.found, looked.behind), (1, 0));
    assert_eq!(answered(&w, "alice").await, [7]);
    assert_eq!(
        homeserver::look(&w.ports, &mut Teller::new(None), Which::Behind).await.unwrap(),
        Looked::default(),
        "it is behind no more"
    );
}

/// The event as another clock stamped it, that is so far behind.
fn behind(w: &World, event: Value, by: Duration) -> Value {
    let mut event = event;
    event["origin_server_ts"] = json!((w.ports.clock.now() - by).0);
    event
}

#[tokio::test]
async fn a_clock_that_is_behind_hides_nothing() {
    const CAROLS: &str = "!carol:other.test";
    let server = MockServer::start().await;
    let w = with_consoles(&server).await;
    let carol = Agent {
        who: AgentRef {
            id: AgentId::new("carol"),
            user: owned_user_id!("@carol:other.test"),
            name: "Carol".to_owned(),
        },
        ..agent("carol")
    };
    let setup = Setup { agents: vec![carol], ..Setup::default() };
    w.ports.desk.apply(Input::Setup(setup)).await.unwrap();
    testing::console(&w.ports.store, "carol", &owned_room_id!("!carol:other.test")).await;

    // Her homeserver is two hours behind, and nobody else speaks in her console.
    let hers = |number| behind(&w, typed(&w, CAROLS, number), Duration::from_hours(2));
    let first = json!({"type": "m.room.create", "state_key": "", "event_id": "$c", "room_id": CAROLS, "content": {},
        "sender": "@switchroom:desk.test", "origin_server_ts": 1});
    for from in [None, Some("s0")] {
        page(&server, CAROLS, from, events("s0", Some("t1"), &[hers(3), hers(2)]), 1).await;
    }
    page(&server, CAROLS, Some("t1"), events("t1", Some("t2"), &[hers(1), first]), 1).await;
    // A stranger's event stands between Alice's.
    let guest = json!({"type": "m.room.message", "event_id": "$guest", "room_id": ALICES, "sender": "@guest:other.test",
        "origin_server_ts": 1, "content": {"msgtype": "m.text", "body": "hi"}});
    for from in [None, Some("s0")] {
        page(&server, ALICES, from, events("s0", Some("t1"), &[typed(&w, ALICES, 9), guest.clone()]), 1)
            .await;
    }
    page(&server, ALICES, Some("t1"), events("t1", None, &[typed(&w, ALICES, 8)]), 1).await;
    page(&server, BOBS, None, events("s0", None, &[]), 1).await;

    let looked = all_rooms(&w).await.unwrap();
    assert_eq!((answered(&w, "carol").await, answered(&w, "alice").await), (vec![1, 2, 3], vec![8, 9]));
    assert_eq!(looked.behind, 0);
    // What is known by now ends the search.
    page(&server, CAROLS, None, events("s0", Some("t1"), &[hers(3), hers(2)]), 1).await;
    for room in [ALICES, BOBS] {
        page(&server, room, None, events("s0", None, &[]), 1).await;
    }
    assert_eq!(all_rooms(&w).await.unwrap(), Looked { read: 3, ..Looked::default() });
}
