//! Spelling of what agents write: told, or asked before it is sent.

use ruma::{OwnedEventId, RoomId};
use serde_json::json;
use switchroom::demo::agent::seen::Seen;

use super::{join_offered, offer_after, type_in};
use crate::harness::{PATIENCE, World, WorldOptions};

const JANE: &str = "+14155550100";

/// Writes a text that is not known in all its words: the message, and the notice that says so.
async fn misspelt(world: &World, who: &str, room: &RoomId, text: &str) -> (OwnedEventId, Seen) {
    let agent = world.agent(who);
    let said = agent.send_text(room, text).await.unwrap();
    (said.clone(), asked(world, who, &said, 0).await)
}

/// The notice about a message's spelling, of those after `position`.
async fn asked(world: &World, who: &str, message: &OwnedEventId, position: usize) -> Seen {
    let fits = |seen: &Seen| seen.code() == "spelling" && seen.replies_to() == Some(message.as_str());
    world.agent(who).wait_for_after(position, &format!("the spelling of {message}"), fits).await.unwrap()
}

/// The words that a notice says are not known.
fn words(seen: &Seen) -> Vec<String> {
    let words = seen.notice().unwrap()["words"].as_array().unwrap();
    words.iter().map(|word| word["text"].as_str().unwrap().to_owned()).collect()
}

/// The number under which a notice suggests a word.
fn number(seen: &Seen, suggested: &str) -> u64 {
    let words = seen.notice().unwrap()["words"].as_array().unwrap();
    let all = words.iter().filter_map(|word| word["suggestions"].as_array()).flatten();
    let found = all.clone().find(|suggestion| suggestion["text"] == suggested);
    found.unwrap_or_else(|| panic!("{suggested} is not suggested: {words:?}"))["number"].as_u64().unwrap()
}

fn keycap(number: u64) -> String {
    format!("{number}\u{fe0f}\u{20e3}")
}

/// Messages are dropped by a reaction, by a word, and by deleting them.
async fn dropped_each_way(world: &World, room: &RoomId) {
    let alice = world.agent("alice");
    let (said, notice) = misspelt(world, "alice", room, "drpo this").await;
    alice.react(room, &notice.event_id, "❌").await.unwrap();
    alice.wait_for_reaction(&said, "❌").await.unwrap();
    let (said, _) = misspelt(world, "alice", room, "drpo that").await;
    let told = type_in(world, "alice", room, "!no", "not_sent").await;
    assert_eq!(told.replies_to(), Some(said.as_str()));
    alice.wait_for_reaction(&said, "❌").await.unwrap();
    let (said, _) = misspelt(world, "alice", room, "drpo them").await;
    alice.redact(room, &said).await.unwrap();
}

