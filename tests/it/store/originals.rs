//! What contacts sent, as they sent it, by event, by key, and the last one.

use std::time::Duration;

use ruma::event_id;
use switchroom::clock::Millis;
use switchroom::domain::ids::InteractionId;
use switchroom::domain::input::MediaPart;
use switchroom::domain::original::Original;
use switchroom::domain::picture::Picture;
use switchroom::domain::retention::Old;
use switchroom::store::originals::{self, Found};
use switchroom::store::{interactions, left_behind, retention};

use super::{Database, NOW, THEIRS, done, interaction, on_both_engines};

on_both_engines! {
    an_attachment_is_found_by_what_shows_it_and_the_last_one_without,
    an_original_counts_with_its_preview_and_goes_with_it,
    a_file_of_a_contact_is_known_as_theirs_and_one_that_an_agent_posted_is_not,
}

fn picture(of: &str, number: u32, sent_at: Millis) -> Picture {
    Picture {
        interaction: InteractionId::new(of),
        part: MediaPart {
            url: format!("https://sms.test/{number}"),
            content_type: "image/jpeg".into(),
            number: None,
        },
        number,
        mention: None,
        sent_at,
        beside: "Look".to_owned(),
        wait_until: sent_at + Duration::from_secs(5),
    }
}

fn original(name: &str) -> Original {
    Original {
        url: Some(format!("mxc://desk.test/{name}").into()),
        file: format!("{name}.jpg"),
        mime: "image/jpeg".to_owned(),
        bytes: 3,
    }
}

async fn an_attachment_is_found_by_what_shows_it_and_the_last_one_without(database: Database) {
    let conn = &mut *database.connection().await;
    let of = interaction("i-1", THEIRS);
    interactions::add(conn, &of).await.unwrap();
    assert_eq!(originals::last(conn, &of.id).await.unwrap(), None);
    let first = picture("i-1", 2, NOW);
    let late = picture("i-1", 1, NOW + Duration::from_secs(1));
    for (picture, name) in [(&late, "late"), (&first, "first"), (&picture("i-1", 1, NOW), "before")] {
        originals::add(conn, picture, &original(name)).await.unwrap();
    }
    // What is told twice is the same.
    originals::add(conn, &first, &original("again")).await.unwrap();
    originals::shown(conn, &first.key(), event_id!("$first")).await.unwrap();
    let name =
        |found: Option<Found>| found.map(|found| (found.original.file, found.of.number, found.is_kept));
    let found = originals::by_event(conn, &of.id, event_id!("$first")).await.unwrap();
    assert_eq!(found.as_ref().map(|found| found.of.beside.as_str()), Some("Look"));
    assert_eq!(name(found), Some(("first.jpg".to_owned(), 2, false)), "nothing says that it is kept");
    retention::add_original(conn, "mxc://desk.test/late", &of).await.unwrap();
    assert_eq!(name(originals::last(conn, &of.id).await.unwrap()), Some(("late.jpg".to_owned(), 1, true)));
    let by_key = originals::by_key(conn, &of.id, &late.key()).await.unwrap();
    assert_eq!(name(by_key), Some(("late.jpg".to_owned(), 1, true)));
    // Nobody gets at it from another conversation.
    let other = interaction("i-2", "+14155550101");
    assert_eq!(originals::by_event(conn, &other.id, event_id!("$first")).await.unwrap(), None);
    assert_eq!(originals::by_key(conn, &other.id, &late.key()).await.unwrap(), None);
    assert_eq!(originals::last(conn, &other.id).await.unwrap(), None);
}

async fn an_original_counts_with_its_preview_and_goes_with_it(database: Database) {
    let conn = &mut *database.connection().await;
    let mut of = interaction("i-1", THEIRS);
    of.phase = done("alice");
    interactions::add(conn, &of).await.unwrap();
    originals::add(conn, &picture("i-1", 1, NOW), &original("a")).await.unwrap();
    retention::add_media(conn, "mxc://desk.test/preview", &of).await.unwrap();
    retention::add_original(conn, "mxc://desk.test/a", &of).await.unwrap();
    let later = NOW + Duration::from_mins(1);
    let counted = retention::count_of_queue(conn, Old::Media, &of.queue, later).await.unwrap();
    assert_eq!(counted, 1, "people see one picture");
    let mut taken = retention::take_media(conn, &of.queue, later, 10).await.unwrap();
    taken.sort();
    assert_eq!(taken, ["mxc://desk.test/a", "mxc://desk.test/preview"]);
    let last = originals::last(conn, &of.id).await.unwrap().unwrap();
    assert!(!last.is_kept, "it is known that there was one");
    retention::empty(conn, &of, later, 30).await.unwrap();
    assert_eq!(originals::last(conn, &of.id).await.unwrap(), None);
}

async fn a_file_of_a_contact_is_known_as_theirs_and_one_that_an_agent_posted_is_not(database: Database) {
    let conn = &mut *database.connection().await;
    let mut of = interaction("i-1", THEIRS);
    of.phase = done("alice");
    interactions::add(conn, &of).await.unwrap();
    let at = |name: &str| format!("mxc://desk.test/{name}");
    retention::add_media(conn, &at("preview"), &of).await.unwrap();
    retention::add_original(conn, &at("original"), &of).await.unwrap();
    retention::add_posted(conn, &at("posted"), &of).await.unwrap();
    // Posting a contact's file again makes it nobody else's.
    retention::add_posted(conn, &at("preview"), &of).await.unwrap();
    for (name, theirs) in [("preview", true), ("original", true), ("posted", false), ("other", false)] {
        assert_eq!(retention::is_contacts(conn, &at(name)).await.unwrap(), theirs, "{name}");
    }
    // What is to be deleted comes into no response any more, until the homeserver has done that.
    let later = NOW + Duration::from_mins(1);
    assert_eq!(retention::take_media(conn, &of.queue, later, 10).await.unwrap().len(), 3);
    for name in ["preview", "original", "posted"] {
        assert!(retention::is_contacts(conn, &at(name)).await.unwrap(), "{name}");
        left_behind::gone(conn, &at(name)).await.unwrap();
        assert!(!retention::is_contacts(conn, &at(name)).await.unwrap(), "{name} is deleted");
    }
}
