//! `/phone`: the phones as a web page, without a build step. The page is in `templates/web/`.
//!
//! It acts for every phone, so it is guarded although it holds nothing real: writes take JSON from the same
//! origin only, the host must be an address, `localhost` or the configured one (a foreign name that resolves
//! to this machine is not), and a strict policy lets nothing run but the page's own script.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State as Shared};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{Stream, stream};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use super::change::{Change, MessageView, PhoneView};
use super::line::PhoneLine;
use super::server::Simulator;
use super::state::{Part, Phone};
use super::text::{Attachment, TextError};
use crate::sms::twilio::address::to_wire;

/// 5 MB of pictures in base64, and the text.
const MAX_POST_BYTES: usize = 8 * 1024 * 1024;
/// The messages a page starts with.
const MAX_SHOWN: usize = 2000;
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; \
    connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const MEDIA_POLICY: &str = "default-src 'none'; sandbox";

#[derive(RustEmbed)]
#[folder = "templates/web/"]
struct Assets;

pub(super) fn router(simulator: &Simulator) -> Router<Simulator> {
    Router::new()
        .route("/phone", get(|| async { asset("phone.html") }))
        .route("/phone/assets/{name}", get(|Path(name): Path<String>| async move { asset(&name) }))
        .route("/phone/api/state", get(state))
        .route("/phone/api/events", get(events))
        .route("/phone/api/phones", post(add_phone))
        .route("/phone/api/messages", post(send))
        .route("/phone/api/calls", post(take_call))
        .route("/phone/api/media/{message}/{media}", get(media))
        .layer(DefaultBodyLimit::max(MAX_POST_BYTES))
        .layer(middleware::from_fn_with_state(simulator.clone(), guard))
}

