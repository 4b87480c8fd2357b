//! Predefined messages, from the admin who defines one to the colleague who reads it.

use super::{IM, JANE, asked_after, close_by_tap, comes, im, opened, signed_in};
use crate::harness::{World, WorldOptions, shown};
use crate::stories::type_in;

#[tokio::test]
async fn a_predefined_message_carries_the_contact_s_name_and_number_where_there_is_one() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        each: &[("alice", "roles: [agent, admin]")],
        ..WorldOptions::default()
    })
    .await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    signed_in(&world, 2).await;
    // Where none is defined, the IM simply opens.
    let (room, preview) = im(&world, "!im bob #late").await;
    assert_eq!(preview.notice().unwrap()["text"], "");
    assert_eq!(comes(&world, "bob", IM).await, room);
    type_in(&world, "alice", &room, "!end", "im_ended").await;
    for name in ["alice", "bob"] {
        close_by_tap(&world, name, &room, "im_ended").await;
    }

    world.command("alice", "!predefined add late <b>I am late</b>, can you take over?", "changed").await;
    let session = world.conversation("alice", JANE, "Hello?").await;
    type_in(&world, "alice", &session, "!contact set name Jane Doe", "contact").await;
    let position = bob.position();
    alice.send_text(&session, "!im bob #late").await.unwrap();
    let preview = asked_after(&world, "bob", position).await;
    let words = format!("Jane Doe, {}: <b>I am late</b>, can you take over?", shown(JANE));
    assert_eq!(preview.notice().unwrap()["text"], words);
    let (room, first) = opened(&world, IM).await;
    assert!(first.body().contains(&words), "{}", first.body());
    assert!(!first.formatted_body().unwrap().contains("<b>I am late</b>"), "{first:?}");
    assert_eq!(comes(&world, "bob", IM).await, room);
    world.state("bob", &room, "connected").await;
    // It is found again as what was said.
    let found = world.command("bob", "!ims take over", "list").await;
    assert!(found.body().contains("alice Doe"), "{}", found.body());
    world.finish().await;
}
