#[path = "reply/any_order_tests.rs"]
mod any_order;

use super::*;
use crate::domain::samples::{NOW, part, reply};
use crate::domain::sent_file::SentFile;
use crate::domain::timer::Due;

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn in_words(code: u32) -> String {
    format!("meaning of {code}")
}

fn submit(part: usize, text: &str) -> Turn {
    Turn::Submit { part, text: text.to_owned() }
}

/// The texts of parts.
fn texts(parts: Option<Vec<Part>>) -> Option<Vec<String>> {
    Some(parts?.iter().map(|part| part.text.clone()).collect())
}

fn ok(sid: &str) -> Answer {
    Answer::Accepted { sid: sid.to_owned(), state: PartState::Accepted, why: None }
}

fn with_parts(states: &[PartState]) -> Reply {
    let parts = states.iter().zip(["one", "two", "three"]).map(|(state, text)| part(text, *state)).collect();
    reply(ReplyState::Parts { parts, told: vec![] })
}

fn states(reply: &Reply) -> Vec<PartState> {
    match &reply.state {
        ReplyState::Parts { parts, .. } => parts.iter().map(|part| part.state).collect(),
        ReplyState::Waiting | ReplyState::Dropped | ReplyState::Joined { .. } => vec![],
    }
}

/// What was told, as reactions and codes.
fn told(outcome: &Outcome) -> Vec<String> {
    let words = |effect: &Effect| match effect {
        Effect::React(React { key, .. }) => key.clone(),
        Effect::Notify(Notify { notice, .. }) => {
            serde_json::to_value(notice).unwrap()["code"].as_str().unwrap().to_owned()
        }
        other => panic!("not an effect of a reply: {other:?}"),
    };
    outcome.effects.iter().map(words).collect()
}

/// Ends the program and starts it again.
fn restart(reply: &Reply) -> Reply {
    serde_json::from_str(&serde_json::to_string(reply).unwrap()).unwrap()
}

#[test]
fn a_message_stops_where_it_is_once_its_contact_is_blocked() {
    let mut waiting = reply(ReplyState::Waiting);
    assert_eq!(waiting.stops(NOW), Some(Outcome::default()));
    assert_eq!((waiting.stops(NOW), waiting.state), (None, ReplyState::Dropped));

    // One part was being submitted when the program ended: what became of it is looked up as ever.
    let mut half = with_parts(&[PartState::Sending, PartState::Unsent]);
    assert_eq!(half.stops(NOW).unwrap().timers.len(), 1);
    assert_eq!(states(&half), [PartState::Unknown]);
    // What waits for its writer's word goes on waiting.
    let mut held = reply(ReplyState::Waiting);
    held.ask();
    assert_eq!(held.stops(NOW), None);
}

#[test]
fn parts_are_submitted_one_after_another() {
    let mut reply = reply(ReplyState::Waiting);
    for (index, text) in ["one", "two", "three"].into_iter().enumerate() {
        assert_eq!(reply.turn(words, false, NOW), (submit(index, text), Outcome::default()));
        assert_eq!(reply.answered(index, &ok(text), NOW), Outcome::default());
    }
    assert_eq!(reply.turn(words, false, NOW), (Turn::Over, Outcome::default()));
    assert_eq!(states(&reply), [PartState::Accepted; 3]);
    assert_eq!(reply.part(1).unwrap().sid.as_deref(), Some("two"));
}

#[test]
fn what_the_provider_did_not_process_is_submitted_again() {
    let mut reply = reply(ReplyState::Waiting);
    assert_eq!(reply.turn(words, false, NOW).0, submit(0, "one"));
    assert_eq!(reply.answered(0, &Answer::NotProcessed, NOW), Outcome::default());
    assert_eq!(reply.turn(words, false, NOW).0, submit(0, "one"));
}

#[test]
fn a_part_whose_answer_was_not_heard_is_looked_for_and_never_submitted_again() {
    let mut reply = reply(ReplyState::Waiting);
    assert_eq!(reply.turn(words, false, NOW).0, submit(0, "one"));
    let mut reply = restart(&reply);
    let (turn, outcome) = reply.turn(words, false, NOW);
    assert_eq!(turn, submit(1, "two"));
    let what = Due::ReconcilePart { part: part_id(&reply.id, 0), tries: 0 };
    assert_eq!(outcome.timers, [Timer { due_at: NOW + RECONCILE_AFTER[0], what }]);
    let late = reply.answered(0, &Answer::NotProcessed, NOW);
    assert_eq!((late, states(&reply)[0]), (Outcome::default(), PartState::Unknown));
}

