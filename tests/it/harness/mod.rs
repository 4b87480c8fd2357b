//! What the stories are played with: a [`World`] is a real Synapse, the real program as a process of its own,
//! a provider on a real port, and agents that are real Matrix clients.

pub(crate) mod books;
pub(crate) mod bridge;
pub(crate) mod door;
mod dump;
mod folder;
pub(crate) mod forgetful;
pub(crate) mod homeserver;
pub(crate) mod postgres;
mod remains;
pub(crate) mod telnyx;
pub(crate) mod wire;
pub(crate) mod world;

pub(crate) use dump::dump_of;
pub(crate) use folder::folder;
pub(crate) use world::{Database, OURS, World, WorldOptions};

use std::borrow::Cow;
use std::time::{Duration, Instant};

/// How long a condition is waited for before the story has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A phone's number as people read it, in names of rooms and in what the bot says.
pub(crate) fn shown(phone: &str) -> Cow<'_, str> {
    switchroom::domain::text::numbers::shown(phone)
}

/// Waits until a condition yields something; says what was waited for if it never does.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    condition: impl FnMut() -> F,
) -> T {
    eventually_within(PATIENCE, what, condition).await
}

/// As [`eventually`], with another patience.
pub(crate) async fn eventually_within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut condition: impl FnMut() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(begun.elapsed() < patience, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
