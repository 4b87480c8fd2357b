//! What is looked up later, and that looking up holds up nobody for long.

use sqlx::AssertSqlSafe;
use switchroom::clock::Millis;
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::interaction::{Interaction, Phase};
use switchroom::domain::report::Change;
use switchroom::store::history::Page;
use switchroom::store::search::lines;
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{Engine, audit, history, interactions};

use super::{Database, NOW, THEIRS, active, done, interaction, later, on_both_engines, queue};

on_both_engines! {
    the_changes_of_what_had_any_life_in_a_time_are_read,
    the_audit_log_is_searched_as_far_back_as_a_commit_may_wait,
    a_contacts_interactions_are_read_in_pages_to_the_end,
    the_last_lines_that_were_said_are_read_in_their_order,
    a_transcript_is_read_from_one_line_on_or_from_its_end,
    a_history_is_found_by_indexes_however_much_there_is,
}

/// An interaction, its phase, and when it changed in seconds.
async fn lived(database: &Database, id: &str, phase: Phase, changed: &[u64]) {
    let conn = &mut *database.connection().await;
    let theirs = format!("{THEIRS}{id}");
    let one = Interaction { phase, created_at: later(changed[0]), ..interaction(id, &theirs) };
    interactions::add(conn, &one).await.unwrap();
    for at in changed {
        let change = Change {
            interaction: one.id.clone(),
            at: later(*at),
            queue: queue(),
            owner: Some(AgentId::new("alice")),
            state: one.state().to_owned(),
        };
        history::add_change(conn, &format!("{at:04}-{id}"), &change).await.unwrap();
    }
}

async fn the_changes_of_what_had_any_life_in_a_time_are_read(database: Database) {
    lived(&database, "i-before", done("alice"), &[10, 20]).await;
    lived(&database, "i-into", done("alice"), &[30, 110]).await;
    lived(&database, "i-open", active("alice"), &[40]).await;
    lived(&database, "i-waits", Phase::Queued { passed_over: vec![] }, &[50]).await;
    lived(&database, "i-after", active("alice"), &[200]).await;
    let conn = &mut *database.connection().await;
    let found = history::changes(conn, later(100), later(200)).await.unwrap();
    let found: Vec<_> = found.iter().map(|change| (change.interaction.as_str(), change.at)).collect();
    let expected =
        [("i-into", later(30)), ("i-into", later(110)), ("i-open", later(40)), ("i-waits", later(50))];
    assert_eq!(found, expected);
    let waiting = history::waiting(conn, &queue()).await.unwrap();
    let waiting: Vec<_> = waiting.into_iter().map(|waiting| waiting.id).collect();
    assert_eq!(waiting, [InteractionId::new("i-waits")]);
}

async fn the_audit_log_is_searched_as_far_back_as_a_commit_may_wait(database: Database) {
    let conn = &mut *database.connection().await;
    // The oldest line, and the next one, which is the last that is read.
    sqlx::query(
        "INSERT INTO audit (id, at, who, what, subject, detail)
         SELECT CAST(100000 + x AS TEXT), 0, '@alice:desk.test', 'done', '',
                CASE x WHEN 0 THEN 'the oldest' WHEN 1 THEN 'an old' ELSE '' END
         FROM (WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 10000)
               SELECT x FROM n) AS numbers",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    let table = [("old", vec!["an old"]), ("oldest", vec![]), ("done", vec![""; 20])];
    for (word, expected) in table {
        let found = audit::newest(conn, &[word.to_owned()], 20).await.unwrap();
        let found: Vec<&str> = found.iter().map(|entry| entry.detail.as_str()).collect();
        assert_eq!(found, expected, "{word}");
    }
}

async fn a_contacts_interactions_are_read_in_pages_to_the_end(database: Database) {
    // Several began in one moment, and some were another's for a while.
    let conn = &mut *database.connection().await;
    for number in 0..25_u64 {
        let id = format!("i-{number:02}");
        let one =
            Interaction { phase: done("alice"), created_at: later(number / 3), ..interaction(&id, THEIRS) };
        interactions::add(conn, &one).await.unwrap();
        for (change, owner) in [None, Some("alice"), (number % 5 == 0).then_some("bob")].iter().enumerate() {
            let change_id = format!("{number:02}-{change}");
            let change = Change {
                interaction: one.id.clone(),
                at: later(number),
                queue: queue(),
                owner: owner.map(AgentId::new),
                state: "active".to_owned(),
            };
            history::add_change(conn, &change_id, &change).await.unwrap();
        }
    }
    interactions::add(conn, &interaction("i-else", "+14155550199")).await.unwrap();
    let contact = interaction("i-00", THEIRS).contact.id;
    let (bob, carol, but) = (AgentId::new("bob"), AgentId::new("carol"), InteractionId::new("i-13"));
    let newest_first = |step: usize| -> Vec<String> {
        (0..25).rev().filter(|number| number % step == 0).map(|number| format!("i-{number:02}")).collect()
    };
    let all_but: Vec<String> = newest_first(1).into_iter().filter(|id| id != "i-13").collect();
    for (but, owned_by, expected) in [
        (None, None, newest_first(1)),
        (Some(&but), None, all_but),
        (None, Some(&bob), newest_first(5)),
        (None, Some(&carol), vec![]),
    ] {
        let mut read = Vec::new();
        let mut last: Option<(Millis, InteractionId)> = None;
        loop {
            let behind = last.as_ref().map(|(at, id)| (*at, id));
            let page = Page { contact: &contact, but, owned_by, behind, limit: 4 };
            let found = history::page(conn, &page).await.unwrap();
            let Some(end) = found.last() else { break };
            last = Some((end.created_at, end.id.clone()));
            read.extend(found.iter().map(|one| one.id.to_string()));
        }
        assert_eq!(read, expected, "{but:?} {owned_by:?}");
    }
    // What someone did not own they are told the number of.
    for (but, agent, unread) in [(None, &bob, 20), (Some(&but), &bob, 19), (None, &carol, 25)] {
        assert_eq!(history::never_owned_by(conn, &contact, but, agent).await.unwrap(), unread);
    }
    let owned = async |conn: &mut _, id: &str, by: &AgentId| {
        history::was_owned_by(conn, &InteractionId::new(id), by).await.unwrap()
    };
    assert!(owned(conn, "i-05", &bob).await && !owned(conn, "i-06", &bob).await);
    assert!(!owned(conn, "i-05", &carol).await);
}

