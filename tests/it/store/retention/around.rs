//! What stands around a conversation that is not kept any longer: what the homeserver holds of it, rows that
//! cannot be read, and the queue that it came through.

use ruma::OwnedRoomId;
use sqlx::AssertSqlSafe;
use switchroom::clock::Millis;
use switchroom::desk::Applied;
use switchroom::domain::agent::{Agent, Role};
use switchroom::domain::effect::{DeleteMedia, Effect, LeaveForeign, MediaGone};
use switchroom::domain::erasure::Step;
use switchroom::domain::ids::{InteractionId, QueueName};
use switchroom::domain::input::{Claim, Evidence, Input, Setup};
use switchroom::domain::interaction::Interaction;
use switchroom::domain::lane::Lane;
use switchroom::domain::queue::QueueSettings;
use switchroom::domain::report::Change;
use switchroom::domain::retention::Old;
use switchroom::domain::settings::DeskSettings;
use switchroom::domain::talk::{self, Talk};
use switchroom::domain::timer::{Due, LEAVE_AFTER, Timer};
use switchroom::store::{agents, contacts, history, interactions, outbox, retention, rooms, talks, timers};

use super::super::{Database, THEIRS, contact, on_both_engines};
use super::{Keeping, holding, keep, keeps};

on_both_engines! {
    what_the_homeserver_holds_of_it_is_found_by_a_later_erasure,
    what_cannot_be_read_is_erased_too_and_holds_nothing_else_up,
    a_queue_is_not_removed_unasked_if_more_is_erased_then,
    whoever_removes_a_queue_is_told_of_all_that_is_erased_then,
}

async fn what_the_homeserver_holds_of_it_is_found_by_a_later_erasure(database: Database) {
    let settings = DeskSettings { retention_media_days: 2, retention_im_days: 7, ..keeps(7) };
    let keeping = Keeping::begin(database, settings);
    let conn = &mut *keeping.database.connection().await;
    contacts::add(conn, &contact(THEIRS), keeping.ago(30)).await.unwrap();
    let old = keep(conn, "i-old", THEIRS, keeping.ago(8)).await;
    let new = keep(conn, "i-new", THEIRS, keeping.ago(3)).await;
    let other = keep(conn, "i-other", "+14155550109", keeping.ago(8)).await;
    for (of, name) in [(&old, "deleted"), (&old, "refused"), (&new, "early"), (&other, "other")] {
        retention::add_media(conn, &format!("mxc://desk.test/{name}"), of).await.unwrap();
    }
    let consult = Talk {
        parent: Some(old.id.clone()),
        room: Some(OwnedRoomId::try_from("!consult:desk.test").unwrap()),
        phase: talk::Phase::Done,
        updated_at: keeping.ago(8),
        ..super::super::talks::talk("i-consult", "alice", "bob", 0)
    };
    talks::add(conn, &consult).await.unwrap();
    for what in [Old::Conversations, Old::Media, Old::Talks] {
        keeping.erase_all(what).await;
    }
    assert!(keeping.is_emptied("i-old").await && !keeping.is_emptied("i-new").await);
    assert_eq!(keeping.database.number("SELECT COUNT(*) FROM talks").await, 0);
    // Nobody takes the room for one that the desk uses.
    let room = old.room.as_ref().unwrap();
    assert_eq!(rooms::purpose(conn, room).await.unwrap(), None);
    let used = interactions::rooms_since(conn, keeping.ago(30)).await.unwrap();
    assert!(!used.contains(&room.to_string()), "{used:?}");
    // The homeserver deletes some of the files, and not the others: the bot is no admin.
    let lane = Lane::Retention;
    for _ in 0..4 {
        let Some(head) = outbox::head(conn, &lane).await.unwrap() else { panic!("four files are deleted") };
        let Effect::DeleteMedia(DeleteMedia { uri }) = &head.effect else { panic!("{:?}", head.effect) };
        let evidence = if uri.as_str().ends_with("deleted") {
            Evidence::MediaGone(MediaGone { uri: uri.clone() })
        } else {
            Evidence::Nothing
        };
        let claim = Claim { lane: lane.clone(), seq: head.seq, version: head.version, epoch: 0 };
        keeping.desk.apply(Input::Delivered { claim, evidence }).await.unwrap();
    }

    let (_, steps) = super::super::forget::erase(&keeping.database, &keeping.desk, &old.contact.id).await;
    let mut rooms: Vec<&str> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Room { room, .. } => Some(room.as_str()),
            _ => None,
        })
        .collect();
    rooms.sort_unstable();
    assert_eq!(rooms, ["!i-new:desk.test", "!i-old:desk.test"]);
    let consulted = |step: &Step| matches!(step, Step::Mentions { room, .. } if room == "!consult:desk.test");
    assert!(steps.iter().any(consulted), "{steps:#?}");
    let mut files: Vec<&str> = steps
        .iter()
        .filter_map(|step| match step {
            Step::File { uri } => Some(uri.as_str()),
            _ => None,
        })
        .collect();
    files.sort_unstable();
    assert_eq!(files, ["mxc://desk.test/early", "mxc://desk.test/refused"]);
    let left: Vec<String> =
        sqlx::query_scalar("SELECT at FROM left_behind ORDER BY at").fetch_all(&mut *conn).await.unwrap();
    assert_eq!(left, ["!i-other:desk.test", "mxc://desk.test/other"], "that of another");
}

