//! Contacts: what is known of them, how they are found, and two who become one and two again.

use sqlx::{AnyConnection, AssertSqlSafe, Executor as _};
use switchroom::domain::address::Address;
use switchroom::domain::block::Block;
use switchroom::domain::contact::merge::{self, Merge};
use switchroom::domain::contact::{Contact, words};
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::interaction::{ContactRef, Interaction};
use switchroom::store::contacts::merges::{self, MOVE, MOVE_SINCE, NEWEST, NOT_DONE};
use switchroom::store::contacts::search;
use switchroom::store::{Engine, blocks, contacts, history, interactions};

use super::{Database, NOW, agent_ref, done, interaction, later, on_both_engines};

on_both_engines!(
    what_is_known_of_a_contact_is_kept,
    a_contact_is_found_by_what_is_known_of_them_and_no_longer_by_what_was,
    contacts_from_before_the_search_are_found_by_name_and_number,
    nothing_that_is_typed_breaks_the_search,
    many_contacts_are_found_page_by_page,
    contacts_are_found_by_how_their_numbers_begin,
    an_address_is_ones_and_others_may_have_written_from_it,
    a_merge_moves_everything_and_a_split_moves_exactly_that_back,
    what_was_moved_on_since_a_merge_stays_where_it_is,
    who_is_blocked_is_found_by_name_however_many_are,
    who_was_said_to_write_from_a_number_since_a_merge_still_does_after_a_split,
    no_statement_about_contacts_reads_a_whole_table,
);

fn sms(number: &str) -> Address {
    Address::sms(number)
}

/// A contact with fields set as people type them.
fn person(id: &str, name: &str, fields: &[(&str, &str)]) -> Contact {
    let mut contact = Contact::new(ContactId::new(id), name, NOW);
    for (field, value) in fields {
        contact.set(field, value).unwrap();
    }
    contact
}

/// The ids of those who are found.
async fn found(conn: &mut AnyConnection, typed: &str) -> Vec<String> {
    let sought = words::sought(typed, "US", false);
    let found = search::find(conn, &sought, (50, 0)).await.unwrap();
    found.into_iter().map(|contact| contact.id.to_string()).collect()
}

async fn what_is_known_of_a_contact_is_kept(database: Database) {
    let conn = &mut *database.connection().await;
    let fields =
        [("email", "jane@doe.test"), ("language", "pt-BR"), ("note", "A\n\"dog\" 🐕"), ("tier", "gold")];
    let mut jane = person("c-jane", "Zoë ☎ O'Hara", &fields);
    let numbers = [sms("+14155550100"), Address::read("whatsapp:+14155550100"), sms("ACME: x")];
    contacts::create(conn, &jane, &numbers, "US").await.unwrap();
    assert_eq!(contacts::by_id(conn, &jane.id).await.unwrap(), Some(jane.clone()));
    for number in &numbers {
        assert_eq!(contacts::of_address(conn, number).await.unwrap(), Some(jane.clone()));
    }
    jane.unset("tier", "").unwrap();
    jane.set("name", "Jane Doe").unwrap();
    contacts::save(conn, &jane, "US").await.unwrap();
    assert_eq!(contacts::by_id(conn, &jane.id).await.unwrap(), Some(jane.clone()));
    assert_eq!(contacts::by_id(conn, &ContactId::new("c-none")).await.unwrap(), None);
    let taken = contacts::create(conn, &person("c-roy", "Roy", &[]), &numbers[..1], "US").await;
    assert!(taken.unwrap_err().is_permanent(), "it is Jane's");
}

