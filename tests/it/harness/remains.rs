//! What a failed story leaves to look at: what the desk still meant to do, what the homeserver still held for
//! it, and the last words of both. A failure that shows itself once in a hundred times has to explain itself
//! that once.

use std::path::Path;
use std::thread;

use sqlx::{AnyConnection, Connection as _, Row as _};
use switchroom::clock::Clock;

/// What is asked of the desk's database. Columns are texts; times are told against the moment of asking,
/// `$1`.
const DESK: [(&str, &str); 7] = [
    (
        "effects that are not done: lane/seq, state, due in ms, age in ms, failures, effect",
        "SELECT lane || '/' || CAST(seq AS TEXT), state, CAST(due_at - $1 AS TEXT), CAST($1 - created_at AS TEXT),
                CAST(failures AS TEXT), body FROM outbox WHERE state <> 'done' ORDER BY lane, seq",
    ),
    (
        "lanes that are held: lane, epoch, holder, lease in ms",
        "SELECT id, CAST(epoch AS TEXT), holder, CAST(held_until - $1 AS TEXT) FROM lanes
         WHERE holder IS NOT NULL AND held_until > $1 ORDER BY id",
    ),
    (
        "the newest replies: event, age in ms, reply",
        "SELECT event_id, CAST($1 - created_at AS TEXT), body FROM replies ORDER BY created_at DESC LIMIT 4",
    ),
    (
        "the newest lines of transcripts: kind, author, age in ms, text, event",
        "SELECT kind, author, CAST($1 - at AS TEXT), body, event_id FROM transcript
         WHERE at <= $1 ORDER BY at DESC LIMIT 8",
    ),
    (
        "the newest receipts: key, age in ms",
        "SELECT key, CAST($1 - at AS TEXT) FROM receipts WHERE at <= $1 ORDER BY at DESC LIMIT 12",
    ),
    (
        "timers and facts: name, due in ms or value",
        "SELECT body, CAST(due_at - $1 AS TEXT) FROM timers UNION ALL SELECT name, value FROM facts",
    ),
    ("set aside: what, why, body", "SELECT what, why, body FROM set_aside WHERE at <= $1"),
];

/// What is asked of the homeserver's database. A transaction that stands there while the service is `up`
/// waits for nobody: the homeserver has forgotten it until the next failure.
const HOMESERVER: [(&str, &str); 3] = [
    ("what the homeserver thinks of the bridge", "SELECT as_id, state FROM application_services_state"),
    (
        "transactions it has not delivered: number, events",
        "SELECT CAST(txn_id AS TEXT), event_ids FROM application_services_txns ORDER BY application_services_txns.txn_id",
    ),
    (
        "the newest events: place, event, type, sender, seen by the part that delivers",
        "SELECT CAST(stream_ordering AS TEXT), event_id, type, sender,
                (SELECT CASE WHEN e.stream_ordering <= stream_ordering THEN 'yes' ELSE 'no' END
                 FROM appservice_stream_position)
         FROM events e ORDER BY e.stream_ordering DESC LIMIT 12",
    ),
];

/// What the homeserver's log is searched for: its dealings with the bridge, without the answers to pings.
const TOLD: [&str; 2] = [" synapse.appservice.", " synapse.handlers.appservice"];
const NOTHING_NEW: &str = "not in recovery";
/// How much of the end of a log is shown.
const LINES: usize = 120;

/// Prints it all. Nothing here fails: what cannot be read is said to be so.
pub(crate) fn print(database: &str, folder: &Path) {
    let (database, folder) = (database.to_owned(), folder.to_owned());
    let homeserver = format!("sqlite://{}", folder.join("synapse/homeserver.db").display());
    // A story fails inside its runtime, which cannot wait for anything more.
    let printed = thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            print_rows("the desk", &database, &DESK).await;
            print_rows("the homeserver", &homeserver, &HOMESERVER).await;
        });
        let log = std::fs::read_to_string(folder.join("synapse/homeserver.log")).unwrap_or_default();
        let about_us =
            |line: &&str| TOLD.iter().any(|word| line.contains(word)) && !line.contains(NOTHING_NEW);
        print_end("the homeserver's log about the bridge", log.lines().filter(about_us));
    });
    if printed.join().is_err() {
        eprintln!("--- the rest of what was left could not be read");
    }
}

/// Prints the end of a log.
pub(crate) fn print_end<'a>(title: &str, lines: impl DoubleEndedIterator<Item = &'a str>) {
    eprintln!("--- {title} ends:");
    let tail: Vec<&str> = lines.rev().take(LINES).collect();
    tail.into_iter().rev().for_each(|line| eprintln!("{line}"));
}

async fn print_rows(whose: &str, url: &str, questions: &[(&str, &'static str)]) {
    sqlx::any::install_default_drivers();
    let mut conn = match AnyConnection::connect(url).await {
        Ok(conn) => conn,
        Err(error) => return eprintln!("--- the database of {whose} cannot be opened: {error}"),
    };
    let now = Clock::default().now().0;
    for (title, sql) in questions {
        eprintln!("--- {whose}: {title}");
        let query = sqlx::query(*sql);
        let query = if sql.contains("$1") { query.bind(now) } else { query };
        match query.fetch_all(&mut conn).await {
            Ok(rows) => rows.iter().for_each(|row| {
                let column = |at| row.try_get::<Option<String>, _>(at).ok().flatten().unwrap_or_default();
                eprintln!("{}", (0..row.len()).map(column).collect::<Vec<_>>().join(" | "));
            }),
            Err(error) => eprintln!("cannot be read: {error}"),
        }
    }
}
