//! An owner asks the supervisors for help.

use super::*;

fn raised(by: &str) -> Event {
    let told = vec![agent_ref("sue"), agent_ref("tom")];
    Event::HandRaised { by: agent_ref(by), note: "she shouts".to_owned(), lines: vec![], told }
}

fn taken(by: &str, number: u32) -> Event {
    Event::HandTaken { by: agent_ref(by), number }
}

/// A conversation whose owner has asked for help.
fn up() -> Interaction {
    step(&interaction(active()), raised("alice"), NOW).unwrap().next
}

#[test]
fn the_first_supervisor_comes_in_and_the_others_read_who_it_is() {
    let asked = step(&interaction(active()), raised("alice"), NOW).unwrap();
    assert_eq!(told(&asked), ["tell sue hand", "tell tom hand"]);
    let came = step(&asked.next, taken("tom", 1), SOON).unwrap();
    assert_eq!(told(&came), ["invite tom", "tell room joined", "amend sue hand", "amend tom hand"]);
    assert!(came.next.is_watched_by(&AgentId::new("tom")));
    assert_eq!(step(&came.next, taken("sue", 1), SOON).unwrap_err(), Refused::HandTaken);
    assert_eq!(step(&came.next, taken("tom", 1), SOON).unwrap_err(), Refused::HandTaken);
    // What they say stays among colleagues.
    assert!(!came.next.hears(&AgentId::new("tom")));
}

#[test]
fn a_supervisor_who_looks_on_already_comes_to_help_where_they_are() {
    let event = Event::Watched { by: agent_ref("sue"), barged: true };
    let watched = step(&up(), event, NOW).unwrap().next;
    let came = step(&watched, taken("sue", 1), SOON).unwrap();
    assert!(told(&came).contains(&"tell room joined".to_owned()), "{:?}", told(&came));
    assert_eq!(came.next.watchers.len(), 1);
}

#[test]
fn only_the_owner_asks_and_not_again_within_a_minute_or_while_somebody_helps() {
    assert_eq!(step(&interaction(active()), raised("bob"), NOW).unwrap_err(), Refused::NotOwner);
    assert_eq!(step(&interaction(queued()), raised("alice"), NOW).unwrap_err(), Refused::NobodyOwnsIt);
    assert_eq!(step(&interaction(done()), raised("alice"), NOW).unwrap_err(), Refused::AlreadyDone);
    assert_eq!(step(&up(), raised("alice"), SOON).unwrap_err(), Refused::HandUp);
    let again = step(&up(), raised("alice"), LATER).unwrap();
    assert_eq!(told(&again), ["amend sue hand", "amend tom hand", "tell sue hand", "tell tom hand"]);
    // An answer to what they were told first is none to this.
    assert_eq!(step(&again.next, taken("sue", 1), LATER).unwrap_err(), Refused::HandDown);
    let helped = step(&again.next, taken("sue", 2), LATER).unwrap().next;
    assert_eq!(step(&helped, raised("alice"), LATER).unwrap_err(), Refused::HandTaken);
    let left = step(&helped, Event::Unwatched { by: AgentId::new("sue") }, LATER).unwrap().next;
    assert_eq!(step(&left, raised("alice"), LATER).unwrap().next.hand.unwrap().number, 3);
}

#[test]
fn nobody_has_to_come_where_it_is_done_or_another_has_it() {
    for event in [
        finish("alice", Some(NOW)),
        to_sales("alice"),
        Event::Assigned { to: agent_ref("bob"), by: agent_ref("sue") },
        Event::SentBack { by: agent_ref("sue") },
        Event::OwnerGone { id: AgentId::new("alice") },
    ] {
        let over = step(&up(), event.clone(), SOON).unwrap();
        for to in ["amend sue hand", "amend tom hand"] {
            assert!(told(&over).contains(&to.to_owned()), "{event:?}: {:?}", told(&over));
        }
        let late = step(&over.next, taken("sue", 1), SOON).unwrap_err();
        assert!([Refused::HandDown, Refused::AlreadyDone].contains(&late), "{event:?}: {late:?}");
    }
}

#[test]
fn what_is_kept_of_it_tells_nothing_that_was_said() {
    let kept = serde_json::to_string(&up()).unwrap();
    assert!(!kept.contains("shouts"), "{kept}");
    assert_eq!(serde_json::from_str::<Interaction>(&kept).unwrap(), up());
    assert_eq!(up().emptied(SOON).hand, None);
}
