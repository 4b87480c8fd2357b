//! Hands each timer that is due to the desk.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Ports;
use crate::clock::Millis;
use crate::domain::input::Input;
use crate::domain::timer::Due;
use crate::store::{Result, timers};

/// How often the timers are looked at while some have to wait.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often they are looked at while none is due: another replica may have set one.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(1);
/// Timers handed over in one look.
const AT_ONCE: i64 = 500;

/// Hands over timers as they fall due, until it is stopped. `set` says that one was set.
pub async fn run(ports: Ports, set: Arc<Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = fire(&ports).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot read the timers");
            // Whatever came meanwhile could not be stored either; the homeserver brings it later.
            ports.matrix.reach().note_gap();
            ports.backlog.await_marker();
            LOOK_EVERY
        });
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = set.notified() => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Hands over the timers that are due. Returns how long it may take until the next is.
pub(super) async fn fire(ports: &Ports) -> Result<Duration> {
    if ports.sms.reach().now().fails() {
        ports.backlog.await_texts();
    }
    // Timers that have to wait must not hold up the others.
    let mut waiting = 0;
    loop {
        let now = ports.clock.now();
        let due: Vec<(String, Due)> = {
            let mut conn = ports.store.connection().await?;
            timers::due_behind(&mut conn, now, waiting, AT_ONCE).await?
        };
        let is_all = due.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
        for (id, due) in due {
            if !may_fire(ports, &due) {
                waiting += 1;
            } else if let Err(error) = ports.desk.apply(Input::Due { id, due }).await {
                // It stays due, and is handed over again at the next look.
                tracing::warn!(%error, "a timer was not applied");
                waiting += 1;
            }
        }
        if is_all {
            return if waiting > 0 { Ok(LOOK_EVERY) } else { until_next(ports, now).await };
        }
    }
}

/// How long it may take from this moment until a timer is due.
async fn until_next(ports: &Ports, now: Millis) -> Result<Duration> {
    let next = timers::next_after(&mut *ports.store.connection().await?, now).await?;
    Ok(next.map_or(LOOK_AT_LEAST_EVERY, |next| next.since(now).min(LOOK_AT_LEAST_EVERY)))
}

fn may_fire(ports: &Ports, due: &Due) -> bool {
    (!due.waits_for_backlog() || ports.backlog.lets_time_run())
        && (!due.waits_for_texts() || ports.backlog.has_texts())
}
