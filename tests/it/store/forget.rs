//! Erasing a contact: every table is filled with what two people left there, one is erased, and then
//! nothing of them is found anywhere, and all of the other is.

mod fill;

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe};
use switchroom::clock::Clock;
use switchroom::desk::{Applied, Desk};
use switchroom::domain::address::Address;
use switchroom::domain::contact::Contact;
use switchroom::domain::dead_letter::DeadLetterKind;
use switchroom::domain::effect::{Effect, Erased, FetchMedia, GhostText, OpenRoom, Then};
use switchroom::domain::erasure::{ErasureId, Step};
use switchroom::domain::forget::NotErased;
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::input::{Claim, ContactText, Evidence, Input, MediaPart};
use switchroom::domain::interaction::{ContactRef, Interaction};
use switchroom::domain::lane::Lane;
use switchroom::domain::picture::Picture;
use switchroom::domain::reply::{Answer, PartState};
use switchroom::domain::talk::{self, Talk};
use switchroom::domain::timer::{Due, Timer};
use switchroom::store::interactions::{Line, LineKind};
use switchroom::store::search::lines::words_of_line;
use switchroom::store::{
    audit, consent, contacts, erasures, forget, history, interactions, kept, outbox, search, talks, timers,
    upkeep,
};

use self::fill::{JANE, Person, ROY, fill, room, wanted};
use super::desk::{Opened, console, open, text};
use super::{Database, NOW, OURS, active, interaction, on_both_engines, queue};
use crate::harness::dump_of;

on_both_engines! {
    nothing_of_a_person_is_left_in_any_table_and_all_of_the_other_is,
    a_hostile_name_takes_nothing_of_others_with_it,
    much_is_forgotten_in_pieces_and_goes_on_where_it_was_interrupted,
    a_number_that_another_uses_too_stays_theirs,
    what_cannot_be_erased_now_is_refused_and_nothing_is_changed,
    who_wants_no_texts_is_remembered_and_who_writes_again_is_somebody_new,
    an_answer_that_comes_after_the_erasure_finds_nothing,
    what_is_erased_elsewhere_ends_where_the_erasure_was_asked_for,
    rows_that_cannot_be_read_are_forgotten_too,
    what_others_still_have_to_be_told_stays,
    what_was_said_of_them_in_any_talk_is_forgotten,
    an_erasure_that_was_set_aside_is_gone_on_with,
}

/// Every row of every table as text, in lower case.
async fn dump(database: &Database) -> Vec<String> {
    dump_of(&mut *database.connection().await).await
}

/// Erases a contact to the end, and returns the erasure, with what is to be erased elsewhere.
pub(super) async fn erase(database: &Database, desk: &Desk, contact: &ContactId) -> (ErasureId, Vec<Step>) {
    let id = begin(desk, contact).await;
    while go_on(database, desk, &id).await {}
    let conn = &mut *database.connection().await;
    let mut steps = Vec::new();
    while let Some(next) = erasures::next(conn, &id).await.unwrap() {
        assert!(erasures::done(conn, &id, next.seq).await.unwrap());
        steps.push(next.step);
    }
    // What the job knew is forgotten when it ends.
    erasures::end(conn, &id, Clock::default().now()).await.unwrap();
    (id, steps)
}

async fn begin(desk: &Desk, contact: &ContactId) -> ErasureId {
    match desk.apply(Input::EraseContact { contact: contact.clone() }).await.unwrap() {
        Applied::Erasing { id, .. } => id,
        other => panic!("{other:?}"),
    }
}

/// Does the next piece; false if there is none.
async fn go_on(database: &Database, desk: &Desk, id: &ErasureId) -> bool {
    let due = Due::Forget { erasure: id.clone() };
    let timer = timers::set_for(&mut *database.connection().await, &due).await.unwrap();
    let Some(timer) = timer else {
        assert_eq!(forget::by_id(&mut *database.connection().await, id).await.unwrap(), None);
        return false;
    };
    assert_eq!(desk.apply(Input::Due { id: timer, due }).await.unwrap(), Applied::Done);
    true
}

