//! Conversations: one lookup for sessions and talks.

use switchroom::domain::conversation::Conversation;
use switchroom::domain::effect::Place;
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::interaction::{Interaction, Phase};
use switchroom::domain::talk::{self, Talk};
use switchroom::store::{conversations, interactions, talks};

use super::talks::talk;
use super::{Database, interaction, later, offer, on_both_engines};

on_both_engines! {
    an_id_is_a_session_or_a_talk,
    a_contact_who_waits_is_offered_before_a_colleague,
}

async fn an_id_is_a_session_or_a_talk(database: Database) {
    let conn = &mut *database.connection().await;
    let session = interaction("i-session", "+14155550100");
    interactions::add(conn, &session).await.unwrap();
    let first = talk("i-first", "alice", "bob", 0);
    let again = Talk { first_talk: first.id.clone(), ..talk("i-again", "bob", "alice", 5) };
    for one in [&first, &again] {
        talks::add(conn, one).await.unwrap();
    }
    let (session, first, again) =
        (Conversation::from(session), Conversation::from(first), Conversation::from(again));
    for one in [&session, &first, &again] {
        let id = one.by_ref().id();
        assert_eq!(conversations::by_id(conn, id).await.unwrap().as_ref(), Some(one));
    }
    assert_eq!(conversations::in_room(conn, session.first_in_room()).await.unwrap().as_ref(), Some(&session));
    assert_eq!(conversations::in_room(conn, first.first_in_room()).await.unwrap().as_ref(), Some(&again));
    for (one, now_there) in [(&session, &session), (&first, &again), (&again, &again)] {
        assert_eq!(conversations::at(conn, &one.place()).await.unwrap().as_ref(), Some(now_there));
    }
    let console = Place::Console(AgentId::new("alice"));
    assert_eq!(conversations::at(conn, &console).await.unwrap(), None);
    assert_eq!(conversations::by_id(conn, &InteractionId::new("i-none")).await.unwrap(), None);

    let mut moved = session;
    moved.set_alias("switchroom_other".to_owned());
    conversations::save(conn, &moved).await.unwrap();
    assert_eq!(conversations::by_id(conn, moved.by_ref().id()).await.unwrap(), Some(moved));
}

async fn a_contact_who_waits_is_offered_before_a_colleague(database: Database) {
    let conn = &mut *database.connection().await;
    let alice = AgentId::new("alice");
    assert_eq!(conversations::offered_to(conn, &alice).await.unwrap(), None);
    let phase = talk::Phase::Offered { expires_at: later(60), overdue: false };
    let im = Talk { phase, ..talk("i-im", "bob", "alice", 0) };
    talks::add(conn, &im).await.unwrap();
    assert_eq!(conversations::offered_to(conn, &alice).await.unwrap(), Some(im.into()));
    let phase = Phase::Offered { offer: offer(later(60)), passed_over: vec![] };
    let session = Interaction { phase, ..interaction("i-session", "+14155550100") };
    interactions::add(conn, &session).await.unwrap();
    interactions::set_offered(conn, &session.id, [&alice].into_iter()).await.unwrap();
    assert_eq!(conversations::offered_to(conn, &alice).await.unwrap(), Some(session.into()));
}
