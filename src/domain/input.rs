//! Everything that can happen to the desk, as it comes through its one door.

mod calls;
mod evidence;
mod made;
mod receipt;
mod room;

use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

pub use self::calls::CallInput;
pub use self::evidence::{Claim, Evidence};
pub use self::made::Made;
pub use self::receipt::{OF_TEXTS, Receipt};
pub use self::room::{Loss, Membership, MessageKind, RoomAct, RoomEvent};
use super::address::Address;
use super::agent::{Agent, Online};
use super::channel::Seen;
use super::effect::Place;
use super::ids::{AgentId, ContactId, GhostName, QueueName, TokenId};
use super::interaction::Disposition;
pub use super::media_part::{MediaPart, listed_at};
use super::not_ready::Reason;
use super::person::Person;
use super::program::Asked;
use super::queue::{NumberSettings, QueueSettings};
use super::reply::{Answer, PartState};
use super::response::Response;
use super::retention::Old;
use super::route::Route;
use super::sent_file::SentFile;
use super::settings::Setting;
use super::spelling::check::Found;
use super::talk::{Predefined, Presence, Wanted};
use super::text::keywords::Keyword;
use super::timer::Due;
use crate::clock::Millis;

/// A text or MMS of a contact, as the provider handed it over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactText {
    /// The provider's id of the message; the receipt that keeps it single. A media part that comes after its
    /// message has the id of the message, a slash and its number.
    pub sid: String,
    /// The number or name the contact wrote from, as the provider gives it.
    pub from: Address,
    /// The number of ours they wrote to.
    pub to: Address,
    /// The text, verbatim; empty for a picture alone.
    pub body: String,
    /// The pictures and other parts, in order.
    pub media: Vec<MediaPart>,
    /// How many more parts there are that cannot be fetched or are too many.
    #[serde(default)]
    pub left_out: u32,
    /// What the provider knows of the sender: `city`, `state`, `zip`, `country`.
    pub origin: Vec<(String, String)>,
    /// Further fields of the request, by the provider's names.
    #[serde(default)]
    pub more: Vec<(String, String)>,
    /// The opt-out keyword that the provider recognised.
    pub opt_out: Option<OptOut>,
    /// When the provider got it, if it was fetched later instead of being pushed.
    pub fetched_late: Option<Millis>,
}

/// An opt-out keyword, as the provider or we recognised it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOut {
    /// The contact wants no more messages.
    Stop,
    /// The contact wants messages again.
    Start,
    /// The contact asks who this is.
    Help,
}

impl OptOut {
    /// As a keyword.
    #[must_use]
    pub fn keyword(self) -> Keyword {
        match self {
            Self::Stop => Keyword::Stop,
            Self::Start => Keyword::Start,
            Self::Help => Keyword::Help,
        }
    }
}

/// A program wants a contact to be texted first. What it proved itself with is not in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramText {
    /// The token it proved itself with, by its id.
    pub token: TokenId,
    /// The hash of the key under which it asks: under one key it has one answer.
    pub key: String,
    /// The hash of what it asks for.
    pub request: String,
    /// What it asks for.
    pub asked: Asked,
}