/// The rows in which one of the needles stands.
fn with(rows: &[String], needles: &[String]) -> Vec<String> {
    rows.iter().filter(|row| needles.iter().any(|needle| row.contains(needle))).cloned().collect()
}

async fn nothing_of_a_person_is_left_in_any_table_and_all_of_the_other_is(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    console(&database).await;
    for who in [&JANE, &ROY] {
        database
            .commit(async |conn| {
                fill(conn, who).await;
                Ok(())
            })
            .await
            .unwrap();
    }
    let before = dump(&database).await;
    let of_jane = with(&before, &JANE.needles());
    let filled: BTreeSet<&str> =
        of_jane.iter().filter_map(|row| row.split_once(':')).map(|(table, _)| table).collect();
    let more = ["contact_moves", "posted", "lists", "timers", "transcript"];
    for table in kept::tables().into_iter().chain(forget::tables()).chain(more) {
        // What these hold of her has no words.
        let is_wordless = matches!(table, "changes" | "offers" | "contact_moves");
        assert!(is_wordless || filled.contains(table), "nothing of hers stands in {table}");
        let count = format!("SELECT COUNT(*) FROM {table}");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut *database.connection().await)
            .await
            .unwrap();
        assert!(count > 0, "{table} is empty");
    }
    let of_roy = with(&before, &ROY.needles());

    let (id, steps) = erase(&database, desk, &JANE.id()).await;

    let after = dump(&database).await;
    assert_eq!(with(&after, &JANE.needles()), Vec::<String>::new());
    let roy_now = with(&after, &ROY.needles());
    let lost: Vec<&String> = of_roy.iter().filter(|row| !roy_now.contains(row)).collect();
    // Full-text indexes keep their words in rows of their own making.
    let lost: Vec<&&String> = lost
        .iter()
        .filter(|row| !["_data:", "_idx:", "_docsize:", "_content:"].iter().any(|end| row.contains(end)))
        .collect();
    assert!(lost.is_empty(), "{lost:#?}");

    // What reports count stays, and nobody finds whose it was.
    let mut connection = database.connection().await;
    let conn = &mut *connection;
    for kind in ["o", "d", "m"] {
        let left =
            interactions::by_id(conn, &InteractionId::new(format!("i-{kind}jane"))).await.unwrap().unwrap();
        assert!(left.is_done() && left.erased == Some(id.clone()) && left.queue == queue(), "{left:?}");
        assert_eq!(left.created_at, NOW);
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM changes WHERE interaction = 'i-djane'").await, 3);
    let erased: Vec<(String, String)> =
        sqlx::query_as("SELECT what, detail FROM audit WHERE at = 1700000000000 AND detail = '(erased)'")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    assert_eq!(erased.len(), 6, "{erased:?}");
    let noted = audit::newest(conn, &["contact erase".to_owned()], 10).await.unwrap();
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].detail, format!("erased a contact: {id}"));
    assert!(noted[0].subject.is_empty());
    assert_eq!(search_contacts(conn, "zanzibar").await + search_contacts(conn, "0100").await, 0);
    assert_eq!(search_contacts(conn, "quixotic").await, 1);

    // What is to be erased elsewhere.
    for room in ["!i-ojane:desk.test", "!i-djane:desk.test", "!i-mjane:desk.test"] {
        assert!(
            steps.iter().any(|step| matches!(step, Step::Room { room: of, .. } if of == room)),
            "{room}: {steps:#?}"
        );
    }
    for room in ["!consulti-ojane:desk.test", "!imi-djane:desk.test"] {
        let is = |step: &Step| matches!(step, Step::Mentions { room: of, .. } if of == room);
        assert!(steps.iter().any(is), "{room}: {steps:#?}");
    }
    let ghosts = steps.iter().filter(|step| matches!(step, Step::Ghost { .. })).count();
    let addresses = steps.iter().filter(|step| matches!(step, Step::Texts { .. })).count();
    let files = steps.iter().filter(|step| matches!(step, Step::File { .. })).count();
    assert_eq!((ghosts, addresses, files), (2, 2, 8), "{steps:#?}");
    assert!(!format!("{steps:?}").contains("roy"), "{steps:#?}");

    // The owner of what was open was told, and not whose it was.
    let told: Vec<String> =
        sqlx::query_scalar("SELECT body FROM outbox WHERE body LIKE '%conversation_erased%'")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(!told[0].contains("i-ojane"), "{told:?}");
    drop(connection);
    the_file_tells_nothing(&database).await;
}

