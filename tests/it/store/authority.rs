//! Who may do what is read when it is done, and where: for every kind of notice that can be answered, for
//! what was typed before, and for what is changed afterwards.

use std::time::Duration;

use ruma::{EventId, OwnedEventId};
use serde_json::Value;
use switchroom::clock::Clock;
use switchroom::desk::Applied;
use switchroom::domain::address::Address;
use switchroom::domain::agent::Role as AgentRole;
use switchroom::domain::block::Block;
use switchroom::domain::effect::{Effect, MeetAgent, Met, Place, Role, SendReply};
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::input::{Claim, Evidence, Input, MessageKind, RoomAct};
use switchroom::domain::interaction::{Interaction, Offer, Phase, Watcher};
use switchroom::domain::talk::{self, Talk};
use switchroom::domain::timer::Due;
use switchroom::store::rooms::Posted;
use switchroom::store::{
    agents, audit, blocks, interactions, outbox, replies, rooms, scheduled, talks, timers, transcript,
};

use super::stage::{Said, Stage, able, message, room_of};
use super::talks::talk;
use super::{Database, active, agent_ref, done, lane_of, later, offer, on_both_engines};

on_both_engines! {
    what_was_held_back_goes_by_its_writers_word_in_its_room_while_the_conversation_is_theirs,
    what_was_typed_goes_if_whoever_typed_it_still_speaks_with_the_contact_at_its_turn,
    what_was_promised_for_its_time_goes_whoever_has_the_conversation_at_its_turn,
    what_waits_for_a_phone_goes_no_more_once_its_contact_is_blocked,
    an_edit_or_deletion_is_of_its_own_room,
    an_offer_is_answered_where_it_stands_and_no_other_by_that,
    a_talk_is_closed_where_it_stands_by_whoever_is_in_it,
    what_failed_is_sent_again_by_whoever_has_the_contact_now,
    who_is_no_admin_any_more_adds_nobody,
    what_a_conversation_holds_is_shown_to_those_who_have_it,
}

const AGENT: &[AgentRole] = &[AgentRole::Agent];
const SUPERVISOR: &[AgentRole] = &[AgentRole::Agent, AgentRole::Supervisor];

/// Alice has two conversations, into the first of which Bob, a supervisor, has barged.
async fn stage(database: Database) -> Stage {
    let stage = Stage::with(database, &[("alice", AGENT), ("bob", SUPERVISOR), ("carol", AGENT)]).await;
    stage.keep("i-1", active("alice")).await;
    stage.keep("i-2", active("alice")).await;
    let watcher = Watcher { agent: agent_ref("bob"), barged: true, here: true };
    let one = Interaction { watchers: vec![watcher], ..stage.now("i-1").await };
    interactions::save(&mut *stage.database.connection().await, &one).await.unwrap();
    stage
}

/// What is on its way to phones and what is kept, of both conversations.
async fn traces(stage: &Stage) -> [i64; 3] {
    [
        stage.database.number("SELECT COUNT(*) FROM outbox WHERE lane LIKE 'sms:%'").await,
        stage.database.number("SELECT COUNT(*) FROM transcript").await,
        stage.database.number("SELECT COUNT(*) FROM audit").await,
    ]
}

/// Answers a notice by a reaction, or by a reply.
async fn answers(stage: &Stage, who: &str, room: &str, notice: &EventId, how: &str) {
    if how.is_ascii() {
        stage.replies(who, room, notice, how).await;
    } else {
        stage.reacts(who, room, notice, how).await;
    }
}

fn field(said: &Said, name: &str) -> String {
    said.fields()[name].as_str().unwrap_or_default().to_owned()
}

