use std::time::Duration;

use axum::http::{Method, StatusCode};
use ruma::{owned_event_id, owned_user_id};
use secrecy::SecretString;
use url::Url;
use url::form_urlencoded::Serializer;

use super::{ACCOUNT, Answer, JANE, OURS, PUBLIC, World, world};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::ids::InteractionId;
use crate::domain::reply::{Part, PartState, Reply, ReplyState, part_id};
use crate::sms::callback;
use crate::sms::twilio::signature;
use crate::sms::twilio::wire::Form;
use crate::store::{interactions, replies, upkeep};
use crate::testing::part_key;

const SID: &str = "SM00000000000000000000000000000001";
/// What Twilio is told to request, and what of it reaches us behind the proxy.
const INBOUND: (&str, &str) = ("https://desk.test/behind/a/proxy/sms/twilio/inbound", "/sms/twilio/inbound");

fn form(params: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(params).finish()
}

/// A text of Jane, with parameters added or replaced.
fn text(more: &[(&str, &str)]) -> String {
    let mut params =
        vec![("MessageSid", SID), ("AccountSid", ACCOUNT), ("From", JANE), ("To", OURS), ("Body", "Hi")];
    params.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
    params.extend(more);
    form(&params)
}

fn sign(token: &str, url: &str, body: &[u8]) -> String {
    signature::sign(&SecretString::from(token), url, Form::decode(body).unwrap().signed())
}

async fn post(world: &World, path: &str, signature: &str, body: impl AsRef<[u8]>) -> Answer {
    let headers = [("X-Twilio-Signature", signature), ("Host", "evil.test")];
    world.ask(Method::POST, path, &headers, body.as_ref().to_vec()).await
}

/// Posts with a good signature over the address in public.
async fn signed(world: &World, (url, path): (&str, &str), body: impl AsRef<[u8]>) -> Answer {
    post(world, path, &sign("new token", url, body.as_ref()), body).await
}

