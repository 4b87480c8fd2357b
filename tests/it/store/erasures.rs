//! Erasures elsewhere: how their steps follow each other, what is kept of them and what is not.

use ruma::{OwnedMxcUri, owned_room_id};
use switchroom::clock::Clock;
use switchroom::desk::Applied;
use switchroom::domain::agent::Role;
use switchroom::domain::effect::{Erase, Erased, Then};
use switchroom::domain::erasure::{
    Asked, Counts, Elsewhere, Erasure, ErasureId, Left, LeftReason, LeftWhat, RoomStage, Step,
};
use switchroom::domain::ids::AgentId;
use switchroom::domain::input::{Claim, Evidence, Input};
use switchroom::domain::lane::Lane;
use switchroom::store::erasures;
use switchroom::store::outbox::{self, Wanted};

use super::stage::{Said, Stage};
use super::{Database, on_both_engines};

on_both_engines! {
    an_erasure_goes_from_step_to_step_and_only_its_counts_stay,
    a_step_that_cannot_be_done_is_left_and_the_others_go_on,
    what_was_seen_is_known_again_and_told_once,
    what_was_known_of_a_person_is_cleared_away_in_pieces_before_the_receipt_comes,
    steps_that_are_planned_piece_by_piece_go_by_their_kind_and_each_once,
}

fn job() -> ErasureId {
    ErasureId::new("e-7f3k2")
}

fn lane() -> Lane {
    Lane::Erasure(job())
}

/// A desk with an admin who asked for an erasure of two rooms.
async fn begun(database: Database) -> Stage {
    let stage = Stage::with(database, &[("alice", &[Role::Admin])]).await;
    let elsewhere = Elsewhere {
        rooms: vec![owned_room_id!("!a:desk.test"), owned_room_id!("!b:desk.test")],
        words: vec!["Jane Doe".to_owned()],
        ..Elsewhere::default()
    };
    let now = Clock::default().now();
    let erasure = Erasure {
        id: job(),
        asked: Asked::Agent(AgentId::new("alice")),
        begun_at: now,
        ended_at: None,
        counts: Counts::default(),
    };
    let conn = &mut *stage.database.connection().await;
    erasures::add(conn, &erasure, &elsewhere.about()).await.unwrap();
    erasures::plan(conn, &job(), &elsewhere, now).await.unwrap();
    let effect = Erase { job: job() }.into();
    let wanted = Wanted { effect, due_at: now, said_at: now, txn_id: "t".to_owned(), parked: false };
    outbox::append(conn, &[wanted], now).await.unwrap();
    stage
}

/// The claim to what is to be done next, and the place of the step that it is about.
async fn next(stage: &Stage) -> Option<(Claim, i64, Step)> {
    let conn = &mut *stage.database.connection().await;
    let head = outbox::head(conn, &lane()).await.unwrap()?;
    assert_eq!(head.effect, Erase { job: job() }.into());
    let next = erasures::next(conn, &job()).await.unwrap().unwrap();
    let claim = Claim { lane: lane(), seq: head.seq, version: head.version, epoch: 0 };
    Some((claim, next.seq, next.step))
}

async fn apply(stage: &Stage, claim: &Claim, erased: Erased) {
    let evidence = Evidence::Erased(Box::new(erased));
    let input = Input::Delivered { claim: claim.clone(), evidence };
    stage.desk().apply(input).await.unwrap();
}

fn room(name: &str, at: RoomStage) -> Step {
    Step::Room { room: format!("!{name}:desk.test").try_into().unwrap(), at }
}

async fn an_erasure_goes_from_step_to_step_and_only_its_counts_stay(database: Database) {
    let stage = begun(database).await;
    let (claim, seq, step) = next(&stage).await.unwrap();
    assert_eq!(step, room("a", RoomStage::Named));
    let on = room("a", RoomStage::Events { from: Some("t1".to_owned()), is_empty: false });
    let file = OwnedMxcUri::from("mxc://desk.test/x");
    let piece = Erased {
        counts: Counts { events: 2, ..Counts::default() },
        files: vec![file.clone(), file.clone()],
        ..Erased::nothing(&job(), seq, Then::GoOn(on.clone()))
    };
    apply(&stage, &claim, piece.clone()).await;
    // An outcome that comes twice counts once.
    apply(&stage, &claim, piece).await;
    let (claim, seq, step) = next(&stage).await.unwrap();
    assert_eq!(step, on);

    let later = Then::Later { step: room("a", RoomStage::Leave), after_secs: 3_600 };
    apply(&stage, &claim, Erased::nothing(&job(), seq, later)).await;
    let (claim, seq, step) = next(&stage).await.unwrap();
    assert_eq!(step, room("b", RoomStage::Named));
    apply(&stage, &claim, Erased::nothing(&job(), seq, Then::Done)).await;
    let (claim, seq, step) = next(&stage).await.unwrap();
    assert_eq!(step, Step::File { uri: file });
    let left = Left {
        what: LeftWhat::File,
        reason: LeftReason::NotAdmin,
        at: "mxc://desk.test/x".to_owned(),
        count: 0,
    };
    let piece = Erased { left: vec![left.clone()], ..Erased::nothing(&job(), seq, Then::Done) };
    apply(&stage, &claim, piece).await;
    let (claim, seq, step) = next(&stage).await.unwrap();
    assert_eq!(step, room("a", RoomStage::Leave));
    let conn = &mut *stage.database.connection().await;
    let head = outbox::head(conn, &lane()).await.unwrap().unwrap();
    assert!(head.due_at.since(Clock::default().now()).as_secs() > 3_000, "it waits");
    apply(&stage, &claim, Erased::nothing(&job(), seq, Then::Done)).await;

    assert!(next_effect(&stage).await.is_none());
    assert_eq!(erasures::about(conn, &job()).await.unwrap(), None);
    for sql in ["SELECT COUNT(*) FROM erasure_steps", "SELECT COUNT(*) FROM erasure_seen"] {
        assert_eq!(stage.database.number(sql).await, 0, "{sql}");
    }
    let erasure = erasures::by_id(conn, &job()).await.unwrap().unwrap();
    assert_eq!((erasure.counts.events, erasure.ended_at.is_some()), (2, true));
    assert_eq!(erasures::left(conn, &job()).await.unwrap(), [left]);
    let said = stage.said("alice").await;
    let receipt = said.last().unwrap();
    assert_eq!((receipt.code().as_str(), receipt.reply_to.clone()), ("erased", None));
    assert!(!receipt.fields().to_string().contains("Jane"), "{}", receipt.fields());
}

