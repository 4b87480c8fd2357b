//! Texts that wait for an answer.

use super::*;
use crate::domain::hours::Hours;
use crate::domain::interaction::{ReplyTimes, ReplyWait};

const MINUTE: Duration = Duration::from_mins(1);

/// So many seconds after the samples begin.
fn at(secs: u64) -> Millis {
    NOW + Duration::from_secs(secs)
}

/// In a queue that wants answers within one, two and three minutes.
fn timed(phase: Phase) -> Interaction {
    let replies = Some(Box::new(ReplyTimes { after_ms: vec![60_000, 120_000, 180_000], hours: None }));
    Interaction { rules: Rules { replies, ..rules() }, ..interaction(phase) }
}

/// Applies an event that is not refused.
fn then(now: &Interaction, event: Event, secs: u64) -> Step {
    step(now, event, at(secs)).unwrap()
}

/// The reply timers that a step sets: in how many seconds from the beginning, and after how many steps.
fn timers(step: &Step) -> Vec<(u64, usize)> {
    let timer = |timer: &Timer| match timer.what {
        Due::ReplyWait { taken, .. } => Some((timer.due_at.since(NOW).as_secs(), taken)),
        _ => None,
    };
    step.timers.iter().filter_map(timer).collect()
}

fn wait_of(now: &Interaction) -> &ReplyWait {
    now.reply_wait.as_ref().unwrap()
}

/// The timer of an interaction fires.
fn fires(now: &Interaction) -> Event {
    let ReplyWait { since, taken, .. } = *wait_of(now);
    Event::ReplyWait { since, taken, under_way: false }
}

fn taken(typed_at: u64, next_text: Option<u64>) -> Event {
    Event::ReplyTaken { typed_at: Some(at(typed_at)), next_text: next_text.map(at) }
}

#[test]
fn an_owner_is_reminded_then_the_supervisors_are_told_then_it_is_queued_again() {
    let asked = then(&timed(active()), texted("hello?"), 0);
    assert_eq!(timers(&asked), [(60, 0)]);
    let more = then(&asked.next, texted("anyone?"), 30);
    assert_eq!(timers(&more), [], "it counts from the oldest text");
    assert_eq!(step(&more.next, fires(&more.next), at(59)).unwrap_err(), Refused::Stale);

    let reminded = then(&more.next, fires(&more.next), 60);
    assert_eq!(
        (told(&reminded), timers(&reminded)),
        (vec!["tell room reply_due".to_owned()], vec![(120, 1)])
    );
    assert_eq!(step(&reminded.next, fires(&more.next), at(60)).unwrap_err(), Refused::Stale, "it comes once");

    let overdue = then(&reminded.next, fires(&reminded.next), 120);
    let contact = overdue.next.contact.name.clone();
    let says = Says::ReplyOverdue { contact, owner: "ALICE".to_owned(), secs: 120 };
    assert_eq!(overdue.overdue, Some((says, NOW)));
    assert_eq!(timers(&overdue), [(180, 2)]);

    let before = overdue.next.enqueued_at;
    let requeued = then(&overdue.next, fires(&overdue.next), 180);
    assert_eq!((requeued.next.state(), requeued.next.enqueued_at), ("queued", before));
    assert!(told(&requeued).contains(&"tell alice requeued".to_owned()), "{:?}", told(&requeued));
    assert!(requeued.agents.is_empty(), "she stays ready");
    assert!(requeued.supervisors.is_empty(), "they have been told");
    // Whoever takes it now has as much time as any.
    let offered = then(&requeued.next, push("bob"), 200);
    let taken = then(&offered.next, accepted("bob", None, true), 210);
    assert_eq!(timers(&taken), [(270, 0)]);
    let reminded = then(&taken.next, fires(&taken.next), 270);
    let secs = reminded.effects.iter().find_map(|effect| match effect {
        Effect::Notify(Notify { notice: Notice { says: Says::ReplyDue { secs }, .. }, .. }) => Some(*secs),
        _ => None,
    });
    assert_eq!(secs, Some(270), "the contact has waited from the beginning");
}

#[test]
fn a_queue_without_times_and_a_text_that_asks_nothing_start_no_time() {
    let plain = then(&interaction(active()), texted("hello?"), 0);
    assert_eq!((timers(&plain), plain.next.reply_wait), (vec![], None));
    let with = |asks| Event::Texted {
        body: "STOP".to_owned(),
        media: vec![],
        written_at: None,
        notices: vec![],
        more: vec![],
        asks,
    };
    let nothing = then(&timed(active()), with(Asks::Nothing), 0);
    assert_eq!(nothing.next.reply_wait, None);
    let asked = then(&timed(active()), texted("hello?"), 0).next;
    assert!(then(&asked, with(Asks::Nothing), 1).next.reply_wait.is_some(), "the text before still waits");
    assert_eq!(then(&asked, with(Asks::Peace), 1).next.reply_wait, None);
}

#[test]
fn an_answer_answers_what_came_before_it_was_written() {
    let asked = then(&timed(active()), texted("hello?"), 10).next;
    let crossed = then(&asked, taken(9, Some(10)), 12);
    assert_eq!(crossed.next.reply_wait, asked.reply_wait, "it was written before");
    for typed_at in [10, 11] {
        assert_eq!(then(&asked, taken(typed_at, None), 20).next.reply_wait, None);
    }
    // What came after it was written, and before the provider took it, waits from then.
    let more = then(&asked, texted("and?"), 15).next;
    let answered = then(&more, taken(12, Some(15)), 20);
    assert_eq!((wait_of(&answered.next).since, timers(&answered)), (at(15), vec![(75, 0)]));
    // A text after an answer begins anew, also after a reminder.
    let reminded = then(&asked, fires(&asked), 70).next;
    let answered = then(&reminded, taken(75, None), 76).next;
    let again = then(&answered, texted("thanks, and then?"), 100);
    assert_eq!(timers(&again), [(160, 0)]);
    // The provider takes it when it has just been queued again: nothing waits for the next owner.
    let queued = then(&asked, Event::OwnerGone { id: AgentId::new("alice") }, 20).next;
    assert_eq!(then(&queued, taken(15, None), 21).next.reply_wait, None);
}

