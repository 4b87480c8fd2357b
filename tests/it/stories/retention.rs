//! What was said is kept for as long as the desk is set to, and not any longer.

use bytes::Bytes;
use image::{ImageFormat, RgbImage};
use ruma::OwnedRoomId;
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::Attachment;

use super::{done, type_in};
use crate::harness::{OURS, World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const ROY: &str = "+14155550101";
/// What is told when something was erased.
const EMPTIED: &str = "SELECT COUNT(*) FROM interactions WHERE body LIKE '%emptied_at%'";

/// The queue keeps what was said for ever, whatever the desk does.
const QUEUE: &str = "undo_secs: 0, retention: {sms_days: 0}";

async fn desk() -> World {
    let options = WorldOptions {
        each: &[("alice", "roles: [agent, supervisor, admin]")],
        queue: QUEUE,
        desk: "dispositions: [{code: solved, label: Solved}]",
        ..WorldOptions::default()
    };
    World::with(options).await
}

/// Nine days pass for all that is written down.
async fn nine_days_pass(world: &World) {
    for sql in [
        "UPDATE interactions SET created_at = created_at - 777600000, body = json_set(body, '$.phase.at',
         json_extract(body, '$.phase.at') - 777600000) WHERE state = 'done' RETURNING 1",
        "UPDATE timers SET due_at = due_at - 777600000,
         id = (due_at - 777600000) || SUBSTR(id, INSTR(id, ':')) WHERE body LIKE '%leave_room%' RETURNING 1",
        "UPDATE outbox SET created_at = created_at - 777600000 WHERE state = 'done' RETURNING 1",
        "UPDATE lists SET at = at - 777600000 RETURNING 1",
        "UPDATE audit SET at = at - 777600000 RETURNING 1",
    ] {
        world.number(sql).await;
    }
}

fn id_of(world: &World, room: &OwnedRoomId) -> String {
    let id = world.agent("alice").look(|log| log.rooms()[room].interaction().unwrap()["id"].clone());
    id.as_str().unwrap().to_owned()
}

fn items(seen: &Seen) -> Vec<Value> {
    seen.notice().unwrap()["items"].as_array().unwrap().clone()
}

fn picture() -> Attachment {
    let mut png = Vec::new();
    RgbImage::new(3, 2).write_to(&mut std::io::Cursor::new(&mut png), ImageFormat::Png).unwrap();
    Attachment { content_type: "image/png".to_owned(), bytes: Bytes::from(png) }
}

