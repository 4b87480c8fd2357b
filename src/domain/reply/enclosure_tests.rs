use ruma::{OwnedMxcUri, owned_event_id};

use super::super::{Mark, PartState, StandsAs, Turn};
use super::*;
use crate::domain::effect::{Effect, React};
use crate::domain::response::Used;
use crate::domain::samples::{NOW, reply};
use crate::domain::spelling::check::{Found, Spellcheck};

fn file(name: &str) -> SentFile {
    let (mime, called) = (String::new(), String::new());
    SentFile { uri: OwnedMxcUri::from(format!("mxc://desk.test/{name}")), mime, name: called }
}

/// A message with a picture, typed in an event of this name.
fn picture(name: &str, caption: &str) -> Reply {
    let event = EventId::parse(format!("${name}:desk.test")).unwrap();
    let message =
        Reply { id: name.repeat(32), event, text: caption.to_owned(), ..reply(ReplyState::Waiting) };
    message.enclosing(file(name))
}

fn make_ready(reply: &mut Reply, bytes: u64, mime: &str, as_link: bool) {
    for (place, enclosure) in reply.enclosures.iter_mut().enumerate() {
        let (id, name) = (format!("{place:032x}"), format!("image-{}.jpg", place + 1));
        enclosure.ready.get_or_insert(Ready { id, name, mime: mime.to_owned(), bytes, as_link, until: NOW });
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn one(text: &str) -> Vec<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect()
}

fn room(split: &dyn Fn(&str) -> Vec<String>) -> Room<'_> {
    Room { files: 3, bytes: 100, units: 1600, takes_text: &|mime| mime == "image/jpeg", split }
}

