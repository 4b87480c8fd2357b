//! The result of applying an input, and the lanes that a commit wakes.

use ruma::{OwnedEventId, OwnedRoomId};

use crate::domain::address::Address;
use crate::domain::carried::MediaRules;
use crate::domain::forget::NotErased;
use crate::domain::ids::ErasureId;
use crate::domain::lane::Lane;
use crate::domain::person::TakenIn;
use crate::domain::program::Answer;
use crate::domain::reply::Ready;
use crate::domain::sent_file::SentFile;
use crate::domain::spelling::check::Question;

/// What came of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is durable.
    Done,
    /// It is durable, and there is more of the kind to be done.
    More,
    /// It had been applied before.
    Seen,
    /// It is about nothing of ours.
    Foreign,
    /// It could not be applied and never will be: it is kept for a person to look at.
    DeadLettered,
    /// It is a reply's turn: this part is submitted to the provider now.
    Submit(Submission),
    /// It is a phone's turn: it is called now.
    Dial(Dialling),
    /// It is a reply's turn, but a file of it has to be made ready for the phone first.
    MakeReady(Box<Making>),
    /// It is a reply's turn, but the homeserver has to be asked first who wrote what it replies to.
    ResolveTarget {
        /// The room.
        room: OwnedRoomId,
        /// What it answers.
        event: OwnedEventId,
        /// The number of the contact who should have written it.
        contact: Address,
    },
    /// It is a reply's turn, but the dictionaries have to be asked first.
    CheckSpelling(Question),
    /// A reply's turn is over, and the next may have its own: the effect that sends it is done, or parked.
    Over,
    /// The effect is another's, or was completed before.
    Lost,
    /// It erases a contact, and has begun to.
    Erasing {
        /// The erasure.
        id: ErasureId,
        /// How many conversations were closed.
        closed: u32,
    },
    /// It cannot erase a contact now: nothing was changed.
    NotErased(NotErased),
    /// It is a person of a table: this became of them.
    TakenIn(TakenIn),
    /// A program asked for a text: this is its answer.
    Program(Box<Answer>),
}

/// A part of a reply to submit now. It is already stored as being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Which part, from 0.
    pub part: usize,
    /// Its text.
    pub text: String,
    /// The files that go with it.
    pub files: Vec<Ready>,
    /// Our number.
    pub from: Address,
    /// The contact's number.
    pub to: Address,
}

/// A phone to call now. It is already stored as being called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialling {
    /// Our number.
    pub from: String,
    /// The phone's number.
    pub to: String,
}

/// A file of a reply that is to be made ready for the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Making {
    /// The event that brought it.
    pub event: OwnedEventId,
    /// The file, as the agent posted it.
    pub file: SentFile,
    /// What the provider carries; nothing where the contact gets a link in any case.
    pub rules: Option<&'static MediaRules>,
    /// Whether the contact gets a link to what is not carried.
    pub links: bool,
    /// How large a picture may be that can be made smaller, in bytes, so that all of the message fit.
    pub share: u64,
    /// Whether the program ended while it was read before, so that it is read with no other file beside it.
    pub alone: bool,
}

/// The lanes and timers that a commit woke, for the workers. Only a hint: the database is the truth.
#[derive(Clone, Debug)]
pub enum Woken {
    /// Something waits in this lane.
    Lane(Lane),
    /// A timer was set.
    Timer,
}
