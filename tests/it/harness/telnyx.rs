//! A stand-in for Telnyx: its wire over real HTTP, with a signing key of its own. It takes messages and tells
//! what becomes of them, and lets phones write.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use switchroom::clock::{self, Clock};
use switchroom::sms::telnyx::signature::{HEADER, TIMESTAMP};
use tokio::net::TcpListener;

use super::OURS;

const API_KEY: &str = "KEY0123456789";
/// How long a message takes from one report to the next.
const PACE: Duration = Duration::from_millis(30);
/// A phone with this ending is a landline.
const LANDLINE: &str = "0406";

/// How the next message is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is refused with this error code.
    Refused(u32),
    /// It is taken, and the answer is an error all the same.
    ErrorAfterAccepting,
    /// It is not taken, and the answer is an error.
    Unavailable,
}

/// A message that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// Its id.
    pub(crate) id: String,
    to: String,
    text: String,
    media_urls: Vec<String>,
    webhook_url: String,
}

/// The stand-in. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Telnyx(Arc<Inner>);

struct Inner {
    key: SigningKey,
    url: String,
    /// Where the program listens.
    bridge: String,
    http: reqwest::Client,
    state: Mutex<Books>,
}

/// Files, each with its media type.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

#[derive(Default)]
struct Books {
    taken: Vec<Taken>,
    answers: VecDeque<Answer>,
    media: Vec<(&'static str, Vec<u8>)>,
    /// What was fetched from the desk, by the message's text.
    fetched: Vec<(String, Files)>,
    holds_reports: bool,
}

impl Telnyx {
    /// Starts it, for the program at this address.
    pub(crate) async fn start(bridge: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (key, bridge) = (SigningKey::from_bytes(&[7; 32]), bridge.to_owned());
        let telnyx = Self(Arc::new(Inner { key, url, bridge, http, state: Mutex::default() }));
        let service = Router::new()
            .route("/v2/messages", post(submit))
            .route("/v2/messaging_profiles", get(profiles))
            .route("/media/{number}", get(media))
            .with_state(telnyx.clone());
        tokio::spawn(async move { axum::serve(listener, service).await });
        telnyx
    }

    /// What `sms` of the config says of it.
    pub(crate) fn section(&self) -> String {
        let public_key = STANDARD.encode(self.0.key.verifying_key().as_bytes());
        format!(
            "provider: telnyx\n  telnyx: {{api_url: \"{}\", api_key: {API_KEY}, public_key: \"{public_key}\"}}",
            self.0.url
        )
    }

    /// A phone writes; returns the message's id once the program has it.
    pub(crate) async fn text(&self, phone: &str, body: &str) -> String {
        self.picture(phone, body, vec![]).await
    }

