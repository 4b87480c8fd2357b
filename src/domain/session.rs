//! The life of an SMS interaction: one pure step for everything that can happen to it.

use std::time::Duration;

use matrix_sdk::ruma::OwnedRoomId;

use super::agent::AgentRef;
use super::effect::{Effect, Place, Role};
use super::ids::AgentId;
use super::input::MediaPart;
use super::interaction::{Asked, Interaction, Offer, Phase};
use super::notice::{Preview, Says};
use super::text::sanitize;
use super::timer::{Due, Timer};
use crate::clock::Millis;

/// A text that came this shortly before `!done` was probably not read.
const UNREAD_WITHIN: Duration = Duration::from_secs(5);
/// A room that is done is left after this long.
const LEAVE_AFTER: Duration = Duration::from_hours(30 * 24);
/// Who refused is asked again after this long, if nobody else could be.
pub const ROUND_AFTER: Duration = Duration::from_mins(1);

/// A longer text is posted in several events: escaped, one may have 64 KiB.
const PIECE_BYTES: usize = 24 * 1024;

/// Something that happens to an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The contact wrote.
    Texted {
        /// The text as it may stand in a room.
        body: String,
        /// The parts of an MMS.
        media: Vec<MediaPart>,
        /// When it was written, if it was fetched late.
        written_at: Option<Millis>,
        /// What the bot points out about it.
        notices: Vec<Says>,
    },
    /// Its room exists.
    RoomOpened {
        /// The room.
        room: OwnedRoomId,
    },
    /// Routing chose an agent.
    Offered {
        /// The agent.
        to: AgentRef,
        /// Other open interactions of the contact.
        in_progress: u32,
        /// Interactions of the contact in the last days.
        recent: u32,
    },
    /// The agent who was asked takes it.
    Accepted {
        /// Who says so.
        by: AgentRef,
        /// Which offer they answer, where the answer names one.
        number: Option<u32>,
        /// Whether they did it by coming into the room.
        joined: bool,
    },
    /// The agent who was asked does not take it.
    Rejected {
        /// Who says so.
        by: AgentId,
        /// Which offer they answer, where the answer names one.
        number: Option<u32>,
        /// Whether they did it by declining the invite, so that it need not be taken back.
        declined: bool,
    },
    /// An offer ran out.
    OfferExpired {
        /// Which one.
        number: u32,
    },
    /// Someone came into the room.
    CameIn {
        /// Who.
        by: AgentId,
    },
    /// Someone left the room by themselves.
    WentOut {
        /// Who.
        by: AgentId,
        /// How long an owner may stay away.
        away: Duration,
    },
    /// The time an owner had for coming is over.
    AwayTooLong,
    /// The owner has said something to the contact.
    Replied,
    /// Someone wants to finish it.
    Finish {
        /// Who.
        by: AgentRef,
        /// When they typed it.
        typed_at: Millis,
        /// When the contact last wrote.
        last_text: Option<Millis>,
    },
}

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
}

/// What an event means for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentChange {
    /// They were given, or finished, work: they are idle from now on.
    Worked,
    /// They did not answer: no more offers until they say so.
    NoAnswer,
}

/// Why an event changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing is offered to whoever answers.
    #[error("nothing is offered to them")]
    NothingOffered,
    /// The one who wants it is not the owner.
    #[error("they are not the owner")]
    NotOwner,
    /// It is over.
    #[error("the interaction is done")]
    AlreadyDone,
    /// It was meant for an earlier state.
    #[error("meant for an earlier state")]
    Stale,
}

