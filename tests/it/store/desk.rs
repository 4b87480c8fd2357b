//! What the desk promises when much comes at once, from several replicas, or cannot be applied.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use ruma::{EventId, OwnedRoomId, owned_event_id, owned_room_id, server_name, user_id};
use switchroom::clock::Clock;
use switchroom::desk::{Applied, Desk, Settings, Woken};
use switchroom::domain::address::Address;
use switchroom::domain::agent::{Agent, Channels, WorkChannel};
use switchroom::domain::consent::ConsentRules;
use switchroom::domain::effect::{Effect, GhostText, Place, RoomMade, Said, SendReply};
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::input::{
    Claim, ContactText, Evidence, Input, MessageKind, Report, RoomAct, RoomEvent, Setup,
};
use switchroom::domain::interaction::{Interaction, Mode};
use switchroom::domain::program::TokenKey;
use switchroom::domain::queue::{NumberSettings, QueueSettings, Target};
use switchroom::domain::reply::{Answer, PartState, part_id};
use switchroom::domain::settings::DeskSettings;
use switchroom::domain::text::segments::SplitLimit;
use switchroom::store::outbox::Head;
use switchroom::store::{self, outbox, rooms, upkeep};
use tokio::sync::mpsc;

use super::{
    Database, NOW, OURS, THEIRS, active, agent, interaction, lane_of, on_both_engines, queue, ready, user,
};

on_both_engines! {
    many_texts_of_one_contact_at_once_make_one_interaction_and_none_is_lost,
    many_contacts_at_once_have_an_interaction_each,
    texts_of_several_contacts_in_one_commit_are_each_counted_and_kept,
    a_text_handed_over_many_times_at_once_is_applied_once,
    what_belongs_together_is_applied_in_its_order,
    what_was_delivered_and_the_next_text_of_its_room_are_both_kept,
    what_was_said_earlier_in_a_commit_is_known_later_in_it,
    an_answer_and_reports_that_share_a_commit_are_all_kept,
    an_answer_and_reports_in_commits_beside_each_other_are_all_kept,
    the_next_message_has_its_turn_with_the_answer_of_the_last_and_not_before,
    what_is_heard_of_late_goes_before_what_was_said_after_it,
    an_event_of_a_room_that_is_not_known_yet_may_come_again,
    setting_up_again_changes_settings_and_keeps_who_is_ready,
    whatever_an_agent_types_in_their_console_is_answered,
}

/// A desk with its hints, which nobody follows.
pub(super) struct Opened {
    pub(super) desk: Desk,
    _hints: mpsc::UnboundedReceiver<Woken>,
}

/// What every desk here is set to.
pub(super) fn settings() -> Settings {
    Settings {
        prefix: "!".to_owned(),
        act_for_agents: false,
        split: SplitLimit::Request { units: 1600 },
        media: switchroom::sms::twilio::KIND.media,
        calls: true,
        link_begins: "https://desk.test/media/token/".to_owned(),
        bot: user_id!("@switchroom:desk.test").to_owned(),
        ghost_prefix: "sms_".to_owned(),
        domain: server_name!("desk.test").to_owned(),
        consent: ConsentRules::of(switchroom::sms::twilio::KIND.opt_outs),
        // A test may send as much as it likes.
        languages: vec![],
        token_key: TokenKey::derive(b"secret"),
        desk: DeskSettings { flood_texts: 0, ..DeskSettings::default() },
        config: std::sync::Arc::default(),
    }
}

pub(super) async fn open(store: &store::Store) -> Opened {
    let (desk, hints) = Desk::open(store.clone(), Clock::default(), settings());
    assert_eq!(desk.apply(setup("alice")).await.unwrap(), Applied::Done);
    Opened { desk, _hints: hints }
}

