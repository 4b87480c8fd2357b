//! The outbox: order in a lane, merging, leases.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use ruma::{EventId, OwnedEventId};
use sqlx::{AnyConnection, Executor as _};
use switchroom::clock::Millis;
use switchroom::domain::effect::{Effect, GhostText, OpenRoom, Place, PublishState, Route};
use switchroom::domain::ids::{InteractionId, QueueName};
use switchroom::domain::input::Claim;
use switchroom::domain::lane::Lane;
use switchroom::store::Engine;
use switchroom::store::outbox::{self, Completed, Head, Parked, Position, Wanted, delivered};
use switchroom::store::rooms::{self, Posted, Stands};

use super::{Database, NOW, lane_of, later, on_both_engines};
use crate::harness::eventually;

on_both_engines! {
    places_in_a_lane_have_no_gap_and_no_double_however_many_append_at_once,
    the_head_of_a_lane_is_what_was_appended_first,
    what_is_appended_together_keeps_its_order_in_each_lane,
    what_merges_stands_once_and_is_done_again_if_asked_for_meanwhile,
    many_who_ask_for_the_same_at_once_get_it_once,
    what_is_put_off_stays_the_head_and_counts_its_failures,
    what_is_set_aside_lets_the_rest_go_on_or_takes_the_lane_with_it,
    what_is_parked_keeps_its_place_while_the_rest_goes_on,
    a_lease_is_held_by_one_until_it_ends,
    of_many_who_want_a_lease_one_gets_it,
    a_head_that_comes_with_a_lease_is_what_waits,
    under_a_stale_epoch_nothing_is_recorded,
    deliveries_are_recorded_with_their_events_or_not_at_all,
    a_lease_is_given_back_once_nothing_waits,
    busy_lanes_are_those_with_something_due,
}

const LANE: &str = "room:i-1";

fn text(body: &str) -> Effect {
    let body = body.to_owned();
    Effect::GhostText(GhostText {
        interaction: InteractionId::new("i-1"),
        body,
        mention: None,
        written_at: None,
    })
}

fn state() -> Effect {
    Effect::PublishState(PublishState { interaction: InteractionId::new("i-1") })
}

fn claim(seq: i64, version: i64, epoch: i64) -> Claim {
    Claim { lane: lane_of(LANE), seq, version, epoch }
}

fn wanted(effect: Effect, due_at: Millis) -> Wanted {
    Wanted { effect, due_at, said_at: due_at, txn_id: "txn".to_owned(), parked: false }
}

async fn append(database: &Database, effect: &Effect) {
    let wanted = [wanted(effect.clone(), NOW)];
    database.commit(async |conn| outbox::append(conn, &wanted, NOW).await).await.unwrap();
}

async fn head(database: &Database) -> Option<Head> {
    outbox::head(&mut *database.connection().await, &lane_of(LANE)).await.unwrap()
}

async fn complete(database: &Database, claim: &Claim) -> Completed {
    database.commit(async |conn| outbox::complete(conn, claim).await).await.unwrap()
}

async fn places_in_a_lane_have_no_gap_and_no_double_however_many_append_at_once(database: Database) {
    let bodies: Vec<String> = (0..24).map(|number| number.to_string()).collect();
    let effects: Vec<Effect> = bodies.iter().map(|body| text(body)).collect();
    join_all(effects.iter().map(|effect| append(&database, effect))).await;
    let mut seen = BTreeSet::new();
    for seq in 1..=24 {
        let head = head(&database).await.unwrap();
        assert_eq!(head.seq, seq);
        let Effect::GhostText(GhostText { body, .. }) = head.effect else { panic!("{head:?}") };
        assert!(seen.insert(body));
        assert_eq!(complete(&database, &claim(seq, 1, 0)).await, Completed::Done);
    }
    assert_eq!(head(&database).await, None);
}

