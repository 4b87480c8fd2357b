//! The operators' door: does it live, is it ready, what was measured. Open to all, so it says nothing about
//! anybody.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::edge::Edge;

/// A database that takes longer than this does not answer.
const DATABASE_TIME: Duration = Duration::from_secs(2);

/// What `/readyz` says.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    database: bool,
    homeserver: bool,
}

pub(super) fn routes() -> Router<Arc<Edge>> {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// `GET /readyz`: 200 if everything it needs answers, else 503; which part does not is in the body.
async fn ready(State(edge): State<Arc<Edge>>) -> impl IntoResponse {
    let database = tokio::time::timeout(DATABASE_TIME, edge.store.now()).await.is_ok_and(|now| now.is_ok());
    let homeserver = edge.health.homeserver();
    let ready = database && homeserver;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, database, homeserver }))
}

/// `GET /metrics`: Prometheus' text format.
async fn metrics(State(edge): State<Arc<Edge>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], edge.metrics.render())
}
