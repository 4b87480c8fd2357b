//! What cannot be applied or delivered is set aside for a person, and the rest goes on.

use ruma::owned_room_id;
use sqlx::Executor as _;
use switchroom::desk::Applied;
use switchroom::domain::address::Address;
use switchroom::domain::agent::Role;
use switchroom::domain::dead_letter::DeadLetterKind;
use switchroom::domain::effect::RoomMade;
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::input::{Claim, ContactText, Evidence, Input};
use switchroom::domain::lane::Lane;
use switchroom::domain::timer::{Due, Timer};
use switchroom::store::{history, interactions, outbox, timers, upkeep};

use super::desk::{Opened, console, in_rooms, open, said_in_console, setup, text, texts};
use super::{Database, NOW, THEIRS, lane_of, later, on_both_engines, queue};

on_both_engines! {
    what_cannot_be_applied_is_set_aside_and_the_rest_goes_on,
    an_effect_whose_outcome_cannot_be_recorded_does_not_come_again_for_ever,
    what_comes_into_a_lane_whose_room_cannot_be_made_waits_for_the_room,
    admins_are_told_once_of_the_same_reason_and_each_writer_of_their_own_words,
    nobody_is_asked_about_what_has_no_room_until_it_has_one,
    a_timer_that_cannot_be_applied_does_not_come_again_for_ever,
    characters_no_database_holds_stop_nothing,
}

async fn corrupt_agent(database: &Database) {
    let spoil = sqlx::query("UPDATE agents SET body = '{\"id\":\"alice\"}'");
    spoil.execute(&mut *database.connection().await).await.unwrap();
}

async fn what_cannot_be_applied_is_set_aside_and_the_rest_goes_on(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    console(&database).await;
    corrupt_agent(&database).await;
    let inputs = vec![text(THEIRS, "SM1"), said_in_console(1, "!help"), text(THEIRS, "SM2")];
    let applied = desk.apply_all(inputs).await.unwrap();
    assert_eq!(applied, [Applied::Done, Applied::DeadLettered, Applied::Done]);
    assert_eq!(texts(&in_rooms(&database).await), ["SM1", "SM2"]);
    assert_eq!(database.number("SELECT COUNT(*) FROM set_aside").await, 1);
    let body: String = sqlx::query_scalar("SELECT body FROM set_aside")
        .fetch_one(&mut *database.connection().await)
        .await
        .unwrap();
    assert_eq!(serde_json::from_str::<Input>(&body).unwrap(), said_in_console(1, "!help"));
    let body = "SELECT COUNT(*) FROM timers WHERE body LIKE '%dead_letters%'";
    assert_eq!(database.number(body).await, 1, "admins are told");
    let again = desk.apply(said_in_console(1, "!help")).await.unwrap();
    assert_eq!(again, Applied::Seen, "a replay does not set it aside again");
}

async fn an_effect_whose_outcome_cannot_be_recorded_does_not_come_again_for_ever(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    desk.apply(text(THEIRS, "SM1")).await.unwrap();
    let conn = &mut *database.connection().await;
    sqlx::query("UPDATE interactions SET body = '{}'").execute(&mut *conn).await.unwrap();
    let lane = in_rooms(&database).await[0].0.clone();
    let claim = Claim { lane: lane_of(&lane), seq: 1, version: 1, epoch: 0 };
    let delivered = Input::Delivered {
        claim,
        evidence: Evidence::Room(RoomMade { room: owned_room_id!("!r:desk.test"), ghost: None }),
    };
    assert_eq!(desk.apply(delivered).await.unwrap(), Applied::DeadLettered);
    let head = outbox::head(conn, &lane_of(&lane)).await.unwrap();
    assert_eq!(head, None, "nothing of the lane can go on without its room");
}

