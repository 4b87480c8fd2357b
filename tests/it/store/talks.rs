//! Talks, and finding what was said in them.

use ruma::{OwnedRoomId, owned_room_id};
use switchroom::domain::dead_letter::DeadLetterKind;
use switchroom::domain::effect::{Effect, Place, PublishState};
use switchroom::domain::ids::{AgentId, InteractionId};
use switchroom::domain::lane::Lane;
use switchroom::domain::notice::Missed;
use switchroom::domain::talk::{Phase, Talk};
use switchroom::store::lists::Rows;
use switchroom::store::outbox::Wanted;
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{lists, messages, outbox, rooms, search, talks, upkeep};

use super::{Database, NOW, agent_ref, contact, later, on_both_engines};

on_both_engines! {
    a_room_belongs_to_the_newest_talk_that_was_begun_in_it,
    a_consult_is_found_by_its_parent_until_it_is_over,
    words_find_only_the_talks_of_who_searches,
    what_was_said_is_erased_once_all_in_its_room_is_done_for_long,
}

pub(super) fn talk(id: &str, from: &str, to: &str, secs: u64) -> Talk {
    Talk {
        id: InteractionId::new(id),
        first_talk: InteractionId::new(id),
        initiator: agent_ref(from),
        invitee: agent_ref(to),
        parent: None,
        about: Some(contact("+14155550100")),
        text: String::new(),
        offer_ms: 60_000,
        room: None,
        alias: format!("switchroom_{id}"),
        inside: vec![AgentId::new(from)],
        created_at: later(secs),
        updated_at: later(secs),
        phase: Phase::NotConnected,
    }
}

fn id(id: &str) -> InteractionId {
    InteractionId::new(id)
}

