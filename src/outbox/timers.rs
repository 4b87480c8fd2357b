//! Hands each timer that is due to the desk.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Ports;
use crate::domain::input::Input;
use crate::domain::timer::Due;
use crate::store::{Result, timers};

/// How often the timers are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Timers handed over in one look.
const AT_ONCE: i64 = 500;

/// Hands over timers as they fall due, until it is stopped. `set` says that one was set.
pub async fn run(ports: Ports, set: Arc<Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = fire(&ports).await {
            tracing::warn!(%error, "cannot read the timers");
            // Whatever came meanwhile could not be stored either; the homeserver brings it later.
            ports.matrix.reach().note_gap();
            ports.backlog.await_marker();
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = set.notified() => {}
            () = stop.cancelled() => {}
        }
    }
}

pub(super) async fn fire(ports: &Ports) -> Result<()> {
    if ports.sms.reach().now().fails() {
        ports.backlog.await_texts();
    }
    // Timers that have to wait must not hold up the others.
    let mut waiting = 0;
    loop {
        let due: Vec<(String, Due)> = {
            let mut conn = ports.store.connection().await?;
            timers::due_behind(&mut conn, ports.clock.now(), waiting, AT_ONCE).await?
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
            return Ok(());
        }
    }
}

fn may_fire(ports: &Ports, due: &Due) -> bool {
    (!due.waits_for_backlog() || ports.backlog.lets_time_run())
        && (!due.waits_for_texts() || ports.backlog.has_texts())
}