async fn the_last_lines_that_were_said_are_read_in_their_order(database: Database) {
    let conn = &mut *database.connection().await;
    let id = InteractionId::new("i-1");
    let kinds = [
        LineKind::Contact,
        LineKind::Owner,
        LineKind::HeldBack,
        LineKind::Failed,
        LineKind::Internal,
        LineKind::Note,
        LineKind::Change,
    ];
    let line = |(number, kind): (usize, LineKind)| {
        let line = Line {
            id: format!("l{number}"),
            at: NOW,
            kind,
            author: "someone".to_owned(),
            body: number.to_string(),
            event_id: None,
        };
        (id.clone(), line)
    };
    let all: Vec<_> = kinds.into_iter().enumerate().map(line).collect();
    transcript::add_lines(conn, &all).await.unwrap();
    let read = history::last_said(conn, &id, 3).await.unwrap();
    let read: Vec<&str> = read.iter().map(|line| line.body.as_str()).collect();
    assert_eq!(read, ["1", "3", "5"]);
    assert!(history::last_said(conn, &InteractionId::new("i-2"), 3).await.unwrap().is_empty());
}

async fn a_transcript_is_read_from_one_line_on_or_from_its_end(database: Database) {
    let conn = &mut *database.connection().await;
    let line = |of: &str, number: i64, kind| {
        let (author, body) = ("someone".to_owned(), number.to_string());
        let line =
            Line { id: format!("{of}{number:03}"), at: Millis(number), kind, author, body, event_id: None };
        (InteractionId::new(of), line)
    };
    let kind = |number| if number % 2 == 0 { LineKind::Contact } else { LineKind::Note };
    let mut all: Vec<_> = (0..130).map(|number| line("i-1", number, kind(number))).collect();
    all.extend((0..9).map(|number| line("i-0", number, LineKind::Note)));
    all.extend((0..9).map(|number| line("i-2", number, LineKind::Note)));
    transcript::add_lines(conn, &all).await.unwrap();
    let id = InteractionId::new("i-1");
    let (mut read, mut from) = (vec![], String::new());
    loop {
        let lines = history::lines_from(conn, &id, &from, 51).await.unwrap();
        read.extend(lines.iter().take(50).map(|line| line.at.0));
        let Some(next) = lines.get(50) else { break };
        from.clone_from(&next.id);
    }
    assert_eq!(read, (0..130).collect::<Vec<_>>());
    let last = history::last_lines(conn, &id, Millis(127), 4).await.unwrap();
    let last: Vec<i64> = last.iter().map(|line| line.at.0).collect();
    assert_eq!(last, [125, 126, 127, 129], "without what is still on its way into the room");
}

async fn a_history_is_found_by_indexes_however_much_there_is(database: Database) {
    let conn = &mut *database.connection().await;
    let searches = match database.store.engine() {
        Engine::Sqlite => vec![(lines::FTS5, 3)],
        Engine::Postgres => vec![(lines::TSVECTOR, 3), (lines::WALK, 3)],
    };
    let pages = [
        (history::PAGE, 5),
        (history::OWNED_PAGE, 6),
        (history::OWNED, 2),
        (history::NEVER_OWNED, 4),
        (history::LAST_SAID, 2),
        (history::LINES_FROM, 3),
        (history::LAST_LINES, 3),
    ];
    for (sql, values) in searches.into_iter().chain(pages) {
        let explain = match database.store.engine() {
            Engine::Sqlite => "EXPLAIN QUERY PLAN",
            // With few rows it would read all of them, and sort them, if it were let.
            Engine::Postgres => {
                for set in ["SET enable_seqscan = off", "SET enable_sort = off"] {
                    sqlx::query(set).execute(&mut *conn).await.unwrap();
                }
                "EXPLAIN"
            }
        };
        let sql = (1..=values).rev().fold(sql.to_owned(), |sql, place| {
            let is_number =
                ["LIMIT $", "($", " at < $"].iter().any(|before| sql.contains(&format!("{before}{place}")));
            let is_place = place == 2 && (sql.contains("place < $2") || sql.contains("rowid < $2"));
            sql.replace(&format!("${place}"), if is_number || is_place { "7" } else { "'word'" })
        });
        let rows =
            sqlx::query(AssertSqlSafe(format!("{explain} {sql}"))).fetch_all(&mut *conn).await.unwrap();
        let column = if database.store.engine() == Engine::Sqlite { 3 } else { 0 };
        let steps: Vec<String> = rows.iter().map(|row| sqlx::Row::get(row, column)).collect();
        let scans = |step: &String| {
            step.contains("Seq Scan")
                || step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE") && !step.contains("known")
        };
        assert!(!steps.iter().any(scans), "{sql}: {steps:#?}");
        // A page of a transcript costs the same however long it is: its lines come in the index's order.
        let sorts = |step: &String| step.contains("Sort") || step.contains("TEMP B-TREE");
        assert!(!sql.contains("FROM transcript") || !steps.iter().any(sorts), "{sql}: {steps:#?}");
    }
}
