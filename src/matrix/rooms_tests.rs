use ruma::{room_id, user_id};
use wiremock::matchers::{body_partial_json, method, path, path_regex, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::error::Verdict;
use super::super::testing::{client, error, ok};
use super::*;

const ALIAS: &str = "/_matrix/client/v3/directory/room/%23switchroom_k3:desk.test";

fn session() -> NewRoom {
    NewRoom {
        kind: RoomKind::Session,
        alias_localpart: "switchroom_k3".to_owned(),
        name: "Jane Doe".to_owned(),
        topic: "Jane Doe · +14155550100".to_owned(),
        invite: Some(Invitee::Ghost(GhostName::new("k3v9a7q2xz"))),
        creation_source: "r-1".to_owned(),
        initial_state: vec![(
            "org.switchroom.interaction".to_owned(),
            String::new(),
            json!({"id": "i-7f3k2"}),
        )],
    }
}

async fn alias_leads_to(server: &MockServer, room: &str) {
    let answer = ok(&json!({"room_id": room, "servers": ["desk.test"]}));
    Mock::given(method("GET")).and(path(ALIAS)).respond_with(answer).mount(server).await;
}

fn create() -> wiremock::MockBuilder {
    Mock::given(method("POST")).and(path("/_matrix/client/v3/createRoom"))
}

fn event(event_type: &str, sender: &str, content: &Value) -> Value {
    json!({"type": event_type, "state_key": "", "sender": sender, "content": content, "event_id": "$1",
        "room_id": "!a", "origin_server_ts": 1})
}

async fn state_is(server: &MockServer, events: &[Value]) {
    Mock::given(method("GET"))
        .and(path("/_matrix/client/v3/rooms/!a:desk.test/state"))
        .respond_with(ok(&Value::Array(events.to_vec())))
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_session_room_is_private_and_leaves_agents_without_power() {
    let (server, client) = client().await;
    create().respond_with(ok(&json!({"room_id": "!a:desk.test"}))).mount(&server).await;
    let room = client.create_room(&session(), 0).await.unwrap();
    assert_eq!(room, room_id!("!a:desk.test"));
    let request = &server.received_requests().await.unwrap()[0];
    assert!(request.url.query().unwrap().contains("user_id=%40switchroom%3Adesk.test&device_id=SWITCHROOM"));
    let body: Value = request.body_json().unwrap();
    insta::assert_json_snapshot!(body);
}

#[tokio::test]
async fn a_console_is_a_direct_room_and_calls_are_allowed_where_agents_talk() {
    let (server, client) = client().await;
    create()
        .and(body_partial_json(json!({"is_direct": true, "invite": ["@bob:desk.test"],
            "power_level_content_override": {"events": {}}})))
        .respond_with(ok(&json!({"room_id": "!console:desk.test"})))
        .mount(&server)
        .await;
    create()
        .and(body_partial_json(json!({"power_level_content_override": {"events": {CALL_MEMBER: 0}}})))
        .respond_with(ok(&json!({"room_id": "!im:desk.test"})))
        .mount(&server)
        .await;
    let bob = Invitee::Agent(user_id!("@bob:desk.test").to_owned());
    let console = NewRoom { kind: RoomKind::Console, invite: Some(bob), ..session() };
    assert_eq!(client.create_room(&console, 0).await.unwrap(), room_id!("!console:desk.test"));
    for kind in [RoomKind::Im, RoomKind::Consult] {
        let room = NewRoom { kind, invite: None, topic: String::new(), ..session() };
        assert_eq!(client.create_room(&room, 0).await.unwrap(), room_id!("!im:desk.test"));
    }
}

#[tokio::test]
async fn a_room_whose_creation_was_never_confirmed_is_found_and_finished() {
    let (server, client) = client().await;
    alias_leads_to(&server, "!a:desk.test").await;
    let bot = "@switchroom:desk.test";
    state_is(
        &server,
        &[
            event("m.room.create", bot, &json!({SOURCE_ID: "r-1"})),
            event("m.room.name", bot, &json!({"name": "Jane Doe"})),
            json!({"a state event": "that is none"}),
        ],
    )
    .await;
    Mock::given(method("GET"))
        .and(path_regex("state/m.room.member/"))
        .respond_with(error(404, "M_NOT_FOUND"))
        .mount(&server)
        .await;
    Mock::given(method("PUT")).respond_with(ok(&json!({"event_id": "$e"}))).mount(&server).await;
    Mock::given(method("POST"))
        .and(path("/_matrix/client/v3/rooms/!a:desk.test/invite"))
        .respond_with(ok(&json!({})))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(client.create_room(&session(), 1).await.unwrap(), room_id!("!a:desk.test"));
    let written: Vec<_> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .filter(|r| r.method.as_str() == "PUT")
        .map(|r| r.url.path().rsplit('/').nth(1).unwrap().to_owned())
        .collect();
    let missing = [
        "m.room.power_levels",
        "m.room.join_rules",
        "m.room.history_visibility",
        "m.room.guest_access",
        "org.switchroom.interaction",
        "m.room.topic",
    ];
    assert_eq!(written, missing);
}

#[tokio::test]
async fn a_first_retry_that_finds_nothing_creates_the_room() {
    let (server, client) = client().await;
    Mock::given(method("GET")).and(path(ALIAS)).respond_with(error(404, "M_NOT_FOUND")).mount(&server).await;
    create().respond_with(ok(&json!({"room_id": "!a:desk.test"}))).expect(1).mount(&server).await;
    client.create_room(&session(), 1).await.unwrap();
}

#[tokio::test]
async fn an_alias_in_use_by_our_own_room_leads_to_it() {
    let (server, client) = client().await;
    create().respond_with(error(400, "M_ROOM_IN_USE")).mount(&server).await;
    alias_leads_to(&server, "!a:desk.test").await;
    let whole: Vec<_> = whole_state(&session())
        .into_iter()
        .map(|(kind, _, content)| event(&kind, "@switchroom:desk.test", &content))
        .chain([event("m.room.create", "@switchroom:desk.test", &json!({SOURCE_ID: "r-1"}))])
        .collect();
    state_is(&server, &whole).await;
    Mock::given(method("GET"))
        .and(path("/_matrix/client/v3/rooms/!a:desk.test/state/m.room.member/@sms_k3v9a7q2xz:desk.test"))
        .respond_with(ok(&json!({"membership": "join"})))
        .mount(&server)
        .await;
    assert_eq!(client.create_room(&session(), 0).await.unwrap(), room_id!("!a:desk.test"));
}

#[tokio::test]
async fn a_room_of_someone_else_is_never_adopted() {
    let foreign = [
        event("m.room.create", "@mallory:desk.test", &json!({SOURCE_ID: "r-1"})),
        event("m.room.create", "@switchroom:desk.test", &json!({SOURCE_ID: "r-2"})),
        event("m.room.create", "@switchroom:desk.test", &json!({SOURCE_ID: ["r-1"]})),
        event("m.room.name", "@switchroom:desk.test", &json!({SOURCE_ID: "r-1"})),
    ];
    for creation in foreign {
        let (server, client) = client().await;
        create().respond_with(error(400, "M_ROOM_IN_USE")).mount(&server).await;
        alias_leads_to(&server, "!a:desk.test").await;
        state_is(&server, &[creation]).await;
        let error = client.create_room(&session(), 0).await.unwrap_err();
        assert!(matches!(error.verdict(), Verdict::Rejected { errcode, .. } if errcode == "M_ROOM_IN_USE"));
        assert!(server.received_requests().await.unwrap().iter().all(|r| r.method.as_str() != "PUT"));
    }
}

#[tokio::test]
async fn a_room_we_are_not_in_is_waited_for_and_a_failing_homeserver_is_asked_again() {
    for (answer, waits) in [(error(403, "M_FORBIDDEN"), true), (ResponseTemplate::new(502), false)] {
        let (server, client) = client().await;
        alias_leads_to(&server, "!a:desk.test").await;
        Mock::given(method("GET"))
            .and(path("/_matrix/client/v3/rooms/!a:desk.test/state"))
            .and(query_param("device_id", "SWITCHROOM"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let verdict = client.create_room(&session(), 1).await.unwrap_err().verdict();
        assert!(matches!(verdict, Verdict::ServerError { after } if after.is_some() == waits), "{verdict:?}");
    }
}

#[tokio::test]
async fn a_room_whose_making_was_broken_off_is_made_anew_after_a_while() {
    let (server, client) = client().await;
    alias_leads_to(&server, "!a:desk.test").await;
    let forbidden = error(403, "M_FORBIDDEN");
    let state = path("/_matrix/client/v3/rooms/!a:desk.test/state");
    Mock::given(method("GET")).and(state).respond_with(forbidden).mount(&server).await;
    let delete = Mock::given(method("DELETE")).and(path(ALIAS)).respond_with(ok(&json!({})));
    delete.expect(1).mount(&server).await;
    create().respond_with(ok(&json!({"room_id": "!b:desk.test"}))).mount(&server).await;
    for failures in [1, UNFINISHED_TRIES - 1] {
        let error = client.create_room(&session(), failures).await.unwrap_err();
        assert!(matches!(error, MatrixError::UnfinishedRoom), "{error}");
    }
    let room = client.create_room(&session(), UNFINISHED_TRIES).await.unwrap();
    assert_eq!(room, room_id!("!b:desk.test"));
}
