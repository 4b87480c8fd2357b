//! Erasing a contact: every table is filled with what two people left there, one is erased, and then
//! nothing of them is found anywhere, and all of the other is.

mod colleagues;
mod fill;
mod many;
mod meanwhile;
mod others;
mod reports;

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe};
use switchroom::clock::Clock;
use switchroom::desk::{Applied, Desk};
use switchroom::domain::erasure::{ErasureId, Step};
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::input::Input;
use switchroom::domain::timer::Due;
use switchroom::store::search::lines::words_of_line;
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{audit, contacts, erasures, forget, interactions, kept, search, timers};

use self::fill::{JANE, ROY, fill, leave};
use super::desk::{Opened, console, open};
use super::{Database, NOW, on_both_engines, queue};
use crate::harness::dump_of;

on_both_engines! {
    nothing_of_a_person_is_left_in_any_table_and_all_of_the_other_is,
    much_is_forgotten_in_pieces_and_goes_on_where_it_was_interrupted,
    what_is_erased_elsewhere_ends_where_the_erasure_was_asked_for,
}

/// Every row of every table as text, in lower case.
async fn dump(database: &Database) -> Vec<String> {
    dump_of(&mut *database.connection().await).await
}

/// Erases a contact to the end, and returns the erasure, with what is to be erased elsewhere.
pub(super) async fn erase(database: &Database, desk: &Desk, contact: &ContactId) -> (ErasureId, Vec<Step>) {
    let id = begin(desk, contact).await;
    while go_on(database, desk, &id).await {}
    let conn = &mut *database.connection().await;
    let mut steps = Vec::new();
    while let Some(next) = erasures::next(conn, &id).await.unwrap() {
        assert!(erasures::done(conn, &id, next.seq).await.unwrap());
        steps.push(next.step);
    }
    // What the job knew is forgotten when it ends.
    erasures::end(conn, &id, Clock::default().now()).await.unwrap();
    (id, steps)
}

async fn begin(desk: &Desk, contact: &ContactId) -> ErasureId {
    match desk.apply(Input::EraseContact { contact: contact.clone(), keep_names: false }).await.unwrap() {
        Applied::Erasing { id, .. } => id,
        other => panic!("{other:?}"),
    }
}

/// Does the next piece; false if there is none.
async fn go_on(database: &Database, desk: &Desk, id: &ErasureId) -> bool {
    let due = Due::Forget { erasure: id.clone() };
    let timer = timers::set_for(&mut *database.connection().await, &due).await.unwrap();
    let Some(timer) = timer else {
        assert_eq!(forget::by_id(&mut *database.connection().await, id).await.unwrap(), None);
        return false;
    };
    assert_eq!(desk.apply(Input::Due { id: timer, due }).await.unwrap(), Applied::Done);
    true
}

/// The rows in which one of the needles stands.
fn with(rows: &[String], needles: &[String]) -> Vec<String> {
    rows.iter().filter(|row| needles.iter().any(|needle| row.contains(needle))).cloned().collect()
}

async fn nothing_of_a_person_is_left_in_any_table_and_all_of_the_other_is(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    console(&database).await;
    leave(&database, &[&JANE, &ROY]).await;
    let before = dump(&database).await;
    let of_jane = with(&before, &JANE.needles());
    let filled: BTreeSet<&str> =
        of_jane.iter().filter_map(|row| row.split_once(':')).map(|(table, _)| table).collect();
    let more = ["contact_moves", "posted", "lists", "timers", "transcript"];
    for table in kept::tables().into_iter().chain(forget::tables()).chain(more) {
        // What these hold of her has no words.
        let is_wordless = matches!(table, "changes" | "offers" | "contact_moves");
        assert!(is_wordless || filled.contains(table), "nothing of hers stands in {table}");
        let count = format!("SELECT COUNT(*) FROM {table}");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut *database.connection().await)
            .await
            .unwrap();
        assert!(count > 0, "{table} is empty");
    }
    let of_roy = with(&before, &ROY.needles());

    let (id, steps) = erase(&database, desk, &JANE.id()).await;

    let after = dump(&database).await;
    assert_eq!(with(&after, &JANE.needles()), Vec::<String>::new());
    let roy_now = with(&after, &ROY.needles());
    let lost: Vec<&String> = of_roy.iter().filter(|row| !roy_now.contains(row)).collect();
    // Full-text indexes keep their words in rows of their own making.
    let lost: Vec<&&String> = lost
        .iter()
        .filter(|row| !["_data:", "_idx:", "_docsize:", "_content:"].iter().any(|end| row.contains(end)))
        .collect();
    assert!(lost.is_empty(), "{lost:#?}");

    // What reports count stays, and nobody finds whose it was.
    let mut connection = database.connection().await;
    let conn = &mut *connection;
    for kind in ["o", "d", "m"] {
        let left =
            interactions::by_id(conn, &InteractionId::new(format!("i-{kind}jane"))).await.unwrap().unwrap();
        assert!(left.is_done() && left.erased == Some(id.clone()) && left.queue == queue(), "{left:?}");
        assert_eq!(left.created_at, NOW);
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM changes WHERE interaction = 'i-djane'").await, 3);
    let erased: Vec<(String, String)> =
        sqlx::query_as("SELECT what, detail FROM audit WHERE at = 1700000000000 AND detail = '(erased)'")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    assert_eq!(erased.len(), 6, "{erased:?}");
    let noted = audit::newest(conn, &["contact erase".to_owned()], 10).await.unwrap();
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].detail, format!("erased a contact: {id}"));
    assert!(noted[0].subject.is_empty());
    assert_eq!(search_contacts(conn, "zanzibar").await + search_contacts(conn, "0100").await, 0);
    assert_eq!(search_contacts(conn, "quixotic").await, 1);

    // What is to be erased elsewhere.
    for room in [
        "!i-ojane:desk.test",
        "!i-djane:desk.test",
        "!i-mjane:desk.test",
        // A consult about her is hers too.
        "!consulti-ojane:desk.test",
    ] {
        assert!(
            steps.iter().any(|step| matches!(step, Step::Room { room: of, .. } if of == room)),
            "{room}: {steps:#?}"
        );
    }
    for (room, is_searched) in [
        ("!consulti-ojane:desk.test", false),
        ("!imi-djane:desk.test", true),
        // The room of somebody else, in which her card was shown.
        ("!shows-jane:desk.test", true),
    ] {
        let is = |step: &Step| matches!(step, Step::Mentions { room: of, .. } if of == room);
        assert_eq!(steps.iter().any(is), is_searched, "{room}: {steps:#?}");
    }
    let ghosts = steps.iter().filter(|step| matches!(step, Step::Ghost { .. })).count();
    let addresses = steps.iter().filter(|step| matches!(step, Step::Texts { .. })).count();
    let files = steps.iter().filter(|step| matches!(step, Step::File { .. })).count();
    // Two addresses of hers, and one that she wrote from and others use too.
    assert_eq!((ghosts, addresses, files), (2, 3, 8), "{steps:#?}");
    assert!(!format!("{steps:?}").contains("roy"), "{steps:#?}");

    // The owner of what was open was told, and not whose it was.
    let told: Vec<String> =
        sqlx::query_scalar("SELECT body FROM outbox WHERE body LIKE '%conversation_erased%'")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(!told[0].contains("i-ojane"), "{told:?}");
    drop(connection);
    the_file_tells_nothing(&database).await;
}

