//! Tests of calls.

use proptest::prelude::*;
use ruma::owned_event_id;

use super::*;
use crate::domain::ids::AgentId;

const NOW: Millis = Millis(1_700_000_000_000);

fn at(secs: u64) -> Millis {
    NOW + Duration::from_secs(secs)
}

fn begun() -> PhoneCall {
    PhoneCall::begin(Place::Console(AgentId::new("alice")), owned_event_id!("$call"), NOW)
}

fn report(side: Side, progress: Progress) -> CallReport {
    let secs = progress.is_over().then_some(7);
    let sid = format!("CA{}", side.word());
    CallReport { call: InteractionId::new("i-7f3k2"), side, sid, progress, secs }
}

/// The agent's phone is being called.
fn placed() -> PhoneCall {
    let mut call = begun();
    assert_eq!(call.turn(Side::Agent, at(1)), (true, vec![]));
    let accepted = CallAnswer::Accepted { sid: "CAagent".to_owned() };
    assert_eq!(call.answered(Side::Agent, &accepted, at(1)), []);
    call
}

/// The contact's phone is being called.
fn contact_rings() -> PhoneCall {
    let mut call = placed();
    assert_eq!(call.reported(&report(Side::Agent, Progress::Ringing), at(2)), []);
    let next = call.reported(&report(Side::Agent, Progress::Answered), at(3));
    assert_eq!(next, [Next::Dial(Side::Contact)]);
    assert_eq!(call.turn(Side::Contact, at(3)), (true, vec![]));
    let accepted = CallAnswer::Accepted { sid: "CAcontact".to_owned() };
    assert_eq!(call.answered(Side::Contact, &accepted, at(3)), []);
    call
}

fn result(call: &PhoneCall) -> Option<(CallResult, u64)> {
    call.ended.as_ref().map(|ended| (ended.result, ended.secs))
}

fn hang_up(side: Side) -> Next {
    Next::HangUp(format!("CA{}", side.word()))
}

#[test]
fn a_call_rings_the_agent_first_then_the_contact_and_lasts_until_one_hangs_up() {
    let mut call = contact_rings();
    assert_eq!(call.reported(&report(Side::Contact, Progress::Answered), at(9)), [Next::Talking]);
    assert_eq!(call.reported(&report(Side::Contact, Progress::Ringing), at(9)), [], "it comes late");
    let next = call.reported(&report(Side::Contact, Progress::Completed), at(16));
    assert_eq!(next, [hang_up(Side::Agent), Next::Ended]);
    assert_eq!(result(&call), Some((CallResult::Talked, 7)));
    let whole = call.clone();
    for again in [Progress::Completed, Progress::Answered, Progress::Busy] {
        assert_eq!(call.reported(&report(Side::Contact, again), at(20)), []);
    }
    assert_eq!(call, whole, "what comes again changes nothing");
    assert_eq!(call.reported(&report(Side::Agent, Progress::Completed), at(17)), []);
    assert!(!call.is_to_be_looked_at());
}

#[test]
fn who_does_not_answer_is_named() {
    for (progress, agent, contact) in [
        (Progress::Busy, CallResult::AgentBusy, CallResult::Busy),
        (Progress::NoAnswer, CallResult::AgentNoAnswer, CallResult::NoAnswer),
        (Progress::Failed, CallResult::AgentFailed, CallResult::Failed),
    ] {
        let mut call = placed();
        assert_eq!(call.reported(&report(Side::Agent, progress), at(20)), [Next::Ended]);
        assert_eq!(result(&call), Some((agent, 0)));
        let mut call = contact_rings();
        let next = call.reported(&report(Side::Contact, progress), at(20));
        assert_eq!(next, [hang_up(Side::Agent), Next::Ended], "{progress:?}");
        assert_eq!(result(&call), Some((contact, 0)));
    }
}

#[test]
fn an_agent_who_hangs_up_ends_the_call_to_the_contact() {
    let mut call = placed();
    assert_eq!(call.reported(&report(Side::Agent, Progress::Completed), at(5)), [Next::Ended]);
    assert_eq!(result(&call), Some((CallResult::HungUp, 0)));
    // That they had answered is told late: nobody is called.
    assert_eq!(call.reported(&report(Side::Agent, Progress::Answered), at(6)), []);
    let mut call = contact_rings();
    assert_eq!(call.reported(&report(Side::Agent, Progress::Completed), at(5)), [hang_up(Side::Contact)]);
    assert_eq!(call.reported(&report(Side::Contact, Progress::NoAnswer), at(6)), [Next::Ended]);
    assert_eq!(result(&call), Some((CallResult::HungUp, 0)));
    // They spoke, and the agent hung up first.
    let mut call = contact_rings();
    call.reported(&report(Side::Contact, Progress::Answered), at(9));
    assert_eq!(call.reported(&report(Side::Agent, Progress::Completed), at(12)), [hang_up(Side::Contact)]);
    assert_eq!(call.reported(&report(Side::Contact, Progress::Completed), at(13)), [Next::Ended]);
    assert_eq!(result(&call), Some((CallResult::Talked, 7)));
}

