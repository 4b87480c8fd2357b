//! Programs that text contacts first, by the API: their tokens, what they ask for, and what they are
//! answered.
//!
//! A program cannot be asked whether it means it. What an agent would be asked about before a text goes is
//! refused here, with a code that stays the same.

mod answer;
mod asked;
mod author;
mod token;

pub use answer::{Answer, NotTaken};
pub use asked::{Asked, Fault, KEY_LENGTH, Wrong};
pub use author::{as_author, of_author};
pub use token::{
    DEFAULT_RATE, IsNoToken, RATES, Scope, Token, TokenKey, checked_name, hash, hash_under, id_of,
};
