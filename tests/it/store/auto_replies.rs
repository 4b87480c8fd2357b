//! How often the desk says to contacts by itself that they have to wait, or that it is closed.

use std::time::Duration;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use switchroom::clock::{Clock, Millis};
use switchroom::desk::{Applied, Desk, Woken};
use switchroom::domain::address::Address;
use switchroom::domain::effect::{Effect, Notify};
use switchroom::domain::hours::{DAYS, Hours};
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::input::{ContactText, Input, Setup};
use switchroom::domain::interaction::Mode;
use switchroom::domain::notice::{AutoReply, Says};
use switchroom::domain::queue::{NumberSettings, QueueSettings, Target};
use switchroom::domain::report::Change;
use switchroom::store::history;
use tokio::sync::mpsc;

use super::desk::{settings, written};
use super::{Database, OURS, THEIRS, agent, on_both_engines, queue};

on_both_engines! {
    a_contact_is_asked_to_wait_once_in_four_hours,
    a_contact_is_told_that_the_desk_is_closed_once_in_four_hours,
    being_asked_to_wait_and_being_told_that_it_is_closed_count_each_for_itself,
    a_contact_is_told_what_is_known_of_their_wait_and_nothing_else,
}

/// Another contact's number.
const ANOTHER: &str = "+14155550101";
/// Another number of ours: a text to it is another interaction of the same contact.
const OURS_TOO: &str = "+15005550007";

/// A desk where nobody is ready, and time is moved by hand.
struct Night<'a> {
    database: &'a Database,
    desk: Desk,
    clock: Clock,
    texts: u32,
    _hints: mpsc::UnboundedReceiver<Woken>,
}

impl<'a> Night<'a> {
    async fn begin(database: &'a Database, is_closed: bool) -> Self {
        let clock = Clock::default();
        let (desk, hints) = Desk::open(database.store.clone(), clock.clone(), settings());
        let night = Self { database, desk, clock, texts: 0, _hints: hints };
        night.hours(is_closed).await;
        night
    }

    /// Sets the desk up, with a queue that is closed all week or always open.
    async fn hours(&self, is_closed: bool) {
        self.set(QueueSettings {
            hours: is_closed.then(|| Hours::parse("", "UTC").unwrap()),
            waiting_text: Some("One moment.".to_owned()),
            closed_text: Some("We are closed.".to_owned()),
            ..QueueSettings::default()
        })
        .await;
    }

    /// Sets the desk up with a queue like this.
    async fn set(&self, settings: QueueSettings) {
        let number = NumberSettings {
            mode: Mode::Session,
            mms_mode: Mode::Session,
            ..NumberSettings::new(Target::Queue(queue()))
        };
        let setup = Setup {
            agents: vec![agent("alice")],
            queues: vec![(queue(), settings)],
            numbers: [OURS, OURS_TOO].map(|ours| (Address::sms(ours), number.clone())).into(),
            ..Setup::default()
        };
        assert_eq!(self.desk.apply(Input::Setup(setup)).await.unwrap(), Applied::Done);
    }

    /// A contact writes.
    async fn text(&mut self, from: &str, to: &str) {
        self.texts += 1;
        let text = written(from, &format!("SM{}", self.texts));
        let text = ContactText { to: Address::sms(to), body: "Hello?".to_owned(), ..text };
        assert_eq!(self.desk.apply(Input::Text(text)).await.unwrap(), Applied::Done);
    }

    /// What was said by the desk itself so far, in order.
    async fn said(&self) -> Vec<AutoReply> {
        self.texts().await.into_iter().map(|(because, _)| because).collect()
    }

    /// The same, each with its text.
    async fn texts(&self) -> Vec<(AutoReply, String)> {
        let sql = "SELECT body FROM outbox WHERE lane LIKE 'room:%' ORDER BY created_at, lane, seq";
        let rows: Vec<String> =
            sqlx::query_scalar(sql).fetch_all(&mut *self.database.connection().await).await.unwrap();
        let auto_reply = |row: &String| match serde_json::from_str(row).unwrap() {
            Effect::Notify(Notify { notice, .. }) => match notice.says {
                Says::DeskText { because, text } => Some((because, text)),
                _ => None,
            },
            _ => None,
        };
        rows.iter().filter_map(auto_reply).collect()
    }

