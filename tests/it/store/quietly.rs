//! Who is not to be heard, what is counted, and that none of it reads more as there is more.

use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe};
use switchroom::clock::Millis;
use switchroom::domain::address::Address;
use switchroom::domain::block::Block;
use switchroom::domain::flood::{Burst, FloodLimits};
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::interaction::{ContactRef, Interaction, Kept, Mode, Phase, Work};
use switchroom::store::{Engine, blocks, contacts, history, interactions, tags};

use super::{Database, NOW, THEIRS, active, agent_ref, contact, done, interaction, later, on_both_engines};
use crate::harness::OURS;

on_both_engines! {
    texts_are_counted_from_one_on_and_a_flood_lasts_until_it_is_quiet,
    a_text_that_was_late_counts_when_it_was_written,
    a_contact_is_blocked_until_a_moment_or_for_good,
    a_text_is_theirs_with_whom_a_conversation_is_open,
    tags_are_counted_of_what_began_in_a_period,
    what_goes_on_is_not_recent_too,
    what_is_only_kept_is_found_for_a_while_and_hides_no_last_agent,
    nothing_of_this_reads_more_as_there_is_more,
}

fn limits() -> FloodLimits {
    FloodLimits { texts: 3, window: Duration::from_mins(1), mute: Duration::from_mins(10) }
}

fn ours() -> Address {
    Address::sms(OURS)
}

fn theirs() -> Address {
    Address::sms(THEIRS)
}

async fn came(conn: &mut AnyConnection, at: Millis) -> Burst {
    blocks::came(conn, (&ours(), &theirs()), at, &limits(), at).await.unwrap().burst
}

async fn texts_are_counted_from_one_on_and_a_flood_lasts_until_it_is_quiet(database: Database) {
    let conn = &mut *database.connection().await;
    for (secs, texts) in [(0, 1), (10, 2), (59, 3), (60, 1), (61, 2), (62, 3), (63, 4), (400, 5)] {
        assert_eq!(came(conn, later(secs)).await, Burst { texts, told: 0 }, "after {secs} s");
    }
    blocks::told(conn, (&ours(), &theirs()), 5).await.unwrap();
    assert_eq!(came(conn, later(999)).await, Burst { texts: 6, told: 5 });
    let pair = (&ours(), &theirs());
    let known = blocks::burst(conn, pair, &limits(), later(999)).await.unwrap();
    assert_eq!(known, Some(Burst { texts: 6, told: 5 }));
    // Another of our numbers is another count.
    let other = Address::sms("+15005550009");
    let came_there =
        blocks::came(conn, (&other, &theirs()), later(999), &limits(), later(999)).await.unwrap();
    assert_eq!(came_there.burst.texts, 1);
    assert_eq!(blocks::burst(conn, pair, &limits(), later(1599)).await.unwrap(), None);
    assert_eq!(came(conn, later(1599)).await, Burst { texts: 1, told: 0 });
}

async fn a_text_that_was_late_counts_when_it_was_written(database: Database) {
    let conn = &mut *database.connection().await;
    // One an hour, all of them fetched at once.
    for hour in 0..10 {
        assert_eq!(came(conn, later(3_600 * hour)).await.texts, 1, "hour {hour}");
    }
    // An older one among those of now begins no flood.
    assert_eq!(came(conn, later(60)).await.texts, 1);
    // Many at once are as many as ever.
    for texts in 1..=4 {
        assert_eq!(came(conn, later(100_000)).await.texts, texts);
    }
}

async fn a_contact_is_blocked_until_a_moment_or_for_good(database: Database) {
    let conn = &mut *database.connection().await;
    let (jane, omar) = (contact(THEIRS), contact("+971501234567"));
    for one in [&jane, &omar] {
        contacts::add(conn, one, NOW).await.unwrap();
    }
    let block = |until: Option<Millis>, at| Block {
        by: agent_ref("alice"),
        at,
        until,
        reason: "rude".to_owned(),
        number: theirs(),
    };
    let an_hour = block(Some(later(3_600)), later(1));
    blocks::add(conn, &jane.id, &an_hour).await.unwrap();
    blocks::add(conn, &omar.id, &block(None, NOW)).await.unwrap();
    let found = async |conn: &mut AnyConnection, at| {
        blocks::came(conn, (&ours(), &theirs()), at, &limits(), at).await.unwrap().block
    };
    assert_eq!(found(conn, later(3_599)).await, Some(an_hour.clone()));
    assert_eq!(found(conn, later(3_600)).await, None);
    assert_eq!(blocks::of(conn, &jane.id, later(3_600)).await.unwrap(), None);
    let ids = async |conn: &mut AnyConnection| {
        let all = blocks::all(conn, 9).await.unwrap();
        all.into_iter().map(|(id, ..)| id).collect::<Vec<ContactId>>()
    };
    assert_eq!(ids(conn).await, [jane.id.clone(), omar.id.clone()]);
    blocks::forget_ended(conn, later(3_600)).await.unwrap();
    assert_eq!(ids(conn).await, std::slice::from_ref(&omar.id));
    // Blocked anew, it is the newer block that counts.
    blocks::add(conn, &jane.id, &an_hour).await.unwrap();
    blocks::add(conn, &jane.id, &block(None, later(2))).await.unwrap();
    assert!(found(conn, later(999_999)).await.is_some_and(|block| block.until.is_none()));
    blocks::remove(conn, &jane.id).await.unwrap();
    assert_eq!(found(conn, later(2)).await, None);
}

