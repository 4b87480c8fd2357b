//! Switchroom turns a Matrix homeserver into a contact-centre desk.
//!
//! Every input is one database transaction. A webhook, a homeserver event, a timer or a provider's answer is
//! parsed at the edge into an [`domain::input::Input`]; [`desk`] applies it in one commit: it claims the receipt, runs
//! the pure step of [`domain`], saves the new state and appends what must happen to the [`outbox`]. Workers
//! deliver that, and the outcome comes back as an input through the same door.
//!
//! ```text
//!  http (webhooks, homeserver) ─┐                                  ┌─> matrix (ghosts, bot, rooms, media)
//!  timers, reconcile, admin ────┴─> Input ─> desk::apply ═ outbox ═┴─> sms provider
//!                                      one commit (store)              outcomes ─> Input
//! ```
//!
//! Layers point one way: `http`, `matrix`, `sms` → `desk` → `domain`; `store` lies below `desk`; nothing imports
//! `http`.

pub mod app;
pub mod check;
pub mod cli;
pub mod clock;
pub(crate) mod commands;
pub mod config;
pub mod demo;
pub mod desk;
pub mod domain;
pub mod http;
pub mod matrix;
pub mod outbox;
pub mod reconcile;
pub mod render;
pub mod sms;
pub mod store;
