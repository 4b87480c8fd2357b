//! Who the customer is: saying so, two people on one number, one person on two, and finding them.

use std::fmt::Write as _;

use ruma::{OwnedRoomId, RoomId};
use switchroom::demo::agent::seen::{Log, Seen};

use super::{done, offer_after, rows, type_in};
use crate::harness::{Database, World, WorldOptions, shown};

const JANE: &str = "+14155550100";
const WORK: &str = "+14155550101";
const ROY: &str = "+14155550102";
const KIN: &str = "+14155550103";

/// Waits until a room, its state event and the ghost of a phone go by a name.
async fn named(world: &World, who: &str, room: &RoomId, phone: &str, name: &str) {
    let ghost = world.ghost(phone).await;
    let agent = world.agent(who);
    // Programs read a number without blanks.
    let bare =
        name.strip_prefix('+').map_or(name.to_owned(), |number| format!("+{}", number.replace(' ', "")));
    let all_named = |log: &Log| {
        let last = |kind: &str, key: &str| {
            let of = |seen: &&Seen| {
                seen.room_id == room && seen.kind == kind && seen.state_key.as_deref() == Some(key)
            };
            log.events().iter().rev().find(of).map(|seen| &seen.content)
        };
        let is_room = last("m.room.name", "").is_some_and(|content| content["name"] == name);
        let is_ghost = last("m.room.member", &ghost).is_some_and(|content| content["displayname"] == name);
        let is_state =
            last("org.switchroom.interaction", "").is_some_and(|content| content["contact"]["name"] == bare);
        (is_room && is_ghost && is_state).then_some(())
    };
    agent.until(&format!("{name} in room and ghost"), all_named).await.unwrap();
}

/// A conversation of a phone whose customer gets a name.
async fn named_conversation(world: &World, phone: &str, name: &str) -> OwnedRoomId {
    let room = world.conversation("alice", phone, &format!("Hello from {name}")).await;
    type_in(world, "alice", &room, &format!("!contact set name {name}"), "contact").await;
    named(world, "alice", &room, phone, name).await;
    room
}

/// The number of a notice's field.
fn field<'a>(seen: &'a Seen, name: &str) -> &'a serde_json::Value {
    &seen.notice().unwrap()[name]
}

#[tokio::test]
async fn an_unknown_number_is_given_to_the_one_it_fits_or_to_one_of_several_or_to_somebody_new() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let janes = named_conversation(&world, JANE, "Jane Doe").await;
    type_in(&world, "alice", &janes, "!contact set work (415) 555-0101", "contact").await;
    type_in(&world, "alice", &janes, "!contact set kin 415.555.0103", "contact").await;

    // One fits: a yes does it.
    let works = world.conversation("alice", WORK, "Me again").await;
    let offered = type_in(&world, "alice", &works, "!contact assign", "list").await;
    assert_eq!(rows(&offered).len(), 1, "{}", offered.body());
    assert!(rows(&offered)[0].starts_with("Jane Doe"), "{}", offered.body());
    let position = alice.position();
    alice.react(&works, &offered.event_id, "✅").await.unwrap();
    let assigned = |seen: &Seen| seen.room_id == works && seen.code() == "contact_assigned";
    let assigned = alice.wait_for_after(position, "the number to be hers", assigned).await.unwrap();
    assert_eq!((field(&assigned, "contact"), field(&assigned, "whole")), (&"Jane Doe".into(), &true.into()));
    named(&world, "alice", &works, WORK, "Jane Doe").await;
    // One person on two numbers, wherever one looks.
    for room in [&janes, &works] {
        let card = type_in(&world, "alice", room, "!contact", "contact").await;
        assert_eq!(field(&card, "numbers"), &serde_json::json!([JANE, WORK]));
        assert!(card.body().contains(&*shown(WORK)), "{}", card.body());
    }

    // None fits, and somebody new is made.
    let roys = world.conversation("alice", ROY, "Hi").await;
    let none = type_in(&world, "alice", &roys, "!contact assign", "no_such_target").await;
    assert!(none.body().contains("contact new"), "{}", none.body());
    type_in(&world, "alice", &roys, "!contact new “Roy Roe”", "contact").await;
    named(&world, "alice", &roys, ROY, "Roy Roe").await;
    type_in(&world, "alice", &roys, "!contact set brother +1 415 555 0103", "contact").await;

    // Several fit, and a number picks.
    let kins = world.conversation("alice", KIN, "Hello there").await;
    let several = type_in(&world, "alice", &kins, "!contact assign", "list").await;
    let names: Vec<String> = rows(&several);
    assert!(names.len() == 2 && names[0].starts_with("Jane") && names[1].starts_with("Roy"), "{names:?}");
    let assigned = type_in(&world, "alice", &kins, "!2", "contact_assigned").await;
    assert_eq!(field(&assigned, "contact"), "Roy Roe");
    named(&world, "alice", &kins, KIN, "Roy Roe").await;

    // By name, it is undone, and done again for another.
    type_in(&world, "alice", &kins, "!contact split", "contact_split").await;
    named(&world, "alice", &kins, KIN, &shown(KIN)).await;
    type_in(&world, "alice", &kins, "!contact assign jane@nowhere.test", "no_such_target").await;
    type_in(&world, "alice", &kins, "!contact assign jane doe", "contact_assigned").await;
    named(&world, "alice", &kins, KIN, "Jane Doe").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM contact_numbers").await, 4);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM audit WHERE what = 'contact' AND detail LIKE 'assign%'").await,
        3
    );
    world.finish().await;
}

