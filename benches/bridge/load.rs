//! Those who write: contacts by signed webhooks of the provider, owners by events of the homeserver.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use secrecy::SecretString;
use serde_json::json;
use switchroom::sms::twilio::signature;
use tokio::task::JoinSet;

use crate::desk::{ACCOUNT, Desk, OURS, TOKEN, phone};
use crate::instant::Instant as Others;
use crate::ledger;
use crate::wire::Connection;

/// Connections of the provider.
const CONNECTIONS: usize = 64;

/// Below so many texts a second a connection is opened for each: one that says nothing for long is closed.
const KEEPS_OPEN: f64 = 64.0;

/// Which way messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From phones to rooms.
    In,
    /// From rooms to phones.
    Out,
    /// From rooms to phones, and the provider's report back to the room.
    Reported,
}

/// What a run of messages showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Messages a second, until the last had arrived.
    pub(crate) rate: f64,
    /// Processor time of the program for one message, in milliseconds.
    pub(crate) cpu_ms: f64,
    /// How much of one processor everybody else on the machine took meanwhile, in hundredths.
    pub(crate) others_percent: f64,
    /// How long half of the messages took at most.
    pub(crate) p50: Duration,
    /// How long 99 of 100 messages took at most.
    pub(crate) p99: Duration,
    /// SQL statements for one message, where they were logged.
    pub(crate) statements: f64,
}

/// Sends as many messages as the program takes, for a time.
pub(crate) async fn saturate(desk: &mut Desk, way: Way, rooms: usize, time: Duration) -> anyhow::Result<Run> {
    run(desk, way, (rooms, time, None), Until::Quiet).await
}

/// Sends so many messages a second, for a time.
pub(crate) async fn pace(
    desk: &mut Desk,
    way: Way,
    rooms: usize,
    time: Duration,
    rate: f64,
) -> anyhow::Result<Run> {
    run(desk, way, (rooms, time, Some(rate)), Until::Quiet).await
}

/// As [`pace`], beside something else that goes on.
pub(crate) async fn pace_beside(
    desk: &mut Desk,
    way: Way,
    rooms: usize,
    time: Duration,
    rate: f64,
) -> anyhow::Result<Run> {
    run(desk, way, (rooms, time, Some(rate)), Until::Arrived).await
}

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// When its messages have arrived.
    Arrived,
    /// When nothing more is asked of anyone.
    Quiet,
}

