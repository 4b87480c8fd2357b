//! What follows from each event of a talk.

use std::time::Duration;

use ruma::OwnedRoomId;

use super::{Kind, OFFER, Phase, Refused, Step, Talk};
use crate::clock::Millis;
use crate::domain::agent::{AgentRef, Readiness};
use crate::domain::case;
use crate::domain::conversation::offer::Via;
use crate::domain::effect::{
    Amend, Invite, Notify, OpenRoom, Place, PublishRights, PublishState, Remove, Role,
};
use crate::domain::ids::AgentId;
use crate::domain::input::Loss;
use crate::domain::notice::{PIECE_BYTES, Question, Says, StoryLine, TalkPreview, Withdrawn};
use crate::domain::session::Counts;
use crate::domain::text::sanitize;
use crate::domain::timer::{Due, Timer};

/// How much of the first message the preview shows, in characters.
const PREVIEW_CHARS: usize = 300;
/// The reason for taking out someone who was removed as an agent.
const GONE: &str = "no longer at the desk";

impl Step {
    pub(super) fn new(now: &Talk, at: Millis) -> Self {
        Self { next: now.clone(), effects: vec![], timers: vec![], story: vec![], at }
    }

    /// Makes the room, or opens the earlier one again, and posts in it what this is about.
    pub(super) fn open(&mut self, ready: &Readiness) {
        let first = self.next.first_talk.clone();
        if self.next.room.is_none() {
            self.effects.push(OpenRoom { interaction: first.clone() }.into());
        } else {
            self.rights();
            self.changed();
        }
        self.next.inside = vec![self.next.initiator.id.clone()];
        let user = self.next.initiator.user.clone();
        self.effects.push(Invite { interaction: first, user }.into());
        self.story.push(StoryLine::Begun { by: self.next.initiator.name.clone() });
        let talk = self.next.clone();
        let mut pieces = sanitize::pieces(&talk.text, PIECE_BYTES).into_iter();
        self.tell_room(
            Says::TalkOpened {
                kind: talk.kind(),
                by: talk.initiator.name.clone(),
                to: talk.invitee.name.clone(),
                contact: talk.about.as_ref().map(|contact| contact.name.clone()),
                number: talk.about.as_ref().map(|contact| contact.number.shown().into_owned()),
                text: pieces.next().unwrap_or_default().to_owned(),
                not_ready: ready.obstacle().map(str::to_owned),
            },
            None,
        );
        for piece in pieces {
            self.tell_room(Says::TalkText { by: talk.initiator.name.clone(), text: piece.to_owned() }, None);
        }
        if self.next.kind() == Kind::Im || !self.next.text.is_empty() {
            self.ask();
        }
    }

    /// Its room exists. An invitee who said yes before there was a room finds the room in their preview now.
    pub(super) fn room_opened(&mut self, room: OwnedRoomId) {
        self.next.room = Some(room);
        if self.next.phase == Phase::Connected {
            self.show_taken();
        }
    }

    /// Its room is gone. A talk that goes on gets another room, in which what was said is repeated. One that
    /// could only be read is done.
    pub(super) fn room_lost(&mut self, phase: Phase, alias: String, how: Loss, says: Says) {
        (self.next.room, self.next.alias) = (None, alias);
        match phase {
            Phase::Done => {}
            Phase::Ended => {
                self.story.push(StoryLine::RoomLost { how });
                self.next.inside.clear();
                (self.next.phase, self.next.updated_at) = (Phase::Done, self.at);
                self.timers.extend(self.next.leave_timer());
            }
            Phase::NotConnected | Phase::Offered { .. } | Phase::Connected => {
                self.story.push(StoryLine::RoomReplaced { how });
                let first = self.next.first_talk.clone();
                self.effects.push(OpenRoom { interaction: first.clone() }.into());
                self.tell_room(says, None);
                let asked = matches!(phase, Phase::Offered { .. }).then_some(&self.next.invitee.id);
                let invited =
                    |party: &&AgentRef| self.next.inside.contains(&party.id) || asked == Some(&party.id);
                for user in [&self.next.initiator, &self.next.invitee]
                    .into_iter()
                    .filter(invited)
                    .map(|party| &party.user)
                {
                    self.effects.push(Invite { interaction: first.clone(), user: user.clone() }.into());
                }
            }
        }
    }

