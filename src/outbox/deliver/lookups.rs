//! Questions to the homeserver about people: whether a user exists, and whether they are online.

use crate::domain::effect::{LookUpPresence, LookWhetherOnline, MeetAgent, Met};
use crate::domain::input::{Claim, Evidence, Input};
use crate::domain::talk::{Presence, Wanted};
use crate::matrix::error::MatrixError;
use crate::outbox::record::recorded;
use crate::outbox::{Delivery, Ports};

/// Asks the homeserver whether the user of a new agent exists.
pub(super) async fn meet(ports: &Ports, newcomer: &MeetAgent) -> Result<Evidence, Delivery> {
    let MeetAgent { agent, by } = newcomer;
    let is_known = ports.matrix.profile(&agent.who.user).await?.is_some();
    Ok(Evidence::Met(Met { agent: agent.clone(), by: by.clone(), is_known }))
}

/// Asks the homeserver whether whom someone wants to talk to is there, by the presence of their Matrix
/// account, and hands the desk what it says.
pub(super) async fn peer(
    ports: &Ports,
    claim: &Claim,
    LookUpPresence { wanted }: &LookUpPresence,
) -> Result<Delivery, Delivery> {
    let presence = presence(ports, wanted).await?;
    let (claim, wanted) = (claim.clone(), wanted.clone());
    recorded(ports, Input::PeerPresenceFound { claim, wanted, presence }).await
}

/// Asks the homeserver whether someone is online, and keeps what it says.
pub(super) async fn whether_online(
    ports: &Ports,
    LookWhetherOnline { user }: &LookWhetherOnline,
) -> Result<Delivery, Delivery> {
    let shown = vec![(user.clone(), ports.matrix.presence(user).await?)];
    let kept = recorded(ports, Input::Presences { shown }).await?;
    Ok(if matches!(kept, Delivery::Recorded) { Delivery::Done(Evidence::Nothing) } else { kept })
}

/// Who wants the talk has just typed, so that a homeserver which does not show even them shows nobody.
async fn presence(ports: &Ports, wanted: &Wanted) -> Result<Presence, MatrixError> {
    Ok(if ports.matrix.presence(&wanted.invitee.user).await?.is_there() {
        Presence::There
    } else if ports.matrix.presence(&wanted.initiator.user).await?.is_there() {
        Presence::Away
    } else {
        Presence::Untold
    })
}
