//! The desk's rules, pure: no async, SQL, HTTP, clock or randomness.

pub mod ids;
pub mod input;
pub mod text;
