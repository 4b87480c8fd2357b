//! The client against a server that answers as Telnyx does, badly, and not at all.

use serde_json::json;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::domain::address::Address;
use crate::domain::reply::PartState;
use crate::reach::Trouble;

fn client(api_url: &str, adjust: impl FnOnce(&mut TelnyxConfig)) -> TelnyxClient {
    let mut config = TelnyxConfig {
        api_url: Url::parse(api_url).unwrap(),
        api_key: SecretString::from("KEY01"),
        timeouts: Timeouts::default(),
        media: MediaLimits::default(),
    };
    adjust(&mut config);
    TelnyxClient::new(config).unwrap()
}

fn message() -> OutgoingSms {
    OutgoingSms {
        from: Address::sms("+15005550006"),
        to: Address::sms("+14155550100"),
        body: "Grüße & 👋".to_owned(),
        media: vec![],
        status_callback: Url::parse("https://desk.test/sms/telnyx/status?part=7&sig=x").unwrap(),
    }
}

#[tokio::test]
async fn what_is_not_sms_is_refused_and_never_sent_as_sms() {
    let server = MockServer::start().await;
    let theirs = OutgoingSms { to: Address::read("whatsapp:+14155550100"), ..message() };
    let outcome = client(&server.uri(), |_| {}).send(&theirs).await;
    assert!(matches!(outcome, SendOutcome::Rejected { code: None, .. }), "{outcome:?}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_message_is_submitted_once_with_every_field() {
    let server = MockServer::start().await;
    let answer = json!({"data": {"id": "a-1", "to": [{"status": "queued"}], "errors": []}});
    Mock::given(method("POST"))
        .and(path("/v2/messages"))
        .and(header("authorization", "Bearer KEY01"))
        .and(body_json(json!({
            "from": "+15005550006", "to": "+14155550100", "text": "Grüße & 👋",
            "webhook_url": "https://desk.test/sms/telnyx/status?part=7&sig=x", "use_profile_webhooks": false,
        })))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer.clone()))
        .expect(1)
        .mount(&server)
        .await;
    let outcome = client(&server.uri(), |_| {}).send(&message()).await;
    assert_eq!(outcome, SendOutcome::Accepted { sid: "a-1".to_owned(), state: PartState::Accepted });

    let pictures = OutgoingSms {
        body: String::new(),
        media: vec![Url::parse("https://desk.test/a").unwrap()],
        ..message()
    };
    Mock::given(body_json(json!({
        "from": "+15005550006", "to": "+14155550100", "media_urls": ["https://desk.test/a"],
        "webhook_url": "https://desk.test/sms/telnyx/status?part=7&sig=x", "use_profile_webhooks": false,
    })))
    .respond_with(ResponseTemplate::new(200).set_body_json(answer))
    .expect(1)
    .mount(&server)
    .await;
    client(&server.uri(), |_| {}).send(&pictures).await;
}

#[tokio::test]
async fn silence_after_the_request_is_unknown_and_nobody_there_is_not() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    Mock::given(method("POST")).respond_with(late).mount(&server).await;
    let short = |config: &mut TelnyxConfig| config.timeouts.answer = Duration::from_millis(200);
    let outcome = client(&server.uri(), short).send(&message()).await;
    assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{outcome:?}");
    let nobody = server.uri();
    drop(server);
    let outcome = client(&nobody, |_| {}).send(&message()).await;
    assert!(matches!(outcome, SendOutcome::Retry { .. } | SendOutcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn every_answer_tells_whether_the_provider_is_well() {
    let server = MockServer::start().await;
    let client = client(&server.uri(), |_| {});
    let (failed, well) = (Some(Trouble::Failed), None);
    for (status, code, trouble, gaps) in [
        (503, "10007", failed, 1),
        (400, "40310", well, 1),
        (401, "10009", Some(Trouble::Refused), 2),
        (403, "20006", Some(Trouble::Refused), 3),
        (403, "40300", well, 3),
        (429, "40318", Some(Trouble::Busy), 3),
        (429, "40333", well, 3),
    ] {
        server.reset().await;
        let answer = ResponseTemplate::new(status).set_body_json(json!({"errors": [{"code": code}]}));
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        client.send(&message()).await;
        let reach = client.reach().now();
        assert_eq!((reach.trouble.map(|(what, _)| what), reach.gaps), (trouble, gaps), "{status} {code}");
    }
}

#[tokio::test]
async fn it_says_that_it_cannot_list_and_asks_for_little_instead() {
    let server = MockServer::start().await;
    let client = client(&server.uri(), |_| {});
    assert!(!client.can_list());
    let page = client.list_page(&ListQuery::default(), None).await.unwrap_err();
    assert!(matches!(page, ListError::NoLists) && !page.is_retryable(), "{page:?}");
    assert!(matches!(client.list(ListQuery::default()).await, Err(ListError::NoLists)));
    let listed = Url::parse("listed:a-1/2").unwrap();
    assert!(!client.fetch_media(&listed).await.unwrap_err().is_retryable());

    let answer = async |status: u16, body: serde_json::Value| {
        server.reset().await;
        Mock::given(method("GET"))
            .and(path("/v2/messaging_profiles"))
            .and(header("authorization", "Bearer KEY01"))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .mount(&server)
            .await;
        client.ask().await
    };
    answer(200, json!({"data": [], "meta": {}})).await.unwrap();
    assert!(matches!(answer(200, json!({"ok": true})).await, Err(ListError::Unreadable(_))));
    let refused = answer(401, json!({"errors": [{"code": "10009", "detail": "no such key"}]})).await;
    assert!(matches!(refused, Err(ListError::Refused { status: 401, code: Some(10009), .. })), "{refused:?}");
    assert!(client.reach().now().trouble.is_some());
    answer(200, json!({"data": []})).await.unwrap();
    assert!(client.reach().now().trouble.is_none(), "it is well again");
}

#[tokio::test]
async fn media_is_fetched_without_the_key() {
    let server = MockServer::start().await;
    Mock::given(path("/media/1.png"))
        .and(|request: &Request| !request.headers.contains_key("authorization"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(b"\x89PNG".to_vec(), "image/png"))
        .mount(&server)
        .await;
    let url = Url::parse(&format!("{}/media/1.png", server.uri())).unwrap();
    let media = client(&server.uri(), |_| {}).fetch_media(&url).await.unwrap();
    assert_eq!((&media.bytes[..], media.content_type.as_str()), (&b"\x89PNG"[..], "image/png"));
    let elsewhere = Url::parse("http://169.254.169.254/").unwrap();
    let error = client("https://api.telnyx.com", |_| {}).fetch_media(&elsewhere).await.unwrap_err();
    assert!(matches!(error, MediaError::NotAllowed), "{error:?}");
}