async fn a_contact_is_found_by_what_is_known_of_them_and_no_longer_by_what_was(database: Database) {
    let conn = &mut *database.connection().await;
    let fields = [("email", "jane.doe@mail.example"), ("order", "4711"), ("work", "(415) 555-0177")];
    let mut jane = person("c-jane", "Zoë Ångström", &fields);
    contacts::create(conn, &jane, &[sms("+14155550100")], "US").await.unwrap();
    contacts::create(conn, &person("c-roy", "Roy Doe", &[]), &[sms("+493012345678")], "US").await.unwrap();
    for typed in [
        "zoë",
        "ZOE",
        "zo ang",
        "angstrom zoe",
        "jane.doe@mail.example",
        "4711",
        "order 47",
        "+14155550100",
        "(415) 555-0100",
        "415.555.0100",
        "0100",
        "555-0177",
        "zoe 0100",
    ] {
        assert_eq!(found(conn, typed).await, ["c-jane"], "{typed}");
    }
    assert_eq!(found(conn, "doe").await, ["c-roy", "c-jane"], "by their names");
    assert_eq!(found(conn, "+49 30 12345678").await, ["c-roy"]);
    for typed in ["", "…", "jane roy", "0199", "oe", "c-jane"] {
        assert_eq!(found(conn, typed).await, Vec::<String>::new(), "{typed}");
    }
    // As other keyboards write them, and by a part.
    for (id, name, sought) in [
        ("c-lee", "李小龍", &["李", "小龍", "李小龍"][..]),
        ("c-mus", "Müßiggang", &["MÜSSIGGANG", "mussiggang", "müßiggang"]),
        ("c-luk", "Łukasz Żółć", &["lukasz", "zolc", "łukasz"]),
        ("c-pat", "Søren O’Brien", &["soren", "obrien", "o'brien"]),
    ] {
        contacts::create(conn, &person(id, name, &[]), &[], "US").await.unwrap();
        for typed in sought {
            assert_eq!(found(conn, typed).await, [id], "{typed}");
        }
    }
    jane.set("name", "Eve").unwrap();
    jane.unset("order", "").unwrap();
    contacts::save(conn, &jane, "US").await.unwrap();
    assert_eq!(found(conn, "eve").await, ["c-jane"]);
    assert_eq!(found(conn, "0100").await, ["c-jane"]);
    for typed in ["zoe", "4711"] {
        assert_eq!(found(conn, typed).await, Vec::<String>::new(), "{typed}");
    }
}

async fn contacts_from_before_the_search_are_found_by_name_and_number(database: Database) {
    let conn = &mut *database.connection().await;
    let jane = person("c-jane", "Jane O’Doe (work) jane@doe.test", &[]);
    contacts::create(conn, &jane, &[sms("+14155550100"), sms("74454")], "US").await.unwrap();
    contacts::create(conn, &person("c-acme", "ACME Bank", &[]), &[sms("ACME Bank")], "US").await.unwrap();
    contacts::insert(conn, &person("c-none", "Nobody", &[])).await.unwrap();
    conn.execute("DELETE FROM contact_words").await.unwrap();
    let migration = match database.store.engine() {
        Engine::Sqlite => include_str!("../../../src/store/migrations/sqlite/0004_contact_search.sql"),
        Engine::Postgres => include_str!("../../../src/store/migrations/postgres/0004_contact_search.sql"),
    };
    let (_, backfill) = migration.split_once("-- Contacts from before have a name and numbers.").unwrap();
    conn.execute(backfill).await.unwrap();
    for typed in ["jane", "doe work", "doe.test", "+1 415 555 0100", "0100", "74454"] {
        assert_eq!(found(conn, typed).await, ["c-jane"], "{typed}");
    }
    assert_eq!(found(conn, "acme").await, ["c-acme"]);
    assert_eq!(found(conn, "nobody").await, ["c-none"]);
    // They are replaced like any other.
    contacts::save(conn, &person("c-jane", "Eve", &[]), "US").await.unwrap();
    assert_eq!(found(conn, "jane").await, Vec::<String>::new());
    assert_eq!(found(conn, "eve 0100").await, ["c-jane"]);
}

