//! The SMS side: what the desk asks of a provider, and the providers.
//!
//! A provider is one type that implements [`provider::SmsProvider`]. To add one, write a file (or folder) beside
//! [`twilio`] and name it in the list of modules below; nothing else here changes. [`simulator`] is no provider of
//! its own: it is a server of Twilio's wire inside the program, which [`twilio`] talks to over real HTTP.

pub mod callback;
pub mod provider;
pub mod simulator;
pub mod twilio;
