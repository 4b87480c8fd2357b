//! Whether the homeserver had kept anything for us when we came.
//!
//! What it could not deliver it keeps, and brings the oldest of it first. Only where it had kept something
//! can it forget a later transaction for a while. So where all that it brings until our marker comes back
//! happened after we were there, nothing of that comes out of order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::clock::Millis;

/// What is known of it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    start: Arc<Mutex<Start>>,
}

#[derive(Debug, Default)]
struct Start {
    /// Since when we take what is brought.
    there: Option<Instant>,
    /// The nonce of the first marker, and when that was sent.
    marker: Option<(String, Instant)>,
    /// When the oldest happened of what was brought, by the homeserver's clock.
    oldest: Option<Millis>,
    /// Whether it had nothing; not known before the marker is back.
    nothing: Option<bool>,
}

impl Kept {
    /// From now on we take what is brought.
    pub fn we_are_there(&self) {
        self.start().there = Some(Instant::now());
    }

    /// The marker of the start goes to the homeserver. Later ones say nothing.
    pub fn marker_goes(&self, nonce: &str) {
        self.start().marker.get_or_insert_with(|| (nonce.to_owned(), Instant::now()));
    }

    /// A transaction came: when the `oldest` of it happened, if that can be said, and the nonces of the
    /// markers in it, with when those happened, all by the homeserver's clock.
    pub fn brought<'a>(&self, oldest: Option<Millis>, mut markers: impl Iterator<Item = (&'a str, Millis)>) {
        let mut start = self.start();
        if start.nothing.is_some() {
            return;
        }
        // One of which nothing can be said may be as old as anything.
        let oldest = oldest.unwrap_or(Millis(0));
        start.oldest = Some(start.oldest.map_or(oldest, |before| before.min(oldest)));
        let (Some(there), Some((nonce, sent))) = (start.there, &start.marker) else { return };
        let Some((_, at)) = markers.find(|(of, _)| of == nonce) else { return };
        // As long before the marker as we were there before we sent it, by whichever clock.
        let since = at - sent.duration_since(there);
        start.nothing = Some(start.oldest.is_some_and(|oldest| oldest >= since));
    }

    /// Whether it is known that it had kept nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.start().nothing == Some(true)
    }

    fn start(&self) -> MutexGuard<'_, Start> {
        // If somebody panics half way, it may only never be known.
        self.start.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The marker was sent two seconds after we were there, and happened then by the homeserver's clock.
    const MARKER: Millis = Millis(1_000_000);

    fn begun() -> Kept {
        let kept = Kept::default();
        let there = Instant::now();
        *kept.start() = Start {
            there: Some(there),
            marker: Some(("ours".to_owned(), there + Duration::from_secs(2))),
            ..Start::default()
        };
        kept
    }

    fn is_nothing(brought: &[(Millis, Option<&str>)]) -> bool {
        let kept = begun();
        for (oldest, marker) in brought {
            kept.brought(Some(*oldest), marker.iter().map(|nonce| (*nonce, MARKER)));
        }
        kept.is_nothing()
    }

    fn before(secs: u64) -> Millis {
        MARKER - Duration::from_secs(secs)
    }

    #[test]
    fn it_had_kept_nothing_where_all_that_came_happened_since() {
        assert!(is_nothing(&[(before(0), Some("ours"))]));
        assert!(is_nothing(&[(before(2), None), (before(1), None), (before(0), Some("ours"))]));
        assert!(is_nothing(&[(before(2), Some("ours")), (before(9), None)]), "what comes later says nothing");
    }

    #[test]
    fn it_had_kept_something_where_anything_older_came_or_may_have() {
        assert!(!is_nothing(&[(before(3), Some("ours"))]));
        assert!(!is_nothing(&[(before(3), None), (before(0), Some("ours"))]));
        let kept = begun();
        kept.brought(None, [].into_iter());
        kept.brought(Some(MARKER), [("ours", MARKER)].into_iter());
        assert!(!kept.is_nothing(), "of the first nothing can be said");
    }

    #[test]
    fn nothing_is_known_before_the_marker_of_the_start_is_back() {
        assert!(!is_nothing(&[(before(0), None), (before(0), Some("another"))]));
        let never_there = Kept::default();
        never_there.marker_goes("ours");
        never_there.brought(Some(MARKER), [("ours", MARKER)].into_iter());
        assert!(!never_there.is_nothing());
        let kept = Kept::default();
        kept.we_are_there();
        kept.marker_goes("ours");
        kept.marker_goes("later");
        kept.brought(Some(MARKER), [("later", MARKER)].into_iter());
        assert!(!kept.is_nothing(), "a later marker was sent after something failed");
        kept.brought(Some(MARKER), [("ours", MARKER)].into_iter());
        assert!(kept.is_nothing());
    }
}
