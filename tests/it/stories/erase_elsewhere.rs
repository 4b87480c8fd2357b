//! Somebody is erased at the homeserver and at the provider: what clients see, what the homeserver keeps in
//! its database and its media folder, and what cannot be erased.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use ruma::{OwnedRoomId, OwnedUserId};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _, Executor as _};
use switchroom::demo::agent::seen::Seen;
use switchroom::domain::address::Address;
use switchroom::domain::erasure::Elsewhere;
use switchroom::domain::ids::InteractionId;
use switchroom::sms::simulator::Attachment;

use super::{done, type_in};
use crate::harness::{OURS, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const CONSULT: &str = "Consult: Jane Doe (alice Doe, bob Doe)";
/// Words that only Jane's conversation holds.
const SAID: [&str; 5] = ["zebrafinch", "kingfisher", "walrus", "narwhal", "capybara"];
/// What must not be found anywhere, besides.
const NAMES: [&str; 4] = ["Jane Doe", "4155550100", "415 555 0100", "jane@x.test"];
/// A homeserver that keeps nothing longer than it must.
const TIDY: &[(&str, &str)] = &[
    ("redaction_retention_period", "\"1s\""),
    ("forgotten_room_retention_period", "\"1s\""),
    ("forget_rooms_on_leave", "true"),
];
const NOW: &str = "erasure_waits_not=return";

/// What Jane's conversation left behind.
struct Traces {
    session: OwnedRoomId,
    consult: OwnedRoomId,
    picture: String,
    elsewhere: Elsewhere,
}

fn options() -> WorldOptions {
    WorldOptions {
        agents: &["alice", "bob"],
        number: "queue: support, mode: session, mms_mode: session",
        homeserver: TIDY,
        ..WorldOptions::default()
    }
}

fn picture() -> Attachment {
    let mut png = Vec::new();
    let pixels = image::RgbImage::from_pixel(40, 30, image::Rgb([9, 99, 200]));
    pixels.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    Attachment { content_type: "image/png".to_owned(), bytes: Bytes::from(png) }
}

/// Jane writes and sends a picture, Alice answers and consults Bob, and both speak of her.
async fn traces(world: &World) -> Traces {
    let (alice, bob) = (world.agent("alice"), world.agent("bob"));
    let session = world.conversation("alice", JANE, "A zebrafinch sits in my parcel").await;
    type_in(world, "alice", &session, "!contact set name Jane Doe", "contact").await;
    world.provider.text_from(JANE, OURS, "See", vec![picture()]).await.unwrap();
    let shown = alice
        .wait_for("the picture", |seen| seen.room_id == session && seen.msgtype() == "m.image")
        .await
        .unwrap();
    let picture = shown.content["url"].as_str().unwrap().to_owned();
    alice.send_reply(&session, &shown.event_id, "The kingfisher is on its way").await.unwrap();
    world.phone_gets(JANE, &["The kingfisher is on its way"]).await;
    alice.send_text(&session, "!consult bob May she keep the narwhal?").await.unwrap();
    for agent in [alice, bob] {
        let invited = agent.wait_for_invite(CONSULT, |room| room.name() == CONSULT).await.unwrap();
        agent.join(&invited).await.unwrap();
    }
    let invited = alice.look(|log| {
        let mut rooms = log.rooms().iter();
        rooms.find(|(_, room)| room.name() == CONSULT).map(|(id, _)| id.clone()).unwrap()
    });
    world.state("bob", &invited, "connected").await;
    let about = alice.send_text(&invited, "JANE DOE called from (415) 555-0100").await.unwrap();
    bob.wait_for_text(&invited, "JANE DOE called from (415) 555-0100").await.unwrap();
    bob.send_reply(&invited, &about, "She is a walrus").await.unwrap();
    let vague = bob.send_text(&invited, "about that one").await.unwrap();
    bob.edit(&invited, &vague, "about jane@x.test and the capybara").await.unwrap();
    bob.send_text(&invited, "Lunch with Janet Doering at 24155550100").await.unwrap();
    alice.wait_for_text(&invited, "Lunch with Janet Doering at 24155550100").await.unwrap();
    let console = world.console("alice").await;
    alice.send_text(&console, "!history Jane Doe").await.unwrap();
    done(world, "alice", &session).await;
    world.drained().await;
    let id = alice.look(|log| {
        log.rooms().get(&session).unwrap().interaction().unwrap()["id"].as_str().unwrap().to_owned()
    });
    let consult = alice.look(|log| {
        log.rooms().get(&invited).unwrap().interaction().unwrap()["id"].as_str().unwrap().to_owned()
    });
    let contact = alice.look(|log| {
        log.rooms().get(&session).unwrap().interaction().unwrap()["contact"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    });
    let ghost = OwnedUserId::try_from(world.ghost(JANE).await).unwrap();
    let words = [JANE, "+1 415 555 0100", "4155550100", "Jane Doe", "jane@x.test", &contact];
    let elsewhere = Elsewhere {
        addresses: vec![Address::read(JANE)],
        rooms: vec![session.clone()],
        mentions: vec![console, world.console("bob").await, invited.clone()],
        words: words.map(str::to_owned).to_vec(),
        conversations: vec![InteractionId::new(id), InteractionId::new(consult)],
        ghosts: vec![ghost],
        ..Elsewhere::default()
    };
    Traces { session, consult: invited, picture, elsewhere }
}

/// All that an agent's client can read of a room, now that it asks anew.
pub(super) async fn readable(world: &World, name: &str, room: &OwnedRoomId) -> String {
    let token = world.synapse.login(name, "secret").await.unwrap().access_token;
    let (client, base) =
        (reqwest::Client::new(), format!("{}/_matrix/client/v3/rooms/{room}", world.synapse.url()));
    let get = |url: String| {
        let request = client.get(url).bearer_auth(token.expose_secret());
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    let mut all = get(format!("{base}/state")).await;
    let mut from = String::new();
    loop {
        let text = get(format!("{base}/messages?dir=b&limit=100{from}")).await;
        let page: Value = serde_json::from_str(&text).unwrap();
        all.push_str(&text);
        match page["end"].as_str() {
            Some(end) => from = format!("&from={end}"),
            None => return all,
        }
    }
}

/// A word with what stands around it in a text.
fn around<'a>(text: &'a str, word: &str) -> &'a str {
    let at = text.to_lowercase().find(&word.to_lowercase()).unwrap();
    &text[text.floor_char_boundary(at.saturating_sub(600))
        ..text.ceil_char_boundary((at + 300).min(text.len()))]
}

/// What of the words a text still holds.
fn found<'a>(text: &str, words: impl IntoIterator<Item = &'a &'a str>) -> Vec<&'a str> {
    let text = text.to_lowercase();
    words.into_iter().filter(|word| text.contains(&word.to_lowercase())).copied().collect()
}

/// Nothing of her can be read in any room, and what is not about her still can.
async fn nobody_reads_of_her(world: &World, traces: &Traces) {
    let (alice, bob) = (world.console("alice").await, world.console("bob").await);
    for (name, room) in [
        ("alice", &traces.session),
        ("alice", &traces.consult),
        ("bob", &traces.consult),
        ("alice", &alice),
        ("bob", &bob),
    ] {
        let text = readable(world, name, room).await;
        // A number of which hers is only a piece is another's.
        let text = text.replace("24155550100", "");
        let left = found(&text, SAID.iter().chain(&NAMES));
        assert!(left.is_empty(), "{name} reads {left:?} in {room}: {}", around(&text, left[0]));
        if *room == traces.consult {
            assert!(text.contains("Lunch with Janet Doering"));
        }
    }
}

async fn receipt(world: &World) -> Seen {
    let console = world.console("alice").await;
    world
        .agent("alice")
        .wait_for("the receipt", |seen| seen.room_id == console && seen.code() == "erased")
        .await
        .unwrap()
}

/// What is left, each with its reason.
fn left(receipt: &Seen) -> Vec<String> {
    let left = receipt.notice().unwrap()["left"].as_array().unwrap();
    let mut left: Vec<String> = left
        .iter()
        .map(|line| format!("{} {}", line["kind"].as_str().unwrap(), line["why"].as_str().unwrap()))
        .collect();
    left.sort();
    left
}

/// The tables of the homeserver's database in which a word stands, with the column.
async fn tables_with(database: &Path, word: &str) -> Vec<String> {
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    let sql =
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'";
    let columns: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap();
    let mut found = Vec::new();
    for (table, column) in columns {
        let sql =
            format!("SELECT COUNT(*) FROM \"{table}\" WHERE CAST(\"{column}\" AS TEXT) LIKE '%{word}%'");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut conn).await.unwrap_or(0);
        if count > 0 {
            let sql = format!(
                "SELECT CAST(\"{column}\" AS TEXT) FROM \"{table}\" WHERE CAST(\"{column}\" AS TEXT) LIKE '%{word}%' LIMIT 1"
            );
            let one: String =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut conn).await.unwrap();
            found.push(format!("{table}.{column}: {one}"));
        }
    }
    conn.close().await.unwrap();
    found.sort();
    found
}

