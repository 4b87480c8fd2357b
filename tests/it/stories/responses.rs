//! Standard responses: found, seen, filled in, sent, and what follows.

use ruma::{OwnedEventId, OwnedRoomId, RoomId};
use serde_json::json;
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::AnswerFault;

use super::{done, held_back, rows, type_in};
use crate::harness::{Database, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";

const RESPONSES: &str = r#"dispositions: [{code: solved, label: Solved}]
  responses:
    - {shortcut: hello, category: greetings, text: "Hello {{ contact.name | default('there') }}, this is {{ agent.first_name }}."}
    - {shortcut: hallo, category: greetings, lang: de, text: "Hallo {{ contact.name }} <3"}
    - {shortcut: status, text: "Order {{ case.order }} of {{ queue.name }} is on its way."}
    - {shortcut: price, queues: [sales], text: "It costs 5."}
    - {shortcut: refund, ask: [order, day], text: "Order {{ order }} will be refunded on {{ day }}.", then: ["case set order {{ order }}", "note Refund on {{ day }}", "done solved"]}
    - {shortcut: wrong, text: "Sorry about that.", then: ["case set topic mistake", "transfer nobody", "tag sorry"]}"#;

async fn desk(database: Database) -> World {
    World::with(WorldOptions {
        database,
        agents: &["alice", "bob"],
        each: &[("bob", "roles: [agent, supervisor, admin]")],
        queue: "undo_secs: 0}, {name: sales",
        desk: RESPONSES,
        ..WorldOptions::default()
    })
    .await
}

/// The notice of a code in reply to an event.
async fn told(world: &World, event: &OwnedEventId, code: &str) -> Seen {
    let fits = |seen: &Seen| seen.code() == code && seen.replies_to() == Some(event.as_str());
    world.agent("alice").wait_for(&format!("{code} about {event}"), fits).await.unwrap()
}

/// Waits for the next question for a blank, of those after `position`.
async fn asked(world: &World, room: &RoomId, position: usize, blank: &str) -> Seen {
    let fits =
        |seen: &Seen| seen.room_id == room && seen.notice().is_some_and(|notice| notice["blank"] == blank);
    world.agent("alice").wait_for_after(position, &format!("to be asked for {blank}"), fits).await.unwrap()
}

async fn reply_to(world: &World, room: &OwnedRoomId, to: &Seen, text: &str) -> OwnedEventId {
    world.agent("alice").send_reply(room, &to.event_id, text).await.unwrap()
}

/// A response in whose values nothing stands names them, and does not go.
async fn nothing_is_left(world: &World, room: &OwnedRoomId) {
    let alice = world.agent("alice");
    world.command("bob", "!response add empty {{ case.topic | default('') }}", "changed").await;
    let empty = alice.send_text(room, "#empty").await.unwrap();
    assert_eq!(held_back(alice, &empty).await, "empty");
    let notice = told(world, &empty, "message_held_back").await;
    assert!(notice.body().contains("!case set topic <value> gives case.topic"), "{}", notice.body());
    let preview = type_in(world, "alice", room, "#empty?", "response").await;
    assert_eq!(preview.notice().unwrap()["empty"][0]["name"], "case.topic");
    assert!(!preview.body().contains("sends it"), "{}", preview.body());
    world.command("bob", "!response remove empty", "changed").await;
}

#[tokio::test]
async fn a_response_is_found_seen_and_sent_with_its_values_like_a_typed_message() {
    let world = desk(Database::Sqlite).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is my order?").await;

    // Exactly the shortcut is sent as the response, with the marks at the message that asked for it.
    let hello = alice.send_text(&room, " #HELLO ").await.unwrap();
    world.phone_gets(JANE, &["Hello there, this is alice."]).await;
    alice.wait_for_reaction(&hello, "✓").await.unwrap();
    let shown = told(&world, &hello, "response").await;
    assert_eq!(shown.notice().unwrap()["text"], "Hello there, this is alice.");

    // Counted is what would be sent.
    let units = async |typed: &str| {
        let count = type_in(&world, "alice", &room, typed, "count").await;
        assert!(count.body().contains("units, GSM-7"), "{}", count.body());
        count.notice().unwrap()["units"].as_u64().unwrap()
    };
    assert_eq!(units("!count #hello").await, "Hello there, this is alice.".len() as u64);
    assert_eq!(units("!count !!done").await, "!done".len() as u64);
    // Blanks and missing values count as their names, without the marks they are shown in.
    assert_eq!(units("!count #refund").await, "Order order will be refunded on day.".len() as u64);
    assert_eq!(units("!count #status").await, "Order case.order of support is on its way.".len() as u64);

    // A shortcut that there is not, or that is for another queue, is held back, with the nearest one.
    let slip = alice.send_text(&room, "#helo").await.unwrap();
    assert_eq!(held_back(alice, &slip).await, "no_shortcut");
    let notice = told(&world, &slip, "message_held_back").await;
    assert!(notice.body().contains("Did you mean #hello?"), "{}", notice.body());
    let other = alice.send_text(&room, "#price").await.unwrap();
    assert_eq!(held_back(alice, &other).await, "no_shortcut");
    alice.edit(&room, &slip, "#hello").await.unwrap();
    world.phone_gets(JANE, &["Hello there, this is alice."; 2]).await;

    // What is missing is named with what gives it, and nothing goes until it is there.
    let status = alice.send_text(&room, "#status").await.unwrap();
    assert_eq!(held_back(alice, &status).await, "value_missing");
    // Nor is anybody asked for the blanks of one that cannot go as it stands.
    for typed in
        ["add visit Soon", "set visit ask day", "set visit text On {{ day }}, {{ case.order }} comes."]
    {
        world.command("bob", &format!("!response {typed}"), "changed").await;
    }
    let visit = alice.send_text(&room, "#visit").await.unwrap();
    assert_eq!(held_back(alice, &visit).await, "value_missing");
    let is_asked = |seen: &Seen| seen.code() == "response_blank";
    assert!(alice.look(|log| !log.messages(&room).any(is_asked)));
    world.command("bob", "!response remove visit", "changed").await;
    let notice = told(&world, &status, "message_held_back").await;
    assert!(notice.body().contains("!case set order <value>"), "{}", notice.body());
    for typed in ["!reply status?", "#status?"] {
        let preview = type_in(&world, "alice", &room, typed, "response").await;
        let content = preview.notice().unwrap();
        assert_eq!((&content["sent"], &content["missing"][0]["name"]), (&json!(false), &json!("case.order")));
        assert!(content["text"].as_str().unwrap().contains("‹case.order› of support"));
    }
    type_in(&world, "alice", &room, "!case set order <b>47\u{202e}11</b>", "case").await;
    let sent = type_in(&world, "alice", &room, "!reply status", "response").await;
    assert!(sent.formatted_body().unwrap().contains("&lt;b&gt;4711&lt;/b&gt;"), "{sent:?}");
    let order = "Order <b>4711</b> of support is on its way.";
    world.phone_gets(JANE, &["Hello there, this is alice.", "Hello there, this is alice.", order]).await;

    nothing_is_left(&world, &room).await;

    // The list is of this queue, in the contact's language first; a number sends, in either form.
    type_in(&world, "alice", &room, "!contact set language de-AT", "contact").await;
    type_in(&world, "alice", &room, "!contact set name Jane Doe", "contact").await;
    let listed = type_in(&world, "alice", &room, "!responses", "list").await;
    let shortcuts: Vec<String> =
        rows(&listed).iter().map(|row| row.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(shortcuts, ["#hallo", "#hello", "#refund", "#status", "#wrong"]);
    let listed = type_in(&world, "alice", &room, "!responses GREET jane", "list").await;
    assert!(rows(&listed).is_empty());
    let listed = type_in(&world, "alice", &room, "!responses greet", "list").await;
    assert_eq!(rows(&listed)[0], "#hallo greetings · de · Hallo Jane Doe <3");
    let defined = world.command("bob", "!response list GREET hallo", "list").await;
    assert!(matches!(&rows(&defined)[..], [only] if only.starts_with("hallo ")), "{:?}", rows(&defined));
    assert!(rows(&world.command("bob", "!response list greet nothing", "list").await).is_empty());
    type_in(&world, "alice", &room, "!responses greet", "list").await;
    alice.send_text(&room, "!1").await.unwrap();
    eventually("the row to be sent", || async {
        (world.taken_for(JANE).last().is_some_and(|text| text == "Hallo Jane Doe <3")).then_some(())
    })
    .await;
    type_in(&world, "alice", &room, "!reply 2?", "response").await;
    alice.react(&room, &listed.event_id, "2\u{fe0f}\u{20e3}").await.unwrap();
    alice.wait_for_reaction(&listed.event_id, "✓").await.unwrap();
    alice.react(&room, &listed.event_id, "1\u{fe0f}\u{20e3}").await.unwrap();
    let refused = told(&world, &listed.event_id, "refused").await;
    assert!(refused.body().contains("type its number"), "{}", refused.body());
    assert_eq!(world.taken_for(JANE).len(), 5);
    let none = type_in(&world, "alice", &room, "!reply helo", "no_such_target").await;
    assert!(none.body().contains("did you mean #hello?"), "{}", none.body());
    world.command("alice", "!reply hello", "usage").await;

    // Who comes later reads what was sent, and how often each was is counted.
    let id = alice.look(|log| log.rooms()[&room].interaction().unwrap()["id"].as_str().unwrap().to_owned());
    let past = world.command("alice", &format!("!history {id}"), "transcript").await;
    assert!(past.body().contains("Hello there, this is alice.") && past.body().contains(order));
    let report = world.command("bob", "!report responses", "report").await;
    for line in ["#hello: used 3 times", "#hallo: used 1 time", "#refund: not used"] {
        assert!(report.body().contains(line), "{}", report.body());
    }
    assert!(!world.command("bob", "!report", "report").await.body().contains("#hello"));
    world.finish().await;
}

#[tokio::test]
async fn blanks_are_asked_for_one_at_a_time_and_survive_a_restart_on_sqlite() {
    blanks_are_asked_for_one_at_a_time(Database::Sqlite).await;
}

#[tokio::test]
async fn blanks_are_asked_for_one_at_a_time_and_survive_a_restart_on_postgres() {
    blanks_are_asked_for_one_at_a_time(Database::Postgres).await;
}

async fn blanks_are_asked_for_one_at_a_time(database: Database) {
    let mut world = desk(database).await;
    let room = world.conversation("alice", JANE, "My money, please").await;
    let alice = world.agent("alice");
    let position = alice.position();
    let refund = alice.send_text(&room, "#refund").await.unwrap();
    let order = asked(&world, &room, position, "order").await;
    assert_eq!(order.replies_to(), Some(refund.as_str()));
    // A message that replies to nothing goes to the contact as ever.
    alice.send_text(&room, "One moment").await.unwrap();
    world.phone_gets(JANE, &["One moment"]).await;
    // What the contact wrote is some time ago, so that `done` is not refused because of it.
    world.number("UPDATE transcript SET at = at - 60000 WHERE kind = 'contact' RETURNING 1").await;
    world.start_again("").await;
    let alice = world.agent("alice");
    let position = alice.position();
    // What would be a command of the client's, or a shortcut, is an answer here.
    reply_to(&world, &room, &order, "#4711").await;
    let day = asked(&world, &room, position, "day").await;
    let late = reply_to(&world, &room, &order, "4712").await;
    let over = told(&world, &late, "no_such_target").await;
    assert!(over.body().contains("That question is over"), "{}", over.body());

    // The right to send is read when it is sent: nothing goes while the conversation is on hold.
    type_in(&world, "alice", &room, "!hold", "held").await;
    reply_to(&world, &room, &day, "Monday").await;
    assert_eq!(held_back(alice, &refund).await, "held");
    type_in(&world, "alice", &room, "!resume", "resumed").await;
    type_in(&world, "alice", &room, "!answer Monday", "response").await;
    world.phone_gets(JANE, &["One moment", "Order #4711 will be refunded on Monday."]).await;
    // What follows is done as if alice had typed it, and the conversation with it.
    alice.wait_until_out_of(&room).await.unwrap();
    let noted = "SELECT COUNT(*) FROM transcript WHERE kind = 'note' AND body = 'Refund on Monday'";
    assert_eq!(world.number(noted).await, 1);
    let kept = "SELECT COUNT(*) FROM interactions WHERE body LIKE '%[\"order\",\"#4711\"]%' AND body LIKE '%solved%'";
    assert_eq!(world.number(kept).await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM blanks").await, 0);

    // A tap, a word, or deleting the message drops it.
    let room = world.conversation("alice", OMAR, "Mine too").await;
    let alice = world.agent("alice");
    let position = alice.position();
    let first = alice.send_text(&room, "#refund").await.unwrap();
    let order = asked(&world, &room, position, "order").await;
    alice.wait_for_reaction(&order.event_id, "❌").await.unwrap();
    alice.react(&room, &order.event_id, "❌").await.unwrap();
    told(&world, &first, "response_dropped").await;
    type_in(&world, "alice", &room, "!answer 4711", "no_such_target").await;
    type_in(&world, "alice", &room, "!reply refund", "response_blank").await;
    type_in(&world, "alice", &room, "!answer", "response_blank").await;
    type_in(&world, "alice", &room, "!answer cancel", "response_dropped").await;
    let position = alice.position();
    let last = alice.send_text(&room, "#refund").await.unwrap();
    asked(&world, &room, position, "order").await;
    alice.redact(&room, &last).await.unwrap();
    eventually("nothing to be asked for", || async {
        (world.number("SELECT COUNT(*) FROM blanks").await == 0).then_some(())
    })
    .await;
    // With the conversation, what was asked in it is over, and is said so where she reads on.
    let position = alice.position();
    alice.send_text(&room, "#refund").await.unwrap();
    asked(&world, &room, position, "order").await;
    let console = world.console("alice").await;
    done(&world, "alice", &room).await;
    let dropped = |seen: &Seen| seen.room_id == console && seen.code() == "response_dropped";
    alice.wait_for_after(position, "that it was dropped", dropped).await.unwrap();
    let room = world.conversation("alice", OMAR, "And mine").await;
    // One that an admin changes meanwhile is begun anew.
    let again = alice.send_text(&room, "#refund").await.unwrap();
    told(&world, &again, "response_blank").await;
    world.command("bob", "!response set refund ask order", "usage").await;
    // A number is no name, whatever list was shown last.
    world.command("bob", "!response list", "list").await;
    world.command("bob", "!response add 1 one", "usage").await;
    world
        .command(
            "bob",
            "!response set refund text Order {{ order }} {{ day | default(\"soon\") }}",
            "changed",
        )
        .await;
    world.command("bob", "!response remove refund", "changed").await;
    type_in(&world, "alice", &room, "!answer 4711", "response_dropped").await;
    assert!(world.taken_for(OMAR).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn what_follows_is_done_once_though_killed_before_it_on_sqlite() {
    what_follows_is_done_once(Database::Sqlite).await;
}

#[tokio::test]
async fn what_follows_is_done_once_though_killed_before_it_on_postgres() {
    what_follows_is_done_once(Database::Postgres).await;
}

async fn what_follows_is_done_once(database: Database) {
    let mut world = desk(database).await;
    let room = world.conversation("alice", JANE, "That is not mine").await;

    // Where the provider refuses the text, nothing follows until it takes it.
    world.provider.faults().answer_next(AnswerFault::FailedAtOnce(30003), 1);
    let failed = world.agent("alice").send_text(&room, "#wrong").await.unwrap();
    world.agent("alice").wait_for_reaction(&failed, "❌").await.unwrap();
    world.drained().await;
    let tagged = "SELECT COUNT(*) FROM tags WHERE tag = 'sorry'";
    assert_eq!(
        (world.number(tagged).await, world.number("SELECT COUNT(*) FROM response_uses").await),
        (0, 0)
    );

    // The program dies after the provider took it, before anything that follows.
    world.start_again("before_then=1*return").await;
    world.bridge.listening_or_ended().await;
    world.agent("alice").send_text(&room, "!resend").await.unwrap();
    eventually("the program to die", || {
        let ended = world.bridge.has_ended();
        async move { ended.then_some(()) }
    })
    .await;
    assert_eq!(world.taken_for(JANE).last().map(String::as_str), Some("Sorry about that."));
    assert_eq!(world.number(tagged).await, 0);
    world.start_again("").await;
    eventually("what follows to be done", || async { (world.number(tagged).await == 1).then_some(()) }).await;
    // A command that is refused is told as if it was typed, and the next one is run all the same.
    let refused = told(&world, &failed, "no_such_target").await;
    assert!(refused.body().contains("nobody"), "{}", refused.body());
    let topic = "SELECT COUNT(*) FROM interactions WHERE body LIKE '%[\"topic\",\"mistake\"]%'";
    assert_eq!(world.number(topic).await, 1);
    world.start_again("").await;
    world.drained().await;
    let set = "SELECT COUNT(*) FROM audit WHERE what = 'case' AND detail = 'set topic mistake'";
    assert_eq!((world.number(set).await, world.number("SELECT COUNT(*) FROM response_uses").await), (1, 1));
    world.finish().await;
}

#[tokio::test]
async fn what_an_admin_defines_wrongly_is_refused_with_what_would_be_right() {
    let world = desk(Database::Sqlite).await;
    let long = format!("!response add long {}", "x".repeat(20_000));
    for (typed, why) in [
        ("!response add a {{ contact.nmae }}", "did you mean {{ contact.name }}?"),
        ("!response add a {{ contact.name | upper }}", "the only one is default"),
        ("!response add a {% for i in range(9) %}{{ i }}{% endfor %}", "has {%; there are only values"),
        ("!response set hello then dnoe solved", "did you mean done?"),
        ("!response set hello then reply hallo", "no command that a response may run"),
        ("!response set hello then done nosuch", "there is no such disposition; there is solved"),
        ("!response set hello queues nowhere", "There is no queue “nowhere”"),
        ("!response set hello lang klingonish", "not a language tag"),
        ("!response add appt See you on {{ day }}.", "To have the agent asked for day, name it in ask first"),
        ("!response set hello media cat.png", "is no file at the homeserver"),
        ("!response set hello tetx Hi", "did you mean text?"),
        (long.as_str(), "longer than 4000"),
    ] {
        let usage = world.command("bob", typed, "usage").await;
        assert!(usage.body().contains(why), "{typed:.80}: {}", usage.body());
    }
    world.command("bob", "!queue add billing", "changed").await;
    world.command("bob", "!response set hello queues billing", "changed").await;
    world.command("bob", "!response set hello category First words", "changed").await;
    world.command("bob", "!response set hello lang en", "changed").await;
    world.command("bob", "!response set hello then tag greeted; \"note said hello; twice\"", "changed").await;
    let shown = rows(&world.command("bob", "!response show hello", "list").await);
    for row in
        ["queues billing", "category First words", "lang en", "then tag greeted; \"note said hello; twice\""]
    {
        assert!(shown.contains(&row.to_owned()), "{shown:?}");
    }
    let used = world.command("bob", "!queue remove billing", "refused").await;
    assert!(used.body().contains("the standard response hello is for it"), "{}", used.body());
    world.command("bob", "!response set hello queues none", "changed").await;
    world.command("bob", "!response set hello then none", "changed").await;
    let refused = world.command("alice", "!response add mine Mine", "not_allowed").await;
    assert!(refused.body().contains("!response is for admins"), "{}", refused.body());

    // A blank is named first, then the text that uses it.
    world.command("bob", "!response add appt See you soon.", "changed").await;
    let named = world.command("bob", "!response set appt ask day", "changed").await;
    assert!(
        named.body().contains("nothing uses day yet, write {{ day }} into text or then"),
        "{}",
        named.body()
    );
    let used = world.command("bob", "!response set appt text See you on {{ day }}.", "changed").await;
    assert!(used.body().contains("text See you on {{ day }}."), "{}", used.body());
    assert!(!used.body().lines().next().unwrap().contains("nothing uses"), "{}", used.body());
    world.finish().await;
}
