//! How long it takes to find a contact and what there was with them, however many there are: by default
//! 20,000 contacts with 100,000 lines, on SQLite and PostgreSQL. With `DIRECTORY_CONTACTS=1000000` there are
//! as many, with five lines each.
//!
//! It prints a table of the middle and the slowest of [`RUNS`] look-ups, each for another contact, in
//! milliseconds.

#[expect(clippy::unwrap_used, reason = "it belongs to the tests, which end where something fails")]
#[path = "../tests/it/harness/folder.rs"]
mod folder;
#[expect(clippy::unwrap_used, reason = "it belongs to the tests, which end where something fails")]
#[path = "../tests/it/harness/postgres.rs"]
mod postgres;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use postgres::Postgres;
use ruma::UserId;
use sqlx::{AnyConnection, Executor as _};
use switchroom::clock::Millis;
use switchroom::domain::address::Address;
use switchroom::domain::agent::AgentRef;
use switchroom::domain::ids::{AgentId, ContactId, InteractionId, QueueName};
use switchroom::domain::interaction::begin::Beginning;
use switchroom::domain::interaction::{ContactRef, Interaction, Mode, Phase, Rules};
use switchroom::domain::report::Change;
use switchroom::store::history::Page;
use switchroom::store::interactions::{Line, LineKind};
use switchroom::store::search::lines::{self, Asked, Whose};
use switchroom::store::{self, Store, contacts, history, interactions};

/// How many contacts there are, where the environment does not say otherwise.
const CONTACTS: u64 = 20_000;
/// How many interactions of a contact there are, how many lines each has, and how many more lines the last
/// one has.
const INTERACTIONS: u64 = 2;
const LINES: u64 = 2;
const MORE_LINES: u64 = 1;
/// Every so many contacts one has written a hundred times as often.
const BUSY_EVERY: u64 = 10_000;
/// How many contacts are written in one commit.
const COMMIT: u64 = 1_000;
/// How many different words are said; the commonest stands in more than half of the lines, most in few.
const WORDS: u32 = 20_000;
const WORDS_OF_A_LINE: u32 = 12;
const RUNS: u64 = 101;
/// As many rows as `!history` lists.
const LISTED: usize = 10;
const NOW: Millis = Millis(1_700_000_000_000);
const OURS: &str = "+15005550006";

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 up to, not including, 1.
    fn unit(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or(0);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// A word, by how common it is: the tenth commonest is said a tenth as often as the commonest.
    fn word(&mut self) -> String {
        spell(f64::from(WORDS).powf(self.unit()).floor())
    }
}

/// The word of a rank, 1 being the commonest.
fn spell(rank: f64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "xa"];
    format!("{rank}").bytes().map(|digit| SYLLABLES[usize::from(digit % 16)]).collect()
}

fn contact(number: u64) -> ContactRef {
    let name = format!("Contact {number}");
    let address = Address::sms(format!("+1415{:07}", number % 10_000_000));
    ContactRef { id: ContactId::new(format!("c-{number:07}")), name, number: address }
}

fn alice() -> anyhow::Result<AgentRef> {
    let user = UserId::parse("@alice:desk.test")?;
    Ok(AgentRef { id: AgentId::new("alice"), user, name: "Alice".to_owned() })
}

fn interaction(id: String, contact: ContactRef, at: Millis) -> anyhow::Result<Interaction> {
    let begun = Interaction::begin(Beginning {
        alias: format!("switchroom_{id}"),
        id: InteractionId::new(id),
        mode: Mode::Session,
        contact,
        our_number: Address::sms(OURS),
        queue: QueueName::new("support"),
        rules: Rules::default(),
        case: vec![],
        first_text: "Where is my order?".to_owned(),
        last_agent: None,
        at,
    });
    Ok(Interaction { phase: Phase::Done { by: alice()?, at }, ..begun })
}

