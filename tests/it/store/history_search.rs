//! Finding what was said with contacts.

use sqlx::AnyConnection;
use switchroom::domain::address::Address;
use switchroom::domain::ids::{AgentId, ContactId, InteractionId};
use switchroom::domain::interaction::Interaction;
use switchroom::domain::reply::Reply;
use switchroom::domain::report::Change;
use switchroom::store::search::earlier;
use switchroom::store::search::lines::{self, Asked, Found, Whose};
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{history, interactions, replies};

use super::{Database, NOW, contact, done, interaction, on_both_engines, queue, user};

on_both_engines! {
    words_find_what_was_said_with_a_contact_and_at_the_desk,
    whatever_is_typed_means_nothing_but_words,
    a_word_that_stands_for_an_address_finds_nobody_elses_lines,
    what_was_found_is_read_in_pages_to_the_end,
    the_index_follows_what_a_line_says_and_goes_with_it,
    lines_that_were_there_before_the_index_are_found,
    what_an_older_replica_writes_is_found_soon,
    two_addresses_of_one_contact_are_searched_together,
}

const JANE: &str = "+14155550100";
const ROY: &str = "+14155550101";

/// An interaction that is over.
async fn keep(conn: &mut AnyConnection, id: &str, number: &str) -> Interaction {
    let one = Interaction { phase: done("alice"), ..interaction(id, number) };
    interactions::add(conn, &one).await.unwrap();
    one
}

fn line(id: &str, body: &str) -> Line {
    Line {
        id: id.to_owned(),
        at: NOW,
        kind: LineKind::Owner,
        author: "@alice:desk.test".to_owned(),
        body: body.to_owned(),
        event_id: Some(format!("${id}")),
    }
}

/// Something is said, as a commit keeps it.
async fn say(conn: &mut AnyConnection, of: &Interaction, id: &str, body: &str) {
    transcript::add_lines(conn, &[(of.id.clone(), line(id, body))]).await.unwrap();
    if let Some(words) = lines::words_of_line(&of.contact.number, body) {
        lines::add(conn, &[(id.to_owned(), words)]).await.unwrap();
    }
}

async fn find(conn: &mut AnyConnection, whose: Whose<'_>, typed: &str) -> Found {
    let asked = Asked { whose, typed, owned_by: None, before: None, limit: 10 };
    lines::find(conn, &asked).await.unwrap()
}

/// The ids of the lines that are found with a contact.
async fn with(conn: &mut AnyConnection, number: &str, typed: &str) -> Vec<String> {
    let (id, addresses) = (contact(number).id, [Address::sms(number)]);
    ids(&find(conn, Whose::Contact { id: &id, addresses: &addresses }, typed).await)
}

/// The ids of the lines that are found at the desk.
async fn at_desk(conn: &mut AnyConnection, typed: &str) -> Vec<String> {
    ids(&find(conn, Whose::Desk, typed).await)
}

fn ids(found: &Found) -> Vec<String> {
    found.hits.iter().map(|hit| hit.line.id.clone()).collect()
}