async fn what_was_held_back_goes_by_its_writers_word_in_its_room_while_the_conversation_is_theirs(
    database: Database,
) {
    let stage = stage(database).await;
    let queued = || Phase::Queued { passed_over: vec![] };
    // What became of the conversation; who answers where; where they are told, and why it does not go.
    let table: [(Phase, &str, &str, &str, &str); 12] = [
        (active("alice"), "alice", "i-2", "alice", "other_conversation"),
        (active("alice"), "alice", "alice", "alice", "other_conversation"),
        (active("alice"), "bob", "i-1", "bob", "not_writer"),
        (active("alice"), "carol", "i-1", "carol", "not_writer"),
        (active("carol"), "alice", "i-1", "alice", "not_yours"),
        (active("carol"), "alice", "i-2", "alice", "not_yours"),
        (active("carol"), "alice", "alice", "alice", "not_yours"),
        (active("carol"), "carol", "i-1", "i-1", "not_writer"),
        (queued(), "alice", "i-1", "alice", "not_yours"),
        (queued(), "alice", "i-2", "alice", "not_yours"),
        (done("alice"), "alice", "i-1", "alice", "not_yours"),
        (done("carol"), "alice", "i-2", "alice", "not_yours"),
    ];
    let long_ago = Clock::default().now() - Duration::from_hours(1);
    for how in ["yes", "✅"] {
        stage.make("i-1", active("alice")).await;
        let late = stage.does_at("alice", "i-1", message("I am on it", None), long_ago).await;
        let question = stage.last("i-1").await;
        assert_eq!((question.code(), question.reply_to.as_ref()), ("message_held_back".into(), Some(&late)));
        for (became, who, room, told, why) in &table {
            stage.make("i-1", became.clone()).await;
            let (before, phase) = (traces(&stage).await, stage.now("i-1").await);
            answers(&stage, who, room, &question.event, how).await;
            let (case, answer) = (format!("{became:?} {who} {room} {how}"), stage.last(told).await);
            assert_eq!(answer.code(), "not_sent", "{case}");
            assert_eq!(field(&answer, "why"), *why, "{case}: {:?}", answer.notice);
            assert_eq!(answer.notice.interaction.as_ref().unwrap().as_str(), "i-1", "{case}");
            assert_eq!((traces(&stage).await, stage.now("i-1").await), (before, phase), "{case}");
        }
        stage.make("i-1", active("alice")).await;
        let [sent, _, kept] = traces(&stage).await;
        answers(&stage, "alice", "i-1", &question.event, how).await;
        let [now_sent, _, now_kept] = traces(&stage).await;
        assert_eq!((now_sent, now_kept), (sent + 1, kept + 1));
        let conn = &mut *stage.database.connection().await;
        let log = audit::newest(conn, &[], 1).await.unwrap().remove(0);
        assert_eq!(
            (log.who.as_str(), log.what.as_str(), log.subject.as_str()),
            ("@alice:desk.test", "send", "i-1")
        );
        let to_other = "SELECT COUNT(*) FROM outbox WHERE lane = 'sms:i-2'";
        assert_eq!(stage.database.number(to_other).await, 0, "the other contact reads nothing");
    }
}

/// It is the turn of the first message in a conversation's lane.
async fn turn(stage: &Stage, interaction: &str) -> Applied {
    let lane = lane_of(&format!("sms:{interaction}"));
    let head = outbox::head(&mut *stage.database.connection().await, &lane).await.unwrap().unwrap();
    let Effect::SendReply(SendReply { reply, .. }) = head.effect else { panic!("{head:?}") };
    let claim = Claim { lane, seq: head.seq, version: head.version, epoch: 0 };
    let applied =
        stage.desk().apply(Input::ReplyDue { claim: claim.clone(), reply, is_next: false }).await.unwrap();
    if let Applied::Submit(_) = &applied {
        outbox::complete(&mut *stage.database.connection().await, &claim).await.unwrap();
    }
    applied
}

async fn what_was_promised_for_its_time_goes_whoever_has_the_conversation_at_its_turn(database: Database) {
    let stage = stage(database).await;
    for became in [active("carol"), Phase::Queued { passed_over: vec![] }, done("carol")] {
        stage.make("i-1", active("alice")).await;
        let event = stage.says("alice", "i-1", "!later 2h Did it arrive?").await;
        let conn = &mut *stage.database.connection().await;
        let at = scheduled::by_event(conn, &event).await.unwrap().unwrap().when.at;
        let due = Due::Later { event, at };
        let id = timers::set_for(conn, &due).await.unwrap().unwrap();
        assert_eq!(stage.desk().apply(Input::Due { id, due }).await.unwrap(), Applied::Done);
        stage.make("i-1", became.clone()).await;
        let Applied::Submit(goes) = turn(&stage, "i-1").await else { panic!("{became:?}") };
        assert_eq!(goes.text, "Did it arrive?");
    }
    // What is typed now is a message like any other.
    stage.make("i-1", active("alice")).await;
    stage.says("alice", "i-1", "And now?").await;
    stage.make("i-1", active("carol")).await;
    assert_eq!(turn(&stage, "i-1").await, Applied::Over);
}

