//! What an agent types for a text that begins a conversation is read like a reply in one.

use ruma::RoomId;

use super::sms::{awake, types};
use super::type_in;
use crate::harness::{World, WorldOptions};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";

fn with_responses(sms: &'static str) -> WorldOptions {
    WorldOptions {
        sms,
        desk: r#"responses:
    - {shortcut: hello, text: "Hello {{ contact.name | default(\"there\") }}, {{ agent.first_name }} here."}
    - {shortcut: order, text: "Order {{ order }}", ask: [order]}
    - {shortcut: due, text: "{{ case.due }} is due."}"#,
        ..awake()
    }
}

const AWAKE: &str = "quiet_hours: {from: \"00:00\", to: \"00:00\"}";
const AT_NIGHT: &str = "quiet_hours: {from: \"00:00\", to: \"24:00\"}";

async fn refused(world: &World, room: &RoomId, typed: &str, why: &str) {
    let told = type_in(world, "alice", room, typed, "usage").await;
    assert!(told.body().contains(why), "{typed}: {}", told.body());
}

#[tokio::test]
async fn nothing_that_begins_like_a_command_is_texted() {
    let world = World::with(with_responses(AWAKE)).await;
    let console = world.console("alice").await;
    for typed in ["!done", " ！done solved", "!- a note", "!"] {
        refused(&world, &console, &format!("!sms {JANE} {typed}"), "begin the text with !!").await;
    }
    refused(&world, &console, &format!("!sms {JANE} /me waves"), "begin the text with //").await;
    world.drained().await;
    assert_eq!(world.taken_for(JANE), [""; 0]);
    types(&world, &format!("!sms {JANE} !!done"), "sms").await;
    types(&world, &format!("!sms {JOHN} //me waves"), "sms").await;
    world.phone_gets(JANE, &["!done"]).await;
    world.phone_gets(JOHN, &["/me waves"]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_shortcut_texts_its_standard_response_where_it_can() {
    let world = World::with(with_responses(AWAKE)).await;
    let console = world.console("alice").await;
    let (_, sent) = types(&world, &format!("!sms {JANE} #Hello"), "sms").await;
    assert!(sent.body().contains("Hello there, alice here."), "{}", sent.body());
    world.phone_gets(JANE, &["Hello there, alice here."]).await;
    world.drained().await;
    let counted = "SELECT COUNT(*) FROM response_uses WHERE shortcut = 'hello'";
    assert_eq!(world.number(counted).await, 1);
    let id = sent.notice().unwrap()["interaction"].as_str().unwrap();
    let lines = world.command("alice", &format!("!history {id}"), "transcript").await;
    assert!(lines.body().contains("Hello there, alice here."), "{}", lines.body());

    // One that is asked about is looked at, and sends nothing.
    let (_, shown) = types(&world, &format!("!sms {JOHN} #hello?"), "response").await;
    assert!(shown.body().contains("Hello there, alice here."), "{}", shown.body());
    let (_, none) = types(&world, &format!("!sms {JOHN} #helo"), "no_such_target").await;
    assert!(none.body().contains("did you mean #hello"), "{}", none.body());
    refused(&world, &console, &format!("!sms {JOHN} #order"), "#order asks for order").await;
    refused(&world, &console, &format!("!sms {JOHN} #due"), "#due needs case.due").await;
    world.drained().await;
    assert_eq!(world.taken_for(JOHN), [""; 0]);
    world.finish().await;
}

#[tokio::test]
async fn what_is_asked_about_first_goes_as_it_was_meant() {
    let world = World::with(with_responses(AT_NIGHT)).await;
    let (_, asked) = types(&world, &format!("!sms {JANE} #hello"), "sms_confirm").await;
    assert!(asked.body().contains("Hello there, alice here."), "{}", asked.body());
    world.command("alice", "!yes", "sms").await;
    world.phone_gets(JANE, &["Hello there, alice here."]).await;
    types(&world, &format!("!sms {JOHN} !!done"), "sms_confirm").await;
    world.command("alice", "!yes", "sms").await;
    world.phone_gets(JOHN, &["!done"]).await;
    world.finish().await;
}
