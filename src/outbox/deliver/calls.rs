//! Telephone calls at the provider: phones are called, at most once each, and put on hold, calls are ended
//! and looked at. What is submitted is committed before the request is made.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::desk::{Applied, Dialling};
use crate::domain::call::{CallAnswer, CallReport, HoldAnswer, LegState, Side};
use crate::domain::effect::{Dial, HangUp, HoldCall, LookAtCall};
use crate::domain::ids::InteractionId;
use crate::domain::input::{CallInput, Claim, Evidence, Input};
use crate::domain::interaction::Interaction;
use crate::outbox::record::{apply_surely, recorded};
use crate::outbox::{Delivery, Ports, target};
use crate::sms::calls::{CallSeen, OutgoingCall};
use crate::sms::provider::{Calls, ListError, SendOutcome};
use crate::store::{agents, provider_texts};

/// The provider's clock and ours may differ by this much.
const SLACK: Duration = Duration::from_mins(2);
/// How long the provider is left alone at least that did not find a phone in its conference.
const AGAIN: Duration = Duration::from_secs(1);
/// Why nothing can be done where the provider does not call.
const CANNOT: &str = "the provider that is configured cannot call";

/// Calls a phone.
pub(super) async fn dial(ports: &Ports, claim: &Claim, of: &Dial) -> Result<Delivery, Delivery> {
    let Dial { call, side } = of;
    let again = |error: String| Delivery::Retry { after: None, counts: false, why: error };
    let turn = CallInput::Turn { claim: claim.clone(), call: call.clone(), side: *side };
    let applied = ports.desk.apply(Input::Call(turn)).await.map_err(|error| again(error.to_string()))?;
    let Dialling { from, to } = match applied {
        Applied::Dial(dialling) => dialling,
        Applied::Over => return Ok(Delivery::Completed),
        Applied::DeadLettered => {
            return Ok(Delivery::Undeliverable("the desk could not apply it".to_owned()));
        }
        _ => return Ok(Delivery::Recorded),
    };
    let outgoing =
        OutgoingCall { from, to, conference: call.to_string(), callback: ports.doors.call(call, *side) };
    fail::fail_point!("before_call", |_| std::process::abort());
    let outcome = match ports.sms.calls() {
        Some(calls) => calls.place(&outgoing).await,
        None => SendOutcome::Rejected { code: None, why: CANNOT.to_owned() },
    };
    fail::fail_point!("after_call", |_| std::process::abort());
    let (said, later) = match outcome {
        SendOutcome::Accepted { sid, .. } => (CallAnswer::Accepted { sid }, None),
        SendOutcome::Retry { after, why } => {
            let later = Delivery::Retry { after: Some(after.unwrap_or_default()), counts: false, why };
            (CallAnswer::NotProcessed, Some(later))
        }
        SendOutcome::Rejected { code, why } => {
            let known = code.and_then(|code| ports.sms.explain(code));
            (CallAnswer::Refused { why: known.map_or(why, str::to_owned) }, None)
        }
        SendOutcome::Unknown { .. } => (CallAnswer::Unknown, None),
    };
    let input = CallInput::Answered { claim: claim.clone(), call: call.clone(), side: *side, said };
    // The answer is worth waiting for the database: without it nobody knows whether the phone rings.
    match (apply_surely(ports, &CancellationToken::new(), Input::Call(input)).await, later) {
        (Some(Applied::Over), _) => Ok(Delivery::Completed),
        (Some(Applied::Done), Some(later)) => Ok(later),
        _ => Ok(Delivery::Recorded),
    }
}

/// Ends a phone's part in a call. What is over already is ended.
pub(super) async fn hang_up(ports: &Ports, HangUp { sid }: &HangUp) -> Result<Evidence, Delivery> {
    let Some(calls) = ports.sms.calls() else { return Ok(Evidence::Nothing) };
    match calls.hang_up(sid).await {
        Ok(()) => Ok(Evidence::Nothing),
        Err(error) if error.is_retryable() => {
            Err(Delivery::Retry { after: None, counts: false, why: error.to_string() })
        }
        Err(error) => {
            // It is looked at again, and ended then.
            tracing::warn!(%error, "a call could not be ended");
            Ok(Evidence::Nothing)
        }
    }
}

