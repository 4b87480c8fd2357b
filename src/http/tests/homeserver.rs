use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Body, CONSOLE, World, world};
use crate::domain::input::Receipt;

const AUTH: [(&str, &str); 1] = [("Authorization", "Bearer hs")];

async fn put(world: &World, id: &str, body: impl Into<Body>) -> Answer {
    world.ask(Method::PUT, &format!("/_matrix/app/v1/transactions/{id}"), &AUTH, body).await
}

async fn events(world: &World, id: &str, events: &[Value]) -> Answer {
    put(world, id, json!({ "events": events }).to_string()).await
}

/// What Alice says in a room.
fn says(event: &str, room: &str, body: &str) -> Value {
    json!({"type": "m.room.message", "event_id": event, "room_id": room, "sender": "@alice:desk.test",
        "origin_server_ts": 1_700_000_000_000_i64, "content": {"msgtype": "m.text", "body": body}})
}

fn marker(nonce: &str, sender: &str) -> Value {
    json!({"type": "org.switchroom.marker", "event_id": format!("${nonce}"), "room_id": CONSOLE, "sender": sender,
        "origin_server_ts": 1, "content": {"nonce": nonce}})
}

#[tokio::test]
async fn only_the_homeserver_gets_in() {
    let w = world().await;
    let before = w.rows().await;
    let body = json!({"events": [says("$1", CONSOLE, "!status")]}).to_string();
    let transaction = "/_matrix/app/v1/transactions/1";
    let doors = [
        (Method::PUT, transaction),
        (Method::GET, "/_matrix/app/v1/users/@sms_1:desk.test"),
        (Method::GET, "/_matrix/app/v1/rooms/%23a:desk.test"),
        (Method::POST, "/_matrix/app/v1/ping"),
    ];
    for (method, path) in doors {
        for (token, status) in [
            ("", StatusCode::UNAUTHORIZED),
            ("hs", StatusCode::UNAUTHORIZED),
            ("Bearer ", StatusCode::UNAUTHORIZED),
            ("Basic aHM6aHM=", StatusCode::UNAUTHORIZED),
            ("Bearer h", StatusCode::FORBIDDEN),
            ("Bearer hs2", StatusCode::FORBIDDEN),
            ("Bearer HS", StatusCode::FORBIDDEN),
            ("Bearer hs hs", StatusCode::FORBIDDEN),
        ] {
            let answer = w.ask(method.clone(), path, &[("Authorization", token)], body.clone()).await;
            assert_eq!((answer.status, answer.errcode().as_str()), (status, "M_FORBIDDEN"), "{path} {token}");
        }
        let answer = w.ask(method.clone(), path, &[], body.clone()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(w.rows().await, before);
}

#[tokio::test]
async fn a_token_in_the_query_is_refused_with_the_mend() {
    let w = world().await;
    for query in ["access_token=hs", "a=b&access%5Ftoken=hs"] {
        let path = format!("/_matrix/app/v1/transactions/1?{query}");
        for headers in [&AUTH[..], &[]] {
            let answer = w.ask(Method::PUT, &path, headers, r#"{"events":[]}"#).await;
            assert_eq!((answer.status, answer.errcode().as_str()), (StatusCode::FORBIDDEN, "M_FORBIDDEN"));
            assert!(answer.body.contains("upgrade the homeserver"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn the_homeserver_is_answered_as_the_protocol_says() {
    let w = world().await;
    for path in ["/_matrix/app/v1/users/@sms_1:desk.test", "/_matrix/app/v1/rooms/%23a%00:desk.test"] {
        let answer = w.ask(Method::GET, path, &AUTH, Body::empty()).await;
        assert_eq!((answer.status, answer.errcode().as_str()), (StatusCode::NOT_FOUND, "M_NOT_FOUND"));
    }
    let lower_case = [("authorization", "bearer hs")];
    let ping = w.ask(Method::POST, "/_matrix/app/v1/ping", &lower_case, r#"{"transaction_id":"1"}"#).await;
    assert_eq!((ping.status, ping.body.as_str()), (StatusCode::OK, "{}"));
    for (method, path, status) in [
        (Method::GET, "/_matrix/app/v1/transactions/1", StatusCode::METHOD_NOT_ALLOWED),
        (Method::PUT, "/_matrix/app/v2/transactions/1", StatusCode::NOT_FOUND),
        (Method::PUT, "/transactions/1", StatusCode::NOT_FOUND),
    ] {
        let answer = w.ask(method, path, &AUTH, Body::empty()).await;
        assert_eq!((answer.status, answer.errcode().as_str()), (status, "M_UNRECOGNIZED"), "{path}");
    }
}

#[tokio::test]
async fn a_transaction_that_is_none_is_refused_clearly() {
    let w = world().await;
    let before = w.rows().await;
    let deep = format!(r#"{{"events": [{}{}], "events": 1}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let table: [(&[u8], &str); 8] = [
        (b"", "M_NOT_JSON"),
        (b"{\"events\": [", "M_NOT_JSON"),
        (b"{\"events\": [{\"a\": \"\xff\xfe\"}]}", "M_NOT_JSON"),
        (b"\0\0\0\0", "M_NOT_JSON"),
        (b"[]", "M_BAD_JSON"),
        (b"{}", "M_BAD_JSON"),
        (b"{\"events\": {}}", "M_BAD_JSON"),
        (deep.as_bytes(), "M_BAD_JSON"),
    ];
    for (body, errcode) in table {
        let answer = put(&w, "1", body.to_vec()).await;
        let body = String::from_utf8_lossy(&body[..body.len().min(40)]);
        assert_eq!((answer.status, answer.errcode().as_str()), (StatusCode::BAD_REQUEST, errcode), "{body}");
    }
    assert_eq!(w.rows().await, before);
}

#[tokio::test]
async fn a_body_longer_than_its_door_takes_is_refused() {
    let w = world().await;
    let too_long = put(&w, "1", vec![b' '; 17 * 1024 * 1024]).await;
    assert_eq!(
        (too_long.status, too_long.errcode().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE")
    );
    let ping = w.ask(Method::POST, "/_matrix/app/v1/ping", &AUTH, vec![b'a'; 10_000_000]).await;
    assert_eq!((ping.status, ping.errcode().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE"));
    // The largest that a homeserver sends: 100 events of 64 KiB.
    let largest: Vec<Value> =
        (0..100).map(|n| says(&format!("${n}"), "!other:desk.test", &"x".repeat(65_000))).collect();
    assert_eq!(events(&w, "1", &largest).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bad_event_holds_up_no_good_one() {
    let w = world().await;
    let before = w.count("receipts").await;
    let deep: Value = serde_json::from_str(&format!("{}1{}", "[".repeat(100), "]".repeat(100))).unwrap();
    let bad = [
        json!(null),
        json!("event"),
        json!({"type": "m.room.message"}),
        json!({"type": "m.room.message", "event_id": "$a\u{0}b", "room_id": CONSOLE, "sender": "@alice:desk.test",
            "origin_server_ts": 1, "content": {}}),
        json!({"type": "m.room.message", "event_id": "$c", "room_id": CONSOLE, "sender": "nobody",
            "origin_server_ts": 1, "content": {"msgtype": "m.text", "body": "x"}}),
        json!({"type": "m.reaction", "event_id": "$d", "room_id": CONSOLE, "sender": "@alice:desk.test",
            "origin_server_ts": 1, "content": deep}),
    ];
    let mut all = vec![says("$first", CONSOLE, "!status \u{0}")];
    all.extend(bad);
    all.push(says("$last", CONSOLE, "@room <b>\u{202e}"));
    let answer = events(&w, "1", &all).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "{}"));
    assert_eq!(w.count("receipts").await - before, 2, "the first and the last are applied");
    assert_eq!(w.count("set_aside").await, 0);
}

#[tokio::test]
async fn an_event_is_applied_once_whatever_its_transaction_is_called() {
    let w = world().await;
    events(&w, "1", &[says("$1", CONSOLE, "!status")]).await;
    let after = w.rows().await;
    assert_eq!(events(&w, "1", &[says("$1", CONSOLE, "!status")]).await.status, StatusCode::OK);
    assert_eq!(events(&w, "2", &[says("$1", CONSOLE, "!status")]).await.status, StatusCode::OK);
    assert_eq!(w.rows().await, after);
    let outbox = w.count("outbox").await;
    events(&w, "1", &[says("$2", CONSOLE, "!status")]).await;
    assert_eq!(
        w.count("outbox").await,
        outbox + 1,
        "a transaction id that is used again is a new transaction"
    );
}

#[tokio::test]
async fn a_list_of_any_length_is_applied_whole() {
    let w = world().await;
    let before = w.count("receipts").await;
    let many: Vec<Value> = (0..250).map(|n| says(&format!("${n}"), CONSOLE, "!status")).collect();
    assert_eq!(events(&w, "1", &many).await.status, StatusCode::OK);
    assert_eq!(w.count("receipts").await - before, 250);
    assert_eq!(events(&w, "2", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nothing_is_stored_of_a_room_of_strangers() {
    let w = world().await;
    let before = w.rows().await;
    let mallory = |mut event: Value| {
        event["sender"] = json!("@mallory:desk.test");
        event
    };
    let strange = "!strange:desk.test";
    let ghost = json!({"type": "m.room.member", "state_key": "@sms_1:desk.test", "event_id": "$3", "room_id": strange,
        "sender": "@mallory:desk.test", "origin_server_ts": 1, "content": {"membership": "invite"}});
    let all = [mallory(says("$1", strange, "!status")), says("$2", strange, "!ready"), ghost];
    assert_eq!(events(&w, "1", &all).await.status, StatusCode::OK);
    assert_eq!(w.rows().await, before);
    assert_eq!(events(&w, "2", &[marker("forged", "@mallory:desk.test")]).await.status, StatusCode::OK);
    assert!(!w.is_claimed(Receipt::of_marker("forged").as_str()).await, "only the bot's own marker counts");
}

#[tokio::test]
async fn the_bots_marker_is_kept_with_what_came_before_it() {
    let w = world().await;
    let all = [says("$1", CONSOLE, "!status"), marker("n1", "@switchroom:desk.test")];
    assert_eq!(events(&w, "1", &all).await.status, StatusCode::OK);
    assert!(w.is_claimed("$1").await && w.is_claimed(Receipt::of_marker("n1").as_str()).await);
    assert_eq!(w.homeserver.gaps(), 0);
}

#[tokio::test]
async fn a_panic_costs_its_own_request_only() {
    let w = world().await;
    let answer = events(&w, "1", &[marker("n1", "@panic:desk.test")]).await;
    assert_eq!((answer.status, answer.errcode().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "M_UNKNOWN"));
    assert!(!answer.body.contains("assertion"), "what it panicked with stays inside: {}", answer.body);
    assert_eq!(events(&w, "2", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_kept_is_asked_for_again() {
    let w = world().await;
    w.store.close().await;
    let answer = events(&w, "1", &[says("$1", CONSOLE, "!status")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(w.homeserver.gaps(), 1, "the homeserver waits now");
    answer.errcode();
}
