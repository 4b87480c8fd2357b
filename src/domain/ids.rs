//! Ids and names, each a type of its own, so that none can be passed for another.

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
    /// The local part of a ghost's user id, after the prefix: random, never computed from a number.
    GhostName
);
id!(
    /// An erasure, like `e-7f3k2`.
    ErasureId
);
id!(
    /// A token of a program, like `7f3k2m9qax`.
    TokenId
);
