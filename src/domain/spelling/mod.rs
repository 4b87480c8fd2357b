//! Spelling of what agents write to contacts: what is looked at, in which language, and what becomes of it.
//! The dictionaries themselves are the crate's `spelling`; here a word is known or not.
//!
//! - [`mode`]: whether spelling is looked at, by desk, queue, agent and what the agent said last.
//! - [`language`]: which dictionary is meant by a language.
//! - [`words`]: the words of a text that could be mistakes.
//! - [`check`]: what is asked of the dictionaries of one message, and what they find.
//! - [`likely`]: which of the words that a dictionary suggests is likely meant.

pub mod check;
pub mod language;
pub mod likely;
pub mod mode;
pub mod words;
