//! Whether contacts want to be texted: scopes, the record, erased addresses, and rows of before.

use std::time::Duration;

use ruma::OwnedEventId;
use sqlx::{AnyConnection, Connection as _};
use switchroom::clock::{Clock, Millis};
use switchroom::desk::{Applied, Desk, Settings, Woken};
use switchroom::domain::address::Address;
use switchroom::domain::consent::{Change, Confirms, ConsentRules, Reach, Scope, Source, Texts, Wish};
use switchroom::domain::effect::{Effect, Noticed, Notify, Role, SendReply};
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::input::{Claim, ContactText, Evidence, Input, OptOut, Report, Setup};
use switchroom::domain::notice::{AutoReply, Says};
use switchroom::domain::queue::{NumberSettings, QueueSettings, Target};
use switchroom::domain::reply::{Answer, PartState, part_id};
use switchroom::sms::twilio;
use switchroom::store::{Engine, agents, consent, contacts, interactions};
use tokio::sync::mpsc;

use super::desk::settings;
use super::{
    Database, NOW, OURS, Postgres, THEIRS, agent, change, contact, interaction, on_both_engines, queue,
};

on_both_engines! {
    a_wish_reaches_the_numbers_of_its_scope_and_the_newest_decides,
    every_change_is_kept_and_what_holds_is_read_in_one_look,
    who_shares_a_number_said_what_was_said_on_it,
    an_erased_opt_out_still_holds_and_nothing_tells_whose_it_was,
    what_is_open_in_a_scope_is_found,
    rows_from_before_are_taken_over,
    a_keyword_is_confirmed_once_within_five_minutes_and_though_they_opted_out,
    what_could_not_be_confirmed_in_time_is_not_confirmed,
    what_is_fetched_late_undoes_nothing_that_was_said_since,
    the_provider_confirms_its_own_words_itself,
    a_refusal_is_recorded_once_whether_it_is_answered_or_reported,
    a_report_from_before_they_came_back_changes_nothing,
    their_last_word_counts_in_whatever_order_it_comes,
}

/// Another number of ours, and one more.
const TOO: &str = "+15005550007";
const THREE: &str = "+15005550008";
const SERVICE: &str = "MG1";

fn of(number: &str) -> Scope {
    Scope::Number(Address::sms(number))
}

/// Two numbers of one messaging service, and one without.
async fn three_numbers(conn: &mut AnyConnection) {
    for (number, service) in [(OURS, Some(SERVICE)), (TOO, Some(SERVICE)), (THREE, None)] {
        let messaging_service = service.map(str::to_owned);
        let settings = NumberSettings { messaging_service, ..NumberSettings::new(Target::Queue(queue())) };
        agents::save_number(conn, &Address::sms(number), &settings).await.unwrap();
    }
}

/// From which of the three numbers they want no texts.
async fn out_of(conn: &mut AnyConnection) -> Vec<&'static str> {
    let mut out = Vec::new();
    for ours in [OURS, TOO, THREE] {
        if consent::is_out(conn, &Address::sms(ours), &Address::sms(THEIRS)).await.unwrap() {
            out.push(ours);
        }
    }
    out
}

async fn a_wish_reaches_the_numbers_of_its_scope_and_the_newest_decides(database: Database) {
    let conn = &mut *database.connection().await;
    three_numbers(conn).await;
    assert!(out_of(conn).await.is_empty());
    let sender = || Scope::Sender(SERVICE.to_owned());
    let steps: [(Scope, Wish, &[&str]); 7] = [
        (of(THREE), Wish::Out, &[THREE]),
        (sender(), Wish::Out, &[OURS, TOO, THREE]),
        (of(OURS), Wish::In, &[TOO, THREE]),
        (Scope::Desk, Wish::In, &[]),
        (Scope::Desk, Wish::Out, &[OURS, TOO, THREE]),
        (sender(), Wish::In, &[THREE]),
        (Scope::Sender("MG2".to_owned()), Wish::Out, &[THREE]),
    ];
    for (second, (scope, wish, out)) in (1..).zip(steps) {
        let said = change(&second.to_string(), scope, wish);
        consent::add(conn, &said).await.unwrap();
        assert_eq!(out_of(conn).await, out, "{said:?}");
    }
    // Of another address nothing was said.
    let (ours, other) = (Address::sms(THREE), Address::sms("+14155550199"));
    assert!(!consent::is_out(conn, &ours, &other).await.unwrap());
    assert!(!consent::is_out(conn, &other, &ours).await.unwrap());
}

