//! Nobody takes it: what its queue does then, step by step.
//!
//! A step moves nothing and takes nothing away: the conversation stays in its queue, by the time it was first
//! queued, and an offer that is out stands. Time counts while it waits for an agent, and anew whenever one
//! has let it go; a step that was taken is not taken again.

use std::time::Duration;

use super::{Refused, Step};
use crate::domain::interaction::{Interaction, Overflow, Phase};
use crate::domain::notice::{Overflowed, StoryLine};
use crate::domain::overflow::{OverflowAction, OverflowWhen};
use crate::domain::timer::Due;

impl Step {
    /// The next step is looked at when its moment comes.
    pub(super) fn overflow_later(&mut self) {
        let Interaction { rules, overflow: Some(overflow), .. } = &self.next else { return };
        if let Some(at) = overflow.next_at(&rules.overflow) {
            self.timer(at, Due::Overflow { interaction: self.next.id.clone(), at });
        }
    }

    /// It waits for an agent again, after one has had it.
    pub(super) fn overflow_anew(&mut self) {
        if let Some(overflow) = &mut self.next.overflow {
            overflow.since = self.at;
        }
        self.overflow_later();
    }

    /// It came into another queue, whose steps are taken from now on.
    pub(super) fn overflow_of_queue(&mut self) {
        self.next.overflow = Overflow::of(&self.next.rules, self.at);
    }

    /// Nobody could act for this long.
    pub(super) fn overflow_stood(&mut self, away: Duration) {
        let waits = matches!(self.next.phase, Phase::Queued { .. } | Phase::Offered { .. });
        if let Some(overflow) = self.next.overflow.as_mut().filter(|_| waits) {
            overflow.since = (overflow.since + away).min(self.at).max(overflow.since);
            self.overflow_later();
        }
    }

    /// Takes all steps whose moment has come.
    ///
    /// # Errors
    /// [`Refused::Stale`] if there is none.
    pub(super) fn overflow_due(&mut self) -> Result<(), Refused> {
        let mut is_first = true;
        while let Some(place) = self.due_step() {
            self.take_step(place);
            is_first = false;
        }
        if is_first {
            return Err(Refused::Stale);
        }
        self.overflow_later();
        Ok(())
    }

    /// Nobody is ready of those who may be asked: takes the next step that is for this.
    ///
    /// # Errors
    /// [`Refused::Stale`] if there is none.
    pub(super) fn nobody_ready(&mut self) -> Result<(), Refused> {
        let Interaction { rules, overflow, .. } = &self.next;
        let place = overflow.as_ref().and_then(|overflow| overflow.if_nobody(&rules.overflow));
        self.take_step(place.ok_or(Refused::Stale)?);
        Ok(())
    }

    fn due_step(&self) -> Option<usize> {
        let Interaction { rules, overflow, .. } = &self.next;
        overflow.as_ref()?.due(&rules.overflow, self.at)
    }

    fn take_step(&mut self, place: usize) {
        let Interaction { queue: own, rules, overflow: Some(overflow), callback, .. } = &mut self.next else {
            return;
        };
        let Some(step) = rules.overflow.get(place).cloned() else { return };
        overflow.taken.push(place);
        let (mut asked, mut dropped) = (None, vec![]);
        match step.action {
            OverflowAction::To(queue) => {
                // One of two steps to the same queue has nothing left to do.
                if queue != *own && !overflow.also.contains(&queue) {
                    overflow.also.push(queue.clone());
                    asked = Some(queue);
                }
            }
            OverflowAction::DropSkills(skills) => {
                dropped = rules.skills.extract_if(.., |skill| skills.contains(skill)).collect();
            }
            // Who is to be called waits for no answer to a text.
            OverflowAction::Text(_) if callback.is_some() => {}
            OverflowAction::Text(text) => self.contact_gets.push((place, text)),
        }
        if asked.is_some() || !dropped.is_empty() {
            let nobody_ready = step.when == OverflowWhen::NobodyReady;
            let secs = self.at.since(overflow.since).as_secs();
            let line =
                StoryLine::Overflowed { to: asked.clone(), dropped: dropped.clone(), nobody_ready, secs };
            let (contact, queue) = (self.contact(), self.next.queue.clone());
            let told = Overflowed { contact, queue, to: asked, dropped, nobody_ready, secs };
            self.story.push(line);
            self.overflowed.push(told);
            self.route();
        }
    }
}