/// Applies one event.
///
/// # Errors
/// [`Refused`] names why the event changes nothing in the state the interaction is in.
pub fn step(now: &Interaction, event: Event, at: Millis) -> Result<Step, Refused> {
    let mut step = Step { next: now.clone(), effects: vec![], timers: vec![], agents: vec![] };
    match (&now.phase, event) {
        (_, Event::RoomOpened { room }) => step.room_opened(room),
        (Phase::Done { .. }, Event::Texted { .. } | Event::Finish { .. }) => {
            return Err(Refused::AlreadyDone);
        }
        (_, Event::Texted { body, media, written_at, notices }) => {
            step.post_text(&body, media, written_at, notices);
        }

        (Phase::Queued { asked }, Event::Offered { to, in_progress, recent }) => {
            // Whoever is asked again is asked in a new round, in which the others may be asked again too.
            let new_round = asked.iter().any(|asked| asked.agent == to.id);
            let asked = if new_round { vec![] } else { asked.clone() };
            step.offer(to, asked, in_progress, recent, at);
        }
        (Phase::Offered { offer, .. }, Event::Accepted { by, number, joined })
            if answers(offer, &by.id, number) =>
        {
            let offer = offer.clone();
            step.accept(&offer, joined, at);
        }
        (Phase::Offered { offer, asked }, Event::Rejected { by, number, declined })
            if answers(offer, &by, number) =>
        {
            let (offer, asked) = (offer.clone(), asked.clone());
            let contact = now.contact.name.clone();
            step.back_to_queue(&offer, asked, Says::OfferRejected { contact }, declined, at);
        }
        (_, Event::Accepted { .. } | Event::Rejected { .. }) => return Err(Refused::NothingOffered),
        (Phase::Offered { offer, asked }, Event::OfferExpired { number }) if offer.number == number => {
            let (offer, asked) = (offer.clone(), asked.clone());
            let contact = now.contact.name.clone();
            step.agents.push((offer.to.id.clone(), AgentChange::NoAnswer));
            step.back_to_queue(&offer, asked, Says::OfferTimedOut { contact }, false, at);
        }

        (Phase::Active { owner, come_by: Some(_) }, Event::CameIn { by }) if owner.id == by => {
            step.next.phase = Phase::Active { owner: owner.clone(), come_by: None };
        }
        (Phase::Active { owner, come_by: None }, Event::WentOut { by, away }) if owner.id == by => {
            let owner = owner.clone();
            step.effects.push(Effect::Invite { interaction: now.id.clone(), user: owner.user.clone() });
            step.wait_for_owner(owner, at + away);
        }
        (Phase::Active { owner, come_by: Some(deadline) }, Event::AwayTooLong) if *deadline <= at => {
            let owner = owner.clone();
            step.requeue(&owner, at);
        }

        (Phase::Active { .. }, Event::Replied) => step.next.ring_next = true,
        (Phase::Active { owner, .. }, Event::Finish { by, typed_at, last_text }) if owner.id == by.id => {
            step.finish(by, typed_at, last_text, at);
        }
        (Phase::Queued { .. } | Phase::Offered { .. } | Phase::Active { .. }, Event::Finish { .. }) => {
            return Err(Refused::NotOwner);
        }
        (
            _,
            Event::Offered { .. }
            | Event::OfferExpired { .. }
            | Event::CameIn { .. }
            | Event::WentOut { .. }
            | Event::AwayTooLong
            | Event::Replied,
        ) => return Err(Refused::Stale),
    }
    Ok(step)
}

/// Whether `by` answers this very offer.
fn answers(offer: &Offer, by: &AgentId, number: Option<u32>) -> bool {
    offer.to.id == *by && number.is_none_or(|number| number == offer.number)
}

impl Step {
    fn post_text(
        &mut self,
        body: &str,
        media: Vec<MediaPart>,
        written_at: Option<Millis>,
        notices: Vec<Says>,
    ) {
        let id = self.next.id.clone();
        let mut mention = match &self.next.phase {
            Phase::Active { owner, .. } if self.next.ring_next => Some(owner.user.clone()),
            _ => None,
        };
        if mention.is_some() {
            self.next.ring_next = false;
        }
        if let Some(written_at) = written_at {
            self.say_in_room(Says::Late { written_at });
        }
        if !body.is_empty() || media.is_empty() {
            for piece in sanitize::pieces(body, PIECE_BYTES) {
                let (body, mention) = (piece.to_owned(), mention.take());
                self.effects.push(Effect::GhostText { interaction: id.clone(), body, mention, written_at });
            }
        }
        for (number, part) in (1..).zip(media) {
            let mention = mention.take();
            self.effects.push(Effect::GhostMedia { interaction: id.clone(), part, number, mention });
        }
        for says in notices {
            self.say_in_room(says);
        }
    }

    fn say_in_room(&mut self, says: Says) {
        let to = Place::Session(self.next.id.clone());
        let notice = says.about(&self.next.id);
        self.effects.push(Effect::Notify { to, notice, reply_to: None, role: None });
    }

    fn offer(&mut self, to: AgentRef, asked: Vec<Asked>, in_progress: u32, recent: u32, at: Millis) {
        let (id, offer_time) = (self.next.id.clone(), Duration::from_millis(self.next.offer_ms));
        self.next.offers += 1;
        let offer = Offer { number: self.next.offers, to, expires_at: at + offer_time };
        let preview = Says::Offer(Preview {
            contact: self.next.contact.name.clone(),
            number: self.next.contact.number.clone(),
            our_number: self.next.our_number.clone(),
            mode: self.next.mode,
            queue: self.next.queue.clone(),
            case: self.next.case.clone(),
            text: self.next.first_text.clone(),
            in_progress,
            recent,
            secs: offer_time.as_secs(),
            expires_at: offer.expires_at,
        });
        self.effects.push(Effect::Notify {
            to: Place::Console(offer.to.id.clone()),
            notice: preview.about(&id),
            reply_to: None,
            role: Some(Role::Offer { interaction: id.clone(), number: offer.number }),
        });
        self.effects.push(Effect::Invite { interaction: id.clone(), user: offer.to.user.clone() });
        let what = Due::OfferExpires { interaction: id, number: offer.number };
        self.timers.push(Timer { due_at: offer.expires_at, what });
        self.enter(Phase::Offered { offer, asked }, at);
    }

