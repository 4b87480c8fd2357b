//! Checks query plans. A look-up inside a commit holds everyone else up, so it must never scan a whole table
//! that grows for ever.

use sqlx::AssertSqlSafe;

use super::{history, open};

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
        let scans = |step: &&str| step.starts_with("SCAN") && !step.contains("interactions_not_done");
        assert!(!steps.iter().any(scans), "{sql}: {steps:#?}");
        assert!(!steps.iter().any(|step| step.contains("CORRELATED")), "{sql}: {steps:#?}");
    }
}
