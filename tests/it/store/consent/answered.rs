//! What contacts say about being texted, how the desk answers, and what the provider reports of it.

use std::time::Duration;

use ruma::OwnedEventId;
use switchroom::clock::{Clock, Millis};
use switchroom::desk::{Applied, Desk, Settings, Woken};
use switchroom::domain::address::Address;
use switchroom::domain::consent::{Confirms, ConsentRules, Reach, Source, Texts, Wish};
use switchroom::domain::effect::{Effect, Noticed, Notify, Role, SendReply};
use switchroom::domain::input::{Claim, ContactText, Evidence, Input, OptOut, Report, Setup};
use switchroom::domain::notice::{AutoReply, Says};
use switchroom::domain::queue::{NumberSettings, QueueSettings, Target};
use switchroom::domain::reply::{Answer, PartState, part_id};
use switchroom::sms::twilio;
use switchroom::store::{consent, contacts};
use tokio::sync::mpsc;

use super::super::desk::settings;
use super::super::{Database, OURS, THEIRS, agent, on_both_engines, queue};
use super::TOO;

on_both_engines! {
    a_keyword_is_confirmed_once_within_five_minutes_and_though_they_opted_out,
    what_could_not_be_confirmed_in_time_is_not_confirmed,
    what_is_fetched_late_undoes_nothing_that_was_said_since,
    the_provider_confirms_its_own_words_itself,
    a_refusal_is_recorded_once_whether_it_is_answered_or_reported,
    a_report_from_before_they_came_back_changes_nothing,
    their_last_word_counts_in_whatever_order_it_comes,
}

/// A desk, and what its effects are to be.
struct Story {
    database: Database,
    desk: Desk,
    clock: Clock,
    texts: u32,
    _hints: mpsc::UnboundedReceiver<Woken>,
}

fn rules() -> ConsentRules {
    let stop = Some("You get no more texts, {{ contact.name }}.".to_owned());
    let texts =
        Texts { stop, start: Some("Welcome back.".to_owned()), help: Some("This is the shop.".to_owned()) };
    ConsentRules { texts, ..ConsentRules::of(twilio::KIND.opt_outs) }
}

impl Story {
    async fn begin(database: Database, consent: ConsentRules) -> Self {
        let clock = Clock::default();
        let settings = Settings { consent, ..settings() };
        let (desk, hints) = Desk::open(database.store.clone(), clock.clone(), settings);
        let number = NumberSettings::new(Target::Queue(queue()));
        let setup = Setup {
            agents: vec![agent("alice")],
            queues: vec![(queue(), QueueSettings { undo_ms: 0, ..QueueSettings::default() })],
            numbers: [OURS, TOO].map(|ours| (Address::sms(ours), number.clone())).into(),
            ..Setup::default()
        };
        assert_eq!(desk.apply(Input::Setup(setup)).await.unwrap(), Applied::Done);
        Self { database, desk, clock, texts: 0, _hints: hints }
    }

    async fn text(&mut self, to: &str, body: &str, opt_out: Option<OptOut>) {
        self.text_of(to, body, opt_out, None).await;
    }

    /// A text that was written at a moment is fetched now.
    async fn text_written_at(&mut self, to: &str, body: &str, at: Millis) {
        self.text_of(to, body, None, Some(at)).await;
    }

    async fn text_of(&mut self, to: &str, body: &str, opt_out: Option<OptOut>, fetched_late: Option<Millis>) {
        self.texts += 1;
        let text = ContactText {
            sid: format!("SM{}", self.texts),
            from: Address::sms(THEIRS),
            to: Address::sms(to),
            body: body.to_owned(),
            media: vec![],
            left_out: 0,
            origin: vec![],
            more: vec![],
            opt_out,
            fetched_late,
        };
        assert_eq!(self.desk.apply(Input::Text(text)).await.unwrap(), Applied::Done);
    }

    /// What waits in the lanes whose name begins so, in order, each with the right to do it.
    async fn waiting(&self, lanes: &str) -> Vec<(Claim, Effect)> {
        let sql = format!(
            "SELECT o.lane, o.seq, o.version, l.epoch, o.body FROM outbox o JOIN lanes l ON l.id = o.lane
             WHERE o.state = 'ready' AND o.lane LIKE '{lanes}%' ORDER BY o.created_at, o.lane, o.seq"
        );
        let rows: Vec<(String, i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut *self.database.connection().await)
            .await
            .unwrap();
        let read = |(lane, seq, version, epoch, body): (String, i64, i64, i64, String)| {
            let claim = Claim { lane: super::super::lane_of(&lane), seq, version, epoch };
            (claim, serde_json::from_str(&body).unwrap())
        };
        rows.into_iter().map(read).collect()
    }

    /// The notices of the rooms so far.
    async fn said(&self) -> Vec<Says> {
        let says = |(_, effect)| match effect {
            Effect::Notify(Notify { notice, .. }) => Some(notice.says),
            _ => None,
        };
        self.waiting("room:").await.into_iter().filter_map(says).collect()
    }

