//! Switchroom turns a Matrix homeserver into a contact-centre desk.
//!
//! Every input is one database transaction. A webhook, a homeserver event, a timer or a provider's answer is
//! parsed at the edge into an [`domain::input::Input`]; [`desk`] applies it in one commit: it claims the
//! receipt, runs the pure step of [`domain`], saves the new state and appends what must happen to the
//! [`outbox`]. Workers deliver that, and the outcome comes back as an input through the same door. Kill it
//! anywhere and start it again.
//!
//! ```text
//!  http (webhooks, homeserver) ─┐                                  ┌─> matrix (ghosts, bot, rooms, media)
//!  timers, reconcile, config ───┴─> Input ─> desk::apply ═ outbox ═┴─> sms provider
//!                                      one commit (store)              outcomes ─> Input
//! ```
//!
//! | module | what is there |
//! | --- | --- |
//! | [`domain`] | the rules, pure: conversations (sessions with contacts, talks of agents), replies, routing, text; inputs, effects, notices as data |
//! | [`desk`] | the one door: claims the receipt of an input, and finds the code that applies it; a file per kind of input, of room, and of outcome |
//! | `commands` | what agents type: a table of commands, and a file per family |
//! | `acts` | what can be done to the desk, by whomever: loads what is touched, lets `domain` decide, saves |
//! | `commit` | one commit: what it reads, what it has yet to write, its receipts |
//! | [`store`] | SQL, one text for SQLite and PostgreSQL, a file per subject |
//! | [`outbox`] | lanes, leases, delivery of effects, timers |
//! | [`reconcile`] | fetching what was never delivered; the marker that says when the backlog is in |
//! | [`reach`] | whether homeserver and provider answer: what became of every request is noted there |
//! | [`matrix`] | the homeserver: client for bot and ghosts, events to inputs, registration |
//! | [`spelling`] | dictionaries: which there are, and what they know of a text |
//! | [`media`] | files from outside: what they are, and the bounded workshop where pictures are reduced |
//! | [`sms`] | the provider: what is asked of one and what it tells us, and a folder for each, with all that it is |
//! | [`http`] | every HTTP door: homeserver, webhooks, phones, operations |
//! | [`render`] | the bot's words, from templates |
//! | [`config`] | `bridge-config.yaml`, a file per section |
//! | `yaml` | reading such a file: values that know their line, all mistakes at once |
//! | [`app`], [`cli`], [`check`], [`demo`] | building and running it all, the command line, what is wrong and how to mend it, the story on one machine |
//! | [`exchange`] | the desk as a file, for export and import |
//! | [`clock`] | time and randomness, read nowhere else |
//! | `steady` | what must never end goes on after a panic |
//! | [`quiet`] | a log that nobody can fill |
//!
//! To follow a text from the phone to the room, read `http::webhooks`, `desk::texts`, [`domain::session`] and
//! `outbox::deliver`; for the way back `http::appservice`, `desk::said`, [`domain::reply`] and
//! `outbox::deliver::replies`; for a standard response `acts::responses` and [`domain::response`]. Who comes
//! into a room and who goes is in `desk::rooms`, and what follows in `acts::conversations`. For an effect,
//! the file of its family in [`domain::effect`] says how it is carried out, the one of that name in
//! `outbox::deliver` does it, and the one in `desk::outcomes` says what its outcome means.
//!
//! Layers point one way: `http`, `matrix`, `sms` → `desk` → `commands` → `acts` → `commit` → `store`,
//! `domain`. The whole map stands in `tests/layers/main.rs`, which holds it against the imports.

pub(crate) mod acts;
pub mod app;
pub mod check;
pub mod cli;
pub mod clock;
pub(crate) mod commands;
pub(crate) mod commit;
pub mod config;
pub mod demo;
pub mod desk;
pub mod domain;
pub mod exchange;
pub mod http;
pub mod matrix;
pub mod media;
pub mod outbox;
pub mod quiet;
pub mod reach;
pub mod reconcile;
pub mod render;
pub mod sms;
pub mod spelling;
pub(crate) mod steady;
pub mod store;
#[cfg(test)]
mod testing;
pub(crate) mod yaml;
