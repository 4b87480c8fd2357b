//! What all lanes share: their turns, and whether other lanes succeed.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::turns::Turns;
use crate::clock::Millis;

/// A destination is well if it took something within this time.
const WELL_WITHIN: Duration = Duration::from_mins(1);

/// What all lanes share.
pub(super) struct Shared {
    /// The holder of the leases. It is the same after a restart, so that nobody waits for leases of a process
    /// that is gone.
    pub(super) holder: String,
    /// Bounds the deliveries under way.
    pub(super) turns: Turns,
    /// Wakes lanes that wait after a failure, when another lane succeeds.
    pub(super) well_again: Notify,
    /// When a delivery last succeeded, in Unix milliseconds.
    last_well: AtomicI64,
    /// How many lanes wait after a failure.
    pub(super) ailing: AtomicI64,
    /// Ends it all.
    pub(super) stop: CancellationToken,
}

impl Shared {
    pub(super) fn new(holder: String, stop: CancellationToken) -> Self {
        Self {
            holder,
            turns: Turns::new(),
            well_again: Notify::new(),
            last_well: AtomicI64::new(0),
            ailing: AtomicI64::new(0),
            stop,
        }
    }

    /// Something was delivered now: lanes that wait after a failure try again.
    pub(super) fn well(&self, now: Millis) {
        self.last_well.store(now.0, Ordering::Relaxed);
        if self.ailing.load(Ordering::Relaxed) > 0 {
            self.well_again.notify_waiters();
        }
    }

    /// Whether something was delivered shortly before this moment.
    pub(super) fn was_well(&self, now: Millis) -> bool {
        now.since(Millis(self.last_well.load(Ordering::Relaxed))) < WELL_WITHIN
    }
}
