//! Words that are no mistakes: an agent's own, and those of one conversation.

use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::store::spelling::{self, MOST_IGNORED};

use super::{Database, on_both_engines};

on_both_engines! {
    a_word_of_ones_own_is_there_once_until_it_is_taken_away,
    no_more_words_are_passed_over_in_a_conversation_than_may_be,
}

async fn a_word_of_ones_own_is_there_once_until_it_is_taken_away(database: Database) {
    let conn = &mut *database.connection().await;
    let (alice, bob) = (AgentId::new("alice"), AgentId::new("bob"));
    for word in ["zzyzx", "o'brien", "zzyzx"] {
        assert!(spelling::add_own(conn, &alice, word).await.unwrap());
    }
    assert_eq!(spelling::own(conn, &alice).await.unwrap(), ["o'brien", "zzyzx"]);
    assert_eq!(spelling::own_count(conn, &alice).await.unwrap(), 2);
    assert!(spelling::own(conn, &bob).await.unwrap().is_empty());
    assert!(!spelling::remove_own(conn, &bob, "zzyzx").await.unwrap());
    assert!(spelling::remove_own(conn, &alice, "zzyzx").await.unwrap());
    assert_eq!(spelling::own(conn, &alice).await.unwrap(), ["o'brien"]);
}

async fn no_more_words_are_passed_over_in_a_conversation_than_may_be(database: Database) {
    let conn = &mut *database.connection().await;
    let (here, there) = (InteractionId::new("i-1"), InteractionId::new("i-2"));
    for number in 0..MOST_IGNORED {
        assert!(spelling::ignore(conn, &here, &format!("word{number}")).await.unwrap());
    }
    assert!(!spelling::ignore(conn, &here, "another").await.unwrap());
    assert!(spelling::ignore(conn, &there, "another").await.unwrap());
    assert_eq!(spelling::ignored(conn, &there).await.unwrap(), ["another"]);
    assert_eq!(i64::try_from(spelling::ignored(conn, &here).await.unwrap().len()).unwrap(), MOST_IGNORED);
}
