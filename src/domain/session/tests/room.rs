//! Texts as they get into the room.

use super::*;

#[test]
fn only_the_first_text_after_a_reply_rings() {
    let rings = |step: &Step| matches!(&step.effects[0], Effect::GhostText { mention: Some(_), .. });
    let first = step(&interaction(active()), texted("one"), SOON).unwrap();
    assert!(rings(&first));
    let second = step(&first.next, texted("two"), SOON).unwrap();
    assert!(!rings(&second));
    let replied = step(&second.next, Event::Replied, SOON).unwrap();
    assert!(rings(&step(&replied.next, texted("three"), SOON).unwrap()));
}

#[test]
fn a_late_picture_with_words_is_announced_and_rings_once() {
    let media = MediaPart { url: "https://x.test/1".to_owned(), content_type: "image/png".to_owned() };
    let event = Event::Texted {
        body: "see".to_owned(),
        media: vec![media.clone(), media],
        written_at: Some(NOW),
        notices: vec![Says::OptOutHint],
        more: vec![],
    };
    let effects = step(&interaction(active()), event, SOON).unwrap().effects;
    let [late, text, hint, _, first, _, second] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(effect_in_words(late), "tell room late");
    assert_eq!(effect_in_words(text), "text that rings alice");
    for (shown, number) in [(first, 1), (second, 2)] {
        let Effect::GhostMedia { picture, content: None, written_at: Some(NOW) } = shown else {
            panic!("{shown:?}")
        };
        assert_eq!((picture.number, &picture.mention, picture.sent_at), (number, &None, NOW));
    }
    assert_eq!(effect_in_words(hint), "tell room opt_out_hint");
}

#[test]
fn a_picture_without_words_is_no_empty_text_and_an_empty_text_says_that_it_is_one() {
    let media = MediaPart { url: "https://x.test/1".to_owned(), content_type: "image/png".to_owned() };
    let event = |media, notices| Event::Texted {
        body: String::new(),
        media,
        written_at: None,
        notices,
        more: vec![],
    };
    let picture = step(&interaction(active()), event(vec![media], vec![]), SOON).unwrap().effects;
    let [Effect::FetchMedia { picture: fetched }, Effect::GhostMedia { picture, .. }] = picture.as_slice()
    else {
        panic!("{picture:?}")
    };
    assert!(fetched == picture && picture.mention.is_some());
    let empty = step(&interaction(active()), event(vec![], vec![]), SOON).unwrap();
    assert_eq!(told(&empty), ["tell room empty_text"]);
    assert!(empty.next.answered, "the next text rings: this one did not");
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
fn a_text_wakes_what_was_put_aside_and_rings() {
    for work in [Work::Held, Work::Snoozed { until: LATER }, Work::WrapUp] {
        let now = Interaction { answered: false, ..interaction(working(work)) };
        let step = step(&now, texted("hello?"), SOON).unwrap();
        assert_eq!(step.next.state(), "active");
        assert!(told(&step).contains(&"text that rings alice".to_owned()), "{work:?}");
    }
}
