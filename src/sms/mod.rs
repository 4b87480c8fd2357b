//! The SMS side.