#[test]
fn a_call_that_the_provider_does_not_know_any_more_is_over() {
    let both = [Side::Agent, Side::Contact];
    let mut call = contact_rings();
    call.reported(&report(Side::Contact, Progress::Answered), at(9));
    assert_eq!(call.looked_at((&[], &both), 0, at(10)), [], "it may not know it yet");
    assert_eq!(call.looked_at((&[], &both), 1, at(40)), [Next::Ended]);
    assert_eq!(result(&call), Some((CallResult::Unconfirmed, 0)));
    assert!(!call.is_to_be_looked_at());
    // Of one side alone: the other is hung up on.
    let mut call = contact_rings();
    assert_eq!(call.looked_at((&[], &[Side::Agent]), 1, at(40)), [hang_up(Side::Contact)]);
}

#[test]
fn a_call_ends_where_the_agent_asks_for_it() {
    let mut call = begun();
    assert_eq!(call.hang_up(at(1)), [Next::Ended]);
    assert_eq!(call.turn(Side::Agent, at(2)), (false, vec![]), "nobody is called any more");
    let mut call = placed();
    assert_eq!(call.hang_up(at(2)), [hang_up(Side::Agent)]);
    assert_eq!(call.reported(&report(Side::Agent, Progress::Canceled), at(3)), [Next::Ended]);
    assert_eq!(result(&call), Some((CallResult::HungUp, 0)));
    let mut call = contact_rings();
    assert_eq!(call.hang_up(at(4)), [hang_up(Side::Agent), hang_up(Side::Contact)]);
}

#[test]
fn no_phone_is_called_twice() {
    let mut call = begun();
    assert_eq!(call.turn(Side::Agent, at(1)), (true, vec![]));
    assert_eq!(call.turn(Side::Agent, at(2)), (false, vec![]), "the program ended in between");
    assert_eq!(call.agent.state, LegState::Unknown);
    for tries in 0..3 {
        assert_eq!(call.turn(Side::Agent, at(3)), (false, vec![]));
        assert_eq!(call.looked_at((&[], &[]), tries, at(3)), []);
    }
    assert_eq!(call.looked_at((&[], &[]), 3, at(4)), [Next::Ended]);
    assert_eq!(result(&call), Some((CallResult::AgentUnconfirmed, 0)));
    // It rings all the same, much later: the call is over, so it is ended.
    let next = call.reported(&report(Side::Agent, Progress::Answered), at(300));
    assert_eq!(next, [hang_up(Side::Agent)]);
}

#[test]
fn a_leg_of_unknown_fate_is_settled_by_a_report_or_a_look() {
    for looked in [false, true] {
        let mut call = begun();
        call.turn(Side::Agent, at(1));
        assert_eq!(call.answered(Side::Agent, &CallAnswer::Unknown, at(2)), []);
        let found = report(Side::Agent, Progress::Answered);
        let next =
            if looked { call.looked_at((&[found], &[]), 0, at(9)) } else { call.reported(&found, at(9)) };
        assert_eq!(next, [Next::Dial(Side::Contact)]);
        // The answer that was given up comes after all.
        let accepted = CallAnswer::Accepted { sid: "CAagent".to_owned() };
        assert_eq!(call.answered(Side::Agent, &accepted, at(10)), []);
        assert!(call.agent.answers());
    }
}

#[test]
fn what_the_provider_does_not_take_is_tried_again_for_a_minute_or_not_at_all() {
    let mut call = begun();
    call.turn(Side::Agent, at(1));
    assert_eq!(call.answered(Side::Agent, &CallAnswer::NotProcessed, at(2)), []);
    assert_eq!(call.turn(Side::Agent, at(30)), (true, vec![]));
    call.answered(Side::Agent, &CallAnswer::NotProcessed, at(31));
    assert_eq!(call.turn(Side::Agent, at(70)), (false, vec![Next::Ended]), "nobody expects it any more");
    assert_eq!(result(&call), Some((CallResult::AgentRefused, 0)));
    let mut call = contact_rings();
    call.contact = Leg { state: LegState::Sending { since: NOW }, ..Leg::default() };
    let refused = CallAnswer::Refused { why: "no such number".to_owned() };
    assert_eq!(call.answered(Side::Contact, &refused, at(4)), [hang_up(Side::Agent), Next::Ended]);
    assert_eq!((result(&call), call.why()), (Some((CallResult::Refused, 0)), Some("no such number")));
}

