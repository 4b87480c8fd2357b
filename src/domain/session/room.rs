//! What happens in the room: the contact writes, and its owner comes and goes.

use std::time::Duration;

use ruma::{OwnedRoomId, OwnedUserId};

use super::{AgentChange, Refused, Step};
use crate::clock::Millis;
use crate::domain::agent::AgentRef;
use crate::domain::conversation::offer::Via;
use crate::domain::effect::{Amend, FetchMedia, GhostMedia, GhostText, OpenRoom, Place, Role};
use crate::domain::ids::{AgentId, ContactId};
use crate::domain::input::{Loss, MediaPart};
use crate::domain::interaction::{PassedOver, Phase, Work};
use crate::domain::notice::{Requeued, Says, StoryLine, Withdrawn};
use crate::domain::picture::{IN_PLACE, Picture};
use crate::domain::text::{numbers, sanitize};
use crate::domain::timer::Due;

/// A longer text is posted in several events: escaped, one may have 64 KiB.
const PIECE_BYTES: usize = 24 * 1024;
/// How much of a text names the attachment that came with it, in characters.
const BESIDE_CHARS: usize = 40;
/// Further fields of a text are kept while there is less case data than this.
const MOST_CASE: usize = 50;

impl Step {
    /// The contact wrote: a held or snoozed interaction goes on.
    pub(super) fn texted(
        &mut self,
        body: &str,
        media: Vec<MediaPart>,
        written_at: Option<Millis>,
        notices: Vec<Says>,
    ) {
        self.next.page_over_at = None;
        self.next.open_window(written_at.unwrap_or(self.at));
        match self.next.work() {
            Some(Work::Held | Work::Snoozed { .. } | Work::WrapUp) => {
                self.go_on();
                self.next.owner_replied = true;
            }
            Some(Work::Active | Work::Expired) | None => {}
        }
        self.post(body, media, written_at, notices);
    }

    /// It is done, and the contact wrote something that asks for nothing: whoever had it reads that.
    pub(super) fn thanked(&mut self, by: &AgentRef, text: String, written_at: Option<Millis>) {
        self.next.open_window(written_at.unwrap_or(self.at));
        let (interaction, agent) = (self.next.id.clone(), by.id.clone());
        let says = Says::Courtesy { contact: self.contact(), text };
        self.notify(Place::Console(by.id.clone()), says, Some(Role::Courtesy { interaction, agent }));
    }

    /// Keeps the text's further fields, as far as there is room.
    pub(super) fn note_more(&mut self, more: Vec<(String, String)>) {
        for (key, value) in more {
            let known = self.next.case.iter().find(|(known, _)| known.to_lowercase() == key.to_lowercase());
            let is_news = known.map_or(self.next.case.len() < MOST_CASE, |(_, old)| *old != value);
            if is_news {
                // There is a value, so this cannot be refused.
                let _ = self.set_case(&key, Some(value));
            }
        }
    }

    fn post(&mut self, body: &str, media: Vec<MediaPart>, written_at: Option<Millis>, notices: Vec<Says>) {
        let id = self.next.id.clone();
        let owner = self.next.owner().map(|owner| owner.user.clone());
        // A text that shows nothing rings nobody: the next one does.
        let shows = !body.is_empty() || !media.is_empty();
        let mut mention = owner.filter(|_| shows && std::mem::take(&mut self.next.owner_replied));
        if let Some(written_at) = written_at {
            self.tell_room(Says::Late { written_at });
        }
        let left_out = notices.iter().any(|says| matches!(says, Says::MediaLeftOut { .. }));
        if body.is_empty() && media.is_empty() && !left_out {
            self.tell_room(Says::EmptyText);
        }
        if !body.is_empty() {
            for piece in sanitize::pieces(body, PIECE_BYTES) {
                let (body, mention) = (piece.to_owned(), mention.take());
                self.effects.push(GhostText { interaction: id.clone(), body, mention, written_at }.into());
            }
        }
        for says in notices {
            self.tell_room(says);
        }
        self.show_media(media, mention, written_at, body);
    }