async fn words_find_what_was_said_with_a_contact_and_at_the_desk(database: Database) {
    let conn = &mut *database.connection().await;
    let first = keep(conn, "i-1", JANE).await;
    let second = keep(conn, "i-2", JANE).await;
    let other = keep(conn, "i-3", ROY).await;
    say(conn, &first, "l1", "The Göttingen parcels left on Monday").await;
    say(conn, &first, "l2", "Parcel 4711: https://track.example/4711?x=1 👍🏽").await;
    say(conn, &second, "l3", "我的订单在哪里 and the parcels").await;
    say(conn, &other, "l4", "No parcels for Roy on MONDAY").await;
    let contact: [(&str, &[&str]); 10] = [
        ("PARCEL", &["l3", "l2"]),
        ("gött mon", &["l1"]),
        ("4711?", &["l2"]),
        ("track example", &["l2"]),
        ("👍", &["l2"]),
        ("订单", &["l3"]),
        ("单在哪", &["l3"]),
        ("订", &["l3"]),
        ("parcel roy", &[]),
        ("单我", &[]),
    ];
    for (typed, expected) in contact {
        assert_eq!(with(conn, JANE, typed).await, expected, "{typed:?}");
    }
    // At the desk they are whole words.
    let desk: [(&str, &[&str]); 6] = [
        ("parcels", &["l4", "l3", "l1"]),
        ("monday PARCELS", &["l4", "l1"]),
        ("parcel", &["l2"]),
        ("订单", &["l3"]),
        ("订", &["l3"]),
        ("parce", &[]),
    ];
    for (typed, expected) in desk {
        assert_eq!(at_desk(conn, typed).await, expected, "{typed:?}");
    }
    // Only what an agent owned at some time.
    let change = Change {
        interaction: first.id.clone(),
        at: NOW,
        queue: queue(),
        owner: Some(AgentId::new("bob")),
        state: "active".to_owned(),
    };
    history::add_change(conn, "c1", &change).await.unwrap();
    let (id, addresses, bob) =
        (first.contact.id.clone(), [first.contact.number.clone()], AgentId::new("bob"));
    let whose = Whose::Contact { id: &id, addresses: &addresses };
    let asked = Asked { whose, typed: "parcel", owned_by: Some(&bob), before: None, limit: 10 };
    assert_eq!(ids(&lines::find(conn, &asked).await.unwrap()), ["l2"]);
}

async fn whatever_is_typed_means_nothing_but_words(database: Database) {
    let conn = &mut *database.connection().await;
    let one = keep(conn, "i-1", JANE).await;
    say(conn, &one, "l1", "parcels \" OR 100% (near) it's 'quoted' नमस्ते İstanbul").await;
    say(conn, &one, "l2", "\u{202e} *** !!! \"\"").await;
    let long = "x".repeat(10_000);
    let many = "parcels near ".repeat(1_000);
    let hostile = [
        ("\"*' & ! ( ) : -- ; | <-> ^ { } ~ \\ \0", false),
        ("parcels\0near", true),
        ("parcels OR nothing", false),
        ("parcels AND near", false),
        ("words : parcels", false),
        ("NEAR(parcels near)", true),
        ("parcels*", true),
        ("-parcels", true),
        ("^parcels", true),
        ("\"parcels near", true),
        ("parcels' OR '2'='2", false),
        ("%", false),
        ("p_rcels", false),
        ("100%", true),
        ("it's", true),
        ("नमस्ते", true),
        ("istanbul", false),
        ("İstanbul", true),
        (long.as_str(), false),
        (many.as_str(), true),
        ("", false),
        ("🙂", false),
    ];
    for (typed, is_found) in hostile {
        let cut: String = typed.chars().take(40).collect();
        assert_eq!(!with(conn, JANE, typed).await.is_empty(), is_found, "a contact's {cut:?}");
        let at_desk = at_desk(conn, typed).await;
        assert_eq!(!at_desk.is_empty(), is_found, "the desk's {cut:?}");
    }
    say(conn, &one, "l3", &long).await;
    assert_eq!(with(conn, JANE, &long).await, ["l3"]);
    assert_eq!(at_desk(conn, &long).await, ["l3"]);
    // A line without a word has no row.
    assert_eq!(database.number("SELECT COUNT(*) FROM line_words").await, 2);
}

async fn a_word_that_stands_for_an_address_finds_nobody_elses_lines(database: Database) {
    let conn = &mut *database.connection().await;
    let (jane, roy) = (keep(conn, "i-1", JANE).await, keep(conn, "i-2", ROY).await);
    say(conn, &jane, "l1", "the secret").await;
    let words = lines::words_of_line(&jane.contact.number, "x").unwrap();
    let hers = words.split(' ').next().unwrap();
    // Roy types the word by which Jane's lines are known.
    say(conn, &roy, "l2", &format!("{hers} the secret forged")).await;
    assert_eq!(with(conn, JANE, "secret").await, ["l1"]);
    assert!(with(conn, JANE, "forged").await.is_empty());
    assert_eq!(with(conn, ROY, "secret").await, ["l2"]);
    assert!(with(conn, "+14155550177", "secret").await.is_empty());
    assert!(with(conn, ROY, hers).await == ["l2"] && with(conn, JANE, hers).await.is_empty());
}

