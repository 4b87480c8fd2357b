//! Programs: their tokens, and what they were answered.

use std::time::Duration;

use switchroom::domain::ids::{AgentId, InteractionId, TokenId};
use switchroom::domain::program::{Answer, Scope, Token, hash};
use switchroom::store::{programs, upkeep};

use super::{Database, NOW, later, on_both_engines, queue};

on_both_engines! {
    a_token_holds_until_it_is_removed_and_its_name_can_be_used_again,
    an_answer_is_kept_for_a_week_under_the_token_and_the_key,
    a_conversation_is_that_of_the_token_that_began_it,
}

fn token(id: &str, name: &str) -> Token {
    Token {
        id: TokenId::new(id),
        name: name.to_owned(),
        hash: hash(id),
        scopes: Scope::ALL.to_vec(),
        queues: vec![queue()],
        rate: 60,
        by: AgentId::new("alice"),
        created_at: NOW,
    }
}

async fn a_token_holds_until_it_is_removed_and_its_name_can_be_used_again(database: Database) {
    let conn = &mut *database.connection().await;
    let (first, second) = (token("first", "shop"), token("second", "shop"));
    programs::save(conn, &first).await.unwrap();
    let faster = Token { rate: 600, ..first.clone() };
    programs::save(conn, &faster).await.unwrap();
    assert_eq!(programs::by_id(conn, &first.id).await.unwrap().as_ref(), Some(&faster));
    for (at, used) in [(NOW, NOW), (later(30), NOW), (later(61), later(61))] {
        programs::used(conn, &first.id, at).await.unwrap();
        let kept = programs::by_name(conn, "shop").await.unwrap().unwrap();
        assert_eq!((kept.token, kept.used_at), (faster.clone(), Some(used)));
    }
    assert!(programs::save(conn, &second).await.is_err(), "two that hold are not called alike");
    programs::remove(conn, &first.id, NOW).await.unwrap();
    assert_eq!(programs::by_id(conn, &first.id).await.unwrap(), None);
    programs::save(conn, &second).await.unwrap();
    let all = programs::all(conn).await.unwrap();
    assert_eq!(all.into_iter().map(|kept| kept.token).collect::<Vec<_>>(), [second]);
}

async fn an_answer_is_kept_for_a_week_under_the_token_and_the_key(database: Database) {
    let conn = &mut *database.connection().await;
    let (one, other) = (TokenId::new("one"), TokenId::new("other"));
    let accepted = Answer::Accepted { interaction: InteractionId::new("i-1") };
    programs::answer(conn, &one, ("key", "request"), &accepted, NOW).await.unwrap();
    programs::answer(conn, &one, ("key 2", "request"), &Answer::NoScope, later(10)).await.unwrap();
    let kept = programs::answered(conn, &one, "key").await.unwrap();
    assert_eq!(kept, Some(("request".to_owned(), accepted)));
    assert_eq!(programs::answered(conn, &other, "key").await.unwrap(), None);
    for (since, found) in
        [(NOW - Duration::from_secs(1), (2, Some(NOW))), (NOW, (1, Some(later(10)))), (later(10), (0, None))]
    {
        assert_eq!(programs::since(conn, &one, since).await.unwrap(), found);
    }
    assert!(programs::answer(conn, &one, ("key", "another"), &Answer::NoScope, NOW).await.is_err());
    upkeep::clear(conn, NOW + programs::KEEP_KEYS, 100).await.unwrap();
    assert!(programs::answered(conn, &one, "key").await.unwrap().is_some());
    upkeep::clear(conn, NOW + programs::KEEP_KEYS + Duration::from_secs(1), 100).await.unwrap();
    assert_eq!(programs::answered(conn, &one, "key").await.unwrap(), None);
    assert!(programs::answered(conn, &one, "key 2").await.unwrap().is_some());
}

async fn a_conversation_is_that_of_the_token_that_began_it(database: Database) {
    let conn = &mut *database.connection().await;
    let (one, other, id) = (TokenId::new("one"), TokenId::new("other"), InteractionId::new("i-1"));
    programs::begun(conn, &id, &one).await.unwrap();
    assert!(programs::began(conn, &id, &one).await.unwrap());
    assert!(!programs::began(conn, &id, &other).await.unwrap());
    assert!(!programs::began(conn, &InteractionId::new("i-2"), &one).await.unwrap());
}
