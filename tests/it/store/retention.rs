//! What is older than the desk keeps it is erased, some at a time, and nothing else is.

mod around;
mod schema;

use std::time::Duration;

use ruma::{OwnedEventId, OwnedRoomId};
use sqlx::{AnyConnection, AssertSqlSafe};
use switchroom::clock::{Clock, Millis};
use switchroom::desk::{Applied, Desk, Settings, Woken};
use switchroom::domain::dead_letter::DeadLetterKind;
use switchroom::domain::effect::{DeleteMedia, Effect, LeaveForeign, Place, PublishState, Role};
use switchroom::domain::ids::{AgentId, InteractionId, QueueName};
use switchroom::domain::input::{Input, Setup};
use switchroom::domain::interaction::{Interaction, Phase};
use switchroom::domain::lane::Lane;
use switchroom::domain::notice::Missed;
use switchroom::domain::queue::QueueSettings;
use switchroom::domain::reply::{Part, PartState, Reply, ReplyState};
use switchroom::domain::report::Change;
use switchroom::domain::retention::Old;
use switchroom::domain::settings::DeskSettings;
use switchroom::domain::timer::LEAVE_AFTER;
use switchroom::store::audit::Entry;
use switchroom::store::lists::Rows;
use switchroom::store::outbox::Wanted;
use switchroom::store::rooms::Posted;
use switchroom::store::search::lines::{self, Asked, Whose};
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{
    Engine, audit, consent, contacts, history, interactions, lists, messages, outbox, replies, retention,
    rooms, spelling, tags, timers, upkeep,
};
use tokio::sync::mpsc;

use super::{Database, THEIRS, active, agent_ref, change, contact, interaction, on_both_engines, user};

on_both_engines! {
    what_is_done_for_too_long_loses_what_was_said_and_keeps_what_reports_count,
    what_goes_on_or_is_on_its_way_is_left_alone,
    a_queue_keeps_its_own_and_one_that_is_gone_is_as_the_desk,
    each_commit_erases_a_little_and_what_was_interrupted_goes_on,
    pictures_are_erased_at_the_homeserver_before_what_was_said,
    the_audit_log_is_erased_and_the_record_of_consent_is_not,
}

const DAY: Duration = Duration::from_hours(24);

/// A desk that keeps things for some days.
struct Keeping {
    database: Database,
    desk: Desk,
    clock: Clock,
    settings: DeskSettings,
    /// What its commits wake, which nobody follows.
    hints: mpsc::UnboundedReceiver<Woken>,
}

impl Keeping {
    fn begin(database: Database, settings: DeskSettings) -> Self {
        let clock = Clock::default();
        let (desk, hints) = opened(&database, &clock, &settings);
        Self { database, desk, clock, settings, hints }
    }

    /// The desk is killed, and another goes on.
    fn start_again(&mut self) {
        (self.desk, self.hints) = opened(&self.database, &self.clock, &self.settings);
    }

    /// How long something happened before now.
    fn ago(&self, days: u32) -> Millis {
        self.clock.now() - DAY * days
    }

    async fn erase(&self, what: Old) -> Applied {
        self.desk.apply(Input::EraseOld { what }).await.unwrap()
    }

    /// Erases all there is of it; returns in how many commits.
    async fn erase_all(&self, what: Old) -> usize {
        let mut commits = 1;
        while self.erase(what).await == Applied::More {
            commits += 1;
            assert!(commits < 1_000, "there is no end to it");
        }
        commits
    }

    async fn effects(&self) -> Vec<Effect> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox ORDER BY lane, seq")
            .fetch_all(&mut *self.database.connection().await)
            .await
            .unwrap();
        rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
    }

    async fn is_emptied(&self, id: &str) -> bool {
        let conn = &mut *self.database.connection().await;
        let found = interactions::by_id(conn, &InteractionId::new(id)).await.unwrap().unwrap();
        found.emptied_at.is_some()
    }
}

fn opened(database: &Database, clock: &Clock, desk: &DeskSettings) -> (Desk, mpsc::UnboundedReceiver<Woken>) {
    let settings = Settings { desk: desk.clone(), ..super::desk::settings() };
    Desk::open(database.store.clone(), clock.clone(), settings)
}

fn keeps(sms: u64) -> DeskSettings {
    DeskSettings { retention_sms_days: sms, ..DeskSettings::default() }
}

/// The word that stands in all that is said in an interaction.
fn secret(id: &str) -> String {
    format!("secret{}", id.replace('-', ""))
}

