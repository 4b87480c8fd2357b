//! Supervisors who look on, visibly, as members of the room. What they write is internal unless they barged
//! in.

use super::{Refused, Step};
use crate::domain::agent::AgentRef;
use crate::domain::ids::AgentId;
use crate::domain::interaction::Watcher;
use crate::domain::notice::{Says, StoryLine};

impl Step {
    /// A supervisor comes to look on, or to speak to the contact too. One who looks on already is invited
    /// again, in case they never came.
    ///
    /// # Errors
    /// [`Refused::OwnsIt`].
    pub(super) fn watched(&mut self, by: &AgentRef, barged: bool) -> Result<(), Refused> {
        if self.next.is_owned_by(&by.id) {
            return Err(Refused::OwnsIt);
        }
        self.invite(by);
        match self.next.watchers.iter_mut().find(|watcher| watcher.agent.id == by.id) {
            Some(watcher) if watcher.barged || !barged => return Ok(()),
            Some(watcher) => watcher.barged = true,
            None => self.next.watchers.push(Watcher { agent: by.clone(), barged, here: false }),
        }
        let name = by.name.clone();
        self.story.push(if barged {
            StoryLine::Barged { by: name }
        } else {
            StoryLine::Monitors { by: name }
        });
        self.tell_room(Says::Joined { by: by.name.clone(), barged });
        Ok(())
    }

    /// They leave the room. If they are being offered it, they stay invited.
    ///
    /// # Errors
    /// [`Refused::NotWatching`].
    pub(super) fn unwatched(&mut self, by: &AgentId) -> Result<(), Refused> {
        let Watcher { agent, here, .. } = self.forget_watcher(by).ok_or(Refused::NotWatching)?;
        self.turned_away(&agent);
        let is_invited = self.next.is_invited(by);
        if here || !is_invited {
            self.remove(&agent, "left");
        }
        if here && is_invited {
            self.invite(&agent);
        }
        Ok(())
    }

    /// They came into the room.
    pub(super) fn watcher_came(&mut self, by: &AgentId) {
        let watcher = self.next.watchers.iter_mut().find(|watcher| watcher.agent.id == *by);
        let joined = watcher.map(|watcher| {
            watcher.here = true;
            StoryLine::Joined { by: watcher.agent.name.clone() }
        });
        self.story.extend(joined);
    }

    /// They left the room by themselves.
    pub(super) fn watcher_left(&mut self, by: &AgentId) {
        if let Some(Watcher { agent, .. }) = self.forget_watcher(by) {
            self.turned_away(&agent);
        }
    }

    /// Nobody looks on at what is done.
    pub(super) fn send_watchers_away(&mut self) {
        for watcher in std::mem::take(&mut self.next.watchers) {
            self.remove(&watcher.agent, "done");
        }
    }

    /// Removes someone from the watchers: they left, or own it now.
    pub(super) fn forget_watcher(&mut self, by: &AgentId) -> Option<Watcher> {
        let place = self.next.watchers.iter().position(|watcher| watcher.agent.id == *by)?;
        Some(self.next.watchers.remove(place))
    }

    fn turned_away(&mut self, agent: &AgentRef) {
        self.story.push(StoryLine::Left { by: agent.name.clone() });
        self.tell_room(Says::Left { by: agent.name.clone() });
    }
}