async fn nothing_that_is_typed_breaks_the_search(database: Database) {
    let conn = &mut *database.connection().await;
    contacts::create(conn, &person("c-jane", "Jane <b>Doe</b>", &[]), &[sms("+14155550100")], "US")
        .await
        .unwrap();
    let long = "jane ".repeat(200_000);
    for typed in [
        "\"",
        "*",
        "jane*",
        "NEAR(jane doe)",
        "words:jane",
        "contact : x",
        "a & b | !c",
        "<->",
        "'",
        ":*",
        "(",
        "\\",
        "%",
        "-jane",
        "jane\u{0}doe",
        "İ",
        "\u{202e}enaj",
        "zzr0010",
        "--",
        "; DROP TABLE contacts",
        &long,
    ] {
        let _ = found(conn, typed).await;
    }
    assert_eq!(found(conn, "jane").await, ["c-jane"]);
}

async fn many_contacts_are_found_page_by_page(database: Database) {
    let conn = &mut *database.connection().await;
    for number in 0..25 {
        let contact = person(&format!("c-{number:02}"), &format!("Doe {number:02}"), &[]);
        contacts::create(conn, &contact, &[sms(&format!("+141555501{number:02}"))], "US").await.unwrap();
    }
    let sought = words::sought("doe", "US", false);
    let mut all = Vec::new();
    for page in 0..4 {
        let page = search::find(conn, &sought, (10, page * 10)).await.unwrap();
        all.extend(page.into_iter().map(|contact| contact.id.to_string()));
    }
    assert_eq!(all, (0..25).map(|number| format!("c-{number:02}")).collect::<Vec<_>>());
}

