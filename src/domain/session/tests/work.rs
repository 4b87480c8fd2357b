//! What an owner does with an interaction, and what time does to it.

use super::*;

/// An interaction that alice has just taken, and its rules.
fn taken(mode: Mode, rules: Rules) -> Interaction {
    let now = Interaction { mode, rules, ..interaction(offered()) };
    step(&now, accepted("alice", None, true), NOW).unwrap().next
}

fn quiet(now: &Interaction, last_said: Option<Millis>, at: Millis) -> Result<Step, Refused> {
    let expires_at = now.expires_at.unwrap_or(NOW);
    step(now, Event::Quiet { expires_at, last_said }, at)
}

#[test]
fn case_data_keeps_its_order_and_spelling_and_the_transcript_what_it_was() {
    let now = interaction(active());
    let set = step(&now, case("alice", "ORDER", Some("4712")), SOON).unwrap();
    assert_eq!(set.next.case[0], ("order".to_owned(), "4712".to_owned()));
    assert_eq!(
        set.story,
        [StoryLine::CaseSet { key: "order".into(), now: "4712".into(), was: Some("4711".into()) }]
    );
    let added = step(&set.next, case("alice", "Colour", Some("red")), SOON).unwrap();
    assert_eq!(added.next.case[2], ("Colour".to_owned(), "red".to_owned()));
    let removed = step(&added.next, case("alice", "city", None), SOON).unwrap();
    assert_eq!((removed.next.case.len(), told(&removed)), (2, vec!["state".to_owned()]));
    assert_eq!(step(&removed.next, case("alice", "city", None), SOON).unwrap_err(), Refused::NoSuchCase);
}

#[test]
fn done_is_refused_once_for_each_text_that_went_unread() {
    let first = Millis(SOON.0 - 1);
    let now = interaction(active());
    let refused = step(&now, finish("alice", Some(first)), SOON).unwrap().next;
    assert!(refused.is_open());
    let second = Millis(SOON.0 + 1);
    let again = step(&refused, finish("alice", Some(second)), SOON).unwrap().next;
    assert!(again.is_open(), "another text came: it is refused for that one as well");
    let finished = step(&again, finish("alice", Some(second)), SOON).unwrap().next;
    assert!(!finished.is_open());
}

#[test]
fn a_quiet_session_is_warned_and_then_expires() {
    let day = Duration::from_hours(24);
    let now = taken(Mode::Session, rules());
    assert_eq!(now.expires_at, Some(NOW + day));
    let warned = quiet(&now, None, NOW + Duration::from_mins(24 * 60 - 5)).unwrap();
    assert_eq!(told(&warned), ["tell room expiring"]);
    assert_eq!(warned.next, now, "a warning changes nothing");
    let expired = quiet(&now, None, NOW + day).unwrap();
    assert_eq!(told(&expired), ["state", "tell room expired", "tell alice expired"]);
    assert!(!expired.next.is_open() && expired.next.owner().is_some());
}

#[test]
fn whoever_speaks_keeps_a_session_open() {
    let now = taken(Mode::Session, rules());
    let said = NOW + Duration::from_hours(20);
    let later = quiet(&now, Some(said), NOW + Duration::from_hours(23)).unwrap();
    assert_eq!(later.next.expires_at, Some(said + Duration::from_hours(24)));
    assert_eq!(later.next.state(), "active");
    assert_eq!(quiet(&Interaction { expires_at: None, ..now }, None, NOW).unwrap_err(), Refused::Stale);
}

#[test]
fn a_page_is_done_once_its_answer_is_on_its_way() {
    let page = taken(Mode::Page, rules());
    assert_eq!(page.expires_at, None);
    let sent = step(&page, reply_taken(), SOON).unwrap();
    assert_eq!(sent.timers[0].due_at, SOON + Duration::from_secs(10));
    let (alice, over_at) = (agent_ref("alice").user, sent.timers[0].due_at);
    let over = |answered_by| Event::PageOver { over_at, answered_by, dispositions: vec![solved()] };
    assert_eq!(step(&sent.next, over(None), LATER).unwrap_err(), Refused::Stale, "one is still on its way");
    assert_eq!(step(&sent.next, over(Some(alice.clone())), LATER).unwrap().next.state(), "done");
    let texted = step(&sent.next, texted("and?"), SOON).unwrap().next;
    assert_eq!(step(&texted, over(Some(alice)), LATER).unwrap_err(), Refused::Stale, "they wrote again");
}

#[test]
fn a_mandatory_disposition_is_asked_for_before_anything_is_done() {
    let strict = Rules { disposition: DispositionRule::Mandatory, ..rules() };
    let session = taken(Mode::Session, strict.clone());
    assert_eq!(step(&session, finish("alice", None), SOON).unwrap_err(), Refused::DispositionMissing);
    let with = action(
        "alice",
        OwnerAction::Finish { typed_at: SOON, last_text: None, unshown: false, disposition: Some(solved()) },
    );
    assert_eq!(step(&session, with, SOON).unwrap().next.state(), "done");

    let page = taken(Mode::Page, strict);
    let answered_by = Some(agent_ref("alice").user);
    let over = Event::PageOver { over_at: SOON, answered_by, dispositions: vec![solved()] };
    let wrapping = step(&Interaction { page_over_at: Some(SOON), ..page }, over, SOON).unwrap();
    assert_eq!(wrapping.next.state(), "wrap_up");
    assert!(told(&wrapping).contains(&"tell room disposition_required".to_owned()));
    let disposed =
        step(&wrapping.next, action("alice", OwnerAction::Dispose { disposition: Some(solved()) }), LATER)
            .unwrap();
    assert_eq!(disposed.next.state(), "done");
}
