//! The simulator against the client that talks to it in the program, and a desk that takes its webhooks.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::routing::get;
use bytes::Bytes;
use http::StatusCode;
use secrecy::SecretString;
use url::Url;

use super::*;
use crate::clock::{Clock, Millis};
use crate::domain::address::Address;
use crate::domain::reply::PartState;
use crate::sms::provider::{Direction, ListQuery, OutgoingSms, SendOutcome, SmsProvider as _};
use crate::sms::twilio::wire::{Form, InboundForm, StatusForm};
use crate::sms::twilio::{ListedPart, MediaLimits, Status, Timeouts, TwilioClient, TwilioConfig, signature};

mod calls;
mod doors;
mod erasing;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const OURS: &str = "+15005550006";
const JANE: &str = "+14155550100";

/// What the bridge would be: takes webhooks, checks their signature, and answers as told.
#[derive(Clone)]
struct Desk {
    url: Url,
    answer: Arc<AtomicU16>,
    forms: Arc<Mutex<Vec<(String, Form)>>>,
}

impl Desk {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let desk = Self { url, answer: Arc::new(AtomicU16::new(200)), forms: Arc::default() };
        let router = Router::new().fallback(take).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        desk
    }

    fn posted_to(&self, path: &str) -> Vec<Vec<(String, String)>> {
        let forms = self.forms.lock().unwrap();
        forms.iter().filter(|(at, _)| at.starts_with(path)).map(|(_, form)| form.text()).collect()
    }

    fn texts(&self) -> Vec<String> {
        let posted = self.posted_to("/sms/simulator/inbound");
        posted.iter().map(|params| InboundForm::parse(params).body).collect()
    }

    fn statuses(&self) -> Vec<&'static str> {
        let posted = self.posted_to("/sms/simulator/status");
        posted.iter().map(|params| StatusForm::parse(params).unwrap().status.as_str()).collect()
    }
}

async fn take(Shared(desk): Shared<Desk>, request: Request<Body>) -> StatusCode {
    let path = request.uri().to_string();
    let header = request.headers().get(signature::HEADER).unwrap().to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1_000_000).await.unwrap();
    let form = Form::decode(&body).unwrap();
    let url = format!("{}{path}", desk.url.as_str().trim_end_matches('/'));
    if !signature::verify(&[SecretString::from("token")], &url, form.signed(), &header) {
        return StatusCode::FORBIDDEN;
    }
    let answer = StatusCode::from_u16(desk.answer.load(Ordering::SeqCst)).unwrap();
    if answer.is_success() {
        desk.forms.lock().unwrap().push((path, form));
    }
    answer
}

struct World {
    desk: Desk,
    simulator: Simulator,
    client: TwilioClient,
    api: Url,
}

async fn world(adjust: impl FnOnce(&mut SimulatorConfig)) -> World {
    let desk = Desk::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let mut config = SimulatorConfig {
        account_sid: ACCOUNT.to_owned(),
        auth_token: SecretString::from("token"),
        api_url: api.clone(),
        inbound_url: desk.url.join("/sms/simulator/inbound").unwrap(),
        numbers: vec![Address::sms(OURS)],
        file: None,
        pace: Duration::from_millis(1),
        clock: Clock::default(),
    };
    adjust(&mut config);
    let simulator = Simulator::open(config).await.unwrap();
    tokio::spawn(simulator.clone().serve(listener));
    let client = TwilioClient::new(TwilioConfig {
        api_url: api.clone(),
        account_sid: ACCOUNT.to_owned(),
        auth_token: SecretString::from("token"),
        timeouts: Timeouts { answer: Duration::from_millis(500), ..Timeouts::default() },
        media: MediaLimits::default(),
    })
    .unwrap();
    World { desk, simulator, client, api }
}

impl World {
    fn reply(&self, to: &str, body: &str) -> OutgoingSms {
        OutgoingSms {
            from: Address::sms(OURS),
            to: Address::sms(to),
            body: body.to_owned(),
            media: vec![],
            status_callback: self.desk.url.join("/sms/simulator/status?id=17.sig").unwrap(),
        }
    }

    async fn code(&self, to: &str, body: &str) -> Option<u32> {
        match self.client.send(&self.reply(to, body)).await {
            SendOutcome::Rejected { code, .. } => code,
            other => panic!("{other:?}"),
        }
    }
}

