//! The program as a whole: its parts made from the config.

pub mod setup;
