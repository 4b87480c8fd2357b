//! What people do in rooms, whether they type it or not, and what stays of it.

use std::time::Duration;

use ruma::{EventId, OwnedRoomId};
use switchroom::clock::{Clock, Millis};
use switchroom::desk::{Applied, Desk};
use switchroom::domain::agent::Role as AgentRole;
use switchroom::domain::effect::{Place, Role};
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::input::{Input, Membership, MessageKind, RoomAct, RoomEvent};
use switchroom::domain::interaction::{Interaction, Phase, Watcher};
use switchroom::domain::talk;
use switchroom::store::rooms::Posted;
use switchroom::store::{agents, audit, interactions, rooms, talks};

use super::desk::{Opened, console, open, said_in_console, setup};
use super::talks::talk;
use super::{Database, active, agent_ref, interaction, later, offer, on_both_engines, user};

on_both_engines! {
    an_agent_is_greeted_once_with_each_account,
    another_name_or_picture_takes_no_offer,
    who_says_something_in_a_room_has_come_in_though_that_is_heard_of_later,
    who_supervises_no_more_has_no_say_in_what_others_do,
    what_people_do_stands_once_in_the_audit_log_however_they_do_it,
}

fn room_of(id: &str) -> OwnedRoomId {
    OwnedRoomId::try_from(format!("!{id}:desk.test")).unwrap()
}

/// Keeps an interaction with its room.
async fn keep(database: &Database, id: &str, phase: Phase) -> Interaction {
    let conn = &mut *database.connection().await;
    let known: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM interactions").fetch_one(&mut *conn).await.unwrap();
    let number = format!("+141555501{}", 10 + known);
    let one = Interaction { phase, room: Some(room_of(id)), offers: 1, ..interaction(id, &number) };
    interactions::add(conn, &one).await.unwrap();
    let asked = one.offer().map(|offer| offer.to.clone()).unwrap_or_default();
    interactions::set_offered(conn, &one.id, asked.iter().map(|to| &to.id)).await.unwrap();
    rooms::add(conn, &room_of(id), &Place::Session(one.id.clone())).await.unwrap();
    one
}

fn offered() -> Phase {
    let offer = offer(later(60));
    Phase::Offered { offer, passed_over: vec![] }
}

/// Alice does something in a room.
async fn alice(desk: &Desk, number: u32, room: &str, what: RoomAct) {
    at(desk, number, room, what, Clock::default().now()).await;
}

async fn at(desk: &Desk, number: u32, room: &str, what: RoomAct, at: Millis) {
    let event_id = EventId::parse(format!("$p{number}")).unwrap();
    let event = RoomEvent { event_id, room_id: room_of(room), sender: user("alice"), at, what };
    assert_eq!(desk.apply(Input::Room(event)).await.unwrap(), Applied::Done);
}

fn member(membership: Membership, before: Option<Membership>) -> RoomAct {
    RoomAct::Member { user: user("alice"), membership, before, reason: None, is_direct: false }
}

async fn state_of(database: &Database, id: &str) -> &'static str {
    let conn = &mut *database.connection().await;
    interactions::by_id(conn, &InteractionId::new(id)).await.unwrap().unwrap().state()
}

async fn an_agent_is_greeted_once_with_each_account(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    console(&database).await;
    let greetings = "SELECT COUNT(*) FROM outbox WHERE body LIKE '%\"welcome\"%'";
    for (number, before) in [(1, Membership::Invite), (2, Membership::Join), (3, Membership::Leave)] {
        alice(desk, number, "console", member(Membership::Join, Some(before))).await;
        assert_eq!(database.number(greetings).await, 1);
    }
    // Another account of the same agent is another beginning; the first one, taken off the desk and back, is
    // none.
    let conn = &mut *database.connection().await;
    let mut known = agents::by_id(conn, &AgentId::new("alice")).await.unwrap().unwrap();
    agents::remove(conn, &known.who.id).await.unwrap();
    agents::save(conn, &known).await.unwrap();
    assert!(!agents::greet(conn, &known.who.id).await.unwrap());
    known.who.user = user("alice2");
    agents::save(conn, &known).await.unwrap();
    assert!(agents::greet(conn, &known.who.id).await.unwrap());
    assert!(!agents::greet(conn, &known.who.id).await.unwrap());
}

