//! A day of twelve hours on a moved clock: thirty agents in three queues with shifts and lunches, contacts
//! who write, thank and flood, texts that go later, callbacks, a quiet hour and an outage of the homeserver.
//! What the homeserver and the phones are asked for is looked at from outside, by an [`oracle`] that knows
//! nothing of how it is decided.
//!
//! `DAY_CONTACTS=3000` makes it a full one. `DAY_SEED` plays another.

mod house;
mod oracle;
mod people;

use std::collections::HashMap;
use std::time::Duration;

use self::house::House;
use self::oracle::Oracle;
use self::people::People;
use super::*;
use crate::clock::Millis;
use crate::desk::Settings;
use crate::domain::hours::Hours;
use crate::domain::ids::{AgentId, QueueName};
use crate::domain::overflow::OverflowStep;
use crate::domain::queue::{NumberSettings, QueueSettings, Target};

/// When the desk opens and closes, in UTC.
const HOURS: &str = "mon-sun 08:00-20:00";
/// A Monday, at eight in the morning UTC, long after today.
const OPENS: Millis = Millis(4_099_881_600_000);
/// How long it is open.
const DAY: Duration = Duration::from_hours(12);
/// After closing, what is still open is finished.
const EVENING: Duration = Duration::from_hours(2);
/// How far the clock is moved at a time.
const STEP: Duration = Duration::from_secs(10);
/// When nobody writes.
const QUIET: (Duration, Duration) = (Duration::from_hours(6), Duration::from_hours(7));
/// When the homeserver is away.
const OUTAGE: (Duration, Duration) = (Duration::from_mins(7 * 60 + 30), Duration::from_mins(7 * 60 + 42));
/// Our numbers, each of a queue.
const QUEUES: [(&str, &str); 3] =
    [("support", "+15005550001"), ("sales", "+15005550002"), ("billing", "+15005550003")];
const AGENTS_OF_EACH: usize = 10;
/// After how long without an answer the owner is reminded, supervisors are told, and it is queued again.
const LADDER: [Duration; 3] = [Duration::from_mins(5), Duration::from_mins(10), Duration::from_mins(15)];

/// A number from the environment, or else this.
fn wanted(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

fn settings() -> QueueSettings {
    let ladder = LADDER.map(|after| u64::try_from(after.as_millis()).unwrap());
    QueueSettings {
        hours: Some(Hours::parse(HOURS, "UTC").unwrap()),
        reply_ms: ladder.to_vec(),
        undo_ms: 0,
        ..QueueSettings::default()
    }
}

fn setup() -> Setup {
    let mut agents: Vec<Agent> = people::names().map(|(name, queue)| people::agent(&name, queue)).collect();
    agents.push(people::supervisor());
    let to_sales =
        QueueSettings { overflow: vec![OverflowStep::parse("300 to sales").unwrap()], ..settings() };
    Setup {
        agents,
        queues: QUEUES
            .iter()
            .map(|(name, _)| {
                (QueueName::new(*name), if *name == "billing" { to_sales.clone() } else { settings() })
            })
            .collect(),
        numbers: QUEUES
            .iter()
            .map(|(queue, number)| {
                (Address::sms(*number), NumberSettings::new(Target::Queue(QueueName::new(*queue))))
            })
            .collect(),
        ..Setup::default()
    }
}

/// The desk of the day.
struct Day {
    ports: Ports,
    clock: Clock,
    house: House,
    phones: Arc<people::Phones>,
    stop: CancellationToken,
    /// The console of each agent.
    consoles: HashMap<String, OwnedRoomId>,
    _folder: tempfile::TempDir,
}

impl Day {
    async fn begin() -> Self {
        let test = TestDesk::open_with(setup(), |settings: &mut Settings| {
            settings.desk.flood_texts = 30;
        })
        .await;
        let house = House::start().await;
        let phones = Arc::new(people::Phones::new(test.clock.clone()));
        let ports = test.ports(&house.url(), phones.clone());
        ports.backlog.marker_came();
        ports.backlog.list_was_read();
        let stop = CancellationToken::new();
        let TestDesk { clock, mut hints, folder, .. } = test;
        clock.follow(OPENS - Duration::from_mins(1));
        let set = Arc::new(Notify::new());
        let mut dispatcher = Dispatcher::new(ports.clone(), "here".to_owned(), stop.clone());
        tokio::spawn(async move { dispatcher.run(&mut hints, &set).await });
        let mut day = Self { ports, clock, house, phones, stop, consoles: HashMap::new(), _folder: folder };
        day.settle().await;
        for (name, _) in people::names() {
            let mut conn = day.ports.store.connection().await.unwrap();
            let room =
                store::agents::console(&mut conn, &AgentId::new(name.as_str())).await.unwrap().unwrap();
            day.consoles.insert(name, OwnedRoomId::try_from(room).unwrap());
        }
        day
    }

    /// The time since it opened.
    fn now(&self) -> Duration {
        self.clock.now().since(OPENS)
    }

    /// Moves the clock, and lets all that is due happen.
    async fn step(&self) {
        self.clock.advance(STEP);
        self.settle().await;
    }

    /// Lets all that is due happen: timers, and what the outbox holds for now. While the homeserver is away,
    /// only what can.
    async fn settle(&self) {
        let begun = Instant::now();
        loop {
            timers::fire(&self.ports).await.unwrap();
            let waits: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE state = 'ready' AND due_at <= $1")
                    .bind(self.clock.now().0)
                    .fetch_one(&mut *self.ports.store.connection().await.unwrap())
                    .await
                    .unwrap();
            if waits == 0 || (self.house.is_away() && begun.elapsed() > Duration::from_millis(100)) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_mins(2), "{waits} effects wait at {:?}", self.now());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let mut conn = self.ports.store.connection().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap()
    }
}

#[tokio::test]
async fn in_a_day_nobody_is_forgotten_nothing_rings_twice_and_promises_are_kept() {
    let contacts = wanted("DAY_CONTACTS", 200);
    let day = Day::begin().await;
    let mut people = People::new(contacts, wanted("DAY_SEED", 1));
    let mut oracle = Oracle::default();
    while day.now() < DAY + EVENING {
        let away = (OUTAGE.0..OUTAGE.1).contains(&day.now());
        if day.house.set_away(away) && !away {
            // As the program does where the homeserver can be reached again.
            day.ports.backlog.marker_came();
        }
        people.act(&day).await;
        // Else the clock would jump while it is on its way, and it would seem to have waited.
        day.settle().await;
        day.step().await;
        let seen = day.house.take();
        let sent = day.phones.take();
        people.see(&day, &seen).await;
        oracle.look(&day, &people, &seen, &sent).await;
    }
    oracle.end(&day, &people).await;
    day.stop.cancel();
}