async fn every_change_is_kept_and_what_holds_is_read_in_one_look(database: Database) {
    let conn = &mut *database.connection().await;
    let jane = contact(THEIRS);
    contacts::add(conn, &jane, NOW).await.unwrap();
    three_numbers(conn).await;
    assert!(consent::changes(conn, &jane.id, 10).await.unwrap().is_empty());
    let said = [
        change("1", of(OURS), Wish::Out),
        change("2", of(OURS), Wish::In),
        change("3", Scope::Desk, Wish::Out),
    ];
    for said in &said {
        consent::add(conn, said).await.unwrap();
    }
    let [first, second, third] = said;
    let newest_first = [third.clone(), second.clone(), first];
    assert_eq!(consent::changes(conn, &jane.id, 10).await.unwrap(), newest_first);
    assert_eq!(consent::changes(conn, &jane.id, 1).await.unwrap(), newest_first[..1]);
    assert_eq!(consent::current(conn, &jane.id, 10).await.unwrap(), [third, second]);
    let out = [OURS, TOO, THREE].map(Address::sms);
    assert_eq!(consent::opted_out_of(conn, &jane.id).await.unwrap(), out);
    assert!(consent::opted_out_of(conn, &ContactId::new("c-nobody")).await.unwrap().is_empty());
}

async fn who_shares_a_number_said_what_was_said_on_it(database: Database) {
    let conn = &mut *database.connection().await;
    three_numbers(conn).await;
    let (jane, joe) = (contact(THEIRS), contact("+14155550199"));
    for one in [&jane, &joe] {
        contacts::add(conn, one, NOW).await.unwrap();
    }
    let hers = change("1", of(OURS), Wish::Out);
    let his = Change { address: joe.number.clone(), ..change("2", of(TOO), Wish::Out) };
    for said in [&hers, &his] {
        consent::add(conn, said).await.unwrap();
    }
    assert_eq!(consent::changes(conn, &joe.id, 10).await.unwrap(), std::slice::from_ref(&his));
    // His own number counts once, also where it is said to be shared.
    for shared in [&jane.number, &joe.number] {
        contacts::share(conn, &joe.id, shared).await.unwrap();
    }
    assert_eq!(contacts::written_from(conn, &joe.id).await.unwrap(), [joe.number, jane.number]);
    let both = [his, hers.clone()];
    assert_eq!(consent::changes(conn, &joe.id, 10).await.unwrap(), both);
    assert_eq!(consent::current(conn, &joe.id, 10).await.unwrap(), both);
    assert_eq!(consent::opted_out_of(conn, &joe.id).await.unwrap(), [OURS, TOO].map(Address::sms));
    assert_eq!(consent::changes(conn, &jane.id, 10).await.unwrap(), [hers]);
    assert_eq!(consent::opted_out_of(conn, &jane.id).await.unwrap(), [Address::sms(OURS)]);
}

async fn an_erased_opt_out_still_holds_and_nothing_tells_whose_it_was(database: Database) {
    let conn = &mut *database.connection().await;
    three_numbers(conn).await;
    let theirs = Address::sms(THEIRS);
    consent::add(conn, &change("1", of(OURS), Wish::Out)).await.unwrap();
    consent::add(conn, &change("2", of(TOO), Wish::Out)).await.unwrap();
    consent::add(conn, &change("3", of(TOO), Wish::In)).await.unwrap();
    consent::forget(conn, &theirs, "first salt").await.unwrap();
    assert_eq!(out_of(conn).await, [OURS]);
    for sql in [
        "SELECT COUNT(*) FROM consent",
        "SELECT COUNT(*) FROM consent_changes",
        "SELECT COUNT(*) FROM consent_hashes WHERE hash LIKE '%4155550100%' OR scope LIKE '%4155550100%'",
    ] {
        let left: i64 = sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap();
        assert_eq!(left, 0, "{sql}");
    }
    let other = Address::sms("+14155550199");
    assert!(!consent::is_out(conn, &Address::sms(OURS), &other).await.unwrap());

    // They come back, and are erased once more: the salt stays what it was.
    consent::add(conn, &change("4", of(OURS), Wish::In)).await.unwrap();
    assert!(out_of(conn).await.is_empty());
    consent::forget(conn, &theirs, "second salt").await.unwrap();
    assert!(out_of(conn).await.is_empty());
    consent::add(conn, &change("5", Scope::Desk, Wish::Out)).await.unwrap();
    consent::forget(conn, &theirs, "third salt").await.unwrap();
    assert_eq!(out_of(conn).await, [OURS, TOO, THREE]);
    let hashes: i64 =
        sqlx::query_scalar("SELECT COUNT(DISTINCT hash) FROM consent_hashes").fetch_one(conn).await.unwrap();
    assert_eq!(hashes, 1);
}

