//! What comes in the way of an erasure, or happens meanwhile.

use switchroom::desk::Applied;
use switchroom::domain::address::Address;
use switchroom::domain::effect::{Effect, Erased, FetchMedia, OpenRoom, Then};
use switchroom::domain::erasure::named;
use switchroom::domain::forget::NotErased;
use switchroom::domain::ids::{ContactId, InteractionId};
use switchroom::domain::input::{Claim, Evidence, Input, MediaPart};
use switchroom::domain::lane::Lane;
use switchroom::domain::picture::Picture;
use switchroom::domain::reply::{Answer, PartState};
use switchroom::domain::timer::Due;
use switchroom::store::{consent, contacts, erasures, history, interactions, outbox, timers};

use super::super::desk::{Opened, open, text};
use super::super::{Database, NOW, OURS, on_both_engines};
use super::fill::{JANE, fill, leave, wanted};
use super::{begin, dump, go_on, with};

on_both_engines! {
    what_cannot_be_erased_now_is_refused_and_nothing_is_changed,
    who_wants_no_texts_is_remembered_and_who_writes_again_is_somebody_new,
    an_answer_that_comes_after_the_erasure_finds_nothing,
    rows_that_cannot_be_read_are_forgotten_too,
    an_erasure_that_was_set_aside_is_gone_on_with,
}

async fn what_cannot_be_erased_now_is_refused_and_nothing_is_changed(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    leave(&database, &[&JANE]).await;
    let refused = async |contact: &str| match desk
        .apply(Input::EraseContact { contact: ContactId::new(contact), keep_names: false })
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
    leave(&database, &[&JANE]).await;
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
    let submitted = desk
        .apply(Input::ReplyDue { claim: claim.clone(), reply: reply.clone(), is_next: false })
        .await
        .unwrap();
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
    let again = Input::ReplyDue { claim, reply: reply.clone(), is_next: false };
    assert_eq!(desk.apply(again).await.unwrap(), Applied::Lost);
    let mut after = dump(&database).await;
    // But that the message the provider took is hers, so that it is erased there.
    let is_known =
        |row: &String| row.starts_with("erasure_seen") && row.trim_end_matches(')').ends_with("text:sm1");
    assert!(!before.iter().any(is_known) && after.iter().any(is_known), "{after:#?}");
    after.retain(|row| !is_known(row));
    assert_eq!(after, before, "nothing else came of it");
    while go_on(&database, desk, &id).await {}
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
    let known = erasures::seen(conn, &id, &[named("i-djane")]).await.unwrap();
    assert_eq!(known.len(), 1, "what names it tells of her");
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
