//! Whether everything that happened while we were away has been seen.
//!
//! After a start, and after the homeserver was out of reach, the bot sends a marker to a room of its own. The
//! homeserver delivers in order, so that once the marker comes back, everything before it has come too. The
//! provider's list is read beside that. Until both are in no offer runs out, and no reply goes that may have been
//! taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock;

/// However long the backlog takes, work goes on after this.
pub const AT_MOST: Duration = Duration::from_mins(10);

/// What is still awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Awaited {
    /// The marker by this nonce.
    marker: Option<String>,
    /// The provider's list.
    list: bool,
}

/// Whether the backlog is in. Clones share it.
#[derive(Clone, Debug)]
pub struct Backlog {
    awaited: Arc<watch::Sender<Awaited>>,
    gap: Arc<AtomicBool>,
}

impl Default for Backlog {
    fn default() -> Self {
        let awaited = Awaited { marker: Some(clock::random_hex()), list: true };
        Self { awaited: Arc::new(watch::Sender::new(awaited)), gap: Arc::default() }
    }
}

impl Backlog {
    /// The homeserver did not answer someone: it may have been restarted, and lost what it had not delivered.
    pub fn note_gap(&self) {
        self.gap.store(true, Ordering::Relaxed);
    }

    /// Whether there was such a gap since this was last asked.
    #[must_use]
    pub fn had_gap(&self) -> bool {
        self.gap.swap(false, Ordering::Relaxed)
    }

    /// Awaits a marker, and returns the nonce it is to carry.
    #[must_use]
    pub fn await_marker(&self) -> String {
        let nonce = clock::random_hex();
        self.awaited.send_modify(|awaited| awaited.marker = Some(nonce.clone()));
        nonce
    }

    /// A marker came back; it counts if it is the one that is awaited.
    pub fn marker_came(&self, nonce: &str) {
        self.awaited.send_if_modified(|awaited| {
            let ours = awaited.marker.as_deref() == Some(nonce);
            if ours {
                awaited.marker = None;
            }
            ours
        });
    }

    /// The provider's list has been read.
    pub fn list_was_read(&self) {
        self.awaited.send_modify(|awaited| awaited.list = false);
    }

    /// Whether everything is in.
    #[must_use]
    pub fn is_in(&self) -> bool {
        let awaited = self.awaited.borrow();
        awaited.marker.is_none() && !awaited.list
    }

    /// Waits until the marker has come back, or for [`AT_MOST`].
    pub async fn wait_for_marker(&self) {
        let mut changed = self.awaited.subscribe();
        let came = tokio::time::timeout(AT_MOST, changed.wait_for(|awaited| awaited.marker.is_none())).await;
        if came.is_err() {
            tracing::warn!("the homeserver did not deliver its backlog in time; work goes on without it");
            self.awaited.send_modify(|awaited| awaited.marker = None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_backlog_is_in_when_its_own_marker_and_the_list_are() {
        let backlog = Backlog::default();
        let earlier = backlog.await_marker();
        let nonce = backlog.await_marker();
        backlog.list_was_read();
        backlog.marker_came(&earlier);
        assert!(!backlog.is_in(), "the marker of an earlier start says nothing");
        backlog.marker_came(&nonce);
        backlog.wait_for_marker().await;
        assert!(backlog.is_in());
        let again = backlog.await_marker();
        assert!(!backlog.is_in(), "after a gap it is awaited again");
        backlog.marker_came(&again);
        assert!(backlog.is_in());
    }
}