async fn what_was_typed_goes_if_whoever_typed_it_still_speaks_with_the_contact_at_its_turn(
    database: Database,
) {
    let stage = stage(database).await;
    let before = stage.now("i-1").await;
    let with = |phase: Phase, watchers: &[(&str, bool)]| {
        let watcher =
            |(id, barged): &(&str, bool)| Watcher { agent: agent_ref(id), barged: *barged, here: true };
        Interaction { phase, watchers: watchers.iter().map(watcher).collect(), ..before.clone() }
    };
    let barged: &[(&str, bool)] = &[("bob", true)];
    for (by, became, goes) in [
        ("alice", with(active("alice"), barged), true),
        ("alice", with(active("carol"), barged), false),
        ("alice", with(Phase::Queued { passed_over: vec![] }, &[]), false),
        ("alice", with(Phase::Offered { offer: offer(later(60)), passed_over: vec![] }, &[]), false),
        ("alice", with(done("alice"), &[]), true),
        ("alice", with(done("carol"), &[]), false),
        ("bob", with(active("alice"), barged), true),
        ("bob", with(active("alice"), &[("bob", false)]), false),
        ("bob", with(active("alice"), &[]), false),
        ("bob", with(active("bob"), &[]), true),
    ] {
        interactions::save(&mut *stage.database.connection().await, &before).await.unwrap();
        let typed = stage.says(by, "i-1", "on its way").await;
        interactions::save(&mut *stage.database.connection().await, &became).await.unwrap();
        let case = format!("{by}: {:?} {:?}", became.phase, became.watchers);
        let applied = turn(&stage, "i-1").await;
        assert_eq!(matches!(applied, Applied::Submit(_)), goes, "{case}: {applied:?}");
        let conn = &mut *stage.database.connection().await;
        let kind = transcript::line_kind(conn, &before.id, &typed).await.unwrap().unwrap();
        assert_eq!(kind.as_str(), if goes { "owner" } else { "internal" }, "{case}");
        if goes {
            continue;
        }
        assert_eq!(applied, Applied::Over, "{case}");
        let kept = replies::by_event(conn, &before.id, &typed).await.unwrap().unwrap();
        assert!(!kept.is_under_way(), "{case}");
        let mut told = vec![stage.last("i-1").await];
        if !became.has_inside(&agent_ref(by).user) {
            told.push(stage.last(by).await);
        }
        for told in told {
            assert_eq!(
                (told.code().as_str(), field(&told, "why").as_str()),
                ("message_held_back", "not_owner")
            );
        }
    }
}

async fn what_waits_for_a_phone_goes_no_more_once_its_contact_is_blocked(database: Database) {
    let stage = stage(database).await;
    let block = |until| Block {
        by: agent_ref("bob"),
        at: later(0),
        until,
        reason: String::new(),
        number: Address::sms("+14155550100"),
    };
    let contact = stage.now("i-1").await.contact.id;
    // Whoever blocked them: the one who wrote was the last to have them, and may otherwise finish.
    let (is_over, goes_on) = (Some(later(1)), None);
    for (until, goes) in [(is_over, true), (goes_on, false)] {
        stage.make("i-1", active("alice")).await;
        let typed = stage.says("alice", "i-1", "on its way").await;
        stage.make("i-1", done("alice")).await;
        blocks::add(&mut *stage.database.connection().await, &contact, &block(until)).await.unwrap();
        let applied = turn(&stage, "i-1").await;
        assert_eq!(matches!(applied, Applied::Submit(_)), goes, "{applied:?}");
        let conn = &mut *stage.database.connection().await;
        let kind = transcript::line_kind(conn, &InteractionId::new("i-1"), &typed).await.unwrap().unwrap();
        assert_eq!(kind.as_str(), if goes { "owner" } else { "held_back" });
    }
    for room in ["i-1", "alice"] {
        let told = stage.last(room).await;
        assert_eq!((told.code().as_str(), field(&told, "why").as_str()), ("message_held_back", "blocked"));
    }
}

