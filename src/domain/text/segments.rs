//! How carriers count a text, and splitting one that is too long.
//!
//! A text of GSM-7 characters only is counted in septets, 160 in one segment and 153 in each of several; one
//! with any other character in UTF-16 units, 70 and 67. An extension character (two septets) or a surrogate
//! pair is never divided between segments, so a text may need one more than its length suggests. Source: 3GPP
//! TS 23.038, section 6.2.1, and TS 23.040, section 9.2.3.24.

mod count;
mod odd;
mod smart;
mod split;

pub use self::count::{Count, Encoding, count};
pub use self::odd::{OddCharacter, odd};
pub use self::smart::smart;
pub use self::split::{Cut, SplitLimit, split};

#[cfg(test)]
mod tests;
