//! A log that nobody can fill: what somebody outside can cause at will is written a bounded number of times a
//! minute, and counted beyond that.
//!
//! [`Tally`] tells of one kind of thing at once and then once a minute with the count. [`Few`] is the net
//! under everything else: a filter of the log that lets each place in the code speak so often in a minute,
//! whatever it says and whoever causes it, and then tells how much more there was.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::callsite::Identifier;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

use crate::clock::{Clock, Millis};

/// How often a count is told.
pub const EVERY: Duration = Duration::from_mins(1);
/// How often one place in the code may speak in [`EVERY`].
const AT_MOST: u64 = 60;

/// Counts things by kind, and says when to tell of them: at once, and then once in [`EVERY`]. Kinds must be
/// few, and ours.
#[derive(Debug)]
pub struct Tally<K> {
    clock: Clock,
    kinds: Mutex<HashMap<K, Count>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// When it was told last.
    told: Option<Millis>,
    /// How many there were since.
    since: u64,
}

impl<K: Clone + Eq + Hash> Tally<K> {
    /// One that goes by this clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, kinds: Mutex::default() }
    }

    /// Counts one. Returns how many there were since the last telling, if it is time to tell.
    pub fn note(&self, kind: K) -> Option<u64> {
        let now = self.clock.now();
        let mut kinds = lock(&self.kinds);
        let count = kinds.entry(kind).or_default();
        count.since += 1;
        let is_time = count.told.is_none_or(|told| now.since(told) >= EVERY);
        is_time.then(|| count.tell(now))
    }

    /// What is still to be told, and is time to.
    pub fn rest(&self) -> Vec<(K, u64)> {
        let now = self.clock.now();
        let is_time = |count: &Count| count.told.is_none_or(|told| now.since(told) >= EVERY);
        let mut kinds = lock(&self.kinds);
        let due = kinds.iter_mut().filter(|(_, count)| count.since > 0 && is_time(count));
        due.map(|(kind, count)| (kind.clone(), count.tell(now))).collect()
    }
}

impl Count {
    fn tell(&mut self, now: Millis) -> u64 {
        self.told = Some(now);
        std::mem::take(&mut self.since)
    }
}

/// How often a place in the code has spoken.
#[derive(Clone, Copy, Debug, Default)]
struct Spoken {
    /// When the minute began that is counted.
    begun: Millis,
    /// How often in it.
    times: u64,
    /// What was not written since that was told last.
    left_out: u64,
}

impl Spoken {
    /// Counts once more; whether it may be written.
    fn again(&mut self, now: Millis) -> bool {
        if now.since(self.begun) >= EVERY {
            (self.begun, self.times) = (now, 0);
        }
        self.times += 1;
        let is_written = self.times <= AT_MOST;
        self.left_out += u64::from(!is_written);
        is_written
    }
}

/// The places that have spoken, of the whole program, as the log is.
static PLACES: LazyLock<Mutex<HashMap<Identifier, (Spoken, &'static Metadata<'static>)>>> =
    LazyLock::new(Mutex::default);

/// The filter that lets each place in the code speak 60 times a minute. What is logged in more detail than
/// `info` was asked for, and passes.
#[derive(Clone, Debug, Default)]
pub struct Few {
    clock: Clock,
}

impl<S: Subscriber> Filter<S> for Few {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let place = event.metadata();
        if *place.level() > Level::INFO || place.target() == module_path!() {
            return true;
        }
        // What was left out is told by `tell_of_rest`: nothing can be logged from in here.
        lock(&PLACES).entry(place.callsite()).or_insert((Spoken::default(), place)).0.again(self.clock.now())
    }
}

/// Tells how much [`Few`] has left out since this was called last.
pub fn tell_of_rest() {
    let mut left_out = Vec::new();
    for (spoken, place) in lock(&PLACES).values_mut().filter(|(spoken, _)| spoken.left_out > 0) {
        left_out.push((*place, std::mem::take(&mut spoken.left_out)));
    }
    for (place, times) in left_out {
        let (file, line) = (place.file().unwrap_or_default(), place.line().unwrap_or_default());
        tracing::warn!(
            times,
            of = place.target(),
            file,
            line,
            "the same was logged more often than is written"
        );
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is made of single assignments, none of which can fail half-way.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use tracing_subscriber::Layer as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn a_kind_is_told_at_once_and_then_once_a_minute_with_the_count() {
        let clock = Clock::default();
        let tally = Tally::new(clock.clone());
        assert_eq!((tally.note("a"), tally.note("b")), (Some(1), Some(1)));
        assert!((0..19_000).all(|_| tally.note("a").is_none()));
        assert_eq!(tally.rest(), [], "it is not time");
        clock.advance(EVERY);
        assert_eq!(tally.note("a"), Some(19_001));
        assert!(tally.note("a").is_none() && tally.rest().is_empty());
        clock.advance(EVERY);
        assert_eq!(tally.rest(), [("a", 1)], "what nothing follows is told too");
        assert_eq!(tally.rest(), []);
    }

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_place_in_the_code_cannot_fill_the_log() {
        let (page, clock) = (Page::default(), Clock::default());
        let writer = page.clone();
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let log = tracing_subscriber::registry().with(lines.with_filter(Few { clock: clock.clone() }));
        tracing::subscriber::with_default(log, || {
            for number in 0..5_000 {
                tracing::warn!(number, "somebody causes this at will");
            }
            tracing::warn!("something else");
            tell_of_rest();
            clock.advance(EVERY);
            tracing::warn!("somebody else");
        });
        let text = String::from_utf8(lock(&page.0).clone()).unwrap();
        let often = |words: &str| text.lines().filter(|line| line.contains(words)).count() as u64;
        assert_eq!(often("at will"), AT_MOST);
        assert_eq!(
            (often("something else"), often("times=4940"), often("somebody else")),
            (1, 1, 1),
            "{text}"
        );
    }
}