/// Writes what there was with a contact, as the desk does; how many lines that were.
async fn write(conn: &mut AnyConnection, number: u64, dice: &mut Dice) -> anyhow::Result<u64> {
    let contact = contact(number);
    contacts::add(conn, &contact, NOW).await?;
    let times = if number.is_multiple_of(BUSY_EVERY) { 100 } else { 1 };
    let (mut all, mut words) = (vec![], vec![]);
    for place in 0..INTERACTIONS * times {
        let at = NOW + Duration::from_secs(number * 1_000 + place);
        let one = interaction(format!("i-{number}x{place}"), contact.clone(), at)?;
        interactions::add(conn, &one).await?;
        let change = Change {
            interaction: one.id.clone(),
            at,
            queue: one.queue.clone(),
            owner: Some(AgentId::new("alice")),
            state: "active".to_owned(),
        };
        history::add_change(conn, one.id.as_str(), &change).await?;
        let is_last = place + 1 == INTERACTIONS * times;
        for line in 0..LINES + if is_last { MORE_LINES } else { 0 } {
            let said: Vec<String> = (0..WORDS_OF_A_LINE).map(|_| dice.word()).collect();
            let line = Line {
                id: format!("{:012x}{number:07}{place:05}{line:02}", at.0),
                at,
                kind: LineKind::Contact,
                author: contact.number.to_string(),
                body: said.join(" "),
                event_id: None,
            };
            words.extend(
                lines::words_of_line(&contact.number, &line.body).map(|words| (line.id.clone(), words)),
            );
            all.push((one.id.clone(), line));
        }
    }
    interactions::add_lines(conn, &all).await?;
    lines::add(conn, &words).await?;
    Ok(u64::try_from(all.len())?)
}

async fn filled(name: &str, url: &str, count: u64) -> anyhow::Result<Store> {
    let store = store::open(url, 4).await?;
    let begun = Instant::now();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut written = 0;
    {
        let conn = &mut *store.connection().await?;
        conn.execute("BEGIN").await?;
        for number in 0..count {
            written += write(conn, number, &mut dice).await?;
            if number % COMMIT == COMMIT - 1 {
                conn.execute("COMMIT").await?;
                conn.execute("BEGIN").await?;
            }
        }
        conn.execute("COMMIT").await?;
        if name == "PostgreSQL" {
            conn.execute("VACUUM ANALYZE").await?;
        }
    }
    let secs = begun.elapsed().as_secs_f64();
    eprintln!("{name}: {count} contacts with {written} lines written in {secs:.1} s");
    Ok(store)
}

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
            Self::WordsOf | Self::WordsOfBusy => lines::find(conn, &asked(theirs, "ba")).await?.hits.len(),
            Self::CommonAtDesk => lines::find(conn, &asked(Whose::Desk, &words[0])).await?.hits.len(),
            Self::RareAtDesk => lines::find(conn, &asked(Whose::Desk, &words[1])).await?.hits.len(),
            Self::TwoAtDesk => {
                let both = format!("{} {}", words[0], words[2]);
                lines::find(conn, &asked(Whose::Desk, &both)).await?.hits.len()
            }
        })
    }
}

/// How much all look-ups find together, and how long one takes: in the middle, and at worst.
async fn measure(store: &Store, what: What, count: u64) -> anyhow::Result<(usize, Duration, Duration)> {
    let conn = &mut *store.connection().await?;
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..RUNS {
        let number = dice.next() % count;
        let number = if matches!(what, What::WordsOfBusy) { number - number % BUSY_EVERY } else { number };
        let begun = Instant::now();
        found += what.look_up(conn, number).await?;
        times.push(begun.elapsed());
    }
    times.sort();
    Ok((found, times[times.len() / 2], times[times.len() - 1]))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count = match std::env::var("DIRECTORY_CONTACTS") {
        Ok(text) => text.parse().context("DIRECTORY_CONTACTS is a number of contacts")?,
        Err(_) => CONTACTS,
    };
    anyhow::ensure!((1..=10_000_000).contains(&count), "DIRECTORY_CONTACTS is from 1 to 10000000");
    let files = tempfile::tempdir()?;
    let url = format!("sqlite://{}", files.path().join("desk.db").display());
    let sqlite = filled("SQLite", &url, count).await?;
    let postgres = filled("PostgreSQL", &Postgres::shared().await.fresh_database().await, count).await?;
    println!("| of {count} contacts | found | SQLite | slowest | PostgreSQL | slowest |");
    println!("|---|---:|---:|---:|---:|---:|");
    for what in What::ALL {
        let (found, middle, slowest) = measure(&sqlite, what, count).await?;
        let (same, pg_middle, pg_slowest) = measure(&postgres, what, count).await?;
        anyhow::ensure!(found == same, "{}: SQLite finds {found}, PostgreSQL {same}", what.title());
        println!(
            "| {} | {found} | {:.2} | {:.2} | {:.2} | {:.2} |",
            what.title(),
            millis(middle),
            millis(slowest),
            millis(pg_middle),
            millis(pg_slowest),
        );
    }
    sqlite.close().await;
    postgres.close().await;
    Ok(())
}
