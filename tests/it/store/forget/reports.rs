//! What names nothing of a person but a message to them: the provider's reports, and what looks a message up.

use switchroom::domain::dead_letter::DeadLetterKind;
use switchroom::domain::ids::InteractionId;
use switchroom::domain::input::{Input, Report};
use switchroom::domain::reply::{Part, PartState, Reply, ReplyState, part_id};
use switchroom::domain::timer::{Due, Timer};
use switchroom::store::{replies, timers, upkeep};

use super::super::desk::{Opened, open};
use super::super::{Database, NOW, on_both_engines, user};
use super::fill::{JANE, Person, ROY, fill};
use super::{begin, go_on};

on_both_engines! {
    what_names_only_a_message_to_them_is_forgotten_and_what_names_one_to_another_stays,
}

/// The desk's id of a message in a conversation with someone.
fn id_of(who: &Person, digit: char) -> String {
    let tail = who.tail.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    format!("{tail:0<31}{digit}")
}

fn sid_of(who: &Person, digit: char) -> String {
    format!("SM{}", id_of(who, digit))
}

/// A message that was sent, in one part.
fn sent(who: &Person, conversation: char, digit: char) -> Reply {
    let event = format!("$sent{}{digit}", who.tail).try_into().unwrap();
    let of = InteractionId::new(format!("i-{conversation}{}", who.tail));
    let part = Part {
        text: "Hello".to_owned(),
        state: PartState::Sent,
        sid: Some(sid_of(who, digit)),
        sent_at: Some(NOW),
        files: vec![],
    };
    let state = ReplyState::Parts { parts: vec![part], told: vec![] };
    Reply { state, ..Reply::new(id_of(who, digit), of, event, user("alice"), "Hello".to_owned()) }
}

fn report(part: &str, sid: &str) -> String {
    let report =
        Report { part: part.to_owned(), sid: sid.to_owned(), state: PartState::Delivered, why: None };
    serde_json::to_string(&Input::Reported(report)).unwrap()
}

async fn what_names_only_a_message_to_them_is_forgotten_and_what_names_one_to_another_stays(
    database: Database,
) {
    let Opened { desk, .. } = &open(&database.store).await;
    database
        .commit(async |conn| {
            sqlx::query("DELETE FROM set_aside").execute(&mut *conn).await?;
            for who in [&JANE, &ROY] {
                fill(conn, who).await;
                // One message in what is done, and one in what is still open.
                replies::add(conn, &[sent(who, 'd', '1'), sent(who, 'o', '2')], NOW).await?;
                for digit in ['1', '2'] {
                    let part = part_id(&id_of(who, digit), 0);
                    let what = Due::ReconcilePart { part: part.clone(), tries: 0 };
                    let by_sid = report("", &sid_of(who, digit));
                    let letters = [
                        ("part", report(&part, "")),
                        ("sid", by_sid.clone()),
                        ("broken", format!("{{{by_sid}")),
                        ("timer", serde_json::to_string(&what).unwrap()),
                    ];
                    for (name, body) in letters {
                        let id = format!("s-{name}{digit}{}", who.tail);
                        upkeep::add_dead_letter(conn, &id, NOW, &DeadLetterKind::Input, "why", &body).await?;
                    }
                    timers::set(conn, &Timer { due_at: NOW, what }).await?;
                    let retry = Due::Retry { input: by_sid };
                    timers::set(conn, &Timer { due_at: NOW, what: retry }).await?;
                }
            }
            Ok(())
        })
        .await
        .unwrap();
    let left = async |who: &Person| {
        let conn = &mut *database.connection().await;
        let mut counts = Vec::new();
        for sql in [
            "SELECT COUNT(*) FROM set_aside WHERE body LIKE '%' || $1 || '%'",
            "SELECT COUNT(*) FROM timers WHERE body LIKE '%' || $1 || '%'",
            "SELECT COUNT(*) FROM replies WHERE body LIKE '%' || $1 || '%'",
        ] {
            let id = id_of(who, '1');
            let count: i64 = sqlx::query_scalar(sql).bind(&id[..31]).fetch_one(&mut *conn).await.unwrap();
            counts.push(count);
        }
        counts
    };
    assert_eq!((left(&JANE).await, left(&ROY).await), (vec![8, 4, 2], vec![8, 4, 2]));
    let id = begin(desk, &JANE.id()).await;
    while go_on(&database, desk, &id).await {}
    assert_eq!((left(&JANE).await, left(&ROY).await), (vec![0, 0, 0], vec![8, 4, 2]));
}
