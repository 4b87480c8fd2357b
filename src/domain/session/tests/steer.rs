//! What supervisors do to the conversations of others, and what nobody takes whose owner has signed off.

use super::*;

fn sent_back() -> Event {
    Event::SentBack { by: agent_ref("sue") }
}

fn closed(last_text: Option<Millis>, unshown: bool, disposition: Option<Disposition>) -> Event {
    Event::Closed { by: agent_ref("sue"), typed_at: SOON, last_text, unshown, disposition }
}

fn mandatory(phase: Phase) -> Interaction {
    let disposition = DispositionRule::Mandatory;
    Interaction { rules: Rules { disposition, ..rules() }, ..interaction(phase) }
}

#[test]
fn what_a_supervisor_queues_again_keeps_its_place_and_its_owner_reads_who_did_it() {
    for work in [Work::Active, Work::Held, Work::Snoozed { until: LATER }] {
        let step = step(&interaction(working(work)), sent_back(), SOON).unwrap();
        assert_eq!((step.next.state(), step.next.enqueued_at), ("queued", NOW));
        let by_whom = step.effects.iter().any(|effect| {
            let Effect::Notify(Notify { notice: Notice { says, .. }, .. }) = effect else { return false };
            matches!(says, Says::Requeued { by: Some(by), .. } if by == "SUE")
        });
        assert!(by_whom, "{:?}", told(&step));
        assert!(told(&step).contains(&"remove alice".to_owned()));
        assert!(step.supervisors.is_empty(), "a supervisor did it");
    }
    let in_transfer = step(&interaction(in_transfer()), sent_back(), SOON).unwrap();
    assert_eq!(in_transfer.next.offer(), None);
    assert!(told(&in_transfer).contains(&"amend bob offer_withdrawn".to_owned()));
    for (phase, refused) in [
        (working(Work::Expired), Refused::NotActive),
        (working(Work::WrapUp), Refused::NotActive),
        (queued(), Refused::NobodyOwnsIt),
        (offered(), Refused::NobodyOwnsIt),
        (done(), Refused::AlreadyDone),
    ] {
        assert_eq!(step(&interaction(phase), sent_back(), SOON).unwrap_err(), refused);
    }
}

#[test]
fn whoever_has_it_a_supervisor_closes_it_and_the_contact_reads_nothing() {
    for (phase, expected) in [
        (active(), "tell alice done"),
        (working(Work::Held), "tell alice done"),
        (working(Work::Expired), "tell alice done"),
        (in_transfer(), "amend bob offer_withdrawn"),
        (offered(), "amend alice offer_withdrawn"),
        (queued(), "state"),
    ] {
        let step = step(&interaction(phase), closed(None, false, Some(solved())), SOON).unwrap();
        assert_eq!((step.next.state(), step.next.disposition.clone()), ("done", Some(solved())));
        assert!(told(&step).contains(&expected.to_owned()), "{expected} in {:?}", told(&step));
        assert!(!told(&step).contains(&"text".to_owned()));
    }
    let again = step(&interaction(done()), closed(None, false, None), SOON).unwrap_err();
    assert_eq!(again, Refused::AlreadyDone);
}

#[test]
fn a_supervisor_closes_nothing_unread_at_the_first_try_and_nothing_without_its_disposition() {
    let open = interaction(active());
    let kept = step(&open, closed(Some(SOON), false, None), SOON).unwrap();
    assert_eq!((kept.next.state(), told(&kept)), ("active", vec![]));
    let then = step(&kept.next, closed(Some(SOON), false, None), SOON).unwrap();
    assert_eq!(then.next.state(), "done");
    // A newer text is another.
    let newer = step(&kept.next, closed(Some(LATER), false, None), LATER).unwrap();
    assert_eq!(newer.next.state(), "active");
    let on_its_way = step(&open, closed(None, true, None), SOON).unwrap();
    assert_eq!(on_its_way.next.state(), "active");
    for phase in [active(), queued(), working(Work::WrapUp)] {
        let open = mandatory(phase);
        let missing = step(&open, closed(None, false, None), SOON).unwrap_err();
        assert_eq!(missing, Refused::DispositionMissing);
        let closed = step(&open, closed(None, false, Some(solved())), SOON).unwrap();
        assert_eq!(closed.next.state(), "done");
    }
}

#[test]
fn what_the_colleague_of_an_owner_who_signed_off_does_not_take_is_queued_again() {
    let counts = Counts::default();
    let transfer =
        OwnerAction::Transfer { to: agent_ref("bob"), note: String::new(), counts, or_queue: true };
    let asked = step(&interaction(active()), action("alice", transfer), NOW).unwrap().next;
    let number = asked.offer().unwrap().number;
    for not_taken in [
        rejected("bob", Some(number), false),
        rejected("bob", None, true),
        Event::OfferExpired { number },
        Event::OwnerGone { id: AgentId::new("bob") },
    ] {
        let step = step(&asked, not_taken.clone(), LATER).unwrap();
        assert_eq!((step.next.state(), step.next.enqueued_at), ("queued", NOW), "{not_taken:?}");
        assert!(told(&step).contains(&"tell alice requeued".to_owned()), "{:?}", told(&step));
        assert!(!told(&step).contains(&"tell alice transfer_rejected".to_owned()));
    }
    let taken = step(&asked, accepted("bob", Some(number), false), SOON).unwrap();
    assert_eq!(taken.next.owner().unwrap().id.as_str(), "bob");
    let kept = step(&asked, action("alice", OwnerAction::Cancel), SOON).unwrap();
    assert_eq!(kept.next.owner().unwrap().id.as_str(), "alice");
}