async fn run(
    desk: &mut Desk,
    way: Way,
    (rooms, time, rate): (usize, Duration, Option<f64>),
    until: Until,
) -> anyhow::Result<Run> {
    desk.others.ledger.take_latencies();
    desk.others.reporting.store(way == Way::Reported, Ordering::Relaxed);
    let statements = desk.program.statements()?;
    let (arrived, begun) = (desk.others.ledger.arrived(), Instant::now());
    let (cpu, others_cpu) = (desk.program.cpu_secs()?, desk.program.others_cpu_secs()?);
    let mut writers = JoinSet::new();
    let writers_count = if way == Way::In { CONNECTIONS } else { 1 };
    for writer in 0..writers_count {
        let plan = Plan { begun, time, rate, rooms, writer, writers: writers_count };
        let (others, address) = (desk.others.clone(), desk.address.clone());
        writers.spawn(async move {
            match way {
                Way::In => texts(&others, &address, &plan).await,
                Way::Out | Way::Reported => replies(&others, &plan).await,
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    match until {
        Until::Arrived => desk.all_arrived().await?,
        Until::Quiet => drop(desk.settle().await?),
    }
    let count = f64::from(u32::try_from(desk.others.ledger.arrived() - arrived)?);
    let took = desk.others.ledger.last_arrival() - begun;
    let latencies = desk.others.ledger.take_latencies();
    let at =
        |hundredths: usize| latencies.get(latencies.len() * hundredths / 100).copied().unwrap_or_default();
    let run = Run {
        rate: count / took.as_secs_f64(),
        cpu_ms: (desk.program.cpu_secs()? - cpu) * 1000.0 / count,
        others_percent: (desk.program.others_cpu_secs()? - others_cpu) * 100.0
            / begun.elapsed().as_secs_f64(),
        p50: at(50),
        p99: at(99),
        statements: f64::from(u32::try_from(desk.program.statements()? - statements)?) / count,
    };
    eprintln!("{rooms} rooms, {way:?}, wanted {rate:?}: {count} messages, {run:?}");
    Ok(run)
}

/// What one writer is to do.
struct Plan {
    begun: Instant,
    time: Duration,
    rate: Option<f64>,
    rooms: usize,
    writer: usize,
    writers: usize,
}

impl Plan {
    /// Waits for the moment of a writer's next message; nothing once the time is over. Who is late sends at
    /// once, but counts from the moment it was due.
    async fn due(&self, sent: u32) -> Option<Instant> {
        let Some(rate) = self.rate else {
            return (self.begun.elapsed() < self.time).then(Instant::now);
        };
        let place = f64::from(sent) * f64::from(u32::try_from(self.writers).ok()?)
            + f64::from(u32::try_from(self.writer).ok()?);
        let due = Duration::from_secs_f64(place / rate);
        if due >= self.time {
            return None;
        }
        let due = self.begun + due;
        if due <= Instant::now() {
            return Some(due);
        }
        tokio::time::sleep_until(due.into()).await;
        Some(Instant::now())
    }
}

async fn texts(others: &Others, address: &str, plan: &Plan) -> anyhow::Result<()> {
    let mut connection = Connection::open(address).await?;
    for sent in 0.. {
        let Some(due) = plan.due(sent).await else { break };
        let number = others.ledger.admit().await;
        let due = if plan.rate.is_some() { due } else { Instant::now() };
        if plan.rate.is_some_and(|rate| rate < KEEPS_OPEN) {
            connection = Connection::open(address).await?;
        }
        text(others, &mut connection, address, (number, number % plan.rooms), due).await?;
    }
    Ok(())
}

async fn replies(others: &Others, plan: &Plan) -> anyhow::Result<()> {
    for sent in 0.. {
        let Some(due) = plan.due(sent).await else { break };
        let number = others.ledger.admit().await;
        let (room, owner) = others.room(&phone(number % plan.rooms)).context("a contact without a room")?;
        let due = if plan.rate.is_some() { due } else { Instant::now() };
        others.ledger.send(number, due);
        let content = json!({ "msgtype": "m.text", "body": ledger::text(number), "m.mentions": {} });
        others.push(&room, &owner, "m.room.message", None, &content);
    }
    Ok(())
}

/// One text of each of these contacts.
pub(crate) async fn texts_from_each(desk: &Desk, contacts: Range<usize>) -> anyhow::Result<()> {
    let mut writers = JoinSet::new();
    for writer in 0..CONNECTIONS {
        let mine: Vec<usize> = contacts.clone().skip(writer).step_by(CONNECTIONS).collect();
        let (others, address): (Arc<Others>, _) = (desk.others.clone(), desk.address.clone());
        writers.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            for contact in mine {
                let number = others.ledger.admit().await;
                text(&others, &mut connection, &address, (number, contact), Instant::now()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    Ok(())
}

/// Posts a contact's text as the provider does, and waits for the answer.
async fn text(
    others: &Others,
    connection: &mut Connection,
    address: &str,
    (number, contact): (usize, usize),
    due: Instant,
) -> anyhow::Result<()> {
    others.ledger.send(number, due);
    let sid = format!("SM{number:032x}");
    post_text(connection, address, (&sid, &phone(contact), &ledger::text(number)), None).await
}

/// Posts a message of this id, sender and text, with a picture if there is one.
pub(crate) async fn post_text(
    connection: &mut Connection,
    address: &str,
    (sid, from, body): (&str, &str, &str),
    picture: Option<&str>,
) -> anyhow::Result<()> {
    let media = picture.map(|url| [("MediaUrl0", url), ("MediaContentType0", "image/png")]);
    let mut fields = vec![
        ("ToCountry", "US"),
        ("SmsMessageSid", sid),
        ("NumMedia", if media.is_some() { "1" } else { "0" }),
        ("FromZip", "94105"),
        ("SmsSid", sid),
        ("FromState", "CA"),
        ("SmsStatus", "received"),
        ("FromCity", "SAN FRANCISCO"),
        ("Body", body),
        ("FromCountry", "US"),
        ("To", OURS),
        ("NumSegments", "1"),
        ("MessageSid", sid),
        ("AccountSid", ACCOUNT),
        ("From", from),
        ("ApiVersion", "2010-04-01"),
    ];
    fields.extend(media.into_iter().flatten());
    let url = format!("http://{address}/sms/twilio/inbound");
    let signature = signature::sign(&SecretString::from(TOKEN), &url, &fields);
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers =
        format!("content-type: application/x-www-form-urlencoded\r\n{}: {signature}\r\n", signature::HEADER);
    let status = connection.request("POST", "/sms/twilio/inbound", &headers, &form).await?;
    ensure!(status == 200, "a text was answered with {status}");
    Ok(())
}
