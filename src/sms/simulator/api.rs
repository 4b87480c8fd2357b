//! Twilio's API as the bridge sees it.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>.

use std::convert::Infallible;

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::{Value, json};

use super::faults::{AnswerFault, MediaFault};
use super::rules::{self, ApiError, Submission};
use super::server::Simulator;
use super::state::{Draft, Kind, Message};
use super::{page, resource};
use crate::sms::twilio::Status;
use crate::sms::twilio::wire::Form;

const MAX_FORM_BYTES: usize = 256 * 1024;
const DEFAULT_PAGE: usize = 50;
const MAX_PAGE: usize = 1000;
/// A file that is too large for everybody, and the pieces in which it is sent.
const HUGE_BYTES: usize = 100 * 1024 * 1024;
static HUGE_PIECE: [u8; 64 * 1024] = [0; 64 * 1024];

pub(super) fn router() -> Router<Simulator> {
    Router::new()
        .route("/2010-04-01/Accounts/{account}/Messages.json", get(list).post(create))
        .route("/2010-04-01/Accounts/{account}/Messages/{sid}", get(fetch).post(redact))
        .route("/2010-04-01/Accounts/{account}/Messages/{sid}/Media.json", get(list_media))
        .route(
            "/2010-04-01/Accounts/{account}/Messages/{sid}/Media/{media}",
            get(fetch_media).delete(delete_media),
        )
        .route("/simulator/cdn/{key}/{sid}/{media}", get(cdn))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

/// The account in the path must be the one that the credential is for. While the API is down it knows nobody.
pub(super) fn authorize(simulator: &Simulator, account: &str, headers: &HeaderMap) -> Result<(), ApiError> {
    if simulator.faults().is_down() {
        return Err(ApiError::unavailable(StatusCode::SERVICE_UNAVAILABLE));
    }
    let credential = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .and_then(|decoded| String::from_utf8(decoded).ok());
    let Some((user, password)) = credential.as_deref().and_then(|credential| credential.split_once(':'))
    else {
        return Err(ApiError::unauthenticated());
    };
    if !simulator.is_authorized(user, password) {
        return Err(ApiError::unauthenticated());
    }
    if account == user { Ok(()) } else { Err(ApiError::not_found("/Accounts")) }
}

/// `POST /2010-04-01/Accounts/{account}/Messages.json`
async fn create(
    Shared(simulator): Shared<Simulator>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    authorize(&simulator, &account, &headers)?;
    let form = Form::decode(&body).map_err(|error| ApiError::bad(20001, error.to_string()))?;
    let submission = Submission::read(form.text());
    let fault = simulator.faults().next_answer();
    match fault {
        Some(AnswerFault::RateLimit) => return Err(ApiError::too_many()),
        Some(AnswerFault::Unavailable) => return Err(ApiError::unavailable(StatusCode::SERVICE_UNAVAILABLE)),
        _ => {}
    }
    // A task of its own: who hangs up now takes nothing back.
    let accepting = tokio::spawn(accept(simulator.clone(), submission, fault)).await;
    let message = accepting.map_err(|_| ApiError::unavailable(StatusCode::INTERNAL_SERVER_ERROR))??;
    let answer = resource::message(&account, &message);
    accepted(&simulator, fault, &answer).await
}

/// What is heard of a request that was accepted.
pub(super) async fn accepted(
    simulator: &Simulator,
    fault: Option<AnswerFault>,
    answer: &Value,
) -> Result<Response, ApiError> {
    match fault {
        Some(AnswerFault::ErrorAfterAccepting) => {
            Err(ApiError::unavailable(StatusCode::INTERNAL_SERVER_ERROR))
        }
        Some(AnswerFault::SilenceAfterAccepting) => {
            simulator.0.stop.cancelled().await;
            Err(ApiError::unavailable(StatusCode::SERVICE_UNAVAILABLE))
        }
        Some(AnswerFault::BreakAfterAccepting) => Ok(broken(answer)),
        _ => Ok((StatusCode::CREATED, Json(answer)).into_response()),
    }
}

/// Checks a submission and keeps it; from here on it is on its way, whatever is answered.
async fn accept(
    simulator: Simulator,
    submission: Submission,
    fault: Option<AnswerFault>,
) -> Result<Message, ApiError> {
    submission.check(simulator.is_ours(&submission.from))?;
    if simulator.state().has_opted_out(&submission.to, &submission.from) {
        return Err(rules::opted_out());
    }
    simulator.ensure_phone(&submission.to).await.map_err(|error| ApiError::bad(21611, error.to_string()))?;
    let draft = Draft {
        media_urls: submission.media_urls,
        callback: submission.callback,
        ..Draft::new(Kind::ToPhone, &submission.to, &submission.from, &submission.body)
    };
    let message = simulator.add_message(draft, vec![]).await;
    if let Some(AnswerFault::FailedAtOnce(code)) = fault {
        let failed = simulator.set_status(message.seq, Status::Failed, Some(code)).await;
        return Ok(failed.unwrap_or(message));
    }
    simulator.carry(&message);
    Ok(message)
}

/// An answer that begins well and breaks off.
fn broken(answer: &Value) -> Response {
    let mut beginning = answer.to_string();
    beginning.truncate(20);
    let cut = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let body = futures_util::stream::iter([Ok(beginning), Err(cut)]);
    (StatusCode::CREATED, Body::from_stream(body)).into_response()
}

/// What a list is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Filter {
    to: Option<String>,
    from: Option<String>,
    not_before: Option<i64>,
    page_size: usize,
    page: usize,
    before_seq: Option<u64>,
}

