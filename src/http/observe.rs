//! What is told of requests: a span each and a few measurements, under names that were written by us.
//! Whatever a request brings (path, query, header, body, an invented method) is neither logged nor made a
//! label.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Instrument as _;

use super::refusal::Reason;
use crate::clock::{self, Clock};
use crate::desk::SET_ASIDE;
use crate::matrix::client::REQUESTS;
use crate::quiet::{self, Tally};
use crate::reconcile::channels::WORKS;
use crate::reconcile::provider::{UNREADABLE, WAITING};
use crate::steady::{self, PANICS};

/// Inputs that became durable, by `door`: `homeserver`, `presence`, `inbound`, `status`,
/// `program`.
pub(super) const INPUTS: &str = "switchroom_inputs_total";
/// Events of the homeserver that could not be read.
pub(super) const SKIPPED: &str = "switchroom_events_skipped_total";
/// Requests that were refused, by `method`, `route` and `reason`.
pub(super) const REFUSED: &str = "switchroom_refused_total";
/// Connections that are open.
pub(super) const CONNECTIONS: &str = "switchroom_connections";
/// Connections that we closed, or did not take, by `why`: `late`, `full`, `not let in`.
pub(super) const CLOSED: &str = "switchroom_connections_closed_total";
/// How long requests took until their answer began, by `method`, `route`, `status`.
pub(super) const DURATION: &str = "switchroom_http_request_duration_seconds";

/// Upper bounds in seconds: from a commit on a fast disk to a provider's patience.
const BUCKETS: [f64; 7] = [0.002, 0.01, 0.05, 0.25, 1.0, 5.0, 15.0];
/// How often measurements are put into their buckets; between, each one takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why nothing is measured.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// There is a recorder already, or its settings make no sense.
    #[error("the metrics recorder could not be installed")]
    Install(#[source] BuildError),
}

/// Installs the recorder of the whole program, once, and returns what `/metrics` shows. Call it inside the
/// runtime: a task tidies up after it.
///
/// # Errors
/// When a recorder is installed already; that one stays.
pub fn install_metrics() -> Result<PrometheusHandle, MetricsError> {
    let handle = builder().and_then(PrometheusBuilder::install_recorder).map_err(MetricsError::Install)?;
    describe();
    let tidied = handle.clone();
    tokio::spawn(steady::keep_going("tidying up the metrics", move || {
        let tidied = tidied.clone();
        async move {
            let mut tick = tokio::time::interval(UPKEEP);
            loop {
                tick.tick().await;
                tidied.run_upkeep();
            }
        }
    }));
    Ok(handle)
}

/// The recorder's settings.
pub(super) fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS)
}

fn describe() {
    metrics::describe_counter!(INPUTS, "Inputs that became durable, by the door they came through.");
    metrics::describe_counter!(SKIPPED, "Events of the homeserver that could not be read.");
    metrics::describe_counter!(REFUSED, "Requests that were refused, by door and reason.");
    metrics::describe_gauge!(CONNECTIONS, "Connections that are open.");
    metrics::describe_counter!(CLOSED, "Connections that were closed for want of time or room.");
    metrics::describe_counter!(REQUESTS, "Requests to the homeserver, by the endpoint's name.");
    metrics::describe_counter!(PANICS, "Panics of what must never end; it went on.");
    metrics::describe_counter!(SET_ASIDE, "What was set aside for a person, so that the rest goes on.");
    metrics::describe_counter!(UNREADABLE, "Entries of the provider's list that make no sense.");
    metrics::describe_gauge!(WAITING, "Texts found in the provider's list that wait to be applied.");
    metrics::describe_gauge!(WORKS, "Whether a channel works: 1, or 0 where it does not.");
    metrics::describe_histogram!(DURATION, metrics::Unit::Seconds, "Time until a request's answer began.");
}

/// Tells of refusals in few lines: of each door and reason at once, and then once a minute with the count.
#[derive(Clone)]
pub(super) struct Refusals(Arc<Tally<Refused>>);

/// What is told together: method, route, reason.
type Refused = (&'static str, String, &'static str);

impl Refusals {
    /// Begins to tell; call it inside the runtime.
    pub(super) fn begin(clock: &Clock) -> Self {
        let tally = Arc::new(Tally::new(clock.clone()));
        let weak = Arc::downgrade(&tally);
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(quiet::EVERY);
            loop {
                tick.tick().await;
                let Some(tally) = weak.upgrade() else { return };
                tally.rest().into_iter().for_each(tell);
            }
        });
        Self(tally)
    }

    fn note(&self, method: &'static str, route: &str, reason: Reason) {
        let labels = [("method", method), ("route", route), ("reason", reason.name)];
        metrics::counter!(REFUSED, &labels.map(|(name, value)| (name, value.to_owned()))).increment(1);
        let refused = (method, route.to_owned(), reason.name);
        if reason.is_told
            && let Some(times) = self.0.note(refused.clone())
        {
            tell((refused, times));
        }
    }
}

fn tell(((method, route, why), times): (Refused, u64)) {
    tracing::warn!(method, route, why, times, "requests were refused");
}

/// Gives each request a span and measures it. Stands outside everything else, so that refusals, time-outs and
/// panics are seen too.
pub(super) async fn observe(State(refusals): State<Refusals>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let method = name(request.method());
    let status = tracing::field::Empty;
    let span = tracing::info_span!("http", id = clock::random_typable(8), method, route, status);
    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let elapsed = begun.elapsed();
    let status = response.status().as_u16();
    span.record("status", status);
    span.in_scope(|| tracing::debug!(elapsed_ms = elapsed.as_secs_f64() * 1000.0, "answered"));
    if let Some(reason) = response.extensions().get::<Reason>() {
        refusals.note(method, route, *reason);
    }
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
    metrics::histogram!(DURATION, &labels).record(elapsed.as_secs_f64());
    response
}

/// A method's name; anybody can make up new ones, without end.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
