//! Blanks that agents are asked for, and how often responses were used.

use std::time::Duration;

use ruma::owned_event_id;
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::notice::UseLine;
use switchroom::domain::response::{Asking, Response};
use switchroom::store::{lists, responses};

use super::{Database, NOW, on_both_engines};

on_both_engines! {
    each_agent_is_asked_for_one_response_in_a_room,
    uses_are_counted_in_the_period_they_happened_in,
    a_response_kept_before_it_had_more_fields_can_be_read,
}

fn asking(agent: &str, shortcut: &str) -> Asking {
    Asking {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        interaction: InteractionId::new("i-1"),
        agent: AgentId::new(agent),
        event: owned_event_id!("$asked"),
        in_reply_to: None,
        shortcut: shortcut.to_owned(),
        ask: vec!["order".to_owned()],
        answers: vec!["<b>\u{202e}4711</b>".to_owned()],
        later: None,
    }
}

async fn each_agent_is_asked_for_one_response_in_a_room(database: Database) {
    let conn = &mut *database.connection().await;
    let (here, alice) = (InteractionId::new("i-1"), AgentId::new("alice"));
    assert_eq!(responses::asked(conn, &here, &alice).await.unwrap(), None);
    let (first, next, bobs) = (asking("alice", "one"), asking("alice", "two"), asking("bob", "one"));
    for asking in [&first, &next, &bobs] {
        responses::ask(conn, asking).await.unwrap();
    }
    assert_eq!(responses::asked(conn, &here, &alice).await.unwrap().as_ref(), Some(&next));
    assert_eq!(responses::asked(conn, &InteractionId::new("i-2"), &alice).await.unwrap(), None);
    responses::answered(conn, &next).await.unwrap();
    assert_eq!(responses::asked(conn, &here, &alice).await.unwrap(), None);
    responses::taken_back(conn, &here, &owned_event_id!("$other")).await.unwrap();
    assert_eq!(responses::asked(conn, &here, &AgentId::new("bob")).await.unwrap(), Some(bobs));
    responses::taken_back(conn, &here, &owned_event_id!("$asked")).await.unwrap();
    assert_eq!(responses::asked(conn, &here, &AgentId::new("bob")).await.unwrap(), None);
}

async fn uses_are_counted_in_the_period_they_happened_in(database: Database) {
    let conn = &mut *database.connection().await;
    let at = |secs| NOW + Duration::from_secs(secs);
    for (id, shortcut, secs) in
        [("1", "hello", 0), ("2", "bye", 1), ("3", "hello", 2), ("4", "refund", 3), ("5", "hello", 9)]
    {
        responses::count(conn, id, shortcut, at(secs)).await.unwrap();
    }
    let line = |shortcut: &str, used| UseLine { shortcut: shortcut.to_owned(), used };
    let counted = responses::counts(conn, at(0), at(9)).await.unwrap();
    assert_eq!(counted, [line("hello", 2), line("bye", 1), line("refund", 1)]);
    assert_eq!(responses::counts(conn, at(9), at(10)).await.unwrap(), [line("hello", 1)]);
    assert_eq!(responses::counts(conn, at(10), at(99)).await.unwrap(), []);
}

async fn a_response_kept_before_it_had_more_fields_can_be_read(database: Database) {
    let conn = &mut *database.connection().await;
    let response = Response::new("hello".to_owned(), "Hello.".to_owned());
    lists::define(conn, &response).await.unwrap();
    let old = r#"UPDATE definitions SET body = '{"shortcut":"hello","text":"Hello."}' WHERE name = 'hello'"#;
    sqlx::query(old).execute(&mut *conn).await.unwrap();
    assert_eq!(lists::defined_as::<Response>(conn, "hello").await.unwrap(), Some(response));
}
