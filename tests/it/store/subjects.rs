//! Agents, contacts, rooms, timers, receipts, facts, and clearing away.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use ruma::{event_id, owned_event_id, room_id};
use switchroom::domain::address::Address;
use switchroom::domain::agent::{Agent, Online};
use switchroom::domain::dead_letter::DeadLetterKind;
use switchroom::domain::effect::{Effect, OpenRoom, Place, Role};
use switchroom::domain::ids::{AgentId, GhostName, InteractionId, QueueName};
use switchroom::domain::input::{Claim, Receipt};
use switchroom::domain::interaction::Mode;
use switchroom::domain::queue::{NumberSettings, QueueSettings, Target};
use switchroom::domain::timer::{Due, Timer};
use switchroom::store::outbox::Wanted;
use switchroom::store::rooms::{Posted, Scene, Session, Stands};
use switchroom::store::{agents, contacts, interactions, outbox, rooms, timers, upkeep};

use super::{
    Database, NOW, OURS, THEIRS, agent, contact, interaction, later, on_both_engines, queue, ready, user,
};

on_both_engines! {
    agents_are_found_by_id_and_account_and_keep_their_console,
    an_account_belongs_to_one_agent,
    settings_of_queues_and_numbers_are_replaced,
    a_contact_is_found_by_their_number,
    a_ghost_is_of_one_number_for_ever,
    a_room_keeps_its_first_purpose_and_knows_who_is_in_it,
    events_of_ours_are_known_with_their_role,
    a_timer_is_set_once_and_taken_once,
    timers_come_in_order,
    a_receipt_is_claimed_by_one_of_many,
    of_many_receipts_those_are_claimed_that_nobody_had,
    facts_are_replaced_and_what_is_set_aside_is_counted,
    clearing_takes_old_receipts_and_delivered_effects_only,
    what_the_homeserver_shows_of_agents_is_kept_and_of_nobody_else,
}

async fn agents_are_found_by_id_and_account_and_keep_their_console(database: Database) {
    let conn = &mut *database.connection().await;
    let (id, room) = (AgentId::new("alice"), room_id!("!console:desk.test"));
    assert_eq!(agents::by_id(conn, &id).await.unwrap(), None);
    assert_eq!(agents::console(conn, &id).await.unwrap(), None);
    agents::save(conn, &agent("bob")).await.unwrap();
    agents::save(conn, &agent("alice")).await.unwrap();
    assert_eq!(agents::console(conn, &id).await.unwrap(), None);
    agents::set_console(conn, &id, room).await.unwrap();
    let ready = Agent { channels: ready(), ..agent("alice") };
    agents::save(conn, &ready).await.unwrap();
    assert_eq!(agents::by_id(conn, &id).await.unwrap().as_ref(), Some(&ready));
    assert_eq!(agents::by_user(conn, &user("alice")).await.unwrap().as_ref(), Some(&ready));
    assert_eq!(agents::by_user(conn, &user("carol")).await.unwrap(), None);
    assert_eq!(agents::console(conn, &id).await.unwrap().as_deref(), Some(room.as_str()));
    assert_eq!(agents::all(conn).await.unwrap(), [ready, agent("bob")]);
}

async fn an_account_belongs_to_one_agent(database: Database) {
    let conn = &mut *database.connection().await;
    agents::save(conn, &agent("alice")).await.unwrap();
    let mut double = agent("alina");
    double.who.user = user("alice");
    assert!(agents::save(conn, &double).await.unwrap_err().is_permanent());
}

async fn settings_of_queues_and_numbers_are_replaced(database: Database) {
    let conn = &mut *database.connection().await;
    let (name, number) = (queue(), Address::sms(OURS));
    assert_eq!(agents::queue(conn, &name).await.unwrap(), None);
    assert_eq!(agents::number(conn, &number).await.unwrap(), None);
    for offer_ms in [1, 2] {
        let settings =
            QueueSettings { offer_ms, case: vec![("k".into(), "v".into())], ..QueueSettings::default() };
        agents::save_queue(conn, &name, &settings).await.unwrap();
        assert_eq!(agents::queue(conn, &name).await.unwrap(), Some(settings));
    }
    for mode in [Mode::Page, Mode::Session] {
        let settings = NumberSettings {
            mode,
            mms_mode: Mode::Page,
            ..NumberSettings::new(Target::Queue(QueueName::new("q")))
        };
        agents::save_number(conn, &number, &settings).await.unwrap();
        assert_eq!(agents::number(conn, &number).await.unwrap(), Some(settings));
    }
    assert_eq!(agents::numbers(conn).await.unwrap(), [number]);
}

