//! What colleagues wrote of somebody who is erased, wherever it stands, and under whatever name.

use sqlx::AnyConnection;
use switchroom::desk::Applied;
use switchroom::domain::address::Address;
use switchroom::domain::agent::Role as AgentRole;
use switchroom::domain::contact::Contact;
use switchroom::domain::erasure::{ErasureId, Step};
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::input::Input;
use switchroom::domain::interaction::{ContactRef, Interaction};
use switchroom::domain::reply::{Part, PartState, Reply, ReplyState};
use switchroom::domain::talk::{self, Talk};
use switchroom::store::search::lines::words_of_line;
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{Result, contacts, erasures, forget, interactions, replies, search, tags, talks};

use super::super::desk::{Opened, open};
use super::super::stage::Stage;
use super::super::{Database, NOW, active, done, interaction, on_both_engines, user};
use super::fill::{JANE, ROY, fill, room};
use super::{dump, erase, go_on, with};

on_both_engines! {
    what_colleagues_wrote_of_them_about_others_is_forgotten_and_nothing_else_of_these,
    a_name_that_another_bears_or_bore_takes_nothing,
    names_are_left_where_that_was_asked_for,
    what_is_redacted_in_a_room_of_others_is_forgotten_in_its_transcript,
    what_was_told_of_them_under_another_name_is_forgotten_and_their_consults_go_whole,
    in_which_rooms_of_others_the_bot_showed_them_is_known,
}

