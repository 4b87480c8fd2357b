//! How long it takes to find what was said: 100,000 messages in the IMs of 200 agents, on SQLite and
//! PostgreSQL.
//!
//! Each search is what `!ims <words>` does: the engine's full-text search, and reading the talks it names. It
//! prints a table of the middle and the slowest of [`RUNS`] searches, in milliseconds.

#[path = "shared/engines.rs"]
mod engines;
#[path = "shared/said.rs"]
mod said;

use std::time::Instant;

use anyhow::Context as _;
use engines::{Engines, Times};
use ruma::UserId;
use said::{COMMIT, Dice, NOW, spell};
use sqlx::{AnyConnection, Executor as _};
use switchroom::domain::agent::AgentRef;
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::talk::{Phase, Talk};
use switchroom::store::{Store, search, talks};

const AGENTS: u64 = 200;
const TALKS: u64 = 5_000;
const MESSAGES: u64 = 100_000;
/// The agent who takes part in every fourth talk; everybody else in about one of a hundred.
const BUSY: u64 = 0;
const RUNS: usize = 51;
/// As many rows as `!ims` lists.
const LISTED: i64 = 20;

fn agent(number: u64) -> AgentRef {
    let id = format!("agent{number}");
    let user = UserId::parse(format!("@{id}:desk.test")).expect("a user id");
    AgentRef { id: AgentId::new(id.as_str()), user, name: id }
}

fn talk(number: u64, dice: &mut Dice) -> Talk {
    let one = if number.is_multiple_of(4) { BUSY } else { dice.next() % (AGENTS - 1) + 1 };
    let other = (one + 1 + dice.next() % (AGENTS - 1)) % AGENTS;
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
    let mut dice = Dice::new(0x9e37_79b9_7f4a_7c15);
    let all: Vec<Talk> = (0..TALKS).map(|number| talk(number, &mut dice)).collect();
    conn.execute("BEGIN").await?;
    for talk in &all {
        talks::add(conn, talk).await?;
    }
    for number in 0..MESSAGES {
        let talk = &all[usize::try_from(dice.next() % TALKS)?];
        search::add(conn, talk, &format!("{number:020}"), &dice.line()).await?;
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

/// How many talks a search finds, and how long it takes: in the middle, and at worst, in milliseconds.
async fn measure(store: &Store, question: &Question) -> anyhow::Result<(usize, [f64; 2])> {
    let conn = &mut *store.connection().await?;
    let who = agent(question.who).id;
    let mut times = Times::default();
    let mut found = 0;
    for _ in 0..RUNS {
        let begun = Instant::now();
        let ids = search::talks(conn, &who, &question.words, LISTED).await?;
        for id in &ids {
            talks::by_id(conn, id).await?.context("a talk that was found is there")?;
        }
        times.add(begun);
        found = ids.len();
    }
    Ok((found, times.middle_and_slowest()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let engines = Engines::empty().await?;
    for (name, store) in engines.named() {
        let begun = Instant::now();
        fill(&mut *store.connection().await?).await?;
        eprintln!("{name}: {MESSAGES} messages written in {:.1} s", begun.elapsed().as_secs_f64());
    }
    println!("| search | who | talks found | SQLite | slowest | PostgreSQL | slowest |");
    println!("|---|---|---:|---:|---:|---:|---:|");
    for question in questions() {
        let (found, [middle, slowest]) = measure(&engines.sqlite, &question).await?;
        let (same, [pg_middle, pg_slowest]) = measure(&engines.postgres, &question).await?;
        anyhow::ensure!(found == same, "{}: SQLite finds {found}, PostgreSQL {same}", question.what);
        println!(
            "| {} | {} | {found} | {middle:.1} | {slowest:.1} | {pg_middle:.1} | {pg_slowest:.1} |",
            question.what,
            if question.who == BUSY { "busy" } else { "other" },
        );
    }
    engines.close().await;
    Ok(())
}
