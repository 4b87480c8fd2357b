//! What was said with a contact before: listed, searched, read, and told of in a new room.

use ruma::OwnedRoomId;
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;

use super::talk::{CONSULT, opened};
use super::{done, type_in};
use crate::harness::{World, WorldOptions, eventually, shown};

const JANE: &str = "+14155550100";
const ROY: &str = "+14155550101";
const DISPOSITIONS: &str = "dispositions: [{code: solved, label: Solved}]";
/// All that an agent may do, but reading what others said.
const NO_HISTORY: &str = "permissions: [im, contact_edit, case_edit, transfer, consult, see_numbers]";

/// A desk where Alice and Bob answer and Sue supervises; Bob reads what he owned.
async fn desk() -> World {
    let options = WorldOptions {
        agents: &["alice", "bob", "sue"],
        each: &[("bob", NO_HISTORY), ("sue", "roles: [agent, supervisor]")],
        desk: DISPOSITIONS,
        ..WorldOptions::default()
    };
    World::with(options).await
}

/// A conversation from its first text to its end: its id.
async fn past(world: &World, name: &str, phone: &str, text: &str) -> String {
    let room = world.conversation(name, phone, text).await;
    let id = id_of(world, name, &room);
    done(world, name, &room).await;
    world.command(name, "!notready", "status").await;
    id
}

fn id_of(world: &World, name: &str, room: &OwnedRoomId) -> String {
    let state = world.agent(name).look(|log| log.rooms()[room].interaction().unwrap()["id"].clone());
    state.as_str().unwrap().to_owned()
}

fn items(seen: &Seen) -> Vec<Value> {
    seen.notice().unwrap()["items"].as_array().unwrap().clone()
}

