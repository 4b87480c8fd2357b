//! What is asked for, and what is made of the answer.

use ruma::{owned_event_id, owned_room_id};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer};

use super::super::testing::{client, error, ok};
use super::*;

async fn answers(server: &MockServer, answer: &Value) {
    Mock::given(method("GET"))
        .and(path("/_matrix/client/v3/sync"))
        .and(query_param("user_id", "@switchroom:desk.test"))
        .and(query_param_is_missing("device_id"))
        .and(query_param("set_presence", "offline"))
        .respond_with(ok(answer))
        .mount(server)
        .await;
}

async fn filter(server: &MockServer) -> Value {
    let requests = server.received_requests().await.unwrap();
    let (_, filter) = requests[0].url.query_pairs().find(|(name, _)| name == "filter").unwrap();
    serde_json::from_str(&filter).unwrap()
}

fn event(id: &str, kind: &str, sender: &str, at: i64, state_key: Option<&str>, membership: &str) -> Value {
    let mut event = json!({"event_id": id, "type": kind, "sender": sender, "origin_server_ts": at,
        "content": {"membership": membership}});
    if let Some(state_key) = state_key {
        event["state_key"] = json!(state_key);
    }
    event
}

#[tokio::test]
async fn only_what_may_mean_something_to_the_desk_is_told() {
    const BOT: &str = "@switchroom:desk.test";
    const GHOST: &str = "@sms_k3v9a7q2xz:desk.test";
    const ALICE: &str = "@alice:desk.test";
    let (server, client) = client().await;
    let events = [
        event("$said", "m.room.message", ALICE, 1, None, ""),
        event("$mark", "m.reaction", BOT, 9, None, ""),
        event("$text", "m.room.message", GHOST, 3, None, ""),
        event("$came", "m.room.member", ALICE, 4, Some(ALICE), "join"),
        event("$invited", "m.room.member", BOT, 5, Some(ALICE), "invite"),
        event("$removed", "m.room.member", BOT, 5, Some(ALICE), "leave"),
        event("$out", "m.room.member", GHOST, 6, Some(GHOST), "leave"),
        event("$named", "m.room.name", ALICE, 7, Some(""), ""),
        event("$upgraded", "m.room.tombstone", ALICE, 8, Some(""), ""),
    ];
    let timeline = json!({"limited": false, "events": events});
    let cut = json!({"limited": true, "events": []});
    answers(
        &server,
        &json!({"next_batch": "s2", "rooms": {
            "join": {"!a:desk.test": {"timeline": timeline}, "!b:desk.test": {"timeline": cut}},
            "leave": {"!c:desk.test": {}},
        }}),
    )
    .await;
    let news = client.news("s1").await.unwrap();
    assert_eq!(news.until, "s2");
    let ids = |news: &RoomNews| news.events.iter().map(ToString::to_string).collect::<Vec<_>>();
    let told = &news.rooms[&owned_room_id!("!a:desk.test")];
    assert_eq!(
        (ids(told), told.is_whole),
        (["$said", "$came", "$out", "$upgraded"].map(Into::into).into(), true)
    );
    assert!(!news.rooms[&owned_room_id!("!b:desk.test")].is_whole);
    assert_eq!(news.left, [owned_room_id!("!c:desk.test")].into());
    let newest = Witness { room: owned_room_id!("!a:desk.test"), event: owned_event_id!("$mark") };
    assert_eq!(news.newest, Some(newest));
    let filter = filter(&server).await;
    assert_eq!(filter["room"]["timeline"]["limit"], 20);
    assert_eq!(filter["room"]["state"]["types"], json!([]));
}

#[tokio::test]
async fn an_event_without_a_readable_outside_leaves_its_room_to_be_read() {
    let (server, client) = client().await;
    let timeline = json!({"limited": false, "events": [{"type": "m.room.message"}]});
    answers(
        &server,
        &json!({"next_batch": "s2", "rooms": {"join": {"!a:desk.test": {"timeline": timeline}}}}),
    )
    .await;
    let news = client.news("s1").await.unwrap();
    assert!(!news.rooms[&owned_room_id!("!a:desk.test")].is_whole);
}

#[tokio::test]
async fn the_present_moment_is_told_without_any_room() {
    let (server, client) = client().await;
    answers(&server, &json!({"next_batch": "s1"})).await;
    assert_eq!(client.moment().await.unwrap(), "s1");
    assert_eq!(filter(&server).await["room"]["rooms"], json!([]));
}

#[tokio::test]
async fn that_it_does_not_tell_says_nothing_of_how_the_homeserver_stands() {
    let (server, client) = client().await;
    Mock::given(path("/_matrix/client/v3/sync")).respond_with(error(502, "")).mount(&server).await;
    assert!(client.news("s1").await.is_err());
    assert_eq!((client.reach().gaps(), client.reach().now().failures), (0, 0));
}