pub(super) fn setup(agent_id: &str) -> Input {
    let ready = Agent { channels: ready(), ..agent(agent_id) };
    let queue_settings = QueueSettings { undo_ms: 0, ..QueueSettings::default() };
    let number = NumberSettings {
        mode: Mode::Session,
        mms_mode: Mode::Page,
        ..NumberSettings::new(Target::Queue(queue()))
    };
    Input::Setup(Setup {
        agents: vec![ready],
        queues: vec![(queue(), queue_settings)],
        numbers: vec![(Address::sms(OURS), number)],
        ..Setup::default()
    })
}

pub(super) fn text(from: &str, sid: &str) -> Input {
    Input::Text(written(from, sid))
}

/// A text to us that says what it is called.
pub(super) fn written(from: &str, sid: &str) -> ContactText {
    ContactText {
        sid: sid.to_owned(),
        from: Address::sms(from),
        to: Address::sms(OURS),
        body: sid.to_owned(),
        media: vec![],
        left_out: 0,
        origin: vec![],
        more: vec![],
        opt_out: None,
        fetched_late: None,
    }
}

/// What stands in the lanes of rooms, in the order of each.
pub(super) async fn in_rooms(database: &Database) -> Vec<(String, i64, Effect)> {
    let rows: Vec<(String, i64, String)> =
        sqlx::query_as("SELECT lane, seq, body FROM outbox WHERE lane LIKE 'room:%' ORDER BY lane, seq")
            .fetch_all(&mut *database.connection().await)
            .await
            .unwrap();
    rows.into_iter().map(|(lane, seq, body)| (lane, seq, serde_json::from_str(&body).unwrap())).collect()
}

/// The texts among them.
pub(super) fn texts(effects: &[(String, i64, Effect)]) -> Vec<String> {
    let body = |effect: &Effect| match effect {
        Effect::GhostText(GhostText { body, .. }) => Some(body.clone()),
        _ => None,
    };
    effects.iter().filter_map(|(_, _, effect)| body(effect)).collect()
}

/// One room, opened first, in which each of the texts is said once.
async fn assert_one_room_with(database: &Database, expected: &BTreeSet<String>) {
    assert_eq!(database.number("SELECT COUNT(*) FROM interactions").await, 1);
    assert_eq!(database.number("SELECT COUNT(*) FROM contacts").await, 1);
    assert_eq!(database.number("SELECT COUNT(*) FROM set_aside").await, 0);
    let effects = in_rooms(database).await;
    assert!(matches!(effects[0], (_, 1, Effect::OpenRoom(_))), "{:?}", effects[0]);
    let places: Vec<i64> = effects.iter().map(|(_, seq, _)| *seq).collect();
    assert_eq!(places, (1..=i64::try_from(effects.len()).unwrap()).collect::<Vec<_>>());
    let said = texts(&effects);
    assert_eq!(said.len(), expected.len(), "each once");
    assert_eq!(&said.into_iter().collect::<BTreeSet<_>>(), expected);
}

fn sids(count: u32) -> BTreeSet<String> {
    (0..count).map(|number| format!("SM{number}")).collect()
}