async fn the_head_of_a_lane_is_what_was_appended_first(database: Database) {
    for body in ["one", "two"] {
        append(&database, &text(body)).await;
    }
    append(&database, &Effect::Route(Route { queue: QueueName::new("q") })).await;
    let first = head(&database).await.unwrap();
    assert_eq!((first.seq, first.version, first.failures, first.txn_id.as_str()), (1, 1, 0, "txn"));
    assert_eq!((first.due_at, first.created_at, first.effect), (NOW, NOW, text("one")));
    assert!(!first.is_last);
    assert_eq!(complete(&database, &claim(2, 1, 0)).await, Completed::Done, "out of order, as by hand");
    assert_eq!(complete(&database, &claim(1, 1, 0)).await, Completed::Done);
    assert_eq!(head(&database).await, None);
    append(&database, &text("three")).await;
    let third = head(&database).await.unwrap();
    assert_eq!((third.seq, third.is_last), (3, true), "a place is never given twice");
}

async fn what_is_appended_together_keeps_its_order_in_each_lane(database: Database) {
    append(&database, &text("0")).await;
    append(&database, &state()).await;
    let route = |number: u32| Effect::Route(Route { queue: QueueName::new(format!("q{}", number % 70)) });
    let mut all: Vec<Wanted> = Vec::new();
    for number in 1..=140 {
        all.extend([text(&number.to_string()), route(number), state()].map(|effect| wanted(effect, NOW)));
    }
    database.commit(async |conn| outbox::append(conn, &all, NOW).await).await.unwrap();
    let rows: Vec<(i64, i64, String)> =
        sqlx::query_as("SELECT seq, version, body FROM outbox WHERE lane = $1 ORDER BY seq")
            .bind(LANE)
            .fetch_all(&mut *database.connection().await)
            .await
            .unwrap();
    let mut bodies = Vec::new();
    for ((seq, version, body), place) in rows.iter().zip(1..) {
        assert_eq!(*seq, place);
        match serde_json::from_str(body).unwrap() {
            Effect::GhostText(GhostText { body, .. }) => bodies.push(body.parse::<u32>().unwrap()),
            effect => assert_eq!((place, effect, *version), (2, state(), 2), "marked once by one commit"),
        }
    }
    assert_eq!(bodies, (0..=140).collect::<Vec<_>>());
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox WHERE lane = 'route'").await, 70);
    assert_eq!(database.number("SELECT MAX(seq) FROM outbox WHERE lane = 'route'").await, 70);
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox").await, 141 + 1 + 70);
}

async fn what_merges_stands_once_and_is_done_again_if_asked_for_meanwhile(database: Database) {
    append(&database, &state()).await;
    append(&database, &state()).await;
    append(&database, &text("behind")).await;
    assert_eq!(head(&database).await.unwrap().version, 2);
    append(&database, &state()).await;
    assert_eq!(complete(&database, &claim(1, 2, 0)).await, Completed::Again);
    let again = head(&database).await.unwrap();
    assert_eq!((again.seq, again.version, again.txn_id.as_str()), (1, 3, "txn"));
    assert_eq!(complete(&database, &claim(1, 3, 0)).await, Completed::Done);
    assert_eq!(complete(&database, &claim(1, 3, 0)).await, Completed::Lost, "it was recorded before");
    append(&database, &state()).await;
    assert_eq!(head(&database).await.unwrap().effect, text("behind"));
    assert_eq!(complete(&database, &claim(2, 1, 0)).await, Completed::Done);
    let anew = head(&database).await.unwrap();
    assert_eq!((anew.seq, anew.version, anew.effect), (3, 1, state()));
}

async fn many_who_ask_for_the_same_at_once_get_it_once(database: Database) {
    let effect = state();
    join_all((0..16).map(|_| append(&database, &effect))).await;
    let only = head(&database).await.unwrap();
    assert_eq!((only.seq, only.version), (1, 16));
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox").await, 1);
}

async fn what_is_put_off_stays_the_head_and_counts_its_failures(database: Database) {
    append(&database, &text("one")).await;
    append(&database, &text("two")).await;
    let conn = &mut *database.connection().await;
    outbox::postpone(conn, &claim(1, 1, 0), later(5), true).await.unwrap();
    outbox::postpone(conn, &claim(1, 1, 0), later(9), false).await.unwrap();
    let put_off = head(&database).await.unwrap();
    assert_eq!((put_off.seq, put_off.due_at, put_off.failures), (1, later(9), 1));
    outbox::postpone(conn, &claim(1, 1, 7), later(99), true).await.unwrap();
    assert_eq!(head(&database).await.unwrap(), put_off, "not under another epoch");
}

