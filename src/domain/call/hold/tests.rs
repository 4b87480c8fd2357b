//! Tests of holding.

use std::time::Duration;

use proptest::prelude::*;
use ruma::owned_event_id;

use super::super::{Leg, LegState, Progress};
use super::*;
use crate::domain::ids::AgentId;

const NOW: Millis = Millis(1_700_000_000_000);

fn place() -> (Place, OwnedEventId) {
    (Place::Console(AgentId::new("alice")), owned_event_id!("$hold"))
}

fn ringing() -> PhoneCall {
    let (said_in, event) = place();
    let leg = |progress| Leg { state: LegState::Told { progress }, ..Leg::default() };
    PhoneCall {
        agent: leg(Progress::Answered),
        contact: leg(Progress::Ringing),
        ..PhoneCall::begin(said_in, event, NOW)
    }
}

fn talking() -> PhoneCall {
    let mut call = ringing();
    call.contact.state = LegState::Told { progress: Progress::Answered };
    call
}

/// The contact is on hold.
fn on_hold() -> PhoneCall {
    let mut call = talking();
    assert_eq!(call.ask_hold(true, place(), NOW), Ok(vec![Next::Hold { on: true }]));
    assert_eq!(call.held(true, &HoldAnswer::Done, NOW), (false, vec![Next::Held { on: true }]));
    call
}

#[test]
fn a_contact_is_put_on_hold_and_taken_off_it() {
    let mut call = talking();
    assert_eq!(call.ask_hold(true, place(), NOW), Ok(vec![Next::Hold { on: true }]));
    assert!(call.is_to_be_held(true, NOW) && !call.is_to_be_held(false, NOW) && !call.is_on_hold());
    assert_eq!(call.held(true, &HoldAnswer::Done, NOW), (false, vec![Next::Held { on: true }]));
    assert!(call.is_on_hold() && !call.is_to_be_held(true, NOW));
    // It was done twice, since the program ended in between.
    assert_eq!(call.held(true, &HoldAnswer::Done, NOW), (false, vec![]));
    assert_eq!(call.ask_hold(false, place(), NOW), Ok(vec![Next::Hold { on: false }]));
    assert!(call.is_on_hold(), "until the provider has done it");
    assert_eq!(call.held(false, &HoldAnswer::Done, NOW), (false, vec![Next::Held { on: false }]));
    assert!(!call.is_on_hold());
}

#[test]
fn what_cannot_be_is_refused() {
    assert_eq!(ringing().ask_hold(true, place(), NOW), Err(NotDialled::NotAnswered));
    assert_eq!(ringing().ask_hold(false, place(), NOW), Err(NotDialled::NotAnswered));
    assert_eq!(talking().ask_hold(false, place(), NOW), Err(NotDialled::NotOnHold));
    assert_eq!(on_hold().ask_hold(true, place(), NOW), Err(NotDialled::OnHoldAlready));
    let mut asked = talking();
    asked.ask_hold(true, place(), NOW).unwrap();
    assert_eq!(asked.ask_hold(true, place(), NOW), Err(NotDialled::OnHoldAlready), "it is being done");
    let mut ends = on_hold();
    let words = [ringing(), talking(), on_hold()].map(|call| call.word());
    assert_eq!(words, ["ringing", "talking", "on hold"]);
    ends.hang_up(NOW);
    assert_eq!(ends.word(), "ending");
    assert_eq!(ends.ask_hold(false, place(), NOW), Err(NotDialled::NoCall));
    for left in [true, false] {
        let mut over = on_hold();
        let leg = if left { &mut over.agent } else { &mut over.contact };
        leg.state = LegState::Told { progress: Progress::Completed };
        assert_eq!(over.ask_hold(false, place(), NOW), Err(NotDialled::NoCall));
        assert!(!over.is_on_hold(), "nobody is on hold whose call is over");
    }
}

