//! What an owner does with an interaction: hold, snooze and close it; and what happens to it as time goes by.

use std::time::Duration;

use super::{AgentChange, Refused, Step};
use ruma::UserId;

use crate::clock::Millis;
use crate::domain::agent::AgentRef;
use crate::domain::conversation::offer::Via;
use crate::domain::effect::OpenRoom;
use crate::domain::interaction::{Disposition, DispositionRule, Interaction, Mode, Phase, Work};
use crate::domain::notice::{Says, StoryLine, Withdrawn};
use crate::domain::timer::{Due, LEAVE_AFTER};

/// A text that came this shortly before `!done` was probably not read.
const UNREAD_WITHIN: Duration = Duration::from_secs(5);

/// Whether an interaction has been done for so long that bot and ghost leave its room.
#[must_use]
pub fn may_leave(interaction: &Interaction, now: Millis) -> bool {
    matches!(interaction.phase, Phase::Done { at, .. } if at + LEAVE_AFTER <= now)
}

impl Step {
    fn set_work(&mut self, to: Work) {
        if let Phase::Owned { work, .. } = &mut self.next.phase {
            *work = to;
        }
        self.changed();
        self.run_or_stop_reply_time();
        self.story.push(StoryLine::State { state: self.next.state().to_owned() });
    }

    /// A session expires when nothing is said in it for long.
    pub(super) fn watch_for_quiet(&mut self) {
        self.next.expires_at = None;
        if self.next.mode == Mode::Session && self.next.callback.is_none() {
            self.expire_at(self.at + Duration::from_millis(self.next.rules.expiry_ms));
        }
    }

    pub(super) fn expire_at(&mut self, expires_at: Millis) {
        self.next.expires_at = Some(expires_at);
        let warn_at = expires_at - Duration::from_millis(self.next.rules.warning_ms);
        let look_at = if warn_at > self.at { warn_at } else { expires_at };
        self.timer(look_at, Due::Quiet { interaction: self.next.id.clone(), expires_at });
    }

    /// Checks whether it is quiet: then its owner is warned, and later it expires.
    ///
    /// # Errors
    /// [`Refused::Stale`] if it has been looked at since.
    pub(super) fn quiet(
        &mut self,
        owner: &AgentRef,
        meant: Millis,
        last_said: Option<Millis>,
    ) -> Result<(), Refused> {
        let Some(known) = self.next.expires_at.filter(|known| *known == meant) else {
            return Err(Refused::Stale);
        };
        let by_words = last_said.map(|said| said + Duration::from_millis(self.next.rules.expiry_ms));
        match by_words {
            Some(later) if later > known => {
                self.expire_at(later);
                self.changed();
            }
            _ if self.at >= known => self.expire(owner),
            _ => {
                let secs = known.since(self.at).as_secs();
                self.tell_room(Says::Expiring { secs, expires_at: known });
                self.timer(known, Due::Quiet { interaction: self.next.id.clone(), expires_at: known });
            }
        }
        Ok(())
    }

    fn expire(&mut self, owner: &AgentRef) {
        self.drop_transfer(&Withdrawn::Expired);
        self.set_work(Work::Expired);
        self.next.reply_wait = None;
        self.tell_room(Says::Expired { contact: self.contact() });
        self.tell(owner, Says::Expired { contact: self.contact() });
    }

    /// The owner holds it.
    ///
    /// # Errors
    /// [`Refused::NotActive`] if it is not active.
    pub(super) fn hold(&mut self, work: Work) -> Result<(), Refused> {
        if work != Work::Active {
            return Err(Refused::NotActive);
        }
        self.next.expires_at = None;
        self.set_work(Work::Held);
        self.tell_room(Says::Held);
        Ok(())
    }

    /// The owner snoozes it.
    ///
    /// # Errors
    /// [`Refused::NotActive`] if nothing more is said in it.
    pub(super) fn snooze(&mut self, work: Work, until: Millis) -> Result<(), Refused> {
        match work {
            Work::Active | Work::Held | Work::Snoozed { .. } => {}
            Work::Expired | Work::WrapUp => return Err(Refused::NotActive),
        }
        (self.next.expires_at, self.next.page_over_at) = (None, None);
        self.set_work(Work::Snoozed { until });
        self.timer(until, Due::SnoozeOver { interaction: self.next.id.clone(), until });
        self.tell_room(Says::Snoozed { until });
        Ok(())
    }

