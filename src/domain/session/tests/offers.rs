//! Who is asked, and what they answer.

use super::*;

#[test]
fn a_new_round_asks_everyone_anew() {
    let now = interaction(Phase::Queued { asked: vec![asked("alice")] });
    let offered = step(&now, push("alice"), LATER).unwrap().next;
    let refused = step(&offered, rejected("alice", None, false), LATER).unwrap().next;
    let Phase::Queued { asked } = &refused.phase else { panic!("{:?}", refused.phase) };
    assert_eq!(asked.as_slice(), [Asked { agent: AgentId::new("alice"), at: LATER }]);
}

#[test]
fn an_offer_that_answers_itself_is_taken_at_once_or_when_its_countdown_ends() {
    let now = interaction(queued());
    let asks = |offer_ms, then| {
        let way = Way::Push { offer_ms, then };
        Event::Offered { to: vec![agent_ref("alice")], way, counts: Counts::default() }
    };
    let at_once = step(&now, asks(0, Unanswered::Accepted), NOW).unwrap().next;
    assert_eq!((at_once.state(), at_once.owner().map(|owner| owner.id.as_str())), ("active", Some("alice")));
    let counting = step(&now, asks(5_000, Unanswered::AcceptedInAnyCase), NOW).unwrap().next;
    assert_eq!(step(&counting, rejected("alice", None, false), SOON).unwrap_err(), Refused::NotRefusable);
    let number = counting.offers;
    assert_eq!(step(&counting, Event::OfferExpired { number }, SOON).unwrap().next.state(), "active");
}

#[test]
fn whoever_picks_first_has_it_and_the_others_read_who() {
    let now = interaction(shown());
    let picked = step(&now, accepted("bob", None, false), SOON).unwrap();
    assert_eq!(picked.next.owner().unwrap().id.as_str(), "bob");
    let told = told(&picked);
    for expected in ["amend bob offer_accepted", "amend alice offer_withdrawn", "invite bob"] {
        assert!(told.contains(&expected.to_owned()), "{expected} is not in {told:?}");
    }
}