    /// Each part of an MMS is fetched in a lane of its own, and keeps its place in the room's lane for a
    /// moment.
    fn show_media(
        &mut self,
        media: Vec<MediaPart>,
        mut mention: Option<OwnedUserId>,
        written_at: Option<Millis>,
        body: &str,
    ) {
        if media.is_empty() {
            return;
        }
        let (interaction, sent_at) = (self.next.id.clone(), written_at.unwrap_or(self.at));
        let wait_until = self.at + IN_PLACE;
        let beside = sanitize::short_line(body, BESIDE_CHARS);
        for (place, part) in (1..).zip(media) {
            // A part that comes after its message, or after one that cannot be fetched, carries its number.
            let number = part.number().unwrap_or(place);
            let (interaction, mention) = (interaction.clone(), mention.take());
            let beside = beside.clone();
            let picture = Picture { interaction, part, number, mention, sent_at, beside, wait_until };
            self.effects.push(FetchMedia { picture: picture.clone() }.into());
            self.effects.push(GhostMedia { picture, content: None, written_at }.into());
        }
        self.next.pictures_until = Some(wait_until);
        self.timer(wait_until, Due::PicturesLate { interaction });
    }

    /// Its room exists, so agents can be asked. An owner who was given it before there was a room finds the
    /// room in their preview now, and has as long to come as anyone.
    pub(super) fn room_opened(&mut self, room: OwnedRoomId) {
        self.next.room = Some(room);
        if matches!(self.next.phase, Phase::Queued { .. }) {
            self.route();
            self.overflow_later();
        }
        let offer_ends = self.at + Duration::from_millis(self.next.rules.offer_ms.max(1));
        if matches!(self.next.phase, Phase::Owned { come_by: Some(deadline), .. } if deadline < offer_ends) {
            self.wait_for_new_owner();
        }
        if let Phase::Owned { owner, come_by, .. } = &self.next.phase {
            let (owner, is_inside) = (owner.clone(), come_by.is_none());
            let (interaction, number) = (self.next.id.clone(), self.next.offers);
            let role = Role::Offer { interaction, number, agent: owner.id.clone() };
            let (to, notice) = (Place::Console(owner.id), self.taken(is_inside).about(&self.next.id));
            self.effects.push(Amend { to, role, notice }.into());
        }
    }

    /// Its room is gone, and so is all that stood in it.
    pub(super) fn forget_room(&mut self, alias: String) {
        (self.next.room, self.next.alias) = (None, alias);
    }

    /// It goes on in another room: what was said is repeated there, and everyone who has work in it is
    /// invited.
    pub(super) fn room_lost(&mut self, alias: String, how: Loss, says: Says, away: Duration) {
        self.forget_room(alias);
        self.story.push(StoryLine::RoomReplaced { how });
        self.effects.push(OpenRoom { interaction: self.next.id.clone() }.into());
        self.tell_room(says);
        if let Some(owner) = self.next.owner().cloned() {
            self.invite(&owner);
            self.wait_for_owner(away);
            self.tell(&owner, Says::RoomLost { what: self.contact(), why: Some(how) });
        }
        let asked = self.next.offer().filter(|offer| offer.invited).map(|offer| offer.to.clone());
        for agent in asked.unwrap_or_default() {
            self.invite(&agent);
        }
        for watcher in &mut self.next.watchers {
            watcher.here = false;
        }
        for watcher in self.next.watchers.clone() {
            self.invite(&watcher.agent);
        }
    }

    pub(super) fn owner_came(&mut self) {
        if let Phase::Owned { come_by, owner, .. } = &mut self.next.phase {
            *come_by = None;
            self.story.push(StoryLine::Joined { by: owner.name.clone() });
        }
    }

    /// The contact goes by another name.
    pub(super) fn renamed(&mut self, name: String) {
        if self.next.contact.name != name {
            let old_name = numbers::shown(&self.next.contact.name).into_owned();
            self.story.push(StoryLine::Renamed { name: name.clone(), old_name });
            self.next.contact.name = name;
            self.changed();
            self.contact_changed();
        }
    }

