//! Many new numbers at once are in the way of nothing but themselves.

use super::*;

const NEW: usize = 90;

fn number(n: usize) -> String {
    format!("+1415777{n:04}")
}

#[tokio::test]
async fn a_conversation_goes_on_while_many_new_numbers_write() {
    let mut world = World::at_rest(Duration::from_millis(400)).await;
    world.work();
    let room = world.conversation(JANE).await;
    for n in 0..NEW {
        world.text(&number(n), "Hello?", &[]).await;
    }
    let before = world.rooms.load(Ordering::SeqCst);
    world.say(&room, "Still here").await;
    let rooms = world.sends("Still here").await;
    assert!(rooms <= before + NEW / 6, "the reply waited until {rooms} rooms were asked for, from {before}");
    world.text(JANE, "And the next text", &[]).await;
    world.shows("And the next text").await;
    let rooms = world.rooms.load(Ordering::SeqCst);
    assert!(rooms <= before + NEW / 3, "the text waited until {rooms} rooms were asked for, from {before}");

    // A room that someone comes to wait for is made before those that nobody waits for.
    let last = number(NEW - 1);
    let taken = world.interaction(&last).await.unwrap();
    assert_eq!(taken.room, None);
    world.give(&taken).await;
    world.text(&last, "Are you there?", &[]).await;
    world.shows("Are you there?").await;
    let rooms = world.rooms.load(Ordering::SeqCst);
    assert!(rooms <= before + NEW / 2, "it waited until {rooms} rooms were asked for");

    let without_room = "SELECT COUNT(*) FROM interactions WHERE room_id IS NULL";
    eventually("all rooms", || async { (world.number(without_room).await == 0).then_some(()) }).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
}