    /// The owner resumes it.
    ///
    /// # Errors
    /// [`Refused::NotPaused`] if it is neither held nor snoozed.
    pub(super) fn resume(&mut self, work: Work) -> Result<(), Refused> {
        match work {
            Work::Held | Work::Snoozed { .. } | Work::WrapUp => {
                self.go_on();
                self.watch_page_again();
                Ok(())
            }
            Work::Active | Work::Expired => Err(Refused::NotPaused),
        }
    }

    /// It is active again: because the owner says so, the contact wrote, or the time has come.
    pub(super) fn go_on(&mut self) {
        self.set_work(Work::Active);
        self.watch_for_quiet();
    }

    /// The time is over for which it was snoozed: the owner's phone rings.
    pub(super) fn snooze_over(&mut self) {
        self.go_on();
        self.tell_room(Says::SnoozeOver);
    }

    /// A page is over once its answer is on its way, and a moment for a second one has passed.
    pub(super) fn watch_page(&mut self) {
        if self.next.mode == Mode::Page {
            let over_at = self.at + Duration::from_millis(self.next.rules.page_grace_ms);
            self.next.page_over_at = Some(over_at);
            self.timer(over_at, Due::PageOver { interaction: self.next.id.clone(), over_at });
        }
    }

    /// The reason that kept an answered page open is over: its time starts again.
    pub(super) fn watch_page_again(&mut self) {
        if self.next.page_over_at.is_some() {
            self.watch_page();
        }
    }

    /// Closes a page that is answered, unless the contact has written again, something is still on its way,
    /// or a colleague is asked to go on with it.
    ///
    /// # Errors
    /// [`Refused::Stale`] then.
    pub(super) fn page_over(
        &mut self,
        owner: &AgentRef,
        answered_by: Option<&UserId>,
        dispositions: &[Disposition],
    ) -> Result<(), Refused> {
        let answered = self.next.owner_replied && answered_by == Some(&owner.user);
        if self.next.mode != Mode::Page || !answered || self.next.offer().is_some() {
            return Err(Refused::Stale);
        }
        self.next.page_over_at = None;
        if self.lacks_disposition() {
            self.set_work(Work::WrapUp);
            self.tell_room(Says::DispositionRequired { items: dispositions.to_vec() });
        } else {
            self.close(owner, owner);
        }
        Ok(())
    }

    fn lacks_disposition(&self) -> bool {
        self.next.rules.disposition == DispositionRule::Mandatory && self.next.disposition.is_none()
    }

    /// Sets its disposition; if it only waited for that, it is closed.
    pub(super) fn dispose(&mut self, owner: &AgentRef, work: Work, disposition: Option<Disposition>) {
        let label = disposition.as_ref().map(|disposition| disposition.label.clone());
        self.story.push(StoryLine::Disposition { label });
        self.next.disposition = disposition;
        self.changed();
        if work == Work::WrapUp && !self.lacks_disposition() {
            self.close(owner, owner);
        }
    }

    /// The owner changes its case data. A known key keeps its spelling: phones capitalise the first letter of
    /// everything.
    ///
    /// # Errors
    /// [`Refused::NoSuchCase`] if there is nothing to remove.
    pub(super) fn set_case(&mut self, key: &str, value: Option<String>) -> Result<(), Refused> {
        let place = self.next.case.iter().position(|(known, _)| known.to_lowercase() == key.to_lowercase());
        let line = match (place, value) {
            (Some(place), Some(value)) => {
                let (key, old) = &mut self.next.case[place];
                let was = std::mem::replace(old, value);
                StoryLine::CaseSet { key: key.clone(), now: old.clone(), was: Some(was) }
            }
            (Some(place), None) => {
                let (key, was) = self.next.case.remove(place);
                StoryLine::CaseRemoved { key, was }
            }
            (None, Some(value)) => {
                self.next.case.push((key.to_owned(), value.clone()));
                StoryLine::CaseSet { key: key.to_owned(), now: value, was: None }
            }
            (None, None) => return Err(Refused::NoSuchCase),
        };
        self.story.push(line);
        self.changed();
        Ok(())
    }

