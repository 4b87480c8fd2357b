//! The stories: what people at a desk live through, one file per subject.

mod conversation;
mod delivery;
mod demo;
mod homeserver;
mod kill;
