//! Telephone calls, as a provider is asked for them and shows them, in words no provider owns.

use url::Url;

use crate::clock::Millis;
use crate::domain::call::Progress;

/// One phone to be called. Its `Debug` form names no numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingCall {
    /// Our number, which the phone shows.
    pub from: String,
    /// The phone's number.
    pub to: String,
    /// The conference that it comes into, by a name that says nothing of anybody.
    pub conference: String,
    /// Where the provider reports progress; carries our own id, so that a report settles an unknown outcome.
    pub callback: Url,
}

impl std::fmt::Debug for OutgoingCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutgoingCall").field("conference", &self.conference).finish_non_exhaustive()
    }
}

/// A call as the provider shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSeen {
    /// The provider's id.
    pub sid: String,
    /// How far it has come; nothing for a word not known here.
    pub progress: Option<Progress>,
    /// For how many seconds it lasted, once it is over.
    pub secs: Option<u64>,
    /// When the provider made it, to the second.
    pub created: Millis,
}