    /// Why the desk wrote to the contact so far.
    async fn answered(&self) -> Vec<AutoReply> {
        let because = |says| match says {
            Says::DeskText { because, .. } => Some(because),
            _ => None,
        };
        self.said().await.into_iter().filter_map(because).collect()
    }

    /// Lets the desk's texts be shown in their rooms, so that they go.
    async fn show(&self) {
        for (claim, effect) in self.waiting("room:").await {
            let Effect::Notify(Notify { role: role @ Some(Role::DeskText { .. }), .. }) = effect else {
                continue;
            };
            let event = OwnedEventId::try_from(format!("$shown{}:desk.test", claim.seq)).unwrap();
            let evidence = Evidence::Noticed(Noticed { event, role });
            self.desk.apply(Input::Delivered { claim, evidence }).await.unwrap();
        }
    }

    /// It is the turn of the next message to the phone: what is submitted.
    async fn turn(&self) -> Option<(Claim, String, Applied)> {
        let (claim, effect) = self.waiting("sms:").await.into_iter().next()?;
        let Effect::SendReply(SendReply { reply, .. }) = effect else { panic!("{effect:?}") };
        let due = Input::ReplyDue { claim: claim.clone(), reply: reply.clone(), is_next: false };
        let applied = self.desk.apply(due).await.unwrap();
        Some((claim, reply, applied))
    }

    async fn is_out(&self) -> bool {
        let conn = &mut *self.database.connection().await;
        consent::is_out(conn, &Address::sms(OURS), &Address::sms(THEIRS)).await.unwrap()
    }

    /// How often it is recorded that they opted out in this way.
    async fn recorded(&self, source: Source) -> usize {
        let conn = &mut *self.database.connection().await;
        let jane = contacts::by_number(conn, &Address::sms(THEIRS)).await.unwrap().unwrap();
        let changes = consent::changes(conn, &jane.id, 50).await.unwrap();
        changes.iter().filter(|change| change.source == source && change.wish == Wish::Out).count()
    }
}

fn by_the_desk() -> ConsentRules {
    ConsentRules { confirms: Confirms::Desk, reach: Reach::Number, ..rules() }
}

async fn a_keyword_is_confirmed_once_within_five_minutes_and_though_they_opted_out(database: Database) {
    let mut story = Story::begin(database, by_the_desk()).await;
    story.text(OURS, "STOP", None).await;
    assert!(story.is_out().await);
    assert_eq!(story.answered().await, [AutoReply::Stopped]);
    story.show().await;
    let (_, _, applied) = story.turn().await.unwrap();
    let Applied::Submit(submission) = applied else { panic!("{applied:?}") };
    assert_eq!(submission.text, format!("You get no more texts, {THEIRS}."));

    // Said again it is no news, and soon after they came back it was confirmed a moment ago.
    let before = story.answered().await;
    for body in ["STOP", "start", "stop", "START"] {
        story.text(OURS, body, None).await;
    }
    let after = story.answered().await;
    assert_eq!(after[before.len()..], [AutoReply::Started]);
    story.clock.advance(Duration::from_secs(301));
    story.text(OURS, "Stop.", None).await;
    story.text(OURS, "help", None).await;
    story.text(OURS, "info", None).await;
    // To another number of ours it is another thing.
    story.text(TOO, "stop", None).await;
    let stopped = AutoReply::Stopped;
    assert_eq!(story.answered().await[after.len()..], [stopped, AutoReply::Help, stopped]);
}

async fn what_could_not_be_confirmed_in_time_is_not_confirmed(database: Database) {
    let mut story = Story::begin(database, by_the_desk()).await;
    story.text(OURS, "STOP", None).await;
    story.show().await;
    story.clock.advance(Duration::from_secs(301));
    let (_, _, applied) = story.turn().await.unwrap();
    assert_eq!(applied, Applied::Over, "it stood in the room in time, and its turn came too late");
    assert!(story.waiting("sms:").await.is_empty());

    story.text(OURS, "START", None).await;
    story.text(OURS, "STOP", None).await;
    story.clock.advance(Duration::from_secs(301));
    story.show().await;
    assert!(story.waiting("sms:").await.is_empty(), "it was shown too late");
}

async fn what_is_fetched_late_undoes_nothing_that_was_said_since(database: Database) {
    let mut story = Story::begin(database, rules()).await;
    let minute = async |story: &mut Story| {
        story.clock.advance(Duration::from_mins(1));
        story.clock.now()
    };
    // The one word that nobody needed to say takes away what was said before it and comes later.
    let missed = minute(&mut story).await;
    minute(&mut story).await;
    story.text(OURS, "START", None).await;
    story.text_written_at(OURS, "STOP", missed).await;
    assert!(!story.is_out().await);
    // An answer to some question proves nothing.
    let missed = minute(&mut story).await;
    minute(&mut story).await;
    story.text(OURS, "YES", None).await;
    story.text_written_at(OURS, "STOP", missed).await;
    assert!(story.is_out().await);
    // And the other way round.
    let missed = minute(&mut story).await;
    minute(&mut story).await;
    story.text(OURS, "STOP", None).await;
    story.text_written_at(OURS, "START", missed).await;
    assert!(story.is_out().await);
    let says = story.said().await;
    let count = |fits: fn(&Says) -> bool| says.iter().filter(|says| fits(says)).count();
    assert_eq!(count(|says| matches!(says, Says::OptedIn { .. })), 0);
    assert_eq!(count(|says| matches!(says, Says::OptedOut { .. })), 1);
}

