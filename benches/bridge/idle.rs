//! What a start costs the homeserver, and what a desk costs in which nobody does anything.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::desk::Desk;

/// How long after a start requests are counted.
const AFTER_START: Duration = Duration::from_secs(100);
/// How long an idle desk is watched after that.
const IDLE: Duration = Duration::from_mins(1);
/// Interactions that are opened by texts; the others are written like them.
const MODELS: usize = 10;

/// What was seen at one number of open interactions.
struct Column {
    rooms: usize,
    started: BTreeMap<&'static str, u64>,
    idle: BTreeMap<&'static str, u64>,
    cpu_ms: f64,
    wakeups: f64,
}

/// Measures at each number of open interactions and tells it as a table.
pub(crate) async fn measure(sizes: &[usize]) -> anyhow::Result<String> {
    let mut desk = Desk::open(sizes.iter().copied().max().unwrap_or(MODELS)).await?;
    desk.open_by_texts(MODELS).await?;
    let mut columns = Vec::new();
    for rooms in sizes.iter().copied() {
        // The first start after them may be the one in which they are read for the first time.
        desk.open_by_hand(rooms).await?;
        desk.settle().await?;
        desk.program.stop().await?;
        desk.others.take_requests();
        desk.program.start().await?;
        tokio::time::sleep(AFTER_START).await;
        let started = desk.others.take_requests();
        let (cpu, wakeups) = (desk.program.cpu_secs()?, desk.program.wakeups()?);
        tokio::time::sleep(IDLE).await;
        let minutes = IDLE.as_secs_f64() / 60.0;
        columns.push(Column {
            rooms,
            started,
            idle: desk.others.take_requests(),
            cpu_ms: (desk.program.cpu_secs()? - cpu) * 1_000.0 / minutes,
            wakeups: (desk.program.wakeups()? - wakeups) / IDLE.as_secs_f64(),
        });
    }
    desk.program.stop().await?;
    Ok(table(&columns))
}

fn table(columns: &[Column]) -> String {
    let mut out = String::from("\n| open interactions |");
    for column in columns {
        let _ = write!(out, " {} |", column.rooms);
    }
    let _ = write!(out, "\n|---|{}", "---:|".repeat(columns.len()));
    let mut row = |named: &str, cell: &dyn Fn(&Column) -> String| {
        let cells: Vec<String> = columns.iter().map(cell).collect();
        let _ = write!(out, "\n| {named} | {} |", cells.join(" | "));
    };
    let told = |requests: &BTreeMap<&'static str, u64>| {
        let told: Vec<String> = requests.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        told.join(", ")
    };
    row("requests in the first 100 s after a start", &|c| told(&c.started));
    row("requests in the minute after that", &|c| told(&c.idle));
    row("CPU a minute, idle, ms", &|c| format!("{:.0}", c.cpu_ms));
    row("wake-ups a second, idle", &|c| format!("{:.1}", c.wakeups));
    out.push('\n');
    out
}
