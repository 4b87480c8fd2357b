//! What agents began by a text.

use ruma::OwnedEventId;
use switchroom::domain::address::Address;
use switchroom::domain::agent::AgentRef;
use switchroom::domain::effect::Place;
use switchroom::domain::ids::AgentId;
use switchroom::domain::interaction::{Direction, Interaction};
use switchroom::domain::reply::Reply;
use switchroom::domain::report::{BEGUN, Change};
use switchroom::store::{history, interactions, replies};

use super::{Database, THEIRS, agent_ref, done, interaction, later, on_both_engines, queue};

on_both_engines! {
    what_agents_began_is_found_by_the_address_and_by_whoever_did,
}

async fn what_agents_began_is_found_by_the_address_and_by_whoever_did(database: Database) {
    let conn = &mut *database.connection().await;
    let AgentRef { id, user, .. } = agent_ref("alice");
    let (theirs, event) = (Address::sms(THEIRS), OwnedEventId::try_from("$typed:desk.test").unwrap());
    let mut all = Vec::new();
    for n in 1..=3_u64 {
        let begun = Interaction {
            direction: Direction::Outbound,
            phase: done("alice"),
            created_at: later(n),
            ..interaction(&format!("i-{n}"), THEIRS)
        };
        interactions::add(conn, &begun).await.unwrap();
        let owner = if n == 2 { AgentId::new("bob") } else { id.clone() };
        let change = Change {
            interaction: begun.id.clone(),
            at: later(n),
            queue: queue(),
            owner: Some(owner),
            state: BEGUN.to_owned(),
        };
        history::add_change(conn, &format!("{n:0>4}"), &change).await.unwrap();
        let reply =
            Reply::new(format!("{n:0>32}"), begun.id.clone(), event.clone(), user.clone(), "hi".to_owned());
        let reply = Reply { said_in: Some(Place::Console(id.clone())), ..reply };
        replies::add(conn, std::slice::from_ref(&reply), later(n)).await.unwrap();
        all.push((begun, reply));
    }
    let with = async |conn: &mut sqlx::AnyConnection, limit| {
        let found = interactions::with_address(conn, &theirs, limit).await.unwrap();
        found.into_iter().map(|of| of.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(with(conn, 9).await, ["i-3", "i-2", "i-1"]);
    assert_eq!(with(conn, 1).await, ["i-3"]);
    assert!(interactions::with_address(conn, &Address::sms("+14155550999"), 9).await.unwrap().is_empty());
    assert_eq!(interactions::with_address(conn, &theirs, 1).await.unwrap()[0], all[2].0);
    assert!(history::was_owned_by(conn, &all[0].0.id, &id).await.unwrap());

    let begun = replies::begun_by(conn, &id, 9).await.unwrap();
    assert_eq!(begun, [all[2].1.clone(), all[0].1.clone()]);
    assert_eq!(replies::begun_by(conn, &id, 1).await.unwrap(), [all[2].1.clone()]);
    assert_eq!(replies::typed_in(conn, &event).await.unwrap().len(), 3);
    let other = OwnedEventId::try_from("$other:desk.test").unwrap();
    assert!(replies::typed_in(conn, &other).await.unwrap().is_empty());
}
