//! An admin erases a customer: what they type, who hears of it, and that the desk knows nothing of them
//! after.

use ruma::OwnedRoomId;
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::{Seen, SeenRoom};
use switchroom::sms::simulator::AnswerFault;

use super::erase_elsewhere::readable;
use super::{done, join_offered, offer_after, text_offered_to, type_in};
use crate::harness::{Database, PATIENCE, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+12125550188";
/// What must not be found any more, in lower case.
const OF_JANE: [&str; 6] =
    ["14155550100", "4155550100", "555-0100", "jane dorothea", "jane@dorothea.example", "zanzibar"];

/// Nothing is looked at again after minutes, as it is elsewhere.
const QUICK: &str = "erasure_waits_not=return";

/// Alice, and Ada who is an admin and is offered nothing.
async fn with_ada(database: Database) -> World {
    let mut world = World::with(WorldOptions {
        database,
        agents: &["alice", "ada"],
        each: &[("ada", "roles: [agent, admin], queues: []")],
        fail_points: QUICK,
        ..WorldOptions::default()
    })
    .await;
    world.bridge.ready().await;
    world
}

/// Starts the program again after it was killed.
async fn start_again(world: &mut World) {
    world.start_again(QUICK).await;
    world.bridge.ready().await;
}

/// The id of the contact of a phone, as the card shows it.
async fn contact_id(world: &World, typed: &str) -> String {
    let card = world.command("ada", &format!("!erase {typed}"), "erase_contact").await;
    card.notice().unwrap()["contact_id"].as_str().unwrap().to_owned()
}

/// Waits until the desk has forgotten all, and all is done elsewhere.
async fn erased(world: &World) {
    eventually("the contact to be erased everywhere", || async {
        let forgetting = world.number("SELECT COUNT(*) FROM forgetting").await;
        let running = world.number("SELECT COUNT(*) FROM erasures WHERE ended_at IS NULL").await;
        let begun = world.number("SELECT COUNT(*) FROM erasures").await;
        (begun > 0 && forgetting + running == 0).then_some(())
    })
    .await;
}

/// Every row of every table of the desk, in lower case.
async fn dump(world: &World) -> Vec<String> {
    world.books.dump().await
}

async fn an_admin_erases(database: Database) {
    let world = with_ada(database).await;
    let (alice, ada) = (world.agent("alice"), world.agent("ada"));
    let room = world.conversation("alice", JANE, "I am Jane, and my word is zanzibar").await;
    for set in ["name Jane Dorothea", "email jane@dorothea.example", "note likes zanzibar"] {
        type_in(&world, "alice", &room, &format!("!contact set {set}"), "contact").await;
    }
    type_in(&world, "alice", &room, "!tag zanzibar", "case").await;
    alice.send_text(&room, "Dear Jane Dorothea, zanzibar it is").await.unwrap();
    world.phone_gets(JANE, &["Dear Jane Dorothea, zanzibar it is"]).await;
    world.text(JANE, "STOP").await;
    alice.wait_for("the opt-out", |seen| seen.room_id == room && seen.code() == "opted_out").await.unwrap();
    let omars = {
        world.text(OMAR, "I am Omar and stay").await;
        join_offered(&world, "alice", OMAR).await
    };
    // What colleagues wrote of her in his room, and had the bot show there.
    let of_jane = interaction_of(alice, &room);
    type_in(&world, "alice", &omars, "!contact (415) 555-0100", "contact").await;
    type_in(&world, "alice", &omars, &format!("!history {of_jane}"), "transcript").await;
    alice.send_text(&omars, "!note Jane Dorothea, +1 415 555 0100, is his wife").await.unwrap();
    type_in(&world, "alice", &omars, "!case set wife Jane Dorothea", "case").await;
    type_in(&world, "alice", &omars, "!contact set note Married to jane@dorothea.example\nNice", "contact")
        .await;
    alice.send_text(&omars, "Your wife Jane Dorothea (415-555-0100) called").await.unwrap();
    world.phone_gets(OMAR, &["Your wife Jane Dorothea (415-555-0100) called"]).await;
    // What waits for her to opt in again is dropped.
    alice.send_text(&room, "waits for zanzibar").await.unwrap();
    alice
        .wait_for("that it waits", |seen| seen.room_id == room && seen.code() == "message_held_back")
        .await
        .unwrap();

    // Who is no admin erases nobody, and whoever is one has to type the id twice.
    for typed in ["!erase Jane Dorothea", "!erase", "!erase c-1 c-1"] {
        world.command("alice", typed, "not_allowed").await;
    }
    let card = world.command("ada", "!erase (415) 555-0100", "erase_contact").await;
    let shown = card.notice().unwrap().clone();
    let id = shown["contact_id"].as_str().unwrap().to_owned();
    assert_eq!((shown["open"].as_u64(), shown["conversations"].as_u64()), (Some(1), Some(1)), "{shown}");
    assert!(card.body().contains(&format!("!erase {id} {id}")), "{}", card.body());
    for typed in ["Jane Dorothea", "jane@dorothea.example", JANE, &id] {
        assert_eq!(contact_id(&world, typed).await, id);
    }
    for wrong in
        [format!("{id} c-1"), format!("{id} {}", id.to_uppercase()), format!("{id} {id} {id}"), String::new()]
    {
        world.command("ada", &format!("!erase {wrong}"), "usage").await;
    }
    for nobody in ["c-none c-none", "c-none", "Nobody Atall", "+14155550199"] {
        world.command("ada", &format!("!erase {nobody}"), "no_such_target").await;
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contacts").await, 2, "nothing was erased so far");

    is_asked_before(&world, &id).await;
    let position = alice.position();
    let begun = world.command("ada", &format!("!erase {id} {id}"), "erasing").await;
    assert_eq!(begun.notice().unwrap()["closed"], 1);
    let console = world.console("alice").await;
    let fits = |seen: &Seen| seen.room_id == console && seen.code() == "conversation_erased";
    let told = alice.wait_for_after(position, "that it was closed", fits).await.unwrap();
    let told = serde_json::to_string(&told.content).unwrap().to_lowercase();
    assert!(told.contains("ada doe") && !OF_JANE.iter().any(|word| told.contains(word)), "{told}");
    alice.wait_until_out_of(&room).await.unwrap();
    world.command("ada", &format!("!erase {id} {id}"), "no_such_target").await;
    erased(&world).await;
    let receipt = |seen: &Seen| seen.code() == "erased";
    let receipt = ada.wait_for("the receipt", receipt).await.unwrap();
    let receipt = serde_json::to_string(&receipt.content).unwrap().to_lowercase();
    assert!(!OF_JANE.iter().any(|word| receipt.contains(word)), "{receipt}");

    let old = world.command("ada", &format!("!history {of_jane}"), "no_longer_kept").await;
    for said in ["an erased customer", "an admin erased the customer on"] {
        assert!(old.body().contains(said), "{said}: {}", old.body());
    }

    nothing_of_her_is_left(&world).await;
    nobody_reads_of_her_in_his_room(&world, &omars, &receipt).await;
    let log = "SELECT COUNT(*) FROM audit WHERE what = 'erase' AND subject = '' AND detail LIKE 'erased a contact: e-%'";
    assert_eq!(world.number(log).await, 1);
    assert_eq!(world.taken_for(JANE).len(), 1, "nothing more was sent to her");
    // What is about others stays, and reports still count what there was.
    assert!(dump(&world).await.iter().any(|row| row.contains("i am omar and stay")));
    assert_eq!(
        world.number("SELECT COUNT(*) FROM interactions WHERE state = 'done' AND contact = ''").await,
        1
    );
    let listed = world.command("alice", "!mine", "list").await;
    assert!(!OF_JANE.iter().any(|word| listed.body().to_lowercase().contains(word)), "{}", listed.body());
    for typed in ["!contacts Jane", "!contacts 0100"] {
        let found = world.command("ada", typed, "list").await;
        assert_eq!(found.notice().unwrap()["rows"].as_array().unwrap().len(), 0, "{typed}");
    }
    done(&world, "alice", &omars).await;

    // Whoever writes from that phone now is somebody unknown, who still wants no texts.
    text_offered_to(&world, "alice", JANE).await;
    let again = join_offered(&world, "alice", JANE).await;
    assert_ne!(again, room);
    let card = type_in(&world, "alice", &again, "!contact", "contact").await;
    let card = card.notice().unwrap();
    assert!(card["contact_id"] != id.as_str() && card["emails"].as_array().unwrap().is_empty(), "{card}");
    let reply = alice.send_text(&again, "Hello again").await.unwrap();
    assert_eq!(super::held_back(alice, &reply).await, "opted_out");
    world.finish().await;
}

/// The id of the conversation of a room.
fn interaction_of(agent: &Agent, room: &OwnedRoomId) -> String {
    agent.look(|log| log.rooms().get(room).unwrap().interaction().unwrap()["id"].as_str().unwrap().to_owned())
}

/// The question says what goes of what colleagues wrote to others, and a yes is no answer to it.
async fn is_asked_before(world: &World, id: &str) {
    // A yes is no answer to the question.
    contact_id(world, id).await;
    let told = world.command("ada", "yes", "usage").await;
    assert!(told.body().contains(&format!("{id} {id}")), "{}", told.body());
    // What goes of what colleagues wrote in his conversation is said before.
    let asked = world.command("ada", &format!("!erase {id}"), "erase_contact").await;
    let shown = asked.notice().unwrap();
    assert_eq!(shown["lines_of_others"], 2, "{shown}");
    assert!(asked.body().contains("is his wife") && asked.body().contains(&format!("{id} {id} keep-names")));
}

/// What was written of her in the room of somebody else is gone, the receipt names the room, and the room
/// goes on as it was.
async fn nobody_reads_of_her_in_his_room(world: &World, room: &OwnedRoomId, receipt: &str) {
    let text = readable(world, "alice", room).await.to_lowercase();
    let left: Vec<&&str> = OF_JANE.iter().filter(|word| text.contains(**word)).collect();
    assert!(left.is_empty(), "{left:?} in {text}");
    assert!(text.contains("i am omar and stay"), "{text}");
    assert!(receipt.contains(&room.as_str().to_lowercase()), "{receipt}");
    world.drained().await;
    let goes_on = |seen: &SeenRoom| {
        seen.name().contains("555 0188") && seen.interaction().is_some_and(|of| of["state"] == "active")
    };
    world.agent("alice").wait_for_room(room, "his room to show what it did", goes_on).await.unwrap();
}

/// Neither the tables nor, on SQLite, the file tell of her.
async fn nothing_of_her_is_left(world: &World) {
    let rows = dump(world).await;
    let left: Vec<&String> =
        rows.iter().filter(|row| OF_JANE.iter().any(|word| row.contains(word))).collect();
    assert!(left.is_empty(), "{left:#?}");
    let file = world.folder().join("desk.db");
    if file.exists() {
        // The log is written into the file by itself, right after the erasure has ended.
        eventually("the files of the database to tell nothing", || async {
            let read = |name: &str| std::fs::read(world.folder().join(name)).unwrap_or_default();
            let bytes = [read("desk.db"), read("desk.db-wal")].concat();
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            (!OF_JANE.iter().any(|word| text.contains(word))).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn an_admin_erases_a_customer_and_nothing_of_them_is_left() {
    an_admin_erases(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_erases_a_customer_and_nothing_of_them_is_left_on_postgresql() {
    an_admin_erases(Database::Postgres).await;
}

#[tokio::test]
async fn a_reply_on_its_way_may_get_there_and_nothing_comes_of_its_answer() {
    let world = with_ada(Database::Sqlite).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let id = contact_id(&world, JANE).await;
    // The provider takes it and says nothing for a while.
    world.provider.faults().answer_next(AnswerFault::SilenceAfterAccepting, 1);
    alice.send_text(&room, "is on its way").await.unwrap();
    alice.send_text(&room, "waits behind it").await.unwrap();
    world.phone_gets(JANE, &["is on its way"]).await;
    world.command("ada", &format!("!erase {id} {id}"), "erasing").await;
    erased(&world).await;
    world.drained().await;
    assert_eq!(world.taken_for(JANE), ["is on its way"]);
    for table in ["SELECT COUNT(*) FROM replies", "SELECT COUNT(*) FROM transcript"] {
        assert_eq!(world.number(table).await, 0, "{table}");
    }
    // The phone goes on as before: its next text is a new conversation.
    let position = alice.position();
    world.text(JANE, "Hello again").await;
    offer_after(&world, "alice", position, JANE).await;
    join_offered(&world, "alice", JANE).await;
    world.finish().await;
}

#[tokio::test]
async fn an_erasure_goes_on_wherever_the_program_is_killed() {
    let mut world = with_ada(Database::Sqlite).await;
    let alice_room = world.conversation("alice", JANE, "I am Jane and my word is zanzibar").await;
    type_in(&world, "alice", &alice_room, "!contact set name Jane Dorothea", "contact").await;
    let id = contact_id(&world, JANE).await;
    let mut kills = 0;
    for (number, point) in
        ["after_commit=2*off->1*return", "before_commit=4*off->1*return"].iter().enumerate()
    {
        world.start_again(&format!("{QUICK};{point}")).await;
        world.bridge.listening_or_ended().await;
        if number == 0 {
            let console = world.console("ada").await;
            world.agent("ada").send_text(&console, &format!("!erase {id} {id}")).await.unwrap();
        }
        let begun = std::time::Instant::now();
        while !world.bridge.has_ended() && begun.elapsed() < PATIENCE {
            if world.number("SELECT COUNT(*) FROM erasures WHERE ended_at IS NOT NULL").await > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        kills += u32::from(world.bridge.has_ended());
    }
    assert!(kills > 0, "it was never killed");
    start_again(&mut world).await;
    erased(&world).await;
    nothing_of_her_is_left(&world).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM erasures").await, 1);
    world.finish().await;
}

#[tokio::test]
async fn what_is_written_into_a_room_that_is_emptied_is_kept_nowhere() {
    let world = with_ada(Database::Sqlite).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let id = contact_id(&world, JANE).await;
    let position = alice.position();
    let console = world.console("ada").await;
    world.agent("ada").send_text(&console, &format!("!erase {id} {id}")).await.unwrap();
    let mut typed = 0;
    let told = |seen: &Seen| seen.code() == "conversation_erased";
    while typed < 50 && alice.send_text(&room, "I write zanzibar all the same").await.is_ok() {
        typed += 1;
    }
    alice.wait_for_after(position, "that it was closed", told).await.unwrap();
    erased(&world).await;
    world.drained().await;
    let is_told = |seen: &&Seen| seen.code() == "message_held_back";
    let told = alice.look(|log| log.events().iter().filter(is_told).count());
    assert!(told <= 1, "it is said {told} times");
    let rows = dump(&world).await;
    let left: Vec<&String> = rows.iter().filter(|row| row.contains("zanzibar")).collect();
    assert!(left.is_empty(), "{left:#?}");
    world.finish().await;
}

#[tokio::test]
async fn a_name_of_everyday_words_takes_nothing_that_another_customer_wrote_and_says_before_what_it_takes() {
    let world = with_ada(Database::Sqlite).await;
    let alice = world.agent("alice");
    let jane = world.conversation("alice", JANE, "Hello").await;
    type_in(&world, "alice", &jane, "!contact set name Wrong Number", "contact").await;
    world.text(OMAR, "Sorry, wrong number! But my claim is 5512").await;
    let room = join_offered(&world, "alice", OMAR).await;
    alice.send_text(&room, "You wrote from the wrong number, please confirm").await.unwrap();
    world.phone_gets(OMAR, &["You wrote from the wrong number, please confirm"]).await;
    type_in(&world, "alice", &room, "!case set problem wrong number on the parcel", "case").await;
    let of_omar = interaction_of(alice, &room);

    // Whoever types the id twice without having been asked is asked.
    let card = world.command("alice", "!contact +14155550100", "contact").await;
    let id = card.notice().unwrap()["contact_id"].as_str().unwrap().to_owned();
    let asked = world.command("ada", &format!("!erase {id} {id}"), "erase_contact").await;
    assert_eq!(asked.notice().unwrap()["lines_of_others"], 1);
    let quoted = format!("{of_omar}: You wrote from the wrong number, please confirm");
    assert!(asked.body().contains(&quoted), "{}", asked.body());
    world.command("ada", &format!("!erase {id} {id}"), "erasing").await;
    erased(&world).await;
    world.drained().await;

    let in_room = readable(&world, "alice", &room).await;
    let history = type_in(&world, "alice", &room, &format!("!history {of_omar}"), "transcript").await;
    for (what, text) in [("room", in_room.as_str()), ("history", history.body())] {
        assert!(text.contains("Sorry, wrong number! But my claim is 5512"), "{what}: {text}");
        assert!(!text.contains("You wrote from the wrong number"), "{what}: {text}");
        assert!(!text.contains("on the parcel"), "{what}: {text}");
    }
    world.finish().await;
}

async fn at_the_command_line(database: Database) {
    let mut world = with_ada(database).await;
    let room = world.conversation("alice", JANE, "I am Jane and my word is zanzibar").await;
    type_in(&world, "alice", &room, "!contact set name Jane Dorothea", "contact").await;
    let id = contact_id(&world, JANE).await;
    if database == Database::Sqlite {
        let (erased, said) = world.bridge.run_with(&["contact", "erase", JANE, "--yes", &id], "");
        assert!(!erased && said.contains("another switchroom serves"), "{said}");
        world.bridge.kill();
    }
    for (arguments, input, why) in [
        (vec!["contact", "erase", "+14155550199"], "", "there is no contact"),
        (vec!["contact", "erase", "c-none"], "c-none\n", "there is no contact"),
        (vec!["contact", "erase", JANE], "", "nothing was erased"),
        (vec!["contact", "erase", JANE], "yes\n", "nothing was erased: “yes” is not the id"),
        (vec!["contact", "erase", JANE, "--yes", "c-1"], "", "nothing was erased"),
    ] {
        let (erased, said) = world.bridge.run_with(&arguments, input);
        assert!(!erased && said.contains(why), "{arguments:?}: {said}");
    }
    let (done, said) = world.bridge.run_with(&["contact", "erase", "(415) 555-0100"], &format!("{id}\n"));
    assert!(done && said.contains("Jane Dorothea") && said.contains("conversations closed: 1"), "{said}");
    if database == Database::Sqlite {
        start_again(&mut world).await;
    }
    erased(&world).await;
    nothing_of_her_is_left(&world).await;
    let receipt = |seen: &Seen| seen.code() == "erased";
    world.agent("ada").wait_for("the receipt", receipt).await.unwrap();
    world.agent("alice").wait_until_out_of(&room).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE what = 'contact erase'").await, 1);
    world.finish().await;
}

#[tokio::test]
async fn a_customer_is_erased_at_the_command_line_while_nothing_serves() {
    at_the_command_line(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_erased_at_the_command_line_beside_a_desk_that_serves() {
    at_the_command_line(Database::Postgres).await;
}
