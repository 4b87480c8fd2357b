//! Handing an interaction to another agent: a transfer, which they have to accept, or an assignment, which
//! needs no answer.
//!
//! The owner keeps the interaction, and goes on working, until the colleague has accepted.

use super::{AgentChange, Counts, Refused, Step};
use crate::domain::agent::AgentRef;
use crate::domain::conversation::offer::Via;
use crate::domain::ids::QueueName;
use crate::domain::interaction::{Offer, PassedOver, Phase, Rules, Unanswered, Work};
use crate::domain::notice::{Says, StoryLine, Withdrawn};

impl Step {
    /// The owner asks a colleague.
    ///
    /// # Errors
    /// [`Refused::AlreadyAsked`]; [`Refused::NotActive`] where nothing more is said.
    pub(super) fn ask_colleague(
        &mut self,
        owner: &AgentRef,
        work: Work,
        pending: Option<&Offer>,
        to: AgentRef,
        note: &str,
        counts: Counts,
    ) -> Result<(), Refused> {
        if pending.is_some() {
            return Err(Refused::AlreadyAsked);
        }
        if work == Work::Expired {
            return Err(Refused::NotActive);
        }
        let says =
            Says::TransferRequested { contact: self.contact(), to: to.name.clone(), note: note.to_owned() };
        self.tell_room(says);
        let offer_ms = self.next.rules.offer_ms;
        let offer =
            self.ask(vec![to], true, Some(owner.clone()), Unanswered::Withdrawn, offer_ms, note, counts);
        self.pending(Some(offer));
        self.changed();
        Ok(())
    }

    /// The colleague accepts: they own it now, and the former owner leaves.
    pub(super) fn transfer_accepted(&mut self, source: &AgentRef, offer: &Offer, by: &AgentRef, via: Via) {
        self.amend(offer, by, self.taken(self.comes_by_accepting(by, via)));
        self.hand_over(source, by, by, via);
    }

    /// Ownership goes from one to the other.
    fn hand_over(&mut self, source: &AgentRef, target: &AgentRef, by: &AgentRef, via: Via) {
        let says =
            Says::Transferred { contact: self.contact(), from: source.name.clone(), to: target.name.clone() };
        self.tell_room(says.clone());
        self.tell(source, says);
        self.take_hand_down();
        self.remove(source, "transferred");
        self.agents.push((source.id.clone(), AgentChange::Worked));
        let (from, to, by) = (source.name.clone(), target.name.clone(), by.name.clone());
        self.story.push(StoryLine::Transferred { from, to, by });
        self.own(target, via);
    }

    /// The colleague declines: the owner keeps it and is told, in the room and in the console.
    pub(super) fn transfer_rejected(&mut self, owner: &AgentRef, offer: &Offer, via: Via, reason: &str) {
        for agent in &offer.to {
            self.amend(offer, agent, Says::OfferRejected { contact: self.contact() });
            match via {
                Via::Membership => self.watcher_left(&agent.id),
                Via::Word => self.uninvite(agent),
            }
            let (contact, by) = (self.contact(), agent.name.clone());
            self.story.push(StoryLine::TransferRejected { by: by.clone(), reason: reason.to_owned() });
            let says = Says::TransferRejected { contact, by, reason: reason.to_owned() };
            self.transfer_failed(owner, offer, says);
        }
    }

    /// The colleague did not answer: the owner keeps it and is told.
    pub(super) fn transfer_timed_out(&mut self, owner: &AgentRef, offer: &Offer) {
        for agent in &offer.to {
            let (contact, callback) = (self.contact(), self.next.callback.is_some());
            self.amend(offer, agent, Says::OfferTimedOut { contact, callback, not_ready: false });
            self.uninvite(agent);
            let (contact, by) = (self.contact(), agent.name.clone());
            self.story.push(StoryLine::TransferUnanswered { by: by.clone() });
            self.transfer_failed(owner, offer, Says::TransferTimedOut { contact, by });
        }
    }

