//! What a queue does for a contact whom nobody takes.

use super::*;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::{CalledBack, Overflow};
use crate::domain::overflow::OverflowStep;

/// So many seconds after the samples begin.
fn at(secs: u64) -> Millis {
    NOW + Duration::from_secs(secs)
}

/// In a queue with these steps, in which an agent must know French.
fn with(steps: &[&str], phase: Phase) -> Interaction {
    let overflow = steps.iter().map(|step| OverflowStep::parse(step).unwrap()).collect();
    let rules = Rules { overflow, skills: vec!["french".to_owned()], ..rules() };
    Interaction { overflow: Overflow::of(&rules, NOW), rules, ..interaction(phase) }
}

fn due(now: &Interaction, secs: u64) -> Step {
    step(now, Event::OverflowDue, at(secs)).unwrap()
}

/// The moments at which the next step is looked at, in seconds from the beginning.
fn timers(step: &Step) -> Vec<u64> {
    let timer = |timer: &Timer| match timer.what {
        Due::Overflow { at, .. } if at == timer.due_at => Some(at.since(NOW).as_secs()),
        _ => None,
    };
    step.timers.iter().filter_map(timer).collect()
}

fn also(now: &Interaction) -> Vec<&str> {
    now.overflow.as_ref().unwrap().also.iter().map(QueueName::as_str).collect()
}

const STEPS: [&str; 4] =
    ["120 to billing", "nobody_ready to sales", "300 drop_skills french, latin", "300 text We are sorry"];

#[test]
fn each_step_comes_at_its_time_once_and_keeps_the_place() {
    let waits = with(&STEPS, queued());
    let opened = step(&waits, Event::RoomOpened { room: owned_room_id!("!r:desk.test") }, NOW).unwrap();
    assert_eq!(timers(&opened), [120]);
    assert_eq!(step(&waits, Event::OverflowDue, at(119)).unwrap_err(), Refused::Stale);

    let first = due(&waits, 120);
    assert_eq!(
        (also(&first.next), timers(&first), told(&first)),
        (vec!["billing"], vec![300], vec!["route".to_owned()])
    );
    let says = Overflowed {
        contact: "Jane Doe".to_owned(),
        queue: QueueName::new("support"),
        to: Some(QueueName::new("billing")),
        dropped: vec![],
        nobody_ready: false,
        secs: 120,
    };
    assert_eq!(first.overflowed, [says]);
    assert_eq!((&first.next.queue, first.next.rank()), (&waits.queue, waits.rank()), "it keeps its place");
    assert_eq!(first.next.waiting().unwrap().also, [QueueName::new("billing")]);
    assert_eq!(step(&first.next, Event::OverflowDue, at(120)).unwrap_err(), Refused::Stale, "once");

    let both = due(&first.next, 300);
    assert_eq!((both.next.rules.skills.len(), timers(&both)), (0, vec![]));
    assert_eq!(both.contact_gets, [(3, "We are sorry".to_owned())]);
    assert_eq!(both.overflowed[0].dropped, ["french"], "nobody asked for Latin");
    assert_eq!(step(&both.next, Event::OverflowDue, at(9_999)).unwrap_err(), Refused::Stale);
}

#[test]
fn late_steps_come_together_in_their_order() {
    let late = due(&with(&STEPS, queued()), 900);
    assert_eq!(late.next.overflow.as_ref().unwrap().taken, [0, 2, 3]);
    assert_eq!((late.story.len(), late.contact_gets.len(), timers(&late)), (2, 1, vec![]));
}

#[test]
fn that_nobody_is_ready_takes_one_step_at_a_time() {
    let steps = ["nobody_ready to billing", "nobody_ready to sales", "60 to billing"];
    let first = step(&with(&steps, queued()), Event::NobodyReady, at(1)).unwrap();
    assert_eq!((also(&first.next), first.overflowed[0].nobody_ready), (vec!["billing"], true));
    assert_eq!(first.next.skills_to_miss(), Some(vec!["french"]));
    let second = step(&first.next, Event::NobodyReady, at(2)).unwrap();
    assert_eq!((also(&second.next), second.next.skills_to_miss()), (vec!["billing", "sales"], None));
    assert_eq!(step(&second.next, Event::NobodyReady, at(3)).unwrap_err(), Refused::Stale);
    let again = due(&second.next, 60);
    assert_eq!((also(&again.next).len(), again.overflowed.len()), (2, 0), "they are asked already");
    assert_eq!(step(&with(&steps, offered()), Event::NobodyReady, at(1)).unwrap_err(), Refused::Stale);
}

