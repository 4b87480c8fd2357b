//! Fetching what was never delivered: the provider's list of messages and what became of ours, the rooms' own history,
//! and the marker that says when everything that happened while we were away has been seen.

pub mod backlog;
mod control;
pub mod homeserver;
pub mod provider;
pub mod reports;

use std::future::Future;
use std::time::Duration;

use crate::outbox::Ports;

/// How often both sides are looked through while all is well.
const EVERY: Duration = Duration::from_mins(15);
/// When the provider's list is read again after a start: then everything from before it is old enough not to come by
/// itself any more.
const FIRST_AGAIN: Duration = provider::MAY_COME.saturating_add(Duration::from_secs(2));
/// How often the homeserver is pinged, to know whether it is there: sooner than one can be restarted.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// The pause after something failed.
const TRY_AGAIN: Duration = Duration::from_secs(2);
/// How far back a look goes behind the one before, because what happened last may not have been listed yet.
const OVERLAP: Duration = Duration::from_mins(10);

/// Keeps both sides complete: at the start, after the homeserver was out of reach, and every now and then. Tells
/// `reachable` when the homeserver comes and goes. Never returns.
pub async fn keep_complete(ports: Ports, appservice_id: String, reachable: impl Fn(bool)) {
    tokio::join!(with_homeserver(&ports, &appservice_id, reachable), with_provider(&ports));
}

async fn with_homeserver(ports: &Ports, appservice_id: &str, reachable: impl Fn(bool)) {
    loop {
        until_ok("the homeserver", || control::greet(ports, appservice_id)).await;
        reachable(true);
        tracing::info!("the homeserver is there");
        tokio::select! {
            () = ports.backlog.wait_for_marker() => {}
            () = keep_pinging(ports, appservice_id) => {}
        }
        until_ok("the rooms", || homeserver::look(ports)).await;
        let mut since_look = Duration::ZERO;
        while control::ping(ports, appservice_id).await.is_ok() && !ports.backlog.had_gap() {
            tokio::time::sleep(ASK_EVERY).await;
            since_look += ASK_EVERY;
            if since_look >= EVERY {
                since_look = Duration::ZERO;
                until_ok("the rooms", || homeserver::look(ports)).await;
            }
        }
        reachable(false);
        tracing::warn!("the homeserver does not answer");
    }
}

/// Pings again and again. A ping makes the homeserver deliver at once what it kept, but not while a delivery is just
/// failing, after which it may wait for minutes.
async fn keep_pinging(ports: &Ports, appservice_id: &str) {
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        if let Err(error) = control::ping(ports, appservice_id).await {
            tracing::debug!(%error, "the homeserver was not pinged");
        }
    }
}

async fn with_provider(ports: &Ports) {
    let mut pause = FIRST_AGAIN;
    loop {
        until_ok("the provider's list", || provider::look(ports)).await;
        ports.backlog.list_was_read();
        until_ok("what became of our messages", || reports::look(ports)).await;
        tokio::time::sleep(pause).await;
        pause = EVERY;
    }
}

/// Tries something until it succeeds.
async fn until_ok<T, E, F>(what: &str, mut attempt: impl FnMut() -> F)
where
    E: std::fmt::Display,
    F: Future<Output = Result<T, E>>,
{
    let mut pause = TRY_AGAIN;
    while let Err(error) = attempt().await {
        tracing::warn!(what, %error, "cannot be read yet");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(30));
    }
}
