//! Texts as they get into the room.

use super::*;
use crate::domain::effect::{FetchMedia, GhostMedia};

#[test]
fn only_the_first_text_after_a_reply_rings() {
    let rings =
        |step: &Step| matches!(&step.effects[0], Effect::GhostText(GhostText { mention: Some(_), .. }));
    let first = step(&interaction(active()), texted("one"), SOON).unwrap();
    assert!(rings(&first));
    let second = step(&first.next, texted("two"), SOON).unwrap();
    assert!(!rings(&second));
    let replied = step(&second.next, Event::Replied, SOON).unwrap();
    assert!(rings(&step(&replied.next, texted("three"), SOON).unwrap()));
}

#[test]
fn a_late_picture_with_words_is_announced_and_rings_once() {
    let media =
        MediaPart { url: "https://x.test/1".to_owned(), content_type: "image/png".to_owned(), number: None };
    let event = Event::Texted {
        body: "see".to_owned(),
        media: vec![media.clone(), media],
        written_at: Some(NOW),
        notices: vec![Says::OptOutHint],
        more: vec![],
        asks: Asks::Answer,
    };
    let effects = step(&interaction(active()), event, SOON).unwrap().effects;
    let [late, text, hint, _, first, _, second] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(effect_in_words(late), "tell room late");
    assert_eq!(effect_in_words(text), "text that rings alice");
    for (shown, number) in [(first, 1), (second, 2)] {
        let Effect::GhostMedia(GhostMedia { picture, content: None, written_at: Some(NOW) }) = shown else {
            panic!("{shown:?}")
        };
        assert_eq!((picture.number, &picture.mention, picture.sent_at), (number, &None, NOW));
    }
    assert_eq!(effect_in_words(hint), "tell room opt_out_hint");
}

#[test]
fn a_picture_without_words_is_no_empty_text_and_an_empty_text_says_that_it_is_one() {
    let media =
        MediaPart { url: "https://x.test/1".to_owned(), content_type: "image/png".to_owned(), number: None };
    let event = |media, notices| Event::Texted {
        body: String::new(),
        media,
        written_at: None,
        notices,
        more: vec![],
        asks: Asks::Answer,
    };
    let picture = step(&interaction(active()), event(vec![media], vec![]), SOON).unwrap().effects;
    let [Effect::FetchMedia(FetchMedia { picture: fetched }), Effect::GhostMedia(GhostMedia { picture, .. })] =
        picture.as_slice()
    else {
        panic!("{picture:?}")
    };
    assert!(fetched == picture && picture.mention.is_some());
    let empty = step(&interaction(active()), event(vec![], vec![]), SOON).unwrap();
    assert_eq!(told(&empty), ["tell room empty_text"]);
    assert!(empty.next.owner_replied, "the next text rings: this one did not");
    let lost = vec![Says::MediaLeftOut { count: 3 }];
    let lost = step(&interaction(active()), event(vec![], lost), SOON).unwrap();
    assert_eq!(told(&lost), ["tell room media_left_out"]);
}

#[test]
fn what_else_was_sent_is_kept_in_the_case_data() {
    let more = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let event = |more| Event::Texted {
        body: "Yes".to_owned(),
        media: vec![],
        written_at: None,
        notices: vec![],
        more,
        asks: Asks::Answer,
    };
    let now = Interaction { case: vec![more("order", "4711")], ..interaction(active()) };
    let sent = vec![more("ButtonText", "Yes"), more("order", "4711")];
    let first = step(&now, event(sent.clone()), SOON).unwrap();
    assert_eq!(first.next.case, [more("order", "4711"), more("ButtonText", "Yes")]);
    let again = step(&first.next, event(sent), SOON).unwrap();
    assert_eq!((again.next.case, again.story), (first.next.case.clone(), vec![]), "said once");
    let other = step(&first.next, event(vec![more("ButtonText", "No")]), SOON).unwrap();
    assert_eq!(other.next.case[1], more("ButtonText", "No"));
    let flood = (0..300).map(|n| more(&format!("New{n}"), "x")).collect();
    assert_eq!(step(&now, event(flood), SOON).unwrap().next.case.len(), 50);
}

#[test]
fn whoever_has_work_in_a_room_that_was_lost_is_asked_into_the_next_one() {
    let room = ruma::room_id!("!old:desk.test").to_owned();
    let now = Interaction { room: Some(room), ..interaction(active()) };
    let lost_once = step(&now, lost(), SOON).unwrap();
    let expected = ["make the room", "tell room room_replaced", "invite alice", "tell alice room_lost"];
    assert_eq!(told(&lost_once)[..4], expected);
    assert_eq!((lost_once.next.room.as_ref(), lost_once.next.alias.as_str()), (None, "switchroom_2"));
    // They have as long for coming as who left, however soon the room is there.
    let room = ruma::room_id!("!new:desk.test").to_owned();
    let made = step(&lost_once.next, Event::RoomOpened { room }, SOON).unwrap();
    let Phase::Owned { come_by: Some(by), .. } = made.next.phase else { panic!("{:?}", made.next.phase) };
    assert_eq!(by, SOON + Duration::from_mins(5));
    // What is done only forgets it.
    let over = step(&interaction(done()), lost(), SOON).unwrap();
    assert_eq!((told(&over), over.next.room), (vec![], None));
}

#[test]
fn a_text_wakes_what_was_put_aside_and_rings() {
    for work in [Work::Held, Work::Snoozed { until: LATER }, Work::WrapUp] {
        let now = Interaction { owner_replied: false, ..interaction(working(work)) };
        let step = step(&now, texted("hello?"), SOON).unwrap();
        assert_eq!(step.next.state(), "active");
        assert!(told(&step).contains(&"text that rings alice".to_owned()), "{work:?}");
    }
}

#[test]
fn thanks_after_the_end_are_told_to_whoever_had_it_and_change_nothing() {
    let thanked = || Event::Thanked { text: "thanks".to_owned(), written_at: None };
    let now = interaction(done());
    let step_on = step(&now, thanked(), SOON).unwrap();
    assert_eq!((told(&step_on), &step_on.next), (vec!["tell alice courtesy".to_owned()], &now));
    assert!(step_on.timers.is_empty() && step_on.story.is_empty());
    for phase in [queued(), offered(), active(), working(Work::Expired)] {
        assert_eq!(step(&interaction(phase), thanked(), SOON).unwrap_err(), Refused::Stale);
    }
}
