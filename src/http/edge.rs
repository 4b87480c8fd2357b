//! What all doors share: where they take what they are brought, and how much of it they take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use ruma::UserId;
use secrecy::SecretString;

use super::observe;
use crate::clock::Clock;
use crate::desk::{Applied, ApplyError, Desk};
use crate::domain::input::Input;
use crate::reach::{Kept, Watch};
use crate::sms::link::LinkKey;
use crate::sms::webhook::Webhooks;
use crate::store::Store;

/// A transaction has at most 100 events of 64 KiB each, and ephemeral data beside them.
pub(super) const TRANSACTION_BYTES: usize = 16 * 1024 * 1024;
/// A text of 1,600 characters, escaped, with the addresses of its media is far below this.
pub(super) const WEBHOOK_BYTES: usize = 256 * 1024;
/// Transactions and webhooks that are longer than ordinary, each at once. A homeserver has one transaction
/// under way.
pub(super) const LONG_TRANSACTIONS: usize = 2;
pub(super) const LONG_WEBHOOKS: usize = 16;

/// What the doors need.
pub struct Edge {
    /// Where everything goes.
    pub desk: Desk,
    /// The time.
    pub clock: Clock,
    /// The database, asked whether it answers, and for files we send.
    pub store: Store,
    /// The token by which the homeserver proves itself.
    pub hs_token: SecretString,
    /// Whether a user is the bot or a ghost.
    pub is_ours: Arc<dyn Fn(&UserId) -> bool + Send + Sync>,
    /// Where it is noted that a transaction of the homeserver could not be kept: it waits then, and may
    /// forget another one over it.
    pub homeserver: Watch,
    /// Where it is noted what the homeserver brings at first.
    pub kept: Kept,
    /// Where it is noted that something of the provider could not be kept: it may not bring it again.
    pub provider: Watch,
    /// What reads the provider's webhooks.
    pub webhooks: Arc<dyn Webhooks>,
    /// What links to files are signed with.
    pub link_key: LinkKey,
    /// What a provider inside the program serves.
    pub built_in: Option<Router>,
    /// What others find out about our readiness.
    pub health: Health,
    /// What was measured.
    pub metrics: PrometheusHandle,
}

/// What others find out about our readiness. Clones share it; at the beginning the homeserver counts as out
/// of reach.
#[derive(Clone, Debug, Default)]
pub struct Health {
    homeserver: Arc<AtomicBool>,
}

impl Health {
    /// Says whether the homeserver can be reached.
    pub fn set_homeserver(&self, reachable: bool) {
        self.homeserver.store(reachable, Ordering::Relaxed);
    }

    /// Whether the homeserver could be reached when last tried.
    #[must_use]
    pub fn homeserver(&self) -> bool {
        self.homeserver.load(Ordering::Relaxed)
    }
}

impl Edge {
    /// Applies inputs in one commit and counts them under the door they came through.
    pub(super) async fn apply(
        &self,
        door: &'static str,
        inputs: Vec<Input>,
    ) -> Result<Vec<Applied>, ApplyError> {
        let applied = self.desk.apply_all(inputs).await?;
        metrics::counter!(observe::INPUTS, "door" => door)
            .increment(u64::try_from(applied.len()).unwrap_or(u64::MAX));
        Ok(applied)
    }
}
