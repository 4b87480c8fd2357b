//! Clearing away what is not needed, and erasing what is not to be kept any longer, while the desk serves.

use std::time::Duration;

use crate::desk::Applied;
use crate::domain::input::Input;
use crate::domain::retention::Old;
use crate::outbox::Ports;
use crate::store::upkeep;

/// How often old rows are cleared away, and how many at once.
const CLEAR_EVERY: Duration = Duration::from_mins(10);
const CLEAR_ROWS: i64 = 5_000;
/// How many commits erase something of a kind each time, and the pause until the next time where there is
/// more.
const ERASE_ROUNDS: usize = 5;
const ERASE_SOON: Duration = Duration::from_secs(2);
/// The pause until the database's log is emptied again, where somebody read what stands in it.
const WIPE_SOON: Duration = Duration::from_secs(10);
/// The pause between two commits that index lines, in which others get their turn.
const INDEX_SOON: Duration = Duration::from_millis(50);
/// How often it is looked whether the backlog is in.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Clears away old rows now and then, erases what is older than it is kept, goes on with erasures that stand
/// still, and keeps in step with the database's clock.
pub(super) async fn clear_away(ports: Ports) {
    let mut settings = ports.desk.settings();
    loop {
        // What the homeserver kept while we were away may be known to us by receipts that are old by now.
        while !ports.backlog.is_in() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let cleared = async {
            if !ports.store.engine().is_exclusive() {
                ports.clock.follow(ports.store.now().await?);
            }
            let mut conn = ports.store.connection().await?;
            upkeep::clear(&mut conn, ports.clock.now(), CLEAR_ROWS).await
        };
        match cleared.await {
            Ok(rows) => tracing::debug!(rows, "cleared away"),
            Err(error) => tracing::warn!(%error, "old rows could not be cleared away"),
        }
        let mut until_next = CLEAR_EVERY;
        for what in Old::ALL {
            if erase(&ports, what).await {
                until_next = ERASE_SOON;
            }
        }
        if let Err(error) = ports.desk.apply(Input::ResumeErasures).await {
            tracing::warn!(%error, "whether an erasure stands still could not be looked up");
        }
        match ports.store.wipe().await {
            Ok(true) => {}
            Ok(false) => until_next = until_next.min(WIPE_SOON),
            Err(error) => tracing::warn!(%error, "what was deleted is still in the database's log"),
        }
        // A time that was made shorter holds soon.
        tokio::select! {
            () = tokio::time::sleep(until_next) => {}
            _ = settings.changed() => {}
        }
    }
}

/// Indexes the lines of transcripts that the search does not find yet: those from before the index at once,
/// and now and then those that an older replica has written.
pub(super) async fn index_lines(ports: Ports) {
    loop {
        let pause = match ports.desk.apply(Input::IndexLines).await {
            Ok(Applied::More) => INDEX_SOON,
            Ok(_) => CLEAR_EVERY,
            Err(error) => {
                tracing::warn!(%error, "lines could not be indexed");
                LOOK_EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Erases some of what is older than it is kept. Returns whether there is more of it.
async fn erase(ports: &Ports, what: Old) -> bool {
    // Each is a commit of its own, so that others get their turn in between.
    for _ in 0..ERASE_ROUNDS {
        match ports.desk.apply(Input::EraseOld { what }).await {
            Ok(Applied::More) => {}
            Ok(_) => return false,
            Err(error) => {
                tracing::warn!(%error, ?what, "what is older than it is kept could not be erased");
                return false;
            }
        }
    }
    true
}
