//! Two people on one number: what each of them said and wants, and who of them is blocked. And what is shown
//! before two contacts become one.

use ruma::OwnedRoomId;
use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use super::{done, goes_by, offer_after, type_in, written_down};
use crate::harness::{Database, OURS, World, WorldOptions, shown};

const JANE: &str = "+14155550100";
const WORK: &str = "+14155550101";
const ROY: &str = "+14155550102";
/// Another number of ours.
const OTHER: &str = "+15005550009";

fn with_two_numbers(database: Database) -> WorldOptions {
    let more_numbers = &[(OTHER, "queue: support")];
    WorldOptions { database, more_numbers, ..WorldOptions::default() }
}

fn field<'a>(seen: &'a Seen, name: &str) -> &'a serde_json::Value {
    &seen.notice().unwrap()[name]
}

/// A conversation of a phone whose customer gets a name.
async fn named(world: &World, phone: &str, name: &str) -> OwnedRoomId {
    let room = world.conversation("alice", phone, &format!("Hello from {name}")).await;
    type_in(world, "alice", &room, &format!("!contact set name {name}"), "contact").await;
    goes_by(world, "alice", &room, name).await;
    room
}

/// Waits for the invite into a room that goes by a name, and joins it.
async fn join_new(world: &World, name: &str) -> OwnedRoomId {
    let alice = world.agent("alice");
    let room = alice.wait_for_invite(name, |room| room.name() == name).await.unwrap();
    alice.join(&room).await.unwrap();
    world.state("alice", &room, "active").await;
    room
}

#[tokio::test]
async fn who_shares_a_number_is_found_by_what_was_said_and_wants_what_was_wanted_on_it() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = named(&world, JANE, "Jane Doe").await;
    type_in(&world, "alice", &room, "!contact new Joe Doe", "contact_assigned").await;
    goes_by(&world, "alice", &room, "Joe Doe").await;
    world.text(JANE, "Where are my parsnips?").await;
    alice.wait_for_text(&room, "Where are my parsnips?").await.unwrap();
    world.text(JANE, "STOP").await;
    alice.wait_for_notice(&room, "opted_out").await.unwrap();

    let found = type_in(&world, "alice", &room, "!history parsnips", "history").await;
    let items = field(&found, "items").as_array().unwrap().clone();
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(items[0]["found"]["text"], "Where are my parsnips?");
    let consent = type_in(&world, "alice", &room, "!consent", "consent").await;
    assert_eq!(field(&consent, "contact"), "Joe Doe");
    assert_eq!(field(&consent, "current")[0]["wish"], "out", "{}", consent.body());
    assert!(consent.body().contains(&*shown(JANE)), "{}", consent.body());
    let card = type_in(&world, "alice", &room, "!contact", "contact").await;
    assert_eq!(field(&card, "opted_out_of"), &json!([OURS]));
    world.finish().await;
}