impl Filter {
    fn read(query: &str) -> Result<Self, ApiError> {
        let form = Form::decode(query.as_bytes()).map_err(|error| ApiError::bad(20001, error.to_string()))?;
        let mut filter = Self { page_size: DEFAULT_PAGE, ..Self::default() };
        for (name, value) in form.text().into_iter().filter(|(_, value)| !value.is_empty()) {
            let bad = || ApiError::bad(20001, format!("{name} is not valid"));
            match name.as_str() {
                "To" => filter.to = Some(value),
                "From" => filter.from = Some(value),
                "DateSent>" => {
                    let day: jiff::civil::Date =
                        value.get(..10).unwrap_or(&value).parse().map_err(|_| bad())?;
                    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| bad())?;
                    filter.not_before = Some(midnight.timestamp().as_millisecond());
                }
                "PageSize" => {
                    filter.page_size = value.parse::<usize>().map_err(|_| bad())?.clamp(1, MAX_PAGE);
                }
                "Page" => filter.page = value.parse().map_err(|_| bad())?,
                "PageToken" => {
                    let seq = value.strip_prefix("PA").and_then(|seq| seq.parse().ok());
                    filter.before_seq = Some(seq.ok_or_else(bad)?);
                }
                _ => {}
            }
        }
        Ok(filter)
    }

    fn takes(&self, message: &Message) -> bool {
        let (from, to) = match message.kind {
            Kind::FromPhone => (&message.phone, &message.ours),
            Kind::ToPhone | Kind::AutoReply => (&message.ours, &message.phone),
        };
        self.to.as_ref().is_none_or(|wanted| wanted == to)
            && self.from.as_ref().is_none_or(|wanted| wanted == from)
            && self.not_before.is_none_or(|earliest| message.sent.is_some_and(|sent| sent.0 >= earliest))
            && self.before_seq.is_none_or(|seq| message.seq < seq)
    }

    fn next(&self, path: &str, last_seq: u64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, number) in [("To", &self.to), ("From", &self.from)] {
            if let Some(number) = number {
                query.append_pair(name, number);
            }
        }
        if let Some(day) = self.not_before.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) {
            query.append_pair("DateSent>", &day.to_string());
        }
        query.append_pair("PageSize", &self.page_size.to_string());
        query.append_pair("Page", &(self.page.saturating_add(1)).to_string());
        query.append_pair("PageToken", &format!("PA{last_seq}"));
        format!("{path}?{}", query.finish())
    }
}

