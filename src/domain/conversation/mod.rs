//! A conversation has a room of its own: a session with a contact, or a talk of two agents.
//!
//! Sessions and talks have ids of one kind. [`Conversation`] answers what both can answer, so that nobody has
//! to ask which of the two it is. What happens to each is in [`super::session`] and [`super::talk`].

pub mod offer;

use std::ops::Deref;

use ruma::{OwnedRoomId, OwnedUserId};

use super::effect::Place;
use super::ids::{AgentId, InteractionId};
use super::interaction::{ContactRef, Interaction, Phase};
use super::talk::{self, Talk};
use crate::clock::Millis;

/// A session or a talk: as it was looked up, or borrowed, see [`Ref`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversation<S = Box<Interaction>, T = Box<Talk>> {
    /// Agents speak with a contact.
    Session(S),
    /// Two agents speak with each other.
    Talk(T),
}

/// A conversation that is borrowed.
pub type Ref<'a> = Conversation<&'a Interaction, &'a Talk>;

impl From<Interaction> for Conversation {
    fn from(interaction: Interaction) -> Self {
        Self::Session(Box::new(interaction))
    }
}

impl From<Talk> for Conversation {
    fn from(talk: Talk) -> Self {
        Self::Talk(Box::new(talk))
    }
}

impl<'a> From<&'a Interaction> for Ref<'a> {
    fn from(interaction: &'a Interaction) -> Self {
        Self::Session(interaction)
    }
}

impl<'a> From<&'a Talk> for Ref<'a> {
    fn from(talk: &'a Talk) -> Self {
        Self::Talk(talk)
    }
}

impl Conversation {
    /// The same, borrowed.
    #[must_use]
    pub fn by_ref(&self) -> Ref<'_> {
        match self {
            Self::Session(session) => Conversation::Session(session),
            Self::Talk(talk) => Conversation::Talk(talk),
        }
    }

    /// Sets the alias of a room that is to be made, by its local part.
    pub fn set_alias(&mut self, alias: String) {
        match self {
            Self::Session(session) => session.alias = alias,
            Self::Talk(talk) => talk.alias = alias,
        }
    }
}

impl<'a> Ref<'a> {
    /// The session, if it is one.
    #[must_use]
    pub fn session(self) -> Option<&'a Interaction> {
        match self {
            Self::Session(session) => Some(session),
            Self::Talk(_) => None,
        }
    }

    /// The talk, if it is one.
    #[must_use]
    pub fn talk(self) -> Option<&'a Talk> {
        match self {
            Self::Session(_) => None,
            Self::Talk(talk) => Some(talk),
        }
    }

    /// The contact who writes in it, or whom it is about.
    #[must_use]
    pub fn contact(self) -> Option<&'a ContactRef> {
        match self {
            Self::Session(session) => Some(&session.contact),
            Self::Talk(talk) => talk.about.as_ref(),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(self) -> &'a InteractionId {
        match self {
            Self::Session(session) => &session.id,
            Self::Talk(talk) => &talk.id,
        }
    }
}

impl<S: Deref<Target = Interaction>, T: Deref<Target = Talk>> Conversation<S, T> {
    /// Its place. A talk that goes on in the room of an earlier one has the place of the first.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Session(session) => Place::Session(session.id.clone()),
            Self::Talk(talk) => Place::Talk(talk.first_talk.clone()),
        }
    }

    /// The id of the conversation its room was made for. Effects on the room name it by this id.
    #[must_use]
    pub fn first_in_room(&self) -> &InteractionId {
        match self {
            Self::Session(session) => &session.id,
            Self::Talk(talk) => &talk.first_talk,
        }
    }

    /// Its room, once it exists.
    #[must_use]
    pub fn room(&self) -> Option<&OwnedRoomId> {
        match self {
            Self::Session(session) => session.room.as_ref(),
            Self::Talk(talk) => talk.room.as_ref(),
        }
    }

    /// Whether it is finished, and its room only there to be read.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self {
            Self::Session(session) => session.is_done(),
            Self::Talk(talk) => talk.phase == talk::Phase::Done,
        }
    }

    /// Whether something may still be said in it, so that it needs a room. A talk that has ended can only be
    /// read.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Session(session) => !session.is_done(),
            Self::Talk(talk) => talk.is_open(),
        }
    }

    /// Whether an agent is being asked to take it, or to come.
    #[must_use]
    pub fn is_offered_to(&self, agent: &AgentId) -> bool {
        match self {
            Self::Session(session) => session.is_offered_to(agent),
            Self::Talk(talk) => talk.is_offered_to(agent),
        }
    }

    /// Whether the offer of a number is still open to an agent.
    #[must_use]
    pub fn is_asking(&self, agent: &AgentId, number: u32) -> bool {
        match self {
            Self::Session(session) => {
                session.offer().is_some_and(|offer| offer.number == number && offer.asks(agent))
            }
            Self::Talk(talk) => talk.is_offered_to(agent),
        }
    }

    /// Whether an agent was invited into its room to take it, or to come: joining answers, and so does
    /// declining.
    #[must_use]
    pub fn is_invited(&self, agent: &AgentId) -> bool {
        match self {
            Self::Session(session) => session.is_invited(agent),
            Self::Talk(talk) => talk.is_offered_to(agent),
        }
    }

    /// Since when anything an agent does in its room proves that they have joined. Before that, they may have
    /// done it on an earlier visit. Nothing if their joining would be no news.
    #[must_use]
    pub fn awaits_since(&self, agent: &AgentId) -> Option<Millis> {
        match self {
            // Who looks on is inside already.
            Self::Session(session) => {
                (session.is_invited(agent) && !session.is_watched_by(agent)).then_some(session.updated_at)
            }
            Self::Talk(talk) => talk.is_offered_to(agent).then_some(talk.created_at),
        }
    }

    /// Whether an agent who is not in its room has to be let in again: they are invited, awaited, or inside.
    #[must_use]
    pub fn needs_inside(&self, agent: &AgentId) -> bool {
        match self {
            Self::Session(session) => {
                let is_awaited = matches!(
                    &session.phase,
                    Phase::Owned { owner, come_by: Some(_), .. } if owner.id == *agent
                );
                is_awaited || session.is_invited(agent)
            }
            Self::Talk(talk) => talk.inside.contains(agent) || talk.is_offered_to(agent),
        }
    }

    /// The agents who have work in it, each with the name they know it by.
    #[must_use]
    pub fn known_as(&self) -> Vec<(AgentId, String)> {
        match self {
            Self::Session(session) => {
                let owner = session.owner().map(|owner| (owner.id.clone(), session.contact.name.clone()));
                owner.into_iter().collect()
            }
            Self::Talk(talk) => {
                let known_as = |agent: &AgentId| {
                    (agent.clone(), format!("your {} with {}", talk.kind().word(), talk.other(agent).name))
                };
                talk.inside.iter().map(known_as).collect()
            }
        }
    }

    /// The user whom a notice in its room has to wake: the owner, or the initiator of the talk.
    #[must_use]
    pub fn reader(&self) -> Option<OwnedUserId> {
        match self {
            Self::Session(session) => session.owner().map(|owner| owner.user.clone()),
            Self::Talk(talk) => Some(talk.initiator.user.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
