use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Body, Method, observe, within, world};

#[tokio::test]
async fn it_is_ready_when_database_and_homeserver_are() {
    let w = world().await;
    let ready = async || {
        let answer = w.get("/readyz").await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        (answer.status, body)
    };
    let (unavailable, ok) = (StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK);
    assert_eq!(ready().await, (unavailable, json!({"ready": false, "database": true, "homeserver": false})));
    w.health.set_homeserver(true);
    assert_eq!(ready().await, (ok, json!({"ready": true, "database": true, "homeserver": true})));
    w.store.close().await;
    assert_eq!(ready().await, (unavailable, json!({"ready": false, "database": false, "homeserver": true})));
    let alive = w.get("/healthz").await;
    assert_eq!((alive.status, alive.body.as_str()), (ok, "ok"));
}

#[tokio::test]
async fn measurements_name_routes_and_nothing_that_a_request_brought() {
    let recorder = observe::builder().unwrap().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let w = world().await;
    let event = json!({"type": "m.room.message", "event_id": "$1", "room_id": "!secret:desk.test",
        "sender": "@secret:desk.test", "origin_server_ts": 1, "content": {"msgtype": "m.text", "body": "secret"}});
    let body = json!({"events": [event, "bad"]}).to_string();
    let auth = [("Authorization", "Bearer hs")];
    w.ask(Method::PUT, "/_matrix/app/v1/transactions/secret", &auth, body).await;
    w.ask(Method::from_bytes(b"SECRET").unwrap(), "/secret?secret=secret", &auth, Body::empty()).await;
    w.get("/phone").await;
    let text = recorder.handle().render();
    for line in [
        r#"switchroom_inputs_total{door="homeserver"} 1"#,
        "switchroom_events_skipped_total 1",
        r#"switchroom_http_request_duration_seconds_count{method="PUT",route="/_matrix/app/v1/transactions/{id}",status="200"} 1"#,
        r#"switchroom_http_request_duration_seconds_count{method="other",route="none",status="404"} 1"#,
        r#"switchroom_http_request_duration_seconds_count{method="GET",route="/phone",status="200"} 1"#,
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.to_lowercase().contains("secret"), "{text}");
}

#[tokio::test]
async fn metrics_are_in_the_format_of_prometheus() {
    let answer = world().await.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_asked_for_again() {
    let endless = Router::new().route("/", get(std::future::pending::<()>));
    let router = within(Duration::from_millis(1), endless);
    let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
}