async fn a_contact_is_found_by_their_number(database: Database) {
    let conn = &mut *database.connection().await;
    let jane = contact(THEIRS);
    assert_eq!(contacts::by_number(conn, &jane.number).await.unwrap(), None);
    contacts::add(conn, &jane, NOW).await.unwrap();
    assert_eq!(contacts::by_number(conn, &jane.number).await.unwrap(), Some(jane));
    assert_eq!(contacts::by_number(conn, &Address::sms("12345")).await.unwrap(), None);
}

async fn a_ghost_is_of_one_number_for_ever(database: Database) {
    let conn = &mut *database.connection().await;
    let (jane, roy) = (contact(THEIRS), contact("+14155550101"));
    for one in [&jane, &roy] {
        contacts::add(conn, one, NOW).await.unwrap();
    }
    let name = |text: &str| GhostName::new(text);
    assert_eq!(contacts::ghost(conn, &jane.number).await.unwrap(), None);
    assert!(contacts::give_ghost(conn, &jane.number, &name("first"), None).await.unwrap());
    assert!(!contacts::give_ghost(conn, &roy.number, &name("first"), None).await.unwrap(), "it is another's");
    assert_eq!(contacts::number_of_ghost(conn, &name("first")).await.unwrap(), Some(jane.number.clone()));
    contacts::set_ghost_called(conn, &jane.number, "Jane").await.unwrap();
    let called = contacts::ghost(conn, &jane.number).await.unwrap().unwrap().called;
    assert_eq!(called.as_deref(), Some("Jane"));

    assert!(contacts::give_ghost(conn, &jane.number, &name("second"), Some("Jane")).await.unwrap());
    assert!(
        !contacts::give_ghost(conn, &roy.number, &name("first"), None).await.unwrap(),
        "it was another's"
    );
    assert!(contacts::give_ghost(conn, &roy.number, &name("third"), None).await.unwrap());
    let current = contacts::ghost(conn, &jane.number).await.unwrap().unwrap();
    assert_eq!(current, contacts::Ghost { name: name("second"), called: Some("Jane".to_owned()) });
    for (ghost, of) in [("first", Some(&jane)), ("second", Some(&jane)), ("third", Some(&roy)), ("no", None)]
    {
        let number = contacts::number_of_ghost(conn, &name(ghost)).await.unwrap();
        assert_eq!(number.as_ref(), of.map(|of| &of.number), "{ghost}");
    }
}

async fn a_room_keeps_its_first_purpose_and_knows_who_is_in_it(database: Database) {
    let conn = &mut *database.connection().await;
    let (session, console) = (room_id!("!s:desk.test"), room_id!("!c:desk.test"));
    let (alice, one) = (agent("alice"), interaction("i-1", THEIRS));
    agents::save(conn, &alice).await.unwrap();
    assert_eq!(rooms::scene(conn, session, &alice.who.user).await.unwrap(), None);
    let (of_session, of_alice) =
        (Place::Session(InteractionId::new("i-1")), Place::Console(AgentId::new("alice")));
    rooms::add(conn, session, &of_session).await.unwrap();
    rooms::add(conn, console, &of_alice).await.unwrap();
    rooms::add(conn, session, &of_alice).await.unwrap();
    let by_stranger = Scene { place: of_session, agent: None, session: None };
    assert_eq!(rooms::scene(conn, session, &user("eve")).await.unwrap().as_ref(), Some(&by_stranger));
    interactions::add(conn, &one).await.unwrap();
    let session_of = |queue| Some(Session { interaction: one.clone(), queue });
    let by_alice = Scene { agent: Some(alice.clone()), session: session_of(None), ..by_stranger };
    assert_eq!(rooms::scene(conn, session, &alice.who.user).await.unwrap().as_ref(), Some(&by_alice));
    let settings = QueueSettings { undo_ms: 7, ..QueueSettings::default() };
    agents::save_queue(conn, &one.queue, &settings).await.unwrap();
    let by_alice = Scene { session: session_of(Some(settings)), ..by_alice };
    assert_eq!(rooms::scene(conn, session, &alice.who.user).await.unwrap(), Some(by_alice));
    let in_console = Scene { place: of_alice, agent: Some(alice.clone()), session: None };
    assert_eq!(rooms::scene(conn, console, &alice.who.user).await.unwrap(), Some(in_console));
}