    /// Lets nearly four hours pass, in which a contact writes about two things, and then the rest.
    async fn assert_once_in_four_hours(mut self, because: AutoReply) {
        self.text(THEIRS, OURS).await;
        assert_eq!(self.said().await, vec![because; 1]);
        self.text(ANOTHER, OURS).await;
        assert_eq!(self.said().await, vec![because; 2], "it is said to each contact");
        for minutes in [3 * 60 + 58, 4] {
            self.text(THEIRS, OURS).await;
            self.text(THEIRS, OURS_TOO).await;
            assert_eq!(self.database.number("SELECT COUNT(*) FROM interactions").await, 3);
            assert_eq!(self.said().await, vec![because; 2], "not again, in whichever interaction");
            self.clock.advance(Duration::from_mins(minutes));
        }
        // What was written in between did not put it off: four hours are counted from when it was said.
        self.text(THEIRS, OURS_TOO).await;
        assert_eq!(self.said().await, vec![because; 3]);
        self.text(THEIRS, OURS).await;
        assert_eq!(self.said().await, vec![because; 3]);
        self.text(ANOTHER, OURS).await;
        assert_eq!(self.said().await, vec![because; 4]);
    }
}

async fn a_contact_is_asked_to_wait_once_in_four_hours(database: Database) {
    Night::begin(&database, false).await.assert_once_in_four_hours(AutoReply::Waiting).await;
}

async fn a_contact_is_told_that_the_desk_is_closed_once_in_four_hours(database: Database) {
    Night::begin(&database, true).await.assert_once_in_four_hours(AutoReply::Closed).await;
}

async fn being_asked_to_wait_and_being_told_that_it_is_closed_count_each_for_itself(database: Database) {
    let mut night = Night::begin(&database, false).await;
    night.text(THEIRS, OURS).await;
    assert_eq!(night.said().await, [AutoReply::Waiting]);
    night.hours(true).await;
    night.clock.advance(Duration::from_hours(1));
    night.text(THEIRS, OURS).await;
    assert_eq!(night.said().await, [AutoReply::Waiting, AutoReply::Closed]);
    // Four hours after the one, and three after the other.
    night.clock.advance(Duration::from_mins(3 * 60 + 1));
    night.text(THEIRS, OURS).await;
    assert_eq!(night.said().await.len(), 2, "it is closed still, and they know");
    night.hours(false).await;
    night.text(THEIRS, OURS).await;
    assert_eq!(night.said().await, [AutoReply::Waiting, AutoReply::Closed, AutoReply::Waiting]);
}

async fn a_contact_is_told_what_is_known_of_their_wait_and_nothing_else(database: Database) {
    let mut night = Night::begin(&database, false).await;
    let text = "You are number {{ position }}. It takes {{ eta }}. We open {{ opens_at }}.";
    // It opens in three days, and is open for an hour of that day.
    let now = jiff::Timestamp::from_millisecond(night.clock.now().0).unwrap().to_zoned(TimeZone::UTC);
    let opens = now.date().checked_add(3.days()).unwrap();
    let day = usize::try_from(opens.weekday().to_monday_zero_offset()).unwrap();
    let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let hours = Hours::parse(&format!("{} 09:00-10:00", DAYS[day]), "UTC").unwrap();
    let closed = QueueSettings {
        hours: Some(hours),
        waiting_text: Some(text.to_owned()),
        closed_text: Some(text.to_owned()),
        ..QueueSettings::default()
    };
    night.set(closed.clone()).await;
    night.text(THEIRS, OURS).await;
    let said = format!("You are number 1. We open {} at 09:00.", names[day]);
    assert_eq!(night.texts().await, [(AutoReply::Closed, said)]);

    // Always open, it does not open; and three agents took somebody after twenty minutes lately.
    let conn = &mut *database.connection().await;
    let began = Millis(night.clock.now().0 - 3_600_000);
    for number in 0..3_i64 {
        for (secs, owner, state) in [(0, None, "queued"), (1_200, Some("alice"), "active")] {
            let change = Change {
                interaction: InteractionId::new(format!("i-900{number}")),
                at: Millis(began.0 + secs * 1_000),
                queue: queue(),
                owner: owner.map(AgentId::new),
                state: state.to_owned(),
            };
            history::add_change(conn, &format!("{number}-{secs:04}"), &change).await.unwrap();
        }
    }
    night.set(QueueSettings { hours: None, ..closed.clone() }).await;
    night.text(ANOTHER, OURS).await;
    let said = "You are number 2. It takes about 20 minutes.".to_owned();
    assert_eq!(night.texts().await[1..], [(AutoReply::Waiting, said)]);

    // Nothing of it is known: nothing is said, and it can be said later.
    let unknown = Some("We open {{ opens_at }}.".to_owned());
    night.set(QueueSettings { hours: None, waiting_text: unknown, ..closed.clone() }).await;
    night.text("+14155550103", OURS).await;
    assert_eq!(night.texts().await.len(), 2);
    night.set(QueueSettings { hours: None, ..closed }).await;
    night.text("+14155550103", OURS).await;
    assert_eq!(night.texts().await.len(), 3);
}
