//! Who is in a room of the desk.

use ruma::UserId;

use crate::domain::effect::{Invite, Join, Remove};
use crate::domain::input::Evidence;
use crate::matrix::error::{MatrixError, Verdict};
use crate::outbox::{Detour, Ports, target};

/// Invites someone.
pub(super) async fn invite(ports: &Ports, invite: &Invite) -> Result<Evidence, Detour> {
    let Invite { interaction, user } = invite;
    let room = target::room(target::of(ports, interaction).await?.by_ref())?;
    ports.matrix.invite(&room, user, None).await?;
    Ok(Evidence::Nothing)
}

/// Lets someone join who was invited, where the bridge may act for them.
pub(super) async fn join(ports: &Ports, join: &Join) -> Result<Evidence, Detour> {
    let Join { interaction, user } = join;
    let room = target::room(target::of(ports, interaction).await?.by_ref())?;
    if let Some(agents) = &ports.for_agents {
        on_behalf(user, agents.join(user, &room).await)?;
    }
    Ok(Evidence::Nothing)
}

/// Takes someone out, or their invite back.
pub(super) async fn remove(ports: &Ports, remove: &Remove) -> Result<Evidence, Detour> {
    let Remove { interaction, user, reason } = remove;
    let room = target::room(target::of(ports, interaction).await?.by_ref())?;
    ports.matrix.remove(&room, user, Some(reason)).await?;
    if let Some(agents) = &ports.for_agents {
        on_behalf(user, agents.forget(user, &room).await)?;
    }
    Ok(Evidence::Nothing)
}

/// What the bridge may not do for an agent they do themselves, by the invite and the link they have: an admin
/// is never acted for, and the homeserver may not know the second registration, which `switchroom check`
/// tells.
fn on_behalf(user: &UserId, done: Result<(), MatrixError>) -> Result<(), Detour> {
    match done {
        Err(error) if error.has_status(401) || matches!(error.verdict(), Verdict::Rejected { .. }) => {
            tracing::info!(%user, %error, "the homeserver lets us not act for this agent");
            Ok(())
        }
        done => Ok(done?),
    }
}
