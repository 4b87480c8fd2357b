//! The whole program against a homeserver and a provider that answer at once: what it carries, what that
//! costs, and how both change with the number of open interactions.
//!
//! `cargo bench --profile dist --features jemalloc --bench bridge` starts the program as a process of its own
//! on a SQLite file in a temporary folder. This process is everything else: the homeserver, the provider, and
//! those who write. Both share the machine, so that what is measured is less than a machine of the program's
//! own would show. Nothing here passes or fails by a time.
//!
//! `BENCH_SECONDS` (3) is how long each measurement sends; `BENCH_ROOMS` (10,1000,10000) the numbers of open
//! interactions, of which the last are written into the database while the program is stopped; `BENCH_PACE`
//! (500) the messages a second at which latency is measured. `BENCH_DATABASE=postgres` has the program keep
//! its desk in a PostgreSQL of its own.
//!
//! `cargo bench --bench bridge -- bursts` measures instead what a burst or an attack costs everybody else,
//! `-- directory` what a text costs beside `BENCH_CONTACTS` (20,000) contacts with five lines each, and what
//! it takes to import as many, and `-- idle` what a start and an idle desk cost at each of `BENCH_ROOMS`.

mod bursts;
mod desk;
mod disk;
#[expect(clippy::unwrap_used, reason = "it belongs to the tests, which end where something fails")]
#[path = "../../tests/it/harness/folder.rs"]
mod folder;
mod full;
mod idle;
mod instant;
mod ledger;
mod load;
#[path = "../shared/people.rs"]
mod people;
#[expect(clippy::unwrap_used, reason = "it belongs to the tests, which end where something fails")]
#[path = "../../tests/it/harness/postgres.rs"]
mod postgres;
mod program;
mod reports;
#[path = "../shared/said.rs"]
mod said;
mod wire;

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;

use self::desk::Desk;
use self::load::{Run, Way, pace, saturate};

/// What is measured, and for how long.
struct Options {
    time: Duration,
    rooms: Vec<usize>,
    pace: f64,
    contacts: u64,
}

/// What was measured at one number of open interactions.
struct Column {
    rooms: usize,
    texts: Run,
    replies: Run,
    reported: Run,
    paced: Run,
    paced_replies: Run,
    half: Run,
    paced_mib: f64,
    full_mib: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if std::env::args().any(|argument| argument == "bursts") {
        say(&machine());
        say(&bursts::measure().await?);
        return Ok(());
    }
    let options = Options::from_environment()?;
    if std::env::args().any(|argument| argument == "directory") {
        say(&machine());
        say(&full::measure(options.contacts, options.pace, options.time).await?);
        return Ok(());
    }
    if std::env::args().any(|argument| argument == "idle") {
        say(&machine());
        say(&idle::measure(&options.rooms).await?);
        return Ok(());
    }
    let most = options.rooms.iter().copied().max().context("no rooms")?;
    let mut desk = Desk::open(most).await?;
    let before = disk::measure(desk.files.path(), Duration::from_secs(2)).await?;
    let (mut columns, mut lines) = (Vec::new(), Vec::new());
    for (at, rooms) in options.rooms.iter().copied().enumerate() {
        if at + 1 == options.rooms.len() && at > 0 {
            let took = desk.open_by_hand(rooms).await?;
            lines.push(format!("start with {rooms} open interactions: {:.2} s", took.as_secs_f64()));
        } else {
            let rate = desk.open_by_texts(rooms).await?;
            lines.push(format!("new conversations, offered and accepted, up to {rooms}: {rate:.0} a second"));
        }
        columns.push(measure(&mut desk, rooms, &options).await?);
    }
    lines.push(statements(&mut desk, &options).await?);
    let after = disk::measure(desk.files.path(), Duration::from_secs(2)).await?;
    lines.push(format!(
        "the disk: {:.0} and {:.0} commits of one row a second; {:.0} and {:.0} rows a second by 100 in a commit (before, after)",
        before.0, after.0, before.1, after.1
    ));
    lines.push(format!("warnings and errors logged: {}", desk.program.complaints()));
    desk.program.stop().await?;
    say(&machine());
    say(&table(&columns, options.pace));
    say(&lines.join("\n"));
    Ok(())
}

async fn measure(desk: &mut Desk, rooms: usize, options: &Options) -> anyhow::Result<Column> {
    let time = options.time;
    // The first messages fill caches and pools.
    pace(desk, Way::In, rooms, Duration::from_secs(1), options.pace).await?;
    let paced = pace(desk, Way::In, rooms, time, options.pace).await?;
    let paced_replies = pace(desk, Way::Out, rooms, time, options.pace).await?;
    let paced_mib = desk.program.resident_mib()?;
    let texts = saturate(desk, Way::In, rooms, time).await?;
    let replies = saturate(desk, Way::Out, rooms, time).await?;
    let reported = saturate(desk, Way::Reported, rooms, time).await?;
    let half = pace(desk, Way::In, rooms, time, texts.rate / 2.0).await?;
    Ok(Column {
        rooms,
        texts,
        replies,
        reported,
        paced,
        paced_replies,
        half,
        paced_mib,
        full_mib: desk.program.resident_mib()?,
    })
}

