//! The timers' clockwork: hands each one that is due to the desk.

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
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = set.notified() => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn fire(ports: &Ports) -> Result<()> {
    let due: Vec<(String, Due)> = {
        let mut conn = ports.store.connection().await?;
        timers::due(&mut conn, ports.clock.now(), AT_ONCE).await?
    };
    for (id, due) in due {
        if due.waits_for_backlog() && !ports.backlog.is_in() {
            continue;
        }
        if let Err(error) = ports.desk.apply(Input::Due { id, due }).await {
            // It stays due, and is handed over at the next look.
            tracing::warn!(%error, "a timer was not applied");
        }
    }
    Ok(())
}