#[test]
fn after_a_failed_part_nothing_more_is_submitted_and_the_rest_is_named() {
    let mut reply = reply(ReplyState::Waiting);
    assert_eq!(reply.turn(words, false, NOW).0, submit(0, "one"));
    let rejected = Answer::Rejected { code: Some(21211), why: in_words(21211) };
    let outcome = reply.answered(0, &rejected, NOW);
    assert_eq!(told(&outcome), ["❌", "message_failed"]);
    let Effect::Notify(Notify { notice, reply_to, role, .. }) = &outcome.effects[1] else {
        panic!("{outcome:?}")
    };
    let unsent = words("one two three");
    let meaning = "meaning of 21211".to_owned();
    assert_eq!(notice.says, Says::MessageFailed { error: Some(21211), meaning, unsent, of: None });
    assert_eq!(reply_to.as_ref(), Some(&reply.event));
    assert_eq!(role, &Some(Role::Failed { reply: reply.id.clone() }));
    assert_eq!(reply.turn(words, false, NOW), (Turn::Over, Outcome::default()));
    assert_eq!(texts(reply.to_resend()), Some(words("one two three")));
}

#[test]
fn what_became_of_a_part_at_once_is_told_at_once() {
    let answer = |state| Answer::Accepted { sid: "SM1".to_owned(), state, why: Some(in_words(30001)) };
    let mut reply = with_parts(&[PartState::Sending, PartState::Unsent]);
    let failed = PartState::Failed { code: Some(30001) };
    let outcome = reply.answered(0, &answer(failed), NOW);
    assert_eq!(told(&outcome), ["❌", "message_failed"]);
    assert_eq!((states(&reply)[0], reply.part(0).unwrap().sid.as_deref()), (failed, Some("SM1")));
    assert_eq!(reply.turn(words, false, NOW).0, Turn::Over, "nothing goes after it");
    assert_eq!(reply.answered(0, &answer(failed), NOW), Outcome::default());
    let mut reply = with_parts(&[PartState::Sending]);
    assert_eq!(told(&reply.answered(0, &answer(PartState::Delivered), NOW)), ["✓"]);
    // A callback that came first stands.
    let mut reply = with_parts(&[PartState::Delivered]);
    assert_eq!(reply.answered(0, &answer(failed), NOW), Outcome::default());
    assert_eq!(states(&reply), [PartState::Delivered]);
}

#[test]
fn it_is_delivered_when_all_parts_are_and_that_is_told_once() {
    let mut reply = with_parts(&[PartState::Accepted, PartState::Sent]);
    assert_eq!(told(&reply.reported(0, "s0", PartState::Delivered, Some("no answer"))), Vec::<String>::new());
    assert_eq!(told(&reply.reported(1, "s1", PartState::Delivered, Some("no answer"))), ["✓"]);
    assert_eq!(reply.reported(1, "s1", PartState::Delivered, Some("no answer")), Outcome::default());
}

#[test]
fn a_part_is_unconfirmed_after_the_third_look_and_evidence_still_counts() {
    let mut reply = with_parts(&[PartState::Unknown]);
    for tries in 0..2 {
        let outcome = reply.not_listed(0, tries, NOW);
        let what = Due::ReconcilePart { part: part_id(&reply.id, 0), tries: tries + 1 };
        let due_at = NOW + RECONCILE_AFTER[tries as usize + 1];
        assert_eq!(outcome, Outcome { effects: vec![], timers: vec![Timer { due_at, what }] });
    }
    assert_eq!(told(&reply.not_listed(0, 2, NOW)), ["⚠️", "message_unconfirmed"]);
    assert_eq!(reply.not_listed(0, 2, NOW), Outcome::default());
    assert_eq!(texts(reply.to_resend()), Some(words("one")));
    assert_eq!(told(&reply.reported(0, "s", PartState::Delivered, Some("no answer"))), ["✓"]);
    assert_eq!(reply.to_resend(), None);
}

