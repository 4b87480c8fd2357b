//! What becomes of an interaction that expired, is taken up again, or loses those who had or were offered it.

use super::*;

fn over(by: &str, over_at: Millis) -> Event {
    Event::PageOver { over_at, answered_by: Some(agent_ref(by).user), dispositions: vec![] }
}

fn gone(who: &str) -> Event {
    Event::OwnerGone { id: AgentId::new(who) }
}

#[test]
fn what_has_expired_never_opens_again_and_is_closed_when_its_owner_is_lost() {
    let now = interaction(working(Work::Expired));
    for event in [
        texted("hello?"),
        Event::Assigned { to: agent_ref("bob"), by: agent_ref("sue") },
        to_sales("alice"),
        asks("alice", "bob"),
        action("alice", OwnerAction::Resume),
        action("alice", OwnerAction::Snooze { until: LATER }),
    ] {
        assert!(step(&now, event.clone(), SOON).is_err(), "{event:?}");
    }
    assert_eq!(step(&now, gone("alice"), SOON).unwrap().next.state(), "done");
    let left =
        Phase::Owned { owner: agent_ref("alice"), come_by: Some(SOON), work: Work::Expired, transfer: None };
    assert_eq!(step(&interaction(left), Event::AwayTooLong, SOON).unwrap().next.state(), "done");
}

#[test]
fn whoever_is_no_agent_any_more_is_asked_nothing_and_owns_nothing() {
    let queued_again = step(&interaction(active()), gone("alice"), SOON).unwrap();
    assert_eq!(queued_again.next.state(), "queued");
    assert_eq!(queued_again.next.enqueued_at, NOW);
    assert_eq!(queued_again.supervisors.len(), 1);

    let asked_nobody = step(&interaction(offered()), gone("alice"), SOON).unwrap();
    assert_eq!(asked_nobody.next.state(), "queued");
    assert!(told(&asked_nobody).contains(&"remove alice".to_owned()));

    let kept = step(&interaction(in_transfer()), gone("bob"), SOON).unwrap();
    assert_eq!((kept.next.owner().unwrap().id.as_str(), kept.next.offer()), ("alice", None));
    assert!(told(&kept).contains(&"tell alice transfer_rejected".to_owned()));
}

#[test]
fn a_page_stays_open_while_a_colleague_is_asked_or_another_answered() {
    let page = |phase| Interaction { mode: Mode::Page, page_over_at: Some(SOON), ..interaction(phase) };
    let over = |by| over(by, SOON);
    assert_eq!(step(&page(in_transfer()), over("alice"), LATER).unwrap_err(), Refused::Stale);
    assert_eq!(step(&page(active()), over("bob"), LATER).unwrap_err(), Refused::Stale);
    assert_eq!(step(&page(active()), over("alice"), LATER).unwrap().next.state(), "done");
}

#[test]
fn what_is_done_is_taken_up_again_while_its_room_is_there() {
    let closed = Interaction { disposition: Some(solved()), ..interaction(done()) };
    let reopened = Event::Reopened { by: agent_ref("bob") };
    let open = step(&closed, reopened.clone(), SOON).unwrap();
    assert_eq!((open.next.state(), &open.next.disposition), ("active", &None));
    assert_eq!(open.next.owner().unwrap().id.as_str(), "bob");
    let told = told(&open);
    for expected in ["invite bob", "tell bob reopened"] {
        assert!(told.contains(&expected.to_owned()), "{expected} is not in {told:?}");
    }
    let month = NOW + Duration::from_hours(30 * 24);
    assert!(may_leave(&closed, month) && !may_leave(&open.next, month));
    assert_eq!(step(&closed, reopened, month).unwrap_err(), Refused::RoomLeft);
}

