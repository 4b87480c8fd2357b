//! What a provider posts to us, in words no provider owns.

use std::time::Duration;

use http::HeaderMap;

use crate::clock::Millis;
use crate::domain::input::Input;

/// What reads a provider's webhooks. Held as `Arc<dyn Webhooks>`, so that the door does not know which.
pub trait Webhooks: Send + Sync {
    /// The provider's name in our addresses.
    fn provider(&self) -> &'static str;

    /// How long a webhook may take. It is shorter than the provider waits, so that it hears from us that it
    /// must come again.
    fn patience(&self) -> Duration;

    /// Whether a request says by whom it is signed. What does not is refused before its body is read.
    fn is_signed(&self, headers: &HeaderMap) -> bool;

    /// Proves that the provider sent a request, and says what it brings. Nothing of a body is believed
    /// before.
    ///
    /// # Errors
    /// [`Refused`]; nothing was kept.
    fn read(&self, webhook: &Webhook<'_>) -> Result<Taken, Refused>;
}

/// Which of our doors a webhook came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// That for texts of contacts, which the operator names to the provider.
    Inbound,
    /// That for what became of a message, which goes along with the message.
    Status,
    /// That for how far a telephone call has come, which goes along with the call.
    Call,
}

impl Door {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Inbound, Self::Status, Self::Call];

    /// Its name in our addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Status => "status",
            Self::Call => "call",
        }
    }
}

/// A request, as it came.
#[derive(Clone, Copy, Debug)]
pub struct Webhook<'a> {
    /// The door it came to.
    pub door: Door,
    /// What stands behind the `?` of its address, as it came.
    pub query: Option<&'a str>,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, whole.
    pub body: &'a [u8],
    /// When it came.
    pub now: Millis,
}

/// What a webhook brings, and what its sender is told once that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What the desk applies; nothing where it tells nothing new. Each has its receipt, so that a repetition
    /// changes nothing.
    pub inputs: Vec<Input>,
    /// The media type of the answer.
    pub content_type: &'static str,
    /// The answer.
    pub answer: &'static str,
}

/// Why a webhook is not taken. Nothing of it was kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Most often the address or the token in the config is not the one at the provider.
    #[error(
        "the signature is missing, or not valid for the configured sms.public_url and the provider's key"
    )]
    Signature,
    /// It was signed too long ago, or in the future: someone may have recorded it.
    #[error("the signature is too old, or this machine's clock is wrong")]
    Stale,
    /// Signed, but about another account.
    #[error("the message is another account's")]
    Account,
    /// Not what this provider sends.
    #[error("{0}")]
    Unreadable(String),
    /// A report that does not say what it is about.
    #[error("the address lacks the id that was given with the message")]
    NoPart,
    /// A report about a message that we did not send.
    #[error("the id in the address was not given by this bridge")]
    WrongPart,
}

impl Refused {
    /// Whether its sender has proved to be the provider all the same.
    #[must_use]
    pub fn is_from_provider(&self) -> bool {
        match self {
            Self::NoPart | Self::WrongPart => true,
            Self::Signature | Self::Stale | Self::Account | Self::Unreadable(_) => false,
        }
    }
}