async fn what_is_set_aside_lets_the_rest_go_on_or_takes_the_lane_with_it(database: Database) {
    for body in ["one", "two", "three", "four"] {
        append(&database, &text(body)).await;
    }
    let conn = &mut *database.connection().await;
    assert_eq!(complete(&database, &claim(1, 1, 0)).await, Completed::Done);
    outbox::set_aside(conn, &claim(2, 1, 0), false).await.unwrap();
    assert_eq!(head(&database).await.unwrap().effect, text("three"));
    assert!(!outbox::still_ours(conn, &claim(2, 1, 0)).await.unwrap());
    assert_eq!(outbox::depth(conn).await.unwrap(), (2, 1));
    outbox::set_aside(conn, &claim(3, 1, 0), true).await.unwrap();
    assert_eq!(head(&database).await, None);
    assert_eq!(outbox::depth(conn).await.unwrap(), (0, 3));
    append(&database, &text("five")).await;
    assert_eq!(head(&database).await.unwrap().seq, 5, "what comes later is not part of it");
}

/// Takes a lease, and returns its epoch.
async fn leased(
    conn: &mut AnyConnection,
    lane: &Lane,
    holder: &str,
    now: Millis,
    until: Millis,
) -> switchroom::store::Result<Option<i64>> {
    Ok(outbox::lease(conn, lane, holder, now, until).await?.map(|lease| lease.epoch))
}

async fn a_lease_is_held_by_one_until_it_ends(database: Database) {
    append(&database, &text("one")).await;
    let conn = &mut *database.connection().await;
    assert_eq!(leased(conn, &lane_of("room:none"), "a", NOW, later(30)).await.unwrap(), None);
    assert_eq!(leased(conn, &lane_of(LANE), "a", NOW, later(30)).await.unwrap(), Some(1));
    assert_eq!(leased(conn, &lane_of(LANE), "b", later(30), later(60)).await.unwrap(), None);
    assert_eq!(
        leased(conn, &lane_of(LANE), "a", later(1), later(31)).await.unwrap(),
        Some(2),
        "its own again"
    );
    assert!(outbox::renew(conn, &lane_of(LANE), 2, later(50)).await.unwrap());
    assert_eq!(leased(conn, &lane_of(LANE), "b", later(40), later(70)).await.unwrap(), None);
    assert_eq!(leased(conn, &lane_of(LANE), "b", later(51), later(80)).await.unwrap(), Some(3), "it ran out");
    assert!(!outbox::renew(conn, &lane_of(LANE), 2, later(99)).await.unwrap());
    outbox::release(conn, &lane_of(LANE), 2).await.unwrap();
    assert_eq!(leased(conn, &lane_of(LANE), "a", later(52), later(99)).await.unwrap(), None);
    outbox::release(conn, &lane_of(LANE), 3).await.unwrap();
    assert_eq!(leased(conn, &lane_of(LANE), "a", later(52), later(99)).await.unwrap(), Some(4));
}

async fn of_many_who_want_a_lease_one_gets_it(database: Database) {
    append(&database, &text("one")).await;
    let holders: Vec<String> = (0..12).map(|number| format!("holder {number}")).collect();
    let leases = holders.iter().map(async |holder| {
        database
            .commit(async |conn| leased(conn, &lane_of(LANE), holder, NOW, later(30)).await)
            .await
            .unwrap()
    });
    let epochs: Vec<i64> = join_all(leases).await.into_iter().flatten().collect();
    assert_eq!(epochs, [1]);
}

