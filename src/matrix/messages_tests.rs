use std::time::Duration;

use ruma::{event_id, room_id};
use wiremock::matchers::{body_json, method, path, path_regex, query_param};
use wiremock::{Mock, ResponseTemplate};

use super::super::error::Verdict;
use super::super::testing::{client, client_at, error, ok};
use super::*;
use crate::domain::ids::GhostName;

fn room() -> &'static RoomId {
    room_id!("!a:desk.test")
}

fn ghost() -> Sender {
    Sender::Ghost(GhostName::new("k3v9a7q2xz"))
}

#[tokio::test]
async fn a_message_is_one_request_of_the_ghost_and_its_device() {
    let (server, client) = client().await;
    let content = json!({"msgtype": "m.text", "body": "hello", SOURCE_ID: "s-1"});
    Mock::given(method("PUT"))
        .and(path("/_matrix/client/v3/rooms/!a:desk.test/send/m.room.message/t-1"))
        .and(query_param("user_id", "@sms_k3v9a7q2xz:desk.test"))
        .and(query_param("device_id", "SWITCHROOM"))
        .and(wiremock::matchers::bearer_token("secret-token"))
        .and(body_json(&content))
        .respond_with(ok(&json!({"event_id": "$e"})))
        .mount(&server)
        .await;
    let sent = client.send(&ghost(), room(), "m.room.message", &content, "t-1").await.unwrap();
    assert_eq!(sent, event_id!("$e"));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_equal_reaction_is_there_already() {
    let (server, client) = client().await;
    let reaction = |key: &str| {
        Mock::given(method("PUT")).and(path_regex("/send/m.reaction/")).and(body_json(
            json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$m", "key": key}}),
        ))
    };
    reaction("✓").respond_with(ok(&json!({"event_id": "$r"}))).mount(&server).await;
    reaction("❌").respond_with(error(400, "M_DUPLICATE_ANNOTATION")).mount(&server).await;
    let target = event_id!("$m");
    let react = |key: &'static str| client.react(&Sender::Bot, room(), target, key, "t");
    assert_eq!(react("✓").await.unwrap().as_deref(), Some(event_id!("$r")));
    assert_eq!(react("❌").await.unwrap(), None);
    assert!(react("👍").await.is_err());
}

#[tokio::test]
async fn deleting_and_writing_state_name_the_event_made() {
    let (server, client) = client().await;
    Mock::given(method("PUT"))
        .and(path("/_matrix/client/v3/rooms/!a:desk.test/redact/$m/t-2"))
        .and(body_json(json!({"reason": "erased"})))
        .respond_with(ok(&json!({"event_id": "$d"})))
        .mount(&server)
        .await;
    let redacted = client.redact(&Sender::Bot, room(), event_id!("$m"), Some("erased"), "t-2").await.unwrap();
    assert_eq!(redacted, event_id!("$d"));
    for (kind, content) in
        [("m.room.name", json!({"name": "Jane"})), ("m.room.topic", json!({"topic": "Jane"}))]
    {
        Mock::given(method("PUT"))
            .and(path(format!("/_matrix/client/v3/rooms/!a:desk.test/state/{kind}/")))
            .and(body_json(content))
            .respond_with(ok(&json!({"event_id": "$s"})))
            .expect(1)
            .mount(&server)
            .await;
    }
    client.set_name(room(), "Jane").await.unwrap();
    client.set_topic(room(), "Jane").await.unwrap();
}

#[tokio::test]
async fn answers_that_are_not_of_the_protocol_fail_and_stop_nothing() {
    let answers = [
        ResponseTemplate::new(200).set_body_string("<html>login</html>"),
        ResponseTemplate::new(200).set_body_string("{\"event_id\": 5}"),
        ResponseTemplate::new(200).set_body_bytes(vec![b'['; 10 * 1024 * 1024]),
        ResponseTemplate::new(500).set_body_bytes(vec![b'['; 10 * 1024 * 1024]),
        ResponseTemplate::new(413).set_body_string("<html>too large</html>"),
        ResponseTemplate::new(307).insert_header("location", "http://127.0.0.1:1/"),
    ];
    for answer in answers {
        let (server, client) = client().await;
        Mock::given(method("PUT")).respond_with(answer).mount(&server).await;
        let error = client.send(&ghost(), room(), "m.room.message", &json!({}), "t").await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::ServerError { after: None }, "{error}");
    }
}