    /// Invites the invitee, with a preview in their console.
    pub(super) fn ask(&mut self) {
        let expires_at = self.at + Duration::from_millis(self.next.offer_ms);
        let talk = &self.next;
        let preview = TalkPreview {
            kind: talk.kind(),
            by: talk.initiator.name.clone(),
            contact: talk.about.as_ref().map(|contact| contact.name.clone()),
            number: talk.about.as_ref().map(|contact| contact.number.shown().into_owned()),
            text: sanitize::cut(&talk.text, PREVIEW_CHARS),
            secs: expires_at.since(self.at).as_secs(),
            expires_at,
        };
        let (to, notice) =
            (Place::Console(talk.invitee.id.clone()), Says::Offer(Question::Talk(preview)).about(&talk.id));
        let role = Some(self.offer_role());
        self.effects.push(Notify { to, notice, reply_to: None, role }.into());
        let (interaction, user) = (self.next.first_talk.clone(), self.next.invitee.user.clone());
        self.effects.push(Invite { interaction, user }.into());
        let what = Due::OfferExpires { interaction: self.next.id.clone(), number: OFFER };
        self.timers.push(Timer { due_at: expires_at, what });
        self.story.push(StoryLine::Offered { to: vec![self.next.invitee.name.clone()] });
        self.enter(Phase::Offered { expires_at, overdue: false });
    }

    /// The other comes.
    pub(super) fn accept(&mut self, case: &[(String, String)]) {
        self.next.inside.push(self.next.invitee.id.clone());
        self.story.push(StoryLine::Accepted { by: self.next.invitee.name.clone() });
        self.enter(Phase::Connected);
        self.show_taken();
        let by = self.next.invitee.name.clone();
        let (in_room, in_console) = match self.next.kind() {
            Kind::Im => (Says::ImAccepted { by: by.clone() }, Says::ImAccepted { by }),
            Kind::Consult => {
                let contact = self.contact();
                let (case, case_more) = case::brief(case);
                (
                    Says::ConsultAccepted { by: by.clone(), contact: contact.clone(), case, case_more },
                    Says::ConsultAccepted { by, contact, case: vec![], case_more: 0 },
                )
            }
        };
        self.tell_room(in_room, None);
        self.tell(&self.next.initiator.clone(), in_console);
    }

    fn show_taken(&mut self) {
        let (contact, room) = (self.subject(), self.next.room.clone());
        self.amend(Says::OfferAccepted { contact, room, others: Counts::default(), join_secs: None });
    }

    /// The invitee declines: it is over, and the initiator is told, in the room and in the console.
    pub(super) fn reject(&mut self, via: Via, reason: String) {
        if via == Via::Word {
            self.take_invite_back();
        }
        self.amend(Says::OfferRejected { contact: self.subject() });
        self.story.push(StoryLine::Rejected { by: self.next.invitee.name.clone(), reason: String::new() });
        // Rights first: once the room says that it is over, nobody can write.
        self.rights();
        self.enter(Phase::Ended);
        let by = self.next.invitee.name.clone();
        let says = match self.next.kind() {
            Kind::Im => Says::ImRejected { by, reason },
            Kind::Consult => Says::ConsultRejected { by, contact: self.contact(), reason },
        };
        let role = self.over_role();
        self.tell_room(says.clone(), Some(role));
        self.tell(&self.next.initiator.clone(), says);
    }

    /// The invitee has not answered: the initiator is told, and the invite stays until it is accepted or
    /// declined.
    pub(super) fn time_out(&mut self) {
        if let Phase::Offered { overdue, .. } = &mut self.next.phase {
            *overdue = true;
        }
        self.story.push(StoryLine::NoAnswerYet { by: self.next.invitee.name.clone() });
        let by = self.next.invitee.name.clone();
        let says = match self.next.kind() {
            Kind::Im => Says::ImTimedOut { by },
            Kind::Consult => Says::ConsultTimedOut { by, contact: self.contact() },
        };
        self.tell_room(says.clone(), None);
        self.tell(&self.next.initiator.clone(), says);
    }

    /// One of the two is no agent any more: it is over, and they are out of its room.
    ///
    /// # Errors
    /// [`Refused::NotInside`] if they are none of the two, or [`Refused::Over`] if they have closed it.
    pub(super) fn gone(&mut self, who: &AgentId) -> Result<(), Refused> {
        let party = self.next.party(who).cloned().ok_or(Refused::NotInside)?;
        let was_inside = self.next.inside.contains(who);
        if self.next.is_offered_to(who) {
            self.reject(Via::Word, GONE.to_owned());
        } else if self.next.is_open() {
            self.end(Some(party.name.clone()), true);
        } else if !was_inside {
            return Err(Refused::Over);
        }
        if was_inside {
            self.remove(&party, GONE);
            self.take_out(who);
        }
        Ok(())
    }

