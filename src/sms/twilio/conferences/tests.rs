//! Conferences against a server of Twilio's wire.

use secrecy::SecretString;
use serde_json::json;
use url::Url;
use wiremock::matchers::{basic_auth, body_string, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::{MediaLimits, Timeouts, TwilioConfig};
use super::*;
use crate::sms::provider::Calls as _;

const ACCOUNT: &str = "AC00000000000000000000000000000001";

fn client(server: &MockServer) -> TwilioClient {
    TwilioClient::new(TwilioConfig {
        api_url: Url::parse(&server.uri()).unwrap(),
        account_sid: ACCOUNT.to_owned(),
        auth_token: SecretString::from("secret"),
        timeouts: Timeouts::default(),
        media: MediaLimits::default(),
    })
    .unwrap()
}

fn at(rest: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/{rest}")
}

/// A server that knows these conferences of the call.
async fn server(conferences: serde_json::Value) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(at("Conferences.json")))
        .and(basic_auth(ACCOUNT, "secret"))
        .and(query_param("FriendlyName", "switchroom-i-7f3k2"))
        .and(query_param("Status", "in-progress"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"conferences": conferences})))
        .expect(1..)
        .mount(&server)
        .await;
    server
}

/// Has the server answer a request about the phone in the conference.
async fn answers(server: &MockServer, form: &str, answer: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(path(at("Conferences/CF1/Participants/CA1.json")))
        .and(basic_auth(ACCOUNT, "secret"))
        .and(body_string(form))
        .respond_with(answer)
        .expect(1)
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_phone_is_put_on_hold_in_its_conference_and_taken_off_it() {
    let server = server(json!([{"sid": "CF1", "friendly_name": "switchroom-i-7f3k2"}])).await;
    for (on, form) in [(true, "Hold=true"), (false, "Hold=false")] {
        let done = json!({"call_sid": "CA1", "hold": on});
        answers(&server, form, ResponseTemplate::new(200).set_body_json(done)).await;
        assert!(client(&server).hold("i-7f3k2", "CA1", on).await.unwrap());
    }
}

#[tokio::test]
async fn a_phone_that_is_in_no_conference_is_not_found() {
    for conferences in [json!([]), json!([{"sid": "../x"}])] {
        let server = server(conferences).await;
        assert!(!client(&server).hold("i-7f3k2", "CA1", true).await.unwrap());
    }
    let server = server(json!([{"sid": "CF1"}])).await;
    let gone = json!({"code": 20404, "message": "The requested resource was not found", "status": 404});
    answers(&server, "Hold=true", ResponseTemplate::new(404).set_body_json(gone)).await;
    assert!(!client(&server).hold("i-7f3k2", "CA1", true).await.unwrap());
}

#[tokio::test]
async fn a_refusal_says_whether_asking_again_can_help() {
    for (status, retryable) in [(400, false), (429, true), (503, true)] {
        let server = server(json!([{"sid": "CF1"}])).await;
        let refused = json!({"code": 20001, "message": "Cannot hold", "status": status});
        answers(&server, "Hold=true", ResponseTemplate::new(status).set_body_json(refused)).await;
        let error = client(&server).hold("i-7f3k2", "CA1", true).await.unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{status}");
        assert!(matches!(error, ListError::Refused { why, .. } if why == "Cannot hold"), "{status}");
    }
    let server = MockServer::start().await;
    let error = client(&server).hold("i-7f3k2", "../Calls", true).await.unwrap_err();
    assert!(matches!(error, ListError::BadSid));
}
