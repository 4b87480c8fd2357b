//! Calls that go on.

use ruma::EventId;
use switchroom::domain::address::Address;
use switchroom::domain::call::PhoneCall;
use switchroom::domain::effect::Place;
use switchroom::domain::ids::AgentId;
use switchroom::domain::interaction::{Direction, Interaction};
use switchroom::store::{calls, history, interactions};

use super::{Database, NOW, THEIRS, done, interaction, on_both_engines};

on_both_engines! {
    they_are_found_by_agent_contact_and_number_until_they_are_over,
    an_agent_is_in_one_call_at_a_time,
    a_call_is_kept_with_its_contact_and_counts_as_nobodys_text,
}

fn call(id: &str, theirs: &str) -> Interaction {
    let event = EventId::parse("$call").unwrap();
    let begun = PhoneCall::begin(Place::Console(AgentId::new("alice")), event, NOW);
    Interaction {
        direction: Direction::Outbound,
        phase: done("alice"),
        call: Some(Box::new(begun)),
        ..interaction(id, theirs)
    }
}

async fn they_are_found_by_agent_contact_and_number_until_they_are_over(database: Database) {
    let conn = &mut *database.connection().await;
    let (alice, bob) = (AgentId::new("alice"), AgentId::new("bob"));
    let (one, two) = (call("i-1", THEIRS), call("i-2", "+12125550188"));
    for (of, who) in [(&one, &alice), (&two, &bob)] {
        interactions::add(conn, of).await.unwrap();
        calls::add(conn, who, &of.id).await.unwrap();
    }
    assert_eq!(calls::of_agent(conn, &alice).await.unwrap().as_ref(), Some(&one));
    assert_eq!(calls::to(conn, &Address::sms("+12125550188")).await.unwrap().as_ref(), Some(&two));
    assert_eq!(calls::to(conn, &Address::sms("+12125550189")).await.unwrap(), None);
    assert!(calls::of_contact(conn, &one.contact.id).await.unwrap().contains(&one));
    calls::remove(conn, &one.id).await.unwrap();
    calls::remove(conn, &one.id).await.unwrap();
    assert_eq!(calls::of_agent(conn, &alice).await.unwrap(), None);
    assert_eq!(calls::of_agent(conn, &bob).await.unwrap(), Some(two));
}

async fn an_agent_is_in_one_call_at_a_time(database: Database) {
    let alice = AgentId::new("alice");
    let conn = &mut *database.connection().await;
    for of in [call("i-1", THEIRS), call("i-2", "+12125550188")] {
        interactions::add(conn, &of).await.unwrap();
    }
    let (one, two) = (call("i-1", THEIRS).id, call("i-2", "+12125550188").id);
    calls::add(conn, &alice, &one).await.unwrap();
    assert!(calls::add(conn, &alice, &two).await.is_err());
    assert!(calls::add(conn, &AgentId::new("bob"), &one).await.is_err(), "a call is one agent's");
}

async fn a_call_is_kept_with_its_contact_and_counts_as_nobodys_text(database: Database) {
    let conn = &mut *database.connection().await;
    let (text, called) = (interaction("i-1", THEIRS), call("i-2", THEIRS));
    for of in [&text, &called] {
        interactions::add(conn, of).await.unwrap();
    }
    assert_eq!(interactions::by_id(conn, &called.id).await.unwrap().as_ref(), Some(&called));
    assert_eq!(database.number("SELECT COUNT(*) FROM interactions WHERE mode = 'call'").await, 1);
    // Voice is none of what is counted beside an offer, and joins no text.
    assert_eq!(history::others(conn, &text, NOW).await.unwrap(), []);
    let open = interactions::open_of(conn, &text.our_number, &text.contact.number).await.unwrap();
    assert_eq!(open.map(|open| open.id), Some(text.id));
}