/// Counts the SQL statements of a message. Writing each down takes far longer than running it, so that
/// nothing else is to be learnt from these runs.
async fn statements(desk: &mut Desk, options: &Options) -> anyhow::Result<String> {
    let rooms = options.rooms.last().copied().context("no rooms")?;
    desk.log_statements().await?;
    let mut line = String::from("SQL statements, beginning and end of commits among them:");
    for (rate, named) in [(Some(options.pace / 5.0), "at a fifth of the pace"), (None, "at full load")] {
        let mut count = Vec::new();
        for way in [Way::In, Way::Out, Way::Reported] {
            let run = match rate {
                Some(rate) => pace(desk, way, rooms, Duration::from_secs(1), rate).await?,
                None => saturate(desk, way, rooms, Duration::from_secs(1)).await?,
            };
            count.push(run.statements);
        }
        let _ = write!(
            line,
            " {:.1} a text, {:.1} a reply, {:.1} a reply with its mark {named};",
            count[0], count[1], count[2]
        );
    }
    Ok(line.trim_end_matches(';').to_owned())
}

impl Options {
    fn from_environment() -> anyhow::Result<Self> {
        let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        let rooms = variable("BENCH_ROOMS", "10,1000,10000");
        Ok(Self {
            time: Duration::from_secs(variable("BENCH_SECONDS", "3").parse().context("BENCH_SECONDS")?),
            rooms: rooms
                .split(',')
                .map(|rooms| rooms.trim().parse().context("BENCH_ROOMS"))
                .collect::<Result<_, _>>()?,
            pace: variable("BENCH_PACE", "500").parse().context("BENCH_PACE")?,
            contacts: variable("BENCH_CONTACTS", "20000").parse().context("BENCH_CONTACTS")?,
        })
    }
}

fn table(columns: &[Column], pace: f64) -> String {
    type Cell = fn(&Column) -> String;
    let rows: [(String, Cell); 16] = [
        ("texts in per second".to_owned(), |c| format!("{:.0}", c.texts.rate)),
        ("replies out per second".to_owned(), |c| format!("{:.0}", c.replies.rate)),
        ("replies out, delivered and marked so, per second".to_owned(), |c| {
            format!("{:.0}", c.reported.rate)
        }),
        (format!("text at {pace:.0}/s, p50 ms"), |c| ms(c.paced.p50)),
        (format!("text at {pace:.0}/s, p99 ms"), |c| ms(c.paced.p99)),
        ("text at half load, p50 ms".to_owned(), |c| ms(c.half.p50)),
        ("text at half load, p99 ms".to_owned(), |c| ms(c.half.p99)),
        (format!("reply at {pace:.0}/s, p50 ms"), |c| ms(c.paced_replies.p50)),
        (format!("reply at {pace:.0}/s, p99 ms"), |c| ms(c.paced_replies.p99)),
        ("CPU per text, full load, ms".to_owned(), |c| format!("{:.3}", c.texts.cpu_ms)),
        ("CPU per reply, full load, ms".to_owned(), |c| format!("{:.3}", c.replies.cpu_ms)),
        ("CPU per reply with its mark, full load, ms".to_owned(), |c| format!("{:.3}", c.reported.cpu_ms)),
        (format!("CPU per text at {pace:.0}/s, ms"), |c| format!("{:.3}", c.paced.cpu_ms)),
        ("others' share of a core at full load, %".to_owned(), |c| format!("{:.0}", c.texts.others_percent)),
        (format!("resident memory after {pace:.0}/s, MiB"), |c| format!("{:.0}", c.paced_mib)),
        ("resident memory after full load, MiB".to_owned(), |c| format!("{:.0}", c.full_mib)),
    ];
    let mut out = String::from("\n| open interactions |");
    for column in columns {
        let _ = write!(out, " {} |", column.rooms);
    }
    let _ = write!(out, "\n|---|{}", "---:|".repeat(columns.len()));
    for (name, cell) in rows {
        let _ = write!(out, "\n| {name} |");
        for column in columns {
            let _ = write!(out, " {} |", cell(column));
        }
    }
    out.push('\n');
    out
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// What it was measured on.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let (model, kernel) = (model.trim_start_matches(['\t', ' ', ':']), read("/proc/sys/kernel/osrelease"));
    format!("{cores} cores, {model}, Linux {}, load before: {}", kernel.trim(), read("/proc/loadavg").trim())
}

fn say(text: &str) {
    println!("{text}");
}