async fn what_is_open_in_a_scope_is_found(database: Database) {
    let conn = &mut *database.connection().await;
    three_numbers(conn).await;
    contacts::add(conn, &contact(THEIRS), NOW).await.unwrap();
    for (id, ours) in [("i-1", OURS), ("i-2", TOO), ("i-3", THREE)] {
        let mut open = interaction(id, THEIRS);
        open.our_number = Address::sms(ours);
        interactions::add(conn, &open).await.unwrap();
    }
    interactions::add(conn, &interaction("i-4", "+14155550199")).await.unwrap();
    let theirs = Address::sms(THEIRS);
    let table: [(Scope, &[&str]); 5] = [
        (of(OURS), &["i-1"]),
        (Scope::Sender(SERVICE.to_owned()), &["i-1", "i-2"]),
        (Scope::Sender("MG2".to_owned()), &[]),
        (Scope::Desk, &["i-1", "i-2", "i-3"]),
        (of("+15005550001"), &[]),
    ];
    for (scope, expected) in table {
        let found = consent::open_in(conn, &theirs, &scope, 10).await.unwrap();
        assert_eq!(found.iter().map(InteractionId::as_str).collect::<Vec<_>>(), expected, "{scope:?}");
    }
    assert_eq!(consent::open_in(conn, &theirs, &Scope::Desk, 2).await.unwrap().len(), 2);
}

async fn rows_from_before_are_taken_over(database: Database) {
    let files = tempfile::tempdir().unwrap();
    let url = match database.store.engine() {
        Engine::Sqlite => format!("sqlite://{}?mode=rwc", files.path().join("old.db").display()),
        Engine::Postgres => Postgres::shared().await.fresh_database().await,
    };
    let mut old = AnyConnection::connect(&url).await.unwrap();
    let before = include_str!("../../../src/store/migrations/0001_desk.sql");
    let rows = "INSERT INTO contacts (id, name, created_at) VALUES ('c-1', 'Jane', 1);
         INSERT INTO contact_numbers (number, contact) VALUES ('sms:+14155550100', 'c-1');
         INSERT INTO numbers (number, body) VALUES ('sms:+15005550006', '{}'), ('sms:+15005550007', '{}');
         INSERT INTO opt_outs (our_number, contact_number, since) VALUES
             ('sms:+15005550006', 'sms:+14155550100', 1700000000000),
             ('sms:+15005550006', 'sms:+14155550101', 1700000000001);";
    let contacts = include_str!("../../../src/store/migrations/0003_contacts.sql");
    for sql in [before, rows, contacts, include_str!("../../../src/store/migrations/0005_consent.sql")] {
        sqlx::raw_sql(sql).execute(&mut old).await.unwrap();
    }
    assert_eq!(out_of(&mut old).await, [OURS]);
    let jane = ContactId::new("c-1");
    let changes = consent::changes(&mut old, &jane, 10).await.unwrap();
    assert_eq!(consent::current(&mut old, &jane, 10).await.unwrap(), changes);
    let [kept] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((kept.source, kept.wish, kept.at), (Source::Earlier, Wish::Out, NOW));
    assert_eq!((&kept.scope, kept.ours.as_ref()), (&of(OURS), Some(&Address::sms(OURS))));
    // What is said later stands above it.
    consent::add(&mut old, &change("1", of(OURS), Wish::In)).await.unwrap();
    assert_eq!(consent::changes(&mut old, &jane, 1).await.unwrap()[0].wish, Wish::In);
    assert!(out_of(&mut old).await.is_empty());
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
            let claim = Claim { lane: super::lane_of(&lane), seq, version, epoch };
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
        let due = Input::ReplyDue { claim: claim.clone(), reply: reply.clone() };
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