/// On SQLite, nothing of her stands in the file of the database either.
async fn the_file_tells_nothing(database: &Database) {
    let Some(files) = &database.files else { return };
    let path = files.path().join("desk.db");
    // What the last connection writes into the file as it closes it.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *database.connection().await).await.unwrap();
    let log = std::fs::metadata(files.path().join("desk.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0);
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    for needle in JANE.needles() {
        assert!(!text.contains(&needle), "{needle} is in the file");
    }
    assert!(text.contains(ROY.word), "the file is read as it is");
}

async fn search_contacts(conn: &mut AnyConnection, typed: &str) -> usize {
    let sought = switchroom::domain::contact::words::sought(typed, "US", false);
    contacts::search::find(conn, &sought, (10, 0)).await.unwrap().len()
}

async fn a_hostile_name_takes_nothing_of_others_with_it(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    for (number, name) in [
        "a",
        "%",
        "_",
        ".*",
        "I",
        "alice",
        "support",
        "' OR '1'='1",
        "\"}{\\",
        "(erased)",
        "Ro\"y \\ B'at'ts%",
    ]
    .into_iter()
    .enumerate()
    {
        let tail: &'static str = Box::leak(format!("x{number}").into_boxed_str());
        let phone: &'static str = Box::leak(format!("+1415555{:04}", 1000 + number).into_boxed_str());
        let email: &'static str = Box::leak(format!("x{number}@hostile.example").into_boxed_str());
        let word: &'static str = Box::leak(format!("hostileword{number}x").into_boxed_str());
        let who = Person { tail, name, number: phone, email, word };
        let other_word: &'static str = Box::leak(format!("quixotic{number}q").into_boxed_str());
        let other_tail: &'static str = Box::leak(format!("roy{number}").into_boxed_str());
        let other_phone: &'static str = Box::leak(format!("+1212555{:04}", 1000 + number).into_boxed_str());
        let roy = Person { tail: other_tail, word: other_word, number: other_phone, ..ROY };
        for who in [&who, &roy] {
            database
                .commit(async |conn| {
                    fill(conn, who).await;
                    Ok(())
                })
                .await
                .unwrap();
        }
        let is_row = |row: &&String| !["_data:", "_idx:", "_docsize:"].iter().any(|end| row.contains(end));
        let needles = [roy.needles(), vec![other_word.to_owned()]].concat();
        let before = with(&dump(&database).await, &needles);
        erase(&database, desk, &who.id()).await;
        let after = dump(&database).await;
        assert_eq!(
            with(&after, &[who.needles()[0].clone(), word.to_owned()]),
            Vec::<String>::new(),
            "{name}"
        );
        let after = with(&after, &needles);
        let lost: Vec<&String> = before.iter().filter(is_row).filter(|row| !after.contains(row)).collect();
        assert!(lost.is_empty(), "{name} takes {lost:#?}");
    }
}

async fn much_is_forgotten_in_pieces_and_goes_on_where_it_was_interrupted(database: Database) {
    let opened = open(&database.store).await;
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            fill(conn, &ROY).await;
            let of = InteractionId::new("i-djane");
            for piece in 0..13 {
                let line = |number: u32| Line {
                    id: format!("much{piece:02}{number:04}"),
                    at: NOW,
                    kind: LineKind::Contact,
                    author: JANE.number.to_owned(),
                    body: format!("{number} {}", JANE.said()),
                    event_id: None,
                };
                let lines: Vec<_> = (0..100).map(|number| (of.clone(), line(number))).collect();
                let words: Vec<_> = lines
                    .iter()
                    .filter_map(|(_, line)| {
                        Some((line.id.clone(), words_of_line(&JANE.address(), &line.body)?))
                    })
                    .collect();
                interactions::add_lines(conn, &lines).await?;
                search::lines::add(conn, &words).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let count = "SELECT COUNT(*) FROM transcript";
    let id = begin(&opened.desk, &JANE.id()).await;
    drop(opened);
    let (mut before, mut pieces) = (database.number(count).await, 0);
    assert!(before > 1_300);
    loop {
        // Each time it is another program that goes on.
        let Opened { desk, .. } = &open(&database.store).await;
        if !go_on(&database, desk, &id).await {
            break;
        }
        let now = database.number(count).await;
        assert!(before - now <= 500, "{} lines in one commit", before - now);
        (before, pieces) = (now, pieces + 1);
    }
    assert!(pieces > 10, "{pieces}");
    let conn = &mut *database.connection().await;
    erasures::end(conn, &id, NOW).await.unwrap();
    assert_eq!(with(&dump(&database).await, &JANE.needles()), Vec::<String>::new());
    assert_eq!(database.number("SELECT COUNT(*) FROM line_words").await, 6, "Roy's");
}

async fn a_number_that_another_uses_too_stays_theirs(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let kid = Contact::new(ContactId::new("c-kid"), "Kid Dorothea", NOW);
    let theirs = |id: &str, phase| Interaction {
        contact: ContactRef { id: kid.id.clone(), name: kid.name.clone(), number: JANE.address() },
        our_number: Address::sms("+15005550007"),
        room: Some(room(id)),
        phase,
        ..interaction(id, JANE.number)
    };
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            contacts::create(conn, &kid, &[], "US").await?;
            contacts::share(conn, &kid.id, &JANE.address()).await?;
            contacts::save(conn, &kid, "US").await?;
            interactions::add(conn, &theirs("i-kid", active("alice"))).await
        })
        .await
        .unwrap();
    let (_, steps) = erase(&database, desk, &JANE.id()).await;
    let conn = &mut *database.connection().await;
    assert_eq!(contacts::by_id(conn, &kid.id).await.unwrap(), Some(kid.clone()));
    assert_eq!(contacts::shared(conn, &kid.id).await.unwrap(), [JANE.address()]);
    let kids = interactions::by_id(conn, &InteractionId::new("i-kid")).await.unwrap().unwrap();
    assert_eq!(kids, theirs("i-kid", active("alice")), "it goes on");
    let owner = contacts::of_address(conn, &JANE.address()).await.unwrap().unwrap();
    assert!(owner.name == JANE.number && owner.is_unknown(&[JANE.address()]), "{owner:?}");
    let ghost = contacts::ghost(conn, &JANE.address()).await.unwrap().unwrap();
    assert_eq!((ghost.name.as_str(), ghost.called), ("ghostjane0", None), "it speaks for the other still");
    assert!(consent::is_out(conn, &Address::sms(OURS), &JANE.address()).await.unwrap());
    // The other address was hers alone.
    let texts: Vec<&Step> = steps.iter().filter(|step| matches!(step, Step::Texts { .. })).collect();
    assert!(
        matches!(texts[..], [Step::Texts { address, .. }] if address.to_string().starts_with("whatsapp:"))
    );
    let named =
        steps.iter().any(|step| matches!(step, Step::Ghost { user } if user.as_str().contains("ghostjane0")));
    assert!(!named, "{steps:#?}");
    assert!(
        !steps.iter().any(|step| matches!(step, Step::Room { room, .. } if room.as_str().contains("kid")))
    );
    let renamed =
        database.number("SELECT COUNT(*) FROM outbox WHERE body LIKE '%publish_contact%i-kid%'").await;
    assert_eq!(renamed, 1);
    let words = [JANE.word.to_owned(), JANE.email.to_owned(), JANE.name.to_lowercase(), "c-jane".to_owned()];
    let left = with(&dump(&database).await, &words);
    // A text that is not applied yet may be the other's, also one that was set aside or is tried again.
    let is_not_applied =
        |row: &String| ["missed: ", "set_aside: ", "timers: "].iter().any(|of| row.starts_with(of));
    assert!(left.iter().all(is_not_applied), "{left:#?}");

    // Once the other has no conversation there any more, the ghost goes with whoever is erased last.
    let (_, steps) = erase(&database, desk, &owner.id).await;
    assert!(!steps.iter().any(|step| matches!(step, Step::Texts { .. })), "the other uses it still");
    let (_, steps) = erase(&database, desk, &kid.id).await;
    assert!(
        steps.iter().any(|step| matches!(step, Step::Room { room, .. } if room.as_str().contains("kid")))
    );
}

async fn what_cannot_be_erased_now_is_refused_and_nothing_is_changed(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            Ok(())
        })
        .await
        .unwrap();
    let refused = async |contact: &str| match desk
        .apply(Input::EraseContact { contact: ContactId::new(contact) })
        .await
        .unwrap()
    {
        Applied::NotErased(why) => why,
        other => panic!("{other:?}"),
    };
    let before = dump(&database).await;
    assert_eq!(refused("c-none").await, NotErased::Unknown { id: ContactId::new("c-none") });
    for odd in ["", "c-", "'; DROP TABLE contacts; --", "c-JANE"] {
        assert!(matches!(refused(odd).await, NotErased::Unknown { .. }), "{odd}");
    }
    let merged = NotErased::Merged { id: ContactId::new("c-oldjane"), into: JANE.id() };
    assert_eq!(refused("c-oldjane").await, merged);
    assert_eq!(dump(&database).await, before);

    let of = InteractionId::new("i-ojane");
    let fetch = FetchMedia {
        picture: Picture {
            interaction: of.clone(),
            part: MediaPart {
                url: "https://provider.test/1".into(),
                content_type: "image/jpeg".into(),
                number: None,
            },
            number: 1,
            sent_at: NOW,
            beside: String::new(),
            mention: None,
            wait_until: NOW,
        },
    };
    let being_made: [Effect; 2] = [OpenRoom { interaction: of.clone() }.into(), fetch.into()];
    for effect in being_made {
        let conn = &mut *database.connection().await;
        outbox::append(conn, &[wanted(effect.clone(), false)], NOW).await.unwrap();
        let before = dump(&database).await;
        assert_eq!(refused("c-jane").await, NotErased::BeingMade, "{effect:?}");
        assert_eq!(dump(&database).await, before);
        // Those of others are in nobody's way.
        sqlx::query("DELETE FROM outbox WHERE body LIKE '%open_room%' OR body LIKE '%fetch_media%'")
            .execute(&mut *conn)
            .await
            .unwrap();
    }
    let first = begin(desk, &JANE.id()).await;
    assert!(matches!(refused("c-jane").await, NotErased::Unknown { .. }), "{first} is at it");
}