async fn a_text_is_theirs_with_whom_a_conversation_is_open(database: Database) {
    let conn = &mut *database.connection().await;
    let (jane, joe) = (contact(THEIRS), contact("+14155550199"));
    for one in [&jane, &joe] {
        contacts::add(conn, one, NOW).await.unwrap();
    }
    let block = |reason: &str| Block {
        by: agent_ref("alice"),
        at: NOW,
        until: None,
        reason: reason.to_owned(),
        number: theirs(),
    };
    blocks::add(conn, &jane.id, &block("Jane")).await.unwrap();
    let found = async |conn: &mut AnyConnection| {
        let came = blocks::came(conn, (&ours(), &theirs()), NOW, &limits(), NOW).await.unwrap();
        came.block.map(|block| block.reason)
    };
    assert_eq!(found(conn).await.as_deref(), Some("Jane"));
    // Joe writes from Jane's number, and somebody talks with him.
    let his = ContactRef { number: theirs(), ..joe.clone() };
    let open = Interaction { contact: his, phase: active("alice"), ..interaction("i-1", THEIRS) };
    interactions::add(conn, &open).await.unwrap();
    assert_eq!(found(conn).await, None, "the block is Jane's, and the text is Joe's");
    let elsewhere = Address::sms("+15005550009");
    let came = blocks::came(conn, (&elsewhere, &theirs()), NOW, &limits(), NOW).await.unwrap();
    assert!(came.block.is_some(), "on another number of ours it is Jane who writes");
    blocks::add(conn, &joe.id, &block("Joe")).await.unwrap();
    blocks::remove(conn, &jane.id).await.unwrap();
    assert_eq!(found(conn).await.as_deref(), Some("Joe"));
    interactions::save(conn, &Interaction { phase: done("alice"), ..open.clone() }).await.unwrap();
    assert_eq!(found(conn).await, None, "it is Jane's number");

    let pair = (&ours(), &theirs());
    let kept = Interaction {
        phase: done("alice"),
        kept: Some(Kept::Blocked),
        id: InteractionId::new("i-2"),
        ..open
    };
    interactions::add(conn, &kept).await.unwrap();
    for (whose, expected) in [(&joe.id, Some("i-2".to_owned())), (&jane.id, None)] {
        let since = NOW - Duration::from_secs(1);
        let found = interactions::kept(conn, pair, (whose, Kept::Blocked), since).await.unwrap();
        assert_eq!(found.map(|kept| kept.id.to_string()), expected);
    }
}

async fn tags_are_counted_of_what_began_in_a_period(database: Database) {
    let conn = &mut *database.connection().await;
    for (n, began, words) in
        [(1, 0, &["vip"][..]), (2, 10, &["refund", "vip"]), (3, 20, &["refund"]), (4, 30, &["vip"])]
    {
        let one = interaction(&format!("i-{n}"), &format!("+1415555010{n}"));
        let tags = words.iter().map(|word| (*word).to_owned()).collect();
        tags::set(conn, &Interaction { tags, created_at: later(began), ..one }).await.unwrap();
    }
    let counted = async |conn: &mut AnyConnection, limit| {
        let lines = tags::counts(conn, later(10), later(30), limit).await.unwrap();
        lines.into_iter().map(|line| (line.tag, line.began)).collect::<Vec<_>>()
    };
    assert_eq!(counted(conn, 9).await, [("refund".to_owned(), 2), ("vip".to_owned(), 1)]);
    assert_eq!(counted(conn, 1).await, [("refund".to_owned(), 2)]);
    // What is taken away counts no more.
    let second = Interaction { created_at: later(10), ..interaction("i-2", THEIRS) };
    tags::set(conn, &second).await.unwrap();
    assert_eq!(counted(conn, 9).await, [("refund".to_owned(), 1)]);
}