const LATE: Duration = Duration::from_mins(10);

fn held_at_turn(mut reply: Reply) -> Reply {
    assert_eq!(reply.turn(words, true, NOW), (Turn::Held, Outcome::default()));
    assert_eq!(reply.held, Some(Held::Contact { since: NOW }));
    reply
}

#[test]
fn what_the_contact_does_not_want_waits_whole_or_from_the_part_it_came_to() {
    let mut whole = held_at_turn(reply(ReplyState::Waiting));
    assert_eq!((whole.unsent().as_str(), whole.turn(words, false, NOW).0), ("one two three", Turn::Over));
    assert!(whole.rewrite("four five".to_owned()));
    assert_eq!(whole.released(LATE, NOW + LATE), None);
    assert_eq!(whole.turn(words, false, NOW).0, submit(0, "four"));

    let mut rest = held_at_turn(with_parts(&[PartState::Accepted, PartState::Unsent, PartState::Unsent]));
    assert_eq!((rest.unsent().as_str(), rest.to_resend()), ("two\nthree", None));
    assert!(!rest.rewrite("four".to_owned()));
    assert_eq!(rest.released(LATE, NOW), None);
    assert_eq!(rest.turn(words, false, NOW).0, submit(1, "two"));
}

#[test]
fn what_has_waited_for_long_waits_for_its_writers_word() {
    let mut reply = held_at_turn(reply(ReplyState::Waiting));
    let at = NOW + LATE + Duration::from_millis(1);
    let question = reply.released(LATE, at).unwrap();
    let Effect::Notify(Notify { notice, role, .. }) = question else { panic!("{question:?}") };
    assert_eq!(notice.says, Says::held_back(HeldBack::Late, &reply.by));
    let held = Role::Held { interaction: reply.interaction.clone(), event: reply.event.clone() };
    assert_eq!(role, Some(held));
    assert_eq!((reply.turn(words, false, at).0, reply.released(LATE, at)), (Turn::Over, None));
    let sending =
        Effect::SendReply(SendReply { interaction: reply.interaction.clone(), reply: reply.id.clone() });
    assert_eq!((reply.confirm(), reply.confirm()), (Some(sending), None));
    assert_eq!(reply.turn(words, false, at).0, submit(0, "one"));
}

#[test]
fn what_waits_for_the_contact_can_be_taken_back_as_far_as_it_did_not_go() {
    let mut whole = held_at_turn(reply(ReplyState::Waiting));
    assert!(whole.take_back());
    assert_eq!((whole.released(LATE, NOW), whole.turn(words, false, NOW).0), (None, Turn::Over));
    let mut rest = held_at_turn(with_parts(&[PartState::Accepted, PartState::Unsent]));
    assert!(!rest.take_back());
    assert_eq!((states(&rest), rest.turn(words, false, NOW).0), (vec![PartState::Accepted], Turn::Over));
    let mut again = held_at_turn(with_parts(&[PartState::Unsent]));
    assert!(again.take_back());
}

#[test]
fn what_waits_can_be_changed_and_taken_back_and_what_is_on_its_way_cannot() {
    let mut waiting = reply(ReplyState::Waiting);
    assert!(waiting.rewrite("four five".to_owned()) && waiting.is_waiting());
    assert_eq!(waiting.turn(words, false, NOW).0, submit(0, "four"));
    assert!(!waiting.rewrite("six".to_owned()) && !waiting.take_back());
    assert_eq!(waiting.text, "four five");
    let mut dropped = reply(ReplyState::Waiting);
    assert!(dropped.take_back() && dropped.take_back());
    assert_eq!(dropped.turn(words, false, NOW), (Turn::Over, Outcome::default()));
}

#[test]
fn evidence_of_a_part_there_is_none_of_changes_nothing() {
    for mut one in [reply(ReplyState::Waiting), reply(ReplyState::Dropped), with_parts(&[PartState::Sending])]
    {
        let before = one.clone();
        assert_eq!(one.answered(7, &ok("s"), NOW), Outcome::default());
        assert_eq!(one.reported(7, "s", PartState::Delivered, Some("no answer")), Outcome::default());
        assert_eq!(one.not_listed(7, 0, NOW), Outcome::default());
        assert_eq!(one, before);
    }
}

