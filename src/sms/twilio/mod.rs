//! Twilio's programmable messaging over HTTP, and every other server of the same wire at its own base URL:
//! the simulator, and SignalWire, which differs in a few words ([`Dialect`]).
//!
//! - `account` is its section of the config, and what is checked of it.
//! - [`client`] asks: send, list, fetch.
//! - [`webhook`] takes what Twilio posts to us, [`wire`] reads it, [`signature`] proves that it was Twilio.
//! - `address` writes and reads addresses as Twilio does.
//! - `calls` calls phones, `conferences` puts them on hold.
//! - `carries` is what goes as a picture or a file.
//! - [`codes`] says in plain words what an error code means.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>.

mod account;
pub(in crate::sms) mod address;
mod calls;
mod carries;
pub mod client;
pub mod codes;
mod conferences;
mod dialect;
mod erase;
mod list;
mod opt_outs;
mod reply;
mod signalwire;
pub mod signature;
mod status;
pub mod webhook;
pub mod wire;

pub use self::account::{KIND, TwilioAccount};
pub use self::client::{BuildError, TwilioClient, TwilioConfig};
pub(in crate::sms) use self::dialect::LONGEST;
pub use self::dialect::{Dialect, TWILIO};
pub use self::list::ListedPart;
pub use self::signalwire::{SIGNALWIRE, SIGNALWIRE_DIALECT};
pub use self::status::{Status, part_state};
pub use self::webhook::TwilioWebhooks;
pub use crate::sms::media::MediaLimits;
pub use crate::sms::request::Timeouts;
