//! Standard responses that do not simply go: taken back, late, to a contact who has opted out, in a page,
//! where numbers are masked; and the file in which they are exported and imported.

use ruma::{OwnedEventId, OwnedRoomId, RoomId};
use serde_json::json;
use switchroom::clock::Clock;
use switchroom::demo::agent::seen::Seen;

use super::files::{attachment, photo_of};
use super::{held_back, join_offered, type_in};
use crate::harness::{Database, OURS, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";

const DESK: &str = r#"dispositions: [{code: solved, label: Solved}]
  responses:
    - {shortcut: bye, text: "Goodbye from {{ agent.first_name }}", then: ["tag greeted", "note Said goodbye"]}
    - {shortcut: call, text: "We call you at {{ contact.number }} from {{ desk.number }}."}"#;
const BYE: &str = "Goodbye from alice";
const USES: &str = "SELECT COUNT(*) FROM response_uses";
const TAGGED: &str = "SELECT COUNT(*) FROM tags WHERE tag = 'greeted'";

fn options() -> WorldOptions {
    WorldOptions { desk: DESK, ..WorldOptions::default() }
}

/// Waits until what follows the response was done, once.
async fn followed(world: &World) {
    eventually("what follows to be done", || async { (world.number(TAGGED).await == 1).then_some(()) }).await;
    world.drained().await;
    let notes = "SELECT COUNT(*) FROM transcript WHERE kind = 'note' AND body = 'Said goodbye'";
    assert_eq!((world.number(notes).await, world.number(USES).await), (1, 1));
}

async fn nothing_followed(world: &World) {
    world.drained().await;
    assert_eq!((world.number(TAGGED).await, world.number(USES).await), (0, 0));
    assert!(world.taken_for(JANE).is_empty());
}

async fn told(world: &World, event: &OwnedEventId, code: &str) -> Seen {
    let fits = |seen: &Seen| seen.code() == code && seen.replies_to() == Some(event.as_str());
    world.agent("alice").wait_for(&format!("{code} about {event}"), fits).await.unwrap()
}

#[tokio::test]
async fn one_that_is_taken_back_in_time_goes_nowhere_and_nothing_follows_on_sqlite() {
    taken_back_in_time(Database::Sqlite).await;
}

#[tokio::test]
async fn one_that_is_taken_back_in_time_goes_nowhere_and_nothing_follows_on_postgres() {
    taken_back_in_time(Database::Postgres).await;
}

async fn taken_back_in_time(database: Database) {
    let world = World::with(WorldOptions { database, queue: "undo_secs: 2", ..options() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Thanks!").await;
    let typed = alice.send_text(&room, "#bye").await.unwrap();
    told(&world, &typed, "response").await;
    let by_command = alice.send_text(&room, "!reply bye").await.unwrap();
    told(&world, &by_command, "response").await;
    alice.redact(&room, &typed).await.unwrap();
    alice.redact(&room, &by_command).await.unwrap();
    nothing_followed(&world).await;
    // The next one is counted, and followed.
    let stays = alice.send_text(&room, "#bye").await.unwrap();
    alice.wait_for_reaction(&stays, "✓").await.unwrap();
    world.phone_gets(JANE, &[BYE]).await;
    followed(&world).await;
    // Now it is too late.
    alice.redact(&room, &stays).await.unwrap();
    assert_eq!(held_back(alice, &stays).await, "already_sent");
    followed(&world).await;
    world.finish().await;
}

/// Asks for a response while the program is away, which hears of it when that is long ago: the question
/// whether it is still to go.
async fn asked_while_away(world: &mut World, room: &RoomId) -> (OwnedEventId, Seen) {
    world.bridge.kill();
    let asked = world.agent("alice").send_text(room, "#bye").await.unwrap();
    let seen =
        world.agent("alice").wait_for("it to stand there", |seen| seen.event_id == asked).await.unwrap();
    let is_late = || Clock::default().now().since(seen.sent_at).as_millis() > 1_000;
    eventually("it to be late", || async { is_late().then_some(()) }).await;
    world.start_again("").await;
    assert_eq!(held_back(world.agent("alice"), &asked).await, "late");
    let question = told(world, &asked, "message_held_back").await;
    (asked, question)
}

#[tokio::test]
async fn one_that_comes_late_goes_when_its_writer_says_so_and_not_once_the_conversation_is_anothers() {
    let timers = "late_secs: 1";
    let mut world = World::with(WorldOptions { agents: &["alice", "bob"], timers, ..options() }).await;
    let room: OwnedRoomId = world.conversation("alice", JANE, "Thanks!").await;
    let (first, question) = asked_while_away(&mut world, &room).await;
    nothing_followed(&world).await;
    // Handed over, it is nobody's to send: not by what was asked, in no room.
    world.command("bob", "!ready", "status").await;
    world.agent("alice").send_text(&room, "!transfer bob").await.unwrap();
    assert_eq!(join_offered(&world, "bob", JANE).await, room);
    world.agent("alice").wait_until_out_of(&room).await.unwrap();
    let yes =
        json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": question.event_id, "key": "✅"}});
    world.pretend(&room, "@alice:desk.test", "m.reaction", yes).await;
    let console = world.console("alice").await;
    let refused = world.agent("alice").wait_for_notice(&console, "not_sent").await.unwrap();
    assert_eq!(refused.notice().unwrap()["why"], "not_yours");
    world.agent("bob").react(&room, &question.event_id, "✅").await.unwrap();
    let refused = world.agent("bob").wait_for_notice(&room, "not_sent").await.unwrap();
    assert_eq!(refused.notice().unwrap()["why"], "not_writer");
    nothing_followed(&world).await;

    // Hers again, a yes sends it; the room reads what the customer gets, and what follows is done.
    world.command("alice", "!ready", "status").await;
    let position = world.agent("alice").position();
    world.agent("bob").send_text(&room, "!transfer alice").await.unwrap();
    super::offer_after(&world, "alice", position, JANE).await;
    join_offered(&world, "alice", JANE).await;
    world.agent("bob").wait_until_out_of(&room).await.unwrap();
    let alice = world.agent("alice");
    alice.react(&room, &question.event_id, "✅").await.unwrap();
    world.phone_gets(JANE, &[BYE]).await;
    assert_eq!(told(&world, &first, "response").await.notice().unwrap()["text"], BYE);
    followed(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn one_to_who_has_opted_out_waits_for_them_and_is_followed_when_it_goes() {
    let world = World::with(options()).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Thanks!").await;
    world.text(JANE, "STOP").await;
    alice.wait_for_notice(&room, "opted_out").await.unwrap();
    let waits = alice.send_text(&room, "#bye").await.unwrap();
    assert_eq!(held_back(alice, &waits).await, "opted_out");
    nothing_followed(&world).await;
    let dropped = alice.send_text(&room, "#call").await.unwrap();
    assert_eq!(held_back(alice, &dropped).await, "opted_out");
    alice.redact(&room, &dropped).await.unwrap();
    world.text(JANE, "START").await;
    alice.wait_for_reaction(&waits, "✓").await.unwrap();
    world.phone_gets(JANE, &[BYE]).await;
    followed(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn one_that_answers_a_page_is_followed_in_the_page() {
    let world = World::with(WorldOptions {
        number: "queue: support, mode: page",
        timers: "page_grace_secs: 1",
        queue: "undo_secs: 1, disposition: mandatory",
        desk: r#"dispositions: [{code: solved, label: Solved}]
  responses:
    - {shortcut: done, text: "It is done.", then: ["case set topic page", "done solved"]}"#,
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    world.text(JANE, "Is it done?").await;
    let room = join_offered(&world, "alice", JANE).await;
    // What is refused as long as the customer has just written would not be done; that was some time ago.
    world.number("UPDATE transcript SET at = at - 60000 WHERE kind = 'contact' RETURNING 1").await;
    alice.send_text(&room, "#done").await.unwrap();
    world.phone_gets(JANE, &["It is done."]).await;
    // Both the answer and what follows bring it to its end; it has its disposition, so that nobody is asked.
    alice.wait_until_out_of(&room).await.unwrap();
    let kept =
        "SELECT COUNT(*) FROM interactions WHERE body LIKE '%[\"topic\",\"page\"]%' AND body LIKE '%solved%'";
    assert_eq!(world.number(kept).await, 1);
    assert_eq!(world.number(USES).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn where_numbers_are_masked_the_customer_reads_hers_whole_and_the_room_does_not() {
    let desk = format!("mask_numbers: true\n  {DESK}");
    let world = World::with(WorldOptions {
        each: &[("alice", "permissions: [contact_edit, case_edit]")],
        desk: Box::leak(desk.into_boxed_str()),
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    world.text(JANE, "Call me").await;
    let room = alice.wait_for_invite("Jane", |room| room.name() == "•••0100").await.unwrap();
    alice.join(&room).await.unwrap();
    world.state("alice", &room, "active").await;
    let masked = "We call you at •••0100 from +15005550006.";
    let preview = type_in(&world, "alice", &room, "!reply call?", "response").await;
    assert_eq!(preview.notice().unwrap()["text"], masked);
    let asked = alice.send_text(&room, "#call").await.unwrap();
    let goes = told(&world, &asked, "response").await;
    assert_eq!(goes.notice().unwrap()["text"], masked);
    world.phone_gets(JANE, &[&format!("We call you at {JANE} from +15005550006.")]).await;
    for seen in [&preview, &goes] {
        let read = format!("{}{}", seen.body(), seen.content);
        assert!(!read.contains(JANE) && !read.contains("415"), "{read}");
    }
    // Nor does the history tell her.
    let id = alice.look(|log| log.rooms()[&room].interaction().unwrap()["id"].as_str().unwrap().to_owned());
    let transcript = type_in(&world, "alice", &room, &format!("!history {id}"), "transcript").await;
    assert!(transcript.body().contains("We call you at"), "{}", transcript.body());
    assert!(!transcript.body().contains(JANE), "{}", transcript.body());
    world.finish().await;
}

#[tokio::test]
async fn responses_go_into_a_file_and_back_and_a_hostile_file_changes_nothing_on_sqlite() {
    into_a_file_and_back(Database::Sqlite).await;
}

#[tokio::test]
async fn responses_go_into_a_file_and_back_and_a_hostile_file_changes_nothing_on_postgres() {
    into_a_file_and_back(Database::Postgres).await;
}

/// Runs a command of the program while it does not serve: whether it succeeded, and what it printed.
async fn at_the_shell(world: &mut World, arguments: &[&str], input: &str) -> (bool, String) {
    world.bridge.kill();
    let ran = world.bridge.run_with(arguments, input);
    world.start_again("").await;
    ran
}

/// Starts the desk with a config in which a response has a customer's file.
async fn left_out_of_the_config(world: &mut World, file: &str) {
    let config = world.folder().join("bridge-config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let responses = format!("\n  responses: [{{shortcut: hers, text: b, media: ['{file}']}}]\n");
    std::fs::write(&config, text.replacen("desk:", &format!("desk:{responses}"), 1)).unwrap();
    world.start_again("").await;
    world.command("alice", "!response show hers", "no_such_target").await;
    let log = world.bridge.log();
    assert!(log.contains("it has a file that a customer sent"), "{log}");
}

async fn into_a_file_and_back(database: Database) {
    let mut world = World::with(WorldOptions {
        database,
        each: &[("alice", "roles: [agent, supervisor, admin]")],
        ..WorldOptions::default()
    })
    .await;
    for typed in [
        "!response add bye Goodbye {{ contact.name | default(\"# no 'comment'\") }}, {{ order }}: {{ day }}",
        "!response set bye category 1e3: yes",
        "!response set bye lang de",
        "!response set bye queues support",
        "!response set bye media mxc://desk.test/a, mxc://desk.test/b name \"a: b, 'c'.pdf\" type application/pdf size 7",
    ] {
        let code = if typed.contains("order") { "usage" } else { "changed" };
        if code == "usage" {
            // The blanks are known once they are said.
            world.command("alice", typed, "usage").await;
            world
                .command(
                    "alice",
                    "!response add bye Goodbye {{ contact.name | default(\"# no 'comment'\") }}",
                    "changed",
                )
                .await;
            continue;
        }
        world.command("alice", typed, code).await;
    }
    world.command("alice", "!response set bye then \"note a; b\"; tag greeted", "changed").await;
    let room = world.conversation("alice", JANE, "Thanks!").await;
    world.command("alice", "!response add hi Hello", "changed").await;
    world.agent("alice").send_text(&room, "#hi").await.unwrap();
    world.phone_gets(JANE, &["Hello"]).await;
    // As it is made field by field, it has a blank that nothing uses yet.
    world.command("alice", "!response set bye ask day", "changed").await;
    let before = super::rows(&world.command("alice", "!response show bye", "list").await);
    let picture = attachment("image/jpeg", photo_of(3));
    world.provider.text_from(JANE, OURS, "Mine", vec![picture]).await.unwrap();
    let fits = |seen: &Seen| seen.room_id == room && seen.msgtype() == "m.image";
    let hers = world.agent("alice").wait_for("her picture", fits).await.unwrap();
    let hers = hers.content["url"].as_str().unwrap().to_owned();

    let (whole, file) = at_the_shell(&mut world, &["export"], "").await;
    assert!(whole && file.contains("shortcut: bye"), "{file}");
    world.command("alice", "!response remove bye", "changed").await;
    world.command("alice", "!response set hi text Something else", "changed").await;
    let (whole, said) = at_the_shell(&mut world, &["import", "-"], &file).await;
    assert!(whole, "{said}");
    assert_eq!(super::rows(&world.command("alice", "!response show bye", "list").await), before);
    assert_eq!(at_the_shell(&mut world, &["export"], "").await.1, file);
    // How often each was used does not depend on that.
    let report = world.command("alice", "!report responses", "report").await;
    assert!(
        report.body().contains("#hi: used 1 time") && report.body().contains("#bye: not used"),
        "{}",
        report.body()
    );

    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n\
                responses: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
    let eleven: Vec<String> = (0..11).map(|n| format!("mxc://desk.test/{n}")).collect();
    let with = |media: &str| {
        format!("responses: [{{shortcut: hi, text: Good}}, {{shortcut: bad, text: b, media: {media}}}]")
    };
    for (file, why) in [
        (bomb.to_owned(), ""),
        (format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000)), ""),
        ("responses: [{shortcut: \"a\\0b\", text: b}]".to_owned(), "shortcut"),
        ("responses: [{shortcut: [a], text: b}]".to_owned(), "responses, entry 1"),
        ("responses: [{shortcut: hi, text: Good, txet: Bad}]".to_owned(), "txet is no field of it"),
        (
            "responses: [{shortcut: hi, text: Good}, {shortcut: hi, text: Bad}]".to_owned(),
            "“hi” is there already",
        ),
        (with("[cat.png]"), "“cat.png” is no file at the homeserver; write a file like mxc://"),
        (with("[{name: a.png}]"), "has a file without url"),
        (
            with("[{url: 'mxc://desk.test/a', nmae: a.png}]"),
            "“nmae” is not known here; a file has url, name, type, size",
        ),
        (with("[{url: 'mxc://desk.test/a', size: -1}]"), "size “-1” is no number of bytes"),
        (with("[{url: 'mxc://desk.test/a', name: \"a\\nb\"}]"), "must be one line"),
        (with("['mxc://desk.test/a', {url: 'mxc://desk.test/a'}]"), "twice"),
        (
            with(&format!("[{}]", eleven.iter().map(|uri| format!("'{uri}'")).collect::<Vec<_>>().join(","))),
            "more than 10 files",
        ),
        (with("mxc://desk.test/a"), "responses, entry 2"),
        (with(&format!("['{hers}']")), "which a customer sent; post a file of your own"),
    ] {
        world.bridge.kill();
        let (whole, said) = world.bridge.run_with(&["import", "-"], &file);
        assert!(!whole && said.contains(why), "{file:.200}: {said:.500}");
        assert!(!said.contains("panicked"), "{said:.500}");
    }
    left_out_of_the_config(&mut world, &hers).await;
    assert_eq!(at_the_shell(&mut world, &["export"], "").await.1, file);
    world.finish().await;
}
