//! A contact on hold: put there and taken off it, refused, at a provider that fails, and with the program
//! killed in between.

use ruma::RoomId;
use serde_json::{Value, json};
use switchroom::sms::simulator::{AnswerFault, CallStatus};

use super::super::type_in;
use super::{ALICES, JANE, all_over, answer, call, desk, end, is, line, news};
use crate::harness::{Database, World, eventually};

/// Alice types a command that is refused for a reason.
async fn refused(world: &World, words: &str, why: &str) {
    let told = world.command("alice", words, "call_refused").await;
    assert_eq!(told.notice().unwrap()["why"], why, "{words}: {}", told.body());
}

/// Alice types a command in the room: what she reads of the call.
async fn told(world: &World, room: &RoomId, words: &str) -> Value {
    type_in(world, "alice", room, words, "call").await.notice().unwrap().clone()
}

/// Whether a phone is on hold at the provider.
fn on_hold(world: &World, phone: &str) -> bool {
    line(world, phone).unwrap().on_hold
}

/// Has the program die at a point, while it does what Alice types in the room.
async fn killed(world: &mut World, room: &RoomId, point: &str, words: &str) {
    world.start_again(&format!("{point}=1*return")).await;
    world.bridge.listening_or_ended().await;
    world.agent("alice").send_text(room, words).await.unwrap();
    eventually("the program to die", || {
        let ended = world.bridge.has_ended();
        async move { ended.then_some(()) }
    })
    .await;
}

#[tokio::test]
async fn a_contact_is_put_on_hold_and_taken_off_it_whatever_happens_in_between() {
    let mut world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Please call me").await;
    refused(&world, "!call hold", "no_call").await;
    refused(&world, "!call resume", "no_call").await;
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    answer(&world, ALICES).await;
    is(&world, JANE, CallStatus::Ringing).await;
    refused(&world, "!call hold", "not_answered").await;
    refused(&world, "!call resume", "not_answered").await;
    answer(&world, JANE).await;
    news(&world, "alice", position, "talking").await;
    refused(&world, "!call resume", "not_on_hold").await;
    // In the room, and off it in the console.
    let held = told(&world, &room, "!call hold").await;
    assert_eq!((&held["news"], &held["on_hold"]), (&json!("on_hold"), &json!(true)));
    assert!(on_hold(&world, JANE) && !on_hold(&world, ALICES), "the agent stays");
    refused(&world, "!call hold", "on_hold_already").await;
    let mine = world.command("alice", "!mine", "list").await;
    assert!(mine.body().contains("on hold"), "{}", mine.body());
    let back = world.command("alice", "!CALL Resume", "call").await;
    assert_eq!(back.notice().unwrap()["news"], "off_hold", "{}", back.body());
    assert!(!on_hold(&world, JANE));
    // What the provider refuses is told, and can be tried again; what it does not take is asked for again.
    world.provider.faults().answer_next(AnswerFault::FailedAtOnce(20001), 1);
    let not_held = told(&world, &room, "!call hold").await;
    assert_eq!(
        (&not_held["news"], &not_held["meaning"]),
        (&json!("not_held"), &json!("The call was not changed"))
    );
    assert!(!on_hold(&world, JANE));
    world.provider.faults().answer_next(AnswerFault::RateLimit, 1);
    assert_eq!(told(&world, &room, "!call hold").await["news"], "on_hold");
    // Killed around each step.
    for (point, words, which) in [
        ("hold_asked", "!call resume", "off_hold"),
        ("before_hold", "!call hold", "on_hold"),
        ("after_hold", "!call resume", "off_hold"),
    ] {
        let position = world.agent("alice").position();
        killed(&mut world, &room, point, words).await;
        world.start_again("").await;
        news(&world, "alice", position, which).await;
        assert_eq!(on_hold(&world, JANE), which == "on_hold", "{point}");
    }
    // She hangs up before it is done, which is found out on the way.
    let position = world.agent("alice").position();
    killed(&mut world, &room, "before_hold", "!call hold").await;
    assert!(world.provider.hang_up(JANE));
    world.start_again("").await;
    assert_eq!(end(&world, position).await, "talked");
    let not_held = news(&world, "alice", position, "not_held").await;
    assert_eq!(not_held.notice().unwrap()["meaning"], "the call is over");
    all_over(&world, JANE, 1).await;
    refused(&world, "!call resume", "no_call").await;
    world.finish().await;
}