    /// Ends it. `by` ended it; nobody if it ended with its parent. `gone` says that they left the desk.
    pub(super) fn end(&mut self, by: Option<String>, gone: bool) {
        if matches!(self.next.phase, Phase::Offered { .. }) {
            self.take_invite_back();
            let contact = self.next.initiator.name.clone();
            self.amend(Says::OfferWithdrawn { contact, why: Withdrawn::TalkOver });
        }
        self.story.push(StoryLine::Ended { by: by.clone() });
        // Rights first: once the room says that it is over, nobody can write.
        self.rights();
        self.enter(Phase::Ended);
        let role = self.over_role();
        self.tell_room(Says::ImEnded { kind: self.next.kind(), by, gone }, Some(role));
    }

    /// Someone closes it for themselves. If it was open, it ends for the other too.
    pub(super) fn close(&mut self, by: &AgentId, left: bool) {
        let party = self.next.party(by).cloned();
        if self.next.is_open() {
            self.end(party.as_ref().map(|party| party.name.clone()), false);
        }
        if let Some(party) = party {
            self.story.push(StoryLine::Closed { by: party.name.clone() });
            if !left {
                self.remove(&party, "done");
                let took_secs = self.at.since(self.next.created_at).as_secs();
                let (contact, by) = (self.next.other(by).name.clone(), party.name.clone());
                self.tell(&party, Says::Done { contact, by, took_secs, disposition: None });
            }
        }
        self.take_out(by);
    }

    /// Someone is no longer in it; once nobody is, it is done.
    fn take_out(&mut self, who: &AgentId) {
        self.next.inside.retain(|inside| inside != who);
        if self.next.inside.is_empty() {
            self.enter(Phase::Done);
            self.timers.extend(self.next.leave_timer());
        }
    }

    fn take_invite_back(&mut self) {
        self.remove(&self.next.invitee.clone(), "it is over");
    }

    fn remove(&mut self, agent: &AgentRef, reason: &str) {
        let (interaction, user) = (self.next.first_talk.clone(), agent.user.clone());
        self.effects.push(Remove { interaction, user, reason: reason.to_owned() }.into());
    }

    fn enter(&mut self, phase: Phase) {
        self.next.phase = phase;
        self.changed();
    }

    fn changed(&mut self) {
        self.next.updated_at = self.at;
        self.effects.push(PublishState { interaction: self.next.first_talk.clone() }.into());
    }

    fn rights(&mut self) {
        self.effects.push(PublishRights { interaction: self.next.first_talk.clone() }.into());
    }

    fn offer_role(&self) -> Role {
        let (interaction, agent) = (self.next.id.clone(), self.next.invitee.id.clone());
        Role::Offer { interaction, number: OFFER, agent }
    }

    fn over_role(&self) -> Role {
        Role::TalkOver { interaction: self.next.id.clone() }
    }

    fn amend(&mut self, says: Says) {
        let (to, role) = (Place::Console(self.next.invitee.id.clone()), self.offer_role());
        self.effects.push(Amend { to, role, notice: says.about(&self.next.id) }.into());
    }

    fn tell_room(&mut self, says: Says, role: Option<Role>) {
        let (to, notice) = (Place::Talk(self.next.first_talk.clone()), says.about(&self.next.id));
        self.effects.push(Notify { to, notice, reply_to: None, role }.into());
    }

    fn tell(&mut self, agent: &AgentRef, says: Says) {
        let (to, notice) = (Place::Console(agent.id.clone()), says.about(&self.next.id));
        self.effects.push(Notify { to, notice, reply_to: None, role: None }.into());
    }

    /// What the invitee accepts or declines, in words.
    fn subject(&self) -> String {
        let by = &self.next.initiator.name;
        match (self.next.kind(), &self.next.about) {
            (Kind::Im, _) => format!("{by}’s IM"),
            (Kind::Consult, None) => format!("{by}’s question"),
            (Kind::Consult, Some(contact)) => format!("{by}’s question about {}", contact.name),
        }
    }

    fn contact(&self) -> String {
        self.next.about.as_ref().map(|contact| contact.name.clone()).unwrap_or_default()
    }
}