    fn accept(&mut self, offer: &Offer, joined: bool, at: Millis) {
        let (contact, room) = (self.next.contact.name.clone(), self.next.room.clone());
        self.amend(offer, Says::OfferAccepted { contact, room });
        self.agents.push((offer.to.id.clone(), AgentChange::Worked));
        self.next.ring_next = true;
        if joined {
            self.enter(Phase::Active { owner: offer.to.clone(), come_by: None }, at);
        } else {
            let deadline = at + Duration::from_millis(self.next.offer_ms);
            self.enter(Phase::Active { owner: offer.to.clone(), come_by: None }, at);
            self.wait_for_owner(offer.to.clone(), deadline);
        }
        self.effects.push(Effect::PublishTopic { interaction: self.next.id.clone() });
    }

    fn room_opened(&mut self, room: OwnedRoomId) {
        if let Phase::Active { owner, .. } = &self.next.phase {
            // They said yes before there was a room to go to; now their preview can lead there.
            let (to, contact) = (Place::Console(owner.id.clone()), self.next.contact.name.clone());
            let role = Role::Offer { interaction: self.next.id.clone(), number: self.next.offers };
            let says = Says::OfferAccepted { contact, room: Some(room.clone()) };
            self.effects.push(Effect::Amend { to, role, notice: says.about(&self.next.id) });
        }
        self.next.room = Some(room);
    }

    fn wait_for_owner(&mut self, owner: AgentRef, deadline: Millis) {
        self.next.phase = Phase::Active { owner, come_by: Some(deadline) };
        let what = Due::OwnerAway { interaction: self.next.id.clone() };
        self.timers.push(Timer { due_at: deadline, what });
    }

    fn back_to_queue(
        &mut self,
        offer: &Offer,
        mut asked: Vec<Asked>,
        says: Says,
        declined: bool,
        at: Millis,
    ) {
        self.amend(offer, says);
        if !declined {
            self.remove(&offer.to, "the offer is over");
        }
        asked.push(Asked { agent: offer.to.id.clone(), at });
        self.enter(Phase::Queued { asked }, at);
        self.route_now_and_later(at);
    }

    fn requeue(&mut self, owner: &AgentRef, at: Millis) {
        let (contact, why) = (self.next.contact.name.clone(), "you did not come into the room".to_owned());
        self.tell(owner, Says::Requeued { contact, why });
        self.remove(owner, "queued again");
        self.enter(Phase::Queued { asked: vec![Asked { agent: owner.id.clone(), at }] }, at);
        self.effects.push(Effect::PublishTopic { interaction: self.next.id.clone() });
        self.route_now_and_later(at);
    }

    fn finish(&mut self, by: AgentRef, typed_at: Millis, last_text: Option<Millis>, at: Millis) {
        let unread = last_text.filter(|text| *text > typed_at - UNREAD_WITHIN);
        if unread.is_some() && unread != self.next.done_refused_for {
            self.next.done_refused_for = unread;
            self.say_in_room(Says::DoneRefused);
            return;
        }
        let contact = self.next.contact.name.clone();
        let took_secs = at.since(self.next.created_at).as_secs();
        self.tell(&by, Says::Done { contact, by: by.name.clone(), took_secs });
        self.agents.push((by.id.clone(), AgentChange::Worked));
        let leaver = by.clone();
        self.enter(Phase::Done { by, at }, at);
        self.remove(&leaver, "done");
        let what = Due::LeaveRoom { interaction: self.next.id.clone() };
        self.timers.push(Timer { due_at: at + LEAVE_AFTER, what });
        self.effects.push(Effect::Route { queue: self.next.queue.clone() });
    }

    /// Moves to a phase: the state event follows.
    fn enter(&mut self, phase: Phase, at: Millis) {
        self.next.phase = phase;
        self.next.updated_at = at;
        self.effects.push(Effect::PublishState { interaction: self.next.id.clone() });
    }

    fn route_now_and_later(&mut self, at: Millis) {
        let queue = self.next.queue.clone();
        self.effects.push(Effect::Route { queue: queue.clone() });
        self.timers.push(Timer { due_at: at + ROUND_AFTER, what: Due::RouteAgain { queue } });
    }

    fn amend(&mut self, offer: &Offer, says: Says) {
        self.effects.push(Effect::Amend {
            to: Place::Console(offer.to.id.clone()),
            role: Role::Offer { interaction: self.next.id.clone(), number: offer.number },
            notice: says.about(&self.next.id),
        });
    }

    fn tell(&mut self, agent: &AgentRef, says: Says) {
        let notice = says.about(&self.next.id);
        let to = Place::Console(agent.id.clone());
        self.effects.push(Effect::Notify { to, notice, reply_to: None, role: None });
    }

    fn remove(&mut self, agent: &AgentRef, reason: &str) {
        let (interaction, user) = (self.next.id.clone(), agent.user.clone());
        self.effects.push(Effect::Remove { interaction, user, reason: reason.to_owned() });
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