async fn guard(Shared(simulator): Shared<Simulator>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let config = &simulator.0.config;
    let refused = if !is_known_host(host, &[&config.inbound_url, &config.api_url]) {
        Some((StatusCode::MISDIRECTED_REQUEST, "unknown host"))
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) && !is_from_page(headers, host) {
        Some((StatusCode::FORBIDDEN, "only the page itself may do this"))
    } else {
        None
    };
    let mut response = match refused {
        Some((status, why)) => (status, Json(json!({"error": why}))).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// An address cannot be made to point elsewhere by its owner's DNS, a name can.
fn is_known_host(host: &str, configured: &[&Url]) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    match url.host() {
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Some(Host::Domain(name)) => {
            name == "localhost" || configured.iter().any(|url| url.host_str() == Some(name))
        }
        None => false,
    }
}

/// A foreign page can make a browser post, but not as JSON with our own origin.
fn is_from_page(headers: &HeaderMap, host: &str) -> bool {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    let json = text(header::CONTENT_TYPE).is_some_and(|value| {
        value.split(';').next().is_some_and(|essence| essence.trim() == "application/json")
    });
    let site =
        text(header::HeaderName::from_static("sec-fetch-site")).is_none_or(|site| site == "same-origin");
    let origin = text(header::ORIGIN)
        .is_none_or(|origin| origin.split_once("://").is_some_and(|(_, authority)| authority == host));
    json && site && origin
}

fn asset(name: &str) -> Response {
    let content_type = match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match Assets::get(name) {
        Some(file) => {
            ([(header::CONTENT_TYPE, content_type)], Bytes::from(file.data.into_owned())).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /phone/api/state`
async fn state(Shared(simulator): Shared<Simulator>) -> Response {
    let state = simulator.state();
    let skip = state.messages.len().saturating_sub(MAX_SHOWN);
    let messages: Vec<_> = state.messages.values().skip(skip).map(MessageView::from).collect();
    let numbers: Vec<_> = simulator.0.config.numbers.iter().map(to_wire).collect();
    let phones: Vec<_> = state.phones.iter().map(PhoneView::from).collect();
    let on_line = state.calls.iter().filter(|call| !call.status.is_over());
    let calls: Vec<_> = on_line.map(PhoneLine::view).collect();
    Json(json!({"numbers": numbers, "phones": phones, "messages": messages, "calls": calls})).into_response()
}

/// `GET /phone/api/events`: changes from now on. A page that lags too far behind is told to read everything
/// again.
async fn events(Shared(simulator): Shared<Simulator>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = simulator.0.changes.subscribe();
    let stop = simulator.0.stop.clone();
    Sse::new(stream::unfold((changes, stop), next_event)).keep_alive(KeepAlive::default())
}

type Listening = (broadcast::Receiver<Change>, CancellationToken);

async fn next_event((mut changes, stop): Listening) -> Option<(Result<Event, Infallible>, Listening)> {
    let change = tokio::select! {
        change = changes.recv() => change,
        () = stop.cancelled() => return None,
    };
    let event = match change {
        Ok(Change(json)) => Event::default().data(json),
        Err(RecvError::Lagged(_)) => Event::default().event("reload").data("{}"),
        Err(RecvError::Closed) => return None,
    };
    Some((Ok(event), (changes, stop)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPhone {
    number: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    phone: String,
    to: String,
    text: String,
    #[serde(default)]
    media: Vec<NewMedia>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMedia {
    content_type: String,
    /// Base64.
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TakeCall {
    phone: String,
    /// Whether the call is taken; else it is declined, or ended.
    takes: bool,
}

impl IntoResponse for TextError {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": self.to_string()}))).into_response()
    }
}

/// `POST /phone/api/phones`
async fn add_phone(
    Shared(simulator): Shared<Simulator>,
    Json(new): Json<NewPhone>,
) -> Result<Response, TextError> {
    let phone = Phone::new(&new.number, &new.name).ok_or(TextError::BadPhone)?;
    simulator.add_phone(phone.clone()).await?;
    Ok((StatusCode::CREATED, Json(json!({"phone": PhoneView::from(&phone)}))).into_response())
}

/// `POST /phone/api/calls`: a phone answers, declines or hangs up.
async fn take_call(Shared(simulator): Shared<Simulator>, Json(of): Json<TakeCall>) -> Response {
    let done = if of.takes { simulator.answer(&of.phone) } else { simulator.hang_up(&of.phone) };
    if done {
        return (StatusCode::CREATED, Json(json!({}))).into_response();
    }
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": "there is no such call any more"})))
        .into_response()
}

/// `POST /phone/api/messages`
async fn send(
    Shared(simulator): Shared<Simulator>,
    Json(new): Json<NewMessage>,
) -> Result<Response, TextError> {
    let mut media = Vec::new();
    for part in new.media {
        let bytes = STANDARD.decode(part.data).map_err(|_| TextError::TooMuchMedia)?;
        media.push(Attachment { content_type: part.content_type, bytes: bytes.into() });
    }
    // A task of its own: closing the page now does not leave the text half sent.
    let sender = simulator.clone();
    let sending = async move { sender.text_from(&new.phone, &new.to, &new.text, media).await };
    let Ok(sent) = tokio::spawn(sending).await else {
        return Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    };
    let sid = sent?;
    let state = simulator.state();
    let message = state.message(&sid).map(MessageView::from);
    Ok((StatusCode::CREATED, Json(json!({"message": message}))).into_response())
}

/// `GET /phone/api/media/{message}/{media}`
async fn media(
    Shared(simulator): Shared<Simulator>,
    Path((message, media)): Path<(String, String)>,
) -> Response {
    match simulator.state().blob(&message, &media) {
        Some(blob) => blob_response(blob.part, blob.bytes),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Somebody else's file from our own origin: shown where a page embeds it, inert where it is opened.
pub(super) fn blob_response(part: Part, bytes: Bytes) -> Response {
    let content_type = HeaderValue::try_from(part.content_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(MEDIA_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_ours_is_no_host() {
        let configured = Url::parse("https://desk.test/sms/simulator/inbound").unwrap();
        for host in
            ["127.0.0.1:29300", "localhost:1", "[::1]:80", "192.168.1.7", "desk.test", "desk.test:8443"]
        {
            assert!(is_known_host(host, &[&configured]), "{host}");
        }
        for host in ["", "evil.test", "localhost.evil.test", "desk.test.evil.test", "a b", "x@evil.test"] {
            assert!(!is_known_host(host, &[&configured]), "{host}");
        }
    }

    #[test]
    fn only_the_page_itself_may_post() {
        let check = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            is_from_page(&headers, "127.0.0.1:1")
        };
        let json = ("content-type", "application/json; charset=utf-8");
        assert!(check(&[json]));
        assert!(check(&[json, ("origin", "http://127.0.0.1:1"), ("sec-fetch-site", "same-origin")]));
        assert!(!check(&[]));
        assert!(!check(&[("content-type", "text/plain")]));
        assert!(!check(&[json, ("origin", "http://127.0.0.1:2")]));
        assert!(!check(&[json, ("origin", "null")]));
        assert!(!check(&[json, ("origin", "https://evil.test")]));
        assert!(!check(&[json, ("sec-fetch-site", "cross-site")]));
        assert!(!check(&[json, ("sec-fetch-site", "same-site")]));
    }
}
