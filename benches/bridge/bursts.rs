//! What a burst or an attack costs everybody else: pictures that unpack to a thousand times their weight,
//! thousands of new numbers at once, connections that trickle, and bodies that nobody signed. Each figure
//! stands beside the same one of an idle desk in the same run.

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use image::{ImageFormat, RgbaImage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::desk::{ACCOUNT, Desk, phone};
use crate::load::{Run, Way, pace_beside, post_text};
use crate::wire::Connection;

/// The side of a picture that is a quarter of a megabyte and unpacks to 256 MiB.
const SIDE: u32 = 8192;
/// Conversations that go on meanwhile, and their messages a second.
const RUNNING: usize = 10;
const PACE: f64 = 5.0;
/// How long they are watched.
const WATCHED: Duration = Duration::from_secs(15);
/// How long pictures may take.
const PATIENCE: Duration = Duration::from_mins(3);
/// New numbers that text at once.
const NEW_NUMBERS: usize = 2_000;
/// Connections of whoever wants to harm.
const HOSTILE: usize = 1_500;
/// The length of a body that nobody signed.
const BODY: usize = 256 * 1024;
/// The first number that is no running conversation's.
const FIRST_NEW: usize = 100_000;

/// Measures all of it and tells it as tables.
pub(crate) async fn measure() -> anyhow::Result<String> {
    let mut desk = Desk::open(NEW_NUMBERS).await?;
    desk.open_by_texts(RUNNING).await?;
    let mut out = String::new();
    pictures(&mut desk, &mut out).await?;
    doors(&mut desk, &mut out).await?;
    new_numbers(&mut desk, &mut out).await?;
    desk.program.stop().await?;
    Ok(out)
}

async fn pictures(desk: &mut Desk, out: &mut String) -> anyhow::Result<()> {
    let mut png = Cursor::new(Vec::new());
    RgbaImage::new(SIDE, SIDE).write_to(&mut png, ImageFormat::Png)?;
    let png = png.into_inner();
    let weight = png.len() / 1024;
    desk.others.set_picture(png.into());
    out.push_str("\n| pictures at once | most memory, MiB | against idle | reply p99 ms | against idle |\n");
    out.push_str("|---|---:|---:|---:|---:|\n");
    let idle = watched(desk, Way::Out).await?;
    let idle_mib = desk.program.resident_mib()?;
    let _ = writeln!(out, "| none | {idle_mib:.0} | 1 | {} | 1 |", ms(idle.p99));
    for count in [1, 5, 12] {
        desk.program.forget_peak()?;
        let before = desk.others.pictures.load(Ordering::Relaxed);
        let mut connection = Connection::open(&desk.address).await?;
        for picture in 0..count {
            let sid = format!("MM{:032x}", 1000 * count + picture);
            let url = format!(
                "http://{}/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media/ME1",
                desk.others_address
            );
            let from = phone(FIRST_NEW - 1 - picture);
            post_text(&mut connection, &desk.address, (&sid, &from, "Look at this"), Some(&url)).await?;
        }
        let run = watched(desk, Way::Out).await?;
        let begun = Instant::now();
        while desk.others.pictures.load(Ordering::Relaxed) < before + count {
            ensure!(begun.elapsed() < PATIENCE, "a picture was neither shown nor said to be lost");
            desk.program.ensure_alive()?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let peak = desk.program.peak_mib()?;
        let _ = writeln!(
            out,
            "| {count} of {SIDE}×{SIDE}, {weight} KiB each | {peak:.0} | {:.1} | {} | {:.1} |",
            peak / idle_mib,
            ms(run.p99),
            ratio(run.p99, idle.p99)
        );
    }
    Ok(())
}

async fn doors(desk: &mut Desk, out: &mut String) -> anyhow::Result<()> {
    out.push_str(
        "\n| at the doors | text p50 ms | p99 ms | against idle | most memory, MiB | against idle |\n",
    );
    out.push_str("|---|---:|---:|---:|---:|---:|\n");
    desk.program.forget_peak()?;
    let idle = watched(desk, Way::In).await?;
    let idle_mib = desk.program.peak_mib()?;
    let _ = writeln!(out, "| nobody else | {} | {} | 1 | {idle_mib:.0} | 1 |", ms(idle.p50), ms(idle.p99));
    for (named, hostile) in [
        ("connections that trickle a header", Hostile::Trickle),
        ("bodies of 256 KiB that nobody signed", Hostile::Bodies),
    ] {
        desk.program.forget_peak()?;
        let mut crowd = JoinSet::new();
        for _ in 0..HOSTILE {
            crowd.spawn(hostile.knock(desk.address.clone()));
        }
        let run = watched(desk, Way::In).await?;
        let (peak, mut closed) = (desk.program.peak_mib()?, 0);
        while let Some(ended) = crowd.try_join_next() {
            closed += usize::from(ended.is_ok());
        }
        crowd.shutdown().await;
        let _ = writeln!(
            out,
            "| {HOSTILE} {named}, {closed} closed or answered in {} s | {} | {} | {:.1} | {peak:.0} | {:.1} |",
            WATCHED.as_secs(),
            ms(run.p50),
            ms(run.p99),
            ratio(run.p99, idle.p99),
            peak / idle_mib
        );
    }
    Ok(())
}

async fn new_numbers(desk: &mut Desk, out: &mut String) -> anyhow::Result<()> {
    desk.settle().await?;
    desk.others.slow.store(true, Ordering::Relaxed);
    let rooms = desk.others.rooms_made.load(Ordering::Relaxed);
    let (idle_out, idle_in) = (watched(desk, Way::Out).await?, watched(desk, Way::In).await?);
    for number in 0..NEW_NUMBERS {
        let sid = format!("SM{:032x}", (1 << 100) + number as u128);
        let mut connection = Connection::open(&desk.address).await?;
        let from = phone(FIRST_NEW + number);
        post_text(&mut connection, &desk.address, (&sid, &from, "Is anybody there?"), None).await?;
    }
    let (busy_out, busy_in) = (watched(desk, Way::Out).await?, watched(desk, Way::In).await?);
    let made = desk.others.rooms_made.load(Ordering::Relaxed) - rooms;
    desk.others.slow.store(false, Ordering::Relaxed);
    out.push_str(
        "\n| a homeserver as slow as a real one | p50 ms | against idle | p99 ms | against idle |\n",
    );
    out.push_str("|---|---:|---:|---:|---:|\n");
    for (named, idle, busy) in [("reply", idle_out, busy_out), ("text", idle_in, busy_in)] {
        let _ = writeln!(out, "| {named}, idle desk | {} | 1 | {} | 1 |", ms(idle.p50), ms(idle.p99));
        let _ = writeln!(
            out,
            "| {named}, beside {NEW_NUMBERS} new numbers | {} | {:.1} | {} | {:.1} |",
            ms(busy.p50),
            ratio(busy.p50, idle.p50),
            ms(busy.p99),
            ratio(busy.p99, idle.p99)
        );
    }
    let _ = writeln!(
        out,
        "\nRooms made for the new numbers in the {} s beside them: {made}.",
        2 * WATCHED.as_secs()
    );
    Ok(())
}

/// The running conversations for a while, whatever else goes on.
async fn watched(desk: &mut Desk, way: Way) -> anyhow::Result<Run> {
    pace_beside(desk, way, RUNNING, WATCHED, PACE).await
}

/// What someone does who wants to harm.
#[derive(Clone, Copy)]
enum Hostile {
    /// Sends a line of a header every second, for ever.
    Trickle,
    /// Sends a body that nobody signed, all but its last byte, waits, and sends that.
    Bodies,
}

impl Hostile {
    /// Does it until the connection is closed or the request answered.
    async fn knock(self, address: String) -> anyhow::Result<()> {
        let mut stream =
            TcpStream::connect(&address).await.context("raise the limit of open files (ulimit -n)")?;
        let begin = format!(
            "POST /sms/twilio/inbound HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        );
        stream.write_all(begin.as_bytes()).await?;
        match self {
            Self::Trickle => loop {
                stream.write_all(b"x-a: b\r\n").await?;
                tokio::select! {
                    read = stream.read_u8() => return read.map(drop).or(Ok(())),
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                }
            },
            Self::Bodies => {
                let head = format!("x-twilio-signature: AAAA\r\ncontent-length: {BODY}\r\n\r\n");
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(&vec![b'a'; BODY - 1]).await?;
                tokio::time::sleep(Duration::from_secs(5)).await;
                stream.write_all(b"a").await?;
                stream.read_u8().await.map(drop).or(Ok(()))
            }
        }
    }
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::EPSILON)
}