fn line(id: &str, at: Millis, body: String) -> Line {
    Line {
        id: id.to_owned(),
        at,
        kind: LineKind::Contact,
        author: THEIRS.to_owned(),
        body,
        event_id: Some(format!("${id}:desk.test")),
    }
}

/// An interaction that was done at a moment, with everything that can be kept of one.
async fn keep(conn: &mut AnyConnection, id: &str, number: &str, at: Millis) -> Interaction {
    let word = secret(id);
    let whole = Interaction {
        case: vec![("order".to_owned(), word.clone())],
        tags: vec![word.clone()],
        first_text: word.clone(),
        room: Some(OwnedRoomId::try_from(format!("!{id}:desk.test")).unwrap()),
        phase: Phase::Done { by: agent_ref("alice"), at },
        created_at: at,
        ..interaction(id, number)
    };
    let place = Place::Session(whole.id.clone());
    interactions::add(conn, &whole).await.unwrap();
    say(conn, &whole, &format!("l-{id}"), &word).await;
    replies::add(conn, &[reply(id, PartState::Delivered)], at).await.unwrap();
    tags::set(conn, &whole).await.unwrap();
    spelling::ignore(conn, &whole.id, &word).await.unwrap();
    let missed = Missed::Offer { contact: word.clone(), callback: false };
    messages::add(conn, &format!("m-{id}"), &AgentId::new("bob"), at, id, &missed).await.unwrap();
    let shown = Rows { run: format!("note {word}"), keys: vec![word.clone()] };
    lists::show(conn, (&place, Some(&AgentId::new("alice"))), &shown, at).await.unwrap();
    let letter = DeadLetterKind::Effect { lane: Lane::Phone(whole.id.clone()), seq: 7 };
    upkeep::add_dead_letter(conn, &format!("s-{id}"), at, &letter, "why", &word).await.unwrap();
    let said = Entry {
        id: format!("a-{id}"),
        at: at.0,
        who: "@alice:desk.test".to_owned(),
        what: "case".to_owned(),
        subject: id.to_owned(),
        detail: format!("set order {word}"),
    };
    audit::add(conn, &said).await.unwrap();
    let role = Role::Menu { at: place, lines: vec![format!("call {word}")] };
    let event = OwnedEventId::try_from(format!("$p-{id}:desk.test")).unwrap();
    let lane = Lane::Room(whole.id.clone());
    rooms::add_posted(conn, &[(event, lane, Posted::Notice(Some(role)))]).await.unwrap();
    rooms::add(conn, whole.room.as_ref().unwrap(), &Place::Session(whole.id.clone())).await.unwrap();
    let done = Change {
        interaction: whole.id.clone(),
        at,
        queue: whole.queue.clone(),
        owner: None,
        state: "done".to_owned(),
    };
    history::add_change(conn, &format!("c-{id}"), &done).await.unwrap();
    whole
}

async fn say(conn: &mut AnyConnection, of: &Interaction, id: &str, body: &str) {
    let line = line(id, of.created_at, body.to_owned());
    transcript::add_lines(conn, &[(of.id.clone(), line)]).await.unwrap();
    let words = lines::words_of_line(&of.contact.number, body).unwrap();
    lines::add(conn, &[(id.to_owned(), words)]).await.unwrap();
}

fn reply(id: &str, state: PartState) -> Reply {
    let part = Part { text: secret(id), files: vec![], state, sid: None, sent_at: None };
    Reply {
        id: format!("{:0>32}", id.replace('-', "")),
        interaction: InteractionId::new(id),
        event: OwnedEventId::try_from(format!("$r-{id}:desk.test")).unwrap(),
        of_program: None,
        said_in: None,
        by: user("alice"),
        text: secret(id),
        enclosures: vec![],
        opening: String::new(),
        signature: String::new(),
        in_reply_to: None,
        confirms_until: None,
        held: None,
        response: None,
        spelling: None,
        is_promised: false,
        state: ReplyState::Parts { parts: vec![part], told: vec![] },
    }
}

