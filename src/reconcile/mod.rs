//! Fetching what was never delivered: the provider's list of messages and what became of ours, the rooms' own
//! history, and the marker that says when everything that happened while we were away has been seen.

pub mod channels;
mod control;
pub(crate) mod homeserver;
mod pace;
mod presence;
mod progress;
pub(crate) mod provider;
mod reports;
mod rhythm;
#[cfg(test)]
mod tests;
mod told;

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use self::homeserver::{Looked, Which};
use self::pace::{ASK_EVERY, EVERY, LONGEST_PAUSE, TRY_AGAIN};
use self::progress::Progress;
use self::rhythm::Rhythm;
use self::told::Teller;
use crate::matrix::MatrixError;
use crate::outbox::Ports;
use crate::reach::Watch;
use crate::store::Result as StoreResult;

/// When the provider's list is read again after a start: then everything from before it is old enough not to
/// come by itself any more.
const FIRST_AGAIN: Duration = provider::MAY_COME.saturating_add(Duration::from_secs(2));

/// After this long without a gap the next one is looked after at once.
const CALM: Duration = Duration::from_mins(1);

/// Keeps both sides complete: at the start, after the homeserver was out of reach, and every now and then.
/// Tells `reachable` when the homeserver comes and goes. Never returns.
pub async fn keep_complete(ports: Ports, appservice_id: String, reachable: impl Fn(bool)) {
    tokio::join!(with_homeserver(&ports, &appservice_id, reachable), with_provider(&ports));
}

async fn with_homeserver(ports: &Ports, appservice_id: &str, reachable: impl Fn(bool)) {
    let (reach, mut spacing, mut is_start) = (ports.matrix.reach(), Spacing::default(), true);
    loop {
        let mut tries = 0;
        let greet = || {
            tries += 1;
            control::greet(ports, appservice_id, tries)
        };
        let control = until_ok("the homeserver", reach, greet).await;
        reachable(true);
        tracing::info!("the homeserver is there");
        // What failed before the marker is sent is made good by what follows it.
        let gaps = reach.gaps();
        let marker = control::send_marker_round(ports, appservice_id, &control, &reachable).await;
        ports.backlog.marker_came();
        let had_kept_nothing = std::mem::take(&mut is_start) && ports.backlog.kept().is_nothing();
        match until_gap(ports, appservice_id, gaps, (Teller::new(marker), had_kept_nothing)).await {
            Gap::NoAnswer(error) => {
                reachable(false);
                tracing::warn!(%error, "the homeserver does not answer");
            }
            Gap::Noted => {
                tracing::info!("something did not get through; the homeserver is asked for what it kept");
                spacing.wait().await;
            }
        }
        ports.backlog.await_marker();
    }
}

/// Why the homeserver may hold, or have lost, what it was to deliver.
enum Gap {
    /// It does not answer a ping, or does not reach us.
    NoAnswer(MatrixError),
    /// A request of ours, or one of its deliveries, failed or was late.
    Noted,
}

/// Keeps the rooms complete until there is another gap than those known. Where the homeserver had kept
/// nothing for us, and the rooms hold nothing unheard, what it brings comes in its order.
async fn until_gap(
    ports: &Ports,
    appservice_id: &str,
    mut gaps: u64,
    (mut teller, mut had_kept_nothing): (Teller, bool),
) -> Gap {
    let (reach, mut rhythm, mut brought) = (ports.matrix.reach(), Rhythm::new(Instant::now()), None);
    loop {
        if let Some(which) = rhythm.look(Instant::now()) {
            if rhythm.asks_presence(Instant::now()) {
                presence::look(ports).await;
            }
            let looked = tokio::select! {
                looked = look_at_rooms(ports, &mut teller, which) => looked,
                // Everybody waits for it; the rooms are looked through again when it is back.
                () = marker_is_awaited(ports) => return Gap::Noted,
            };
            // A room that cannot be read is no reason to ask for everything again.
            gaps += looked.map_or(0, |looked| looked.gaps);
            let is_in_order = looked.is_some_and(|looked| looked.found == 0 && looked.behind == 0);
            if std::mem::take(&mut had_kept_nothing) && is_in_order {
                ports.backlog.end_doubt();
            }
            rhythm.looked(which, looked, Instant::now());
        }
        if rhythm.pings(Instant::now()) {
            // One that has just brought something is there.
            let brought_before = brought.replace(reach.brought());
            if brought_before == brought
                && let Err(error) = control::ping(ports, appservice_id).await
            {
                return Gap::NoAnswer(error);
            }
        }
        tokio::select! {
            biased;
            () = reach.gap_after(gaps) => return Gap::Noted,
            () = tokio::time::sleep_until(rhythm.next()) => {}
        }
    }
}