#[tokio::test]
async fn a_message_with_unknown_words_waits_until_its_writer_says_what_becomes_of_it() {
    let mut world = World::with(WorldOptions {
        desk: "spelling: confirm\n  words: [Acmephone]",
        ..WorldOptions::default()
    })
    .await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let alice = world.agent("alice");
    let mut taken = vec![];

    // Nothing in these is a mistake.
    for text in [
        "The parcel is on its way, isn’t it?",
        "Acmephone's charger for Alice Doe, see https://exmaple.org/hlep or exmaple.org",
        "12 Bakre Street, 10115 Brelin, NAASA, a b, 4711x, jnae@exmaple.org",
    ] {
        alice.send_text(&room, text).await.unwrap();
        taken.push(text.to_owned());
    }
    let expect = async |world: &World, taken: &[String]| {
        let texts: Vec<&str> = taken.iter().map(String::as_str).collect();
        world.phone_gets(JANE, &texts).await;
    };
    expect(&world, &taken).await;

    // Before a question has come there is nothing to answer.
    for typed in ["!yes", "!no", "!spell ignore"] {
        let told = type_in(&world, "alice", &room, typed, "no_such_target").await;
        assert!(told.body().contains("Nothing here waits for an answer of yours"), "{}", told.body());
    }

    // A number typed alone corrects the word, and sends.
    let (said, notice) = misspelt(&world, "alice", &room, "You will recieve it").await;
    assert_eq!((notice.msgtype(), notice.mentions()), ("m.text", Some(vec!["@alice:desk.test"])));
    assert_eq!(
        (words(&notice), &notice.notice().unwrap()["waits"]),
        (vec!["recieve".to_owned()], &json!(true))
    );
    assert!(notice.body().contains("recieve → 1. receive"), "{}", notice.body());
    // Sending it as it is and dropping it are one tap.
    for key in ["✅", "❌"] {
        alice.wait_for_reaction(&notice.event_id, key).await.unwrap();
    }
    expect(&world, &taken).await;
    alice.send_text(&room, "!1").await.unwrap();
    taken.push("You will receive it".to_owned());
    expect(&world, &taken).await;
    alice.wait_for_reaction(&said, "✓").await.unwrap();

    // With two of them, one as a reply and one as a reaction; what was corrected already is no answer.
    let (said, notice) = misspelt(&world, "alice", &room, "teh parcle is here").await;
    let the = number(&notice, "the");
    let position = alice.position();
    alice.send_reply(&room, &notice.event_id, &the.to_string()).await.unwrap();
    let rest = asked(&world, "alice", &said, position).await;
    assert_eq!(words(&rest), ["parcle"]);
    let again = alice.position();
    alice.react(&room, &rest.event_id, &keycap(the)).await.unwrap();
    alice
        .wait_for_after(again, "that there is no such number", |seen| seen.code() == "no_such_target")
        .await
        .unwrap();
    alice.react(&room, &notice.event_id, &keycap(number(&rest, "parcel"))).await.unwrap();
    taken.push("the parcel is here".to_owned());
    expect(&world, &taken).await;

    dropped_each_way(&world, &room).await;

    // A number is meant for the one that waits, whichever question came last.
    misspelt(&world, "alice", &room, "You will recieve it").await;
    let (last, notice) = misspelt(&world, "alice", &room, "or tomorow").await;
    alice.react(&room, &notice.event_id, "❌").await.unwrap();
    alice.wait_for_reaction(&last, "❌").await.unwrap();
    alice.send_text(&room, "!1").await.unwrap();
    taken.push("You will receive it".to_owned());
    expect(&world, &taken).await;
    type_in(&world, "alice", &room, "!1", "no_such_target").await;

    // Sent as it is by a reaction, a word and a reply; the program is killed in between.
    let (_, notice) = misspelt(&world, "alice", &room, "zzyzx first").await;
    world.start_again("").await;
    let alice = world.agent("alice");
    alice.react(&room, &notice.event_id, "✅").await.unwrap();
    taken.push("zzyzx first".to_owned());
    expect(&world, &taken).await;
    misspelt(&world, "alice", &room, "zzyzx second").await;
    alice.send_text(&room, "!yes").await.unwrap();
    taken.push("zzyzx second".to_owned());
    expect(&world, &taken).await;
    let (_, notice) = misspelt(&world, "alice", &room, "zzyzx third").await;
    alice.send_reply(&room, &notice.event_id, "yes").await.unwrap();
    taken.push("zzyzx third".to_owned());
    expect(&world, &taken).await;
    type_in(&world, "alice", &room, "!yes", "no_such_target").await;

    // Written anew, it is looked at again.
    let (said, _) = misspelt(&world, "alice", &room, "helo there").await;
    let position = alice.position();
    alice.edit(&room, &said, "hello thre").await.unwrap();
    assert_eq!(words(&asked(&world, "alice", &said, position).await), ["thre"]);
    alice.edit(&room, &said, "hello there").await.unwrap();
    taken.push("hello there".to_owned());
    expect(&world, &taken).await;

    // Passed over here, and learnt for good: what waited because of it goes.
    misspelt(&world, "alice", &room, "qwrtz it is").await;
    type_in(&world, "alice", &room, "!spell ignore Qwrtz", "spelling_set").await;
    misspelt(&world, "alice", &room, "Zzyzx’s it is").await;
    type_in(&world, "alice", &room, "!spell add zzyzx's", "spelling_set").await;
    alice.send_text(&room, "qwrtz and zzyzx's").await.unwrap();
    misspelt(&world, "alice", &room, "bllah bllah").await;
    alice.send_text(&room, "!spell ignore").await.unwrap();
    for text in ["qwrtz it is", "Zzyzx’s it is", "qwrtz and zzyzx's", "bllah bllah"] {
        taken.push(text.to_owned());
    }
    expect(&world, &taken).await;

    // The history has what was sent, and what was not as not sent.
    let sql = "SELECT COUNT(*) FROM transcript WHERE kind = 'owner'";
    assert_eq!(world.number(sql).await, i64::try_from(taken.len()).unwrap());
    world.finish().await;
}

