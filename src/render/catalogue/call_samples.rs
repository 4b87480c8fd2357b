//! Samples of what is said of telephone calls.

use super::codes::{call_results, not_dialled};
use super::samples::jane;
use crate::domain::call::CallResult;
use crate::domain::notice::{CallCard, CallNews, CallRefusal, Says};

fn card(news: CallNews, result: Option<CallResult>, meaning: Option<&str>) -> Says {
    Says::Call(CallCard {
        news,
        contact: jane(),
        number: "+14155550100".into(),
        other_number: result.filter(|result| *result == CallResult::Busy).map(|_| "+14155550100".into()),
        our_number: "+15005550006".into(),
        secs: if result == Some(CallResult::Talked) { 192 } else { 0 },
        result,
        meaning: meaning.map(str::to_owned),
        on_hold: matches!(news, CallNews::OnHold | CallNews::NotResumed),
    })
}

/// What is told of a call.
pub(super) fn calls() -> Vec<Says> {
    let plain = [
        CallNews::Calling,
        CallNews::Talking,
        CallNews::OnHold,
        CallNews::OffHold,
        CallNews::NotHeld,
        CallNews::NotResumed,
        CallNews::HangingUp,
    ];
    let mut all: Vec<Says> = plain.map(|news| card(news, None, None)).into();
    all.extend(
        [CallNews::NotHeld, CallNews::NotResumed].map(|news| card(news, None, Some("the call is over"))),
    );
    all.extend(call_results().into_iter().map(|result| card(CallNews::Ended, Some(result), None)));
    let why = Some("'To' number is not a valid phone number");
    all.extend(
        [CallResult::Refused, CallResult::AgentRefused]
            .map(|result| card(CallNews::Ended, Some(result), why)),
    );
    all
}

/// Every reason why nobody is called.
pub(super) fn calls_refused() -> Vec<Says> {
    let refused = |why| Says::CallRefused(CallRefusal { contact: jane(), agent: "alice".to_owned(), why });
    not_dialled().into_iter().map(refused).collect()
}