async fn another_name_or_picture_takes_no_offer(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let looked_on = keep(&database, "i-1", offered()).await;
    let watcher = Watcher { agent: agent_ref("alice"), barged: false, here: true };
    let looked_on = Interaction { watchers: vec![watcher], ..looked_on };
    let conn = &mut *database.connection().await;
    interactions::save(conn, &looked_on).await.unwrap();
    let phase = talk::Phase::Offered { expires_at: later(60), overdue: false };
    let asked = talk::Talk { phase, room: Some(room_of("i-2")), ..talk("i-2", "bob", "alice", 0) };
    talks::add(conn, &asked).await.unwrap();
    rooms::add(conn, &room_of("i-2"), &Place::Talk(asked.id.clone())).await.unwrap();
    let states = async |conn: &mut _| {
        let talk = talks::by_id(conn, &asked.id).await.unwrap().unwrap();
        (state_of(&database, "i-1").await, talk.phase == talk::Phase::Connected)
    };

    for (number, room) in [(1, "i-1"), (2, "i-2")] {
        alice(desk, number, room, member(Membership::Join, Some(Membership::Join))).await;
    }
    assert_eq!(states(conn).await, ("offered", false));
    // What was fetched does not say what was before; then it is taken for coming in.
    for (number, room) in [(3, "i-1"), (4, "i-2")] {
        alice(desk, number, room, member(Membership::Join, None)).await;
    }
    assert_eq!(states(conn).await, ("active", true));
}

async fn who_says_something_in_a_room_has_come_in_though_that_is_heard_of_later(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let conn = &mut *database.connection().await;
    let asked = keep(&database, "i-1", offered()).await;
    let phase = talk::Phase::Offered { expires_at: later(60), overdue: false };
    let talk = talk::Talk { phase, room: Some(room_of("i-2")), ..talk("i-2", "bob", "alice", 0) };
    talks::add(conn, &talk).await.unwrap();
    rooms::add(conn, &room_of("i-2"), &Place::Talk(talk.id.clone())).await.unwrap();
    let says = |body: &str| RoomAct::Message {
        kind: MessageKind::Text,
        body: body.to_owned(),
        reply_to: None,
        in_thread: false,
        pills: vec![],
        formatted: None,
    };
    let phases = async |conn: &mut _| {
        (state_of(&database, "i-1").await, talks::by_id(conn, &talk.id).await.unwrap().unwrap().phase)
    };
    // What was said when they were here earlier says nothing.
    let before = asked.updated_at - Duration::from_secs(9);
    for (number, room) in [(1, "i-1"), (2, "i-2")] {
        at(desk, number, room, says("hello"), before).await;
    }
    assert_eq!(phases(conn).await, ("offered", talk.phase));
    for (number, room) in [(3, "i-1"), (4, "i-2")] {
        alice(desk, number, room, says("hello")).await;
    }
    assert_eq!(phases(conn).await, ("active", talk::Phase::Connected));
    let sent =
        "SELECT COUNT(*) FROM transcript WHERE interaction = 'i-1' AND kind = 'owner' AND body = 'hello'";
    assert_eq!(database.number(sent).await, 1, "and it goes to the contact");
    for (number, room) in [(5, "i-1"), (6, "i-2")] {
        alice(desk, number, room, member(Membership::Join, None)).await;
    }
    assert_eq!(phases(conn).await, ("active", talk::Phase::Connected));
}

