use ruma::user_id;
use serde_json::json;
use wiremock::Mock;
use wiremock::matchers::{bearer_token, body_json, method, path, query_param_is_missing};

use super::super::testing::{client, client_at, error, ok};
use super::*;
use crate::reach::Trouble;

#[test]
fn ghosts_and_the_bot_are_ours_and_known_by_their_ids() {
    let client = client_at("http://desk.test");
    for sender in [Sender::Bot, Sender::Ghost(GhostName::new("k3v9a7q2xz"))] {
        let id = client.user_id(&sender);
        assert!(client.is_ours(&id));
        assert_eq!(client.sender_of(&id), Some(sender));
    }
    let ghost = client.user_id(&Sender::Ghost(GhostName::new("k3v9a7q2xz")));
    assert_eq!(ghost, user_id!("@sms_k3v9a7q2xz:desk.test"));
    for stranger in ["@alice:desk.test", "@sms_k3v9a7q2xz:evil.test", "@switchroom:evil.test"] {
        let stranger = UserId::parse(stranger).unwrap();
        assert!(!client.is_ours(&stranger));
        assert_eq!(client.sender_of(&stranger), None);
    }
    let replaced = Sender::Ghost(GhostName::new("k3v9a0q7xz"));
    assert_eq!(client.sender_of(user_id!("@sms_k3v9a0q7xz:desk.test")), Some(replaced));
}

#[test]
fn names_that_make_no_user_are_refused_at_the_start() {
    let url: Url = "http://desk.test".parse().unwrap();
    let domain: OwnedServerName = "desk.test".try_into().unwrap();
    let made =
        |bot: &str, prefix: &str| MatrixClient::new(&url, domain.clone(), "t".into(), bot, prefix).map(drop);
    made("switchroom", "sms_").unwrap();
    assert!(matches!(made("switch:room", "sms_"), Err(MatrixError::Name(_))));
    assert!(matches!(made("switchroom", "sms:"), Err(MatrixError::Name(_))));
}

#[tokio::test]
async fn what_concerns_the_appservice_itself_names_no_user() {
    let (server, client) = client().await;
    let versions = ok(&json!({"versions": ["v1.11", "v99.0"]}));
    Mock::given(path("/_matrix/client/versions")).respond_with(versions).mount(&server).await;
    Mock::given(path("/_matrix/client/v3/account/whoami"))
        .and(bearer_token("secret-token"))
        .and(query_param_is_missing("user_id"))
        .respond_with(ok(&json!({"user_id": "@switchroom_appservice:desk.test"})))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/_matrix/client/v1/appservice/switchroom/ping"))
        .and(body_json(json!({"transaction_id": "t-9"})))
        .respond_with(ok(&json!({"duration_ms": 12})))
        .mount(&server)
        .await;
    assert_eq!(client.versions().await.unwrap(), ["v1.11", "v99.0"]);
    assert_eq!(client.whoami().await.unwrap(), user_id!("@switchroom_appservice:desk.test"));
    assert_eq!(client.ping("switchroom", "t-9").await.unwrap(), Duration::from_millis(12));
}

#[tokio::test]
async fn every_answer_tells_whether_the_homeserver_is_well() {
    let (server, client) = client().await;
    let whoami = || Mock::given(path("/_matrix/client/v3/account/whoami"));
    whoami().respond_with(error(500, "M_UNKNOWN")).up_to_n_times(1).mount(&server).await;
    whoami().respond_with(error(403, "M_FORBIDDEN")).mount(&server).await;
    let ping = Mock::given(path("/_matrix/client/v1/appservice/switchroom/ping"));
    ping.respond_with(error(500, "M_UNKNOWN")).mount(&server).await;
    let trouble = || client.reach().now().trouble.map(|(what, _)| what);
    client.whoami().await.unwrap_err();
    assert_eq!((trouble(), client.reach().gaps()), (Some(Trouble::Failed), 1));
    client.whoami().await.unwrap_err();
    assert_eq!(trouble(), None, "it refuses, and is well");
    client.ping("switchroom", "t-1").await.unwrap_err();
    assert_eq!((trouble(), client.reach().gaps()), (None, 1), "it is just delivering what it kept");
    let nowhere = client_at("http://127.0.0.1:1");
    nowhere.whoami().await.unwrap_err();
    nowhere.ping("switchroom", "t-2").await.unwrap_err();
    let reach = nowhere.reach().now();
    assert_eq!((reach.trouble.map(|(what, _)| what), reach.gaps), (Some(Trouble::NoAnswer), 2));
}

#[tokio::test]
async fn a_user_who_does_not_exist_has_no_profile() {
    let (server, client) = client().await;
    let profile = |name: &str| Mock::given(path(format!("/_matrix/client/v3/profile/@{name}:desk.test")));
    profile("bob").respond_with(ok(&json!({"displayname": "Bob"}))).mount(&server).await;
    profile("odd").respond_with(ok(&json!({"displayname": 7}))).mount(&server).await;
    profile("bbo").respond_with(error(404, "M_NOT_FOUND")).mount(&server).await;
    profile("obb").respond_with(error(404, "M_UNKNOWN")).mount(&server).await;
    let bob = Profile { name: Some("Bob".to_owned()) };
    assert_eq!(client.profile(user_id!("@bob:desk.test")).await.unwrap(), Some(bob));
    assert_eq!(client.profile(user_id!("@odd:desk.test")).await.unwrap(), Some(Profile::default()));
    assert_eq!(client.profile(user_id!("@bbo:desk.test")).await.unwrap(), None);
    assert_eq!(client.profile(user_id!("@obb:desk.test")).await.unwrap(), None);
    assert!(client.profile(user_id!("@nobody:desk.test")).await.is_err());
}