fn ids(seen: &Seen) -> Vec<String> {
    items(seen).iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_room_lists_what_there_was_in_pages_and_each_row_leads_to_its_transcript() {
    let world = desk().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    let first = id_of(&world, "alice", &room);
    alice.send_text(&room, "On its way!").await.unwrap();
    world.phone_gets(JANE, &["On its way!"]).await;
    type_in(&world, "alice", &room, "!disposition solved", "disposition_set").await;
    done(&world, "alice", &room).await;
    let mut all = vec![first.clone()];
    for number in 1..=11 {
        all.push(past(&world, "alice", JANE, &format!("Question number{number}")).await);
    }
    all.reverse();

    let room = world.conversation("alice", JANE, "And another thing").await;
    let page = type_in(&world, "alice", &room, "!history", "history").await;
    assert_eq!(ids(&page), all[..10]);
    assert_eq!(page.notice().unwrap()["more"], true);
    assert!(page.body().contains("\n11. Earlier ones\nAnswer with !1"), "{}", page.body());
    let rest = type_in(&world, "alice", &room, "!11", "history").await;
    assert_eq!((ids(&rest), &rest.notice().unwrap()["more"]), (all[10..].to_vec(), &json!(false)));
    let item = items(&rest).pop().unwrap();
    assert_eq!(
        (&item["kind"], &item["state"], &item["by"], &item["disposition"], &item["tags"]),
        (&json!("session"), &json!("done"), &json!("alice Doe"), &json!("Solved"), &json!([]))
    );
    assert!(item["began_at"].as_i64().unwrap() < item["done_at"].as_i64().unwrap(), "{item}");
    assert!(rest.body().contains("session, done · alice Doe · Solved"), "{}", rest.body());
    let transcript = type_in(&world, "alice", &room, "!2", "transcript").await;
    assert_eq!(transcript.notice().unwrap()["interaction"], first.as_str());
    for line in ["Where is my order?", "alice Doe: On its way!", "done by alice Doe"] {
        assert!(transcript.body().contains(line), "{line} is not in {}", transcript.body());
    }

    // By words, in what either of them said, however the words begin.
    let found = type_in(&world, "alice", &room, "!history “WAY”", "history").await;
    assert_eq!(ids(&found), [first.as_str()]);
    let line = &items(&found)[0]["found"];
    assert_eq!((&line["text"], &line["by"]), (&json!("On its way!"), &json!("alice Doe")));
    assert!(found.body().contains("in which “WAY” was said"), "{}", found.body());
    let found = type_in(&world, "alice", &room, "!history quest", "history").await;
    assert_eq!((ids(&found), &found.notice().unwrap()["more"]), (all[..10].to_vec(), &json!(true)));
    let found = type_in(&world, "alice", &room, "!11", "history").await;
    assert_eq!(ids(&found), [all[10].as_str()]);
    for hostile in ["!history \"*' & ! ( ) : OR NEAR", "!history before:x.y' OR 1=1", "!history 💣"] {
        let none = type_in(&world, "alice", &room, hostile, "history").await;
        assert_eq!(items(&none), Vec::<Value>::new(), "{hostile}");
    }
    // She had them all: nothing of that is anybody else's.
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE what = 'history'").await, 0);
    world.finish().await;
}

#[tokio::test]
async fn a_long_transcript_is_read_page_by_page() {
    let world = World::new().await;
    let id = past(&world, "alice", JANE, "Where is my order?").await;
    let lines = "INSERT INTO transcript (id, interaction, at, kind, author, body)
        SELECT 'f' || (100000 + x), (SELECT id FROM interactions), 1700000000000 + x, 'contact', 'x', 'line ' || x || '.'
        FROM (WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 129) SELECT x FROM n) numbers
        RETURNING 1";
    world.number(lines).await;
    let room = world.conversation("alice", JANE, "Hello again").await;
    let mut page = type_in(&world, "alice", &room, &format!("!history {id}"), "transcript").await;
    let mut read = String::new();
    for number in 1..=3 {
        let notice = page.notice().unwrap();
        assert_eq!((&notice["page"], &notice["more"]), (&json!(number), &json!(number < 3)));
        assert!(page.body().contains(&format!(", page {number}\n")), "{}", page.body());
        read.push_str(page.body());
        if number < 3 {
            assert!(page.body().ends_with("1. Read on: !1, or a reaction"), "{}", page.body());
            page = type_in(&world, "alice", &room, "!1", "transcript").await;
        }
    }
    let positions = (0..130).map(|number| read.find(&format!(": line {number}.")));
    let positions: Vec<usize> = positions.map(|at| at.unwrap()).collect();
    assert!(positions.is_sorted(), "{read}");
    for wrong in ["2", "words", "from:2", "from:x.y.z", "from:2.f1.0.0", "from:2..0"] {
        let usage = type_in(&world, "alice", &room, &format!("!history {id} {wrong}"), "usage").await;
        assert_eq!(usage.notice().unwrap()["problem"], "page_by_row", "{wrong}");
    }
    // A line that is not there any more is passed over.
    let behind = format!("!history {id} from:9.f100128x.7");
    let last = type_in(&world, "alice", &room, &behind, "transcript").await;
    assert!(last.body().contains("line 129.") && !last.body().contains("line 128."), "{}", last.body());
    world.finish().await;
}

