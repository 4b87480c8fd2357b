//! The life of an interaction: one pure step for everything that can happen to it.
//!
//! [`step`] is the table of what may happen in each phase. What follows from an event is in the file of its
//! family: `offers` (who is asked and what they answer), `handover` (transfers, assignments), `work` (held,
//! snoozed, expired, done), `overflow` (what is done while nobody takes it), `replies` (texts that wait for
//! an answer), `room` (texts, and who comes and goes), `watch` (supervisors who look on), `steer` (what
//! supervisors do to the conversations of others), `hand` (an owner asks them for help), `marks` (tags,
//! priority, blocked and erased contacts). What an agent began by a text has a table of its own, in
//! `outbound`. A new event is a variant of [`Event`], a line in the table, and a function in its family.

mod event;
mod hand;
mod handover;
mod marks;
mod offers;
mod outbound;
mod overflow;
mod replies;
mod room;
mod steer;
mod stood;
mod watch;
mod work;

use super::effect::{
    Effect, Invite, Notify, Place, PublishContact, PublishState, PublishTopic, Remove, Role, Route,
};
use super::ids::AgentId;
use super::interaction::{Interaction, Offer, Phase, Unanswered, Work};
use super::notice::{Notice, Overflowed, Refusal, Requeued, Says, StoryLine};
use super::timer::{Due, Timer};
use crate::clock::Millis;

use super::agent::AgentRef;
pub use event::{Asks, Counts, Event, OwnerAction, Way};
pub use offers::ROUND_AFTER;
pub use work::may_leave;

/// What comes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The interaction after it.
    pub next: Interaction,
    /// What must happen outside.
    pub effects: Vec<Effect>,
    /// What is to be looked at again.
    pub timers: Vec<Timer>,
    /// What it means for agents.
    pub agents: Vec<(AgentId, AgentChange)>,
    /// What the transcript says of it.
    pub story: Vec<StoryLine>,
    /// What the supervisors are told.
    pub supervisors: Vec<Notice>,
    /// What the queue's supervisors are told of a text that waits for an answer, and when that came.
    pub overdue: Option<(Says, Millis)>,
    /// What the queue's supervisors, and those of a queue that is asked too, are told of its overflow.
    pub overflowed: Vec<Overflowed>,
    /// The texts that the contact gets from the desk, each with the place of its step of overflow.
    pub contact_gets: Vec<(usize, String)>,
    at: Millis,
}

/// What an event means for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentChange {
    /// They were given work, or finished some: they are idle from now on.
    Worked,
    /// They did not answer: no more offers until they turn ready.
    NoAnswer,
}