/// Hands inputs over all at once, each by a task of its own.
async fn all_at_once(desks: &[&Desk], inputs: impl IntoIterator<Item = Input>) -> Vec<Applied> {
    let tasks = inputs.into_iter().zip(desks.iter().cycle()).map(|(input, desk)| {
        let desk = (*desk).clone();
        tokio::spawn(async move { desk.apply(input).await.unwrap() })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

async fn many_texts_of_one_contact_at_once_make_one_interaction_and_none_is_lost(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let sids = sids(40);
    let applied = all_at_once(&[desk], sids.iter().map(|sid| text(THEIRS, sid))).await;
    assert_eq!(applied, vec![Applied::Done; 40]);
    assert_one_room_with(&database, &sids).await;
}

async fn many_contacts_at_once_have_an_interaction_each(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let inputs = (10..50).map(|number| text(&format!("+141555501{number}"), &format!("SM{number}")));
    assert_eq!(all_at_once(&[desk], inputs).await, vec![Applied::Done; 40]);
    assert_eq!(database.number("SELECT COUNT(DISTINCT contact_number) FROM interactions").await, 40);
    assert_eq!(texts(&in_rooms(&database).await).len(), 40);
    assert_eq!(database.number("SELECT COUNT(*) FROM set_aside").await, 0);
}

async fn texts_of_several_contacts_in_one_commit_are_each_counted_and_kept(database: Database) {
    let counted = Settings { desk: DeskSettings { flood_texts: 3, ..DeskSettings::default() }, ..settings() };
    let (desk, _hints) = Desk::open(database.store.clone(), Clock::default(), counted);
    desk.apply(setup("alice")).await.unwrap();
    // The first of each pair is known from before, the others from the texts before them in the same commit.
    let phones: Vec<String> = (0..8).map(|n| format!("+1415555020{n}")).collect();
    for round in 0..2 {
        let texts = (0..3).flat_map(|number| {
            phones.iter().map(move |phone| text(phone, &format!("SM{phone}/{round}/{number}")))
        });
        desk.apply_all(texts.collect()).await.unwrap();
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM interactions").await, 8);
    assert_eq!(database.number("SELECT COUNT(*) FROM floods WHERE texts = 6 AND muted = 3").await, 8);
    // Three of each are shown; the rest of the flood is kept.
    let effects = in_rooms(&database).await;
    assert_eq!(texts(&effects).len(), 24);
    assert_eq!(database.number("SELECT COUNT(*) FROM transcript WHERE kind = 'contact'").await, 48);
}

async fn a_text_handed_over_many_times_at_once_is_applied_once(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let applied = all_at_once(&[desk], (0..20).map(|_| text(THEIRS, "SM1"))).await;
    assert_eq!(applied.iter().filter(|applied| **applied == Applied::Done).count(), 1);
    assert_eq!(applied.iter().filter(|applied| **applied == Applied::Seen).count(), 19);
    assert_one_room_with(&database, &["SM1".to_owned()].into()).await;
}

async fn what_belongs_together_is_applied_in_its_order(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let sids: Vec<String> = (0..30).map(|number| format!("SM{number}")).collect();
    desk.apply_all(sids.iter().map(|sid| text(THEIRS, sid)).collect()).await.unwrap();
    assert_eq!(texts(&in_rooms(&database).await), sids);
}

async fn what_was_delivered_and_the_next_text_of_its_room_are_both_kept(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    desk.apply(text(THEIRS, "SM1")).await.unwrap();
    let lane = in_rooms(&database).await[0].0.clone();
    let head = async || {
        let conn = &mut *database.connection().await;
        let head = outbox::head(conn, &lane_of(&lane)).await.unwrap().unwrap();
        let claim = Claim { lane: lane_of(&lane), seq: head.seq, version: head.version, epoch: 0 };
        (claim, head.effect)
    };
    let claim = loop {
        let (claim, effect) = head().await;
        let evidence = match effect {
            Effect::GhostText(_) => break claim,
            Effect::OpenRoom(_) => {
                Evidence::Room(RoomMade { room: owned_room_id!("!one:desk.test"), ghost: None })
            }
            _ => Evidence::Nothing,
        };
        desk.apply(Input::Delivered { claim, evidence }).await.unwrap();
    };
    let said = Evidence::Said(Said { event: owned_event_id!("$said"), picture: None });
    let (delivered, came) = tokio::join!(
        desk.apply_in_passing(Input::Delivered { claim: claim.clone(), evidence: said.clone() }),
        desk.apply(text(THEIRS, "SM2")),
    );
    assert_eq!((delivered.unwrap(), came.unwrap()), (Applied::Done, Applied::Done));
    let conn = &mut *database.connection().await;
    assert!(!outbox::still_ours(conn, &claim).await.unwrap(), "it is done");
    assert!(
        sqlx::query("SELECT 1 FROM posted WHERE event_id = '$said'")
            .fetch_optional(conn)
            .await
            .unwrap()
            .is_some()
    );
    assert!(texts(&in_rooms(&database).await).contains(&"SM2".to_owned()));
    // It is recorded once; and without company it does not wait for ever.
    let again = desk.apply_in_passing(Input::Delivered { claim, evidence: said }).await.unwrap();
    assert_eq!(again, Applied::Lost);
}

/// What Alice types in her console.
pub(super) fn said_in_console(number: u32, body: &str) -> Input {
    Input::Room(RoomEvent {
        event_id: EventId::parse(format!("$event{number}")).unwrap(),
        room_id: owned_room_id!("!console:desk.test"),
        sender: user("alice"),
        at: NOW,
        what: RoomAct::Message {
            kind: MessageKind::Text,
            body: body.to_owned(),
            reply_to: None,
            in_thread: false,
            pills: vec![],
            formatted: None,
        },
    })
}

pub(super) async fn console(database: &Database) {
    let place = Place::Console(AgentId::new("alice"));
    let conn = &mut *database.connection().await;
    rooms::add(conn, &owned_room_id!("!console:desk.test"), &place).await.unwrap();
}

/// The room of the interaction that alice owns.
fn session_room() -> OwnedRoomId {
    owned_room_id!("!session:desk.test")
}

/// Makes an interaction that alice owns, with its room.
async fn owned(database: &Database) {
    let conn = &mut *database.connection().await;
    let one = Interaction { phase: active("alice"), ..interaction("i-1", THEIRS) };
    store::interactions::add(conn, &one).await.unwrap();
    rooms::add(conn, &session_room(), &Place::Session(one.id)).await.unwrap();
}

fn by_alice(number: u32, what: RoomAct) -> Input {
    Input::Room(RoomEvent {
        event_id: EventId::parse(format!("$e{number}")).unwrap(),
        room_id: session_room(),
        sender: user("alice"),
        at: Clock::default().now(),
        what,
    })
}

fn says(number: u32, body: &str, reply_to: Option<u32>) -> Input {
    let reply_to = reply_to.map(|number| EventId::parse(format!("$e{number}")).unwrap());
    let (kind, body) = (MessageKind::Text, body.to_owned());
    by_alice(
        number,
        RoomAct::Message { kind, body, reply_to, in_thread: false, pills: vec![], formatted: None },
    )
}

/// What Alice says in the room of the interaction she owns.
pub(super) fn says_in_session(number: u32, body: &str) -> Input {
    says(number, body, None)
}

async fn what_was_said_earlier_in_a_commit_is_known_later_in_it(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    owned(&database).await;
    let of = EventId::parse("$e1").unwrap();
    let edit = RoomAct::Edit {
        of: of.clone(),
        kind: MessageKind::Text,
        body: "edited".to_owned(),
        pills: vec![],
        formatted: None,
    };
    let inputs = vec![
        says(1, "typed", None),
        by_alice(2, edit),
        says(3, "an answer to what was sent", Some(1)),
        says(4, "!- among us", None),
        says(5, "an answer to what was not", Some(4)),
        says(1, "typed", None),
    ];
    let applied = desk.apply_all(inputs).await.unwrap();
    assert_eq!(applied[..5], vec![Applied::Done; 5]);
    assert_eq!(applied[5], Applied::Seen, "the same event twice in one commit");
    let conn = &mut *database.connection().await;
    assert_eq!(
        store::replies::by_event(conn, &InteractionId::new("i-1"), &of).await.unwrap().unwrap().text,
        "edited"
    );
    let sent = database.number("SELECT COUNT(*) FROM outbox WHERE lane = 'sms:i-1'").await;
    assert_eq!(sent, 2, "an answer to an internal message is internal");
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox WHERE lane = 'room:i-1'").await, 0);
}

async fn an_answer_and_reports_that_share_a_commit_are_all_kept(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    owned(&database).await;
    desk.apply(says(1, "hi", None)).await.unwrap();
    let conn = &mut *database.connection().await;
    let head = outbox::head(conn, &lane_of("sms:i-1")).await.unwrap().unwrap();
    let Effect::SendReply(SendReply { reply, .. }) = head.effect else { panic!("{head:?}") };
    let claim = Claim { lane: lane_of("sms:i-1"), seq: head.seq, version: head.version, epoch: 0 };
    let turn = Input::ReplyDue { claim: claim.clone(), reply: reply.clone(), is_next: false };
    let Applied::Submit(submission) = desk.apply(turn.clone()).await.unwrap() else { panic!() };
    assert_eq!((submission.part, submission.text.as_str(), submission.to.value()), (0, "hi", THEIRS));
    let report =
        |state| Input::Reported(Report { part: part_id(&reply, 0), sid: "SM1".to_owned(), state, why: None });
    let answer = Answer::Accepted { sid: "SM1".to_owned(), state: PartState::Accepted, why: None };
    let inputs = vec![
        report(PartState::Sent),
        Input::Answered { claim: claim.clone(), reply: reply.clone(), part: 0, answer },
        report(PartState::Delivered),
        report(PartState::Delivered),
    ];
    let applied = desk.apply_all(inputs).await.unwrap();
    assert_eq!(applied, [Applied::Done, Applied::Over, Applied::Done, Applied::Seen]);
    let kept = store::replies::by_id(conn, &reply).await.unwrap().unwrap();
    let part = kept.part(0).unwrap();
    assert_eq!((part.state, part.sid.as_deref()), (PartState::Delivered, Some("SM1")));
    assert_eq!(
        database.number("SELECT COUNT(*) FROM outbox WHERE lane = 'room:i-1' AND body LIKE '%✓%'").await,
        1
    );
    assert_eq!(outbox::head(conn, &lane_of("sms:i-1")).await.unwrap(), None);
    assert_eq!(desk.apply(turn).await.unwrap(), Applied::Lost, "it is over");
}

async fn an_answer_and_reports_in_commits_beside_each_other_are_all_kept(database: Database) {
    let (here, there) = (open(&database.store).await, open(&database.store).await);
    owned(&database).await;
    for number in 1..=16 {
        here.desk.apply(says(number, "hi", None)).await.unwrap();
        let conn = &mut *database.connection().await;
        let head = outbox::head(conn, &lane_of("sms:i-1")).await.unwrap().unwrap();
        let Effect::SendReply(SendReply { reply, .. }) = head.effect else { panic!("{head:?}") };
        let claim = Claim { lane: lane_of("sms:i-1"), seq: head.seq, version: head.version, epoch: 0 };
        let turn = Input::ReplyDue { claim: claim.clone(), reply: reply.clone(), is_next: false };
        assert!(matches!(here.desk.apply(turn).await.unwrap(), Applied::Submit(_)));
        let (part, sid) = (part_id(&reply, 0), format!("SM{number}"));
        let report =
            |state| Input::Reported(Report { part: part.clone(), sid: sid.clone(), state, why: None });
        let answer = Answer::Accepted { sid: sid.clone(), state: PartState::Accepted, why: None };
        let inputs = [
            Input::Answered { claim, reply: reply.clone(), part: 0, answer },
            report(PartState::Sent),
            report(PartState::Delivered),
            report(PartState::Delivered),
        ];
        all_at_once(&[&here.desk, &there.desk], inputs).await;
        let kept = store::replies::by_id(conn, &reply).await.unwrap().unwrap();
        let part = kept.part(0).unwrap();
        assert_eq!((part.state, part.sid.as_deref()), (PartState::Delivered, Some(sid.as_str())));
        let marks = "SELECT COUNT(*) FROM outbox WHERE lane = 'room:i-1' AND body LIKE '%✓%'";
        assert_eq!(database.number(marks).await, i64::from(number));
        assert_eq!(outbox::head(conn, &lane_of("sms:i-1")).await.unwrap(), None);
    }
}

async fn the_next_message_has_its_turn_with_the_answer_of_the_last_and_not_before(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    owned(&database).await;
    desk.apply_all(vec![says(1, "one", None), says(2, "two", None)]).await.unwrap();
    let (lane, conn) = (lane_of("sms:i-1"), &mut *database.connection().await);
    let of = |head: Head| {
        let Effect::SendReply(SendReply { reply, .. }) = head.effect else { panic!("{head:?}") };
        (Claim { lane: lane.clone(), seq: head.seq, version: head.version, epoch: 0 }, reply)
    };
    let (claim, one) = of(outbox::head(conn, &lane).await.unwrap().unwrap());
    let (next, two) = of(outbox::next(conn, &claim).await.unwrap().unwrap());
    assert_eq!(outbox::next(conn, &next).await.unwrap(), None, "it is not the head");
    let due = |is_next| Input::ReplyDue { claim: next.clone(), reply: two.clone(), is_next };
    let turn = Input::ReplyDue { claim: claim.clone(), reply: one.clone(), is_next: false };
    let answered = |answer| {
        let answered = Input::Answered { claim: claim.clone(), reply: one.clone(), part: 0, answer };
        vec![answered, due(true)]
    };
    assert!(matches!(desk.apply(turn.clone()).await.unwrap(), Applied::Submit(_)));
    let applied = desk.apply_all(answered(Answer::NotProcessed)).await.unwrap();
    assert_eq!(applied, [Applied::Done, Applied::Lost], "the first has to be submitted again");
    assert!(matches!(desk.apply(turn).await.unwrap(), Applied::Submit(_)));
    let taken = Answer::Accepted { sid: "SM1".to_owned(), state: PartState::Accepted, why: None };
    let applied = desk.apply_all(answered(taken.clone())).await.unwrap();
    let [Applied::Over, Applied::Submit(submission)] = &applied[..] else { panic!("{applied:?}") };
    assert_eq!((submission.part, submission.text.as_str()), (0, "two"));
    assert_eq!(of(outbox::head(conn, &lane).await.unwrap().unwrap()).1, two);
    let kept = store::replies::by_id(conn, &two).await.unwrap().unwrap();
    assert_eq!(kept.part(0).unwrap().state, PartState::Sending);
    // Whoever comes to it again finds it sent, and does not know whether it arrived.
    assert!(!matches!(desk.apply(due(false)).await.unwrap(), Applied::Submit(_)));
}

async fn what_is_heard_of_late_goes_before_what_was_said_after_it(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    owned(&database).await;
    let conn = &mut *database.connection().await;
    let now = Clock::default().now();
    for (number, said_secs_ago) in [(1, 4), (2, 1), (3, 2), (4, 3)] {
        let Input::Room(event) = says(number, &format!("said {said_secs_ago} s ago"), None) else { panic!() };
        let at = now - Duration::from_secs(said_secs_ago);
        desk.apply(Input::Room(RoomEvent { at, ..event })).await.unwrap();
    }
    let mut gone = vec![];
    while let Some(head) = outbox::head(conn, &lane_of("sms:i-1")).await.unwrap() {
        assert_eq!(outbox::head_seq(conn, &lane_of("sms:i-1")).await.unwrap(), Some(head.seq));
        let Effect::SendReply(SendReply { reply, .. }) = head.effect else { panic!("{head:?}") };
        gone.push(store::replies::by_id(conn, &reply).await.unwrap().unwrap().text);
        let claim = Claim { lane: lane_of("sms:i-1"), seq: head.seq, version: head.version, epoch: 0 };
        outbox::complete(conn, &claim).await.unwrap();
    }
    assert_eq!(gone, ["said 4 s ago", "said 3 s ago", "said 2 s ago", "said 1 s ago"]);
}

async fn an_event_of_a_room_that_is_not_known_yet_may_come_again(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    assert_eq!(desk.apply(says(1, "hi", None)).await.unwrap(), Applied::Foreign);
    owned(&database).await;
    assert_eq!(desk.apply(says(1, "hi", None)).await.unwrap(), Applied::Done);
    assert_eq!(desk.apply(says(1, "hi", None)).await.unwrap(), Applied::Seen);
}

async fn setting_up_again_changes_settings_and_keeps_who_is_ready(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let conn = &mut *database.connection().await;
    let known = store::agents::by_id(conn, &AgentId::new("alice")).await.unwrap().unwrap();
    let consoles = "SELECT COUNT(*) FROM outbox WHERE lane = 'console:alice'";
    assert_eq!(database.number(consoles).await, 1);
    let Input::Setup(mut again) = setup("alice") else { unreachable!() };
    again.agents[0].capacity = [(WorkChannel::Sms, 9)].into();
    again.agents[0].channels = Channels::default();
    desk.apply(Input::Setup(again)).await.unwrap();
    let now = store::agents::by_id(conn, &AgentId::new("alice")).await.unwrap().unwrap();
    assert_eq!(now, Agent { capacity: [(WorkChannel::Sms, 9)].into(), ..known });
    assert_eq!(database.number(consoles).await, 1, "one console is enough");
}

async fn whatever_an_agent_types_in_their_console_is_answered(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    console(&database).await;
    let names = "ready|notready|status|mine|accept|reject|done|d|resend|count|optout|optin|help";
    let line = format!(
        "[!！]({names}|[a-z]{{0,9}}|\\PC{{0,9}})( i-[a-z0-9]{{0,9}}| \\PC{{0,30}}|\\s{{0,3}}){{0,2}}"
    );
    let lines = proptest::string::string_regex(&line).unwrap();
    let mut runner = TestRunner::deterministic();
    let typed = (0..300).map(|number| {
        let line = lines.new_tree(&mut runner).unwrap().current();
        said_in_console(number, &line)
    });
    let applied = desk.apply_all(typed.collect()).await.unwrap();
    assert_eq!(applied, vec![Applied::Done; 300]);
    let answers = "SELECT COUNT(*) FROM outbox WHERE lane = 'console:alice' AND body LIKE '%notify%'";
    assert_eq!(database.number(answers).await, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_apply_texts_of_one_contact_as_if_they_were_one() {
    let database = Database::postgres().await;
    let other_store = store::open(&database.url, 8).await.unwrap();
    let (one, other) = (open(&database.store).await, open(&other_store).await);
    let sids = sids(40);
    // Each text comes twice: the provider tried again and met the other replica.
    let twice = sids.iter().flat_map(|sid| [text(THEIRS, sid), text(THEIRS, sid)]);
    let applied = all_at_once(&[&one.desk, &other.desk], twice).await;
    assert_eq!(applied.iter().filter(|applied| **applied == Applied::Done).count(), 40);
    assert_eq!(applied.iter().filter(|applied| **applied == Applied::Seen).count(), 40);
    assert_one_room_with(&database, &sids).await;
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox WHERE lane = 'console:alice'").await, 1);
}

#[tokio::test]
async fn a_desk_whose_database_is_gone_keeps_nothing_and_says_so() {
    let database = Database::sqlite().await;
    let opened = open(&database.store).await;
    database.store.close().await;
    assert!(opened.desk.apply(text(THEIRS, "SM1")).await.is_err());
    let Database { store, url, files: _files } = database;
    drop((store, opened));
    // The desk's writers end in their own time, and give the file back.
    let store = crate::harness::eventually("the file", async || store::open(&url, 2).await.ok()).await;
    let conn = &mut *store.connection().await.unwrap();
    assert!(!upkeep::is_claimed(conn, "sms:SM1").await.unwrap());
}
