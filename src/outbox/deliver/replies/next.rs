//! The reply that waits right behind one that is being submitted: its turn shares a commit with that one's
//! answer, so that a room in which much is said does not wait for two commits between two requests.

use std::time::{Duration, Instant};

use crate::domain::effect::{Effect, SendReply};
use crate::domain::input::Claim;
use crate::outbox::Ports;
use crate::store::outbox;

/// So many follow in one turn of a lane, and none after this time. Then other lanes have theirs, and a
/// program that is to end does not wait for long.
const MOST: usize = 16;
const WITHIN: Duration = Duration::from_secs(1);

/// A reply, with the right to record what becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Next {
    /// The effect that sends it.
    pub(super) claim: Claim,
    /// The desk's id of it.
    pub(super) reply: String,
}

/// How many have followed the first reply in one turn of a lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Followed {
    /// So many.
    pub(super) count: usize,
    /// Since when.
    pub(super) since: Instant,
}

/// What may have its turn as soon as this is answered: a reply that is due, when nothing has to be asked
/// before it goes.
pub(super) async fn behind(ports: &Ports, this: &Claim, followed: Followed) -> Option<Next> {
    let is_enough = followed.count >= MOST || followed.since.elapsed() > WITHIN;
    if is_enough || !may_follow(ports) {
        return None;
    }
    // Where it cannot be read, the lane finds that out.
    let found = async { outbox::next(&mut *ports.store.connection().await?, this).await };
    let next = found.await.ok()??;
    let Effect::SendReply(SendReply { reply, .. }) = next.effect else { return None };
    if next.begun > 0 || next.due_at > ports.clock.now() {
        return None;
    }
    Some(Next { claim: Claim { seq: next.seq, version: next.version, ..this.clone() }, reply })
}

/// Whether messages may go, and nothing that was said before may still turn up.
pub(super) fn may_follow(ports: &Ports) -> bool {
    ports.lets_messages_go() && !ports.backlog.is_in_doubt(ports.matrix.reach().gaps())
}