async fn events_of_ours_are_known_with_their_role(database: Database) {
    let conn = &mut *database.connection().await;
    let agent = || AgentId::new("alice");
    let (here, elsewhere) = (Place::Console(agent()), Place::Session(InteractionId::new("i-1")));
    let role = |number| Role::Offer { interaction: InteractionId::new("i-1"), number, agent: agent() };
    let held = Role::Held { interaction: InteractionId::new("i-1"), event: owned_event_id!("$x") };
    let all = [
        (event_id!("$contact"), Posted::Contact),
        (event_id!("$plain"), Posted::Notice(None)),
        (event_id!("$offer"), Posted::Notice(Some(role(1)))),
        (event_id!("$held"), Posted::Notice(Some(held))),
    ];
    for (event, posted) in &all {
        assert_eq!(rooms::posted(conn, &here, event).await.unwrap(), None);
        let event = (*event).to_owned();
        rooms::add_posted(conn, &[(event.clone(), here.lane(), posted.clone())]).await.unwrap();
        rooms::add_posted(conn, &[(event.clone(), elsewhere.lane(), Posted::Contact)]).await.unwrap();
        for (place, stands) in [(&here, Stands::Here), (&elsewhere, Stands::Elsewhere)] {
            let found = rooms::posted(conn, place, &event).await.unwrap();
            assert_eq!(found, Some((posted.clone(), stands)), "as it was kept first");
        }
    }
    assert_eq!(rooms::in_role(conn, &role(1)).await.unwrap().as_deref(), Some("$offer"));
    assert_eq!(rooms::in_role(conn, &role(2)).await.unwrap(), None);
}

async fn a_timer_is_set_once_and_taken_once(database: Database) {
    let conn = &mut *database.connection().await;
    let what = Due::OfferExpires { interaction: InteractionId::new("i-1"), number: 1 };
    let timer = Timer { due_at: later(60), what: what.clone() };
    timers::set(conn, &timer).await.unwrap();
    timers::set(conn, &timer).await.unwrap();
    assert_eq!(timers::due(conn, later(59), 10).await.unwrap(), []);
    let due = timers::due(conn, later(60), 10).await.unwrap();
    let [(id, found)] = due.as_slice() else { panic!("{due:?}") };
    assert_eq!(found, &what);
    let takes = (0..8).map(|_| database.commit(async |conn| timers::take(conn, id).await));
    let took = join_all(takes).await.into_iter().filter(|took| *took.as_ref().unwrap()).count();
    assert_eq!(took, 1);
    assert_eq!(timers::due(conn, later(60), 10).await.unwrap(), []);
}

async fn timers_come_in_order(database: Database) {
    let conn = &mut *database.connection().await;
    for secs in [3, 1, 2] {
        let what = Due::RouteAgain { queue: QueueName::new(secs.to_string()) };
        timers::set(conn, &Timer { due_at: later(secs), what }).await.unwrap();
    }
    let due = timers::due(conn, later(9), 2).await.unwrap();
    let queues: Vec<_> =
        due.iter().map(|(_, due)| serde_json::to_value(due).unwrap()["queue"].clone()).collect();
    assert_eq!(queues, ["1", "2"]);
}

async fn a_receipt_is_claimed_by_one_of_many(database: Database) {
    assert!(!upkeep::is_claimed(&mut *database.connection().await, "sms:SM1").await.unwrap());
    let claims = (0..20).map(|_| database.commit(async |conn| upkeep::claim(conn, "sms:SM1", NOW).await));
    let won = join_all(claims).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
    assert_eq!(won, 1);
    assert!(upkeep::is_claimed(&mut *database.connection().await, "sms:SM1").await.unwrap());
}

async fn of_many_receipts_those_are_claimed_that_nobody_had(database: Database) {
    let conn = &mut *database.connection().await;
    let keys: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(upkeep::claim_all(conn, &keys[..50], NOW).await.unwrap().len(), 50);
    upkeep::unclaim(conn, "7").await.unwrap();
    let twice = [&keys[..], &keys[..]].concat();
    let fresh: BTreeSet<String> = upkeep::claim_all(conn, &twice, NOW).await.unwrap().into_iter().collect();
    let expected: BTreeSet<String> = keys[50..].iter().cloned().chain(["7".to_owned()]).collect();
    assert_eq!(fresh, expected);
    assert!(upkeep::claim_all(conn, &keys, NOW).await.unwrap().is_empty());
}

