//! How what is too old is found: rows from before the columns for it, and what a look for it reads.

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use switchroom::domain::retention::Old;
use switchroom::domain::settings::{DeskSettings, Setting};
use switchroom::store::{Engine, lists, retention};

use super::super::{Database, Postgres, on_both_engines};

on_both_engines! {
    rows_from_before_are_taken_over,
    a_look_for_what_is_too_old_reads_no_more_than_that,
}

async fn rows_from_before_are_taken_over(database: Database) {
    let engine = database.store.engine();
    let files = tempfile::tempdir().unwrap();
    let url = match engine {
        Engine::Sqlite => format!("sqlite://{}?mode=rwc", files.path().join("old.db").display()),
        Engine::Postgres => Postgres::shared().await.fresh_database().await,
    };
    let mut old = AnyConnection::connect(&url).await.unwrap();
    let (search, retention, unreadable) = match engine {
        Engine::Sqlite => (
            include_str!("../../../../src/store/migrations/sqlite/0002_search.sql"),
            include_str!("../../../../src/store/migrations/sqlite/0012_retention.sql"),
            include_str!("../../../../src/store/migrations/sqlite/0019_unreadable.sql"),
        ),
        Engine::Postgres => (
            include_str!("../../../../src/store/migrations/postgres/0002_search.sql"),
            include_str!("../../../../src/store/migrations/postgres/0012_retention.sql"),
            include_str!("../../../../src/store/migrations/postgres/0019_unreadable.sql"),
        ),
    };
    let rows = r#"INSERT INTO definitions (kind, name, body) VALUES
        ('setting', 'im_retention_days', '{"name":"im_retention_days","value":14}'),
        ('response', 'im_retention_days', '{"shortcut":"im_retention_days","text":"x"}');
        INSERT INTO interactions (id, our_number, contact_number, contact, mode, queue, state, is_open, created_at, body)
        VALUES ('i-1', '', '', '', '', 'support', 'done', 0, 1,
                '{"first_text":"\"emptied_at\":1","phase":{"phase":"done","by":{},"at":1700000000000}}'),
               ('i-2', '', '', '', '', 'support', 'active', 1, 1, '{"phase":{"phase":"owned","at":5}}'),
               ('i-3', '', '', '', '', 'support', 'done', 0, 1,
                '{"emptied_at":7,"phase":{"phase":"done","by":{},"at":1700000000000}}'),
               ('i-4', '', '', '', '', 'support', 'done', 0, 1, '{{"phase":{"at":1}}'),
               ('i-5', '', '', '', '', 'support', 'done', 0, 1, ''),
               ('i-6', '', '', '', '', 'support', 'done', 0, 1, '7')"#;
    let desk = include_str!("../../../../src/store/migrations/0001_desk.sql");
    for sql in [desk, search, rows, retention, unreadable] {
        sqlx::raw_sql(sql).execute(&mut old).await.unwrap();
    }
    let settings: Vec<Setting> = lists::defined(&mut old).await.unwrap();
    assert_eq!(settings, [Setting { name: "retention_im_days".to_owned(), value: 14.into() }]);
    assert_eq!(DeskSettings::default().with_all(&settings).keeps().days(Old::Talks), 14);
    assert_eq!(lists::names(&mut old, "response").await.unwrap(), ["im_retention_days"]);
    let done: Vec<(String, Option<i64>)> =
        sqlx::query_as("SELECT id, done_at FROM interactions ORDER BY id").fetch_all(&mut old).await.unwrap();
    let moments: Vec<Option<i64>> = done.iter().map(|(_, at)| *at).collect();
    assert_eq!(
        moments,
        [Some(1_700_000_000_000), None, None, Some(1), Some(1), Some(1)],
        "what does not tell since when it is done counts from its beginning"
    );
    for body in ["no JSON", r#"{"phase":{"at":"never"}}"#, r#"{"phase":{"at":7}}"#] {
        sqlx::query("UPDATE interactions SET body = $1 WHERE id = 'i-1'")
            .bind(body)
            .execute(&mut old)
            .await
            .unwrap();
    }
    let due: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM interactions WHERE done_at < 8")
        .fetch_one(&mut old)
        .await
        .unwrap();
    assert_eq!(due, 4);
}

/// The looks for what is too old, each with the index that it is to go by.
const BY_INDEX: [(&str, &str); 5] = [
    (retention::DUE, "interactions_done"),
    (retention::MEDIA_DUE, "media_shown_done"),
    (retention::AUDIT_DUE, "audit_at"),
    (retention::NEXT_QUEUE, "interactions_done"),
    (retention::NEXT_MEDIA_QUEUE, "media_shown_done"),
];

async fn a_look_for_what_is_too_old_reads_no_more_than_that(database: Database) {
    let conn = &mut *database.connection().await;
    if database.store.engine() == Engine::Sqlite {
        for (sql, index) in BY_INDEX {
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                    .bind("support")
                    .bind(1)
                    .bind(1)
                    .fetch_all(&mut *conn)
                    .await
                    .unwrap();
            let steps: Vec<&str> = plan.iter().map(|(_, _, _, step)| step.as_str()).collect();
            assert!(steps[0].starts_with("SEARCH") && steps[0].contains(index), "{sql}: {steps:#?}");
            assert!(
                !steps.iter().any(|step| step.starts_with("SCAN") || step.contains("TEMP")),
                "{sql}: {steps:#?}"
            );
        }
        return;
    }
    // Whether the planner would rather scan a table that is empty says nothing.
    for sql in ["SET enable_seqscan = off", "SET enable_sort = off"] {
        sqlx::query(sql).execute(&mut *conn).await.unwrap();
    }
    for (sql, index) in BY_INDEX {
        let sql = sql
            .replace("done_at < $2", "done_at < 1")
            .replace("at < $1", "at < 1")
            .replace("LIMIT $3", "LIMIT 1");
        let sql = sql.replace("LIMIT $2", "LIMIT 1").replace("$1", "'support'");
        let plan: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {sql}"))).fetch_all(&mut *conn).await.unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains(index) && !plan.contains("Seq Scan on interactions"), "{sql}: {plan}");
    }
}