async fn what_goes_on_is_not_recent_too(database: Database) {
    let conn = &mut *database.connection().await;
    let expired =
        Phase::Owned { owner: agent_ref("alice"), come_by: None, work: Work::Expired, transfer: None };
    let lives = [
        // Before the days that count: over, and still going on.
        ("i-1", 0, Mode::Session, done("alice"), None),
        ("i-2", 1, Mode::Session, expired.clone(), None),
        // In these days.
        ("i-3", 100, Mode::Session, done("alice"), None),
        ("i-4", 101, Mode::Page, done("alice"), None),
        ("i-5", 102, Mode::Page, done("alice"), None),
        ("i-6", 103, Mode::Page, expired, None),
        ("i-7", 104, Mode::Session, done("alice"), Some(Kept::Blocked)),
        ("i-8", 105, Mode::Session, active("alice"), None),
    ];
    for (id, began, mode, phase, kept) in lives {
        let one = Interaction { mode, phase, kept, created_at: later(began), ..interaction(id, THEIRS) };
        interactions::add(conn, &one).await.unwrap();
    }
    let mut counts = async |id: &str| {
        let of = interactions::by_id(conn, &switchroom::domain::ids::InteractionId::new(id)).await.unwrap();
        history::others(conn, &of.unwrap(), later(100)).await.unwrap()
    };
    assert_eq!(counts("i-8").await, [(Mode::Page, 1, 2), (Mode::Session, 1, 1)]);
    assert_eq!(counts("i-3").await, [(Mode::Page, 1, 2), (Mode::Session, 2, 0)]);
    assert_eq!(counts("i-6").await, [(Mode::Page, 0, 2), (Mode::Session, 2, 1)]);
    assert_eq!(counts("i-1").await, [(Mode::Page, 1, 2), (Mode::Session, 2, 1)]);
}

async fn what_is_only_kept_is_found_for_a_while_and_hides_no_last_agent(database: Database) {
    let conn = &mut *database.connection().await;
    let handled = Interaction { phase: done("alice"), ..interaction("i-1", THEIRS) };
    let kept = Interaction {
        phase: done("switchroom"),
        kept: Some(Kept::Flood),
        last_agent: Some(agent_ref("alice").id),
        created_at: later(10),
        ..interaction("i-2", THEIRS)
    };
    for one in [&handled, &kept] {
        interactions::add(conn, one).await.unwrap();
    }
    let found = async |conn: &mut AnyConnection, why, since| {
        let pair = (&ours(), &theirs());
        interactions::kept(conn, pair, (&contact(THEIRS).id, why), since)
            .await
            .unwrap()
            .map(|kept| kept.id.to_string())
    };
    assert_eq!(found(conn, Kept::Flood, NOW).await.as_deref(), Some("i-2"));
    assert_eq!(found(conn, Kept::Blocked, NOW).await, None);
    assert_eq!(found(conn, Kept::Flood, later(10)).await, None);
    let newest = history::of_contact(conn, &kept.contact.id, 1).await.unwrap().pop().unwrap();
    assert_eq!((newest.id.as_str(), newest.last_handler()), ("i-2", Some(&agent_ref("alice").id)));
}

/// How an engine would answer a statement whose values are all the same.
async fn plan(database: &Database, sql: &str, values: usize) -> Vec<String> {
    let conn = &mut *database.connection().await;
    match database.store.engine() {
        Engine::Sqlite => {
            let mut query = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
            for _ in 0..values {
                query = query.bind(1_i64);
            }
            let rows: Vec<(i64, i64, i64, String)> = query.fetch_all(conn).await.unwrap();
            rows.into_iter().map(|(.., step)| step).collect()
        }
        Engine::Postgres => {
            // A plan for many rows, whatever there are.
            sqlx::query("SET enable_seqscan = off").execute(&mut *conn).await.unwrap();
            let mut filled = sql.to_owned();
            for n in (1..=values).rev() {
                filled = filled.replace(&format!("${n}"), "'1'");
            }
            let sql = format!("EXPLAIN {filled}");
            let rows: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *conn).await.unwrap();
            sqlx::query("RESET enable_seqscan").execute(&mut *conn).await.unwrap();
            rows
        }
    }
}

async fn nothing_of_this_reads_more_as_there_is_more(database: Database) {
    let statements = [
        (blocks::CAME, 8),
        (blocks::ALL, 1),
        (tags::COUNTS, 3),
        (interactions::KEPT, 5),
        (interactions::IN_PROGRESS, 2),
        (interactions::LAST_WORDS, 1),
        (history::IN_PROGRESS, 3),
        (history::RECENT, 3),
    ];
    for (sql, values) in statements {
        let steps = plan(&database, sql, values).await;
        // A list is read from its newest on, as far as its limit.
        let is_scan = |step: &&String| {
            let whole = step.contains("Seq Scan") || step.trim_start().starts_with("SCAN");
            whole && !step.contains("blocks") && !step.contains("SCAN b") && !step.contains("newest")
        };
        let scans: Vec<&String> = steps.iter().filter(is_scan).collect();
        assert!(scans.is_empty(), "{sql}\n{steps:#?}");
    }
}