async fn a_head_that_comes_with_a_lease_is_what_waits(database: Database) {
    append(&database, &text("one")).await;
    append(&database, &text("two")).await;
    let (lane, mut conn) = (lane_of(LANE), database.connection().await);
    let here = outbox::lease(&mut conn, &lane, "here", NOW, later(30)).await.unwrap().unwrap();
    if database.store.engine() == Engine::Sqlite {
        // One process has the file to itself and needs no leases.
        assert_eq!(here.head, None);
        return;
    }
    let head = here.head.unwrap();
    assert_eq!((head.seq, head.is_last), (1, false));
    assert_eq!(Some(head), outbox::head(&mut conn, &lane).await.unwrap());

    // The lease runs out. Another waits for it, while what it sees as the head is recorded as done.
    let mut recording = database.connection().await;
    recording.execute("BEGIN").await.unwrap();
    outbox::complete(&mut recording, &claim(1, 1, here.epoch)).await.unwrap();
    outbox::release(&mut recording, &lane, here.epoch).await.unwrap();
    let mut other = database.connection().await;
    let waits = outbox::lease(&mut other, &lane, "there", later(40), later(70));
    let ends = async {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        eventually("the lease to wait", async || {
            let look = &mut *database.connection().await;
            let count: i64 = sqlx::query_scalar(waiting).fetch_one(look).await.unwrap();
            (count > 0).then_some(())
        })
        .await;
        recording.execute("COMMIT").await.unwrap();
    };
    let (there, ()) = tokio::join!(waits, ends);
    let there = there.unwrap().unwrap();
    assert_eq!((there.epoch, there.head), (here.epoch + 1, None), "what it saw is over");
    outbox::release(&mut conn, &lane, there.epoch).await.unwrap();
    let again = outbox::lease(&mut conn, &lane, "here", NOW, later(30)).await.unwrap().unwrap();
    let head = again.head.unwrap();
    assert_eq!((head.seq, head.is_last), (2, true));
}

async fn under_a_stale_epoch_nothing_is_recorded(database: Database) {
    append(&database, &state()).await;
    let conn = &mut *database.connection().await;
    let stale = leased(conn, &lane_of(LANE), "a", NOW, later(30)).await.unwrap().unwrap();
    let fresh = leased(conn, &lane_of(LANE), "b", later(31), later(61)).await.unwrap().unwrap();
    assert_eq!(complete(&database, &claim(1, 1, stale)).await, Completed::Lost);
    assert!(!outbox::still_ours(conn, &claim(1, 1, stale)).await.unwrap());
    append(&database, &state()).await;
    assert_eq!(complete(&database, &claim(1, 1, stale)).await, Completed::Lost, "not Again either");
    assert!(outbox::still_ours(conn, &claim(1, 1, fresh)).await.unwrap());
    assert_eq!(complete(&database, &claim(1, 2, fresh)).await, Completed::Done);
}

async fn busy_lanes_are_those_with_something_due(database: Database) {
    let conn = &mut *database.connection().await;
    for (number, due) in [(1, 0), (2, 10), (3, 20)] {
        let effect = Effect::OpenRoom(OpenRoom { interaction: InteractionId::new(format!("i-{number}")) });
        outbox::append(conn, &[wanted(effect, later(due))], later(30 - number)).await.unwrap();
    }
    assert_eq!(busy(conn, later(10), 10).await, ["room:i-2", "room:i-1"]);
    assert_eq!(busy(conn, later(99), 2).await, ["room:i-3", "room:i-2"]);
    outbox::complete(conn, &claim(1, 1, 0)).await.unwrap();
    assert_eq!(busy(conn, later(10), 10).await, ["room:i-2"]);
}

async fn busy(conn: &mut AnyConnection, now: Millis, limit: i64) -> Vec<String> {
    let lanes = outbox::busy_lanes(conn, now, limit).await.unwrap();
    lanes.iter().map(ToString::to_string).collect()
}

