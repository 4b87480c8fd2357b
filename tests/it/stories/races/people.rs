//! Who is who, while it is said in two ways at once: merging, assigning and importing, while customers write.

use futures_util::future::join_all;
use ruma::OwnedRoomId;
use switchroom::demo::agent::seen::Seen;

use super::heard;
use crate::harness::{Database, World, WorldOptions, eventually};
use crate::stories::{goes_by, type_in};

const JANE: &str = "+14155550100";
const ROY: &str = "+14155550101";
/// Another number of ours.
const OTHER: &str = "+15005550007";
const PHONES: [&str; 3] = ["+14155550111", "+14155550112", "+14155550113"];

/// A conversation of a phone whose customer gets a name.
async fn named(world: &World, phone: &str, name: &str) -> OwnedRoomId {
    let room = world.conversation("alice", phone, &format!("Hello from {name}")).await;
    type_in(world, "alice", &room, &format!("!contact set name {name}"), "contact").await;
    goes_by(world, "alice", &room, name).await;
    room
}

/// Whose the conversations on a number are.
async fn whose(world: &World, phone: &str) -> Vec<String> {
    let sql = "SELECT i.contact_number, c.name FROM interactions i JOIN contacts c ON c.id = i.contact";
    let rows = world.books.rows(sql).await.into_iter();
    rows.filter(|row| row[0] == format!("sms:{phone}")).map(|row| row[1].clone()).collect()
}