async fn who_wants_no_texts_is_remembered_and_who_writes_again_is_somebody_new(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            Ok(())
        })
        .await
        .unwrap();
    let id = begin(desk, &JANE.id()).await;
    // They write while the desk is still forgetting.
    assert_eq!(desk.apply(text(JANE.number, "SMafter")).await.unwrap(), Applied::Done);
    while go_on(&database, desk, &id).await {}
    let conn = &mut *database.connection().await;
    let ours = Address::sms(OURS);
    assert!(consent::is_out(conn, &ours, &JANE.address()).await.unwrap());
    let standing = consent::standing(conn, &ours, &JANE.address()).await.unwrap();
    assert!(standing.known.is_empty() && !standing.erased.is_empty(), "{standing:?}");
    let new = contacts::of_address(conn, &JANE.address()).await.unwrap().unwrap();
    assert!(new.id != JANE.id() && new.is_unknown(&[JANE.address()]), "{new:?}");
    let open = interactions::open_of(conn, &ours, &JANE.address()).await.unwrap().unwrap();
    assert_eq!((open.contact.id, open.first_text.as_str()), (new.id, "SMafter"));
    let lines = history::lines(conn, &open.id).await.unwrap();
    assert!(lines.iter().any(|line| line.body == "SMafter"), "what came since stays");
    assert_eq!(contacts::ghost(conn, &JANE.address()).await.unwrap().map(|ghost| ghost.called), Some(None));
    // The text that was fetched before is not begun with again.
    assert_eq!(desk.apply(text(JANE.number, "SMjane")).await.unwrap(), Applied::Seen);
}