async fn merge_and_split(database: Database) {
    let world = World::with(WorldOptions { database, ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let janes = named_conversation(&world, JANE, "Jane Doe").await;
    let others = named_conversation(&world, WORK, "J. Roe").await;
    for (room, set) in [(&janes, "tier gold"), (&others, "tier silver"), (&others, "email j@roe.test")] {
        type_in(&world, "alice", room, &format!("!contact set {set}"), "contact").await;
    }

    let shown = type_in(&world, "alice", &janes, "!contact merge “J. Roe”", "contact_merge").await;
    assert_eq!((field(&shown, "contact"), field(&shown, "merged")), (&"Jane Doe".into(), &"J. Roe".into()));
    assert_eq!(
        (field(&shown, "numbers"), field(&shown, "conversations")),
        (&serde_json::json!([WORK]), &1.into())
    );
    for told in ["j@roe.test", "tier stays gold, not silver"] {
        assert!(shown.body().contains(told), "{told} is not in {}", shown.body());
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contact_merges").await, 0, "nothing is done yet");
    // A no leaves it. After anything else that is typed in between, only who points at it answers it.
    type_in(&world, "alice", &janes, "!no", "left_as_it_was").await;
    type_in(&world, "alice", &janes, "!1", "no_such_target").await;
    let asked = type_in(&world, "alice", &janes, "!contact merge “J. Roe”", "contact_merge").await;
    type_in(&world, "alice", &janes, "!count a word", "count").await;
    let over = type_in(&world, "alice", &janes, "!1", "no_such_target").await;
    assert!(over.body().contains("type the command again"), "{}", over.body());
    let position = alice.position();
    alice.react(&janes, &asked.event_id, "❌").await.unwrap();
    let is_left = |seen: &Seen| seen.room_id == janes && seen.code() == "left_as_it_was";
    alice.wait_for_after(position, "that it is left", is_left).await.unwrap();
    let position = alice.position();
    alice.react(&janes, &asked.event_id, "✅").await.unwrap();
    let is_over = |seen: &Seen| seen.room_id == janes && seen.code() == "no_such_target";
    alice.wait_for_after(position, "that it is over", is_over).await.unwrap();
    type_in(&world, "alice", &janes, "!contact merge “J. Roe”", "contact_merge").await;
    // What was shown is no longer so: it is shown again.
    type_in(&world, "alice", &others, "!contact set order 4711", "contact").await;
    let shown = type_in(&world, "alice", &janes, "!yes", "contact_merge").await;
    assert!(shown.body().contains("order: 4711"), "{}", shown.body());

    // A text of either arrives meanwhile.
    let position = alice.position();
    let (_, _, _) = tokio::join!(
        world.text(WORK, "While merging"),
        world.text(JANE, "At the same time"),
        alice.react(&janes, &shown.event_id, "✅")
    );
    let is_merged = |seen: &Seen| seen.room_id == janes && seen.code() == "contact_merged";
    alice.wait_for_after(position, "the merge", is_merged).await.unwrap();
    alice.wait_for_text(&others, "While merging").await.unwrap();
    alice.wait_for_text(&janes, "At the same time").await.unwrap();
    named(&world, "alice", &others, WORK, "Jane Doe").await;
    // The other room does not only get another name.
    let is_told = |seen: &Seen| seen.room_id == others && seen.code() == "contact_merged";
    alice.wait_for_after(position, "the merge in the other room", is_told).await.unwrap();
    let card = type_in(&world, "alice", &others, "!contact", "contact").await;
    assert_eq!(field(&card, "attributes"), &serde_json::json!([["tier", "gold"], ["order", "4711"]]));
    assert_eq!(field(&card, "numbers"), &serde_json::json!([JANE, WORK]));
    assert_eq!(field(&card, "in_progress"), &serde_json::json!([["session", 1]]));
    type_in(&world, "alice", &janes, "!contact merge Jane Doe", "refused").await;

    // A number names its customer in a room too.
    let listed = type_in(&world, "alice", &janes, &format!("!history {WORK}"), "history").await;
    assert_eq!(field(&listed, "items").as_array().unwrap().len(), 1, "{}", listed.body());
    let position = alice.position();
    let split = type_in(&world, "alice", &others, "!contact split", "contact_split").await;
    let is_told = |seen: &Seen| seen.room_id == janes && seen.code() == "contact_split";
    alice.wait_for_after(position, "the split in the other room", is_told).await.unwrap();
    assert_eq!(field(&split, "numbers"), &serde_json::json!([WORK]));
    named(&world, "alice", &others, WORK, "J. Roe").await;
    let card = type_in(&world, "alice", &others, "!contact", "contact").await;
    assert_eq!(field(&card, "attributes"), &serde_json::json!([["tier", "silver"], ["order", "4711"]]));
    assert_eq!(field(&card, "numbers"), &serde_json::json!([WORK]));
    let card = type_in(&world, "alice", &janes, "!contact", "contact").await;
    assert_eq!(field(&card, "attributes"), &serde_json::json!([["tier", "gold"]]));
    type_in(&world, "alice", &others, "!contact split", "refused").await;
    // The texts of each still come where they belong.
    world.text(WORK, "And now?").await;
    alice.wait_for_text(&others, "And now?").await.unwrap();

    // Where the one who stays is called nothing but a number, the name is theirs, until it is undone.
    let nobodys = world.conversation("alice", ROY, "Hello").await;
    type_in(&world, "alice", &nobodys, "!contact set city Oslo", "contact").await;
    let asked = type_in(&world, "alice", &nobodys, "!contact merge J. Roe", "contact_merge").await;
    assert!(
        asked.body().contains("Name: J. Roe") && !asked.body().contains("name stays"),
        "{}",
        asked.body()
    );
    let merged = type_in(&world, "alice", &nobodys, "!yes", "contact_merged").await;
    assert_eq!(field(&merged, "contact"), "J. Roe");
    named(&world, "alice", &nobodys, ROY, "J. Roe").await;
    type_in(&world, "alice", &nobodys, "!contact split", "contact_split").await;
    named(&world, "alice", &nobodys, ROY, &self::shown(ROY)).await;
    named(&world, "alice", &others, WORK, "J. Roe").await;
    world.finish().await;
}

#[tokio::test]
async fn a_merge_is_shown_then_done_and_can_be_undone() {
    merge_and_split(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_is_shown_then_done_and_can_be_undone_on_postgresql() {
    merge_and_split(Database::Postgres).await;
}

#[tokio::test]
async fn two_people_write_from_one_number() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = named_conversation(&world, JANE, "Jane Doe").await;
    type_in(&world, "alice", &room, "!contact set tier gold", "contact").await;
    let assigned = type_in(&world, "alice", &room, "!contact new Joe Doe", "contact_assigned").await;
    assert_eq!((field(&assigned, "contact"), field(&assigned, "whole")), (&"Joe Doe".into(), &false.into()));
    named(&world, "alice", &room, JANE, "Joe Doe").await;
    let card = type_in(&world, "alice", &room, "!contact", "contact").await;
    assert_eq!(
        (field(&card, "numbers"), field(&card, "shared_numbers")),
        (&serde_json::json!([]), &serde_json::json!([JANE]))
    );
    // Said wrongly and put right, it leaves nobody with her number who has no conversation on it, and no
    // customer of whom there was nothing but the name.
    let shares = "SELECT COUNT(*) FROM contact_shares";
    let contacts = world.number("SELECT COUNT(*) FROM contacts").await;
    type_in(&world, "alice", &room, "!contact new Jim Doe", "contact_assigned").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM contacts").await, contacts, "Jim is in Joe's place");
    assert_eq!(world.number(shares).await, 1, "and his alone is the number too");
    let none = type_in(&world, "alice", &room, "!contacts Joe", "list").await;
    assert!(rows(&none).is_empty(), "{}", none.body());
    type_in(&world, "alice", &room, "!contact set tier silver", "contact").await;
    type_in(&world, "alice", &room, "!contact assign Jane Doe", "contact_assigned").await;
    assert_eq!(world.number(shares).await, 0);
    let jims = type_in(&world, "alice", &room, "!contact Jim", "contact").await;
    let nothing = serde_json::json!([]);
    assert_eq!(
        (field(&jims, "numbers"), field(&jims, "shared_numbers")),
        (&nothing, &nothing),
        "more is known of him"
    );
    let found = type_in(&world, "alice", &room, "!contacts 0100", "list").await;
    assert!(rows(&found).len() == 1 && rows(&found)[0].starts_with("Jane"), "{}", found.body());
    type_in(&world, "alice", &room, "!contact new Joe Doe", "contact_assigned").await;
    named(&world, "alice", &room, JANE, "Joe Doe").await;
    done(&world, "alice", &room).await;

    // The number is still Jane's, with what is known of her.
    let position = alice.position();
    world.text(JANE, "It is me again").await;
    let preview = offer_after(&world, "alice", position, JANE).await;
    assert_eq!(field(&preview, "contact"), "Jane Doe");
    assert!(field(&preview, "case").to_string().contains("gold"), "{preview:?}");
    let again = alice.wait_for_invite("Jane's room", |room| room.name() == "Jane Doe").await.unwrap();
    alice.join(&again).await.unwrap();
    world.state("alice", &again, "active").await;
    named(&world, "alice", &again, JANE, "Jane Doe").await;
    // It was Joe, who wrote from it before.
    let offered = type_in(&world, "alice", &again, "!contact assign", "list").await;
    assert!(rows(&offered).len() == 1 && rows(&offered)[0].starts_with("Joe Doe"), "{}", offered.body());
    let assigned = type_in(&world, "alice", &again, "!1", "contact_assigned").await;
    assert_eq!(field(&assigned, "whole"), false);
    named(&world, "alice", &again, JANE, "Joe Doe").await;
    let past = type_in(&world, "alice", &again, "!history", "history").await;
    assert_eq!(field(&past, "items").as_array().unwrap().len(), 1, "his, and none of hers");
    world.finish().await;
}

#[tokio::test]
async fn customers_are_found_and_shown_from_the_console() {
    let world = World::new().await;
    let room = named_conversation(&world, JANE, "Zoë Ångström").await;
    for set in [
        "email Zoe@Mail.example",
        "language pt_br",
        "note Rings\ntwice",
        "tier gold",
        "link https://x.test/a?b=<c>",
    ] {
        type_in(&world, "alice", &room, &format!("!contact set {set}"), "contact").await;
    }
    for words in
        ["zoe", "ång", "zoe@mail.example", "gold", "(415) 555-0100", "0100", "+14155550100", "+1 415 555"]
    {
        let list = world.command("alice", &format!("!contacts {words}"), "list").await;
        assert!(rows(&list).len() == 1 && rows(&list)[0].starts_with("Zoë"), "{words}: {}", list.body());
    }
    let card = world.command("alice", "!1", "contact").await;
    for shown in [
        "Zoë Ångström",
        "Zoe@Mail.example",
        "pt-BR",
        "Rings\n   twice",
        "tier: gold",
        "https://x.test/a?b=<c>",
    ] {
        assert!(card.body().contains(shown), "{shown} is not in {}", card.body());
    }
    assert_eq!(field(&card, "in_progress"), &serde_json::json!([["session", 1]]));
    let last = world.command("alice", "!contacts zoe page:999", "list").await;
    assert!(last.body().contains("page 20 (the last that is shown"), "{}", last.body());
    let none = world.command("alice", "!contacts nobody", "list").await;
    assert!(rows(&none).is_empty(), "{}", none.body());
    world.command("alice", "!contact nobody", "no_such_target").await;
    let usage = world.command("alice", "!contacts", "usage").await;
    assert!(usage.body().contains("!contacts jane"), "{}", usage.body());
    for wrong in ["email jane", "language english please", "number 12", "x", "name -"] {
        type_in(&world, "alice", &room, &format!("!contact set {wrong}"), "usage").await;
    }
    for set in ["tier -", "email -", "language -", "note -"] {
        type_in(&world, "alice", &room, &format!("!contact set {set}"), "contact").await;
    }
    let card = type_in(&world, "alice", &room, "!contact unset link", "contact").await;
    assert_eq!(field(&card, "attributes"), &serde_json::json!([]));
    for number in ["(415) 555-0109", "(415) 555-0108"] {
        type_in(&world, "alice", &room, &format!("!contact set number {number}"), "contact").await;
    }
    // A mistyped one is taken off again, and whoever texts from it is somebody else.
    for refused in ["unset number 415 555 0107", "unset number 415 555 0100", "set number +1 500 555 0006"] {
        type_in(&world, "alice", &room, &format!("!contact {refused}"), "refused").await;
    }
    type_in(&world, "alice", &room, "!contact unset number", "usage").await;
    let card = type_in(&world, "alice", &room, "!contact unset number 415 555 0108", "contact").await;
    assert_eq!(field(&card, "numbers"), &serde_json::json!([JANE, "+14155550109"]));
    let none = world.command("alice", "!contacts 0108", "list").await;
    assert!(rows(&none).is_empty(), "{}", none.body());
    for wrong in ["+1 415 555 0202", &"x".repeat(101)] {
        type_in(&world, "alice", &room, &format!("!contact new {wrong}"), "usage").await;
    }
    world.text("+14155550108", "Who are you?").await;
    world.invite("alice", "+14155550108").await;
    world.text("+14155550109", "From another phone").await;
    let other =
        world.agent("alice").wait_for_invite("hers", |seen| seen.name() == "Zoë Ångström").await.unwrap();
    assert_ne!(other, room);
    world.finish().await;
}

#[tokio::test]
async fn where_numbers_are_masked_nobody_finds_out_one_who_may_not_see_it() {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        each: &[("bob", "permissions: [contact_edit]")],
        desk: "mask_numbers: true",
        ..WorldOptions::default()
    })
    .await;
    world.command("bob", "!ready", "status").await;
    world.text(JANE, "Hello").await;
    let bob = world.agent("bob");
    let room = bob.wait_for_invite("Jane", |room| room.name() == "•••0100").await.unwrap();
    bob.join(&room).await.unwrap();
    world.state("bob", &room, "active").await;
    for set in ["name Jane Doe", "email jane@doe.test", "work (415) 555-0177", "note call +14155550188"] {
        let card = type_in(&world, "bob", &room, &format!("!contact set {set}"), "contact").await;
        let read = format!("{}{}", card.body(), card.content);
        for hidden in ["415", "jane@doe", "555-01"] {
            assert!(!read.contains(hidden), "{hidden} in {read}");
        }
    }
    for found in ["0100", "+1 415 555 0100", "jane"] {
        let list = world.command("bob", &format!("!contacts {found}"), "list").await;
        assert_eq!(rows(&list).len(), 1, "{found}");
        assert!(list.body().contains("•••0100") && !list.body().contains("5550100"), "{}", list.body());
    }
    for spelt in ["50100", "550100", "5550100", "55550100"] {
        let list = world.command("bob", &format!("!contacts {spelt}"), "list").await;
        assert!(rows(&list).is_empty(), "{spelt}: {}", list.body());
    }
    let card = world.command("bob", "!contact jane", "contact").await;
    assert!(!card.body().contains("415"), "{}", card.body());
    let whole = world.command("alice", "!contact jane", "contact").await;
    assert!(
        whole.body().contains(&*shown(JANE)) && whole.body().contains("jane@doe.test"),
        "{}",
        whole.body()
    );
    world.finish().await;
}

#[tokio::test]
async fn hostile_names_and_values_are_harmless_in_rooms() {
    let world = World::new().await;
    let room = named_conversation(&world, JANE, "Jane").await;
    let mut long = "x".to_owned();
    write!(long, "{}", "y".repeat(40_000)).unwrap();
    type_in(&world, "alice", &room, &format!("!contact set note {long}"), "usage").await;
    for set in [
        "name <b>@room</b> \u{202e}Eve",
        "evil <img src=x onerror=alert(1)>",
        "\u{2066}key \u{200b}@alice:desk.test\nsecond",
        "note <a href=\"https://evil.test\">x</a>\u{202e}",
    ] {
        let card = type_in(&world, "alice", &room, &format!("!contact set {set}"), "contact").await;
        let html = card.formatted_body().unwrap();
        assert!(!html.contains("<img") && !html.contains("<a ") && !html.contains("<b>@room"), "{html}");
        assert!(!html.contains(['\u{202e}', '\u{2066}', '\u{200b}']), "{html}");
        assert_eq!(card.mentions().unwrap_or_default(), Vec::<&str>::new());
    }
    world.finish().await;
}

#[tokio::test]
async fn two_agents_say_at_once_who_an_unknown_number_is() {
    const OTHER: &str = "+15005550007";
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        each: &[("bob", "queues: [sales]")],
        more_numbers: &[(OTHER, "queue: sales")],
        queue: "undo_secs: 0}, {name: sales, undo_secs: 0",
        ..WorldOptions::default()
    })
    .await;
    let janes = named_conversation(&world, JANE, "Jane Doe").await;
    let roys = named_conversation(&world, ROY, "Roy Roe").await;
    let hers = world.conversation("alice", KIN, "To support").await;
    world.command("bob", "!ready", "status").await;
    world.provider.text_from(KIN, OTHER, "To sales", vec![]).await.unwrap();
    let his = world.invite("bob", KIN).await;
    world.agent("bob").join(&his).await.unwrap();
    world.state("bob", &his, "active").await;
    tokio::join!(
        type_in(&world, "alice", &hers, "!contact assign Jane Doe", "contact_assigned"),
        type_in(&world, "bob", &his, "!contact assign Roy Roe", "contact_assigned"),
    );
    // Each has who they said; the number is of the one who was first.
    let name_of = |who: &str, room: &OwnedRoomId| {
        world.agent(who).look(|log| log.rooms()[room].interaction().unwrap()["contact"]["name"].clone())
    };
    let wholes = world.number("SELECT COUNT(*) FROM contact_merges").await;
    assert_eq!(wholes, 1, "the number is moved once");
    world.drained().await;
    let card = type_in(&world, "bob", &his, "!contact", "contact").await;
    assert_eq!(field(&card, "contact"), "Roy Roe");
    let janes_number = "SELECT COUNT(*) FROM contact_numbers n JOIN contacts c ON c.id = n.contact
                        WHERE n.number = 'sms:+14155550103' AND c.name IN ('Jane Doe', 'Roy Roe')";
    assert_eq!(world.number(janes_number).await, 1);
    assert!(!name_of("alice", &hers).is_null() && janes != roys);
    world.finish().await;
}
