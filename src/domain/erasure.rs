//! Erasing what tells of a person outside the desk's own tables: at the homeserver and at the provider.
//!
//! An erasure is a job of many steps ([`Step`]), which are done one after another, each a bounded piece at a
//! time. What cannot be erased stops nothing: it is written down as [`Left`], for the receipt. A job holds
//! the words that tell of the person only as long as it runs.

mod colleagues;
mod names;
mod trace;
mod words;

use std::fmt;
use std::time::Duration;

use ruma::{OwnedMxcUri, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

pub use self::names::{named, names, of_text};
pub use self::trace::{Event, Reading, Trace, blank, is_shown};
pub use self::words::Words;
use super::address::Address;
pub use super::ids::ErasureId;
use super::ids::{AgentId, InteractionId};
use crate::clock::Millis;

/// What is still theirs when it appears so long after their erasure was asked for: a request to the provider
/// is answered within 25 seconds, and clocks differ.
const ON_ITS_WAY: Duration = Duration::from_mins(1);

/// What is to be erased outside our tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// Every address of the contact: the provider's messages from and to them are erased.
    pub addresses: Vec<Address>,
    /// The rooms of their interactions: everything in them is redacted, agents are taken out, and who is ours
    /// leaves and forgets them.
    pub rooms: Vec<OwnedRoomId>,
    /// Rooms in which others may have spoken of them, such as consoles and the rooms of talks: only events
    /// that hold one of `words` or `names`, or reply to one that does, are redacted.
    pub mentions: Vec<OwnedRoomId>,
    /// What tells of them and nobody else: numbers in the spellings we show, e-mail addresses, ids of ghosts
    /// and of the contact.
    pub words: Vec<String>,
    /// Names they went by: these tell of them in what colleagues wrote, and in nothing that another customer
    /// did.
    #[serde(default)]
    pub names: Vec<String>,
    /// Addresses that another uses too: of the provider's messages from and to them, those that are known by
    /// `texts` are erased.
    #[serde(default)]
    pub shared: Vec<Address>,
    /// Their conversations: what names one tells of them too.
    #[serde(default)]
    pub conversations: Vec<InteractionId>,
    /// Messages from and to them: the desk's ids of these, and the provider's.
    #[serde(default)]
    pub texts: Vec<String>,
    /// Telephone calls with them: the provider's ids of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
    /// Their ghosts: these lose their names, leave all rooms and are closed for good.
    pub ghosts: Vec<OwnedUserId>,
    /// Files of theirs in the homeserver's media repository, as far as they are known. Those that stand in
    /// `rooms` are found there.
    pub media: Vec<OwnedMxcUri>,
}

/// Who asked for an erasure, and gets its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// An agent, in whose console the receipt is posted.
    Agent(AgentId),
    /// Somebody at the command line: the admins get the receipt.
    Shell,
}

/// What could not be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// What it is.
    pub what: LeftWhat,
    /// Why it could not be erased.
    pub reason: LeftReason,
    /// Where it is, by an id that names nobody: a room, a ghost, a file or the
    /// provider's of a call; empty for its messages.
    pub at: String,
    /// How many of them there are there.
    pub count: u64,
}

/// A kind of thing that could not be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftWhat {
    /// A whole room.
    Room,
    /// Events of a room.
    Events,
    /// People in a room, who still see it.
    Members,
    /// A ghost's account.
    Ghost,
    /// A file.
    File,
    /// Messages at the provider.
    Texts,
    /// Records of telephone calls at the provider.
    Calls,
}

/// Why something could not be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftReason {
    /// Nobody of ours is in the room any more.
    NotInRoom,
    /// The homeserver does not let the bot.
    NotAllowed,
    /// It is encrypted, so that nobody knows what it says.
    Encrypted,
    /// Only an admin of the homeserver can, and the bot is none.
    NotAdmin,
    /// A standard response holds it.
    InResponse,
    /// It is redacted, and the homeserver keeps it for some time all the same.
    Retention,
    /// The provider offers no way to.
    Unsupported,
    /// The provider has no list of its messages to find them in.
    NotListed,
    /// Another customer uses the number too, and the desk does not know which of the messages are whose.
    Shared,
    /// It was refused, again and again.
    Refused,
    /// It failed for days.
    Failed,
}

