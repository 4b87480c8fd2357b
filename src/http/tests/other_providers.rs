//! The one door for webhooks, with providers that are not Twilio.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;

use super::{Answer, JANE, OURS, PUBLIC, World, world_with};
use crate::sms::callback::Doors;
use crate::sms::telnyx::TelnyxWebhooks;
use crate::sms::telnyx::signature::{HEADER, PublicKey, TIMESTAMP};
use crate::sms::twilio::wire::Form;
use crate::sms::twilio::{SIGNALWIRE_DIALECT, TwilioWebhooks, signature};
use crate::testing;

fn doors(provider: &'static str) -> Doors {
    Doors { provider, ..testing::doors(PUBLIC) }
}

fn telnyx_key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

async fn telnyx() -> World {
    let public_key = STANDARD.encode(telnyx_key().verifying_key().as_bytes());
    let public_key = PublicKey::parse(&public_key).unwrap();
    world_with(Arc::new(TelnyxWebhooks { doors: doors("telnyx"), public_key })).await
}

/// Posts what is signed so many seconds ago.
async fn post(world: &World, door: &str, body: &str, ago: i64) -> Answer {
    let at = (world.clock.now().0 / 1000 - ago).to_string();
    let claimed = STANDARD.encode(telnyx_key().sign(format!("{at}|{body}").as_bytes()).to_bytes());
    let headers = [(HEADER, claimed.as_str()), (TIMESTAMP, at.as_str())];
    world.ask(Method::POST, &format!("/sms/telnyx/{door}"), &headers, body.to_owned()).await
}

fn text(id: &str, body: &str) -> String {
    json!({"data": {"event_type": "message.received", "payload": {
        "id": id, "from": {"phone_number": JANE}, "to": [{"phone_number": OURS}], "text": body,
    }}})
    .to_string()
}

#[tokio::test]
async fn a_text_of_telnyx_is_kept_once_however_often_it_is_posted() {
    let w = telnyx().await;
    let answer = post(&w, "inbound", &text("a-1", "Hi"), 0).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "{}"));
    assert_eq!(answer.headers["content-type"], "application/json");
    let rows = w.rows().await;
    assert_eq!(post(&w, "inbound", &text("a-1", "Hi"), 5).await.status, StatusCode::OK);
    assert_eq!(w.rows().await, rows);
    assert!(w.is_claimed("sms:a-1").await);
}

#[tokio::test]
async fn what_telnyx_did_not_send_is_refused_and_nothing_is_kept() {
    let w = telnyx().await;
    let before = w.rows().await;
    let (forbidden, bad) =
        ((StatusCode::FORBIDDEN, "M_FORBIDDEN"), (StatusCode::BAD_REQUEST, "M_INVALID_PARAM"));
    let missing = (StatusCode::BAD_REQUEST, "M_MISSING_PARAM");
    let report = json!({"data": {"event_type": "message.finalized", "payload": {"id": "a-1"}}}).to_string();
    for (door, body, ago, expected) in [
        ("inbound", text("a-1", "Hi"), 301, forbidden),
        ("inbound", text("a-1", "Hi"), -301, forbidden),
        ("inbound", "not JSON".to_owned(), 0, bad),
        ("inbound", "{}".to_owned(), 0, bad),
        ("status", report, 0, missing),
    ] {
        let answer = post(&w, door, &body, ago).await;
        assert_eq!((answer.status, answer.errcode().as_str()), expected, "{body}");
    }
    let unsigned = w.ask(Method::POST, "/sms/telnyx/inbound", &[], text("a-1", "Hi")).await;
    assert_eq!(unsigned.status, StatusCode::FORBIDDEN);
    let long = post(&w, "inbound", &text("a-1", &"x".repeat(300_000)), 0).await;
    assert_eq!((long.status, long.errcode().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE"));
    let elsewhere = w.ask(Method::POST, "/sms/twilio/inbound", &[], "").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    assert_eq!(w.rows().await, before);
}

#[tokio::test]
async fn signalwire_signs_as_twilio_does_under_its_own_name_and_key() {
    let project = "01234567-89ab-cdef-0123-456789abcdef";
    let w = world_with(Arc::new(TwilioWebhooks {
        doors: doors("signalwire"),
        account_sid: project.to_owned(),
        signing_keys: vec![SecretString::from("signing key")],
        dialect: &SIGNALWIRE_DIALECT,
    }))
    .await;
    let url = "https://desk.test/behind/a/proxy/sms/signalwire/inbound";
    let form = |sid: &str| {
        format!("MessageSid={sid}&AccountSid={project}&From=%2B14155550100&To=%2B15005550006&Body=Hi")
    };
    let sign = |key: &str, body: &str| {
        signature::sign(&SecretString::from(key), url, Form::decode(body.as_bytes()).unwrap().signed())
    };
    for (header, sid) in [("X-SignalWire-Signature", "a-1"), ("X-Twilio-Signature", "a-2")] {
        let (body, token) = (form(sid), sign("api token", &form(sid)));
        let refused = w.ask(Method::POST, "/sms/signalwire/inbound", &[(header, &token)], body.clone()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "the API token signs nothing");
        let good = sign("signing key", &body);
        let answer = w.ask(Method::POST, "/sms/signalwire/inbound", &[(header, &good)], body).await;
        assert_eq!(answer.status, StatusCode::OK, "{header} {}", answer.body);
        assert!(w.is_claimed(&format!("sms:{sid}")).await);
    }
}
