//! What came of an input, and what a commit wakes.

use ruma::{OwnedEventId, OwnedRoomId};

use crate::domain::address::Address;
use crate::domain::lane::Lane;

/// What came of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is durable.
    Done,
    /// It had been applied before.
    Seen,
    /// It is about nothing of ours.
    Foreign,
    /// It could not be applied and never will be: it is kept for a person to look at.
    DeadLettered,
    /// It is a reply's turn: this is to be submitted to the provider now.
    Submit(Submission),
    /// It is a reply's turn, and whose words it answers is to be asked first.
    ResolveTarget {
        /// The room.
        room: OwnedRoomId,
        /// What it answers.
        event: OwnedEventId,
        /// The number of the contact whose words they should be.
        contact: Address,
    },
    /// A reply's turn is over, and the next may have its own: the effect that sends it is done, or parked.
    Over,
    /// The effect is another's, or was completed before.
    Lost,
}

/// A part of a reply whose turn it is. That it is being sent is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Which part, from 0.
    pub part: usize,
    /// Its text.
    pub text: String,
    /// Our number.
    pub from: Address,
    /// The contact's number.
    pub to: Address,
}

/// What a commit woke, for those who deliver it. Only a hint: what matters is in the database.
#[derive(Clone, Debug)]
pub enum Woken {
    /// Something waits in this lane.
    Lane(Lane),
    /// A timer was set.
    Timer,
}