async fn an_edit_or_deletion_is_of_its_own_room(database: Database) {
    let stage = stage(database).await;
    let edit = |of: &OwnedEventId, body: &str| RoomAct::Edit {
        of: of.clone(),
        kind: MessageKind::Text,
        body: body.to_owned(),
        pills: vec![],
        formatted: None,
    };
    let conn = &mut *stage.database.connection().await;
    let one = InteractionId::new("i-1");
    let waiting = stage.says("alice", "i-1", "first").await;
    let held = stage.says("alice", "i-1", "/slash").await;
    let before = traces(&stage).await;
    for of in [&waiting, &held] {
        stage.does("alice", "i-2", edit(of, "for the other")).await;
        stage.does("alice", "i-2", RoomAct::Redaction { of: of.clone() }).await;
    }
    assert_eq!(traces(&stage).await, before);
    let reply = replies::by_event(conn, &one, &waiting).await.unwrap().unwrap();
    assert!(reply.is_waiting() && reply.text == "first");
    assert_eq!(transcript::line(conn, &one, &held).await.unwrap().unwrap().body, "/slash");
    // An answer to what stands elsewhere is no answer to the contact.
    stage.replies("alice", "i-2", &waiting, "and this").await;
    assert!(matches!(turn(&stage, "i-2").await, Applied::ResolveTarget { .. }));

    // What colleagues say in a room of theirs stays as it is, too.
    let im = Talk { phase: talk::Phase::Connected, ..talk("i-9", "alice", "carol", 0) };
    talks::add(conn, &im).await.unwrap();
    rooms::add(conn, &room_of("i-9"), &Place::Talk(im.id.clone())).await.unwrap();
    stage.does("alice", "i-9", edit(&held, "changed")).await;
    assert_eq!(transcript::line(conn, &one, &held).await.unwrap().unwrap().body, "/slash");

    // Who has lost a conversation may mend what they typed, and it goes no more than before.
    stage.make("i-1", active("carol")).await;
    stage.does("alice", "i-1", edit(&waiting, "mended")).await;
    assert_eq!(turn(&stage, "i-1").await, Applied::Over);
    stage.does("alice", "i-1", edit(&held, "no slash")).await;
    assert_eq!(field(&stage.last("i-1").await, "why"), "not_owner");
    assert_eq!(
        stage.database.number("SELECT COUNT(*) FROM outbox WHERE lane = 'sms:i-1' AND state = 'ready'").await,
        0
    );
}

/// Lets the bot have said something in a room.
async fn posted(stage: &Stage, event: &str, room: &Place, role: Option<Role>) -> OwnedEventId {
    let event = EventId::parse(event).unwrap();
    let posted = (event.clone(), room.lane(), Posted::Notice(role));
    rooms::add_posted(&mut *stage.database.connection().await, &[posted]).await.unwrap();
    event
}

async fn an_offer_is_answered_where_it_stands_and_no_other_by_that(database: Database) {
    let stage = stage(database).await;
    let console = Place::Console(AgentId::new("alice"));
    let ask = async |id: &str, number| {
        let offer = Offer { number, ..offer(later(60)) };
        stage.keep(id, Phase::Offered { offer, passed_over: vec![] }).await;
    };
    ask("i-3", 2).await;
    ask("i-4", 1).await;
    let role = |id: &str, number| {
        Some(Role::Offer { interaction: InteractionId::new(id), number, agent: AgentId::new("alice") })
    };
    let old = posted(&stage, "$old", &console, role("i-3", 1)).await;
    let new = posted(&stage, "$new", &console, role("i-4", 1)).await;
    let plain = posted(&stage, "$plain", &console, None).await;
    let states = async || [stage.now("i-3").await.state(), stage.now("i-4").await.state()];
    // Neither in another room, nor by another offer's notice, nor under what asks nothing.
    for (who, room, notice, how, told, code) in [
        ("alice", "i-2", &new, "yes", "i-2", "no_such_target"),
        ("alice", "i-2", &new, "✅", "i-2", "no_such_target"),
        ("bob", "bob", &new, "✅", "bob", "no_such_target"),
        ("alice", "alice", &old, "yes", "alice", "no_such_target"),
        ("alice", "alice", &old, "✅", "alice", "no_such_target"),
        ("alice", "alice", &old, "!accept", "alice", "no_such_target"),
        ("alice", "alice", &plain, "yes", "alice", "no_such_target"),
        ("alice", "alice", &plain, "no", "alice", "no_such_target"),
    ] {
        let before = stage.said(told).await.len();
        answers(&stage, who, room, notice, how).await;
        let said = stage.said(told).await;
        assert_eq!(
            (said.len(), said.last().unwrap().code().as_str()),
            (before + 1, code),
            "{room} {notice} {how}"
        );
        assert_eq!(states().await, ["offered", "offered"], "{room} {notice} {how}");
    }
    // The older one is the first; it is the newer one that is answered.
    answers(&stage, "alice", "alice", &new, "yes").await;
    assert_eq!(states().await, ["offered", "active"]);
    stage.make("i-4", active("carol")).await;
    for how in ["✅", "❌", "!accept"] {
        answers(&stage, "alice", "alice", &new, how).await;
        assert_eq!(stage.last("alice").await.code(), "no_such_target", "it is another's now");
        assert_eq!(states().await, ["offered", "active"]);
    }
    let current = posted(&stage, "$current", &console, role("i-3", 2)).await;
    stage.replies("alice", "alice", &current, "!reject at lunch").await;
    assert_eq!(states().await, ["queued", "active"]);
}

