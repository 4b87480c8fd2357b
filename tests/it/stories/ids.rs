//! What the homeserver keeps that nobody can delete: no id tells a contact's number, and where numbers are
//! masked nothing else does.

use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use switchroom::demo::agent::seen::SeenRoom;
use switchroom::sms::simulator::{AnswerFault, PostFault};

use super::{done, held_back, type_in};
use crate::harness::{OURS, World, WorldOptions, shown};

const JANE: &str = "+14155550100";
/// Columns of Synapse's tables that hold ids, or what they are made of.
const IDS: [&str; 13] = [
    "creator",
    "device_id",
    "event_id",
    "full_user_id",
    "media_id",
    "room_alias",
    "room_id",
    "sender",
    "state_key",
    "target_user_id",
    "txn_id",
    "type",
    "user_id",
];

/// Two agents, of whom Bob may not see numbers where they are masked.
fn desk(more: &'static str) -> WorldOptions {
    WorldOptions {
        agents: &["alice", "bob"],
        each: &[("bob", "permissions: [transfer, consult]")],
        desk: more,
        ..WorldOptions::default()
    }
}

/// How Jane's number may be read out of something: its digits, as people write it, and its hash.
fn traces() -> Vec<String> {
    let digits = JANE.trim_start_matches('+');
    let mut traces = vec![digits[1..].to_owned(), "415 555 0100".to_owned(), "415%20555".to_owned()];
    for written in [JANE, digits] {
        let hash = Sha256::digest(written.as_bytes());
        let begin = u64::from_be_bytes(*hash.first_chunk().unwrap());
        // The first six bytes of it.
        traces.push(format!("{:012x}", begin >> 16));
    }
    traces
}

/// Jane writes, Alice answers, asks Bob about it and hands it to him, and he is done with it. Rooms go by
/// what is `called`.
async fn whole_conversation(world: &World, called: &str) {
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let is_hers = |room: &SeenRoom| room.name() == called;
    world.command("alice", "!ready", "status").await;
    world.text(JANE, "Where is my order?").await;
    let room = alice.wait_for_invite(called, is_hers).await.unwrap();
    alice.join(&room).await.unwrap();
    alice.wait_for_text(&room, "Where is my order?").await.unwrap();
    world.state("alice", &room, "active").await;
    alice.send_text(&room, "On its way!").await.unwrap();
    world.phone_gets(JANE, &["On its way!"]).await;

    alice.send_text(&room, "!consult bob May she return it?").await.unwrap();
    let is_consult = |room: &SeenRoom| room.name() == format!("Consult: {called} (alice Doe, bob Doe)");
    let consult = bob.wait_for_invite("the consult", is_consult).await.unwrap();
    bob.join(&consult).await.unwrap();
    alice.join(&consult).await.unwrap();
    world.state("bob", &consult, "connected").await;
    bob.send_text(&consult, "Yes, within a month").await.unwrap();
    alice.wait_for_text(&consult, "Yes, within a month").await.unwrap();

    world.command("bob", "!ready", "status").await;
    alice.send_text(&room, "!transfer bob").await.unwrap();
    assert_eq!(bob.wait_for_invite(called, is_hers).await.unwrap(), room);
    bob.join(&room).await.unwrap();
    alice.wait_until_out_of(&room).await.unwrap();
    world.state("bob", &room, "active").await;
    let card = type_in(world, "bob", &room, "!contact", "contact").await;
    assert!(card.body().starts_with(called), "{}", card.body());
    world.text(JANE, "Thanks").await;
    bob.wait_for_text(&room, "Thanks").await.unwrap();
    done(world, "bob", &room).await;
    world.drained().await;
}

/// Where in the homeserver's database a trace of the number stands, of the columns that are looked at.
async fn found(world: &World, is_looked_at: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let file = world.folder().join("synapse").join("homeserver.db");
    let url = format!("sqlite://{}?mode=ro", file.display());
    let mut conn = AnyConnection::connect(&url).await.unwrap();
    let sql = "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
               WHERE t.type = 'table' AND t.sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY t.name, c.cid";
    let columns: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap();
    let looked_at: Vec<_> =
        columns.into_iter().filter(|(table, column)| is_looked_at(table, column)).collect();
    assert!(looked_at.iter().any(|(table, _)| table == "events"), "{looked_at:?}");
    let mut found = vec![];
    for (table, column) in looked_at {
        for trace in traces() {
            let sql = format!(
                "SELECT COUNT(*) FROM \"{table}\" WHERE instr(lower(CAST(\"{column}\" AS TEXT)), '{trace}') > 0"
            );
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut conn).await.unwrap();
            if rows > 0 {
                found.push(format!("{table}.{column}: {trace}"));
            }
        }
    }
    conn.close().await.unwrap();
    found
}

