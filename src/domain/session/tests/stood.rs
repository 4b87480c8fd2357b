//! Nobody is late for an outage.

use super::*;

const AWAY: Duration = Duration::from_hours(3);

fn stood(now: &Interaction, at: Millis) -> Step {
    step(now, Event::TimeStood { away: AWAY }, at).unwrap()
}

#[test]
fn an_offer_stands_for_its_whole_time_after_an_outage() {
    for phase in [offered(), in_transfer()] {
        let before = interaction(phase);
        let after = stood(&before, NOW + AWAY);
        let (old, new) = (before.offer().unwrap(), after.next.offer().unwrap());
        assert!(new.expires_at > NOW + AWAY && new.number == old.number);
        let due = Due::OfferExpires { interaction: before.id.clone(), number: old.number };
        assert!(after.timers.contains(&Timer { due_at: new.expires_at, what: due }));
    }
}

#[test]
fn an_owner_and_a_session_have_as_much_time_as_before_the_outage() {
    let before = interaction(away());
    let Phase::Owned { come_by: Some(by), .. } = before.phase else { panic!("they are away") };
    let after = stood(&before, NOW + AWAY);
    assert!(matches!(after.next.phase, Phase::Owned { come_by: Some(later), .. } if later == by + AWAY));
    assert_eq!(
        step(&after.next, Event::AwayTooLong, by + AWAY - Duration::from_secs(1)).unwrap_err(),
        Refused::Stale
    );

    let mut session = interaction(active());
    session.expires_at = Some(SOON);
    let after = stood(&session, SOON + AWAY);
    assert_eq!(after.next.expires_at, Some(SOON + AWAY));
    let quiet = |expires_at| Event::Quiet { expires_at, last_said: None };
    assert_eq!(step(&after.next, quiet(SOON), SOON + AWAY).unwrap_err(), Refused::Stale, "the old timer");
    assert_eq!(step(&after.next, quiet(SOON + AWAY), SOON + AWAY).unwrap().next.state(), "expired");
}