/// In which columns of the whole database a word stands.
async fn holding(database: &Database, word: &str) -> Vec<String> {
    let conn = &mut *database.connection().await;
    let columns: Vec<(String, String)> =
        match database.store.engine() {
            Engine::Sqlite => {
                sqlx::query_as(
                    "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND c.type = 'TEXT' ORDER BY 1, 2",
                )
                .fetch_all(&mut *conn)
                .await
            }
            Engine::Postgres => sqlx::query_as(
                "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
                 WHERE table_schema = 'public' AND data_type = 'text' ORDER BY 1, 2",
            )
            .fetch_all(&mut *conn)
            .await,
        }
        .unwrap();
    assert!(columns.iter().any(|(table, column)| table == "transcript" && column == "body"), "{columns:?}");
    let mut found = Vec::new();
    for (table, column) in columns {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} LIKE $1");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(format!("%{word}%"))
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        if count > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

async fn what_is_done_for_too_long_loses_what_was_said_and_keeps_what_reports_count(database: Database) {
    let keeping = Keeping::begin(database, keeps(7));
    let conn = &mut *keeping.database.connection().await;
    contacts::add(conn, &contact(THEIRS), keeping.ago(30)).await.unwrap();
    let old = keep(conn, "i-old", THEIRS, keeping.ago(8)).await;
    keep(conn, "i-new", THEIRS, keeping.ago(6)).await;
    timers::set(conn, &old.leave_timer().unwrap()).await.unwrap();
    retention::add_media(conn, "mxc://desk.test/secretiold", &old).await.unwrap();
    let before =
        (holding(&keeping.database, "secretiold").await, holding(&keeping.database, "secretinew").await);
    assert!(before.0.len() == 12 && before.1.len() + 1 == before.0.len(), "{before:?}");

    assert_eq!(keeping.erase_all(Old::Conversations).await, 1);
    let left = holding(&keeping.database, "secretiold").await;
    // The homeserver is being asked to erase the picture, whose address is kept until it has.
    assert_eq!(left, ["left_behind.at", "outbox.body", "outbox.merge_key"], "{left:?}");
    assert_eq!(holding(&keeping.database, "secretinew").await, before.1);
    let emptied = interactions::by_id(conn, &old.id).await.unwrap().unwrap();
    let expected = Interaction { kept_days: Some(7), ..old.emptied(emptied.emptied_at.unwrap()) };
    assert_eq!(emptied, expected);
    assert_eq!(emptied.contact.id, old.contact.id);
    let number: String = sqlx::query_scalar("SELECT contact_number FROM interactions WHERE id = 'i-old'")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(number, "sms:");
    let changes = history::changes(conn, keeping.ago(9), keeping.clock.now()).await.unwrap();
    assert_eq!(changes.len(), 2, "reports are as they were");
    let log = audit::newest(conn, &["i-old".to_owned()], 9).await.unwrap();
    assert_eq!((log.len(), log[0].what.as_str(), log[0].detail.as_str()), (1, "case", ""));
    // Bot and ghost leave the room, which they would have done later.
    let effects = keeping.effects().await;
    let leaves = |effect: &&Effect| matches!(effect, Effect::LeaveForeign(LeaveForeign { room, .. }) if *room == *old.room.as_ref().unwrap());
    assert!(effects.iter().filter(leaves).count() >= 1, "{effects:?}");
    let gone = Effect::DeleteMedia(DeleteMedia { uri: "mxc://desk.test/secretiold".into() });
    assert!(effects.contains(&gone), "{effects:?}");
    assert!(timers::due(conn, keeping.clock.now() + LEAVE_AFTER, 9).await.unwrap().is_empty());
    // Nothing is found of it any more, and nothing is left to be done.
    let asked = Asked { whose: Whose::Desk, typed: "secretiold", owned_by: None, before: None, limit: 9 };
    assert!(lines::find(conn, &asked).await.unwrap().hits.is_empty());
    assert!(upkeep::recall_all(conn, "retention").await.unwrap().is_empty());
    assert_eq!(keeping.erase(Old::Conversations).await, Applied::Done);
}

async fn what_goes_on_or_is_on_its_way_is_left_alone(database: Database) {
    let keeping = Keeping::begin(database, keeps(7));
    let conn = &mut *keeping.database.connection().await;
    let mut all = Vec::new();
    for (number, id) in
        ["i-open", "i-room", "i-phone", "i-parked", "i-sending", "i-unknown", "i-failed"].iter().enumerate()
    {
        all.push(keep(conn, id, &format!("+1415555020{number}"), keeping.ago(60)).await);
    }
    // It was taken up again.
    interactions::save(conn, &Interaction { phase: active("alice"), ..all[0].clone() }).await.unwrap();
    let state = |of: &Interaction| Effect::PublishState(PublishState { interaction: of.id.clone() });
    let wanted = |effect, parked| Wanted {
        effect,
        due_at: keeping.clock.now(),
        said_at: keeping.clock.now(),
        txn_id: "t".to_owned(),
        parked,
    };
    let send = Effect::SendReply(switchroom::domain::effect::SendReply {
        interaction: all[2].id.clone(),
        reply: reply("i-phone", PartState::Unsent).id,
    });
    outbox::append(
        conn,
        &[wanted(state(&all[1]), false), wanted(send, false), wanted(state(&all[3]), true)],
        keeping.clock.now(),
    )
    .await
    .unwrap();
    let states = [
        ("i-sending", PartState::Sending),
        ("i-unknown", PartState::Unknown),
        ("i-failed", PartState::Failed { code: None }),
    ];
    replies::save(conn, &states.map(|(id, state)| reply(id, state))).await.unwrap();

    assert_eq!(keeping.erase_all(Old::Conversations).await, 1);
    for of in &all {
        assert_eq!(keeping.is_emptied(of.id.as_str()).await, of.id.as_str() == "i-failed", "{}", of.id);
    }
    // What was in the way is over.
    sqlx::query("UPDATE outbox SET state = 'done'").execute(&mut *conn).await.unwrap();
    replies::save(conn, &[reply("i-unknown", PartState::Unconfirmed), reply("i-sending", PartState::Sent)])
        .await
        .unwrap();
    keeping.erase_all(Old::Conversations).await;
    for of in &all {
        assert_eq!(keeping.is_emptied(of.id.as_str()).await, of.id.as_str() != "i-open", "{}", of.id);
    }
    // For ever is for ever.
    interactions::save(conn, &all[0]).await.unwrap();
    let mut keeping = Keeping { settings: keeps(0), ..keeping };
    keeping.start_again();
    keeping.clock.advance(DAY * 3_000);
    assert_eq!(keeping.erase(Old::Conversations).await, Applied::Done);
    assert!(!keeping.is_emptied("i-open").await);
}

async fn a_queue_keeps_its_own_and_one_that_is_gone_is_as_the_desk(database: Database) {
    let keeping = Keeping::begin(database, keeps(30));
    let days = |days| QueueSettings { retention_sms_days: days, ..QueueSettings::default() };
    let queues =
        [("short", days(Some(2))), ("long", days(Some(90))), ("ever", days(Some(0))), ("desk", days(None))];
    let queues = queues.map(|(name, settings)| (QueueName::new(name), settings)).to_vec();
    keeping.desk.apply(Input::Setup(Setup { queues, ..Setup::default() })).await.unwrap();
    let conn = &mut *keeping.database.connection().await;
    for (at, queue) in ["short", "long", "ever", "desk", "gone"].into_iter().enumerate() {
        for age in [1, 10, 40, 100] {
            let id = format!("i-{queue}{age}");
            let one = keep(conn, &id, &format!("+141555{at}{age:0>3}"), keeping.ago(age)).await;
            interactions::save(conn, &Interaction { queue: QueueName::new(queue), ..one }).await.unwrap();
        }
    }
    keeping.erase_all(Old::Conversations).await;
    for (queue, kept) in [("short", 1), ("long", 40), ("ever", 100), ("desk", 10), ("gone", 10)] {
        for age in [1, 10, 40, 100] {
            let id = format!("i-{queue}{age}");
            assert_eq!(keeping.is_emptied(&id).await, age > kept, "{id}");
        }
    }
}

async fn each_commit_erases_a_little_and_what_was_interrupted_goes_on(database: Database) {
    let mut keeping = Keeping::begin(database, keeps(7));
    let conn = &mut *keeping.database.connection().await;
    for number in 0..120 {
        keep(conn, &format!("i-{number}"), &format!("+14155{number:0>6}"), keeping.ago(20)).await;
    }
    let long = keep(conn, "i-long", THEIRS, keeping.ago(30)).await;
    let mut many = Vec::new();
    let mut words = Vec::new();
    for number in 0..4_500 {
        let id = format!("l-long-{number:0>5}");
        many.push((long.id.clone(), line(&id, long.created_at, "secretilong".to_owned())));
        words.push((id, lines::words_of_line(&long.contact.number, "secretilong").unwrap()));
    }
    transcript::add_lines(conn, &many).await.unwrap();
    lines::add(conn, &words).await.unwrap();
    let emptied = "SELECT COUNT(*) FROM interactions WHERE body LIKE '%emptied_at%'";
    let lines_left = "SELECT COUNT(*) FROM transcript";
    let all = keeping.database.number(lines_left).await;

    assert_eq!(keeping.erase(Old::Conversations).await, Applied::More);
    assert_eq!(keeping.database.number(emptied).await, 50);
    assert_eq!(keeping.database.number(lines_left).await, all - 2_000);
    assert!(keeping.is_emptied("i-long").await, "the longest done is the first, and at once");
    // The desk is killed, another goes on, and the time to keep is longer now: what was begun is finished.
    keeping.settings = keeps(3_650);
    keeping.start_again();
    assert!(keeping.erase_all(Old::Conversations).await >= 2);
    assert_eq!(keeping.database.number(emptied).await, 50);
    assert_eq!(holding(&keeping.database, "secretilong").await, Vec::<String>::new());
    assert_eq!(keeping.database.number(lines_left).await, 71);
    keeping.settings = keeps(7);
    keeping.start_again();
    assert_eq!(keeping.erase_all(Old::Conversations).await, 2);
    assert_eq!(keeping.database.number(emptied).await, 121);
    assert_eq!(keeping.database.number(lines_left).await, 0);
    assert_eq!(keeping.database.number("SELECT COUNT(*) FROM line_words").await, 0);
}

async fn pictures_are_erased_at_the_homeserver_before_what_was_said(database: Database) {
    let settings = DeskSettings { retention_media_days: 7, ..DeskSettings::default() };
    let keeping = Keeping::begin(database, settings);
    let conn = &mut *keeping.database.connection().await;
    let old = keep(conn, "i-old", THEIRS, keeping.ago(8)).await;
    let new = keep(conn, "i-new", "+14155550101", keeping.ago(6)).await;
    let open =
        Interaction { phase: active("alice"), ..keep(conn, "i-open", "+14155550102", keeping.ago(9)).await };
    interactions::save(conn, &open).await.unwrap();
    for number in 0..150 {
        retention::add_media(conn, &format!("mxc://desk.test/old{number}"), &old).await.unwrap();
    }
    retention::add_media(conn, "mxc://desk.test/new", &new).await.unwrap();
    retention::add_media(conn, "mxc://desk.test/open", &open).await.unwrap();
    // The same file once more is the same file.
    retention::add_media(conn, "mxc://desk.test/new", &new).await.unwrap();

    assert_eq!(keeping.erase(Old::Media).await, Applied::More);
    assert_eq!(keeping.database.number("SELECT COUNT(*) FROM media_shown").await, 52);
    assert_eq!(keeping.erase(Old::Media).await, Applied::Done);
    let deleted: Vec<String> = keeping
        .effects()
        .await
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::DeleteMedia(DeleteMedia { uri }) => Some(uri.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(deleted.len(), 150);
    assert!(deleted.iter().all(|uri| uri.starts_with("mxc://desk.test/old")), "{deleted:?}");
    let lanes = "SELECT COUNT(*) FROM lanes WHERE id = 'retention'";
    assert_eq!(keeping.database.number(lanes).await, 1);
    assert!(!keeping.is_emptied("i-old").await && !holding(&keeping.database, "secretiold").await.is_empty());
    // What goes on counts from when it is done.
    let done = Interaction { phase: Phase::Done { by: agent_ref("alice"), at: keeping.ago(8) }, ..open };
    retention::set_done(conn, &done).await.unwrap();
    keeping.erase_all(Old::Media).await;
    assert_eq!(keeping.database.number("SELECT COUNT(*) FROM media_shown").await, 1);
}

async fn the_audit_log_is_erased_and_the_record_of_consent_is_not(database: Database) {
    use switchroom::domain::consent::{Scope, Wish};
    let settings = DeskSettings { retention_audit_days: 30, ..DeskSettings::default() };
    let keeping = Keeping::begin(database, settings);
    let conn = &mut *keeping.database.connection().await;
    // Its times are long ago.
    consent::add(conn, &change("1", Scope::Desk, Wish::Out)).await.unwrap();
    for number in 0..1_200_i64 {
        let at = keeping.ago(if number < 1_100 { 31 } else { 29 }).0;
        let entry = Entry {
            id: format!("a-{number:0>5}"),
            at,
            who: "@alice:desk.test".to_owned(),
            what: "optout".to_owned(),
            subject: String::new(),
            detail: String::new(),
        };
        audit::add(conn, &entry).await.unwrap();
    }
    assert_eq!(keeping.erase(Old::Audit).await, Applied::More);
    assert_eq!(keeping.database.number("SELECT COUNT(*) FROM audit").await, 200);
    assert_eq!(keeping.erase(Old::Audit).await, Applied::Done);
    assert_eq!(keeping.database.number("SELECT COUNT(*) FROM audit").await, 100);
    assert_eq!(keeping.erase(Old::Audit).await, Applied::Done);
    assert_eq!(keeping.database.number("SELECT COUNT(*) FROM consent_changes").await, 1);
    for what in [Old::Conversations, Old::Media, Old::Talks] {
        assert_eq!(keeping.erase(what).await, Applied::Done);
    }
}