#[tokio::test]
async fn a_conversation_past_its_days_is_gone_wherever_it_stood_and_others_stay() {
    let mut world = desk().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "The parcel to Goettingen").await;
    let old = id_of(&world, &room);
    world.provider.text_from(JANE, OURS, "This one, to Goettingen", vec![picture()]).await.unwrap();
    alice.wait_for("the picture", |seen| seen.room_id == room && seen.msgtype() == "m.image").await.unwrap();
    alice.send_text(&room, "Goettingen is on its way").await.unwrap();
    world.phone_gets(JANE, &["Goettingen is on its way"]).await;
    type_in(&world, "alice", &room, "!case set town Goettingen", "case").await;
    type_in(&world, "alice", &room, "!tag goettingen", "case").await;
    alice.send_text(&room, "!note she lives in Goettingen").await.unwrap();
    type_in(&world, "alice", &room, "!disposition solved", "disposition_set").await;
    done(&world, "alice", &room).await;
    world.drained().await;
    let rooms = world.rooms_of_the_bot().await;
    // Nothing is older yet, so that nothing is asked.
    world.command("alice", "!setting set retention_sms_days 7", "changed").await;
    let refused = world.command("alice", "!setting set im_retention_days 7", "usage").await;
    assert!(refused.body().contains("is called retention_im_days now"), "{}", refused.body());
    nine_days_pass(&world).await;
    let kassel = world.conversation("alice", ROY, "The parcel to Kassel").await;
    let new = id_of(&world, &kassel);
    done(&world, "alice", &kassel).await;

    // Its queue keeps it for ever, until somebody confirms that it shall not.
    world.start_again("").await;
    let delivered =
        "SELECT COUNT(*) FROM outbox WHERE created_at < CAST(strftime('%s') AS BIGINT) * 1000 - 604800000";
    eventually("what was delivered to be cleared away", || async {
        (world.number(delivered).await == 0).then_some(())
    })
    .await;
    let transcript = world.command("alice", &format!("!history {old}"), "transcript").await;
    assert!(transcript.body().contains("Goettingen is on its way"), "{}", transcript.body());
    let asked = world.command("alice", "!queue set support retention_sms_days none", "confirm_erasing").await;
    let notice = asked.notice().unwrap();
    assert_eq!((&notice["count"], &notice["erases"]), (&json!(1), &json!("conversations")));
    assert!(
        asked
            .body()
            .starts_with("1 conversation in the queue support is older than 7 days and will be erased"),
        "{}",
        asked.body()
    );
    let shown = world.command("alice", "!queue show support", "list").await;
    assert!(shown.body().contains("retention_sms_days"), "{}", shown.body());
    assert_eq!(world.number(EMPTIED).await, 0);
    world.command("alice", "!queue set support retention_sms_days none", "confirm_erasing").await;
    world.command("alice", "!yes", "changed").await;
    // It is done once.
    world.command("alice", "!1", "no_such_target").await;
    // The config no longer names it, so that it stays as it was set by the command.
    let config = world.folder().join("bridge-config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(QUEUE, "undo_secs: 0")).unwrap();
    world.start_again("").await;
    eventually("the old one to be erased", || async { (world.number(EMPTIED).await == 1).then_some(()) })
        .await;
    eventually("bot and ghost to have left its room", || async {
        (world.rooms_of_the_bot().await == rooms).then_some(())
    })
    .await;

    // It is listed with its dates, and nobody reads what was said.
    let listed = items(&world.command("alice", &format!("!history {JANE}"), "history").await);
    assert_eq!((listed.len(), &listed[0]["id"]), (1, &json!(old)));
    assert_eq!((&listed[0]["disposition"], &listed[0]["text"]), (&json!("Solved"), &json!("")));
    assert!(listed[0]["emptied_at"].is_i64() && listed[0]["done_at"].is_i64(), "{listed:?}");
    let left = world.command("alice", &format!("!history {old}"), "no_longer_kept").await;
    assert!(left.body().contains("What was said is no longer kept: it was erased on "), "{}", left.body());
    assert!(left.body().contains("alice Doe · Solved"), "{}", left.body());
    for words in ["!history goettingen", &format!("!history {JANE} goettingen")] {
        assert!(items(&world.command("alice", words, "history").await).is_empty(), "{words}");
    }
    let refused = world.command("alice", &format!("!reopen {old}"), "refused").await;
    assert_eq!(refused.notice().unwrap()["why"], "no_longer_kept");
    assert!(refused.body().contains("its retention time was over"), "{}", refused.body());
    // The other one is as it was.
    let found = items(&world.command("alice", "!history kassel", "history").await);
    assert_eq!((found.len(), &found[0]["id"]), (1, &json!(new)));
    let transcript = world.command("alice", &format!("!history {new}"), "transcript").await;
    assert!(transcript.body().contains("The parcel to Kassel"), "{}", transcript.body());

    // She comes back, and what was is not told; her report is as before.
    let again = world.conversation("alice", JANE, "Hello again").await;
    assert!(!alice_has(&world, &again, "earlier"));
    done(&world, "alice", &again).await;
    world.drained().await;

    // What agents were shown in their consoles is cleared away a week later.
    world
        .number("UPDATE outbox SET created_at = created_at - 777600000 WHERE state = 'done' RETURNING 1")
        .await;
    world.number("UPDATE lists SET at = at - 777600000 RETURNING 1").await;
    world.start_again("").await;
    eventually("what was shown to be cleared away", || async {
        (world.number(delivered).await + world.number("SELECT COUNT(*) FROM lists").await == 0).then_some(())
    })
    .await;
    world.drained().await;

    // Neither what is exported nor the file of the database holds any of it.
    world.bridge.kill();
    let to = world.folder().join("export");
    let (whole, said) = world.bridge.run_with(&["contact", "export", JANE, "--to", to.to_str().unwrap()], "");
    assert!(whole && said.contains("2 conversations, 0 pictures and files."), "{said}");
    let json = std::fs::read_to_string(to.join("contact.json")).unwrap();
    assert!(!json.to_lowercase().contains("goettingen") && json.contains("emptied_at"), "{json}");
    let text = std::fs::read_to_string(to.join("contact.txt")).unwrap();
    assert!(text.contains("what was said is no longer kept, since 2"), "{text}");
    assert!(!world.folder().join("desk.db-wal").exists(), "all of it is in the file");
    assert!(file_holds(&world, "kassel") && !file_holds(&world, "goettingen"));
    world.start_again("").await;
    world.finish().await;
}

