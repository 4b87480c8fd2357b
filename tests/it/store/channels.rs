//! Outages: who hears of one, and that nobody is late for it.

use std::time::Duration;

use ruma::owned_room_id;
use switchroom::clock::{Clock, Millis};
use switchroom::desk::{Applied, Desk};
use switchroom::domain::agent::{Agent, Role};
use switchroom::domain::channel::{Channel, Finds, Seen};
use switchroom::domain::effect::{Effect, Place, SendReply};
use switchroom::domain::ids::AgentId;
use switchroom::domain::input::{Claim, Input, Setup};
use switchroom::domain::interaction::{Interaction, Phase};
use switchroom::domain::notice::Missed;
use switchroom::domain::reply::Held;
use switchroom::domain::timer::{Due, Timer};
use switchroom::store::{interactions, messages, outbox, replies, rooms, timers};

use super::desk::{Opened, open, says_in_session};
use super::{Database, THEIRS, active, agent, interaction, lane_of, offer, on_both_engines};

on_both_engines! {
    an_outage_is_told_once_to_whoever_works_with_the_channel,
    nobody_is_late_for_an_outage_in_which_nobody_could_do_anything,
    a_message_that_waited_too_long_for_its_way_asks_its_writer,
}

async fn finds(desk: &Desk, channel: Channel, by: &str, finds: Finds) {
    let (name, by) = ("SMS (Twilio)".to_owned(), by.to_owned());
    let seen = Input::Channel(Seen { channel, name, by, finds });
    assert_eq!(desk.apply(seen).await.unwrap(), Applied::Done);
}

async fn an_outage_is_told_once_to_whoever_works_with_the_channel(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let sue = Agent { roles: vec![Role::Agent, Role::Supervisor], ..agent("sue") };
    let others = Setup { agents: vec![agent("bob"), agent("carol"), sue], ..Setup::default() };
    desk.apply(Input::Setup(others)).await.unwrap();
    let conn = &mut *database.connection().await;
    let carols = Interaction { phase: active("carol"), ..interaction("i-1", THEIRS) };
    interactions::add(conn, &carols).await.unwrap();
    let now = Clock::default().now();
    let down = Finds::Down { since: now - Duration::from_secs(30) };
    for by in ["a", "a", "b"] {
        finds(desk, Channel::Sms, by, down).await;
    }
    // A desk that is opened again knows it.
    let again = open(&database.store).await;
    finds(&again.desk, Channel::Sms, "b", down).await;
    let told = async |code: &str| {
        let mut told = Vec::new();
        for id in ["alice", "bob", "carol", "sue"] {
            let lane = format!("console:{id}");
            let rows: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox WHERE lane = $1")
                .bind(lane)
                .fetch_all(&mut *database.connection().await)
                .await
                .unwrap();
            told.extend(rows.iter().filter(|row| row.contains(&format!("\"{code}\""))).map(|_| id));
        }
        told
    };
    let concerned = ["alice", "carol", "sue"];
    assert_eq!(told("channel_down").await, concerned, "who is ready, who has work, who runs the desk");
    finds(desk, Channel::Sms, "b", Finds::Up { after: None }).await;
    finds(desk, Channel::Sms, "a", Finds::Up { after: None }).await;
    assert_eq!(told("channel_up").await, concerned);
    let kept: Vec<Missed> = messages::of(conn, &AgentId::new("alice"), 9)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.missed)
        .collect();
    let twilio = "SMS (Twilio)".to_owned();
    assert!(matches!(&kept[0], Missed::ChannelUp { name, .. } if *name == twilio), "{kept:?}");
    assert_eq!(kept[1], Missed::ChannelDown { name: twilio });
    // Of the database only those hear who run the desk, when it is over.
    finds(desk, Channel::Database, "a", Finds::Up { after: Some(now) }).await;
    let mut all = concerned.to_vec();
    all.push("sue");
    all.sort_unstable();
    assert_eq!(told("channel_up").await, all);
}