/// Each state with each answer and report.
#[test]
fn each_state_of_a_part_with_each_piece_of_evidence() {
    use PartState::{Accepted, Delivered, Failed, Sending, Sent, Unconfirmed, Unknown, Unsent};
    let refused = Failed { code: Some(1) };
    let answers = [
        ok("s"),
        Answer::NotProcessed,
        Answer::Rejected { code: Some(2), why: String::new() },
        Answer::Unknown,
    ];
    let reports = [Accepted, Sent, Failed { code: Some(2) }, Delivered];
    let failed = Failed { code: Some(2) };
    // Before; after each answer; after each report.
    let table = [
        (Sending, [Accepted, Unsent, failed, Unknown], [Accepted, Sent, failed, Delivered]),
        (Unknown, [Accepted, Unknown, failed, Unknown], [Accepted, Sent, failed, Delivered]),
        (Unconfirmed, [Accepted, Unconfirmed, failed, Unconfirmed], [Accepted, Sent, failed, Delivered]),
        (Accepted, [Accepted, Accepted, failed, Accepted], [Accepted, Sent, failed, Delivered]),
        (Sent, [Sent, Sent, failed, Sent], [Sent, Sent, failed, Delivered]),
        (refused, [refused; 4], [refused; 4]),
        (Delivered, [Delivered; 4], [Delivered; 4]),
    ];
    for (before, after_answers, after_reports) in table {
        for (answer, after) in answers.iter().zip(after_answers) {
            let mut reply = with_parts(&[before]);
            reply.answered(0, answer, NOW);
            assert_eq!(states(&reply), [after], "{before:?} and {answer:?}");
        }
        for (report, after) in reports.iter().zip(after_reports) {
            let mut reply = with_parts(&[before]);
            reply.reported(0, "s", *report, Some("no answer"));
            assert_eq!(states(&reply), [after], "{before:?} and a report of {report:?}");
        }
    }
}

#[test]
fn a_reply_that_went_well_has_nothing_to_send_again() {
    for state in [PartState::Sending, PartState::Unknown, PartState::Accepted, PartState::Delivered] {
        assert_eq!(with_parts(&[state, PartState::Unsent]).to_resend(), None, "{state:?}");
    }
    assert_eq!(reply(ReplyState::Waiting).to_resend(), None);
}

