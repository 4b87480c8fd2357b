//! Looks whether whom someone wants to talk to is there, by the presence of their Matrix account.

use super::record::recorded;
use super::{Delivery, Ports};
use crate::domain::input::{Claim, Input};
use crate::domain::talk::{Presence, Wanted};
use crate::matrix::error::MatrixError;

/// Asks the homeserver, and hands the desk what it says.
pub(super) async fn look(ports: &Ports, claim: &Claim, wanted: &Wanted) -> Result<Delivery, Delivery> {
    let presence = presence(ports, wanted).await?;
    let (claim, wanted) = (claim.clone(), Box::new(wanted.clone()));
    recorded(ports, Input::PeerFound { claim, wanted, presence }).await
}

/// Who wants the talk has just typed, so that a homeserver which does not show even them shows nobody.
async fn presence(ports: &Ports, wanted: &Wanted) -> Result<Presence, MatrixError> {
    Ok(if ports.matrix.is_there(&wanted.asked.user).await? {
        Presence::There
    } else if ports.matrix.is_there(&wanted.asker.user).await? {
        Presence::Away
    } else {
        Presence::Untold
    })
}
