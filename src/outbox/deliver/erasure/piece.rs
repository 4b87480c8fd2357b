//! A piece of an erasure, and what can come of it.

use std::time::Duration;

use crate::domain::effect::{Erased, Then};
use crate::domain::erasure::{About, Counts, Erasure, Left, LeftReason, Step};
use crate::outbox::{Delivery, Detour, Ports};
use crate::store::erasures::Next;

/// A step that fails for so long without getting any further is given up, so that what tells of the person is
/// not kept for ever.
const GIVEN_UP_AFTER: Duration = Duration::from_hours(7 * 24);
/// After these times what may still have been on its way is looked for once more; and what was refused, such
/// as a message that is still being sent, is tried again.
const AGAIN_AFTER: [Duration; 5] = [
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(12),
    Duration::from_hours(24),
];

/// A piece of work: the erasure and what it knows, and the step.
pub(super) struct Piece<'a> {
    pub(super) erasure: &'a Erasure,
    pub(super) about: &'a About,
    pub(super) next: &'a Next,
}

impl Piece<'_> {
    /// What there is to say after which the step stands so.
    pub(super) fn then(&self, then: Then) -> Erased {
        Erased::nothing(&self.erasure.id, self.next.seq, then)
    }

    /// The step is done, with so much erased.
    pub(super) fn finished(&self, counts: Counts) -> Erased {
        Erased { counts, ..self.then(Then::Done) }
    }

    /// The step is done as far as it can be, and this is left.
    pub(super) fn left(&self, reason: LeftReason) -> Erased {
        Erased { left: vec![self.next.step.left(reason)], ..self.then(Then::Done) }
    }

    /// A failure is tried again, unless the step has failed for days.
    pub(super) fn given_up(&self, ports: &Ports, failed: Detour) -> Result<Erased, Detour> {
        let since = self.next.tried_since.unwrap_or(self.next.due_at);
        let is_late = ports.clock.now().since(since) > GIVEN_UP_AFTER;
        match failed {
            Delivery::Retry { .. } | Delivery::Unanswered { .. } if is_late => {
                Ok(self.left(LeftReason::Failed))
            }
            failed => Err(failed),
        }
    }
}

/// When a step is looked at again after so many rounds; nothing after the last.
pub(super) fn again_after(round: u32) -> Option<u64> {
    fail::fail_point!("erasure_waits_not", |_| (round < 5).then_some(1));
    AGAIN_AFTER.get(usize::try_from(round).ok()?).map(Duration::as_secs)
}

/// Several things that are left of one step.
pub(super) fn lefts(step: &Step, of: &[(LeftReason, u64)]) -> Vec<Left> {
    let of = of.iter().filter(|(_, count)| *count > 0);
    of.map(|(reason, count)| Left { count: *count, ..step.left(*reason) }).collect()
}
