//! What is done to text between a phone and a room. Pure functions, one subject a file:
//!
//! - [`segments`]: how carriers count a text, and splitting one that is too long.
//! - [`sanitize`]: what a contact wrote, made safe to show.

pub mod sanitize;
pub mod segments;
