//! What supervisors do to the conversations of others: they have them queued again, and close them. The owner
//! is told by whom; the contact never is.

use super::{AgentChange, Refused, Step};
use crate::clock::Millis;
use crate::domain::agent::AgentRef;
use crate::domain::interaction::{Disposition, PassedOver, Phase, Work};
use crate::domain::notice::{Requeued, Says, StoryLine, Withdrawn};

impl Step {
    /// A supervisor has it queued again: it waits in its old place.
    ///
    /// # Errors
    /// [`Refused::NotActive`] where nothing more is said, so that it only has to be closed.
    pub(super) fn send_back(&mut self, owner: &AgentRef, work: Work, by: &AgentRef) -> Result<(), Refused> {
        match work {
            Work::Active | Work::Held | Work::Snoozed { .. } => {}
            Work::Expired | Work::WrapUp => return Err(Refused::NotActive),
        }
        self.drop_transfer(&Withdrawn::Requeued);
        let (contact, why, by) = (self.contact(), Requeued::Supervisor, by.name.clone());
        self.story.push(StoryLine::SentBack { from: owner.name.clone(), by: by.clone() });
        self.tell(owner, Says::Requeued { contact, why, not_ready: false, by: Some(by) });
        self.let_go(owner);
        Ok(())
    }

    /// A colleague did not take what its owner, who has signed off, asked them to take.
    pub(super) fn queue_what_nobody_took(&mut self, owner: &AgentRef) {
        let contact = self.contact();
        self.story.push(StoryLine::SentBack { from: owner.name.clone(), by: owner.name.clone() });
        self.tell(owner, Says::Requeued { contact, why: Requeued::NotTaken, not_ready: false, by: None });
        self.let_go(owner);
    }

    /// Its owner leaves it, and it waits for another.
    fn let_go(&mut self, owner: &AgentRef) {
        self.take_hand_down();
        self.remove(owner, "queued again");
        self.agents.push((owner.id.clone(), AgentChange::Worked));
        self.back_to_queue(vec![PassedOver { agent: owner.id.clone(), at: self.at }]);
        self.topic();
    }

    /// A supervisor closes it, whoever has it. It stays open, at the first try, after a text that nobody can
    /// have read, and while something that was sent is not shown yet.
    ///
    /// # Errors
    /// [`Refused::DispositionMissing`].
    pub(super) fn close_of(
        &mut self,
        by: &AgentRef,
        read: (Millis, Option<Millis>, bool),
        disposition: Option<Disposition>,
    ) -> Result<(), Refused> {
        if !self.is_read(read, disposition)? {
            return Ok(());
        }
        match self.next.phase.clone() {
            Phase::Owned { owner, .. } => self.close(&owner, by),
            Phase::Offered { offer, .. } => {
                self.withdraw(&offer, &Withdrawn::Done);
                self.end(by, None);
            }
            Phase::Queued { .. } | Phase::Done { .. } => self.end(by, None),
        }
        Ok(())
    }
}
