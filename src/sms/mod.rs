//! The SMS side: what the desk asks of a provider and what a provider tells it, and the providers.
//!
//! | file | what it says in words no provider owns |
//! | --- | --- |
//! | [`account`] | what a provider is: its name, its section of the config, the account |
//! | [`provider`] | what is asked of it |
//! | [`calls`] | what is asked of one that calls phones |
//! | [`webhook`] | what it posts to us |
//! | [`callback`] | our addresses for it |
//! | [`link`] | links to the files we send |
//! | [`media`] | fetching files from outside, within bounds |
//!
//! A provider is a folder: its section of the config, its client, its webhooks and how they are signed, its
//! limits, its error codes in plain words, and what is checked of the account. To add one, write a folder
//! beside [`twilio`] and name it in [`PROVIDERS`]; nothing else changes. [`simulator`] is a server of
//! Twilio's wire inside the program, which [`twilio`] talks to over real HTTP.

pub mod account;
pub mod callback;
pub mod calls;
mod keys;
pub mod link;
pub mod media;
pub mod provider;
pub(crate) mod request;
pub mod simulator;
pub mod telnyx;
pub mod twilio;
pub mod webhook;

use self::account::Kind;

/// Every provider there is. The first is that of a config that names none.
pub const PROVIDERS: [Kind; 4] = [simulator::KIND, twilio::KIND, twilio::SIGNALWIRE, telnyx::KIND];