/// Whether a word stands anywhere in the file of the database.
fn file_holds(world: &World, needle: &str) -> bool {
    let file = std::fs::read(world.folder().join("desk.db")).unwrap().to_ascii_lowercase();
    file.windows(needle.len()).any(|bytes| bytes == needle.as_bytes())
}

fn alice_has(world: &World, room: &OwnedRoomId, code: &str) -> bool {
    world.agent("alice").look(|log| log.messages(room).any(|seen| seen.code() == code))
}

#[tokio::test]
async fn pictures_go_where_the_bot_may_erase_them_and_the_audit_log_but_not_consent() {
    let world = desk().await;
    let alice = world.agent("alice");
    let mut uris = Vec::new();
    for (phone, text) in [(JANE, "My cat"), (ROY, "My dog")] {
        let room = world.conversation("alice", phone, text).await;
        world.provider.text_from(phone, OURS, "Here", vec![picture()]).await.unwrap();
        let shown = alice
            .wait_for("the picture", |seen| seen.room_id == room && seen.msgtype() == "m.image")
            .await
            .unwrap();
        uris.push(shown.content["url"].as_str().unwrap().to_owned());
        if phone == JANE {
            world.text(phone, "STOP").await;
            alice.wait_for_text(&room, "STOP").await.unwrap();
        }
        done(&world, "alice", &room).await;
        if phone == JANE {
            nine_days_pass(&world).await;
            world.number("UPDATE media_shown SET done_at = done_at - 777600000 RETURNING 1").await;
        }
    }
    world.drained().await;
    let consent = world.number("SELECT COUNT(*) FROM consent_changes").await;
    let log = "SELECT COUNT(*) FROM audit WHERE at < CAST(strftime('%s') AS BIGINT) * 1000 - 604800000";
    assert!(consent > 0 && world.number(log).await > 0);
    world.make_the_bot_an_admin().await;
    let asked = world.command("alice", "!setting set retention_media_days 7", "confirm_erasing").await;
    assert!(
        asked.body().starts_with("1 picture or file is from a conversation older than 7 days"),
        "{}",
        asked.body()
    );
    world.command("alice", "!1", "changed").await;
    let asked = world.command("alice", "!setting set retention_audit_days 7", "confirm_erasing").await;
    assert!(asked.body().contains("of the audit log "), "{}", asked.body());
    let (position, console) = (alice.position(), world.console("alice").await);
    alice.react(&console, &asked.event_id, "✅").await.unwrap();
    alice
        .wait_for_after(position, "the change", |seen| seen.room_id == console && seen.code() == "changed")
        .await
        .unwrap();
    // A shorter time holds soon, without a restart.
    eventually("the old lines of the log to be erased", || async {
        (world.number(log).await == 0).then_some(())
    })
    .await;
    assert_eq!(world.number("SELECT COUNT(*) FROM media_shown WHERE behind_preview = 0").await, 1);
    let cat = uris[0].as_str();
    let alice = world.agent("alice");
    eventually("the old picture to be erased", || async {
        alice.fetch(cat.into()).await.is_err().then_some(())
    })
    .await;
    assert!(alice.fetch(uris[1].as_str().into()).await.unwrap().is_some());
    // What was said with it stays, and so does what the customer wished.
    assert!(items(&world.command("alice", "!history cat", "history").await).len() == 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM consent_changes").await, consent);
    assert_eq!(world.number(EMPTIED).await, 0);
    assert!(world.number("SELECT COUNT(*) FROM audit").await > 0, "what was done since is still there");
    world.finish().await;
}