#[tokio::test]
async fn what_others_said_is_read_by_who_may_and_that_is_in_the_audit_log() {
    let world = desk().await;
    let lamps = past(&world, "alice", JANE, "Do you sell lamps?").await;
    let own = past(&world, "bob", JANE, "Do you sell chairs?").await;
    past(&world, "alice", ROY, "Red lamps, please").await;

    // Bob sees what he owned, wherever he looks.
    let room = world.conversation("bob", JANE, "Hello again").await;
    let listed = type_in(&world, "bob", &room, "!history", "history").await;
    assert_eq!(ids(&listed), [own.as_str()]);
    assert_eq!(listed.notice().unwrap()["unreadable"], 1);
    let told = "There is 1 other conversation, which you may not read.";
    assert!(listed.body().ends_with(told), "{}", listed.body());
    let found = type_in(&world, "bob", &room, "!history sell", "history").await;
    assert_eq!(ids(&found), [own.as_str()]);
    type_in(&world, "bob", &room, &format!("!history {lamps}"), "not_allowed").await;
    let card = type_in(&world, "bob", &room, "!contact", "contact").await;
    assert_eq!(ids(&card), [own.as_str()]);
    let transcript = type_in(&world, "bob", &room, &format!("!history {own}"), "transcript").await;
    assert!(transcript.body().contains("chairs"), "{}", transcript.body());
    world.command("bob", &format!("!history {lamps}"), "not_allowed").await;
    world.command("bob", &format!("!history {ROY}"), "not_allowed").await;
    // Words alone name a customer in the console, as with !contact.
    world.command("bob", "!history lamps", "no_such_target").await;
    let named = world.command("bob", "!history 0100", "history").await;
    assert_eq!(ids(&named)[1..], [own.as_str()]);
    world.command("bob", "!history c-nobody", "no_such_target").await;
    let in_console = world.command("bob", &format!("!history {}", shown(JANE)), "history").await;
    assert_eq!(ids(&in_console)[1..], [own.as_str()]);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE what = 'history'").await, 0);
    done(&world, "bob", &room).await;

    // Alice may, by contact or id, and it is known that she did.
    world.command("alice", "!history", "usage").await;
    let chairs = world.command("alice", &format!("!history {JANE} CHAIRS"), "history").await;
    assert_eq!(ids(&chairs), [own.as_str()]);
    world.command("alice", "!1", "transcript").await;
    world.command("alice", &format!("!history {lamps}"), "transcript").await;
    world.command("alice", "!history lamps", "no_such_target").await;
    // The card of a contact lists conversations too, by the same rule.
    let card = world.command("alice", &format!("!contact {JANE}"), "contact").await;
    assert!(ids(&card).contains(&own), "{:?}", ids(&card));
    let card = world.command("bob", &format!("!contact {JANE}"), "contact").await;
    assert!(ids(&card).contains(&own) && !ids(&card).contains(&lamps), "{:?}", ids(&card));
    // Sue searches the whole desk.
    let found = world.command("sue", "!history LAMPS", "history").await;
    let contacts: Vec<Value> = items(&found).iter().map(|item| item["contact"].clone()).collect();
    assert_eq!(contacts, [json!(ROY), json!(JANE)]);
    assert_eq!(items(&found)[0]["found"]["text"], "Red lamps, please");
    world.command("sue", "!2", "transcript").await;
    let none = world.command("sue", "!history nobodysaidthis", "history").await;
    assert_eq!(items(&none), Vec::<Value>::new());
    let audit = "SELECT who, subject, detail FROM audit WHERE what = 'history' ORDER BY id";
    let audit = world.books.rows(audit).await;
    let contact =
        world.books.rows("SELECT contact FROM interactions WHERE contact_number = 'sms:+14155550100'").await;
    let searched = format!("searched {}", contact[0][0]);
    let expected = [
        ["@alice:desk.test", "", searched.as_str()],
        ["@alice:desk.test", own.as_str(), "read, page 1"],
        ["@sue:desk.test", "", "searched the desk"],
        ["@sue:desk.test", lamps.as_str(), "read, page 1"],
        ["@sue:desk.test", "", "searched the desk"],
    ];
    assert_eq!(audit, expected);
    let audit = "SELECT who, subject, detail FROM audit WHERE what = 'contact' ORDER BY id";
    let listed = format!("opened the customer card of {}", contact[0][0]);
    assert_eq!(world.books.rows(audit).await, [["@alice:desk.test", "", listed.as_str()]]);
    world.finish().await;
}

#[tokio::test]
async fn who_is_consulted_reads_what_there_was_with_the_contact() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let earlier = past(&world, "alice", JANE, "Do you sell lamps?").await;
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    alice.send_text(&session, "!consult bob May she return it?").await.unwrap();
    let (room, _) = opened(&world, CONSULT).await;
    let invited = bob.wait_for_invite(CONSULT, |room| room.name() == CONSULT).await.unwrap();
    bob.join(&invited).await.unwrap();
    world.state("bob", &room, "connected").await;
    let listed = type_in(&world, "bob", &room, "!history", "history").await;
    assert_eq!(ids(&listed), [earlier.as_str()]);
    let found = type_in(&world, "bob", &room, "!history lamp", "history").await;
    assert_eq!(ids(&found), [earlier.as_str()]);
    let transcript = type_in(&world, "bob", &room, "!1", "transcript").await;
    assert!(transcript.body().contains("Do you sell lamps?"), "{}", transcript.body());
    let audited = "SELECT COUNT(*) FROM audit WHERE what = 'history' AND who = '@bob:desk.test'";
    assert_eq!(world.number(audited).await, 3);
    world.finish().await;
}