/// Returns when the marker has to come back: an outage has ended.
async fn marker_is_awaited(ports: &Ports) {
    while !ports.backlog.awaits_marker() {
        tokio::time::sleep(ASK_EVERY).await;
    }
}

async fn look_at_rooms(ports: &Ports, teller: &mut Teller, which: Which) -> Option<Looked> {
    match homeserver::look(ports, teller, which).await {
        Ok(looked) => {
            tracing::debug!(?which, ?looked, "the rooms were looked through");
            Some(looked)
        }
        Err(error) => {
            tracing::warn!(?which, %error, "the rooms were not looked through");
            None
        }
    }
}

/// Keeps the provider's list read: at the start, after a gap however it was noticed, and now and then. What
/// was too young to be looked at is looked at again when it is old enough.
async fn with_provider(ports: &Ports) {
    let (reach, mut spacing) = (ports.sms.reach(), Spacing::default());
    let (mut pause, mut retry) = (FIRST_AGAIN, TRY_AGAIN);
    loop {
        // A gap before this moment is made good by what follows it.
        let gaps = reach.gaps();
        let (texts, reports) = look_at_provider(ports).await;
        if texts.is_enough() {
            ports.backlog.list_was_read();
        }
        if texts.failed + reports.failed > 0 {
            let is_down = texts.at_end == 0;
            tokio::select! {
                () = tokio::time::sleep(retry) => {}
                () = reach.recovered(), if is_down => {}
            }
            retry = (retry * 2).min(LONGEST_PAUSE);
            continue;
        }
        retry = TRY_AGAIN;
        if texts.unfinished + reports.unfinished > 0 {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = EVERY,
            () = reach.gap_after(gaps) => {
                tracing::info!("something did not get through; the provider's list is read");
                spacing.wait().await;
                pause = FIRST_AGAIN;
            }
        }
    }
}

async fn look_at_provider(ports: &Ports) -> (Progress, Progress) {
    let or_failed = |looked: StoreResult<Progress>| {
        looked.unwrap_or_else(|error| {
            tracing::warn!(%error, "the provider's list cannot be read yet");
            Progress { failed: 1, ..Progress::default() }
        })
    };
    let texts = or_failed(provider::look(ports).await);
    let reports = or_failed(reports::look(ports).await);
    tracing::debug!(?texts, ?reports, "the provider's list was looked at");
    (texts, reports)
}

/// How far apart looks for the sake of gaps are: one gap is looked after at once, many after pauses that
/// grow.
#[derive(Debug, Default)]
struct Spacing {
    last: Option<Instant>,
    pause: Duration,
}

impl Spacing {
    async fn wait(&mut self) {
        let is_calm = self.last.is_none_or(|last| last.elapsed() > CALM);
        self.pause = if is_calm { Duration::ZERO } else { (self.pause * 2).clamp(TRY_AGAIN, LONGEST_PAUSE) };
        tokio::time::sleep(self.pause).await;
        self.last = Some(Instant::now());
    }
}

/// Tries something until it succeeds: after pauses that grow, and at once when the other side is known to be
/// well again.
async fn until_ok<T, E, F>(what: &str, reach: &Watch, mut attempt: impl FnMut() -> F) -> T
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
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = reach.recovered() => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