async fn what_is_parked_keeps_its_place_while_the_rest_goes_on(database: Database) {
    for body in ["one", "two", "three"] {
        append(&database, &text(body)).await;
    }
    let park = async |seq, epoch| {
        database.commit(async |conn| outbox::park(conn, &claim(seq, 1, epoch)).await).await.unwrap();
    };
    let unpark = async |seq, then| {
        let place = Position { lane: lane_of(LANE), seq };
        database.commit(async |conn| outbox::unpark(conn, &place, then).await).await.unwrap();
    };
    park(1, 7).await;
    assert_eq!(head(&database).await.unwrap().seq, 1, "not under a stale epoch");
    park(1, 0).await;
    park(2, 0).await;
    assert_eq!(head(&database).await.unwrap().effect, text("three"));
    let parked = outbox::parked(&mut *database.connection().await, &lane_of(LANE)).await.unwrap();
    let place = |seq| Position { lane: lane_of(LANE), seq };
    assert_eq!(parked, [(place(1), text("one")), (place(2), text("two"))]);
    assert_eq!(complete(&database, &claim(1, 1, 0)).await, Completed::Lost);

    unpark(2, Parked::GoesOn { due_at: later(5) }).await;
    unpark(1, Parked::IsDone).await;
    let head = head(&database).await.unwrap();
    assert_eq!((head.effect, head.due_at), (text("two"), later(5)));
    unpark(1, Parked::GoesOn { due_at: NOW }).await;
    assert_eq!(outbox::parked(&mut *database.connection().await, &lane_of(LANE)).await.unwrap(), []);
    assert_eq!(complete(&database, &claim(2, 1, 0)).await, Completed::Done);
}

async fn deliveries_are_recorded_with_their_events_or_not_at_all(database: Database) {
    for body in ["one", "two", "three", "four"] {
        append(&database, &text(body)).await;
    }
    assert_eq!(complete(&database, &claim(4, 1, 0)).await, Completed::Done);
    let events: Vec<OwnedEventId> =
        (1..=4).map(|number| EventId::parse(format!("$said{number}:desk.test")).unwrap()).collect();
    // The second was asked for again, the lane of the third is another's now, and the fourth is done.
    let claims = [claim(1, 1, 0), claim(2, 2, 0), claim(3, 1, 1), claim(4, 1, 0)];
    let deliveries: Vec<_> =
        claims.iter().zip(&events).map(|(claim, event)| (claim, Some((&**event, Posted::Contact)))).collect();
    let mut conn = database.connection().await;
    let done = delivered::record(&mut conn, &deliveries).await.unwrap();
    assert_eq!(done, [(LANE.to_owned(), 1)].into());
    let here = lane_of(LANE);
    let place = Place::Session(InteractionId::new("i-1"));
    assert_eq!(place.lane(), here);
    for (event, is_known) in events.iter().zip([true, false, false, false]) {
        let posted = rooms::posted(&mut conn, &place, event).await.unwrap();
        assert_eq!(posted, is_known.then_some((Posted::Contact, Stands::Here)), "{event}");
    }
    // One that leaves nothing is done all the same, and a second time it is not.
    let two = claim(2, 1, 0);
    assert_eq!(delivered::record(&mut conn, &[(&two, None)]).await.unwrap(), [(LANE.to_owned(), 2)].into());
    assert_eq!(delivered::record(&mut conn, &[(&two, None)]).await.unwrap(), [].into());
    assert_eq!(outbox::head(&mut conn, &here).await.unwrap().unwrap().seq, 3);
}

async fn a_lease_is_given_back_once_nothing_waits(database: Database) {
    append(&database, &text("one")).await;
    let (lane, mut conn) = (lane_of(LANE), database.connection().await);
    let epoch = leased(&mut conn, &lane, "here", NOW, later(30)).await.unwrap().unwrap();
    assert!(!outbox::release_if_done(&mut conn, &lane, epoch).await.unwrap(), "something waits");
    assert_eq!(leased(&mut conn, &lane, "there", NOW, later(30)).await.unwrap(), None);
    assert_eq!(complete(&database, &claim(1, 1, epoch)).await, Completed::Done);
    assert!(!outbox::release_if_done(&mut conn, &lane, epoch + 1).await.unwrap(), "it is another's");
    assert!(outbox::release_if_done(&mut conn, &lane, epoch).await.unwrap());
    assert_eq!(leased(&mut conn, &lane, "there", NOW, later(30)).await.unwrap(), Some(epoch + 1));
}