/// What of the words stands in a file of the homeserver's, once what was freed is gone.
fn in_file(path: &Path, words: &[&'static str]) -> Vec<&'static str> {
    let bytes = fs::read(path).unwrap().to_ascii_lowercase();
    let is_in = |word: &&&str| {
        let word = word.to_lowercase();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    };
    words.iter().filter(is_in).copied().collect()
}

/// Waits until the homeserver has done away with what was redacted, and the rooms that all have forgotten.
async fn tidied(world: &World, room: &OwnedRoomId) {
    let database = format!("sqlite://{}", world.folder().join("synapse/homeserver.db").display());
    eventually("the homeserver to clear up", || async {
        let mut conn = AnyConnection::connect(&database).await.unwrap();
        let kept: i64 = sqlx::query_scalar(
            "SELECT (SELECT COUNT(*) FROM redactions WHERE NOT have_censored)
             + (SELECT COUNT(*) FROM events WHERE room_id = $1)",
        )
        .bind(room.as_str())
        .fetch_one(&mut conn)
        .await
        .unwrap();
        conn.close().await.unwrap();
        (kept == 0).then_some(())
    })
    .await;
}

/// The end of a story: once an admin has cleaned up in the file of the stopped homeserver, nothing of Jane is
/// in it, and all goes on.
async fn nothing_is_left_after_cleaning(mut world: World, database: &Path) {
    cleaned_by_admin(database).await;
    let words: Vec<&str> = SAID.into_iter().chain(["Jane Doe", "415 555 0100", "jane@x.test"]).collect();
    assert_eq!(in_file(database, &words), [""; 0], "{:?}", tables_with(database, "Jane Doe").await);
    world.synapse.start_again().await.unwrap();
    world.bridge.start("");
    world.bridge.ready().await;
    world.finish().await;
}

/// Runs what the manual tells an admin of the homeserver to run, and takes out what SQLite has freed.
async fn cleaned_by_admin(database: &Path) {
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    for sql in [
        "DELETE FROM event_search WHERE event_id IN (SELECT redacts FROM redactions)",
        "UPDATE sliding_sync_membership_snapshots SET room_name = NULL
         WHERE room_id IN (SELECT room_id FROM room_stats_state WHERE COALESCE(name, '') = '')",
        "INSERT INTO event_search (event_search) VALUES ('optimize')",
        "VACUUM",
    ] {
        conn.execute(sql).await.unwrap();
    }
    conn.close().await.unwrap();
}

fn file_of(world: &World, uri: &str) -> Vec<std::path::PathBuf> {
    let id = uri.rsplit('/').next().unwrap();
    let (first, second, rest) = (&id[..2], &id[2..4], &id[4..]);
    let media = world.folder().join("synapse/media");
    let file = media.join("local_content").join(first).join(second).join(rest);
    [file, media.join("local_thumbnails").join(first).join(second).join(rest)].into()
}

#[tokio::test]
async fn nothing_of_her_is_left_in_rooms_and_database_and_what_only_an_admin_can_do_is_named() {
    let mut world = World::with(options()).await;
    let traces = traces(&world).await;
    let bob = world.agent("bob").position();
    world.erase_elsewhere("e-7f3k2", &traces.elsewhere, NOW).await;
    let receipt = receipt(&world).await;
    assert!(found(&receipt.content.to_string(), &NAMES).is_empty(), "{}", receipt.body());
    assert_eq!(
        left(&receipt),
        ["events retention", "file not_admin", "room retention"],
        "{}",
        receipt.body()
    );
    // It names the rooms that go on, and says what the homeserver keeps of what was redacted there.
    for said in [traces.consult.as_str(), "redaction_retention_period", "search index", "docs/ERASURE.md"] {
        assert!(receipt.body().contains(said), "{said}: {}", receipt.body());
    }
    let notice = receipt.notice().unwrap();
    assert_eq!((&notice["rooms"], &notice["ghosts"], &notice["files"]), (&json!(1), &json!(1), &json!(0)));
    assert!(receipt.body().contains(&traces.picture), "{}", receipt.body());
    nobody_reads_of_her(&world, &traces).await;
    let seen_by_bob = |seen: &Seen| seen.kind == "m.room.redaction" && seen.room_id == traces.consult;
    world.agent("bob").wait_for_after(bob, "a redaction", seen_by_bob).await.unwrap();

    // The provider keeps no word and no picture.
    let kept = world.kept_by_provider().await;
    assert!(found(&kept, &SAID).is_empty(), "{kept}");
    assert_eq!(notice["texts"], 3);
    // Nothing of the job is left that tells of her.
    for table in ["erasure_steps", "erasure_seen"] {
        let count = if table == "erasure_steps" {
            world.number("SELECT COUNT(*) FROM erasure_steps").await
        } else {
            world.number("SELECT COUNT(*) FROM erasure_seen").await
        };
        assert_eq!(count, 0, "{table}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM erasures WHERE about IS NULL").await, 1);

    // What the homeserver keeps, once it has done what its settings say.
    tidied(&world, &traces.session).await;
    assert!(file_of(&world, &traces.picture)[0].exists());
    let database = world.folder().join("synapse/homeserver.db");
    world.drained().await;
    world.bridge.kill();
    world.synapse.stop().await.unwrap();
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    let sql = "SELECT COUNT(*) FROM event_search WHERE value LIKE '%Jane Doe%'";
    let searched: i64 = sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    assert!(
        searched > 0,
        "Synapse takes redacted words out of its index by itself now: say so in the manual"
    );
    nothing_is_left_after_cleaning(world, &database).await;
}

/// Makes the bot an admin of its homeserver.
async fn make_bot_admin(world: &World) {
    let root = world.synapse.register_user("root", "secret", true).await.unwrap();
    let url = format!("{}/_synapse/admin/v2/users/@switchroom:desk.test", world.synapse.url());
    let request = reqwest::Client::new().put(url).bearer_auth(root.access_token.expose_secret());
    let answer = request.json(&json!({"admin": true})).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
}

#[tokio::test]
async fn a_bot_that_is_admin_deletes_rooms_and_files_whatever_is_killed_and_down_meanwhile() {
    let mut world = World::with(options()).await;
    make_bot_admin(&world).await;
    let traces = traces(&world).await;
    assert!(file_of(&world, &traces.picture)[0].exists());
    world.provider.faults().down(true);
    let in_the_middle = format!("{NOW};erased_a_piece=3*off->return");
    world.erase_elsewhere("e-7f3k2", &traces.elsewhere, &in_the_middle).await;
    eventually("the program to be ended in the middle", || {
        let has_ended = world.bridge.has_ended();
        async move { has_ended.then_some(()) }
    })
    .await;
    assert!(world.number("SELECT COUNT(*) FROM erasure_steps").await > 2);
    world.synapse.kill().await.unwrap();
    world.bridge.start(NOW);
    world.synapse.start_again().await.unwrap();
    // All that is left is what the provider keeps, the picture behind it, and what is looked at once more.
    eventually("all but the provider's messages to be erased", || async {
        let others = "SELECT COUNT(*) FROM erasure_steps WHERE body NOT LIKE '%\"texts\"%'";
        (world.number(others).await == 4).then_some(())
    })
    .await;
    world.provider.faults().down(false);
    let first = receipt(&world).await;
    // Even a homeserver whose admin the bot is keeps what was redacted in rooms that go on.
    assert_eq!(left(&first), ["events retention"], "{}", first.body());
    assert!(!first.body().contains("Nothing was left"), "{}", first.body());
    let notice = first.notice().unwrap();
    assert_eq!(
        (&notice["deleted_rooms"], &notice["files"], &notice["texts"]),
        (&json!(1), &json!(1), &json!(3))
    );
    for (name, room) in [("alice", &traces.consult), ("bob", &traces.consult)] {
        let text = readable(&world, name, room).await.replace("24155550100", "");
        assert!(found(&text, SAID.iter().chain(&NAMES)).is_empty(), "{name} in {room}: {text}");
    }
    assert!(readable(&world, "alice", &traces.session).await.contains("M_FORBIDDEN"));
    for file in file_of(&world, &traces.picture) {
        assert!(!file.exists(), "{} is still there", file.display());
    }
    assert!(found(&world.kept_by_provider().await, &SAID).is_empty());

    // A second time finds nothing more to do, and does no harm.
    let position = world.agent("alice").position();
    world.bridge.ready().await;
    world.drained().await;
    world.erase_elsewhere("e-22222", &traces.elsewhere, NOW).await;
    let console = world.console("alice").await;
    let again =
        |seen: &Seen| seen.room_id == console && seen.code() == "erased" && seen.body().contains("e-22222");
    let second = world.agent("alice").wait_for_after(position, "the second receipt", again).await.unwrap();
    let notice = second.notice().unwrap();
    assert_eq!((&notice["events"], &notice["files"], &notice["texts"]), (&json!(0), &json!(0), &json!(0)));
    assert!(readable(&world, "alice", &traces.consult).await.contains("Lunch with Janet Doering"));

    world.drained().await;
    let database = world.folder().join("synapse/homeserver.db");
    tidied(&world, &traces.session).await;
    world.bridge.kill();
    world.synapse.stop().await.unwrap();
    nothing_is_left_after_cleaning(world, &database).await;
}

#[tokio::test]
async fn where_the_provider_erases_nothing_the_receipt_says_so_and_all_else_is_erased() {
    let mut world = World::with(WorldOptions { telnyx: true, ..WorldOptions::default() }).await;
    let session = world.conversation("alice", JANE, "A zebrafinch sits in my parcel").await;
    done(&world, "alice", &session).await;
    world.drained().await;
    let elsewhere = Elsewhere {
        addresses: vec![Address::read(JANE)],
        rooms: vec![session.clone()],
        mentions: vec![world.console("alice").await],
        words: vec![JANE.to_owned(), "+1 415 555 0100".to_owned()],
        ghosts: vec![OwnedUserId::try_from(world.ghost(JANE).await).unwrap()],
        ..Elsewhere::default()
    };
    world.erase_elsewhere("e-7f3k2", &elsewhere, NOW).await;
    let receipt = receipt(&world).await;
    assert_eq!(
        left(&receipt),
        ["events retention", "room retention", "texts not_listed"],
        "{}",
        receipt.body()
    );
    for room in [&session, &world.console("alice").await] {
        let text = readable(&world, "alice", room).await;
        let left = found(&text, ["zebrafinch", "4155550100", "415 555 0100"].iter());
        assert!(left.is_empty(), "{left:?} in {room}");
    }
    world.finish().await;
}

#[tokio::test]
async fn who_asks_with_a_command_reads_the_receipt_and_nothing_of_the_command_names_her() {
    let mut world = World::with(WorldOptions {
        each: &[("alice", "roles: [agent, admin]")],
        fail_points: NOW,
        ..WorldOptions::default()
    })
    .await;
    world.bridge.ready().await;
    let session = world.conversation("alice", JANE, "A zebrafinch sits in my parcel").await;
    done(&world, "alice", &session).await;
    let card = world.command("alice", &format!("!erase {JANE}"), "erase_contact").await;
    let id = card.notice().unwrap()["contact_id"].as_str().unwrap().to_owned();
    let erasing = world.command("alice", &format!("!erase {id} {id}"), "erasing").await;
    let receipt = receipt(&world).await;
    let job = &erasing.notice().unwrap()["id"];
    assert_eq!((&receipt.notice().unwrap()["id"], receipt.replies_to()), (job, None));
    assert_eq!(left(&receipt), ["events retention", "room retention"], "{}", receipt.body());
    let console = world.console("alice").await;
    for room in [&session, &console] {
        let text = readable(&world, "alice", room).await;
        let words = ["zebrafinch", "4155550100", "415 555 0100", id.as_str()];
        let left = found(&text, &words);
        assert!(left.is_empty(), "{left:?} in {room}");
    }
    // What says nothing of her is still there.
    let text = readable(&world, "alice", &console).await;
    assert!(text.contains(&format!("Erasure {}", job.as_str().unwrap())), "{text}");
    assert!(found(&world.kept_by_provider().await, &SAID).is_empty());
    world.finish().await;
}