#[test]
fn what_the_provider_does_not_do_leaves_it_as_it_was() {
    let refused = HoldAnswer::Refused { why: "not possible".to_owned() };
    let why = Some("not possible".to_owned());
    let mut call = talking();
    call.ask_hold(true, place(), NOW).unwrap();
    let next = vec![Next::NotHeld { on: true, why: why.clone() }];
    assert_eq!(call.held(true, &refused, NOW), (false, next));
    assert!(!call.is_on_hold());
    assert!(call.ask_hold(true, place(), NOW).is_ok(), "it can be asked for again");
    let mut call = on_hold();
    call.ask_hold(false, place(), NOW).unwrap();
    assert_eq!(call.held(false, &refused, NOW), (false, vec![Next::NotHeld { on: false, why }]));
    assert!(call.is_on_hold());
    assert!(call.ask_hold(false, place(), NOW).is_ok());
}

#[test]
fn a_provider_that_does_not_answer_is_asked_again_for_a_minute() {
    let mut call = talking();
    call.ask_hold(true, place(), NOW).unwrap();
    assert_eq!(call.held(true, &HoldAnswer::NotYet, NOW + TOO_LATE), (true, vec![]));
    let late = NOW + TOO_LATE + Duration::from_secs(1);
    assert!(call.is_to_be_held(true, NOW + TOO_LATE) && !call.is_to_be_held(true, late));
    for said in [HoldAnswer::NotYet, HoldAnswer::NotAsked] {
        let mut call = call.clone();
        let next = vec![Next::NotHeld { on: true, why: None }];
        assert_eq!(call.held(true, &said, late), (false, next));
        assert!(!call.is_to_be_held(true, NOW) && !call.is_on_hold());
    }
}

#[test]
fn a_call_that_ends_meanwhile_holds_nobody_and_its_agent_reads_so() {
    for said in [HoldAnswer::Done, HoldAnswer::NotYet, HoldAnswer::NotAsked] {
        let mut call = talking();
        call.ask_hold(true, place(), NOW).unwrap();
        call.contact.state = LegState::Told { progress: Progress::Completed };
        assert!(!call.is_to_be_held(true, NOW));
        let next = vec![Next::NotHeld { on: true, why: Some(OVER.to_owned()) }];
        assert_eq!(call.held(true, &said, NOW), (false, next), "{said:?}");
        assert_eq!(call.held(true, &said, NOW), (false, vec![]), "{said:?}: it is told once");
    }
}

#[test]
fn what_was_taken_back_before_it_was_done_is_not_told() {
    let mut call = talking();
    call.ask_hold(true, place(), NOW).unwrap();
    assert_eq!(call.ask_hold(false, place(), NOW), Ok(vec![Next::Hold { on: false }]));
    assert!(!call.is_to_be_held(true, NOW) && call.is_to_be_held(false, NOW));
    // The request was on its way.
    assert_eq!(call.held(true, &HoldAnswer::Done, NOW), (false, vec![]));
    assert!(call.is_on_hold());
    assert_eq!(call.held(false, &HoldAnswer::Done, NOW), (false, vec![Next::Held { on: false }]));
    assert!(!call.is_on_hold());
}

#[test]
fn nothing_is_left_of_it_when_the_call_is_emptied() {
    assert_eq!(on_hold().emptied(NOW).hold, None);
}

proptest! {
    /// Whatever is asked for and answered, in lanes' order: once all is done, the contact is on hold exactly
    /// if the last wish that succeeded says so, and whoever wished it last was told.
    #[test]
    fn any_wishes_end_as_the_provider_has_them(
        steps in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..20),
    ) {
        let (mut call, mut at_provider) = (talking(), false);
        let mut lane = std::collections::VecDeque::new();
        let mut deliver = |call: &mut PhoneCall, on: bool, does: bool| {
            let said = match (call.is_to_be_held(on, NOW), does) {
                (false, _) => HoldAnswer::NotAsked,
                (true, false) => HoldAnswer::Refused { why: String::new() },
                (true, true) => {
                    at_provider = on;
                    HoldAnswer::Done
                }
            };
            call.held(on, &said, NOW)
        };
        for (on, delivers, does) in steps {
            if call.ask_hold(on, place(), NOW).is_ok() {
                lane.push_back(on);
            }
            if delivers && let Some(on) = lane.pop_front() {
                prop_assert!(!deliver(&mut call, on, does).0);
            }
        }
        while let Some(on) = lane.pop_front() {
            deliver(&mut call, on, true);
        }
        prop_assert_eq!(call.is_on_hold(), at_provider);
        prop_assert!(call.hold.is_none_or(|hold| !hold.waits && hold.on == hold.held));
    }
}