async fn a_room_belongs_to_the_newest_talk_that_was_begun_in_it(database: Database) {
    let conn = &mut *database.connection().await;
    let mut first = talk("i-first", "alice", "bob", 0);
    talks::add(conn, &first).await.unwrap();
    assert!(talks::rooms_since(conn, later(0)).await.unwrap().is_empty());
    first.room = Some(owned_room_id!("!im:desk.test"));
    first.phase = Phase::Done;
    talks::save(conn, &first).await.unwrap();
    assert_eq!(talks::by_id(conn, &first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(talks::in_room(conn, &first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(
        talks::rooms_since(conn, later(0)).await.unwrap(),
        ["!im:desk.test"],
        "someone was in it just now"
    );
    assert!(talks::rooms_since(conn, later(1)).await.unwrap().is_empty(), "nobody is in it");

    let again =
        Talk { first_talk: first.id.clone(), room: first.room.clone(), ..talk("i-again", "bob", "alice", 5) };
    talks::add(conn, &again).await.unwrap();
    assert_eq!(talks::in_room(conn, &first.id).await.unwrap(), Some(again.clone()));
    assert_eq!(talks::in_room(conn, &again.id).await.unwrap(), None);
    assert_eq!(talks::rooms_since(conn, later(9)).await.unwrap(), ["!im:desk.test"]);
    let newest: Vec<Talk> = talks::of(conn, &AgentId::new("alice"), 9).await.unwrap();
    assert_eq!(newest, [again, first]);
    assert!(talks::of(conn, &AgentId::new("carol"), 9).await.unwrap().is_empty());
}

async fn a_consult_is_found_by_its_parent_until_it_is_over(database: Database) {
    let conn = &mut *database.connection().await;
    let parent = id("i-parent");
    let mut consult = Talk { parent: Some(parent.clone()), ..talk("i-consult", "alice", "bob", 0) };
    talks::add(conn, &consult).await.unwrap();
    talks::add(conn, &talk("i-other", "alice", "bob", 1)).await.unwrap();
    assert_eq!(talks::open_of(conn, &parent).await.unwrap(), [consult.clone()]);
    assert_eq!(talks::connected(conn, &parent).await.unwrap(), None);
    assert_eq!(talks::offered_to(conn, &AgentId::new("bob")).await.unwrap(), None);
    consult.phase = Phase::Offered { expires_at: later(60), overdue: true };
    talks::save(conn, &consult).await.unwrap();
    assert_eq!(talks::offered_to(conn, &AgentId::new("bob")).await.unwrap(), Some(consult.clone()));
    assert_eq!(talks::offered_to(conn, &AgentId::new("alice")).await.unwrap(), None);
    consult.phase = Phase::Connected;
    talks::save(conn, &consult).await.unwrap();
    assert_eq!(talks::connected(conn, &parent).await.unwrap(), Some(consult.clone()));
    consult.phase = Phase::Ended;
    talks::save(conn, &consult).await.unwrap();
    assert_eq!(talks::connected(conn, &parent).await.unwrap(), None);
    assert!(talks::open_of(conn, &parent).await.unwrap().is_empty());
}

async fn words_find_only_the_talks_of_who_searches(database: Database) {
    let conn = &mut *database.connection().await;
    let ours = talk("i-ours1", "alice", "bob", 0);
    let later_one = talk("i-later", "bob", "alice", 1);
    let theirs = talk("i-their", "bob", "carol", 2);
    for talk in [&ours, &later_one, &theirs] {
        talks::add(conn, talk).await.unwrap();
    }
    let said = [
        (&ours, "l1", "The Göttingen parcels left on Monday"),
        (&later_one, "l2", "parcel 4711: https://track.example/4711?x=1 👍🏽❤️"),
        (&theirs, "l3", "alice must not know of the parcels"),
        // The word by which the index knows alice's lines, typed by somebody else.
        (&theirs, "l4", "reader616c696365 forged"),
    ];
    for (talk, line, body) in said {
        search::add(conn, talk, line, body).await.unwrap();
    }
    let table: [(&str, &str, &[&str]); 17] = [
        ("alice", "PARCEL", &["i-later", "i-ours1"]),
        ("alice", "gött mon", &["i-ours1"]),
        ("bob", "parcels", &["i-their", "i-ours1"]),
        ("carol", "parcel", &["i-their"]),
        ("alice", "track example", &["i-later"]),
        ("alice", "4711?", &["i-later"]),
        ("alice", "parcel OR nothing", &[]),
        ("alice", "👍", &["i-later"]),
        ("alice", "parcel ❤ 👍🏽", &["i-later"]),
        ("alice", "parcels ❤", &[]),
        ("alice", "🙂", &[]),
        // An id is no word that was said.
        ("alice", "ours1", &[]),
        ("alice", "\"*' & ! ( ) : --", &[]),
        ("alice", "", &[]),
        ("mallory", "parcels", &[]),
        ("alice", "forged", &[]),
        ("carol", "forged", &["i-their"]),
    ];
    for (who, words, expected) in table {
        let found = search::talks(conn, &AgentId::new(who), words, 9).await.unwrap();
        let found: Vec<&str> = found.iter().map(InteractionId::as_str).collect();
        assert_eq!(found, expected, "{who} searches {words:?}");
    }
    assert_eq!(search::talks(conn, &AgentId::new("bob"), "parcels", 1).await.unwrap(), [id("i-their")]);
    search::remove(conn, &later_one.id, "l1").await.unwrap();
    assert_eq!(search::talks(conn, &AgentId::new("alice"), "monday", 9).await.unwrap(), [id("i-ours1")]);
    search::remove(conn, &ours.id, "l1").await.unwrap();
    assert!(search::talks(conn, &AgentId::new("alice"), "monday", 9).await.unwrap().is_empty());
}

async fn what_was_said_is_erased_once_all_in_its_room_is_done_for_long(database: Database) {
    let conn = &mut *database.connection().await;
    let of_room = |id, first, secs, phase| Talk {
        first_talk: InteractionId::new(first),
        room: Some(OwnedRoomId::try_from(format!("!{first}:desk.test")).unwrap()),
        phase,
        ..talk(id, "alice", "bob", secs)
    };
    let all = [
        of_room("i-old11", "i-old11", 0, Phase::Done),
        of_room("i-again", "i-old11", 10, Phase::Done),
        of_room("i-new11", "i-new11", 50, Phase::Done),
        // Its room is used again, or is still to be told something.
        of_room("i-first", "i-first", 1, Phase::Done),
        of_room("i-going", "i-first", 2, Phase::Connected),
        of_room("i-later", "i-later", 3, Phase::Done),
        of_room("i-since", "i-later", 60, Phase::Done),
        of_room("i-ended", "i-ended", 4, Phase::Ended),
        of_room("i-sends", "i-sends", 5, Phase::Done),
    ];
    for talk in &all {
        talks::add(conn, talk).await.unwrap();
        let line = Line {
            id: format!("l-{}", talk.id),
            at: talk.created_at,
            kind: LineKind::Internal,
            author: "@alice:desk.test".to_owned(),
            body: "the secret".to_owned(),
            event_id: None,
        };
        transcript::add_lines(conn, &[(talk.id.clone(), line.clone())]).await.unwrap();
        search::add(conn, talk, &line.id, &line.body).await.unwrap();
        rooms::add(conn, talk.room.as_ref().unwrap(), &Place::Talk(talk.first_talk.clone())).await.unwrap();
        let missed = Missed::Offer { contact: "Jane".to_owned(), callback: false };
        messages::add(conn, &line.id, &talk.invitee.id, line.at, talk.id.as_str(), &missed).await.unwrap();
        let shown = Rows { run: "im {} the secret".to_owned(), keys: vec!["bob".to_owned()] };
        lists::show(conn, (&Place::Talk(talk.first_talk.clone()), Some(&talk.initiator.id)), &shown, line.at)
            .await
            .unwrap();
        let (what, body) =
            (DeadLetterKind::Effect { lane: Lane::Room(talk.first_talk.clone()), seq: 7 }, "the secret");
        upkeep::add_dead_letter(conn, talk.id.as_str(), line.at, &what, "why", body).await.unwrap();
    }
    let effect = Effect::PublishState(PublishState { interaction: id("i-sends") });
    outbox::append(
        conn,
        &[Wanted { effect, due_at: NOW, said_at: NOW, txn_id: "t".to_owned(), parked: false }],
        NOW,
    )
    .await
    .unwrap();

    let ids = |talks: &[Talk]| talks.iter().map(|talk| talk.id.to_string()).collect::<Vec<_>>();
    let done = |old: &[talks::Old]| old.iter().map(|talk| talk.id.to_string()).collect::<Vec<_>>();
    let old = talks::done_before(conn, later(20), 500).await.unwrap();
    assert_eq!(done(&old), ["i-old11", "i-again"]);
    for old in &old {
        let talk = all.iter().find(|talk| talk.id == old.id).unwrap();
        assert_eq!(Some(old.leave_timer()), talk.leave_timer());
    }
    assert_eq!(done(&talks::done_before(conn, later(70), 1).await.unwrap()), ["i-old11", "i-again"]);
    assert!(talks::done_before(conn, later(10), 500).await.unwrap().is_empty());
    assert_eq!(talks::erase(conn, &old).await.unwrap(), 2);
    assert!(talks::done_before(conn, later(20), 500).await.unwrap().is_empty());

    let left = ids(&talks::of(conn, &AgentId::new("bob"), 99).await.unwrap());
    assert_eq!(left.len(), 7);
    let found = search::talks(conn, &AgentId::new("bob"), "secret", 99).await.unwrap();
    assert_eq!(found.len(), 7);
    assert!(!left.contains(&"i-again".to_owned()) && !found.contains(&id("i-again")), "{left:?} {found:?}");
    for (table, rows) in [
        ("SELECT COUNT(*) FROM transcript", 7),
        ("SELECT COUNT(*) FROM talk_words", 7),
        ("SELECT COUNT(*) FROM messages", 7),
        ("SELECT COUNT(*) FROM set_aside", 7),
        // These are one for each room.
        ("SELECT COUNT(*) FROM rooms", 5),
        ("SELECT COUNT(*) FROM lists", 5),
    ] {
        assert_eq!(database.number(table).await, rows, "{table}");
    }
}