/// Why an event changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing is offered to whoever answers.
    #[error("nothing is offered to you")]
    NothingOffered,
    /// The offer is accepted for them in any case.
    #[error("it cannot be refused")]
    NotRefusable,
    /// The one who wants it is not the owner.
    #[error("you do not own the conversation")]
    NotOwner,
    /// It is over.
    #[error("the conversation is done")]
    AlreadyDone,
    /// Its owner has put it aside, or nothing is sent any more.
    #[error("the conversation is not active")]
    NotActive,
    /// It must have a disposition first.
    #[error("a disposition is missing")]
    DispositionMissing,
    /// Its room is gone.
    #[error("its room was left long ago")]
    RoomLeft,
    /// It is a text that an agent began with, and has no room.
    #[error("it is a text of ours, and has no room")]
    OnlySent,
    /// A colleague is already being asked to take it.
    #[error("a colleague is already being asked")]
    AlreadyAsked,
    /// They would have more than they may have at once.
    #[error("you have as many conversations as you may have at once")]
    AtCapacity,
    /// There is no case data of that name.
    #[error("there is no such case data")]
    NoSuchCase,
    /// It has no such tag.
    #[error("it has no such tag")]
    NoSuchTag,
    /// It has as many tags as there may be.
    #[error("it has too many tags")]
    TooManyTags,
    /// They own it, and need not look on.
    #[error("you own it")]
    OwnsIt,
    /// They do not look on.
    #[error("you do not look on there")]
    NotWatching,
    /// Nobody is being asked to take it.
    #[error("nobody is being asked to take it")]
    NobodyAsked,
    /// It is not put aside.
    #[error("it is neither on hold nor put away")]
    NotPaused,
    /// It was answered, or somebody else has seen to it.
    #[error("it was answered, or somebody has seen to it")]
    SeenTo,
    /// Nobody owns it.
    #[error("nobody owns it")]
    NobodyOwnsIt,
    /// Its owner is not asking for help, or no longer.
    #[error("its owner is not asking for help any more")]
    HandDown,
    /// Somebody else helps its owner.
    #[error("somebody else came to help")]
    HandTaken,
    /// The supervisors were told a moment ago.
    #[error("the supervisors were told a moment ago")]
    HandUp,
    /// It was meant for an earlier state.
    #[error("meant for an earlier state")]
    Stale,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NothingOffered => Self::NothingOffered,
            Refused::NotRefusable => Self::NotRefusable,
            Refused::NotOwner => Self::NotOwner,
            Refused::AlreadyDone => Self::AlreadyDone,
            Refused::NotActive => Self::NotActive,
            Refused::DispositionMissing => Self::DispositionMissing,
            Refused::RoomLeft => Self::RoomLeft,
            Refused::OnlySent => Self::OnlySent,
            Refused::AlreadyAsked => Self::AlreadyAsked,
            Refused::AtCapacity => Self::AtCapacity,
            Refused::NoSuchCase => Self::NoSuchCase,
            Refused::NoSuchTag => Self::NoSuchTag,
            Refused::TooManyTags => Self::TooManyTags,
            Refused::OwnsIt => Self::OwnsIt,
            Refused::NotWatching => Self::NotWatching,
            Refused::NobodyAsked => Self::NobodyAsked,
            Refused::NotPaused => Self::NotPaused,
            Refused::SeenTo => Self::SeenTo,
            Refused::NobodyOwnsIt => Self::NobodyOwnsIt,
            Refused::HandDown => Self::HandDown,
            Refused::HandTaken => Self::HandTaken { by: None },
            Refused::HandUp => Self::HandUp,
            Refused::Stale => Self::Stale,
        }
    }
}