async fn a_block_is_of_whose_text_it_is(database: Database) {
    let world = World::with(with_two_numbers(database)).await;
    let alice = world.agent("alice");
    let joes = named(&world, JANE, "Jane Doe").await;
    type_in(&world, "alice", &joes, "!contact new Joe Doe", "contact_assigned").await;
    goes_by(&world, "alice", &joes, "Joe Doe").await;
    // On another number of ours it is Jane who writes from hers.
    world.provider.text_from(JANE, OTHER, "Jane here", vec![]).await.unwrap();
    let janes = join_new(&world, "Jane Doe").await;

    // She is blocked; Joe is heard.
    let said = type_in(&world, "alice", &janes, "!block forever rude", "blocked").await;
    assert_eq!(field(&said, "shared"), &serde_json::Value::Null);
    alice.wait_until_out_of(&janes).await.unwrap();
    world.text(JANE, "Joe is still here").await;
    alice.wait_for_text(&joes, "Joe is still here").await.unwrap();
    world.provider.text_from(JANE, OTHER, "unheard 1", vec![]).await.unwrap();
    written_down(&world, 4).await;
    world.state("alice", &joes, "active").await;
    // Once nobody talks with him any more, it is her number.
    done(&world, "alice", &joes).await;
    world.text(JANE, "unheard 2").await;
    written_down(&world, 5).await;
    let kept = "SELECT c.name FROM interactions i JOIN contacts c ON c.id = i.contact
                WHERE i.mode = 'blocked' ORDER BY i.created_at";
    assert_eq!(world.books.rows(kept).await, [["Jane Doe"], ["Jane Doe"]]);

    // She is heard again; now he is blocked, which says whose number it is.
    world.command("alice", "!unblock Jane Doe", "unblocked").await;
    world.text(JANE, "Joe again").await;
    let joes = join_new(&world, "Jane Doe").await;
    type_in(&world, "alice", &joes, "!contact assign Joe Doe", "contact_assigned").await;
    let said = type_in(&world, "alice", &joes, "!block forever", "blocked").await;
    assert_eq!(field(&said, "shared"), &json!({"number": JANE, "contact": "Jane Doe"}));
    assert!(said.body().contains("counts as theirs, and is heard"), "{}", said.body());
    alice.wait_until_out_of(&joes).await.unwrap();

    // What comes then counts as hers, and is not given to him.
    world.text(JANE, "It is me").await;
    let again = join_new(&world, "Jane Doe").await;
    let refused = type_in(&world, "alice", &again, "!contact assign Joe Doe", "refused").await;
    assert_eq!(field(&refused, "why"), "contact_blocked");
    // By the number, of the two the one is meant who is blocked.
    let unblocked = type_in(&world, "alice", &again, &format!("!unblock {JANE}"), "unblocked").await;
    assert_eq!(field(&unblocked, "contact"), "Joe Doe");
    type_in(&world, "alice", &again, "!contact assign Joe Doe", "contact_assigned").await;
    goes_by(&world, "alice", &again, "Joe Doe").await;
    assert!(!alice.look(|log| log.events().iter().any(|seen| seen.body().starts_with("unheard"))));
    world.finish().await;
}