async fn an_answer_that_comes_after_the_erasure_finds_nothing(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            sqlx::query("UPDATE lanes SET epoch = 1").execute(conn).await?;
            Ok(())
        })
        .await
        .unwrap();
    let (lane, reply) = ("sms:i-ojane".parse().unwrap(), "ri-ojane".to_owned());
    let claim = Claim { lane, seq: 1, version: 1, epoch: 1 };
    let submitted = desk.apply(Input::ReplyDue { claim: claim.clone(), reply: reply.clone() }).await.unwrap();
    // They have opted out: the message would be parked. That it goes at all is what is looked at here.
    assert!(matches!(submitted, Applied::Submit(_) | Applied::Over), "{submitted:?}");
    let id = begin(desk, &JANE.id()).await;
    let before = dump(&database).await;
    let answers = [
        Answer::Accepted { sid: "SM1".to_owned(), state: PartState::Sent, why: None },
        Answer::Rejected { code: Some(21610), why: "no".to_owned() },
        Answer::Unknown,
        Answer::NotProcessed,
    ];
    for answer in answers {
        let (claim, reply) = (claim.clone(), reply.clone());
        let input = Input::Answered { claim, reply, part: 0, answer };
        assert_eq!(desk.apply(input).await.unwrap(), Applied::Lost);
    }
    let again = Input::ReplyDue { claim, reply: reply.clone() };
    assert_eq!(desk.apply(again).await.unwrap(), Applied::Lost);
    assert_eq!(dump(&database).await, before, "nothing came of it");
    while go_on(&database, desk, &id).await {}
}

