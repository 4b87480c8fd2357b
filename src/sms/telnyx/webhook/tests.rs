//! Webhooks as Telnyx sends them, and as nobody should.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use http::HeaderValue;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::clock::Millis;
use crate::domain::reply::PartState;
use crate::testing;

const NOW: i64 = 1_700_000_000;
const ID: &str = "7ee4241c-f127-47e5-9c34-3aac291f8058";
const PART: &str = "0123456789abcdef0123456789abcdef-0";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn webhooks() -> TelnyxWebhooks {
    let public_key = STANDARD.encode(key(1).verifying_key().as_bytes());
    let doors = Doors { provider: "telnyx", ..testing::doors("https://desk.test") };
    TelnyxWebhooks { doors, public_key: PublicKey::parse(&public_key).unwrap() }
}

/// Headers that sign a body at a moment, in Unix seconds.
fn signed(key: &SigningKey, at: &str, body: &[u8]) -> HeaderMap {
    let signature = key.sign(&[at.as_bytes(), b"|", body].concat());
    let mut headers = HeaderMap::new();
    let claimed = STANDARD.encode(signature.to_bytes());
    headers.insert(signature::HEADER, HeaderValue::from_str(&claimed).unwrap());
    headers.insert(signature::TIMESTAMP, HeaderValue::from_str(at).unwrap());
    headers
}