async fn facts_are_replaced_and_what_is_set_aside_is_counted(database: Database) {
    let conn = &mut *database.connection().await;
    assert_eq!(upkeep::recall(conn, "bot").await.unwrap(), None);
    for value in ["one", "two"] {
        upkeep::remember(conn, "bot", value).await.unwrap();
        assert_eq!(upkeep::recall(conn, "bot").await.unwrap().as_deref(), Some(value));
    }
    for id in ["s-1", "s-1", "s-2"] {
        upkeep::add_dead_letter(conn, id, NOW, &DeadLetterKind::Input, "why", "{}").await.unwrap();
    }
    assert_eq!(upkeep::dead_letter_count(conn).await.unwrap(), 2);
}

async fn clearing_takes_old_receipts_and_delivered_effects_only(database: Database) {
    let conn = &mut *database.connection().await;
    let day = Duration::from_hours(24);
    for (lane, age_days, delivered) in [("old", 8, true), ("fresh", 6, true), ("waiting", 90, false)] {
        let effect = Effect::OpenRoom(OpenRoom { interaction: InteractionId::new(lane) });
        let (at, lane) = (NOW - day * age_days, effect.lane());
        let wanted = Wanted { effect, due_at: at, said_at: at, txn_id: "t".to_owned(), parked: false };
        outbox::append(conn, &[wanted], at).await.unwrap();
        let claim = Claim { lane, seq: 1, version: 1, epoch: 0 };
        if delivered {
            assert_eq!(outbox::complete(conn, &claim).await.unwrap(), outbox::Completed::Done);
        }
    }
    for (key, age_days) in [("older", 40), ("old", 31), ("fresh", 29)] {
        assert!(upkeep::claim(conn, key, NOW - day * age_days).await.unwrap());
    }
    assert_eq!(upkeep::clear(conn, NOW, 1).await.unwrap(), 3, "an effect, its empty lane, a receipt");
    assert!(!upkeep::is_claimed(conn, "older").await.unwrap());
    assert!(upkeep::is_claimed(conn, "old").await.unwrap());
    assert_eq!(upkeep::clear(conn, NOW, 100).await.unwrap(), 1);
    assert!(!upkeep::is_claimed(conn, "old").await.unwrap());
    assert!(upkeep::is_claimed(conn, "fresh").await.unwrap());
    let text = Receipt::of_text("SM1").into_string();
    assert!(upkeep::claim(conn, &text, NOW - day * 4_000).await.unwrap());
    assert_eq!(upkeep::clear(conn, NOW, 100).await.unwrap(), 0);
    assert!(!upkeep::claim(conn, &text, NOW).await.unwrap(), "a text never comes again");
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox").await, 2);
    assert_eq!(database.number("SELECT COUNT(*) FROM lanes").await, 2);
    assert_eq!(outbox::depth(conn).await.unwrap(), (1, 0));
}

async fn what_the_homeserver_shows_of_agents_is_kept_and_of_nobody_else(database: Database) {
    let conn = &mut *database.connection().await;
    agents::save(conn, &agent("alice")).await.unwrap();
    agents::save(conn, &agent("bob")).await.unwrap();
    assert!(agents::online(conn).await.unwrap().is_empty());
    for (who, online) in [
        ("alice", Online::Offline),
        ("mallory", Online::Online),
        ("alice", Online::Online),
        ("bob", Online::Idle),
        ("bob", Online::Idle),
    ] {
        agents::set_online(conn, &user(who), online).await.unwrap();
    }
    let shown = agents::online(conn).await.unwrap();
    let known = [("alice", Online::Online), ("bob", Online::Idle)];
    assert_eq!(shown, known.map(|(id, online)| (AgentId::new(id), online)).into());
    // Setting them up again leaves it as it is; who is removed is shown no more.
    agents::save(conn, &agent("alice")).await.unwrap();
    agents::remove(conn, &AgentId::new("bob")).await.unwrap();
    agents::set_online(conn, &user("bob"), Online::Online).await.unwrap();
    assert_eq!(agents::online(conn).await.unwrap()[&AgentId::new("alice")], Online::Online);
    assert_eq!(agents::online(conn).await.unwrap()[&AgentId::new("bob")], Online::Idle);
}
