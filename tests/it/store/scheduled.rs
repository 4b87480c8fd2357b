//! Texts that go later, until they do.

use std::time::Duration;

use ruma::EventId;
use switchroom::domain::ids::AgentId;
use switchroom::domain::interaction::Interaction;
use switchroom::domain::later::Later;
use switchroom::domain::notice::Stopped;
use switchroom::domain::when::Moment;
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{interactions, retention, scheduled};

use super::{Database, NOW, THEIRS, active, done, interaction, later, on_both_engines, queue, user};

on_both_engines! {
    they_are_found_by_event_conversation_agent_and_contact,
    whether_the_contact_wrote_since_is_counted_and_not_timed,
    what_is_still_to_go_keeps_a_conversation,
}

fn text(of: &Interaction, event: &str, secs: u64) -> Later {
    Later {
        event: EventId::parse(format!("${event}")).unwrap(),
        interaction: of.id.clone(),
        by: user("alice"),
        text: format!("text {event}"),
        response: None,
        files: vec![],
        when: Moment { at: later(secs), said: format!("{secs}s"), clocks: None },
        since: NOW,
        heard: 0,
        asks: None,
    }
}

fn line(id: &str, kind: LineKind) -> Line {
    let (author, body) = (THEIRS.to_owned(), "Hello?".to_owned());
    Line { id: id.to_owned(), at: NOW, kind, author, body, event_id: None }
}

async fn they_are_found_by_event_conversation_agent_and_contact(database: Database) {
    let conn = &mut *database.connection().await;
    let here = Interaction { phase: active("alice"), ..interaction("i-1", THEIRS) };
    let there = Interaction { phase: active("alice"), ..interaction("i-2", "+12125550188") };
    for of in [&here, &there] {
        interactions::add(conn, of).await.unwrap();
    }
    let (alice, bob) = (AgentId::new("alice"), AgentId::new("bob"));
    let (late, soon, other) = (text(&here, "late", 9), text(&here, "soon", 5), text(&there, "other", 7));
    for one in [&late, &soon, &other] {
        scheduled::keep(conn, one, &alice).await.unwrap();
    }
    assert_eq!(scheduled::by_event(conn, &late.event).await.unwrap().as_ref(), Some(&late));
    assert_eq!(scheduled::of(conn, &here.id).await.unwrap(), [soon.clone(), late.clone()]);
    assert_eq!(scheduled::of_agent(conn, &alice).await.unwrap(), [soon.clone(), other.clone(), late.clone()]);
    assert!(scheduled::of_contact(conn, &there.contact.id).await.unwrap().contains(&other));
    assert_eq!(scheduled::last_due(conn, &here.id).await.unwrap(), Some(later(9)));
    scheduled::hand_over(conn, &here.id, &bob).await.unwrap();
    assert_eq!(scheduled::of_agent(conn, &alice).await.unwrap(), vec![other]);
    // What waits for a word has no time any more.
    let asks = Later { asks: Some(Stopped::ContactWrote), ..late.clone() };
    scheduled::asks(conn, &asks).await.unwrap();
    assert_eq!(scheduled::by_event(conn, &late.event).await.unwrap(), Some(asks));
    assert_eq!(scheduled::last_due(conn, &here.id).await.unwrap(), Some(later(5)));
    // The same command again takes the place of the first.
    let anew = Later { when: Moment { at: later(3), ..soon.when.clone() }, ..soon.clone() };
    scheduled::keep(conn, &anew, &bob).await.unwrap();
    assert_eq!(scheduled::by_event(conn, &soon.event).await.unwrap(), Some(anew));
    assert!(scheduled::remove(conn, &soon.event).await.unwrap());
    assert!(!scheduled::remove(conn, &soon.event).await.unwrap());
}

async fn whether_the_contact_wrote_since_is_counted_and_not_timed(database: Database) {
    let conn = &mut *database.connection().await;
    let here = Interaction { phase: active("alice"), ..interaction("i-1", THEIRS) };
    interactions::add(conn, &here).await.unwrap();
    let said =
        [(here.id.clone(), line("1", LineKind::Contact)), (here.id.clone(), line("2", LineKind::Owner))];
    transcript::add_lines(conn, &said).await.unwrap();
    let one = Later { heard: scheduled::heard(conn, &here.id).await.unwrap(), ..text(&here, "one", 9) };
    assert_eq!(one.heard, 1);
    assert!(!scheduled::wrote_since(conn, &one, &here).await.unwrap());
    // The clock was set back meanwhile.
    let text_before = Line { at: NOW - Duration::from_hours(1), ..line("0", LineKind::Contact) };
    transcript::add_lines(conn, &[(here.id.clone(), text_before)]).await.unwrap();
    assert!(scheduled::wrote_since(conn, &one, &here).await.unwrap());
    let one = Later { heard: 2, ..one };
    assert!(!scheduled::wrote_since(conn, &one, &here).await.unwrap());
    // In another conversation, only what began since counts, and only with the same contact.
    let ended = Interaction { phase: done("alice"), ..here.clone() };
    interactions::save(conn, &ended).await.unwrap();
    let mut next = interaction("i-2", THEIRS);
    next.contact.id = here.contact.id.clone();
    interactions::add(conn, &next).await.unwrap();
    assert!(!scheduled::wrote_since(conn, &one, &here).await.unwrap());
    transcript::add_lines(conn, &[(next.id.clone(), line("3", LineKind::Contact))]).await.unwrap();
    assert!(scheduled::wrote_since(conn, &one, &here).await.unwrap());
    let after = Later { since: NOW + Duration::from_secs(1), ..one };
    assert!(!scheduled::wrote_since(conn, &after, &here).await.unwrap());
}

async fn what_is_still_to_go_keeps_a_conversation(database: Database) {
    let conn = &mut *database.connection().await;
    let here = Interaction { phase: done("alice"), ..interaction("i-1", THEIRS) };
    interactions::add(conn, &here).await.unwrap();
    retention::set_done(conn, &here).await.unwrap();
    let one = text(&here, "one", 9);
    scheduled::keep(conn, &one, &AgentId::new("alice")).await.unwrap();
    let before = later(1_000_000);
    assert!(retention::due(conn, &queue(), before, 10).await.unwrap().is_empty());
    let asks = Later { asks: Some(Stopped::Late), ..one.clone() };
    scheduled::asks(conn, &asks).await.unwrap();
    let due = retention::due(conn, &queue(), before, 10).await.unwrap();
    assert_eq!(due.readable, std::slice::from_ref(&here));
    retention::empty(conn, &here, before, 30).await.unwrap();
    assert_eq!(scheduled::by_event(conn, &one.event).await.unwrap(), None);
}