async fn what_cannot_be_read_is_erased_too_and_holds_nothing_else_up(database: Database) {
    let settings = DeskSettings { retention_im_days: 7, ..keeps(7) };
    let keeping = Keeping::begin(database, settings);
    let conn = &mut *keeping.database.connection().await;
    // More than a commit looks at, and all of them older than what can be read.
    for number in 0..120 {
        let id = format!("i-bad{number}");
        keep(conn, &id, &format!("+1415556{number:0>4}"), keeping.ago(60)).await;
        let done = Talk {
            phase: talk::Phase::Done,
            updated_at: keeping.ago(60),
            room: Some(OwnedRoomId::try_from(format!("!talk{number}:desk.test")).unwrap()),
            ..super::super::talks::talk(&format!("i-talk{number}"), "alice", "bob", 0)
        };
        talks::add(conn, &done).await.unwrap();
        for timer in [done.leave_timer().unwrap(), leave_timer(&id, keeping.ago(60))] {
            timers::set(conn, &timer).await.unwrap();
        }
    }
    // Begun long ago, and done not long ago, which only the changes tell.
    let late = keep(conn, "i-late", "+14155557000", keeping.ago(60)).await;
    let change = Change {
        interaction: late.id.clone(),
        at: keeping.ago(3),
        queue: late.queue.clone(),
        owner: None,
        state: "done".to_owned(),
    };
    history::add_change(conn, "c-later", &change).await.unwrap();
    let broken = "CASE WHEN id LIKE '%7' OR id = 'i-late' THEN '{' || body
                  ELSE REPLACE(body, '\"id\":', '\"no_id\":') END";
    for table in ["interactions", "talks"] {
        sqlx::query(AssertSqlSafe(format!("UPDATE {table} SET body = {broken}")))
            .execute(&mut *conn)
            .await
            .unwrap();
    }
    keep(conn, "i-old", THEIRS, keeping.ago(8)).await;
    let old = Talk {
        phase: talk::Phase::Done,
        updated_at: keeping.ago(8),
        ..super::super::talks::talk("i-oldtalk", "alice", "bob", 0)
    };
    talks::add(conn, &old).await.unwrap();

    let letters = "SELECT COUNT(*) FROM set_aside WHERE body NOT LIKE 'secretilate%'";
    assert_eq!(keeping.database.number(letters).await, 121);
    for what in [Old::Conversations, Old::Talks] {
        assert!(keeping.erase_all(what).await > 1, "a piece at a time");
        assert_eq!(keeping.erase(what).await, Applied::Done);
    }
    assert!(keeping.is_emptied("i-old").await);
    assert_eq!(keeping.database.number("SELECT COUNT(*) FROM talks").await, 0);
    for number in [5, 7, 117] {
        assert_eq!(holding(&keeping.database, &format!("secretibad{number}")).await, Vec::<String>::new());
    }
    assert_eq!(keeping.database.number(letters).await, 0);
    let waiting = "SELECT COUNT(*) FROM interactions WHERE done_at IS NOT NULL";
    assert_eq!(keeping.database.number(waiting).await, 1, "nothing else is looked at again");
    assert!(!holding(&keeping.database, "secretilate").await.is_empty(), "it was done a few days ago");
    assert_eq!(
        keeping.database.number("SELECT COUNT(*) FROM interactions").await,
        122,
        "they are counted still"
    );
    assert_eq!(
        keeping.database.number("SELECT COUNT(*) FROM interactions WHERE contact_number LIKE '%556%'").await,
        0
    );
    let left = keeping.effects().await;
    let leaves = |room: &str| {
        left.iter()
            .any(|effect| matches!(effect, Effect::LeaveForeign(LeaveForeign { room: of, .. }) if of == room))
    };
    assert!(leaves("!i-bad7:desk.test") && leaves("!talk7:desk.test"), "{left:#?}");
    assert_eq!(keeping.database.number("SELECT COUNT(*) FROM timers").await, 0);
}

