//! What the simulator does wrong on purpose, so that a test can show what the bridge makes of it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How one submission is answered wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFault {
    /// Not taken: 429 with code 20429.
    RateLimit,
    /// Not taken: 503.
    Unavailable,
    /// Taken, and answered as failed with this code already; no callback follows.
    FailedAtOnce(u32),
    /// Taken, and answered 500.
    ErrorAfterAccepting,
    /// Taken, and never answered.
    SilenceAfterAccepting,
    /// Taken, and the connection breaks within the answer.
    BreakAfterAccepting,
}

/// How posts to the bridge go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PostFault {
    /// They do not.
    #[default]
    None,
    /// None is posted, ever.
    Dropped,
    /// Each is posted twice.
    Twice,
    /// Callbacks of a message wait for the final one and are then posted last first. Inbound texts are not
    /// changed.
    Reversed,
    /// None is posted until the fault is changed; then all are, in order.
    Held,
}

/// How a request for a part of a message is answered wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaFault {
    /// Sent on to a host that nobody has listed.
    Elsewhere,
    /// Answered with 100 MB, whose length is not told.
    Huge,
}

/// The faults in force; none at first.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
    changed: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct Plan {
    answers: VecDeque<AnswerFault>,
    callbacks: PostFault,
    inbound: PostFault,
    missing_media: u32,
    media: HashMap<usize, MediaFault>,
    is_down: bool,
    no_media_list: HashSet<String>,
    no_list_of: HashSet<String>,
    longest_page: Option<usize>,
}

impl Faults {
    /// Answers the next `times` submissions so, after those already planned.
    pub fn answer_next(&self, fault: AnswerFault, times: usize) {
        self.plan().answers.extend(std::iter::repeat_n(fault, times));
    }

    /// From now on does this to status callbacks.
    pub fn callbacks(&self, fault: PostFault) {
        self.plan().callbacks = fault;
        self.changed.notify_waiters();
    }

    /// From now on does this to inbound webhooks.
    pub fn inbound(&self, fault: PostFault) {
        self.plan().inbound = fault;
        self.changed.notify_waiters();
    }

    /// Answers the next `times` requests for media with 404, as Twilio does while it still stores them.
    pub fn media_not_there_yet(&self, times: u32) {
        self.plan().missing_media = times;
    }

    /// From now on does this to requests for the part of this number, from 1, of every message.
    pub fn media_part(&self, number: usize, fault: MediaFault) {
        self.plan().media.insert(number, fault);
    }

    /// From now on answers every request to the API with 503, or no longer.
    pub fn down(&self, is_down: bool) {
        self.plan().is_down = is_down;
    }

    /// From now on has no list of the media of this message, as Twilio of one whose media were deleted.
    pub fn no_media_list(&self, sid: &str) {
        self.plan().no_media_list.insert(sid.to_owned());
    }

    /// From now on fails at every list of messages to or from this number.
    pub fn no_list_of(&self, number: &str) {
        self.plan().no_list_of.insert(number.to_owned());
    }

    /// From now on gives no longer pages of a list than this.
    pub fn longest_page(&self, messages: usize) {
        self.plan().longest_page = Some(messages);
    }

    /// Plans nothing any more.
    pub fn clear(&self) {
        *self.plan() = Plan::default();
        self.changed.notify_waiters();
    }

    pub(super) fn is_down(&self) -> bool {
        self.plan().is_down
    }

    pub(super) fn has_no_media_list(&self, sid: &str) -> bool {
        self.plan().no_media_list.contains(sid)
    }

    pub(super) fn has_no_list_of(&self, number: &str) -> bool {
        self.plan().no_list_of.contains(number)
    }

    pub(super) fn page_of(&self, wanted: usize) -> usize {
        self.plan().longest_page.map_or(wanted, |longest| longest.min(wanted))
    }

    pub(super) fn next_answer(&self) -> Option<AnswerFault> {
        self.plan().answers.pop_front()
    }

    pub(super) fn media_missing(&self) -> bool {
        let mut plan = self.plan();
        let missing = plan.missing_media > 0;
        plan.missing_media = plan.missing_media.saturating_sub(1);
        missing
    }

    pub(super) fn media_fault(&self, number: usize) -> Option<MediaFault> {
        self.plan().media.get(&number).copied()
    }

    /// The fault for a callback, once they are no longer held.
    pub(super) async fn callback_fault(&self) -> PostFault {
        self.unless_held(|plan| plan.callbacks).await
    }

    /// The fault for an inbound webhook, once they are no longer held.
    pub(super) async fn inbound_fault(&self) -> PostFault {
        self.unless_held(|plan| plan.inbound).await
    }

    async fn unless_held(&self, which: impl Fn(&Plan) -> PostFault) -> PostFault {
        loop {
            // Registered before looking, so that a change in between is not missed.
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let fault = which(&self.plan());
            if fault != PostFault::Held {
                return fault;
            }
            changed.await;
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
