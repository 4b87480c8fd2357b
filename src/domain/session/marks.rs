//! What people put on an interaction, and contacts who are blocked.

use super::{AgentChange, Refused, Step, may_leave};
use crate::clock::Millis;
use crate::domain::agent::AgentRef;
use crate::domain::effect::{Notify, Place};
use crate::domain::forget;
use crate::domain::interaction::Phase;
use crate::domain::notice::{Says, StoryLine, Withdrawn};
use crate::domain::tags;

impl Step {
    /// A tag is put on it, or taken away.
    ///
    /// # Errors
    /// [`Refused::TooManyTags`]; [`Refused::NoSuchTag`].
    pub(super) fn tag(&mut self, tag: String, on: bool) -> Result<(), Refused> {
        let place = self.next.tags.iter().position(|known| *known == tag);
        match (place, on) {
            (Some(_), true) => return Ok(()),
            (None, false) => return Err(Refused::NoSuchTag),
            (None, true) if self.next.tags.len() >= tags::MOST => return Err(Refused::TooManyTags),
            (None, true) => {
                self.next.tags.push(tag.clone());
                self.story.push(StoryLine::Tagged { tag });
            }
            (Some(place), false) => {
                self.next.tags.remove(place);
                self.story.push(StoryLine::Untagged { tag });
            }
        }
        // Once the bot has left its room, there is nowhere to show it.
        if self.next.room.is_some() && !may_leave(&self.next, self.at) {
            self.changed();
        } else {
            self.next.updated_at = self.at;
        }
        Ok(())
    }

    /// It is moved in its queue: what waits is looked at again.
    pub(super) fn prioritise(&mut self, points: i64, by: &AgentRef) {
        if self.next.points != points {
            self.next.points = points;
            self.story.push(StoryLine::Priority { points, by: by.name.clone() });
            self.changed();
            self.route();
        }
    }

    /// Its contact was blocked: it is closed, whoever has it, and with nothing.
    pub(super) fn block(&mut self, by: &AgentRef, until: Option<Millis>, reason: String) {
        self.story.push(StoryLine::Blocked { by: by.name.clone(), until, reason: reason.clone() });
        match self.next.phase.clone() {
            Phase::Owned { owner, .. } => {
                if owner.id != by.id {
                    let (contact, by) = (self.contact(), by.name.clone());
                    self.tell(&owner, Says::Blocked { contact, by, until, reason, shared: None });
                }
                self.close(&owner, by);
            }
            Phase::Offered { offer, .. } => {
                self.withdraw(&offer, &Withdrawn::Done);
                self.end(by, None);
            }
            Phase::Queued { .. } | Phase::Done { .. } => self.end(by, None),
        }
    }

    /// Its contact was erased: it is closed, whoever has it, and nobody is told whose it was.
    pub(super) fn erase(&mut self, by: &AgentRef) {
        // What is said from here on names nobody.
        forget::NAME.clone_into(&mut self.next.contact.name);
        match self.next.phase.clone() {
            Phase::Owned { owner, .. } => {
                self.drop_transfer(&Withdrawn::Done);
                // The id of the conversation tells whose it was, and is erased with it.
                let notice = Says::ConversationErased { by: by.name.clone() }.plainly();
                let to = Place::Console(owner.id.clone());
                self.effects.push(Notify { to, notice, reply_to: None, role: None }.into());
                self.agents.push((owner.id.clone(), AgentChange::Worked));
                self.end(&owner, Some(&owner));
            }
            Phase::Offered { offer, .. } => {
                self.withdraw(&offer, &Withdrawn::Done);
                self.end(by, None);
            }
            Phase::Queued { .. } | Phase::Done { .. } => self.end(by, None),
        }
    }
}