/// The timer by which bot and ghost leave the room of a conversation.
fn leave_timer(id: &str, done_at: Millis) -> Timer {
    Timer { due_at: done_at + LEAVE_AFTER, what: Due::LeaveRoom { interaction: InteractionId::new(id) } }
}

async fn a_queue_is_not_removed_unasked_if_more_is_erased_then(database: Database) {
    let keeping = Keeping::begin(database, keeps(30));
    let days = |days| QueueSettings { retention_sms_days: days, ..QueueSettings::default() };
    let queues = [("long", days(Some(90))), ("short", days(Some(2))), ("desk", days(None))];
    let queues = queues.map(|(name, settings)| (QueueName::new(name), settings)).to_vec();
    let agents = vec![Agent { roles: vec![Role::Admin], ..super::super::stage::able("alice") }];
    keeping.desk.apply(Input::Setup(Setup { queues, agents, ..Setup::default() })).await.unwrap();
    super::super::desk::console(&keeping.database).await;
    let conn = &mut *keeping.database.connection().await;
    for (at, queue) in ["long", "short", "desk"].into_iter().enumerate() {
        let one = keep(conn, &format!("i-{queue}"), &format!("+1415555030{at}"), keeping.ago(60)).await;
        interactions::save(conn, &Interaction { queue: QueueName::new(queue), ..one }).await.unwrap();
    }
    let is_there = async |queue: &str| {
        let conn = &mut *keeping.database.connection().await;
        agents::queue(conn, &QueueName::new(queue)).await.unwrap().is_some()
    };
    let types = async |number: u32, line: &str| {
        keeping.desk.apply(super::super::desk::said_in_console(number, line)).await.unwrap();
    };
    for (number, queue) in [(1, "short"), (2, "desk")] {
        types(number, &format!("!queue remove {queue}")).await;
        assert!(!is_there(queue).await, "nothing more of {queue} is erased");
    }
    types(3, "!queue remove long").await;
    assert!(is_there("long").await);
    let asked = "SELECT COUNT(*) FROM outbox WHERE body LIKE '%confirm_erasing%' AND body LIKE '%long%'";
    assert_eq!(keeping.database.number(asked).await, 1);
    types(4, "!queue remove long confirmed").await;
    assert!(!is_there("long").await);
}

async fn whoever_removes_a_queue_is_told_of_all_that_is_erased_then(database: Database) {
    let desk = DeskSettings { retention_media_days: 20, ..keeps(30) };
    let keeping = Keeping::begin(database, desk);
    let own = QueueSettings {
        retention_sms_days: Some(90),
        retention_media_days: Some(0),
        ..QueueSettings::default()
    };
    let queues = vec![(QueueName::new("long"), own)];
    let agents = vec![Agent { roles: vec![Role::Admin], ..super::super::stage::able("alice") }];
    keeping.desk.apply(Input::Setup(Setup { queues, agents, ..Setup::default() })).await.unwrap();
    super::super::desk::console(&keeping.database).await;
    let conn = &mut *keeping.database.connection().await;
    for (at, (name, days)) in [("older", 60), ("newer", 25)].into_iter().enumerate() {
        let one = keep(conn, &format!("i-{name}"), &format!("+1415555030{at}"), keeping.ago(days)).await;
        let one = Interaction { queue: QueueName::new("long"), ..one };
        interactions::save(conn, &one).await.unwrap();
        sqlx::query("DELETE FROM media_shown WHERE interaction = $1")
            .bind(one.id.as_str())
            .execute(&mut *conn)
            .await
            .unwrap();
        retention::add_media(conn, &format!("mxc://desk.test/{name}"), &one).await.unwrap();
    }
    let line = super::super::desk::said_in_console(1, "!queue remove long");
    keeping.desk.apply(line).await.unwrap();
    let asked: Vec<String> =
        sqlx::query_scalar("SELECT body FROM outbox WHERE body LIKE '%confirm_erasing%'")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    assert_eq!(asked.len(), 1, "once");
    for told in [
        r#""erases":"conversations","count":1"#,
        r#""also":{"erases":"media","count":2"#,
        r#""without":"long""#,
    ] {
        assert!(asked[0].contains(told), "{told}: {}", asked[0]);
    }
}
