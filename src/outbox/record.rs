//! Hands the desk what became of an effect.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Delivery, Ports};
use crate::desk::Applied;
use crate::domain::input::{Claim, Input};

/// The pause after an outcome could not be recorded.
const AGAIN: Duration = Duration::from_secs(1);

/// Hands the desk an input that itself completes the effect.
pub(super) async fn recorded(ports: &Ports, input: Input) -> Result<Delivery, Delivery> {
    match ports.desk.apply(input).await {
        Ok(Applied::DeadLettered) => Ok(Delivery::Undeliverable("the desk could not apply it".to_owned())),
        Ok(_) => Ok(Delivery::Recorded),
        Err(error) => Ok(Delivery::Retry { after: None, counts: false, why: error.to_string() }),
    }
}

/// Applies an input until it is durable; nothing once everything is being stopped.
pub(super) async fn apply_surely(ports: &Ports, stop: &CancellationToken, input: Input) -> Option<Applied> {
    apply_all_surely(ports, stop, vec![input]).await?.pop()
}

/// Applies inputs in one commit until they are durable; nothing once everything is being stopped.
pub(super) async fn apply_all_surely(
    ports: &Ports,
    stop: &CancellationToken,
    inputs: Vec<Input>,
) -> Option<Vec<Applied>> {
    loop {
        match ports.desk.apply_all(inputs.clone()).await {
            Ok(applied) => return Some(applied),
            Err(error) if stop.is_cancelled() => {
                tracing::warn!(%error, "an outcome was not recorded before the end");
                return None;
            }
            Err(error) => {
                tracing::warn!(%error, "an outcome could not be recorded yet");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Records that strangers' bytes are about to be read for an effect.
pub(super) async fn begin(ports: &Ports, claim: &Claim) -> Result<(), Delivery> {
    match ports.desk.apply(Input::Begun { claim: claim.clone() }).await {
        Ok(Applied::Done) => Ok(()),
        Ok(_) => Err(Delivery::Recorded),
        Err(error) => Err(Delivery::Retry { after: None, counts: false, why: error.to_string() }),
    }
}

/// Records that the bytes were read without harm: if the program ends from now on, it is not their fault.
pub(super) async fn end(ports: &Ports, claim: &Claim) -> Result<(), Delivery> {
    let input = Input::Postponed { claim: claim.clone(), until: ports.clock.now(), counts: false };
    match ports.desk.apply(input).await {
        Ok(_) => Ok(()),
        Err(error) => Err(Delivery::Retry { after: None, counts: false, why: error.to_string() }),
    }
}
