//! Reading a YAML file into typed values that know their line.
//!
//! `tree` turns the text into values, `read` hands them to the sections that ask for them, each for its own
//! keys, and `values` says what they must look like. All mistakes of a file are noted and reported together,
//! with line, column, key, and what was probably meant. What sections there are is others' affair.

mod choice;
mod expand;
mod glimpse;
mod mistake;
mod read;
mod scalar;
mod tree;
mod values;

pub(crate) use self::choice::{Choice, choice, one_of, one_word};
pub(crate) use self::glimpse::Glimpse;
pub(crate) use self::mistake::nearest;
pub use self::mistake::{ConfigError, Mistake};
pub(crate) use self::read::{Fields, Reader};
pub(crate) use self::tree::{MAX_BYTES, parse};
#[cfg(test)]
pub(crate) use self::tree::{Node, Value, child_path};
pub(crate) use self::values::{http_url, secret, text};