#[tokio::test]
async fn a_block_is_of_whoever_has_the_open_conversation_or_else_the_number() {
    a_block_is_of_whose_text_it_is(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_of_whoever_has_the_open_conversation_or_else_the_number_on_postgresql() {
    a_block_is_of_whose_text_it_is(Database::Postgres).await;
}

#[tokio::test]
async fn a_block_that_comes_with_a_number_is_shown_before_the_number_is_assigned() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let roys = named(&world, ROY, "Roy Roe").await;
    done(&world, "alice", &roys).await;
    let works = world.conversation("alice", WORK, "Hello").await;
    type_in(&world, "alice", &works, "!block forever spam", "blocked").await;
    alice.wait_until_out_of(&works).await.unwrap();
    // Two of whom only a number is known are one, and blocked; the room where that was said stays open.
    let room = world.conversation("alice", JANE, "Hello").await;
    type_in(&world, "alice", &room, &format!("!contact merge {WORK}"), "contact_merge").await;
    type_in(&world, "alice", &room, "!1", "contact_merged").await;

    let asked = type_in(&world, "alice", &room, "!contact assign Roy Roe", "contact_merge").await;
    assert!(asked.body().contains("Roy Roe is blocked then."), "{}", asked.body());
    let blocked = async || {
        let list = world.command("alice", "!contacts blocked", "blocks").await;
        field(&list, "items")[0]["contact"].clone()
    };
    assert_ne!(blocked().await, "Roy Roe", "nothing is done yet");
    // Only what was shown is confirmed.
    type_in(&world, "alice", &room, "!contact assign Roy Roe as-shown:else", "contact_merge").await;
    type_in(&world, "alice", &room, "!1", "contact_merged").await;
    assert_eq!(blocked().await, "Roy Roe");
    goes_by(&world, "alice", &room, "Roy Roe").await;
    world.finish().await;
}

#[tokio::test]
async fn a_number_with_conversations_of_its_own_is_shown_before_it_is_added() {
    let world = World::new().await;
    let works = world.conversation("alice", WORK, "Hello").await;
    done(&world, "alice", &works).await;
    let janes = named(&world, JANE, "Jane Doe").await;
    let set = format!("!contact set number {}", shown(WORK));
    let asked = type_in(&world, "alice", &janes, &set, "contact_merge").await;
    assert_eq!(
        (field(&asked, "contact"), field(&asked, "numbers"), field(&asked, "conversations")),
        (&json!("Jane Doe"), &json!([WORK]), &json!(1))
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM contact_merges").await, 0, "nothing is done yet");
    let merged = type_in(&world, "alice", &janes, "!1", "contact_merged").await;
    assert_eq!(field(&merged, "numbers"), &json!([JANE, WORK]));
    let history = type_in(&world, "alice", &janes, "!history", "history").await;
    assert_eq!(field(&history, "items").as_array().unwrap().len(), 1);
    type_in(&world, "alice", &janes, "!contact split", "contact_split").await;
    // One that nobody wrote from is added at once.
    let card = type_in(&world, "alice", &janes, "!contact set number (415) 555-0177", "contact").await;
    assert_eq!(field(&card, "numbers"), &json!([JANE, "+14155550177"]));
    world.finish().await;
}

#[tokio::test]
async fn notes_that_do_not_fit_together_are_not_cut() {
    let world = World::new().await;
    let roys = named(&world, ROY, "Roy Roe").await;
    let janes = named(&world, JANE, "Jane Doe").await;
    for (room, letter) in [(&roys, "r"), (&janes, "j")] {
        let note = format!("!contact set note {}", letter.repeat(2_000));
        type_in(&world, "alice", room, &note, "contact").await;
    }
    let refused = type_in(&world, "alice", &janes, "!contact merge Roy Roe", "refused").await;
    assert_eq!(
        (field(&refused, "why"), field(&refused, "characters"), field(&refused, "most")),
        (&json!("notes_too_long"), &json!(4_001), &json!(4_000))
    );
    assert!(refused.body().contains("contact set note"), "{}", refused.body());
    type_in(&world, "alice", &roys, &format!("!contact set note {}", "r".repeat(1_999)), "contact").await;
    type_in(&world, "alice", &janes, "!contact merge Roy Roe", "contact_merge").await;
    type_in(&world, "alice", &janes, "!1", "contact_merged").await;
    let whole = "SELECT LENGTH(json_extract(body, '$.notes')) FROM contacts WHERE name = 'Jane Doe'";
    assert_eq!(world.number(whole).await, 4_000);
    world.finish().await;
}

#[tokio::test]
async fn what_was_learnt_of_a_shared_number_after_a_merge_stays_after_a_split() {
    let world = World::new().await;
    // Roy wrote from Jane's number, and turns out to be Ann; then Ann herself writes from it.
    let first = named(&world, JANE, "Jane Doe").await;
    type_in(&world, "alice", &first, "!contact new Roy Roe", "contact_assigned").await;
    done(&world, "alice", &first).await;
    let anns = named(&world, ROY, "Ann Roe").await;
    type_in(&world, "alice", &anns, "!contact merge Roy Roe", "contact_merge").await;
    type_in(&world, "alice", &anns, "!1", "contact_merged").await;
    let position = world.agent("alice").position();
    world.text(JANE, "This is Ann").await;
    offer_after(&world, "alice", position, JANE).await;
    let second = join_new(&world, "Jane Doe").await;
    type_in(&world, "alice", &second, "!contact assign Ann Roe", "contact_assigned").await;
    type_in(&world, "alice", &anns, "!contact split", "contact_split").await;
    for name in ["Ann Roe", "Roy Roe"] {
        let card = world.command("alice", &format!("!contact {name}"), "contact").await;
        assert_eq!(field(&card, "shared_numbers"), &json!([JANE]), "{name}");
    }
    world.finish().await;
}
