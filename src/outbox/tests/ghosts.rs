//! A ghost that cannot be used gives way to another, and does so over and over for nobody.

use wiremock::matchers::{path_regex, query_param};

use super::*;
use crate::domain::ids::GhostName;

/// From now on the homeserver refuses whatever Jane's ghost does, which this returns. Each effect that is
/// asked for has this counted already.
async fn deactivated(world: &World, counted: &'static str) -> GhostName {
    let name = ghost(world).await;
    let user = user(&name);
    let refused = json!({"errcode": "M_USER_DEACTIVATED", "error": "This account has been deactivated"});
    Mock::given(query_param("user_id", &user))
        .respond_with(ResponseTemplate::new(403).set_body_json(refused))
        .with_priority(1)
        .mount(&world.homeserver)
        .await;
    let member = |user: &str| {
        json!({"type": "m.room.member", "state_key": user, "sender": user, "event_id": "$1",
            "origin_server_ts": 1, "content": {"membership": "join"}})
    };
    let state = [member("@switchroom:desk.test"), member(&user)];
    Mock::given(path_regex("/rooms/[^/]*/state$"))
        .respond_with(ResponseTemplate::new(200).set_body_json(state))
        .with_priority(2)
        .mount(&world.homeserver)
        .await;
    let count = format!(
        "CREATE TRIGGER counted AFTER INSERT ON outbox
         BEGIN UPDATE outbox SET {counted} WHERE lane = new.lane AND seq = new.seq; END"
    );
    let mut conn = world.store.connection().await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(count)).execute(&mut *conn).await.unwrap();
    name
}

fn user(ghost: &GhostName) -> String {
    format!("@sms_{ghost}:desk.test")
}

async fn ghost(world: &World) -> GhostName {
    let mut conn = world.store.connection().await.unwrap();
    store::contacts::ghost(&mut conn, &Address::sms(JANE)).await.unwrap().unwrap().name
}

#[tokio::test]
async fn a_ghost_is_replaced_however_often_something_else_failed_before() {
    let world = World::new().await;
    world.conversation(JANE).await;
    let first = deactivated(&world, "failures = 9").await;
    world.text(JANE, "next", &[]).await;
    let done =
        "SELECT COUNT(*) FROM outbox WHERE body LIKE '%\"next\"%' AND state = 'done' AND ghosts_lost = 1";
    eventually("the text", || async { (world.number(done).await == 1).then_some(()) }).await;
    assert_ne!(ghost(&world).await, first);
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
}

#[tokio::test]
async fn ghosts_that_cannot_be_used_one_after_another_are_left_to_a_person() {
    let world = World::new().await;
    world.conversation(JANE).await;
    let first = deactivated(&world, "ghosts_lost = 3").await;
    world.text(JANE, "next", &[]).await;
    let aside = "SELECT COUNT(*) FROM set_aside WHERE why LIKE '%one after another%'";
    eventually("it to be set aside", || async { (world.number(aside).await == 1).then_some(()) }).await;
    assert_eq!(ghost(&world).await, first);
}

#[tokio::test]
async fn what_a_ghost_said_stays_the_contacts_when_others_took_its_place() {
    let world = World::new().await;
    let room = world.conversation(JANE).await;
    let jane = Address::sms(JANE);
    let first = user(&ghost(&world).await);
    let mut conn = world.store.connection().await.unwrap();
    for ghost in ["second", "third"] {
        assert!(
            store::contacts::give_ghost(&mut conn, &jane, &GhostName::new(ghost), None).await.unwrap(),
            "{ghost}"
        );
    }
    drop(conn);
    let speakers = [first.as_str(), "@sms_second:desk.test", "@sms_third:desk.test", "@sms_other:desk.test"];
    for (number, sender) in speakers.iter().enumerate() {
        let event = json!({"event_id": format!("$text{number}"), "sender": sender});
        Mock::given(path_regex(format!("/event/.*text{number}$")))
            .respond_with(ResponseTemplate::new(200).set_body_json(event))
            .with_priority(1)
            .mount(&world.homeserver)
            .await;
        world.answer(&room, &format!("answer {number}"), &format!("$text{number}")).await;
    }
    for number in 0..3 {
        world.sends(&format!("answer {number}")).await;
    }
    world.shows("<message_held_back>").await;
    assert!(!world.phones.sent.lock().unwrap().iter().any(|(body, _)| body == "answer 3"));
}