#[test]
fn an_owner_who_does_not_come_reads_that_they_are_not_ready_and_one_who_was_removed_does_not() {
    let said = |step: &Step| {
        step.effects.iter().find_map(|effect| match effect {
            Effect::Notify(Notify {
                notice: Notice { says: Says::Requeued { not_ready, .. }, .. }, ..
            }) => Some(*not_ready),
            _ => None,
        })
    };
    let away = step(&interaction(away()), Event::AwayTooLong, LATER).unwrap();
    assert_eq!(said(&away), Some(true));
    assert_eq!(away.agents, [(AgentId::new("alice"), AgentChange::NoAnswer)]);
    let removed = step(&interaction(active()), gone("alice"), SOON).unwrap();
    assert_eq!((said(&removed), removed.agents.as_slice()), (Some(false), &[][..]));
}

/// Lets events happen one after the other, all of them possible. What it is then, and when its last timer is
/// due.
fn after(now: &Interaction, events: &[(Event, Millis)]) -> (Interaction, Option<Millis>) {
    events.iter().fold((now.clone(), None), |(now, due), (event, at)| {
        let step = step(&now, event.clone(), *at).unwrap_or_else(|refused| panic!("{event:?}: {refused}"));
        let page_timer = |timer: &Timer| matches!(timer.what, Due::PageOver { .. }).then_some(timer.due_at);
        (step.next.clone(), step.timers.iter().find_map(page_timer).or(due))
    })
}

#[test]
fn an_answered_page_that_is_taken_up_again_stays_open() {
    let page = Interaction { mode: Mode::Page, ..interaction(active()) };
    let (first, second) = (SOON + Duration::from_secs(10), SOON + Duration::from_secs(15));
    let bubbles = [(reply_taken(), SOON), (reply_taken(), SOON + Duration::from_secs(5))];
    let (answered, due) = after(&page, &bubbles);
    assert_eq!(due, Some(second));
    assert_eq!(step(&answered, over("alice", first), first).unwrap_err(), Refused::Stale, "another followed");
    assert_eq!(step(&answered, over("alice", second), second).unwrap().next.state(), "done");

    let reopens = Event::Reopened { by: agent_ref("alice") };
    let (reopened, _) = after(&answered, &[(finish("alice", None), first), (reopens, first)]);
    let strict = Rules { disposition: DispositionRule::Mandatory, ..rules() };
    let wraps_up = Interaction { rules: strict, ..answered.clone() };
    let resumes = action("alice", OwnerAction::Resume);
    let (wrapped_up, _) = after(&wraps_up, &[(over("alice", second), second), (resumes, second)]);
    let (texted, _) = after(&answered, &[(texted("and?"), first), (Event::Replied, first)]);
    for taken_up in [reopened, wrapped_up, texted] {
        assert_eq!(taken_up.state(), "active");
        assert_eq!(step(&taken_up, over("alice", second), second).unwrap_err(), Refused::Stale);
    }
}

#[test]
fn an_answered_page_is_over_a_moment_after_what_kept_it_open() {
    let page = Interaction { mode: Mode::Page, ..interaction(active()) };
    let (hold, resume) = (action("alice", OwnerAction::Hold), action("alice", OwnerAction::Resume));
    let number = page.offers + 1;
    for (keeps, ends) in [
        (asks("alice", "bob"), action("alice", OwnerAction::Cancel)),
        (asks("alice", "bob"), rejected("bob", Some(number), false)),
        (asks("alice", "bob"), Event::OfferExpired { number }),
        (hold.clone(), resume.clone()),
    ] {
        let events = [(reply_taken(), SOON), (keeps, SOON), (ends.clone(), LATER)];
        let (open, due) = after(&page, &events);
        let over_at = LATER + Duration::from_secs(10);
        assert_eq!(due, Some(over_at), "{ends:?}");
        assert_eq!(step(&open, over("alice", over_at), over_at).unwrap().next.state(), "done");
    }
    // The answer may get out only while it is on hold.
    let (_, due) = after(&page, &[(hold, SOON), (reply_taken(), SOON), (resume, LATER)]);
    assert_eq!(due, Some(LATER + Duration::from_secs(10)));
}
