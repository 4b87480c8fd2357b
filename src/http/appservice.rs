//! The homeserver's door. <https://spec.matrix.org/latest/application-service-api/>

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderMap, header, request::Parts};
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use ruma::OwnedUserId;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::edge::{Edge, LONG_TRANSACTIONS, TRANSACTION_BYTES};
use super::house::Visit;
use super::observe;
use super::refusal::Refusal;
use super::whole::{Takes, Whole};
use crate::clock::Millis;
use crate::domain::agent::Online;
use crate::domain::input::{Input, RoomAct, RoomEvent};
use crate::domain::talk::ImPresence;
use crate::matrix::events::parse_transaction;

/// Events that share a commit: as many as a homeserver sends at once.
const CHUNK: usize = 100;

pub(super) fn routes() -> Router<Arc<Edge>> {
    let transactions =
        put(transaction).layer(Extension(Takes::of_known(TRANSACTION_BYTES, LONG_TRANSACTIONS)));
    Router::new()
        .route("/_matrix/app/v1/transactions/{id}", transactions)
        .route("/_matrix/app/v1/users/{id}", get(nobody))
        .route("/_matrix/app/v1/rooms/{alias}", get(nobody))
        .route("/_matrix/app/v1/ping", post(ping))
}

/// Proof that the homeserver knocks: looked at before anything is read of the body.
struct Homeserver;

impl FromRequestParts<Arc<Edge>> for Homeserver {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token") {
            return Err(Refusal::TokenInQuery);
        }
        let token = bearer(&parts.headers).ok_or(Refusal::NoToken)?;
        if token.ct_eq(edge.hs_token.expose_secret().as_bytes()).into() {
            Visit::of(parts).has_proved_itself();
            Ok(Self)
        } else {
            Err(Refusal::WrongToken)
        }
    }
}

/// The token of the `Authorization` header; `None` for a blank one, which must not match a blank one of ours.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.as_bytes().split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

/// `PUT /_matrix/app/v1/transactions/{id}`. Its events are durable when it answers 200. The id says nothing:
/// homeservers use one again for other events after a restart, so each event is known by its own id.
/// <https://spec.matrix.org/latest/application-service-api/#put_matrixappv1transactionstxnid>
async fn transaction(
    _: Homeserver,
    State(edge): State<Arc<Edge>>,
    body: Whole,
) -> Result<Json<Value>, Refusal> {
    let parsed = parse_transaction(&body.bytes, |user| (edge.is_ours)(user))?;
    if parsed.skipped > 0 {
        tracing::warn!(skipped = parsed.skipped, "events of the homeserver could not be read");
        metrics::counter!(observe::SKIPPED).increment(u64::try_from(parsed.skipped).unwrap_or(u64::MAX));
    }
    edge.kept.brought(parsed.oldest, parsed.events.iter().filter_map(marker));
    let begun = edge.homeserver.begin();
    let mut events = parsed.events.into_iter().map(Input::Room).peekable();
    while events.peek().is_some() {
        let chunk = events.by_ref().take(CHUNK).collect();
        edge.apply("homeserver", chunk).await?;
    }
    begun.ended_well();
    show(&edge, parsed.presences).await;
    Ok(Json(json!({})))
}

/// The nonce of a marker, and when that happened by the homeserver's clock.
fn marker(event: &RoomEvent) -> Option<(&str, Millis)> {
    match &event.what {
        RoomAct::Marker { nonce } => Some((nonce, event.at)),
        _ => None,
    }
}

/// Keeps who is online, where the desk asks for that. It is worth no failure: what is lost is asked for
/// later.
async fn show(edge: &Edge, presences: Vec<(OwnedUserId, Online)>) {
    let is_asked_for = edge.desk.settings().borrow().desk.im_presence == ImPresence::Matrix;
    if presences.is_empty() || !is_asked_for {
        return;
    }
    if let Err(error) = edge.apply("presence", vec![Input::Presences { shown: presences }]).await {
        tracing::debug!(%error, "who is online was not kept");
    }
}

/// `GET /_matrix/app/v1/users/{id}` and `…/rooms/{alias}`: whether the bridge makes one now. It makes its
/// ghosts and rooms before anybody can ask for them.
/// <https://spec.matrix.org/latest/application-service-api/#querying>
async fn nobody(_: Homeserver) -> Refusal {
    Refusal::NotFound
}

/// `POST /_matrix/app/v1/ping`.
/// <https://spec.matrix.org/latest/application-service-api/#post_matrixappv1ping>
async fn ping(_: Homeserver, _: Whole) -> Json<Value> {
    Json(json!({}))
}
