//! How often the database is asked for what makes up most of a desk's work: a text, a reply, and its mark.
//!
//! Each is done alone, so that no two inputs share a commit: this is the most that it can cost.

use std::fmt::Write as _;

use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
/// What is asked again and again whether anybody writes or not, by how it begins: timers and lanes are looked
/// at, settings are read anew, and rooms are looked through for what was missed.
const UPKEEP: [&str; 14] = [
    "SELECT id, body FROM timers WHERE due_at <=",
    "SELECT MIN(due_at) FROM timers",
    "SELECT lane FROM outbox WHERE state = 'ready' AND due_at <=",
    "SELECT CAST((julianday",
    "SELECT CAST(EXTRACT",
    "SELECT body FROM definitions",
    "SELECT value FROM facts",
    "SELECT name, value FROM facts",
    "INSERT INTO facts",
    "SELECT room_id FROM",
    "SELECT console_room FROM",
    "SELECT key FROM receipts WHERE key IN",
    "SELECT body FROM channels",
    "INSERT INTO channels",
];
/// Whatever follows a message is over once the timers were looked at this often and nothing else was asked.
const QUIET: usize = 3;
/// How often each is done.
const ROUNDS: usize = 3;

/// The statements that the program has logged, in order.
fn logged(world: &World) -> Vec<String> {
    let log = world.bridge.log();
    log.lines().filter_map(statement).collect()
}

/// The statement in a line of the log.
fn statement(line: &str) -> Option<String> {
    let (_, line) = line.split_once(" sqlx::query: summary=\"")?;
    let (summary, rest) = line.split_once("\" db.statement=\"")?;
    let (whole, _) = rest.split_once("\" rows_affected=")?;
    let text = if whole.is_empty() { summary } else { whole };
    Some(text.replace("\\n", " ").split_whitespace().collect::<Vec<_>>().join(" "))
}

fn is_upkeep(statement: &str) -> bool {
    UPKEEP.iter().any(|begins| statement.starts_with(begins))
}

/// What was asked since so many statements, once nothing more is.
async fn since(world: &World, before: usize) -> Vec<String> {
    world.drained().await;
    eventually("the database to be left alone", || async {
        let all = logged(world);
        let last = all[before..].iter().rev().take(QUIET);
        (all.len() >= before + QUIET && last.clone().all(|statement| is_upkeep(statement))).then_some(())
    })
    .await;
    let mut asked: Vec<String> = Vec::new();
    for statement in logged(world).split_off(before).into_iter().filter(|statement| !is_upkeep(statement)) {
        // A commit of nothing but upkeep.
        let is_empty = statement.starts_with("COMMIT")
            && asked.last().is_some_and(|last| last.starts_with("BEGIN") && !last.contains("INSERT"));
        if is_empty {
            asked.pop();
        } else {
            asked.push(statement);
        }
    }
    asked
}

fn listed(what: &str, statements: &[String]) -> String {
    let mut list = format!("{what}: {}\n", statements.len());
    for statement in statements {
        let _ = writeln!(list, "  {statement}");
    }
    list
}

/// The most that each may take, with one or two to spare for what a slow machine lets fall into it.
///
/// Of what a text takes, one statement keeps that the customer waits, and of what a reply takes, one keeps
/// that they do not any more; two find out whether something was said before it, which is asked for a minute
/// after a start; and two keep that the provider has sent it, before it reports that it has arrived.
struct Most {
    text: usize,
    reply_with_its_mark: usize,
}

async fn takes_at_most(database: Database, most: Most) {
    let mut world = World::with(WorldOptions { database, ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    world.drained().await;
    world.bridge.kill();
    world.bridge.log_statements();
    world.bridge.start("");
    world.bridge.ready().await;
    let alice = world.agent("alice");
    let (mut of_text, mut of_reply) = (usize::MAX, usize::MAX);
    // Whatever else goes on may be counted with one of them, but hardly with all.
    for round in 0..ROUNDS {
        let start = logged(&world).len();
        since(&world, start).await;

        let before = logged(&world).len();
        let text = format!("When does my order arrive? It was to come on Tuesday, {round}.");
        world.text(JANE, &text).await;
        alice.wait_for_text(&room, &text).await.unwrap();
        let asked = since(&world, before).await;
        println!("{}", listed(&format!("{database:?}, a text"), &asked));
        of_text = of_text.min(asked.len());

        let before = logged(&world).len();
        let said = alice.send_text(&room, &format!("On its way {round}")).await.unwrap();
        alice.wait_for_reaction(&said, "✓").await.unwrap();
        let asked = since(&world, before).await;
        println!("{}", listed(&format!("{database:?}, a reply with its mark"), &asked));
        of_reply = of_reply.min(asked.len());
    }
    // PostgreSQL says so of each `ROLLBACK` and `COMMIT` for nothing.
    let for_nothing = world.bridge.log().matches("there is no transaction in progress").count();
    world.finish().await;
    assert_eq!(for_nothing, 0);
    assert!(of_text <= most.text, "a text took {of_text} statements");
    assert!(of_reply <= most.reply_with_its_mark, "a reply with its mark took {of_reply} statements");
}

#[tokio::test]
async fn a_text_and_a_reply_take_few_statements_on_sqlite() {
    takes_at_most(Database::Sqlite, Most { text: 6, reply_with_its_mark: 18 }).await;
}

#[tokio::test]
async fn a_text_and_a_reply_take_few_statements_on_postgresql() {
    takes_at_most(Database::Postgres, Most { text: 7, reply_with_its_mark: 20 }).await;
}
