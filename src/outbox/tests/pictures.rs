//! Pictures are fetched beside the room's lane: nothing waits for them but what their contact writes next,
//! for a moment.

use super::*;

/// What was shown of a conversation after its first text.
async fn since_hello(world: &World) -> Vec<String> {
    world.shown_words().await.into_iter().skip_while(|words| words != "Hello?").skip(1).collect()
}

#[tokio::test]
async fn a_picture_that_does_not_come_holds_up_only_what_its_contact_writes_next_and_only_for_a_moment() {
    let world = World::new().await;
    let room = world.conversation(JANE).await;
    world.text(JANE, "look", &["hangs"]).await;
    world.text(JANE, "second", &[]).await;
    world.shows("look").await;
    // What the desk says does not wait.
    world.say(&room, "Just a moment").await;
    world.sends("Just a moment").await;
    world.say(&room, "!done").await;
    world.shows("<done_refused>").await;
    assert!(!world.shown_words().await.contains(&"second".to_owned()), "it has its place after the picture");

    world.clock.advance(Duration::from_secs(6));
    world.shows("second").await;
    world.say(&room, "!done").await;
    eventually("a second refusal", || async {
        (since_hello(&world).await.iter().filter(|words| *words == "<done_refused>").count() == 2)
            .then_some(())
    })
    .await;
    world.phones.let_go.notify_one();
    world.shows("[1]").await;
    let shown = since_hello(&world).await;
    assert_eq!(shown[shown.len() - 2..], ["<late_attachment>", "[1]"], "{shown:?}");
    let picture = world.shown().await.pop().unwrap();
    assert!(picture["org.switchroom.written_at"].is_i64(), "{picture}");
    eventually("nothing to be under way", || async {
        (world.number("SELECT COUNT(*) FROM outbox WHERE state IN ('ready', 'parked')").await == 0)
            .then_some(())
    })
    .await;
    world.say(&room, "!done").await;
    world.shows("<done>").await;
}

#[tokio::test]
async fn a_picture_that_comes_in_time_stands_in_its_place() {
    let world = World::new().await;
    world.conversation(JANE).await;
    world.text(JANE, "look", &["hangs", "fine"]).await;
    world.text(JANE, "second", &[]).await;
    world.shows("look").await;
    eventually("the other picture", || async {
        (world.number("SELECT COUNT(*) FROM outbox WHERE lane LIKE 'media:%' AND state = 'done'").await == 1)
            .then_some(())
    })
    .await;
    world.phones.let_go.notify_one();
    world.shows("second").await;
    assert_eq!(since_hello(&world).await, ["look", "[1]", "[2]", "second"]);
    let late = |content: &Value| content.get("org.switchroom.written_at").is_some();
    assert!(!world.shown().await.iter().any(late));
}

#[tokio::test]
async fn what_is_said_of_a_picture_that_cannot_be_shown_stands_in_its_place() {
    let world = World::new().await;
    world.conversation(JANE).await;
    world.text(JANE, "look", &["too_large", "fine"]).await;
    world.text(JANE, "second", &[]).await;
    world.shows("look").await;
    eventually("the other picture", || async {
        (world.number("SELECT COUNT(*) FROM outbox WHERE lane LIKE 'media:%' AND state = 'done'").await == 1)
            .then_some(())
    })
    .await;
    world.phones.let_go.notify_one();
    world.shows("second").await;
    assert_eq!(since_hello(&world).await, ["look", "<media_failed>", "[2]", "second"]);
    // Once its place was given up, it stands at the end.
    world.text(JANE, "again", &["too_large"]).await;
    world.text(JANE, "third", &[]).await;
    world.shows("again").await;
    world.clock.advance(Duration::from_secs(6));
    world.shows("third").await;
    world.phones.let_go.notify_one();
    eventually("both to be told", || async {
        let shown = since_hello(&world).await;
        (shown.iter().filter(|words| *words == "<media_failed>").count() == 2).then_some(())
    })
    .await;
    assert_eq!(since_hello(&world).await[4..], ["again", "third", "<media_failed>"]);
}

#[tokio::test]
async fn a_picture_that_cannot_be_had_ends_as_failed_and_then_the_conversation_can_be_closed() {
    let world = World::new().await;
    let room = world.conversation(JANE).await;
    world.text(JANE, "look", &["missing"]).await;
    world.text(JANE, "second", &[]).await;
    world.shows("look").await;
    world.clock.advance(crate::domain::picture::MAY_COME);
    world.shows("<media_failed>").await;
    world.shows("second").await;
    world.clock.advance(Duration::from_secs(6));
    world.say(&room, "!done").await;
    world.shows("<done>").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
}