async fn next_effect(stage: &Stage) -> Option<outbox::Head> {
    outbox::head(&mut *stage.database.connection().await, &lane()).await.unwrap()
}

async fn a_step_that_cannot_be_done_is_left_and_the_others_go_on(database: Database) {
    let stage = begun(database).await;
    let (claim, ..) = next(&stage).await.unwrap();
    let given_up = |claim: &Claim| Input::Undeliverable { claim: claim.clone(), why: "it failed".to_owned() };
    assert_eq!(stage.desk().apply(given_up(&claim)).await.unwrap(), Applied::Done);
    let (claim, _, step) = next(&stage).await.unwrap();
    assert_eq!(step, room("b", RoomStage::Named));
    // What cannot even be read is done with too.
    let conn = &mut *stage.database.connection().await;
    sqlx::query("UPDATE erasure_steps SET body = 'x'").execute(&mut *conn).await.unwrap();
    stage.desk().apply(given_up(&claim)).await.unwrap();
    let left = erasures::left(conn, &job()).await.unwrap();
    let expected =
        Left { what: LeftWhat::Room, reason: LeftReason::Failed, at: "!a:desk.test".to_owned(), count: 0 };
    assert_eq!(left, [expected]);
    assert!(erasures::by_id(conn, &job()).await.unwrap().unwrap().ended_at.is_some());
    assert_eq!(stage.database.number("SELECT COUNT(*) FROM set_aside").await, 0);
}

async fn what_was_seen_is_known_again_and_told_once(database: Database) {
    let conn = &mut *database.connection().await;
    let ids: Vec<String> = (0..150).map(|n| format!("$e{n}")).collect();
    assert_eq!(erasures::see(conn, &job(), &ids[..100]).await.unwrap().len(), 100);
    assert_eq!(erasures::see(conn, &job(), &ids).await.unwrap().len(), 50);
    let other = ErasureId::new("e-22222");
    assert!(erasures::seen(conn, &other, &ids).await.unwrap().is_empty());
    assert_eq!(erasures::seen(conn, &job(), &ids).await.unwrap().len(), 150);
}

async fn what_was_known_of_a_person_is_cleared_away_in_pieces_before_the_receipt_comes(database: Database) {
    let stage = begun(database).await;
    let conn = &mut *stage.database.connection().await;
    let ids: Vec<String> = (0..4_500).map(|n| format!("$e{n}")).collect();
    erasures::see(conn, &job(), &ids).await.unwrap();
    for _ in ["a", "b"] {
        let (claim, seq, _) = next(&stage).await.unwrap();
        apply(&stage, &claim, Erased::nothing(&job(), seq, Then::Done)).await;
    }
    let mut before = i64::MAX;
    let mut pieces = 0;
    loop {
        let left = stage.database.number("SELECT COUNT(*) FROM erasure_seen").await;
        assert!(before == i64::MAX || before - left <= 2_000, "{before} {left}");
        let Some(head) = next_effect(&stage).await else { break };
        assert_eq!(erasures::by_id(conn, &job()).await.unwrap().unwrap().ended_at, None);
        let is_receipt = |said: &Said| said.code() == "erased";
        assert!(!stage.said("alice").await.iter().any(is_receipt), "no receipt before all is gone");
        let claim = Claim { lane: lane(), seq: head.seq, version: head.version, epoch: 0 };
        apply(&stage, &claim, Erased::nothing(&job(), 0, Then::Done)).await;
        (before, pieces) = (left, pieces + 1);
    }
    assert_eq!(pieces, 2);
    assert_eq!(stage.database.number("SELECT COUNT(*) FROM erasure_seen").await, 0);
    assert_eq!(stage.said("alice").await.last().unwrap().code(), "erased");
}

async fn steps_that_are_planned_piece_by_piece_go_by_their_kind_and_each_once(database: Database) {
    let conn = &mut *database.connection().await;
    let now = Clock::default().now();
    for name in ["a", "b", "a"] {
        let elsewhere = Elsewhere {
            rooms: vec![format!("!{name}:desk.test").try_into().unwrap()],
            mentions: vec![owned_room_id!("!console:desk.test")],
            media: vec![OwnedMxcUri::from(format!("mxc://desk.test/{name}"))],
            ..Elsewhere::default()
        };
        erasures::plan(conn, &job(), &elsewhere, now).await.unwrap();
    }
    let ghost = "@g:desk.test".try_into().unwrap();
    let at_last = Elsewhere { ghosts: vec![ghost], ..Elsewhere::default() };
    erasures::plan(conn, &job(), &at_last, now).await.unwrap();
    let mut order = Vec::new();
    while let Some(next) = erasures::next(conn, &job()).await.unwrap() {
        erasures::done(conn, &job(), next.seq).await.unwrap();
        order.push(serde_json::to_value(&next.step).unwrap()["erase"].as_str().unwrap().to_owned());
    }
    assert_eq!(order, ["room", "room", "mentions", "ghost", "file", "file"]);
}
