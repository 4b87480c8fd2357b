//! How long it takes to find what was said: 100,000 messages in the IMs of 200 agents, on SQLite and
//! PostgreSQL.
//!
//! Each search is what `!ims <words>` does: the engine's full-text search, and reading the talks it names. It
//! prints a table of the middle and the slowest of [`RUNS`] searches, in milliseconds.

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
use switchroom::domain::agent::AgentRef;
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::talk::{Phase, Talk};
use switchroom::store::{self, Store, search, talks};

const AGENTS: u64 = 200;
const TALKS: u64 = 5_000;
const MESSAGES: u64 = 100_000;
/// How many messages are written in one commit.
const COMMIT: u64 = 1_000;
/// How many different words are said; the commonest stands in more than half of the messages, most in few.
const WORDS: u32 = 20_000;
const WORDS_OF_A_MESSAGE: u32 = 12;
/// The agent who takes part in every fourth talk; everybody else in about one of a hundred.
const BUSY: u64 = 0;
const RUNS: usize = 51;
/// As many rows as `!ims` lists.
const LISTED: i64 = 20;
const NOW: Millis = Millis(1_700_000_000_000);

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From 0 up to, not including, 1.
    fn unit(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or(0);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// A word, by how common it is: the tenth commonest is said a tenth as often as the commonest.
    fn word(&mut self) -> String {
        let rank = f64::from(WORDS).powf(self.unit()).floor();
        spell(rank)
    }
}

/// The word of a rank, 1 being the commonest.
fn spell(rank: f64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "xa"];
    format!("{rank}").bytes().map(|digit| SYLLABLES[usize::from(digit % 16)]).collect()
}

fn agent(number: u64) -> AgentRef {
    let id = format!("agent{number}");
    let user = UserId::parse(format!("@{id}:desk.test")).expect("a user id");
    AgentRef { id: AgentId::new(id.as_str()), user, name: id }
}

fn talk(number: u64, dice: &mut Dice) -> Talk {
    let one = if number.is_multiple_of(4) { BUSY } else { dice.below(AGENTS - 1) + 1 };
    let other = (one + 1 + dice.below(AGENTS - 1)) % AGENTS;
    let id = InteractionId::new(format!("i-{number:06}"));
    Talk {
        first_talk: id.clone(),
        alias: format!("switchroom_{id}"),
        id,
        initiator: agent(one),
        invitee: agent(other),
        parent: None,
        about: None,
        text: String::new(),
        offer_ms: 60_000,
        room: None,
        inside: vec![],
        created_at: NOW,
        updated_at: NOW,
        phase: Phase::Done,
    }
}

/// Writes all that was ever said, as the desk does.
async fn fill(conn: &mut AnyConnection) -> anyhow::Result<()> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let all: Vec<Talk> = (0..TALKS).map(|number| talk(number, &mut dice)).collect();
    conn.execute("BEGIN").await?;
    for talk in &all {
        talks::add(conn, talk).await?;
    }
    for number in 0..MESSAGES {
        let talk = &all[usize::try_from(dice.below(TALKS))?];
        let words: Vec<String> = (0..WORDS_OF_A_MESSAGE).map(|_| dice.word()).collect();
        search::add(conn, talk, &format!("{number:020}"), &words.join(" ")).await?;
        if number % COMMIT == COMMIT - 1 {
            conn.execute("COMMIT").await?;
            conn.execute("BEGIN").await?;
        }
    }
    conn.execute("COMMIT").await?;
    Ok(())
}

/// One thing to search for.
struct Question {
    who: u64,
    what: &'static str,
    words: String,
}

fn questions() -> Vec<Question> {
    let ranks = |ranks: &[f64]| ranks.iter().map(|rank| spell(*rank)).collect::<Vec<_>>().join(" ");
    let asked = [
        ("the commonest word", ranks(&[1.0])),
        ("a common word", ranks(&[20.0])),
        ("a rare word", ranks(&[9_000.0])),
        ("three words", ranks(&[2.0, 3.0, 40.0])),
        ("how many words begin", "de".to_owned()),
        ("a word nobody said", "zzz".to_owned()),
    ];
    let both = |(what, words): (&'static str, String)| {
        [BUSY, 77].map(|who| Question { who, what, words: words.clone() })
    };
    asked.into_iter().flat_map(both).collect()
}

/// How many talks a search finds, and how long it takes: in the middle, and at worst.
async fn measure(store: &Store, question: &Question) -> anyhow::Result<(usize, Duration, Duration)> {
    let conn = &mut *store.connection().await?;
    let who = agent(question.who).id;
    let mut times = Vec::with_capacity(RUNS);
    let mut found = 0;
    for _ in 0..RUNS {
        let begun = Instant::now();
        let ids = search::talks(conn, &who, &question.words, LISTED).await?;
        for id in &ids {
            talks::by_id(conn, id).await?.context("a talk that was found is there")?;
        }
        times.push(begun.elapsed());
        found = ids.len();
    }
    times.sort();
    Ok((found, times[RUNS / 2], times[RUNS - 1]))
}

async fn filled(name: &str, url: &str) -> anyhow::Result<Store> {
    let store = store::open(url, 4).await?;
    let begun = Instant::now();
    fill(&mut *store.connection().await?).await?;
    eprintln!("{name}: {MESSAGES} messages written in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(store)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let files = tempfile::tempdir()?;
    let sqlite = filled("SQLite", &format!("sqlite://{}", files.path().join("desk.db").display())).await?;
    let postgres = filled("PostgreSQL", &Postgres::shared().await.fresh_database().await).await?;
    println!("| search | who | talks found | SQLite | slowest | PostgreSQL | slowest |");
    println!("|---|---|---:|---:|---:|---:|---:|");
    for question in questions() {
        let (found, middle, slowest) = measure(&sqlite, &question).await?;
        let (same, pg_middle, pg_slowest) = measure(&postgres, &question).await?;
        assert_eq!(found, same, "both engines find the same");
        println!(
            "| {} | {} | {found} | {:.1} | {:.1} | {:.1} | {:.1} |",
            question.what,
            if question.who == BUSY { "busy" } else { "other" },
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
