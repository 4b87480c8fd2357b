//! Whether contacts want to be texted: scopes, the record, erased addresses, and rows of before.

mod answered;

use sqlx::{AnyConnection, Connection as _};
use switchroom::domain::address::Address;
use switchroom::domain::consent::{Change, Scope, Source, Wish};
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::queue::{NumberSettings, Target};
use switchroom::store::{Engine, agents, consent, contacts, interactions};

use super::{Database, NOW, OURS, Postgres, THEIRS, change, contact, interaction, on_both_engines, queue};

on_both_engines! {
    a_wish_reaches_the_numbers_of_its_scope_and_the_newest_decides,
    every_change_is_kept_and_what_holds_is_read_in_one_look,
    who_shares_a_number_said_what_was_said_on_it,
    an_erased_opt_out_still_holds_and_nothing_tells_whose_it_was,
    what_is_open_in_a_scope_is_found,
    rows_from_before_are_taken_over,
}

/// Another number of ours, and one more.
const TOO: &str = "+15005550007";
const THREE: &str = "+15005550008";
const SERVICE: &str = "MG1";

fn of(number: &str) -> Scope {
    Scope::Number(Address::sms(number))
}

/// Two numbers of one messaging service, and one without.
async fn three_numbers(conn: &mut AnyConnection) {
    for (number, service) in [(OURS, Some(SERVICE)), (TOO, Some(SERVICE)), (THREE, None)] {
        let messaging_service = service.map(str::to_owned);
        let settings = NumberSettings { messaging_service, ..NumberSettings::new(Target::Queue(queue())) };
        agents::save_number(conn, &Address::sms(number), &settings).await.unwrap();
    }
}

/// From which of the three numbers they want no texts.
async fn out_of(conn: &mut AnyConnection) -> Vec<&'static str> {
    let mut out = Vec::new();
    for ours in [OURS, TOO, THREE] {
        if consent::is_out(conn, &Address::sms(ours), &Address::sms(THEIRS)).await.unwrap() {
            out.push(ours);
        }
    }
    out
}

async fn a_wish_reaches_the_numbers_of_its_scope_and_the_newest_decides(database: Database) {
    let conn = &mut *database.connection().await;
    three_numbers(conn).await;
    assert!(out_of(conn).await.is_empty());
    let sender = || Scope::Sender(SERVICE.to_owned());
    let steps: [(Scope, Wish, &[&str]); 7] = [
        (of(THREE), Wish::Out, &[THREE]),
        (sender(), Wish::Out, &[OURS, TOO, THREE]),
        (of(OURS), Wish::In, &[TOO, THREE]),
        (Scope::Desk, Wish::In, &[]),
        (Scope::Desk, Wish::Out, &[OURS, TOO, THREE]),
        (sender(), Wish::In, &[THREE]),
        (Scope::Sender("MG2".to_owned()), Wish::Out, &[THREE]),
    ];
    for (second, (scope, wish, out)) in (1..).zip(steps) {
        let said = change(&second.to_string(), scope, wish);
        consent::add(conn, &said).await.unwrap();
        assert_eq!(out_of(conn).await, out, "{said:?}");
    }
    // Of another address nothing was said.
    let (ours, other) = (Address::sms(THREE), Address::sms("+14155550199"));
    assert!(!consent::is_out(conn, &ours, &other).await.unwrap());
    assert!(!consent::is_out(conn, &other, &ours).await.unwrap());
}

