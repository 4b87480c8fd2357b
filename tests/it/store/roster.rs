//! People of a table, taken in while the desk goes on.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use switchroom::desk::Applied;
use switchroom::domain::address::Address;
use switchroom::domain::input::Input;
use switchroom::domain::person::{NotTaken, Person, TakenIn};
use switchroom::store::contacts;

use super::desk::{open, text};
use super::{Database, on_both_engines};

on_both_engines! {
    numbers_say_who_a_person_is_and_then_emails,
    who_shares_an_email_with_another_is_not_made_one_with_them,
    texts_that_come_in_meanwhile_and_rows_of_the_same_numbers_are_of_one_contact_each,
}

fn person(name: &str, numbers: &[&str], emails: &[&str]) -> Input {
    Input::Person(Box::new(Person {
        name: (!name.is_empty()).then(|| name.to_owned()),
        addresses: numbers.iter().map(|number| Address::read(number)).collect(),
        emails: emails.iter().map(|email| (*email).to_owned()).collect(),
        ..Person::default()
    }))
}

async fn numbers_say_who_a_person_is_and_then_emails(database: Database) {
    let opened = open(&database.store).await;
    let taken = async |input: Input| match opened.desk.apply(input).await.unwrap() {
        Applied::TakenIn(taken) => taken,
        other => panic!("{other:?}"),
    };
    let (one, two) = ("+14155550101", "+14155550102");
    assert_eq!(taken(person("Jane", &[one], &["jane@x.test"])).await, TakenIn::Added);
    // Another of the same e-mail's words is another person.
    assert_eq!(taken(person("Jane Two", &[two], &["jane.x@test.x.test"])).await, TakenIn::Added);
    assert_eq!(taken(person("", &[one], &["JANE@x.test"])).await, TakenIn::Unchanged);
    assert_eq!(taken(person("", &["whatsapp:+14155550101"], &["Jane@X.test"])).await, TakenIn::Changed);
    assert_eq!(taken(person("Nobody", &[], &["other@x.test"])).await, TakenIn::Added);
    let several = taken(person("Who", &[one, two], &[])).await;
    assert!(matches!(several, TakenIn::Refused(NotTaken::Several(ids)) if ids.len() == 2));
    let ours = taken(person("Our Own", &["+15005550006"], &[])).await;
    assert!(matches!(ours, TakenIn::Refused(NotTaken::OurNumber(_))), "{ours:?}");
    let emails: Vec<String> = (0..20).map(|n| format!("new{n}@x.test")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let refused = taken(person("Janet", &[one], &emails)).await;
    assert!(matches!(refused, TakenIn::Refused(NotTaken::Unfit(_))), "{refused:?}");

    let mut conn = database.connection().await;
    let jane = contacts::of_address(&mut conn, &Address::sms(one)).await.unwrap().unwrap();
    assert_eq!((jane.name.as_str(), jane.emails.as_slice()), ("Jane", &["jane@x.test".to_owned()][..]));
    assert_eq!(contacts::numbers(&mut conn, &jane.id).await.unwrap().len(), 2);
    assert_eq!(database.number("SELECT COUNT(*) FROM contacts").await, 3);
}

async fn who_shares_an_email_with_another_is_not_made_one_with_them(database: Database) {
    let opened = open(&database.store).await;
    let taken = async |input: Input| match opened.desk.apply(input).await.unwrap() {
        Applied::TakenIn(taken) => taken,
        other => panic!("{other:?}"),
    };
    let (one, two, three) = ("+14155550101", "+14155550102", "+14155550103");
    assert_eq!(taken(person("Jane Doe", &[one], &["doe@x.test"])).await, TakenIn::Added);
    for name in ["Roy Doe", ""] {
        let refused = taken(person(name, &[two], &["Doe@x.test"])).await;
        let TakenIn::Refused(why @ NotTaken::EmailOfOther(_)) = &refused else { panic!("{refused:?}") };
        assert!(why.to_string().contains("leave the e-mail address out"), "{why}");
    }
    assert_eq!(taken(person("jane  DOE", &[two], &["doe@x.test"])).await, TakenIn::Changed, "her second");
    assert_eq!(taken(person("Roy Doe", &[three], &[])).await, TakenIn::Added);
    // By e-mail alone, nothing tells that it is somebody else.
    assert_eq!(taken(person("Jane Roe", &[], &["doe@x.test"])).await, TakenIn::Changed);
    // Of whom no number was known.
    assert_eq!(taken(person("Sue", &[], &["sue@x.test"])).await, TakenIn::Added);
    assert_eq!(taken(person("Susan", &["+14155550104"], &["sue@x.test"])).await, TakenIn::Changed);
    let mut conn = database.connection().await;
    let jane = contacts::of_address(&mut conn, &Address::sms(two)).await.unwrap().unwrap();
    assert_eq!(jane.name, "Jane Roe");
    assert_eq!(database.number("SELECT COUNT(*) FROM contacts").await, 3);
}

async fn texts_that_come_in_meanwhile_and_rows_of_the_same_numbers_are_of_one_contact_each(
    database: Database,
) {
    const PHONES: u32 = 40;
    let (serving, importing) = (open(&database.store).await, open(&database.store).await);
    let phone = |n: u32| format!("+141555501{n:02}");
    let texts = (0..PHONES).map(|n| {
        let desk = serving.desk.clone();
        tokio::spawn(async move { desk.apply(text(&phone(n), &format!("SM{n}"))).await.unwrap() })
    });
    let texts: Vec<_> = texts.collect();
    let rows: Vec<u32> = (0..PHONES).rev().collect();
    let batches = rows.chunks(8).map(|batch| {
        let inputs = batch.iter().map(|n| person(&format!("Jane {n}"), &[&phone(*n)], &[])).collect();
        let desk = importing.desk.clone();
        tokio::spawn(async move { desk.apply_all(inputs).await.unwrap() })
    });
    let batches: Vec<_> = batches.collect();
    for applied in join_all(texts).await {
        assert_eq!(applied.unwrap(), Applied::Done);
    }
    for applied in join_all(batches).await.into_iter().flat_map(Result::unwrap) {
        assert!(matches!(applied, Applied::TakenIn(TakenIn::Added | TakenIn::Changed)), "{applied:?}");
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM contacts").await, i64::from(PHONES));
    assert_eq!(database.number("SELECT COUNT(*) FROM interactions").await, i64::from(PHONES));
    assert_eq!(database.number("SELECT COUNT(*) FROM set_aside").await, 0);
    assert_eq!(database.number("SELECT COUNT(*) FROM ghosts WHERE is_replaced = 0").await, i64::from(PHONES));
    // Whichever came first, both call them by their name.
    let names: Vec<(String, String)> =
        sqlx::query_as("SELECT c.name, i.body FROM interactions i JOIN contacts c ON c.id = i.contact")
            .fetch_all(&mut *database.connection().await)
            .await
            .unwrap();
    let mut seen = BTreeSet::new();
    for (name, body) in names {
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["contact"]["name"], *name);
        assert!(name.starts_with("Jane "), "{name}");
        seen.insert(name);
    }
    assert_eq!(seen.len(), PHONES as usize);
}
