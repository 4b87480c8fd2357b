//! What the bot's messages are for.

use ruma::OwnedEventId;
use serde::{Deserialize, Serialize};

use super::Place;
use crate::clock::Millis;
use crate::domain::ids::{AgentId, InteractionId, TokenId};

/// What a message of the bot is for, so that a reaction or reply to it can be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Role {
    /// It asks an agent to take an interaction.
    Offer {
        /// Which interaction.
        interaction: InteractionId,
        /// Which of its offers.
        number: u32,
        /// Who is asked.
        agent: AgentId,
    },
    /// It says once more that an agent is asked to take an interaction, until they have answered.
    Ring {
        /// Which interaction.
        interaction: InteractionId,
        /// Which of its offers.
        number: u32,
        /// Who is asked.
        agent: AgentId,
    },
    /// It tells a supervisor of a text that has waited for too long: ✅ takes the conversation over, 🔁 queues
    /// it again.
    Overdue {
        /// Which conversation.
        interaction: InteractionId,
        /// The text, by its moment.
        since: Millis,
        /// Who is told.
        agent: AgentId,
    },
    /// It tells a supervisor that an owner asks for help: ✅ comes in.
    Hand {
        /// Which conversation.
        interaction: InteractionId,
        /// Which of its raised hands.
        number: u32,
        /// Who is told.
        agent: AgentId,
    },
    /// It says that a contact wrote thanks after their conversation was done: ✅ reopens that.
    Courtesy {
        /// Which conversation.
        interaction: InteractionId,
        /// Who had it.
        agent: AgentId,
    },
    /// It tells of texts that go to a contact later: ❌ takes them back, ✅ sends one that waits for a word.
    Later {
        /// Of which conversation.
        interaction: InteractionId,
        /// Which, by the command it was typed in; nothing for all of the conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<OwnedEventId>,
        /// Where it stands.
        at: Place,
    },
    /// It tells of a callback that is to come: ❌ takes it back.
    Callback {
        /// Which, by the command it was arranged in.
        event: OwnedEventId,
        /// Where it stands.
        at: Place,
    },
    /// It is a reaction of the contact, which their phone sent as a text.
    Tapback {
        /// In which interaction.
        interaction: InteractionId,
        /// The message of ours that it is a reaction to.
        of: OwnedEventId,
    },
    /// It says that a message was held back and can be sent by ✅.
    Held {
        /// Of which interaction.
        interaction: InteractionId,
        /// The owner's message.
        event: OwnedEventId,
    },
    /// It says which words of a message are not known: a yes sends it, a no drops it, a number corrects a
    /// word.
    Misspelt {
        /// Of which interaction.
        interaction: InteractionId,
        /// The owner's message.
        event: OwnedEventId,
    },
    /// It shows a text that the desk writes to the contact, which is sent once it stands in the room.
    DeskText {
        /// In which interaction.
        interaction: InteractionId,
        /// What.
        text: String,
        /// Until when it may go to a contact who wants no messages: it confirms that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        confirms_until: Option<Millis>,
    },
    /// It says that a talk is over, which ✅ closes.
    TalkOver {
        /// Which talk.
        interaction: InteractionId,
    },
    /// It is a numbered list: a number as a reaction or reply of the agent whose list it is runs that row,
    /// while it is their newest one in that room.
    List {
        /// Which list.
        list: String,
        /// Who asked for it; nobody, where it is for whoever owns the conversation of its room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<AgentId>,
        /// Whether it asks whether its one row is to be done, so that a yes does it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        asks: bool,
        /// What stands under it, so that picking a row is one tap: its numbers, or a yes and a no.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        taps: Option<Taps>,
    },
    /// It has numbered lines, each a command: a number as a reaction or reply runs that one for whoever picks
    /// it, and does so for good, because what they do never changes.
    Menu {
        /// Where it stands.
        at: Place,
        /// The command lines, without the prefix.
        lines: Vec<String>,
    },
    /// It says something about an attachment of the contact, which `!save` as a reply saves.
    Attachment {
        /// The attachment, by its [key](crate::domain::picture::Picture::key).
        picture: String,
    },
    /// It asks an agent for a blank of a standard response: their reply fills it in.
    Blank {
        /// In which interaction.
        interaction: InteractionId,
        /// Who is asked.
        agent: AgentId,
        /// Which asking, by its id.
        asking: String,
        /// Which of its blanks, from 0.
        blank: usize,
    },
    /// It shows a token, until it is taken away.
    Token {
        /// Which token, by its id.
        token: TokenId,
    },
    /// It says that a message failed, which `!resend` as a reply sends again.
    Failed {
        /// The owner's message, by the desk's id of it.
        reply: String,
    },
}

/// What stands under a list, to be tapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taps {
    /// Where the list stands.
    pub at: Place,
    /// How many rows it has.
    pub rows: usize,
}