/// Applies one event.
///
/// # Errors
/// [`Refused`] names why the event changes nothing in the state the interaction is in.
#[expect(clippy::too_many_lines, reason = "it is one table: every event in every phase")]
pub fn step(now: &Interaction, event: Event, at: Millis) -> Result<Step, Refused> {
    let mut step = Step::new(now, at);
    match (now.phase.clone(), event) {
        (_, event) if now.is_outbound() => step.happen_to_outbound(event)?,
        (_, Event::RoomOpened { room }) => step.room_opened(room),
        // A conversation that is done needs no room; taking it up again makes one.
        (Phase::Done { .. }, Event::RoomLost { alias, .. }) => step.forget_room(alias),
        (_, Event::RoomLost { alias, how, says, away }) => step.room_lost(alias, how, *says, away),
        (
            Phase::Done { .. },
            Event::Texted { .. }
            | Event::OwnerActed { .. }
            | Event::Assigned { .. }
            | Event::Watched { .. }
            | Event::SentBack { .. }
            | Event::Closed { .. }
            | Event::HandRaised { .. }
            | Event::HandTaken { .. }
            | Event::Prioritised { .. }
            | Event::Blocked { .. }
            | Event::Erased { .. },
        )
        // An expired interaction never opens again: the contact may have begun a new one.
        | (Phase::Owned { work: Work::Expired, .. }, Event::Texted { .. } | Event::Assigned { .. }) => {
            return Err(Refused::AlreadyDone);
        }
        (_, Event::Texted { body, media, written_at, notices, more, asks }) => {
            step.note_more(more);
            step.texted(&body, media, written_at, notices);
            step.asked(asks);
        }

        // Nobody is late for what has no room.
        (
            Phase::Offered { offer, .. } | Phase::Owned { transfer: Some(offer), .. },
            Event::OfferExpired { number },
        ) if now.room.is_none() && offer.number == number && offer.then == Unanswered::Withdrawn => {
            step.shown_late(number)?;
        }
        (Phase::Owned { come_by: Some(deadline), .. }, Event::AwayTooLong)
            if now.room.is_none() && deadline <= at =>
        {
            step.wait_for_new_owner();
        }

        (Phase::Queued { passed_over }, Event::Offered { to, way, counts }) => {
            step.offer(to, way, counts, &passed_over);
        }
        (Phase::Offered { offer, passed_over }, Event::Offered { to, way: Way::Pick, counts })
            if !offer.invited =>
        {
            step.show_to_more(offer, passed_over, to, counts);
        }
        (Phase::Offered { offer, .. }, Event::Accepted { by, number, via })
            if answers(&offer, &by.id, number) =>
        {
            step.accept(&offer, &by, via);
        }
        (Phase::Offered { offer, passed_over }, Event::Rejected { by, number, via, reason })
            if answers(&offer, &by, number) =>
        {
            step.reject(offer, passed_over, &by, via, &reason)?;
        }
        (Phase::Offered { offer, passed_over }, Event::OfferExpired { number }) if offer.number == number => {
            step.offer_expired(&offer, passed_over);
        }

        (Phase::Owned { owner, transfer: Some(offer), .. }, Event::Accepted { by, number, via })
            if answers(&offer, &by.id, number) =>
        {
            step.transfer_accepted(&owner, &offer, &by, via);
        }
        (
            Phase::Owned { owner, transfer: Some(offer), .. },
            Event::Rejected { by, number, via, reason },
        ) if answers(&offer, &by, number) => {
            step.transfer_rejected(&owner, &offer, via, &reason);
        }
        (Phase::Owned { owner, transfer: Some(offer), .. }, Event::OfferExpired { number })
            if offer.number == number =>
        {
            step.transfer_timed_out(&owner, &offer);
        }
        (Phase::Queued { .. } | Phase::Offered { .. }, Event::OverflowDue) => step.overflow_due()?,
        (Phase::Queued { .. }, Event::NobodyReady) => step.nobody_ready()?,
        (_, Event::OfferRings { number, rings_at }) => step.ring(number, rings_at)?,
        (_, Event::ShownLate { number }) => step.shown_late(number)?,
        (_, Event::TimeStood { away }) => step.time_stood(away),
        (_, Event::Accepted { .. } | Event::Rejected { .. }) => return Err(Refused::NothingOffered),

        (Phase::Owned { owner, work, transfer, .. }, Event::OwnerActed { by, action }) => {
            if owner.id != by {
                return Err(Refused::NotOwner);
            }
            step.apply_owner_action(&owner, work, transfer.as_ref(), action)?;
        }
        (Phase::Queued { .. } | Phase::Offered { .. }, Event::OwnerActed { .. }) => {
            return Err(Refused::NotOwner);
        }
        (_, Event::Assigned { to, by }) => step.assign(&to, &by),

        (Phase::Owned { owner, come_by: Some(_), .. }, Event::CameIn { by }) if owner.id == by => {
            step.owner_came();
        }
        (Phase::Owned { owner, come_by: None, .. }, Event::WentOut { by, away }) if owner.id == by => {
            step.owner_left(&owner, away);
        }
        (Phase::Owned { owner, work, come_by: Some(deadline), .. }, Event::AwayTooLong)
            if deadline <= at =>
        {
            step.lose(&owner, work, Requeued::DidNotCome, true);
        }
        (_, Event::OwnerGone { id }) => step.gone(&id)?,
        (_, Event::SignedOff { id }) => step.signed_off(&id)?,

        (_, Event::Watched { by, barged }) => step.watched(&by, barged)?,
        (_, Event::Unwatched { by }) => step.unwatched(&by)?,
        (_, Event::CameIn { by }) if now.is_watched_by(&by) => step.watcher_came(&by),
        (_, Event::WentOut { by, .. }) if now.is_watched_by(&by) => step.watcher_left(&by),
        (_, Event::Renamed { name }) => step.renamed(name),
        (_, Event::Belongs { id, name }) => step.belongs(id, name),
        (_, Event::Tagged { tag, on }) => step.tag(tag, on)?,
        (_, Event::Prioritised { points, by }) => step.prioritise(points, &by),
        (_, Event::Blocked { by, until, reason }) => step.block(&by, until, reason),
        (_, Event::Erased { by }) => step.erase(&by),

        (Phase::Owned { .. }, Event::Replied) => step.next.owner_replied = true,
        (
            Phase::Owned { work: Work::Active | Work::Held, .. },
            Event::ReplyTaken { typed_at, next_text },
        ) => {
            step.answered(typed_at, next_text);
            step.watch_page();
        }
        (_, Event::ReplyTaken { typed_at, next_text }) if now.reply_wait.is_some() => {
            step.answered(typed_at, next_text);
        }
        (Phase::Owned { owner, work: Work::Active, .. }, Event::ReplyWait { since, taken, under_way }) => {
            step.reply_wait_over(&owner, (since, taken), under_way)?;
        }
        (Phase::Owned { owner, .. }, Event::SeenTo { by, since, requeue }) => {
            step.see_to(&owner, &by, since, requeue)?;
        }
        (_, Event::SeenTo { .. }) => return Err(Refused::SeenTo),
        (Phase::Owned { owner, work, .. }, Event::SentBack { by }) => step.send_back(&owner, work, &by)?,
        (Phase::Queued { .. } | Phase::Offered { .. }, Event::SentBack { .. } | Event::HandRaised { .. }) => {
            return Err(Refused::NobodyOwnsIt);
        }
        (_, Event::Closed { by, typed_at, last_text, unshown, disposition }) => {
            step.close_of(&by, (typed_at, last_text, unshown), disposition)?;
        }
        (Phase::Owned { owner, .. }, Event::HandRaised { by, note, lines, told }) => {
            if owner.id != by.id {
                return Err(Refused::NotOwner);
            }
            step.raise_hand(by, (note, lines), told)?;
        }
        (_, Event::HandTaken { by, number }) => step.take_hand(&by, number)?,
        (
            Phase::Owned { owner, work: Work::Active, .. },
            Event::PageOver { over_at, answered_by, dispositions },
        ) if now.page_over_at == Some(over_at) => {
            step.page_over(&owner, answered_by.as_deref(), &dispositions)?;
        }
        (Phase::Owned { owner, work: Work::Active, .. }, Event::Quiet { expires_at, last_said }) => {
            step.quiet(&owner, expires_at, last_said)?;
        }
        (Phase::Owned { work: Work::Snoozed { until }, .. }, Event::SnoozeOver { until: meant })
            if until == meant =>
        {
            step.snooze_over();
        }
        (Phase::Done { by, .. }, Event::Thanked { text, written_at }) => step.thanked(&by, text, written_at),
        (Phase::Done { .. }, Event::Reopened { .. }) if now.erased.is_some() => return Err(Refused::RoomLeft),
        (Phase::Done { .. }, Event::Reopened { by }) => step.reopen(&by)?,

        (
            _,
            Event::Offered { .. }
            | Event::OfferExpired { .. }
            | Event::OverflowDue
            | Event::NobodyReady
            | Event::CameIn { .. }
            | Event::WentOut { .. }
            | Event::AwayTooLong
            | Event::Replied
            | Event::ReplyTaken { .. }
            | Event::ReplyWait { .. }
            | Event::PageOver { .. }
            | Event::Quiet { .. }
            | Event::SnoozeOver { .. }
            | Event::Thanked { .. }
            | Event::Reopened { .. },
        ) => return Err(Refused::Stale),
    }
    Ok(step)
}