async fn nobody_is_late_for_an_outage_in_which_nobody_could_do_anything(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let conn = &mut *database.connection().await;
    let (now, hour) = (Clock::default().now(), Duration::from_hours(1));
    let (from, over) = (now - hour * 3, now - hour);
    finds(desk, Channel::Matrix, "a", Finds::Up { after: None }).await;
    let offered = Phase::Offered { offer: offer(over), passed_over: vec![] };
    let offered = Interaction {
        phase: offered,
        offers: 1,
        room: Some(owned_room_id!("!a:desk.test")),
        ..interaction("i-1", THEIRS)
    };
    let session =
        Interaction { phase: active("alice"), expires_at: Some(over), ..interaction("i-2", "+14155550177") };
    let old = [
        Due::OfferExpires { interaction: offered.id.clone(), number: 1 },
        Due::Quiet { interaction: session.id.clone(), expires_at: over },
    ];
    for interaction in [&offered, &session] {
        interactions::add(conn, interaction).await.unwrap();
    }
    for what in &old {
        timers::set(conn, &Timer { due_at: over, what: what.clone() }).await.unwrap();
    }
    finds(desk, Channel::Matrix, "a", Finds::Down { since: from }).await;
    finds(desk, Channel::Matrix, "a", Finds::Up { after: Some(from) }).await;
    for (id, due) in timers::due(conn, now + Duration::from_secs(1), 9).await.unwrap() {
        desk.apply(Input::Due { id, due }).await.unwrap();
    }
    let state = async |of: &Interaction| {
        let found = interactions::by_id(&mut *database.connection().await, &of.id).await.unwrap().unwrap();
        let expires = found.offer().map_or(found.expires_at, |offer| Some(offer.expires_at));
        (found.state().to_owned(), expires.unwrap())
    };
    let (is, until) = state(&offered).await;
    assert!(is == "offered" && until > now, "it stands for its whole time from now: {is} {until:?}");
    let (is, until) = state(&session).await;
    let left = until.since(over);
    assert!(is == "active" && left >= hour * 3, "{is} {left:?}");

    // The database was down for as long, and has come back a moment later.
    finds(desk, Channel::Database, "a", Finds::Up { after: Some(from) }).await;
    let (_, later) = state(&session).await;
    assert!(later.since(until) < Duration::from_mins(1), "the time is given once: {until:?} {later:?}");
}

async fn a_message_that_waited_too_long_for_its_way_asks_its_writer(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let conn = &mut *database.connection().await;
    let one = Interaction { phase: active("alice"), ..interaction("i-1", THEIRS) };
    interactions::add(conn, &one).await.unwrap();
    rooms::add(conn, &owned_room_id!("!session:desk.test"), &Place::Session(one.id)).await.unwrap();
    for number in [1, 2] {
        desk.apply(says_in_session(number, "hi")).await.unwrap();
    }
    let late: Millis = Clock::default().now() - Duration::from_secs(601);
    sqlx::query("UPDATE outbox SET created_at = $1 WHERE lane = 'sms:i-1' AND seq = 1")
        .bind(late.0)
        .execute(&mut *conn)
        .await
        .unwrap();
    let turn = async || {
        let head =
            outbox::head(&mut *database.connection().await, &lane_of("sms:i-1")).await.unwrap().unwrap();
        let Effect::SendReply(SendReply { reply, .. }) = head.effect else { panic!("{head:?}") };
        let claim = Claim { lane: lane_of("sms:i-1"), seq: head.seq, version: head.version, epoch: 0 };
        (desk.apply(Input::ReplyDue { claim, reply: reply.clone(), is_next: false }).await.unwrap(), reply)
    };
    let (applied, reply) = turn().await;
    assert_eq!(applied, Applied::Over);
    let kept = replies::by_id(conn, &reply).await.unwrap().unwrap();
    assert!(kept.is_waiting() && kept.held == Some(Held::Word));
    let asked = "SELECT COUNT(*) FROM outbox WHERE lane = 'room:i-1' AND body LIKE '%\"why\":\"late\"%'";
    assert_eq!(database.number(asked).await, 1);
    assert!(matches!(turn().await.0, Applied::Submit(_)), "the next one goes");
}
