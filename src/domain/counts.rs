//! A contact's other interactions, counted.

use serde::{Deserialize, Serialize};

/// What else there is of a contact, by kind: `page`, `session`, with how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Other open interactions.
    pub in_progress: Vec<(String, u32)>,
    /// Other interactions of the last days.
    pub recent: Vec<(String, u32)>,
    /// How many days those are.
    pub days: u64,
    /// Whether they want no texts from the number of ours that it is about.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opted_out: bool,
    /// Whether the provider itself sends them nothing from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provider_blocks: bool,
}

impl Counts {
    /// Whether nothing was counted.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
