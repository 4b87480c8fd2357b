//! Calls where something goes wrong: at the provider, on the way, or in the program; and several things at
//! once.

use serde_json::json;
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::{AnswerFault, CallStatus, PhoneLine, PostFault};

use super::super::type_in;
use super::{ALICES, CALLS, GOING_ON, JANE, all_over, answer, call, desk, end, is, line, news};
use crate::harness::{Database, World, WorldOptions, eventually};

/// Has every call looked at now.
const LOOK: &str = "UPDATE timers SET due_at = 0 WHERE body LIKE '%\"due\":\"call_look\"%' RETURNING id";

#[tokio::test]
async fn what_the_provider_refuses_is_told_with_its_words() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    world.provider.faults().answer_next(AnswerFault::FailedAtOnce(21215), 1);
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    let told = news(&world, "alice", position, "ended").await;
    let notice = told.notice().unwrap().clone();
    assert_eq!(
        (&notice["result"], &notice["meaning"]),
        (&json!("agent_refused"), &json!("The call was refused"))
    );
    // What is not processed is asked for again, and rings once.
    world.provider.faults().answer_next(AnswerFault::RateLimit, 1);
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    answer(&world, ALICES).await;
    answer(&world, JANE).await;
    news(&world, "alice", position, "talking").await;
    assert!(world.provider.hang_up(ALICES));
    assert_eq!(end(&world, position).await, "talked");
    all_over(&world, JANE, 1).await;
    world.finish().await;
}

#[tokio::test]
async fn an_answer_that_is_lost_is_settled_by_a_report_and_no_phone_rings_twice() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    for fault in [AnswerFault::ErrorAfterAccepting, AnswerFault::BreakAfterAccepting] {
        let before = world.provider.calls().len();
        world.provider.faults().answer_next(fault, 2);
        let position = world.agent("alice").position();
        call(&world, &room, "!call").await;
        answer(&world, ALICES).await;
        answer(&world, JANE).await;
        news(&world, "alice", position, "talking").await;
        assert!(world.provider.hang_up(JANE));
        assert_eq!(end(&world, position).await, "talked");
        assert_eq!(world.provider.calls().len(), before + 2, "{fault:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn reports_that_are_lost_late_repeated_or_in_the_wrong_order_change_nothing() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    // None comes: where the call stands is asked for, its answers lost as well.
    world.provider.faults().callbacks(PostFault::Dropped);
    world.provider.faults().answer_next(AnswerFault::ErrorAfterAccepting, 2);
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    answer(&world, ALICES).await;
    eventually("her answer to be found", || async {
        world.books.rows(LOOK).await;
        line(&world, JANE)
    })
    .await;
    answer(&world, JANE).await;
    is(&world, JANE, CallStatus::InProgress).await;
    assert!(world.provider.hang_up(JANE));
    eventually("its end to be found", || async {
        world.books.rows(LOOK).await;
        (world.number(GOING_ON).await == 0).then_some(())
    })
    .await;
    assert_eq!(end(&world, position).await, "talked");
    all_over(&world, JANE, 1).await;
    // Twice, and last first.
    world.provider.faults().callbacks(PostFault::Twice);
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    answer(&world, ALICES).await;
    answer(&world, JANE).await;
    news(&world, "alice", position, "talking").await;
    assert!(world.provider.hang_up(ALICES));
    assert_eq!(end(&world, position).await, "talked");
    all_over(&world, JANE, 2).await;
    world.provider.faults().callbacks(PostFault::Reversed);
    let position = world.agent("alice").position();
    call(&world, &room, "!call").await;
    answer(&world, ALICES).await;
    assert!(world.provider.hang_up(ALICES));
    assert_eq!(
        end(&world, position).await,
        "hung_up",
        "she was gone before it was known that she had answered"
    );
    all_over(&world, JANE, 2).await;
    let ends = |seen: &&Seen| seen.notice().is_some_and(|notice| notice["news"] == "ended");
    let told = world.agent("alice").look(|log| log.messages(&room).filter(ends).count());
    assert_eq!(told, 3, "each end is told once");
    world.finish().await;
}

#[tokio::test]
async fn a_report_that_is_forged_does_nothing() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    let position = world.agent("alice").position();
    let told = call(&world, &room, "!call").await;
    let id = told.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    is(&world, ALICES, CallStatus::Ringing).await;
    let url = format!("{}/sms/twilio/call?part=call/{id}/agent&sig={}", world.url, "0".repeat(32));
    let form = [("CallSid", "CA1"), ("CallStatus", "in-progress")];
    let http = reqwest::Client::new();
    let unsigned = http.post(&url).form(&form).send().await.unwrap();
    assert!(unsigned.status().is_client_error());
    let signed_for = |params: &[(&str, &str)]| {
        let params: Vec<(String, String)> =
            params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        switchroom::sms::twilio::signature::sign(&"token".to_owned().into(), &url, &params)
    };
    // Signed by the provider's key, and about a call that was not ours to give.
    let answer = http.post(&url).header("X-Twilio-Signature", signed_for(&form)).form(&form).send().await;
    assert!(answer.unwrap().status().is_client_error());
    assert!(line(&world, JANE).is_none());
    assert!(world.provider.hang_up(ALICES));
    assert_eq!(end(&world, position).await, "agent_busy");
    all_over(&world, JANE, 0).await;
    world.finish().await;
}