async fn a_talk_is_closed_where_it_stands_by_whoever_is_in_it(database: Database) {
    let stage = stage(database).await;
    let id = InteractionId::new("i-9");
    let inside = vec![AgentId::new("alice"), AgentId::new("carol")];
    let im = Talk {
        phase: talk::Phase::Ended,
        inside,
        room: Some(room_of("i-9")),
        ..talk("i-9", "alice", "carol", 0)
    };
    talks::add(&mut *stage.database.connection().await, &im).await.unwrap();
    let room = Place::Talk(id.clone());
    rooms::add(&mut *stage.database.connection().await, &room_of("i-9"), &room).await.unwrap();
    let over = posted(&stage, "$over", &room, Some(Role::TalkOver { interaction: id.clone() })).await;
    let inside = async || {
        let talk = talks::by_id(&mut *stage.database.connection().await, &id).await.unwrap().unwrap();
        talk.inside.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for (who, room, how) in
        [("alice", "i-1", "✅"), ("alice", "alice", "yes"), ("bob", "i-9", "✅"), ("alice", "i-9", "❌")]
    {
        answers(&stage, who, room, &over, how).await;
        assert_eq!(inside().await, ["alice", "carol"], "{who} {room} {how}");
    }
    answers(&stage, "alice", "i-9", &over, "✅").await;
    assert_eq!(inside().await, ["carol"]);
    answers(&stage, "carol", "i-9", &over, "yes").await;
    assert_eq!(inside().await, Vec::<String>::new());
}

async fn what_failed_is_sent_again_by_whoever_has_the_contact_now(database: Database) {
    let stage = stage(database).await;
    let [in_console, of_carol] = ["alice", "carol"].map(|id| Place::Console(AgentId::new(id)));
    let typed = stage.says("alice", "i-1", "lost").await;
    let Applied::Submit(_) = turn(&stage, "i-1").await else { panic!() };
    let id = InteractionId::new("i-1");
    let mut reply =
        replies::by_event(&mut *stage.database.connection().await, &id, &typed).await.unwrap().unwrap();
    let refused = switchroom::domain::reply::Answer::Rejected { code: Some(30003), why: String::new() };
    reply.answered(0, &refused, Clock::default().now());
    replies::save(&mut *stage.database.connection().await, &[reply.clone()]).await.unwrap();
    let failed = || Some(Role::Failed { reply: reply.id.clone() });
    let notice = posted(&stage, "$failed", &in_console, failed()).await;
    let in_room = posted(&stage, "$failed-here", &Place::Session(id.clone()), failed()).await;
    let carols = posted(&stage, "$failed-carol", &of_carol, failed()).await;
    for (became, who, room, notice) in [
        (active("carol"), "alice", "alice", &notice),
        (active("carol"), "alice", "i-2", &notice),
        (active("carol"), "alice", "i-2", &in_room),
        (active("alice"), "alice", "i-2", &in_room),
        (active("alice"), "alice", "alice", &in_room),
        (active("alice"), "carol", "carol", &carols),
        (Phase::Queued { passed_over: vec![] }, "alice", "alice", &notice),
        (done("carol"), "alice", "alice", &notice),
    ] {
        stage.make("i-1", became.clone()).await;
        let [sent, ..] = traces(&stage).await;
        stage.replies(who, room, notice, "!resend").await;
        assert_eq!(stage.last(room).await.code(), "resend_refused", "{became:?} {who} {room}");
        assert_eq!(traces(&stage).await[0], sent, "{became:?} {who} {room}");
    }
    // Asked for while it is theirs, and handed over before it goes: it does not.
    stage.make("i-1", active("alice")).await;
    stage.replies("alice", "alice", &notice, "!resend").await;
    assert_eq!(stage.last("alice").await.code(), "resent");
    stage.make("i-1", active("carol")).await;
    assert_eq!(turn(&stage, "i-1").await, Applied::Over);
    assert_eq!(field(&stage.last("alice").await, "why"), "not_owner");
    let conn = &mut *stage.database.connection().await;
    let kind = transcript::line_kind(conn, &id, &typed).await.unwrap().unwrap();
    assert_eq!(kind.as_str(), "failed", "what was said before stays said, and that it failed");
}

async fn who_is_no_admin_any_more_adds_nobody(database: Database) {
    let stage = Stage::with(database, &[("alice", &[AgentRole::Admin])]).await;
    stage.says("alice", "alice", "!agent add dave @dave:desk.test").await;
    let lane = lane_of("meet:dave");
    let head = outbox::head(&mut *stage.database.connection().await, &lane).await.unwrap().unwrap();
    let Effect::MeetAgent(MeetAgent { agent, by }) = head.effect else { panic!("{head:?}") };
    stage.set_up(able("alice")).await;
    let claim = Claim { lane, seq: head.seq, version: head.version, epoch: 0 };
    let evidence = Evidence::Met(Met { agent, by, is_known: true });
    stage.desk().apply(Input::Delivered { claim, evidence }).await.unwrap();
    assert_eq!(stage.last("alice").await.code(), "not_allowed");
    let dave = agents::by_id(&mut *stage.database.connection().await, &AgentId::new("dave")).await.unwrap();
    assert_eq!(dave, None);
}

async fn what_a_conversation_holds_is_shown_to_those_who_have_it(database: Database) {
    let stage = stage(database).await;
    let consult = Talk {
        phase: talk::Phase::Connected,
        parent: Some(InteractionId::new("i-1")),
        inside: vec![AgentId::new("alice"), AgentId::new("carol")],
        room: Some(room_of("i-9")),
        ..talk("i-9", "alice", "carol", 0)
    };
    talks::add(&mut *stage.database.connection().await, &consult).await.unwrap();
    let room = Place::Talk(consult.id.clone());
    rooms::add(&mut *stage.database.connection().await, &room_of("i-9"), &room).await.unwrap();
    let answered = async |who: &str, room: &str, line: &str| {
        let at = stage.says(who, room, line).await;
        let mut said = stage.said(room).await;
        said.extend(stage.said(who).await);
        let answer = said.into_iter().find(|said| said.reply_to.as_ref() == Some(&at));
        answer.unwrap_or_else(|| panic!("{line} is not answered")).fields()["code"].clone()
    };
    let code = |code: &str| Value::from(code);
    for line in ["!case", "!contact", "!history"] {
        stage.make("i-1", active("alice")).await;
        let shown = line.trim_start_matches('!');
        for (who, room) in [("alice", "i-1"), ("alice", "i-9"), ("carol", "i-9"), ("bob", "i-1")] {
            assert_eq!(answered(who, room, line).await, code(shown), "{line} {who} {room}");
        }
        stage.make("i-1", active("dave")).await;
        let refused = if line == "!history" { "usage" } else { "not_owner" };
        for (who, room) in [("alice", "i-1"), ("alice", "i-9"), ("carol", "i-9")] {
            assert_eq!(answered(who, room, line).await, code(refused), "{line} {who} {room}");
        }
    }
    let notes = "SELECT COUNT(*) FROM transcript WHERE kind = 'note'";
    assert_eq!(answered("alice", "i-1", "!note too late").await, code("not_owner"));
    assert_eq!(stage.database.number(notes).await, 0);
    stage.make("i-1", done("alice")).await;
    assert_eq!(answered("alice", "i-1", "!note it went well").await, code("note"));
    assert_eq!(stage.database.number(notes).await, 1);
}
