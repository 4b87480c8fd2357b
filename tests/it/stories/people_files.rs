//! Contacts out of a table, and everything of a person into a folder.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use bytes::Bytes;
use image::{ImageFormat, RgbImage};
use serde_json::Value;
use switchroom::sms::simulator::Attachment;

use crate::harness::{Database, OURS, World, WorldOptions};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";

#[tokio::test]
async fn contacts_are_imported_while_the_desk_serves_and_rooms_call_them_by_their_names() {
    let world = World::with(WorldOptions { database: Database::Postgres, ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let table =
        "name;phone;tier\n<b>Jane</b> Doe;(415) 555-0100;gold\nJohn Roe;415 555 0101;\nNobody;soon;\n";
    let (whole, said) = world.bridge.run_with(&["import", "contacts", "-", "--check"], table);
    assert!(!whole && said.contains("Would have: 1 added, 1 changed, 0 as they were, 1 refused."), "{said}");
    assert!(said.contains("standard input:4: “phone”: “soon” is no phone number"), "{said}");
    assert_eq!(world.number("SELECT COUNT(*) FROM contacts").await, 1);
    let (whole, said) = world.bridge.run_with(&["import", "contacts", "-"], table);
    assert!(!whole && said.contains("1 added, 1 changed, 0 as they were, 1 refused."), "{said}");
    alice.wait_for_room(&room, "its name", |room| room.name() == "<b>Jane</b> Doe").await.unwrap();
    world.text(JOHN, "Me too").await;
    alice.wait_for_invite(JOHN, |room| room.name() == "John Roe").await.unwrap();
    let table = table.replace("Nobody;soon;\n", "");
    let (whole, said) = world.bridge.run_with(&["import", "contacts", "-"], &table);
    assert!(whole && said.contains("0 added, 0 changed, 2 as they were, 0 refused."), "{said}");
    world.finish().await;
}

#[tokio::test]
async fn on_sqlite_nothing_is_imported_or_exported_while_the_desk_serves() {
    let world = World::new().await;
    for arguments in [&["import", "contacts", "-"][..], &["contact", "export", JANE]] {
        let (whole, said) = world.bridge.run_with(arguments, "number\n+14155550100\n");
        assert!(!whole && said.contains("another switchroom serves from"), "{said}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contacts").await, 0);
    world.finish().await;
}

#[tokio::test]
async fn everything_of_a_person_is_exported_with_their_picture() {
    let world = World::with(WorldOptions { database: Database::Postgres, ..WorldOptions::default() }).await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello =cmd").await;
    let mut png = Vec::new();
    RgbImage::new(3, 2).write_to(&mut std::io::Cursor::new(&mut png), ImageFormat::Png).unwrap();
    let picture = Attachment { content_type: "image/png".to_owned(), bytes: Bytes::from(png.clone()) };
    world.provider.text_from(JANE, OURS, "This one", vec![picture]).await.unwrap();
    alice.wait_for("the picture", |seen| seen.room_id == room && seen.msgtype() == "m.image").await.unwrap();
    alice.send_text(&room, "Thanks, Jane").await.unwrap();
    world.phone_gets(JANE, &["Thanks, Jane"]).await;
    alice.send_text(&room, "!case set order 4711").await.unwrap();
    alice.wait_for("the case", |seen| seen.code() == "case" && seen.body().contains("4711")).await.unwrap();
    // What is another's is not in it.
    world.text(JOHN, "Something of mine").await;
    world.drained().await;

    let to = world.folder().join("export");
    let named = to.to_str().unwrap();
    let (whole, said) = world.bridge.run_with(&["contact", "export", "(415) 555-0100", "--to", named], "");
    assert!(whole && said.contains("1 conversation, 2 pictures and files."), "{said}");
    assert!(!said.contains("Not in it"), "{said}");

    let json = fs::read_to_string(to.join("contact.json")).unwrap();
    let document: Value = serde_json::from_str(&json).unwrap();
    let conversation = &document["interactions"][0];
    assert_eq!(document["contact_numbers"][0]["number"], format!("sms:{JANE}"));
    let case = conversation["interaction"]["body"]["case"].as_array().unwrap();
    assert!(case.contains(&serde_json::json!(["order", "4711"])), "{case:?}");
    assert_eq!(conversation["replies"][0]["body"]["text"], "Thanks, Jane");
    let said: Vec<&str> = conversation["transcript"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["body"].as_str())
        .collect();
    assert!(said.contains(&"Hello =cmd") && said.contains(&"This one (media)"), "{said:?}");
    assert!(document["audit"].as_array().unwrap().iter().any(|line| line["what"] == "case"), "{json}");
    assert!(!json.contains("Something of mine") && !json.contains(JOHN), "{json}");
    let text = fs::read_to_string(to.join("contact.txt")).unwrap();
    for part in
        ["Hello =cmd", "This one", "Thanks, Jane", "order: 4711", "media/0001-", "Number: +1 415 555 0100"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let file = conversation["media"][0]["file"].as_str().unwrap();
    assert_eq!(image::load_from_memory(&fs::read(to.join(file)).unwrap()).unwrap().width(), 3);
    let original = conversation["media"][1]["file"].as_str().unwrap();
    assert_eq!(fs::read(to.join(original)).unwrap(), png);
    assert_eq!(modes(&to), BTreeSet::from([0o600, 0o700]));

    // It is not written over, and who asks for nobody is told so.
    let (whole, said) = world.bridge.run_with(&["contact", "export", JANE, "--to", named], "");
    assert!(!whole && said.contains("not empty, so nothing was written"), "{said}");
    let (whole, said) = world.bridge.run_with(&["contact", "export", "+14155550199"], "");
    assert!(!whole && said.contains("there is no contact “+14155550199”"), "{said}");
    world.finish().await;
}

#[tokio::test]
async fn without_the_homeserver_the_rest_is_exported_and_what_is_missing_is_named() {
    let mut world = World::new().await;
    let alice = world.agent("alice");
    let room = world.conversation("alice", JANE, "Hello").await;
    let picture =
        Attachment { content_type: "text/x-vCard".to_owned(), bytes: "BEGIN:VCARD\r\nEND:VCARD\r\n".into() };
    world.provider.text_from(JANE, OURS, "My card", vec![picture]).await.unwrap();
    alice.wait_for("the card", |seen| seen.room_id == room && seen.msgtype() == "m.file").await.unwrap();
    world.drained().await;
    world.bridge.kill();
    world.synapse.kill().await.unwrap();
    let to = world.folder().join("export");
    let (whole, said) = world.bridge.run_with(&["contact", "export", JANE, "--to", to.to_str().unwrap()], "");
    assert!(!whole && said.contains("1 conversation, 0 pictures and files."), "{said}");
    assert!(said.contains("Not in it: i-") && said.contains("no answer of the homeserver"), "{said}");
    let document: Value =
        serde_json::from_str(&fs::read_to_string(to.join("contact.json")).unwrap()).unwrap();
    assert_eq!(document["interactions"][0]["media_not_read"], "no answer of the homeserver");
    world.synapse.start_again().await.unwrap();
    world.start_again("").await;
    world.finish().await;
}

/// Who may read what lies in a folder.
fn modes(folder: &Path) -> BTreeSet<u32> {
    let mut modes = BTreeSet::from([folder.metadata().unwrap().permissions().mode() & 0o777]);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            modes.extend(self::modes(&path));
        } else {
            modes.insert(path.metadata().unwrap().permissions().mode() & 0o777);
        }
    }
    modes
}
