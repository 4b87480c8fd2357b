//! `timers`: how long things wait, where a queue does not say so itself.

use std::time::Duration;

use super::read::Fields;

const DAY: u64 = 86_400;

/// How long things wait.
#[derive(Clone, Debug)]
pub struct Timers {
    /// An invitation to an IM or a consultation that nobody answers, until its caller is told.
    pub im_offer: Duration,
    /// How long after an interaction its contact is offered to the same agent first; zero for never.
    pub thread_window: Duration,
    /// How long before a session expires its owner is warned; zero for never.
    pub expiry_warning: Duration,
    /// After the reply to a page was accepted by the provider, how long a second one may still follow.
    pub page_grace: Duration,
    /// How long an owner may be out of the room before the interaction is queued again.
    pub owner_away: Duration,
    /// A message that reaches the bridge this long after it was written is held back.
    pub late: Duration,
}

impl Timers {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self {
            im_offer: fields.secs("im_offer_secs", 60, 1..=3_600),
            thread_window: fields.secs("thread_window_secs", 259_200, 0..=90 * DAY),
            expiry_warning: fields.secs("expiry_warning_secs", 300, 0..=DAY),
            page_grace: fields.secs("page_grace_secs", 10, 0..=3_600),
            owner_away: fields.secs("owner_away_secs", 300, 1..=DAY),
            late: fields.secs("late_secs", 600, 1..=30 * DAY),
        }
    }
}