/// On SQLite, nothing of her stands in the file of the database either.
async fn the_file_tells_nothing(database: &Database) {
    let Some(files) = &database.files else { return };
    let path = files.path().join("desk.db");
    // What the last connection writes into the file as it closes it.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *database.connection().await).await.unwrap();
    let log = std::fs::metadata(files.path().join("desk.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0);
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    for needle in JANE.needles() {
        assert!(!text.contains(&needle), "{needle} is in the file");
    }
    assert!(text.contains(ROY.word), "the file is read as it is");
}

async fn search_contacts(conn: &mut AnyConnection, typed: &str) -> usize {
    let sought = switchroom::domain::contact::words::sought(typed, "US", false);
    contacts::search::find(conn, &sought, (10, 0)).await.unwrap().len()
}

async fn much_is_forgotten_in_pieces_and_goes_on_where_it_was_interrupted(database: Database) {
    let opened = open(&database.store).await;
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            fill(conn, &ROY).await;
            let of = InteractionId::new("i-djane");
            for piece in 0..13 {
                let line = |number: u32| Line {
                    id: format!("much{piece:02}{number:04}"),
                    at: NOW,
                    kind: LineKind::Contact,
                    author: JANE.number.to_owned(),
                    body: format!("{number} {}", JANE.said()),
                    event_id: None,
                };
                let lines: Vec<_> = (0..100).map(|number| (of.clone(), line(number))).collect();
                let words: Vec<_> = lines
                    .iter()
                    .filter_map(|(_, line)| {
                        Some((line.id.clone(), words_of_line(&JANE.address(), &line.body)?))
                    })
                    .collect();
                transcript::add_lines(conn, &lines).await?;
                search::lines::add(conn, &words).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let count = "SELECT COUNT(*) FROM transcript";
    let id = begin(&opened.desk, &JANE.id()).await;
    drop(opened);
    let (mut before, mut pieces) = (database.number(count).await, 0);
    assert!(before > 1_300);
    loop {
        // Each time it is another program that goes on.
        let Opened { desk, .. } = &open(&database.store).await;
        if !go_on(&database, desk, &id).await {
            break;
        }
        let now = database.number(count).await;
        assert!(before - now <= 500, "{} lines in one commit", before - now);
        (before, pieces) = (now, pieces + 1);
    }
    assert!(pieces > 10, "{pieces}");
    let conn = &mut *database.connection().await;
    erasures::end(conn, &id, NOW).await.unwrap();
    assert_eq!(with(&dump(&database).await, &JANE.needles()), Vec::<String>::new());
    assert_eq!(database.number("SELECT COUNT(*) FROM line_words").await, 6, "Roy's");
}

async fn what_is_erased_elsewhere_ends_where_the_erasure_was_asked_for(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    leave(&database, &[&JANE]).await;
    let id = begin(desk, &JANE.id()).await;
    // The desk took an hour to forget her.
    let conn = &mut *database.connection().await;
    let mut forgetting = forget::by_id(conn, &id).await.unwrap().unwrap();
    forgetting.since = forgetting.since - Duration::from_hours(1);
    forget::keep(conn, &forgetting).await.unwrap();
    while go_on(&database, desk, &id).await {}
    let erasure = erasures::by_id(conn, &id).await.unwrap().unwrap();
    assert_eq!(erasure.begun_at, forgetting.since);
    assert_eq!(erasure.until(), forgetting.since + Duration::from_mins(1));
    // The first step is tried from now on.
    let next = erasures::next(conn, &id).await.unwrap().unwrap();
    assert!(next.tried_since.unwrap().since(forgetting.since) >= Duration::from_hours(1));
}

#[tokio::test]
async fn sqlite_writes_over_what_it_deletes() {
    let database = Database::sqlite().await;
    let secure: i64 = sqlx::query_scalar("PRAGMA secure_delete")
        .fetch_one(&mut *database.connection().await)
        .await
        .unwrap();
    assert_eq!(secure, 1);
}