async fn merged_and_split_while_they_write(database: Database) {
    let world = World::with(WorldOptions {
        database,
        agent: "capacity: {sms: 20}",
        more_numbers: &[(OTHER, "queue: support")],
        ..WorldOptions::default()
    })
    .await;
    let alice = world.agent("alice");
    let janes = named(&world, JANE, "Jane Doe").await;
    let mut said = vec!["Hello from Jane Doe".to_owned()];
    for (n, phone) in PHONES.into_iter().enumerate() {
        let name = format!("Roy {n}");
        let roys = named(&world, phone, &name).await;
        world.command("alice", "!notready", "status").await;
        let asked =
            type_in(&world, "alice", &janes, &format!("!contact merge {name}"), "contact_merge").await;
        let position = alice.position();
        let (hers, his) = (format!("hers {n}.1"), format!("his {n}.1"));
        // One of the texts begins a conversation on another number of ours.
        let (_, _, _, begun) = tokio::join!(
            alice.react(&janes, &asked.event_id, "✅"),
            world.text(JANE, &hers),
            world.text(phone, &his),
            world.provider.text_from(phone, OTHER, "To the other number", vec![]),
        );
        begun.unwrap();
        let is_merged = |seen: &Seen| seen.room_id == janes && seen.code() == "contact_merged";
        alice.wait_for_after(position, "the merge", is_merged).await.unwrap();
        alice.wait_for_text(&janes, &hers).await.unwrap();
        alice.wait_for_text(&roys, &his).await.unwrap();
        goes_by(&world, "alice", &roys, "Jane Doe").await;
        eventually("both of his conversations to be hers", || async {
            (whose(&world, phone).await == ["Jane Doe", "Jane Doe"]).then_some(())
        })
        .await;

        let (more, others) = (format!("hers {n}.2"), format!("his {n}.2"));
        let (split, _, _) = tokio::join!(
            type_in(&world, "alice", &janes, "!contact split", "contact_split"),
            world.text(JANE, &more),
            world.text(phone, &others),
        );
        assert_eq!(split.notice().unwrap()["merged"], name.as_str());
        alice.wait_for_text(&janes, &more).await.unwrap();
        alice.wait_for_text(&roys, &others).await.unwrap();
        goes_by(&world, "alice", &roys, &name).await;
        assert_eq!(whose(&world, phone).await, [name.as_str(), &name]);
        assert_eq!(heard(&world, &roys, phone).await, [format!("Hello from {name}"), his, others]);
        said.extend([hers, more]);
    }
    assert_eq!(heard(&world, &janes, JANE).await, said);
    assert_eq!(whose(&world, JANE).await, ["Jane Doe"]);
    let lost = "SELECT COUNT(*) FROM interactions i JOIN contacts c ON c.id = i.contact
                WHERE c.merged_into IS NOT NULL";
    assert_eq!(world.number(lost).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn customers_who_write_while_they_are_merged_and_split_are_heard_where_they_belong() {
    merged_and_split_while_they_write(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_who_write_while_they_are_merged_and_split_are_heard_where_they_belong_on_postgresql() {
    merged_and_split_while_they_write(Database::Postgres).await;
}

async fn assigned_to_two_at_once(database: Database) {
    let world = World::with(WorldOptions {
        database,
        agents: &["alice", "bob"],
        agent: "capacity: {sms: 20}",
        each: &[("bob", "queues: [sales]")],
        more_numbers: &[(OTHER, "queue: sales")],
        queue: "undo_secs: 0}, {name: sales, undo_secs: 0",
        ..WorldOptions::default()
    })
    .await;
    named(&world, JANE, "Jane Doe").await;
    named(&world, ROY, "Roy Roe").await;
    world.command("bob", "!ready", "status").await;
    for phone in PHONES {
        let hers = world.conversation("alice", phone, "To support").await;
        world.provider.text_from(phone, OTHER, "To sales", vec![]).await.unwrap();
        let his = world.invite("bob", phone).await;
        world.agent("bob").join(&his).await.unwrap();
        world.state("bob", &his, "active").await;
        // The customer goes on writing meanwhile.
        let (to_jane, to_roy, _) = tokio::join!(
            type_in(&world, "alice", &hers, "!contact assign Jane Doe", "contact_assigned"),
            type_in(&world, "bob", &his, "!contact assign Roy Roe", "contact_assigned"),
            world.text(phone, "Hello?"),
        );
        let wholes = [&to_jane, &to_roy].map(|seen| seen.notice().unwrap()["whole"] == true);
        assert_ne!(wholes[0], wholes[1], "the number is given to one of the two");
        world.agent("alice").wait_for_text(&hers, "Hello?").await.unwrap();
        // Each conversation is with whom its agent said, and the number is theirs who were first.
        goes_by(&world, "alice", &hers, "Jane Doe").await;
        goes_by(&world, "bob", &his, "Roy Roe").await;
        let mut names = whose(&world, phone).await;
        names.sort();
        assert_eq!(names, ["Jane Doe", "Roy Roe"]);
        let owners = "SELECT n.number, c.name FROM contact_numbers n JOIN contacts c ON c.id = n.contact";
        let owners = world.books.rows(owners).await;
        let owner = owners.iter().find(|row| row[0] == format!("sms:{phone}")).unwrap();
        assert_eq!(owner[1], if wholes[0] { "Jane Doe" } else { "Roy Roe" });
    }
    world.finish().await;
}

#[tokio::test]
async fn of_two_who_assign_a_number_at_once_one_gives_it_away_and_both_have_whom_they_said() {
    assigned_to_two_at_once(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_assign_a_number_at_once_one_gives_it_away_and_both_have_whom_they_said_on_postgresql() {
    assigned_to_two_at_once(Database::Postgres).await;
}

/// On SQLite nothing is imported while the desk serves, see `people_files`.
#[tokio::test(flavor = "multi_thread")]
async fn customers_who_write_while_they_are_imported_are_one_contact_each_with_their_name() {
    const COUNT: usize = 12;
    let world = World::with(WorldOptions { database: Database::Postgres, ..WorldOptions::default() }).await;
    let phone = |n: usize| format!("+141555502{n:02}");
    let rows: Vec<String> = (0..COUNT).map(|n| format!("Jane {n},{}", phone(n))).collect();
    let table = format!("name,phone\n{}\n", rows.join("\n"));
    let texts = join_all((0..COUNT).rev().map(|n| {
        let (world, phone) = (&world, phone(n));
        async move { world.text(&phone, "Hello").await }
    }));
    let (said, _) = tokio::join!(
        async { tokio::task::block_in_place(|| world.bridge.run_with(&["import", "contacts", "-"], &table)) },
        texts
    );
    assert!(said.0 && said.1.contains("0 as they were, 0 refused."), "{}", said.1);
    eventually("each to have a conversation under their name", || async {
        let sql = "SELECT c.name, i.body FROM interactions i JOIN contacts c ON c.id = i.contact";
        let rows = world.books.rows(sql).await;
        let agree = |row: &Vec<String>| {
            let body: serde_json::Value = serde_json::from_str(&row[1]).unwrap();
            body["contact"]["name"] == row[0].as_str() && row[0].starts_with("Jane ")
        };
        (rows.len() == COUNT && rows.iter().all(agree)).then_some(())
    })
    .await;
    let count = i64::try_from(COUNT).unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM contacts").await, count);
    assert_eq!(world.number("SELECT COUNT(*) FROM ghosts WHERE is_replaced = 0").await, count);
    world.finish().await;
}