async fn what_comes_into_a_lane_whose_room_cannot_be_made_waits_for_the_room(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let conn = &mut *database.connection().await;
    desk.apply(text(THEIRS, "SM1")).await.unwrap();
    let lane = in_rooms(&database).await[0].0.clone();
    let cannot = async |seq, version| {
        let claim = Claim { lane: lane_of(&lane), seq, version, epoch: 0 };
        desk.apply(Input::Undeliverable { claim, why: "it cannot be".to_owned() }).await.unwrap()
    };
    assert_eq!(cannot(1, 1).await, Applied::DeadLettered);
    for sid in ["SM2", "SM3"] {
        desk.apply(text(THEIRS, sid)).await.unwrap();
        while let Some(head) = outbox::head(conn, &lane_of(&lane)).await.unwrap() {
            assert_eq!(cannot(head.seq, head.version).await, Applied::DeadLettered);
        }
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM set_aside").await, 1, "the room");

    assert!(outbox::bring_back(conn, &lane_of(&lane), 1).await.unwrap());
    let ready = outbox::head(conn, &lane_of(&lane)).await.unwrap().unwrap();
    assert!(ready.effect.opens_room(), "{ready:?}");
    let back = "SELECT COUNT(*) FROM outbox WHERE state = 'ready' AND body LIKE '%\"SM%'";
    assert_eq!(database.number(back).await, 3, "and all texts with it");
}

async fn admins_are_told_once_of_the_same_reason_and_each_writer_of_their_own_words(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let conn = &mut *database.connection().await;
    let Input::Setup(mut setup) = setup("alice") else { unreachable!() };
    setup.agents[0].roles = vec![Role::Admin];
    desk.apply(Input::Setup(setup)).await.unwrap();
    let told = async |code: &str| {
        let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox WHERE lane = 'console:alice'")
            .fetch_all(&mut *database.connection().await)
            .await
            .unwrap();
        bodies.iter().filter(|body| body.contains(code)).count()
    };
    let mut number = 0;
    let mut happens = async |why: &str, input: Input, secs| {
        number += 1;
        let body = serde_json::to_string(&input).unwrap();
        let id = format!("s-{number}");
        upkeep::add_dead_letter(conn, &id, later(secs), &DeadLetterKind::Input, why, &body).await.unwrap();
        timers::set(conn, &Timer { due_at: NOW, what: Due::DeadLetters }).await.unwrap();
        let (id, due) = timers::due(conn, NOW, 1).await.unwrap().remove(0);
        assert_eq!(desk.apply(Input::Due { id, due }).await.unwrap(), Applied::Done);
    };
    happens("it panicked", said_in_console(1, "!help"), 1).await;
    assert_eq!((told("set_aside").await, told("!help").await), (1, 1));
    happens("it panicked", text(THEIRS, "SM1"), 2).await;
    happens("it panicked", said_in_console(2, "!team"), 3).await;
    assert_eq!(told("set_aside").await, 1, "not the same again so soon");
    assert_eq!((told("!help").await, told("!team").await), (1, 1));
    happens("its row cannot be read", text(THEIRS, "SM2"), 4).await;
    assert_eq!(told("set_aside").await, 2);
    // A reason may quote what somebody wrote.
    assert_eq!(database.number("SELECT COUNT(*) FROM facts WHERE value LIKE '%cannot be%'").await, 0);
}

async fn nobody_is_asked_about_what_has_no_room_until_it_has_one(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let conn = &mut *database.connection().await;
    desk.apply(text(THEIRS, "SM1")).await.unwrap();
    let lane = in_rooms(&database).await[0].0.clone();
    let claim = Claim { lane: lane_of(&lane), seq: 1, version: 1, epoch: 0 };
    let refused = Input::Undeliverable { claim: claim.clone(), why: "it cannot be".to_owned() };
    assert_eq!(desk.apply(refused).await.unwrap(), Applied::DeadLettered);
    let offers = async |conn: &mut _| {
        while let Some(head) = outbox::head(conn, &Lane::Route).await.unwrap() {
            let claim = Claim { lane: Lane::Route, seq: head.seq, version: head.version, epoch: 0 };
            desk.apply(Input::Route { claim, queue: queue() }).await.unwrap();
        }
        interactions::offered_to(conn, &AgentId::new("alice")).await.unwrap().len()
    };
    assert_eq!(offers(conn).await, 0);
    assert_eq!(history::waiting(conn, &queue()).await.unwrap().len(), 1, "it waits all the same");

    assert!(outbox::bring_back(conn, &lane_of(&lane), 1).await.unwrap());
    let evidence = Evidence::Room(RoomMade { room: owned_room_id!("!r:desk.test"), ghost: None });
    assert_eq!(desk.apply(Input::Delivered { claim, evidence }).await.unwrap(), Applied::Done);
    assert_eq!(offers(conn).await, 1);
}

async fn a_timer_that_cannot_be_applied_does_not_come_again_for_ever(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    desk.apply(text(THEIRS, "SM1")).await.unwrap();
    let conn = &mut *database.connection().await;
    let id: String = sqlx::query_scalar("SELECT id FROM interactions").fetch_one(&mut *conn).await.unwrap();
    sqlx::query("UPDATE interactions SET body = '{}'").execute(&mut *conn).await.unwrap();
    let what = Due::OwnerAway { interaction: InteractionId::new(id) };
    timers::set(conn, &Timer { due_at: NOW, what }).await.unwrap();
    let (id, due) = timers::due(conn, NOW, 1).await.unwrap().remove(0);
    assert_eq!(desk.apply(Input::Due { id, due }).await.unwrap(), Applied::DeadLettered);
    assert_eq!(timers::due(conn, NOW, 1).await.unwrap(), []);
}

async fn characters_no_database_holds_stop_nothing(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    console(&database).await;
    let Input::Text(hostile) = text(THEIRS, "SM0") else { unreachable!() };
    let hostile = ContactText {
        from: Address::sms("+1415\0"),
        body: "a\0b".to_owned(),
        origin: vec![("city".to_owned(), "\0".to_owned())],
        ..hostile
    };
    let inputs =
        vec![text(THEIRS, "SM1"), Input::Text(hostile), said_in_console(1, "!\0"), text(THEIRS, "SM2")];
    let applied = desk.apply_all(inputs).await.unwrap();
    assert_eq!((&applied[0], &applied[3]), (&Applied::Done, &Applied::Done), "{applied:?}");
    assert!(texts(&in_rooms(&database).await).contains(&"SM2".to_owned()));
}

/// Has PostgreSQL say, the first so many times, that a statement ran into `statement_timeout`, without the
/// wait.
async fn takes_too_long(database: &Database, times: u32) {
    // A sequence counts on even where its transaction is rolled back.
    let slow = format!(
        "CREATE SEQUENCE tries;
         CREATE FUNCTION too_long() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN
             IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'too long' USING ERRCODE = '57014'; END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER too_long BEFORE INSERT ON transcript FOR EACH ROW WHEN (NEW.body = 'SM2')
         EXECUTE FUNCTION too_long()"
    );
    database.connection().await.execute(sqlx::AssertSqlSafe(slow)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_the_database_too_long_is_tried_a_few_times_and_then_set_aside() {
    let database = Database::postgres().await;
    let Opened { desk, .. } = &open(&database.store).await;
    takes_too_long(&database, 1_000).await;
    let inputs = ["SM1", "SM2", "SM3"].map(|sid| text(THEIRS, sid));
    let applied = desk.apply_all(inputs.into()).await.unwrap();
    assert_eq!(applied, [Applied::Done, Applied::DeadLettered, Applied::Done]);
    let tries = database.number("SELECT last_value FROM tries").await;
    assert!(tries < 10, "{tries} tries of ten seconds each");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_took_the_database_too_long_once_is_applied_once_when_it_is_tried_again() {
    let database = Database::postgres().await;
    let Opened { desk, .. } = &open(&database.store).await;
    takes_too_long(&database, 2).await;
    assert_eq!(desk.apply(text(THEIRS, "SM2")).await.unwrap(), Applied::Done);
    for (what, sql) in [
        ("lines", "SELECT COUNT(*) FROM transcript WHERE body = 'SM2'"),
        ("receipts", "SELECT COUNT(*) FROM receipts WHERE key = 'sms:SM2'"),
    ] {
        assert_eq!(database.number(sql).await, 1, "{what}");
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM set_aside").await, 0);
    assert_eq!(desk.apply(text(THEIRS, "SM2")).await.unwrap(), Applied::Seen);
}
