//! Texts that never came, until they are applied.

use std::time::Duration;

use switchroom::domain::address::Address;
use switchroom::domain::input::ContactText;
use switchroom::store::missed::{self, Missed};

use super::desk::written;
use super::{Database, NOW, OURS, on_both_engines};

on_both_engines! {
    contacts_take_turns_and_each_keeps_the_order_they_wrote_in,
}

fn missed(sid: &str, from: &str, secs: u64, place: i64) -> Missed {
    let text = ContactText { fetched_late: Some(NOW), ..written(from, sid) };
    Missed { text, written_at: NOW + Duration::from_secs(secs), place }
}

async fn contacts_take_turns_and_each_keeps_the_order_they_wrote_in(database: Database) {
    let conn = &mut *database.connection().await;
    // As the list is read: the newest first, its times being whole seconds.
    let all = [
        missed("flood 3", "+1", 9, -1),
        missed("late", "+3", 8, -2),
        missed("second", "+2", 5, -3),
        missed("first", "+2", 5, -4),
        missed("flood 2", "+1", 2, -5),
        missed("flood 1", "+1", 1, -6),
    ];
    missed::keep(conn, &all).await.unwrap();
    missed::keep(conn, &all[..2]).await.unwrap();
    assert_eq!(missed::count(conn).await.unwrap(), 6, "each once");
    let sids =
        |kept: Vec<missed::Kept>| kept.into_iter().map(|kept| kept.text.unwrap().sid).collect::<Vec<_>>();
    let next = missed::next(conn, &Address::sms(OURS), 10).await.unwrap();
    assert_eq!(sids(next), ["flood 1", "first", "late", "flood 2", "second", "flood 3"]);
    missed::forget(conn, &["flood 1".to_owned(), "first".to_owned()]).await.unwrap();
    let next = missed::next(conn, &Address::sms(OURS), 3).await.unwrap();
    assert_eq!(sids(next), ["flood 2", "second", "late"]);
    assert_eq!(missed::next(conn, &Address::sms("+9"), 3).await.unwrap(), []);
}