async fn what_was_found_is_read_in_pages_to_the_end(database: Database) {
    let conn = &mut *database.connection().await;
    let mut expected = Vec::new();
    for number in 0..23 {
        let one = keep(conn, &format!("i-{number:02}"), JANE).await;
        // More of one interaction than are read at once.
        let count = if number == 11 { 130 } else { 2 };
        for place in 0..count {
            say(conn, &one, &format!("l{number:02}-{place:03}"), "the lamp is broken").await;
        }
        expected.push(format!("l{number:02}-{:03}", count - 1));
    }
    expected.reverse();
    let (id, addresses) = (contact(JANE).id, [Address::sms(JANE)]);
    for whose in [Whose::Contact { id: &id, addresses: &addresses }, Whose::Desk] {
        let mut before = None;
        let mut read = Vec::new();
        for _ in 0..9 {
            let asked = Asked { whose, typed: "lamp", owned_by: None, before, limit: 10 };
            let found = lines::find(conn, &asked).await.unwrap();
            assert!(found.hits.len() <= 10);
            read.extend(ids(&found));
            before = found.more;
            if before.is_none() {
                break;
            }
        }
        assert_eq!((before, read), (None, expected.clone()), "{whose:?}");
    }
}

async fn the_index_follows_what_a_line_says_and_goes_with_it(database: Database) {
    let conn = &mut *database.connection().await;
    let one = keep(conn, "i-1", JANE).await;
    say(conn, &one, "l1", "the first words").await;
    say(conn, &one, "l2", "more words").await;
    let event = ruma::EventId::parse("$l1").unwrap();
    let reply = |text: &str| {
        Reply::new("r-1".to_owned(), one.id.clone(), event.clone(), user("alice"), text.to_owned())
    };
    replies::write_down(conn, &reply("other ones")).await.unwrap();
    assert!(with(conn, JANE, "first").await.is_empty() && at_desk(conn, "first").await.is_empty());
    assert_eq!(with(conn, JANE, "other").await, ["l1"]);
    assert_eq!(at_desk(conn, "ones").await, ["l1"]);
    // It keeps its place, and may lose all its words and get others.
    assert_eq!(at_desk(conn, "words").await, ["l2"]);
    replies::write_down(conn, &reply("…")).await.unwrap();
    assert!(at_desk(conn, "ones").await.is_empty());
    replies::write_down(conn, &reply("back again")).await.unwrap();
    assert_eq!(at_desk(conn, "again").await, ["l1"]);
    sqlx::query("UPDATE transcript SET kind = 'held_back' WHERE id = 'l1'")
        .execute(&mut *conn)
        .await
        .unwrap();
    transcript::forget_held_back(conn, &one.id, &event).await.unwrap();
    assert!(at_desk(conn, "again").await.is_empty());
    sqlx::query("DELETE FROM transcript").execute(&mut *conn).await.unwrap();
    assert!(at_desk(conn, "words").await.is_empty() && with(conn, JANE, "words").await.is_empty());
    assert_eq!(database.number("SELECT COUNT(*) FROM line_words").await, 0);
}

