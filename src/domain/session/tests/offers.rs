//! Who is asked, and what they answer.

use super::*;
use crate::domain::effect::Notify;
use crate::domain::interaction::ReplyWait;
use crate::domain::notice::Question;

#[test]
fn a_new_round_asks_everyone_anew() {
    let now = interaction(Phase::Queued { passed_over: vec![passed_over("alice")] });
    let offered = step(&now, push("alice"), LATER).unwrap().next;
    let refused = step(&offered, rejected("alice", None, false), LATER).unwrap().next;
    let Phase::Queued { passed_over } = &refused.phase else { panic!("{:?}", refused.phase) };
    assert_eq!(passed_over.as_slice(), [PassedOver { agent: AgentId::new("alice"), at: LATER }]);
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

#[test]
fn who_takes_it_reads_how_long_they_have_to_join_its_room_unless_they_are_there() {
    let read = |step: &Step| {
        step.effects.iter().find_map(|effect| match effect {
            Effect::Amend(Amend { notice, .. }) => match notice.says {
                Says::OfferAccepted { join_secs, .. } => Some(join_secs),
                _ => None,
            },
            _ => None,
        })
    };
    for phase in [offered(), shown()] {
        let now = interaction(phase);
        assert_eq!(read(&step(&now, accepted("alice", None, false), SOON).unwrap()), Some(Some(60)));
        assert_eq!(read(&step(&now, accepted("alice", None, true), SOON).unwrap()), Some(None));
    }
    // Who reads it before there is a room reads it again once there is one.
    let opens = Event::RoomOpened { room: owned_room_id!("!r:desk.test") };
    let no_room = |phase| Interaction { room: None, ..interaction(phase) };
    assert_eq!(read(&step(&no_room(shown()), accepted("alice", None, false), SOON).unwrap()), Some(None));
    let no_room = no_room(away());
    assert_eq!(read(&step(&no_room, opens, SOON).unwrap()), Some(Some(60)));
}

#[test]
fn an_offer_says_how_long_the_contact_has_waited_where_that_is_known() {
    let says = |now: Interaction, after: Duration| {
        let offered = step(&now, push("alice"), NOW + after).unwrap();
        offered.effects.iter().find_map(|effect| match effect {
            Effect::Notify(Notify { notice, .. }) => match &notice.says {
                Says::Offer(Question::Session(preview)) => Some(preview.waited_secs),
                _ => None,
            },
            _ => None,
        })
    };
    let first = Interaction { owner_replied: false, enqueued_at: NOW, ..interaction(queued()) };
    assert_eq!(says(first.clone(), Duration::from_secs(59)), Some(None), "that is no news");
    assert_eq!(says(first.clone(), Duration::from_mins(5)), Some(Some(300)));
    // Somebody had it, and may have answered.
    let again = Interaction { owner_replied: true, ..first.clone() };
    assert_eq!(says(again.clone(), Duration::from_mins(5)), Some(None));
    let unanswered =
        Interaction { reply_wait: Some(ReplyWait::since(NOW - Duration::from_mins(1))), ..again };
    assert_eq!(says(unanswered, Duration::from_mins(5)), Some(Some(360)));
}

#[test]
fn nobody_is_late_for_what_has_no_room() {
    let no_room = |phase| Interaction { room: None, ..interaction(phase) };
    for (phase, event, timer) in [
        (offered(), Event::OfferExpired { number: 1 }, "offer_expires"),
        (shown(), Event::OfferExpired { number: 1 }, "offer_expires"),
        (in_transfer(), Event::OfferExpired { number: 1 }, "offer_expires"),
        (away(), Event::AwayTooLong, "owner_away"),
    ] {
        let waits = step(&no_room(phase.clone()), event.clone(), LATER).unwrap();
        let ends = waits.timers.iter().map(|timer| (timer.due_at, name(&timer.what)));
        let due: Vec<_> = ends.filter(|(_, name)| name != "offer_rings").collect();
        assert_eq!(due, [(LATER + Duration::from_mins(1), timer.to_owned())]);
        assert!(waits.agents.is_empty(), "{event:?}: {:?}", waits.agents);
        let open = step(&interaction(phase), event, LATER).unwrap();
        assert!(!open.story.is_empty(), "with a room it is over");
    }
    let opens = Event::RoomOpened { room: owned_room_id!("!r:desk.test") };
    let opened = step(&no_room(away()), opens.clone(), LATER).unwrap();
    let Phase::Owned { come_by, .. } = opened.next.phase else { panic!("{:?}", opened.next.phase) };
    assert_eq!(come_by, Some(LATER + Duration::from_mins(1)), "their time begins when there is a room");
    assert_eq!(told(&step(&no_room(queued()), opens, SOON).unwrap()), ["route"]);
}

#[test]
fn only_who_was_asked_alone_and_did_not_answer_reads_that_they_are_not_ready() {
    let expires = Event::OfferExpired { number: 1 };
    let read = |phase| {
        let step = step(&interaction(phase), expires.clone(), LATER).unwrap();
        let amended = step.effects.iter().filter_map(|effect| match effect {
            Effect::Amend(Amend { to: Place::Console(agent), notice, .. }) => Some((agent.clone(), notice)),
            _ => None,
        });
        let read = amended.map(|(agent, notice)| {
            let late = step.agents.contains(&(agent.clone(), AgentChange::NoAnswer));
            let told = matches!(notice.says, Says::OfferTimedOut { not_ready: true, .. });
            assert_eq!(late, told, "{agent} {notice:?}");
            format!("{agent} {}, missed: {}", code(notice), notice.says.missed().is_some())
        });
        read.collect::<Vec<_>>()
    };
    assert_eq!(read(offered()), ["alice offer_timed_out, missed: true"]);
    assert_eq!(read(in_transfer()), ["bob offer_timed_out, missed: true"]);
    let shown_to = ["alice offer_withdrawn, missed: false", "bob offer_withdrawn, missed: false"];
    assert_eq!(read(shown()), shown_to);
}

/// When the offer of an interaction rings once more, which is made with these times, in milliseconds.
fn rings_after(offer_ms: u64, ring_ms: u64, then: Unanswered) -> Option<u64> {
    let now = Interaction { rules: Rules { ring_ms, ..rules() }, ..interaction(queued()) };
    let way = Way::Push { offer_ms, then };
    let offered = Event::Offered { to: vec![agent_ref("alice")], way, counts: Counts::default() };
    let offered = step(&now, offered, NOW).unwrap();
    let timers = offered.timers.iter().filter(|timer| name(&timer.what) == "offer_rings");
    let due: Vec<Millis> = timers.map(|timer| timer.due_at).collect();
    let rings_at = offered.next.offer().and_then(|offer| offer.rings_at);
    assert_eq!(due.first().copied(), rings_at);
    rings_at.map(|at| u64::try_from(at.since(NOW).as_millis()).unwrap())
}

#[test]
fn an_offer_rings_once_more_before_it_is_half_over() {
    use Unanswered::{Accepted, AcceptedInAnyCase, Withdrawn};
    for (offer_ms, ring_ms, then, expected) in [
        (60_000, 20_000, Withdrawn, Some(20_000)),
        (30_000, 20_000, Withdrawn, Some(15_000)),
        (1_000, 20_000, Withdrawn, Some(500)),
        (60_000, 0, Withdrawn, None),
        (60_000, 20_000, Accepted, None),
        (60_000, 20_000, AcceptedInAnyCase, None),
    ] {
        assert_eq!(rings_after(offer_ms, ring_ms, then), expected, "{offer_ms} {ring_ms} {then:?}");
    }
}

#[test]
fn a_second_ring_comes_once_and_goes_with_its_offer() {
    for (phase, asked) in
        [(offered(), vec!["alice"]), (shown(), vec!["alice", "bob"]), (in_transfer(), vec!["bob"])]
    {
        let mut now = interaction(phase);
        let (Phase::Offered { offer, .. } | Phase::Owned { transfer: Some(offer), .. }) = &mut now.phase
        else {
            panic!("nothing is offered")
        };
        offer.rings_at = Some(SOON);
        let rings = |rings_at| Event::OfferRings { number: 1, rings_at };
        assert_eq!(step(&now, rings(NOW), SOON).unwrap_err(), Refused::Stale, "the moment has moved");
        let rang = step(&now, rings(SOON), SOON).unwrap();
        let tells: Vec<String> = asked.iter().map(|agent| format!("tell {agent} offer_ring")).collect();
        assert_eq!(told(&rang), tells);
        assert_eq!(step(&rang.next, rings(SOON), SOON).unwrap_err(), Refused::Stale, "it has rung");
        let late = step(&rang.next, Event::ShownLate { number: 1 }, SOON).unwrap();
        assert_eq!(late.next.offer().unwrap().rings_at, None, "it has rung");

        let taken = step(&rang.next, accepted(asked[0], None, false), LATER).unwrap();
        let over = step(&rang.next, Event::OfferExpired { number: 1 }, LATER).unwrap();
        for ended in [taken, over] {
            for agent in &asked {
                assert!(told(&ended).contains(&format!("take away at {agent}")), "{:?}", told(&ended));
            }
        }
        let quiet = step(&now, accepted(asked[0], None, false), LATER).unwrap();
        assert!(!told(&quiet).iter().any(|told| told.starts_with("take away")), "nothing rang");
    }
}

#[test]
fn an_offer_that_is_shown_late_rings_by_its_new_time() {
    let mut now = interaction(offered());
    let Phase::Offered { offer, .. } = &mut now.phase else { panic!("nothing is offered") };
    offer.rings_at = Some(SOON);
    let late = step(&now, Event::ShownLate { number: 1 }, LATER).unwrap();
    let rings_at = LATER + Duration::from_secs(20);
    assert_eq!(late.next.offer().unwrap().rings_at, Some(rings_at));
    let earlier = Event::OfferRings { number: 1, rings_at: SOON };
    assert_eq!(step(&late.next, earlier, LATER).unwrap_err(), Refused::Stale);
}