/// Everything the desk applies, one commit each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// A contact wrote.
    Text(ContactText),
    /// The provider reports the fate of a part of a reply.
    Reported(Report),
    /// Something happened to a telephone call.
    Call(CallInput),
    /// Something happened in a room.
    Room(RoomEvent),
    /// A timer is due.
    Due {
        /// The timer's id, which is its receipt.
        id: String,
        /// What it is for.
        due: Due,
    },
    /// An effect was delivered.
    Delivered {
        /// The effect, with the right to record its outcome.
        claim: Claim,
        /// What the other side made of it.
        evidence: Evidence,
    },
    /// An effect could not be delivered now.
    Postponed {
        /// The effect, with the right to record its outcome.
        claim: Claim,
        /// When to try again.
        until: Millis,
        /// Whether it counts as a failure of the effect itself.
        counts: bool,
    },
    /// Strangers' bytes are about to be read for an effect.
    Begun {
        /// The effect, with the right to record its outcome.
        claim: Claim,
    },
    /// An effect cannot be delivered at all.
    Undeliverable {
        /// The effect, with the right to record its outcome.
        claim: Claim,
        /// Why it is impossible, in words for a person.
        why: String,
    },
    /// A room of ours is lost: the homeserver's answer leaves no doubt.
    RoomLost {
        /// The effect that could not be delivered there.
        claim: Claim,
        /// What the room is for.
        place: Place,
        /// The id of the room that is lost.
        room: OwnedRoomId,
        /// How it was lost.
        how: Loss,
    },
    /// The alias drawn for a new room belongs to another's room.
    AliasTaken {
        /// The effect that makes the room.
        claim: Claim,
        /// What the room is for.
        place: Place,
    },
    /// A ghost cannot be used any more.
    GhostLost {
        /// The effect that could not be delivered.
        claim: Claim,
        /// The contact's number.
        number: Address,
        /// The ghost that cannot be used.
        ghost: GhostName,
    },
    /// A room of ours could not be read, so it may be lost.
    RoomRefused {
        /// The id of the room that could not be read.
        room: OwnedRoomId,
    },
    /// It is a reply's turn: which part is submitted now?
    ReplyDue {
        /// The effect that sends it.
        claim: Claim,
        /// The reply, by the desk's id of it.
        reply: String,
        /// Whether it was read behind another one, whose answer is kept in the same commit: it has its turn
        /// only if nothing waits before it any more.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_next: bool,
    },
    /// The dictionaries were asked about a reply.
    SpellingChecked {
        /// The effect that sends it.
        claim: Claim,
        /// The reply, by the desk's id of it.
        reply: String,
        /// The text they were asked about, which may have been edited since.
        text: String,
        /// What they found.
        found: Found,
    },
    /// The homeserver was asked who wrote what a reply replies to.
    ReplyTargetResolved {
        /// The effect that sends it.
        claim: Claim,
        /// The reply, by the desk's id of it.
        reply: String,
        /// Who wrote what the reply answers.
        by: Author,
    },
    /// A file of a reply is about to be read, or was read without harm.
    FileRead {
        /// The effect that sends the reply.
        claim: Claim,
        /// The reply, by the desk's id of it.
        reply: String,
        /// The event that brought the file.
        event: OwnedEventId,
        /// The file, as the agent posted it.
        file: SentFile,
        /// Whether it was read already.
        is_over: bool,
    },
    /// A file of a reply was made ready for the phone, or cannot be.
    FileReady {
        /// The effect that sends the reply.
        claim: Claim,
        /// The reply, by the desk's id of it.
        reply: String,
        /// The event that brought the file.
        event: OwnedEventId,
        /// The file, as the agent posted it.
        file: SentFile,
        /// What became of it.
        made: Made,
    },
    /// The provider responded to the request for a part, or did not.
    Answered {
        /// The effect that sends it.
        claim: Claim,
        /// The reply, by the desk's id of it.
        reply: String,
        /// Which part, from 0.
        part: usize,
        /// What the provider answered, if it did.
        answer: Answer,
    },
    /// The provider's list was looked at for a part of unknown fate.
    PartLookupDone {
        /// The effect that looked.
        claim: Claim,
        /// The part, by its id.
        part: String,
        /// How often it was looked for before.
        tries: u32,
        /// The list's entry for the part, if there is one.
        found: Option<Report>,
    },
    /// The presence of an agent was looked up, for an IM.
    PeerPresenceFound {
        /// The effect that looked.
        claim: Claim,
        /// The IM that someone asked for.
        wanted: Box<Wanted>,
        /// Their presence, as the homeserver shows it.
        presence: Presence,
    },
    /// Decide who is offered what waits in a queue.
    Route {
        /// The effect that asked for it.
        claim: Claim,
        /// The queue that may have something to offer.
        queue: QueueName,
    },
    /// The presence of agents, as the homeserver shows it.
    Presences {
        /// What it shows, of whom.
        shown: Vec<(OwnedUserId, Online)>,
    },
    /// A replica says how it finds a channel.
    Channel(Seen),
    /// The provider's list of texts to one of our numbers is longer than what is read at once.
    CatchingUp {
        /// The number of ours that the list is about.
        ours: Address,
        /// When the reading was begun.
        begun: Millis,
        /// How many messages were read so far.
        read: u64,
    },
    /// Erase some of what is older than the desk keeps it.
    EraseOld {
        /// What.
        what: Old,
    },
    /// Index some of the lines of transcripts that the search does not find yet.
    IndexLines,
    /// Go on with erasures that stand still, because what was to go on with them was set aside.
    ResumeErasures,
    /// A desk to set up: the config's, at start, or an imported one.
    Setup(Setup),
    /// A person of a table that is imported.
    Person(Box<Person>),
    /// A contact is to be erased, as someone at the command line wants.
    EraseContact {
        /// The contact.
        contact: ContactId,
        /// Whether what others wrote stays if it tells of them by nothing but a name.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keep_names: bool,
    },
    /// A program wants a contact to be texted first.
    Program(Box<ProgramText>),
    /// Something was done at the command line, and goes into the audit log.
    AtShell {
        /// The command.
        what: String,
        /// What it was about; empty for nothing in particular.
        subject: String,
        /// More of it.
        detail: String,
    },
}

