//! Erasing somebody with very many conversations: each commit writes what it did, and no more.

use std::fmt::Write as _;

use switchroom::domain::erasure::{Elsewhere, ErasureId};
use switchroom::domain::ids::InteractionId;
use switchroom::store::erasures;

use super::super::desk::{Opened, open};
use super::super::{Database, NOW, done, on_both_engines};
use super::fill::{JANE, fill, room};
use super::{begin, go_on};

on_both_engines! {
    with_very_many_conversations_each_commit_writes_only_what_it_did,
    the_last_commit_of_forgetting_writes_no_more_than_the_others,
}

const MANY: usize = 20_000;
/// What one commit forgets at most, and what a conversation of these tests has elsewhere: a room.
const AT_ONCE: i64 = 50;

/// Has somebody have very many conversations, copies of one that is done.
async fn fill_many(database: &Database) {
    let columns = "our_number, contact_number, contact, mode, queue, state, is_open, owner, holder, created_at, place, waits";
    let copy = format!(
        "INSERT INTO interactions (id, room_id, body, {columns})
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MANY})
         SELECT REPLACE(i.id, 'djane', 'many' || n.n), REPLACE(i.room_id, 'djane', 'many' || n.n),
             REPLACE(i.body, 'djane', 'many' || n.n), {}
         FROM interactions i CROSS JOIN n WHERE i.id = 'i-djane'",
        columns.split(", ").fold(String::new(), |mut all, column| {
            let comma = if all.is_empty() { "" } else { ", " };
            write!(all, "{comma}i.{column}").unwrap();
            all
        })
    );
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            sqlx::query(sqlx::AssertSqlSafe(copy.clone())).execute(conn).await?;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(JANE.interaction("d", done("alice")).id.as_str(), "i-djane");
}

/// How many steps there are, how much was noted to be known again, and how long the row of the job is.
async fn written(database: &Database) -> [i64; 3] {
    [
        database.number("SELECT COUNT(*) FROM erasure_steps").await,
        database.number("SELECT COUNT(*) FROM erasure_seen").await,
        database.number("SELECT COALESCE(MAX(LENGTH(body)), 0) FROM forgetting").await,
    ]
}

async fn with_very_many_conversations_each_commit_writes_only_what_it_did(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    fill_many(&database).await;
    let id = begin(desk, &JANE.id()).await;
    let [mut steps, mut seen, first_len] = written(&database).await;
    let left = "SELECT COUNT(*) FROM interactions WHERE contact = 'c-jane'";
    let before = database.number(left).await;
    assert!(before >= i64::try_from(MANY).unwrap());
    for _ in 0..20 {
        assert!(go_on(&database, desk, &id).await);
        let [steps_now, seen_now, len] = written(&database).await;
        // Those with lines and pictures have a few more of each.
        assert!(steps_now - steps <= AT_ONCE + 20, "{} steps in one commit", steps_now - steps);
        assert!(seen_now - seen <= 2 * AT_ONCE + 40, "{} ids in one commit", seen_now - seen);
        assert!(len <= first_len + 100, "the row of the job grows: from {first_len} to {len}");
        (steps, seen) = (steps_now, seen_now);
    }
    assert!(before - database.number(left).await > 15 * AT_ONCE, "it goes on");
}

async fn the_last_commit_of_forgetting_writes_no_more_than_the_others(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    fill_many(&database).await;
    let id = begin(desk, &JANE.id()).await;
    planned_all_at_once(&database, &id).await;
    let mut before = written(&database).await;
    loop {
        let goes_on = go_on(&database, desk, &id).await;
        let now = written(&database).await;
        assert!(now[0] - before[0] <= AT_ONCE + 20, "{} steps in one commit", now[0] - before[0]);
        assert!(now[2] <= 4_000, "the row of the job has {} characters", now[2]);
        before = now;
        if !goes_on {
            break;
        }
    }
    // What the erasure knows beside its steps is read for each of them.
    let known = database.number("SELECT MAX(LENGTH(about)) FROM erasures").await;
    assert!(known < 4_000, "{known} characters");
    assert!(before[0] >= i64::try_from(MANY).unwrap());
    let conn = &mut *database.connection().await;
    let first = erasures::next(conn, &id).await.unwrap().unwrap();
    assert!(
        matches!(first.step, switchroom::domain::erasure::Step::Room { .. }),
        "rooms go first: {first:?}"
    );
}

/// Forgets all those conversations at once, as hundreds of commits would have.
async fn planned_all_at_once(database: &Database, id: &ErasureId) {
    database
        .commit(async |conn| {
            let names = (1..=MANY).map(|number| format!("i-many{number}"));
            let all = Elsewhere {
                rooms: names.clone().map(|name| room(&name)).collect(),
                conversations: names.map(InteractionId::new).collect(),
                ..Elsewhere::default()
            };
            erasures::plan(conn, id, &all, NOW).await?;
            sqlx::query("UPDATE interactions SET contact = '' WHERE id LIKE 'i-many%'").execute(conn).await?;
            Ok(())
        })
        .await
        .unwrap();
}