/// Polls until a condition holds.
async fn until(what: &str, condition: impl Fn() -> bool) {
    let holds = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), holds).await.is_ok(), "never happened: {what}");
}

fn picture(bytes: &'static [u8]) -> Attachment {
    Attachment { content_type: "image/png".to_owned(), bytes: Bytes::from_static(bytes) }
}

#[tokio::test]
async fn a_text_with_pictures_reaches_the_desk_signed_and_can_be_fetched_and_listed() {
    let w = world(|_| {}).await;
    let sid =
        w.simulator.text_from(JANE, OURS, "Ünï & <b>", vec![picture(b"one"), picture(b"two")]).await.unwrap();
    until("the webhook", || !w.desk.texts().is_empty()).await;
    let text = InboundForm::parse(&w.desk.posted_to("/sms/simulator/inbound")[0]);
    assert_eq!((text.message_sid.as_str(), text.body.as_str()), (sid.as_str(), "Ünï & <b>"));
    assert_eq!((text.city.as_deref(), text.country.as_deref()), (Some("SAN FRANCISCO"), Some("US")));
    let second = w.client.fetch_media(&text.media[1].url).await.unwrap();
    assert_eq!((&second.bytes[..], second.content_type.as_str()), (&b"two"[..], "image/png"));
    let listed = w.client.media_list(&sid).await.unwrap();
    assert_eq!(
        listed.iter().map(|ListedPart { url, .. }| url).collect::<Vec<_>>(),
        [&text.media[0].url, &text.media[1].url]
    );
    w.simulator.faults().media_not_there_yet(1);
    assert!(w.client.fetch_media(&text.media[0].url).await.unwrap_err().is_retryable());
    assert_eq!(&w.client.fetch_media(&text.media[0].url).await.unwrap().bytes[..], b"one");
}

#[tokio::test]
async fn a_reply_is_taken_reported_step_by_step_and_listed() {
    let w = world(|_| {}).await;
    let SendOutcome::Accepted { sid, state } = w.client.send(&w.reply(JANE, "Hello")).await else { panic!() };
    assert_eq!(state, PartState::Accepted);
    until("delivery", || w.desk.statuses() == ["sent", "delivered"]).await;
    let at = w.desk.forms.lock().unwrap()[0].0.clone();
    assert_eq!(at, "/sms/simulator/status?id=17.sig", "our own id comes back");
    w.simulator.text_from(JANE, OURS, "Thanks", vec![]).await.unwrap();
    let query = ListQuery { from: Some(Address::sms(OURS)), ..ListQuery::default() };
    let listing = w.client.list(query).await.unwrap();
    assert_eq!((listing.messages.len(), listing.complete), (1, true));
    let message = &listing.messages[0];
    assert_eq!((message.sid.as_str(), message.direction), (sid.as_str(), Direction::Outbound));
    assert_eq!((message.body.as_str(), message.state), ("Hello", Some(PartState::Delivered)));
    let all = w.client.list(ListQuery::default()).await.unwrap().messages;
    assert_eq!(
        all.iter().map(|m| m.direction).collect::<Vec<_>>(),
        [Direction::Inbound, Direction::Outbound]
    );
    let future = ListQuery { since: Some(Millis(i64::MAX)), ..ListQuery::default() };
    assert!(w.client.list(future).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn pictures_of_a_reply_are_fetched_from_the_bridge() {
    let w = world(|_| {}).await;
    let sid = w.simulator.text_from(JANE, OURS, "", vec![picture(b"cat")]).await.unwrap();
    let media = w.simulator.state().message(&sid).unwrap().media[0].sid.clone();
    let mut reply = w.reply(JANE, "");
    // The page's own copy stands for a file that the bridge offers.
    reply.media = vec![w.api.join(&format!("/phone/api/media/{sid}/{media}")).unwrap()];
    w.client.send(&reply).await;
    until("delivery", || w.desk.statuses().contains(&"delivered")).await;
    let received = w.client.list(ListQuery::default()).await.unwrap().messages.remove(0);
    assert_eq!((received.direction, received.num_media), (Direction::Outbound, 1));
    let part = w.client.media_list(&received.sid).await.unwrap().remove(0);
    assert_eq!(&w.client.fetch_media(&part.url).await.unwrap().bytes[..], b"cat");
}

#[tokio::test]
async fn pictures_that_cannot_be_had_or_are_not_taken_leave_the_message_undelivered_and_the_code_says_why() {
    let w = world(|_| {}).await;
    let files = Router::new()
        .route("/page", get(async || ([("content-type", "application/x-sh")], "#!/bin/sh")))
        .route("/large", get(async || ([("content-type", "image/png")], vec![0; 3 * 1024 * 1024])));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, files).await });
    for (paths, code) in
        [(vec!["/nothing/here"], 11200), (vec!["/page"], 12300), (vec!["/large", "/large"], 11751)]
    {
        let mut reply = w.reply(JANE, &format!("for {code}"));
        reply.media = paths.iter().map(|path| here.join(path).unwrap()).collect();
        w.client.send(&reply).await;
        let sent = || w.simulator.sent_to(JANE).pop().unwrap();
        until("failure", || sent().status == Status::Undelivered).await;
        assert_eq!((sent().error_code, sent().media.len()), (Some(code), 0));
    }
}

