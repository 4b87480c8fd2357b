//! What is known of a customer is copied into conversations: where numbers are masked, there too.

use switchroom::demo::agent::seen::Seen;

use super::{done, type_in};
use crate::harness::{World, WorldOptions};

const JANE: &str = "+14155550100";
const MASKED: &str = "•••0100";
/// A customer's other number, as an agent types it.
const TYPED: &str = "(415) 555-0177";

fn hides(seen: &Seen) {
    let read = format!("{}{}", seen.body(), seen.content);
    assert!(!read.contains("555-0177") && !read.contains("4155550"), "{read}");
    assert!(read.contains("•••0177") && read.contains("1980-01-31") && read.contains("4711"), "{read}");
}

#[tokio::test]
async fn numbers_in_case_data_are_masked_in_previews_rooms_and_the_state_event() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        each: &[
            ("alice", "roles: [agent, supervisor, admin], queues: []"),
            ("bob", "permissions: [contact_edit, case_edit]"),
        ],
        desk: "mask_numbers: true",
        ..WorldOptions::default()
    })
    .await;
    let bob = world.agent("bob");
    world.command("bob", "!ready", "status").await;
    world.text(JANE, "Hello").await;
    let room = bob.wait_for_invite("Jane", |room| room.name() == MASKED).await.unwrap();
    bob.join(&room).await.unwrap();
    world.state("bob", &room, "active").await;
    for set in ["name Jane Doe", &format!("work {TYPED}"), "born 1980-01-31", "order 4711"] {
        type_in(&world, "bob", &room, &format!("!contact set {set}"), "contact").await;
    }
    done(&world, "bob", &room).await;

    let position = bob.position();
    world.text(JANE, "Me again").await;
    let is_offer = |seen: &Seen| seen.code() == "offer";
    let preview = bob.wait_for_after(position, "the next offer", is_offer).await.unwrap();
    hides(&preview);
    let is_new = |found: &switchroom::demo::agent::seen::SeenRoom| found.name() == "Jane Doe";
    let again = bob.wait_for_invite("her next room", is_new).await.unwrap();
    bob.join(&again).await.unwrap();
    world.state("bob", &again, "active").await;
    let state = || bob.look(|log| log.rooms()[&again].interaction().unwrap()["case"].clone());
    assert_eq!((&state()["work"], &state()["born"]), (&"•••0177".into(), &"1980-01-31".into()));
    hides(&type_in(&world, "bob", &again, "!case", "case").await);
    // What is set is shown alone.
    let set = type_in(&world, "bob", &again, "!case set kin 415.555.0178", "case").await;
    assert_eq!(set.body(), "kin: •••0178");
    bob.wait_for_room(&again, "what was set", |room| {
        room.interaction().is_some_and(|content| content["case"]["kin"] == "•••0178")
    })
    .await
    .unwrap();
    let id = bob.look(|log| log.rooms()[&again].interaction().unwrap()["id"].as_str().unwrap().to_owned());
    let transcript = type_in(&world, "bob", &again, &format!("!history {id}"), "transcript").await;
    assert!(transcript.body().contains("•••0178") && !transcript.body().contains("415"));

    // So are those within words, names of fields and tags, and in the audit log.
    for set in ["note2 ring 4155560707 now", "4155560705 x"] {
        type_in(&world, "bob", &again, &format!("!case set {set}"), "case").await;
    }
    type_in(&world, "bob", &again, "!contact set backup call 415.556.0702 after 5", "contact").await;
    type_in(&world, "bob", &again, "!tag 4155560708", "case").await;
    bob.wait_for_room(&again, "the tag", |room| {
        room.interaction().is_some_and(|content| content["tags"].to_string().contains("•••0708"))
    })
    .await
    .unwrap();
    assert_eq!((&state()["note2"], &state()["•••0705"]), (&"ring •••0707 now".into(), &"x".into()));
    let audit = world.command("alice", "!audit", "list").await;
    let card = type_in(&world, "bob", &again, "!contact", "contact").await;
    for read in [state().to_string(), audit.content.to_string(), card.content.to_string()] {
        assert!(!read.contains("41555607") && !read.contains("415.556"), "{read}");
    }
    assert!(card.body().contains("call •••0702 after 5"), "{}", card.body());

    // A number is a number by whatever name, and can be taken away by what is shown of it.
    let numbers = "SELECT COUNT(*) FROM contact_numbers";
    for number in ["phone +1 212 555 0147", "number whatsapp:+49 171 5555555"] {
        let set = type_in(&world, "bob", &again, &format!("!contact set {number}"), "contact").await;
        // One line says what changed, and how to see the rest.
        let masked = set.body().contains("number: ") && set.body().contains("•••");
        assert!(masked && set.body().ends_with("!contact shows all."), "{}", set.body());
    }
    assert_eq!(world.number(numbers).await, 3);
    for refused in ["number 123", "number +1415556", "mobile 911", "number"] {
        type_in(&world, "bob", &again, &format!("!contact set {refused}"), "usage").await;
    }
    type_in(&world, "bob", &again, "!contact unset phone 0148", "usage").await;
    type_in(&world, "bob", &again, "!contact unset phone •••0147", "contact").await;
    type_in(&world, "bob", &again, "!contact unset number 5555", "contact").await;
    assert_eq!(world.number(numbers).await, 1);

    // A number that she writes can be called, and the notice about it does not spell it out.
    let position = bob.position();
    world.text(JANE, &format!("Call {TYPED}")).await;
    let offered = |seen: &Seen| seen.room_id == again && seen.code() == "actions";
    let offered = bob.wait_for_after(position, "what she can be called by", offered).await.unwrap();
    assert!(offered.body().contains("•••0177") && !offered.body().contains("415"), "{}", offered.body());

    // Who may see numbers reads them whole, in their own console.
    let whole = world.command("alice", &format!("!monitor {id}"), "case").await;
    assert!(whole.body().contains(TYPED) && whole.body().contains("415.555.0178"), "{}", whole.body());
    let card = world.command("alice", "!contact Jane Doe", "contact").await;
    assert!(card.body().contains(TYPED) && !card.body().contains("in your console"), "{}", card.body());
    world.finish().await;
}
