//! Which rooms are read, with a homeserver that tells in which of them something happened.

use std::slice;

use ruma::{owned_event_id, owned_room_id};
use serde_json::{Value, json};
use wiremock::matchers::{path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::homeserver::{self, Looked, Which};
use super::super::told::Teller;
use super::rooms::{ALICES, BOBS, answered, events, page, typed, with_consoles};
use super::*;
use crate::matrix::news::Witness;

const SYNC: &str = "/_matrix/client/v3/sync";
const CONTROL: &str = "!control:desk.test";

/// A desk that has looked through its rooms up to the moment `s1`, and is asked what happened after a marker.
async fn told_once(server: &MockServer) -> (World, Teller) {
    let w = with_consoles(server).await;
    let moment = Mock::given(path(SYNC)).and(query_param_is_missing("since"));
    moment.respond_with(news("s1", &json!({}))).up_to_n_times(1).mount(server).await;
    for room in [ALICES, BOBS] {
        page(server, room, None, events("s0", None, &[]), 1).await;
    }
    let mut teller = new_teller();
    let looked = look(&w, &mut teller).await;
    assert_eq!(looked, Looked { read: 2, ..Looked::default() }, "nothing has been told yet");
    is_in(server, &[ALICES, BOBS]).await;
    (w, teller)
}

/// What is to be told after the marker `$m`.
fn new_teller() -> Teller {
    Teller::new(Some(Witness { room: owned_room_id!("!control:desk.test"), event: owned_event_id!("$m") }))
}

async fn look(w: &World, teller: &mut Teller) -> Looked {
    homeserver::look(&w.ports, teller, Which::All).await.unwrap()
}

fn news(until: &str, rooms: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"next_batch": until, "rooms": {"join": rooms}}))
}

/// What happened in a room, told whole.
fn whole(events: &[Value]) -> Value {
    json!({"timeline": {"limited": false, "prev_batch": "p", "events": events}})
}

async fn tells(server: &MockServer, since: &str, answer: ResponseTemplate) {
    let sync = Mock::given(path(SYNC)).and(query_param("since", since));
    sync.respond_with(answer).up_to_n_times(1).mount(server).await;
}

async fn knows(server: &MockServer, room: &str, event: &str, answer: ResponseTemplate) {
    let event = Mock::given(path(format!("/_matrix/client/v3/rooms/{room}/event/{event}")));
    event.respond_with(answer).up_to_n_times(1).mount(server).await;
}

async fn is_in(server: &MockServer, rooms: &[&str]) {
    let joined = Mock::given(path("/_matrix/client/v3/joined_rooms"));
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "joined_rooms": rooms }));
    joined.respond_with(answer).with_priority(9).mount(server).await;
}

/// The last parts of the addresses asked for, from the so many-th on.
async fn asked(server: &MockServer, from: usize) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let last =
        |url: &url::Url| url.path_segments().and_then(|mut parts| parts.next_back()).map(ToOwned::to_owned);
    requests.iter().skip(from).filter_map(|request| last(&request.url)).collect()
}

#[tokio::test]
async fn rooms_in_which_nothing_happened_are_read_once() {
    let server = MockServer::start().await;
    let (w, mut teller) = told_once(&server).await;
    assert_eq!(asked(&server, 0).await, ["sync", "messages", "messages"]);
    tells(&server, "s1", news("s2", &json!({}))).await;
    assert_eq!(look(&w, &mut teller).await, Looked::default());
    assert_eq!(asked(&server, 3).await, ["sync"], "one request for all rooms");

    // After a start it goes on from there.
    knows(&server, CONTROL, "$m", ResponseTemplate::new(200).set_body_json(json!({}))).await;
    tells(&server, "s2", news("s3", &json!({}))).await;
    assert_eq!(look(&w, &mut new_teller()).await, Looked::default());
    assert_eq!(asked(&server, 4).await, ["$m", "sync", "joined_rooms"]);
}

#[tokio::test]
async fn an_event_that_was_not_delivered_is_found_and_read_once() {
    let server = MockServer::start().await;
    let (w, mut teller) = told_once(&server).await;
    let missed = typed(&w, ALICES, 1);
    tells(&server, "s1", news("s2", &json!({ ALICES: whole(slice::from_ref(&missed)) }))).await;
    page(&server, ALICES, None, events("s0", None, slice::from_ref(&missed)), 1).await;
    assert_eq!(look(&w, &mut teller).await, Looked { read: 1, found: 1, ..Looked::default() });
    assert_eq!(answered(&w, "alice").await, [1]);
    assert_eq!(asked(&server, 3).await, ["sync", "messages"]);

    // A second gap: of what is told now, all is known in the one room, and not in the other.
    let ghosts = json!({"type": "m.room.message", "event_id": "$g", "sender": "@sms_k3v9a7q2xz:desk.test",
        "origin_server_ts": 1, "content": {}});
    knows(
        &server,
        ALICES,
        missed["event_id"].as_str().unwrap(),
        ResponseTemplate::new(200).set_body_json(json!({})),
    )
    .await;
    let other = typed(&w, BOBS, 2);
    let rooms = json!({ ALICES: whole(&[missed, ghosts]), BOBS: whole(slice::from_ref(&other)) });
    tells(&server, "s2", news("s3", &rooms)).await;
    page(&server, BOBS, None, events("s0", None, &[other]), 1).await;
    assert_eq!(look(&w, &mut new_teller()).await, Looked { read: 1, found: 1, ..Looked::default() });
    assert_eq!((answered(&w, "alice").await, answered(&w, "bob").await), (vec![1], vec![2]));
}

