//! The door of programs: `POST /api/v1/messages` texts a contact first, `GET /api/v1/interactions/{id}` says
//! what became of it, and `GET /api/v1/openapi.json` describes both.
//!
//! A program proves itself by a token of `!token` before anything is read of its body. Whatever is refused is
//! a [`Problem`], <https://www.rfc-editor.org/rfc/rfc9457>. The answer under an `Idempotency-Key` is decided by
//! the desk in the commit that keeps the text, so that a program may ask again until it has an answer.
//! `openapi.json` beside this file is written by hand, and held against the program by tests.

mod problem;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use self::problem::Problem;
use super::edge::Edge;
use super::house::Visit;
use super::refusal::Refusal;
use super::whole::{Takes, Whole};
use crate::desk::Applied;
use crate::domain::ids::InteractionId;
use crate::domain::input::{Input, ProgramText};
use crate::domain::interaction::Interaction;
use crate::domain::program::{Answer, Asked, KEY_LENGTH, Scope, Token, Wrong, hash, hash_under, id_of};
use crate::domain::reply::{Delivery, Reply};
use crate::store::{Result as Stored, interactions, programs, replies};

/// Where the door is.
pub(super) const PATH: &str = "/api/v1";
/// The longest text, all of it escaped, with variables and case data beside it.
const BYTES: usize = 256 * 1024;
/// Bodies that are longer than ordinary, each at once.
const LONG_ONES: usize = 8;
/// A program may have to wait while the desk is busy.
const TIME: Duration = Duration::from_secs(30);
/// What may be asked for here.
const OPENAPI: &str = include_str!("openapi.json");
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The door, below [`PATH`].
pub(super) fn routes() -> Router<Arc<Edge>> {
    let messages = post(send).layer(Extension(Takes::of_known(BYTES, LONG_ONES)));
    Router::new()
        .route("/messages", messages)
        .route("/interactions/{id}", get(show))
        .route("/openapi.json", get(async || ([(header::CONTENT_TYPE, "application/json")], OPENAPI)))
        .fallback(async || Problem::no_such_path())
        .method_not_allowed_fallback(async || Problem::no_such_method())
        .layer(middleware::from_fn(in_time))
}

