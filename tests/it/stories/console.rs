//! Commands of the console and of session rooms: who may run them, what they show, and what never runs one.

use serde_json::json;
use switchroom::demo::agent::seen::{Seen, SeenRoom};

use super::talk::{CONSULT, opened};
use super::{done, join_offered, offer_after, outcome, text_offered_to, type_in};
use crate::harness::{World, WorldOptions};

const JANE: &str = "+14155550100";

#[tokio::test]
async fn an_agents_space_is_for_their_rooms_and_not_for_words() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let console = world.console("alice").await;
    let space = alice.space().await.unwrap();
    let seen = alice.look(|log| log.rooms()[&space].clone());
    assert_eq!((seen.name(), seen.children()), ("Switchroom", vec![console.as_str()]));
    assert_eq!(seen.members("join"), ["@alice:desk.test", "@switchroom:desk.test"]);
    alice.send_text(&space, "!help").await.unwrap_err();
    // The desk goes on beside it.
    let room = world.conversation("alice", JANE, "Hello").await;
    alice.leave(&space, None).await.unwrap();
    done(&world, "alice", &room).await;
    world.finish().await;
}

#[tokio::test]
async fn what_an_agent_may_not_do_is_refused_and_changes_nothing() {
    let options =
        WorldOptions { agents: &["alice", "bob"], agent: "permissions: []", ..WorldOptions::default() };
    let world = World::with(options).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    for typed in
        ["!case set order 1", "!case unset city", "!contact set name Eve", "!transfer bob", "!cancel"]
    {
        type_in(&world, "alice", &room, typed, "not_allowed").await;
    }
    for typed in [
        "!assign i-22222 bob",
        "!agents",
        "!monitor i-22222",
        "!barge i-22222",
        "!whisper i-22222 hi",
        "!leave i-22222",
        "!requeue i-22222",
        "!requeue bob",
        "!close i-22222",
        "!state bob ready",
        "!reason add lunch",
        "!audit",
        "!queue",
        "!queue add sales",
        "!report",
        "!agent list",
        "!agent remove bob",
        "!number list",
        "!disposition add solved",
        "!route list",
        "!response add hello Hi",
        "!predefined remove busy",
        "!setting set late_secs 5",
        "!retry",
        "!status all",
    ] {
        world.command("alice", typed, "not_allowed").await;
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE what NOT IN ('ready', 'accept')").await, 0);
    // Who does not own it reads, and changes nothing either.
    type_in(&world, "alice", &room, "!case", "case").await;
    world.finish().await;
}

#[tokio::test]
async fn a_stranger_in_a_room_of_the_desk_gets_nothing_but_not_allowed() {
    let world = World::new().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let console = world.console("alice").await;
    let alice = world.agent("alice");
    let tables = [
        "SELECT COUNT(*) FROM interactions WHERE state = 'active'",
        "SELECT COUNT(*) FROM transcript",
        "SELECT COUNT(*) FROM replies",
        "SELECT COUNT(*) FROM contacts",
        "SELECT COUNT(*) FROM agents",
        "SELECT COUNT(*) FROM audit",
    ];
    let mut before = vec![];
    for table in tables {
        before.push(world.number(table).await);
    }
    let position = alice.position();
    for body in
        ["!done", "！done", "!note\n!done", "!agent add eve @eve:desk.test", "hello?", "!-", "1", "yes"]
    {
        let text = json!({"msgtype": "m.text", "body": body});
        world.pretend(&room, "@mallory:desk.test", "m.room.message", text.clone()).await;
        world.pretend(&console, "@mallory:evil.test", "m.room.message", text).await;
    }
    for seen_in in [&room, &console] {
        let refused = |seen: &Seen| seen.room_id == *seen_in && seen.code() == "not_allowed";
        alice.wait_for_after(position, "not_allowed", refused).await.unwrap();
    }
    for (table, before) in tables.into_iter().zip(before) {
        assert_eq!(world.number(table).await, before, "{table}");
    }
    let answers = alice.look(|log| {
        let new = log.events()[position..].iter().filter(|seen| seen.sender != "@alice:desk.test");
        new.map(|seen| seen.code().to_owned()).filter(|code| !code.is_empty()).collect::<Vec<_>>()
    });
    assert!(answers.iter().all(|code| code == "not_allowed"), "{answers:?}");
    assert!(world.taken_for(JANE).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_line_end_begins_no_second_command_and_edits_and_quotes_run_none() {
    let world = World::new().await;
    let room = world.conversation("alice", JANE, "!done").await;
    let alice = world.agent("alice");
    let count = type_in(&world, "alice", &room, "!count hi\n!done", "count").await;
    let said = alice.send_text(&room, "Good morning").await.unwrap();
    world.phone_gets(JANE, &["Good morning"]).await;
    alice.edit(&room, &said, "!done").await.unwrap();
    let quoting = json!({
        "msgtype": "m.text", "body": format!("> <{}> !done\n\nHow can I help?", world.ghost(JANE).await),
        "m.relates_to": {"m.in_reply_to": {"event_id": alice.wait_for_text(&room, "!done").await.unwrap().event_id}},
    });
    alice.send_raw(&room, "m.room.message", quoting).await.unwrap();
    world.phone_gets(JANE, &["Good morning", "How can I help?"]).await;
    let notice = json!({"msgtype": "m.notice", "body": "!done"});
    alice.send_raw(&room, "m.room.message", notice).await.unwrap();
    alice.send_reply(&room, count.event_id.as_str().try_into().unwrap(), "!note\n!done").await.unwrap();
    let note = alice.wait_for_notice(&room, "note").await.unwrap();
    assert_eq!(note.notice().unwrap()["text"], "!done");
    // A bare number is text for the contact, whatever list was shown.
    alice.send_text(&room, "1").await.unwrap();
    world.phone_gets(JANE, &["Good morning", "How can I help?", "1"]).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE state = 'active'").await, 1);
    world.finish().await;
}

#[tokio::test]
async fn case_data_notes_and_the_contact_are_kept_from_the_room() {
    let world = World::new().await;
    let room = world.conversation("alice", JANE, "Where is my order?").await;
    let alice = world.agent("alice");
    let usage = type_in(&world, "alice", &room, "!case sett order 4711", "usage").await;
    assert!(usage.body().contains("did you mean set"), "{}", usage.body());
    let link = "https://desk.test/4711?a=1&b=<2>";
    let shown = type_in(&world, "alice", &room, &format!("!Case SET “order link” {link}"), "case").await;
    assert_eq!(shown.body(), format!("order link: {link}"), "what is set is shown, and nothing else");
    let shown = type_in(&world, "alice", &room, "!case unset CITY", "case").await;
    assert_eq!(shown.body(), "CITY is no longer in the case data.");
    let usage = type_in(&world, "alice", &room, "!case set", "usage").await;
    assert!(usage.body().ends_with("Write it like this: !case set <key> <value>"), "{}", usage.body());
    let shown = type_in(&world, "alice", &room, "!case", "case").await;
    assert!(shown.body().contains(&format!("order link: {link}")), "{}", shown.body());
    assert!(!shown.body().contains("SAN FRANCISCO"), "{}", shown.body());
    let has_case = |room: &SeenRoom| {
        room.interaction().is_some_and(|content| {
            content["case"]["order link"] == link && content["case"].get("city").is_none()
        })
    };
    alice.wait_for_room(&room, "the case data in the state event", has_case).await.unwrap();
    type_in(&world, "alice", &room, "!case unset nothing", "refused").await;
    type_in(&world, "alice", &room, "!note She speaks French", "note").await;

    let card = type_in(&world, "alice", &room, "!contact set name “Jane Doe”", "contact").await;
    assert_eq!(card.notice().unwrap()["contact"], "Jane Doe");
    let janes_ghost = world.ghost(JANE).await;
    let is_named = |room: &SeenRoom| {
        room.name() == "Jane Doe"
            && room
                .state("m.room.topic", "")
                .is_some_and(|topic| topic["topic"].to_string().contains("Jane Doe"))
            && room
                .state("m.room.member", &janes_ghost)
                .is_some_and(|ghost| ghost["displayname"] == "Jane Doe")
            && room.interaction().is_some_and(|content| content["contact"]["name"] == "Jane Doe")
    };
    alice.wait_for_room(&room, "the new name everywhere", is_named).await.unwrap();

    world.command("alice", "!mine", "list").await;
    let mine = world.command("alice", "!1", "case").await;
    assert_eq!(mine.notice().unwrap()["room"], json!(room));
    let id = mine.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    done(&world, "alice", &room).await;

    let position = alice.position();
    world.text(JANE, "One more thing").await;
    let preview = offer_after(&world, "alice", position, JANE).await;
    assert_eq!(
        (&preview.notice().unwrap()["contact"], &preview.notice().unwrap()["recent"]),
        (&json!("Jane Doe"), &json!([["session", 1]]))
    );
    let again = alice.wait_for_invite("Jane's room", |room| room.name() == "Jane Doe").await.unwrap();
    alice.join(&again).await.unwrap();
    world.state("alice", &again, "active").await;
    let card = type_in(&world, "alice", &again, "!contact", "contact").await;
    assert_eq!(card.notice().unwrap()["recent"], json!([["session", 1]]));
    let list = type_in(&world, "alice", &again, "!history french", "history").await;
    assert_eq!(list.notice().unwrap()["items"][0]["id"], id.as_str());
    let none = type_in(&world, "alice", &again, "!history spanish", "history").await;
    assert_eq!(none.notice().unwrap()["items"], json!([]));
    type_in(&world, "alice", &again, "!history", "history").await;
    let transcript = type_in(&world, "alice", &again, "!1", "transcript").await;
    for line in [
        "Jane Doe: Where is my order?",
        "accepted by alice Doe",
        "note by alice Doe: She speaks French",
        "done by alice Doe",
    ] {
        assert!(transcript.body().contains(line), "{line} is not in {}", transcript.body());
    }
    // From the console too, because it was hers; and nobody else's.
    world.command("alice", &format!("!history {id}"), "transcript").await;
    world.drained().await;
    world.finish().await;
}

#[tokio::test]
async fn anothers_history_is_not_read_by_its_id() {
    let options = WorldOptions {
        agents: &["alice", "bob"],
        each: &[("bob", "permissions: [im, transfer, consult]")],
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.command("alice", "!ready", "status").await;
    world.text(JANE, "Hello").await;
    let room = join_offered(&world, "alice", JANE).await;
    let shown = type_in(&world, "alice", &room, "!case", "case").await;
    let id = shown.notice().unwrap()["interaction"].as_str().unwrap().to_owned();
    world.command("bob", &format!("!history {id}"), "not_allowed").await;
    world.command("bob", &format!("!mine {id}"), "no_such_target").await;
    world.finish().await;
}

#[tokio::test]
async fn what_was_missed_stands_in_my_messages_until_it_is_cleared() {
    let options = WorldOptions { queue: "undo_secs: 0, offer_secs: 3", ..WorldOptions::default() };
    let world = World::with(options).await;
    let none = world.command("alice", "!messages", "list").await;
    assert_eq!(none.notice().unwrap()["rows"], json!([]));
    world.command("alice", "!ready", "status").await;
    let preview = text_offered_to(&world, "alice", JANE).await;
    outcome(&world, "alice", &preview, "offer_timed_out").await;
    let missed = world.command("alice", "!messages", "list").await;
    assert_eq!(missed.notice().unwrap()["rows"][0]["title"], format!("missed offer: {JANE}"));
    let wrong = world.command("alice", "!messages claer", "usage").await;
    assert!(wrong.body().contains("did you mean clear"), "{}", wrong.body());
    let cleared = world.command("alice", "!messages clear", "list").await;
    assert_eq!(cleared.notice().unwrap()["rows"], json!([]));
    world.finish().await;
}

#[tokio::test]
async fn a_keycap_or_a_number_as_a_reply_picks_a_row_of_the_newest_list() {
    let options = WorldOptions {
        agent: "roles: [agent, admin]",
        queue: "undo_secs: 0, disposition: mandatory",
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    let alice = world.agent("alice");
    for code in ["follow_up", "solved"] {
        world.command("alice", &format!("!disposition add {code}"), "changed").await;
    }
    let room = world.conversation("alice", JANE, "Hello").await;
    let console = world.console("alice").await;
    let in_console = |code: &'static str| {
        let console = console.clone();
        move |seen: &Seen| seen.room_id == console && seen.code() == code
    };
    let list = world.command("alice", "!mine", "list").await;
    let position = alice.position();
    alice.react(&console, &list.event_id, "1\u{fe0f}\u{20e3}").await.unwrap();
    let card = alice.wait_for_after(position, "the case", in_console("case")).await.unwrap();
    assert_eq!(card.replies_to(), Some(list.event_id.as_str()));
    let position = alice.position();
    alice.send_reply(&console, &list.event_id, "1").await.unwrap();
    alice.wait_for_after(position, "the case", in_console("case")).await.unwrap();
    world.command("alice", "1", "case").await;
    world.command("alice", "yes", "no_such_target").await;
    // An older list is no list any more: its rows may stand for something else.
    world.command("alice", "!messages", "list").await;
    let position = alice.position();
    alice.react(&console, &list.event_id, "1\u{20e3}").await.unwrap();
    alice.wait_for_after(position, "a refusal", in_console("no_such_target")).await.unwrap();

    let question = type_in(&world, "alice", &room, "!done", "disposition_required").await;
    alice.send_text(&room, "1").await.unwrap();
    world.phone_gets(JANE, &["1"]).await;
    // The contact may have written too short a time ago for the first answer to close it.
    let answered = |seen: &Seen| seen.code() == "done" || seen.code() == "done_refused";
    let closed = loop {
        let position = alice.position();
        alice.send_reply(&room, &question.event_id, "2").await.unwrap();
        let answer = alice.wait_for_after(position, "it to be done", answered).await.unwrap();
        if answer.code() == "done" {
            break answer;
        }
    };
    assert_eq!(closed.room_id, console);
    assert_eq!(closed.notice().unwrap()["disposition"], "solved");
    assert_eq!(world.taken_for(JANE), ["1"]);
    world.finish().await;
}

#[tokio::test]
async fn what_a_consult_is_about_is_shown_in_its_room_and_changed_by_its_owner_alone() {
    let world = World::with(WorldOptions { agents: &["alice", "bob"], ..WorldOptions::default() }).await;
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let earlier = world.conversation("alice", JANE, "Do you sell lamps?").await;
    done(&world, "alice", &earlier).await;
    let session = world.conversation("alice", JANE, "Where is my order?").await;
    alice.send_text(&session, "!consult bob May she return it?").await.unwrap();
    let (room, _) = opened(&world, CONSULT).await;
    let invited = bob.wait_for_invite(CONSULT, |room| room.name() == CONSULT).await.unwrap();
    bob.join(&invited).await.unwrap();
    world.state("bob", &room, "connected").await;

    let case = type_in(&world, "alice", &room, "!case set order 4711", "case").await;
    assert!(case.body().contains("order: 4711"), "{}", case.body());
    let case = type_in(&world, "bob", &room, "!case", "case").await;
    assert!(case.body().contains("order: 4711"), "{}", case.body());
    let contact = type_in(&world, "bob", &room, "!contact", "contact").await;
    assert_eq!(contact.notice().unwrap()["recent"], json!([["session", 1]]));
    let found = type_in(&world, "bob", &room, "!history lamps", "history").await;
    let past = found.notice().unwrap()["items"][0]["id"].as_str().unwrap().to_owned();
    let said = type_in(&world, "bob", &room, &format!("!history {past}"), "transcript").await;
    assert!(said.body().contains("Do you sell lamps?"), "{}", said.body());
    for typed in ["!case set order 1", "!case unset order", "!contact set name Eve"] {
        type_in(&world, "bob", &room, typed, "not_owner").await;
    }
    type_in(&world, "alice", &room, "!contact set name “Jane Doe”", "contact").await;
    let named = |room: &SeenRoom| {
        room.interaction().is_some_and(|content| {
            content["contact"]["name"] == "Jane Doe" && content["case"]["order"] == "4711"
        })
    };
    alice.wait_for_room(&session, "what was changed in the consult", named).await.unwrap();
    // Bob also read what others said with the contact.
    let audited = "SELECT COUNT(*) FROM audit WHERE what IN ('case', 'contact') AND subject = \
                   (SELECT parent FROM talks) AND detail NOT LIKE 'opened the customer card of %'";
    assert_eq!(world.number(audited).await, 2);
    world.finish().await;
}
