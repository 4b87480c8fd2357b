//! Time and randomness, the only place that reads either.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::RngExt as _;
use serde::{Deserialize, Serialize};

/// A moment, as Unix time in milliseconds: what the homeserver and the database both speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl std::ops::Add<Duration> for Millis {
    type Output = Self;
    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<Duration> for Millis {
    type Output = Self;
    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Millis {
    /// How long after `earlier` this moment is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// The program's clock. Clones share one offset, by which a test moves time and by which replicas follow the
/// clock of their database.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Millis {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(
            i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
                + self.offset_ms.load(Ordering::Relaxed),
        )
    }

    /// Follows another clock, for every clone of it: `theirs` is what that one shows now.
    pub fn follow(&self, theirs: Millis) {
        let ahead = theirs.0 - self.now().0;
        self.offset_ms.fetch_add(ahead, Ordering::Relaxed);
    }

    /// Moves the clock forward, for every clone of it.
    pub fn advance(&self, by: Duration) {
        self.offset_ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

/// `len` random characters of an alphabet without look-alikes, for ids a person may have to type.
#[must_use]
pub fn random_typable(len: usize) -> String {
    const ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstvwxyz";
    #[expect(clippy::disallowed_methods, reason = "this is the one place that draws random numbers")]
    let mut rng = rand::rng();
    (0..len).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

/// 128 random bits as 32 hexadecimal digits, for ids only programs read.
#[must_use]
pub fn random_hex() -> String {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that draws random numbers")]
    let mut rng = rand::rng();
    format!("{:032x}", rng.random::<u128>())
}

/// A random number from 0 up to, not including, 1.
#[must_use]
pub fn random_unit() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that draws random numbers")]
    rand::rng().random::<f64>()
}
