//! How often both sides are asked.

use std::time::Duration;

/// How often the homeserver is pinged, to know whether it is there: sooner than one can be restarted.
pub(super) const ASK_EVERY: Duration = Duration::from_secs(1);
/// The pause after something failed. It doubles up to the longest.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(2);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);