async fn what_is_erased_elsewhere_ends_where_the_erasure_was_asked_for(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            Ok(())
        })
        .await
        .unwrap();
    let id = begin(desk, &JANE.id()).await;
    // The desk took an hour to forget her.
    let conn = &mut *database.connection().await;
    let mut forgetting = forget::by_id(conn, &id).await.unwrap().unwrap();
    forgetting.since = forgetting.since - Duration::from_hours(1);
    forget::keep(conn, &forgetting).await.unwrap();
    while go_on(&database, desk, &id).await {}
    let erasure = erasures::by_id(conn, &id).await.unwrap().unwrap();
    assert_eq!(erasure.begun_at, forgetting.since);
    assert_eq!(erasure.until(), forgetting.since + Duration::from_mins(1));
    // The first step is tried from now on.
    let next = erasures::next(conn, &id).await.unwrap().unwrap();
    assert!(next.tried_since.unwrap().since(forgetting.since) >= Duration::from_hours(1));
}

async fn rows_that_cannot_be_read_are_forgotten_too(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            for sql in [
                "UPDATE interactions SET body = '{' || body WHERE id = 'i-djane'",
                "UPDATE talks SET body = '{' || body WHERE id LIKE 'i-%jane_'",
                "UPDATE outbox SET body = '{' || body WHERE lane LIKE 'console:%'",
            ] {
                sqlx::query(sql).execute(&mut *conn).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let id = begin(desk, &JANE.id()).await;
    while go_on(&database, desk, &id).await {}
    let conn = &mut *database.connection().await;
    let about = erasures::about(conn, &id).await.unwrap().unwrap();
    assert!(about.words.iter().any(|word| word == "i-djane"), "{about:?}");
    let steps: Vec<String> =
        sqlx::query_scalar("SELECT body FROM erasure_steps").fetch_all(&mut *conn).await.unwrap();
    for room in ["!i-djane:desk.test", "!consulti-djane:desk.test"] {
        assert!(steps.iter().any(|step| step.contains(room)), "{room}: {steps:#?}");
    }
    assert!(steps.iter().any(|step| step.contains("zanzibari-djane")), "its file: {steps:#?}");
    erasures::end(conn, &id, NOW).await.unwrap();
    assert_eq!(with(&dump(&database).await, &JANE.needles()), Vec::<String>::new());
    assert_eq!(database.number("SELECT COUNT(*) FROM set_aside").await, 0);
}

/// Somebody else's text, as it came.
fn text_of_roy(sid: &str, body: &str) -> Input {
    let Input::Text(text) = text(ROY.number, sid) else { unreachable!() };
    Input::Text(ContactText { body: body.to_owned(), ..text })
}

async fn what_others_still_have_to_be_told_stays(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    database
        .commit(async |conn| {
            // Called as a field of every notice is.
            for who in [&Person { name: "Notice", ..JANE }, &ROY] {
                fill(conn, who).await;
            }
            // It speaks of her, by number and e-mail address too.
            let mentions = format!("ask {} ({}), a notice", JANE.number, JANE.email);
            let shown = GhostText {
                interaction: InteractionId::new("i-oroy"),
                body: mentions.clone(),
                mention: None,
                written_at: None,
            };
            outbox::append(conn, &[wanted(shown.clone(), false), wanted(shown.clone(), true)], NOW).await?;
            // What is done is of no use any more.
            outbox::append(conn, &[wanted(shown, false)], NOW).await?;
            let done = "UPDATE outbox SET state = 'done' WHERE lane = 'room:i-oroy'
                        AND seq = (SELECT MAX(seq) FROM outbox WHERE lane = 'room:i-oroy')";
            sqlx::query(done).execute(&mut *conn).await?;
            let input = serde_json::to_string(&text_of_roy("SMroy2", &mentions)).unwrap();
            upkeep::add_dead_letter(conn, "s-roy2", NOW, &DeadLetterKind::Input, &mentions, &input).await?;
            timers::set(conn, &Timer { due_at: NOW, what: Due::Retry { input } }).await
        })
        .await
        .unwrap();
    let all = async || {
        (
            database.number("SELECT COUNT(*) FROM outbox WHERE body LIKE '%a notice%'").await,
            database.number("SELECT COUNT(*) FROM set_aside WHERE body LIKE '%a notice%'").await,
            database.number("SELECT COUNT(*) FROM timers WHERE body LIKE '%a notice%'").await,
        )
    };
    assert_eq!(all().await, (3, 1, 1));
    let of_roy = "SELECT COUNT(*) FROM outbox WHERE body LIKE '%i-_roy%'";
    let before = database.number(of_roy).await;
    let id = begin(desk, &JANE.id()).await;
    // Who writes from the number since is somebody new, whatever is looked through later.
    assert_eq!(desk.apply(text(JANE.number, "SMnew")).await.unwrap(), Applied::Done);
    let body = serde_json::to_string(&text(JANE.number, "SMnewer")).unwrap();
    let now = Clock::default().now();
    let conn = &mut *database.connection().await;
    upkeep::add_dead_letter(conn, "s-new", now, &DeadLetterKind::Input, "why", &body).await.unwrap();
    while go_on(&database, desk, &id).await {}
    assert_eq!(all().await, (2, 1, 1));
    assert_eq!(database.number(of_roy).await, before - 1);
    for (what, sql) in [
        ("their text is shown", "SELECT COUNT(*) FROM outbox WHERE body LIKE '%\"SMnew\"%'"),
        ("in a room", "SELECT COUNT(*) FROM outbox WHERE body LIKE '%open_room%'"),
        ("or can be tried again", "SELECT COUNT(*) FROM set_aside WHERE id = 's-new'"),
    ] {
        assert!(database.number(sql).await > 0, "{what}");
    }
}

async fn what_was_said_of_them_in_any_talk_is_forgotten(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    let im = Talk {
        room: Some(room("im")),
        phase: talk::Phase::Done,
        text: "Have you got a minute?".to_owned(),
        about: None,
        ..super::talks::talk("i-im", "alice", "bob", 0)
    };
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            talks::add(conn, &im).await?;
            // More than is looked at at once, and of her in the last of them alone.
            let mut lines = Vec::new();
            for number in 0..1_200 {
                let body = match number {
                    3 => format!("call {} back, quixotic", JANE.number),
                    1_199 => format!("{} again, quixotic", JANE.name),
                    _ => "all is quiet".to_owned(),
                };
                let line = Line {
                    id: format!("im{number:05}"),
                    at: NOW,
                    kind: LineKind::Internal,
                    author: "@alice:desk.test".to_owned(),
                    body,
                    event_id: None,
                };
                if line.body.contains("quixotic") {
                    search::add(conn, &im, &line.id, &line.body).await?;
                }
                lines.push((im.id.clone(), line));
            }
            interactions::add_lines(conn, &lines).await
        })
        .await
        .unwrap();
    let id = begin(desk, &JANE.id()).await;
    let conn = &mut *database.connection().await;
    let mut mentions = Vec::new();
    while let Some(forgetting) = forget::by_id(conn, &id).await.unwrap() {
        mentions = forgetting.elsewhere.mentions;
        assert!(go_on(&database, desk, &id).await);
    }
    assert_eq!(mentions.iter().filter(|of| **of == room("im")).count(), 1, "{mentions:?}");
    let left = "SELECT COUNT(*) FROM transcript WHERE interaction = 'i-im'";
    assert_eq!(database.number(left).await, 1_198);
    assert_eq!(database.number("SELECT COUNT(*) FROM talk_words WHERE talk = 'i-im'").await, 0);
    assert_eq!(talks::by_id(conn, &im.id).await.unwrap(), Some(im));
}

