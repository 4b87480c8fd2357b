//! Names of things, each its own type so that none is passed for another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps text that is already known to be such an id.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// An interaction, like `i-7f3k2`.
    InteractionId
);
id!(
    /// A contact, like `c-9x2m4`.
    ContactId
);
id!(
    /// An agent of the desk, like `bob`.
    AgentId
);
id!(
    /// A queue, like `support`.
    QueueName
);
id!(
    /// A number as the provider writes it: E.164 (`+14155550100`) for people, anything for other senders (short
    /// codes come without `+`).
    Number
);

id!(
    /// What the local part of a ghost's user id holds after the prefix: random, and never computed from a number.
    GhostName
);

impl Number {
    /// Reads a number in E.164: `+`, country code, number; at most 15 digits.
    ///
    /// # Errors
    /// What is wrong with it, as the rest of a sentence that begins with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let valid = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if valid {
            Ok(Self::new(text))
        } else {
            Err("is not an E.164 number; write it like +15005550006".to_owned())
        }
    }

    /// Whether it can be written to: phones and short codes can, names and e-mail addresses cannot. A short code may
    /// still take no texts, which only the provider's answer tells.
    #[must_use]
    pub fn can_be_answered(&self) -> bool {
        let digits = self.0.strip_prefix('+').unwrap_or(&self.0);
        (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_and_short_codes_can_be_answered_and_names_and_addresses_cannot() {
        for number in ["+14155550100", "+491711234567", "40404", "247365"] {
            assert!(Number::new(number).can_be_answered(), "{number}");
        }
        for name in ["", "+", "ACME", "Bank24", "12", "jane@example.org", "+1415555010012345", "+1 415"] {
            assert!(!Number::new(name).can_be_answered(), "{name}");
        }
    }
}
