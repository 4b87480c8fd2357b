//! Every HTTP door: the homeserver's, the SMS provider's, the operators', and the simulator's page.
//!
//! A door proves who knocks, turns what they bring into an [`Input`], and answers 200 when it is durable. It keeps nothing
//! itself. What it will not take it refuses as a `Refusal`, one JSON form for all doors.
//!
//! Bounds: connections have theirs (`house`), a body has its door's length and all bodies together their places
//! (`whole`), a request has its door's time; how many inputs wait is bounded by the desk's queue, which answers 503 when it is
//! full. A panic costs its own request only. Spans and metrics name the route as it is written here and never what
//! stood in the path, the query, a header or a body, and the log tells of refusals once a minute.
//!
//! A new door is a file here with its `routes()`, and a line in [`router`].

mod appservice;
mod house;
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
use metrics_exporter_prometheus::PrometheusHandle;
use ruma::UserId;
use secrecy::SecretString;
use tower_http::catch_panic::CatchPanicLayer;
use url::Url;

use self::observe::Refusals;
use self::refusal::Refusal;
use self::whole::{Takes, Whole};
use crate::clock::Clock;
use crate::desk::{Applied, ApplyError, Desk};
use crate::domain::input::Input;
use crate::reach::Watch;
use crate::sms::callback::PartKey;
use crate::store::Store;

pub use self::house::{Bounds, serve};
pub use self::observe::{MetricsError, install_metrics};
pub use self::ops::Health;

/// A transaction has at most 100 events of 64 KiB each, and ephemeral data beside them.
const TRANSACTION_BYTES: usize = 16 * 1024 * 1024;
/// A text of 1,600 characters, escaped, with the addresses of its media is far below this.
const WEBHOOK_BYTES: usize = 256 * 1024;
/// Transactions and webhooks that are longer than ordinary, each at once. A homeserver has one transaction under way.
const LONG_TRANSACTIONS: usize = 2;
const LONG_WEBHOOKS: usize = 16;
/// Where nothing much is expected.
const OTHER_BYTES: usize = 16 * 1024;

/// The homeserver gives up after 60 s.
const TRANSACTION_TIME: Duration = Duration::from_secs(55);
/// The provider gives up after 15 s.
const WEBHOOK_TIME: Duration = Duration::from_secs(12);
/// Who asks how we are wants to know soon.
const OPS_TIME: Duration = Duration::from_secs(5);

/// What the doors need.
pub struct Edge {
    /// Where everything goes.
    pub desk: Desk,
    /// The time.
    pub clock: Clock,
    /// The database, asked only whether it answers.
    pub store: Store,
    /// The token by which the homeserver proves itself.
    pub hs_token: SecretString,
    /// Whether a user is the bot or a ghost.
    pub is_ours: Arc<dyn Fn(&UserId) -> bool + Send + Sync>,
    /// Where it is noted that a transaction of the homeserver could not be kept: it waits then, and may forget another one
    /// over it.
    pub homeserver: Watch,
    /// Where it is noted that something of the provider could not be kept: it may not bring it again.
    pub provider: Watch,
    /// The SMS provider's side.
    pub sms: SmsDoor,
    /// The simulator's pages and API, where it is the provider.
    pub simulator: Option<Router>,
    /// What others find out about our readiness.
    pub health: Health,
    /// What was measured.
    pub metrics: PrometheusHandle,
}

/// What the SMS provider's webhooks are checked against.
#[derive(Clone, Debug)]
pub struct SmsDoor {
    /// The provider's name in our addresses: `twilio` or `simulator`.
    pub provider: &'static str,
    /// How the provider reaches us. What it signs is checked against this, never against what a request says of itself.
    pub public_url: Url,
    /// The account whose messages these are.
    pub account_sid: String,
    /// The tokens that may have signed: two while one is being replaced.
    pub tokens: Vec<SecretString>,
    /// The key of our own ids in callback addresses.
    pub part_key: PartKey,
}

/// All doors as one service. Call it inside the runtime.
pub fn router(mut edge: Edge) -> Router {
    let simulator = edge.simulator.take();
    let refusals = Refusals::begin(&edge.clock);
    let edge = Arc::new(edge);
    let doors = Router::new()
        .merge(within(TRANSACTION_TIME, appservice::routes()))
        .merge(within(WEBHOOK_TIME, webhooks::routes(edge.sms.provider)))
        .merge(within(OPS_TIME, ops::routes()))
        .with_state(edge);
    // The simulator keeps its own time: its page stays connected, and it plays a provider that never answers.
    doors
        .merge(simulator.unwrap_or_default())
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

impl Edge {
    /// Applies inputs in one commit and counts them under the door they came through.
    async fn apply(&self, door: &'static str, inputs: Vec<Input>) -> Result<Vec<Applied>, ApplyError> {
        let applied = self.desk.apply_all(inputs).await?;
        metrics::counter!(observe::INPUTS, "door" => door)
            .increment(u64::try_from(applied.len()).unwrap_or(u64::MAX));
        Ok(applied)
    }
}