/// The author of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The contact's.
    Contact,
    /// The bot's.
    Bot,
    /// Someone else's, or there is no such event.
    Neither,
}

/// What the provider reports of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The part, by the id we gave the provider.
    pub part: String,
    /// The provider's id of it.
    pub sid: String,
    /// What became of it.
    pub state: PartState,
    /// Why it failed, in words for the message's writer; nothing if it did not fail, or nobody said why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The settings of which nothing is said, by the names under which they are kept: what is there already keeps
/// them as they are, and what is new has their defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaid {
    /// Those of queues.
    #[serde(default)]
    pub queues: Vec<(QueueName, Vec<String>)>,
    /// Those of our numbers.
    #[serde(default)]
    pub numbers: Vec<(Address, Vec<String>)>,
    /// Those of agents.
    #[serde(default)]
    pub agents: Vec<(AgentId, Vec<String>)>,
    /// Routes of whose rules nothing is said.
    #[serde(default)]
    pub routes: Vec<String>,
    /// Dispositions of whose labels nothing is said.
    #[serde(default)]
    pub dispositions: Vec<String>,
    /// Those of the reasons not to be ready.
    #[serde(default)]
    pub reasons: Vec<(String, Vec<String>)>,
}

/// A desk from the config or from an import: what it names is created or updated, nothing is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Agents with their capacity; their readiness is kept as it is.
    pub agents: Vec<Agent>,
    /// Queues by name, with their settings.
    pub queues: Vec<(QueueName, QueueSettings)>,
    /// Our numbers, with their settings.
    pub numbers: Vec<(Address, NumberSettings)>,
    /// Routes, with their rules.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// The dispositions that interactions may be closed with.
    #[serde(default)]
    pub dispositions: Vec<Disposition>,
    /// The reasons for which agents are not ready.
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// Standard responses to contacts.
    #[serde(default)]
    pub responses: Vec<Response>,
    /// The messages that an IM or consult may begin with.
    #[serde(default)]
    pub predefined: Vec<Predefined>,
    /// What else the desk is set to.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// What of these settings is not named.
    #[serde(default)]
    pub unsaid: Unsaid,
    /// Whether a removed agent who is named here comes back. A person decides that, not a config that still
    /// names them at the next start.
    #[serde(default)]
    pub brings_back: bool,
}
