//! The names of ghosts: from a contact's number to the local part of a Matrix user id and back. A ghost that took the place
//! of one that could not be used any more has a random name, which is kept with the number instead.
//!
//! `+14155550100` is `14155550100`. Every other sender (a short code, a name, an e-mail address) is `-` followed by
//! its bytes, with those that a local part cannot hold written `=xx`, as the
//! [specification](https://spec.matrix.org/latest/appendices/#mapping-from-other-character-sets) proposes. So no two
//! senders share a ghost, and a short code is not taken for a telephone number.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::ids::{GhostName, Number};

/// The longest escaped name that is used as it is; a longer one is replaced by its hash, because a user id has at
/// most 255 bytes.
const LONGEST_NAME_BYTES: usize = 128;

/// The name of a number's first ghost.
#[must_use]
pub fn encode(number: &Number) -> GhostName {
    let text = number.as_str();
    if let Some(digits) = telephone_digits(text) {
        return GhostName::new(digits);
    }
    let mut name = String::from("-");
    for byte in text.bytes() {
        if is_plain(byte) {
            name.push(char::from(byte));
        } else {
            push_hex(&mut name, "=", byte);
        }
    }
    GhostName::new(if name.len() <= LONGEST_NAME_BYTES { name } else { hashed(text) })
}

/// The number whose first ghost has this name; `None` for one that [`encode`] never makes, or
/// that holds only a hash.
#[must_use]
pub fn decode(name: &GhostName) -> Option<Number> {
    let number = match name.as_str().strip_prefix('-') {
        None => format!("+{name}"),
        Some(escaped) => unescape(escaped)?,
    };
    let number = Number::new(number);
    (encode(&number) == *name).then_some(number)
}

fn telephone_digits(text: &str) -> Option<&str> {
    text.strip_prefix('+').filter(|d| (1..=32).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()))
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
}

fn push_hex(to: &mut String, before: &str, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(to, "{before}{byte:02x}");
}

fn hashed(text: &str) -> String {
    // `h` is no hexadecimal digit, so no escaped name begins like this.
    let mut name = String::from("-=h");
    for byte in Sha256::digest(text.as_bytes()) {
        push_hex(&mut name, "", byte);
    }
    name
}

fn unescape(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn telephone_numbers_are_their_digits_and_other_senders_are_escaped() {
        let encoded = |text: &str| encode(&Number::new(text)).as_str().to_owned();
        assert_eq!(encoded("+14155550100"), "14155550100");
        assert_eq!(encoded("14155550100"), "-14155550100");
        assert_eq!(encoded("72345"), "-72345");
        assert_eq!(encoded("ACME Bank"), "-=41=43=4d=45=20=42ank");
        assert_eq!(encoded("jo@mail.test"), "-jo=40mail.test");
        assert_eq!(encoded("a=40"), "-a=3d40");
        assert_eq!(encoded("+"), "-=2b");
        assert_eq!(encoded(""), "-");
    }

    #[test]
    fn a_very_long_sender_gets_a_name_that_fits() {
        let (one, other) = (Number::new("É".repeat(400)), Number::new("É".repeat(401)));
        assert!(encode(&one).as_str().len() <= LONGEST_NAME_BYTES);
        assert_ne!(encode(&one), encode(&other));
        assert_eq!(decode(&encode(&one)), None);
    }

    #[test]
    fn names_that_were_never_given_stand_for_nobody() {
        for name in ["", "abc", "-=4", "-=zz", "-A", "-=61", "-=ff", "1 2", "-=2b1"] {
            assert_eq!(decode(&GhostName::new(name)), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_sender_has_a_legal_name_of_its_own(text in "\\PC{0,20}|\\+?[0-9]{1,16}|[a-z=0-9+-]{1,12}") {
            let number = Number::new(text);
            let name = encode(&number);
            prop_assert!(name.as_str().bytes().all(|b| is_plain(b) || b == b'='));
            if !name.as_str().starts_with("-=h") {
                prop_assert_eq!(decode(&name), Some(number));
            }
        }
    }
}
