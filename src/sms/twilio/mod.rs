//! Twilio's programmable messaging over HTTP, and every other server of the same wire at its own base URL (the
//! simulator; SignalWire).
//!
//! - [`client`] asks: send, list, fetch.
//! - [`wire`] reads what Twilio posts to us; [`signature`] proves that it was Twilio.
//! - `address` writes and reads addresses as Twilio does.
//! - [`codes`] says in plain words what an error code means.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>.

pub(in crate::sms) mod address;
pub mod client;
pub mod codes;
mod list;
mod media;
mod reply;
pub mod signature;
pub mod wire;

pub use client::{BuildError, MediaLimits, Timeouts, TwilioClient, TwilioConfig};