async fn what_was_told_of_them_under_another_name_is_forgotten_and_their_consults_go_whole(
    database: Database,
) {
    let Opened { desk, .. } = &open(&database.store).await;
    let mut kim = Contact::new(ContactId::new("c-kim"), "Kim Harrington", NOW);
    kim.set("name", "Two").unwrap();
    let of_kim =
        ContactRef { id: kim.id.clone(), name: "Two".to_owned(), number: Address::sms("+12125550111") };
    let conversation = Interaction {
        contact: of_kim.clone(),
        room: Some(room("i-kim")),
        ..interaction("i-kim", "+12125550111")
    };
    let begun = |id: &str, first: &str, parent: Option<&str>| Talk {
        first_talk: InteractionId::new(first),
        parent: parent.map(InteractionId::new),
        about: parent.map(|_| ContactRef { name: "Kimberly Quill".to_owned(), ..of_kim.clone() }),
        room: Some(room(first)),
        phase: talk::Phase::Done,
        text: String::new(),
        ..super::super::talks::talk(id, "alice", "bob", 0)
    };
    let talks = [
        begun("i-consult", "i-consult", Some("i-kim")),
        begun("i-im", "i-im", None),
        // In the room of an IM, in which more was said than this.
        begun("i-first", "i-first", None),
        begun("i-second", "i-first", Some("i-kim")),
    ];
    let lines = ["Kim Harrington called", "KIMBERLY QUILL, not Two", "Two of them, please"];
    database
        .commit(async |conn| {
            contacts::create(conn, &kim, std::slice::from_ref(&of_kim.number), "US").await?;
            interactions::add(conn, &conversation).await?;
            for talk in &talks {
                talks::add(conn, talk).await?;
            }
            for (number, body) in lines.iter().enumerate() {
                let line = Line {
                    id: format!("im{number:05}"),
                    at: NOW,
                    kind: LineKind::Internal,
                    author: "@alice:desk.test".to_owned(),
                    body: (*body).to_owned(),
                    event_id: None,
                };
                search::add(conn, &talks[1], &line.id, &line.body).await?;
                transcript::add_lines(conn, &[(talks[1].id.clone(), line)]).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let (_, steps) = erase(&database, desk, &kim.id).await;
    let mut rooms: Vec<String> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Room { room, .. } => Some(format!("whole {room}")),
            Step::Mentions { room, .. } => Some(format!("searched {room}")),
            _ => None,
        })
        .collect();
    rooms.sort_unstable();
    let expected = [
        "searched !i-first:desk.test",
        "searched !i-im:desk.test",
        "whole !i-consult:desk.test",
        "whole !i-kim:desk.test",
    ];
    assert_eq!(rooms, expected);
    let words = ["harrington", "quill"].map(str::to_owned);
    assert_eq!(with(&dump(&database).await, &words), Vec::<String>::new());
    assert_eq!(database.number("SELECT COUNT(*) FROM transcript WHERE interaction = 'i-im'").await, 1);
}

/// A message to Roy that speaks of Jane.
fn sent(id: &str, state: ReplyState) -> Reply {
    let event = ruma::EventId::parse(format!("${id}")).unwrap();
    let text = "Your wife Jane Dorothea called".to_owned();
    let of = InteractionId::new("i-oroy");
    Reply { state, ..Reply::new(id.to_owned(), of, event, user("alice"), text) }
}

fn parts(state: PartState) -> ReplyState {
    let text = "Your wife Jane Dorothea called".to_owned();
    let part = Part { text, state, sid: Some("SM1".to_owned()), sent_at: Some(NOW), files: vec![] };
    ReplyState::Parts { parts: vec![part], told: vec![] }
}

/// What colleagues wrote of Jane about Roy, and what he wrote.
async fn write_of_jane(conn: &mut AnyConnection) -> Result<()> {
    let story = r#"{"code":"rejected","by":"Alice Doe","reason":"for Jane Dorothea"}"#;
    let said = [
        (LineKind::Note, "his wife JANE DOROTHEA called"),
        (LineKind::Note, "she is at (415) 555-0100"),
        (LineKind::Owner, "or jane@dorothea.example"),
        (LineKind::Internal, "see i-djane and C-JANE"),
        (LineKind::Note, "Jane is a name, and 415 a prefix"),
        (LineKind::Contact, "My wife is Jane Dorothea"),
        (LineKind::Contact, "Call her at 415-555-0100"),
        (LineKind::Change, story),
    ];
    for (number, (kind, body)) in said.iter().enumerate() {
        let line = Line {
            id: format!("x{number}"),
            at: NOW,
            kind: *kind,
            author: "@alice:desk.test".to_owned(),
            body: (*body).to_owned(),
            event_id: Some(format!("$x{number}")),
        };
        let words = words_of_line(&ROY.address(), body).unwrap();
        transcript::add_lines(conn, &[(InteractionId::new("i-oroy"), line.clone())]).await?;
        // What happened to a conversation is not found by its words.
        if *kind != LineKind::Change {
            search::lines::add(conn, &[(line.id, words)]).await?;
        }
    }
    let all = [
        sent("delivered", parts(PartState::Delivered)),
        sent("failed", parts(PartState::Failed { code: None })),
        sent("waits", ReplyState::Waiting),
    ];
    replies::add(conn, &all, NOW).await?;
    let mut case = interactions::by_id(conn, &InteractionId::new("i-droy")).await?.unwrap();
    case.case.push(("wife".to_owned(), "Jane Dorothea".to_owned()));
    case.tags.push("c-jane".to_owned());
    "I am married to Jane Dorothea".clone_into(&mut case.first_text);
    interactions::save(conn, &case).await?;
    tags::set(conn, &case).await?;
    let mut roy = contacts::by_id(conn, &ROY.id()).await?.unwrap();
    roy.set("note", "Rings twice.\nWife: 415.555.0100\nHas a dog.").unwrap();
    roy.set("wife", "jane@dorothea.example").unwrap();
    contacts::save(conn, &roy, "US").await
}

async fn what_colleagues_wrote_of_them_about_others_is_forgotten_and_nothing_else_of_these(
    database: Database,
) {
    let Opened { desk, .. } = &open(&database.store).await;
    fill_both(&database).await;
    let (_, steps) = erase(&database, desk, &JANE.id()).await;

    let conn = &mut *database.connection().await;
    let lines: Vec<String> = sqlx::query_scalar("SELECT body FROM transcript WHERE id LIKE 'x_' ORDER BY id")
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    let erased = "(erased)";
    assert_eq!(lines[..4], [erased; 4]);
    // Of what he wrote, only what holds her number goes.
    assert_eq!(lines[4..7], ["Jane is a name, and 415 a prefix", "My wife is Jane Dorothea", erased]);
    // Who did something stays.
    assert!(lines[7].contains("Alice Doe") && lines[7].contains(erased), "{}", lines[7]);
    let words =
        "SELECT COUNT(*) FROM line_words WHERE line < 'x5' AND line LIKE 'x_' AND words LIKE '%dorothea%'";
    assert_eq!(database.number(words).await, 0);
    let reply =
        async |id: &str| replies::by_id(&mut *database.connection().await, id).await.unwrap().unwrap();
    assert_eq!(reply("delivered").await.text, erased);
    assert!(!format!("{:?}", reply("delivered").await).contains("Dorothea"));
    assert_eq!(reply("failed").await.state, ReplyState::Dropped, "it is not sent again");
    // What is still to be sent to him is his.
    assert_eq!(reply("waits").await, sent("waits", ReplyState::Waiting));
    let case = interactions::by_id(conn, &InteractionId::new("i-droy")).await.unwrap().unwrap();
    assert_eq!(case.case.last().unwrap(), &("wife".to_owned(), erased.to_owned()));
    assert_eq!(case.tags, [ROY.word]);
    assert_eq!(case.case[0].1, ROY.word);
    let roy = contacts::by_id(conn, &ROY.id()).await.unwrap().unwrap();
    assert_eq!(roy.notes, "Rings twice.\n(erased)\nHas a dog.");
    assert_eq!((roy.attribute("wife"), roy.attribute("street")), (Some(erased), Some("quixotic road")));
    assert_eq!(case.first_text, "I am married to Jane Dorothea");
    let mut rooms: Vec<String> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Mentions { room, .. } => Some(room.to_string()),
            _ => None,
        })
        .filter(|room| !room.contains("jane:"))
        .collect();
    rooms.sort_unstable();
    assert_eq!(rooms, ["!i-droy:desk.test", "!i-oroy:desk.test"]);
}