#[test]
fn what_is_left_of_a_call_tells_how_it_went_and_not_by_which_ids() {
    let mut call = contact_rings();
    call.reported(&report(Side::Contact, Progress::Answered), at(9));
    let mut left = call.emptied(at(10));
    assert!(!serde_json::to_string(&left).unwrap().contains("CA"));
    assert!(left.ended.is_some());
    assert_eq!(left.reported(&report(Side::Contact, Progress::Answered), at(11)), [hang_up(Side::Contact)]);
    assert_eq!(call.emptied(at(10)).answered_at, call.answered_at);
}

#[test]
fn whom_nobody_can_call_is_not_called() {
    let (jane, code, name) = (Address::sms("+14155550100"), Address::sms("74454"), Address::sms("ACME"));
    let facts = Facts {
        theirs: &jane,
        phone: Some("+14155550177"),
        can_call: true,
        is_ours: false,
        is_blocked: false,
    };
    assert_eq!(facts.check(), Ok(()));
    for (facts, why) in [
        (Facts { can_call: false, ..facts }, NotDialled::ProviderCannot),
        (Facts { phone: None, ..facts }, NotDialled::NoPhone),
        (Facts { phone: Some("+14155550100"), ..facts }, NotDialled::OwnPhone),
        (Facts { is_ours: true, ..facts }, NotDialled::OurNumber),
        (Facts { theirs: &code, ..facts }, NotDialled::ShortCode),
        (Facts { theirs: &name, ..facts }, NotDialled::Sender),
        (Facts { is_blocked: true, ..facts }, NotDialled::Blocked),
    ] {
        assert_eq!(facts.check(), Err(why));
    }
}

#[test]
fn looks_come_less_and_less_often_and_end() {
    let secs: Vec<u64> = (0..6).filter_map(next_look).map(|wait| wait.as_secs()).collect();
    assert_eq!(secs, [15, 30, 60, 120, 120, 120]);
    assert_eq!(next_look(LOOKED_AT), None);
}

fn any_progress() -> impl Strategy<Value = Progress> {
    prop::sample::select(vec![
        Progress::Placed,
        Progress::Ringing,
        Progress::Answered,
        Progress::Completed,
        Progress::Busy,
        Progress::NoAnswer,
        Progress::Failed,
        Progress::Canceled,
    ])
}

proptest! {
    /// Whatever is reported, in whatever order: each phone is submitted at most once, the end is told once,
    /// the contact is called only while the agent is in the call, and nobody is left on the line.
    #[test]
    fn any_order_of_reports_is_harmless(
        reports in prop::collection::vec((any::<bool>(), any_progress(), any::<bool>()), 0..20),
    ) {
        let mut call = begun();
        let (mut submitted, mut ended, mut told) = ([0, 0], 0, 0);
        let mut next = vec![Next::Dial(Side::Agent)];
        for (is_agent, progress, hangs_up) in reports {
            for step in std::mem::take(&mut next) {
                match step {
                    Next::Dial(side) => {
                        if side == Side::Contact {
                            prop_assert!(call.agent.answers());
                        }
                        let (submits, more) = call.turn(side, at(1));
                        submitted[usize::from(side == Side::Contact)] += u32::from(submits);
                        next.extend(more);
                    }
                    // Nobody asks for a hold here.
                    Next::HangUp(_) | Next::Hold { .. } | Next::Held { .. } | Next::NotHeld { .. } => {}
                    Next::Talking => told += 1,
                    Next::Ended => ended += 1,
                }
            }
            let side = if is_agent { Side::Agent } else { Side::Contact };
            next.extend(call.reported(&report(side, progress), at(2)));
            if hangs_up && progress == Progress::Canceled {
                next.extend(call.hang_up(at(2)));
            }
        }
        ended += next.iter().filter(|step| **step == Next::Ended).count();
        prop_assert!(submitted.iter().all(|times| *times <= 1));
        prop_assert!(ended <= 1 && told <= 1);
        prop_assert_eq!(call.ended.is_some(), ended == 1);
        for side in Side::BOTH {
            let leg = call.leg(side);
            if call.ended.is_some() && leg.is_on_the_line() {
                prop_assert!(leg.ends, "{side:?} stays on the line");
            }
        }
        let kept = serde_json::to_string(&call).unwrap();
        prop_assert_eq!(serde_json::from_str::<PhoneCall>(&kept).unwrap(), call);
    }
}