async fn every_change_is_kept_and_what_holds_is_read_in_one_look(database: Database) {
    let conn = &mut *database.connection().await;
    let jane = contact(THEIRS);
    contacts::add(conn, &jane, NOW).await.unwrap();
    three_numbers(conn).await;
    assert!(consent::changes(conn, &jane.id, 10).await.unwrap().is_empty());
    let said = [
        change("1", of(OURS), Wish::Out),
        change("2", of(OURS), Wish::In),
        change("3", Scope::Desk, Wish::Out),
    ];
    for said in &said {
        consent::add(conn, said).await.unwrap();
    }
    let [first, second, third] = said;
    let newest_first = [third.clone(), second.clone(), first];
    assert_eq!(consent::changes(conn, &jane.id, 10).await.unwrap(), newest_first);
    assert_eq!(consent::changes(conn, &jane.id, 1).await.unwrap(), newest_first[..1]);
    assert_eq!(consent::current(conn, &jane.id, 10).await.unwrap(), [third, second]);
    let out = [OURS, TOO, THREE].map(Address::sms);
    assert_eq!(consent::opted_out_of(conn, &jane.id).await.unwrap(), out);
    assert!(consent::opted_out_of(conn, &ContactId::new("c-nobody")).await.unwrap().is_empty());
}

async fn who_shares_a_number_said_what_was_said_on_it(database: Database) {
    let conn = &mut *database.connection().await;
    three_numbers(conn).await;
    let (jane, joe) = (contact(THEIRS), contact("+14155550199"));
    for one in [&jane, &joe] {
        contacts::add(conn, one, NOW).await.unwrap();
    }
    let hers = change("1", of(OURS), Wish::Out);
    let his = Change { address: joe.number.clone(), ..change("2", of(TOO), Wish::Out) };
    for said in [&hers, &his] {
        consent::add(conn, said).await.unwrap();
    }
    assert_eq!(consent::changes(conn, &joe.id, 10).await.unwrap(), std::slice::from_ref(&his));
    // His own number counts once, also where it is said to be shared.
    for shared in [&jane.number, &joe.number] {
        contacts::share(conn, &joe.id, shared).await.unwrap();
    }
    assert_eq!(contacts::written_from(conn, &joe.id).await.unwrap(), [joe.number, jane.number]);
    let both = [his, hers.clone()];
    assert_eq!(consent::changes(conn, &joe.id, 10).await.unwrap(), both);
    assert_eq!(consent::current(conn, &joe.id, 10).await.unwrap(), both);
    assert_eq!(consent::opted_out_of(conn, &joe.id).await.unwrap(), [OURS, TOO].map(Address::sms));
    assert_eq!(consent::changes(conn, &jane.id, 10).await.unwrap(), [hers]);
    assert_eq!(consent::opted_out_of(conn, &jane.id).await.unwrap(), [Address::sms(OURS)]);
}

async fn an_erased_opt_out_still_holds_and_nothing_tells_whose_it_was(database: Database) {
    let conn = &mut *database.connection().await;
    three_numbers(conn).await;
    let theirs = Address::sms(THEIRS);
    consent::add(conn, &change("1", of(OURS), Wish::Out)).await.unwrap();
    consent::add(conn, &change("2", of(TOO), Wish::Out)).await.unwrap();
    consent::add(conn, &change("3", of(TOO), Wish::In)).await.unwrap();
    consent::forget(conn, &theirs, "first salt").await.unwrap();
    assert_eq!(out_of(conn).await, [OURS]);
    for sql in [
        "SELECT COUNT(*) FROM consent",
        "SELECT COUNT(*) FROM consent_changes",
        "SELECT COUNT(*) FROM consent_hashes WHERE hash LIKE '%4155550100%' OR scope LIKE '%4155550100%'",
    ] {
        let left: i64 = sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap();
        assert_eq!(left, 0, "{sql}");
    }
    let other = Address::sms("+14155550199");
    assert!(!consent::is_out(conn, &Address::sms(OURS), &other).await.unwrap());

    // They come back, and are erased once more: the salt stays what it was.
    consent::add(conn, &change("4", of(OURS), Wish::In)).await.unwrap();
    assert!(out_of(conn).await.is_empty());
    consent::forget(conn, &theirs, "second salt").await.unwrap();
    assert!(out_of(conn).await.is_empty());
    consent::add(conn, &change("5", Scope::Desk, Wish::Out)).await.unwrap();
    consent::forget(conn, &theirs, "third salt").await.unwrap();
    assert_eq!(out_of(conn).await, [OURS, TOO, THREE]);
    let hashes: i64 =
        sqlx::query_scalar("SELECT COUNT(DISTINCT hash) FROM consent_hashes").fetch_one(conn).await.unwrap();
    assert_eq!(hashes, 1);
}

