//! Calls in which both ends act at the same moment: whoever is first, nobody is left on the line.

use std::time::Duration;

use super::*;

/// How long after an agent has typed the contact acts, in milliseconds.
const AFTER: [u64; 4] = [0, 10, 30, 60];

/// A call that alice began in this room, up to the moment the contact's phone rings.
async fn ringing(world: &World, room: &RoomId) -> usize {
    let position = world.agent("alice").position();
    call(world, room, "!call").await;
    answer(world, ALICES).await;
    is(world, JANE, CallStatus::Ringing).await;
    position
}

#[tokio::test]
async fn a_contact_who_answers_as_the_agent_hangs_up_is_on_nobodys_line() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Please call me").await;
    for (at, millis) in AFTER.into_iter().enumerate() {
        let position = ringing(&world, &room).await;
        let answers = async {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            world.provider.answer(JANE)
        };
        let (typed, answered) = tokio::join!(world.agent("alice").send_text(&room, "!call end"), answers);
        typed.unwrap();
        let ended = end(&world, position).await;
        println!("after {millis} ms: answered {answered}, {ended}");
        assert!(ended == "hung_up" || answered && ended == "talked", "{ended}");
        all_over(&world, JANE, at + 1).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn a_contact_who_hangs_up_as_they_are_put_on_hold_is_heard_to_be_gone() {
    let world = World::with(desk(Database::Sqlite)).await;
    let room = world.conversation("alice", JANE, "Please call me").await;
    for (at, millis) in AFTER.into_iter().enumerate() {
        let position = ringing(&world, &room).await;
        answer(&world, JANE).await;
        news(&world, "alice", position, "talking").await;
        let hangs_up = async {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            world.provider.hang_up(JANE)
        };
        let (typed, hung_up) = tokio::join!(world.agent("alice").send_text(&room, "!call hold"), hangs_up);
        let typed = typed.unwrap();
        assert!(hung_up, "nobody else ends the call");
        assert_eq!(end(&world, position).await, "talked");
        // Whatever became of her wish, she is told.
        let told = |seen: &Seen| seen.replies_to() == Some(typed.as_str());
        world.agent("alice").wait_for_after(position, "an answer to !call hold", told).await.unwrap();
        all_over(&world, JANE, at + 1).await;
    }
    world.finish().await;
}