/// Puts the contact of a call on hold, or takes them off it, if that is still wanted.
pub(super) async fn hold(ports: &Ports, claim: &Claim, of: &HoldCall) -> Result<Delivery, Delivery> {
    let interaction = target::interaction(ports, &of.call).await?;
    let leg = interaction
        .call
        .as_ref()
        .filter(|call| call.is_to_be_held(of.on, ports.clock.now()))
        .map(|call| &call.contact);
    let said = match (ports.sms.calls(), leg) {
        (_, None) => HoldAnswer::NotAsked,
        (None, Some(_)) => HoldAnswer::Refused { why: CANNOT.to_owned() },
        (Some(calls), Some(leg)) => {
            fail::fail_point!("before_hold", |_| std::process::abort());
            let sid = leg.sid.as_deref().unwrap_or_default();
            let answer = calls.hold(of.call.as_str(), sid, of.on).await;
            fail::fail_point!("after_hold", |_| std::process::abort());
            match answer {
                Ok(true) => HoldAnswer::Done,
                Ok(false) => {
                    report_end(ports, calls, &of.call, sid).await?;
                    HoldAnswer::NotYet
                }
                Err(error) if error.is_retryable() => {
                    tracing::info!(%error, "a phone could not be put on hold, or taken off it, yet");
                    HoldAnswer::NotYet
                }
                Err(ListError::Refused { code, why, .. }) => {
                    let known = code.and_then(|code| ports.sms.explain(code));
                    HoldAnswer::Refused { why: known.map_or(why, str::to_owned) }
                }
                Err(error) => HoldAnswer::Refused { why: error.to_string() },
            }
        }
    };
    let input = CallInput::Held { claim: claim.clone(), call: of.call.clone(), on: of.on, said };
    match ports.desk.apply(Input::Call(input)).await {
        Ok(Applied::Over) => Ok(Delivery::Completed),
        Ok(Applied::Done) => {
            let why = "the provider has not done it yet".to_owned();
            Err(Delivery::Retry { after: Some(AGAIN), counts: false, why })
        }
        Ok(Applied::DeadLettered) => Ok(Delivery::Undeliverable("the desk could not apply it".to_owned())),
        Ok(_) => Ok(Delivery::Recorded),
        Err(error) => Err(Delivery::Retry { after: None, counts: false, why: error.to_string() }),
    }
}

/// The contact's phone is in no conference: it has not come in yet, or it has left, and the report of that is
/// late or lost.
async fn report_end(
    ports: &Ports,
    calls: &dyn Calls,
    call: &InteractionId,
    sid: &str,
) -> Result<(), Delivery> {
    // Where that cannot be asked either, it is looked at later.
    let seen = calls.look(sid).await.ok().flatten();
    let Some((progress, secs)) = seen.and_then(|seen| Some((seen.progress?, seen.secs))) else {
        return Ok(());
    };
    if progress.is_over() {
        let (call, sid) = (call.clone(), sid.to_owned());
        let report = CallReport { call, side: Side::Contact, sid, progress, secs };
        let applied = ports.desk.apply(Input::Call(CallInput::Reported(report))).await;
        applied.map_err(|error| Delivery::Retry { after: None, counts: false, why: error.to_string() })?;
    }
    Ok(())
}

/// Asks the provider where a call stands.
pub(super) async fn look(ports: &Ports, claim: &Claim, of: &LookAtCall) -> Result<Delivery, Delivery> {
    let interaction = target::interaction(ports, &of.call).await?;
    let (mut found, mut gone) = (Vec::new(), Vec::new());
    if let (Some(calls), Some(call)) = (ports.sms.calls(), &interaction.call) {
        for side in Side::BOTH {
            let leg = call.leg(side);
            let seen = match (&leg.sid, leg.state) {
                (Some(sid), LegState::Told { progress }) if !progress.is_over() => {
                    let seen = calls.look(sid).await.map_err(|error| later(&error))?;
                    gone.extend(seen.is_none().then_some(side));
                    seen
                }
                (_, LegState::Unknown) => listed(ports, calls, &interaction, side).await?,
                _ => None,
            };
            found.extend(seen.and_then(|seen| {
                let CallSeen { sid, progress, secs, .. } = seen;
                Some(CallReport { call: of.call.clone(), side, sid, progress: progress?, secs })
            }));
        }
    }
    let (claim, call) = (claim.clone(), of.call.clone());
    recorded(ports, Input::Call(CallInput::LookedAt { claim, call, tries: of.tries, found, gone })).await
}

fn later(error: &ListError) -> Delivery {
    Delivery::Retry { after: None, counts: false, why: error.to_string() }
}

/// A call of the provider's list that must be this leg: between the same numbers, made since it was asked
/// for, and not known to be another.
async fn listed(
    ports: &Ports,
    calls: &dyn Calls,
    of: &Interaction,
    side: Side,
) -> Result<Option<CallSeen>, Delivery> {
    let to = match side {
        Side::Contact => Some(of.contact.number.value().to_owned()),
        Side::Agent => match of.handler() {
            Some(by) => {
                let mut conn = ports.store.connection().await?;
                agents::by_id(&mut conn, &by.id).await?.and_then(|agent| agent.phone)
            }
            None => None,
        },
    };
    let Some(to) = to else { return Ok(None) };
    let since = of.created_at - SLACK;
    let listed = calls.list_calls(of.our_number.value(), &to, since).await.map_err(|error| later(&error))?;
    let ids: Vec<&str> = listed.iter().map(|seen| seen.sid.as_str()).collect();
    let known = {
        let mut conn = ports.store.connection().await?;
        provider_texts::known(&mut conn, &ids).await?
    };
    let fits = |seen: &CallSeen| seen.created >= since && !known.contains(&seen.sid);
    Ok(listed.into_iter().filter(fits).min_by_key(|seen| seen.created))
}