async fn an_erasure_that_was_set_aside_is_gone_on_with(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    database
        .commit(async |conn| {
            fill(conn, &JANE).await;
            sqlx::query("DELETE FROM set_aside").execute(&mut *conn).await?;
            Ok(())
        })
        .await
        .unwrap();
    let resume = async || assert_eq!(desk.apply(Input::ResumeErasures).await.unwrap(), Applied::Done);
    let set_aside = async || database.number("SELECT COUNT(*) FROM set_aside").await;
    let run = async |sql: &'static str| {
        sqlx::query(sql).execute(&mut *database.connection().await).await.unwrap();
    };
    let id = begin(desk, &JANE.id()).await;
    let due = Due::Forget { erasure: id.clone() };
    let timer = async || timers::set_for(&mut *database.connection().await, &due).await.unwrap();
    // What goes on needs nothing.
    let set = timer().await.unwrap();
    resume().await;
    assert_eq!(timer().await, Some(set.clone()));
    assert_eq!(database.number("SELECT COUNT(*) FROM timers WHERE body LIKE '%forget%'").await, 1);

    run("UPDATE forgetting SET body = '{' || body").await;
    let applied = desk.apply(Input::Due { id: set, due: due.clone() }).await.unwrap();
    assert_eq!((applied, timer().await, set_aside().await), (Applied::DeadLettered, None, 1));
    // Nothing comes of it as long as it cannot be read.
    resume().await;
    assert_eq!((timer().await, set_aside().await), (None, 1));
    run("UPDATE forgetting SET body = substr(body, 2)").await;
    resume().await;
    assert!(timer().await.is_some());
    assert_eq!(set_aside().await, 0, "it is tried again");
    while go_on(&database, desk, &id).await {}

    let lane = Lane::Erasure(id.clone());
    let conn = &mut *database.connection().await;
    let head = outbox::head(conn, &lane).await.unwrap().unwrap();
    resume().await;
    assert_eq!(outbox::head(conn, &lane).await.unwrap(), Some(head.clone()));
    let next = erasures::next(conn, &id).await.unwrap().unwrap();
    let claim = Claim { lane: lane.clone(), seq: head.seq, version: head.version, epoch: 0 };
    let evidence = Evidence::Erased(Box::new(Erased::nothing(&id, next.seq, Then::Done)));
    run("UPDATE erasures SET counts = '{' || counts").await;
    let applied = desk.apply(Input::Delivered { claim, evidence }).await.unwrap();
    assert_eq!((applied, set_aside().await), (Applied::DeadLettered, 1));
    resume().await;
    assert_eq!(outbox::head(conn, &lane).await.unwrap(), None);
    run("UPDATE erasures SET counts = substr(counts, 2)").await;
    resume().await;
    let again = outbox::head(conn, &lane).await.unwrap().unwrap();
    assert_eq!((again.effect, set_aside().await), (head.effect, 0));
    assert_eq!(erasures::next(conn, &id).await.unwrap(), Some(next), "the same step once more");
    resume().await;
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox WHERE lane LIKE 'erasure:%'").await, 1);
}

#[tokio::test]
async fn sqlite_writes_over_what_it_deletes() {
    let database = Database::sqlite().await;
    let secure: i64 = sqlx::query_scalar("PRAGMA secure_delete")
        .fetch_one(&mut *database.connection().await)
        .await
        .unwrap();
    assert_eq!(secure, 1);
}