async fn lines_that_were_there_before_the_index_are_found(database: Database) {
    let conn = &mut *database.connection().await;
    let one = keep(conn, "i-1", JANE).await;
    // More than are indexed at once, among lines of talks and of what happened.
    let all: Vec<_> = (0..2_500)
        .map(|number| {
            let of = if number % 7 == 3 { InteractionId::new("i-talk") } else { one.id.clone() };
            let kind = if number % 7 == 5 { LineKind::Change } else { LineKind::Contact };
            (of, Line { kind, ..line(&format!("l{number:04}"), &format!("word{number}")) })
        })
        .collect();
    transcript::add_lines(conn, &all).await.unwrap();
    assert!(with(conn, JANE, "word2499").await.is_empty());
    assert!(earlier::is_missing(conn).await.unwrap());
    // What is said meanwhile is indexed at once, and stays the newest.
    say(conn, &one, "l9999", "word77 again").await;
    assert!(earlier::index_some(conn, NOW).await.unwrap());
    assert!(!at_desk(conn, "word2499").await.is_empty(), "the newest are found first");
    assert!(at_desk(conn, "word0").await.is_empty() && earlier::is_missing(conn).await.unwrap());
    // Whoever goes on after a kill goes on there.
    let mut commits = 1;
    while earlier::is_missing(conn).await.unwrap() {
        assert!(earlier::index_some(conn, NOW).await.unwrap());
        commits += 1;
    }
    assert_eq!(commits, 4);
    for (number, expected) in [(0, true), (1_301, true), (2_499, true), (3, false), (5, false)] {
        let found = at_desk(conn, &format!("word{number}")).await;
        assert_eq!(!found.is_empty(), expected, "word{number}");
    }
    let order =
        "SELECT COUNT(*) FROM line_words a JOIN line_words b ON b.line > a.line AND b.place <= a.place";
    assert_eq!(database.number(order).await, 0, "the newest have the largest places");
    let whose = Whose::Contact { id: &one.contact.id, addresses: &[Address::sms(JANE)] };
    assert_eq!(ids(&find(conn, whose, "word77").await), ["l9999"]);
    // Once is enough.
    let indexed = database.number("SELECT COUNT(*) FROM line_words").await;
    sqlx::query("DELETE FROM line_words WHERE line = 'l0000'").execute(&mut *conn).await.unwrap();
    assert!(!earlier::index_some(conn, NOW).await.unwrap());
    assert_eq!(database.number("SELECT COUNT(*) FROM line_words").await, indexed - 1);
}

async fn what_an_older_replica_writes_is_found_soon(database: Database) {
    let conn = &mut *database.connection().await;
    let one = keep(conn, "i-1", JANE).await;
    while earlier::is_missing(conn).await.unwrap() {
        earlier::index_some(conn, NOW).await.unwrap();
    }
    // It knows no index, and this replica has one.
    let id = |number: i64| format!("{:012x}000001{number:016x}", NOW.0 + number);
    let lines: Vec<_> =
        (0..1_500).map(|number| (one.id.clone(), line(&id(number), &format!("older{number}")))).collect();
    transcript::add_lines(conn, &lines).await.unwrap();
    say(conn, &one, &id(2_000), "newer").await;
    let minute = std::time::Duration::from_mins(1);
    assert!(!earlier::index_some(conn, NOW + minute).await.unwrap());
    assert!(at_desk(conn, "older0").await.is_empty(), "a commit may not be seen yet");
    let is_shared = database.store.engine() == switchroom::store::Engine::Postgres;
    assert_eq!(earlier::index_some(conn, NOW + minute * 6).await.unwrap(), is_shared);
    assert!(!earlier::index_some(conn, NOW + minute * 6).await.unwrap());
    for number in [0, 999, 1_499] {
        assert_eq!(!at_desk(conn, &format!("older{number}")).await.is_empty(), is_shared, "{number}");
    }
    let expected = if is_shared { 1_501 } else { 1 };
    assert_eq!(database.number("SELECT COUNT(*) FROM line_words").await, expected);
}

async fn two_addresses_of_one_contact_are_searched_together(database: Database) {
    let conn = &mut *database.connection().await;
    for (id, number) in [("i-1", JANE), ("i-2", ROY)] {
        let mut one = Interaction { phase: done("alice"), ..interaction(id, number) };
        one.contact.id = ContactId::new("c-both");
        interactions::add(conn, &one).await.unwrap();
        say(conn, &one, &format!("l-{id}"), "the lamp").await;
    }
    let (id, addresses) = (ContactId::new("c-both"), [Address::sms(JANE), Address::sms(ROY)]);
    let found = find(conn, Whose::Contact { id: &id, addresses: &addresses }, "lamp").await;
    assert_eq!(ids(&found), ["l-i-2", "l-i-1"]);
    let found = find(conn, Whose::Contact { id: &id, addresses: &[] }, "lamp").await;
    assert!(found.hits.is_empty());
}