#[test]
fn a_part_that_fails_is_named_with_those_behind_it_and_they_alone_are_sent_again() {
    let mut reply = with_parts(&[PartState::Accepted, PartState::Sending, PartState::Unsent]);
    let refused = Answer::Rejected { code: Some(21610), why: "no".to_owned() };
    let outcome = reply.answered(1, &refused, NOW);
    let unsent = outcome.effects.iter().find_map(|effect| match effect {
        Effect::Notify(Notify { notice, .. }) => match &notice.says {
            Says::MessageFailed { unsent, .. } => Some(unsent.clone()),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(unsent.unwrap(), ["two", "three"]);

    let mut again = reply.again("2".repeat(32), reply.by.clone(), &reply.to_resend().unwrap());
    assert_eq!((&again.event, &again.by), (&reply.event, &reply.by));
    assert_eq!(again.turn(words, false, NOW).0, submit(0, "two"));
    again.answered(0, &refused, NOW);
    assert_eq!(again.turn(words, false, NOW).0, Turn::Over, "nothing overtakes what failed");
}

#[test]
fn a_confirmation_goes_to_who_opted_out_until_its_time_is_over_and_then_to_nobody() {
    let until = NOW + Duration::from_mins(5);
    for (at, goes) in [(NOW, true), (until, true), (until + Duration::from_millis(1), false)] {
        for opted_out in [true, false] {
            let mut reply = Reply { confirms_until: Some(until), ..reply(ReplyState::Waiting) };
            let (turn, _) = reply.turn(|text| vec![text.to_owned()], opted_out, at);
            assert_eq!(matches!(turn, Turn::Submit { .. }), goes, "{at:?}");
            assert_eq!(turn == Turn::Over && !reply.is_yet_to_go(), !goes, "{at:?}");
        }
    }
}

#[test]
fn a_confirmation_that_is_sent_again_is_a_message_like_any_other() {
    let until = Some(NOW + Duration::from_mins(5));
    let confirmation = Reply { confirms_until: until, ..reply(ReplyState::Waiting) };
    let mut again =
        confirmation.again("2".repeat(32), confirmation.by.clone(), &[part("Bye", PartState::Unsent)]);
    assert_eq!(again.turn(|text| vec![text.to_owned()], true, NOW).0, Turn::Held);
}

#[test]
fn what_waited_too_long_for_its_turn_asks_its_writer_and_then_goes() {
    let mut whole = reply(ReplyState::Waiting);
    let outcome = whole.comes_too_late(false, NOW).unwrap();
    assert_eq!(told(&outcome), ["message_held_back"]);
    assert!(
        matches!(&outcome.effects[0], Effect::Notify(Notify { role: Some(Role::Held { event, .. }), .. }) if *event == whole.event)
    );
    assert_eq!((whole.turn(words, false, NOW).0, whole.unsent().as_str()), (Turn::Over, "one two three"));
    assert!(whole.comes_too_late(false, NOW).is_none(), "it is asked once");
    assert!(whole.confirm().is_some());
    assert_eq!(whole.turn(words, false, NOW).0, submit(0, "one"));
    whole.answered(0, &ok("1"), NOW);
    assert!(whole.comes_too_late(false, NOW).is_some(), "so is what is left of it");
    assert_eq!(whole.unsent(), "two\nthree");
    whole.confirm();
    for (index, text) in [(1, "two"), (2, "three")] {
        assert_eq!(whole.turn(words, false, NOW).0, submit(index, text));
        whole.answered(index, &ok(text), NOW);
    }
    assert!(whole.comes_too_late(false, NOW).is_none(), "nothing is left");
    let mut auto_reply = reply(ReplyState::Waiting);
    assert_eq!(auto_reply.comes_too_late(true, NOW), Some(Outcome::default()));
    assert_eq!(auto_reply.state, ReplyState::Dropped, "what the desk itself says is not worth asking");
}

#[test]
fn what_follows_a_response_is_due_once_however_often_it_is_sent() {
    let used =
        || Used { shortcut: "refund".to_owned(), then: vec!["done solved".to_owned()], ..Used::default() };
    let taken = with_parts(&[PartState::Accepted]);
    let mut first = Reply { response: Some(used()), ..taken.clone() };
    assert_eq!(first.taken(), (Some("refund".to_owned()), true));
    // It is taken, fails on its way and is sent again before the commands were run.
    let mut again = first.again("0".repeat(32), first.by.clone(), &[part("one", PartState::Unsent)]);
    assert_eq!(again.taken(), (None, false));
    assert_eq!((first.take_due(), first.take_due()), (vec!["done solved".to_owned()], vec![]));
    assert_eq!(again.take_due(), Vec::<String>::new());
    // One that failed at once runs them when it is sent again.
    let failed = Reply { response: Some(used()), ..with_parts(&[PartState::Failed { code: None }]) };
    let mut again = failed.again("0".repeat(32), failed.by.clone(), &[part("one", PartState::Unsent)]);
    assert_eq!(again.taken(), (Some("refund".to_owned()), true));
    // Words that its writer changed are no response any more.
    let mut edited = Reply { response: Some(used()), ..reply(ReplyState::Waiting) };
    assert!(edited.rewrite("Never mind".to_owned()));
    assert_eq!(edited.taken(), (None, false));
    assert_eq!(Reply { response: None, ..taken }.taken(), (None, false));
}

#[test]
fn of_a_response_that_told_of_somebody_nothing_stays_but_that_it_was_one() {
    let used = Used {
        shortcut: "refund".to_owned(),
        shown: Some("Jane".to_owned()),
        then: vec!["note Jane".to_owned()],
        due: vec!["tag jane".to_owned()],
        is_counted: true,
    };
    let told = Reply { response: Some(used), text: "Jane".to_owned(), ..with_parts(&[PartState::Accepted]) };
    let file = SentFile { uri: "mxc://desk.test/a".into(), mime: String::new(), name: String::new() };
    let forgotten = told.enclosing(file).forgotten("…");
    assert!(!serde_json::to_string(&forgotten).unwrap().to_lowercase().contains("jane"));
    let used = forgotten.response.unwrap();
    assert_eq!((used.shortcut.as_str(), used.is_counted), ("refund", true));
}
