//! The SMS provider's door: what contacts write, and what became of what we sent. What a request means, and
//! whether it is the provider's, is the provider's own affair; here it gets a bounded body, and its answer
//! once what it brings is durable.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};

use super::edge::{Edge, LONG_WEBHOOKS, WEBHOOK_BYTES};
use super::house::Visit;
use super::refusal::Refusal;
use super::whole::{Takes, Whole};
use crate::sms::webhook::{Door, Refused, Taken, Webhook, Webhooks};

/// The doors of the one provider that is configured; there are none for others.
pub(super) fn routes(webhooks: &dyn Webhooks) -> Router<Arc<Edge>> {
    let doors = Door::ALL.into_iter().fold(Router::new(), |router, door| {
        let path = format!("/sms/{}/{}", webhooks.provider(), door.name());
        router.route(&path, post(move |edge, signed, visit, body| take(door, edge, signed, visit, body)))
    });
    doors.layer(Extension(Takes::of_strangers(WEBHOOK_BYTES, LONG_WEBHOOKS)))
}

/// The head of a request that says by whom it is signed, looked at before anything is read of the body.
struct Signed {
    query: Option<String>,
    headers: HeaderMap,
}

impl FromRequestParts<Arc<Edge>> for Signed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Refusal> {
        if !edge.webhooks.is_signed(&parts.headers) {
            return Err(Refused::Signature.into());
        }
        Ok(Self { query: parts.uri.query().map(str::to_owned), headers: parts.headers.clone() })
    }
}

/// `POST /sms/{provider}/{door}`: what it brings is durable when this answers 200; a repetition changes
/// nothing.
async fn take(
    door: Door,
    State(edge): State<Arc<Edge>>,
    Signed { query, headers }: Signed,
    visit: Visit,
    body: Whole,
) -> Result<Response, Refusal> {
    let now = edge.clock.now();
    let webhook = Webhook { door, query: query.as_deref(), headers: &headers, body: &body.bytes, now };
    let read = edge.webhooks.read(&webhook);
    if read.as_ref().map_or_else(Refused::is_from_provider, |_| true) {
        visit.has_proved_itself();
    }
    let Taken { inputs, content_type, answer } = read?;
    if !inputs.is_empty() {
        // What cannot be kept the provider may not bring again, so that its list has to be read.
        let begun = edge.provider.begin();
        edge.apply(door.name(), inputs).await?;
        begun.ended_well();
    }
    Ok(([(header::CONTENT_TYPE, content_type)], answer).into_response())
}
