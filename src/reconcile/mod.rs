//! Fetching what was never delivered: the provider's list of messages and what became of ours, the rooms' own history,
//! and the marker that says when everything that happened while we were away has been seen.

pub mod backlog;
mod control;
pub mod homeserver;
mod presence;
pub mod provider;
pub mod reports;

use std::future::Future;
use std::time::Duration;

use crate::matrix::MatrixError;
use crate::outbox::Ports;

/// How often both sides are looked through while all is well.
const EVERY: Duration = Duration::from_mins(15);
/// When the provider's list is read again after a start: then everything from before it is old enough not to come by
/// itself any more.
const FIRST_AGAIN: Duration = provider::MAY_COME.saturating_add(Duration::from_secs(2));
/// How often the homeserver is pinged, to know whether it is there: sooner than one can be restarted.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// The pause after something failed. It doubles up to the longest.
const TRY_AGAIN: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How far back a look goes behind the one before, because what happened last may not have been listed yet.
const OVERLAP: Duration = Duration::from_mins(10);

/// Keeps both sides complete: at the start, after the homeserver was out of reach, and every now and then. Tells
/// `reachable` when the homeserver comes and goes. Never returns.
pub async fn keep_complete(ports: Ports, appservice_id: String, reachable: impl Fn(bool)) {
    tokio::join!(with_homeserver(&ports, &appservice_id, reachable), with_provider(&ports));
}

async fn with_homeserver(ports: &Ports, appservice_id: &str, reachable: impl Fn(bool)) {
    loop {
        let control = until_ok("the homeserver", || control::greet(ports, appservice_id)).await;
        reachable(true);
        tracing::info!("the homeserver is there");
        // What failed before the marker is sent is made good by what follows it.
        let _ = ports.backlog.had_gap();
        control::send_marker_round(ports, appservice_id, &control, &reachable).await;
        ports.backlog.marker_came();
        match until_gap(ports, appservice_id).await {
            Gap::NoAnswer(error) => {
                reachable(false);
                tracing::warn!(%error, "the homeserver does not answer");
            }
            Gap::Noted => {
                tracing::info!("something did not get through; the homeserver is asked for what it kept");
            }
        }
        ports.backlog.await_marker();
    }
}

/// Why the homeserver may hold, or have lost, what it was to deliver.
enum Gap {
    /// It does not answer a ping, or does not reach us.
    NoAnswer(MatrixError),
    /// A request of ours, or one of its deliveries, failed.
    Noted,
}

/// Keeps the rooms complete until there is a gap. They are looked through at once and then after pauses that grow, since
/// what the homeserver forgot while it delivered its backlog shows only afterwards.
async fn until_gap(ports: &Ports, appservice_id: &str) -> Gap {
    let (mut since_look, mut pause) = (Duration::ZERO, Duration::ZERO);
    loop {
        if since_look >= pause {
            if pause.is_zero() || pause == EVERY {
                presence::look(ports).await;
            }
            let longest = match homeserver::look(ports).await {
                Ok(found) => {
                    tracing::debug!(found, "the rooms were looked through");
                    EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "the rooms were not looked through");
                    LONGEST_PAUSE
                }
            };
            (since_look, pause) = (Duration::ZERO, (pause * 2).clamp(TRY_AGAIN, longest));
        }
        if let Err(error) = control::ping(ports, appservice_id).await {
            return Gap::NoAnswer(error);
        }
        if ports.backlog.had_gap() {
            return Gap::Noted;
        }
        tokio::time::sleep(ASK_EVERY).await;
        since_look += ASK_EVERY;
    }
}

async fn with_provider(ports: &Ports) {
    let mut pause = FIRST_AGAIN;
    loop {
        let found = until_ok("the provider's list", || provider::look(ports)).await;
        tracing::debug!(found, "the provider's list was read");
        ports.backlog.list_was_read();
        let news = until_ok("what became of our messages", || reports::look(ports)).await;
        tracing::debug!(news, "the provider told what became of our messages");
        tokio::time::sleep(pause).await;
        pause = EVERY;
    }
}

/// Tries something until it succeeds.
async fn until_ok<T, E, F>(what: &str, mut attempt: impl FnMut() -> F) -> T
where
    E: std::fmt::Display,
    F: Future<Output = Result<T, E>>,
{
    let mut pause = TRY_AGAIN;
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => tracing::warn!(what, %error, "cannot be read yet"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
