//! What is under way: each message carries a mark in its text, by which the other side knows when it was
//! sent.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// Messages one run of the bench can have.
const MOST: usize = 4_000_000;
/// Messages under way at once; whoever wants to send more waits.
const WINDOW: usize = 2_000;
/// What a mark begins with, and how many letters follow it and one separator.
const MARK: &[u8] = b"ref";
const LETTERS: usize = 8;

/// All messages of a run.
pub(crate) struct Ledger {
    began: Instant,
    /// When each was sent, in microseconds since the beginning; 0 where it has arrived or was never sent.
    sent: Vec<AtomicU64>,
    next: AtomicUsize,
    arrived: AtomicUsize,
    last_arrival: AtomicU64,
    window: Semaphore,
    took: Mutex<Vec<Duration>>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            sent: std::iter::repeat_with(AtomicU64::default).take(MOST).collect(),
            next: AtomicUsize::new(0),
            arrived: AtomicUsize::new(0),
            last_arrival: AtomicU64::new(0),
            window: Semaphore::new(WINDOW),
            took: Mutex::default(),
        }
    }

    /// Waits until a message may be sent, and returns its number.
    pub(crate) async fn admit(&self) -> usize {
        if let Ok(permit) = self.window.acquire().await {
            permit.forget();
        }
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes that a message is sent now, or was to be sent at an earlier moment.
    pub(crate) fn send(&self, number: usize, at: Instant) {
        self.sent[number % MOST].store(self.micros(at), Ordering::Relaxed);
    }

    /// Notes that the message with the mark in this text has arrived; only the first time counts.
    pub(crate) fn arrive(&self, text: &[u8]) {
        let Some(number) = number_in(text) else { return };
        let now = self.micros(Instant::now());
        let sent = self.sent[number % MOST].swap(0, Ordering::Relaxed);
        if sent == 0 {
            return;
        }
        let took = Duration::from_micros(now.saturating_sub(sent));
        self.took.lock().unwrap_or_else(PoisonError::into_inner).push(took);
        self.last_arrival.fetch_max(now, Ordering::Relaxed);
        self.arrived.fetch_add(1, Ordering::Relaxed);
        self.window.add_permits(1);
    }

    /// How many have arrived since the beginning.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Whether everything sent has arrived.
    pub(crate) fn is_settled(&self) -> bool {
        self.arrived() == self.next.load(Ordering::Relaxed)
    }

    /// When the last one arrived.
    pub(crate) fn last_arrival(&self) -> Instant {
        self.began + Duration::from_micros(self.last_arrival.load(Ordering::Relaxed))
    }

    /// How long messages took since this was last asked, the shortest first.
    pub(crate) fn take_latencies(&self) -> Vec<Duration> {
        let mut took = std::mem::take(&mut *self.took.lock().unwrap_or_else(PoisonError::into_inner));
        took.sort_unstable();
        took
    }

    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.duration_since(self.began).as_micros()).unwrap_or(u64::MAX).max(1)
    }
}

/// A text with a message's mark: letters, because numbers in texts mean something to the program.
pub(crate) fn text(number: usize) -> String {
    let letters = (0..LETTERS).rev().map(|place| char::from(b'a' + nibble(number, place)));
    format!("ref {} When does my order arrive? It was to come on Tuesday.", letters.collect::<String>())
}

/// The mark in a text, as it stands there.
pub(crate) fn mark(text: &str) -> Option<&str> {
    text.get(..MARK.len() + 1 + LETTERS).filter(|mark| number_in(mark.as_bytes()).is_some())
}

fn nibble(number: usize, place: usize) -> u8 {
    u8::try_from((number >> (4 * place)) & 0xf).unwrap_or(0)
}

fn number_in(text: &[u8]) -> Option<usize> {
    let mark = text.windows(MARK.len()).position(|window| window == MARK)? + MARK.len() + 1;
    let letters = text.get(mark..mark + LETTERS)?;
    letters.iter().try_fold(0, |number, letter| {
        let nibble = letter.checked_sub(b'a').filter(|nibble| *nibble < 16)?;
        Some((number << 4) | usize::from(nibble))
    })
}