#[tokio::test]
async fn a_new_room_begins_with_the_earlier_talk_unless_that_was_long_ago() {
    let options = WorldOptions {
        timers: "thread_window_secs: 3600",
        desk: DISPOSITIONS,
        agent: "roles: [agent, admin]",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Text 1").await;
    let first = id_of(&world, "alice", &room);
    let nothing = alice.look(|log| log.messages(&room).all(|seen| seen.code() != "earlier"));
    assert!(nothing, "they were never here before");
    for number in 2..=6 {
        world.text(JANE, &format!("Text {number} <b>&")).await;
        alice.wait_for_text(&room, &format!("Text {number} <b>&")).await.unwrap();
    }
    type_in(&world, "alice", &room, "!note She speaks French", "note").await;
    type_in(&world, "alice", &room, "!disposition solved", "disposition_set").await;
    done(&world, "alice", &room).await;

    let again = world.conversation("alice", JANE, "Me again").await;
    let earlier = alice.wait_for_notice(&again, "earlier").await.unwrap();
    let notice = earlier.notice().unwrap();
    assert_eq!((&notice["id"], &notice["disposition"]), (&json!(first), &json!("Solved")));
    let said: Vec<&str> =
        notice["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    let last = ["Text 3 <b>&", "Text 4 <b>&", "Text 5 <b>&", "Text 6 <b>&", "She speaks French"];
    assert_eq!(said, last);
    let html = earlier.formatted_body().unwrap();
    assert!(html.starts_with("<details>") && html.contains("Text 3 &lt;b&gt;&amp;"), "{html}");
    assert_eq!((earlier.msgtype(), earlier.mentions()), ("m.notice", Some(vec![])));
    let order = alice.look(|log| {
        let at = |fits: &dyn Fn(&Seen) -> bool| log.messages(&again).position(fits).unwrap();
        (at(&|seen| seen.code() == "earlier"), at(&|seen| seen.body() == "Me again"))
    });
    assert!(order.0 < order.1, "{order:?}");
    done(&world, "alice", &again).await;

    world.command("alice", "!setting set thread_window_secs 1", "changed").await;
    let age = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS BIGINT) - MAX(at) FROM changes";
    eventually("it to be long ago", async || (world.number(age).await > 1_000).then_some(())).await;
    let third = world.conversation("alice", JANE, "Hello for the third time").await;
    world.drained().await;
    type_in(&world, "alice", &third, "!case", "case").await;
    let told = alice.look(|log| log.messages(&third).any(|seen| seen.code() == "earlier"));
    assert!(!told, "that was long ago");
    world.finish().await;
}

#[tokio::test]
async fn where_numbers_are_masked_so_they_are_in_every_history() {
    const MASKED: &str = "•••0100";
    let options = WorldOptions {
        desk: "mask_numbers: true",
        agent: "roles: [agent, supervisor]",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let alice = world.agent("alice");
    let mut rooms = Vec::new();
    for text in ["Where is my lamp?", "And my chair?"] {
        world.command("alice", "!ready", "status").await;
        world.text(JANE, text).await;
        let room = alice.wait_for_invite(MASKED, |room| room.name() == MASKED).await.unwrap();
        alice.join(&room).await.unwrap();
        world.state("alice", &room, "active").await;
        rooms.push(room.clone());
        if rooms.len() == 1 {
            done(&world, "alice", &room).await;
        }
    }
    let earlier = alice.wait_for_notice(&rooms[1], "earlier").await.unwrap();
    let listed = type_in(&world, "alice", &rooms[1], "!history", "history").await;
    let found = type_in(&world, "alice", &rooms[1], "!history lamp", "history").await;
    let desk = world.command("alice", "!history lamp", "history").await;
    let transcript = world.command("alice", "!1", "transcript").await;
    for seen in [earlier, listed, found, desk, transcript] {
        let said = format!("{} {}", seen.content, seen.body());
        assert!(said.contains(MASKED) && !said.contains("415"), "{said}");
    }
    world.finish().await;
}
