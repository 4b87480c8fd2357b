//! What must happen outside after an input: the outbox keeps these until they are done.
//!
//! How each is carried out stands in `rules`; what does it, in `outbox::deliver`.

mod place;
mod role;
mod rules;

use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::place::Place;
pub use self::role::Role;
use super::agent::Agent;
use super::ids::{AgentId, GhostName, InteractionId, QueueName};
use super::notice::Notice;
use super::picture::Picture;
use super::talk::Wanted;
use crate::clock::Millis;

/// Something to be done outside the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Make the room of an interaction and let the contact's ghost join it.
    OpenRoom {
        /// The interaction or talk whose room it is.
        interaction: InteractionId,
    },
    /// Make an agent's console and invite them.
    OpenConsole {
        /// The agent whose console it is.
        agent: AgentId,
        /// The local part of the room's alias.
        alias: String,
    },
    /// Invite an agent into their console again, if they are not in it.
    OfferConsole {
        /// The agent whose console it is.
        agent: AgentId,
    },
    /// Ask the homeserver whether the user of a new agent exists.
    MeetAgent {
        /// The agent as they would be.
        agent: Box<Agent>,
        /// The admin who adds them.
        by: AgentId,
    },
    /// Take someone who is no agent any more out of their console.
    CloseConsole {
        /// The agent whose console it is.
        agent: AgentId,
        /// Their Matrix account.
        user: OwnedUserId,
    },
    /// Let the contact's ghost say a text.
    GhostText {
        /// The interaction in whose room it is said.
        interaction: InteractionId,
        /// The words, as they may stand in a room.
        body: String,
        /// Whose phone it makes ring.
        mention: Option<OwnedUserId>,
        /// When it was written, where it arrived late.
        written_at: Option<Millis>,
    },
    /// Fetch one part of an MMS and hand it to the homeserver to keep.
    FetchMedia {
        /// The part, with where it is to be shown.
        picture: Picture,
    },
    /// Let the contact's ghost post one part of an MMS. It stands parked until the part is there.
    GhostMedia {
        /// The part, with where it is to be shown.
        picture: Picture,
        /// What is posted, once it is there.
        content: Option<Value>,
        /// When it was sent, where it arrived late.
        written_at: Option<Millis>,
    },
    /// Let the bot say something.
    Notify {
        /// The room it is said in.
        to: Place,
        /// What is said.
        notice: Notice,
        /// The event it answers.
        reply_to: Option<OwnedEventId>,
        /// What an answer to it means.
        role: Option<Role>,
    },
    /// Change what the bot said when it played this role.
    Amend {
        /// The room that message stands in.
        to: Place,
        /// What the bot's message was.
        role: Role,
        /// What it says now.
        notice: Notice,
    },
    /// Let the bot react to an event.
    React {
        /// The room that event stands in.
        to: Place,
        /// The event to react to.
        event: OwnedEventId,
        /// The emoji, which is the key of the reaction.
        key: String,
    },
    /// Invite an agent into an interaction's room.
    Invite {
        /// The interaction or talk whose room it is.
        interaction: InteractionId,
        /// The account that is invited.
        user: OwnedUserId,
    },
    /// Let an agent who took an interaction join its room, where the bridge may act for them.
    Join {
        /// The interaction or talk whose room it is.
        interaction: InteractionId,
        /// The account that joins.
        user: OwnedUserId,
    },
    /// Take an agent out of an interaction's room, or their invite back.
    Remove {
        /// The interaction or talk whose room it is.
        interaction: InteractionId,
        /// The account that is taken out.
        user: OwnedUserId,
        /// What they read as the reason.
        reason: String,
    },
    /// Write the interaction's state event as it stands when this is delivered.
    PublishState {
        /// The interaction or talk whose state it is.
        interaction: InteractionId,
    },
    /// Give the contact's ghost and the room the contact's name, and write the topic, as they stand when this
    /// is delivered.
    PublishContact {
        /// The interaction in whose room the name stands.
        interaction: InteractionId,
    },
    /// Write the room's topic as it stands when this is delivered.
    PublishTopic {
        /// The interaction whose topic it is.
        interaction: InteractionId,
    },
    /// Let ghost and bot leave and forget the room of an interaction that is done.
    LeaveRoom {
        /// The interaction or talk whose room it is.
        interaction: InteractionId,
    },
    /// Write who may write in the room of a talk, as it stands when this is delivered.
    PublishRights {
        /// The talk the room was made for.
        interaction: InteractionId,
    },
    /// Leave a room that is not the desk's, or is no longer known to it, saying why.
    LeaveForeign {
        /// The id of the room.
        room: OwnedRoomId,
        /// What people there read as the reason.
        reason: String,
        /// Which ghost leaves it; none for the bot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ghost: Option<OwnedUserId>,
    },
    /// Look whether a room of the desk can still be used, and let the contact's ghost back in where it is
    /// out.
    LookAtRoom {
        /// What the room is for.
        place: Place,
        /// The id of the room.
        room: OwnedRoomId,
    },
    /// Take everyone out of a room that another has taken the place of, and leave it.
    ClearRoom {
        /// The id of the room.
        room: OwnedRoomId,
        /// The ghost in it.
        ghost: Option<GhostName>,
    },
    /// Send an owner's message to the contact's phone, part by part.
    SendReply {
        /// The interaction the message belongs to.
        interaction: InteractionId,
        /// The message, by the desk's id of it.
        reply: String,
    },
    /// Look at the provider's list whether a part of unknown fate got there.
    ReconcilePart {
        /// The part, by the id we gave the provider.
        part: String,
        /// How often it was looked for before.
        tries: u32,
    },
    /// Look up whether an agent is there, by the presence of their Matrix account, for an IM.
    LookUpPresence {
        /// The IM that waits for this.
        wanted: Box<Wanted>,
    },
    /// Look up whether someone is online, of whom the homeserver told nothing before they shared a room with
    /// the bot.
    LookWhetherOnline {
        /// Their Matrix account.
        user: OwnedUserId,
    },
    /// Decide who is offered what waits in a queue, and in those that ask for the same agents.
    Route {
        /// The queue.
        queue: QueueName,
    },
}

impl Effect {
    /// Whether it makes the room that the rest of its lane goes to.
    #[must_use]
    pub fn opens_room(&self) -> bool {
        matches!(self, Self::OpenRoom { .. } | Self::OpenConsole { .. })
    }

    /// Whether it reads bytes of strangers, which may be made to end the program.
    #[must_use]
    pub fn reads_strangers(&self) -> bool {
        matches!(self, Self::FetchMedia { .. })
    }

    /// Whether it shows something that the contact sent.
    #[must_use]
    pub fn shows_contact(&self) -> bool {
        matches!(self, Self::GhostText { .. } | Self::GhostMedia { .. })
    }

    /// Whether it keeps its place among what the contact sent: that itself, and what the bot points out about
    /// it.
    #[must_use]
    pub fn goes_with_words(&self) -> bool {
        self.shows_contact()
            || matches!(self, Self::Notify { to: Place::Session(_), notice, .. } if notice.says.is_about_a_text())
    }

    /// The picture it shows, if that is not there yet.
    #[must_use]
    pub fn awaited(&self) -> Option<&Picture> {
        match self {
            Self::GhostMedia { picture, content: None, .. } => Some(picture),
            _ => None,
        }
    }
}