    fn transfer_failed(&mut self, owner: &AgentRef, offer: &Offer, says: Says) {
        self.pending(None);
        if offer.or_queue {
            return self.queue_what_nobody_took(owner);
        }
        self.changed();
        self.watch_page_again();
        self.tell_room(says.clone());
        self.tell(owner, says);
    }

    /// The owner takes the transfer back.
    ///
    /// # Errors
    /// [`Refused::NobodyAsked`].
    pub(super) fn cancel_transfer(&mut self) -> Result<(), Refused> {
        if !self.drop_transfer(&Withdrawn::Cancelled) {
            return Err(Refused::NobodyAsked);
        }
        self.changed();
        self.watch_page_again();
        self.tell_room(Says::TransferCancelled { contact: self.contact() });
        Ok(())
    }

    /// Withdraws a pending transfer; returns whether there was one.
    pub(super) fn drop_transfer(&mut self, why: &Withdrawn) -> bool {
        let Phase::Owned { transfer, .. } = &mut self.next.phase else { return false };
        let Some(offer) = transfer.take() else { return false };
        self.withdraw(&offer, why);
        self.story.push(StoryLine::TransferWithdrawn { why: why.clone() });
        true
    }

    /// If the colleague does not take it, it is queued again: its owner has signed off.
    pub(super) fn or_queue(&mut self) {
        if let Phase::Owned { transfer: Some(offer), .. } = &mut self.next.phase {
            offer.or_queue = true;
        }
    }

    fn pending(&mut self, offer: Option<Offer>) {
        if let Phase::Owned { transfer, .. } = &mut self.next.phase {
            *transfer = offer;
        }
    }

    /// The owner puts it into a queue, where it waits by the time it was first queued. They are passed over
    /// there at first.
    ///
    /// # Errors
    /// [`Refused::NotActive`] where nothing more is said.
    pub(super) fn move_to_queue(
        &mut self,
        owner: &AgentRef,
        work: Work,
        queue: QueueName,
        rules: Rules,
        note: String,
    ) -> Result<(), Refused> {
        if work == Work::Expired {
            return Err(Refused::NotActive);
        }
        self.drop_transfer(&Withdrawn::ToQueue);
        let (contact, from) = (self.contact(), owner.name.clone());
        let says = Says::Transferred { contact, from, to: format!("queue {queue}") };
        self.story.push(StoryLine::MovedToQueue {
            from: owner.name.clone(),
            queue: queue.clone(),
            note: note.clone(),
        });
        self.tell_room(says.clone());
        self.tell(owner, says);
        if !note.is_empty() {
            self.tell_room(Says::Note { by: owner.name.clone(), text: note });
        }
        self.take_hand_down();
        self.remove(owner, "transferred");
        self.agents.push((owner.id.clone(), AgentChange::Worked));
        (self.next.queue, self.next.rules) = (queue, rules);
        self.overflow_of_queue();
        self.back_to_queue(vec![PassedOver { agent: owner.id.clone(), at: self.at }]);
        self.topic();
        Ok(())
    }

    /// A supervisor gives it to an agent, whoever owns it or is being asked.
    pub(super) fn assign(&mut self, to: &AgentRef, by: &AgentRef) {
        if self.next.is_owned_by(&to.id) {
            return;
        }
        let why = Withdrawn::Given { by: by.name.clone(), to: to.name.clone() };
        self.drop_transfer(&why);
        match self.next.phase.clone() {
            Phase::Owned { owner, .. } => {
                self.invite(to);
                self.hand_over(&owner, to, by, Via::Word);
            }
            Phase::Offered { offer, .. } => {
                self.withdraw(&offer, &why);
                self.invite(to);
                self.own(to, Via::Word);
            }
            Phase::Queued { .. } | Phase::Done { .. } => {
                self.invite(to);
                self.own(to, Via::Word);
            }
        }
        self.tell(
            to,
            Says::Assigned { contact: self.contact(), by: by.name.clone(), room: self.next.room.clone() },
        );
    }
}
