//! How long it takes to find a contact and what there was with them, however many there are: by default
//! 20,000 contacts with 100,000 lines, on SQLite and PostgreSQL. With `DIRECTORY_CONTACTS=1000000` there are
//! as many, with five lines each.
//!
//! It prints a table of the middle and the slowest of [`RUNS`] look-ups, each for another contact, in
//! milliseconds.

#[path = "shared/engines.rs"]
mod engines;
#[path = "shared/people.rs"]
mod people;
#[path = "shared/said.rs"]
mod said;

use std::time::Instant;

use anyhow::Context as _;
use engines::{Engines, Times};
use people::{BUSY_EVERY, contact};
use said::{Dice, NOW, spell};
use sqlx::AnyConnection;
use switchroom::domain::ids::AgentId;
use switchroom::domain::interaction::ContactRef;
use switchroom::store::history::Page;
use switchroom::store::search::lines::{self, Asked, Whose};
use switchroom::store::{Store, contacts, history};

/// How many contacts there are, where the environment does not say otherwise.
const CONTACTS: u64 = 20_000;
const RUNS: u64 = 101;
/// As many rows as `!history` lists.
const LISTED: usize = 10;

/// What is looked up.
#[derive(Clone, Copy)]
enum What {
    ByNumber,
    FirstPage,
    OwnedPage,
    Counts,
    WordsOf,
    WordsOfBusy,
    CommonAtDesk,
    RareAtDesk,
    TwoAtDesk,
}

impl What {
    const ALL: [Self; 9] = [
        Self::ByNumber,
        Self::FirstPage,
        Self::OwnedPage,
        Self::Counts,
        Self::WordsOf,
        Self::WordsOfBusy,
        Self::CommonAtDesk,
        Self::RareAtDesk,
        Self::TwoAtDesk,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::ByNumber => "a contact by number",
            Self::FirstPage => "first page of a history",
            Self::OwnedPage => "the same, of what one agent owned",
            Self::Counts => "counts of a contact's interactions",
            Self::WordsOf => "a word in a contact's texts",
            Self::WordsOfBusy => "the same, of a contact with a hundred times as many",
            Self::CommonAtDesk => "the commonest word in all texts",
            Self::RareAtDesk => "a rare word in all texts",
            Self::TwoAtDesk => "two words in all texts",
        }
    }

    /// Looks it up for the contact of a number: how much was found.
    async fn look_up(self, conn: &mut AnyConnection, number: u64) -> anyhow::Result<usize> {
        let ContactRef { id, number: address, .. } = contact(number);
        let alice = AgentId::new("alice");
        let page = |owned_by| Page { contact: &id, but: None, owned_by, behind: None, limit: 11 };
        let asked = |whose, typed| Asked { whose, typed, owned_by: None, before: None, limit: LISTED };
        let addresses = [address.clone()];
        let theirs = Whose::Contact { id: &id, addresses: &addresses };
        let words = [1.0, 9_000.0, 40.0].map(spell);
        Ok(match self {
            Self::ByNumber => contacts::by_number(conn, &address).await?.into_iter().count(),
            Self::FirstPage => history::page(conn, &page(None)).await?.len(),
            Self::OwnedPage => history::page(conn, &page(Some(&alice))).await?.len(),
            Self::Counts => {
                let of = history::page(conn, &page(None)).await?.pop().context("there is one")?;
                history::others(conn, &of, NOW).await?.len()
            }
            Self::WordsOf | Self::WordsOfBusy => {
                lines::find(conn, &asked(theirs, &words[0])).await?.hits.len()
            }
            Self::CommonAtDesk => lines::find(conn, &asked(Whose::Desk, &words[0])).await?.hits.len(),
            Self::RareAtDesk => lines::find(conn, &asked(Whose::Desk, &words[1])).await?.hits.len(),
            Self::TwoAtDesk => {
                let both = format!("{} {}", words[0], words[2]);
                lines::find(conn, &asked(Whose::Desk, &both)).await?.hits.len()
            }
        })
    }
}

/// How much all look-ups find together, and how long one takes: in the middle, and at worst, in
/// milliseconds.
async fn measure(store: &Store, what: What, count: u64) -> anyhow::Result<(usize, [f64; 2])> {
    let conn = &mut *store.connection().await?;
    let mut dice = Dice::new(0x2545_f491_4f6c_dd1d);
    let mut times = Times::default();
    let mut found = 0;
    for _ in 0..RUNS {
        let number = dice.next() % count;
        let number = if matches!(what, What::WordsOfBusy) { number - number % BUSY_EVERY } else { number };
        let begun = Instant::now();
        found += what.look_up(conn, number).await?;
        times.add(begun);
    }
    Ok((found, times.middle_and_slowest()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count = match std::env::var("DIRECTORY_CONTACTS") {
        Ok(text) => text.parse().context("DIRECTORY_CONTACTS is a number of contacts")?,
        Err(_) => CONTACTS,
    };
    anyhow::ensure!((1..=10_000_000).contains(&count), "DIRECTORY_CONTACTS is from 1 to 10000000");
    let engines = Engines::empty().await?;
    for (name, store) in engines.named() {
        people::fill(name, store, count).await?;
    }
    println!("| of {count} contacts | found | SQLite | slowest | PostgreSQL | slowest |");
    println!("|---|---:|---:|---:|---:|---:|");
    for what in What::ALL {
        let (found, [middle, slowest]) = measure(&engines.sqlite, what, count).await?;
        let (same, [pg_middle, pg_slowest]) = measure(&engines.postgres, what, count).await?;
        anyhow::ensure!(found == same, "{}: SQLite finds {found}, PostgreSQL {same}", what.title());
        println!(
            "| {} | {found} | {middle:.2} | {slowest:.2} | {pg_middle:.2} | {pg_slowest:.2} |",
            what.title()
        );
    }
    engines.close().await;
    Ok(())
}
