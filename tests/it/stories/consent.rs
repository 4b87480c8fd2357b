//! Whether the customer wants to be texted: keywords, what the provider says, sentences, and the record.

use ruma::{EventId, OwnedRoomId};
use switchroom::demo::agent::Agent;
use switchroom::demo::agent::seen::Seen;
use switchroom::domain::address::Address;
use switchroom::sms::simulator::{AnswerFault, PostFault};

use super::{done, join_offered, offer_after, type_in};
use crate::harness::telnyx::Answer;
use crate::harness::{Database, OURS, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";
/// Another number of ours, and one more.
const TOO: &str = "+15005550007";
const THREE: &str = "+15005550008";

/// Waits for the reason that a message of an agent is held back for.
async fn held_back(agent: &Agent, message: &EventId) -> String {
    let fits =
        |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(message.as_str());
    let notice = agent.wait_for("what holds it back", fits).await.unwrap();
    notice.notice().unwrap()["why"].as_str().unwrap().to_owned()
}

/// How many notices of a code stand in a room.
fn count(agent: &Agent, room: &OwnedRoomId, code: &str) -> usize {
    agent.look(|log| log.messages(room).filter(|seen| seen.code() == code).count())
}

/// Waits until so many notices of a code stand in a room.
async fn counted(agent: &Agent, room: &OwnedRoomId, code: &str, times: usize) {
    let what = format!("{times} of {code}");
    eventually(&what, || async { (count(agent, room, code) >= times).then_some(()) }).await;
    assert_eq!(count(agent, room, code), times, "{what}");
}

/// Jane writes to one of our numbers, and Alice takes it: the room.
async fn talks_to(world: &World, ours: &str, body: &str) -> OwnedRoomId {
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    world.provider.text_from(JANE, ours, body, vec![]).await.unwrap();
    let room = world.invite("alice", JANE).await;
    alice.join(&room).await.unwrap();
    alice.wait_for_text(&room, body).await.unwrap();
    world.state("alice", &room, "active").await;
    room
}

#[tokio::test]
async fn an_opt_out_reaches_the_numbers_of_its_messaging_service_and_the_others_hear_of_it() {
    let world = World::with(WorldOptions {
        number: "queue: support, messaging_service: MG1",
        more_numbers: &[(TOO, "queue: support, messaging_service: MG1"), (THREE, "queue: support")],
        sms: "opt_out_scope: sender",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let mut rooms = Vec::new();
    for (ours, body) in [(OURS, "To the first"), (TOO, "To the second"), (THREE, "To the third")] {
        rooms.push(talks_to(&world, ours, body).await);
    }
    world.text(JANE, "STOP").await;
    for room in &rooms[..2] {
        alice.wait_for_notice(room, "opted_out").await.unwrap();
    }
    let second = alice.send_text(&rooms[1], "from the second").await.unwrap();
    assert_eq!(held_back(alice, &second).await, "opted_out");
    let third = alice.send_text(&rooms[2], "from the third").await.unwrap();
    alice.wait_for_reaction(&third, "✓").await.unwrap();
    assert_eq!(count(alice, &rooms[2], "opted_out"), 0);

    // START to the one lets go what waits in the other.
    world.text(JANE, "START").await;
    alice.wait_for_notice(&rooms[1], "opted_in").await.unwrap();
    alice.wait_for_reaction(&second, "✓").await.unwrap();
    world.phone_gets(JANE, &["from the third", "from the second"]).await;
    world.finish().await;
}

#[tokio::test]
async fn an_opt_out_of_the_whole_desk_reaches_every_number() {
    let world = World::with(WorldOptions {
        more_numbers: &[(TOO, "queue: support")],
        sms: "opt_out_scope: desk",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let (first, second) =
        (talks_to(&world, OURS, "To the first").await, talks_to(&world, TOO, "To the second").await);
    alice.send_text(&first, "!optout").await.unwrap();
    for room in [&first, &second] {
        alice.wait_for_notice(room, "opted_out").await.unwrap();
    }
    let held = alice.send_text(&second, "anything else?").await.unwrap();
    assert_eq!(held_back(alice, &held).await, "opted_out");
    alice.send_text(&second, "!optin").await.unwrap();
    for room in [&first, &second] {
        alice.wait_for_notice(room, "opted_in").await.unwrap();
    }
    alice.wait_for_reaction(&held, "✓").await.unwrap();
    // What is refused is not done, and not in the log of what was.
    world.command("alice", "!optin she phoned", "usage").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE what IN ('optout', 'optin')").await, 2);

    // Whoever is offered the next conversation, and comes into its room, reads of it.
    let out = type_in(&world, "alice", &first, "!optout she phoned", "opted_out").await;
    assert!(out.body().contains("!optin"), "{}", out.body());
    let kept = "SELECT COUNT(*) FROM consent_changes WHERE source = 'agent' AND words = 'she phoned'";
    assert_eq!(world.number(kept).await, 1);
    done(&world, "alice", &first).await;
    let position = alice.position();
    world.text(JANE, "Me again").await;
    let offer = offer_after(&world, "alice", position, JANE).await;
    assert_eq!(offer.notice().unwrap()["opted_out"], true, "{}", offer.body());
    assert!(offer.body().contains("Wants no texts") && offer.body().contains("!optin"), "{}", offer.body());
    let again = join_offered(&world, "alice", JANE).await;
    alice.wait_for_notice(&again, "opted_out").await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn a_numbers_own_words_count_and_the_desk_confirms_them_once() {
    let world = World::with(WorldOptions {
        number: "queue: support, keywords: {stop: [BASTA, \"no más\"], help: [AYUDA]}, \
                 keyword_texts: {stop: \"Ya no le escribimos.\"}",
        sms: "keywords: {start: [VUELVO]}\n  keyword_texts: {stop: \"Bye.\", start: \"Hola otra vez.\", help: \"Somos la tienda.\"}",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hola").await;
    world.text(JANE, "Ayuda").await;
    world.phone_gets(JANE, &["Somos la tienda."]).await;
    world.text(JANE, "¡basta!").await;
    alice.wait_for_text(&room, "¡basta!").await.unwrap();
    world.text(JANE, "Basta").await;
    alice.wait_for_notice(&room, "opted_out").await.unwrap();
    let held = alice.send_text(&room, "one more thing").await.unwrap();
    assert_eq!(held_back(alice, &held).await, "opted_out");
    world.phone_gets(JANE, &["Somos la tienda.", "Ya no le escribimos."]).await;
    for again in ["No más", "BASTA"] {
        world.text(JANE, again).await;
        alice.wait_for_text(&room, again).await.unwrap();
    }
    world.text(JANE, "vuelvo").await;
    alice.wait_for_notice(&room, "opted_in").await.unwrap();
    alice.wait_for_reaction(&held, "✓").await.unwrap();
    // Where they had said no again before it went, it would not go.
    eventually("the phone to hear that they are back", || async {
        world.taken_for(JANE).iter().any(|taken| *taken == "Hola otra vez.").then_some(())
    })
    .await;
    // Within five minutes it is confirmed once.
    world.text(JANE, "no más").await;
    counted(alice, &room, "opted_out", 2).await;
    world.drained().await;
    let taken = world.taken_for(JANE);
    for text in ["Ya no le escribimos.", "Hola otra vez.", "one more thing"] {
        assert_eq!(taken.iter().filter(|taken| *taken == text).count(), 1, "{taken:?}");
    }
    assert_eq!(taken.len(), 4, "{taken:?}");
    world.finish().await;
}

#[tokio::test]
async fn a_confirmation_goes_once_through_kills_on_sqlite() {
    a_confirmation_goes_once_through_kills(Database::Sqlite).await;
}

#[tokio::test]
async fn a_confirmation_goes_once_through_kills_on_postgres() {
    a_confirmation_goes_once_through_kills(Database::Postgres).await;
}

async fn a_confirmation_goes_once_through_kills(database: Database) {
    let mut world = World::with(WorldOptions {
        database,
        sms: "keywords: {stop: [BASTA]}\n  keyword_texts: {stop: \"We are silent now.\"}",
        ..WorldOptions::default()
    })
    .await;
    let room = world.conversation("alice", JANE, "Hello").await;
    for (number, point) in
        (1..).zip(["after_commit", "before_matrix", "after_matrix", "before_sms", "after_sms"])
    {
        let phone = format!("+1415555020{number}");
        world.start_again(&format!("{point}=1*return")).await;
        world.bridge.listening_or_ended().await;
        world.provider.text_from(&phone, OURS, "BASTA", vec![]).await.unwrap();
        eventually("the program to die", || {
            let ended = world.bridge.has_ended();
            async move { ended.then_some(()) }
        })
        .await;
        world.start_again("").await;
        eventually(&format!("the opt-out of {phone} to be known"), || async {
            let known = world.number("SELECT COUNT(*) FROM consent WHERE state = 'out'").await;
            (known == i64::from(number)).then_some(())
        })
        .await;
        world.drained().await;
        let taken = world.taken_for(&phone);
        assert!(taken.len() <= 1, "{point}: {taken:?}");
        // Only where it died with the request under way may it not have gone.
        assert!(taken.len() == 1 || point == "before_sms", "{point}: {taken:?}");
    }
    let alice = world.agent("alice");
    let said = alice.send_text(&room, "Still here?").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn where_only_the_provider_counts_its_word_is_needed() {
    let world = World::with(WorldOptions {
        sms: "opt_out: provider\n  keywords: {stop: [BASTA]}",
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.text(JANE, "basta").await;
    alice.wait_for_notice(&room, "opt_out_hint").await.unwrap();
    let said = alice.send_text(&room, "Enough of what?").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    assert_eq!(count(alice, &room, "opted_out"), 0);
    world.text(JANE, "STOP").await;
    alice.wait_for_notice(&room, "opted_out").await.unwrap();
    let held = alice.send_text(&room, "one more thing").await.unwrap();
    assert_eq!(held_back(alice, &held).await, "opted_out");
    world.text(JANE, "start").await;
    alice.wait_for_reaction(&held, "✓").await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn a_refused_message_tells_once_that_they_opted_out_and_the_rest_waits() {
    let world = World::new().await;
    let alice = world.agent("alice");
    // Taken, and reported as failed with the answer.
    let room = world.conversation("alice", JANE, "Hello").await;
    world.provider.faults().answer_next(AnswerFault::FailedAtOnce(21610), 1);
    let first = alice.send_text(&room, "one").await.unwrap();
    alice.wait_for_reaction(&first, "❌").await.unwrap();
    let notice = alice.wait_for_notice(&room, "opted_out").await.unwrap();
    assert_eq!(notice.notice().unwrap()["source"], "answer");
    for text in ["two", "three"] {
        let held = alice.send_text(&room, text).await.unwrap();
        assert_eq!(held_back(alice, &held).await, "opted_out");
    }
    assert_eq!(count(alice, &room, "opted_out"), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM consent_changes").await, 1);
    // What an agent says does not send it to a provider that would refuse it.
    let waiting = "SELECT COUNT(*) FROM outbox WHERE state = 'parked'";
    let waiting_before = world.number(waiting).await;
    assert!(waiting_before >= 2, "{waiting_before}");
    for (typed, again, kept) in [
        ("!optin", false, 2),
        ("!optin", true, 2),
        ("!optin by phone", true, 3),
        ("!optin by phone", true, 3),
    ] {
        let notice = type_in(&world, "alice", &room, typed, "opted_in").await;
        assert!(notice.body().contains("waits"), "{}", notice.body());
        assert_eq!(notice.notice().unwrap()["again"], again);
        assert_eq!(world.number("SELECT COUNT(*) FROM consent_changes").await, kept);
        assert_eq!(world.number(waiting).await, waiting_before);
    }
    let record = type_in(&world, "alice", &room, "!consent", "consent").await;
    assert!(record.body().contains("told alice Doe: by phone"), "{}", record.body());
    world.text(JANE, "START").await;
    world.phone_gets(JANE, &["one", "two", "three"]).await;
    world.finish().await;
}

#[tokio::test]
async fn with_telnyx_it_is_learnt_from_the_answer_and_from_the_report() {
    let world = World::with(WorldOptions { telnyx: true, ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.telnyx().answer_next(Answer::Refused(40300));
    let first = alice.send_text(&room, "one").await.unwrap();
    alice.wait_for_reaction(&first, "❌").await.unwrap();
    counted(alice, &room, "opted_out", 1).await;
    let held = alice.send_text(&room, "two").await.unwrap();
    assert_eq!(held_back(alice, &held).await, "opted_out");
    world.text(JANE, "unstop").await;
    alice.wait_for_reaction(&held, "✓").await.unwrap();

    world.telnyx().hold_reports(true);
    let third = alice.send_text(&room, "three").await.unwrap();
    let taken = eventually("it to be taken", || async { world.telnyx().taken("three") }).await;
    for _ in 0..2 {
        assert_eq!(world.telnyx().report(&taken, "delivery_failed", Some(40300)).await, 200);
    }
    alice.wait_for_reaction(&third, "❌").await.unwrap();
    counted(alice, &room, "opted_out", 2).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM consent_changes WHERE source = 'callback'").await, 1);
    let held = alice.send_text(&room, "four").await.unwrap();
    assert_eq!(held_back(alice, &held).await, "opted_out");
    world.finish().await;
}

#[tokio::test]
async fn what_was_missed_and_is_fetched_late_undoes_nothing_that_was_said_since() {
    let mut world = World::new().await;
    let janes = world.conversation("alice", JANE, "Hello").await;
    let johns = world.conversation("alice", JOHN, "Hi").await;
    world.text(JOHN, "STOP").await;
    counted(world.agent("alice"), &johns, "opted_out", 1).await;

    // Away, the desk misses that Jane wants no texts, and that John wants them again.
    world.bridge.kill();
    world.provider.faults().inbound(PostFault::Dropped);
    world.text(JANE, "STOP").await;
    world.text(JOHN, "START").await;
    world.start_again("").await;
    // Both think again before that is fetched.
    world.provider.faults().inbound(PostFault::None);
    let alice = world.agent("alice");
    world.text(JANE, "START").await;
    world.text(JOHN, "STOP").await;
    alice.wait_for_text(&janes, "START").await.unwrap();
    eventually("John's second STOP", || async {
        let stops = alice.messages(&johns).iter().filter(|seen| seen.body() == "STOP").count();
        (stops == 2).then_some(())
    })
    .await;
    let late = (alice.wait_for_text(&janes, "STOP").await, alice.wait_for_text(&johns, "START").await);
    assert!(late.0.is_ok() && late.1.is_ok(), "they are fetched, and shown");

    let to_jane = alice.send_text(&janes, "On its way").await.unwrap();
    alice.wait_for_reaction(&to_jane, "✓").await.unwrap();
    let to_john = alice.send_text(&johns, "On its way").await.unwrap();
    assert_eq!(held_back(alice, &to_john).await, "opted_out");
    assert_eq!((count(alice, &janes, "opted_out"), count(alice, &johns, "opted_in")), (0, 0));
    world.phone_gets(JANE, &["On its way"]).await;
    assert!(!world.taken_for(JOHN).contains(&"On its way".to_owned()));
    world.finish().await;
}

#[tokio::test]
async fn a_wish_in_a_sentence_is_pointed_out_in_five_languages() {
    let world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Where is the bus stop?").await;
    let others = [
        "Please don't stop",
        "Dónde está la parada",
        "Quel arrêt de bus ?",
        "Stopp die Lieferung bitte nicht",
    ];
    for other in others {
        world.text(JANE, other).await;
        alice.wait_for_text(&room, other).await.unwrap();
    }
    let wishes = ["Please stop", "No más", "Arrêtez", "Bitte keine SMS", "Não me mande mais mensagens"];
    for (times, wish) in (1..).zip(wishes) {
        world.text(JANE, wish).await;
        counted(alice, &room, "opt_out_hint", times).await;
    }
    assert_eq!(count(alice, &room, "opted_out"), 0);
    world.finish().await;
}

#[tokio::test]
async fn the_record_shows_what_was_said_and_by_whom_with_numbers_masked() {
    let world = World::with(WorldOptions { desk: "mask_numbers: true", ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    world.text(JANE, "Hello").await;
    let room = alice.wait_for_invite(JANE, |room| room.name().contains("0100")).await.unwrap();
    alice.join(&room).await.unwrap();
    world.state("alice", &room, "active").await;
    alice.send_text(&room, "!consent").await.unwrap();
    let notice = alice.wait_for_notice(&room, "consent").await.unwrap();
    assert!(notice.body().contains("said nothing about texts"), "{}", notice.body());
    world.text(JANE, "STOP").await;
    // Where the provider blocks them, nobody is told that they could lift it.
    let out = alice.wait_for_notice(&room, "opted_out").await.unwrap();
    assert!(out.body().contains("START") && !out.body().contains("optin"), "{}", out.body());
    alice.send_text(&room, "!optin asked by phone").await.unwrap();
    let wanted = alice.wait_for_notice(&room, "opted_in").await.unwrap();
    assert!(wanted.body().contains("still blocks"), "{}", wanted.body());
    let position = alice.position();
    alice.send_text(&room, "!consent").await.unwrap();
    let notice = alice.wait_for_after(position, "the record", |seen| seen.code() == "consent").await.unwrap();
    let content = notice.notice().unwrap().clone();
    let sources: Vec<&str> =
        content["changes"].as_array().unwrap().iter().filter_map(|line| line["source"].as_str()).collect();
    assert_eq!(sources, ["agent", "provider"]);
    assert!(content["changes"][0].to_string().contains("asked by phone"), "{content}");
    assert_eq!(content["current"][0]["wish"], "in");
    let body = notice.body();
    assert!(
        body.contains("told alice Doe") && body.contains(": STOP") && body.contains("+1 500 555 0006"),
        "{body}"
    );
    let whole = Address::read(JANE);
    assert!(body.contains("•••0100") && !content.to_string().contains(whole.value()), "{content}");
    // Who has nothing to do with the conversation, in their console, reads none of it.
    let usage = world.command("alice", "!consent", "usage").await;
    assert!(!usage.body().contains("STOP"), "{}", usage.body());
    assert!(usage.body().contains("in the room of a conversation with the customer"), "{}", usage.body());
    world.finish().await;
}

#[tokio::test]
async fn who_takes_it_is_not_warned_of_a_wish_that_was_taken_back_since() {
    let world = World::new().await;
    let alice = world.agent("alice");
    world.command("alice", "!ready", "status").await;
    world.text(JANE, "STOP").await;
    let room = world.invite("alice", JANE).await;
    world.text(JANE, "START").await;
    let changes = "SELECT COUNT(*) FROM consent_changes";
    eventually("START", || async { (world.number(changes).await == 2).then_some(()) }).await;
    alice.join(&room).await.unwrap();
    alice.wait_for_notice(&room, "opted_in").await.unwrap();
    let said = alice.send_text(&room, "How can I help?").await.unwrap();
    alice.wait_for_reaction(&said, "✓").await.unwrap();
    world.drained().await;
    let warned = |seen: &&Seen| seen.code() == "opted_out" && seen.notice().unwrap()["source"] == "earlier";
    assert!(alice.look(|log| log.events().iter().find(warned).cloned()).is_none());
    world.finish().await;
}