/// What the lines say that were written of Jane.
async fn written(database: &Database) -> Vec<String> {
    sqlx::query_scalar("SELECT body FROM transcript WHERE id LIKE 'x_' ORDER BY id")
        .fetch_all(&mut *database.connection().await)
        .await
        .unwrap()
}

/// Erases Jane to the point where what is elsewhere begins, and returns the erasure.
async fn forget_jane(database: &Database, keep_names: bool) -> ErasureId {
    let Opened { desk, .. } = &open(&database.store).await;
    let input = Input::EraseContact { contact: JANE.id(), keep_names };
    let Applied::Erasing { id, .. } = desk.apply(input).await.unwrap() else { panic!("refused") };
    while go_on(database, desk, &id).await {}
    id
}

async fn fill_both(database: &Database) {
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            fill(conn, &ROY).await;
            write_of_jane(conn).await
        })
        .await
        .unwrap();
}

/// What is asked before Jane is erased: how many lines of others go, and which are quoted.
async fn asked_before(database: &Database) -> (u32, Vec<String>) {
    let conn = &mut *database.connection().await;
    let jane = contacts::by_id(conn, &JANE.id()).await.unwrap().unwrap();
    let everyone = forget::everyone(conn, &jane).await.unwrap();
    let names = forget::telling_names(conn, &everyone).await.unwrap();
    let ids: Vec<ContactId> = everyone.into_iter().map(|contact| contact.id).collect();
    let found = forget::of_others_by_name(conn, &names, &ids).await.unwrap();
    (
        found.count,
        found.quoted.into_iter().map(|said| format!("{}: {}", said.interaction, said.text)).collect(),
    )
}