/// Whether `by` answers this very offer.
fn answers(offer: &Offer, by: &AgentId, number: Option<u32>) -> bool {
    offer.asks(by) && number.is_none_or(|number| number == offer.number)
}

impl Step {
    /// Applies an action of the owner.
    ///
    /// # Errors
    /// [`Refused`], where it is not in a state for that.
    fn apply_owner_action(
        &mut self,
        owner: &AgentRef,
        work: Work,
        transfer: Option<&Offer>,
        action: OwnerAction,
    ) -> Result<(), Refused> {
        match action {
            OwnerAction::Transfer { to, note, counts, or_queue } => {
                self.ask_colleague(owner, work, transfer, to, &note, counts)?;
                if or_queue {
                    self.or_queue();
                }
                Ok(())
            }
            OwnerAction::Cancel => self.cancel_transfer(),
            OwnerAction::MoveToQueue { queue, rules, note } => {
                self.move_to_queue(owner, work, queue, rules, note)
            }
            OwnerAction::Hold => self.hold(work),
            OwnerAction::Snooze { until } => self.snooze(work, until),
            OwnerAction::Resume => self.resume(work),
            OwnerAction::Dispose { disposition } => {
                self.dispose(owner, work, disposition);
                Ok(())
            }
            OwnerAction::Case { key, value } => self.set_case(&key, value),
            OwnerAction::Finish { typed_at, last_text, unshown, disposition } => {
                self.finish(owner, typed_at, last_text, unshown, disposition)
            }
        }
    }
}

