//! Who is online: the homeserver says it when that changes, once, and to whom does not listen not again. So
//! it is asked of everyone after a start or a gap, and now and then.

use futures_util::{StreamExt as _, stream};
use ruma::OwnedUserId;

use crate::desk::ApplyError;
use crate::domain::input::Input;
use crate::domain::talk::ImPresence;
use crate::outbox::Ports;
use crate::store::{StoreError, agents};

/// How many are asked for at once.
const AT_ONCE: usize = 8;

/// Why it is not known who is online.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error("what it tells was not kept")]
    Apply(#[from] ApplyError),
}

/// Asks who is online, where that decides whom one can write to. A failure is not worth waiting for: what
/// agents see of it decides nothing.
pub(super) async fn look(ports: &Ports) {
    if ports.desk.settings().borrow().desk.im_presence != ImPresence::Matrix {
        return;
    }
    if let Err(error) = ask(ports).await {
        tracing::warn!(%error, "it is not known who is online");
    }
}

async fn ask(ports: &Ports) -> Result<(), LookError> {
    let everyone = agents::all(&mut *ports.store.connection().await?).await?;
    let users: Vec<OwnedUserId> = everyone.into_iter().map(|agent| agent.who.user).collect();
    for users in users.chunks(AT_ONCE) {
        let asked = stream::iter(users.to_vec()).map(async |user| {
            match ports.matrix.presence(&user).await {
                Ok(online) => Some((user, online)),
                // Of the others it may tell.
                Err(error) => {
                    tracing::warn!(%user, %error, "the homeserver does not tell whether someone is online");
                    None
                }
            }
        });
        let told: Vec<_> = asked.buffered(AT_ONCE).collect().await;
        // What is told meanwhile must not be overtaken, so each few are kept at once.
        let shown = told.into_iter().flatten().collect();
        ports.desk.apply(Input::Presences { shown }).await?;
    }
    Ok(())
}
