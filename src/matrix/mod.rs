//! The Matrix side: what the bridge says to the homeserver, what it hears from it, and how the two are
//! introduced.
//!
//! - [`client`] is the one door to the homeserver, for the bot and every ghost; [`ghosts`], [`rooms`],
//!   [`members`], [`messages`], [`news`] and [`media`] are its calls by subject, [`house`] what only the
//!   homeserver itself can do away with, [`error`] is what may come of them;
//! - [`events`] reads what the homeserver tells, [`presence`] who is online;
//! - [`standing`] tells whether a room of ours, and a ghost, can still be used;
//! - [`registration`] is how the homeserver gets to know the bridge.
//!
//! Every call is safe to repeat: it either has a transaction id or looks first whether its work is already
//! done.

pub mod agents;
pub mod client;
pub mod error;
pub mod events;
pub mod ghosts;
pub mod house;
mod id;
pub mod media;
pub mod members;
pub mod messages;
pub mod news;
mod pills;
pub mod presence;
pub mod registration;
pub mod rooms;
pub mod standing;
#[cfg(test)]
mod testing;

pub use agents::ForAgents;
pub use client::{MatrixClient, Sender};
pub use error::{MatrixError, Verdict};
pub use rooms::{Invitee, NewRoom, RoomKind};
