//! The Matrix side: what the bridge says to the homeserver, what it hears from it, and how the two are introduced.
//!
//! - [`client`] is the one door to the homeserver, for the bot and every ghost; [`ghosts`], [`rooms`], [`members`],
//!   [`messages`] and [`media`] are its calls by subject, [`error`] is what may come of them;
//! - [`events`] reads what the homeserver tells, [`presence`] who is online;
//! - [`registration`] is how the homeserver gets to know the bridge;
//! - [`names`] turns a contact's number into the name of its ghost and back.
//!
//! Every call is safe to repeat: it either has a transaction id or looks first whether its work is already done.

pub mod agents;
pub mod client;
pub mod error;
pub mod events;
pub mod ghosts;
pub mod media;
pub mod members;
pub mod messages;
pub mod names;
mod pills;
pub mod presence;
pub mod registration;
pub mod rooms;
#[cfg(test)]
mod testing;

pub use agents::ForAgents;
pub use client::{MatrixClient, Sender};
pub use error::{MatrixError, Verdict};
pub use rooms::{Invitee, NewRoom, RoomKind};