#[tokio::test]
async fn a_phone_that_is_switched_off_gets_nothing_and_the_code_says_why() {
    let w = world(|_| {}).await;
    w.client.send(&w.reply("+14155550404", "Hello")).await;
    until("the report", || w.desk.statuses() == ["sent", "undelivered"]).await;
    let report = StatusForm::parse(&w.desk.posted_to("/sms/simulator/status")[1]).unwrap();
    assert_eq!(report.error_code, Some(30003));
    until("the log", || w.simulator.log().iter().any(|entry| entry.what == LogWhat::Lost { code: 30003 }))
        .await;
}

#[tokio::test]
async fn who_says_stop_gets_nothing_until_start() {
    let w = world(|_| {}).await;
    w.simulator.text_from(JANE, OURS, " stop ", vec![]).await.unwrap();
    until("the webhook", || w.desk.texts() == [" stop "]).await;
    let params = w.desk.posted_to("/sms/simulator/inbound").remove(0);
    assert_eq!(InboundForm::parse(&params).opt_out_type.as_deref(), Some("STOP"));
    assert_eq!(w.code(JANE, "Hello").await, Some(21610));
    w.simulator.text_from(JANE, OURS, "Yes", vec![]).await.unwrap();
    assert!(matches!(w.client.send(&w.reply(JANE, "Hello")).await, SendOutcome::Accepted { .. }));
    let replies = w.client.list(ListQuery::default()).await.unwrap().messages;
    assert!(replies.iter().any(|m| m.direction == Direction::Outbound && m.body.contains("START")));
    assert!(
        w.desk.statuses().is_empty() || w.desk.statuses()[0] == "sent",
        "automatic answers are not reported"
    );
}

#[tokio::test]
async fn what_twilio_refuses_is_refused_over_the_wire() {
    let w = world(|_| {}).await;
    assert_eq!(w.code("ACME", "x").await, Some(21211));
    assert_eq!(w.code(JANE, "").await, Some(21602));
    assert_eq!(w.code(JANE, &"x".repeat(1601)).await, Some(21617));
    assert!(w.simulator.log().is_empty());
}

