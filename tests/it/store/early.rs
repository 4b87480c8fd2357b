//! What comes before its time, and what comes again after it.

use std::slice;
use std::time::Duration;

use ruma::{event_id, owned_event_id, owned_room_id};
use switchroom::clock::Clock;
use switchroom::desk::Applied;
use switchroom::domain::effect::Role;
use switchroom::domain::ids::AgentId;
use switchroom::domain::input::{Input, RoomAct, RoomEvent};
use switchroom::domain::interaction::{Interaction, Offer, Phase};
use switchroom::domain::timer::{Due, Timer};
use switchroom::store::rooms::{self, Posted};
use switchroom::store::{agents, interactions, timers};

use super::desk::{Opened, console, open, setup};
use super::{Database, THEIRS, agent, interaction, lane_of, offer, on_both_engines, user};

on_both_engines! {
    a_reaction_that_comes_before_its_notice_is_recorded_counts_all_the_same,
    an_offer_that_was_put_off_ends_though_its_later_timer_is_gone,
    an_agent_who_was_removed_comes_back_only_where_that_is_wanted,
    an_id_is_only_for_the_account_that_had_it_first,
    an_agent_whose_user_is_another_agent_is_left_out_and_the_rest_is_set_up,
}

async fn a_reaction_that_comes_before_its_notice_is_recorded_counts_all_the_same(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    console(&database).await;
    let now = Clock::default().now();
    let offer = offer(now + Duration::from_mins(1));
    let phase = Phase::Offered { offer, passed_over: vec![] };
    let one = Interaction { phase, offers: 1, ..interaction("i-1", THEIRS) };
    let conn = &mut *database.connection().await;
    interactions::add(conn, &one).await.unwrap();
    let yes = Input::Room(RoomEvent {
        event_id: owned_event_id!("$yes"),
        room_id: owned_room_id!("!console:desk.test"),
        sender: user("alice"),
        at: now,
        what: RoomAct::Reaction { of: owned_event_id!("$offer"), key: "✅".to_owned() },
    });
    assert_eq!(desk.apply(yes).await.unwrap(), Applied::Done);
    assert_eq!(interactions::by_id(conn, &one.id).await.unwrap().unwrap().state(), "offered");

    let role = Role::Offer { interaction: one.id.clone(), number: 1, agent: AgentId::new("alice") };
    let posted = (event_id!("$offer").to_owned(), lane_of("console:alice"), Posted::Notice(Some(role)));
    rooms::add_posted(conn, slice::from_ref(&posted)).await.unwrap();
    let due = timers::due(conn, now + Duration::from_secs(20), 9).await.unwrap();
    let [(id, due)] = due.as_slice() else { panic!("{due:?}") };
    let again = Input::Due { id: id.clone(), due: due.clone() };
    assert_eq!(desk.apply(again.clone()).await.unwrap(), Applied::Done);
    assert_eq!(interactions::by_id(conn, &one.id).await.unwrap().unwrap().state(), "active");
    assert_eq!(desk.apply(again).await.unwrap(), Applied::Seen);
}

async fn an_offer_that_was_put_off_ends_though_its_later_timer_is_gone(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let now = Clock::default().now();
    let offer = Offer { put_off: true, ..offer(now + Duration::from_mins(1)) };
    let (expires_at, number) = (offer.expires_at, offer.number);
    let phase = Phase::Offered { offer, passed_over: vec![] };
    let one = Interaction { phase, offers: 1, ..interaction("i-1", THEIRS) };
    let conn = &mut *database.connection().await;
    interactions::add(conn, &one).await.unwrap();
    let what = Due::OfferExpires { interaction: one.id.clone(), number };
    timers::set(conn, &Timer { due_at: now, what: what.clone() }).await.unwrap();
    let first = timers::due(conn, now, 9).await.unwrap();
    let [(id, due)] = first.as_slice() else { panic!("{first:?}") };
    desk.apply(Input::Due { id: id.clone(), due: due.clone() }).await.unwrap();
    assert_eq!(interactions::by_id(conn, &one.id).await.unwrap().unwrap().state(), "offered");
    let set = timers::between(conn, now, expires_at).await.unwrap();
    assert_eq!(set, [Timer { due_at: expires_at, what }]);
}

async fn an_agent_whose_user_is_another_agent_is_left_out_and_the_rest_is_set_up(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let Input::Setup(mut renamed) = setup("alice") else { unreachable!() };
    renamed.agents[0].who.id = AgentId::new("ali");
    renamed.agents.push(agent("bob"));
    assert_eq!(desk.apply(Input::Setup(renamed)).await.unwrap(), Applied::Done);
    let conn = &mut *database.connection().await;
    let known: Vec<_> = agents::all(conn).await.unwrap().into_iter().map(|agent| agent.who.id).collect();
    assert_eq!(known, [AgentId::new("alice"), AgentId::new("bob")]);
}

async fn an_agent_who_was_removed_comes_back_only_where_that_is_wanted(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let (conn, alice) = (&mut *database.connection().await, AgentId::new("alice"));
    agents::remove(conn, &alice).await.unwrap();
    desk.apply(setup("alice")).await.unwrap();
    assert_eq!(agents::by_id(conn, &alice).await.unwrap(), None);
    let Input::Setup(mut imported) = setup("alice") else { unreachable!() };
    imported.brings_back = true;
    desk.apply(Input::Setup(imported)).await.unwrap();
    assert!(agents::by_id(conn, &alice).await.unwrap().is_some());
}

async fn an_id_is_only_for_the_account_that_had_it_first(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let (conn, alice) = (&mut *database.connection().await, AgentId::new("alice"));
    let consoles = "SELECT COUNT(*) FROM outbox WHERE lane = 'console:alice'";
    let before = (agents::by_id(conn, &alice).await.unwrap(), database.number(consoles).await);
    let Input::Setup(mut changed) = setup("alice") else { unreachable!() };
    changed.agents[0].who.user = user("alice.new");
    changed.agents.push(agent("bob"));
    desk.apply(Input::Setup(changed.clone())).await.unwrap();
    assert_eq!((agents::by_id(conn, &alice).await.unwrap(), database.number(consoles).await), before);
    assert!(agents::by_id(conn, &AgentId::new("bob")).await.unwrap().is_some(), "the rest is set up");

    agents::remove(conn, &alice).await.unwrap();
    changed.brings_back = true;
    desk.apply(Input::Setup(changed.clone())).await.unwrap();
    assert_eq!(agents::by_id(conn, &alice).await.unwrap(), None);
    assert_eq!(database.number(consoles).await, before.1, "nobody is asked into the old console");
    changed.agents[0].who.user = user("alice");
    desk.apply(Input::Setup(changed)).await.unwrap();
    assert!(agents::by_id(conn, &alice).await.unwrap().is_some());
}