#[tokio::test]
async fn no_id_that_the_homeserver_keeps_tells_a_number() {
    let world = World::with(desk("")).await;
    whole_conversation(&world, &shown(JANE)).await;
    let is_id = |table: &str, column: &str| IDS.contains(&column) || (table, column) == ("users", "name");
    assert_eq!(found(&world, is_id).await, Vec::<String>::new());
    // They are looked for where they are: names and topics tell it.
    assert!(!found(&world, |_, _| true).await.is_empty());

    let ghost = world.ghost(JANE).await;
    let name = ghost.strip_prefix("@sms_").unwrap().strip_suffix(":desk.test").unwrap();
    assert!(name.len() == 10 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    world.text(JANE, "One more thing").await;
    assert_eq!(world.ghost(JANE).await, ghost, "it is the same for ever");
    world.finish().await;
}

#[tokio::test]
async fn where_numbers_are_masked_the_homeserver_holds_none_until_someone_asks_who_may() {
    const MASKED: &str = "•••0100";
    let world = World::with(desk("mask_numbers: true")).await;
    whole_conversation(&world, MASKED).await;
    assert_eq!(found(&world, |_, _| true).await, Vec::<String>::new());

    world.command("bob", "!notready", "status").await;
    world.text(JANE, "One more thing").await;
    let alice = world.agent("alice");
    let room = alice.wait_for_invite(MASKED, |room| room.name() == MASKED).await.unwrap();
    alice.join(&room).await.unwrap();
    world.state("alice", &room, "active").await;
    let ghost = world.ghost(JANE).await;
    alice.look(|log| {
        let seen = &log.rooms()[&room];
        assert_eq!(seen.state("m.room.member", &ghost).unwrap()["displayname"], MASKED);
        let topic = seen.state("m.room.topic", "").unwrap()["topic"].as_str().unwrap();
        assert!(topic.contains(MASKED) && topic.contains(&*shown(OURS)), "{topic}");
        let state = seen.interaction().unwrap();
        assert_eq!(
            (&state["contact"]["number"], &state["contact"]["name"]),
            (&MASKED.into(), &MASKED.into())
        );
        assert_eq!(state["number"], OURS);
    });

    // Others read in the room, so that she reads it in her console, by the command that is named there.
    let here = type_in(&world, "alice", &room, "!contact", "contact").await;
    assert!(here.body().contains(MASKED) && !here.body().contains("415"), "{}", here.body());
    let id = here.body().split_whitespace().find(|word| word.starts_with("c-")).unwrap();
    let id = id.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
    let whole = world.command("alice", &format!("!contact {id}"), "contact").await;
    assert!(whole.body().contains(&*shown(JANE)), "{}", whole.body());
    world.finish().await;
}

#[tokio::test]
async fn the_log_tells_no_number_and_no_word_whatever_happens() {
    let mut world = World::with(WorldOptions {
        desk: "mask_numbers: true",
        sms: "flood: {texts: 5, secs: 3600, mute_secs: 3600}",
        ..desk("")
    })
    .await;
    let called = "•••0100";
    whole_conversation(&world, called).await;
    world.command("bob", "!notready", "status").await;
    let alice = world.agent("alice");
    let is_hers = |room: &SeenRoom| room.name() == called;
    world.text(JANE, "Is anybody there?").await;
    let room = alice.wait_for_invite(called, is_hers).await.unwrap();
    alice.join(&room).await.unwrap();
    world.state("alice", &room, "active").await;

    // The provider has no time, refuses, breaks off and says nothing.
    let faults = world.provider.faults();
    faults.answer_next(AnswerFault::RateLimit, 1);
    faults.answer_next(AnswerFault::BreakAfterAccepting, 1);
    faults.answer_next(AnswerFault::ErrorAfterAccepting, 1);
    for words in ["Are you still there?", "Hold the line"] {
        let said = alice.send_text(&room, words).await.unwrap();
        alice.wait_for_reaction(&said, "✓").await.unwrap();
    }
    faults.answer_next(AnswerFault::Unavailable, 1);
    alice.send_text(&room, "Lost for ever").await.unwrap();
    world.text(JANE, "STOP").await;
    alice.wait_for_notice(&room, "opted_out").await.unwrap();
    let said = alice.send_text(&room, "Never mind").await.unwrap();
    assert_eq!(held_back(alice, &said).await, "opted_out");
    world.provider.faults().inbound(PostFault::Dropped);
    world.bridge.kill();
    world.text(JANE, "Missed by the desk").await;
    world.start_again("").await;
    world.provider.faults().inbound(PostFault::None);
    let alice = world.agent("alice");
    alice.wait_for_text(&room, "Missed by the desk").await.unwrap();
    for _ in 0..4 {
        world.text(JANE, "A flood of words").await;
    }
    alice.wait_for_notice(&room, "flood").await.unwrap();
    for (command, code) in [
        ("!contact", "contact"),
        ("!history order", "history"),
        ("!nonsense", "unknown_command"),
        ("!block", "blocked"),
    ] {
        type_in(&world, "alice", &room, command, code).await;
    }
    alice.wait_until_out_of(&room).await.unwrap();
    world.text(JANE, "Unheard of").await;
    world.drained().await;
    // Somebody else knocks at the door.
    let url = format!("{}/sms/twilio/inbound", world.url);
    let form = [("From", JANE), ("To", OURS), ("Body", "Forged"), ("MessageSid", "SM1")];
    let answer = reqwest::Client::new().post(url).form(&form).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);

    let log = world.bridge.log();
    assert!(
        log.lines().any(|line| line.contains("DEBUG")) && log.contains("WARN"),
        "it is the log of everything"
    );
    let words = [
        "my order",
        "On its way",
        "return it",
        "anybody",
        "still there",
        "Hold the line",
        "Lost for",
        "Never mind",
    ];
    let more = ["Missed by", "flood of words", "Unheard of", "Forged", "4155550100", "415%205550100"];
    for secret in traces().into_iter().chain(words.into_iter().chain(more).map(str::to_owned)) {
        let told: Vec<&str> = log.lines().filter(|line| line.contains(&secret)).collect();
        assert!(told.is_empty(), "{secret} stands in the log: {told:#?}");
    }
    world.finish().await;
}
