//! Who is not to be heard, what is counted, and that none of it reads more as there is more.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe};
use switchroom::clock::Millis;
use switchroom::domain::address::Address;
use switchroom::domain::block::Block;
use switchroom::domain::flood::{Burst, Course, FloodLimits};
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::interaction::{ContactRef, Interaction, Kept, Mode, Phase, Work};
use switchroom::store::blocks::Came;
use switchroom::store::{
    Engine, blocks, contacts, history, interactions, replies, responses, tags, transcript,
};

use super::{Database, NOW, THEIRS, active, agent_ref, contact, done, interaction, later, on_both_engines};
use crate::harness::OURS;

on_both_engines! {
    texts_are_counted_from_one_on_and_a_flood_lasts_until_it_is_less,
    texts_are_counted_as_the_rule_says,
    after_a_block_counting_begins_anew,
    a_flood_of_before_this_version_goes_on,
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
    match blocks::came(conn, (&ours(), &theirs()), at, &limits(), at).await.unwrap() {
        Came::Counted(burst) => burst,
        Came::Blocked(block) => panic!("{block:?}"),
    }
}

async fn texts_are_counted_from_one_on_and_a_flood_lasts_until_it_is_less(database: Database) {
    let conn = &mut *database.connection().await;
    let counts =
        [(0, 1, 0), (10, 2, 0), (59, 3, 0), (60, 1, 0), (61, 2, 0), (62, 3, 0), (63, 4, 1), (400, 1, 2)];
    for (secs, texts, muted) in counts {
        let burst = came(conn, later(secs)).await;
        assert_eq!((burst.texts, burst.muted), (texts, muted), "after {secs} s");
    }
    let pair = (&ours(), &theirs());
    blocks::told(conn, pair, 1).await.unwrap();
    // What was not told of stays to be told of, however long nothing comes, and after the mute.
    let known = blocks::burst(conn, pair).await.unwrap().unwrap();
    assert_eq!((known.untold, known.is_muted(later(662), &limits())), (1, true));
    assert!(!known.is_muted(later(663), &limits()));
    // Another of our numbers is another count.
    let other = Address::sms("+15005550009");
    let there = blocks::came(conn, (&other, &theirs()), later(600), &limits(), later(600)).await.unwrap();
    assert_eq!(there, Came::Counted(Burst::first(later(600))));
    // Never quiet for ten minutes, and heard again.
    let burst = came(conn, later(663)).await;
    assert_eq!((burst.course(), burst.untold), (Course::Shown, 1));
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

async fn texts_are_counted_as_the_rule_says(database: Database) {
    let conn = &mut *database.connection().await;
    // The same moments at every run, most of them in order, with limits that change meanwhile.
    let mut seed = 7_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut secs, mut known, mut courses) = (0, None::<Burst>, HashSet::new());
    for _ in 0..600 {
        let limits = FloodLimits {
            texts: u32::try_from([0, 1, 3, 3, 3, 3, 5][usize::try_from(random(7)).unwrap()]).unwrap(),
            window: Duration::from_secs([30, 60, 60, 60][usize::try_from(random(4)).unwrap()]),
            mute: Duration::from_secs([10, 120, 120][usize::try_from(random(3)).unwrap()]),
        };
        secs += random(40);
        let at = if random(6) == 0 { later(secs.saturating_sub(random(400))) } else { later(secs) };
        let expected = known.map_or_else(|| Burst::first(at), |known| known.then(at, &limits));
        let came = blocks::came(conn, (&ours(), &theirs()), at, &limits, at).await.unwrap();
        assert_eq!(came, Came::Counted(expected), "{known:?} and one at {at:?} by {limits:?}");
        courses.insert(format!("{:?}", expected.course()));
        let told = if expected.course() == Course::TooMuch || random(9) == 0 { expected.untold } else { 0 };
        blocks::told(conn, (&ours(), &theirs()), told).await.unwrap();
        known = Some(Burst { untold: expected.untold - told, ..expected });
    }
    assert_eq!(courses.len(), 4, "{courses:?}");
}

async fn after_a_block_counting_begins_anew(database: Database) {
    let conn = &mut *database.connection().await;
    let jane = contact(THEIRS);
    contacts::add(conn, &jane, NOW).await.unwrap();
    for secs in 0..5 {
        came(conn, later(secs)).await;
    }
    let pair = (&ours(), &theirs());
    let until = Some(later(20));
    let number = theirs();
    let block = Block { by: agent_ref("alice"), at: later(10), until, reason: String::new(), number };
    blocks::add(conn, &jane.id, &block).await.unwrap();
    // What nobody hears is in nobody's count.
    for secs in 11..19 {
        let came = blocks::came(conn, pair, later(secs), &limits(), later(secs)).await.unwrap();
        assert_eq!(came, Came::Blocked(Box::new(block.clone())));
    }
    // What came before the block is still told of.
    assert_eq!(blocks::burst(conn, pair).await.unwrap().unwrap().untold, 2);
    let burst = came(conn, later(20)).await;
    assert_eq!((burst.course(), burst.texts), (Course::Shown, 1), "it ended by time");

    for secs in 21..25 {
        came(conn, later(secs)).await;
    }
    blocks::add(conn, &jane.id, &Block { until: None, ..block }).await.unwrap();
    blocks::remove(conn, &jane.id).await.unwrap();
    assert_eq!(came(conn, later(26)).await.course(), Course::Shown, "somebody ended it");
}