#[tokio::test]
async fn a_bare_answer_does_nothing_where_it_could_be_meant_for_two_messages() {
    let world = World::with(WorldOptions {
        agent: "spelling: confirm",
        queue: "undo_secs: 10",
        ..WorldOptions::default()
    })
    .await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let (said, _) = misspelt(&world, "alice", &room, "You will recieve it").await;
    let alice = world.agent("alice");
    let next = alice.send_text(&room, "It is on its way").await.unwrap();
    for typed in ["!yes", "!no"] {
        let told = type_in(&world, "alice", &room, typed, "usage").await;
        assert!(told.body().contains("have written another message here since"), "{}", told.body());
    }
    alice.redact(&room, &next).await.unwrap();
    // Nor while two of them wait.
    let (other, notice) = misspelt(&world, "alice", &room, "or tomorow").await;
    for typed in ["!yes", "!no", "!1"] {
        let told = type_in(&world, "alice", &room, typed, "usage").await;
        assert!(told.body().contains("everal of your messages here wait"), "{}", told.body());
    }
    alice.react(&room, &notice.event_id, "❌").await.unwrap();
    alice.wait_for_reaction(&other, "❌").await.unwrap();
    // Then there is but one that can be meant, and which it was is said.
    let dropped = type_in(&world, "alice", &room, "!no", "not_sent").await;
    assert_eq!(dropped.notice().unwrap()["why"], "dropped");
    assert_eq!(dropped.replies_to(), Some(said.as_str()));
    assert!(dropped.body().contains("You will recieve it"), "{}", dropped.body());
    alice.wait_for_reaction(&said, "❌").await.unwrap();
    assert!(world.taken_for(JANE).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_hint_tells_after_sending_and_a_text_that_waits_goes_to_nobody_once_its_writer_lost_the_conversation()
 {
    let mut world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        each: &[("alice", "spelling: confirm, languages: [en-GB]"), ("bob", "languages: [en]")],
        queue: "undo_secs: 0, spelling: hint",
        ..WorldOptions::default()
    })
    .await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let alice = world.agent("alice");
    let (_, notice) = misspelt(&world, "alice", &room, "The colour is beautifull").await;
    assert_eq!(
        (words(&notice), &notice.notice().unwrap()["language"]),
        (vec!["beautifull".to_owned()], &json!("en-GB"))
    );

    // Handed over, it is neither hers to send nor his.
    world.command("bob", "!ready", "status").await;
    let position = world.agent("bob").position();
    alice.send_text(&room, "!transfer bob").await.unwrap();
    offer_after(&world, "bob", position, JANE).await;
    join_offered(&world, "bob", JANE).await;
    alice.wait_until_out_of(&room).await.unwrap();
    let bob = world.agent("bob");
    let console = world.console("alice").await;
    let told = alice.wait_for_notice(&console, "not_sent").await.unwrap();
    assert_eq!(told.notice().unwrap()["why"], "no_word");
    assert!(told.body().contains("The colour is beautifull"), "{}", told.body());
    let sql = "SELECT COUNT(*) FROM transcript WHERE kind = 'held_back'";
    assert_eq!(world.number(sql).await, 1);
    let position = alice.position();
    let reaction =
        json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": notice.event_id, "key": "✅"}});
    world.pretend(&room, "@alice:desk.test", "m.reaction", reaction).await;
    let told = alice
        .wait_for_after(position, "that it is not hers", |seen| seen.code() == "not_sent")
        .await
        .unwrap();
    assert_eq!(told.notice().unwrap()["why"], "not_yours");
    let position = bob.position();
    bob.react(&room, &notice.event_id, "✅").await.unwrap();
    let told =
        bob.wait_for_after(position, "that it is not his", |seen| seen.code() == "not_sent").await.unwrap();
    assert_eq!(told.notice().unwrap()["why"], "not_writer");
    assert!(world.taken_for(JANE).is_empty());

    // His queue hints; the program dies between asking the dictionary and hearing of it.
    world.start_again("spelling_checked=1*return").await;
    world.bridge.listening_or_ended().await;
    let said = world.agent("bob").send_text(&room, "I beleive so").await.unwrap();
    let begun = std::time::Instant::now();
    while !world.bridge.has_ended() {
        assert!(begun.elapsed() < PATIENCE, "the program passed the point without dying");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    world.start_again("").await;
    let notice = asked(&world, "bob", &said, 0).await;
    let bob = world.agent("bob");
    assert_eq!(
        (words(&notice), &notice.notice().unwrap()["waits"]),
        (vec!["beleive".to_owned()], &json!(false))
    );
    assert_eq!(notice.mentions(), Some(vec!["@bob:desk.test"]));
    world.phone_gets(JANE, &["I beleive so"]).await;
    bob.wait_for_reaction(&said, "✓").await.unwrap();
    // A hint asks nothing, so that there is nothing to tap.
    world.drained().await;
    assert!(bob.look(|log| log.reactions(notice.event_id.as_str()).is_empty()));
    // It is too late to correct it.
    bob.react(&room, &notice.event_id, &keycap(1)).await.unwrap();
    let fits = |seen: &Seen| seen.code() == "message_held_back" && seen.replies_to() == Some(said.as_str());
    let late = bob.wait_for("that it was sent", fits).await.unwrap();
    assert_eq!(late.notice().unwrap()["why"], "not_corrected");

    // What he chooses for himself goes before all that.
    for (typed, mode, languages) in [
        ("!spell", "hint", json!(["en-US"])),
        ("!spell lang en_gb, en-US", "hint", json!(["en-GB", "en-US"])),
        ("!spell off", "off", json!(["en-GB", "en-US"])),
    ] {
        let set = type_in(&world, "bob", &room, typed, "spelling_set").await;
        let set = set.notice().unwrap();
        assert_eq!((&set["mode"], &set["languages"]), (&json!(mode), &languages), "{typed}");
    }
    for (typed, why) in [
        ("!spell lang xx", "there is no dictionary for “xx”; there is en-GB, en-US"),
        ("!spell lang", "say one to 4 of these languages"),
        ("!spell add two words", "say one word"),
        ("!spell add 4711", "say one word"),
        ("!spell remove nothing", "is not in your dictionary"),
        ("!spell of", "off"),
    ] {
        let usage = type_in(&world, "bob", &room, typed, "usage").await;
        assert!(usage.body().to_lowercase().contains(&why.to_lowercase()), "{typed}: {}", usage.body());
    }
    let unlooked = bob.send_text(&room, "I beleive so agian").await.unwrap();
    world.phone_gets(JANE, &["I beleive so", "I beleive so agian"]).await;
    // It holds after a start, though the config says otherwise.
    world.start_again("").await;
    let set = type_in(&world, "bob", &room, "!spell on", "spelling_set").await;
    assert_eq!(set.notice().unwrap()["languages"], json!(["en-GB", "en-US"]));
    let told = |seen: &&Seen| seen.code() == "spelling" && seen.replies_to() == Some(unlooked.as_str());
    let told = world.agent("bob").look(|log| log.events().iter().filter(told).count());
    assert_eq!(told, 0, "nothing is told of what he wanted unlooked at");
    world.finish().await;
}