#[tokio::test]
async fn two_calls_at_once_are_one() {
    let world = World::with(desk(Database::Postgres)).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    let console = world.console("alice").await;
    let alice = world.agent("alice");
    let position = alice.position();
    let to_jane = format!("!call {JANE}");
    let (one, two) = tokio::join!(alice.send_text(&room, "!call"), alice.send_text(&console, &to_jane));
    one.unwrap();
    two.unwrap();
    let refused = |seen: &Seen| seen.code() == "call_refused";
    let told = alice.wait_for_after(position, "one to be refused", refused).await.unwrap();
    assert_eq!(told.notice().unwrap()["why"], "on_the_phone");
    answer(&world, ALICES).await;
    answer(&world, JANE).await;
    assert!(world.provider.hang_up(JANE));
    assert_eq!(end(&world, position).await, "talked");
    all_over(&world, JANE, 1).await;
    assert_eq!((world.number(CALLS).await, world.provider.calls().len()), (1, 2));
    world.finish().await;
}

#[tokio::test]
async fn a_contact_who_is_erased_during_a_call_is_hung_up_on_and_nothing_is_left() {
    let fail_points = "erasure_waits_not=return";
    let mut world = World::with(WorldOptions { fail_points, ..desk(Database::Sqlite) }).await;
    world.bridge.ready().await;
    let omar = "+12125550188";
    let room = world.conversation("alice", omar, "I am Omar").await;
    type_in(&world, "alice", &room, "!contact set name Omar Batterson", "contact").await;
    call(&world, &room, "!call").await;
    answer(&world, ALICES).await;
    answer(&world, omar).await;
    is(&world, omar, CallStatus::InProgress).await;
    let card = world.command("sue", "!erase Omar Batterson", "erase_contact").await;
    let id = card.notice().unwrap()["contact_id"].as_str().unwrap().to_owned();
    world.command("sue", &format!("!erase {id} {id}"), "erasing").await;
    eventually("everybody to be off the line", || async {
        let calls: Vec<PhoneLine> = world.provider.calls();
        calls.iter().all(|call| call.status.is_over()).then_some(())
    })
    .await;
    world.agent("sue").wait_for("the receipt", |seen| seen.code() == "erased").await.unwrap();
    assert_eq!(world.number(GOING_ON).await, 0);
    let traces = "SELECT COUNT(*) FROM interactions WHERE body LIKE '%5550188%' OR body LIKE '%Batterson%'
                  OR body LIKE '%\"sid\":%'";
    assert_eq!(world.number(traces).await, 0);
    assert!(world.provider.calls().is_empty(), "the provider keeps no record: {:?}", world.provider.calls());
    world.finish().await;
}

#[tokio::test]
async fn killed_around_each_step_no_phone_rings_twice_on_sqlite() {
    killed_around_each_step(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_around_each_step_no_phone_rings_twice_on_postgres() {
    killed_around_each_step(Database::Postgres).await;
}

async fn killed_around_each_step(database: Database) {
    let mut world = World::with(desk(database)).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    for (point, rings) in [("call_begun", true), ("before_call", false), ("after_call", true)] {
        for passed in ["", "1*off->"] {
            // The first is her phone's turn, the second the contact's.
            if point == "call_begun" && !passed.is_empty() {
                continue;
            }
            let before = [ALICES, JANE].map(|phone| times(&world, phone));
            world.start_again(&format!("{point}={passed}1*return")).await;
            world.bridge.listening_or_ended().await;
            let position = world.agent("alice").position();
            world.agent("alice").send_text(&room, "!call").await.unwrap();
            if !passed.is_empty() {
                answer(&world, ALICES).await;
            }
            eventually("the program to die", || {
                let ended = world.bridge.has_ended();
                async move { ended.then_some(()) }
            })
            .await;
            world.start_again("").await;
            let what = format!("{point} {passed}");
            if passed.is_empty() && rings {
                answer(&world, ALICES).await;
            }
            if rings {
                is(&world, JANE, CallStatus::Ringing).await;
                assert!(world.provider.hang_up(JANE));
            }
            eventually(&format!("the call to end after {what}"), || async {
                world.books.rows(LOOK).await;
                (world.number(GOING_ON).await == 0).then_some(())
            })
            .await;
            let result = end(&world, position).await;
            let expected = match (rings, passed.is_empty()) {
                (true, _) => "busy",
                (false, true) => "agent_unconfirmed",
                (false, false) => "unconfirmed",
            };
            assert_eq!(result, expected, "{what}");
            let after = [ALICES, JANE].map(|phone| times(&world, phone));
            let called: Vec<usize> = after.iter().zip(before).map(|(after, before)| after - before).collect();
            let wanted = match (rings, passed.is_empty()) {
                (true, _) => [1, 1],
                (false, true) => [0, 0],
                (false, false) => [1, 0],
            };
            assert_eq!(called, wanted, "{what}");
        }
    }
    world.finish().await;
}

/// How often a phone was called.
fn times(world: &World, phone: &str) -> usize {
    world.provider.calls().iter().filter(|call| call.phone == phone).count()
}