#[tokio::test]
async fn texts_wait_in_order_while_nobody_answers() {
    let w = world(|_| {}).await;
    w.desk.answer.store(503, Ordering::SeqCst);
    for n in 0..5 {
        w.simulator.text_from(JANE, OURS, &n.to_string(), vec![]).await.unwrap();
    }
    w.simulator.text_from("72345", OURS, "another phone", vec![]).await.unwrap();
    let attempts =
        |w: &World| w.simulator.log().iter().filter(|e| matches!(e.what, LogWhat::Webhook { .. })).count();
    until("two attempts", || attempts(&w) >= 2).await;
    w.desk.answer.store(200, Ordering::SeqCst);
    until("all texts", || w.desk.texts().len() == 6).await;
    let of_jane: Vec<String> = w.desk.texts().into_iter().filter(|text| text.len() == 1).collect();
    assert_eq!(of_jane, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_restart_forgets_nothing_and_finishes_what_was_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("simulator.db");
    let first = world(|config| config.file = Some(file.clone())).await;
    first.desk.answer.store(503, Ordering::SeqCst);
    let sid = first.simulator.text_from("+4930901820", OURS, "waiting", vec![picture(b"cat")]).await.unwrap();
    first.simulator.text_from(JANE, OURS, "STOP", vec![]).await.unwrap();
    first.simulator.stop();
    drop(first);
    let second = world(|config| config.file = Some(file.clone())).await;
    until("the text", || second.desk.texts().contains(&"waiting".to_owned())).await;
    assert_eq!(second.code(JANE, "Hello").await, Some(21610));
    let part = second.client.media_list(&sid).await.unwrap().remove(0);
    assert_eq!(&second.client.fetch_media(&part.url).await.unwrap().bytes[..], b"cat");
    assert!(second.simulator.state().phones.iter().any(|phone| phone.number == "+4930901820"));
}

#[tokio::test]
async fn each_wrong_answer_is_what_it_seems_to_the_client() {
    let w = world(|_| {}).await;
    for (fault, outcome, taken) in [
        (AnswerFault::RateLimit, "Retry", 0),
        (AnswerFault::Unavailable, "Unknown", 0),
        (AnswerFault::ErrorAfterAccepting, "Unknown", 1),
        (AnswerFault::SilenceAfterAccepting, "Unknown", 1),
        (AnswerFault::BreakAfterAccepting, "Unknown", 1),
    ] {
        let accepted = |w: &World| {
            w.simulator.log().iter().filter(|e| matches!(e.what, LogWhat::Accepted { .. })).count()
        };
        let before = accepted(&w);
        w.simulator.faults().answer_next(fault, 1);
        let got = w.client.send(&w.reply(JANE, "Hello")).await;
        assert!(format!("{got:?}").starts_with(outcome), "{fault:?} {got:?}");
        assert_eq!(accepted(&w) - before, taken, "{fault:?}");
    }
    assert!(matches!(w.client.send(&w.reply(JANE, "Hello")).await, SendOutcome::Accepted { .. }));
}

#[tokio::test]
async fn posts_are_dropped_repeated_turned_round_and_held_as_told() {
    for (fault, expected) in [
        (PostFault::Reversed, &["delivered", "sent"][..]),
        (PostFault::Twice, &["sent", "sent", "delivered", "delivered"]),
    ] {
        let w = world(|_| {}).await;
        w.simulator.faults().callbacks(fault);
        w.client.send(&w.reply(JANE, "Hello")).await;
        until("the reports", || w.desk.statuses() == expected).await;
    }
    let w = world(|_| {}).await;
    w.simulator.faults().callbacks(PostFault::Held);
    w.simulator.faults().inbound(PostFault::Dropped);
    w.client.send(&w.reply(JANE, "Hello")).await;
    w.simulator.text_from(JANE, OURS, "lost", vec![]).await.unwrap();
    until("the lane to pass", || w.simulator.state().lanes.is_empty()).await;
    w.simulator.faults().inbound(PostFault::Twice);
    w.simulator.text_from(JANE, OURS, "twice", vec![]).await.unwrap();
    until("two webhooks", || w.desk.texts() == ["twice", "twice"]).await;
    assert!(w.desk.statuses().is_empty());
    w.simulator.faults().clear();
    until("the held reports", || w.desk.statuses() == ["sent", "delivered"]).await;
    assert_eq!(
        w.client.list(ListQuery::default()).await.unwrap().messages.len(),
        3,
        "what was lost is listed"
    );
}

#[tokio::test]
async fn a_list_is_handed_out_page_by_page() {
    let w = world(|_| {}).await;
    for n in 0..5 {
        w.simulator.text_from(JANE, OURS, &n.to_string(), vec![]).await.unwrap();
    }
    let mut path = format!(
        "/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=2&To=%2B15005550006&DateSent%3E=2001-01-01"
    );
    let mut bodies = Vec::new();
    loop {
        let url = w.api.join(&path).unwrap();
        let answer = reqwest::Client::new().get(url).basic_auth(ACCOUNT, Some("token")).send().await.unwrap();
        let page: serde_json::Value = answer.json().await.unwrap();
        let messages = page["messages"].as_array().unwrap();
        assert!(messages.len() <= 2);
        bodies.extend(messages.iter().map(|m| m["body"].as_str().unwrap().to_owned()));
        match page["next_page_uri"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(bodies, ["4", "3", "2", "1", "0"]);
}