    /// The owner wants to close it.
    ///
    /// # Errors
    /// [`Refused::DispositionMissing`].
    pub(super) fn finish(
        &mut self,
        owner: &AgentRef,
        typed_at: Millis,
        last_text: Option<Millis>,
        unshown: bool,
        disposition: Option<Disposition>,
    ) -> Result<(), Refused> {
        if self.is_read((typed_at, last_text, unshown), disposition)? {
            self.close(owner, owner);
        } else {
            self.tell_room(Says::DoneRefused { on_its_way: unshown, again: String::new() });
        }
        Ok(())
    }

    /// Sets what it is to be closed with, and says whether it may be closed now: not while something the
    /// contact sent is not shown yet, and not at the first try after a text that nobody can have read.
    ///
    /// # Errors
    /// [`Refused::DispositionMissing`].
    pub(super) fn is_read(
        &mut self,
        (typed_at, last_text, unshown): (Millis, Option<Millis>, bool),
        disposition: Option<Disposition>,
    ) -> Result<bool, Refused> {
        let is_disposed = disposition.is_some();
        if let Some(disposition) = disposition {
            self.story.push(StoryLine::Disposition { label: Some(disposition.label.clone()) });
            self.next.disposition = Some(disposition);
        }
        if self.lacks_disposition() {
            return Err(Refused::DispositionMissing);
        }
        let is_read = !unshown && self.has_read(typed_at, last_text);
        if !is_read && is_disposed {
            self.changed();
        }
        Ok(is_read)
    }

    /// Whether the last text can have been read, or this is the second try since.
    fn has_read(&mut self, typed_at: Millis, last_text: Option<Millis>) -> bool {
        // In wrap-up the last text was answered, or it would be active.
        let answered = self.next.work() == Some(Work::WrapUp);
        let unread = last_text.filter(|text| !answered && *text > typed_at - UNREAD_WITHIN);
        let is_second_try = unread == self.next.done_refused_for;
        if unread.is_some() && !is_second_try {
            self.next.done_refused_for = unread;
        }
        unread.is_none() || is_second_try
    }

    /// Its owner is told that it is over, and who closed it.
    pub(super) fn close(&mut self, owner: &AgentRef, by: &AgentRef) {
        self.drop_transfer(&Withdrawn::Done);
        let took_secs = self.at.since(self.next.created_at).as_secs();
        let disposition = self.next.disposition.as_ref().map(|disposition| disposition.label.clone());
        let contact = self.contact();
        self.tell(owner, Says::Done { contact, by: by.name.clone(), took_secs, disposition });
        self.agents.push((owner.id.clone(), AgentChange::Worked));
        self.end(by, Some(owner));
    }

    /// It is over, in somebody's name; its owner, if it has one, leaves the room, and is who had it last.
    pub(super) fn end(&mut self, by: &AgentRef, owner: Option<&AgentRef>) {
        self.story.push(StoryLine::Done { by: by.name.clone() });
        (self.next.expires_at, self.next.reply_wait) = (None, None);
        self.take_hand_down();
        self.enter(Phase::Done { by: owner.unwrap_or(by).clone(), at: self.at });
        if let Some(owner) = owner {
            self.remove(owner, "done");
        }
        self.send_watchers_away();
        self.timer(self.at + LEAVE_AFTER, Due::LeaveRoom { interaction: self.next.id.clone() });
        self.route();
    }

    /// Someone takes it up again: they own it, as if they had accepted it.
    ///
    /// # Errors
    /// [`Refused::RoomLeft`] if nobody is left in its room who could write in it.
    pub(super) fn reopen(&mut self, by: &AgentRef) -> Result<(), Refused> {
        if may_leave(&self.next, self.at) {
            return Err(Refused::RoomLeft);
        }
        self.story.push(StoryLine::Reopened { by: by.name.clone() });
        (self.next.disposition, self.next.done_refused_for) = (None, None);
        if self.next.room.is_none() {
            self.effects.push(OpenRoom { interaction: self.next.id.clone() }.into());
        }
        self.invite(by);
        self.own(by, Via::Word);
        self.tell(by, Says::Reopened { contact: self.contact(), room: self.next.room.clone() });
        Ok(())
    }
}
