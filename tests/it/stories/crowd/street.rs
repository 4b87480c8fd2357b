//! The contacts: phones that write to two numbers of the desk, and remember what they wrote.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};

use switchroom::sms::simulator::{LogWhat, Simulator};
use tokio::sync::Mutex;

use super::dice::Dice;
use super::{OTHER, PATIENCE};
use crate::harness::books::Books;
use crate::harness::{OURS, eventually_moving};

/// How many phones there are; each writes to both numbers.
const PHONES: usize = 80;
/// How many conversations there are in the end, at least.
pub(super) const CONVERSATIONS: i64 = 200;
/// How many are open at once, about.
const OPEN: i64 = 28;
/// How many are being offered at once, about: more would run out before a slow machine has brought them to
/// anyone.
const ASKED: i64 = 8;

/// A number in letters.
fn name(number: &str) -> String {
    number.bytes().filter(u8::is_ascii_digit).map(|digit| char::from(digit - b'0' + b'a')).collect()
}

/// A phone, and the number of ours that it writes to.
pub(super) type Line = (String, &'static str);

/// All contacts.
pub(super) struct Street<'a> {
    provider: &'a Simulator,
    lines: Vec<Line>,
    /// What was written on each line, in order. Its lock is held while writing, so that the order is known.
    said: HashMap<Line, Mutex<Vec<String>>>,
    /// How many texts there were in all.
    written: AtomicI64,
}

impl<'a> Street<'a> {
    pub(super) fn new(provider: &'a Simulator) -> Self {
        let phone = |n: usize| format!("+1415555{:04}", 2000 + n);
        let lines: Vec<Line> =
            (0..PHONES * 2).map(|n| (phone(n % PHONES), if n < PHONES { OURS } else { OTHER })).collect();
        let said = lines.iter().map(|line| (line.clone(), Mutex::default())).collect();
        Self { provider, lines, said, written: AtomicI64::new(0) }
    }

    /// A contact writes.
    pub(super) async fn text(&self, line: &Line) {
        let (phone, ours) = line;
        let mut said = self.said[line].lock().await;
        // A number in it would be pointed out to the agent.
        let body = format!("text {} of {} to {}", said.len(), name(phone), name(ours));
        self.provider.text_from(phone, ours, &body, vec![]).await.unwrap();
        said.push(body);
        self.written.fetch_add(1, Ordering::SeqCst);
    }

    /// Contacts write, as many as the desk can bear at once, until there were enough conversations.
    pub(super) async fn write(&self, books: &Books, mut dice: Dice) {
        for line in &self.lines {
            self.room_for_one_more(books).await;
            self.text(line).await;
        }
        while books.number("SELECT COUNT(*) FROM interactions").await < CONVERSATIONS {
            self.room_for_one_more(books).await;
            self.text(&self.lines[dice.below(self.lines.len())]).await;
        }
    }

    /// Waits until the desk has heard of all that was written, and has not too much to do.
    async fn room_for_one_more(&self, books: &Books) {
        eventually_moving(PATIENCE, "room for one more", || async {
            let written = self.written.load(Ordering::SeqCst);
            let heard = books.number("SELECT COUNT(*) FROM transcript WHERE kind = 'contact'").await;
            let open = books.number("SELECT COUNT(*) FROM interactions WHERE state <> 'done'").await;
            let asked = books.number("SELECT COUNT(*) FROM interactions WHERE state = 'offered'").await;
            let there_is = heard >= written && open < OPEN && asked < ASKED;
            if there_is { Ok(()) } else { Err((written, heard, open, asked)) }
        })
        .await;
    }

    /// What was written on each line, in order.
    pub(super) async fn said(&self) -> HashMap<Line, Vec<String>> {
        let mut all = HashMap::new();
        for (line, said) in &self.said {
            all.insert(line.clone(), said.lock().await.clone());
        }
        all
    }

    /// What the provider took for each phone, in order.
    pub(super) fn taken(&self) -> Vec<(String, String)> {
        let taken = self.provider.log().into_iter().filter_map(|entry| match entry.what {
            LogWhat::Accepted { body, .. } => Some((entry.phone, body)),
            _ => None,
        });
        taken.collect()
    }
}