    /// It is a conversation with another contact than was thought: the ghost goes by their name.
    pub(super) fn belongs(&mut self, id: ContactId, name: String) {
        if self.next.contact.name != name {
            let old_name = numbers::shown(&self.next.contact.name).into_owned();
            self.story.push(StoryLine::Belongs { name: name.clone(), old_name });
        }
        (self.next.contact.id, self.next.contact.name) = (id, name);
        self.changed();
        self.contact_changed();
    }

    /// The owner left: they are invited once more, and have some time to come back.
    pub(super) fn owner_left(&mut self, owner: &AgentRef, away: Duration) {
        self.story.push(StoryLine::LeftRoom { by: owner.name.clone() });
        self.invite(owner);
        self.wait_for_owner(away);
    }

    /// A new owner has as long as an offer stands to come in.
    pub(super) fn wait_for_new_owner(&mut self) {
        self.wait_for_owner(Duration::from_millis(self.next.rules.offer_ms.max(1)));
    }

    fn wait_for_owner(&mut self, patience: Duration) {
        let deadline = self.at + patience;
        if let Phase::Owned { come_by, .. } = &mut self.next.phase {
            *come_by = Some(deadline);
        }
        self.timer(deadline, Due::OwnerAway { interaction: self.next.id.clone() });
    }

    /// The owner did not come back. If something may still be said, it goes to someone else, and they get no
    /// more offers until they turn ready. If it only had to be closed, it is closed.
    pub(super) fn lose(&mut self, owner: &AgentRef, work: Work, why: Requeued, not_ready: bool) {
        match work {
            Work::Active | Work::Held | Work::Snoozed { .. } => self.requeue(owner, why, not_ready),
            Work::Expired | Work::WrapUp => self.close(owner, owner),
        }
    }

    /// Someone is no longer an agent: what they own, or are offered, goes to others.
    ///
    /// # Errors
    /// [`Refused::Stale`] if they neither own it nor are asked.
    pub(super) fn gone(&mut self, id: &AgentId) -> Result<(), Refused> {
        match self.next.phase.clone() {
            Phase::Owned { owner, work, .. } if owner.id == *id => {
                self.lose(&owner, work, Requeued::NoAgent, false);
            }
            Phase::Queued { .. } | Phase::Offered { .. } | Phase::Owned { .. } | Phase::Done { .. } => {
                self.ask_no_more(id, "no longer an agent of the desk")?;
            }
        }
        Ok(())
    }

    /// Someone has signed off: nothing is offered to them any more, not even what they could not refuse.
    ///
    /// # Errors
    /// [`Refused::Stale`] if they are not asked.
    pub(super) fn signed_off(&mut self, id: &AgentId) -> Result<(), Refused> {
        self.ask_no_more(id, "signed off")
    }

    /// Takes an offer back from someone who cannot take it, for this reason.
    fn ask_no_more(&mut self, id: &AgentId, why: &str) -> Result<(), Refused> {
        match self.next.phase.clone() {
            Phase::Owned { owner, transfer: Some(offer), .. } if offer.asks(id) => {
                self.transfer_rejected(&owner, &offer, Via::Word, why);
                Ok(())
            }
            Phase::Offered { offer, passed_over } if offer.asks(id) => {
                self.pass_over(offer, passed_over, id, Via::Word, why)
            }
            Phase::Queued { .. } | Phase::Offered { .. } | Phase::Owned { .. } | Phase::Done { .. } => {
                Err(Refused::Stale)
            }
        }
    }

    /// It waits again in its old place.
    pub(super) fn requeue(&mut self, owner: &AgentRef, why: Requeued, not_ready: bool) {
        self.drop_transfer(&Withdrawn::Requeued);
        if not_ready {
            self.agents.push((owner.id.clone(), AgentChange::NoAnswer));
        }
        self.tell(owner, Says::Requeued { contact: self.contact(), why, not_ready, by: None });
        self.take_hand_down();
        self.remove(owner, "queued again");
        self.story.push(StoryLine::Requeued { by: owner.name.clone() });
        // Of what waits for an answer they have been told.
        if why != Requeued::NoReply {
            let lost = Says::OwnerLost { contact: self.contact(), owner: owner.name.clone() };
            self.supervisors.push(lost.about(&self.next.id));
        }
        self.back_to_queue(vec![PassedOver { agent: owner.id.clone(), at: self.at }]);
        self.topic();
    }
}
