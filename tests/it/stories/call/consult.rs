//! A contact is consulted by voice alone: whoever is asked for advice about them calls them from the room of
//! the consult.

use super::*;
use crate::stories::talk::{CONSULT, opened};

#[tokio::test]
async fn who_is_asked_for_advice_speaks_with_the_contact_by_voice() {
    let world = World::with(desk(Database::Sqlite)).await;
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    world.agent("alice").send_text(&session, "!consult bob Can you ask her?").await.unwrap();
    let (room, _) = opened(&world, CONSULT).await;
    let bob = world.agent("bob");
    let invited = bob.wait_for_invite(CONSULT, |room| room.name() == CONSULT).await.unwrap();
    bob.join(&invited).await.unwrap();
    world.state("bob", &room, "connected").await;

    // Her own conversation is not his: what he writes here stays among colleagues, and he calls.
    let position = bob.position();
    let told = type_in(&world, "bob", &room, "!call", "call").await;
    assert_eq!(told.notice().unwrap()["news"], "calling", "{}", told.body());
    answer(&world, BOBS).await;
    answer(&world, JANE).await;
    let talking = news(&world, "bob", position, "talking").await;
    assert_eq!(talking.room_id, room);
    assert!(world.provider.hang_up(BOBS));
    let ended = news(&world, "bob", position, "ended").await;
    assert_eq!((&ended.notice().unwrap()["result"], &ended.room_id), (&json!("talked"), &room));
    all_over(&world, JANE, 1).await;
    assert!(line(&world, ALICES).is_none(), "her phone rang for his call");
    assert!(world.taken_for(JANE).is_empty());

    // Nobody is asked for advice who is no colleague.
    let refused = type_in(&world, "alice", &session, &format!("!consult {JANE}"), "no_such_target").await;
    assert!(!refused.body().is_empty());
    world.finish().await;
}
