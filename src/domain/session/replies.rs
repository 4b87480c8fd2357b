//! The contact waits for an answer: the owner is reminded, the supervisors are told, it is queued again.
//!
//! The time counts from the oldest text that nobody has answered, but not from before its owner took it, and
//! stands still while it is put aside. A message of an agent that the provider has taken answers all texts
//! that came before it was written.

use std::time::Duration;

use super::{Asks, Refused, Step};
use crate::clock::Millis;
use crate::domain::agent::AgentRef;
use crate::domain::interaction::{Interaction, ReplyStep, ReplyWait, Work};
use crate::domain::notice::{Requeued, Says};
use crate::domain::timer::Due;

/// While an answer is on its way, it is looked at again after so long.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

impl Step {
    /// The contact wrote: unless an older text waits for an answer, this one does from now on.
    pub(super) fn asked(&mut self, asks: Asks) {
        match asks {
            Asks::Answer if self.next.rules.replies.is_some() && self.next.reply_wait.is_none() => {
                self.next.reply_wait = Some(ReplyWait::since(self.at));
                self.run_reply_time(self.at);
            }
            Asks::Answer | Asks::Nothing => {}
            Asks::Peace => self.next.reply_wait = None,
        }
    }

    /// The owner's time runs while they and the contact are writing to each other, and else stands still.
    pub(super) fn run_or_stop_reply_time(&mut self) {
        if self.next.work() == Some(Work::Active) {
            self.run_reply_time(self.at);
            return;
        }
        let Interaction { rules, reply_wait: Some(wait), .. } = &mut self.next else { return };
        if let Some(times) = &rules.replies {
            wait.used_ms = times.used_ms(wait, self.at);
        }
        wait.runs_from = None;
    }

    /// A new owner has as much time as any.
    pub(super) fn begin_reply_time_anew(&mut self) {
        if let Some(wait) = &mut self.next.reply_wait {
            *wait = ReplyWait::since(wait.since);
        }
        self.run_reply_time(self.at);
    }

    fn run_reply_time(&mut self, from: Millis) {
        let is_active = self.next.work() == Some(Work::Active);
        let stands = |wait: &&mut ReplyWait| is_active && wait.runs_from.is_none();
        if let Some(wait) = self.next.reply_wait.as_mut().filter(stands) {
            wait.runs_from = Some(from);
            self.set_reply_timer();
        }
    }

    fn set_reply_timer(&mut self) {
        let Interaction { rules, reply_wait: Some(wait), .. } = &self.next else { return };
        if let Some((at, _)) = rules.replies.as_ref().and_then(|times| times.next(wait)) {
            let (interaction, since, taken) = (self.next.id.clone(), wait.since, wait.taken);
            self.timer(at, Due::ReplyWait { interaction, since, taken, at });
        }
    }

    /// Nobody could act for this long.
    pub(super) fn reply_time_stood(&mut self, away: Duration) {
        let at = self.at;
        if let Some(ReplyWait { runs_from: Some(from), .. }) = &mut self.next.reply_wait {
            *from = (*from + away).min(at).max(*from);
            self.set_reply_timer();
        }
    }

    /// The provider has taken a message of an agent, typed at a moment. A text that came after that goes on
    /// waiting, if there is one.
    pub(super) fn answered(&mut self, typed_at: Option<Millis>, next_text: Option<Millis>) {
        let Some(wait) = &self.next.reply_wait else { return };
        if typed_at.is_some_and(|typed_at| typed_at < wait.since) {
            return;
        }
        self.next.reply_wait = next_text.map(ReplyWait::since);
        if let Some(next_text) = next_text {
            self.run_reply_time(next_text);
        }
    }

    /// The time may have come for the next step.
    ///
    /// # Errors
    /// [`Refused::Stale`] if it was answered, put aside, or looked at since.
    pub(super) fn reply_wait_over(
        &mut self,
        owner: &AgentRef,
        (since, taken): (Millis, usize),
        under_way: bool,
    ) -> Result<(), Refused> {
        let Interaction { rules, reply_wait, .. } = &mut self.next;
        let wait = reply_wait.as_mut().filter(|wait| (wait.since, wait.taken) == (since, taken));
        let (Some(wait), Some(times)) = (wait, &rules.replies) else { return Err(Refused::Stale) };
        let due = times.next(wait).filter(|(at, _)| *at <= self.at);
        let Some((_, step)) = due else { return Err(Refused::Stale) };
        if under_way {
            let (interaction, at) = (self.next.id.clone(), self.at + LOOK_AGAIN);
            self.timer(at, Due::ReplyWait { interaction, since, taken, at });
            return Ok(());
        }
        wait.taken += 1;
        let secs = self.at.since(since).as_secs();
        match step {
            ReplyStep::Remind => self.tell_room(Says::ReplyDue { secs }),
            ReplyStep::Tell => {
                let (contact, owner) = (self.contact(), owner.name.clone());
                self.overdue = Some((Says::ReplyOverdue { contact, owner, secs }, since));
            }
            ReplyStep::Requeue => self.requeue(owner, Requeued::NoReply, false),
        }
        self.set_reply_timer();
        Ok(())
    }

    /// A supervisor takes over a conversation that is overdue, or has it queued again.
    ///
    /// # Errors
    /// [`Refused::SeenTo`] if it was answered, or somebody else has seen to it.
    pub(super) fn see_to(
        &mut self,
        owner: &AgentRef,
        by: &AgentRef,
        since: Millis,
        requeue: bool,
    ) -> Result<(), Refused> {
        let wait = self.next.reply_wait.as_ref();
        let is_it = wait.is_some_and(|wait| wait.since == since && wait.is_overdue());
        if !is_it {
            return Err(Refused::SeenTo);
        }
        if requeue {
            self.requeue(owner, Requeued::NoReply, false);
        } else if owner.id == by.id {
            return Err(Refused::OwnsIt);
        } else {
            self.assign(by, by);
        }
        Ok(())
    }
}
