//! Every HTTP door: the homeserver's, the SMS provider's, that for files we send, the operators', and what a
//! provider inside the program serves, and that of programs (`api`).
//!
//! A door proves who knocks, turns what they bring into an [`Input`](crate::domain::input::Input), and
//! answers 200 when it is durable. It keeps nothing itself. What it will not take it refuses as a `Refusal`,
//! one JSON form for all doors but that of programs, which have one of their own.
//!
//! Bounds: connections have theirs (`house`), a body has its door's length and all bodies together their
//! places (`whole`), a request has its door's time; how many inputs wait is bounded by the desk's queue,
//! which answers 503 when it is full. A panic costs its own request only. Spans and metrics name the route as
//! it is written here and never what stood in the path, the query, a header or a body, and the log tells of
//! refusals once a minute.
//!
//! A new door is a file here with its `routes()`, and a line in [`router`].

mod api;
mod appservice;
mod edge;
mod house;
mod media;
mod observe;
mod ops;
mod refusal;
mod webhooks;
mod whole;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware;
use tower_http::catch_panic::CatchPanicLayer;

use self::observe::Refusals;
use self::refusal::Refusal;

pub use self::edge::{Edge, Health};
pub use self::house::{Bounds, serve};
pub use self::observe::{MetricsError, install_metrics};

/// Where nothing much is expected.
const OTHER_BYTES: usize = 16 * 1024;

/// The homeserver gives up after 60 s.
const TRANSACTION_TIME: Duration = Duration::from_secs(55);
/// A provider that has to wait longer for a file to begin gives the message up.
const MEDIA_TIME: Duration = Duration::from_secs(15);
/// Who asks how we are wants to know soon.
const OPS_TIME: Duration = Duration::from_secs(5);

/// All doors as one service. Call it inside the runtime.
pub fn router(mut edge: Edge) -> Router {
    let built_in = edge.built_in.take();
    let refusals = Refusals::begin(&edge.clock);
    let edge = Arc::new(edge);
    let doors = Router::new()
        .merge(within(TRANSACTION_TIME, appservice::routes()))
        .merge(within(edge.webhooks.patience(), webhooks::routes(&*edge.webhooks)))
        .merge(within(MEDIA_TIME, media::routes()))
        .merge(within(OPS_TIME, ops::routes()))
        .nest(api::PATH, api::routes())
        .with_state(edge);
    // A provider inside the program keeps its own time: its page stays connected, and it may play one that
    // never answers.
    doors
        .merge(built_in.unwrap_or_default())
        .fallback(async || Refusal::NoSuchPath)
        .method_not_allowed_fallback(async || Refusal::NoSuchMethod)
        .layer(DefaultBodyLimit::max(OTHER_BYTES))
        .layer(CatchPanicLayer::custom(refusal::of_panic))
        .layer(middleware::from_fn_with_state(refusals, observe::observe))
}

/// Bounds the time of a door's requests.
fn within<S: Clone + Send + Sync + 'static>(limit: Duration, routes: Router<S>) -> Router<S> {
    routes.layer(middleware::from_fn(move |request: Request, next: middleware::Next| async move {
        // What the desk already has is applied all the same; the sender repeats it and it is known then.
        tokio::time::timeout(limit, next.run(request)).await.map_err(|_| Refusal::TooSlow)
    }))
}