/// What every family does.
impl Step {
    fn new(now: &Interaction, at: Millis) -> Self {
        Self {
            next: now.clone(),
            effects: vec![],
            timers: vec![],
            agents: vec![],
            story: vec![],
            supervisors: vec![],
            overdue: None,
            overflowed: vec![],
            contact_gets: vec![],
            at,
        }
    }

    /// Moves to a phase: the state event follows.
    fn enter(&mut self, phase: Phase) {
        self.next.phase = phase;
        self.changed();
    }

    /// Something of the state event changed.
    fn changed(&mut self) {
        self.next.updated_at = self.at;
        self.effects.push(PublishState { interaction: self.next.id.clone() }.into());
    }

    fn topic(&mut self) {
        self.effects.push(PublishTopic { interaction: self.next.id.clone() }.into());
    }

    /// The contact's name changed: ghost, room name and topic follow.
    fn contact_changed(&mut self) {
        self.effects.push(PublishContact { interaction: self.next.id.clone() }.into());
    }

    fn route(&mut self) {
        self.effects.push(Route { queue: self.next.queue.clone() }.into());
    }

    fn timer(&mut self, due_at: Millis, what: Due) {
        self.timers.push(Timer { due_at, what });
    }

    fn tell_room(&mut self, says: Says) {
        self.notify(Place::Session(self.next.id.clone()), says, None);
    }

    fn tell(&mut self, agent: &AgentRef, says: Says) {
        self.notify(Place::Console(agent.id.clone()), says, None);
    }

    fn notify(&mut self, to: Place, says: Says, role: Option<Role>) {
        let notice = says.about(&self.next.id);
        self.effects.push(Notify { to, notice, reply_to: None, role }.into());
    }

    fn invite(&mut self, agent: &AgentRef) {
        let (interaction, user) = (self.next.id.clone(), agent.user.clone());
        self.effects.push(Invite { interaction, user }.into());
    }

    fn remove(&mut self, agent: &AgentRef, reason: &str) {
        let (interaction, user) = (self.next.id.clone(), agent.user.clone());
        self.effects.push(Remove { interaction, user, reason: reason.to_owned() }.into());
    }

    fn contact(&self) -> String {
        self.next.contact.name.clone()
    }
}

#[cfg(test)]
mod tests;