async fn who_supervises_no_more_has_no_say_in_what_others_do(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    console(&database).await;
    let with = async |id: &str, roles: &[AgentRole]| {
        let Input::Setup(mut given) = setup(id) else { unreachable!() };
        given.agents[0].roles = roles.to_vec();
        desk.apply(Input::Setup(given)).await.unwrap();
    };
    with("alice", &[AgentRole::Admin]).await;
    let conn = &mut *database.connection().await;
    let (id, bob) = (InteractionId::new("i-1"), AgentId::new("bob"));
    keep(&database, "i-1", active("alice")).await;
    for (number, by_command) in [(1, true), (2, false)] {
        with("bob", &[AgentRole::Agent, AgentRole::Supervisor]).await;
        let barged = Watcher { agent: agent_ref("bob"), barged: true, here: true };
        let one = interactions::by_id(conn, &id).await.unwrap().unwrap();
        interactions::save(conn, &Interaction { watchers: vec![barged], ..one }).await.unwrap();
        with("bob", &[AgentRole::Supervisor]).await;
        assert!(interactions::by_id(conn, &id).await.unwrap().unwrap().hears(&bob), "a supervisor still");
        if by_command {
            let typed = said_in_console(number, "!agent set bob roles agent");
            assert_eq!(desk.apply(typed).await.unwrap(), Applied::Done);
        } else {
            with("bob", &[AgentRole::Agent]).await;
        }
        let now = interactions::by_id(conn, &id).await.unwrap().unwrap();
        assert!(!now.hears(&bob) && !now.is_watched_by(&bob), "by command: {by_command}");
    }
}

async fn what_people_do_stands_once_in_the_audit_log_however_they_do_it(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    console(&database).await;
    let conn = &mut *database.connection().await;
    for (id, phase) in [
        ("i-joined", offered()),
        ("i-declined", offered()),
        ("i-tapped", offered()),
        ("i-typed", offered()),
        ("i-refused", offered()),
        ("i-left", active("alice")),
        ("i-late", active("alice")),
    ] {
        keep(&database, id, phase).await;
    }
    alice(desk, 1, "i-joined", member(Membership::Join, Some(Membership::Invite))).await;
    alice(desk, 2, "i-declined", member(Membership::Leave, Some(Membership::Invite))).await;
    let offer = EventId::parse("$offer").unwrap();
    let interaction = InteractionId::new("i-tapped");
    let role = Role::Offer { interaction, number: 1, agent: AgentId::new("alice") };
    let console = Place::Console(AgentId::new("alice")).lane();
    rooms::add_posted(conn, &[(offer.clone(), console, Posted::Notice(Some(role)))]).await.unwrap();
    let yes = |of| RoomAct::Reaction { of, key: "✅".to_owned() };
    alice(desk, 3, "console", yes(offer)).await;
    for (number, line) in [(4, "!accept i-typed"), (5, "!reject i-refused at lunch"), (6, "!accept i-typed")]
    {
        assert_eq!(desk.apply(said_in_console(number, line)).await.unwrap(), Applied::Done);
    }
    alice(desk, 7, "i-left", member(Membership::Leave, Some(Membership::Join))).await;
    let (kind, body) = (MessageKind::Text, "still there?".to_owned());
    let late =
        RoomAct::Message { kind, body, reply_to: None, in_thread: false, pills: vec![], formatted: None };
    at(desk, 8, "i-late", late, Clock::default().now() - Duration::from_hours(1)).await;
    let (question, event) = (EventId::parse("$question").unwrap(), EventId::parse("$p8").unwrap());
    let interaction = InteractionId::new("i-late");
    let its_room = Place::Session(interaction.clone()).lane();
    let role = Posted::Notice(Some(Role::Held { interaction, event }));
    rooms::add_posted(conn, &[(question.clone(), its_room, role)]).await.unwrap();
    alice(desk, 9, "i-late", yes(question)).await;

    let log = audit::newest(conn, &[], 20).await.unwrap();
    let log = log.iter().rev().map(|entry| format!("{} {} {}", entry.what, entry.subject, entry.detail));
    let expected = [
        "accept i-joined by their invite",
        "reject i-declined by their invite",
        "accept i-tapped ",
        "accept i-typed ",
        "reject i-refused at lunch",
        "leave i-left the room",
        "send i-late a message that got here late",
    ];
    assert_eq!(log.collect::<Vec<_>>(), expected);
}
