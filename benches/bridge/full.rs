//! What a text costs where there are many contacts, against a desk with a few, and what it takes to import
//! them.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use switchroom::store;

use crate::desk::Desk;
use crate::load::{Run, Way, pace, saturate};
use crate::people;

/// Conversations that go on.
const RUNNING: usize = 10;

/// Measures all of it and tells it as tables.
pub(crate) async fn measure(contacts: u64, pace: f64, time: Duration) -> anyhow::Result<String> {
    let mut desk = Desk::open(RUNNING).await?;
    desk.open_by_texts(RUNNING).await?;
    let few = texts(&mut desk, pace, time).await?;
    desk.program.stop().await?;
    let store = store::open(&desk.database, 2).await?;
    people::fill("SQLite", &store, contacts).await?;
    store.close().await;
    // With it goes the lock of the file.
    drop(store);
    desk.program.start().await?;
    let many = texts(&mut desk, pace, time).await?;
    desk.program.stop().await?;
    let mut out =
        format!("\n| {RUNNING} conversations | with them alone | with {contacts} more contacts | ratio |\n");
    out.push_str("|---|---:|---:|---:|\n");
    for (named, few, many) in [
        ("CPU per text at full load, ms", few.full.cpu_ms, many.full.cpu_ms),
        ("CPU per text at the pace, ms", few.paced.cpu_ms, many.paced.cpu_ms),
        ("text at the pace, p50 ms", millis(few.paced.p50), millis(many.paced.p50)),
        ("text at the pace, p99 ms", millis(few.paced.p99), millis(many.paced.p99)),
        ("resident memory, MiB", few.mib, many.mib),
    ] {
        let _ = writeln!(out, "| {named} | {few:.3} | {many:.3} | {:.2} |", many / few);
    }
    out.push_str(
        "\n| import of contacts | seconds | rows a second | most memory, MiB |\n|---|---:|---:|---:|\n",
    );
    let file = desk.files.path().join("contacts.csv");
    let mut first = 2_000_000;
    for count in [contacts / 10, contacts] {
        write_table(&file, first, count)
            .with_context(|| format!("{} could not be written", file.display()))?;
        let (took, mib) = desk.program.import(&file).await?;
        first += count;
        let rate = f64::from(u32::try_from(count)?) / took.as_secs_f64();
        let _ = writeln!(out, "| {count} | {:.1} | {rate:.0} | {mib:.0} |", took.as_secs_f64());
    }
    Ok(out)
}

/// What texts cost.
struct Cost {
    full: Run,
    paced: Run,
    mib: f64,
}

async fn texts(desk: &mut Desk, rate: f64, time: Duration) -> anyhow::Result<Cost> {
    // The first messages fill caches and pools.
    pace(desk, Way::In, RUNNING, Duration::from_secs(1), rate).await?;
    let paced = pace(desk, Way::In, RUNNING, time, rate).await?;
    let full = saturate(desk, Way::In, RUNNING, time).await?;
    Ok(Cost { full, paced, mib: desk.program.resident_mib()? })
}

/// Writes a table of contacts whose numbers nobody has.
fn write_table(file: &Path, first: u64, count: u64) -> anyhow::Result<()> {
    let mut table = BufWriter::new(std::fs::File::create(file)?);
    writeln!(table, "name,number,email,language,notes")?;
    for number in first..first + count {
        writeln!(
            table,
            "Person {number},+1616{number:07},person{number}@example.org,en,Number {number} of many"
        )?;
    }
    Ok(table.flush()?)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