async fn a_flood_of_before_this_version_goes_on(database: Database) {
    let conn = &mut *database.connection().await;
    let sql = include_str!("../../../src/store/migrations/0007_blocks_tags.sql");
    let begin = sql.find("CREATE TABLE floods").unwrap();
    let table = &sql[begin..begin + sql[begin..].find(';').unwrap()];
    sqlx::raw_sql("DROP TABLE floods").execute(&mut *conn).await.unwrap();
    let rows = "INSERT INTO floods (theirs, ours, since, last_at, texts, told)
                VALUES ('sms:+14155550100', 'sms:+15005550006', 1, 2, 40, 35),
                       ('sms:+14155550101', 'sms:+15005550006', 1, 2, 5, 0)";
    for sql in [table, rows, include_str!("../../../src/store/migrations/0011_flood_windows.sql")] {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *conn).await.unwrap();
    }
    let known = blocks::burst(conn, (&ours(), &theirs())).await.unwrap().unwrap();
    let flood = Burst { since: Millis(1), texts: 40, over_at: Millis(2), muted: 40, untold: 5 };
    assert_eq!(known, flood);
    let other = blocks::burst(conn, (&ours(), &Address::sms("+14155550101"))).await.unwrap().unwrap();
    assert_eq!((other.texts, other.over_at, other.muted, other.untold), (5, Millis(0), 0, 0));
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
    let found = async |conn: &mut AnyConnection, at| match blocks::came(
        conn,
        (&ours(), &theirs()),
        at,
        &limits(),
        at,
    )
    .await
    .unwrap()
    {
        Came::Blocked(block) => Some(*block),
        Came::Counted(_) => None,
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
    let reason = |came| match came {
        Came::Blocked(block) => Some(block.reason),
        Came::Counted(_) => None,
    };
    let found = async |conn: &mut AnyConnection| {
        reason(blocks::came(conn, (&ours(), &theirs()), NOW, &limits(), NOW).await.unwrap())
    };
    assert_eq!(found(conn).await.as_deref(), Some("Jane"));
    // Joe writes from Jane's number, and somebody talks with him.
    let his = ContactRef { number: theirs(), ..joe.clone() };
    let open = Interaction { contact: his, phase: active("alice"), ..interaction("i-1", THEIRS) };
    interactions::add(conn, &open).await.unwrap();
    assert_eq!(found(conn).await, None, "the block is Jane's, and the text is Joe's");
    let elsewhere = Address::sms("+15005550009");
    let came = blocks::came(conn, (&elsewhere, &theirs()), NOW, &limits(), NOW).await.unwrap();
    assert!(reason(came).is_some(), "on another number of ours it is Jane who writes");
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
    assert_eq!(counts("i-8").await, [("page", 1, 2), ("session", 1, 1)]);
    assert_eq!(counts("i-3").await, [("page", 1, 2), ("session", 2, 0)]);
    assert_eq!(counts("i-6").await, [("page", 0, 2), ("session", 2, 1)]);
    assert_eq!(counts("i-1").await, [("page", 1, 2), ("session", 2, 1)]);
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
    // What was said last is not what nobody heard.
    let blocked =
        Interaction { kept: Some(Kept::Blocked), created_at: later(20), ..interaction("i-3", THEIRS) };
    interactions::add(conn, &Interaction { phase: done("switchroom"), ..blocked }).await.unwrap();
    let last = history::last_conversation(conn, &kept.contact.id).await.unwrap().unwrap();
    assert_eq!(last.id.as_str(), "i-1");
    assert_eq!(history::last_conversation(conn, &ContactId::new("c-nobody")).await.unwrap(), None);
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
        (blocks::SENDER.as_str(), 3),
        (blocks::ALL, 1),
        (tags::COUNTS, 3),
        (responses::COUNTS, 2),
        (interactions::KEPT, 5),
        (interactions::IN_PROGRESS, 2),
        (transcript::LAST_WORDS, 1),
        (interactions::WITH_ADDRESS, 2),
        (replies::BEGUN, 2),
        (history::IN_PROGRESS, 3),
        (history::RECENT, 3),
        (history::LAST_CONVERSATION, 1),
    ];
    for (sql, values) in statements {
        let steps = plan(&database, sql, values).await;
        // A list is read from its newest on, as far as its limit.
        let is_scan = |step: &&String| {
            let whole = step.contains("Seq Scan") || step.trim_start().starts_with("SCAN");
            whole
                && !step.contains("CONSTANT ROW")
                && !step.contains("SCAN pairs")
                && !step.contains("blocks")
                && !step.contains("SCAN b")
                && !step.contains("newest")
        };
        let scans: Vec<&String> = steps.iter().filter(is_scan).collect();
        assert!(scans.is_empty(), "{sql}\n{steps:#?}");
    }
}