#[test]
fn an_offer_that_is_out_stands_and_who_accepts_has_it() {
    let asked = due(&with(&STEPS, offered()), 120);
    let before = with(&STEPS, offered());
    assert_eq!((asked.next.offer(), also(&asked.next)), (before.offer(), vec!["billing"]));
    let taken = step(&asked.next, accepted("alice", Some(1), true), at(120)).unwrap();
    assert!(taken.next.is_owned_by(&AgentId::new("alice")));
    // The other way round, the step comes too late, and nothing happens.
    let taken = step(&before, accepted("alice", Some(1), true), at(120)).unwrap();
    assert_eq!(step(&taken.next, Event::OverflowDue, at(120)).unwrap_err(), Refused::Stale);
}

#[test]
fn time_counts_anew_when_an_owner_lets_it_go_and_steps_that_were_taken_stay_so() {
    let asked = due(&with(&STEPS, queued()), 120);
    let had = Interaction { phase: away(), ..asked.next };
    let back = step(&had, Event::AwayTooLong, at(600)).unwrap();
    assert_eq!((also(&back.next), timers(&back)), (vec!["billing"], vec![900]));
    assert_eq!(step(&back.next, Event::OverflowDue, at(899)).unwrap_err(), Refused::Stale);
    assert_eq!(due(&back.next, 900).next.overflow.unwrap().taken, [0, 2, 3]);
    // Who declines has not had it.
    let declined = step(&with(&STEPS, offered()), rejected("alice", Some(1), false), at(30)).unwrap();
    assert_eq!((timers(&declined), declined.next.overflow.unwrap().since), (vec![], NOW));
}

#[test]
fn another_queue_has_steps_of_its_own() {
    let asked = due(&with(&STEPS, queued()), 120);
    let had = Interaction { phase: active(), ..asked.next };
    let overflow = vec![OverflowStep::parse("60 to night").unwrap()];
    let sales = OwnerAction::MoveToQueue {
        queue: QueueName::new("sales"),
        rules: Rules { overflow, ..rules() },
        note: String::new(),
    };
    let moved = step(&had, action("alice", sales), at(600)).unwrap();
    assert_eq!((also(&moved.next), timers(&moved)), (vec![], vec![660]));
    assert_eq!(also(&due(&moved.next, 660).next), ["night"]);
    let none = step(&had, to_sales("alice"), at(600)).unwrap();
    assert_eq!((&none.next.overflow, none.next.waiting().is_some()), (&None, true));
}

#[test]
fn an_outage_is_nobodys_wait() {
    let waits = with(&STEPS, queued());
    let stood = step(&waits, Event::TimeStood { away: Duration::from_hours(1) }, at(3_660)).unwrap();
    assert_eq!(timers(&stood), [3_720]);
    assert_eq!(
        step(&stood.next, Event::OverflowDue, at(3_660)).unwrap_err(),
        Refused::Stale,
        "the old timer"
    );
    assert_eq!(also(&due(&stood.next, 3_720).next), ["billing"]);
}

#[test]
fn who_is_to_be_called_gets_no_text_about_the_wait() {
    let called_back =
        CalledBack { parent: InteractionId::new("i-2v9xk"), by: "Alice Doe".to_owned(), wanted_at: NOW };
    let waits = Interaction { callback: Some(Box::new(called_back)), ..with(&STEPS, queued()) };
    let all = due(&waits, 300);
    assert_eq!(all.next.overflow.as_ref().unwrap().taken, [0, 2, 3]);
    assert_eq!((all.overflowed.len(), all.contact_gets), (2, vec![]));
}