/// How much was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Events that were redacted.
    #[serde(default)]
    pub events: u64,
    /// Rooms that were emptied, and left or deleted.
    #[serde(default)]
    pub rooms: u64,
    /// Those of them that the homeserver deleted.
    #[serde(default)]
    pub deleted_rooms: u64,
    /// Ghosts that were closed.
    #[serde(default)]
    pub ghosts: u64,
    /// Files that were deleted.
    #[serde(default)]
    pub files: u64,
    /// The provider's messages that were erased.
    #[serde(default)]
    pub texts: u64,
    /// The provider's records of telephone calls that were deleted.
    #[serde(default)]
    pub calls: u64,
}

impl Counts {
    /// Both together.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            events: self.events + more.events,
            rooms: self.rooms + more.rooms,
            deleted_rooms: self.deleted_rooms + more.deleted_rooms,
            ghosts: self.ghosts + more.ghosts,
            files: self.files + more.files,
            texts: self.texts + more.texts,
            calls: self.calls + more.calls,
        }
    }
}

/// A thing a job still has to do, with how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "erase", rename_all = "snake_case")]
pub enum Step {
    /// Everything in a room, and the room.
    Room {
        /// The room.
        room: OwnedRoomId,
        /// How far it is.
        #[serde(default)]
        at: RoomStage,
    },
    /// What tells of them in a room of others.
    Mentions {
        /// The room.
        room: OwnedRoomId,
        /// Where reading it goes on; nothing at its beginning.
        #[serde(default)]
        from: Option<String>,
        /// How often it was read to its end.
        #[serde(default)]
        round: u32,
    },
    /// A ghost.
    Ghost {
        /// Its Matrix id.
        user: OwnedUserId,
    },
    /// A file.
    File {
        /// Its address.
        uri: OwnedMxcUri,
    },
    /// The provider's messages from and to an address.
    Texts {
        /// The address.
        address: Address,
        /// Whether those to them are meant; else those from them.
        #[serde(default)]
        to_them: bool,
        /// Where the list goes on; nothing at its beginning.
        #[serde(default)]
        next: Option<String>,
        /// How often both lists were read to their end.
        #[serde(default)]
        round: u32,
        /// How many messages were refused in this round, such as those still on their way.
        #[serde(default)]
        refused: u64,
        /// Whether another uses the address too: only what the desk knows to be theirs is meant.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        only_known: bool,
    },
    /// The provider's record of a telephone call.
    Call {
        /// The provider's id of it.
        sid: String,
        /// How often it was refused, as one is that still goes on.
        #[serde(default)]
        round: u32,
    },
}

/// How far the erasing of a room is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum RoomStage {
    /// What it shows of itself is to be overwritten.
    #[default]
    Named,
    /// Its events are being redacted.
    Events {
        /// Where reading it goes on; nothing at its beginning.
        #[serde(default)]
        from: Option<String>,
        /// Whether everyone was taken out before: what came since is redacted too, and then it is left.
        #[serde(default)]
        is_empty: bool,
    },
    /// Its members are to be taken out.
    Members {
        /// Where reading it goes on.
        from: Option<String>,
    },
    /// It is to be deleted, or else left and forgotten.
    Leave,
    /// The homeserver deletes it.
    Deleting {
        /// By which the homeserver is asked how far it is.
        delete_id: String,
    },
}

/// An erasure, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Its id.
    pub id: ErasureId,
    /// Who asked for it.
    pub asked: Asked,
    /// When it was asked for and the desk began to forget the person, in Unix milliseconds.
    pub begun_at: Millis,
    /// When it was done, if it is.
    pub ended_at: Option<Millis>,
    /// How much was erased so far.
    pub counts: Counts,
}

impl Erasure {
    /// The last moment of which messages are theirs, in Unix milliseconds. Whoever writes from their number
    /// later is somebody new.
    #[must_use]
    pub fn until(&self) -> Millis {
        until(self.begun_at)
    }
}

/// The last moment of which messages are theirs whose erasure was asked for at a moment.
pub(super) fn until(begun_at: Millis) -> Millis {
    begun_at + ON_ITS_WAY
}

/// What a job has to know of the person as long as it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// What tells of them and nobody else.
    pub words: Vec<String>,
    /// Names they went by: these count in what colleagues wrote.
    #[serde(default)]
    pub names: Vec<String>,
    /// Their ghosts.
    pub ghosts: Vec<OwnedUserId>,
}

