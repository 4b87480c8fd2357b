//! The stories: what people at a desk live through, one file per subject.

mod conversation;
mod delivery;
mod homeserver;
mod kill;
