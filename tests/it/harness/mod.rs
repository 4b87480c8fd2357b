//! What the stories are played with.

pub(crate) mod postgres;