async fn the_provider_confirms_its_own_words_itself(database: Database) {
    let mut story = Story::begin(database, rules()).await;
    story.text(OURS, "STOP", None).await;
    story.text(OURS, "whatever", Some(OptOut::Start)).await;
    story.text(OURS, "whatever", Some(OptOut::Stop)).await;
    story.text(OURS, "help", Some(OptOut::Help)).await;
    assert!(story.answered().await.is_empty());
    assert!(story.is_out().await);
    assert_eq!((story.recorded(Source::Keyword).await, story.recorded(Source::Provider).await), (1, 1));
}

/// A text to the contact is being sent: its effect and its id. The desk's own will do.
async fn sending(story: &mut Story, body: &str) -> (Claim, String) {
    story.text(OURS, body, None).await;
    story.show().await;
    let (claim, reply, applied) = story.turn().await.unwrap();
    assert!(matches!(applied, Applied::Submit(_)), "{applied:?}");
    (claim, reply)
}

fn refused() -> PartState {
    PartState::Failed { code: Some(21610) }
}

async fn a_refusal_is_recorded_once_whether_it_is_answered_or_reported(database: Database) {
    let mut story = Story::begin(database, by_the_desk()).await;
    let (claim, reply) = sending(&mut story, "help").await;
    let answer = Answer::Rejected { code: Some(21610), why: "no".to_owned() };
    let input = Input::Answered { claim, reply: reply.clone(), part: 0, answer };
    story.desk.apply(input).await.unwrap();
    assert!(story.is_out().await);
    let report = || Report { part: part_id(&reply, 0), sid: "SM9".to_owned(), state: refused(), why: None };
    for _ in 0..2 {
        story.desk.apply(Input::Reported(report())).await.unwrap();
    }
    assert_eq!((story.recorded(Source::Answer).await, story.recorded(Source::Callback).await), (1, 0));
    let told = story.said().await.into_iter().filter(|says| matches!(says, Says::OptedOut { .. })).count();
    assert_eq!(told, 1);

    // The other way round: taken, and then reported.
    story.text(OURS, "START", None).await;
    story.show().await;
    story.clock.advance(Duration::from_secs(1));
    let (claim, reply, _) = story.turn().await.unwrap();
    let answer = Answer::Accepted { sid: "SM8".to_owned(), state: PartState::Accepted, why: None };
    let input = Input::Answered { claim, reply: reply.clone(), part: 0, answer };
    story.desk.apply(input).await.unwrap();
    assert!(!story.is_out().await);
    let report = Report { part: part_id(&reply, 0), sid: "SM8".to_owned(), state: refused(), why: None };
    for _ in 0..2 {
        story.desk.apply(Input::Reported(report.clone())).await.unwrap();
    }
    assert!(story.is_out().await);
    assert_eq!((story.recorded(Source::Answer).await, story.recorded(Source::Callback).await), (1, 1));
}

async fn a_report_from_before_they_came_back_changes_nothing(database: Database) {
    let mut story = Story::begin(database, by_the_desk()).await;
    let (_, reply) = sending(&mut story, "help").await;
    story.clock.advance(Duration::from_secs(1));
    story.text(OURS, "STOP", None).await;
    story.text(OURS, "START", None).await;
    let report = Report { part: part_id(&reply, 0), sid: "SM9".to_owned(), state: refused(), why: None };
    story.desk.apply(Input::Reported(report)).await.unwrap();
    assert!(!story.is_out().await);
    assert_eq!(story.recorded(Source::Callback).await, 0);
}

async fn their_last_word_counts_in_whatever_order_it_comes(database: Database) {
    const MINUTE: Duration = Duration::from_mins(1);
    let mut story = Story::begin(database, by_the_desk()).await;
    let before = story.clock.now();
    story.clock.advance(MINUTE);
    story.text(OURS, "STOP", None).await;
    story.text_written_at(OURS, "START", before).await;
    assert!(story.is_out().await, "their last word was STOP");
    assert_eq!(story.answered().await, [AutoReply::Stopped]);

    // Said again it holds from then on.
    story.clock.advance(MINUTE);
    let between = story.clock.now();
    story.clock.advance(MINUTE);
    story.text(OURS, "STOP", None).await;
    story.text_written_at(OURS, "START", between).await;
    assert!(story.is_out().await, "their last word was STOP again");

    // The other way round too; what is newer than all that is known counts, however late it comes.
    story.clock.advance(MINUTE);
    let third = story.clock.now();
    story.clock.advance(MINUTE);
    story.text(OURS, "START", None).await;
    story.text_written_at(OURS, "STOP", third).await;
    assert!(!story.is_out().await, "their last word was START");
    story.clock.advance(MINUTE);
    let last = story.clock.now();
    story.clock.advance(MINUTE);
    story.text_written_at(OURS, "STOP", last).await;
    assert!(story.is_out().await);
}
