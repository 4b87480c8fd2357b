//! When a part of unknown fate is looked up.

use std::time::Duration;

use super::part::part_id;
use crate::clock::Millis;
use crate::domain::timer::{Due, Timer};

/// How long after its request, and then after each look, the provider's list is looked at for a part of
/// unknown fate. A callback that comes later still settles it.
pub const RECONCILE_AFTER: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(30)];

pub(super) fn look_up(reply: &str, part: usize, tries: u32, at: Millis) -> Timer {
    let after =
        RECONCILE_AFTER.get(tries as usize).copied().unwrap_or(RECONCILE_AFTER[RECONCILE_AFTER.len() - 1]);
    Timer { due_at: at + after, what: Due::ReconcilePart { part: part_id(reply, part), tries } }
}
