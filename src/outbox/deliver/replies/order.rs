//! The order of replies: they go to the phone as they stand in the room.
//!
//! What is heard of waits in its lane by the time it was said. But around a failure the homeserver may bring
//! an older message after a newer one, or forget it until the rooms are looked through. So for a while after
//! a failure the room is asked, before a reply goes, whether something was said before it.

use crate::domain::ids::InteractionId;
use crate::domain::lane::Lane;
use crate::outbox::backlog::AT_MOST;
use crate::outbox::history::{OVERLAP, read_room};
use crate::outbox::{Delivery, Ports};
use crate::store::outbox::Head;
use crate::store::{interactions, outbox};

/// Whether a reply is still the first of its lane once everything that may have been said before it has
/// arrived.
pub(super) async fn is_first(
    ports: &Ports,
    head: &Head,
    lane: &Lane,
    id: &InteractionId,
) -> Result<bool, Delivery> {
    if !ports.backlog.is_in_doubt(ports.matrix.reach().gaps()) {
        return Ok(true);
    }
    let found = interactions::by_id(&mut *ports.store.connection().await?, id).await?;
    let Some(room) = found.and_then(|found| found.room) else { return Ok(true) };
    let now = ports.clock.now();
    if let Err(error) = read_room(ports, &room, now - OVERLAP).await {
        // The phone is not to wait for ever for a homeserver that is out of order.
        if now.since(head.created_at) < AT_MOST {
            let why = format!("it is not known what was said before: {error}");
            return Err(Delivery::Retry { after: None, counts: false, why });
        }
        tracing::warn!(%room, %error, "a reply goes though it is not known what was said before");
    }
    let first = outbox::head(&mut *ports.store.connection().await?, lane).await?;
    Ok(first.is_some_and(|first| first.seq == head.seq))
}