    /// A phone sends pictures and other files with a text.
    pub(crate) async fn picture(
        &self,
        phone: &str,
        body: &str,
        parts: Vec<(&'static str, Vec<u8>)>,
    ) -> String {
        let id = clock::random_hex();
        let event = self.received(&id, phone, body, parts);
        assert_eq!(self.post(&self.inbound(), &event).await, 200);
        id
    }

    /// The event by which a text of a phone is told.
    pub(crate) fn received(
        &self,
        id: &str,
        phone: &str,
        body: &str,
        parts: Vec<(&'static str, Vec<u8>)>,
    ) -> Value {
        let mut books = self.books();
        let media: Vec<Value> = parts
            .into_iter()
            .map(|part| {
                let (content_type, size) = (part.0, part.1.len());
                books.media.push(part);
                let url = format!("{}/media/{}", self.0.url, books.media.len());
                json!({"url": url, "content_type": content_type, "size": size})
            })
            .collect();
        json!({"data": {
            "record_type": "event", "event_type": "message.received", "id": clock::random_hex(),
            "payload": {
                "record_type": "message", "direction": "inbound", "id": id,
                "type": if media.is_empty() { "SMS" } else { "MMS" },
                "from": {"phone_number": phone, "carrier": "T-MOBILE USA, INC."},
                "to": [{"phone_number": OURS, "status": "webhook_delivered"}],
                "text": body, "media": media, "errors": [],
            },
        }})
    }

    /// The door for texts.
    pub(crate) fn inbound(&self) -> String {
        format!("{}/sms/telnyx/inbound", self.0.bridge)
    }

    /// Decides how the next message is answered.
    pub(crate) fn answer_next(&self, answer: Answer) {
        self.books().answers.push_back(answer);
    }

    /// Whether nothing is reported by itself.
    pub(crate) fn hold_reports(&self, hold: bool) {
        self.books().holds_reports = hold;
    }

    /// What was taken for a phone, in order.
    pub(crate) fn taken_for(&self, phone: &str) -> Vec<String> {
        let books = self.books();
        books.taken.iter().filter(|taken| taken.to == phone).map(|taken| taken.text.clone()).collect()
    }

    /// The last message with this text, if one was taken.
    pub(crate) fn taken(&self, text: &str) -> Option<Taken> {
        self.books().taken.iter().rev().find(|taken| taken.text == text).cloned()
    }

    /// Reports what became of a message.
    pub(crate) async fn report(&self, of: &Taken, status: &str, code: Option<u32>) -> u16 {
        let kind = if status == "sent" { "message.sent" } else { "message.finalized" };
        let errors: Vec<Value> =
            code.iter().map(|code| json!({"code": code.to_string(), "title": "as it is"})).collect();
        let event = json!({"data": {
            "record_type": "event", "event_type": kind, "id": clock::random_hex(),
            "payload": {
                "record_type": "message", "direction": "outbound", "id": of.id, "text": of.text,
                "to": [{"phone_number": of.to, "status": status}], "errors": errors,
            },
        }});
        self.post(&of.webhook_url, &event).await
    }

    /// Posts an event, signed now.
    pub(crate) async fn post(&self, url: &str, event: &Value) -> u16 {
        self.post_signed(url, event, &self.0.key, now()).await
    }

    /// Posts an event, signed by somebody at some moment, in Unix seconds.
    pub(crate) async fn post_signed(&self, url: &str, event: &Value, key: &SigningKey, at: u64) -> u16 {
        let body = event.to_string();
        let signature = key.sign(format!("{at}|{body}").as_bytes());
        let request = self.0.http.post(url).header(header::CONTENT_TYPE, "application/json");
        let request = request.header(HEADER, STANDARD.encode(signature.to_bytes())).header(TIMESTAMP, at);
        request.body(body).send().await.unwrap().status().as_u16()
    }

    /// The key it signs with.
    pub(crate) fn key(&self) -> &SigningKey {
        &self.0.key
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.state.lock().unwrap()
    }

    /// The files of a message, with their types, once they were fetched from the desk.
    pub(crate) fn fetched(&self, text: &str) -> Option<Files> {
        self.books().fetched.iter().find(|(of, _)| of == text).map(|(_, files)| files.clone())
    }

    async fn fetch(&self, taken: &Taken) {
        let mut files = Vec::new();
        for url in &taken.media_urls {
            let answer = self.0.http.get(url).send().await.unwrap().error_for_status().unwrap();
            let is = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
            files.push((is, answer.bytes().await.unwrap().to_vec()));
        }
        self.books().fetched.push((taken.text.clone(), files));
    }

    async fn carry(self, taken: Taken) {
        self.fetch(&taken).await;
        tokio::time::sleep(PACE).await;
        if self.books().holds_reports {
            return;
        }
        self.report(&taken, "sent", None).await;
        tokio::time::sleep(PACE).await;
        if taken.to.ends_with(LANDLINE) {
            self.report(&taken, "delivery_failed", Some(40001)).await;
        } else {
            self.report(&taken, "delivered", None).await;
        }
    }
}

/// This moment, in Unix seconds.
pub(crate) fn now() -> u64 {
    u64::try_from(Clock::default().now().0 / 1_000).unwrap()
}

fn error(status: StatusCode, code: u32) -> Response {
    let errors =
        json!({"errors": [{"code": code.to_string(), "title": "Refused", "detail": "as it was asked to"}]});
    (status, Json(errors)).into_response()
}

fn is_authorized(headers: &HeaderMap) -> bool {
    headers.get(header::AUTHORIZATION).is_some_and(|value| value == format!("Bearer {API_KEY}").as_str())
}

async fn submit(State(telnyx): State<Telnyx>, headers: HeaderMap, Json(message): Json<Value>) -> Response {
    if !is_authorized(&headers) {
        return error(StatusCode::UNAUTHORIZED, 10009);
    }
    assert_eq!((&message["from"], &message["use_profile_webhooks"]), (&json!(OURS), &json!(false)));
    let text = |key: &str| message[key].as_str().unwrap().to_owned();
    let answer = telnyx.books().answers.pop_front();
    match answer {
        Some(Answer::Refused(code)) => return error(StatusCode::BAD_REQUEST, code),
        Some(Answer::Unavailable) => return error(StatusCode::SERVICE_UNAVAILABLE, 10007),
        Some(Answer::ErrorAfterAccepting) | None => {}
    }
    let id = clock::random_hex();
    let urls = message["media_urls"].as_array().map(Vec::as_slice).unwrap_or_default();
    let taken = Taken {
        id: id.clone(),
        to: text("to"),
        text: message["text"].as_str().unwrap_or_default().to_owned(),
        media_urls: urls.iter().map(|url| url.as_str().unwrap().to_owned()).collect(),
        webhook_url: text("webhook_url"),
    };
    telnyx.books().taken.push(taken.clone());
    let to = taken.to.clone();
    tokio::spawn(telnyx.carry(taken));
    if answer.is_some() {
        return error(StatusCode::INTERNAL_SERVER_ERROR, 10007);
    }
    let data = json!({"record_type": "message", "id": id, "to": [{"phone_number": to, "status": "queued"}], "errors": []});
    Json(json!({ "data": data })).into_response()
}

async fn profiles(headers: HeaderMap) -> Response {
    if !is_authorized(&headers) {
        return error(StatusCode::UNAUTHORIZED, 10009);
    }
    Json(json!({"data": [], "meta": {"total_results": 0}})).into_response()
}

async fn media(State(telnyx): State<Telnyx>, headers: HeaderMap, Path(number): Path<usize>) -> Response {
    assert!(!headers.contains_key(header::AUTHORIZATION), "the key is the API's alone");
    match telnyx.books().media.get(number - 1).cloned() {
        Some((content_type, bytes)) => ([(header::CONTENT_TYPE, content_type)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
