//! Checks query plans. A look-up inside a commit holds everyone else up, so it must never scan a whole table
//! that grows for ever.

use sqlx::AssertSqlSafe;

use super::{callbacks, consent, forget, history, open, routing, scheduled};

#[tokio::test]
async fn what_a_command_looks_up_in_a_commit_is_found_by_an_index() {
    let files = tempfile::tempdir().unwrap();
    let store = open(&format!("sqlite://{}", files.path().join("desk.db").display()), 2).await.unwrap();
    for sql in [history::WAITING, history::CHANGES] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .bind(1)
                .bind(1)
                .fetch_all(&mut *store.connection().await.unwrap())
                .await
                .unwrap();
        let steps: Vec<&str> = plan.iter().map(|(_, _, _, step)| step.as_str()).collect();
        // These indexes hold what is not done, and nothing else.
        let of_open = |step: &str| {
            ["interactions_not_done", "interactions_in_progress"].iter().any(|name| step.contains(name))
        };
        let scans = |step: &&str| step.starts_with("SCAN") && !of_open(step);
        assert!(!steps.iter().any(scans), "{sql}: {steps:#?}");
        assert!(!steps.iter().any(|step| step.contains("CORRELATED")), "{sql}: {steps:#?}");
    }
}

#[tokio::test]
async fn what_overflows_is_found_by_an_index_and_nothing_is_sorted() {
    let files = tempfile::tempdir().unwrap();
    let store = open(&format!("sqlite://{}", files.path().join("desk.db").display()), 2).await.unwrap();
    let all = [routing::OVERFLOWED, routing::UNREADY, routing::UNREADY_OF, routing::LINE, history::TAKEN];
    for sql in all {
        let mut explain = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
        for _ in 1..=["$1", "$2", "$3", "$4", "$5"].iter().filter(|place| sql.contains(*place)).count() {
            explain = explain.bind("1");
        }
        let plan: Vec<(i64, i64, i64, String)> =
            explain.fetch_all(&mut *store.connection().await.unwrap()).await.unwrap();
        let is_costly = |step: &str| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
        assert!(!plan.iter().any(|(.., step)| is_costly(step)), "{sql}: {plan:#?}");
    }
}

#[tokio::test]
async fn whether_somebody_wants_texts_is_found_by_an_index() {
    let files = tempfile::tempdir().unwrap();
    let store = open(&format!("sqlite://{}", files.path().join("desk.db").display()), 2).await.unwrap();
    let all = [
        consent::STANDING,
        consent::STANDING_OF_REPLY,
        consent::ERASED,
        consent::OPEN,
        consent::CHANGES,
        consent::CURRENT,
    ];
    for sql in all {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .bind("one")
                .bind("two")
                .fetch_all(&mut *store.connection().await.unwrap())
                .await
                .unwrap();
        let steps: Vec<&str> = plan.iter().map(|(_, _, _, step)| step.as_str()).collect();
        // Of what was erased only the first row is looked for: whether there is any.
        let scans = |step: &&str| step.starts_with("SCAN") && !step.contains("consent_hashes");
        assert!(!steps.iter().any(scans), "{sql}: {steps:#?}");
    }
}

#[tokio::test]
async fn what_goes_later_is_found_by_an_index() {
    let files = tempfile::tempdir().unwrap();
    let store = open(&format!("sqlite://{}", files.path().join("desk.db").display()), 2).await.unwrap();
    let of_callbacks = [callbacks::OF, callbacks::OF_AGENT, callbacks::OF_CONTACT];
    let of_texts = [scheduled::OF, scheduled::OF_AGENT, scheduled::OF_CONTACT, scheduled::WROTE_ELSEWHERE];
    for sql in of_callbacks.into_iter().chain(of_texts) {
        let mut explain = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
        for _ in 1..=["$1", "$2", "$3"].iter().filter(|place| sql.contains(*place)).count() {
            explain = explain.bind("1");
        }
        let plan: Vec<(i64, i64, i64, String)> =
            explain.fetch_all(&mut *store.connection().await.unwrap()).await.unwrap();
        // What is counted is one row.
        let scans = |step: &&(i64, i64, i64, String)| step.3.starts_with("SCAN") && !step.3.contains("texts");
        assert!(!plan.iter().any(|step| scans(&step)), "{sql}: {plan:#?}");
    }
}

#[tokio::test]
async fn what_an_erasure_reads_piece_by_piece_is_not_sorted_each_time() {
    let files = tempfile::tempdir().unwrap();
    let store = open(&format!("sqlite://{}", files.path().join("desk.db").display()), 2).await.unwrap();
    // Within one key, rows may be sorted: that is “for the last term”.
    for sql in forget::statements() {
        let mut explain = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
        for _ in 1..=["$1", "$2", "$3"].iter().filter(|place| sql.contains(*place)).count() {
            explain = explain.bind("1");
        }
        let plan: Vec<(i64, i64, i64, String)> =
            explain.fetch_all(&mut *store.connection().await.unwrap()).await.unwrap();
        assert!(!plan.iter().any(|(.., step)| step.contains("TEMP B-TREE FOR ORDER BY")), "{sql}: {plan:#?}");
    }
}
