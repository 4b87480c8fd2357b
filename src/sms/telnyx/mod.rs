//! Telnyx's messaging API, version 2.
//!
//! - `account` is `sms.telnyx` of the config, and what is checked of it.
//! - [`client`] sends messages and fetches media. Telnyx lists no messages, so that only its webhooks tell
//!   what came and what became of a message.
//! - [`webhook`] takes what it posts to us, [`signature`] proves that it was Telnyx.
//! - `carries` is what goes as a picture or a file.
//! - [`codes`] says in plain words what an error code means.
//!
//! Source: <https://developers.telnyx.com/docs/messaging>.

mod account;
mod carries;
pub mod client;
pub mod codes;
mod opt_outs;
mod reply;
pub mod signature;
mod status;
pub mod webhook;

pub use self::account::{KIND, TelnyxAccount};
pub use self::client::{BuildError, TelnyxClient, TelnyxConfig};
pub use self::webhook::TelnyxWebhooks;