#[tokio::test]
async fn a_room_in_which_more_happened_than_is_told_is_read() {
    let server = MockServer::start().await;
    let (w, mut teller) = told_once(&server).await;
    let cut = json!({"timeline": {"limited": true, "prev_batch": "p", "events": []}});
    tells(&server, "s1", news("s2", &json!({ ALICES: cut }))).await;
    let missed = typed(&w, ALICES, 1);
    page(&server, ALICES, None, events("s0", None, &[missed]), 1).await;
    assert_eq!(look(&w, &mut teller).await, Looked { read: 1, found: 1, ..Looked::default() });
}

#[tokio::test]
async fn a_homeserver_that_was_restored_is_read_room_by_room() {
    let server = MockServer::start().await;
    let (w, _) = told_once(&server).await;
    let unknown = json!({"errcode": "M_NOT_FOUND", "error": "no such event"});
    knows(&server, CONTROL, "$m", ResponseTemplate::new(404).set_body_json(unknown)).await;
    let moment = Mock::given(path(SYNC)).and(query_param_is_missing("since"));
    moment.respond_with(news("r1", &json!({}))).up_to_n_times(1).mount(&server).await;
    page(&server, ALICES, None, events("s0", None, &[typed(&w, ALICES, 1)]), 1).await;
    page(&server, BOBS, None, events("s0", None, &[]), 1).await;
    let mut teller = new_teller();
    assert_eq!(look(&w, &mut teller).await, Looked { read: 2, found: 1, ..Looked::default() });
    tells(&server, "r1", news("r2", &json!({}))).await;
    assert_eq!(look(&w, &mut teller).await, Looked::default());
}

#[tokio::test]
async fn where_the_homeserver_does_not_tell_all_rooms_are_read_and_that_is_no_gap() {
    let server = MockServer::start().await;
    let w = with_consoles(&server).await;
    let mut teller = new_teller();
    for number in 1..=2 {
        page(&server, ALICES, None, events("s0", None, &[typed(&w, ALICES, number)]), 1).await;
        page(&server, BOBS, None, events("s0", None, &[]), 1).await;
        assert_eq!(look(&w, &mut teller).await, Looked { read: 2, found: 1, ..Looked::default() });
    }
    assert_eq!(w.ports.matrix.reach().now().gaps, 0);
}

#[tokio::test]
async fn a_room_that_the_bot_is_not_in_any_more_is_found_at_the_start() {
    let server = MockServer::start().await;
    let (w, _) = told_once(&server).await;
    server.reset().await;
    is_in(&server, &[ALICES]).await;
    knows(&server, CONTROL, "$m", ResponseTemplate::new(200).set_body_json(json!({}))).await;
    tells(&server, "s1", news("s2", &json!({}))).await;
    let refused = json!({"errcode": "M_FORBIDDEN", "error": "not in this room"});
    page(&server, BOBS, None, ResponseTemplate::new(403).set_body_json(refused), 1).await;
    assert_eq!(look(&w, &mut new_teller()).await, Looked::default());
    assert!(asked(&server, 0).await.contains(&"messages".to_owned()));
}

#[tokio::test]
async fn replies_need_no_look_where_the_homeserver_had_kept_nothing_and_nothing_is_found() {
    for (had_kept_nothing, is_missed, is_in_doubt) in
        [(true, false, false), (false, false, true), (true, true, true)]
    {
        let server = MockServer::start().await;
        let w = with_consoles(&server).await;
        let moment = Mock::given(path(SYNC)).and(query_param_is_missing("since"));
        moment.respond_with(news("s1", &json!({}))).mount(&server).await;
        let missed: Vec<Value> = is_missed.then(|| typed(&w, ALICES, 1)).into_iter().collect();
        page(&server, ALICES, None, events("s0", None, &missed), 1).await;
        page(&server, BOBS, None, events("s0", None, &[]), 1).await;
        w.ports.backlog.marker_came();
        assert!(w.ports.backlog.is_in_doubt(0));
        // It ends behind the first look, because nobody answers a ping.
        let gap = until_gap(&w.ports, "switchroom", 0, (new_teller(), had_kept_nothing));
        tokio::time::timeout(Duration::from_secs(30), gap).await.unwrap();
        assert_eq!(
            w.ports.backlog.is_in_doubt(0),
            is_in_doubt,
            "had kept nothing: {had_kept_nothing}, missed: {is_missed}"
        );
    }
}
