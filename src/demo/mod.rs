//! A desk on one machine: a real Synapse in a virtual environment of its own, and agents to sit at it.
//!
//! The `demo` command plays its story with these parts, and the integration tests are made of the same ones,
//! so that what a newcomer sees is what is tested.
//!
//! - [`agent`] is an agent at a Matrix client, moved by a script; [`agent::seen`] is what the client has
//!   seen.
//! - [`guard`] starts a program that ends when this one does, however this one ends.
//! - [`venv`] makes the Python virtual environment and installs Synapse into it, once.
//! - [`synapse`] configures, starts, stops and kills that Synapse and registers its users.
//! - [`play`](play()) brings all of it up, tells the story, and stays up for trying by hand.

pub mod agent;
mod farewell;
pub mod guard;
mod place;
mod play;
mod screen;
mod story;
pub mod synapse;
mod synapse_config;
mod synapse_error;
pub mod venv;
mod watch;

pub use place::PlaceError;
pub use play::{DemoOptions, play, play_to};
