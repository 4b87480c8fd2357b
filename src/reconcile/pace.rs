//! How often both sides are asked.

use std::time::Duration;

/// How often the homeserver is pinged while something may be wrong.
pub(super) const ASK_EVERY: Duration = Duration::from_secs(1);
/// How often it is pinged at least while it brings nothing: sooner than it can be restarted, mostly. What it
/// forgets when it is restarted sooner shows in what it tells of its rooms.
pub(super) const ASK_AT_LEAST_EVERY: Duration = Duration::from_secs(8);
/// The pause after something failed. It doubles up to the longest.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(2);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often both sides are looked through while all is well.
pub(super) const EVERY: Duration = Duration::from_mins(15);
/// How often the homeserver is asked in which rooms something happened, while that costs one request.
pub(super) const EVERY_QUIET: Duration = Duration::from_mins(1);
