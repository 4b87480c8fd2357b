//! What is looked up later, and that looking up holds up nobody for long.

use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::interaction::{Interaction, Phase};
use switchroom::domain::report::Change;
use switchroom::store::{audit, history, interactions};

use super::{Database, THEIRS, active, done, interaction, later, on_both_engines, queue};

on_both_engines! {
    the_changes_of_what_had_any_life_in_a_time_are_read,
    the_audit_log_is_searched_as_far_back_as_a_commit_may_wait,
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
