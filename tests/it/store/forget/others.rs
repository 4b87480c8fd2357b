//! What others have to do with somebody who is erased: what is theirs stays.

use switchroom::clock::Clock;
use switchroom::desk::Applied;
use switchroom::domain::address::Address;
use switchroom::domain::contact::Contact;
use switchroom::domain::dead_letter::DeadLetterKind;
use switchroom::domain::effect::GhostText;
use switchroom::domain::erasure::Step;
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::input::{ContactText, Input};
use switchroom::domain::interaction::{ContactRef, Interaction};
use switchroom::domain::talk::{self, Talk};
use switchroom::domain::timer::{Due, Timer};
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{consent, contacts, interactions, outbox, search, talks, timers, upkeep};

use super::super::desk::{Opened, open, text};
use super::super::{Database, NOW, OURS, active, interaction, on_both_engines};
use super::fill::{JANE, Person, ROY, fill, leave, room, wanted};
use super::{begin, dump, erase, go_on, with};

on_both_engines! {
    a_hostile_name_takes_nothing_of_others_with_it,
    a_number_that_another_uses_too_stays_theirs,
    what_others_still_have_to_be_told_stays,
    what_was_said_of_them_in_any_talk_is_forgotten,
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
        leave(&database, &[&who, &roy]).await;
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

/// The addresses of which the provider's messages go, all of them.
fn whole(steps: &[Step]) -> Vec<String> {
    addresses(steps, false)
}

/// Those of which only what is known goes.
fn known_alone(steps: &[Step]) -> Vec<String> {
    addresses(steps, true)
}

fn addresses(steps: &[Step], known_alone: bool) -> Vec<String> {
    let address = |step: &Step| match step {
        Step::Texts { address, only_known, .. } if *only_known == known_alone => Some(address.to_string()),
        _ => None,
    };
    steps.iter().filter_map(address).collect()
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
    assert_eq!(whole(&steps), [format!("whatsapp:{}", JANE.number)]);
    // Of the shared one, what is known to be hers goes, and the receipt counts what is not: the bridge kept
    // the provider's id of one of her texts.
    let known = known_alone(&steps);
    assert!(known.contains(&JANE.address().to_string()), "{known:?}");
    let count = "SELECT count FROM erasure_left WHERE what = 'texts' AND reason = 'shared'";
    assert!(database.number(count).await > 0);
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
    assert_eq!(whole(&steps), Vec::<String>::new(), "the other uses it still");
    let (_, steps) = erase(&database, desk, &kid.id).await;
    assert!(
        steps.iter().any(|step| matches!(step, Step::Room { room, .. } if room.as_str().contains("kid")))
    );
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
        ..super::super::talks::talk("i-im", "alice", "bob", 0)
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
            transcript::add_lines(conn, &lines).await
        })
        .await
        .unwrap();
    let id = begin(desk, &JANE.id()).await;
    let conn = &mut *database.connection().await;
    while go_on(&database, desk, &id).await {}
    let mentions = "SELECT COUNT(*) FROM erasure_steps WHERE body LIKE '%mentions%!im:desk.test%'";
    assert_eq!(database.number(mentions).await, 1);
    let left = "SELECT COUNT(*) FROM transcript WHERE interaction = 'i-im'";
    assert_eq!(database.number(left).await, 1_198);
    assert_eq!(database.number("SELECT COUNT(*) FROM talk_words WHERE talk = 'i-im'").await, 0);
    assert_eq!(talks::by_id(conn, &im.id).await.unwrap(), Some(im));
}