impl Elsewhere {
    /// The steps that this takes, in their order. Ghosts go after the rooms, which they may be needed in.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let rooms = self.rooms.iter().map(|room| Step::Room { room: room.clone(), at: RoomStage::Named });
        let mentions = self
            .mentions
            .iter()
            .filter(|room| !self.rooms.contains(room))
            .map(|room| Step::Mentions { room: room.clone(), from: None, round: 0 });
        let ghosts = self.ghosts.iter().map(|user| Step::Ghost { user: user.clone() });
        let files = self.media.iter().map(|uri| Step::File { uri: uri.clone() });
        let own = self.addresses.iter().map(|address| (address, false));
        let shared = self.shared.iter().filter(|address| !self.addresses.contains(address));
        let texts =
            own.chain(shared.map(|address| (address, true))).map(|(address, only_known)| Step::Texts {
                address: address.clone(),
                to_them: false,
                next: None,
                round: 0,
                refused: 0,
                only_known,
            });
        let calls = self.calls.iter().map(|sid| Step::Call { sid: sid.clone(), round: 0 });
        rooms.chain(mentions).chain(ghosts).chain(files).chain(texts).chain(calls).collect()
    }

    /// What the job has to know as long as it runs, besides what is [known](Self::known) by ids.
    #[must_use]
    pub fn about(&self) -> About {
        let ghosts = self.ghosts.iter().map(ToString::to_string);
        let words = self.words.iter().cloned().chain(ghosts);
        About {
            words: words.filter(|word| !word.trim().is_empty()).collect(),
            names: self.names.clone(),
            ghosts: self.ghosts.clone(),
        }
    }

    /// By which ids all this is known again: each is looked up where it may stand, for there may be very many
    /// of them.
    #[must_use]
    pub fn known(&self) -> Vec<String> {
        let steps = self.steps();
        let of_steps = steps.iter().filter_map(Step::known);
        let conversations = self.conversations.iter().map(|id| named(id.as_str()));
        let texts = self.texts.iter().map(|id| of_text(id));
        of_steps.chain(conversations).chain(texts).collect()
    }
}

impl Step {
    /// Its place among the kinds of steps, in their order: from 0.
    #[must_use]
    pub fn turn(&self) -> i64 {
        match self {
            Self::Room { .. } => 0,
            Self::Mentions { .. } => 1,
            Self::Ghost { .. } => 2,
            Self::File { .. } => 3,
            Self::Texts { .. } => 4,
            Self::Call { .. } => 5,
        }
    }

    /// The id by which it is known that it was planned before; nothing where that cannot be.
    #[must_use]
    pub fn known(&self) -> Option<String> {
        match self {
            Self::Room { room, .. } => Some(named(room.as_str())),
            Self::Mentions { room, .. } => Some(format!("mentions:{room}")),
            Self::File { uri } => Some(uri.to_string()),
            Self::Call { sid, .. } => Some(format!("call:{sid}")),
            Self::Ghost { .. } | Self::Texts { .. } => None,
        }
    }

    /// The id of the room that is searched for what tells of them, if it does that.
    #[must_use]
    pub fn searches(&self) -> Option<&str> {
        match self {
            Self::Mentions { room, .. } => Some(room.as_str()),
            Self::Room { .. }
            | Self::Ghost { .. }
            | Self::File { .. }
            | Self::Texts { .. }
            | Self::Call { .. } => None,
        }
    }

    /// What is left of it if it cannot be done.
    #[must_use]
    pub fn left(&self, reason: LeftReason) -> Left {
        let (what, at) = match self {
            Self::Room { room, .. } => (LeftWhat::Room, room.to_string()),
            Self::Mentions { room, .. } => (LeftWhat::Events, room.to_string()),
            Self::Ghost { user } => (LeftWhat::Ghost, user.to_string()),
            Self::File { uri } => (LeftWhat::File, uri.to_string()),
            Self::Texts { .. } => (LeftWhat::Texts, String::new()),
            Self::Call { sid, .. } => (LeftWhat::Calls, sid.clone()),
        };
        Left { what, reason, at, count: 0 }
    }
}

macro_rules! code {
    ($of:ident) => {
        impl fmt::Display for $of {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.serialize(f)
            }
        }
    };
}

code!(LeftWhat);
code!(LeftReason);