fn read(door: Door, query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Input>, Refused> {
    let webhook = Webhook { door, query, headers, body, now: Millis(NOW * 1000) };
    webhooks().read(&webhook).map(|taken| taken.inputs)
}

/// What a well signed event brings.
fn event(door: Door, query: Option<&str>, event: &Value) -> Result<Vec<Input>, Refused> {
    let body = event.to_string();
    read(door, query, &signed(&key(1), &NOW.to_string(), body.as_bytes()), body.as_bytes())
}

fn received(payload: &Value) -> Value {
    json!({"data": {
        "event_type": "message.received", "id": "bf6307bd-884d-4c1f-b6ea-c62b8c495d3c",
        "occurred_at": "2023-11-14T22:13:20.000Z", "record_type": "event", "payload": payload,
    }})
}

fn text(payload: &Value) -> ContactText {
    match event(Door::Inbound, None, &received(payload)).unwrap().remove(0) {
        Input::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

/// The query of the address at which a part is reported.
fn query(part: &str) -> String {
    webhooks().doors.status_callback(part).query().unwrap().to_owned()
}

fn finalized(status: &str, errors: &Value) -> Value {
    json!({"data": {"event_type": "message.finalized", "id": "e-1", "payload": {
        "id": ID, "to": [{"phone_number": "+14155550100", "status": status}], "errors": errors,
    }}})
}

#[test]
fn a_text_is_read() {
    let text = text(&json!({
        "id": ID, "type": "SMS", "from": {"phone_number": "+14155550100", "carrier": "T-MOBILE USA, INC."},
        "to": [{"phone_number": "+15005550006", "status": "webhook_delivered"}], "text": "Grüße 👋", "media": [],
    }));
    assert_eq!((text.sid.as_str(), text.body.as_str()), (ID, "Grüße 👋"));
    assert_eq!((text.from.value(), text.to.value()), ("+14155550100", "+15005550006"));
    assert!(text.media.is_empty() && text.more.is_empty() && text.left_out == 0);
}

#[test]
fn pictures_are_read_and_counted() {
    let text = text(&json!({
        "id": ID, "from": {"phone_number": "+14155550100"}, "to": [{"phone_number": "+15005550006"}], "text": "",
        "subject": "Two\ncats",
        "media": [
            {"url": "https://media.telnyx.com/1.png", "content_type": "image/png", "size": 5},
            {"url": "nonsense"}, {"url": null}, "odd",
            {"url": "https://media.telnyx.com/5"},
        ],
    }));
    let media: Vec<_> =
        text.media.iter().map(|part| (part.url.as_str(), part.content_type.as_str())).collect();
    let expected = [
        ("https://media.telnyx.com/1.png", "image/png"),
        ("https://media.telnyx.com/5", "application/octet-stream"),
    ];
    assert_eq!((&media[..], text.left_out), (&expected[..], 3));
    assert_eq!((text.media[0].number, text.media[1].number), (None, Some(5)));
    assert_eq!(text.more, [("subject".to_owned(), "Two cats".to_owned())]);
}

#[test]
fn two_deliveries_are_the_same_by_the_message() {
    let payload =
        json!({"id": ID, "from": {"phone_number": "+1"}, "to": [{"phone_number": "+2"}], "text": "Hi"});
    let mut again = received(&payload);
    again["data"]["id"] = json!("another-event");
    again["meta"] = json!({"attempt": 2});
    let sid = |event_: &Value| match event(Door::Inbound, None, event_).unwrap().remove(0) {
        Input::Text(text) => text.sid,
        other => panic!("{other:?}"),
    };
    assert_eq!(sid(&received(&payload)), sid(&again));
}

#[test]
fn what_is_signed_is_kept_whatever_its_form() {
    for payload in [
        json!(null),
        json!([]),
        json!("text"),
        json!({}),
        json!({"id": "../../etc", "from": "x", "to": {}, "text": 7, "media": {}}),
        json!({"id": 7, "from": {"phone_number": ""}, "to": [{"phone_number": null}], "media": [[]]}),
    ] {
        let text = text(&payload);
        assert!(is_id(&text.sid), "{payload}");
        assert_eq!((text.from.value(), text.to.value()), ("unknown", ""), "{payload}");
    }
    let long = "x".repeat(129);
    let from = |from: &str| text(&json!({"id": ID, "from": {"phone_number": from}})).from;
    assert_ne!(from(&long), from(&format!("{long}y")));
    assert_ne!(from("a\nb"), from("ab"));
    assert!(from(&long).value().len() <= MAX_NUMBER && !from("a\nb").value().contains('\n'));
}

#[test]
fn a_report_is_about_the_part_in_its_address() {
    let report = |status: &str, errors: Value| match event(
        Door::Status,
        Some(&query(PART)),
        &finalized(status, &errors),
    )
    .unwrap()
    .pop()
    {
        Some(Input::Reported(report)) => Some((report.part, report.sid, report.state, report.why)),
        None => None,
        other => panic!("{other:?}"),
    };
    let (part, sid) = (PART.to_owned(), ID.to_owned());
    assert_eq!(report("delivered", json!([])), Some((part.clone(), sid.clone(), PartState::Delivered, None)));
    let why = Some("the contact has opted out (STOP) and must text START first".to_owned());
    for code in [json!("40300"), json!(40300)] {
        let state = PartState::Failed { code: Some(40300) };
        let told = report("delivery_failed", json!([{"code": code, "title": "t"}]));
        assert_eq!(told, Some((part.clone(), sid.clone(), state, why.clone())));
    }
    let unknown = report("sending_failed", json!([{"code": "49999"}])).unwrap();
    assert_eq!(unknown.3.as_deref(), Some("the provider's code is 49999"));
    assert_eq!(report("sending_failed", json!([])).unwrap().2, PartState::Failed { code: None });
    assert_eq!(report("delivery_unconfirmed", json!([])).unwrap().2, PartState::Sent);
    assert_eq!(report("teleported", json!([])), None);
}

#[test]
fn a_report_must_name_a_part_that_we_signed() {
    let report = finalized("delivered", &json!([]));
    assert_eq!(event(Door::Status, None, &report), Err(Refused::NoPart));
    assert_eq!(event(Door::Status, Some("part=x"), &report), Err(Refused::NoPart));
    let forged = query(PART).replace("-0", "-1");
    assert_eq!(event(Door::Status, Some(&forged), &report), Err(Refused::WrongPart));
    // A profile that reports to the other door by itself does no harm.
    assert_eq!(event(Door::Inbound, None, &report), Ok(vec![]));
}

#[test]
fn what_is_new_is_taken_and_changes_nothing() {
    let event_ = json!({"data": {"event_type": "message.teleported", "payload": {}}});
    for door in Door::ALL {
        assert_eq!(event(door, None, &event_), Ok(vec![]));
    }
}

#[test]
fn what_is_no_event_is_refused() {
    for body in
        ["", "{", "null", "[]", "{\"data\": 7}", "{\"data\": {\"event_type\": 7}}", "Body=Hi", "\u{0}"]
    {
        let headers = signed(&key(1), &NOW.to_string(), body.as_bytes());
        let refused = read(Door::Inbound, None, &headers, body.as_bytes());
        assert!(matches!(refused, Err(Refused::Unreadable(_))), "{body} {refused:?}");
    }
}

#[test]
fn a_forged_signature_is_refused() {
    let body = received(&json!({"id": ID})).to_string();
    let good = signed(&key(1), &NOW.to_string(), body.as_bytes());
    assert!(read(Door::Inbound, None, &good, body.as_bytes()).is_ok());
    let of = |name: &'static str, value: &str| {
        let mut headers = good.clone();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    };
    let without = |name: &'static str| {
        let mut headers = good.clone();
        headers.remove(name);
        headers
    };
    for headers in [
        HeaderMap::new(),
        without(signature::HEADER),
        without(signature::TIMESTAMP),
        signed(&key(2), &NOW.to_string(), body.as_bytes()),
        signed(&key(1), &NOW.to_string(), b"{}"),
        of(signature::HEADER, ""),
        of(signature::HEADER, "not base64!"),
        of(signature::HEADER, &STANDARD.encode([0; 64])),
        of(signature::HEADER, &STANDARD.encode([0; 63])),
        of(signature::TIMESTAMP, &(NOW + 1).to_string()),
        signed(&key(1), "", body.as_bytes()),
        signed(&key(1), "now", body.as_bytes()),
        signed(&key(1), "99999999999999999999", body.as_bytes()),
    ] {
        assert_eq!(
            read(Door::Inbound, None, &headers, body.as_bytes()),
            Err(Refused::Signature),
            "{headers:?}"
        );
    }
    let changed = body.replace("message.received", "message.finalized");
    assert_eq!(read(Door::Inbound, None, &good, changed.as_bytes()), Err(Refused::Signature));
    assert!(webhooks().is_signed(&good) && !webhooks().is_signed(&without(signature::TIMESTAMP)));
}

#[test]
fn a_recorded_webhook_is_refused_once_it_is_old() {
    let body = received(&json!({"id": ID})).to_string();
    let at = |at: i64| {
        read(Door::Inbound, None, &signed(&key(1), &at.to_string(), body.as_bytes()), body.as_bytes())
    };
    for seconds in [0, 299, 300, -300] {
        assert!(at(NOW - seconds).is_ok(), "{seconds}");
    }
    for moment in [NOW - 301, NOW + 301, 0, -NOW, i64::MIN, i64::MAX] {
        assert_eq!(at(moment), Err(Refused::Stale), "{moment}");
    }
}

#[test]
fn a_public_key_is_read_as_the_portal_shows_it() {
    let shown = STANDARD.encode(key(1).verifying_key().as_bytes());
    assert_eq!(PublicKey::parse(&format!(" {shown}\n")), PublicKey::parse(&shown));
    for wrong in [
        // A point of small order.
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "",
        "AAAA",
        "KEY0123",
        &shown[1..],
        &"A".repeat(4096),
    ] {
        assert!(PublicKey::parse(wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let headers = signed(&key(1), &NOW.to_string(), &body);
        let _ = read(Door::Inbound, None, &headers, &body);
        let _ = read(Door::Status, Some("part=x&sig=y"), &headers, &body);
    }
}
