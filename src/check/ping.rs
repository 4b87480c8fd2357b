//! The way from the homeserver to us: it is asked to call, and we see who is called.
//! <https://spec.matrix.org/latest/application-service-api/#pinging>

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Json, State};
use axum::routing::post;
use axum::{Router, response};
use http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::homeserver::unexpected;
use super::{Bridge, Finding};
use crate::clock;
use crate::matrix::MatrixError;

/// How the mend of a wrong address ends.
const RENEW: &str = "after a change run `switchroom registration --force` and restart the homeserver";

/// The homeserver reaches us where the config says.
pub(super) async fn way_back(bridge: &Bridge) -> Finding {
    let appservice = &bridge.config.appservice;
    let (client, Some(tokens)) = (bridge.client(), &bridge.tokens) else {
        return Finding::failed("there are no tokens", "run `switchroom registration`");
    };
    let client = match client {
        Ok(client) => client,
        Err(failed) => return failed,
    };
    let txn_id = clock::random_hex();
    let ear = match Ear::open(appservice.listen, tokens.hs_token.clone(), txn_id.clone()).await {
        Ok(ear) => Some(ear),
        // A running `serve` answers in our place.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => None,
        Err(error) => {
            let what = format!("cannot listen on {}: {error}", appservice.listen);
            return Finding::failed(
                what,
                "make appservice.listen an address of this machine and a free port",
            );
        }
    };
    let heard =
        |what: fn(&Heard) -> &AtomicBool| ear.as_ref().map(|ear| what(&ear.heard).load(Ordering::Relaxed));
    let url = appservice.url.as_str();
    match client.ping(&appservice.id, &txn_id).await {
        Ok(_) if heard(|heard| &heard.call) == Some(false) => elsewhere(url, ""),
        Ok(took) => Finding::ok(format!("the homeserver reaches {url} in {} ms", took.as_millis())),
        Err(_) if heard(|heard| &heard.wrong_token) == Some(true) => Finding::failed(
            "the homeserver calls with another hs_token than that of the registration",
            "restart the homeserver, so that it reads the registration again",
        ),
        Err(error) => explain(&error, url, &appservice.id),
    }
}

fn explain(error: &MatrixError, url: &str, id: &str) -> Finding {
    let MatrixError::Answer { status, errcode, message, .. } = error else { return unexpected(error) };
    match (status, errcode.as_str()) {
        (_, "M_URL_NOT_SET") => Finding::failed(
            "the registration that the homeserver has read names no url",
            "run `switchroom registration --force` and restart the homeserver",
        ),
        (_, "M_CONNECTION_FAILED") => Finding::failed(
            format!("the homeserver cannot connect to {url}"),
            format!(
                "appservice.url must be reachable from the homeserver; in a container, 127.0.0.1 is the container \
                 itself; {RENEW}"
            ),
        ),
        (_, "M_CONNECTION_TIMEOUT") => Finding::failed(
            format!("the homeserver gets no answer from {url} in time"),
            format!(
                "appservice.url must be reachable from the homeserver; see to firewalls between the two; {RENEW}"
            ),
        ),
        (_, "M_BAD_STATUS") => elsewhere(url, &format!(" ({message})")),
        (_, "M_FORBIDDEN") => Finding::failed(
            format!("for the homeserver our token belongs to another application service than {id}"),
            format!("correct appservice.id; {RENEW}"),
        ),
        (404, _) | (_, "M_UNRECOGNIZED") => Finding::failed(
            "the homeserver knows no pings of application services",
            "bring it up to date, at least to Matrix v1.7",
        ),
        _ => unexpected(error),
    }
}

fn elsewhere(url: &str, words: &str) -> Finding {
    Finding::failed(
        format!("the homeserver does not find switchroom at {url} but something else{words}"),
        format!("appservice.url must lead to appservice.listen, as seen from the homeserver; {RENEW}"),
    )
}

/// Listens for the homeserver's call until dropped.
struct Ear {
    heard: Arc<Heard>,
    _server: AbortOnDropHandle<()>,
}

/// What was heard.
struct Heard {
    hs_token: SecretString,
    txn_id: String,
    call: AtomicBool,
    wrong_token: AtomicBool,
}

/// The body of a ping.
#[derive(Deserialize)]
struct Call {
    transaction_id: Option<String>,
}

impl Ear {
    async fn open(listen: SocketAddr, hs_token: SecretString, txn_id: String) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let (call, wrong_token) = (AtomicBool::new(false), AtomicBool::new(false));
        let heard = Arc::new(Heard { hs_token, txn_id, call, wrong_token });
        let router = Router::new()
            .route("/_matrix/app/v1/ping", post(ping))
            // A ping makes the homeserver deliver what it holds for the bridge: it must keep that for
            // `serve`.
            .fallback(async || answer(StatusCode::SERVICE_UNAVAILABLE, "M_UNKNOWN"))
            .with_state(Arc::clone(&heard));
        let server = tokio::spawn(async move {
            // It ends by being dropped; until then a failed connection is the homeserver's to tell.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { heard, _server: AbortOnDropHandle::new(server) })
    }
}

async fn ping(State(heard): State<Arc<Heard>>, headers: HeaderMap, body: Json<Call>) -> Answer {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .unwrap_or_default();
    if !bool::from(token.as_bytes().ct_eq(heard.hs_token.expose_secret().as_bytes())) {
        heard.wrong_token.store(true, Ordering::Relaxed);
        return answer(StatusCode::FORBIDDEN, "M_FORBIDDEN");
    }
    if body.transaction_id.as_ref() == Some(&heard.txn_id) {
        heard.call.store(true, Ordering::Relaxed);
    }
    (StatusCode::OK, response::Json(json!({})))
}

type Answer = (StatusCode, response::Json<Value>);

fn answer(status: StatusCode, errcode: &str) -> Answer {
    (status, response::Json(json!({"errcode": errcode, "error": "switchroom is only being checked"})))
}
