//! A contact writes, an agent answers, and it is done.

use crate::harness::{OURS, World, WorldOptions};

const JANE: &str = "+14155550100";

#[tokio::test]
async fn a_text_is_offered_accepted_answered_and_done() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is my order?").await;

    let said = alice.send_text(&room, "On its way!").await.unwrap();
    world.phone_gets(JANE, &["On its way!"]).await;
    alice.wait_for_reaction(&said, "✓").await.unwrap();

    world.text(JANE, "Thanks").await;
    alice.wait_for_text(&room, "Thanks").await.unwrap();
    let console = world.console("alice").await;
    // The contact wrote just now, so that the first try is refused: nothing must go unread.
    alice.send_text(&room, "!done").await.unwrap();
    alice.wait_for_notice(&room, "done_refused").await.unwrap();
    alice.send_text(&room, "!done").await.unwrap();
    alice.wait_for_notice(&console, "done").await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();

    world.text(JANE, "One more thing").await;
    let again = world.invite("alice", JANE).await;
    assert_ne!(again, room, "a new text opens a new interaction, on {OURS}");
    alice.join(&again).await.unwrap();
    alice.wait_for_text(&again, "One more thing").await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn the_queues_signature_stands_under_each_owners_first_message() {
    let queue = "undo_secs: 0, signature: \"-- {{ agent.first_name }}\"";
    let world = World::with(WorldOptions { queue, ..WorldOptions::default() }).await;
    let room = world.conversation("alice", JANE, "Hello?").await;
    for text in ["Good morning", "How can I help?"] {
        world.agent("alice").send_text(&room, text).await.unwrap();
    }
    world.phone_gets(JANE, &["Good morning\n-- alice", "How can I help?"]).await;
    world.finish().await;
}
