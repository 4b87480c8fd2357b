//! What notices are made of: reasons, rows and quotations.

use ruma::OwnedRoomId;
use serde::{Deserialize, Serialize};

use super::Missed;
use crate::clock::Millis;
use crate::domain::agent::{Permission, Role};
use crate::domain::channel::Channel;
use crate::domain::text::links::{Action, LinkRisk};
use crate::domain::text::mailto;

/// Why a message was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBack {
    /// The writer does not own the interaction.
    NotOwner,
    /// Nobody owns the interaction yet, or any more.
    NotActive,
    /// The interaction is paused.
    Held,
    /// The interaction is put away.
    Snoozed,
    /// The interaction has expired.
    Expired,
    /// Everything is said; the interaction only needs its disposition.
    WrapUp,
    /// The interaction is a callback, in which nothing is written to the contact.
    Callback,
    /// The contact has opted out: it waits until they opt in again.
    OptedOut,
    /// The contact was blocked while it waited.
    Blocked,
    /// Its writer may no longer text contacts first.
    MayNotText,
    /// The contact's address cannot be answered.
    Unanswerable,
    /// The contact's channel does not let them be answered this long after their last text.
    WindowClosed,
    /// It begins with a slash.
    SlashCommand,
    /// It is `#something`, but there is no such shortcut.
    NoShortcut,
    /// It is a standard response, and a value in it is missing.
    ValueMissing,
    /// Its kind cannot be sent to a phone.
    Unsupported,
    /// It is a picture or file, and its writer may not send any.
    MediaNotAllowed,
    /// It is a picture or file, and none goes from this number to the contact's.
    NoMms,
    /// It is a file larger than can be sent.
    MediaTooLarge,
    /// It is a moving picture larger than can be sent.
    AnimationTooLarge,
    /// It is a file of a type that cannot be sent.
    MediaNotCarried,
    /// It is a sound of a type that cannot be sent.
    SoundNotCarried,
    /// It is a video of a type that cannot be sent.
    VideoNotCarried,
    /// It is a picture that cannot be read, or that is too large to be.
    MediaUnreadable,
    /// It is a video or sound that cannot be read, so that where it was recorded cannot be taken out of it.
    VideoUnreadable,
    /// It is a file with nothing in it.
    MediaEmpty,
    /// The program ended twice while it read this file, which is not read again.
    MediaEndedProgram,
    /// What is written beside the file is a command, which was carried out.
    BesideCommand,
    /// What is written beside the file is `#something`, and a standard response does not go with a file that
    /// is posted.
    BesideShortcut,
    /// It is a picture or file that only clients in the room it comes from can read.
    MediaEncrypted,
    /// It is a picture or file that the homeserver has no longer.
    MediaGone,
    /// It was written long ago: it waits for its writer's word.
    Late,
    /// It was edited or deleted after it had been sent.
    AlreadySent,
    /// A word of it was to be corrected, and the contact has it already.
    NotCorrected,
    /// Reactions do not reach a phone.
    Reaction,
    /// It was edited into something that is not sent.
    EditedAway,
    /// It is an edit of an internal message: it is not sent, and is no command.
    EditIgnored,
    /// The message it replies to is unknown, so it may be internal.
    UnknownReply,
    /// It is longer than can be sent.
    TooLong,
    /// It is empty.
    Empty,
    /// It was written in a room that another has replaced.
    OldRoom,
    /// The contact was erased.
    Erased,
}

/// A value that a standard response needs and that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingValue {
    /// Its name, like `case.order`.
    pub name: String,
    /// The command that gives it, without the prefix.
    pub given_by: Option<String>,
}

/// A file of a standard response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOf {
    /// The response's shortcut.
    pub shortcut: String,
    /// What the file is called.
    pub file: String,
}

/// How often a standard response was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseLine {
    /// Its shortcut.
    pub shortcut: String,
    /// How often.
    pub used: u32,
}

/// An attachment of a contact's text, described so that people recognise it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Which of its text, from 1.
    pub number: u32,
    /// When it was sent.
    pub sent_at: Millis,
    /// The beginning of its text; empty if it came without one.
    pub beside: String,
}

/// A message to a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// The contact's name.
    pub contact: String,
    /// What it said.
    pub text: String,
}

/// The kinds of automatic reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoReply {
    /// Nobody is ready.
    Waiting,
    /// The queue is closed.
    Closed,
    /// Nobody has taken them yet.
    Overflow,
    /// Their agent goes to speak with a colleague.
    Voice,
    /// They have opted out.
    Stopped,
    /// They have opted in again.
    Started,
    /// They ask who this is.
    Help,
}

impl AutoReply {
    /// As the database writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Closed => "closed",
            Self::Overflow => "overflow",
            Self::Voice => "voice",
            Self::Stopped => "stopped",
            Self::Started => "started",
            Self::Help => "help",
        }
    }
}

/// A link that is not what it seems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OddLink {
    /// The link as it stands in the text.
    pub url: String,
    /// What is odd about it.
    pub why: LinkRisk,
}

/// A number or address that can be acted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionItem {
    /// `call` or `email`.
    pub kind: String,
    /// The number or address.
    pub value: String,
    /// The link a client opens for it.
    pub link: String,
}

impl From<Action> for ActionItem {
    fn from(action: Action) -> Self {
        match action {
            Action::Call(number) => {
                Self { kind: "call".to_owned(), link: format!("tel:{number}"), value: number }
            }
            Action::Email(address) => {
                Self { kind: "email".to_owned(), link: mailto::link(&address), value: address }
            }
        }
    }
}

/// One line of `!help`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpLine {
    /// The command with its arguments.
    pub usage: String,
    /// Shorter names.
    pub aliases: Vec<String>,
    /// What it does.
    pub does: String,
}

/// One row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// What its number stands for.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// What else there is to say of it.
    pub detail: String,
    /// For how many seconds it has been so.
    pub secs: Option<u64>,
    /// A room to go to.
    pub room: Option<OwnedRoomId>,
}

/// One row of My Messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedItem {
    /// What was missed or lost.
    pub missed: Missed,
    /// The interaction it is about; empty for none.
    pub interaction: String,
    /// For how many seconds it has been so.
    pub secs: u64,
    /// The room of that interaction, to go to, while its reader is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<OwnedRoomId>,
}

/// Whether a channel works, as `!status` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelLine {
    /// The channel.
    pub channel: Channel,
    /// Its name for people.
    pub name: String,
    /// Whether it works.
    pub is_up: bool,
    /// Since when it has been so.
    pub since: Millis,
    /// How long that is, in seconds.
    pub secs: u64,
}

/// What makes someone one of those who may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Needs {
    /// A permission.
    Permission {
        /// Which.
        permission: Permission,
    },
    /// A role.
    Role {
        /// Which.
        role: Role,
    },
}