/// Bounds the time of a request. What the desk has already is applied all the same, and is known when the
/// program asks again.
async fn in_time(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(TIME, AssertUnwindSafe(next.run(request)).catch_unwind()).await;
    let mut response = match answered {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::our_mistake().into_response(),
        Err(_) => Problem::unavailable().into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A program that has proved itself by its token.
struct Program(Token);

impl FromRequestParts<Arc<Edge>> for Program {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(Problem::no_token)?;
        let id = id_of(token).ok_or_else(Problem::no_token)?;
        let kept = async { programs::by_id(&mut *edge.store.connection().await?, &id).await };
        let kept = kept.await.map_err(|error| Problem::not_read(&error))?;
        // Whether there is such an id is found out in the same time.
        let known = kept.as_ref().map_or_else(|| hash(""), |kept| kept.hash.clone());
        let is_it = bool::from(hash(token).as_bytes().ct_eq(known.as_bytes()));
        match kept.filter(|_| is_it) {
            Some(token) => {
                Visit::of(parts).has_proved_itself();
                Ok(Self(token))
            }
            None => Err(Problem::no_token()),
        }
    }
}

/// The token of the `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

/// `POST /api/v1/messages`: 202 once the text is durable.
async fn send(
    Program(token): Program,
    State(edge): State<Arc<Edge>>,
    headers: HeaderMap,
    body: Result<Whole, Refusal>,
) -> Result<Response, Problem> {
    if !token.may(Scope::Send) {
        return Err(Problem::no_scope(Scope::Send));
    }
    if !is_json(&headers) {
        return Err(Problem::not_json_type());
    }
    let key = key(&headers)?;
    let body = body.map_err(|refusal| Problem::of_body(&refusal))?;
    let asked = Asked::read(&body.bytes).map_err(|wrong| match wrong {
        Wrong::NotJson => Problem::not_json(),
        Wrong::Faults(faults) => Problem::faults(&faults),
    })?;
    // Of key and body only this is kept: what is asked for cannot be found by trying, without the key.
    let text = ProgramText {
        token: token.id,
        request: hash_under(&key, &asked.canonical()),
        key: hash(&key),
        asked,
    };
    let applied = edge.apply("program", vec![Input::Program(Box::new(text))]).await;
    let applied = applied.map_err(|error| Problem::not_applied(&error))?;
    fail::fail_point!("after_program_commit", |_| std::process::abort());
    match applied.into_iter().next() {
        Some(Applied::Program(answer)) => answered(*answer),
        _ => Err(Problem::our_mistake()),
    }
}

fn answered(answer: Answer) -> Result<Response, Problem> {
    match answer {
        Answer::Accepted { interaction } => {
            let location = [(header::LOCATION, format!("{PATH}/interactions/{interaction}"))];
            Ok((StatusCode::ACCEPTED, location, Json(json!({ "interaction": interaction }))).into_response())
        }
        Answer::Refused { why } => Err(Problem::of(&why)),
        Answer::NoToken => Err(Problem::no_token()),
        Answer::NoScope => Err(Problem::no_scope(Scope::Send)),
        Answer::TooMany { retry_secs } => Err(Problem::too_many(retry_secs)),
        Answer::KeyReused => Err(Problem::key_reused()),
    }
}

/// Whether the body says that it is JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|said| said.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// The `Idempotency-Key`.
/// <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>
fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(key), None) = (all.next(), all.next()) else { return Err(Problem::no_key()) };
    let key = key.to_str().map(str::trim).map_err(|_| Problem::no_key())?;
    let is_seen = key.bytes().all(|byte| byte.is_ascii_graphic());
    if is_seen && KEY_LENGTH.contains(&key.len()) { Ok(key.to_owned()) } else { Err(Problem::no_key()) }
}

/// `GET /api/v1/interactions/{id}`: what became of a text, for the token that had it sent.
async fn show(
    Program(token): Program,
    State(edge): State<Arc<Edge>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, Problem> {
    if !token.may(Scope::Read) {
        return Err(Problem::no_scope(Scope::Read));
    }
    let Path(id) = id.map_err(|_| Problem::no_interaction())?;
    // What no id is made of is not looked up.
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(Problem::no_interaction());
    }
    let found = look(&edge, &token, &InteractionId::new(id.to_lowercase())).await;
    let (interaction, reply) =
        found.map_err(|error| Problem::not_read(&error))?.ok_or_else(Problem::no_interaction)?;
    let (code, why) = match reply.delivery() {
        Delivery::Failed { code, why } => (code.map(|code| code.to_string()), why),
        Delivery::NotSent { why: Some(why) } => {
            (Some(problem::word(why)), Some(problem::not_sent(why).to_owned()))
        }
        Delivery::Held | Delivery::NotSent { why: None } => (None, Some(problem::NOT_SENT.to_owned())),
        Delivery::Queued
        | Delivery::Sent
        | Delivery::Delivered
        | Delivery::Unknown
        | Delivery::Unconfirmed => (None, None),
    };
    Ok(Json(json!({
        "interaction": interaction.id,
        "state": interaction.state(),
        "queue": interaction.queue,
        "from": interaction.our_number.shown(),
        "created_at": interaction.created_at,
        "delivery": { "state": reply.delivery().word(), "code": code, "why": why },
    })))
}

/// A conversation that a token began, with its message; nothing where its content is kept no longer.
async fn look(edge: &Edge, token: &Token, id: &InteractionId) -> Stored<Option<(Interaction, Reply)>> {
    let mut conn = edge.store.connection().await?;
    if !programs::began(&mut conn, id, &token.id).await? {
        return Ok(None);
    }
    let interaction = interactions::by_id(&mut conn, id).await?;
    let reply = replies::newest(&mut conn, id, 1).await?.pop();
    Ok(interaction.filter(|interaction| interaction.emptied_at.is_none()).zip(reply))
}
