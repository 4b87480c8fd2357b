//! Telephone calls: a phone's turn to be called, what the provider answers and reports, and what it says when
//! it is asked.

use crate::acts::calls::{self, find, keep, look_later};
use crate::commit::{Applied, Dialling, Tx};
use crate::domain::call::{CallAnswer, CallReport, HoldAnswer, Side};
use crate::domain::effect::LookAtCall;
use crate::domain::ids::InteractionId;
use crate::domain::input::{CallInput, Claim};
use crate::domain::interaction::Interaction;
use crate::store::outbox::{self, Completed};
use crate::store::{Result, agents, blocks};

/// Why a contact who was blocked meanwhile is not called.
const BLOCKED: &str = "they were blocked meanwhile";
/// Why an agent who has no phone any more is not called.
const NO_PHONE: &str = "you have no phone in the desk any more";

/// Something happened to a call.
pub(in crate::desk) async fn happened(tx: &mut Tx<'_>, input: &CallInput) -> Result<Applied> {
    match input {
        CallInput::Turn { claim, call, side } => turn(tx, claim, call, *side).await,
        CallInput::Answered { claim, call, side, said } => answered(tx, claim, call, *side, said).await,
        CallInput::Reported(report) => Ok(match calls::reported(tx, report).await? {
            Some(true) => Applied::Done,
            Some(false) => Applied::Seen,
            None => Applied::Foreign,
        }),
        CallInput::Held { claim, call, on, said } => held(tx, claim, call, *on, said).await,
        CallInput::LookedAt { claim, call, tries, found, gone } => {
            looked_at(tx, claim, call, *tries, (found, gone)).await
        }
    }
}

/// It is the turn of a phone: commits that it is called before it is.
async fn turn(tx: &mut Tx<'_>, claim: &Claim, id: &InteractionId, side: Side) -> Result<Applied> {
    if !outbox::still_ours(tx.db().await?, claim).await? {
        return Ok(Applied::Lost);
    }
    let Some((of, mut call)) = find(tx, id).await? else { return over(tx, claim).await };
    let number = match number(tx, &of, side).await? {
        Ok(number) => number,
        Err(why) => {
            let next = call.refuse(side, why, tx.now);
            keep(tx, &of, call, next).await?;
            return over(tx, claim).await;
        }
    };
    let (submits, next) = call.turn(side, tx.now);
    keep(tx, &of, call, next).await?;
    if !submits {
        return over(tx, claim).await;
    }
    let from = of.our_number.value().to_owned();
    Ok(Applied::Dial(Dialling { from, to: number }))
}

/// The number that is called, or why none is.
async fn number(
    tx: &mut Tx<'_>,
    of: &Interaction,
    side: Side,
) -> Result<std::result::Result<String, &'static str>> {
    match side {
        Side::Agent => {
            let Some(by) = of.handler() else { return Ok(Err(NO_PHONE)) };
            let phone = agents::by_id(tx.db().await?, &by.id).await?.and_then(|agent| agent.phone);
            Ok(phone.ok_or(NO_PHONE))
        }
        Side::Contact => {
            let now = tx.now;
            let is_blocked = blocks::of(tx.db().await?, &of.contact.id, now).await?.is_some();
            Ok(if is_blocked { Err(BLOCKED) } else { Ok(of.contact.number.value().to_owned()) })
        }
    }
}

async fn over(tx: &mut Tx<'_>, claim: &Claim) -> Result<Applied> {
    tx.complete(claim).await?;
    Ok(Applied::Over)
}

/// The provider answered, or did not. A phone that it did not call has its turn again after the lane has
/// waited.
async fn answered(
    tx: &mut Tx<'_>,
    claim: &Claim,
    id: &InteractionId,
    side: Side,
    said: &CallAnswer,
) -> Result<Applied> {
    let is_ours = outbox::still_ours(tx.db().await?, claim).await?;
    if let Some((of, mut call)) = find(tx, id).await? {
        let next = call.answered(side, said, tx.now);
        keep(tx, &of, call, next).await?;
    }
    if !is_ours {
        return Ok(Applied::Lost);
    }
    if *said == CallAnswer::NotProcessed {
        return Ok(Applied::Done);
    }
    over(tx, claim).await
}

/// The provider put the contact on hold or took them off it, or did not. It is asked again after the lane
/// has waited.
async fn held(
    tx: &mut Tx<'_>,
    claim: &Claim,
    id: &InteractionId,
    on: bool,
    said: &HoldAnswer,
) -> Result<Applied> {
    if !outbox::still_ours(tx.db().await?, claim).await? {
        return Ok(Applied::Lost);
    }
    let Some((of, mut call)) = find(tx, id).await? else { return over(tx, claim).await };
    let (again, next) = call.held(on, said, tx.now);
    keep(tx, &of, call, next).await?;
    if again { Ok(Applied::Done) } else { over(tx, claim).await }
}

/// The provider was asked where a call stands. It is asked again while that may change.
async fn looked_at(
    tx: &mut Tx<'_>,
    claim: &Claim,
    id: &InteractionId,
    tries: u32,
    (found, gone): (&[CallReport], &[Side]),
) -> Result<Applied> {
    if outbox::complete(tx.db().await?, claim).await? == Completed::Lost {
        return Ok(Applied::Lost);
    }
    let Some((of, mut call)) = find(tx, id).await? else { return Ok(Applied::Foreign) };
    let next = call.looked_at((found, gone), tries, tx.now);
    keep(tx, &of, call, next).await?;
    look_later(tx, id, tries + 1).await?;
    Ok(Applied::Done)
}

/// A call is to be looked at, unless nothing can change any more.
pub(in crate::desk) async fn look(tx: &mut Tx<'_>, id: &InteractionId, tries: u32) -> Result<Applied> {
    let Some((_, call)) = find(tx, id).await? else { return Ok(Applied::Foreign) };
    if call.is_to_be_looked_at() {
        tx.emit(LookAtCall { call: id.clone(), tries }).await?;
    } else if call.ended.is_none() {
        look_later(tx, id, tries + 1).await?;
    }
    Ok(Applied::Done)
}