async fn a_name_that_another_bears_or_bore_takes_nothing(database: Database) {
    fill_both(&database).await;
    assert_eq!(asked_before(&database).await, (1, vec!["i-oroy: his wife JANE DOROTHEA called".to_owned()]));
    let mut namesake = Contact::new(ContactId::new("c-same"), "jane  dorothea", NOW);
    namesake.set("name", "Somebody Else").unwrap();
    let conn = &mut *database.connection().await;
    contacts::create(conn, &namesake, &[Address::sms("+12125550177")], "US").await.unwrap();
    assert_eq!(asked_before(&database).await, (0, vec![]));
    let id = forget_jane(&database, false).await;
    let lines = written(&database).await;
    assert_eq!(lines[0], "his wife JANE DOROTHEA called");
    assert_eq!(lines[1..4], ["(erased)"; 3]);
    let about = erasures::about(conn, &id).await.unwrap().unwrap();
    assert!(about.names.is_empty() && !about.words.iter().any(|word| word.contains("Dorothea")), "{about:?}");
}

async fn names_are_left_where_that_was_asked_for(database: Database) {
    fill_both(&database).await;
    let id = forget_jane(&database, true).await;
    let lines = written(&database).await;
    assert_eq!(lines[0], "his wife JANE DOROTHEA called");
    assert_eq!(lines[1..4], ["(erased)"; 3]);
    let about = erasures::about(&mut *database.connection().await, &id).await.unwrap().unwrap();
    assert!(about.names.is_empty(), "{about:?}");
}

async fn what_is_redacted_in_a_room_of_others_is_forgotten_in_its_transcript(database: Database) {
    fill_both(&database).await;
    let id = forget_jane(&database, false).await;
    let conn = &mut *database.connection().await;
    // The events of lines that were emptied are known, and those of others are not.
    let events: Vec<String> = (0..8).map(|number| format!("$x{number}")).collect();
    let mut known: Vec<String> = erasures::seen(conn, &id, &events).await.unwrap().into_iter().collect();
    known.sort_unstable();
    assert_eq!(known, ["$x0", "$x1", "$x2", "$x3", "$x6", "$x7"]);
    // An answer to one of them is redacted.
    forget::redacted(conn, &["$x4".to_owned()]).await.unwrap();
    let lines = written(&database).await;
    assert_eq!(lines[4..6], ["(erased)", "My wife is Jane Dorothea"]);
}

async fn in_which_rooms_of_others_the_bot_showed_them_is_known(database: Database) {
    let stage = Stage::with(database, &[("alice", &[AgentRole::Agent])]).await;
    for id in ["i-1", "i-2", "i-3", "i-4"] {
        stage.keep(id, active("alice")).await;
    }
    let conn = &mut *stage.database.connection().await;
    let kim = Contact::new(ContactId::new("c-kim"), "Kim Harrington", NOW);
    let number = Address::sms("+12125550122");
    contacts::create(conn, &kim, std::slice::from_ref(&number), "US").await.unwrap();
    let of_kim = ContactRef { id: kim.id, name: kim.name, number };
    let conversation =
        Interaction { contact: of_kim, phase: done("alice"), ..interaction("i-7f3k2", "+12125550122") };
    interactions::add(conn, &conversation).await.unwrap();
    for (room, typed, code) in [
        ("i-1", "!contact +1 212 555 0122", "contact"),
        ("i-2", "!history i-7f3k2", "transcript"),
        ("i-3", "!contacts 0122", "list"),
        ("i-4", "!contact", "contact"),
        ("alice", "!contact +1 212 555 0122", "contact"),
    ] {
        stage.says("alice", room, typed).await;
        assert_eq!(stage.last(room).await.code(), code, "{room}: {typed}");
    }
    let sql = "SELECT room_id FROM shown_in WHERE contact = 'c-kim' ORDER BY room_id";
    let shown: Vec<String> = sqlx::query_scalar(sql).fetch_all(conn).await.unwrap();
    assert_eq!(shown, ["!i-1:desk.test", "!i-2:desk.test", "!i-3:desk.test"]);
}