#[tokio::test]
async fn a_text_is_kept_once_however_often_it_is_posted() {
    let w = world().await;
    let body = text(&[("FromCity", "SAN\0 FRANCISCO"), ("FromState", ""), ("FromCountry", "US")]);
    let answer = signed(&w, INBOUND, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "text/xml");
    assert!(answer.body.ends_with("<Response/>"));
    let after = w.rows().await;
    for _ in 0..3 {
        assert_eq!(signed(&w, INBOUND, &body).await.status, StatusCode::OK);
    }
    assert_eq!(w.rows().await, after);
    let mut conn = w.store.connection().await.unwrap();
    let found = interactions::open_of(&mut conn, &Address::sms(OURS), &Address::sms(JANE)).await.unwrap();
    let case = [("city", "SAN FRANCISCO"), ("country", "US")];
    assert_eq!(found.unwrap().case, case.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_recorded_webhook_changes_nothing_however_late_it_is_brought_again() {
    let w = world().await;
    let body = text(&[]);
    let (reply, url) = (reply_on_its_way(&w).await, INBOUND.0);
    let part = part_id(&reply.id, 0);
    assert_eq!(signed(&w, INBOUND, &body).await.status, StatusCode::OK);
    assert_eq!(report(&w, &part, "sent", "").await.status, StatusCode::OK);
    assert_eq!(report(&w, &part, "delivered", "").await.status, StatusCode::OK);
    w.clock.advance(Duration::from_hours(400 * 24));
    upkeep::clear(&mut w.store.connection().await.unwrap(), w.clock.now(), 1_000).await.unwrap();
    let rows = w.rows().await;
    let recorded = sign("new token", url, body.as_bytes());
    assert_eq!(post(&w, INBOUND.1, &recorded, &body).await.status, StatusCode::OK);
    assert_eq!(report(&w, &part, "sent", "").await.status, StatusCode::OK);
    assert_eq!(w.rows().await, rows);
    assert_eq!(state_of(&w, &reply).await, PartState::Delivered);
}

#[tokio::test]
async fn what_of_the_provider_cannot_be_kept_is_looked_for_in_its_list() {
    let w = world().await;
    signed(&w, INBOUND, text(&[])).await;
    assert_eq!(w.provider.gaps(), 0);
    w.store.close().await;
    let answer = signed(&w, INBOUND, text(&[("MessageSid", "SM2")])).await;
    assert_eq!((answer.status, w.provider.gaps()), (StatusCode::SERVICE_UNAVAILABLE, 1));
}

#[tokio::test]
async fn the_signature_is_over_our_public_address() {
    let w = world().await;
    let (url, path) = INBOUND;
    let with_query = format!("{path}?a=%41&b");
    let body = text(&[("Body", "é 🙂 a+b&c"), ("Body", "twice")]);
    for (url, path, token) in [
        (url.to_owned(), path, "new token"),
        (url.to_owned(), path, "old token"),
        (url.replace("desk.test", "desk.test:443"), path, "new token"),
        (format!("{url}?a=%41&b"), &with_query, "new token"),
    ] {
        let answer = post(&w, path, &sign(token, &url, body.as_bytes()), &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{url}");
    }
    assert_eq!(w.count("contacts").await, 1);
}

#[tokio::test]
async fn a_forged_signature_is_refused_and_nothing_is_kept() {
    let w = world().await;
    let before = w.rows().await;
    let (url, path) = INBOUND;
    let body = text(&[]);
    let good = sign("new token", url, body.as_bytes());
    let forged = [
        (path, String::new()),
        (path, "not base64!".to_owned()),
        (path, "AAAA".to_owned()),
        (path, sign("other token", url, body.as_bytes())),
        (path, sign("", url, body.as_bytes())),
        (path, sign("new token", "https://evil.test/sms/twilio/inbound", body.as_bytes())),
        (path, sign("new token", "https://desk.test/sms/twilio/inbound", body.as_bytes())),
        (path, sign("new token", url, text(&[("Body", "Ho")]).as_bytes())),
        ("/sms/twilio/inbound?x=1", good.clone()),
        ("/sms/twilio/status", good.clone()),
    ];
    for (path, signature) in forged {
        let answer = post(&w, path, &signature, &body).await;
        assert_eq!((answer.status, answer.errcode().as_str()), (StatusCode::FORBIDDEN, "M_FORBIDDEN"));
    }
    let unsigned = w.ask(Method::POST, path, &[], body.clone()).await;
    assert_eq!(unsigned.status, StatusCode::FORBIDDEN);
    let account = text(&[("AccountSid", "AC11111111111111111111111111111111")]);
    assert_eq!(signed(&w, INBOUND, &account).await.status, StatusCode::FORBIDDEN);
    assert_eq!(w.rows().await, before);
}

#[tokio::test]
async fn doors_of_other_providers_are_not_there() {
    let w = world().await;
    for path in
        ["/sms/simulator/inbound", "/sms/other/status", "/sms/twilio/other", "/sms/Twilio/inbound", "/sms"]
    {
        let url = format!("https://desk.test/behind/a/proxy{path}");
        let answer = signed(&w, (&url, path), text(&[])).await;
        assert_eq!(
            (answer.status, answer.errcode().as_str()),
            (StatusCode::NOT_FOUND, "M_UNRECOGNIZED"),
            "{path}"
        );
    }
    assert_eq!(w.get("/sms/twilio/inbound").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn what_is_signed_is_kept_whatever_its_form() {
    let w = world().await;
    let names: Vec<String> = (0..400).map(|n| format!("MediaUrl{n}")).collect();
    let mut parts = vec![("MessageSid", "SM400"), ("NumMedia", "400")];
    parts.extend(names.iter().map(|name| (name.as_str(), "https://api.test/1")));
    let long = "x".repeat(129);
    let bodies = [
        String::new(),
        "=&&&==%zz&%".to_owned(),
        text(&[("MessageSid", "SM1"), ("To", "")]),
        text(&[("MessageSid", "")]),
        text(&[("MessageSid", "../../etc")]),
        text(&[("MessageSid", "SM\0")]),
        text(&[("MessageSid", "SM2"), ("From", " ")]),
        text(&[("MessageSid", "SM3"), ("From", "a\0b")]),
        text(&[("MessageSid", "SM4"), ("From", &long)]),
        text(&[("MessageSid", "SM5"), ("NumMedia", "3")]),
        text(&[("MessageSid", "SM6"), ("NumMedia", "1"), ("MediaUrl0", "nonsense")]),
        text(&[("MessageSid", "SM7"), ("NumMedia", "-1")]),
        text(&[("MessageSid", "SM8"), ("MediaUrl0", "https://api.test/1")]),
        text(&parts),
    ];
    for body in &bodies {
        let before = w.rows().await;
        assert_eq!(signed(&w, INBOUND, body).await.status, StatusCode::OK, "{body:.60}");
        let after = w.rows().await;
        assert_ne!(after, before, "{body:.60}");
        assert_eq!(signed(&w, INBOUND, body).await.status, StatusCode::OK);
        assert_eq!(w.rows().await, after, "a repetition changes nothing: {body:.60}");
    }
    // What names no number of ours waits for a person; everything else is somebody's conversation.
    assert_eq!((w.count("set_aside").await, w.count("contacts").await), (3, 4));
    for (what, times) in [
        ("ghost_media", 51),
        ("media_left_out%\"count\":3}", 1),
        ("media_left_out%\"count\":1}", 1),
        ("media_left_out%\"count\":350}", 1),
    ] {
        assert_eq!(w.count(&format!("outbox WHERE body LIKE '%{what}%'")).await, times, "{what}");
    }
}

#[tokio::test]
async fn a_part_that_cannot_be_fetched_takes_no_number_from_those_after_it() {
    let w = world().await;
    let body = text(&[
        ("MessageSid", "SM1"),
        ("NumMedia", "3"),
        ("MediaUrl0", "https://api.test/0"),
        ("MediaUrl1", "nonsense"),
        ("MediaUrl2", "https://api.test/2"),
    ]);
    assert_eq!(signed(&w, INBOUND, &body).await.status, StatusCode::OK);
    let known = ["sms:SM1/1", "sms:SM1/2", "sms:SM1/3"];
    let mut claimed = Vec::new();
    for receipt in known {
        claimed.push(w.is_claimed(receipt).await);
    }
    // The provider's list is held against these: only the second part is still to be had from there.
    assert_eq!(claimed, [true, false, true]);
    assert_eq!(w.count("outbox WHERE lane LIKE 'media:%/3'").await, 1, "the third is shown as the third");
}

#[tokio::test]
async fn a_place_and_whatever_else_was_sent_are_shown_and_kept() {
    let w = world().await;
    let body = text(&[
        ("Body", ""),
        ("Latitude", "37.7955"),
        ("Longitude", "-122.3937"),
        ("Address", "1 Ferry Building, San Francisco"),
        ("Label", "Ferry Building"),
        ("ButtonText", "Yes\u{202e}"),
    ]);
    assert_eq!(signed(&w, INBOUND, &body).await.status, StatusCode::OK);
    let mut conn = w.store.connection().await.unwrap();
    let found =
        interactions::open_of(&mut conn, &Address::sms(OURS), &Address::sms(JANE)).await.unwrap().unwrap();
    assert_eq!(
        found.first_text,
        "📍 Ferry Building, 1 Ferry Building, San Francisco\nhttps://www.google.com/maps?q=37.7955,-122.3937"
    );
    assert_eq!(found.case, [("ButtonText".to_owned(), "Yes".to_owned())]);
    drop(conn);
    let nowhere =
        text(&[("MessageSid", "SM2"), ("From", "+14155550101"), ("Latitude", "north"), ("Longitude", "1")]);
    assert_eq!(signed(&w, INBOUND, &nowhere).await.status, StatusCode::OK);
    let mut conn = w.store.connection().await.unwrap();
    let found =
        interactions::open_of(&mut conn, &Address::sms(OURS), &Address::sms("+14155550101")).await.unwrap();
    assert_eq!(found.unwrap().first_text, "Hi\n📍 a place\nlatitude north, longitude 1");
}

#[tokio::test]
async fn forms_too_large_get_a_clear_answer() {
    let w = world().await;
    let before = w.rows().await;
    // Too many to be decoded, so it cannot be signed here either.
    let answer = post(&w, INBOUND.1, "AAAA", "a=b&".repeat(4_001)).await;
    assert_eq!((answer.status, answer.errcode().as_str()), (StatusCode::BAD_REQUEST, "M_INVALID_PARAM"));
    let long = vec![b'a'; 10_000_000];
    for signature in ["AAAA", ""] {
        let answer = post(&w, INBOUND.1, signature, &long).await;
        assert_eq!(
            (answer.status, answer.errcode().as_str()),
            (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE")
        );
    }
    assert_eq!(w.rows().await, before);
}

#[tokio::test]
async fn bad_bytes_in_a_text_lose_nothing_else_of_it() {
    let w = world().await;
    let body = format!("{}&Body2=x&FromCity=%FF%00", text(&[("Body", "")]))
        .replace("Body=&", "Body=a%FFb%00%ED%A0%80&");
    let answer = signed(&w, INBOUND, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let mut conn = w.store.connection().await.unwrap();
    let found = interactions::open_of(&mut conn, &Address::sms(OURS), &Address::sms(JANE)).await.unwrap();
    assert!(found.unwrap().first_text.starts_with("a\u{FFFD}b\u{FFFD}"));
    drop(conn);
    assert_eq!(w.count("set_aside").await, 0);
}

#[tokio::test]
async fn a_text_to_an_unknown_number_is_set_aside_and_not_asked_for_again() {
    let w = world().await;
    assert_eq!(signed(&w, INBOUND, text(&[("To", "+15005559999")])).await.status, StatusCode::OK);
    assert_eq!((w.count("set_aside").await, w.count("interactions").await), (1, 0));
}

/// A reply of one part on its way.
async fn reply_on_its_way(world: &World) -> Reply {
    let mut reply = Reply::new(
        "0123456789abcdef0123456789abcdef".to_owned(),
        InteractionId::new("i-2222"),
        owned_event_id!("$typed"),
        owned_user_id!("@alice:desk.test"),
        "Hello".to_owned(),
    );
    let part =
        Part { text: "Hello".to_owned(), files: vec![], state: PartState::Sending, sid: None, sent_at: None };
    reply.state = ReplyState::Parts { parts: vec![part], told: vec![] };
    replies::add(&mut world.store.connection().await.unwrap(), &[reply.clone()], Millis(1)).await.unwrap();
    reply
}

async fn state_of(world: &World, reply: &Reply) -> PartState {
    let mut conn = world.store.connection().await.unwrap();
    match replies::by_id(&mut conn, &reply.id).await.unwrap().unwrap().state {
        ReplyState::Parts { parts, .. } => parts[0].state,
        other => panic!("{other:?}"),
    }
}

/// Reports through the address that was given with the message.
async fn report(world: &World, part: &str, status: &str, code: &str) -> Answer {
    let url = callback::status_callback(&Url::parse(PUBLIC).unwrap(), "twilio", part, &part_key());
    let path = format!("/sms/twilio/status?{}", url.query().unwrap());
    let params =
        [("MessageSid", SID), ("AccountSid", ACCOUNT), ("MessageStatus", status), ("ErrorCode", code)];
    signed(world, (url.as_str(), &path), form(&params)).await
}

#[tokio::test]
async fn reports_move_a_part_forward_only_and_repeated_ones_change_nothing() {
    let w = world().await;
    let reply = reply_on_its_way(&w).await;
    let part = part_id(&reply.id, 0);
    for (status, state) in [
        ("queued", PartState::Accepted),
        ("receiving", PartState::Accepted),
        ("teleported", PartState::Accepted),
        ("sent", PartState::Sent),
        ("sending", PartState::Sent),
        ("delivered", PartState::Delivered),
        ("sent", PartState::Delivered),
        ("read", PartState::Delivered),
    ] {
        let answer = report(&w, &part, status, "").await;
        assert_eq!((answer.status, state_of(&w, &reply).await), (StatusCode::OK, state), "{status}");
        let rows = w.rows().await;
        assert_eq!(report(&w, &part, status, "").await.status, StatusCode::OK);
        assert_eq!(w.rows().await, rows);
    }
}

#[tokio::test]
async fn a_report_of_failure_brings_its_code() {
    let w = world().await;
    let reply = reply_on_its_way(&w).await;
    let answer = report(&w, &part_id(&reply.id, 0), "undelivered", "30003").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(state_of(&w, &reply).await, PartState::Failed { code: Some(30003) });
}

#[tokio::test]
async fn a_report_must_name_a_part_that_we_signed() {
    let w = world().await;
    let reply = reply_on_its_way(&w).await;
    let part = part_id(&reply.id, 0);
    let signature = part_key().sign(&part);
    let (no_part, forged) = (StatusCode::BAD_REQUEST, StatusCode::FORBIDDEN);
    for (query, status) in [
        (String::new(), no_part),
        (format!("?part={part}"), no_part),
        (format!("?sig={signature}"), no_part),
        (format!("?part={part}&sig="), forged),
        (format!("?part={part}&sig={}", part_key().sign("other")), forged),
        (format!("?part={}&sig={signature}", part_id(&reply.id, 1)), forged),
        (format!("?part=other&part={part}&sig={signature}"), forged),
    ] {
        let url = format!("https://desk.test/behind/a/proxy/sms/twilio/status{query}");
        let path = format!("/sms/twilio/status{query}");
        let answer =
            signed(&w, (&url, &path), form(&[("MessageSid", SID), ("MessageStatus", "failed")])).await;
        answer.errcode();
        assert_eq!(answer.status, status, "{query}");
    }
    assert_eq!(state_of(&w, &reply).await, PartState::Sending);
    for unknown in ["nonsense", &part_id("ffffffffffffffffffffffffffffffff", 0)] {
        assert_eq!(report(&w, unknown, "sent", "").await.status, StatusCode::OK, "a part long forgotten");
    }
}