/// The parts, each with its text and the places of its files.
fn parts(reply: &Reply) -> Vec<(String, Vec<usize>)> {
    match &reply.state {
        ReplyState::Parts { parts, .. } => {
            parts.iter().map(|part| (part.text.clone(), part.files.clone())).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn joined(captions: &[&str]) -> Reply {
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut first = picture(names[0], captions[0]);
    for (name, caption) in names.iter().zip(captions).skip(1) {
        let mut next = picture(name, caption);
        first.take_over(&mut next);
        assert_eq!(next.state, ReplyState::Joined { into: first.id.clone() });
        assert!(!next.is_under_way() && !next.has_failed() && next.unsent().is_empty());
        assert_eq!(next.turn(words, false, NOW).0, Turn::Over);
    }
    first
}

#[test]
fn pictures_in_a_row_are_one_message_in_order_with_the_captions_together() {
    let mut message = joined(&["The front", "", "and the back"]);
    assert_eq!(message.text, "The front\nand the back");
    make_ready(&mut message, 20, "image/jpeg", false);
    message.divide(&room(&one));
    assert_eq!(parts(&message), [("The front\nand the back".to_owned(), vec![0, 1, 2])]);
    let (turn, _) = message.turn(words, false, NOW);
    assert_eq!(turn, Turn::Submit { part: 0, text: "The front\nand the back".to_owned() });
    let outcome = message.reported(0, "MM1", PartState::Delivered, None);
    let marked = |effect: &Effect| match effect {
        Effect::React(React { event, key, .. }) => format!("{event} {key}"),
        other => panic!("{other:?}"),
    };
    let marks: Vec<String> = outcome.effects.iter().map(marked).collect();
    let mark = Mark::Delivered.emoji();
    assert_eq!(marks, ["a", "b", "c"].map(|name| format!("${name}:desk.test {mark}")), "each shows it");
}

#[test]
fn what_has_no_room_in_one_message_goes_in_several_in_order() {
    for (bytes, expected) in [
        (20, vec![("Look", vec![0, 1, 2]), ("", vec![3, 4])]),
        (50, vec![("Look", vec![0, 1]), ("", vec![2, 3]), ("", vec![4])]),
        (100, vec![("Look", vec![0]), ("", vec![1]), ("", vec![2]), ("", vec![3]), ("", vec![4])]),
    ] {
        let mut message = joined(&["Look", "", "", "", ""]);
        make_ready(&mut message, bytes, "image/jpeg", false);
        message.divide(&room(&one));
        let expected: Vec<_> = expected.into_iter().map(|(text, files)| (text.to_owned(), files)).collect();
        assert_eq!(parts(&message), expected, "{bytes} bytes each");
    }
    // A long text goes on behind the files, and one that a file does not take goes before it.
    let mut long = joined(&["one two", "three"]);
    make_ready(&mut long, 20, "image/jpeg", false);
    long.divide(&room(&|text| words(&text.replace('\n', " "))));
    let texts = |text: &str, files: Vec<usize>| (text.to_owned(), files);
    assert_eq!(parts(&long), [texts("one", vec![0, 1]), texts("two", vec![]), texts("three", vec![])]);
    let mut sound = picture("a", "Listen");
    make_ready(&mut sound, 20, "audio/ogg", false);
    sound.divide(&room(&one));
    assert_eq!(parts(&sound), [texts("Listen", vec![]), texts("", vec![0])]);
}

#[test]
fn links_stand_below_the_text_where_they_have_room_there() {
    let texts = |text: &str, files: Vec<usize>| (text.to_owned(), files);
    let mut linked = joined(&["Look", ""]);
    make_ready(&mut linked, 20, "image/jpeg", true);
    linked.divide(&room(&one));
    assert_eq!(parts(&linked), [texts("Look", vec![0, 1])]);
    let mut short = joined(&["Look", ""]);
    make_ready(&mut short, 20, "image/jpeg", true);
    short.divide(&Room { units: 160, ..room(&one) });
    assert_eq!(parts(&short), [texts("Look", vec![]), texts("", vec![0, 1])]);
    // One goes as it is, the other as a link.
    let mut mixed = joined(&["Look", ""]);
    mixed.enclosures[1].ready = Some(Ready {
        id: "f".repeat(32),
        name: "file-2.bin".to_owned(),
        mime: "application/octet-stream".to_owned(),
        bytes: 9999,
        as_link: true,
        until: NOW,
    });
    make_ready(&mut mixed, 20, "image/jpeg", false);
    mixed.divide(&room(&one));
    assert_eq!(parts(&mixed), [texts("Look", vec![0]), texts("", vec![1])]);
}

#[test]
fn one_that_is_taken_back_or_changed_leaves_the_others_as_they_are() {
    let mut message = joined(&["one", "two", "three"]);
    assert!(message.rewrite_beside(event("b"), "zwei", None));
    assert!(message.rewrite_beside(event("c"), "drei", Some(&file("other"))));
    assert_eq!((message.text.as_str(), &message.enclosures[2].file), ("one\nzwei\ndrei", &file("other")));
    assert!(message.leave_out(event("a")));
    assert_eq!((message.text.as_str(), message.events()), ("zwei\ndrei", vec![event("b"), event("c")]));
    assert!(message.leave_out(event("b")) && message.leave_out(event("c")));
    assert_eq!(message.state, ReplyState::Dropped);

    let mut sent = joined(&["one", "two"]);
    make_ready(&mut sent, 20, "image/jpeg", false);
    sent.divide(&room(&one));
    assert!(!sent.rewrite_beside(event("a"), "eins", None) && !sent.leave_out(event("a")));
    assert_eq!(sent.text, "one\ntwo");
}

fn event(name: &str) -> &'static EventId {
    let event = EventId::parse(format!("${name}:desk.test")).unwrap();
    Box::leak(Box::new(event))
}

#[test]
fn what_failed_is_sent_again_with_its_files_made_anew() {
    let mut message = joined(&["Look", "", "", ""]);
    make_ready(&mut message, 50, "image/jpeg", false);
    message.divide(&room(&one));
    message.turn(words, false, NOW);
    message.reported(0, "MM1", PartState::Delivered, None);
    message.turn(words, false, NOW);
    message.reported(1, "MM2", PartState::Failed { code: Some(30008) }, None);
    let failed = message.to_resend().unwrap();
    let again = message.again("2".repeat(32), message.by.clone(), &failed);
    assert_eq!(parts(&again), [(String::new(), vec![0, 1])]);
    let files: Vec<_> = again.enclosures.iter().map(|one| (&one.file, one.ready.is_some())).collect();
    assert_eq!(files, [(&file("c"), false), (&file("d"), false)]);
    assert_eq!(again.events(), [event("c"), event("d")], "the marks go to these alone");
    assert!(again.next_to_make_ready().is_some() && again.has_files_to_send());
    assert_eq!(again.unsent(), "(media)");
}

#[test]
fn a_message_of_before_reads_as_one_without_files() {
    let stored = serde_json::to_value(reply(ReplyState::Waiting)).unwrap();
    assert!(stored.get("enclosures").is_none(), "and one without files is stored as before");
    let read: Reply = serde_json::from_value(stored).unwrap();
    assert!(read.enclosures.is_empty() && !read.has_files_to_send() && !read.may_be_joined());
    assert_eq!(read.events(), [&owned_event_id!("$typed:desk.test")]);
}

#[test]
fn the_spelling_of_all_captions_is_looked_at_and_a_correction_is_made_in_each() {
    let mut first = picture("a", "");
    let mut second = picture("b", "teh end of teh road");
    second.spelling = Some(Spellcheck::Wanted { confirm: true });
    first.take_over(&mut second);
    assert!(first.wants_spelling() && !second.wants_spelling());
    let found = Found::new("en-US", vec![("teh".to_owned(), vec!["the".to_owned()])]);
    assert!(first.spelt(found).is_some());
    assert!(!first.has_files_to_send() && !first.may_be_joined());
    assert!(first.correct(1));
    assert_eq!(first.text, "the end of the road");
    let captions: Vec<_> = first.enclosures.iter().map(|own| own.caption.as_str()).collect();
    assert_eq!(captions, ["", "the end of the road"]);
    assert!(first.confirm().is_some() && first.has_files_to_send() && !first.wants_spelling());
}

#[test]
fn files_of_a_response_are_one_message_that_goes_whole_or_not_at_all() {
    let response = || {
        let used = Used { shortcut: "price".to_owned(), ..Used::default() };
        let message = Reply { text: "Our prices".to_owned(), ..reply(ReplyState::Waiting) };
        Reply { response: Some(used), ..message }.enclosing(file("a")).enclosing(file("b"))
    };
    let mut message = response();
    assert!(!message.may_be_joined(), "what follows it follows it alone");
    assert_eq!(message.events(), [&*message.event]);
    assert_eq!(
        message.stands_as(),
        Some(StandsAs::Said(vec![(&*message.event, "Our prices (media)".into())]))
    );
    make_ready(&mut message, 20, "image/jpeg", false);
    message.divide(&room(&one));
    assert_eq!(parts(&message), [("Our prices".to_owned(), vec![0, 1])]);

    let mut gone = response();
    let event = gone.event.clone();
    assert!(gone.leave_out(&event));
    assert_eq!((gone.state, gone.enclosures), (ReplyState::Dropped, vec![]));

    let mut edited = response();
    assert!(edited.rewrite("It costs 5".to_owned()));
    assert_eq!((edited.text.as_str(), edited.response, edited.enclosures), ("It costs 5", None, vec![]));

    let mut masked = response();
    masked.response = Some(Used { shown: Some("Call •••0100".to_owned()), ..Used::default() });
    assert_eq!(
        masked.stands_as(),
        Some(StandsAs::Said(vec![(&*masked.event, "Call •••0100 (media)".into())]))
    );
}

#[test]
fn a_file_counts_as_being_read_until_that_is_over_or_there_is_another_in_its_place() {
    let mut reply = joined(&["one", "two", "three"]);
    let (event, own) = (reply.enclosures[1].event.clone(), reply.enclosures[1].file.clone());
    let reads = |reply: &Reply| reply.enclosures.iter().map(|one| one.is_being_read).collect::<Vec<_>>();
    assert!(reply.note_reading(&event, &own, true));
    assert_eq!(reads(&reply), [false, true, false]);
    assert!(reply.note_reading(&event, &own, false));
    assert_eq!(reads(&reply), [false; 3]);

    assert!(reply.note_reading(&event, &own, true));
    assert!(reply.rewrite_beside(&event, "two", Some(&file("other"))));
    assert_eq!(reads(&reply), [false; 3], "the other file has ended nothing");
    assert!(!reply.note_reading(&event, &own, true), "it was changed");
    assert!(reply.leave_out(&event));
    assert!(!reply.note_reading(&event, &file("other"), true), "it was taken back");
    make_ready(&mut reply, 30, "image/jpeg", false);
    let (event, own) = (reply.enclosures[0].event.clone(), reply.enclosures[0].file.clone());
    assert!(!reply.note_reading(&event, &own, true), "it is ready");
}

#[test]
fn a_file_is_given_up_only_where_the_program_ended_twice_while_it_was_read() {
    let mut reply = picture("a", "one");
    let (event, own) = (reply.event.clone(), reply.enclosures[0].file.clone());
    let mut given_up = |is_being_read| {
        assert!(reply.note_reading(&event, &own, is_being_read));
        (reply.enclosures[0].is_being_read, reply.enclosures[0].ended_program_twice())
    };
    // Read without harm at the second attempt, so that what ends the program later counts from the beginning.
    assert_eq!([true, true, false].map(&mut given_up), [(true, false), (true, true), (false, false)]);
    assert_eq!([true, true].map(&mut given_up), [(true, false), (true, true)]);
}