async fn contacts_are_found_by_how_their_numbers_begin(database: Database) {
    let conn = &mut *database.connection().await;
    for (id, name, number) in [
        ("c-kim", "Kim", "sms:+14155560100"),
        ("c-amy", "Amy", "sms:+14155569999"),
        ("c-joe", "joe", "whatsapp:+14155560100"),
        ("c-near", "Near", "sms:+14155570000"),
        ("c-far", "Far", "sms:+4915556"),
        ("c-short", "Short", "sms:1415556"),
    ] {
        contacts::create(conn, &person(id, name, &[]), &[Address::read(number)], "US").await.unwrap();
    }
    let sharing = person("c-zoe", "Zoe", &[]);
    contacts::create(conn, &sharing, &[], "US").await.unwrap();
    contacts::share(conn, &sharing.id, &sms("+14155560100")).await.unwrap();
    let begin = async |conn: &mut AnyConnection, digits: &str, page| {
        let found = search::beginning(conn, digits, page).await.unwrap();
        found.into_iter().map(|contact| contact.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(begin(conn, "1415556", (50, 0)).await, ["c-amy", "c-joe", "c-kim", "c-zoe"]);
    assert_eq!(begin(conn, "1415556", (2, 1)).await, ["c-joe", "c-kim"]);
    assert_eq!(begin(conn, "1415556999", (50, 0)).await, ["c-amy"]);
    for nobody in ["44", "999", "1415558"] {
        assert_eq!(begin(conn, nobody, (50, 0)).await, [""; 0], "{nobody}");
    }
}

async fn an_address_is_ones_and_others_may_have_written_from_it(database: Database) {
    let conn = &mut *database.connection().await;
    let (jane, joe) = (person("c-jane", "Jane", &[]), person("c-joe", "Joe", &[]));
    let number = sms("+14155550100");
    contacts::create(conn, &jane, std::slice::from_ref(&number), "US").await.unwrap();
    contacts::create(conn, &joe, &[], "US").await.unwrap();
    for _ in 0..2 {
        contacts::share(conn, &joe.id, &number).await.unwrap();
    }
    contacts::save(conn, &joe, "US").await.unwrap();
    assert_eq!(contacts::of_address(conn, &number).await.unwrap(), Some(jane));
    assert_eq!(contacts::sharing(conn, &number, 10).await.unwrap(), std::slice::from_ref(&joe));
    assert_eq!(contacts::shared(conn, &joe.id).await.unwrap(), [number]);
    assert_eq!(contacts::numbers(conn, &joe.id).await.unwrap(), []);
    assert_eq!(found(conn, "0100").await, ["c-jane", "c-joe"]);
}

fn of(id: &str, contact: &Contact, number: &str) -> Interaction {
    let mut of = interaction(id, number);
    of.contact = ContactRef { id: contact.id.clone(), name: contact.name.clone(), number: sms(number) };
    // What people write names no contact.
    "\"contact\":{\"id\":\"c-roy\"".clone_into(&mut of.first_text);
    of
}

/// Whose an interaction is, by its column and by its JSON.
async fn whose(conn: &mut AnyConnection, id: &str) -> (String, String) {
    let column: String = sqlx::query_scalar("SELECT contact FROM interactions WHERE id = $1")
        .bind(id)
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    let json = interactions::by_id(conn, &InteractionId::new(id)).await.unwrap().unwrap();
    assert_eq!(json.first_text, "\"contact\":{\"id\":\"c-roy\"");
    (column, json.contact.id.to_string())
}

fn both(id: &str) -> (String, String) {
    (id.to_owned(), id.to_owned())
}

/// Jane, and Roy who is the same person, with an open and a done conversation each and a number shared.
async fn two_who_are_one(conn: &mut AnyConnection) -> (Contact, Contact, Merge) {
    let jane = person("c-jane", "Jane Doe", &[("tier", "gold"), ("email", "jane@doe.test")]);
    let roy = person("c-roy", "J. Doe", &[("tier", "silver"), ("order", "4711"), ("note", "Rings twice.")]);
    let (hers, his, anothers) = (sms("+14155550100"), sms("+14155550101"), sms("+14155550102"));
    contacts::create(conn, &jane, std::slice::from_ref(&hers), "US").await.unwrap();
    contacts::create(conn, &roy, std::slice::from_ref(&his), "US").await.unwrap();
    contacts::create(conn, &person("c-eve", "Eve", &[]), std::slice::from_ref(&anothers), "US")
        .await
        .unwrap();
    contacts::share(conn, &roy.id, &anothers).await.unwrap();
    contacts::save(conn, &roy, "US").await.unwrap();
    for (id, who, number, is_done) in [
        ("i-1", &jane, "+14155550100", false),
        ("i-2", &roy, "+14155550101", false),
        ("i-3", &roy, "+14155550101", true),
        ("i-4", &roy, "+14155550102", true),
    ] {
        let mut of = of(id, who, number);
        if is_done {
            of.phase = done("alice");
        }
        interactions::add(conn, &of).await.unwrap();
    }
    let merge = merge::merge(&jane, &roy, vec![his], vec![anothers]).unwrap();
    merges::merge(conn, ("m-1", NOW), &merge, "US").await.unwrap();
    (jane, roy, merge)
}

async fn a_merge_moves_everything_and_a_split_moves_exactly_that_back(database: Database) {
    let conn = &mut *database.connection().await;
    let (jane, roy, merge) = two_who_are_one(conn).await;
    assert_eq!(contacts::by_id(conn, &jane.id).await.unwrap(), Some(merge.united.clone()));
    assert_eq!(contacts::by_id(conn, &roy.id).await.unwrap(), None);
    assert_eq!(contacts::numbers(conn, &jane.id).await.unwrap(), [sms("+14155550100"), sms("+14155550101")]);
    assert_eq!(contacts::shared(conn, &jane.id).await.unwrap(), [sms("+14155550102")]);
    for id in ["i-1", "i-2", "i-3", "i-4"] {
        assert_eq!(whose(conn, id).await, both("c-jane"), "{id}");
    }
    assert_eq!(history::of_contact(conn, &jane.id, 10).await.unwrap().len(), 4);
    let open = merges::not_done(conn, &jane.id).await.unwrap();
    assert_eq!(open.iter().map(|open| open.id.as_str()).collect::<Vec<_>>(), ["i-1", "i-2"]);
    assert_eq!(merges::interactions(conn, &jane.id).await.unwrap(), 4);
    for typed in ["jane", "4711", "0101", "0102"] {
        assert!(found(conn, typed).await.contains(&"c-jane".to_owned()), "{typed}");
    }
    assert!(!found(conn, "doe").await.contains(&"c-roy".to_owned()));

    assert_eq!(merges::newest(conn, &jane.id, later(1)).await.unwrap(), None, "it is too old then");
    assert_eq!(merges::newest(conn, &roy.id, NOW).await.unwrap(), None);
    let kept = merges::newest(conn, &jane.id, NOW).await.unwrap().unwrap();
    assert_eq!(kept.merge, merge);
    let left = merge.split(&merge.united);
    let back = merges::split(conn, &kept, &left, "US").await.unwrap();
    assert_eq!(back, [sms("+14155550101")]);
    for contact in [&jane, &roy] {
        assert_eq!(contacts::by_id(conn, &contact.id).await.unwrap().as_ref(), Some(contact));
    }
    assert_eq!(contacts::numbers(conn, &jane.id).await.unwrap(), [sms("+14155550100")]);
    assert_eq!(contacts::numbers(conn, &roy.id).await.unwrap(), [sms("+14155550101")]);
    assert_eq!(contacts::shared(conn, &jane.id).await.unwrap(), []);
    assert_eq!(contacts::shared(conn, &roy.id).await.unwrap(), [sms("+14155550102")]);
    for (id, whose_it_was) in [("i-1", "c-jane"), ("i-2", "c-roy"), ("i-3", "c-roy"), ("i-4", "c-roy")] {
        assert_eq!(whose(conn, id).await, both(whose_it_was), "{id}");
    }
    assert_eq!(found(conn, "4711").await, ["c-roy"]);
    assert_eq!(found(conn, "0101").await, ["c-roy"]);
    for table in ["SELECT COUNT(*) FROM contact_merges", "SELECT COUNT(*) FROM contact_moves"] {
        assert_eq!(database.number(table).await, 0, "{table}");
    }
}

async fn what_was_moved_on_since_a_merge_stays_where_it_is(database: Database) {
    let conn = &mut *database.connection().await;
    let (jane, roy, merge) = two_who_are_one(conn).await;
    // One of the conversations that were moved turned out to be Eve's; another began on each number.
    let mut eves = interactions::by_id(conn, &InteractionId::new("i-3")).await.unwrap().unwrap();
    eves.contact.id = ContactId::new("c-eve");
    interactions::save(conn, &eves).await.unwrap();
    merges::set_contact(conn, &eves).await.unwrap();
    for (id, number) in [("i-5", "+14155550100"), ("i-6", "+14155550101")] {
        let mut since = of(id, &jane, number);
        (since.created_at, since.phase) = (later(5), done("alice"));
        interactions::add(conn, &since).await.unwrap();
    }
    let mut now = merge.united.clone();
    now.set("order", "4712").unwrap();
    contacts::save(conn, &now, "US").await.unwrap();

    let kept = merges::newest(conn, &jane.id, NOW).await.unwrap().unwrap();
    let left = kept.merge.split(&now);
    merges::split(conn, &kept, &left, "US").await.unwrap();
    for (id, whose_it_is) in
        [("i-1", "c-jane"), ("i-2", "c-roy"), ("i-3", "c-eve"), ("i-5", "c-jane"), ("i-6", "c-roy")]
    {
        assert_eq!(whose(conn, id).await, both(whose_it_is), "{id}");
    }
    let after = contacts::by_id(conn, &jane.id).await.unwrap().unwrap();
    assert_eq!(after.attribute("order"), Some("4712"));
    assert_eq!(contacts::by_id(conn, &roy.id).await.unwrap(), Some(roy));
    merges::forget_before(conn, later(1)).await.unwrap();
    assert_eq!(database.number("SELECT COUNT(*) FROM contact_merges").await, 0);
}

async fn who_is_blocked_is_found_by_name_however_many_are(database: Database) {
    let conn = &mut *database.connection().await;
    let block = |at| Block {
        by: agent_ref("alice"),
        at: later(at),
        until: None,
        reason: String::new(),
        number: Address::sms("+14155550100"),
    };
    let named = |id: String, name: &str| Contact::new(ContactId::new(id), name, NOW);
    // The one who was blocked first of all, and one of the same name who is not.
    let (zoe, free) = (named("c-zoe".to_owned(), "Zoë Last"), named("c-free".to_owned(), "Zoë Free"));
    let others = (0..600).map(|number| named(format!("c-{number}"), &format!("Other{number} Person")));
    for (at, one) in (0..).zip(std::iter::once(zoe.clone()).chain(others)) {
        contacts::create(conn, &one, &[], "US").await.unwrap();
        blocks::add(conn, &one.id, &block(at)).await.unwrap();
    }
    contacts::create(conn, &free, &[], "US").await.unwrap();
    let mut found = async |typed: &str| {
        let found = search::blocked(conn, &words::sought(typed, "US", false), 10).await.unwrap();
        found.into_iter().map(|one| one.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found("zoë").await, ["c-zoe"]);
    assert_eq!(found("last ZOE").await, ["c-zoe"]);
    assert_eq!(found("other599").await, ["c-599"]);
    assert_eq!(found("person").await.len(), 10, "a list has an end");
    assert_eq!(found("free").await, [""; 0]);
    assert_eq!(found("").await, [""; 0]);
}

async fn who_was_said_to_write_from_a_number_since_a_merge_still_does_after_a_split(database: Database) {
    let conn = &mut *database.connection().await;
    let (jane, roy, merge) = two_who_are_one(conn).await;
    // Somebody says of another conversation on Eve's number that it is with Jane.
    contacts::share(conn, &jane.id, &sms("+14155550102")).await.unwrap();
    let since = Interaction { created_at: later(5), ..of("i-5", &jane, "+14155550102") };
    interactions::add(conn, &since).await.unwrap();
    let kept = merges::newest(conn, &jane.id, NOW).await.unwrap().unwrap();
    merges::split(conn, &kept, &merge.split(&merge.united), "US").await.unwrap();
    for who in [&jane, &roy] {
        assert_eq!(contacts::shared(conn, &who.id).await.unwrap(), [sms("+14155550102")]);
    }
    assert_eq!(whose(conn, "i-5").await, both("c-jane"));
    assert_eq!(found(conn, "0102").await, ["c-eve", "c-roy", "c-jane"], "by their names");
}

/// A statement with something in each of its places.
fn literal(sql: &str) -> String {
    let mut sql = sql.replace("$6", "0");
    for place in ["$5", "$4", "$3", "$2", "$1"] {
        let after = sql.find(place).map(|at| sql[..at].trim_end());
        let is_count =
            after.is_some_and(|before| ["LIMIT", "OFFSET", ">="].iter().any(|word| before.ends_with(word)));
        sql = sql.replace(place, if is_count { "1" } else { "'word'" });
    }
    sql
}

async fn no_statement_about_contacts_reads_a_whole_table(database: Database) {
    let engine = database.store.engine();
    let conn = &mut *database.connection().await;
    two_who_are_one(conn).await;
    let statements =
        search::statements(engine).into_iter().chain([search::BEGINNING, NOT_DONE, NEWEST, MOVE, MOVE_SINCE]);
    for sql in statements {
        let plan = match engine {
            Engine::Sqlite => {
                let steps: Vec<(i64, i64, i64, String)> =
                    sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", literal(sql))))
                        .fetch_all(&mut *conn)
                        .await
                        .unwrap();
                steps.into_iter().map(|(_, _, _, step)| step).collect::<Vec<_>>()
            }
            Engine::Postgres => {
                // Of a few rows the planner reads all, unless it is told not to.
                conn.execute("SET enable_seqscan = off").await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {}", literal(sql))))
                    .fetch_all(&mut *conn)
                    .await
                    .unwrap()
            }
        };
        let reads_all = |step: &&String| {
            let scans = step.contains("Seq Scan") || step.starts_with("SCAN");
            // The full-text index is asked for words or rows, and what it finds is read.
            let by_words = step.contains("VIRTUAL TABLE INDEX 0:") && !step.ends_with("0:");
            scans && !by_words && !step.contains("fitting")
        };
        assert!(!plan.iter().any(|step| reads_all(&step)), "{sql}: {plan:#?}");
    }
}