/// `GET /2010-04-01/Accounts/{account}/Messages.json`
async fn list(
    Shared(simulator): Shared<Simulator>,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, ApiError> {
    authorize(&simulator, &account, &headers)?;
    let mut filter = Filter::read(&query.unwrap_or_default())?;
    let faults = simulator.faults();
    if filter.to.iter().chain(&filter.from).any(|number| faults.has_no_list_of(number)) {
        return Err(ApiError::unavailable(StatusCode::INTERNAL_SERVER_ERROR));
    }
    filter.page_size = faults.page_of(filter.page_size);
    let state = simulator.state();
    let mut found = state.messages.values().rev().filter(|message| filter.takes(message));
    let page: Vec<&Message> = found.by_ref().take(filter.page_size).collect();
    let more = found.next().is_some();
    let next = page.last().filter(|_| more).map(|last| filter.next(uri.path(), last.seq));
    let start = filter.page.saturating_mul(filter.page_size);
    Ok(Json(json!({
        "messages": page.iter().map(|message| resource::message(&account, message)).collect::<Vec<_>>(),
        "page": filter.page,
        "page_size": filter.page_size,
        "start": start,
        "end": start.saturating_add(page.len().saturating_sub(1)),
        "first_page_uri": format!("{}?PageSize={}&Page=0", uri.path(), filter.page_size),
        "next_page_uri": next,
        "previous_page_uri": null,
        "uri": uri.to_string(),
    })))
}

/// `GET /2010-04-01/Accounts/{account}/Messages/{sid}.json`
async fn fetch(
    Shared(simulator): Shared<Simulator>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, ApiError> {
    authorize(&simulator, &account, &headers)?;
    let state = simulator.state();
    let sid = sid.strip_suffix(".json").unwrap_or(&sid);
    let message = state.message(sid).ok_or_else(|| ApiError::not_found(uri.path()))?;
    Ok(Json(resource::message(&account, message)))
}

/// `POST /2010-04-01/Accounts/{account}/Messages/{sid}.json` with an empty `Body`, which takes the text out
/// of a message that was sent or failed. Nothing else of one can be changed here.
async fn redact(
    Shared(simulator): Shared<Simulator>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    authorize(&simulator, &account, &headers)?;
    let form = Form::decode(&body).map_err(|error| ApiError::bad(20001, error.to_string()))?;
    if form.text() != [("Body".to_owned(), String::new())] {
        return Err(ApiError::bad(20001, "a message can only be given an empty Body"));
    }
    let seq = finished(&simulator, sid.strip_suffix(".json").unwrap_or(&sid), &uri)?;
    let redacted = simulator.change_message(seq, |message| message.body.clear()).await;
    let redacted = redacted.ok_or_else(|| ApiError::not_found(uri.path()))?;
    Ok(Json(resource::message(&account, &redacted)))
}

/// The place of a message, if it is not under way any more.
fn finished(simulator: &Simulator, sid: &str, uri: &Uri) -> Result<u64, ApiError> {
    let state = simulator.state();
    let message = state.message(sid).ok_or_else(|| ApiError::not_found(uri.path()))?;
    if message.status.rank() >= Status::Sent.rank() {
        return Ok(message.seq);
    }
    Err(ApiError::bad(20009, "the message is still under way"))
}

/// `DELETE /2010-04-01/Accounts/{account}/Messages/{sid}/Media/{media}.json`
async fn delete_media(
    Shared(simulator): Shared<Simulator>,
    Path((account, sid, media)): Path<(String, String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<StatusCode, ApiError> {
    authorize(&simulator, &account, &headers)?;
    let seq = finished(&simulator, &sid, &uri)?;
    let media = media.strip_suffix(".json").unwrap_or(&media);
    let is_gone = simulator.delete_media(seq, media).await;
    if is_gone { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found(uri.path())) }
}

/// `GET /2010-04-01/Accounts/{account}/Messages/{sid}/Media.json`
async fn list_media(
    Shared(simulator): Shared<Simulator>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, ApiError> {
    authorize(&simulator, &account, &headers)?;
    if simulator.faults().has_no_media_list(&sid) {
        return Err(ApiError::not_found(uri.path()));
    }
    let state = simulator.state();
    let message = state.message(&sid).ok_or_else(|| ApiError::not_found(uri.path()))?;
    let media: Vec<_> = message.media.iter().map(|part| resource::media(&account, message, part)).collect();
    Ok(Json(json!({"media_list": media, "next_page_uri": null, "page": 0, "page_size": 50})))
}

/// `GET /2010-04-01/Accounts/{account}/Messages/{sid}/Media/{media}`: described with `.json`, otherwise
/// elsewhere.
async fn fetch_media(
    Shared(simulator): Shared<Simulator>,
    Path((account, sid, media)): Path<(String, String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    authorize(&simulator, &account, &headers)?;
    let not_found = || ApiError::not_found(uri.path());
    if simulator.faults().media_missing() {
        return Err(not_found());
    }
    let state = simulator.state();
    let message = state.message(&sid).ok_or_else(not_found)?;
    let wanted = media.strip_suffix(".json");
    let of = |part: &&super::state::Part| part.sid == wanted.unwrap_or(&media);
    let at = message.media.iter().position(|part| of(&part)).ok_or_else(not_found)?;
    if wanted.is_some() {
        return Ok(Json(resource::media(&account, message, &message.media[at])).into_response());
    }
    match simulator.faults().media_fault(at + 1) {
        None => {}
        Some(MediaFault::Elsewhere) => {
            let location = "https://internal.evil.test/secret";
            return Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response());
        }
        Some(MediaFault::Huge) => {
            let piece = Ok::<_, Infallible>(Bytes::from_static(&HUGE_PIECE));
            let pieces = stream::iter(std::iter::repeat_n(piece, HUGE_BYTES / HUGE_PIECE.len()));
            return Ok(Body::from_stream(pieces).into_response());
        }
    }
    let base = simulator.0.config.api_url.as_str().trim_end_matches('/');
    let location = format!("{base}/simulator/cdn/{}/{sid}/{media}", simulator.0.cdn_key);
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

/// The CDN: its address is the permission, and it refuses a second one, as such stores do.
async fn cdn(
    Shared(simulator): Shared<Simulator>,
    Path((key, sid, media)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    if request.headers().contains_key(header::AUTHORIZATION) {
        return (StatusCode::BAD_REQUEST, "Only one auth mechanism allowed").into_response();
    }
    let blob = simulator.state().blob(&sid, &media).filter(|_| key == simulator.0.cdn_key);
    match blob {
        Some(blob) => page::blob_response(blob.part, blob.bytes),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