#[tokio::test]
async fn a_send_without_an_answer_is_repeated_and_its_error_names_nobody() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_at(&format!("http://{}", listener.local_addr().unwrap()));
    let hang_up = tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            drop(connection);
        }
    });
    let error = client.send(&ghost(), room(), "m.room.message", &json!({}), "t").await.unwrap_err();
    hang_up.abort();
    assert_eq!(error.verdict(), Verdict::Retry { after: None });
    let told = format!("{error:?} {:?}", std::error::Error::source(&error));
    assert!(!told.contains("k3v9a7q2xz") && !told.contains("secret-token"), "{told}");
    assert!(!format!("{client:?}").contains("secret-token"));
}

#[tokio::test]
async fn a_limited_send_says_how_long_to_wait() {
    let (server, client) = client().await;
    let answer = error(429, "M_LIMIT_EXCEEDED").insert_header("retry-after", "2");
    Mock::given(method("PUT")).respond_with(answer).mount(&server).await;
    let error = client.send(&ghost(), room(), "m.room.message", &json!({}), "t").await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Retry { after: Some(Duration::from_secs(2)) });
}

fn written(id: &str, sender: &str, at: i64, source: &Value) -> Value {
    json!({"event_id": id, "sender": sender, "origin_server_ts": at, "type": "m.room.message",
        "content": {"body": "x", SOURCE_ID: source}})
}

#[tokio::test]
async fn a_message_of_ours_is_found_by_its_source_and_forgeries_are_not() {
    let (server, client) = client().await;
    let ours = "@sms_k3v9a7q2xz:desk.test";
    let pages = [
        (
            None,
            json!({"start": "p0", "end": "p1", "chunk": [
            {"not": "an event"}, written("$forged", "@mallory:desk.test", 900, &json!("s-1"))]}),
        ),
        (
            Some("p1"),
            json!({"start": "p1", "end": "p2", "chunk": [
            written("$other", ours, 800, &json!(["s-1"])), written("$found", ours, 700, &json!("s-1"))]}),
        ),
        (
            Some("p2"),
            json!({"start": "p2", "end": "p3", "chunk": [written("$old", ours, 100, &json!("s-0"))]}),
        ),
    ];
    for (from, page) in pages {
        let mock = Mock::given(method("GET")).and(path("/_matrix/client/v3/rooms/!a:desk.test/messages"));
        let mock = match from {
            None => mock.and(wiremock::matchers::query_param_is_missing("from")),
            Some(token) => mock.and(query_param("from", token)),
        };
        mock.respond_with(ok(&page)).mount(&server).await;
    }
    let find = |source: &'static str| client.find_source(room(), source, Millis(500));
    assert_eq!(find("s-1").await.unwrap().as_deref(), Some(event_id!("$found")));
    assert_eq!(find("s-2").await.unwrap(), None);
}

#[tokio::test]
async fn a_search_without_end_is_given_up() {
    let (server, client) = client().await;
    let page = json!({"start": "p", "end": "p", "chunk": [written("$1", "@bob:desk.test", 900, &json!(""))]});
    Mock::given(method("GET")).respond_with(ok(&page)).mount(&server).await;
    let error = client.find_source(room(), "s", Millis(500)).await.unwrap_err();
    assert!(matches!(error, MatrixError::TooFarBack));
    assert_eq!(server.received_requests().await.unwrap().len(), SEARCH_PAGES);
}

#[tokio::test]
async fn an_unknown_event_is_none() {
    let (server, client) = client().await;
    let event = |id: &str| {
        Mock::given(method("GET")).and(path(format!("/_matrix/client/v3/rooms/!a:desk.test/event/{id}")))
    };
    event("$1").respond_with(ok(&written("$1", "@bob:desk.test", 1, &json!("")))).mount(&server).await;
    event("$2").respond_with(error(404, "M_NOT_FOUND")).mount(&server).await;
    assert!(client.event(room(), event_id!("$1")).await.unwrap().is_some());
    assert!(client.event(room(), event_id!("$2")).await.unwrap().is_none());
}