#[test]
fn while_an_answer_is_on_its_way_nothing_is_due() {
    let asked = then(&timed(active()), texted("hello?"), 0).next;
    let under_way = Event::ReplyWait { since: NOW, taken: 0, under_way: true };
    let later = then(&asked, under_way, 60);
    assert_eq!((told(&later), timers(&later), &later.next), (vec![], vec![(75, 0)], &asked));
}

#[test]
fn the_time_stands_still_while_it_is_put_aside() {
    let asked = then(&timed(active()), texted("hello?"), 0).next;
    let until = at(500);
    for (aside, back) in [
        (OwnerAction::Hold, action("alice", OwnerAction::Resume)),
        (OwnerAction::Hold, texted("still there?")),
        (OwnerAction::Snooze { until }, Event::SnoozeOver { until }),
    ] {
        let aside = then(&asked, action("alice", aside), 20).next;
        assert_eq!(step(&aside, fires(&aside), at(400)).unwrap_err(), Refused::Stale);
        let back = then(&aside, back, 500);
        assert_eq!((wait_of(&back.next).since, timers(&back)), (NOW, vec![(540, 0)]));
    }
    // Nobody could answer in an outage.
    let stood = then(&asked, Event::TimeStood { away: MINUTE }, 90);
    assert_eq!(timers(&stood), [(120, 0)]);
    // Time that ran back changes nothing.
    assert_eq!(step(&asked, fires(&asked), Millis(NOW.0 - 60_000)).unwrap_err(), Refused::Stale);
}

#[test]
fn it_ends_with_the_conversation_and_begins_anew_with_another_owner() {
    let asked = then(&timed(active()), texted("hello?"), 0).next;
    assert_eq!(then(&asked, finish("alice", None), 20).next.reply_wait, None);
    let expires_at = at(30);
    let quiet = Interaction { expires_at: Some(expires_at), ..asked.clone() };
    let expired = then(&quiet, Event::Quiet { expires_at, last_said: None }, 30).next;
    assert_eq!((expired.state(), expired.reply_wait), ("expired", None));
    let given = then(&asked, Event::Assigned { to: agent_ref("bob"), by: agent_ref("sue") }, 50);
    assert_eq!(timers(&given), [(110, 0)]);
    let queued = then(&asked, to_sales("alice"), 50).next;
    assert_eq!((wait_of(&queued).since, wait_of(&queued).runs_from), (NOW, None));
}

#[test]
fn of_two_supervisors_one_sees_to_it() {
    let overdue = Interaction {
        reply_wait: Some(ReplyWait { since: NOW, used_ms: 0, runs_from: Some(NOW), taken: 2 }),
        ..timed(active())
    };
    let sees_to = |by: &str, requeue| Event::SeenTo { by: agent_ref(by), since: NOW, requeue };
    let taken_over = then(&overdue, sees_to("sue", false), 130);
    assert_eq!(taken_over.next.owner().unwrap().id.as_str(), "sue");
    assert_eq!(timers(&taken_over), [(190, 0)]);
    let requeued = then(&overdue, sees_to("sue", true), 130).next;
    assert_eq!((requeued.state(), requeued.enqueued_at), ("queued", overdue.enqueued_at));
    for seen_to in [taken_over.next, requeued, then(&overdue, taken(125, None), 130).next] {
        for requeue in [false, true] {
            assert_eq!(step(&seen_to, sees_to("tom", requeue), at(131)).unwrap_err(), Refused::SeenTo);
        }
    }
    assert_eq!(step(&overdue, sees_to("alice", false), at(131)).unwrap_err(), Refused::OwnsIt);
    let reminded =
        Interaction { reply_wait: Some(ReplyWait { taken: 1, ..wait_of(&overdue).clone() }), ..overdue };
    assert_eq!(
        step(&reminded, sees_to("sue", false), at(131)).unwrap_err(),
        Refused::SeenTo,
        "not overdue yet"
    );
}

#[test]
fn the_time_counts_in_the_queues_hours() {
    // The samples begin on a Tuesday, 2023-11-14 at 22:13:20 UTC.
    let hours = Hours::parse("tue 22:00-22:14; wed 09:00-10:00", "UTC").unwrap();
    let replies = Some(Box::new(ReplyTimes { after_ms: vec![60_000], hours: Some(hours) }));
    let now = Interaction { rules: Rules { replies, ..rules() }, ..interaction(active()) };
    let asked = then(&now, texted("hello?"), 0);
    // 40 seconds until 22:14, and 20 from 9:00 on.
    let due = 40 + 10 * 3_600 + 46 * 60 + 20;
    assert_eq!(timers(&asked), [(due, 0)]);
    // 10 of them before it is held; it goes on in the night.
    let held = then(&asked.next, action("alice", OwnerAction::Hold), 10).next;
    let back = then(&held, action("alice", OwnerAction::Resume), 3_600);
    assert_eq!((wait_of(&back.next).used_ms, timers(&back)), (10_000, vec![(due + 30, 0)]));
}