async fn what_is_open_in_a_scope_is_found(database: Database) {
    let conn = &mut *database.connection().await;
    three_numbers(conn).await;
    contacts::add(conn, &contact(THEIRS), NOW).await.unwrap();
    for (id, ours) in [("i-1", OURS), ("i-2", TOO), ("i-3", THREE)] {
        let mut open = interaction(id, THEIRS);
        open.our_number = Address::sms(ours);
        interactions::add(conn, &open).await.unwrap();
    }
    interactions::add(conn, &interaction("i-4", "+14155550199")).await.unwrap();
    let theirs = Address::sms(THEIRS);
    let table: [(Scope, &[&str]); 5] = [
        (of(OURS), &["i-1"]),
        (Scope::Sender(SERVICE.to_owned()), &["i-1", "i-2"]),
        (Scope::Sender("MG2".to_owned()), &[]),
        (Scope::Desk, &["i-1", "i-2", "i-3"]),
        (of("+15005550001"), &[]),
    ];
    for (scope, expected) in table {
        let found = consent::open_in(conn, &theirs, &scope, 10).await.unwrap();
        assert_eq!(found.iter().map(InteractionId::as_str).collect::<Vec<_>>(), expected, "{scope:?}");
    }
    assert_eq!(consent::open_in(conn, &theirs, &Scope::Desk, 2).await.unwrap().len(), 2);
}

async fn rows_from_before_are_taken_over(database: Database) {
    let files = tempfile::tempdir().unwrap();
    let url = match database.store.engine() {
        Engine::Sqlite => format!("sqlite://{}?mode=rwc", files.path().join("old.db").display()),
        Engine::Postgres => Postgres::shared().await.fresh_database().await,
    };
    let mut old = AnyConnection::connect(&url).await.unwrap();
    let before = include_str!("../../../src/store/migrations/0001_desk.sql");
    let rows = "INSERT INTO contacts (id, name, created_at) VALUES ('c-1', 'Jane', 1);
         INSERT INTO contact_numbers (number, contact) VALUES ('sms:+14155550100', 'c-1');
         INSERT INTO numbers (number, body) VALUES ('sms:+15005550006', '{}'), ('sms:+15005550007', '{}');
         INSERT INTO opt_outs (our_number, contact_number, since) VALUES
             ('sms:+15005550006', 'sms:+14155550100', 1700000000000),
             ('sms:+15005550006', 'sms:+14155550101', 1700000000001);";
    let contacts = include_str!("../../../src/store/migrations/0003_contacts.sql");
    for sql in [before, rows, contacts, include_str!("../../../src/store/migrations/0005_consent.sql")] {
        sqlx::raw_sql(sql).execute(&mut old).await.unwrap();
    }
    assert_eq!(out_of(&mut old).await, [OURS]);
    let jane = ContactId::new("c-1");
    let changes = consent::changes(&mut old, &jane, 10).await.unwrap();
    assert_eq!(consent::current(&mut old, &jane, 10).await.unwrap(), changes);
    let [kept] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((kept.source, kept.wish, kept.at), (Source::Earlier, Wish::Out, NOW));
    assert_eq!((&kept.scope, kept.ours.as_ref()), (&of(OURS), Some(&Address::sms(OURS))));
    // What is said later stands above it.
    consent::add(&mut old, &change("1", of(OURS), Wish::In)).await.unwrap();
    assert_eq!(consent::changes(&mut old, &jane, 1).await.unwrap()[0].wish, Wish::In);
    assert!(out_of(&mut old).await.is_empty());
}
